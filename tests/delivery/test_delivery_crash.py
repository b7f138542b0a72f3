"""Crashes, take-overs and shutdown: what is lost, repeated or left claimed."""

import asyncio
import random
from collections import Counter
from datetime import timedelta

import pytest
from post_office import (
    Crash,
    FakeChannel,
    LucidChannel,
    OwnTableChannel,
    ProbedChannel,
    ReadableChannel,
    StoreBetween,
)

from bot.channels.base import Permanent, RetryAfter, Scope
from bot.people import RoomKind

NEVER = timedelta(hours=1)  # a loop that is not woken sleeps through the test
POINTS = ("claimed", "before_call", "after_call", "settled")


class BlindChannel(ProbedChannel):
    """No reading back; its account always answers well."""

    def __init__(self, **limits):
        super().__init__(**limits)
        self.trouble = None


def dying(point, after):
    """A crash hook that lets the process die at the n-th arrival at a point."""
    arrivals = Counter()

    def crash(reached):
        arrivals[reached] += 1
        if reached == point and arrivals[reached] >= after:
            raise Crash(point)

    return crash


async def drained(office, **options):
    """Whether a new process got through all that is due without dying."""
    try:
        await office.delivery(**options).drain_once()
    except Crash:
        return False
    return True


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("kind", [ReadableChannel, OwnTableChannel, BlindChannel])
async def test_f4_a_crash_at_any_point_loses_nothing_and_repeats_at_most_what_was_in_flight(office, kind, point):
    chat = office.open(kind())
    room = await office.room("acme")
    await office.put(room, "reply:1", "reply:2")
    assert not await drained(office, crash=dying(point, 1))
    for _ in range(3):
        assert await drained(office)
        office.clock.tick(5)
    assert set((await office.states()).values()) == {"sent"}
    times = Counter(oid for _, oid, _ in chat.posted)
    repeats = sum(times.values()) - 2
    assert repeats == (1 if kind is BlindChannel and point == "after_call" else 0)
    assert len({text for text in chat.texts("acme") if "reply:1" in text}) == 1


@pytest.mark.parametrize("kind", [LucidChannel, OwnTableChannel, BlindChannel])
async def test_f4_a_hundred_crashes_in_a_row_keep_every_message_and_its_order(office, kind):
    dice = random.Random(20261123)
    chat = office.open(kind(rooms_in_flight=4))
    rooms = [await office.room(f"room{n}") for n in range(6)]
    for n in range(8):
        for room in rooms:
            await office.put(room, f"reply:{room.ext_id}:{n}.")
    kills = 0
    while kills < 100:
        kills += not await drained(office, crash=dying(dice.choice(POINTS), dice.randint(1, 3)))
        office.clock.tick(dice.choice((1, 3, 5, 20)))
        if "pending" not in (await office.states()).values():
            for room in rooms:
                await office.put(room, f"reply:{room.ext_id}:{kills}more.")
    for _ in range(60):
        await office.delivery().drain_once()
        office.clock.tick(61)
    states = await office.states()
    assert set(states.values()) == {"sent"}
    times = Counter(oid for _, oid, _ in chat.posted)
    assert len(times) == len(states)
    repeats = sum(times.values()) - len(states)
    assert repeats <= (kills if kind is BlindChannel else 0)
    set_aside = {key for _, key in office.alarms}  # after three doubts a row lets the others pass
    for room in rooms:
        in_order = [key for key in states if f":{room.ext_id}:" in key]
        told = [next(key for key in in_order if key in text) for text in chat.texts(room.ext_id)]
        first_told = [key for key in dict.fromkeys(told) if key not in set_aside]
        assert first_told == [key for key in in_order if key not in set_aside]
    assert len(set_aside) < len(states) / 2


async def test_what_a_crash_left_in_flight_is_told_to_the_desk_at_the_start(office, chat):
    office.open(chat)
    room = await office.room("acme")
    await office.put(room, "nudge:1:1:v1")
    assert not await drained(office, crash=dying("claimed", 1))
    await office.delivery().drain_once()
    assert office.failures == [("nudge:1:1:v1", "attempt")]


async def test_what_a_crash_left_in_flight_in_our_own_rooms_alarms_nobody(office):
    office.open(OwnTableChannel())
    room = await office.room("acme")
    await office.put(room, "nudge:1:1:v1")
    assert not await drained(office, crash=dying("after_call", 1))
    await office.delivery().drain_once()
    assert office.failures == []
    assert await office.states() == {"nudge:1:1:v1": "sent"}


