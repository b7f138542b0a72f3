"""Who is away when: absences as rows, whoever declared them."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any, cast

from bot.duty import Absence, Origin
from bot.store.times import from_ms, to_ms

_OPEN_END = 9007199254740991


class Duty:
    def __init__(self, connection: Any, queries: Any) -> None:
        self._c = connection
        self._q = queries

    def remembering(self) -> Duty:
        """The same questions, each asked once; for as long as nobody's absences change."""
        return cast(Duty, _Once(self))

    def absences(self, now: datetime) -> list[Absence]:
        """Everybody's absences that hold at `now` or lie ahead, by start."""
        return [_absence(row) for row in self._q.absences_since(self._c, now=to_ms(now))]

    def absences_of(self, person_id: int, now: datetime) -> list[Absence]:
        """One person's absences that hold at `now` or lie ahead, by start."""
        return [_absence(row) for row in self._q.absences_of(self._c, person_id=person_id, now=to_ms(now))]

    def absence(self, id: int) -> Absence:
        """KeyError where there is none; those that are over are found too."""
        row = self._q.absences_get(self._c, id=id)
        if row is None:
            raise KeyError(f"no absence {id}")
        return _absence(row)

    def add_absence(
        self,
        person_id: int,
        starts_at: datetime,
        ends_at: datetime | None,
        now: datetime,
        *,
        origin: Origin,
        note: str = "",
        uid: str = "",
    ) -> int:
        """Declare an absence `[starts_at, ends_at)`; its id. None: until he says that he is back."""
        return int(
            self._q.absences_add(
                self._c,
                person_id=person_id,
                starts_at=to_ms(starts_at),
                ends_at=to_ms(ends_at),
                until_at=_OPEN_END if ends_at is None else to_ms(ends_at),
                note=note,
                origin=origin.value,
                uid=uid,
                now=to_ms(now),
            )
        )

    def end_absence(self, id: int, back_at: datetime) -> None:
        """It ends at `back_at`, which is before its end; before its start: it is called off."""
        self._q.absences_end(self._c, id=id, back_at=to_ms(back_at))


class _Once:
    """Duty, with each method's answers remembered."""

    def __init__(self, duty: Duty) -> None:
        self._duty = duty

    def __getattr__(self, name: str) -> Any:
        asked_once = cache(getattr(self._duty, name))
        setattr(self, name, asked_once)
        return asked_once


def _absence(row: Any) -> Absence:
    return Absence(
        id=row["id"],
        person_id=row["person_id"],
        starts_at=from_ms(row["starts_at"]),
        ends_at=from_ms(row["ends_at"]),
        origin=Origin(row["origin"]),
        note=row["note"],
        back_at=from_ms(row["back_at"]),
    )
