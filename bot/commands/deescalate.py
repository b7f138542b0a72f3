"""`/deescalate [T] REASON`: gives a ticket back from the level it has reached; the client is told who has it now."""

from __future__ import annotations

from bot.commands._arguments import is_elsewhere, ticket_and_words
from bot.commands.base import ANY_ROOM, STAFF, Call, Command, Reply, answer
from bot.notice import say


def run(call: Call) -> Reply:
    each, reason = ticket_and_words(call)
    who = call.desk.ladder().give_back(each, reason)
    if not is_elsewhere(call, each):
        return None
    return answer(say("deescalated.told", ref=each.ticket.reference, who=who, client=each.client_name))


COMMAND = Command("deescalate", STAFF, ANY_ROOM, run, aliases=("de-escalate",))
