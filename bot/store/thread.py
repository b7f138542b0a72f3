"""An aiosqlite connection that also runs plain functions; the only place that leans on aiosqlite's internals.

tests/store/test_thread.py pins them, so that an upgrade which moves them fails there and not in the desk.
"""

import sqlite3
from collections.abc import Callable
from typing import TypeVar

import aiosqlite

T = TypeVar("T")


class ThreadConnection(aiosqlite.Connection):
    """An aiosqlite connection whose thread also runs plain functions, in the order they were asked for."""

    def __init__(self, connector: Callable[[], sqlite3.Connection]) -> None:
        super().__init__(connector, iter_chunk_size=64)
        self._thread.daemon = True  # a store that nobody closed must not keep the process alive

    async def run(self, function: Callable[[sqlite3.Connection], T]) -> T:
        result: T = await self._execute(function, self._conn)  # type: ignore[no-untyped-call]  # untyped in aiosqlite
        return result

    async def connect(self) -> None:
        """Open the connection; on failure leave no thread behind."""
        try:
            await self
        except BaseException:
            self._thread.join()  # it was told to stop and has nothing left to do
            raise
