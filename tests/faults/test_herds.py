"""F18, F26: many steps at once, after a sleep or within a minute: the critical first, together for each person."""

from __future__ import annotations

import asyncio
import re
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from stock import stock

from bot.channels.base import Limits
from bot.store.times import to_ms
from tests.harness import STAFF, bot_in_a_box, client

CLIENTS = [f"c{n}" for n in range(20)]
MANAGERS = ("ada", "bob", "cem", "dee")
OPENED = "2025-03-13T12:00+03:00"  # half of its hour is over at 12:30
LIKE_A_MESSENGER = Limits(rate=25.0, per_direct_rate=1.0, per_room_rate=15 / 60, room_burst=5)


def _staff() -> str:
    manager = (
        '[[staff]]\nid = "{0}"\nname = "{0}"\nrole = "manager"\nzone = "Etc/GMT-3"\nidentities = {{ fake = "{0}" }}\n'
    )
    return STAFF + "".join(manager.format(key) for key in MANAGERS)


def _client(number: int) -> str:
    return client(CLIENTS[number]).replace('manager = "mia"', f'manager = "{MANAGERS[number % len(MANAGERS)]}"')


def _box(path: Path) -> Any:
    made = [_client(number) for number in range(len(CLIENTS))]
    return bot_in_a_box(OPENED, *made, path=path, staff=_staff(), limits=LIKE_A_MESSENGER)


async def _opened(bot: Any, path: Path, tickets: int, spread: timedelta, *, critical_at: str) -> None:
    """So many open tickets of all clients, each opened up to `spread` after 12:00; one in ten is critical, and opened
    up to `spread` after `critical_at`.
    """
    of_each = tickets // len(CLIENTS)
    first = 42 + len(CLIENTS)
    says = [(OPENED, key, "/new Nothing arrives") for key in CLIENTS]
    says += [(critical_at, key, "/new All is down") for key in CLIENTS]
    says += [(critical_at, key, f"/urgency T-{first + n} critical") for n, key in enumerate(CLIENTS)]
    for at, key, words in says:
        bot.clock.now = bot.moment(at)
        await bot.receive(bot.inbound(key, f"{key}/ann", words))
    for id, priority in await _rows(bot, "SELECT id, priority FROM ticket"):
        count = of_each // 10 if priority == "CRITICAL" else of_each - of_each // 10
        if count > 1:
            spread_ms = int(spread / timedelta(milliseconds=1))
            await asyncio.to_thread(stock, path, count - 1, later_ms=0, spread_ms=spread_ms, model=id)
    while await bot.delivery.drain_once():  # the windows promised to the models
        bot.clock.now += timedelta(seconds=1)


async def _rows(bot: Any, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    found = await bot.read(lambda tx: tx.connection.execute(sql, values).fetchall())
    return [tuple(row) for row in found]


async def _critical(bot: Any) -> set[str]:
    return {f"T-{ref}" for (ref,) in await _rows(bot, "SELECT ref FROM ticket WHERE priority = 'CRITICAL'")}


def _named(text: str) -> list[str]:
    """The tickets of a message, in its order."""
    return re.findall(r"T-\d+", text)


@pytest.mark.parametrize(("tickets", "within_s"), [(400, 3), pytest.param(10_000, 60, marks=pytest.mark.soak)])
async def test_f26_of_many_steps_due_within_a_minute_the_critical_are_told_first(
    tmp_path: Path, tickets: int, within_s: int
) -> None:
    path = tmp_path / "pledge.db"
    async with _box(path) as bot:
        await _opened(bot, path, tickets, timedelta(seconds=within_s), critical_at="2025-03-13T12:25+03:00")
        bot.clock.now = bot.moment("2025-03-13T12:29:59+03:00")
        before, begun = len(bot.channel.posts), time.monotonic()
        for _ in range(within_s + 3):
            bot.clock.now += timedelta(seconds=1)
            await bot.settle()
        took_s = time.monotonic() - begun
        nudges = await _rows(
            bot,
            "SELECT t.ref, t.priority, s.due_at, s.fired_at, o.sent_at FROM step s JOIN ticket t ON t.id = s.ticket_id "
            "JOIN outbox o ON o.dedupe_key = 'nudge:' || s.clock_id || ':' || s.n || ':v' || s.version "
            "WHERE s.state = 'fired'",
        )
        print(f"{tickets} steps within {within_s} s: {took_s:.1f} s of work")
        assert len(nudges) == tickets, "each is told once"
        assert max(fired - due for *_, due, fired, _ in nudges) <= 2000
        assert max(sent - due for _, priority, due, _, sent in nudges if priority == "CRITICAL") <= 5000
        told = bot.channel.posts[before:]
        assert {post.room for post in told} == {f"dm:{key}" for key in MANAGERS}
        assert len({(post.room, post.at) for post in told}) == len(told), "a message a second for each"
        critical = await _critical(bot)
        lists = [_named(post.text) for post in told]
        assert critical <= {ref for refs in lists for ref in refs}
        assert [refs for refs in lists if refs != sorted(refs, key=lambda ref: ref not in critical)] == []


@pytest.mark.parametrize("tickets", [200, pytest.param(500, marks=pytest.mark.soak)])
async def test_f18_after_a_sleep_of_three_hours_each_client_is_told_once_of_a_ticket(
    tmp_path: Path, tickets: int
) -> None:
    path = tmp_path / "pledge.db"
    async with _box(path) as bot:
        await _opened(bot, path, tickets, timedelta(seconds=1), critical_at="2025-03-13T14:00+03:00")
        woken = bot.clock.now = bot.moment("2025-03-13T15:25+03:00")
        before, begun = len(bot.channel.posts), time.monotonic()
        await bot.settle()
        woke_s = time.monotonic() - begun
        while await _rows(bot, "SELECT 1 FROM outbox WHERE state = 'pending' LIMIT 1"):
            bot.clock.now += timedelta(seconds=1)
            await bot.deliver()
        print(f"{tickets} tickets after three hours: {woke_s:.1f} s")
        due = await _rows(bot, "SELECT ticket_id, count(*) FROM step WHERE due_at <= ? GROUP BY 1", to_ms(woken))
        assert len(due) == tickets and min(n for _, n in due) >= 3
        told = bot.channel.posts[before:]
        of_clients = [post for post in told if post.room in CLIENTS]
        assert len({ref for post in of_clients for ref in _named(post.text)}) == len(of_clients) == tickets
        of_staff = [post for post in told if post.room not in CLIENTS]
        assert len({post.room for post in of_staff}) == len(of_staff), "one message for each"
        critical = await _critical(bot)
        assert {post.at for post in of_staff} == {woken}
        assert [post.text for post in of_staff if _named(post.text)[0] not in critical] == []
