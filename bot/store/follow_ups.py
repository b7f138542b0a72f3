"""What is asked again or passed on when nobody has acted by its moment: rows that the watch acts on, each once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from bot.store.times import from_ms, to_ms
from bot.tickets import Ticket


class Follow(StrEnum):
    """What is followed up."""

    CALL = "call"  # a level was called in: is it acknowledged?
    THIRD_PARTY = "third_party"  # a ticket waits for a third party: still?


@dataclass(frozen=True, slots=True)
class FollowUp:
    """The n-th turn of following up an event of a ticket, `subject` being its number in the log."""

    id: int
    ticket_id: int
    kind: Follow
    subject: int
    n: int
    due_at: datetime
    state: str
    ended_at: datetime | None
    attempts: int


class FollowUps:
    def __init__(self, connection: Any, queries: Any, touched: set[str]) -> None:
        self._c = connection
        self._q = queries
        self._touched = touched

    def add(self, ticket: Ticket, kind: Follow, subject: int, n: int, due_at: datetime) -> None:
        """Plan one turn; the same turn again does nothing."""
        self._touched.add("steps")
        self._q.follow_ups_add(
            self._c,
            client_id=ticket.client_id,
            ticket_id=ticket.id,
            kind=kind.value,
            subject=subject,
            n=n,
            due_at=to_ms(due_at),
        )

    def due(self, now: datetime, n: int = 200) -> list[FollowUp]:
        """Turns whose moment has come, oldest first."""
        return [_follow_up(row) for row in self._q.follow_ups_due(self._c, now=to_ms(now), n=n)]

    def of(self, ticket_id: int, kind: Follow, subject: int) -> list[FollowUp]:
        """Every turn of following up one event, in order."""
        rows = self._q.follow_ups_of(self._c, ticket_id=ticket_id, kind=kind.value, subject=subject)
        return [_follow_up(row) for row in rows]

    def next_at(self) -> datetime | None:
        """When the next turn wakes; None with nothing planned."""
        row = self._q.follow_ups_next(self._c)
        return None if row is None else from_ms(row["wake_at"])

    def end(self, id: int, state: str, now: datetime) -> None:
        """Close a turn for good: `done`, `dropped` or `failed`."""
        self._q.follow_ups_end(self._c, id=id, state=state, now=to_ms(now))

    def open_again(self, ticket_id: int, since: datetime) -> None:
        """Look once more at the turns for which there was nothing to do any more, `since` a moment or later."""
        self._touched.add("steps")
        self._q.follow_ups_open_again(self._c, ticket_id=ticket_id, since=to_ms(since))

    def wait(self, id: int, wake_at: datetime) -> None:
        """Look at a turn later, because the ticket stands still."""
        self._q.follow_ups_wait(self._c, id=id, wake_at=to_ms(wake_at))

    def push_on(self, id: int, wake_at: datetime) -> None:
        """Look at a turn again later, because acting on it failed."""
        self._q.follow_ups_push_on(self._c, id=id, wake_at=to_ms(wake_at))


def _follow_up(row: Any) -> FollowUp:
    return FollowUp(
        id=row["id"],
        ticket_id=row["ticket_id"],
        kind=Follow(row["kind"]),
        subject=row["subject"],
        n=row["n"],
        due_at=from_ms(row["due_at"]),
        state=row["state"],
        ended_at=None if row["ended_at"] is None else from_ms(row["ended_at"]),
        attempts=row["attempts"],
    )
