"""`/resolve [T]`: closes a ticket; the client's own word confirms it at once."""

from __future__ import annotations

from bot.commands._arguments import is_elsewhere, ticket_only
from bot.commands.base import ANY_ROOM, EVERYBODY, Call, Command, Reply, answer
from bot.notice import say


def run(call: Call) -> Reply:
    each = ticket_only(call, "resolve")
    call.desk.resolve(each)
    if not call.actor.is_staff or not is_elsewhere(call, each):
        return None
    return answer(say("resolved.staff", ref=each.ticket.reference, client=each.client_name))


COMMAND = Command("resolve", EVERYBODY, ANY_ROOM, run)
