"""The rows of a ticket without whatever decides them: copies of those that one real message left behind.

What they cost is the floor for anybody who keeps the same: a peer that writes them stores as much as we do and thinks
nothing. All of a batch share a commit, as ours do.
"""

from __future__ import annotations

import ast
import asyncio
import sqlite3
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue

from bench._box import bot_in_a_box

_STEP = 1_000_000  # between the numbers of two copies
_MOST = 256  # units in a commit
_SETTINGS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")

Seen = Mapping[str, list[tuple[object, ...]]]


async def leave_template(folder: Path) -> int:
    """Store `rows.db`, a database with tickets in it, and `rows.py`, what the last of them added; how many rows."""
    file = folder / "rows.db"
    async with bot_in_a_box("2026-11-20T11:00:00+03:00", path=file) as bot:
        said = [bot.inbound("acme", "acme/ann", f"/new Export {n} fails") for n in range(3)]
        now = bot.clock.now
        for each in said[:2]:
            await bot.store.write(lambda tx, each=each: bot.desk.receive(tx, each, now, now))
        before = _seen(file)
        await bot.store.write(lambda tx: bot.desk.receive(tx, said[2], now, now))
        statements = _copies(file, before, _seen(file))
    (folder / "rows.py").write_text(repr(statements))
    return len(statements)


def _seen(file: Path) -> Seen:
    with sqlite3.connect(file) as connection:
        tables = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
        return {name: connection.execute(f"SELECT * FROM {name}").fetchall() for (name,) in tables.fetchall()}


def _copies(file: Path, before: Seen, after: Seen) -> list[tuple[str, Sequence[object], Sequence[bool]]]:
    """An INSERT for each row that is new, its values, and which of them differ from copy to copy."""
    new = {table: [row for row in rows if row not in before[table]] for table, rows in after.items()}
    new = {table: rows for table, rows in new.items() if len(after[table]) > len(before[table])}
    differing: dict[str, set[str]] = {}
    found = []
    with sqlite3.connect(file) as connection:
        for table in _parents_first(connection, new):
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            differing[table] = _differing(connection, table, columns, differing)
            marks = ", ".join("?" * len(columns))
            statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"
            found += [(statement, row, [name in differing[table] for name in columns]) for row in new[table]]
    return found


def _differing(
    connection: sqlite3.Connection, table: str, columns: Sequence[str], parents: Mapping[str, set[str]]
) -> set[str]:
    """Columns of which every copy has a value of its own: its number, those of its new parents, and of whatever may be
    there once only the last column, unless a copy differs by another one anyway.
    """
    keys = connection.execute(f"PRAGMA foreign_key_list({table})").fetchall()
    differs = {"id"} & set(columns) | {key[3] for key in keys if key[4] in parents.get(key[2], ())}
    for index in connection.execute(f"PRAGMA index_list({table})").fetchall():
        single = [row[2] for row in connection.execute(f"PRAGMA index_info({index[1]})")]
        if index[2] and not differs & set(single) and single[-1] not in [key[3] for key in keys]:
            differs.add(single[-1])
    return differs


def _parents_first(connection: sqlite3.Connection, tables: Seen) -> list[str]:
    left, ordered = list(tables), []
    while left:
        for table in left:
            needs = {key[2] for key in connection.execute(f"PRAGMA foreign_key_list({table})")} - {table}
            if not needs & set(left):
                ordered.append(table)
        left = [table for table in left if table not in ordered]
    return ordered


class Rows:
    """Writes copies of the template's rows, each call in a unit of its own, durable when it returns."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "rows.db"
        self._statements = ast.literal_eval((folder / "rows.py").read_text())
        self._waiting: SimpleQueue[asyncio.Future[None]] = SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._written = 0
        threading.Thread(target=self._run, daemon=True).start()

    async def write(self) -> None:
        """One ticket's rows."""
        done: asyncio.Future[None] = self._loop.create_future()
        self._waiting.put(done)
        await done

    def _run(self) -> None:
        connection = sqlite3.connect(self._file, isolation_level=None)
        for setting in _SETTINGS:
            connection.execute(f"PRAGMA {setting}")
        while True:
            batch = [self._waiting.get()]
            try:
                while len(batch) < _MOST:
                    batch.append(self._waiting.get_nowait())
            except Empty:
                pass
            connection.execute("BEGIN IMMEDIATE")
            for _ in batch:
                self._copy(connection)
            connection.execute("COMMIT")
            self._loop.call_soon_threadsafe(_tell, batch)

    def _copy(self, connection: sqlite3.Connection) -> None:
        self._written += 1
        by = self._written * _STEP
        for statement, row, differs in self._statements:
            connection.execute(
                statement,
                [_shifted(value, by) if shifts else value for value, shifts in zip(row, differs, strict=True)],
            )


def _shifted(value: object, by: int) -> object:
    if isinstance(value, int):
        return value + by
    return value if value is None else f"{value}-{by}"


def _tell(batch: Sequence[asyncio.Future[None]]) -> None:
    for done in batch:
        done.set_result(None)
