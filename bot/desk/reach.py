"""Which tickets an actor sees where: a client's own in his room, a manager's in his chat, all in a team room."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.commands._which import MOST, Which
from bot.commands.base import Actor, Refusal, Ticketed
from bot.desk.book import Book
from bot.desk.staff.cover import open_for
from bot.desk.views import view
from bot.notice import say
from bot.people import Room, RoomKind
from bot.store.tx import Tx
from bot.tickets import Ticket, parse_reference, reference


class Reach:
    """The tickets in reach of one actor in one room; `answered` is the ticket of the message answered, if any."""

    def __init__(self, tx: Tx, book: Book, actor: Actor, room: Room, now: datetime, answered: Ticket | None) -> None:
        self._tx = tx
        self._book = book
        self._actor = actor
        self._room = room
        self._now = now
        self._answered = answered

    def find(self, word: str | None) -> Ticketed:
        """See `commands.base.Desk.find`: an unknown ticket and one of somebody else are refused alike."""
        if word is not None:
            return self.view(self._named(word))
        if (meant := self.pointed_at()) is not None:
            return meant
        tickets = self.open_tickets()
        if len(tickets) > 1:
            raise Which([self.view(ticket) for ticket in tickets[:MOST]])
        if tickets:
            return self.view(tickets[0])
        last = self._tx.tickets.last_in_room(self._room.id) if self._room.kind is RoomKind.CLIENT else None
        if last is None:
            raise Refusal(say("errors.no_ticket"))
        return self.view(last)

    def open_tickets(self) -> list[Ticket]:
        """Open tickets in reach, by time to breach."""
        if self._room.kind is RoomKind.CLIENT:
            return self._tx.tickets.open_of_client(self._room.client_id)
        if self._room.kind is RoomKind.DIRECT and self._actor.person is not None:
            return open_for(self._tx, self._actor.person, self._now)
        return self._tx.tickets.open() if self._room.kind is RoomKind.TEAM and self._actor.is_staff else []

    def pointed_at(self) -> Ticketed | None:
        """The ticket of the message answered."""
        if self._answered is None or not self.holds(self._answered):
            return None
        return self.view(self._answered)

    def holds(self, ticket: Ticket) -> bool:
        """In a client's room that client's tickets only, whoever asks; elsewhere every ticket, for staff."""
        if self._room.kind is RoomKind.CLIENT:
            return ticket.client_id == self._room.client_id
        return self._actor.is_staff and self._room.kind.is_internal

    def queue(self, limit: int) -> Sequence[Ticketed]:
        """Everybody's open tickets; Refusal where a client reads."""
        self.internal_only()
        return [self.view(ticket) for ticket in self._tx.tickets.open(limit)]

    def internal_only(self) -> None:
        """Refusal where a client reads, or for anybody but staff."""
        if not self._room.kind.is_internal or not self._actor.is_staff:
            raise Refusal(say("errors.internal_only"))

    def view(self, ticket: Ticket) -> Ticketed:
        """The ticket with everything its log says now."""
        return view(self._tx, self._book.read(self._tx, ticket, self._now), self._now)

    def _named(self, word: str) -> Ticket:
        ref = parse_reference(word)
        ticket = None if ref is None else self._tx.tickets.by_ref(ref)
        if ticket is None or not self.holds(ticket):
            raise Refusal(say("errors.unknown_ticket", ref=word if ref is None else reference(ref)))
        return ticket
