"""Calls with managers as rows, and their reminders; the database itself refuses two calls of one person at once."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.people import Room
from bot.sla.booking import Span
from bot.sla.call import BookedCall, CallKind, CallState, Planned, Reminder, Side
from bot.store.times import from_ms, to_ms

_TAKEN = "the time of the call is taken"


class TimeTaken(Exception):
    """Another call of the same person lies there; nothing was written."""


@dataclass(frozen=True, slots=True)
class ReminderRow:
    """One reminder that is still to be said, planned when the call had this sequence."""

    id: int
    call_id: int
    sequence: int
    kind: Reminder
    side: Side
    due_at: datetime
    attempts: int


@dataclass(frozen=True, slots=True)
class Covered:
    """An absence that covers calls, of which somebody is to be told; `due_at`: when it was declared."""

    absence_id: int
    attempts: int
    due_at: datetime


class Calls:
    def __init__(self, connection: Any, queries: Any) -> None:
        self._c = connection
        self._q = queries

    def add(
        self,
        *,
        uid: str,
        secret: str,
        room: Room,
        contract_id: int,
        person_id: int,
        ticket_id: int | None,
        state: CallState,
        waits_for: Side | None,
        span: Span,
        asked_at: datetime,
        topic: str,
        kind: CallKind = CallKind.ON_DEMAND,
        now: datetime,
    ) -> BookedCall:
        """A new call of the room's client. Raises TimeTaken where it would take time that another call has."""
        return self._put(
            self._q.calls_add,
            uid=uid,
            secret=secret,
            client_id=room.client_id,
            contract_id=contract_id,
            room_id=room.id,
            room_client_id=room.client_id,
            person_id=person_id,
            ticket_id=ticket_id,
            state=state.value,
            waits_for=None if waits_for is None else waits_for.value,
            starts_at=to_ms(span.start),
            ends_at=to_ms(span.end),
            asked_at=to_ms(asked_at),
            topic=topic,
            kind=kind.value,
            now=to_ms(now),
        )

    def change(self, call: BookedCall, now: datetime) -> BookedCall:
        """Write a call back as it is now, its sequence one higher. Raises TimeTaken as `add` does.

        KeyError where it was changed since it was read.
        """
        return self._put(
            self._q.calls_change,
            id=call.id,
            was=call.sequence,
            person_id=call.person_id,
            state=call.state.value,
            waits_for=None if call.waits_for is None else call.waits_for.value,
            starts_at=to_ms(call.starts_at),
            ends_at=to_ms(call.ends_at),
            asked_at=to_ms(call.asked_at),
            outcome=call.outcome,
            kind=call.kind.value,
            now=to_ms(now),
        )

    def get(self, id: int) -> BookedCall | None:
        """Whoever asks: the caller compares the client and answers unknown and foreign alike."""
        row = self._q.calls_get(self._c, id=id)
        return None if row is None else call_of(row)

    def secret(self, call: BookedCall) -> str:
        return str(self._q.calls_secret(self._c, id=call.id))

    def open_of_client(self, client_id: int, now: datetime, n: int = 50) -> list[BookedCall]:
        """What is still to come of a client's calls, the next first."""
        return [call_of(row) for row in self._q.calls_open_of_client(self._c, client_id=client_id, now=to_ms(now), n=n)]

    def open_of_person(self, person_id: int, now: datetime, n: int = 50) -> list[BookedCall]:
        return [call_of(row) for row in self._q.calls_open_of_person(self._c, person_id=person_id, now=to_ms(now), n=n)]

    def open(self, now: datetime, n: int = 50) -> list[BookedCall]:
        return [call_of(row) for row in self._q.calls_open(self._c, now=to_ms(now), n=n)]

    def between(self, since: datetime, until: datetime, n: int = 500) -> list[BookedCall]:
        """Calls that begin in [since, until), whatever came of them, but for those that are off."""
        return [call_of(row) for row in self._q.calls_between(self._c, since=to_ms(since), until=to_ms(until), n=n)]

    def taken(self, person_id: int, since: datetime, *, but: int | None = None) -> list[Span]:
        """The time that calls take from a person from `since` on, in order, without the call `but`."""
        rows = self._q.calls_taken(self._c, person_id=person_id, since=to_ms(since))
        return [Span(from_ms(row["starts_at"]), from_ms(row["ends_at"])) for row in rows if row["id"] != but]

    def count(self, contract_id: int, since: datetime, until: datetime, kind: CallKind | None = None) -> int:
        """How many calls of a contract in [since, until) are agreed or over; of one kind, or of all."""
        asked = {"since": to_ms(since), "until": to_ms(until), "kind": kind}
        return int(self._q.calls_count(self._c, contract_id=contract_id, **asked))

    def hours_of(self, person_id: int) -> str:
        """A person's own hours as the roster has them: JSON, `{}` for none."""
        return str(self._q.calls_hours(self._c, person_id=person_id))

    # reminders

    def plan(self, call: BookedCall, planned: Iterable[Planned], now: datetime) -> None:
        """Replace what was still to be said about a call."""
        self._q.reminders_drop(self._c, call_id=call.id, now=to_ms(now))
        rows = [
            {
                "client_id": call.client_id,
                "call_id": call.id,
                "sequence": call.sequence,
                "kind": each.kind.value,
                "side": each.side.value,
                "due_at": to_ms(each.at),
            }
            for each in planned
        ]
        if rows:
            self._q.reminders_add(self._c, rows)

    def due(self, now: datetime, n: int = 200) -> list[ReminderRow]:
        """Reminders whose moment has come, oldest first."""
        return [_reminder(row) for row in self._q.reminders_due(self._c, now=to_ms(now), n=n)]

    def due_of(self, call_id: int, now: datetime) -> list[ReminderRow]:
        """What is due about one call, by moment."""
        return [_reminder(row) for row in self._q.reminders_due_of_call(self._c, call_id=call_id, now=to_ms(now))]

    def next_at(self) -> datetime | None:
        """When the next reminder wakes; None with nothing planned."""
        row = self._q.reminders_next(self._c)
        return None if row is None else from_ms(row["wake_at"])

    def end(self, id: int, state: str, now: datetime) -> None:
        """Close a reminder for good: `said`, `superseded`, `dropped` or `failed`."""
        self._q.reminders_end(self._c, id=id, state=state, now=to_ms(now))

    def push_on(self, id: int, wake_at: datetime) -> None:
        """Look at a reminder again later, because acting on it failed."""
        self._q.reminders_push_on(self._c, id=id, wake_at=to_ms(wake_at))

    # calls that an absence covers

    def covered(self, now: datetime, n: int = 200) -> list[Covered]:
        """Absences whose calls are to be told of, oldest first."""
        rows = self._q.covered_due(self._c, now=to_ms(now), n=n)
        return [Covered(row["absence_id"], row["attempts"], from_ms(row["due_at"])) for row in rows]

    def next_covered_at(self) -> datetime | None:
        """When the next of them wakes; None with none."""
        row = self._q.covered_next(self._c)
        return None if row is None else from_ms(row["wake_at"])

    def end_covered(self, absence_id: int, state: str, now: datetime) -> None:
        """Close it for good: `said`, `dropped` or `failed`."""
        self._q.covered_end(self._c, absence_id=absence_id, state=state, now=to_ms(now))

    def wake_covered(self, absence_id: int, wake_at: datetime) -> None:
        """Look at it again then, because of a call that is nearer by that time."""
        self._q.covered_wake(self._c, absence_id=absence_id, wake_at=to_ms(wake_at))

    def push_on_covered(self, absence_id: int, wake_at: datetime) -> None:
        """Look at it again later, because acting on it failed."""
        self._q.covered_push_on(self._c, absence_id=absence_id, wake_at=to_ms(wake_at))

    def _put(self, query: Callable[..., Any], **values: object) -> BookedCall:
        try:
            row = query(self._c, **values)
        except sqlite3.IntegrityError as error:
            if _TAKEN in str(error):
                raise TimeTaken from error
            raise
        if row is None:
            raise KeyError(f"call {values.get('id')} has changed since it was read")
        return call_of(row)


def call_of(row: Any) -> BookedCall:
    """The value of a row of the table of calls."""
    return BookedCall(
        id=row["id"],
        uid=row["uid"],
        client_id=row["client_id"],
        contract_id=row["contract_id"],
        room_id=row["room_id"],
        person_id=row["person_id"],
        ticket_id=row["ticket_id"],
        state=CallState(row["state"]),
        waits_for=None if row["waits_for"] is None else Side(row["waits_for"]),
        starts_at=from_ms(row["starts_at"]),
        ends_at=from_ms(row["ends_at"]),
        asked_at=from_ms(row["asked_at"]),
        topic=row["topic"],
        outcome=row["outcome"],
        sequence=row["sequence"],
        kind=CallKind(row["kind"]),
        invited_id=row["invited_id"],
    )


def _reminder(row: Any) -> ReminderRow:
    return ReminderRow(
        id=row["id"],
        call_id=row["call_id"],
        sequence=row["sequence"],
        kind=Reminder(row["kind"]),
        side=Side(row["side"]),
        due_at=from_ms(row["due_at"]),
        attempts=row["attempts"],
    )
