"""The agreements' terms as small values, and a ticket's history written in one line per event."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.sla.calendar import WEEKDAYS, Calendar, Holiday, parse_hours
from bot.sla.clock import Clock, clocks
from bot.sla.log import Event, EventKind, Party
from bot.sla.policy import (
    Answer,
    Basis,
    HoldReason,
    Kind,
    Level,
    Metric,
    Policy,
    Priority,
    Rung,
    RungAt,
    Start,
    Target,
)

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
BOTH = frozenset(HoldReason)
LADDER = (
    Rung(1, RungAt.OBJECTIVE, "technician", "Higher-level support technician"),
    Rung(2, RungAt.DUE, "supervisor", "Customer Success Supervisor"),
    Rung(3, RungAt.WINDOW_LATER, "product", "Product Team"),
)


def week(hours: str, zone: str, days: tuple[str, ...] = WEEKDAYS[:5], holidays: tuple[Holiday, ...] = ()) -> Calendar:
    """The same hours on each of the days."""
    return Calendar(
        name=f"{hours} {zone}",
        zone=zone,
        week={day: [parse_hours(hours)] for day in days},
        working_day=9 * HOUR,
        holidays=holidays,
    )


def target(
    metric: Metric,
    within: timedelta | None = None,
    *,
    kind: Kind = Kind.COMMITMENT,
    basis: Basis = Basis.WORKING,
    objective: timedelta | None = None,
    cap: timedelta | None = None,
    high_load: timedelta | None = None,
    until_close: bool = False,
    holds: frozenset[HoldReason] = frozenset(),
    clause: str = "",
    reading: str = "",
) -> Target:
    return Target(
        metric,
        kind,
        basis,
        within=within,
        objective=objective,
        cap=cap,
        high_load=high_load,
        until_close=until_close,
        holds=holds,
        clause=clause,
        reading=reading,
    )


def policy(
    calendar: Calendar,
    levels: dict[Priority, tuple[Target, ...]],
    *,
    counts: frozenset[Answer] = frozenset({Answer.REPLY}),
    acknowledged_by: Start = Start.SEEN,
    ladder: tuple[Rung, ...] = LADDER,
) -> Policy:
    return Policy(
        id="terms",
        plan="",
        variant="",
        name="Terms",
        version="1",
        effective=None,
        last_review=None,
        next_review=None,
        source="",
        calendar=calendar,
        levels={p: Level(p, p.value.title(), "", targets) for p, targets in levels.items()},
        default_priority=Priority.MEDIUM,
        response_counts=counts,
        acknowledged_by=acknowledged_by,
        ladder=ladder,
    )


def next_response(objective: timedelta) -> Target:
    return target(Metric.NEXT_RESPONSE, kind=Kind.TARGET, objective=objective)


def premium() -> Policy:
    """001: resolution or ETA; Critical and High capped at 24 h; client and third party may hold."""
    prompt = target(
        Metric.RESPONSE,
        10 * MINUTE,
        cap=24 * HOUR,
        high_load=HOUR,
        holds=BOTH,
        clause="001, Urgency levels and priority",
    )
    levels = {Priority.CRITICAL: (prompt,), Priority.HIGH: (prompt,)}
    for priority, within in (
        (Priority.MEDIUM, HOUR),
        (Priority.LOW, HOUR),
        (Priority.INFORMATIONAL, 5 * HOUR),
    ):
        response = target(Metric.RESPONSE, within, holds=BOTH, clause="001, Urgency levels and priority")
        levels[priority] = (response, next_response(within))
    return policy(week("10:00-19:00", "Etc/GMT-3"), levels, counts=frozenset({Answer.RESOLUTION, Answer.ETA}))


def base() -> Policy:
    """000: High 1 h and at most 24 h, Medium 5 h, Low 8 h of working time."""
    response = Metric.RESPONSE
    return policy(
        week("10:00-19:00", "Etc/GMT-3"),
        {
            Priority.HIGH: (target(response, HOUR, cap=24 * HOUR, holds=BOTH), next_response(HOUR)),
            Priority.MEDIUM: (target(response, 5 * HOUR, holds=BOTH), next_response(5 * HOUR)),
            Priority.LOW: (target(response, 8 * HOUR, holds=BOTH), next_response(8 * HOUR)),
        },
        counts=frozenset({Answer.RESOLUTION, Answer.ETA}),
    )


def tactful() -> Policy:
    """002, plan standard: targets only, any reply is the response, no holds."""

    def pair(response: timedelta, resolution: timedelta) -> tuple[Target, ...]:
        return (
            target(Metric.RESPONSE, response, kind=Kind.TARGET),
            target(Metric.RESOLUTION, resolution, kind=Kind.TARGET),
        )

    return policy(
        week("09:00-17:00", "Africa/Cairo", ("sun", *WEEKDAYS[:5])),
        {
            Priority.CRITICAL: pair(4 * HOUR, 16 * HOUR),
            Priority.MEDIUM: pair(8 * HOUR, 24 * HOUR),
            Priority.LOW: pair(16 * HOUR, 40 * HOUR),
        },
    )


def infopromo() -> Policy:
    """003: round the clock; acknowledgement committed, resolution a goal."""

    def pair(first: int, last: int, resolution: int) -> tuple[Target, ...]:
        return (
            target(Metric.ACKNOWLEDGEMENT, last * MINUTE, objective=first * MINUTE, basis=Basis.ELAPSED),
            target(Metric.RESOLUTION, resolution * HOUR, kind=Kind.TARGET, basis=Basis.ELAPSED),
            next_response(last * MINUTE),
        )

    return policy(
        Calendar.always_open(),
        {
            Priority.CRITICAL: pair(5, 15, 24),
            Priority.MEDIUM: pair(15, 30, 72),
            Priority.LOW: pair(30, 30, 12),
        },
    )


def poologics() -> Policy:
    """004: take within 20 min, answer in 1-2 h, ETA within 24 h; critical owes progress at each close."""
    three = (
        target(Metric.ACKNOWLEDGEMENT, 20 * MINUTE),
        target(Metric.RESPONSE, 2 * HOUR, objective=HOUR, kind=Kind.TARGET),
        target(Metric.ETA_GIVEN, 24 * HOUR, basis=Basis.ELAPSED),
        next_response(2 * HOUR),
    )
    daily = target(Metric.PROGRESS, kind=Kind.TARGET, until_close=True)
    return policy(
        week("08:00-18:00", "America/New_York"),
        {Priority.CRITICAL: (*three, daily), Priority.MEDIUM: three},
        acknowledged_by=Start.TAKEN,
    )


class Story:
    """One ticket's history in the words of its policy: moments are local, "2025-03-14 18:55"."""

    def __init__(self, policy: Policy, at: str, priority: Priority = Priority.MEDIUM, **data: object) -> None:
        self.policy = policy
        self.zone = ZoneInfo(policy.calendar.zone)
        self.log: list[Event] = []
        self.client(EventKind.OPENED, at, priority=priority.value, **data)

    def at(self, text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=self.zone).astimezone(UTC)

    def local(self, moment: datetime | None) -> str | None:
        return moment.astimezone(self.zone).strftime("%Y-%m-%d %H:%M:%S").removesuffix(":00") if moment else None

    def add(self, party: Party, kind: EventKind, at: str, **data: object) -> Story:
        if "eta_at" in data:
            data["eta_at"] = self.at(str(data["eta_at"])).isoformat()
        moment = self.at(at)
        self.log.append(Event(len(self.log) + 1, kind, moment, moment, party, person=7, data=data))
        return self

    def staff(self, kind: EventKind, at: str, **data: object) -> Story:
        return self.add(Party.STAFF, kind, at, **data)

    def client(self, kind: EventKind, at: str, **data: object) -> Story:
        return self.add(Party.CLIENT, kind, at, **data)

    def bot(self, kind: EventKind, at: str, **data: object) -> Story:
        return self.add(Party.BOT, kind, at, **data)

    def clocks(self, now: str) -> tuple[Clock, ...]:
        return clocks(self.policy, self.log, self.at(now))

    def clock(self, metric: Metric, now: str, cycle: int = 1) -> Clock:
        return next(c for c in self.clocks(now) if c.metric is metric and c.cycle == cycle)

    def has(self, metric: Metric, now: str, cycle: int = 1) -> bool:
        return any(c.metric is metric and c.cycle == cycle for c in self.clocks(now))
