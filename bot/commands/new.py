"""`/new words`: a ticket of its own, never joined to one that is open."""

from __future__ import annotations

from bot.commands.base import CLIENT, CLIENT_ROOM, Call, Command, Reply


def run(call: Call) -> Reply:
    """The desk posts the window of the new ticket, which is the answer."""
    call.desk.open(call.rest)
    return None


COMMAND = Command("new", CLIENT, CLIENT_ROOM, run)
