"""`/book-call [T] [WHEN] [topic]`: asks for a call with the manager; without a time the next free ones are offered."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time

from bot.commands._arguments import wrong
from bot.commands._calls import nearest, refused, slot_buttons
from bot.commands.base import ANY_ROOM, CLIENT, CLIENT_ROOM, EVERYBODY, Call, Command, Refusal, Reply, Ticketed, answer
from bot.notice import Act, Beside, Key, Quote, Slot, say
from bot.sla.booking import AHEAD, Refused, Why
from bot.sla.call import Side
from bot.tickets import parse_reference
from bot.when import WhenError, split_when

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
    start, since, topic = _when(call, words)
    if len(topic) > _LONGEST_TOPIC:
        raise Refusal(say("errors.too_long", limit=_LONGEST_TOPIC))
    about = f" {each.ticket.reference}" if each else ""
    again = f"book-call-with {key}{about}" if key else f"book-call{about}"
    if start is None:
        found = desk.offer(talk, since)
        nearer = None if since else desk.sooner(talk, found)
        if nearer is not None:
            stand_in, times = nearer
            say_what = f"book-call-with {stand_in.manager.key}{about}"
            buttons = slot_buttons(call, stand_in, times, say_what, topic, _NAMED)
            line = say("call.offer_sooner", who=stand_in.manager.name, manager=talk.manager.name)
            buttons += slot_buttons(call, talk, found[:2], again, topic, _NAMED)
            return answer(line, buttons=[*buttons, _other_time(call, about)])
        if not found:
            return answer(say("call.offer_none", days=AHEAD.days, who=talk.manager.name))
        buttons = [*slot_buttons(call, talk, found, again, topic), _other_time(call, about)]
        return answer(say("call.offer", who=talk.manager.name), buttons=buttons)
    verdict = desk.book(talk, start, topic, each, anyway=anyway)
    if isinstance(verdict, Refused):
        buttons = slot_buttons(call, talk, verdict.nearest, again, topic)
        if verdict.why is Why.TOO_EARLY and desk.side is Side.CLIENT and not anyway and not key:
            wish = f"/{again.replace('book-call', 'book-call-anyway', 1)} {start:%Y-%m-%dT%H:%M:%SZ} {topic}".rstrip()
            buttons.append(call.desk.button("button.call_anyway", wish))
        return answer(refused(verdict, talk, start), *nearest(verdict), buttons=buttons)
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


def _when(call: Call, words: str) -> tuple[datetime | None, datetime | None, str]:
    """The moment wished; else from when on to offer times, and the topic. What names no time at all is a topic.

    "tomorrow about funnels" offers the times of that day; what can be read in two ways is refused with its reason.
    """
    if not words:
        return None, None, ""
    now, zone, locale = call.now, call.room.zone, call.room.locale
    try:
        start, topic = split_when(words, now, zone, locale)
        return start, None, _flat(topic)
    except WhenError as error:
        if error.reason_key == "errors.when":
            return None, None, _flat(words)
        if error.reason_key != "errors.when.needs_time":
            raise Refusal(say(error.reason_key, value=Quote(error.value), example=error.example)) from error
    try:
        since, topic = split_when(words, now, zone, locale, open_at=time())
    except WhenError:
        return None, None, _flat(words)
    return None, since, _flat(topic)


def _flat(topic: str) -> str:
    return " ".join(topic.split())


COMMANDS = (
    Command("book-call", EVERYBODY, ANY_ROOM, run),
    Command("ask-call", EVERYBODY, ANY_ROOM, ask, hidden=True),
    Command("book-call-with", CLIENT, CLIENT_ROOM, instead, hidden=True),
    Command("book-call-anyway", CLIENT, CLIENT_ROOM, anyway, hidden=True),
)
