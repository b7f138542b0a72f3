"""`/back [WHO]`: somebody who was away is there again, and has his tickets back; a lead may say it for him.

What joined on and has not begun yet still stands, and can be called off.
"""

from __future__ import annotations

from bot.commands._arguments import wrong
from bot.commands._duty import leave_line
from bot.commands.base import INTERNAL_ROOMS, STAFF, Call, Command, Refusal, Reply, answer
from bot.notice import At, say


def run(call: Call) -> Reply:
    desk, person = call.desk.duty(), call.actor.person
    if person is None:
        raise Refusal(say("errors.not_allowed"))
    if call.rest:
        named = desk.somebody(call.rest)
        if named is None or named[1]:
            raise wrong("errors.extra", call.rest, "back")
        person = named[0]
    ahead = desk.back(person)
    buttons = [
        call.desk.button("button.away_off", f"/away-off {each.numbers[0]}", who=person.name, since=At(each.since))
        for each in ahead
    ]
    return answer(say("back.told", who=person.name), *map(leave_line, ahead), buttons=buttons)


COMMAND = Command("back", STAFF, INTERNAL_ROOMS, run)
