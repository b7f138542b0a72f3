"""`/hold [T] client [DETAILS] | third party NAME[, REASON] | waiting for NAME[, REASON]`: says whom a ticket waits for.

Whether that stops a clock is the agreement's matter; the client is told either way.
"""

from __future__ import annotations

import re

from bot.commands._arguments import SEPARATORS, is_elsewhere, ticket_and_words, ticket_only, wrong
from bot.commands.base import ANY_ROOM, STAFF, Call, Command, Refusal, Reply, Ticketed, answer, closed
from bot.notice import Quote, Say, Value, say
from bot.sla.policy import HoldReason

_LONGEST_NAME = 80
_LONGEST_DETAILS = 500
_USUAL = 4

_CLIENT = re.compile(r"(?:the\s+)?(?:client|customer)\b|клиент(?:а|у|ом)?\b", re.IGNORECASE)
_THIRD = re.compile(r"(?:a\s+|the\s+)?(?:third|3rd)[-_ ]?party\b|трет(?:ья|ью|ьей)\s+сторон(?:а|у|ы)\b", re.IGNORECASE)
_WAITING = re.compile(r"(?:(?:is\s+)?wait(?:ing|s)?\s+)?for\b|ждём\b|ждем\b|жду\b|ожидаем\b", re.IGNORECASE)
_NAME_IN_QUOTES = re.compile(r"[\"“„«]([^\"”“»]+)[\"”“»]")
# "Google, Inc." is a name.
_REASON = re.compile(
    r"\s*(?:,(?!\s*(?:inc|llc|ltd|gmbh|corp)\b)|;|:(?=\s)|\s[-–—](?=\s)|\n"
    r"|\s(?:because(?:\s+of)?|потому\s+что|так\s+как|из-за)(?=\s))\s*",
    re.IGNORECASE,
)


def run(call: Call) -> Reply:
    each, words = ticket_and_words(call)
    if not words:
        return _ask_whom(call, each)
    reason, who = _whom(words)
    if reason is HoldReason.CLIENT:
        return _ask_client(call, each, who)
    who, why = name_and_reason(who)
    if not who:
        return _ask_name(call, each)
    for said, limit in ((who, _LONGEST_NAME), (why, _LONGEST_DETAILS)):
        if len(said) > limit:
            raise Refusal(say("errors.too_long", limit=limit))
    call.desk.waits().hold(each, reason, who, why)
    if not is_elsewhere(call, each):
        return None
    told: dict[str, Value] = {"client": each.client_name, "who": Quote(who), "ref": each.ticket.reference}
    return answer(Say("hold.told_reason", told | {"reason": Quote(why)}) if why else Say("hold.told", told))


def ask_details(call: Call) -> Reply:
    """`/ask-details [T]`, said by a button: which details the client is asked for, in free words or the usual ones."""
    each = ticket_only(call, "hold")
    ref = each.ticket.reference
    if not each.ticket.is_open:
        raise closed(each)
    call.desk.ask("details", each)
    usual = each.policy.details[:_USUAL]
    together = [", ".join(usual)] if len(usual) > 1 else []
    buttons = [
        call.desk.button("button.detail", f"/hold {ref} client {wanted}", detail=wanted)
        for wanted in (*usual, *together)
    ]
    as_written = call.desk.button("button.as_written", f"/hold {ref} client")
    return answer(say("hold.ask_details", client=each.client_name, ref=ref), buttons=[*buttons, as_written])


def name_and_reason(words: str) -> tuple[str, str]:
    """A third party's name, and behind it why it is waited for: "Keitaro, they must fix the token". A name
    with a comma stands in quotes.
    """
    quoted = _NAME_IN_QUOTES.match(words)
    if quoted is not None and (quoted.end() == len(words) or _REASON.match(words, quoted.end())):
        return quoted[1].strip(), _REASON.sub("", words[quoted.end() :], count=1).strip()
    name, *rest = _REASON.split(words, maxsplit=1)
    return name.strip(), rest[0].strip() if rest else ""


def _ask_client(call: Call, each: Ticketed, details: str) -> Reply:
    if len(details) > _LONGEST_DETAILS:
        raise Refusal(say("errors.too_long", limit=_LONGEST_DETAILS))
    call.desk.waits().hold(each, HoldReason.CLIENT, each.client_name, details)
    if not is_elsewhere(call, each):
        return None
    common: dict[str, Value] = {"client": each.client_name, "ref": each.ticket.reference}
    if details:
        return answer(Say("hold.told_details", common | {"details": Quote(details)}))
    return answer(Say("hold.told_client", common))


def _whom(words: str) -> tuple[HoldReason, str]:
    """Whom the words wait for, and what stands behind: a client's details, a third party's name. A
    lone name is refused: a slip of "client" would become a third party."""
    waiting = _WAITING.match(words)
    if waiting is not None:
        words = words[waiting.end() :].lstrip(SEPARATORS)
    for pattern, reason in ((_CLIENT, HoldReason.CLIENT), (_THIRD, HoldReason.THIRD_PARTY)):
        found = pattern.match(words)
        if found is not None:
            return reason, words[found.end() :].lstrip(SEPARATORS)
    if waiting is None:
        raise wrong("errors.hold", words, "hold")
    return HoldReason.THIRD_PARTY, words


def _ask_whom(call: Call, each: Ticketed) -> Reply:
    ref = each.ticket.reference
    if not each.ticket.is_open:
        raise closed(each)
    buttons = [
        call.desk.button("button.hold_client", f"/hold {ref} client"),
        call.desk.button("button.hold_third_party", f"/hold {ref} third party"),
    ]
    return answer(say("hold.ask", ref=ref), buttons=buttons)


def _ask_name(call: Call, each: Ticketed) -> Reply:
    if not each.ticket.is_open:
        raise closed(each)
    call.desk.ask("third_party", each)
    return answer(say("hold.ask_name", ref=each.ticket.reference))


def still_waiting(call: Call) -> Reply:
    """`/still-waiting T NAME`, said by a button: somebody has looked, and this third party is still waited for."""
    each, name = ticket_and_words(call)
    who = call.desk.waits().goes_on(each, name)
    return answer(say("third_party.goes_on", who=Quote(who), ref=each.ticket.reference))


COMMANDS = (
    Command("still-waiting", STAFF, ANY_ROOM, still_waiting, hidden=True),
    Command("hold", STAFF, ANY_ROOM, run),
    Command("ask-details", STAFF, ANY_ROOM, ask_details, hidden=True),
)
