"""What is left of a clock's plan when it is laid out anew: what has passed, what has fired, what waits. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from bot.sla.plan import Step, StepKind, in_order
from bot.sla.policy import Metric, Policy
from bot.sla.timing import Clock, advance, passing


def replan(
    policy: Policy,
    clock: Clock,
    steps: Sequence[Step],
    now: datetime,
    fired: Collection[tuple[StepKind, int]] = (),
    waiting: Collection[tuple[StepKind, int]] = (),
) -> tuple[Step, ...]:
    """What is left of a plan at `now`, for a clock that was planned before: no storm and no loss.

    1. Nudges and repeats whose moment has passed are dropped: the later steps say the same and more. Those stay that
       are still `waiting` for the end of somebody's quiet hours.
    2. An objective, breach or escalation that has passed stays unless it fired in this cycle: it has to act. So does
       the last nudge to write word on progress, which moves with whoever writes it: nothing after it says the same.
    3. An overdue clock goes on with its next repeat after `now`.
    """
    soft = (StepKind.NUDGE, StepKind.REPEAT)
    nudges = [step for step in steps if step.kind is StepKind.NUDGE]
    last = nudges[-1] if nudges and clock.metric is Metric.PROGRESS else None

    def stays(step: Step) -> bool:
        if step.kind in soft and (step.at > now or (step.kind, step.n) in waiting):
            return True
        return (step.kind not in soft or step is last) and (step.kind, step.n) not in fired

    left = [step for step in steps if stays(step)]
    first = next((step for step in steps if step.kind is StepKind.REPEAT), None)
    if first is not None and first.at <= now and clock.deadline is not None:
        every = policy.nudge_plan(clock.priority).repeat_every
        n = passing(policy.calendar, first.basis, clock.deadline, now) // every + 1
        at = advance(policy.calendar, first.basis, clock.deadline, n * every)
        left.append(replace(first, n=n, at=at))
    return in_order(left)
