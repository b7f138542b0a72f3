"""Locks, full disks, damaged files and a schema that moves: nothing acknowledged is lost, all is told."""

import asyncio
import resource
import sqlite3
import subprocess
import sys
import threading
from datetime import timedelta

import pytest

from bot.store.base import (
    CannotOpen,
    DiskFull,
    ReadOnly,
    SchemaChanged,
    SchemaDamaged,
    SchemaNewer,
    StoreBusy,
    StoreUnavailable,
)

LOCKER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.readline()
connection.execute("COMMIT")
print("released", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def lock_elsewhere(database):
    """A real second process that holds the database's lock until it is told to let go."""
    started = []

    def lock():
        process = subprocess.Popen(
            [sys.executable, "-c", LOCKER, str(database)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout.readline() == "locked\n"
        return process

    yield lock
    for process in started:
        process.communicate("\n\n", timeout=30)


def let_go(process):
    process.stdin.write("\n")
    process.stdin.flush()


async def test_a_unit_waits_for_another_process_and_succeeds(open_store, lock_elsewhere, add, bodies):
    store = await open_store()
    trying, loop = asyncio.Event(), asyncio.get_running_loop()

    def seen(statement):
        if statement == "BEGIN IMMEDIATE":
            loop.call_soon_threadsafe(trying.set)

    await store.write(lambda tx: tx.set_trace_callback(seen))
    other = lock_elsewhere()
    trying.clear()
    unit = asyncio.create_task(store.write(add("patient")))
    await trying.wait()
    assert not unit.done()
    let_go(other)
    await unit
    assert await store.read(bodies) == ["patient"]


async def test_a_lock_held_too_long_is_busy_and_the_next_batch_tries_again(open_store, lock_elsewhere, add, bodies):
    store = await open_store(lock_wait=timedelta(milliseconds=20))
    other = lock_elsewhere()
    outcomes = await asyncio.gather(store.write(add("a")), store.write(add("b")), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [StoreBusy] * 2
    assert await store.read(bodies) == []  # readers are not kept out

    let_go(other)
    assert other.stdout.readline() == "released\n"
    await store.write(add("c"))
    assert await store.read(bodies) == ["c"]


async def test_a_full_disk_is_told_and_the_store_recovers_by_itself(open_store, add, bodies):
    store = await open_store()

    def fill(tx):
        (pages,) = tx.execute("PRAGMA page_count").fetchone()
        tx.execute(f"PRAGMA max_page_count={pages}")

    await store.write(add("kept"))
    await store.write(fill)
    with pytest.raises(DiskFull, match="free some space"):
        await store.write(add("x" * 50_000))
    await store.write(lambda tx: tx.execute("PRAGMA max_page_count=1000000").fetchall())
    await store.write(add("again"))
    assert await store.read(bodies) == ["kept", "again"]
    assert await store.integrity_check() == ()


async def test_a_commit_that_the_disk_refuses_keeps_nothing_and_the_next_one_works(open_store, database, add, bodies):
    store = await open_store()
    await store.write(add("kept"))
    log = database.with_name(f"{database.name}-wal")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    # The kernel refuses to let any file of this process grow beyond the log's present size.
    resource.setrlimit(resource.RLIMIT_FSIZE, (log.stat().st_size, hard))
    try:
        outcomes = await asyncio.gather(
            store.write(add("a" * 9_000)), store.write(add("b" * 9_000)), return_exceptions=True
        )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [isinstance(outcome, StoreUnavailable) for outcome in outcomes] == [True, True]

    await store.write(add("again"))
    assert await store.read(bodies) == ["kept", "again"]
    assert await store.integrity_check() == ()


async def test_a_file_that_may_not_be_written_is_read_only(open_store, add):
    store = await open_store()
    await store.write(lambda tx: tx.execute("PRAGMA query_only=ON").fetchall())
    with pytest.raises(ReadOnly, match="owner of the file"):
        await store.write(add("refused"))


async def test_a_schema_that_moved_stops_everything(open_store, database, add):
    store = await open_store()
    newer = sqlite3.connect(database, isolation_level=None)
    newer.execute("PRAGMA user_version=2")

    outcomes = await asyncio.gather(store.write(add("a")), store.write(add("b")), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [SchemaChanged] * 2
    assert "from version 1 to 2" in str(outcomes[0])
    assert outcomes[0].exit_code == 78
    assert store.fenced
    await store.wait_fenced()

    newer.execute("PRAGMA user_version=1")
    for refused in (store.write(add("late")), store.read(lambda tx: 1)):
        with pytest.raises(SchemaChanged, match="restart"):
            await refused
    assert newer.execute("SELECT count(*) FROM note").fetchone() == (0,)
    newer.close()


async def test_a_read_sees_the_fence_too(open_store, database):
    store = await open_store()
    newer = sqlite3.connect(database, isolation_level=None)
    newer.execute("PRAGMA user_version=2")
    newer.close()
    with pytest.raises(SchemaChanged):
        await store.read(lambda tx: 1)
    assert store.fenced


async def test_a_newer_schema_is_refused_at_the_start(open_store, database):
    database.parent.mkdir()
    newer = sqlite3.connect(database)
    newer.execute("PRAGMA user_version=5")
    newer.close()
    with pytest.raises(SchemaNewer, match=rf"{database}: its schema is version 5, this program knows 1"):
        await open_store()


@pytest.mark.parametrize("damage", [b"this is no database at all".ljust(4096), b"\0" * 4096])
async def test_a_damaged_header_is_refused_and_the_file_left_alone(open_store, database, damage):
    await (await open_store()).close()
    whole = database.read_bytes()
    database.write_bytes(damage + whole[4096:])
    with pytest.raises(SchemaDamaged, match=rf"{database}: .*restore a backup") as refusal:
        await open_store()
    assert refusal.value.exit_code == 78
    assert database.read_bytes() == damage + whole[4096:]


async def test_a_damaged_schema_is_refused(open_store, database, add):
    await (await open_store()).close()
    whole = database.read_bytes()
    assert b"CREATE TABLE note" in whole
    database.write_bytes(whole.replace(b"CREATE TABLE note", b"CREATE TABBY note"))
    with pytest.raises(SchemaDamaged, match="damaged"):
        await open_store()


@pytest.mark.parametrize("in_the_way", ["file", "folder"])
async def test_a_place_that_cannot_hold_a_database_is_named_with_a_way_out(open_store, tmp_path, in_the_way):
    if in_the_way == "file":
        (tmp_path / "taken").write_text("not a folder")
        place, reason = (
            tmp_path / "taken" / "pledge.db",
            "cannot create the folder .*taken .*set PLEDGE_DATABASE",
        )
    else:
        place, reason = tmp_path, "this is a folder; name a file in it"
    with pytest.raises(CannotOpen, match=reason):
        await open_store(place)


async def test_a_refused_start_leaves_no_thread_behind(open_store, database, notes_schema):
    before = threading.active_count()
    (notes_schema / "0002_bad.sql").write_text("CREATE TABEL oops;")
    with pytest.raises(Exception, match="0002_bad"):
        await open_store()
    database.write_bytes(b"this is no database at all".ljust(4096))
    with pytest.raises(SchemaDamaged):
        await open_store()
    assert threading.active_count() == before
