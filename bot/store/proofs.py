"""Proof of delivery: which notices for the staff have not got through, and by which paths they were tried."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bot.store.outbox_row import NextPath, OutboxRow, row_of
from bot.store.times import from_ms, to_ms


class Proofs:
    """Reads the outbox, and notes there whether a notice has gone on; its states are the outbox's own matter."""

    def __init__(self, connection: Any, queries: Any) -> None:
        self._c = connection
        self._q = queries

    def unproved(self, before: datetime, n: int) -> list[OutboxRow]:
        """What was put for the staff by then (business time) and has not got through, gravest first; courtesies left
        out, and what is on another path already.
        """
        rows = list(self._q.outbox_unproved(self._c, before=to_ms(before), n=n))
        return [row_of(self._q.outbox_get(self._c, id=row["id"])) for row in rows]

    def unheeded(self, before: datetime, n: int) -> list[tuple[int, int, int]]:
        """(row, room, message number) of what was posted for the staff on the board by then (business time) and was
        before nobody's eyes; by room, in order.
        """
        rows = self._q.outbox_unheeded(self._c, before=to_ms(before), n=n)
        return [(row["id"], row["room_id"], row["seq"]) for row in rows]

    def oldest_unproved(self) -> datetime | None:
        """When the oldest of these was put."""
        ms: int | None = self._q.outbox_oldest_unproved(self._c)
        return from_ms(ms)

    def set_next_path(self, id: int, next_path: NextPath) -> None:
        self._q.outbox_set_next_path(self._c, id=id, next_path=int(next_path))

    def tried(self, origin: int) -> set[int]:
        """The rooms in which a notice was tried."""
        return {row["room_id"] for row in self._q.outbox_tried(self._c, origin=origin)}

    def lost(self) -> int:
        """How many notices of open tickets reached nobody, and have no path left."""
        return int(self._q.outbox_lost(self._c))
