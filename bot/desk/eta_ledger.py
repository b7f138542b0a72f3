"""The ledger of promised moments: of a stretch of time and a client, each ETA with what became of it; reads only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.commands._etas import Promised
from bot.desk.book import Book
from bot.sla.log import Event, EventKind
from bot.store.tx import Tx


def promised(
    tx: Tx, book: Book, since: datetime, until: datetime, now: datetime, client_id: int | None = None
) -> tuple[Promised, ...]:
    """Every ETA given in [since, until), by when it was given; as it stands at `now`."""
    found: list[Promised] = []
    for ticket_id in tx.ledger.promised_between(since, until):
        ticket = tx.tickets.get(ticket_id)
        if client_id is not None and ticket.client_id != client_id:
            continue
        client = tx.people.client(ticket.client_id)
        found.extend(
            Promised(ticket.reference, client.name, entry)
            for entry in book.read(tx, ticket, now).standing.etas
            if since <= entry.given_at < until
        )
    return tuple(sorted(found, key=lambda each: each.entry.given_at))


def is_accepted(log: Sequence[Event]) -> bool:
    """Whether the client has agreed to the ETA given last."""
    said = [event.kind for event in log if event.kind in (EventKind.ETA_GIVEN, EventKind.ETA_ACCEPTED)]
    return bool(said) and said[-1] is EventKind.ETA_ACCEPTED
