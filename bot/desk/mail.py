"""Putting notices into the outbox: to a ticket's room, to a person on the path that reaches him, to the team."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.commands.base import Actor
from bot.desk import shadow
from bot.desk.promises import bounded
from bot.desk.staff.cover import present
from bot.notice import Act, Notice, Say, Value
from bot.people import Person, Role, Room, RoomKind
from bot.sla.policy import Priority
from bot.store.outbox import KEPT_BACK
from bot.store.outbox_row import FILE
from bot.store.tx import Tx
from bot.text import Enclosed
from bot.tickets import Ticket

COURTESY, ORDINARY, NUDGE, BREACH, LADDER = 90, 50, 30, 20, 10
"""Ranks: in internal rooms the lower goes first."""

_OF_CRITICAL = {NUDGE: 3, BREACH: 2, LADDER: 1}
"""What asks somebody to act for a critical ticket goes before all other, in the same order."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A button before it belongs to a room: a catalogue key, and the command it says when pressed."""

    label: str
    command: str
    params: Mapping[str, Value] = field(default_factory=dict)


class Mail:
    """Writes notices of one unit of work. `new_id` gives unguessable ids, for keyboards and for calls."""

    def __init__(self, tx: Tx, now: datetime, new_id: Callable[[], str]) -> None:
        self._tx = tx
        self.now = now
        self.new_id = new_id
        self._paths: dict[int, Room | None] = {}  # within a unit of work nobody moves

    def to_client(
        self,
        ticket: Ticket,
        key: str,
        *lines: Say,
        choices: Sequence[Choice] = (),
        rank: int = ORDINARY,
        must_say: bool = True,
        reply_to: str | None = None,
    ) -> None:
        """Say something in the ticket's own room, once per `key`."""
        room = self._tx.rooms.get(ticket.room_id)
        self.to_room(
            room,
            key,
            *lines,
            choices=choices,
            ticket=ticket,
            rank=rank,
            must_say=must_say,
            reply_to=reply_to or ticket.root_ext,
            thread=ticket.thread,
        )

    def to_person(
        self,
        person: Person,
        key: str,
        *lines: Say,
        choices: Sequence[Choice] = (),
        ticket: Ticket | None = None,
        rank: int = ORDINARY,
        must_say: bool = True,
    ) -> bool:
        """Tell a member of staff privately, else in a team room; False where no path reaches anybody."""
        room = self.path(person)
        if room is None:
            return False
        self.to_room(room, key, *lines, choices=choices, ticket=ticket, rank=rank, must_say=must_say)
        return True

    def to_person_or_leads(
        self,
        person: Person | None,
        key: str,
        *lines: Say,
        choices: Sequence[Choice] = (),
        ticket: Ticket | None = None,
        rank: int = ORDINARY,
    ) -> None:
        """As `to_person`; where there is nobody, or no path reaches him, the client's next who is there, else the
        leads are told, with the same buttons.
        """
        others = [] if ticket is None else self._tx.people.responsible(ticket.client_id)
        nearer = [] if person is None else [person, *present(self._tx, others, self.now)]
        if not any(self.to_person(one, key, *lines, choices=choices, ticket=ticket, rank=rank) for one in nearer):
            self.to_leads(key, *lines, choices=choices, ticket=ticket, rank=rank)

    def to_leads(
        self,
        key: str,
        *lines: Say,
        choices: Sequence[Choice] = (),
        ticket: Ticket | None = None,
        rank: int = ORDINARY,
    ) -> None:
        """Tell every team lead who is there, or where there is none the administrators; where all are away, all."""
        listed = [self._tx.people.with_role(role) for role in (Role.LEAD, Role.ADMIN)]
        there = [present(self._tx, people, self.now) for people in listed]
        people = there[0] or there[1] or listed[0] or listed[1]
        for person in people:
            self.to_person(person, f"{key}:{person.id}", *lines, choices=choices, ticket=ticket, rank=rank)

    def to_room(
        self,
        room: Room,
        key: str,
        *lines: Say,
        choices: Sequence[Choice] = (),
        ticket: Ticket | None = None,
        rank: int = ORDINARY,
        must_say: bool = True,
        reply_to: str | None = None,
        thread: str | None = None,
    ) -> None:
        """Put one notice into the outbox under its dedupe key; a second time does nothing."""
        if ticket is not None and ticket.priority is Priority.CRITICAL:
            rank = _OF_CRITICAL.get(rank, rank)
        notice = Notice(tuple(lines), self.buttons(room, choices, ticket))
        self.put(room, key, notice, ticket, rank=rank, must_say=must_say, reply_to=reply_to, thread=thread)

    def enclose(
        self, room: Room, key: str, line: Say, file: Enclosed, ticket: Ticket | None = None, *, is_off: bool = False
    ) -> None:
        """Send a file to a room, once per `key`, in the ticket's thread; `line` stands beside it.

        One that takes an entry out of calendars (`is_off`) is not sent where the entry was to come and has not; neither
        is the entry any more.
        """
        thread, reply_to = (None, None) if ticket is None else (ticket.thread, ticket.root_ext)
        notice = Notice((line,), file=file)
        key = f"{FILE}:{key}"
        if is_off and self._tx.outbox.take_back_files(room.id, key):
            return
        self.put(room, key, notice, ticket, rank=COURTESY, must_say=False, reply_to=reply_to, thread=thread)

    def put(
        self,
        room: Room,
        key: str,
        notice: Notice,
        ticket: Ticket | None = None,
        *,
        rank: int = ORDINARY,
        must_say: bool = True,
        reply_to: str | None = None,
        thread: str | None = None,
        origin: int | None = None,
    ) -> int | None:
        """As `to_room`, for a notice whose buttons exist already; the row, None where the key was used.

        The one place where anything is put for a room. A promise that is held up until its time is over will not be
        given; of a client in shadow all is kept back for ever, and what staff reads of it says so.
        """
        client_id = room.client_id if ticket is None else ticket.client_id
        in_shadow = self._tx.people.is_shadow(client_id)
        if in_shadow and room.kind.is_internal:
            notice = shadow.marked(notice)
        row = self._tx.outbox.put(
            dedupe_key=key,
            client_id=client_id,
            room=room,
            ticket_id=None if ticket is None else ticket.id,
            notice=bounded(notice),
            now=self.now,
            rank=rank,
            must_say=must_say,
            thread=thread,
            reply_to=reply_to,
            origin=origin,
        )
        if in_shadow and not room.kind.is_internal and row is not None:
            self._tx.outbox.supersede(row, KEPT_BACK)
        return row

    def buttons(self, room: Room, choices: Sequence[Choice], ticket: Ticket | None) -> tuple[Act, ...]:
        """Store what the buttons of one message mean in this room, and give the buttons themselves."""
        if not choices:
            return ()
        ids = self._tx.tickets.add_keyboard(
            self.new_id(),
            [choice.command for choice in choices],
            client_id=room.client_id if ticket is None else ticket.client_id,
            room=room,
            ticket_id=None if ticket is None else ticket.id,
            now=self.now,
        )
        return tuple(Act(choice.label, id, choice.params) for id, choice in zip(ids, choices, strict=True))

    def button(self, room: Room, choice: Choice, ticket: Ticket | None) -> Act:
        """A single button, as `buttons` makes them."""
        return self.buttons(room, [choice], ticket)[0]

    def answers_in(self, room: Room, actor: Actor) -> Room:
        """Where somebody is answered: here, but a member of staff in a client's room on his own path, if he has one."""
        if room.kind is RoomKind.CLIENT and actor.is_staff and actor.person is not None:
            return self.path(actor.person) or room
        return room

    def answers_to(self, room: Room, actor: Actor) -> tuple[Room, str]:
        """Where somebody is answered, and the id he writes under there."""
        where = self.answers_in(room, actor)
        if where.id == room.id or actor.person is None:
            return where, actor.ext_id
        return where, self._tx.people.identity_of(actor.person.id, where.channel) or actor.ext_id

    def path(self, person: Person) -> Room | None:
        """The first room that reaches a member of staff: his own chats, then the team's rooms."""
        if person.id not in self._paths:
            rooms = [*self._tx.rooms.direct(person.id), *self._tx.rooms.team()]
            self._paths[person.id] = next((room for room in rooms if room.is_safe_path), None)
        return self._paths[person.id]
