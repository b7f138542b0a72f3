"""Readers: a snapshot each, a time limit, and nobody waits for the writer."""

import asyncio
import threading
from datetime import timedelta

import pytest

from bot.store.base import ReadTooLong, StoreBusy

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"


async def test_a_read_is_one_snapshot_while_others_write(open_store, add, bodies):
    store = await open_store()
    await store.write(add("before"))
    begun, written = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def look_twice(tx):
        first = bodies(tx)
        loop.call_soon_threadsafe(begun.set)
        assert written.wait(10)
        return first, bodies(tx)

    reading = asyncio.create_task(store.read(look_twice))
    await begun.wait()
    await store.write(add("meanwhile"))
    written.set()
    assert await reading == (["before"], ["before"])
    assert await store.read(bodies) == ["before", "meanwhile"]


async def test_a_long_read_is_cut_off_and_its_reader_serves_again(open_store, bodies):
    store = await open_store(readers=1, read_limit=timedelta(milliseconds=10))
    with pytest.raises(ReadTooLong, match="ask for less"):
        await store.read(lambda tx: tx.execute(ENDLESS).fetchone())
    assert await store.read(bodies) == []


async def test_a_long_read_in_memory_is_cut_off_and_writing_goes_on(open_store, add):
    store = await open_store(":memory:", read_limit=timedelta(milliseconds=10))
    with pytest.raises(ReadTooLong):
        await store.read(lambda tx: tx.execute(ENDLESS).fetchone())
    heavy = ENDLESS.replace("FROM n)", "FROM n WHERE i < 200000)")
    assert await store.write(lambda tx: tx.execute(heavy).fetchone()) == (200_000,)


async def test_reads_run_side_by_side_and_further_ones_wait_their_turn(open_store):
    store = await open_store(readers=2)
    both = threading.Barrier(2)

    def meet(tx):
        both.wait(10)
        return threading.current_thread()

    assert len(set(await asyncio.gather(*[store.read(meet) for _ in range(4)]))) == 2


async def test_a_cancelled_read_gives_its_reader_back_only_when_it_is_through(open_store, bodies):
    store = await open_store(readers=1)
    begun, may_end = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def slow(tx):
        loop.call_soon_threadsafe(begun.set)
        assert may_end.wait(10)

    reading = asyncio.create_task(store.read(slow))
    await begun.wait()
    reading.cancel()
    await asyncio.wait([reading])
    assert store._free_readers.empty()
    may_end.set()
    assert await store.read(bodies) == []


async def test_too_many_waiting_reads_are_refused(open_store):
    store = await open_store(readers=1, queue_limit=1)
    begun, may_end = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def slow(tx):
        loop.call_soon_threadsafe(begun.set)
        return may_end.wait(10)

    running = asyncio.create_task(store.read(slow))
    await begun.wait()
    waiting = asyncio.create_task(store.read(lambda tx: 1))
    await asyncio.sleep(0)
    with pytest.raises(StoreBusy, match="1 reads are waiting"):
        await store.read(lambda tx: 1)
    may_end.set()
    assert await asyncio.gather(running, waiting) == [True, 1]
