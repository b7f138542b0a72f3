"""Keeping what was written: messages with their moment, parts of an album, edits and what stood there before."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.channels.base import Inbound
from bot.commands.base import Actor
from bot.desk import talk
from bot.desk.rules import Context
from bot.people import Room
from bot.store.tx import Tx

_LATE_AT_MOST = timedelta(hours=24)


def stored(tx: Tx, inbox_id: int, inbound: Inbound, room: Room, actor: Actor, now: datetime) -> tuple[Context, int]:
    """Store the message; what its words hang on, and its number in the room.

    Its moment is the platform's, but not in the future and at most a day before we received it. Edits that were here
    before their message are applied now.
    """
    at = min(now, max(inbound.received_at - _LATE_AT_MOST, min(inbound.at, inbound.received_at)))
    person = None if actor.person is None else actor.person.id
    message_id, seq = tx.messages.add(
        room,
        direction="in",
        party=actor.party,
        author=actor.name,
        ext_id=inbound.message_id,
        text=inbound.text,
        at=at,
        now=now,
        person_id=person,
        sender_ext=inbound.sender,
        thread=inbound.thread,
        reply_to=inbound.reply_to,
        files=inbound.files,
        album=inbound.album,
        inbox_id=inbox_id,
    )
    for edit in tx.inbox.edits_of(inbound):
        edited(tx, room, edit, now)
    ticket = talk.ticket_meant(tx, room, inbound)
    # In a thread every word hangs on its beginning: nobody has chosen that message.
    chosen = None if inbound.reply_to == inbound.thread else inbound.reply_to
    answered = None if chosen is None else tx.messages.by_ext(room.id, chosen)
    context = Context(
        ticket=ticket,
        message_id=message_id,
        words=inbound.text,
        at=at,
        person=person,
        answered=None if answered is None else answered.id,
    )
    return context, seq


def joined_album(tx: Tx, room: Room, inbound: Inbound) -> int | None:
    """Add a further part, with the words under it, to the message it was sent with; that one's number."""
    first = None if inbound.album is None else tx.messages.of_album(room.id, inbound.album)
    if first is None:
        return None
    tx.messages.add_files(first.id, inbound.files)
    if inbound.text:
        tx.messages.add_words(first.id, inbound.text)
    return first.seq


def edited(tx: Tx, room: Room, inbound: Inbound, now: datetime) -> int | None:
    """What stands in an edited message now; what stood there before is kept. It runs no command and moves no clock.

    The message's number; None where the edit came first: it waits in the inbox.
    """
    pointer = tx.messages.by_ext(room.id, inbound.message_id)
    if pointer is None:
        return None
    tx.messages.revise(pointer.id, inbound.text, min(now, inbound.at), now)
    return pointer.seq
