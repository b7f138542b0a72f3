"""What a store does for the rest of the bot: the contract and the errors, free of any driver.

StoreError
├── StoreClosed            used after `close`
├── StoreBusy              a queue is full or a lock was not released in time: answer 503, it will be repeated (75)
│   └── ReadTooLong        one read used up its time
├── StoreUnavailable       the disk says no: answer 503; works again by itself once the cause is gone (69)
│   ├── DiskFull           (74)
│   ├── ReadOnly           (77)
│   └── CannotOpen         (73)
├── WrongUnit              a mistake in our own code: the work broke the rules of a unit
├── InstanceRunning        another bot runs on this database (exit 75)
└── SchemaError            this program and this file do not fit (exit 78)
    ├── SchemaNewer
    ├── SchemaOlder
    ├── SchemaChanged      the version moved while we were running
    ├── SchemaDamaged
    └── MigrationFailed
"""

from collections.abc import Callable
from typing import ClassVar, Protocol, TypeVar

Tx_co = TypeVar("Tx_co", covariant=True)
T = TypeVar("T")


class StoreError(Exception):
    """Anything the store itself refuses; `exit_code` is what a process ends with when it cannot go on."""

    exit_code: ClassVar[int] = 1


class StoreClosed(StoreError):
    """The store was closed, or is closing and takes no new work."""


class StoreBusy(StoreError):
    """Nothing is wrong with the work; there was no room or no lock for it now."""

    exit_code = 75


class ReadTooLong(StoreBusy):
    """A read was cut off, because a long reader keeps the write-ahead log from being shortened."""


class StoreUnavailable(StoreError):
    """The file cannot be used at the moment; nothing of the failed work was kept."""

    exit_code = 69


class DiskFull(StoreUnavailable):
    """No space left for the database or its log."""

    exit_code = 74


class ReadOnly(StoreUnavailable):
    """The file, its folder or its file system may not be written."""

    exit_code = 77


class CannotOpen(StoreUnavailable):
    """The place where the database should be cannot hold one."""

    exit_code = 73


class WrongUnit(StoreError):
    """A unit of work wrote in a read, ended the transaction, or returned something lazy."""


class InstanceRunning(StoreError):
    """A second bot on one SQLite file would send everything twice."""

    exit_code = 75


class SchemaError(StoreError):
    """Going on could damage data that another version of the program understands better."""

    exit_code = 78


class SchemaNewer(SchemaError):
    """The file was written by a newer program."""


class SchemaOlder(SchemaError):
    """The file needs migrations that may not run now, because a bot is using it."""


class SchemaChanged(SchemaError):
    """Another program migrated the file while this one was running."""


class SchemaDamaged(SchemaError):
    """The file is no database of ours, or its pages contradict each other."""


class MigrationFailed(SchemaError):
    """A migration is badly named or did not run; the file is as it was before."""


class Store(Protocol[Tx_co]):
    """Units of work in, results out; asynchronous at the edges, synchronous inside a transaction.

    `work` is a plain function and gets the engine's queries as its only argument. It must not wait, use the
    network or keep `tx` beyond its return, and it may be run again from the start by an engine that retries.
    """

    async def write(self, work: Callable[[Tx_co], T]) -> T:
        """Run `work` as one all-or-nothing unit and return its result once it is durable.

        What `work` raises reaches this caller alone, with everything `work` did undone. Cancelling the caller
        does not stop the unit: it is still committed, and its result dropped. A `StoreError` says that
        nothing was kept; only a crash in the very moment of the commit leaves that open.
        """
        ...

    async def read(self, work: Callable[[Tx_co], T]) -> T:
        """Run `work`, which may not write, on one snapshot that includes every write returned so far."""
        ...

    def subscribe(self, wake: Callable[[], None], to: str | None = None) -> Callable[[], None]:
        """Call `wake` in the event loop after commits that changed rows (one call may stand for many); with `to` only
        after those whose units said that they touched it (`tx.touched`).

        A hint for loops that would otherwise wait for their next look. Returns the way to unsubscribe.
        """
        ...

    async def close(self) -> None:
        """Finish what was accepted, refuse the rest, let go of the database. May be called twice."""
        ...
