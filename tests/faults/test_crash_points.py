"""F1, F2, F3, F5: dead at any statement, commit or call, the bot ends in its next life where it would have anyway."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from harness import Bot, client
from lives import Died, Fate, World, dump, some_fate, world_at

from bot import watch

MORNING = "2026-11-20T11:00:00+03:00"
Deed = Callable[[Bot], Awaitable[object]]


async def _world(tmp_path, *clients: str) -> World:
    return await world_at(MORNING, tmp_path / "world.db", *clients)


async def _dies(world: World, fate: Fate, deed: Deed) -> bool:
    """Whether the deed was cut short by a death or refused with an error; then nobody was told it was done."""
    async with world.life(fate) as bot:
        fate.armed = True
        try:
            await deed(bot)
        except (Died, sqlite3.OperationalError):
            return True
    return False


def _mail_of(bot: Bot, text: str) -> object:
    """One event of the platform: the same at every delivery."""
    return bot.inbound("acme", "acme/ann", text, event_id="e-acme", message_id="m-acme")


async def _opens(bot: Bot) -> None:
    await bot.receive(_mail_of(bot, "The export fails since this morning"))


async def _answers(bot: Bot) -> None:
    await bot.receive(bot.inbound("acme", "mia", "/eta 15:00", event_id="e-mia", message_id="m-mia"))


async def _breaches(bot: Bot) -> None:
    await bot.settle()


UNITS = {
    "opening a ticket": ([], _opens),
    "promising an ETA": (["said"], _answers),
    "breaching and calling a level": (["said", "late"], _breaches),
}


async def _prepared(tmp_path, prelude: list[str]) -> World:
    world = await _world(tmp_path)
    if "said" in prelude:
        async with world.life() as bot:
            await bot.say("acme", "acme/ann", "The export fails since this morning")
    if "late" in prelude:
        world.clock.now += timedelta(hours=1)
    return world


async def _ending(world: World, deed: Deed) -> dict[str, list[tuple[object, ...]]]:
    """What the rows say once the deed was done, or done again, and what failed was tried again."""
    async with world.life() as bot:
        await deed(bot)
        machine = bot.clock.now + timedelta(seconds=30)  # business time stands: a command counts when it is acted on
        await bot.store.write(lambda tx: bot.desk.retry(tx, bot.clock.now, machine))
        await bot.settle()
        return await dump(bot)


# A step that raises is looked at again later, and so ends later: tests/scenarios/test_catch_up.py.
@pytest.mark.parametrize(
    ("unit", "how"),
    [(unit, how) for unit in UNITS for how in ("dying", "raising") if (unit, how) != (list(UNITS)[-1], "raising")],
)
async def test_f3_interrupted_at_any_statement_a_unit_ends_as_if_nothing_had_happened(tmp_path, unit, how):
    prelude, deed = UNITS[unit]
    first = await _prepared(tmp_path, prelude)
    expected = await _ending(first.copy(tmp_path / "undisturbed.db"), deed)
    assert expected["step"] and expected["outbox"]
    number = 0
    while True:
        number += 1
        world = first.copy(tmp_path / f"{number}.db")
        error = sqlite3.OperationalError("no such luck") if how == "raising" else None
        fate = Fate(statement=number, error=error)
        await _dies(world, fate, deed)
        if not fate.met:
            break
        assert await _ending(world, deed) == expected, f"{how} at statement {number}"
    assert number > 20


@pytest.mark.parametrize("point", ["inbox.after_insert", "unit.done", "batch.before_commit"])
async def test_f1_dead_before_the_commit_nothing_was_confirmed_and_nothing_is_kept(tmp_path, point):
    world = await _world(tmp_path)
    assert await _dies(world, Fate(point=point), _opens)
    async with world.life() as bot:
        assert (await dump(bot))["inbox"] == []
        assert not (await bot.receive(_mail_of(bot, "The export fails"))).duplicate
        assert len((await dump(bot))["ticket"]) == 1


async def test_f2_dead_between_commit_and_confirmation_a_hundred_times_there_is_one_ticket_each(tmp_path):
    world = await _world(tmp_path)
    for number in range(100):

        async def opens(bot: Bot, number: int = number) -> object:
            text = f"/new Export {number} fails"
            return await bot.receive(
                bot.inbound("acme", "acme/ann", text, event_id=f"e{number}", message_id=f"m{number}")
            )

        assert await _dies(world, Fate(point="batch.after_commit"), opens)
        async with world.life() as bot:
            again = await opens(bot)
            assert again.duplicate and again.message_seq is not None
    async with world.life() as bot:
        rows = await dump(bot)
    assert len(rows["ticket"]) == len(rows["inbox"]) == len(rows["message"]) == len(rows["outbox"]) == 100


@pytest.mark.parametrize("kills", [60, pytest.param(500, marks=pytest.mark.soak)])
async def test_f5_killed_between_and_inside_its_steps_a_series_is_acted_on_exactly_once(tmp_path, kills):
    """Three tickets of three agreements over three days, beside their like in a world without deaths."""
    clients = (client(), client("bolt", agreement="tactful", plan="priority"), client("corp", agreement="poologics"))
    world = await _world(tmp_path, *clients)
    async with world.life() as bot:
        for key in ("acme", "bolt", "corp"):
            await bot.say(key, f"{key}/ann", "The export fails")
    calm = world.copy(tmp_path / "calm.db")
    end = world.clock.now + timedelta(days=3)
    async with calm.life() as bot:
        await bot.forward(to=end)
        expected = await dump(bot)

    dice, died = random.Random(5), 0
    while world.clock.now < end:
        async with world.life() as bot:
            next_at = await bot.store.read(watch.planned_at)
        world.clock.now = min(end, max(world.clock.now, next_at or end))
        left = kills // 12  # tries at each moment; some outlive their fate
        while left and died < kills:
            left -= 1
            died += await _dies(world, some_fate(dice), Bot.settle)
        async with world.life() as bot:
            await bot.settle()
    assert died == kills, "the story is long enough for that many deaths"
    for _ in range(20):  # rows whose sending was in doubt more than once wait longer each time
        world.clock.now += timedelta(minutes=6)
        async with world.life() as bot:
            await bot.deliver()
    async with world.life() as bot:
        rows = await dump(bot)
    for table in ("ticket", "event", "clock", "step", "outbox", "keyboard"):
        assert rows[table] == expected[table], table
    assert sorted(post.oid for post in world.channel.posts) == sorted(post.oid for post in calm.channel.posts)
