"""Saying a command: the right to it, what it does as one piece, the way back from it, and what it is answered with."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from bot.commands._lines import no_such_command
from bot.commands.base import Actor, Call, Refusal
from bot.commands.registry import Parsed
from bot.desk import asking, shadow, undoing
from bot.desk.rules import Context
from bot.desk.spelling import spelled
from bot.desk.untold import as_it_is
from bot.notice import Notice
from bot.people import Room
from bot.store.acts import Noted
from bot.store.tx import Tx

if TYPE_CHECKING:
    from bot.desk.desk import Desk


def said(
    desk: Desk,
    tx: Tx,
    actor: Actor,
    room: Room,
    parsed: Parsed,
    now: datetime,
    context: Context | None,
    machine: datetime | None,
) -> Notice | None:
    """Check the right, then run it under a savepoint of its own: a refusal leaves nothing behind."""
    if parsed.name is None:
        return Notice((no_such_command(parsed.word, parsed.nearest),))
    command = desk.registry[parsed.name]
    try:
        if not command.allows(actor, room):
            raise desk.registry.refusal(command, actor, room)
        with tx.savepoint():
            context = replace(context or Context(), machine=machine or now)
            with tx.noting() as noted:
                reply = command.run(Call(desk.session(tx, actor, room, now, context), parsed.rest, parsed.name))
            mail = desk.mail(tx, now)
            reply = undoing.offered(tx, mail, actor, room, command.name, noted, reply, machine or now)
            if reply is not None and actor.is_staff and _is_of_shadow(tx, room, noted):
                reply = shadow.marked(reply)
            return None if reply is None else spelled(as_it_is(tx, reply), desk.rules, room.channel)
    except Refusal as refusal:
        asked = asking.refused(tx, desk.mail(tx, now), actor, room, parsed, refusal, context or Context(), now)
        return spelled(asked, desk.rules, room.channel)


def _is_of_shadow(tx: Tx, room: Room, noted: Noted) -> bool:
    """Whether it was about a client to whom nothing is posted."""
    clients = {room.client_id, *(tx.tickets.get(ticket_id).client_id for ticket_id, _ in noted.events)}
    return any(tx.people.is_shadow(client_id) for client_id in clients)
