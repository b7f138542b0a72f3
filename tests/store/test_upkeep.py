"""Settings of every connection, the log, damage and backups."""

import sqlite3

import pytest

from bot.store.sqlite import open_sync

SETTINGS = {
    "journal_mode": "wal",
    "synchronous": 2,
    "busy_timeout": 5000,
    "foreign_keys": 1,
    "recursive_triggers": 1,
    "trusted_schema": 0,
    "wal_autocheckpoint": 1000,
    "journal_size_limit": 67108864,
}


def settings(tx):
    return {name: tx.execute(f"PRAGMA {name}").fetchone()[0] for name in [*SETTINGS, "query_only"]}


async def test_every_connection_has_the_settings(open_store, database, notes_schema):
    store = await open_store()
    assert await store.write(settings) == SETTINGS | {"query_only": 0}
    assert await store.read(settings) == SETTINGS | {"query_only": 1}
    with open_sync(database, lambda raw: raw, migrations=notes_schema) as short:
        assert short.write(settings) == SETTINGS | {"query_only": 0}


async def test_a_checkpoint_empties_the_log(open_store, database, add):
    store = await open_store()
    await store.write(add("x"))
    log = database.with_name("notes.db-wal")
    assert log.stat().st_size > 0
    assert await store.checkpoint()
    assert log.stat().st_size == 0


async def test_a_checkpoint_gives_way_to_a_reader(open_store, database, add):
    store = await open_store()
    other = sqlite3.connect(database, isolation_level=None)
    other.execute("BEGIN")
    other.execute("SELECT * FROM note").fetchall()
    await store.write(add("x"))
    assert not await store.checkpoint()
    other.close()
    assert await store.checkpoint()


async def test_closing_writes_the_log_back_even_while_another_program_has_the_file_open(open_store, database, add):
    store = await open_store()
    await store.write(add("x"))
    other = sqlite3.connect(database)
    other.execute("SELECT * FROM note").fetchall()
    await store.close()
    assert database.with_name("notes.db-wal").stat().st_size == 0
    other.close()


async def test_a_sound_file_has_no_complaints(notes, add):
    await notes.write(add("x"))
    assert await notes.integrity_check() == ()


async def test_a_flipped_page_is_found(open_store, database, add):
    store = await open_store()
    for number in range(50):
        await store.write(add(f"{number:04} " + "x" * 500))
    await store.close()
    whole = bytearray(database.read_bytes())
    whole[-4096:-4000] = b"\xff" * 96
    database.write_bytes(whole)
    assert await (await open_store()).integrity_check() != ()


async def test_a_dangling_reference_is_found(notes, notes_schema):
    def dangle(tx):
        tx.execute("CREATE TABLE child (note_id INTEGER REFERENCES note)")
        tx.execute("PRAGMA defer_foreign_keys=ON")

    await notes.write(dangle)
    await notes._writer.connection.run(lambda raw: raw.execute("PRAGMA foreign_keys=OFF"))
    await notes.write(lambda tx: tx.execute("INSERT INTO child VALUES (7)"))
    assert await notes.integrity_check() == ("row 1 of child points at no row of note",)


async def test_a_backup_is_a_whole_store_of_its_own(notes, open_store, tmp_path, add, bodies):
    await notes.write(add("saved"))
    target = tmp_path / "backups" / "today.db"
    await notes.backup_to(target)
    await notes.write(add("later"))
    await notes.backup_to(target.with_name("tomorrow.db"))

    assert sorted(path.name for path in target.parent.iterdir()) == ["today.db", "tomorrow.db"]
    assert await (await open_store(target)).read(bodies) == ["saved"]


async def test_a_failed_backup_keeps_the_previous_one(open_store, tmp_path, add):
    store = await open_store()
    target = tmp_path / "backup.db"
    await store.backup_to(target)
    before = target.read_bytes()
    await store.write(add("x"))
    (tmp_path / "backup.db.partial").mkdir()
    with pytest.raises(OSError, match="partial"):
        await store.backup_to(target)
    (tmp_path / "backup.db.partial").rmdir()
    assert target.read_bytes() == before
