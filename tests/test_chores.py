"""The auditor's questions, readiness, and the chores: each asks the rows, none is needed for a promise."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from harness import Bot, bot_in_a_box
from structlog.testing import capture_logs

from bot import metrics
from bot.chores import Chores, Findings, Health, audit
from bot.store.tx import Tx
from bot.watch import Watch

NOON = "2026-11-20T15:00+03:00"
MINUTE = timedelta(minutes=1)


async def look(bot: Bot, speed: float = 1.0) -> Findings:
    return await bot.read(lambda tx: audit(tx, bot.clock.now, bot.clock.now, speed))


async def test_a_bot_that_keeps_up_has_no_problem() -> None:
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.forward(by=timedelta(hours=3))
        found = await look(bot)
        assert found.problems() == {}
        assert (found.open_tickets, found.overdue_tickets) == (1, 1)


async def test_a_step_left_alone_for_more_than_a_minute_is_a_problem() -> None:
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        bot.clock.now += timedelta(minutes=30) + MINUTE
        assert (await look(bot)).problems() == {"step_overdue": 1}
        # A minute of the machine is an hour of business time at sixty times the speed.
        assert (await look(bot, speed=60)).problems() == {}


async def test_a_delivery_that_stays_is_a_problem() -> None:
    async with bot_in_a_box(NOON) as bot:
        await bot.receive(bot.inbound("acme", "acme/ann", "postbacks stopped"))
        bot.clock.now += MINUTE
        assert (await look(bot)).problems() == {}
        bot.clock.now += timedelta(milliseconds=1)
        assert (await look(bot)).problems() == {"delivery_stuck": 1}


async def test_an_event_that_waits_for_half_a_minute_is_a_problem() -> None:
    async with bot_in_a_box(NOON) as bot:
        await bot.set_policy("gone")
        await bot.say("acme", "acme/ann", "postbacks stopped")
        bot.clock.now += timedelta(seconds=31)
        assert (await look(bot)).problems() == {"inbox_stuck": 1}


async def test_a_running_clock_without_a_step_is_a_problem() -> None:
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")

        def lose(tx: Tx) -> None:
            tx.steps.cancel_open(1, "lost", bot.clock.now)

        await bot.store.write(lose)
        assert (await look(bot)).problems() == {"clock_without_step": 1}


async def test_readiness_says_why_not_and_is_a_second_old_at_most() -> None:
    async with bot_in_a_box(NOON) as bot:
        watch = Watch(bot.store, bot.desk, bot.times)
        health = Health(bot.store, bot.desk, bot.times, watch)
        assert await health.reasons() == ["the watch has not looked at the deadlines since None"]
        watch.last_tick_at = bot.clock.now
        assert len(await health.reasons()) == 1
        bot.clock.now += timedelta(seconds=1)
        assert await health.reasons() == []
        bot.clock.now += timedelta(seconds=6)
        (reason,) = await health.reasons()
        assert reason.startswith("the watch has not looked")


async def test_the_chores_are_scheduled_and_each_of_them_works(tmp_path: Path) -> None:
    async with bot_in_a_box(NOON, path=tmp_path / "pledge.db") as bot:
        health = Health(bot.store, bot.desk, bot.times, Watch(bot.store, bot.desk, bot.times))
        chores = Chores(bot.store, bot.times, health)
        async with chores.running():
            await chores.audit()
            await chores.tidy()

            def code(tx: Tx) -> str:
                person = tx.people.person_by_key("mia")
                assert person is not None
                return tx.access.issue("login", now=bot.clock.now, issuer="shell", person_id=person.id)

            await bot.store.write(code)
            bot.clock.now += timedelta(days=2)
            await chores.forget()
        assert await bot.read(lambda tx: tx.connection.execute("SELECT count(*) FROM token").fetchone()[0]) == 0


@pytest.mark.parametrize("speed", [0.0, 1.0])
async def test_standing_time_makes_nothing_late(speed: float) -> None:
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        assert (await look(bot, speed)).problems() == {}


async def test_a_changed_audit_is_found_at_night_raises_an_alarm_and_ends_readiness(tmp_path: Path) -> None:
    async with bot_in_a_box(NOON, path=tmp_path / "pledge.db") as bot:
        await bot.say("acme", "acme/ann", "/language ru")
        watch = Watch(bot.store, bot.desk, bot.times)
        watch.last_tick_at = bot.clock.now
        health = Health(bot.store, bot.desk, bot.times, watch)
        chores = Chores(bot.store, bot.times, health)
        await chores.tidy()
        assert await health.reasons() == []

        def tamper(tx: Tx) -> int:
            (guard,) = tx.connection.execute("SELECT sql FROM sqlite_schema WHERE name = 'audit_is_final'").fetchone()
            tx.connection.execute("DROP TRIGGER audit_is_final")
            row = tx.connection.execute(
                "UPDATE audit SET new = 'de' WHERE what = 'room.locale' RETURNING id"
            ).fetchone()
            tx.connection.execute(guard)
            return int(row["id"])

        changed = await bot.store.write(tamper)
        alarms = metrics.alarms.labels("audit_broken")
        before = alarms._value.get()
        with capture_logs() as log:
            await chores.tidy()
        assert alarms._value.get() == before + 1
        (line,) = (line for line in log if line["action"] == "audit.broken")
        assert (line["client"], line["entries"]) == (1, [changed])
        bot.clock.now += timedelta(seconds=1)
        assert await health.reasons() == [f"the audit of client 1 was changed: 1 not in order, id {changed}"]
