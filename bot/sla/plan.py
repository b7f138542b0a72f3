"""The acts planned on a clock: which nudge, objective, breach or escalation falls at which moment, and why.

A plan is a pure function of policy and clock. Who receives a step, and whether it is quiet hours, is decided
when it fires and never moves it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from bot.sla.policy import Basis, Kind, Metric, Policy, Rung, RungAt
from bot.sla.timing import Binding, Clock, State, advance, counted, reach

MANAGER = "manager"
# L1 where there is no objective before the due moment, and the nudge of an ETA.
LATE_SHARE = 0.8
_ETA_LEAD = timedelta(minutes=30)
_PROGRESS_LEAD = timedelta(minutes=60)
_LADDER_METRICS = frozenset({Metric.ACKNOWLEDGEMENT, Metric.RESPONSE, Metric.ETA_GIVEN, Metric.RESOLUTION})


class StepKind(StrEnum):
    """What a step does; BREACH is the due moment of a commitment and of a target alike."""

    NUDGE = "nudge"
    OBJECTIVE = "objective"
    BREACH = "breach"
    ESCALATE = "escalate"
    REPEAT = "repeat"


_GRAVITY = {
    StepKind.NUDGE: 0,
    StepKind.REPEAT: 1,
    StepKind.OBJECTIVE: 2,
    StepKind.BREACH: 3,
    StepKind.ESCALATE: 3,  # plus its level
}


class Planned(Protocol):
    """What a step does: a Step, or a stored row of one."""

    @property
    def kind(self) -> StepKind: ...
    @property
    def n(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Step:
    """One planned act. `n` is the number of the nudge or repeat, the level of an escalation, else 1.

    `rule` is stable and says how the moment was found; `basis` is that of its arithmetic; `share` is the part
    of the window, None where the moment is no share. `role` is a staff role of the roster.
    """

    kind: StepKind
    n: int
    at: datetime
    rule: str
    share: float | None
    basis: Basis
    role: str = MANAGER


def plan(policy: Policy, clock: Clock, writer_until: datetime | None = None) -> tuple[Step, ...]:
    """All steps of a running clock, by moment, at one moment the gravest first; () for any other clock.

    It knows no `now`: moments that have passed are in it too. Repeats follow one by one: the plan holds the
    first, `next_repeat` gives the one after the one that fired. No step lies beyond one window after due, or
    one repeat.
    Word on progress is written by somebody: who is to write it is reminded as if it were due at `writer_until`, where
    he goes home before it is.
    """
    if clock.state is not State.RUNNING or clock.deadline is None:
        return ()
    if clock.metric is Metric.ETA_KEPT:
        steps = _of_eta(policy, clock, clock.deadline)
    elif clock.target.until_close:
        steps = _of_day(policy, clock, clock.deadline, _nudged_by(clock, clock.deadline, writer_until))
    else:
        steps = _of_window(policy, clock, clock.deadline, _nudged_by(clock, clock.deadline, writer_until))
    return in_order(steps)


def gravity(step: Planned) -> int:
    """Of several steps due at once the highest acts: L3 > L2 > L1 > breach > objective > repeat > nudge."""
    return _GRAVITY[step.kind] + (step.n if step.kind is StepKind.ESCALATE else 0)


def next_repeat(policy: Policy, clock: Clock, after: datetime, n: int) -> Step:
    """The n-th reminder of an overdue clock, one interval after `after` (the moment of the one before).

    Working time, elapsed where the cap binds: then somebody is on call.
    """
    basis = Basis.ELAPSED if clock.binding is Binding.CAP else Basis.WORKING
    every = policy.nudge_plan(clock.priority).repeat_every
    at = advance(policy.calendar, basis, after, every)
    minutes = every // timedelta(minutes=1)
    return Step(StepKind.REPEAT, n, at, f"every {minutes} min", None, basis)


def ladder_clock(clocks: Iterable[Clock]) -> Clock | None:
    """The one clock of a ticket whose ladder counts (004: "The ladder follows the gravest of the three").

    Of the running clocks with a due moment: a commitment before a target, then the earliest due, then the
    order given. None where none can escalate. When it stops, the next one carries the ladder.
    """
    able = [
        clock
        for clock in clocks
        if clock.state is State.RUNNING and clock.due_at is not None and clock.metric in _LADDER_METRICS
    ]
    return min(able, key=lambda c: (c.kind is not Kind.COMMITMENT, c.due_at), default=None)


def plans(
    policy: Policy, clocks: Sequence[Clock], reached: int = 0, writer_until: datetime | None = None
) -> tuple[tuple[Clock, tuple[Step, ...]], ...]:
    """The plan of a whole ticket: each running clock with its steps, the ladder on `ladder_clock` alone.

    `reached` is the level of escalation the ticket has already: it and those below are not climbed again.
    `writer_until` as in `plan`.
    """
    carrier = ladder_clock(clocks)
    return tuple(
        (
            clock,
            tuple(
                step
                for step in plan(policy, clock, writer_until)
                if step.kind is not StepKind.ESCALATE or (clock is carrier and step.n > reached)
            ),
        )
        for clock in clocks
        if clock.state is State.RUNNING
    )


def still_stands(step: Planned, clock: Clock) -> bool:
    """Whether a due step still has to act on the clock as it is now.

    A due moment or an objective acts when it was really missed, even if the clock is over by now (a day's
    progress ends with its day); everything else only speaks of a running clock.
    """
    if step.kind is StepKind.BREACH:
        return clock.late_at is not None
    if step.kind is StepKind.OBJECTIVE:
        return clock.missed_at is not None
    return clock.state is State.RUNNING


def _nudged_by(clock: Clock, deadline: datetime, writer_until: datetime | None) -> datetime:
    """Towards which moment a clock's nudges are laid out: its deadline, of word on progress also who writes it."""
    if clock.metric is not Metric.PROGRESS or writer_until is None:
        return deadline
    return writer_until if clock.counted_from < writer_until < deadline else deadline


