"""A breach and a level of escalation fire once in a cycle of their clock, whatever a second plan says."""

import sqlite3
from datetime import timedelta

import pytest
from harness import bot_in_a_box

from bot.store.steps import StepState

NOON = "2025-03-18T12:00+03:00"


async def overdue(bot):
    """A ticket whose response was breached and whose ladder was climbed."""
    await bot.say("acme", "acme/ann", "postbacks stopped")
    await bot.forward(by=timedelta(hours=4))


async def planned_again(bot, kind, state):
    """Write a step that fired into the plan a second time, as a later version, and end it so."""

    def work(tx):
        steps = [step for step in tx.steps.of_ticket(1) if step.kind == kind and step.state is StepState.FIRED]
        columns = "client_id, ticket_id, clock_id, cycle, kind, n, due_at, wake_at, rule, role"
        row = tx.connection.execute(
            f"INSERT INTO step ({columns}, version, state) SELECT {columns}, version + 100, 'open' "
            "FROM step WHERE id = ? RETURNING id",
            (steps[0].id,),
        ).fetchone()
        tx.steps.end(row["id"], state, None, bot.clock.now)

    await bot.store.write(work)


@pytest.mark.parametrize("kind", ["breach", "escalate"])
async def test_a_step_that_must_fire_once_cannot_be_stored_as_fired_twice(kind):
    async with bot_in_a_box(NOON) as bot:
        await overdue(bot)
        with pytest.raises(sqlite3.IntegrityError, match=r"step\.clock_id, step\.cycle, step\.kind, step\.n"):
            await planned_again(bot, kind, StepState.FIRED)
        await planned_again(bot, kind, StepState.SUPERSEDED)


async def test_a_nudge_may_fire_again_for_a_moved_due():
    async with bot_in_a_box(NOON) as bot:
        await overdue(bot)
        await planned_again(bot, "nudge", StepState.FIRED)
