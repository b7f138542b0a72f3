"""Many callers share one commit, the queue is bounded, and a lost batch is lost for all its callers."""

import asyncio
import sqlite3
import threading

import pytest

from bot.store.base import StoreBusy


def watch_commits(seen):
    """The unit that makes the writing connection report each of its statements from now on."""
    return lambda tx: tx.set_trace_callback(seen.append)


@pytest.mark.parametrize(("batch_limit", "commits"), [(256, 1), (100, 1), (30, 4), (1, 100)])
async def test_waiting_units_share_commits(open_store, add, bodies, batch_limit, commits):
    store = await open_store(batch_limit=batch_limit)
    seen = []
    await store.write(watch_commits(seen))
    seen.clear()

    await asyncio.gather(*[store.write(add(str(number))) for number in range(100)])

    assert seen.count("COMMIT") == seen.count("BEGIN IMMEDIATE") == commits
    assert await store.read(bodies) == [str(number) for number in range(100)]


async def test_callers_wake_only_after_the_commit(open_store, add):
    points, done_at_commit = [], []
    callers = []

    def crash(point):
        points.append(point)
        if point == "batch.before_commit":
            done_at_commit.extend(caller.done() for caller in callers)

    store = await open_store(crash=crash)
    callers += [asyncio.create_task(store.write(add(body))) for body in "ab"]
    await asyncio.gather(*callers)

    assert points == ["batch.begin", "unit.done", "unit.done", "batch.before_commit", "batch.after_commit"]
    assert done_at_commit == [False, False]


async def test_a_full_queue_refuses_at_once_and_loses_nothing(open_store, add, bodies):
    store = await open_store(queue_limit=3)
    begun, may_end = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def slow(tx):
        loop.call_soon_threadsafe(begun.set)
        assert may_end.wait(10)

    running = asyncio.create_task(store.write(slow))
    await begun.wait()
    waiting = [asyncio.create_task(store.write(add(body))) for body in "abc"]
    await asyncio.sleep(0)
    with pytest.raises(StoreBusy, match="3 units are waiting"):
        await store.write(add("d"))
    may_end.set()
    await asyncio.gather(running, *waiting)
    assert await store.read(bodies) == ["a", "b", "c"]


class Died(BaseException):
    """Stands for the end of the process at a crash point."""


@pytest.mark.parametrize("point", ["batch.begin", "unit.done", "batch.before_commit"])
async def test_a_batch_that_dies_before_its_commit_keeps_nothing(open_store, add, bodies, point):
    armed = [True]

    def crash(reached):
        if armed[0] and reached == point:
            raise Died(point)

    store = await open_store(crash=crash)
    outcomes = await asyncio.gather(*[store.write(add(body)) for body in "abc"], return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [Died] * 3

    armed[0] = False
    await store.write(add("d"))
    assert await store.read(bodies) == ["d"]


async def test_a_batch_that_dies_after_its_commit_is_kept(open_store, add, bodies):
    def crash(reached):
        if reached == "batch.after_commit":
            raise Died(reached)

    store = await open_store(crash=crash)
    with pytest.raises(Died):
        await store.write(add("a"))
    assert await store.read(bodies) == ["a"]


async def test_a_refused_commit_is_an_error_for_every_caller_of_the_batch(open_store, notes_schema, add, bodies):
    (notes_schema / "0002_owner.sql").write_text(
        "CREATE TABLE owner (note_id INTEGER REFERENCES note DEFERRABLE INITIALLY DEFERRED) STRICT;"
    )
    store = await open_store()

    def dangling(tx):
        tx.execute("INSERT INTO owner VALUES (99)")

    outcomes = await asyncio.gather(store.write(add("a")), store.write(dangling), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [sqlite3.IntegrityError] * 2
    await store.write(add("b"))
    assert await store.read(bodies) == ["b"]