def _of_window(policy: Policy, clock: Clock, deadline: datetime, nudged_by: datetime) -> list[Step]:
    """Nudges at shares of the window, objective, due, the ladder around them, the first repeat."""
    steps = _nudges(policy, clock, deadline, nudged_by)
    objective, basis = clock.objective_at, clock.basis
    is_early = objective is not None and clock.counted_from < objective < deadline
    if objective is not None and (is_early or clock.due_at is None):
        steps.append(Step(StepKind.OBJECTIVE, 1, objective, "objective", None, basis))
    if clock.due_at is not None:
        steps.append(Step(StepKind.BREACH, 1, clock.due_at, "due", None, basis))
        if clock.metric in _LADDER_METRICS:
            first = objective if is_early else None
            steps += [_rung(policy, clock, rung, clock.due_at, first) for rung in policy.ladder]
    return [*steps, next_repeat(policy, clock, deadline, 1)]


def _nudges(policy: Policy, clock: Clock, deadline: datetime, nudged_by: datetime) -> list[Step]:
    """The nudges of a window, by moment and numbered; of two at one moment one is enough."""
    planned, spans = policy.nudge_plan(clock.priority), clock.pauses()
    length = _way(policy, clock)
    if nudged_by < deadline:
        length = counted(policy.calendar, clock.basis, clock.counted_from, nudged_by, spans)
    found: list[tuple[datetime, str, float | None]] = [
        (_share_at(policy, clock, share, length), f"nudge {_percent(share)}", share) for share in planned.shares
    ]
    found += [
        (reach(policy.calendar, clock.basis, clock.counted_from, length - lead, spans), f"{_lead(lead)} before", None)
        for lead in planned.before
        if lead < length
    ]
    by_moment = {at: (rule, share) for at, rule, share in sorted(found, key=lambda each: each[0]) if at < nudged_by}
    return [
        Step(StepKind.NUDGE, n, at, rule, share, clock.basis)
        for n, (at, (rule, share)) in enumerate(by_moment.items(), 1)
    ]


