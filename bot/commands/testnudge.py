"""`/testnudge`: a nudge of a made-up ticket, on the path by which real ones come."""

from __future__ import annotations

from bot.commands._arguments import example
from bot.commands.base import STAFF, Call, Command, Refusal, Reply, answer
from bot.notice import say
from bot.people import RoomKind


def run(call: Call) -> Reply:
    if call.rest:
        raise Refusal(say("errors.testnudge", example=example("testnudge")))
    room = call.desk.nudges().test()
    return answer(say("testnudge", channel=room.channel, room=room.name))


COMMAND = Command("testnudge", STAFF, frozenset({RoomKind.DIRECT}), run)