async def test_f20_a_sender_that_slept_through_its_lease_does_not_call(office, chat):
    office.open(chat)
    room = await office.room("acme")
    await office.put(room, "reply:1")
    other = office.delivery(alone=False)

    async def taken_over():
        office.clock.tick(31)
        await other.drain_once()
        office.clock.tick(5)
        await other.drain_once()

    await office.delivery(StoreBetween(office.store, before_read=[taken_over]), alone=False).drain_once()
    assert len(chat.calls) == 1
    assert await office.states() == {"reply:1": "sent"}


@pytest.mark.parametrize("key", ["reply:1", "nudge:1:1:v1"])
async def test_a_lease_too_short_for_a_send_is_given_back_and_not_used(office, chat, key):
    office.open(chat)
    await office.put(await office.room("boss", kind=RoomKind.DIRECT), key)
    naps = [11]  # 19 s of the lease are left, a send may take 20 s

    def asleep(point):
        if point == "claimed" and naps:
            office.clock.tick(naps.pop())

    delivery = office.delivery(crash=asleep)
    await delivery.drain_once()
    assert (chat.calls, await office.states()) == ([], {key: "pending"})
    office.clock.tick(1)
    await delivery.drain_once()
    assert len(chat.posted) == 1
    assert (await office.column(key, "attempts"), office.failures) == (0, [])


def answering_late(office, chat, meanwhile):
    """The first send of the channel goes on while something else happens, and only then is answered."""
    real, waiting = chat.send, [meanwhile]

    async def send(message):
        if waiting:
            await waiting.pop()()
        return await real(message)

    chat.send = send


async def test_an_answer_after_a_take_over_is_dropped(office, chat):
    office.open(chat)
    room = await office.room("acme")
    await office.put(room, "reply:1")
    other = office.delivery(alone=False)

    async def taken_over():
        office.clock.tick(31)
        await other.drain_once()
        office.clock.tick(5)
        await other.drain_once()

    answering_late(office, chat, taken_over)
    await office.delivery(alone=False).drain_once()
    assert len(chat.posted) == 2  # both had called: nobody can help that
    assert await office.column("reply:1", "provider_id") == "m1"
    assert await office.sql("SELECT ext_id FROM message") == [("m1",)]


async def test_an_answer_that_comes_before_anybody_has_claimed_again_counts(office, chat):
    office.open(chat)
    room = await office.room("acme")
    await office.put(room, "reply:1")
    other = office.delivery(alone=False)

    async def lease_ran_out():
        office.clock.tick(31)
        await other.drain_once()
        assert await office.states() == {"reply:1": "pending"}

    answering_late(office, chat, lease_ran_out)
    await office.delivery(alone=False).drain_once()
    assert await office.states() == {"reply:1": "sent"}
    office.clock.tick(5)
    await other.drain_once()
    assert len(chat.posted) == 1


async def test_a_live_lease_of_another_sender_is_respected(office, chat):
    office.open(chat)
    room = await office.room("acme")
    await office.put(room, "reply:1")
    assert not await drained(office, crash=dying("claimed", 1))
    replica = office.delivery(alone=False)
    office.clock.tick(29)
    await replica.drain_once()
    assert await office.states() == {"reply:1": "sending"}
    office.clock.tick(1)
    await replica.drain_once()
    assert await office.states() == {"reply:1": "pending"}


async def test_run_sends_what_is_put_without_waiting_for_its_next_look(office, chat):
    office.open(chat)
    room = await office.room("acme")
    delivery = office.delivery(look_every=NEVER)
    running = asyncio.create_task(delivery.run())
    await office.put(room, "reply:1")
    await chat.until_posted(1)
    await office.let_run()
    await office.put(room, "reply:2", "reply:3")
    await chat.until_posted(3)
    await delivery.stop()
    await running
    assert set((await office.states()).values()) == {"sent"}


async def test_no_more_rooms_are_in_flight_than_the_channel_allows(office):
    chat = office.open(FakeChannel(rooms_in_flight=3))
    chat.gate = asyncio.Event()
    for n in range(10):
        await office.put(await office.room(f"room{n}"), f"reply:{n}")
    delivery = office.delivery(look_every=NEVER)
    running = asyncio.create_task(delivery.run())
    await chat.until_waiting(3)
    await office.let_run()
    chat.gate.set()
    await chat.until_posted(10)
    await delivery.stop()
    await running
    assert chat.most_at_once == 3


async def test_a_slow_channel_does_not_hold_up_another(office):
    slow, fast = office.open(FakeChannel("slow")), office.open(FakeChannel("fast"))
    slow.gate = asyncio.Event()
    for n in range(20):
        for name in ("slow", "fast"):
            await office.put(await office.room(f"{name}{n}", channel=name), f"reply:{name}:{n}")
    delivery = office.delivery(look_every=NEVER)
    running = asyncio.create_task(delivery.run())
    await fast.until_posted(20)
    assert slow.posted == []
    slow.gate.set()
    await delivery.stop()
    await running


