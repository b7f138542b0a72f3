"""`/acknowledge [T]`, said by a button: whoever was called in has the ticket now."""

from __future__ import annotations

from bot.commands._arguments import is_elsewhere, ticket_only, told
from bot.commands.base import ANY_ROOM, STAFF, Call, Command, Reply, answer


def run(call: Call) -> Reply:
    each = ticket_only(call, "status")
    call.desk.ladder().acknowledge(each)
    return answer(told(each)) if is_elsewhere(call, each) else None


COMMAND = Command("acknowledge", STAFF, ANY_ROOM, run, hidden=True)
