"""One clock by itself: its terms, its holds, its moments, and how much time is left on it.

It knows a calendar and a target and nothing of events; callers import it from `clock`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.sla.calendar import Calendar
from bot.sla.policy import Basis, HoldReason, Kind, Metric, Priority, Target

Span = tuple[datetime, datetime]


class State(StrEnum):
    """What a clock is doing. A breached clock is RUNNING until it is stopped."""

    RUNNING = "running"
    HELD = "held"
    STOPPED = "stopped"
    CANCELLED = "cancelled"


class Binding(StrEnum):
    """Which of the two limits gives `due_at`: the window of the target or its elapsed cap."""

    TARGET = "target"
    CAP = "cap"


@dataclass(frozen=True, slots=True)
class Hold:
    """A wait for somebody else, `[start, end)`; `end` None while it lasts.

    `counted` False: the agreement grants no such hold on this clock; it is recorded and the clock ran on.
    """

    start: datetime
    end: datetime | None
    reason: HoldReason
    who: str
    counted: bool


@dataclass(frozen=True, slots=True)
class Reclassified:
    """The last change of level under a live clock.

    `before`: the level until then. `kept`: the level whose terms still give the moments; None where the clock
    was begun anew under the new one.
    """

    at: datetime
    before: Priority
    kept: Priority | None


@dataclass(frozen=True, slots=True)
class Clock:
    """One metric of one ticket being timed, in its n-th cycle. All moments are aware UTC.

    `target` holds the terms the moments were computed with; `kind` and `priority` are those of the level in
    force (they part when a reclassification leaves the earlier, posted due alone). `window` is the length in
    force: `within` or its high-load twin, else the objective, else what lies between start and due. It is
    counted from `counted_from`, which is `started_at` unless a reclassification moved the due moment.

    While HELD, `due_at` and `objective_at` are what they would be if the hold ended where it began: no
    deadline, and stable, so that they can be stored; `held_since` is where counting paused.
    """

    metric: Metric
    cycle: int
    priority: Priority
    target: Target
    kind: Kind
    state: State
    started_at: datetime
    counted_from: datetime
    window: timedelta
    objective_at: datetime | None
    due_at: datetime | None
    cap_at: datetime | None
    binding: Binding | None
    held_since: datetime | None = None
    holds: tuple[Hold, ...] = ()
    missed_at: datetime | None = None  # the objective passed; of an ETA: the promised moment passed
    breached_at: datetime | None = None  # due passed, kind commitment
    fell_short_at: datetime | None = None  # due passed, kind target
    stopped_at: datetime | None = None
    stopped_by: int | None = None  # seq of the event that stopped or cancelled it
    cancelled_at: datetime | None = None
    change: Reclassified | None = None
    excluded: bool = False

    @property
    def is_live(self) -> bool:
        """Neither stopped nor cancelled."""
        return self.state is State.RUNNING or self.state is State.HELD

    @property
    def reclassified(self) -> bool:
        """Whether the level was changed while it ran."""
        return self.change is not None

    @property
    def deadline(self) -> datetime | None:
        """`due_at`, or of an objective-only clock its objective."""
        return self.due_at if self.due_at is not None else self.objective_at

    @property
    def basis(self) -> Basis:
        """The basis in force: elapsed where the cap binds, else the target's own."""
        return Basis.ELAPSED if self.binding is Binding.CAP else self.target.basis

    @property
    def late_at(self) -> datetime | None:
        """The moment its due passed unmet: breach, shortfall or broken ETA; None where it did not."""
        passed = self.breached_at or self.fell_short_at
        return passed or (self.missed_at if self.metric is Metric.ETA_KEPT else None)

    @property
    def is_met(self) -> bool:
        """Stopped at or before its deadline."""
        if self.stopped_at is None:
            return False
        return self.deadline is None or self.stopped_at <= self.deadline

    def is_overdue(self, now: datetime) -> bool:
        """Whether it is live with its due moment behind it; never true of an objective alone."""
        if not self.is_live or self.due_at is None:
            return False
        return self.due_at <= min(now, self.held_since or now)

    def remaining(self, now: datetime, calendar: Calendar) -> timedelta | None:
        """Time left to the deadline in the basis in force, negative when overdue; frozen while held.

        None for a clock that is over or has no deadline.
        """
        if not self.is_live or self.deadline is None:
            return None
        return passing(calendar, self.basis, self.held_since or now, self.deadline)

    def pauses(self) -> tuple[Span, ...]:
        """The counted holds that are over, merged, none before `counted_from`."""
        return merged(self.holds, self.counted_from)[0] if self.holds else ()

    def raw_time(self, now: datetime, calendar: Calendar) -> timedelta:
        """Time from start to stop (or `now`) in the target's basis, holds included."""
        return passing(calendar, self.target.basis, self.started_at, self._end(now))

    def adjusted_time(self, now: datetime, calendar: Calendar) -> timedelta:
        """`raw_time` without any hold, granted or only recorded: what was waited for on our side."""
        end = self._end(now)
        waits = [replace(h, end=h.end or end, counted=True) for h in self.holds]
        return counted(calendar, self.target.basis, self.started_at, end, merged(waits, self.started_at)[0])

    def _end(self, now: datetime) -> datetime:
        return max(self.started_at, self.stopped_at or self.cancelled_at or now)


