"""What is told of in one line when its hour or day is over: for each place at most one open row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from bot.store.times import from_ms, to_ms


class Place(StrEnum):
    """Where something came from that could not be read."""

    ROOM = "room"
    STRANGERS = "strangers"  # all rooms that belong to nobody
    NOWHERE = "nowhere"  # not even its room can be read


@dataclass(frozen=True, slots=True)
class Digest:
    """`what`: a room's address, of what has none the reason; `told_id`: the last event that was told of."""

    id: int
    channel: str
    account: str
    place: Place
    what: str
    told_id: int
    attempts: int


class Digests:
    """All moments are business time."""

    def __init__(self, connection: Any, queries: Any, touched: set[str]) -> None:
        self._c = connection
        self._q = queries
        self._touched = touched

    def begin(self, channel: str, account: str, place: Place, what: str, told_id: int, due_at: datetime) -> bool:
        """Tell then what comes after this event; False where a line of this place is due already."""
        self._touched.add("steps")
        address = {"channel": channel, "account": account, "kind": place.value, "what": what}
        return self._q.digests_begin(self._c, **address, told_id=told_id, due_at=to_ms(due_at)) is not None

    def due(self, now: datetime, n: int = 200) -> list[Digest]:
        return [
            Digest(
                row["id"],
                row["channel"],
                row["account"],
                Place(row["kind"]),
                row["what"],
                row["told_id"],
                row["attempts"],
            )
            for row in self._q.digests_due(self._c, now=to_ms(now), n=n)
        ]

    def next_at(self) -> datetime | None:
        """When the watch has to look again."""
        ms: int | None = self._q.digests_next(self._c)
        return from_ms(ms)

    def end(self, id: int, state: str, now: datetime) -> None:
        """An open row is `told`, `quiet` or `failed`."""
        self._q.digests_end(self._c, id=id, state=state, now=to_ms(now))

    def push_on(self, id: int, wake_at: datetime) -> None:
        """Look again later, one attempt further."""
        self._q.digests_push_on(self._c, id=id, wake_at=to_ms(wake_at))
