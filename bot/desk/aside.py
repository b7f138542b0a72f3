"""Setting aside what cannot be processed or read: a human is told, and a client who waits gets a ticket, or a word."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from bot import log
from bot.channels.base import InboundKind
from bot.commands.base import Actor
from bot.desk import digests, keeping, talk
from bot.desk.actors import actor_of
from bot.desk.book import Book
from bot.desk.mail import Mail
from bot.desk.rules import Rules
from bot.notice import say
from bot.people import Room, RoomKind
from bot.sla.log import Party
from bot.store.inbox import Waiting
from bot.store.tx import Tx

_SAID = (InboundKind.MESSAGE, InboundKind.UNREADABLE)

logger = log.get(__name__)


def set_aside(
    tx: Tx,
    book: Book,
    mail: Mail,
    rules: Rules,
    waiting: Waiting,
    reason: str,
    now: datetime,
    *,
    is_too_fast: Callable[[Room, Actor], bool],
) -> None:
    """Keep an event for a human, who is told; a client who waits for an answer is told, too.

    `is_too_fast` counts what could not even be read as any other event of its sender's.
    """
    tx.inbox.quarantine(waiting.id, reason)
    inbound = waiting.inbound
    room = tx.rooms.at(inbound.channel, inbound.account, inbound.room)
    digests.tell(tx, mail, waiting, reason, room, now)
    if room is None or room.kind is not RoomKind.CLIENT:
        return
    actor = actor_of(tx, room, inbound)
    if actor.party is not Party.CLIENT:
        return
    is_excess = inbound.kind is InboundKind.UNREADABLE and is_too_fast(room, actor)
    if not _opened_for_a_human(tx, book, mail, rules, waiting, room, actor, now, is_excess) and not is_excess:
        mail.to_room(room, f"poison-client:{waiting.id}", say("errors.quarantined"))


def _opened_for_a_human(
    tx: Tx,
    book: Book,
    mail: Mail,
    rules: Rules,
    waiting: Waiting,
    room: Room,
    actor: Actor,
    now: datetime,
    is_excess: bool,
) -> bool:
    """Open a ticket from the bare words of a client's message that could not be processed; one that could not be read
    joins a ticket as his words would. False where even that fails, or where it was no message.
    """
    inbound = waiting.inbound
    try:
        with tx.savepoint():
            if inbound.kind not in _SAID:
                return False
            context, _ = keeping.stored(tx, waiting.id, inbound, room, actor, now)
            context = replace(context, is_excess=is_excess)
            if inbound.kind is InboundKind.MESSAGE:
                talk.open_from(tx, book, mail, rules, room, context, inbound, now)
                return True
            return talk.client_speaks(tx, book, mail, rules, room, actor, context, inbound, now) is None
    except Exception as error:
        if not tx.is_poison(error):
            raise
        logger.exception("no ticket could be opened for it either", action="inbox.no_ticket", inbox=waiting.id)
        return False
