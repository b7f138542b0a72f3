"""The event log of a ticket, and its clocks as rows: the log is the truth, the clock rows are its cache."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.sla.clock import Clock
from bot.sla.log import Event, EventKind, Party, in_order
from bot.store.acts import Noted
from bot.store.times import from_ms, to_ms
from bot.tickets import Ticket

# A table finds a word ten times as fast as the enumeration, and a log may be long.
_KINDS = {kind.value: kind for kind in EventKind}
_PARTIES = {party.value: party for party in Party}


@dataclass(frozen=True, slots=True)
class Timed:
    """A clock row as reports read it: what was promised and what became of it."""

    id: int
    ticket_id: int
    client_id: int
    metric: str
    cycle: int
    kind: str
    state: str
    started_at: datetime
    due_at: datetime | None
    breached_at: datetime | None
    fell_short_at: datetime | None
    stopped_at: datetime | None
    excluded: bool


class Ledger:
    def __init__(self, connection: Any, queries: Any) -> None:
        self._c = connection
        self._q = queries
        self.noted: Noted | None = None

    def append(self, ticket: Ticket, event: Event) -> None:
        """Add one event; its `seq` must be the next of the ticket."""
        if self.noted is not None:
            self.noted.events.append((ticket.id, event.seq))
            self.noted.owners.setdefault(ticket.id, ticket.owner_id)
        self._q.events_add(
            self._c,
            client_id=ticket.client_id,
            ticket_id=ticket.id,
            seq=event.seq,
            kind=event.kind.value,
            at=to_ms(event.at),
            recorded_at=to_ms(event.recorded_at),
            party=event.party.value,
            person_id=event.person,
            message_id=event.message,
            data=json.dumps(dict(event.data), ensure_ascii=False, separators=(",", ":")) if event.data else "{}",
        )

    def log(self, ticket_id: int) -> tuple[Event, ...]:
        """The log as it counts, see `in_order`: what desks decide and speak by."""
        return tuple(in_order(self.history(ticket_id)))

    def history(self, ticket_id: int) -> tuple[Event, ...]:
        """Everything ever recorded, what was undone too, in the order of recording: what is appended to, and shown as
        the record.
        """
        return tuple(event_of(row) for row in self._q.events_of_ticket(self._c, ticket_id=ticket_id))

    def last(self, ticket_id: int) -> Event:
        """The event that happened last: the greatest by (at, seq), undone ones included."""
        return event_of(self._q.events_last(self._c, ticket_id=ticket_id))

    def ever_held(self, room_id: int) -> frozenset[int]:
        """The open tickets of a room that have ever waited for anybody."""
        return frozenset(row["id"] for row in self._q.events_holding(self._c, room_id=room_id))

    def promised_between(self, since: datetime, until: datetime, n: int = 10_000) -> list[int]:
        """The tickets that were given an ETA in [since, until), the earliest first."""
        rows = self._q.clocks_promised(self._c, since=to_ms(since), until=to_ms(until), n=n)
        return [row["ticket_id"] for row in rows]

    def is_live(self, clock_id: int) -> bool:
        """Whether the clock of this row runs or is held."""
        return bool(self._q.clocks_is_live(self._c, id=clock_id))

    def put_clock(self, ticket: Ticket, clock: Clock) -> int:
        """Write the clock's row, new or changed; its id stays the same for (ticket, metric, cycle)."""
        row = self._q.clocks_put(
            self._c,
            client_id=ticket.client_id,
            ticket_id=ticket.id,
            metric=clock.metric.value,
            cycle=clock.cycle,
            kind=clock.kind.value,
            state=clock.state.value,
            window_ms=clock.window // timedelta(milliseconds=1),
            started_at=to_ms(clock.started_at),
            objective_at=to_ms(clock.objective_at),
            due_at=to_ms(clock.due_at),
            cap_at=to_ms(clock.cap_at),
            held_since=to_ms(clock.held_since),
            missed_at=to_ms(clock.missed_at),
            breached_at=to_ms(clock.breached_at),
            fell_short_at=to_ms(clock.fell_short_at),
            stopped_at=to_ms(clock.stopped_at),
            excluded=int(clock.excluded),
        )
        return int(row["id"])

    def cancel_clock(self, id: int) -> None:
        """Mark a clock that the log no longer knows."""
        self._q.clocks_cancel(self._c, id=id)

    def clock_ids(self, ticket_id: int) -> dict[tuple[str, int], int]:
        """(metric, cycle) -> clock id of the clocks stored so far."""
        rows = self._q.clocks_of_ticket(self._c, ticket_id=ticket_id)
        return {(row["metric"], row["cycle"]): row["id"] for row in rows}

    def started_between(self, since: datetime, until: datetime, n: int = 100_000) -> list[Timed]:
        """Clocks started in [since, until), for reports."""
        return [
            Timed(
                id=row["id"],
                ticket_id=row["ticket_id"],
                client_id=row["client_id"],
                metric=row["metric"],
                cycle=row["cycle"],
                kind=row["kind"],
                state=row["state"],
                started_at=from_ms(row["started_at"]),
                due_at=from_ms(row["due_at"]),
                breached_at=from_ms(row["breached_at"]),
                fell_short_at=from_ms(row["fell_short_at"]),
                stopped_at=from_ms(row["stopped_at"]),
                excluded=bool(row["excluded"]),
            )
            for row in self._q.clocks_ended(self._c, since=to_ms(since), until=to_ms(until), n=n)
        ]


def event_of(row: Any) -> Event:
    """The value of a row of an event."""
    return Event(
        seq=row["seq"],
        kind=_KINDS[row["kind"]],
        at=from_ms(row["at"]),
        recorded_at=from_ms(row["recorded_at"]),
        party=_PARTIES[row["party"]],
        person=row["person_id"],
        message=row["message_id"],
        data={} if row["data"] == "{}" else json.loads(row["data"]),
    )
