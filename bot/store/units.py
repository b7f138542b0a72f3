"""One SQLite connection and the units that run on it: settings, batches of writes, reads; all synchronous.

What happens to threads, queues and waiting callers is `sqlite.py`'s business.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import CoroutineType, GeneratorType
from typing import Any, Generic, TypeVar

from bot.store.base import (
    CannotOpen,
    DiskFull,
    ReadOnly,
    ReadTooLong,
    SchemaChanged,
    SchemaDamaged,
    StoreBusy,
    StoreError,
    StoreUnavailable,
    WrongUnit,
)
from bot.store.migrate import version_of

Tx = TypeVar("Tx")
T = TypeVar("T")
Crash = Callable[[str], None]

# synchronous=FULL because NORMAL may lose acknowledged commits at a power cut; recursive_triggers because
# INSERT OR REPLACE would otherwise pass the audit's DELETE trigger.
_SETTINGS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "recursive_triggers=ON",
    "trusted_schema=OFF",
    "wal_autocheckpoint=1000",
    "journal_size_limit=67108864",
)
LOCK_WAIT = timedelta(seconds=5)
READ_LIMIT = timedelta(seconds=2)
_STATEMENT_CACHE = 512
# Steps of SQLite's virtual machine between two looks at the time: well under a millisecond.
_STEPS_BETWEEN_LOOKS = 10_000


@dataclass(frozen=True, slots=True)
class Rules:
    """What a connection needs to know to run units; `name` is the database as messages call it."""

    name: str
    version: int
    read_limit: timedelta = READ_LIMIT
    crash: Crash | None = None


@dataclass(slots=True)
class Unit(Generic[Tx]):
    """One unit on its way through a batch; afterwards it carries its result, or the error for its caller."""

    work: Callable[[Tx], Any]
    result: Any = None
    error: BaseException | None = None


def connect(path: Path | str, *, name: str, lock_wait: timedelta, read_only: bool = False) -> sqlite3.Connection:
    """An autocommit connection with this project's settings; only the thread that opened it may use it.

    Raises the StoreError that fits: SchemaDamaged for a file that is no database, CannotOpen, StoreBusy ...
    """
    with spoken_errors(name):
        connection = sqlite3.connect(
            path,
            timeout=lock_wait.total_seconds(),
            isolation_level=None,
            cached_statements=_STATEMENT_CACHE,
        )
        try:
            for setting in _SETTINGS:
                connection.execute(f"PRAGMA {setting}")
            (journal,) = connection.execute("PRAGMA journal_mode").fetchone()
            if journal not in ("wal", "memory"):
                raise CannotOpen(f"database {name}: no write-ahead log there ({journal}); use a local disk")
            # Reads the whole schema, so that a damaged one is found now and not in the first unit.
            connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            if read_only:
                connection.execute("PRAGMA query_only=ON")
        except BaseException:
            connection.close()
            raise
    return connection


def run_batch(connection: sqlite3.Connection, tx: Tx, units: Sequence[Unit[Tx]], rules: Rules) -> bool:
    """Run `units` in one transaction and fill in their outcomes; True if rows may have changed.

    1. BEGIN IMMEDIATE: a deferred one would fail at its first write after another process's commit.
    2. The version fence: a file that was migrated under us is not touched any more.
    3. Each unit under a savepoint; one that raises is rolled back alone.
    4. One COMMIT for all. If anything but a unit fails, all is rolled back and every unit carries that error.
    """
    changes = connection.total_changes
    try:
        connection.execute("BEGIN IMMEDIATE")
        _reach("batch.begin", rules)
        _check_version(connection, rules)
        for unit in units:
            _run_unit(connection, tx, unit, rules)
            _reach("unit.done", rules)
        _reach("batch.before_commit", rules)
        connection.execute("COMMIT")
        _reach("batch.after_commit", rules)
    except BaseException as error:  # noqa: BLE001 - every caller of the batch gets it
        _rollback(connection)
        spoken = outcome(error, rules.name)
        for unit in units:
            unit.result, unit.error = None, spoken
        return False
    return connection.total_changes != changes


def _run_unit(connection: sqlite3.Connection, tx: Tx, unit: Unit[Tx], rules: Rules) -> None:
    connection.execute("SAVEPOINT unit")
    try:
        unit.result = _strict(unit.work(tx))
    except Exception as error:
        if not connection.in_transaction:
            # SQLite gives up whole transactions on a full disk or an I/O error: then the batch is lost.
            raise _lost(error, rules.name) from error
        connection.execute("ROLLBACK TO unit")
        unit.error = outcome(error, rules.name)
    try:
        connection.execute("RELEASE unit")
    except sqlite3.OperationalError as error:
        unit.result = None
        raise _lost(error, rules.name) from error


def run_read(
    connection: sqlite3.Connection, tx: Tx, work: Callable[[Tx], T], rules: Rules, *, shared: bool = False
) -> T:
    """Run `work` on one snapshot and return its result; `shared` says that the connection also writes."""
    deadline = time.monotonic() + rules.read_limit.total_seconds()
    if shared:
        connection.execute("PRAGMA query_only=ON")
    connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS_BETWEEN_LOOKS)
    try:
        with spoken_errors(rules.name, reading=True):
            connection.execute("BEGIN")
            _check_version(connection, rules)
            return _strict(work(tx))
    finally:
        connection.set_progress_handler(None, 0)
        _rollback(connection)
        if shared:
            connection.execute("PRAGMA query_only=OFF")


def outcome(error: BaseException, name: str, *, reading: bool = False) -> BaseException:
    """The error a caller gets: SQLite's trouble in the store's words, anything else as it is."""
    if isinstance(error, sqlite3.Error):
        spoken = _spoken(error, name, reading)
        if spoken is not None:
            spoken.__cause__ = error
            return spoken
    if isinstance(error, StopIteration):
        # A future cannot carry it; a bare next() in a unit would otherwise leave its caller waiting for ever.
        return WrongUnit(f"database {name}: the unit raised StopIteration (next() on something empty?)")
    return error


def _spoken(error: sqlite3.Error, name: str, reading: bool) -> StoreError | None:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the low byte of an extended code is its family
    match code:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return StoreBusy(f"database {name}: another process holds its lock; try again")
        case sqlite3.SQLITE_INTERRUPT if reading:
            return ReadTooLong(f"database {name}: the read took too long and was cut off; ask for less at a time")
        case sqlite3.SQLITE_READONLY if reading:
            return WrongUnit(f"database {name}: a read tried to write; pass this work to write()")
        case sqlite3.SQLITE_READONLY:
            return ReadOnly(f"database {name}: it may not be written; check the owner of the file and its folder")
        case sqlite3.SQLITE_FULL:
            return DiskFull(f"database {name}: the disk is full; free some space and it goes on by itself")
        case sqlite3.SQLITE_CANTOPEN:
            return CannotOpen(f"database {name}: cannot open the file; check the owner of it and of its folder")
        case sqlite3.SQLITE_IOERR:
            return StoreUnavailable(f"database {name}: the disk does not take or give data ({error})")
        case sqlite3.SQLITE_NOTADB:
            return SchemaDamaged(f"database {name}: not a SQLite database, or its header is damaged; restore a backup")
        case sqlite3.SQLITE_CORRUPT:
            return SchemaDamaged(f"database {name}: damaged ({error}); restore a backup")
    return None


@contextmanager
def spoken_errors(name: str, *, reading: bool = False) -> Iterator[None]:
    """SQLite's errors inside the block come out in the store's words."""
    try:
        yield
    except (sqlite3.Error, StopIteration) as error:
        raise outcome(error, name, reading=reading) from error


def _check_version(connection: sqlite3.Connection, rules: Rules) -> None:
    version = version_of(connection)
    if version != rules.version:
        raise SchemaChanged(
            f"database {rules.name}: its schema moved from version {rules.version} to {version} while this "
            "program ran; start the version that made the change"
        )


def _strict(result: T) -> T:
    """Refuse what would run after the transaction: an unread aiosql query does nothing until it is read."""
    if isinstance(result, (GeneratorType, CoroutineType)):
        result.close()
        raise WrongUnit(
            f"the unit returned a {type(result).__name__}; return rows (list(...)), never a promise of them"
        )
    return result


def _lost(error: BaseException, name: str) -> BaseException:
    spoken = outcome(error, name)
    if isinstance(spoken, StoreError) and not isinstance(spoken, WrongUnit):
        return spoken
    return WrongUnit(f"database {name}: a unit ended the transaction by itself ({error!r}); leave that to the store")


def _rollback(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        # Even when ROLLBACK reports an I/O error the transaction is over, and the first error tells more.
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")


def _reach(point: str, rules: Rules) -> None:
    """A named place where fault tests let the process die."""
    if rules.crash is not None:
        rules.crash(point)
