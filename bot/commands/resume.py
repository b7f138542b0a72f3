"""`/resume [T] [NAME]`: ends a wait, of several the one that is named; the clocks run again."""

from __future__ import annotations

from bot.commands._arguments import is_elsewhere, ticket_and_words, told, wrong
from bot.commands.base import ANY_ROOM, STAFF, Call, Command, Reply, answer
from bot.commands.hold import name_and_reason


def run(call: Call) -> Reply:
    each, name = ticket_and_words(call)
    waits = {hold.who.casefold(): hold.who for hold in each.standing.holds}
    if name.casefold() not in waits:
        name, _ = name_and_reason(name)
    if name and name.casefold() not in waits:
        # "resume the work please" must not end a wait that nobody named.
        raise wrong("errors.resume", name, "resume")
    call.desk.waits().resume(each, waits.get(name.casefold(), ""))
    return answer(told(each)) if is_elsewhere(call, each) else None


COMMAND = Command("resume", STAFF, ANY_ROOM, run)
