"""The auditor mends what it finds, calls the loops that slept, and tells a watcher outside while all is well."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from harness import Bot, bot_in_a_box
from structlog.testing import capture_logs

from bot.chores import Chores, Health, audit
from bot.heartbeat import Heartbeat
from bot.sla.log import EventKind
from bot.store.tx import Tx
from bot.turns.healing import heal
from bot.watch import Watch

NOON = "2026-11-20T15:00+03:00"


class Audited:
    """The chores of a bot in a box, with what they call and beat noted."""

    def __init__(self, bot: Bot) -> None:
        self.calls: list[str] = []
        self._bot = bot
        self._watch = Watch(bot.store, bot.desk, bot.times)
        health = Health(bot.store, bot.desk, bot.times, self._watch)
        self._chores = Chores(
            bot.store,
            bot.times,
            health,
            heal=lambda tx: heal(tx, bot.desk, bot.clock.now),
            wake=[lambda: self.calls.append("woken")],
            beat=self._beat,
        )

    async def _beat(self) -> None:
        self.calls.append("beat")

    async def look(self) -> list[str]:
        self._watch.last_tick_at = self._bot.clock.now
        self.calls.clear()
        await self._chores.audit()
        return self.calls


async def test_a_clock_without_a_step_is_planned_anew_and_the_nudges_come() -> None:
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        before = await bot.read(lambda tx: {(s.kind, s.n, s.due_at) for s in tx.steps.of_ticket(1)})
        await bot.store.write(lambda tx: tx.steps.cancel_open(1, "lost", bot.clock.now))
        audited = Audited(bot)
        with capture_logs() as logs:
            assert await audited.look() == ["woken"]
        assert ("audit.healed", "T-42 was planned anew") in [(line.get("action"), line["event"]) for line in logs]
        bot.clock.now += timedelta(seconds=1)
        assert await audited.look() == ["beat"]
        open_now = await bot.read(
            lambda tx: {(s.kind, s.n, s.due_at) for s in tx.steps.of_ticket(1) if s.state.value == "open"}
        )
        assert open_now == before
        told = len(bot.posts("dm:mia"))
        await bot.forward(by=timedelta(minutes=40))
        assert len(bot.posts("dm:mia")) > told


async def test_a_ticket_whose_owner_has_left_goes_to_whoever_answers_for_the_client() -> None:
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("dm:mia", "mia", "/assign T-42 sue")
        await bot.store.write(lambda tx: _leave(tx, "sue"))
        audited = Audited(bot)
        assert await audited.look() == ["woken"]
        await bot.deliver()
        page = await bot.page("T-42")
        assert page.log[-1].kind is EventKind.ASSIGNED
        assert (await bot.read(lambda tx: tx.people.person(page.ticket.owner_id))).key == "mia"
        assert "no longer on the staff" in bot.last("dm:mia")
        assert bot.last("acme").startswith("Mia")
        bot.clock.now += timedelta(seconds=1)
        assert await audited.look() == ["beat"]


async def test_where_nobody_is_left_the_alarm_stays() -> None:
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.store.write(lambda tx: [_leave(tx, key) for key in ("mia", "ben", "tom", "sue", "pat", "lea")])
        audited = Audited(bot)
        for _ in range(2):
            bot.clock.now += timedelta(seconds=1)
            assert await audited.look() == ["woken"]


async def test_a_bot_that_is_not_ready_does_not_beat() -> None:
    async with bot_in_a_box(NOON) as bot:
        audited = Audited(bot)
        assert await audited.look() == ["beat"]
        bot.clock.now += timedelta(seconds=7)
        audited.calls.clear()
        await audited._chores.audit()
        assert audited.calls == []


@asynccontextmanager
async def watcher(status: str) -> AsyncIterator[tuple[str, list[str]]]:
    """A server on this machine that answers everything with one status."""
    asked: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readline()).decode().strip())
        writer.write(f"HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        yield f"http://127.0.0.1:{port}/ping/secret-canary", asked


async def test_the_watcher_is_asked_at_his_address() -> None:
    async with watcher("200 OK") as (url, asked):
        with capture_logs() as logs:
            await Heartbeat(url).beat()
    assert asked == ["GET /ping/secret-canary HTTP/1.1"]
    assert logs == []


@pytest.mark.parametrize("status", ["500 Broken", None])
async def test_a_watcher_who_does_not_answer_is_said_once_without_his_address(status: str | None) -> None:
    async with watcher(status or "200 OK") as (url, _):
        pass
    if status is None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            heartbeat = Heartbeat(f"http://127.0.0.1:{free.getsockname()[1]}/secret-canary")
        with capture_logs() as logs:
            await heartbeat.beat()
            await heartbeat.beat()
    else:
        async with watcher(status) as (url, asked):
            heartbeat = Heartbeat(url)
            with capture_logs() as logs:
                await heartbeat.beat()
                await heartbeat.beat()
            assert len(asked) == 2
    assert [line["action"] for line in logs] == ["heartbeat.failed"]
    assert "secret-canary" not in str(logs)


def _leave(tx: Tx, key: str) -> None:
    tx.connection.execute("UPDATE person SET active = 0 WHERE key = ?", (key,))


async def test_where_everybody_is_away_it_is_an_alarm_and_said_to_everybody_who_could_mend_it_once_a_day() -> None:
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        for name in ("mia", "ben", "lea"):
            await bot.say(f"dm:{name}", name, "/away now")
        audited = Audited(bot)
        with capture_logs() as logs:
            assert await audited.look() == ["woken"]
        assert ("nobody_answers", 1) in [(line.get("kind"), line.get("count")) for line in logs]
        await bot.deliver()
        told = "Nobody answers for Acme: everybody is away, open are T-42. Who is back says back."
        assert bot.last("dm:lea") == bot.last("team:support") == told
        assert await audited.look() == ["woken"]
        await bot.deliver()
        assert len([post for post in bot.channel.posts if post.text.startswith("Nobody answers")]) == 2
        await bot.say("dm:ben", "ben", "/back")
        assert await audited.look() == ["beat"]


async def damage(bot: Bot, ticket_id: int) -> None:
    """An event that the code does not know: whatever reads the log of this ticket fails."""
    await bot.store.write(
        lambda tx: tx.connection.execute(
            "INSERT INTO event (client_id, ticket_id, seq, kind, at, recorded_at, party)"
            " SELECT client_id, id, events + 1, 'nonsense', opened_at, opened_at, 'staff' FROM ticket WHERE id = ?",
            (ticket_id,),
        )
    )


async def found(bot: Bot) -> dict[str, int]:
    return (await bot.read(lambda tx: audit(tx, bot.clock.now, bot.clock.now, 1.0))).problems()


async def test_a_step_that_fails_again_and_again_is_overdue_from_its_planned_moment() -> None:
    """Under 001 the first nudge is due at 15:30."""
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await damage(bot, 1)
        await bot.forward(to="2026-11-20T15:30:59+03:00")
        assert "step_overdue" not in await found(bot)
        await bot.forward(by=timedelta(seconds=1))
        assert (await found(bot))["step_overdue"] == 1


async def test_a_step_that_waits_for_the_end_of_quiet_hours_is_no_alarm_until_then() -> None:
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        awake_at = bot.clock.now + timedelta(hours=9)
        await bot.store.write(lambda tx: [tx.steps.wait(s.id, awake_at, "quiet hours") for s in tx.steps.of_ticket(1)])
        bot.clock.now = awake_at + timedelta(seconds=59)
        assert "step_overdue" not in await found(bot)
        bot.clock.now += timedelta(seconds=1)
        assert "step_overdue" in await found(bot)


async def test_an_overdue_ticket_that_lost_its_steps_is_found_and_climbs_on() -> None:
    async with bot_in_a_box("2025-03-18T12:00+03:00") as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.forward(by=timedelta(minutes=61))
        assert await found(bot) == {}
        await bot.store.write(lambda tx: tx.steps.cancel_open(1, "lost", bot.clock.now))
        assert await found(bot) == {"clock_without_step": 1}
        assert await Audited(bot).look() == ["woken"]
        assert await found(bot) == {}
        reached = (await bot.page("T-42")).standing.escalation
        await bot.forward(by=timedelta(hours=6))
        assert (await bot.page("T-42")).standing.escalation > reached


async def test_a_ticket_that_cannot_be_mended_is_named_and_stops_no_other() -> None:
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("acme", "acme/ann", "/new other matter")
        await bot.store.write(lambda tx: [tx.steps.cancel_open(id, "lost", bot.clock.now) for id in (1, 2)])
        await damage(bot, 1)
        with capture_logs() as logs:
            await Audited(bot).look()
        assert "T-42" in [line.get("ticket") for line in logs if line.get("action") == "audit.unmended"]
        assert "T-43 was planned anew" in [line["event"] for line in logs]
        assert await found(bot) == {"clock_without_step": 1}
