"""Dead at any statement or point of the story of a call, the bot ends where it would have: rows, posts and files."""

from __future__ import annotations

import contextlib
import random
import re
import sqlite3
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from harness import Bot, client
from lives import Died, Fate, World, dump, some_fate, world_at

from bot import watch

FRIDAY = "2025-03-14T16:00:00+03:00"
STORY = (
    ("acme", "acme/ann", "/book-call Mon 09:00 funnels"),
    ("dm:mia", "mia", "/call-confirm C-1"),
    ("dm:mia", "mia", "/call-hand C-1 ben"),
    ("acme", "acme/ann", "/call-move C-1 Tue 10:00 our CTO"),
    ("dm:ben", "ben", "/call-confirm C-1"),
    ("bolt", "bolt/ann", "/book-call Tue 10:00"),
    ("dm:mia", "mia", "/call-confirm C-2"),
    ("bolt", "bolt/ann", "/call-cancel C-2 solved"),
)
_CALLS = (
    "SELECT id, client_id, person_id, state, waits_for, starts_at, ends_at, topic, sequence, kind, invited_id, outcome "
    "FROM call ORDER BY id"
)
_REMINDERS = "SELECT call_id, sequence, kind, side, due_at, state FROM call_reminder ORDER BY 1, 2, 5, 3, 4"
_STATEMENTS_APART = 17
"""Every statement of every step would take minutes; so each step is cut at others."""


async def _after(tmp_path: Any, steps: int) -> World:
    """The world after so many steps of the story."""
    world = await world_at(FRIDAY, tmp_path / "world.db", client("acme"), client("bolt"))
    for step in STORY[:steps]:
        async with world.life() as bot:
            await bot.say(*step)
    return world


async def _rows(bot: Bot) -> dict[str, list[tuple[Any, ...]]]:
    found = await dump(bot)
    for table, sql in (("call", _CALLS), ("call_reminder", _REMINDERS)):
        found[table] = await bot.read(lambda tx, sql=sql: [tuple(row) for row in tx.connection.execute(sql)])
    return {table: found[table] for table in ("call", "call_reminder", "ticket", "event")} | {
        "outbox": [(row[1], row[5]) for row in found["outbox"]]
    }


def _said(world: World) -> tuple[list[tuple[str, str]], list[tuple[str, ...]]]:
    """Every post and every file as its room has it, in no order; ids differ between worlds."""
    posts = sorted((post.room, post.text) for post in world.channel.posts)
    files = [
        (room, *re.findall(r"METHOD:\w+|SEQUENCE:\d+", file.content.decode())) for room, _, file in world.channel.files
    ]
    return posts, sorted(files)


async def _ending(world: World, deed: Callable[[Bot], Awaitable[object]]) -> tuple[object, object]:
    """What there is once the step was taken, or taken again, and what was in doubt has been made good."""
    async with world.life() as bot:
        await deed(bot)
        await bot.store.write(lambda tx: bot.desk.retry(tx, bot.clock.now, bot.clock.now + timedelta(seconds=30)))
        await bot.settle()
        for _ in range(6):
            world.clock.now += timedelta(minutes=6)
            await bot.deliver()
        return await _rows(bot), _said(world)


@pytest.mark.parametrize("how", ["dying", "raising"])
@pytest.mark.parametrize("number", range(len(STORY)), ids=[words.split()[0] for _, _, words in STORY])
async def test_interrupted_at_any_statement_a_step_of_a_call_ends_as_if_nothing_had_happened(tmp_path, number, how):
    first = await _after(tmp_path, number)
    room, who, words = STORY[number]

    async def deed(bot: Bot) -> None:
        await bot.receive(bot.inbound(room, who, words, event_id="e-x", message_id="m-x"))

    expected = await _ending(first.copy(tmp_path / "calm.db"), deed)
    statement = 1 + number % _STATEMENTS_APART
    while True:
        world = first.copy(tmp_path / f"{statement}.db")
        fate = Fate(statement=statement, error=sqlite3.OperationalError("no luck") if how == "raising" else None)
        async with world.life(fate) as bot:
            fate.armed = True
            with contextlib.suppress(Died, sqlite3.OperationalError):
                await deed(bot)
                await bot.deliver()
        if not fate.met:
            break
        assert await _ending(world, deed) == expected, f"{how} at statement {statement}"
        statement += _STATEMENTS_APART
    assert statement > 20


@pytest.mark.parametrize("arrival", range(1, 7))
@pytest.mark.parametrize("point", ["before_call", "after_call"])
async def test_whenever_the_bot_dies_over_an_invitation_both_sides_get_it_once(tmp_path, point, arrival):
    world = await _after(tmp_path, 1)
    fate = Fate(point=point, arrival=arrival)
    async with world.life(fate) as bot:
        fate.armed = True
        with contextlib.suppress(Died):
            await bot.say(*STORY[1])
    for _ in range(6):
        world.clock.now += timedelta(minutes=6)
        async with world.life() as bot:
            await bot.settle()
    assert sorted(room for room, _, _ in world.channel.files) == ["acme", "dm:mia"]


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_killed_again_and_again_until_the_calls_are_over_everybody_is_reminded_once(tmp_path, seed):
    world = await _after(tmp_path, len(STORY))
    calm, end = world.copy(tmp_path / "calm.db"), world.clock.now + timedelta(days=5)
    async with calm.life() as bot:
        await bot.forward(to=end)
        expected = await _rows(bot)
    dice, died = random.Random(seed), 0
    while world.clock.now < end:
        async with world.life() as bot:
            next_at = await bot.store.read(watch.planned_at)
        world.clock.now = min(end, max(world.clock.now, next_at or end))
        for _ in range(8):
            async with world.life(some_fate(dice)) as bot:
                try:
                    await bot.settle()
                except (Died, sqlite3.OperationalError):
                    died += 1
        async with world.life() as bot:
            await bot.settle()
    for _ in range(20):  # rows whose sending was in doubt more than once wait longer each time
        world.clock.now += timedelta(minutes=6)
        async with world.life() as bot:
            await bot.deliver()
    async with world.life() as bot:
        assert await _rows(bot) == expected
    assert died > 10
    assert _said(world) == _said(calm)
