"""`/take [T]`: the asker has the ticket from now on."""

from __future__ import annotations

from bot.commands._arguments import is_elsewhere, ticket_only
from bot.commands.base import ANY_ROOM, STAFF, Call, Command, Reply, answer
from bot.notice import say


def run(call: Call) -> Reply:
    each = ticket_only(call, "take")
    call.desk.take(each)
    if not is_elsewhere(call, each):
        return None
    return answer(say("taken", who=call.actor.name, ref=each.ticket.reference))


COMMAND = Command("take", STAFF, ANY_ROOM, run)