async def test_f28_stop_under_load_finishes_what_is_in_flight_and_leaves_no_doubt(office, chat):
    office.open(chat)
    chat.gate = asyncio.Event()
    for n in range(20):
        await office.put(await office.room(f"room{n}"), *(f"reply:{n}:{m}" for m in range(5)))
    delivery = office.delivery(look_every=NEVER)
    running = asyncio.create_task(delivery.run())
    await chat.until_waiting(8)
    stopping = asyncio.create_task(delivery.stop())
    await asyncio.sleep(0)
    chat.gate.set()
    await stopping
    await running
    assert Counter((await office.states()).values()) == {"sent": 8, "pending": 92}
    assert len(chat.posted) == 8


async def test_stopped_between_claim_and_call_a_row_is_given_back(office, chat):
    office.open(chat)
    await office.put(await office.room("boss", kind=RoomKind.DIRECT), "nudge:1:1:v1")
    senders = []

    async def stop():
        await senders[0].stop()

    senders.append(office.delivery(StoreBetween(office.store, before_read=[stop])))
    await senders[0].drain_once()
    await senders[0].run()  # which has been stopped: it only writes down what is left
    assert (chat.calls, await office.states()) == ([], {"nudge:1:1:v1": "pending"})


async def test_a_send_that_outlasts_the_stop_is_left_in_doubt_and_not_claimed(office):
    chat = office.open(ReadableChannel())
    chat.gate = asyncio.Event()
    await office.put(await office.room("acme"), "reply:1", "reply:2")
    delivery = office.delivery(look_every=NEVER, stop_limit=timedelta(0))
    running = asyncio.create_task(delivery.run())
    await chat.until_waiting(1)
    await delivery.stop()
    await running
    assert await office.states() == {"reply:1": "unknown", "reply:2": "pending"}
    chat.gate.set()
    for _ in range(2):
        await office.delivery().drain_once()
        office.clock.tick(3)
    assert len(chat.posted) == 2


@pytest.mark.parametrize("steps", range(0, 60, 3))
async def test_cancelled_at_any_moment_run_leaves_nothing_claimed_and_nothing_unclear(office, chat, steps):
    office.open(chat)
    for n in range(4):
        await office.put(await office.room(f"room{n}"), *(f"reply:{n}:{m}" for m in range(5)))
    running = asyncio.create_task(office.delivery().run())
    for _ in range(steps):
        await office.store.read(lambda tx: None)  # a hop through a thread: the loop goes on meanwhile
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    states = Counter((await office.states()).values())
    assert states["sent"] == len(chat.posted)
    assert states["sent"] + states["pending"] == 20


async def test_an_account_lost_by_several_sends_at_once_is_told_once(office, chat):
    office.open(chat)
    chat.gate = asyncio.Event()
    chat.everywhere.extend([Permanent("token_revoked", Scope.ACCOUNT)] * 3)
    for n in range(3):
        await office.put(await office.room(f"room{n}"), f"reply:{n}", f"more:{n}")
    delivery = office.delivery(look_every=NEVER)
    running = asyncio.create_task(delivery.run())
    await chat.until_waiting(3)
    chat.gate.set()
    await office.until_states("parked")
    await delivery.stop()
    await running
    assert [action for action, _ in office.alarms] == ["delivery.account_lost"]
    assert [how for _, how in office.failures] == ["parked"] * 6
    assert len(chat.calls) == 3


async def test_run_goes_on_after_a_turn_that_the_store_refused(office, chat):
    office.open(chat)
    room = await office.room("acme")

    async def broken():
        raise RuntimeError("our own mistake")

    store = StoreBetween(office.store, before_write=[broken])
    delivery = office.delivery(store)
    running = asyncio.create_task(delivery.run())
    await office.put(room, "reply:1")
    await chat.until_posted(1)
    await delivery.stop()
    await running


async def test_stopped_in_a_pause_the_row_waits_for_its_end(office, chat):
    office.open(chat)
    room = await office.room("acme")
    chat.script["acme"].append(RetryAfter(30, Scope.ROOM, throttled=True))
    await office.put(room, "reply:1")
    delivery = office.delivery(look_every=NEVER)
    running = asyncio.create_task(delivery.run())
    await chat.until_called(1)
    await delivery.stop()
    await running
    assert await office.states() == {"reply:1": "pending"}
    pause_ends = await office.store.read(lambda tx: tx.outbox.next_not_before(office.clock.machine))
    assert pause_ends == office.clock.machine + timedelta(seconds=30)
