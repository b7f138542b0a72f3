"""The store on one SQLite file: a single writing thread with group commit, a few reading ones.

A caller's unit waits in a bounded queue; the writer takes what is waiting, up to `batch_limit`, and runs it
whole in the writing connection's thread, in one transaction; callers wake after its COMMIT.
"""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

from bot.store.base import SchemaChanged, StoreBusy, StoreClosed
from bot.store.files import InstanceLock, acquire_instance_lock, prepare_place
from bot.store.migrate import MIGRATIONS, check_schema, find_migrations, migrate
from bot.store.sync import SyncStore, open_sync
from bot.store.thread import ThreadConnection
from bot.store.units import (
    LOCK_WAIT,
    READ_LIMIT,
    Crash,
    Rules,
    Unit,
    connect,
    run_batch,
    run_read,
    spoken_errors,
)
from bot.store.upkeep import copy_to, find_damage, shorten_log

__all__ = ["InstanceLock", "SqliteStore", "SyncStore", "acquire_instance_lock", "open_sqlite", "open_sync"]

Tx = TypeVar("Tx")
T = TypeVar("T")
Place = Path | Literal[":memory:"]

# A checkpoint that cuts the log keeps the writer out while it waits for readers, so it may not wait long.
_CHECKPOINT_WAIT = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class _Worker(Generic[Tx]):
    """A connection, its thread, and the typed queries that belong to it."""

    connection: ThreadConnection
    tx: Tx


class SqliteStore(Generic[Tx]):
    """Made by `open_sqlite`; belongs to the event loop it was opened in.

    `fenced` turns true for good when another program migrated the file: the process should end (exit 78).
    """

    def __init__(
        self,
        place: Place,
        writer: _Worker[Tx],
        readers: list[_Worker[Tx]],
        rules: Rules,
        *,
        queue_limit: int,
        batch_limit: int,
    ) -> None:
        self.fenced = False
        self._place = place
        self._writer = writer
        self._readers = readers
        self._rules = rules
        self._queue_limit = queue_limit
        self._batch_limit = batch_limit
        self._queue: deque[tuple[Unit[Tx], asyncio.Future[Any]]] = deque()
        self._work_waits = asyncio.Event()
        self._free_readers: asyncio.Queue[_Worker[Tx]] = asyncio.Queue()
        self._reads_waiting = 0
        for reader in readers:
            self._free_readers.put_nowait(reader)
        self._subscribers: list[tuple[Callable[[], None], str | None]] = []
        self._fence_seen = asyncio.Event()
        self._closing: asyncio.Task[None] | None = None
        self._loop = asyncio.get_running_loop()
        self._writing = self._loop.create_task(self._write_batches(), name="store-writer")

    async def write(self, work: Callable[[Tx], T]) -> T:
        """See `Store.write`; raises StoreBusy at once when `queue_limit` units are waiting already."""
        self._refuse_if_over()
        if len(self._queue) >= self._queue_limit:
            raise StoreBusy(f"database {self._rules.name}: {len(self._queue)} units are waiting; try again")
        future: asyncio.Future[T] = self._loop.create_future()
        self._queue.append((Unit(work), future))
        self._work_waits.set()
        return await future

    async def read(self, work: Callable[[Tx], T]) -> T:
        """See `Store.read`; ReadTooLong after the limit. A store in memory reads in its writer's thread."""
        self._refuse_if_over()
        if not self._readers:
            return await self._read_with(self._writer, work)
        if self._reads_waiting >= self._queue_limit:
            raise StoreBusy(f"database {self._rules.name}: {self._reads_waiting} reads are waiting; try again")
        self._reads_waiting += 1
        try:
            reader = await self._free_readers.get()
        finally:
            self._reads_waiting -= 1
        return await self._read_with(reader, work)

    def subscribe(self, wake: Callable[[], None], to: str | None = None) -> Callable[[], None]:
        """See `Store.subscribe`; what `wake` raises goes to the loop's exception handler."""
        entry = (wake, to)
        self._subscribers.append(entry)
        return lambda: self._subscribers.remove(entry)

    async def wait_fenced(self) -> None:
        """Return when `fenced` turns true; the fence is looked at by every batch and every read."""
        await self._fence_seen.wait()

    async def integrity_check(self) -> tuple[str, ...]:
        """Complaints about the whole file, none if it is sound; takes its time, keeps nobody waiting."""
        return await self._aside(find_damage)

    async def checkpoint(self) -> bool:
        """Write the log back and cut it; False if somebody was in the way (then the next one will do)."""
        return await self._aside(shorten_log, lock_wait=_CHECKPOINT_WAIT)

    async def backup_to(self, path: Path) -> None:
        """A complete copy of the last committed state at `path`, which appears whole or not at all."""
        await self._aside(partial(copy_to, path=path))

    async def close(self) -> None:
        """See `Store.close`; ends with the log written back. Cancelling the caller does not stop it."""
        if self._closing is None:
            self._closing = self._loop.create_task(self._shut(), name="store-close")
            self._work_waits.set()
        await asyncio.shield(self._closing)

    def _refuse_if_over(self) -> None:
        if self._closing is not None:
            raise StoreClosed(f"database {self._rules.name}: the store is closed")
        if self.fenced:
            raise SchemaChanged(f"database {self._rules.name}: another program changed its schema; restart")

    async def _write_batches(self) -> None:
        while self._queue or self._closing is None:
            if not self._queue:
                self._work_waits.clear()
                await self._work_waits.wait()
                continue
            batch = [self._queue.popleft() for _ in range(min(len(self._queue), self._batch_limit))]
            units = [unit for unit, _ in batch]
            try:
                changed = await self._writer.connection.run(
                    partial(run_batch, tx=self._writer.tx, units=units, rules=self._rules)
                )
            except BaseException:
                self._give_up(batch)
                raise
            for unit, future in batch:
                self._settle(unit, future)
            touched = self._touched()
            if changed:
                for wake, to in self._subscribers:
                    if to is None or to in touched:
                        self._loop.call_soon(wake)

    def _touched(self) -> set[str]:
        """What the units of the batch that has just ended said they touched; the next batch begins anew."""
        touched: set[str] = getattr(self._writer.tx, "touched", set())
        said = set(touched)
        touched.clear()
        return said

    def _settle(self, unit: Unit[Tx], future: asyncio.Future[Any]) -> None:
        if isinstance(unit.error, SchemaChanged):
            self._fence()
        if future.done():  # its caller was cancelled
            return
        if unit.error is None:
            future.set_result(unit.result)
        else:
            future.set_exception(unit.error)

    def _give_up(self, batch: list[tuple[Unit[Tx], asyncio.Future[Any]]]) -> None:
        """The writer itself was stopped: nobody may wait for ever."""
        for _, future in (*batch, *self._queue):
            if not future.done():
                future.set_exception(StoreClosed(f"database {self._rules.name}: the writer was stopped"))
        self._queue.clear()

    async def _read_with(self, worker: _Worker[Tx], work: Callable[[Tx], T]) -> T:
        shared = worker is self._writer
        reading = self._loop.create_task(
            worker.connection.run(lambda connection: run_read(connection, worker.tx, work, self._rules, shared=shared))
        )
        if not shared:
            # Only when the thread is through with it, not already when its caller is cancelled.
            reading.add_done_callback(lambda _: self._free_readers.put_nowait(worker))
        try:
            return await asyncio.shield(reading)
        except SchemaChanged:
            self._fence()
            raise

    def _fence(self) -> None:
        self.fenced = True
        self._fence_seen.set()

    async def _aside(self, function: Callable[[sqlite3.Connection], T], *, lock_wait: timedelta = LOCK_WAIT) -> T:
        """Run long upkeep on a connection of its own (in memory there is but one), cut off if cancelled."""
        self._refuse_if_over()
        name = self._rules.name
        if self._place == ":memory:":
            return await self._writer.connection.run(function)
        own = ThreadConnection(partial(connect, self._place, name=name, lock_wait=lock_wait))
        await own.connect()
        try:
            with spoken_errors(name):
                return await own.run(function)
        except asyncio.CancelledError:
            await own.interrupt()
            raise
        finally:
            await own.close()

    async def _shut(self) -> None:
        try:
            await asyncio.wait([self._writing])
            for _ in self._readers:
                await (await self._free_readers.get()).connection.close()
            # Only tidiness: what a full disk keeps in the log is safe there, and the next start reads it.
            with suppress(sqlite3.Error):
                await self._writer.connection.run(shorten_log)
        finally:
            for worker in (*self._readers, self._writer):
                await worker.connection.close()


