"""`/new words`: a ticket of its own, never joined to one that is open."""

from __future__ import annotations

from bot.commands._arguments import example
from bot.commands.base import CLIENT, CLIENT_ROOM, Call, Command, Refusal, Reply
from bot.notice import say


def run(call: Call) -> Reply:
    """The desk posts the window of the new ticket, which is the answer."""
    if not call.rest:
        raise Refusal(say("errors.text_needed", example=example("new")))
    call.desk.open(call.rest)
    return None


COMMAND = Command("new", CLIENT, CLIENT_ROOM, run)
