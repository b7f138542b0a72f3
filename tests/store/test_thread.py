"""Pins what `ThreadConnection` takes from inside aiosqlite; a failure means: read the new aiosqlite first."""

import asyncio
import sqlite3
import subprocess
import sys
import threading
from functools import partial

import pytest

from bot.store.thread import ThreadConnection


@pytest.fixture
async def connection():
    opened = ThreadConnection(partial(sqlite3.connect, ":memory:"))
    await opened.connect()
    yield opened
    await opened.close()


async def test_functions_run_in_the_connections_own_thread_with_its_sqlite_connection(connection):
    def function(raw):
        return threading.current_thread(), raw.execute("SELECT 7").fetchone()

    thread, row = await connection.run(function)
    assert thread is connection._thread is not threading.current_thread()
    assert row == (7,)


async def test_functions_run_one_by_one_in_the_order_they_were_asked_for(connection):
    order = []
    await asyncio.gather(*[connection.run(lambda _, number=number: order.append(number)) for number in range(50)])
    assert order == list(range(50))


async def test_aiosqlites_own_calls_share_the_line(connection):
    await connection.run(lambda raw: raw.execute("CREATE TABLE t (x)"))
    assert await connection.execute_fetchall("SELECT count(*) FROM t") == [(0,)]


async def test_what_a_function_raises_reaches_the_caller(connection):
    def broken(raw):
        raise LookupError("inside")

    with pytest.raises(LookupError, match="inside"):
        await connection.run(broken)
    assert await connection.run(lambda raw: 1) == 1


async def test_a_cancelled_call_still_runs(connection):
    begun, may_end, ran = asyncio.Event(), threading.Event(), []
    loop = asyncio.get_running_loop()

    def slow(raw):
        loop.call_soon_threadsafe(begun.set)
        assert may_end.wait(10)
        ran.append(True)

    call = asyncio.create_task(connection.run(slow))
    await begun.wait()
    call.cancel()
    may_end.set()
    await connection.run(lambda raw: None)
    assert ran == [True]


async def test_a_failed_start_leaves_no_thread(tmp_path):
    connection = ThreadConnection(partial(sqlite3.connect, tmp_path))  # a folder is no database
    with pytest.raises(sqlite3.OperationalError):
        await connection.connect()
    assert not connection._thread.is_alive()


async def test_closing_ends_the_thread(connection):
    await connection.close()
    connection._thread.join(10)
    assert not connection._thread.is_alive()


def test_a_connection_that_nobody_closed_does_not_keep_the_process_alive():
    script = (
        "import asyncio, os, sqlite3, functools\n"
        "from bot.store.thread import ThreadConnection\n"
        "async def main():\n"
        "    kept.append(ThreadConnection(functools.partial(sqlite3.connect, ':memory:')))\n"
        "    await kept[0].connect()\n"
        "kept = []\n"
        "asyncio.run(main())\n"
        "print('main is over')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stdout) == (0, "main is over\n")
