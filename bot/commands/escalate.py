"""`/escalate [T] [reason]`: calls the next level in, at once; the reason may be missing."""

from __future__ import annotations

from bot.commands._arguments import is_elsewhere, ticket_and_words
from bot.commands.base import ANY_ROOM, EVERYBODY, Call, Command, Reply, answer
from bot.notice import say


def run(call: Call) -> Reply:
    each, reason = ticket_and_words(call)
    level = call.desk.ladder().escalate(each, reason)
    if not is_elsewhere(call, each):
        return None
    return answer(say("escalated.told", ref=each.ticket.reference, level=level, client=each.client_name))


COMMAND = Command("escalate", EVERYBODY, ANY_ROOM, run)
