"""What every unit of work may rely on, on a file and in memory."""

import asyncio
import sqlite3
import threading

import pytest

from bot.store.base import StoreClosed, WrongUnit


async def test_a_written_note_is_read_back(notes, add, bodies):
    assert await notes.write(add("hello")) == 1
    assert await notes.read(bodies) == ["hello"]


async def test_a_unit_sees_its_own_writes(notes, add, bodies):
    def unit(tx):
        add("first")(tx)
        return bodies(tx)

    assert await notes.write(unit) == ["first"]


async def test_a_failing_unit_is_rolled_back_alone(notes, add, bodies):
    def broken(tx):
        add("half")(tx)
        raise LookupError("no such client")

    outcomes = await asyncio.gather(
        notes.write(add("before")), notes.write(broken), notes.write(add("after")), return_exceptions=True
    )

    assert [type(outcome) for outcome in outcomes] == [int, LookupError, int]
    assert await notes.read(bodies) == ["before", "after"]


async def test_a_broken_constraint_reaches_its_caller_as_it_is(notes, add, bodies):
    await notes.write(add("once"))
    with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
        await notes.write(add("once"))
    assert await notes.read(bodies) == ["once"]


async def test_a_read_may_not_write_and_writes_go_on_afterwards(notes, add, bodies):
    with pytest.raises(WrongUnit, match=r"write\(\)"):
        await notes.read(add("sneaked in"))
    await notes.write(add("allowed"))
    assert await notes.read(bodies) == ["allowed"]


async def test_an_error_in_a_read_reaches_its_caller_and_the_next_read_works(notes, bodies):
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        await notes.read(lambda tx: tx.execute("SELECT * FROM nowhere"))
    assert await notes.read(bodies) == []


async def test_a_lazy_result_is_refused_and_rolled_back(notes, add, bodies):
    def lazy(tx):
        add("unseen")(tx)
        return (row for row in tx.execute("SELECT 1"))

    with pytest.raises(WrongUnit, match="generator"):
        await notes.write(lazy)
    with pytest.raises(WrongUnit, match="generator"):
        await notes.read(lambda tx: (row for row in tx.execute("SELECT 1")))
    assert await notes.read(bodies) == []


async def test_an_asynchronous_unit_is_refused(notes):
    async def unit(tx):
        return 1

    with pytest.raises(WrongUnit, match="coroutine"):
        await notes.write(unit)


async def test_a_bare_next_in_a_unit_does_not_leave_its_caller_waiting(notes):
    with pytest.raises(WrongUnit, match="StopIteration"):
        await notes.write(lambda tx: next(iter(())))
    with pytest.raises(WrongUnit, match="StopIteration"):
        await notes.read(lambda tx: next(iter(())))


@pytest.mark.parametrize("statement", ["COMMIT", "ROLLBACK"])
async def test_a_unit_that_ends_the_transaction_is_told_so(notes, add, statement):
    with pytest.raises(WrongUnit, match="ended the transaction"):
        await notes.write(lambda tx: tx.execute(statement).fetchall())
    assert await notes.write(add("still working")) == 1


async def test_a_statement_that_rolls_everything_back_fails_the_whole_batch(notes, add, bodies):
    await notes.write(add("once"))
    harsh = "INSERT OR ROLLBACK INTO note (body) VALUES ('once')"
    outcomes = await asyncio.gather(
        notes.write(add("neighbour")), notes.write(lambda tx: tx.execute(harsh)), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes] == [WrongUnit] * 2
    assert "UNIQUE" in str(outcomes[0])
    await notes.write(add("next"))
    assert await notes.read(bodies) == ["once", "next"]


async def test_a_cancelled_caller_does_not_stop_its_unit(notes, add, bodies):
    begun, may_end = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def slow(tx):
        loop.call_soon_threadsafe(begun.set)
        assert may_end.wait(10)
        return add("kept")(tx)

    caller = asyncio.create_task(notes.write(slow))
    await begun.wait()
    waiting = asyncio.create_task(notes.write(add("also kept")))
    await asyncio.sleep(0)  # one turn of the loop, so that the second unit is in the queue
    caller.cancel()
    waiting.cancel()
    await asyncio.wait([caller, waiting])
    may_end.set()

    await notes.write(add("later"))
    assert caller.cancelled() and waiting.cancelled()
    assert await notes.read(bodies) == ["kept", "also kept", "later"]


async def test_the_error_of_a_cancelled_callers_unit_is_dropped_quietly(notes, add):
    complaints = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))

    def broken(tx):
        raise LookupError("nobody listens")

    caller = asyncio.create_task(notes.write(broken))
    await asyncio.sleep(0)
    caller.cancel()
    await asyncio.wait([caller])
    await notes.write(add("next"))
    assert complaints == []


async def test_subscribers_are_woken_by_commits_that_changed_rows(notes, add):
    wakes = []
    unsubscribe = notes.subscribe(lambda: wakes.append(threading.current_thread()))

    await notes.write(lambda tx: tx.execute("SELECT 1").fetchall())
    await asyncio.sleep(0)
    assert wakes == []

    await notes.write(add("news"))
    await asyncio.sleep(0)
    assert wakes == [threading.current_thread()]

    unsubscribe()
    await notes.write(add("more"))
    await asyncio.sleep(0)
    assert len(wakes) == 1


async def test_a_subscriber_that_raises_harms_nobody(notes, add):
    complaints = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context["exception"]))

    def broken():
        raise LookupError("bad subscriber")

    notes.subscribe(broken)
    await notes.write(add("one"))
    await notes.write(add("two"))
    assert [type(complaint) for complaint in complaints] == [LookupError] * len(complaints) != []


async def test_closing_finishes_what_was_accepted_and_refuses_the_rest(notes, add):
    accepted = [asyncio.create_task(notes.write(add(str(number)))) for number in range(10)]
    reading = asyncio.create_task(notes.read(lambda tx: 1))
    await asyncio.sleep(0)
    await notes.close()
    await notes.close()

    assert [task.result() for task in accepted] == list(range(1, 11))
    assert reading.result() == 1
    with pytest.raises(StoreClosed):
        await notes.write(add("late"))
    with pytest.raises(StoreClosed):
        await notes.read(lambda tx: 1)
    with pytest.raises(StoreClosed):
        await notes.integrity_check()
