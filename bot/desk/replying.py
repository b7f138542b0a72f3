"""Answering a client from the direct chat: shown exactly as it would be posted, confirmed, then a reply like any other.

Words in the direct chat reach a client in no other way; a change after they were sent is not sent, and that is said.
"""

from __future__ import annotations

from datetime import timedelta

from bot.commands.base import Refusal, Ticketed
from bot.desk import shadow
from bot.desk.hand import Hand
from bot.desk.mail import Choice
from bot.desk.parting import ticket_followed
from bot.desk.talk import staff_replied
from bot.desk.views import view
from bot.notice import Notice, Quote, Say, say
from bot.people import Person, Room
from bot.sla.log import Party
from bot.store.drafts import Draft
from bot.store.outbox_row import oid_of

_SENDABLE_FOR = timedelta(minutes=30)
_LONGEST_LINE = 10_000


class Replying:
    """Fulfils `commands._replying.ReplyDesk`."""

    def __init__(self, hand: Hand) -> None:
        self._hand = hand
        self._tx = hand.tx

    def propose(self, each: Ticketed, words: str) -> Notice:
        person = self._hand.staff()
        message_id = self._hand.context.message_id
        if message_id is None:
            raise Refusal(say("errors.stale_button"))
        room = self._room(each)
        text = self._tx.messages.text(message_id)
        skipped = max(text.rfind(words), 0)
        draft = self._tx.drafts.add(each.ticket, person.id, message_id, skipped, self._hand.now)
        lines = [
            say("reply.preview", client=each.client_name, room=room.name, ref=each.ticket.reference, who=person.name),
            *_posted(person, words),
        ]
        if self._tx.messages.has_files(message_id):
            lines.append(say("reply.files"))
        choices = [Choice("button.send", f"/send {draft}"), Choice("button.discard", f"/discard {draft}")]
        where = self._hand.mail.answers_in(self._hand.room, self._hand.actor)
        return Notice(tuple(lines), self._hand.mail.buttons(where, choices, each.ticket))

    def send(self, draft: int) -> Ticketed:
        found, person = self._own(draft), self._hand.staff()
        ticket = ticket_followed(self._tx, self._tx.tickets.get(found.ticket_id))
        each = view(self._tx, self._hand.book.read(self._tx, ticket, self._hand.now), self._hand.now)
        if found.state != "open":
            raise self._hand.done(each)
        if self._hand.now - found.created_at > _SENDABLE_FOR:
            raise Refusal(say("errors.stale_button"))
        room = self._room(each)
        words = _words(self._tx.messages.text(found.message_id), found)
        key = f"said:{found.id}"
        notice = Notice(_posted(person, words))
        row = self._hand.mail.put(room, key, notice, ticket, reply_to=ticket.root_ext, thread=ticket.thread)
        message_id, _ = self._tx.messages.add(
            room,
            direction="out",
            party=Party.STAFF,
            author=person.name,
            ext_id=oid_of(key),
            text=words,
            at=self._hand.now,
            now=self._hand.now,
            ticket_id=ticket.id,
            person_id=person.id,
            thread=ticket.thread,
            reply_to=ticket.root_ext,
            outbox_id=row,
        )
        self._tx.drafts.end(found.id, "sent", message_id)
        hand = self._hand
        page = staff_replied(hand.tx, hand.book, hand.mail, hand.actor, ticket, message_id, words, hand.now, hand.now)
        return hand.view(page)

    def drop(self, draft: int) -> None:
        found = self._own(draft)
        if found.state == "sent":
            raise Refusal(say("errors.reply_sent", ref=self._tx.tickets.get(found.ticket_id).reference))
        self._tx.drafts.end(found.id, "dropped")

    def edited(self, message_id: int) -> Notice | None:
        """What its author is told when he changes words that were shown or sent; None where they were neither."""
        found = self._tx.drafts.of_message(message_id)
        if found is None or found.state == "dropped":
            return None
        ticket = ticket_followed(self._tx, self._tx.tickets.get(found.ticket_id))
        client = self._tx.people.client(ticket.client_id).name
        if found.state == "sent":
            return Notice((say("reply.edited", ref=ticket.reference, client=client),))
        self._tx.drafts.end(found.id, "dropped")
        each = view(self._tx, self._hand.book.read(self._tx, ticket, self._hand.now), self._hand.now)
        words = _words(self._tx.messages.text(message_id), found)
        return self.propose(each, words) if words else Notice((say("reply.dropped"),))

    def _room(self, each: Ticketed) -> Room:
        """Where it would be posted; Refusal where it cannot be."""
        self._hand.open_only(each)
        room = self._tx.rooms.get(each.ticket.room_id)
        if shadow.hides(self._tx, room):
            raise Refusal(say("errors.reply_shadow", client=each.client_name))
        if room.unreachable is not None:
            raise Refusal(say("errors.reply_unreachable", room=room.name, ref=each.ticket.reference))
        return room

    def _own(self, draft: int) -> Draft:
        found = self._tx.drafts.get(draft)
        if found is None or found.person_id != self._hand.staff().id:
            raise Refusal(say("errors.stale_button"))
        return found


def _words(text: str, draft: Draft) -> str:
    return text[draft.skipped :].strip()


def _posted(person: Person, words: str) -> tuple[Say, ...]:
    """The lines as the client reads them, in the name of whoever wrote them; empty ones are left out."""
    first, *more = [line for line in words.splitlines() if line.strip()]
    return (
        say("reply.said", who=person.name, words=Quote(first, _LONGEST_LINE)),
        *(say("reply.said_on", words=Quote(line, _LONGEST_LINE)) for line in more),
    )
