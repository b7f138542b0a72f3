"""`/progress [T] [words]`: tells the client how his ticket goes on; without words a draft from the record is offered.

What is said outside the client's room is shown first and sent by a button.
"""

from __future__ import annotations

from bot.commands._arguments import is_elsewhere, ticket_and_words, ticket_only, told
from bot.commands.base import ANY_ROOM, STAFF, Call, Command, Refusal, Reply, answer, closed
from bot.notice import Quote, say

_LONGEST = 1500


def run(call: Call) -> Reply:
    each, words = ticket_and_words(call)
    ref = each.ticket.reference
    if len(words) > _LONGEST:
        raise Refusal(say("errors.too_long", limit=_LONGEST))
    lines = (say("progress.words", words=Quote(words, _LONGEST)),) if words else tuple(call.desk.telling().draft(each))
    if not each.ticket.is_open:
        raise closed(each)
    buttons = [
        call.desk.button("button.send_this", f"/send-progress {ref} {words}".rstrip()),
        call.desk.button("button.edit", f"/ask-progress {ref}"),
    ]
    return answer(say("progress.shown", client=each.client_name, ref=ref), *lines, buttons=buttons)


def send(call: Call) -> Reply:
    """`/send-progress T [words]`, said by a button below what is sent."""
    each, words = ticket_and_words(call)
    call.desk.telling().send(each, words)
    return answer(told(each)) if is_elsewhere(call, each) else None


def ask(call: Call) -> Reply:
    """`/ask-progress T`, said by a button: the asker's next words are shown as what would be sent."""
    each = ticket_only(call, "progress")
    if not each.ticket.is_open:
        raise closed(each)
    call.desk.ask("progress", each)
    return answer(say("progress.ask", client=each.client_name, ref=each.ticket.reference))


COMMANDS = (
    Command("progress", STAFF, ANY_ROOM, run),
    Command("send-progress", STAFF, ANY_ROOM, send, hidden=True),
    Command("ask-progress", STAFF, ANY_ROOM, ask, hidden=True),
)