def passing(calendar: Calendar, basis: Basis, start: datetime, end: datetime) -> timedelta:
    """Time from start to end in this basis; negative when end comes first."""
    return end - start if basis is Basis.ELAPSED else calendar.between(start, end)


def advance(calendar: Calendar, basis: Basis, start: datetime, length: timedelta) -> datetime:
    """The moment `length` after start in this basis; what is left of a day lands on that day's close."""
    return start + length if basis is Basis.ELAPSED else calendar.add(start, length)


def reach(calendar: Calendar, basis: Basis, start: datetime, length: timedelta, spans: Iterable[Span]) -> datetime:
    """The moment at which `length` has been counted since start, leaving out the spans (merged, ascending).

    A span that begins when the length is already used up moves nothing.
    """
    at, left = start, length
    for begin, end in spans:
        moment = advance(calendar, basis, at, left)
        if moment <= begin:
            return moment
        left -= passing(calendar, basis, at, begin)
        at = end
    return advance(calendar, basis, at, left)


def counted(calendar: Calendar, basis: Basis, start: datetime, end: datetime, spans: Iterable[Span]) -> timedelta:
    """Time from start to end in this basis without the spans (merged)."""
    total = passing(calendar, basis, start, end)
    for first, last in spans:
        first, last = max(first, start), min(last, end)
        if first < last:
            total -= passing(calendar, basis, first, last)
    return total


def merged(holds: Iterable[Hold], since: datetime) -> tuple[tuple[Span, ...], datetime | None]:
    """The counted holds as merged ascending spans from `since` on, and where an unfinished one began.

    Finished holds that overlap the unfinished one belong to it and are not listed.
    """
    spans: list[Span] = []
    open_from: datetime | None = None
    for hold in sorted((h for h in holds if h.counted), key=lambda h: h.start):
        start = max(hold.start, since)
        if hold.end is None:
            open_from = start if open_from is None else min(open_from, start)
        elif hold.end > start:
            if spans and start <= spans[-1][1]:
                spans[-1] = (spans[-1][0], max(spans[-1][1], hold.end))
            else:
                spans.append((start, hold.end))
    while open_from is not None and spans and spans[-1][1] >= open_from:
        open_from = min(open_from, spans.pop()[0])
    return tuple(spans), open_from


def closed(
    holds: Iterable[Hold], at: datetime, reason: HoldReason | None = None, who: str | None = None
) -> tuple[Hold, ...]:
    """The holds with the unfinished ones (of this reason, for this one, or all) ended at `at`."""

    def ends(hold: Hold) -> bool:
        return hold.end is None and reason in (None, hold.reason) and who in (None, hold.who)

    return tuple(replace(h, end=max(at, h.start)) if ends(h) else h for h in holds)
