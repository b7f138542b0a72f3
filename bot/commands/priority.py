"""`/priority [T] LEVEL reason`: staff changes the priority and says why."""

from __future__ import annotations

from bot.commands._arguments import example, is_elsewhere, ticket_and_words, told
from bot.commands._priorities import change_priority, leading_priority
from bot.commands.base import ANY_ROOM, STAFF, Call, Command, Refusal, Reply, answer
from bot.notice import say


def run(call: Call) -> Reply:
    each, words = ticket_and_words(call)
    if not words:
        raise Refusal(say("errors.text_needed", example=example("priority")))
    priority, reason = leading_priority(words, each.policy)
    if not reason:
        raise Refusal(say("errors.reason_needed", example=example("priority")))
    reply = change_priority(call, each, priority, reason)
    if reply is None and is_elsewhere(call, each):
        return answer(told(each))
    return reply


COMMAND = Command("priority", STAFF, ANY_ROOM, run)
