"""What members of staff did a moment ago: noted while it is done, so that it can be taken back as a whole."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.store.times import from_ms, to_ms
from bot.tickets import Ticket

_KEPT = timedelta(days=1)


@dataclass(slots=True)
class Noted:
    """What one command wrote, in order: ids only."""

    events: list[tuple[int, int]] = field(default_factory=list)  # ticket, number in its log
    posts: list[int] = field(default_factory=list)  # rows of the outbox
    moved: list[tuple[int, int | None]] = field(default_factory=list)  # message, ticket before
    notes: list[int] = field(default_factory=list)  # messages that became notes
    owners: dict[int, int] = field(default_factory=dict)  # ticket -> owner before
    declared: list[int] = field(default_factory=list)  # absences that were begun
    ended: list[int] = field(default_factory=list)  # absences that were ended or called off


@dataclass(frozen=True, slots=True)
class Act:
    """One command of one person. `ticket_id` None: it is about none. Moments are machine time."""

    id: int
    ticket_id: int | None
    person_id: int
    command: str
    noted: Noted
    at: datetime
    undone_at: datetime | None


class Acts:
    def __init__(self, connection: Any, queries: Any) -> None:
        self._c = connection
        self._q = queries

    def add(self, ticket: Ticket | None, person_id: int, command: str, noted: Noted, at: datetime) -> int:
        """Keep an act for a while; its id. What was done a day ago is forgotten."""
        self._q.acts_forget(self._c, before=to_ms(at - _KEPT))
        return int(
            self._q.acts_add(
                self._c,
                client_id=None if ticket is None else ticket.client_id,
                ticket_id=None if ticket is None else ticket.id,
                person_id=person_id,
                command=command,
                noted=json.dumps(
                    {
                        "events": noted.events,
                        "posts": noted.posts,
                        "moved": noted.moved,
                        "notes": noted.notes,
                        "owners": list(noted.owners.items()),
                        "declared": noted.declared,
                        "ended": noted.ended,
                    }
                ),
                at=to_ms(at),
            )
        )

    def get(self, id: int) -> Act | None:
        return _act(self._q.acts_get(self._c, id=id))

    def latest(self, person_id: int) -> Act | None:
        """The last act of somebody that was not taken back."""
        return _act(self._q.acts_latest(self._c, person_id=person_id))

    def undone(self, id: int, at: datetime) -> None:
        self._q.acts_undone(self._c, id=id, at=to_ms(at))


def _act(row: Any) -> Act | None:
    if row is None:
        return None
    noted = _noted(json.loads(row["noted"]))
    undone_at = None if row["undone_at"] is None else from_ms(row["undone_at"])
    return Act(row["id"], row["ticket_id"], row["person_id"], row["command"], noted, from_ms(row["at"]), undone_at)


def _noted(data: Any) -> Noted:
    if isinstance(data, list):  # as it was written before absences could be taken back
        data = dict(zip(("events", "posts", "moved", "notes", "owners"), data, strict=True))
    return Noted(
        events=[(ticket, seq) for ticket, seq in data["events"]],
        posts=data["posts"],
        moved=[(message, ticket) for message, ticket in data["moved"]],
        notes=data["notes"],
        owners=dict(data["owners"]),
        declared=data.get("declared", []),
        ended=data.get("ended", []),
    )
