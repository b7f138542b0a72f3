"""`/confirm [T]`, said by a button: the client agrees that a ticket is resolved."""

from __future__ import annotations

from bot.commands._arguments import ticket_only
from bot.commands.base import CLIENT, CLIENT_ROOM, Call, Command, Reply


def run(call: Call) -> Reply:
    call.desk.confirm(ticket_only(call, "resolve"))
    return None


COMMAND = Command("confirm", CLIENT, CLIENT_ROOM, run, hidden=True)
