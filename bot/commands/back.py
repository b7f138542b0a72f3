"""`/back [WHO]`: somebody who was away is there again, and has his tickets back; a lead may say it for him."""

from __future__ import annotations

from bot.commands._arguments import wrong
from bot.commands.base import INTERNAL_ROOMS, STAFF, Call, Command, Refusal, Reply, answer
from bot.notice import say


def run(call: Call) -> Reply:
    desk, person = call.desk.duty(), call.actor.person
    if person is None:
        raise Refusal(say("errors.not_allowed"))
    if call.rest:
        named = desk.somebody(call.rest)
        if named is None or named[1]:
            raise wrong("errors.extra", call.rest, "back")
        person = named[0]
    desk.back(person)
    return answer(say("back.told", who=person.name))


COMMAND = Command("back", STAFF, INTERNAL_ROOMS, run)
