"""A week of calls, for the pages of the staff; reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.desk.book import Book
from bot.desk.calls.times import PersonTimes, call_times
from bot.sla.booking import NO_END, week
from bot.sla.call import BookedCall, CallKind, CallState
from bot.store.tx import Tx


@dataclass(frozen=True, slots=True)
class CallRow:
    """One call. Moments are aware UTC; `waits_for` is the name of whose answer is missing, or empty."""

    reference: str
    client: str
    manager: str
    state: CallState
    starts_at: datetime
    ends_at: datetime
    topic: str
    ticket: str
    waits_for: str
    kind: CallKind = CallKind.ON_DEMAND


@dataclass(frozen=True, slots=True)
class CallDay:
    day: date
    calls: tuple[CallRow, ...]


@dataclass(frozen=True, slots=True)
class CallWeek:
    """Seven days from a Monday on, as days go in the zone that was asked for; `people` is when each can be called,
    `later_at` when the first call after these days begins.
    """

    days: tuple[CallDay, ...]
    people: tuple[PersonTimes, ...] = ()
    later_at: datetime | None = None

    @property
    def monday(self) -> date:
        return self.days[0].day


def call_week(tx: Tx, book: Book, zone: str, at: datetime) -> CallWeek:
    """The week `at` lies in, with all its calls but those that are off."""
    monday, midnights = week(zone, at)
    rows = [_row(tx, call) for call in tx.calls.between(midnights[0], midnights[-1])]
    return CallWeek(
        tuple(
            CallDay(
                monday + timedelta(days=number),
                tuple(row for row in rows if midnights[number] <= row.starts_at < midnights[number + 1]),
            )
            for number in range(7)
        ),
        call_times(tx, book, zone, at),
        next((call.starts_at for call in tx.calls.between(midnights[-1], NO_END, 1)), None),
    )


def _row(tx: Tx, call: BookedCall) -> CallRow:
    client, manager = tx.people.client(call.client_id).name, tx.people.person(call.person_id).name
    waits = {"client": client, "staff": manager}
    return CallRow(
        reference=call.reference,
        client=client,
        manager=manager,
        state=call.state,
        starts_at=call.starts_at,
        ends_at=call.ends_at,
        topic=call.topic,
        ticket="" if call.ticket_id is None else tx.tickets.get(call.ticket_id).reference,
        waits_for="" if call.waits_for is None else waits[call.waits_for.value],
        kind=call.kind,
    )
