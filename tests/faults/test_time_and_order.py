"""F14, F15, F16, F21: events twice, late and out of order, a clock that jumps, a message that cannot be digested.

F17, summer time, is proved against an independent oracle in tests/sla/test_calendar_oracle.py.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from harness import Bot, client
from lives import World, dump, world_at

from bot.channels.base import Inbound
from bot.chores import Health
from bot.commands.registry import Parsed, Registry
from bot.desk.desk import MAX_ATTEMPTS
from bot.sla.policy import Metric
from bot.watch import Watch

MORNING = "2026-11-20T11:00:00+03:00"


async def _world(tmp_path, *clients: str, registry: Registry | None = None) -> World:
    return await world_at(MORNING, tmp_path / "world.db", *clients, registry=registry)


# F14


async def test_f14_every_event_five_times_in_parallel_is_one_ticket(tmp_path):
    world = await _world(tmp_path)
    async with world.life() as bot:
        events = [bot.inbound("acme", "acme/ann", f"/new Export {n} fails") for n in range(40)]
        receipts = await asyncio.gather(*(bot.receive(event) for event in events for _ in range(5)))
        rows = await dump(bot)
    assert Counter(receipt.duplicate for receipt in receipts) == {False: 40, True: 160}
    assert len(rows["ticket"]) == len(rows["inbox"]) == len(rows["message"]) == 40


async def test_f14_one_message_in_two_events_is_one_ticket(tmp_path):
    world = await _world(tmp_path)
    async with world.life() as bot:
        first = bot.inbound("acme", "acme/ann", "The export fails", message_id="m1")
        mentioned = bot.inbound("acme", "acme/ann", "The export fails", message_id="m1")
        assert first.event_id != mentioned.event_id
        receipts = [await bot.receive(first), await bot.receive(mentioned)]
        assert [receipt.duplicate for receipt in receipts] == [False, True]
        assert len((await dump(bot))["ticket"]) == 1


async def test_f14_a_duplicate_after_a_restart_is_answered_as_the_first_was(tmp_path):
    world = await _world(tmp_path)
    async with world.life() as bot:
        event = bot.inbound("acme", "acme/ann", "The export fails")
        first = await bot.receive(event)
    async with world.life() as bot:
        again = await bot.receive(event)
    assert (again.duplicate, again.message_seq) == (True, first.message_seq)


# F15


async def _taken(world: World, events: Sequence[Inbound]) -> dict[str, list[tuple[object, ...]]]:
    async with world.life() as bot:
        for event in events:
            await bot.receive(event)
        return await dump(bot)


@pytest.mark.parametrize("count", [300, pytest.param(10_000, marks=pytest.mark.soak)])
async def test_f15_events_of_many_rooms_in_any_order_give_the_clocks_of_the_sorted_ones(tmp_path, count):
    """Each event opens a ticket: whatever came before it elsewhere, its clock starts when it was said."""
    keys = [f"c{n}" for n in range(10)]
    world = await _world(tmp_path, *(client(key) for key in keys))
    async with world.life() as bot:
        made = [
            bot.inbound(
                keys[n % len(keys)],
                f"{keys[n % len(keys)]}/ann",
                f"/new Export {n} fails",
                at=world.clock.now - timedelta(seconds=count - n),
            )
            for n in range(count)
        ]
    shuffled = random.Random(15).sample(made, count)
    ordered = await _taken(world.copy(tmp_path / "sorted.db"), made)
    mixed = await _taken(world, shuffled)

    def clocks(rows: dict[str, list[tuple[object, ...]]]) -> list[tuple[object, ...]]:
        roots = {row[0]: row[1] for row in rows["ticket"]}
        plans = [(roots[ref], *rest) for ref, *rest in rows["clock"] + rows["step"]]
        return sorted(plans, key=repr)

    assert len(ordered["ticket"]) == count
    assert clocks(mixed) == clocks(ordered)


async def test_f15_a_message_two_hours_late_counts_from_when_it_was_written_and_says_so(tmp_path):
    world = await _world(tmp_path)
    async with world.life() as bot:
        said_at = world.clock.now - timedelta(minutes=30)
        await bot.say("acme", "acme/ann", "The export fails", at=said_at)
        page = await bot.page("T-42")
        clock = await bot.timed("T-42", Metric.RESPONSE)
    assert clock.started_at == said_at
    assert page.log[0].data["late_intake_s"] == 1800


@pytest.mark.parametrize(("claimed", "counted"), [(-48, -24), (+2, 0)])
async def test_f15_a_platform_time_beyond_reason_is_clamped(tmp_path, claimed, counted):
    world = await _world(tmp_path)
    async with world.life() as bot:
        await bot.say("acme", "acme/ann", "The export fails", at=world.clock.now + timedelta(hours=claimed))
        clock = await bot.timed("T-42", Metric.RESPONSE)
    assert clock.started_at == world.clock.now + timedelta(hours=counted)


# F16


GRAVE = (("breach", 1), ("escalate", 1), ("escalate", 2), ("escalate", 3))


@pytest.mark.parametrize("seed", range(5))
async def test_f16_a_clock_set_back_and_forth_by_an_hour_fires_everything_once(tmp_path, seed):
    world = await _world(tmp_path)
    dice = random.Random(seed)
    async with world.life() as bot:
        await bot.say("acme", "acme/ann", "The export fails")
        end = world.clock.now + timedelta(hours=6)
        for _ in range(60):
            world.clock.now += dice.choice(
                (timedelta(hours=1), -timedelta(hours=1), timedelta(minutes=7), timedelta(minutes=13))
            )
            await bot.settle()
        world.clock.now = end
        await bot.settle()
        rows = await dump(bot)
    ended = [row for row in rows["step"] if row[9] in ("fired", "superseded") and row[3] in ("breach", "escalate")]
    # An hour at once may pass two levels: then the graver one speaks for both.
    assert Counter((row[3], row[4]) for row in ended) == dict.fromkeys(GRAVE, 1)
    assert {(row[3], row[4]) for row in ended if row[9] == "fired"} >= {("breach", 1), ("escalate", 3)}
    assert not [row for row in rows["step"] if row[9] == "open" and row[6] <= _ms(end)], "nothing was missed"
    assert len({post.oid for post in world.channel.posts}) == len(world.channel.posts)
    assert {row[5] for row in rows["outbox"]} <= {"sent", "superseded"}


async def test_f16_the_watch_notices_a_jump_forward_by_itself_within_a_second(tmp_path):
    world = await _world(tmp_path)
    async with world.life() as bot:
        await bot.receive(bot.inbound("acme", "acme/ann", "The export fails"))
        watch = Watch(bot.store, bot.desk, bot.times)
        acted = asyncio.Event()
        running = asyncio.create_task(watch.run())
        while watch.last_tick_at is None:
            await asyncio.sleep(0)
        bot.store.subscribe(acted.set)
        world.clock.now += timedelta(hours=1)  # nobody wakes the watch: it sleeps on the monotonic clock
        async with asyncio.timeout(2):
            await acted.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert ("breach", 1) in {(row[3], row[4]) for row in (await dump(bot))["step"] if row[9] == "fired"}


async def test_f16_readiness_asked_after_the_clock_was_set_back_is_no_old_answer(tmp_path):
    world = await _world(tmp_path)
    async with world.life() as bot:
        watch = Watch(bot.store, bot.desk, bot.times)
        health = Health(bot.store, bot.desk, bot.times, watch)
        assert len(await health.reasons()) == 1  # the watch has not begun
        watch.last_tick_at = world.clock.now
        world.clock.now -= timedelta(hours=1)
        assert await health.reasons() == []


# F21


class Allergic(Registry):
    """Cannot digest one word, as a bug in the parsing of some rare input would not."""

    def parse(self, text: str, **how: Any) -> Parsed | None:
        if "poison" in text:
            raise ZeroDivisionError("a bug")
        return super().parse(text, **how)


async def _retry(bot: Bot) -> None:
    await bot.store.write(lambda tx: bot.desk.retry(tx, bot.clock.now, bot.clock.now))
    await bot.deliver()


async def test_f21_poison_is_tried_five_times_over_restarts_set_aside_once_and_harms_nobody(tmp_path):
    world = await _world(tmp_path, client(), client("bolt"), registry=Allergic())
    async with world.life() as bot:
        receipt = await bot.say("acme", "acme/ann", "a poison in the report")
        assert not receipt.quarantined
    for attempt in range(2, MAX_ATTEMPTS + 4):
        world.clock.now += timedelta(minutes=5)
        async with world.life() as bot:
            await _retry(bot)
            await bot.say("bolt", "bolt/ann", f"/new Export {attempt} fails")
            ((state,),) = [row[4:5] for row in (await dump(bot))["inbox"] if row[1] == "acme"]
            assert state == ("new" if attempt < MAX_ATTEMPTS else "quarantined")
    async with world.life() as bot:
        attempts = await bot.read(lambda tx: tx.connection.execute("SELECT attempts FROM inbox").fetchall())
        told = Counter(post.room for post in world.channel.posts if not post.room.startswith(("bolt", "dm:mia")))
        assert (await dump(bot))["ticket"], "others went on"
    assert max(row[0] for row in attempts) == MAX_ATTEMPTS
    assert told["acme"] == 1 and told["dm:lea"] == 1


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
