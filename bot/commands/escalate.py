"""`/escalate [T] [reason]`: calls the next level in, at once; the reason may be missing."""

from __future__ import annotations

from bot.commands._arguments import is_elsewhere, ticket_and_words
from bot.commands.base import ANY_ROOM, EVERYBODY, Call, Command, Refusal, Reply, Ticketed, answer
from bot.notice import say


def run(call: Call) -> Reply:
    each, reason = ticket_and_words(call)
    return _escalate(call, each, reason, None)


def run_from(call: Call) -> Reply:
    """`/escalate-from T LEVEL [reason]`, said by a button: does nothing once another level has been reached."""
    ref, level, reason = (*call.rest.split(maxsplit=2), "", "", "")[:3]
    if not level.isdecimal():
        raise Refusal(say("errors.stale_button"))
    return _escalate(call, call.desk.find(ref), reason, int(level))


def _escalate(call: Call, each: Ticketed, reason: str, since: int | None) -> Reply:
    level = call.desk.ladder().escalate(each, reason, since)
    if not is_elsewhere(call, each):
        return None
    return answer(say("escalated.told", ref=each.ticket.reference, level=level, client=each.client_name))


COMMANDS = (
    Command("escalate", EVERYBODY, ANY_ROOM, run),
    Command("escalate-from", EVERYBODY, ANY_ROOM, run_from, hidden=True),
)
