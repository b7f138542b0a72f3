"""`/status [T]`: what is open, who has it and by when; for staff, the tickets in his reach."""

from __future__ import annotations

from bot.commands._arguments import ticket_only
from bot.commands._lines import in_shadow, some, ticket_line
from bot.commands._which import MOST
from bot.commands.base import ANY_ROOM, EVERYBODY, Call, Command, Reply, Ticketed, answer
from bot.notice import At, Say, Value, say

_SHOWN = 30


def run(call: Call) -> Reply:
    if call.rest:
        return _one(call, ticket_only(call, "status"))
    if (meant := call.desk.pointed_at()) is not None:
        return _one(call, meant)
    found = call.desk.in_reach()
    if not found:
        return answer(say("status.none"))
    if len(found) == 1:
        return _one(call, found[0])
    internal = call.room.kind.is_internal
    lines = [ticket_line(each, call.now, internal=internal) for each in found]
    buttons = [
        call.desk.button(
            "button.ticket_words",
            f"/status {each.ticket.reference}",
            ref=each.ticket.reference,
            words=each.quote(_SHOWN),
        )
        for each in found[:MOST]
    ]
    return answer(say("status.header"), *some(lines), *(in_shadow(found) if internal else ()), buttons=buttons)


def _one(call: Call, each: Ticketed) -> Reply:
    internal = call.room.kind.is_internal
    lines = [ticket_line(each, call.now, internal=internal)]
    if (level := _level(each)) is not None:
        lines.append(level)
    if each.words or each.instead:
        lines.append(say("status.words", words=each.quote()))
    if internal or not each.ticket.is_open:
        return answer(*lines, *(in_shadow([each]) if internal else ()))
    since = f"/escalate-from {each.ticket.reference} {each.standing.escalation}"
    return answer(*lines, buttons=[call.desk.button("button.escalate", since)])


def _level(each: Ticketed) -> Say | None:
    """Which level a ticket has reached and who has it, or was called in for it."""
    called = each.standing.called
    if not each.ticket.is_open or called is None or each.called is None:
        return None
    common: dict[str, Value] = {"level": called.level, "who": each.called.name}
    if called.acknowledged_at is None:
        return Say("status.called", common | {"at": At(called.at)})
    return Say("status.level", common | {"at": At(called.acknowledged_at)})


COMMAND = Command("status", EVERYBODY, ANY_ROOM, run)
