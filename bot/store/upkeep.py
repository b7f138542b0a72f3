"""What keeps a SQLite file healthy between the units: looking for damage, shortening the log, copying."""

import os
import sqlite3
from pathlib import Path

from bot.store.units import spoken_errors


def find_damage(connection: sqlite3.Connection) -> tuple[str, ...]:
    """The complaints of `integrity_check` and `foreign_key_check`, if any; reads the whole file."""
    try:
        damage = [str(line) for (line,) in connection.execute("PRAGMA integrity_check") if line != "ok"]
        for table, row, parent, _ in connection.execute("PRAGMA foreign_key_check"):
            damage.append(f"row {row} of {table} points at no row of {parent}")
    except sqlite3.DatabaseError as error:
        # Pages can be so broken that the check itself gives up: that is its finding, not its failure.
        if getattr(error, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_CORRUPT:
            raise
        return (str(error),)
    return tuple(damage)


def shorten_log(connection: sqlite3.Connection) -> bool:
    """Write the log back into the database and cut it to nothing; False if a reader or writer was in the way.

    The passive round does the bulk without keeping anybody out, so that the second one is short.
    """
    connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy


def copy_to(connection: sqlite3.Connection, path: Path) -> None:
    """Write a compact copy to `path`, replacing a file of that name; half a copy never bears the name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.partial")
    unfinished.unlink(missing_ok=True)
    try:
        with spoken_errors(str(path)):
            unfinished.touch(mode=0o600)  # it holds what clients wrote
            connection.execute("VACUUM INTO ?", (str(unfinished),))
        _sync(unfinished)  # SQLite leaves that to us for VACUUM INTO
        unfinished.replace(path)
        _sync(path.parent)
    finally:
        unfinished.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
