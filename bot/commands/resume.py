"""`/resume [T]`: ends a wait; the clocks run again."""

from __future__ import annotations

from bot.commands._arguments import is_elsewhere, ticket_only, told
from bot.commands.base import ANY_ROOM, STAFF, Call, Command, Reply, answer


def run(call: Call) -> Reply:
    each = ticket_only(call, "resume")
    call.desk.waits().resume(each)
    return answer(told(each)) if is_elsewhere(call, each) else None


COMMAND = Command("resume", STAFF, ANY_ROOM, run)
