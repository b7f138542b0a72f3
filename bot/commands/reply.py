"""`/reply [T] words`: answers a client from the direct chat; it is shown first, and sent by a button."""

from __future__ import annotations

from bot.commands._arguments import example, ticket_and_words, wrong
from bot.commands.base import STAFF, Call, Command, Refusal, Reply, answer
from bot.notice import say
from bot.people import RoomKind

_DIRECT = frozenset({RoomKind.DIRECT})
_MOST_DIGITS = 15  # numbers of the store; more would not fit into one


def run(call: Call) -> Reply:
    if not call.rest:
        raise Refusal(say("errors.text_needed", example=example("reply")))
    each, words = ticket_and_words(call)
    if not words:
        raise Refusal(say("errors.text_needed", example=example("reply")))
    return call.desk.replying().propose(each, words)


def send(call: Call) -> Reply:
    """`/send N`, said by a button: what was shown goes to the client."""
    each = call.desk.replying().send(_number(call))
    return answer(say("reply.sent", ref=each.ticket.reference, client=each.client_name))


def discard(call: Call) -> Reply:
    """`/discard N`, said by a button: nothing is sent."""
    call.desk.replying().drop(_number(call))
    return answer(say("reply.dropped"))


def _number(call: Call) -> int:
    if not call.rest.isdecimal() or len(call.rest) > _MOST_DIGITS:
        raise wrong("errors.reference", call.rest, "reply")
    return int(call.rest)


COMMANDS = (
    Command("reply", STAFF, _DIRECT, run),
    Command("send", STAFF, _DIRECT, send, hidden=True),
    Command("discard", STAFF, _DIRECT, discard, hidden=True),
)
