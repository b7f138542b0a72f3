"""`/book-call [T] [WHEN] [topic]`: asks for a call with the manager; without a time the next free ones are offered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.commands._arguments import wrong
from bot.commands._calls import Talk, nearest, placed, refused, slot_buttons
from bot.commands._wishes import Wish, must_name, topic, wish_in, wished
from bot.commands.base import ANY_ROOM, CLIENT, CLIENT_ROOM, EVERYBODY, Call, Command, Refusal, Reply, Ticketed, answer
from bot.notice import Act, Beside, Key, Notice, Slot, say
from bot.people import RoomKind
from bot.sla.booking import AHEAD, Refused, Span
from bot.sla.call import Side
from bot.tickets import parse_reference

_LONGEST_TOPIC = 200
_NAMED = "button.call_slot_with"
_WEEKS = (("button.next_week", "next week"), ("button.week_after", "the week after next"))


def run(call: Call) -> Reply:
    return _book(call, anyway=False)


def anyway(call: Call) -> Reply:
    """`/book-call-anyway`, said by a button: the manager is asked to waive the notice."""
    return _book(call, anyway=True)


def instead(call: Call) -> Reply:
    """`/book-call-with KEY ...`, said by a button: with whoever's times were offered."""
    key, rest = (*call.rest.split(maxsplit=1), "", "")[:2]
    return _book(replace(call, rest=rest), anyway=False, key=key)


def ask(call: Call) -> Reply:
    """`/ask-call [T]`, said by a button: the asker's next words are another time than those offered."""
    meant = _meant(call)
    if meant.words:
        raise wrong("errors.extra", meant.words, "book-call")
    call.desk.calls().ask("call_wish", meant.about.strip())
    buttons = [call.desk.button(label, f"/call-wish{meant.about} {when}") for label, when in _WEEKS]
    return answer(say("call.other_time", example=Key("call.example")), buttons=buttons)


def wish(call: Call) -> Reply:
    """`/call-wish [T] WHEN [topic]`: the answer to that question, which is asked on until a time is kept."""
    return _book(call, anyway=False, is_answer=True)


def _book(call: Call, *, anyway: bool, key: str = "", is_answer: bool = False) -> Reply:
    meant, desk = _meant(call), call.desk.calls()
    each, talk = meant.each, desk.instead(meant.talk, key) if key else meant.talk
    wish = wish_in(call, meant.words)
    if is_answer:
        must_name(wish, meant.words)
    if len(wish.words) > _LONGEST_TOPIC:
        raise Refusal(say("errors.too_long", limit=_LONGEST_TOPIC))
    # What one of the staff is offered is his colleague's time or his own, whoever of them taps it.
    asked = _Asked(wish, talk, meant.about, key or (talk.manager.key if desk.side is Side.STAFF else ""))
    verdict = None if wish.start is None else desk.book(talk, wish.start, topic(wish.words), each, anyway=anyway)
    if verdict is None or isinstance(verdict, Refused):
        if is_answer or desk.side is Side.CLIENT:
            desk.ask("call_wish", asked.about.strip())
        may_ask = verdict is not None and verdict.may_ask and desk.side is Side.CLIENT and not (anyway or key)
        return _offer(call, asked) if verdict is None else _refused(call, asked, verdict, may_ask=may_ask)
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


@dataclass(frozen=True, slots=True)
class _Asked:
    """A wish, with whom, about what (as `_Meant` says it), and the key of whose times these are where that is said."""

    wish: Wish
    talk: Talk
    about: str
    key: str

    @property
    def again(self) -> str:
        """What a button says that asks for another time."""
        return f"book-call-with {self.key}{self.about}" if self.key else f"book-call{self.about}"


