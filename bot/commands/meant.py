"""`/meant T MESSAGE`, said by a button: which ticket an earlier reply was for."""

from __future__ import annotations

from bot.commands._arguments import wrong
from bot.commands.base import ANY_ROOM, STAFF, Call, Command, Reply, answer
from bot.notice import say

_MOST_DIGITS = 15  # message numbers of the store; more would not fit into one


def run(call: Call) -> Reply:
    words = call.rest.split()
    if len(words) != 2 or not words[1].isdecimal() or len(words[1]) > _MOST_DIGITS:
        raise wrong("errors.reference", call.rest, "answered")
    each = call.desk.find(words[0])
    call.desk.meant(each, int(words[1]))
    return answer(say("meant", ref=each.ticket.reference))


COMMAND = Command("meant", STAFF, ANY_ROOM, run, hidden=True)
