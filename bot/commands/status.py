"""`/status [T]`: what is open, who has it and by when; for staff, the tickets in his reach."""

from __future__ import annotations

from bot.commands._arguments import ticket_only
from bot.commands._lines import some, ticket_line
from bot.commands.base import ANY_ROOM, EVERYBODY, Call, Command, Reply, Ticketed, answer
from bot.notice import Quote, say


def run(call: Call) -> Reply:
    if call.rest:
        return _one(call, ticket_only(call, "status"))
    if (meant := call.desk.pointed_at()) is not None:
        return _one(call, meant)
    found = call.desk.in_reach()
    if not found:
        return answer(say("status.none"))
    if len(found) == 1:
        return _one(call, found[0])
    lines = [ticket_line(each, call.now, internal=call.room.kind.is_internal) for each in found]
    return answer(say("status.header"), *some(lines))


def _one(call: Call, each: Ticketed) -> Reply:
    internal = call.room.kind.is_internal
    lines = [ticket_line(each, call.now, internal=internal)]
    if each.words:
        lines.append(say("status.words", words=Quote(each.words)))
    if internal or not each.ticket.is_open:
        return answer(*lines)
    escalate = call.desk.button("button.escalate", f"/escalate {each.ticket.reference}")
    return answer(*lines, buttons=[escalate])


COMMAND = Command("status", EVERYBODY, ANY_ROOM, run)
