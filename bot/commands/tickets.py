"""`/tickets`: every open ticket by time to breach; in a client's room that client's only."""

from __future__ import annotations

from bot.commands._arguments import wrong
from bot.commands._lines import some, ticket_line
from bot.commands.base import ANY_ROOM, STAFF, Call, Command, Reply, answer
from bot.notice import say

_MOST = 1000


def run(call: Call) -> Reply:
    if call.rest:
        raise wrong("errors.extra", call.rest, "tickets")
    internal = call.room.kind.is_internal
    found = call.desk.queue(_MOST) if internal else call.desk.in_reach()
    if not found:
        return answer(say("tickets.none"))
    lines = [ticket_line(each, call.now, internal=internal) for each in found]
    return answer(say("tickets.header", count=len(found)), *some(lines))


COMMAND = Command("tickets", STAFF, ANY_ROOM, run)
