"""`/assign [T] [WHO]`: hands a ticket over to a colleague, by id or name; the client is told who answers now.

Without a name the bot asks, with buttons of whom the client knows first.
"""

from __future__ import annotations

from bot.commands._arguments import is_elsewhere, ticket_and_words, ticket_only
from bot.commands.base import ANY_ROOM, STAFF, Call, Command, Reply, Ticketed, answer, closed
from bot.notice import say

_MOST_BUTTONS = 8


def run(call: Call) -> Reply:
    each, name = ticket_and_words(call)
    if not name:
        return _ask(call, each)
    person = call.desk.assign(each, name)
    if not is_elsewhere(call, each):
        return None
    return answer(say("assigned", who=person.name, ref=each.ticket.reference))


def ask(call: Call) -> Reply:
    """`/ask-assign [T]`, said by a button: the asker's next words are the colleague."""
    return _ask(call, ticket_only(call, "assign"))


def _ask(call: Call, each: Ticketed) -> Reply:
    ref = each.ticket.reference
    if not each.ticket.is_open:
        raise closed(each)
    call.desk.ask("assign", each)
    people = call.desk.colleagues(each)[:_MOST_BUTTONS]
    buttons = [call.desk.button("button.level", f"/assign {ref} {each.key}", name=each.name) for each in people]
    return answer(say("assign.ask", ref=ref), buttons=buttons)


COMMANDS = (
    Command("assign", STAFF, ANY_ROOM, run),
    Command("ask-assign", STAFF, ANY_ROOM, ask, hidden=True),
)