async def open_sqlite(
    path: Place,
    *,
    make_tx: Callable[[sqlite3.Connection], Tx],
    migrations: Path = MIGRATIONS,
    readers: int = 2,
    queue_limit: int = 4096,
    batch_limit: int = 256,
    on_commit: Callable[[], None] | None = None,
    crash: Crash | None = None,
    lock_wait: timedelta = LOCK_WAIT,
    read_limit: timedelta = READ_LIMIT,
) -> SqliteStore[Tx]:
    """Open, create or upgrade the database and start its writer; the caller must `close` it.

    `make_tx` builds the queries of one connection, in that connection's thread. `":memory:"` is a fresh
    store of one connection, which reads between its batches. `on_commit` is a first subscriber. `crash` is
    called with "batch.begin", "unit.done", "batch.before_commit" and "batch.after_commit" (for fault tests).
    """
    name = str(path)
    scripts = find_migrations(migrations)
    if isinstance(path, Path):
        prepare_place(path)
    async with AsyncExitStack() as stack:

        async def start(*, read_only: bool) -> _Worker[Tx]:
            connection = ThreadConnection(partial(connect, path, name=name, lock_wait=lock_wait, read_only=read_only))
            await connection.connect()
            stack.push_async_callback(connection.close)
            if not read_only:
                with spoken_errors(name):
                    await connection.run(lambda raw: migrate(raw, scripts, name))
                    await connection.run(lambda raw: check_schema(raw, scripts, name))
            return _Worker(connection, await connection.run(make_tx))

        writer = await start(read_only=False)
        count = readers if isinstance(path, Path) else 0
        store = SqliteStore(
            path,
            writer,
            [await start(read_only=True) for _ in range(count)],
            Rules(name, version=len(scripts), read_limit=read_limit, crash=crash),
            queue_limit=queue_limit,
            batch_limit=batch_limit,
        )
        if on_commit is not None:
            store.subscribe(on_commit)
        stack.pop_all()
        return store
