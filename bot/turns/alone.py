"""Turns of the watch over rows whose moment has come: each alone, so that one that fails holds up no other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import TypeVar

from bot.store.tx import Tx

BATCH = 200

MAX_ATTEMPTS = 8
_BACKOFF = timedelta(seconds=5)
_T = TypeVar("_T")


def each_alone(
    tx: Tx, rows: Iterable[_T], act: Callable[[_T], object], failed: Callable[[_T, Exception], object]
) -> None:
    """Act on each under a savepoint of its own. Where that fails for what the row is, it is undone and `failed` told of
    the error; an error of the store is that of the whole unit, and raised.
    """
    for row in rows:
        try:
            with tx.savepoint():
                act(row)
        except Exception as error:
            if not tx.is_poison(error):
                raise
            failed(row, error)


def again_at(attempts: int, now: datetime) -> datetime | None:
    """When to try once more what has failed, after `attempts` earlier failures; None: it is to be given up."""
    return now + _BACKOFF * 2**attempts if attempts + 1 < MAX_ATTEMPTS else None
