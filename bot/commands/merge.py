"""`/merge T-1 into T-2`: two tickets about one matter become one, and the earlier promise stays."""

from __future__ import annotations

from bot.commands._arguments import example, wrong
from bot.commands.base import ANY_ROOM, STAFF, Call, Command, Refusal, Reply, answer
from bot.notice import say
from bot.tickets import parse_reference

_BETWEEN = frozenset({"into", "in", "with", "and", "to", "в", "с", "и", "к", "->", "→"})


def run(call: Call) -> Reply:
    words = [word for word in call.rest.split() if word.casefold() not in _BETWEEN]
    if any(parse_reference(word) is None for word in words) or len(words) > 2:
        raise wrong("errors.merge_two", call.rest, "merge")
    each = call.desk.find(words[0]) if len(words) == 2 else call.desk.pointed_at()
    if not words or each is None:
        raise Refusal(say("errors.merge_which", example=example("merge")))
    into = call.desk.parting().merge(each, call.desk.find(words[-1]))
    return answer(say("merged", ref=each.ticket.reference, other=into.ticket.reference))


COMMAND = Command("merge", STAFF, ANY_ROOM, run)
