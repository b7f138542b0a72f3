"""What an act still lacks, as a form: where a platform can show one, it is filled in instead of a question answered.

Nothing is stored here: the filled-in form comes back as a command and is judged like a typed one, before it is handed
over as well, so that a mistake can be told while the form still stands.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.channels.base import Form, Inbound, InboundKind, Profile
from bot.commands._calls import over
from bot.commands._lines import some, ticket_line
from bot.commands.base import Refusal, Ticketed, closed
from bot.desk import denials, shadow, strangers, talk, views
from bot.desk.actors import actor_of
from bot.desk.desk import Desk
from bot.desk.parting import command_followed
from bot.desk.questions import is_refusal
from bot.desk.rules import Context
from bot.desk.session import Session
from bot.desk.staff.cover import open_for
from bot.notice import At, Beside, Notice, render, say
from bot.people import VENDOR, Room, RoomKind
from bot.store.tickets import Action
from bot.store.tx import Tx
from bot.text import plain
from bot.tickets import Ticket, parse_reference

_KINDS = {
    "eta": "eta",
    "ask-eta": "eta",
    "assign": "assign",
    "ask-assign": "assign",
    "hold": "hold",
    "escalate": "escalate",
    "ask-call": "book-call",
    "call-move": "call-time",
}
_TYPED_ONLY = {"escalate"}
"""What a button does at once: whoever presses it has waited long enough."""
_MAY_STAY_EMPTY = {"escalate"}
_THIRD_PARTY = "third party"


def form_of(tx: Tx, desk: Desk, inbound: Inbound, now: datetime, machine: datetime | None = None) -> Form | None:
    """The form for the words that a press or a bare command lacks; None: it lacks none, or may not be said, or too
    many came at once: then the desk says so. `machine` None: nobody is too fast.

    Its ticket is the one that a typed command would find; a call needs none where the client is clear.
    """
    room = tx.rooms.at(inbound.channel, inbound.account, inbound.room)
    if room is None or room.kind is RoomKind.UNLINKED or shadow.hides(tx, room):
        return None
    pressed = inbound.kind is InboundKind.PRESS
    action = tx.tickets.action(inbound.action or "", room.id) if pressed else None
    text = inbound.text if not pressed else "" if action is None else command_followed(tx, action.command)
    actor = actor_of(tx, room, inbound)
    parsed = desk.registry.parse(text, bot_names=(inbound.me,) if inbound.me else ())
    if parsed is None or parsed.name is None or not desk.registry[parsed.name].allows(actor, room):
        return None
    kind = _KINDS.get(parsed.name)
    first, _, words = parsed.rest.partition(" ")
    if kind is None or (pressed and kind in _TYPED_ONLY) or (words and words != _THIRD_PARTY):
        return None
    if kind == "call-time":
        return _of_call(desk, desk.session(tx, actor, room, now), first, desk.mail(tx, now).answers_in(room, actor))
    is_room = kind == "book-call" and ":" in first
    if first and not is_room and (parse_reference(first) is None or (kind == "book-call" and first.isdecimal())):
        return None
    if machine is not None and desk.pacing.is_too_fast(room, actor, machine):
        return None
    session = desk.session(tx, actor, room, now, Context(ticket=_meant(tx, room, inbound, action)))
    try:
        each = _found(session, first) if kind != "book-call" else _to_talk_of(session, first)
    except Refusal:
        return None
    spoken = desk.words.words(room.locale)
    said = "" if each is None else each.words or (each.instead and spoken.text(each.instead))
    about = each.ticket.reference if each is not None else first if is_room else ""
    command = " ".join(filter(None, (f"/{kind}", about, words)))
    return Form(
        command=command,
        title=spoken.text("button.book_call") if each is None else each.ticket.reference,
        question=spoken.text("form.third_party" if words else f"form.{kind}"),
        submit=spoken.text("form.send"),
        cancel=spoken.text("form.cancel"),
        explanation="" if each is None or not actor.is_staff else f"{each.client_name}: {said}",
        needed=kind not in _MAY_STAY_EMPTY,
        long=kind == "escalate",
    )


def _of_call(desk: Desk, session: Session, named: str, reader: Room) -> Form | None:
    """When instead, with the free times above it; None where the call cannot be moved any more."""
    calls = session.calls()
    try:
        booked = calls.find(named)
    except Refusal:
        return None
    if booked.is_stale or over(booked.call, session.now) is not None:
        return None
    spoken, there = desk.words.words(reader.locale), booked.talk.elsewhere(calls.side)
    free = [
        say("button.call_slot", at=At(span.start), elsewhere=Beside(span.start, there))
        for span in calls.offer(booked.talk, moved=booked)
    ]
    return Form(
        command=f"/call-time {booked.call.stamped}",
        title=booked.call.reference,
        question=spoken.text("form.call-time"),
        submit=spoken.text("form.send"),
        cancel=spoken.text("form.cancel"),
        explanation=plain(render(Notice(tuple(free)), spoken, reader.zone, session.now)),
    )


def wrong_in(
    tx: Tx, desk: Desk, inbound: Inbound, now: datetime, machine: datetime | None = None
) -> tuple[Notice, Room] | None:
    """Why its command would not take a filled-in form, and the room in whose language and zone to word that.

    The command is really run, and undone whatever comes of it: no second set of rules can differ from the first. None:
    hand it over. That is so for who may not say it too, which is then written down, and for a form that was taken
    before: it is confirmed like the first time.
    """
    room = tx.rooms.at(inbound.channel, inbound.account, inbound.room)
    if room is None or room.kind is RoomKind.UNLINKED or tx.inbox.knows(inbound):
        return None
    actor = actor_of(tx, room, inbound)
    if machine is not None and desk.pacing.is_too_fast(room, actor, machine):
        return None
    context = Context(ticket=talk.ticket_meant(tx, room, inbound), words=inbound.text, at=now)
    answer: Notice | None = None
    try:
        with tx.savepoint():
            answer = desk.run_command(tx, actor, room, inbound.text, now, context)
            raise _Undone
    except _Undone:
        pass
    except Exception as error:
        if not tx.is_poison(error):
            raise
        return None  # the core keeps what it cannot process, and tries again
    if answer is None or not is_refusal(answer) or denials.is_denial(tx, answer.lines[0]):
        return None
    return answer, desk.mail(tx, now).answers_in(room, actor)


class _Undone(Exception):
    """Ends what was only tried."""


def _found(session: Session, named: str) -> Ticketed:
    """The open ticket an act is for; Refusal where there is none: the core says so in its own words."""
    each = session.find(named or None)
    if not each.ticket.is_open:
        raise closed(each)
    return each


def _to_talk_of(session: Session, named: str) -> Ticketed | None:
    """The ticket a call is about, if any; Refusal where calls cannot be booked at all."""
    if (place := session.calls().place(named)) is not None:
        session.calls().talk(None, place)
        return None
    try:
        each = session.find(named) if named else _found(session, named)
    except Refusal:
        if named:
            raise
        each = None
    session.calls().talk(each)
    return each


def _meant(tx: Tx, room: Room, inbound: Inbound, action: Action | None) -> Ticket | None:
    """What the words hang on, as for the desk: a button's ticket, else that of the message or thread spoken to."""
    if action is None:
        return talk.ticket_meant(tx, room, inbound)
    return None if action.ticket_id is None else tx.tickets.get(action.ticket_id)


def home_of(
    tx: Tx, desk: Desk, channel: str, account: str, sender: str, profile: Profile, now: datetime
) -> tuple[Notice, str, str]:
    """What somebody finds on the bot's own page of a platform, and the locale and zone to word it in: staff their
    tickets, by time to breach; everybody else who we are. A client's tickets are read in the client's room only.
    """
    person = tx.people.by_identity(channel, account, sender)
    if person is None or not person.role.is_staff:
        vendor = tx.people.client(VENDOR)
        known = profile if person is None else replace(profile, is_colleague=False)
        notice = Notice(strangers.introduction(tx, sender, known))
        return notice, desk.words.nearest(profile.locale) or vendor.locale, vendor.zone
    room = next(iter(tx.rooms.direct(person.id)), None)
    locale, zone = (person.locale, person.zone) if room is None else (room.locale, room.zone)
    own = [views.view(tx, desk.book.read(tx, ticket, now), now) for ticket in open_for(tx, person, now)]
    if not own:
        return Notice((say("tickets.none"),)), locale, zone
    lines = [ticket_line(each, now, internal=True) for each in own]
    return Notice((say("home.mine", count=len(own)), *some(lines))), locale, zone