def _offer(call: Call, asked: _Asked) -> Reply:
    """The free times for a wish that names none that can be booked, and why not where it seems to name one."""
    desk, wish, talk = call.desk.calls(), asked.wish, asked.talk
    trouble = [] if wish.trouble is None else [wish.trouble]
    found = desk.offer(talk, wish.since, within=wish.within)
    if not found and wish.within is not None:
        verdict = desk.why_none(talk, wish.within)
        if verdict is not None:
            return _refused(call, asked, verdict)
        trouble.append(say("call.too_short"))
        found = desk.offer(talk, wish.within.since)
    if (nearer := _sooner(call, asked, found)) is not None:
        return answer(*trouble, *nearer.lines, buttons=nearer.buttons)
    if not found:
        return answer(*trouble, say("call.offer_none", days=AHEAD.days, who=talk.manager.name))
    buttons = [*slot_buttons(call, talk, found, asked.again, wish.words), _other_time(call, asked.about)]
    return answer(*trouble, say("call.offer", who=talk.manager.name), buttons=buttons)


def _refused(call: Call, asked: _Asked, verdict: Refused, *, may_ask: bool = False) -> Reply:
    """Why not, and what is free instead."""
    wish, talk = asked.wish, asked.talk
    why = refused(call, verdict, talk, wished(wish))
    nearer = _sooner(call, asked, verdict.nearest)
    lines, buttons = (
        (nearest(verdict), [*slot_buttons(call, talk, verdict.nearest, asked.again, wish.words)])
        if nearer is None
        else (list(nearer.lines), list(nearer.buttons))
    )
    if may_ask and wish.start is not None:
        ask = f"/book-call-anyway{asked.about} {wish.start:%Y-%m-%dT%H:%M:%SZ} {wish.words}".rstrip()
        buttons.append(call.desk.button("button.call_anyway", ask))
    elif nearer is None and wish.start is None:
        buttons.append(_other_time(call, asked.about))
    return answer(why, *lines, buttons=buttons)


def _sooner(call: Call, asked: _Asked, found: Sequence[Span]) -> Notice | None:
    """Who is free sooner than the manager, beside him with what is `found` of his; None where nobody is asked for, or
    needed.
    """
    wish, talk = asked.wish, asked.talk
    nearer = None if asked.key else call.desk.calls().sooner(talk, wish.start or wish.since, wish.within)
    if nearer is None:
        return None
    stand_in, times = nearer
    with_whom = f"book-call-with {stand_in.manager.key}{asked.about}"
    buttons = slot_buttons(call, stand_in, times, with_whom, wish.words, _NAMED)
    buttons += slot_buttons(call, talk, found[:2], asked.again, wish.words, _NAMED)
    line = say("call.offer_sooner", who=stand_in.manager.name, manager=talk.manager.name)
    return answer(line, buttons=[*buttons, _other_time(call, asked.about)])


def _other_time(call: Call, about: str) -> Act:
    return call.desk.button("button.other_time", f"/ask-call{about}")


@dataclass(frozen=True, slots=True)
class _Meant:
    """Who would talk, about which ticket, if any, and the words after it. `about`: how a button says that wherever it
    stands, ` T-42`, ` room:7` or nothing.
    """

    each: Ticketed | None
    talk: Talk
    about: str
    words: str


def _meant(call: Call) -> _Meant:
    desk = call.desk.calls()
    first, words = (*call.rest.split(maxsplit=1), "", "")[:2]
    if (place := desk.place(first)) is not None:
        return _Meant(None, desk.talk(None, place), f" {first}", words)
    each, words = _ticket(call)
    about = f" {each.ticket.reference}" if each else ""
    is_here = each is not None and each.ticket.room_id == call.room.id
    if call.room.kind is RoomKind.CLIENT and desk.side is Side.STAFF and not is_here:
        # He is answered in his own chat, where nothing else says which client it was about.
        about = f" {placed(call.room)}"
    return _Meant(each, desk.talk(each), about, words)


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
    Command("call-wish", EVERYBODY, ANY_ROOM, wish, hidden=True),
    Command("book-call-with", EVERYBODY, ANY_ROOM, instead, hidden=True),
    Command("book-call-anyway", CLIENT, CLIENT_ROOM, anyway, hidden=True),
)
