"""The audit and the log of events can be added to only, and a change behind the bot's back is found (S34)."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from harness import QUERIES
from world import World

from bot import log
from bot.store.sqlite import open_sqlite
from bot.store.tx import Tx, make_tx

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)

_REFUSED = {
    "audit": (
        "UPDATE audit SET who = 'nobody'",
        "UPDATE audit SET hash = hash",
        "DELETE FROM audit",
        "DELETE FROM audit WHERE id = (SELECT max(id) FROM audit)",
        "INSERT OR REPLACE INTO audit (id, client_id, at, who, what, prev_hash, hash) "
        "VALUES ((SELECT min(id) FROM audit), 0, 0, 'x', 'x', '', 'x')",
        "REPLACE INTO audit (client_id, at, who, what, prev_hash, hash) "
        "SELECT 0, 0, 'x', 'x', '', hash FROM audit LIMIT 1",
        "INSERT INTO audit (id, client_id, at, who, what, prev_hash, hash) SELECT id, 0, 0, 'x', 'x', '', hash "
        "FROM audit WHERE true ON CONFLICT DO UPDATE SET who = 'x'",
    ),
    "event": (
        "UPDATE event SET at = 0",
        "DELETE FROM event",
        "INSERT OR REPLACE INTO event (id, client_id, ticket_id, seq, kind, at, recorded_at, party) "
        "SELECT id, client_id, ticket_id, seq, 'resolved', 0, 0, 'bot' FROM event LIMIT 1",
        "REPLACE INTO event (client_id, ticket_id, seq, kind, at, recorded_at, party) "
        "SELECT client_id, ticket_id, seq, 'resolved', 0, 0, 'bot' FROM event LIMIT 1",
        "DELETE FROM ticket",
    ),
}


@pytest.mark.parametrize(
    ("table", "statement"), [(table, statement) for table, each in _REFUSED.items() for statement in each]
)
async def test_s34_nothing_that_was_written_can_be_changed_or_taken_away(
    world: World, table: str, statement: str
) -> None:
    async with world.widget() as ann, world.browser() as browser:
        await world.say(ann, "everything is down")
        await browser.post("/board/login", data={"code": await world.code()})
    before = await world.sql(f"SELECT * FROM {table} ORDER BY id")
    assert before

    def work(tx: Any) -> int:
        return int(tx.connection.execute(statement).rowcount)

    with pytest.raises(sqlite3.IntegrityError, match=r"append-only|FOREIGN KEY"):
        await world.store.write(work)
    assert await world.sql(f"SELECT * FROM {table} ORDER BY id") == before


def _entries(tx: Tx) -> None:
    for client in (0, 0, 0):
        tx.meta.audit(client, "mia", "room.locale", NOW, "en", "ru")


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE audit SET who = 'ben' WHERE id = 2",
        "UPDATE audit SET new = 'de' WHERE id = 2",
        "UPDATE audit SET at = at + 1 WHERE id = 2",
        "UPDATE audit SET client_id = -1 WHERE id = 2",
        "UPDATE audit SET old = 'en' || char(31) || 'x', new = '' WHERE id = 2",
        "DELETE FROM audit WHERE id = 2",
        "DELETE FROM audit WHERE id = 1",
    ],
)
async def test_s34_a_change_made_behind_the_bots_back_is_found(tmp_path: Path, tampering: str) -> None:
    """Whoever writes the file itself can lift the triggers, but not make the hashes follow from each other again."""
    path = tmp_path / "pledge.db"
    store = await open_sqlite(path, make_tx=partial(make_tx, QUERIES))
    await store.write(_entries)
    assert await store.read(lambda tx: list(tx.meta.broken_audit(0))) == []
    await store.close()
    lifted: list[str] = []
    with sqlite3.connect(path) as thief:
        guards = thief.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'audit'")
        for name, sql in guards.fetchall():
            thief.execute(f"DROP TRIGGER {name}")
            lifted.append(sql)
        thief.execute(tampering)
        for sql in lifted:
            thief.execute(sql)
    thief.close()
    store = await open_sqlite(path, make_tx=partial(make_tx, QUERIES))
    assert await store.read(lambda tx: list(tx.meta.broken_audit(0))) != []
    await store.close()


async def test_s34_who_came_in_and_what_was_changed_is_written_down(world: World) -> None:
    async with world.browser() as browser:
        await browser.post("/board/login", data={"code": await world.code()})
    async with world.widget() as ann:
        await world.say(ann, "/language ru")
    entries = await world.sql("SELECT who, what, old, new FROM audit ORDER BY id DESC LIMIT 2")
    assert entries == [("acme/ann", "room.locale", "en", "ru"), ("mia", "board.login", "", "")]
    assert await world.store.read(lambda tx: [list(tx.meta.broken_audit(client)) for client in (0, 1, 2)]) == [
        [],
        [],
        [],
    ]


async def test_s34_a_refused_sign_in_leaves_a_trace(world: World, written: Callable[[], str]) -> None:
    log.configure(json=True)
    async with world.browser() as browser:
        await browser.post("/board/login", data={"code": "invented"})
    (line,) = written().splitlines()
    assert json.loads(line)["action"] == "board.login_refused"
    assert "invented" not in line


def test_the_triggers_hold_on_a_connection_of_any_program(tmp_path: Path) -> None:
    """`sqlite3` on the shell knows the triggers too; only REPLACE needs a setting that is ours alone."""
    from bot.store.sync import open_sync

    path = tmp_path / "pledge.db"
    with open_sync(path, partial(make_tx, QUERIES)) as store:
        store.write(_entries)
    shutil.copy(path, tmp_path / "copy.db")
    connection = sqlite3.connect(tmp_path / "copy.db")
    for statement in ("UPDATE audit SET who = 'x'", "DELETE FROM audit"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute(statement)
    connection.close()
