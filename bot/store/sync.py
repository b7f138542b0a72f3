"""The store for short commands that have no event loop: the same units, settings and version fence."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Generic, TypeVar

from bot.store.base import InstanceRunning, SchemaOlder
from bot.store.files import acquire_instance_lock, prepare_place
from bot.store.migrate import MIGRATIONS, check_schema, find_migrations, migrate, needs_migration, version_of
from bot.store.units import LOCK_WAIT, READ_LIMIT, Rules, Unit, connect, run_batch, run_read, spoken_errors
from bot.store.upkeep import copy_to

Tx = TypeVar("Tx")
T = TypeVar("T")


class SyncStore(Generic[Tx]):
    """The same units without an event loop; made by `open_sync`, used in one thread."""

    def __init__(self, connection: sqlite3.Connection, tx: Tx, rules: Rules) -> None:
        self._connection = connection
        self._tx = tx
        self._rules = rules

    def write(self, work: Callable[[Tx], T]) -> T:
        """Run `work` as one unit; its result is durable on return. Raises as `Store.write` does."""
        unit = Unit(work)
        run_batch(self._connection, self._tx, [unit], self._rules)
        if unit.error is not None:
            raise unit.error
        result: T = unit.result
        return result

    def read(self, work: Callable[[Tx], T]) -> T:
        """Run `work` on one snapshot; it may not write."""
        return run_read(self._connection, self._tx, work, self._rules, shared=True)

    def backup_to(self, path: Path) -> None:
        """A complete copy of the last committed state at `path`, which appears whole or not at all."""
        copy_to(self._connection, path)


@contextmanager
def open_sync(
    path: Path,
    make_tx: Callable[[sqlite3.Connection], Tx],
    *,
    migrations: Path = MIGRATIONS,
    lock_wait: timedelta = LOCK_WAIT,
    read_limit: timedelta = READ_LIMIT,
) -> Iterator[SyncStore[Tx]]:
    """The store for a short command; it may write beside a running bot, but never migrates under one."""
    name = str(path)
    scripts = find_migrations(migrations)
    prepare_place(path)
    connection = connect(path, name=name, lock_wait=lock_wait)
    try:
        with spoken_errors(name):
            if needs_migration(connection, scripts, name):
                try:
                    with acquire_instance_lock(path):
                        migrate(connection, scripts, name)
                except InstanceRunning as error:
                    raise SchemaOlder(
                        f"database {name}: its schema is version {version_of(connection)}, this program "
                        f"needs {len(scripts)}, and a bot runs on it; stop it or start its new version first"
                    ) from error
            # These commands write too, and a copy made of a file without its guards must not pass for a good one.
            check_schema(connection, scripts, name)
        yield SyncStore(connection, make_tx(connection), Rules(name, len(scripts), read_limit))
    finally:
        connection.close()
