"""`/eta [T] WHEN [reason]`: promises a moment to the client; without a time it is asked for.

A bare number is a ticket only where a time follows ("42 2h"), else it lacks its unit: "16" may be an hour of the
day, a length or a ticket, and a guess would become a promise.
"""

from __future__ import annotations

from bot.commands._arguments import is_elsewhere, read_when, ticket_only
from bot.commands.base import (
    ANY_ROOM,
    CLIENT,
    CLIENT_ROOM,
    STAFF,
    Call,
    Command,
    Refusal,
    Reply,
    Ticketed,
    answer,
    closed,
)
from bot.notice import At, Key, Left, Quote, say
from bot.tickets import parse_reference
from bot.when import WhenError, split_when


def run(call: Call) -> Reply:
    ref, words = _reference(call)
    each = call.desk.find(ref)
    if not words:
        return _ask(call, each)
    try:
        close = each.policy.calendar.close_after
        eta_at, reason = read_when(
            call, lambda locale: split_when(words, call.now, call.room.zone, locale, close=close)
        )
    except WhenError as error:
        raise Refusal(say(error.reason_key, value=Quote(error.value), example=error.example)) from error
    call.desk.etas().give(each, eta_at, reason)
    if not is_elsewhere(call, each):
        return None
    line = say("eta.told", client=each.client_name, eta=At(eta_at), left=Left(eta_at), ref=each.ticket.reference)
    return answer(line)


def ask(call: Call) -> Reply:
    """`/ask-eta [T]`, said by a button: the asker's next words are the time."""
    return _ask(call, ticket_only(call, "eta"))


def accept(call: Call) -> Reply:
    """`/accept-eta [T]`, said by a button: a moved ETA suits the client."""
    each = ticket_only(call, "eta")
    eta_at = call.desk.etas().accept(each)
    return answer(say("eta.accepted.client", who=each.owner.name, eta=At(eta_at), ref=each.ticket.reference))


def _ask(call: Call, each: Ticketed) -> Reply:
    ref = each.ticket.reference
    if not each.ticket.is_open:
        raise closed(each)
    call.desk.ask("eta", each)
    offered = (("button.eta_1h", "1h"), ("button.eta_2h", "2h"), ("button.eta_eod", "end of day"))
    buttons = [call.desk.button(label, f"/eta {ref} {when}") for label, when in offered]
    return answer(say("eta.ask", example=Key("eta.example"), ref=ref), buttons=buttons)


def _reference(call: Call) -> tuple[str | None, str]:
    first, words = (*call.rest.split(maxsplit=1), "", "")[:2]
    if parse_reference(first) is None:
        return None, call.rest
    if not first.isdecimal():
        return first, words
    try:
        read_when(call, lambda locale: split_when(call.rest, call.now, call.room.zone, locale))
    except WhenError as error:
        if error.reason_key == "errors.when.number" and words:
            return first, words
    return None, call.rest


COMMANDS = (
    Command("eta", STAFF, ANY_ROOM, run),
    Command("ask-eta", STAFF, ANY_ROOM, ask, hidden=True),
    Command("accept-eta", CLIENT, CLIENT_ROOM, accept, hidden=True),
)
