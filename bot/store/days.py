"""When each manager is told what his day holds: one open row for each, the next beginning of his work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.store.times import from_ms, to_ms


@dataclass(frozen=True, slots=True)
class DayRow:
    """One beginning of somebody's working day."""

    id: int
    person_id: int
    due_at: datetime
    attempts: int


class Days:
    def __init__(self, connection: Any, queries: Any, touched: set[str]) -> None:
        self._c = connection
        self._q = queries
        self._touched = touched

    def plan(self, person_id: int, due_at: datetime) -> None:
        """Look at this person's day then; the same moment again does nothing, not even after it was told."""
        self._touched.add("steps")
        self._q.days_plan(self._c, person_id=person_id, due_at=to_ms(due_at))

    def open_of(self, person_id: int) -> DayRow | None:
        row = self._q.days_open(self._c, person_id=person_id)
        return None if row is None else _row(row)

    def due(self, now: datetime, n: int = 200) -> list[DayRow]:
        return [_row(row) for row in self._q.days_due(self._c, now=to_ms(now), n=n)]

    def next_at(self) -> datetime | None:
        """When the watch has to look again."""
        ms: int | None = self._q.days_next(self._c)
        return from_ms(ms)

    def end(self, id: int, state: str, now: datetime) -> None:
        """An open row is `said`, `quiet`, `dropped`, `superseded` or `failed`."""
        self._q.days_end(self._c, id=id, state=state, now=to_ms(now))

    def push_on(self, id: int, wake_at: datetime) -> None:
        """Look again later, one attempt further."""
        self._q.days_push_on(self._c, id=id, wake_at=to_ms(wake_at))


def _row(row: Any) -> DayRow:
    return DayRow(row["id"], row["person_id"], from_ms(row["due_at"]), row["attempts"])
