"""`/split [T]`: what belongs elsewhere, the client's message that is answered or his latest words, becomes a ticket of
its own.
"""

from __future__ import annotations

from bot.commands._arguments import ticket_only
from bot.commands.base import ANY_ROOM, STAFF, Call, Command, Reply, answer
from bot.notice import At, Left, Value, say


def run(call: Call) -> Reply:
    each = ticket_only(call, "split")
    own = call.desk.parting().split(each)
    common: dict[str, Value] = {"ref": own.ticket.reference, "other": each.ticket.reference, "words": own.quote()}
    promise = own.promise
    if promise is None or promise.due_at is None:
        return answer(say("split.staff_no_clock", **common))
    return answer(say("split.staff", due=At(promise.due_at), left=Left(promise.due_at), **common))


COMMAND = Command("split", STAFF, ANY_ROOM, run)
