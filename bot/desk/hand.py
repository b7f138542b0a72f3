"""What every verb of the desk needs: who acts, in which room, when, and the small print before and after it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.commands.base import Actor, Refusal, Ticketed, closed
from bot.desk.book import Book, Draft, Page
from bot.desk.mail import Mail
from bot.desk.rules import Context
from bot.desk.views import view
from bot.notice import say
from bot.people import Person, Room
from bot.store.tx import Tx
from bot.tickets import Ticket

_ASKED_FOR = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Hand:
    """One actor in one room at one moment, inside one unit of work."""

    tx: Tx
    book: Book
    mail: Mail
    actor: Actor
    room: Room
    now: datetime
    context: Context = field(default_factory=Context)

    def record(self, each: Ticketed, *drafts: Draft) -> Page:
        """Append to the ticket's log as it is now, which may be further than `each` was read."""
        return self.book.record(self.tx, self.tx.tickets.get(each.ticket.id), drafts, self.now)

    def view(self, page: Page) -> Ticketed:
        return view(self.tx, page, self.now)

    def words_of(self, reason: str) -> int | None:
        """The message a reason stands in: the log points to it and holds no person's text."""
        return self.context.message_id if reason else None

    def staff(self) -> Person:
        """The member of staff who acts; Refusal for anybody else."""
        if self.actor.person is None or not self.actor.is_staff:
            raise Refusal(say("errors.not_allowed"))
        return self.actor.person

    def ask(self, kind: str, ref: str, ticket: Ticket | None = None) -> None:
        """Wait for the actor's next words, in the room in which he reads what he is answered."""
        where, known_as = self.mail.answers_to(self.room, self.actor)
        self.tx.prompts.ask(
            where,
            known_as,
            kind,
            ticket=ticket,
            data={"ref": ref},
            expires_at=self.now + _ASKED_FOR,
            now=self.now,
        )

    def id(self) -> int | None:
        """Who acts, where the roster knows him."""
        return None if self.actor.person is None else self.actor.person.id

    def open_only(self, each: Ticketed) -> None:
        """Refusal where the ticket is closed."""
        if not each.ticket.is_open:
            raise closed(each)

    def done(self, each: Ticketed) -> Refusal:
        """What is raised where a verb would change nothing."""
        return Refusal(say("errors.already_done", ref=each.ticket.reference))
