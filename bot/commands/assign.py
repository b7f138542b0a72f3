"""`/assign [T] WHO`: hands a ticket over to a colleague, by id or name; the client is told who answers now."""

from __future__ import annotations

from bot.commands._arguments import example, is_elsewhere, ticket_and_words
from bot.commands.base import ANY_ROOM, STAFF, Call, Command, Refusal, Reply, answer
from bot.notice import say


def run(call: Call) -> Reply:
    each, name = ticket_and_words(call)
    if not name:
        raise Refusal(say("errors.text_needed", example=example("assign")))
    person = call.desk.assign(each, name)
    if not is_elsewhere(call, each):
        return None
    return answer(say("assigned", who=person.name, ref=each.ticket.reference))


COMMAND = Command("assign", STAFF, ANY_ROOM, run)
