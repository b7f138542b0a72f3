"""`/reopen [T] [why]`: opens a closed ticket again."""

from __future__ import annotations

from bot.commands._arguments import is_elsewhere, ticket_and_words, told
from bot.commands.base import ANY_ROOM, EVERYBODY, Call, Command, Reply, answer


def run(call: Call) -> Reply:
    each, reason = ticket_and_words(call)
    call.desk.reopen(each, reason)
    return answer(told(each)) if is_elsewhere(call, each) else None


COMMAND = Command("reopen", EVERYBODY, ANY_ROOM, run)
