"""`/oncall`: who is on call, until when, who is next; `/oncall swap with NAME [this|next|DAY]` asks for another turn.

A swap is asked for: whoever is to take the turn confirms it by a button. A lead may name both, and decides at once.
"""

from __future__ import annotations

import re
from datetime import datetime, time

from bot.commands._arguments import example, read_when, wrong
from bot.commands._duty import OnCall, Which, swap_line
from bot.commands.base import INTERNAL_ROOMS, STAFF, Call, Command, Refusal, Reply, answer
from bot.notice import At, Quote, Say, Value, say
from bot.people import Person
from bot.when import WhenError, split_when

_SWAP = re.compile(r"(?:swap|обмен|поменяться)(?:\s+|$)", re.IGNORECASE)
_WITH = re.compile(r"(?:with|со?)\s+", re.IGNORECASE)
_WORDS = {
    **dict.fromkeys(("", "now", "сейчас"), Which.NEAREST),
    **dict.fromkeys(("this", "эту", "это"), Which.THIS),
    **dict.fromkeys(("next", "следующую", "следующее"), Which.NEXT),
}


def run(call: Call) -> Reply:
    desk = call.desk.duty()
    if not call.rest:
        shown = desk.on_call()
        return answer(*(_line(each) for each in shown)) if shown else answer(say("oncall.none"))
    said = _SWAP.match(call.rest)
    if said is None:
        raise wrong("errors.extra", call.rest, "oncall")
    giver, taker, rest = _people(call, call.rest[said.end() :])
    which, day = _which(call, rest)
    made = desk.swap(giver, taker, which, day)
    return answer(swap_line("agreed" if made.is_agreed else "waits", made))


def agree(call: Call) -> Reply:
    """`/oncall-yes ID`, said by a button."""
    return answer(swap_line("agreed", call.desk.duty().decide(call.rest, is_agreed=True)))


def decline(call: Call) -> Reply:
    """`/oncall-no ID`, said by a button."""
    return answer(swap_line("declined", call.desk.duty().decide(call.rest, is_agreed=False)))


def _people(call: Call, words: str) -> tuple[Person, Person, str]:
    """Whose turn it is, who is to take it, and what follows: `with ben next`, `ben`, for leads `mia with ben`."""
    asker = call.actor.person
    if asker is None:
        raise Refusal(say("errors.not_allowed"))
    lead = _WITH.match(words)
    named = _somebody(call, words[lead.end() :] if lead else words)
    joint = _WITH.match(named[1])
    if lead is not None or joint is None:
        return asker, *named
    return named[0], *_somebody(call, named[1][joint.end() :])


def _somebody(call: Call, words: str) -> tuple[Person, str]:
    named = call.desk.duty().somebody(words)
    if named is None:
        raise wrong("errors.oncall_who", words, "oncall")
    return named


def _which(call: Call, words: str) -> tuple[Which, datetime | None]:
    known = _WORDS.get(words.casefold())
    if known is not None:
        return known, None
    asker = call.actor.person
    assert asker is not None
    try:
        day, rest = read_when(
            call, lambda locale: split_when(words, call.now, asker.zone, locale, open_at=time(23, 59))
        )
    except WhenError as error:
        raise Refusal(say(error.reason_key, value=Quote(error.value, 40), example=example("oncall"))) from error
    if rest:
        raise wrong("errors.extra", rest, "oncall")
    return Which.DAY, day


def _line(each: OnCall) -> Say:
    common: dict[str, Value] = {"rotation": each.rotation, "who": each.person.name if each.person else ""}
    if each.person is None:
        return Say("oncall.nobody", {"rotation": each.rotation})
    if each.until is None or each.following is None:
        return Say("oncall.alone", common)
    return Say("oncall.line", common | {"until": At(each.until), "next": each.following.name})


COMMANDS = (
    Command("oncall", STAFF, INTERNAL_ROOMS, run, aliases=("on-call",)),
    Command("oncall-yes", STAFF, INTERNAL_ROOMS, agree, hidden=True),
    Command("oncall-no", STAFF, INTERNAL_ROOMS, decline, hidden=True),
)
