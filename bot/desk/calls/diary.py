"""A manager's time as the rows have it, and a call with the names, terms and reminders that go with it."""

from __future__ import annotations

from datetime import datetime

from bot import duty
from bot.commands._calls import Booked, Talk
from bot.commands.base import Refusal
from bot.desk.book import Book
from bot.desk.hand import Hand
from bot.desk.staff.workdays import own_hours
from bot.notice import say
from bot.people import Person
from bot.sla.booking import NO_END, Diary, Span
from bot.sla.call import BookedCall, daytime, reminders
from bot.sla.policy import Policy
from bot.store.tx import Tx


def booked(tx: Tx, book: Book, call: BookedCall) -> Booked:
    """A call with the names and terms that go with it: those of its contract."""
    room, manager = tx.rooms.get(call.room_id), tx.people.person(call.person_id)
    contract = tx.people.contract(call.client_id)
    if contract is None:
        raise Refusal(say("errors.no_contract"))
    ticket = "" if call.ticket_id is None else tx.tickets.get(call.ticket_id).reference
    return Booked(call, Talk(room, tx.people.client(call.client_id).name, manager, book.terms(contract)), ticket)


def plan(tx: Tx, made: Booked, now: datetime) -> None:
    """What is still to be said about a call, planned anew."""
    hours = own_hours(tx, made.talk.manager) or made.talk.policy.calendar
    tx.calls.plan(made.call, reminders(made.call, now, hours, daytime(made.talk.room.zone)), now)


def keep(hand: Hand, call: BookedCall, before: str) -> Booked:
    """After every change: the reminders anew, and who did it in the client's audit."""
    made = booked(hand.tx, hand.book, call)
    plan(hand.tx, made, hand.now)
    who = hand.actor.person.key if hand.actor.person else hand.actor.ext_id
    hand.tx.meta.audit(call.client_id, who, f"call.{call.state.value}", hand.now, before, times_of(call))
    return made


def times_of(call: BookedCall) -> str:
    """When it is, for the audit."""
    return f"{call.starts_at:%Y-%m-%dT%H:%MZ}"


def diary_of(tx: Tx, policy: Policy, person: Person, now: datetime, but: BookedCall | None = None) -> Diary:
    """A person's time under an agreement, as if the call `but` were not booked."""
    calls = tx.calls.taken(person.id, now, but=None if but is None else but.id)
    stretches = duty.stretches(tx.duty.absences_of(person.id, now))
    absences = tuple(Span(away.since, away.until or NO_END) for away in stretches)
    busy = tuple(tx.calendars.busy(person.id, now))
    return Diary(policy.calendar, own_hours(tx, person), absences, tuple(calls), busy)
