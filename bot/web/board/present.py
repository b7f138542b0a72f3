"""How the pages word and weigh what the desk knows: urgency, times, the log; pure, without markup."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from bot.channels.base import Entry
from bot.i18n import Words
from bot.sla.clock import Clock, State
from bot.sla.explain import Line
from bot.sla.policy import Kind
from bot.text import Rich, paragraph, plain
from bot.web.board.phrases import event_words, rule_words
from bot.web.board.ports import Reading

if TYPE_CHECKING:
    from bot.desk.views import LogLine, QueueRow

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_SOON = timedelta(minutes=30)
_REFERENCE = re.compile(r"(\bT-\d+)")
_COMMAND = re.compile(r"^/[a-z-]+(?:\s+T-\d+)?\s+")


class Tone(StrEnum):
    """How loudly a ticket is shown: only a broken commitment is red."""

    LATE = "late"
    SOON = "soon"
    CALM = "calm"
    QUIET = "quiet"


def tone(row: QueueRow, now: datetime) -> Tone:
    """Red once a commitment is broken; amber half an hour before the due moment, past the objective and past
    a mere target; quiet while no clock runs."""
    if row.breached:
        return Tone.LATE
    if row.due_at is None or row.state is State.HELD:
        return Tone.QUIET
    if row.due_at <= now and row.kind is Kind.COMMITMENT:
        return Tone.LATE
    missed = row.objective_at is not None and row.objective_at <= now
    return Tone.SOON if missed or row.due_at - now <= _SOON else Tone.CALM


@dataclass(frozen=True, slots=True)
class Show:
    """The times of one page, in one person's zone, as seen at the moment of business time in `reading`."""

    words: Words
    zone: str
    reading: Reading

    def at(self, moment: datetime) -> str:
        """With the zone, the day only where it is another than today."""
        return self.words.moment(moment, self.zone, self.reading.now).text

    def brief(self, moment: datetime) -> str:
        """Without the zone, for columns under a heading that names it."""
        return self.at(moment).removesuffix(" " + self.words.zone(self.zone, moment))

    def clock(self, moment: datetime) -> str:
        """The time of day alone, for what stands under its day."""
        return self.words.moment(moment, self.zone, moment).text.removesuffix(" " + self.words.zone(self.zone, moment))

    def left(self, moment: datetime) -> str:
        return self.words.left(moment - self.reading.now)

    def lasting(self, span: timedelta) -> str:
        """A length of time to the second, because the parts of an explanation must add up."""
        return self.words.duration(span, exact=True)

    def tone(self, row: QueueRow) -> Tone:
        return tone(row, self.reading.now)

    def event(self, line: LogLine) -> str:
        """What an event says, with the reasons and moments it carries."""
        return event_words(line.kind, line.data, self.brief)

    def said(self, words: str) -> str:
        """Somebody's words without the command they were typed behind."""
        return _COMMAND.sub("", words, count=1)

    def noted(self, entry: Entry) -> Entry:
        """An internal note as what it says, all other entries as they are."""
        if entry.party != "note":
            return entry
        return replace(entry, body=Rich((paragraph(self.said(plain(entry.body))),)))

    def rule(self, line: Line) -> str:
        """Why a stretch of an explanation counts or not; whom a hold waits for stands in the line's note."""
        return rule_words(line.rule)

    def clock_state(self, clock: Clock) -> str:
        """What became of a clock, or what it is doing."""
        if clock.excluded:
            return "excluded"
        if clock.state is State.CANCELLED:
            return "cancelled"
        if clock.state is State.HELD:
            return "on hold"
        late = clock.late_at is not None
        if clock.state is State.STOPPED:
            return "late" if late else "met" if clock.is_met else "stopped"
        if not late:
            return "running"
        return "breached" if clock.breached_at else "target missed"

    @property
    def zone_name(self) -> str:
        return self.words.zone(self.zone, self.reading.now)


def milliseconds(moment: datetime) -> int:
    """Since the epoch, as the scripts count."""
    return (moment - _EPOCH) // _MILLISECOND


def unbroken(text: str) -> list[tuple[str, bool]]:
    """The text in parts, each with whether it is a ticket's reference, inside which no line may end."""
    return [(part, n % 2 == 1) for n, part in enumerate(_REFERENCE.split(text)) if part]


def tag(parts: Iterable[object]) -> str:
    """An ETag for what is shown; the ticking of countdowns is left to the scripts and is no change."""
    return f'"{hashlib.sha256(repr(tuple(parts)).encode()).hexdigest()[:20]}"'
