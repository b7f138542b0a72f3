"""Brings a SQLite file to this program's schema: numbered .sql files, all pending ones in one transaction.

The version is SQLite's `user_version`, written in the same transaction, so that a failed upgrade leaves the
file exactly as the previous program knows it.
"""

import re
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from bot.store.base import MigrationFailed, SchemaDamaged, SchemaNewer

MIGRATIONS = Path(__file__).parent / "migrations"
_NAME = re.compile(r"(?P<number>\d{4})_[a-z0-9_]+\.sql")


@dataclass(frozen=True, slots=True)
class Migration:
    number: int
    path: Path
    script: str


def find_migrations(folder: Path) -> tuple[Migration, ...]:
    """The migrations of `folder` in order, numbered 1, 2, 3 ...; MigrationFailed names the odd file."""
    found: list[Migration] = []
    for path in sorted(folder.glob("*.sql")):
        match = _NAME.fullmatch(path.name)
        if match is None:
            raise MigrationFailed(f"migration {path}: the name is not NNNN_lower_case.sql (like 0001_start.sql)")
        number = int(match["number"])
        if number != len(found) + 1:
            raise MigrationFailed(
                f"migration {path}: the number is {number}, expected {len(found) + 1} (count without gaps)"
            )
        found.append(Migration(number, path, path.read_text(encoding="utf-8")))
    if not found:
        raise MigrationFailed(f"migrations {folder}: no .sql files there (is the installation complete?)")
    return tuple(found)


def split_statements(script: str) -> Iterator[str]:
    """The statements of `script`, one by one; a trigger's body stays in one piece.

    `executescript` is no choice: it commits an open transaction before it begins.
    """
    statement = ""
    for piece in re.split(r"(?<=;)", script):
        statement += piece
        if sqlite3.complete_statement(statement):
            yield statement.strip()
            statement = ""
    if statement.strip():
        # Trailing comments run as nothing; an unfinished statement fails loudly as "incomplete input".
        yield statement.strip()


def version_of(connection: sqlite3.Connection) -> int:
    """The schema version in the file; 0 means that nothing was ever written."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def needs_migration(connection: sqlite3.Connection, migrations: tuple[Migration, ...], name: str) -> bool:
    """Whether some of `migrations` are still to run on the database called `name`.

    Raises SchemaNewer when the file is ahead of them, SchemaDamaged when it holds foreign tables.
    """
    version, newest = version_of(connection), len(migrations)
    if version > newest:
        raise SchemaNewer(
            f"database {name}: its schema is version {version}, this program knows {newest}; "
            "run the newer Pledge, or restore a backup made before the upgrade"
        )
    if version == 0 and connection.execute("SELECT count(*) FROM sqlite_schema").fetchone() != (0,):
        raise SchemaDamaged(
            f"database {name}: it holds tables but no schema version, so another program made it; "
            "set PLEDGE_DATABASE to a file of its own"
        )
    return version < newest


def migrate(connection: sqlite3.Connection, migrations: tuple[Migration, ...], name: str) -> int:
    """Run all that is pending, or nothing, on an autocommit connection; return the version then reached.

    1. Foreign keys are switched off, as a table can only be rebuilt without them (no effect inside a
       transaction, hence first).
    2. BEGIN IMMEDIATE; the version is read again, since another process may have been faster.
    3. Every statement of every pending migration; a full foreign key check; the new version; COMMIT.
    """
    if not needs_migration(connection, migrations, name):
        return len(migrations)
    connection.execute("PRAGMA foreign_keys=OFF")
    try:
        connection.execute("BEGIN IMMEDIATE")
        if needs_migration(connection, migrations, name):
            for migration in migrations[version_of(connection) :]:
                _run(connection, migration, name)
            _check_references(connection, name)
            connection.execute(f"PRAGMA user_version={len(migrations)}")
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        connection.execute("PRAGMA foreign_keys=ON")
    return len(migrations)


def check_schema(connection: sqlite3.Connection, migrations: tuple[Migration, ...], name: str) -> None:
    """SchemaDamaged where a table, index or trigger is missing or altered: the guards must not vanish unnoticed.

    What the migrations make is asked of a fresh database in memory; what else lies in the file is not ours to judge.
    """
    wanted = _made_by(migrations)
    found = _objects(connection)
    wrong = [f"{kind} {what}" for (kind, what), sql in wanted.items() if found.get((kind, what)) != sql]
    if wrong:
        raise SchemaDamaged(
            f"database {name}: {', '.join(wrong[:5])} missing or altered; restore a backup, "
            "or set PLEDGE_DATABASE to another file"
        )


@lru_cache(maxsize=4)
def _made_by(migrations: tuple[Migration, ...]) -> Mapping[tuple[str, str], str]:
    """What these make of an empty database; found out once in a process."""
    fresh = sqlite3.connect(":memory:", isolation_level=None)
    try:
        migrate(fresh, migrations, "in memory")
        return _objects(fresh)
    finally:
        fresh.close()


def _objects(connection: sqlite3.Connection) -> dict[tuple[str, str], str]:
    rows = connection.execute("SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL")
    return {(kind, name): sql for kind, name, sql in rows}


def _run(connection: sqlite3.Connection, migration: Migration, name: str) -> None:
    for statement in split_statements(migration.script):
        try:
            connection.execute(statement)
        except (sqlite3.IntegrityError, sqlite3.ProgrammingError) as error:
            raise _failed(migration, name, statement, str(error)) from error
        except sqlite3.OperationalError as error:
            # A full disk or a lock is no fault of the migration: the caller words those.
            if error.sqlite_errorcode != sqlite3.SQLITE_ERROR:
                raise
            raise _failed(migration, name, statement, str(error)) from error
        if not connection.in_transaction:
            raise _failed(migration, name, statement, "a migration may not end the transaction")


def _failed(migration: Migration, name: str, statement: str, reason: str) -> MigrationFailed:
    start = " ".join(statement.split())[:80]
    return MigrationFailed(
        f"database {name}: migration {migration.path.name}: {reason} (in: {start}); nothing was changed"
    )


def _check_references(connection: sqlite3.Connection, name: str) -> None:
    broken = connection.execute("PRAGMA foreign_key_check").fetchone()
    if broken is not None:
        table, row, parent, _ = broken
        raise MigrationFailed(
            f"database {name}: after the migrations row {row} of {table} points at no row of {parent}; "
            "nothing was changed"
        )
