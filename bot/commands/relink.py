"""`/relink ROOM CLIENT NAME`, said by the button of the question: a linked room passes to another client."""

from __future__ import annotations

from bot.commands.base import INTERNAL_ROOMS, STAFF, Call, Command, Reply, answer
from bot.notice import say
from bot.people import Role


def run(call: Call) -> Reply:
    room, client, name, *_ = (*call.rest.split(" ", 2), "", "", "")
    linked = call.desk.relink(int(room) if room.isdecimal() else 0, client, name)
    return answer(say("link.moved", room=linked.name))


COMMAND = Command("relink", STAFF, INTERNAL_ROOMS, run, roles=frozenset({Role.LEAD, Role.ADMIN}), hidden=True)
