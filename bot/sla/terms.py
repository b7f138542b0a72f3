"""What a target makes of a clock: its moments, what it missed, and what a change of level does to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from bot.sla.calendar import Calendar
from bot.sla.policy import Basis, Kind, Metric, Priority, Target
from bot.sla.timing import Binding, Clock, Hold, Reclassified, Span, State, closed, counted, merged, reach

_NOTHING = timedelta(0)


def begin(
    calendar: Calendar,
    target: Target,
    priority: Priority,
    at: datetime,
    *,
    cycle: int = 1,
    high_load: bool = False,
    holds: tuple[Hold, ...] = (),
) -> Clock:
    """A new clock of this target from `at`, with the holds that lie on it."""
    window = target.within if target.within is not None else target.objective
    if high_load and target.high_load is not None:
        window = target.high_load
    at = at.astimezone(UTC)
    spans, held_since = merged(holds, at) if holds else ((), None)
    moments = _moments(calendar, target, at, window if window is not None else _NOTHING, spans)
    return Clock(
        metric=target.metric,
        cycle=cycle,
        priority=priority,
        target=target,
        kind=target.kind,
        state=State.RUNNING if held_since is None else State.HELD,
        started_at=at,
        counted_from=at,
        window=moments.window,
        objective_at=moments.objective_at,
        due_at=moments.due_at,
        cap_at=moments.cap_at,
        binding=moments.binding,
        held_since=held_since,
        holds=holds,
    )


class _Moments(NamedTuple):
    """What a target says of a clock, as the clock has it."""

    window: timedelta
    objective_at: datetime | None
    due_at: datetime | None
    cap_at: datetime | None
    binding: Binding | None


def measure(calendar: Calendar, clock: Clock) -> Clock:
    """The clock with its moments and its hold worked out anew from its terms and holds: an unfinished hold puts a
    live clock on hold.
    """
    start = clock.counted_from
    spans, held_since = merged(clock.holds, start) if clock.holds else ((), None)
    state = clock.state
    if clock.is_live:
        state = State.HELD if held_since is not None else State.RUNNING
    moments = _moments(calendar, clock.target, start, clock.window, spans)
    held_since = held_since if state is State.HELD else None
    return replace(clock, state=state, held_since=held_since, **moments._asdict())


def _moments(
    calendar: Calendar, target: Target, start: datetime, window: timedelta, spans: tuple[Span, ...]
) -> _Moments:
    """What the target says of a clock counted from `start`, over the merged holds that are over.

    1. Due = the earlier of the window in its basis and the elapsed cap; each hold moves the window by its
       length in that basis, the cap by its elapsed length (000, "24 hours outside of business hours").
    2. The objective never lies after due.
    """
    objective = due = cap = binding = None
    if target.until_close:
        due, binding = calendar.close_after(start), Binding.TARGET
        for first, last in spans:
            if first < due <= last:
                due = calendar.close_after(last)
        window = counted(calendar, Basis.WORKING, start, due, spans)
    else:
        if target.objective is not None:
            objective = reach(calendar, target.basis, start, target.objective, spans)
        if target.within is not None:
            due, binding = reach(calendar, target.basis, start, window, spans), Binding.TARGET
            if target.cap is not None:
                cap = reach(calendar, Basis.ELAPSED, start, target.cap, spans)
                if cap < due:
                    due, binding = cap, Binding.CAP
            if objective is not None and objective > due:
                objective = due
    return _Moments(window, objective, due, cap, binding)


def judge(clock: Clock, now: datetime) -> Clock:
    """The clock with what it has missed by `now`: objective, and due as breach, shortfall or broken ETA.

    A moment is missed when it has come and the clock was not stopped (or cancelled) at or before it. What is
    once noted stays: a late answer never turns green.
    """
    over = clock.stopped_at or clock.cancelled_at

    def passed(moment: datetime | None) -> bool:
        if moment is None:
            return False
        return moment < over if over is not None else moment <= min(now, clock.held_since or now)

    missed, breached, short = clock.missed_at, clock.breached_at, clock.fell_short_at
    if missed is None and passed(clock.objective_at):
        missed = clock.objective_at
    if breached is None and short is None and passed(clock.due_at):
        if clock.metric is Metric.ETA_KEPT:
            missed = clock.due_at
        elif clock.kind is Kind.COMMITMENT:
            breached = clock.due_at
        else:
            short = clock.due_at
    if (missed, breached, short) == (clock.missed_at, clock.breached_at, clock.fell_short_at):
        return clock
    return replace(clock, missed_at=missed, breached_at=breached, fell_short_at=short)


def reclassify(
    calendar: Calendar,
    clock: Clock,
    target: Target,
    priority: Priority,
    at: datetime,
    *,
    high_load: bool,
    agreed: bool,
) -> Clock:
    """The live clock under another level's target from `at` on ("Urgency and impact", AGREEMENTS).

    Upward: due = the earlier of the old due and `at` + the new window (and cap), so never red by
    reclassification. Downward: the earlier, posted due stays unless the client agreed to the later one, which
    then counts from the start. What has passed by `at` stays on record. Holds are kept; a held clock
    is compared as if it resumed now.
    """
    clock = judge(clock, at - timedelta.resolution)  # a stop at this very instant may still follow
    change = Reclassified(at, clock.priority, (clock.change and clock.change.kept) or clock.priority)
    kept = replace(clock, kind=target.kind, priority=priority, change=change)
    old = deadline_if_resumed(calendar, clock, at)
    if old is None or old <= at or target.until_close or clock.target.until_close:
        return kept
    upward = priority.rank <= clock.priority.rank
    if not upward and not agreed:
        return kept
    start = at if upward else clock.started_at
    fresh = begin(calendar, target, priority, start, cycle=clock.cycle, high_load=high_load, holds=clock.holds)
    new = deadline_if_resumed(calendar, fresh, at)
    if new is None or (new < old) is not upward:
        return kept
    change = replace(change, kept=None)
    return replace(fresh, started_at=clock.started_at, missed_at=clock.missed_at, change=change)


def under_other_terms(
    calendar: Calendar, clock: Clock, target: Target, priority: Priority, at: datetime, *, high_load: bool
) -> Clock:
    """The live clock under the target of another text from `at` on, counted from where it was counted from.

    What is late by `at` stays as it is on record. So does what the other text would have made late before: nobody can
    keep a promise that is made afterwards.
    """
    clock = judge(clock, at - timedelta.resolution)
    old = deadline_if_resumed(calendar, clock, at)
    holds = tuple(replace(hold, counted=hold.reason in target.holds) for hold in clock.holds)
    fresh = begin(calendar, target, priority, clock.counted_from, cycle=clock.cycle, high_load=high_load, holds=holds)
    new = deadline_if_resumed(calendar, fresh, at)
    if old is None or old <= at or new is None or new <= at:
        return clock
    return replace(fresh, started_at=clock.started_at, missed_at=clock.missed_at, change=clock.change)


def deadline_if_resumed(calendar: Calendar, clock: Clock, at: datetime) -> datetime | None:
    """The deadline, of a held clock as if its wait ended at `at`."""
    if clock.state is not State.HELD:
        return clock.deadline
    return measure(calendar, replace(clock, holds=closed(clock.holds, at))).deadline
