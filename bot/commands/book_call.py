"""`/book-call [T] [WHEN] [topic]`: asks for a call with the manager; without a time the next free ones are offered."""

from __future__ import annotations

from dataclasses import replace

from bot.commands._arguments import wrong
from bot.commands._calls import Talk, Wish, nearest, refused, slot_buttons, wish_in
from bot.commands.base import ANY_ROOM, CLIENT, CLIENT_ROOM, EVERYBODY, Call, Command, Refusal, Reply, Ticketed, answer
from bot.notice import Act, Beside, Key, Slot, say
from bot.sla.booking import AHEAD, Refused
from bot.sla.call import Side
from bot.tickets import parse_reference

_LONGEST_TOPIC = 200
_NAMED = "button.call_slot_with"


def run(call: Call) -> Reply:
    return _book(call, anyway=False)


def anyway(call: Call) -> Reply:
    """`/book-call-anyway`, said by a button: the manager is asked to waive the notice."""
    return _book(call, anyway=True)


def instead(call: Call) -> Reply:
    """`/book-call-with KEY ...`, said by a button: with whoever stands in for the manager."""
    key, rest = (*call.rest.split(maxsplit=1), "", "")[:2]
    return _book(replace(call, rest=rest), anyway=False, key=key)


def ask(call: Call) -> Reply:
    """`/ask-call [T]`, said by a button: another time than those offered, by a form where the platform has one."""
    each, words = _ticket(call)
    if words:
        raise wrong("errors.extra", words, "book-call")
    call.desk.calls().talk(each)
    return answer(say("call.other_time", example=Key("example.book-call" if each is None else "shown.book_call")))


def _book(call: Call, *, anyway: bool, key: str = "") -> Reply:
    each, words = _ticket(call)
    desk = call.desk.calls()
    talk = desk.instead(desk.talk(each), key) if key else desk.talk(each)
    wish = wish_in(call, words)
    start, topic = wish.start, wish.words
    if len(topic) > _LONGEST_TOPIC:
        raise Refusal(say("errors.too_long", limit=_LONGEST_TOPIC))
    about = f" {each.ticket.reference}" if each else ""
    again = f"book-call-with {key}{about}" if key else f"book-call{about}"
    if start is None:
        return _offer(call, talk, wish, again, about)
    verdict = desk.book(talk, start, topic, each, anyway=anyway)
    if isinstance(verdict, Refused):
        buttons = slot_buttons(call, talk, verdict.nearest, again, topic)
        if verdict.may_ask and desk.side is Side.CLIENT and not anyway and not key:
            ask = f"/{again.replace('book-call', 'book-call-anyway', 1)} {start:%Y-%m-%dT%H:%M:%SZ} {topic}".rstrip()
            buttons.append(call.desk.button("button.call_anyway", ask))
        return answer(refused(call, verdict, talk, start), *nearest(verdict), buttons=buttons)
    if desk.side is Side.CLIENT:
        return None
    told, booked = verdict.call, verdict.talk
    return answer(
        say(
            "call.countered.told",
            client=booked.client_name,
            span=Slot(told.starts_at, told.ends_at),
            elsewhere=Beside(told.starts_at, booked.room.zone),
            call=told.reference,
        )
    )


def _offer(call: Call, talk: Talk, wish: Wish, again: str, about: str) -> Reply:
    """The free times for a wish that names none that can be booked, and why not where it seems to name one."""
    desk, topic = call.desk.calls(), "" if wish.trouble else wish.words
    found = desk.offer(talk, wish.since, within=wish.within)
    nearer = None if wish.since or wish.within else desk.sooner(talk, found)
    trouble = [] if wish.trouble is None else [wish.trouble]
    if nearer is not None:
        stand_in, times = nearer
        say_what = f"book-call-with {stand_in.manager.key}{about}"
        buttons = slot_buttons(call, stand_in, times, say_what, topic, _NAMED)
        line = say("call.offer_sooner", who=stand_in.manager.name, manager=talk.manager.name)
        buttons += slot_buttons(call, talk, found[:2], again, topic, _NAMED)
        return answer(*trouble, line, buttons=[*buttons, _other_time(call, about)])
    line = say("call.offer", who=talk.manager.name)
    if not found and wish.within is not None:
        found = desk.offer(talk, wish.within.since)
        line = say("call.offer_elsewhen", who=talk.manager.name)
    if not found:
        return answer(*trouble, say("call.offer_none", days=AHEAD.days, who=talk.manager.name))
    buttons = [*slot_buttons(call, talk, found, again, topic), _other_time(call, about)]
    return answer(*trouble, line, buttons=buttons)


def _other_time(call: Call, about: str) -> Act:
    return call.desk.button("button.other_time", f"/ask-call{about}")


def _ticket(call: Call) -> tuple[Ticketed | None, str]:
    """The ticket the call is about, if any, and the words after it. A bare number is rather a time or a topic."""
    first, words = (*call.rest.split(maxsplit=1), "", "")[:2]
    if parse_reference(first) is not None and not first.isdecimal():
        return call.desk.find(first), words
    try:
        each = call.desk.find(None)
    except Refusal:
        return None, call.rest
    return (each if each.ticket.is_open else None), call.rest


COMMANDS = (
    Command("book-call", EVERYBODY, ANY_ROOM, run),
    Command("ask-call", EVERYBODY, ANY_ROOM, ask, hidden=True),
    Command("book-call-with", CLIENT, CLIENT_ROOM, instead, hidden=True),
    Command("book-call-anyway", CLIENT, CLIENT_ROOM, anyway, hidden=True),
)
