"""The tickets whose steps are due, with all that is needed to act on them: a whole batch in three queries, or one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.sla.log import Event
from bot.store.ledger import event_of
from bot.store.steps import Coming, StepRow, step_of
from bot.store.tickets import ticket_of
from bot.store.times import from_ms, to_ms
from bot.tickets import Ticket


@dataclass(frozen=True, slots=True)
class DueTicket:
    """A ticket with its log and its steps that are due, and of each the next one that calls somebody in; by moment."""

    ticket: Ticket
    log: tuple[Event, ...]
    due: tuple[StepRow, ...]
    coming: tuple[Coming, ...]


class DueTickets:
    def __init__(self, connection: Any, queries: Any) -> None:
        self._c = connection
        self._q = queries

    def together(self, now: datetime, n: int = 200) -> list[DueTicket]:
        """The tickets of the first `n` steps that are due, by planned moment. Raises for all if one is damaged."""
        asked = {"now": to_ms(now), "n": n}
        steps = _by_ticket(self._q.due_steps(self._c, **asked))
        tickets = {row["id"]: row for row in self._q.due_tickets(self._c, **asked)}
        events = _by_ticket(self._q.due_events(self._c, **asked))
        # Dictionaries keep their order: that of the steps.
        return [_due_ticket(tickets[id], events[id], rows) for id, rows in steps.items()]

    def alone(self, ticket_id: int, now: datetime) -> DueTicket:
        """One of them; KeyError where there is no such ticket."""
        row = self._q.tickets_by_id(self._c, id=ticket_id)
        if row is None:
            raise KeyError(f"no ticket {ticket_id}")
        events = self._q.events_of_ticket(self._c, ticket_id=ticket_id)
        steps = self._q.due_steps_of_ticket(self._c, ticket_id=ticket_id, now=to_ms(now))
        return _due_ticket(row, events, steps)


def _by_ticket(rows: Sequence[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row["ticket_id"], []).append(row)
    return found


def _due_ticket(ticket: Any, events: Sequence[Any], steps: Sequence[Any]) -> DueTicket:
    return DueTicket(
        ticket_of(ticket),
        tuple(event_of(row) for row in events),
        tuple(step_of(row, row["metric"]) for row in steps),
        tuple(Coming(from_ms(row["calls_at"]), row["calls_level"]) for row in steps if row["calls_at"] is not None),
    )
