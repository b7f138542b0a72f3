"""`/note [T] words`: kept for staff, and possible only where no client reads."""

from __future__ import annotations

from bot.commands._arguments import example, ticket_and_words
from bot.commands.base import INTERNAL_ROOMS, STAFF, Call, Command, Refusal, Reply, answer
from bot.notice import say


def run(call: Call) -> Reply:
    if not call.rest:
        raise Refusal(say("errors.text_needed", example=example("note")))
    each, words = ticket_and_words(call)
    if not words:
        raise Refusal(say("errors.text_needed", example=example("note")))
    call.desk.note(each, words)
    return answer(say("note.saved", ref=each.ticket.reference))


COMMAND = Command("note", STAFF, INTERNAL_ROOMS, run)
