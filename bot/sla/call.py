"""A call with a manager as a value, what may become of it, and when both sides are reminded of it; pure.

wished ──────────> agreed ──> held
   └──> proposed ──┘  │  └──> no_show
            └─────────┴─────> cancelled
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.sla.booking import Span
from bot.sla.calendar import WEEKDAYS, BeyondHorizon, Calendar, Hours

_REFERENCE = re.compile(r"(?:[Cc]-?|#)?(\d{1,9})")
_TRAINING_NAMES = frozenset({"educational", "education", "training"})
_TRAINING = re.compile(
    r"\b(training|trainings|onboarding|educat\w*|teach\w*|lesson|обуч\w*|тренинг\w*|урок\w*)\b", re.I
)
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_DAYTIME = Hours(8 * 60, 20 * 60)


class CallState(StrEnum):
    """What a call has come to; PROPOSED and AGREED take the manager's time."""

    WISHED = "wished"  # the client asks for a time that his notice is too short for
    PROPOSED = "proposed"  # one side has named a free time, the other has not answered yet
    AGREED = "agreed"
    CANCELLED = "cancelled"
    HELD = "held"
    NO_SHOW = "no_show"


class CallKind(StrEnum):
    """What a call is for. 001 names them `troubleshooting` and `educational`."""

    ON_DEMAND = "on_demand"
    TRAINING = "training"


def kinds_in(named: Iterable[str]) -> frozenset[CallKind]:
    """The kinds an agreement means by its own names; one that names none, or others, has calls on demand."""
    said = {name.casefold() for name in named}
    found = {CallKind.TRAINING} if said & _TRAINING_NAMES else set()
    return frozenset(found if said and said <= _TRAINING_NAMES else found | {CallKind.ON_DEMAND})


def kind_wished(topic: str, kinds: Collection[CallKind]) -> CallKind:
    """What the asker's own words say of these kinds; on demand where they say nothing of it."""
    wants = CallKind.TRAINING if _TRAINING.search(topic) else CallKind.ON_DEMAND
    return wants if wants in kinds else min(kinds)


class Side(StrEnum):
    CLIENT = "client"
    STAFF = "staff"

    @property
    def other(self) -> Side:
        return Side.STAFF if self is Side.CLIENT else Side.CLIENT


@dataclass(frozen=True, slots=True)
class BookedCall:
    """One call. `waits_for`: whose answer is missing while it is wished or proposed. Moments are aware UTC.

    `sequence` rises with every change, and is that of the invitation too; `uid` stays the same for ever.
    """

    id: int
    uid: str
    client_id: int
    contract_id: int
    room_id: int  # where the client hears of it
    person_id: int  # who of the staff
    ticket_id: int | None
    state: CallState
    waits_for: Side | None
    starts_at: datetime
    ends_at: datetime
    asked_at: datetime
    topic: str = ""
    outcome: str = ""
    sequence: int = 0
    kind: CallKind = CallKind.ON_DEMAND
    invited_id: int | None = None  # who was sent the invitation last; None: nobody has agreed yet

    @property
    def reference(self) -> str:
        return f"C-{self.id}"

    @property
    def stamp(self) -> str:
        """What a reader of its time relies on: when it is, and with whom."""
        return f"{self.starts_at:%Y%m%dT%H%M}.{self.person_id}"

    @property
    def stamped(self) -> str:
        """The reference as buttons say it: with what stood above them."""
        return f"{self.reference}@{self.stamp}"

    @property
    def span(self) -> Span:
        return Span(self.starts_at, self.ends_at)

    @property
    def is_open(self) -> bool:
        """Whether it is still to come about."""
        return self.state in (CallState.WISHED, CallState.PROPOSED, CallState.AGREED)


def parse_call(word: str) -> int | None:
    """The number meant by `C-3`, `C3`, `#3` or `3`; None for anything else."""
    match = _REFERENCE.fullmatch(word.strip())
    return int(match[1]) if match else None


class Reminder(StrEnum):
    """What is said about a call when its moment comes."""

    DAY = "day"
    HOUR = "hour"
    TEN = "ten"
    LAPSE = "lapse"  # it was never confirmed, and its time has come
    OUTCOME = "outcome"  # it should be over: did it take place?


@dataclass(frozen=True, slots=True)
class Planned:
    """One reminder of one side. LAPSE concerns both and is planned for the staff's."""

    kind: Reminder
    side: Side
    at: datetime


def daytime(zone: str) -> Calendar:
    """When nobody minds being written to, where no hours are known: 08:00 to 20:00 on every day."""
    return Calendar(name="daytime", zone=zone, week={day: [_DAYTIME] for day in WEEKDAYS}, working_day=12 * _HOUR)


def reminders(call: BookedCall, now: datetime, hours: Calendar, client_day: Calendar) -> tuple[Planned, ...]:
    """What is still to be said about an open call, in order; nothing about a mere wish but its lapse.

    A day, an hour and ten minutes before, to both sides. The day's reminder keeps to the hours of its reader: where
    it would come outside them, it comes an hour before the end of the hours before. The others cannot wait.
    """
    planned = [Planned(kind, side, at) for kind, side, at in _all(call, hours, client_day) if at > now]
    return tuple(sorted(planned, key=lambda each: (each.at, each.side)))


def _all(call: BookedCall, hours: Calendar, client_day: Calendar) -> Iterator[tuple[Reminder, Side, datetime]]:
    start = call.starts_at
    if not call.is_open:
        return
    if call.state is not CallState.WISHED:
        for side, calendar in ((Side.CLIENT, client_day), (Side.STAFF, hours)):
            yield Reminder.DAY, side, _within(calendar, start - _DAY)
            yield Reminder.HOUR, side, start - _HOUR
            yield Reminder.TEN, side, start - timedelta(minutes=10)
    if call.state is CallState.AGREED:
        yield Reminder.OUTCOME, Side.STAFF, call.ends_at
    else:
        yield Reminder.LAPSE, Side.STAFF, start


def _within(calendar: Calendar, at: datetime) -> datetime:
    """`at` itself where it is open then, else an hour of open time before the last close."""
    try:
        return at if calendar.is_open(at) else calendar.subtract(at, _HOUR)
    except BeyondHorizon:
        return at
