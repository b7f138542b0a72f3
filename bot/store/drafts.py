"""Words of staff that wait for a confirmation before a client reads them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.store.times import from_ms, to_ms
from bot.tickets import Ticket


@dataclass(frozen=True, slots=True)
class Draft:
    """`skipped` characters of the message stand before the words. `state`: open, sent or dropped."""

    id: int
    ticket_id: int
    person_id: int
    message_id: int
    skipped: int
    state: str
    created_at: datetime


class Drafts:
    def __init__(self, connection: Any, queries: Any) -> None:
        self._c = connection
        self._q = queries

    def add(self, ticket: Ticket, person_id: int, message_id: int, skipped: int, now: datetime) -> int:
        """A new open draft; its id."""
        return int(
            self._q.drafts_add(
                self._c,
                client_id=ticket.client_id,
                ticket_id=ticket.id,
                person_id=person_id,
                message_id=message_id,
                skipped=skipped,
                created_at=to_ms(now),
            )
        )

    def get(self, id: int) -> Draft | None:
        return _draft(self._q.drafts_get(self._c, id=id))

    def of_message(self, message_id: int) -> Draft | None:
        """The latest draft of these words."""
        return _draft(self._q.drafts_of_message(self._c, message_id=message_id))

    def end(self, id: int, state: str, sent_id: int | None = None) -> None:
        """An open draft is `sent`, as this message, or `dropped`."""
        self._q.drafts_end(self._c, id=id, state=state, sent_id=sent_id)


def _draft(row: Any) -> Draft | None:
    return None if row is None else Draft(**{**dict(row), "created_at": from_ms(row["created_at"])})
