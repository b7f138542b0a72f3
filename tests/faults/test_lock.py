"""F6: another process holds the database; nobody is told that a message was stored before it is, and none is lost."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading

import pytest
from people import Crowd, Person, crowd_of

PER_SECOND = 50

LOCKER = """
import sqlite3, sys, threading
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=10)
connection.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
threading.Event().wait(float(sys.argv[2]))
connection.execute("COMMIT")
"""


def _held(database, seconds: float) -> subprocess.Popen[str]:
    """Another process that has the whole database to itself for so long from now on."""
    command = [sys.executable, "-c", LOCKER, str(database), str(seconds)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "locked\n"
    return process


async def _write_at_a_rate(people: list[Person], seconds: float) -> int:
    """Send 50 messages a second whether or not the earlier ones are confirmed; how many."""
    loop, count = asyncio.get_running_loop(), int(seconds * PER_SECOND)
    started, said = loop.time(), []
    for n in range(count):
        turn = asyncio.Event()
        loop.call_at(started + n / PER_SECOND, turn.set)
        await turn.wait()
        said.append(asyncio.create_task(people[n % len(people)].say(f"/new Export {n} fails")))
    await asyncio.gather(*said)
    return count


async def test_f6_a_database_locked_for_3_s_delays_messages_and_loses_none(bots):
    bot = bots()
    bot.start()
    async with crowd_of(bot) as crowd:
        people = [await crowd.person("acme", f"p{n}") for n in range(PER_SECOND)]
        await _readiness(crowd, True)
        holder = _held(bot.database, 3)
        writing = asyncio.create_task(_write_at_a_rate(people, 4))
        await _readiness(crowd, False)
        count = await writing
        holder.communicate(timeout=10)
        await _readiness(crowd, True)
        assert crowd.refused == []
        assert 2 < max(crowd.waits) < 5
    assert bot.stop() == 0
    assert bot.rows("SELECT count(*), count(DISTINCT root_ext) FROM ticket") == [(count, count)]


async def _readiness(crowd: Crowd, wanted: bool) -> None:
    """Wait for this answer of /readyz, which may be a second old."""
    async with asyncio.timeout(4):
        while ((await crowd.http.get("/readyz")).status_code == 200) is not wanted:
            await asyncio.sleep(0.05)


@pytest.mark.soak
async def test_f6_a_database_locked_for_30_s_refuses_honestly_and_takes_every_repeat(bots):
    bot = bots()
    bot.start()
    async with crowd_of(bot) as crowd:
        person = await crowd.person("acme", "first")
        holder = _held(bot.database, 30)
        waits = threading.Thread(target=holder.communicate)
        waits.start()
        said = [asyncio.create_task(person.say(f"/new Export {n} fails")) for n in range(15)]
        await _readiness(crowd, False)
        await asyncio.gather(*said)
        await asyncio.to_thread(waits.join)
        assert 503 in crowd.refused  # and 429, as every repeat counts for the rate
        assert min(crowd.waits) > 20
    assert bot.stop() == 0
    assert bot.rows("SELECT count(*), count(DISTINCT root_ext) FROM ticket") == [(15, 15)]
