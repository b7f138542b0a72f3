"""`/answered [T]`: "that was the answer", counted from the moment it was written."""

from __future__ import annotations

from bot.commands._arguments import ticket_only
from bot.commands.base import ANY_ROOM, STAFF, Call, Command, Reply, answer
from bot.notice import At, say
from bot.sla.policy import Metric


def run(call: Call) -> Reply:
    each = ticket_only(call, "answered")
    call.desk.answered(each)
    clocks = call.desk.find(each.ticket.reference).clocks
    stops = [c.stopped_at for c in clocks if c.metric is Metric.RESPONSE and c.stopped_at]
    if not stops:
        return None
    return answer(say("answered", at=At(stops[-1]), ref=each.ticket.reference))


COMMAND = Command("answered", STAFF, ANY_ROOM, run)
