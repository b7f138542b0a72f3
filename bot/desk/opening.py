"""Opening a ticket from a client's words, and opening it again: log, clocks, steps and the posted window at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.commands.base import Actor, Ticketed
from bot.desk import notices
from bot.desk.book import Book, Draft, Page
from bot.desk.mail import BREACH, Mail
from bot.desk.staff.cover import answers, who_answers
from bot.desk.staff.ladder import each_page
from bot.desk.staff.nights import cover_lines, on_call_for
from bot.notice import At, Key, Left, Quote, Say, Value, say
from bot.people import Contract, Person, Role, Room
from bot.sla.log import EventKind, Party
from bot.store.tx import Tx
from bot.tickets import Status, Ticket

LATE_INTAKE = timedelta(minutes=1)
"""A message that reached us later than this after it was written is marked so in the log; its clock counts it all."""


class NoContract(LookupError):
    """The room's client has no agreement in force."""


def open_ticket(
    tx: Tx,
    book: Book,
    mail: Mail,
    room: Room,
    *,
    root_ext: str,
    message_id: int,
    thread: str | None,
    person: int | None,
    at: datetime,
    now: datetime,
    first_ref: int,
    split_from: Ticket | None = None,
    more: Sequence[Say] = (),
) -> Page:
    """One new ticket under the contract in force, its clocks started at `at`, its window posted.

    Raises NoContract. `person` is who wrote it, where the roster knows him; `at` is the platform's time of the
    message, already clamped by intake. `split_from` is the ticket it was part of until now, `more` what else is said.
    """
    contract = contract_in_force(tx, room.client_id, at)
    if contract is None:
        raise NoContract(f"client {room.client_id} has no agreement in force at {at}")
    policy = book.terms(contract)
    level = policy.level(policy.default_priority)
    owner = responsible(tx, room.client_id)
    data: dict[str, object] = {"priority": level.priority.value, "high_load": tx.meta.get("high_load") == "1"}
    if split_from is not None:
        data["split_from"] = split_from.ref
    elif now - at > LATE_INTAKE:
        data["late_intake_s"] = (now - at) // timedelta(seconds=1)
    ticket = Ticket(
        id=0,
        ref=tx.tickets.next_ref(first_ref),
        client_id=room.client_id,
        room_id=room.id,
        contract_id=contract.id,
        policy_hash=book.pin(tx, contract, now),
        thread=thread,
        root_ext=root_ext,
        status=Status.OPEN,
        priority=level.priority,
        owner_id=owner.id,
        opened_at=at,
        touched_at=at,
    )
    opened = Draft(EventKind.OPENED, Party.CLIENT, at=at, person=person, message=message_id, data=data)
    page = book.open(tx, ticket, opened, now)
    tx.messages.join(message_id, page.ticket.id)
    mail.to_room(
        room,
        f"ack:{page.ticket.id}",
        *_window(tx, page, now),
        *more,
        choices=notices.urgency_choices(page),
        ticket=page.ticket,
        reply_to=root_ext,
        thread=thread,
    )
    return page


def _window(tx: Tx, page: Page, now: datetime) -> tuple[Say, ...]:
    """The window with who answers, and where that is not his owner, when that one is back."""
    called = on_call_for(tx, page, now)
    answering = answers(tx, page.ticket, now)
    # Where everybody is away nobody is named who would not answer; who is to, is an alarm by now.
    who: Value = Key("window.team") if answering is None else answering.person.name
    on_call = "" if called is None else called.name
    return *notices.window(page, who, now, on_call=on_call), *cover_lines(tx, page, now)


def contract_in_force(tx: Tx, client_id: int, at: datetime) -> Contract | None:
    contract = tx.people.contract(client_id)
    return contract if contract is not None and contract.is_in_force(at) else None


def responsible(tx: Tx, client_id: int) -> Person:
    """The client's manager or first backup; without any, a lead or administrator: somebody always is.

    Raises LookupError in an installation without staff, which the roster check refuses.
    """
    people = tx.people.responsible(client_id)
    for role in (Role.LEAD, Role.ADMIN, Role.MANAGER):
        people = people or tx.people.with_role(role)
    if not people:
        raise LookupError("nobody is on the staff: add a manager to the roster")
    return people[0]


def tell_reopened(tx: Tx, mail: Mail, each: Ticketed, reason: str, by: Actor, now: datetime) -> None:
    """Tell the client that a ticket is open again, and whoever answers it, unless he did it himself.

    A moment is named only where the agreement promises one: the next response is an objective of ours.
    """
    ticket, clock = each.ticket, each.promise
    who = who_answers(tx, ticket, now)
    ref = ticket.reference
    if clock is None or clock.due_at is None:
        line = say("reopened.no_clock", ref=ref, who=who.name)
    else:
        line = say("reopened", due=At(clock.due_at), left=Left(clock.due_at), ref=ref, who=who.name)
    key = f"reopened:{ticket.id}:{ticket.events}"
    mail.to_client(ticket, key, line)
    if by.person is not None and by.person.id == who.id:
        return
    mail.to_person(
        who,
        f"{key}:staff",
        say(
            "reopened.staff",
            client=by.name if by.is_staff else each.client_name,
            ref=ref,
            words=Quote(reason) if reason else each.quote(),
        ),
        choices=notices.manager_choices(each_page(each), taken=True),
        ticket=ticket,
        rank=BREACH,
    )
