"""`/undo`: takes back what one did last, for a minute; a button names the act it stands under."""

from __future__ import annotations

from bot.commands._arguments import wrong
from bot.commands.base import ANY_ROOM, STAFF, Call, Command, Reply, answer
from bot.notice import Key, say

_MOST_DIGITS = 15  # numbers of the store; more would not fit into one


def run(call: Call) -> Reply:
    if call.rest and (not call.rest.isdecimal() or len(call.rest) > _MOST_DIGITS):
        raise wrong("errors.undo_words", call.rest, "undo")
    undone = call.desk.undoing().undo(int(call.rest) if call.rest else None)
    line = "undone.told" if undone.was_told else "undone" if undone.reference else "undone.absence"
    what = Key(f"undo.what.{undone.command}")
    return answer(say(line, what=what, ref=undone.reference, client=undone.client_name))


COMMAND = Command("undo", STAFF, ANY_ROOM, run)
