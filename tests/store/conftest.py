"""A store on a small schema of its own: the tests of the engine must not depend on the real tables."""

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bot.store.sqlite import SqliteStore, open_sqlite

Raw = sqlite3.Connection
OpenStore = Callable[..., Awaitable[SqliteStore[Raw]]]


@pytest.fixture
def notes_schema(tmp_path: Path) -> Path:
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "0001_notes.sql").write_text(
        "CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT NOT NULL UNIQUE) STRICT;"
    )
    return folder


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "var" / "notes.db"


@pytest.fixture
async def open_store(notes_schema: Path, database: Path) -> AsyncIterator[OpenStore]:
    """Opens stores whose Tx is the bare connection, on `database` or where told; closes them in the end."""
    stores: list[SqliteStore[Raw]] = []

    async def open_one(place: Any = database, **options: Any) -> SqliteStore[Raw]:
        store = await open_sqlite(place, make_tx=lambda raw: raw, migrations=notes_schema, **options)
        stores.append(store)
        return store

    yield open_one
    for store in stores:
        await store.close()


@pytest.fixture(params=["file", "memory"])
async def notes(request: pytest.FixtureRequest, open_store: OpenStore, database: Path) -> SqliteStore[Raw]:
    """The engine on both kinds of place."""
    return await open_store(database if request.param == "file" else ":memory:")


@pytest.fixture
def add() -> Callable[[str], Callable[[Raw], int]]:
    """The unit that stores one note and returns its id."""

    def unit_of(body: str) -> Callable[[Raw], int]:
        def unit(tx: Raw) -> int:
            (number,) = tx.execute("INSERT INTO note (body) VALUES (?) RETURNING id", (body,)).fetchone()
            return int(number)

        return unit

    return unit_of


@pytest.fixture
def bodies() -> Callable[[Raw], list[str]]:
    """The read that lists all notes in order."""
    return lambda tx: [body for (body,) in tx.execute("SELECT body FROM note ORDER BY id")]
