"""`/seen [T]`, mostly said by a button: its reminders rest until something happens."""

from __future__ import annotations

from bot.commands._arguments import ticket_only
from bot.commands.base import ANY_ROOM, STAFF, Call, Command, Reply, answer
from bot.notice import say


def run(call: Call) -> Reply:
    each = ticket_only(call, "seen")
    call.desk.nudges().seen(each)
    return answer(say("seen", ref=each.ticket.reference))


COMMAND = Command("seen", STAFF, ANY_ROOM, run)
