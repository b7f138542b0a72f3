"""Which steps of a ticket's plan are still to be stored, seen the rows of those that had their turn."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.sla.clock import Clock
from bot.sla.plan import Step, StepKind
from bot.sla.policy import Policy
from bot.sla.replan import replan
from bot.store.steps import StepRow, StepState
from bot.store.times import from_ms, to_ms


def remaining(
    policy: Policy,
    clock: Clock,
    steps: Sequence[Step],
    rows: Sequence[StepRow],
    now: datetime,
    changed_at: datetime | None,
) -> tuple[Step, ...]:
    """What is left to do of a clock's plan, without the steps that had their turn at this very moment; and without
    those that had it under other terms, where the same window is only counted anew.
    """
    ended = [row for row in rows if row.state in (StepState.FIRED, StepState.SUPERSEDED)]
    once = {(row.kind, row.n) for row in ended if row.kind in (StepKind.ESCALATE, StepKind.BREACH, StepKind.NUDGE)}
    had = {(row.kind, row.n, row.due_at) for row in ended}
    waiting = {(row.kind, row.n) for row in rows if row.state is StepState.OPEN and row.due_at <= now < row.wake_at}
    left = replan(policy, clock, steps, now, once, waiting)
    under_others = {
        (row.kind, row.n)
        for row in ended
        if row.kind is not StepKind.REPEAT
        and row.fired_at is not None
        and changed_at is not None
        and max(row.fired_at, clock.counted_from) <= changed_at
    }
    return tuple(
        step
        for step in left
        if (step.kind, step.n, stored(step.at)) not in had and (step.kind, step.n) not in under_others
    )


def stored(at: datetime) -> datetime:
    """A moment as the store gives it back: truncated to milliseconds."""
    return from_ms(to_ms(at))
