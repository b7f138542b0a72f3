"""`/help [command]`: what works here for the asker, or one command with an example."""

from __future__ import annotations

import difflib

from bot.commands._arguments import example
from bot.commands._lines import no_such_command
from bot.commands.base import ANY_ROOM, EVERYBODY, Call, Command, Refusal, Reply, answer
from bot.notice import Key, Quote, Say, say
from bot.people import RoomKind


def run(call: Call) -> Reply:
    names = call.desk.command_names()
    asked = call.rest.lstrip("/").casefold().replace("_", "-").replace(" ", "-")
    if asked in names:
        return answer(_line(asked), say("help.example", example=example(asked)))
    if call.rest and len(call.rest.split()) == 1:
        close = difflib.get_close_matches(asked, names, n=1)
        raise Refusal(no_such_command(Quote(call.rest, 40), close[0] if close else ""))
    where = "alone" if call.room.kind is RoomKind.DIRECT else "room"
    return answer(say("help.intro"), say(f"spoken.{where}", example=Key("shown.escalate")), *map(_line, names))


def _line(name: str) -> Say:
    return say("help.line", command=name, what=Key(f"help.{name}"))


COMMAND = Command("help", EVERYBODY, ANY_ROOM, run)
