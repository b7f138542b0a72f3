"""Tickets as rows, and what their buttons mean."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.people import Room
from bot.sla.policy import Priority
from bot.store.times import from_ms, to_ms
from bot.tickets import Status, Ticket

_FIRST_REFERENCE = "ticket.next_ref"
# Made once: json.dumps with options makes one for every call.
_encode = json.JSONEncoder(ensure_ascii=False).encode
# A table finds a word ten times as fast as the enumeration, and the watch reads many rows at once.
_STATUSES = {status.value: status for status in Status}
_PRIORITIES = {priority.value: priority for priority in Priority}


@dataclass(frozen=True, slots=True)
class Action:
    """What a button does when pressed by somebody who may: it says a command about a ticket."""

    id: str
    ticket_id: int | None
    command: str


class Tickets:
    def __init__(self, connection: Any, queries: Any) -> None:
        self._c = connection
        self._q = queries

    def next_ref(self, first: int) -> int:
        """The next ticket number; the sequence starts at `first` in a new installation."""
        return int(self._q.meta_take_number(self._c, key=_FIRST_REFERENCE, first=first))

    def add(self, ticket: Ticket) -> Ticket:
        """Store a new ticket; the same with its id."""
        id = self._q.tickets_add(
            self._c,
            ref=ticket.ref,
            client_id=ticket.client_id,
            room_id=ticket.room_id,
            contract_id=ticket.contract_id,
            policy_hash=ticket.policy_hash,
            thread=ticket.thread,
            root_ext=ticket.root_ext,
            status=ticket.status.value,
            priority=ticket.priority.value,
            rank=ticket.priority.rank,
            owner_id=ticket.owner_id,
            opened_at=to_ms(ticket.opened_at),
            touched_at=to_ms(ticket.touched_at),
            version=ticket.version,
            events=ticket.events,
            due_at=to_ms(ticket.due_at),
        )
        return replace(ticket, id=int(id))

    def save(self, ticket: Ticket) -> None:
        """Write the cache columns of a ticket back."""
        self._q.tickets_save(
            self._c,
            id=ticket.id,
            status=ticket.status.value,
            priority=ticket.priority.value,
            rank=ticket.priority.rank,
            owner_id=ticket.owner_id,
            touched_at=to_ms(ticket.touched_at),
            closed_at=to_ms(ticket.closed_at),
            level=ticket.level,
            cycle=ticket.cycle,
            version=ticket.version,
            events=ticket.events,
            due_at=to_ms(ticket.due_at),
        )

    def get(self, id: int) -> Ticket:
        row = self._q.tickets_by_id(self._c, id=id)
        if row is None:
            raise KeyError(f"no ticket {id}")
        return ticket_of(row)

    def by_ref(self, ref: int) -> Ticket | None:
        """Whoever asks: the caller compares the client and answers unknown and foreign alike."""
        return _maybe(self._q.tickets_by_ref(self._c, ref=ref))

    def by_root(self, room_id: int, root_ext: str) -> Ticket | None:
        return _maybe(self._q.tickets_by_root(self._c, room_id=room_id, root_ext=root_ext))

    def open_threads(self, room_id: int) -> list[str]:
        """The threads of a room in which something was said on a ticket that is open, with the messages that opened
        one, under which a thread may begin; in no order.
        """
        return [row["thread"] for row in self._q.tickets_open_threads(self._c, room_id=room_id)]

    def closed_threads(self, room_id: int, since: datetime, n: int) -> list[str]:
        """The threads of the latest tickets of a room that were closed since then."""
        rows = self._q.tickets_closed_threads(self._c, room_id=room_id, since=to_ms(since), n=n)
        return [row["thread"] for row in rows]

    def by_thread(self, room_id: int, thread: str) -> Ticket | None:
        """The latest ticket of a thread."""
        return _maybe(self._q.tickets_by_thread(self._c, room_id=room_id, thread=thread))

    def open_in_room(self, room_id: int) -> list[Ticket]:
        """Open tickets of one room, the latest touched first."""
        return [ticket_of(row) for row in self._q.tickets_open_in_room(self._c, room_id=room_id)]

    def last_in_room(self, room_id: int) -> Ticket | None:
        return _maybe(self._q.tickets_last_in_room(self._c, room_id=room_id))

    def of_client(self, client_id: int, n: int = 20) -> list[Ticket]:
        """The client's tickets, newest first."""
        return [ticket_of(row) for row in self._q.tickets_of_client(self._c, client_id=client_id, n=n)]

    def change_terms(self, id: int, policy_hash: str) -> None:
        """Pin other terms; the ticket's log says so too."""
        self._q.tickets_change_terms(self._c, id=id, policy_hash=policy_hash)

    def open_under(self, policy: str, after: int, n: int) -> list[int]:
        """The next open tickets under any text, plan or variant of an agreement, by id."""
        return [row["id"] for row in self._q.tickets_open_under(self._c, policy=policy, after=after, n=n)]

    def open(self, n: int = 200) -> list[Ticket]:
        """Open tickets by next due moment, then priority."""
        return [ticket_of(row) for row in self._q.tickets_open(self._c, n=n)]

    def open_of_client(self, client_id: int, n: int = 50) -> list[Ticket]:
        return [ticket_of(row) for row in self._q.tickets_open_of_client(self._c, client_id=client_id, n=n)]

    def open_of_owner(self, owner_id: int, n: int = 200) -> list[Ticket]:
        return [ticket_of(row) for row in self._q.tickets_open_of_owner(self._c, owner_id=owner_id, n=n)]

    def idle(self, n: int = 1000) -> list[Ticket]:
        """Open tickets of which nobody would hear again by themselves: nothing runs and nothing is planned."""
        return [ticket_of(row) for row in self._q.tickets_idle(self._c, n=n)]

    def without_owner(self, n: int = 50) -> list[Ticket]:
        """Open tickets whose owner has left the staff: must never be."""
        return [ticket_of(row) for row in self._q.tickets_without_owner(self._c, n=n)]

    def closed_since(self, since: datetime, n: int = 200) -> list[Ticket]:
        return [ticket_of(row) for row in self._q.tickets_closed_since(self._c, since=to_ms(since), n=n)]

    def add_keyboard(
        self,
        id: str,
        commands: Sequence[str],
        *,
        client_id: int,
        room: Room,
        ticket_id: int | None,
        now: datetime,
    ) -> tuple[str, ...]:
        """Store what the buttons of one message in a room say; the ids of the buttons, in order."""
        self._q.keyboards_add(
            self._c,
            id=id,
            client_id=client_id,
            room_id=room.id,
            room_client_id=room.client_id,
            ticket_id=ticket_id,
            commands=_encode(list(commands)),
            now=to_ms(now),
        )
        return tuple(f"{id}.{n}" for n in range(len(commands)))

    def action(self, id: str, room_id: int) -> Action | None:
        """The action of a button posted in this very room; buttons of other rooms do not exist here."""
        keyboard, _, n = id.partition(".")
        row = self._q.keyboards_get(self._c, id=keyboard, room_id=room_id)
        if row is None or not (n or "0").isdecimal():
            return None
        commands = json.loads(row["commands"])[int(n or 0) :]
        return Action(id, row["ticket_id"], commands[0]) if commands else None

    def command_of(self, id: str) -> str:
        """What a button of ours says; empty where it is not known any more."""
        keyboard, _, n = id.partition(".")
        text = self._q.keyboards_commands(self._c, id=keyboard)
        commands = json.loads(text) if text else []
        return str(commands[int(n or 0)]) if int(n or 0) < len(commands) else ""

    def mark_pressed(self, id: str, now: datetime) -> None:
        """Note the first press of any button of its keyboard."""
        self._q.keyboards_pressed(self._c, id=id.partition(".")[0], now=to_ms(now))


def _maybe(row: Any) -> Ticket | None:
    return None if row is None else ticket_of(row)


def ticket_of(row: Any) -> Ticket:
    """The value of a row of a ticket."""
    return Ticket(
        id=row["id"],
        ref=row["ref"],
        client_id=row["client_id"],
        room_id=row["room_id"],
        contract_id=row["contract_id"],
        policy_hash=row["policy_hash"],
        thread=row["thread"],
        root_ext=row["root_ext"],
        status=_STATUSES[row["status"]],
        priority=_PRIORITIES[row["priority"]],
        owner_id=row["owner_id"],
        opened_at=from_ms(row["opened_at"]),
        touched_at=from_ms(row["touched_at"]),
        closed_at=from_ms(row["closed_at"]),
        level=row["level"],
        cycle=row["cycle"],
        version=row["version"],
        events=row["events"],
        due_at=from_ms(row["due_at"]),
    )