def _rung(policy: Policy, clock: Clock, rung: Rung, due: datetime, objective: datetime | None) -> Step:
    at, rule, share = due, "at due", None
    if rung.at is RungAt.OBJECTIVE and objective is not None:
        at, rule = objective, "at objective"
    elif rung.at is RungAt.OBJECTIVE:
        at = _share_at(policy, clock, LATE_SHARE, _way(policy, clock))
        rule, share = f"at {_percent(LATE_SHARE)}", LATE_SHARE
    elif rung.at is RungAt.WINDOW_LATER:
        # A window of nothing ("immediately") would call two levels at once; a repeat's length parts them.
        later = clock.window or policy.nudge_plan(clock.priority).repeat_every
        at, rule = advance(policy.calendar, clock.basis, due, later), "one window later"
    return Step(StepKind.ESCALATE, rung.level, at, f"L{rung.level} {rule}", share, clock.basis, rung.role)


def _share_at(policy: Policy, clock: Clock, share: float, length: timedelta) -> datetime:
    """The moment at which this share of a length from the clock's start is used up, holds left out."""
    return reach(policy.calendar, clock.basis, clock.counted_from, length * share, clock.pauses())


def _way(policy: Policy, clock: Clock) -> timedelta:
    """How long it is from the clock's start to its deadline; where the cap binds the elapsed time to the cap."""
    if clock.binding is Binding.CAP and clock.cap_at is not None:
        return counted(policy.calendar, Basis.ELAPSED, clock.counted_from, clock.cap_at, clock.pauses())
    return clock.window


def _of_eta(policy: Policy, clock: Clock, due: datetime) -> list[Step]:
    """A nudge at 80 % of the way and one half an hour before; the ETA's moment; no ladder.

    Both count working time, so that an ETA for Monday morning is remembered on Friday; an ETA with no working
    time before it counts every second. The second nudge is dropped in the first half of a short way.
    """
    start, calendar = clock.started_at, policy.calendar
    way, basis = calendar.between(start, due), Basis.WORKING
    if not way:
        way, basis = due - start, Basis.ELAPSED
    at = advance(calendar, basis, start, way * LATE_SHARE)
    steps = [Step(StepKind.NUDGE, 1, at, f"nudge {_percent(LATE_SHARE)}", LATE_SHARE, basis)] if at < due else []
    if way >= 2 * _ETA_LEAD:
        at = advance(calendar, basis, start, way - _ETA_LEAD)
        steps.append(Step(StepKind.NUDGE, 2, at, "30 min before", None, basis))
    steps.append(Step(StepKind.OBJECTIVE, 1, due, "eta due", None, Basis.ELAPSED))
    return [*steps, next_repeat(policy, clock, due, 1)]


def _of_day(policy: Policy, clock: Clock, due: datetime, nudged_by: datetime) -> list[Step]:
    """A nudge an hour of work before the close, or before who writes goes home, half-way when less than two are left;
    and the close.
    """
    calendar, start = policy.calendar, clock.counted_from
    left = calendar.between(start, nudged_by)
    lead = min(_PROGRESS_LEAD, left / 2)
    at = calendar.subtract(nudged_by, lead)
    rule = "60 min before close" if nudged_by == due else "60 min before who writes goes home"
    steps = [Step(StepKind.NUDGE, 1, at, rule, None, Basis.WORKING)] if start < at < nudged_by else []
    return [*steps, Step(StepKind.BREACH, 1, due, "due", None, Basis.WORKING)]


def _lead(lead: timedelta) -> str:
    hours, minutes = divmod(lead // timedelta(minutes=1), 60)
    return " ".join((f"{hours} h",) * bool(hours) + (f"{minutes} min",) * bool(minutes or not hours))


def _percent(share: float) -> str:
    return f"{round(share * 100, 2):g} %"


def in_order(steps: Iterable[Step]) -> tuple[Step, ...]:
    """By moment, at one moment the gravest first."""
    return tuple(sorted(steps, key=lambda step: (step.at, -gravity(step), step.n)))
