"""`/separate [T]`, said by a button: the latest message becomes a ticket of its own."""

from __future__ import annotations

from bot.commands._arguments import ticket_only
from bot.commands.base import CLIENT_ROOM, EVERYBODY, Call, Command, Reply, answer
from bot.notice import say


def run(call: Call) -> Reply:
    each = ticket_only(call, "status")
    own = call.desk.parting().split(each)
    return answer(say("separated", ref=own.ticket.reference, other=each.ticket.reference))


COMMAND = Command("separate", EVERYBODY, CLIENT_ROOM, run, hidden=True)
