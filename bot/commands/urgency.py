"""`/urgency [T] [how bad]`: the client says how bad it is; without words the agreement's levels are offered."""

from __future__ import annotations

from bot.commands._arguments import ticket_and_words
from bot.commands._priorities import change_priority, leading_priority
from bot.commands.base import CLIENT, CLIENT_ROOM, Call, Command, Reply, Ticketed, answer, closed
from bot.notice import say


def run(call: Call) -> Reply:
    each, words = ticket_and_words(call)
    if not words:
        return _offer(call, each)
    priority, reason = leading_priority(words, each.policy)
    return change_priority(call, each, priority, reason)


def _offer(call: Call, each: Ticketed) -> Reply:
    ref = each.ticket.reference
    if not each.ticket.is_open:
        raise closed(each)
    others = sorted(
        (level for level in each.policy.levels.values() if level.priority is not each.standing.priority),
        key=lambda level: level.priority.rank,
    )
    buttons = [
        call.desk.button("button.level", f"/urgency {ref} {level.priority.value.lower()}", name=level.name)
        for level in others
    ]
    return answer(say("urgency.ask", ref=ref), buttons=buttons)


COMMAND = Command("urgency", CLIENT, CLIENT_ROOM, run)
