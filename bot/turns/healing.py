"""Mending what must never be: a running clock without a planned step, a ticket whose owner is no longer there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from bot import log
from bot.desk.book import Draft
from bot.desk.desk import Desk
from bot.desk.mail import BREACH
from bot.desk.staff.cover import present, unanswered
from bot.notice import Key, say
from bot.people import Person, Role
from bot.sla.log import EventKind, Party
from bot.store.tx import Tx
from bot.tickets import Ticket
from bot.turns.alone import each_alone

_MOST = 1000
"""More than one turn mends: those that cannot be mended stand in the way of no other."""

logger = log.get(__name__)


def heal(tx: Tx, desk: Desk, now: datetime) -> list[str]:
    """Plan anew what has no step, hand over what has no owner; a line for each, for the operator's log."""
    orphans = dict.fromkeys(ticket_id for _, ticket_id in tx.steps.orphans(_MOST))
    healed = [
        *_each(tx, [tx.tickets.get(id) for id in orphans], lambda ticket: _plan_anew(tx, desk, ticket, now)),
        *_each(tx, tx.tickets.without_owner(), lambda ticket: _find_owner(tx, desk, ticket, now)),
    ]
    healed.extend(_tell_nobody_answers(tx, desk, now))
    return healed


def _each(tx: Tx, tickets: Iterable[Ticket], mend: Callable[[Ticket], str | None]) -> list[str]:
    """Mend ticket by ticket; one that cannot be mended is undone alone and named, and stops no other."""
    lines: list[str | None] = []
    each_alone(tx, tickets, lambda ticket: lines.append(mend(ticket)), _unmended)
    return [line for line in lines if line is not None]


def _unmended(ticket: Ticket, error: Exception) -> None:
    logger.error("a ticket could not be mended", action="audit.unmended", ticket=ticket.reference, exc_info=error)


def _plan_anew(tx: Tx, desk: Desk, ticket: Ticket, now: datetime) -> str:
    desk.book.record(tx, ticket, [], now)
    return f"{ticket.reference} was planned anew"


def _find_owner(tx: Tx, desk: Desk, ticket: Ticket, now: datetime) -> str | None:
    person = _successor(tx, ticket, now)
    if person is None:
        return None
    _hand_over(tx, desk, ticket, person, now)
    return f"{ticket.reference} was handed over to {person.key}"


def _tell_nobody_answers(tx: Tx, desk: Desk, now: datetime) -> Iterator[str]:
    """Everybody is away, which only people can mend: the leads and the team's rooms hear of it, once a day."""
    mail = desk.mail(tx, now)
    refs: dict[int, list[str]] = {}
    for ticket in unanswered(tx, now):
        refs.setdefault(ticket.client_id, []).append(ticket.reference)
    for client_id, names in refs.items():
        client = tx.people.client(client_id)
        line = say("cover.nobody", client=client.name, refs=", ".join(names[:10]), example=Key("example.back"))
        key = f"nobody:{client_id}:{now:%Y%m%d}"
        mail.to_leads(key, line, rank=BREACH)
        for room in tx.rooms.team():
            mail.to_room(room, f"{key}:{room.id}", line, rank=BREACH)
        yield f"nobody answers for {client.key}: the leads were told of {', '.join(names[:10])}"


def _successor(tx: Tx, ticket: Ticket, now: datetime) -> Person | None:
    """The client's manager or a backup, else a lead, else an administrator, of those who are there; where nobody is,
    of all of them. None where nobody is left at all.
    """
    candidates = [*tx.people.responsible(ticket.client_id), *tx.people.with_role(Role.LEAD)]
    candidates += tx.people.with_role(Role.ADMIN)
    others = [person for person in candidates if person.id != ticket.owner_id]
    return next(iter(present(tx, others, now) or others), None)


def _hand_over(tx: Tx, desk: Desk, ticket: Ticket, person: Person, now: datetime) -> None:
    page = desk.book.record(tx, ticket, [Draft(EventKind.ASSIGNED, Party.BOT, data={"person": person.id})], now)
    mail = desk.mail(tx, now)
    before = tx.people.person(ticket.owner_id)
    line = say("owner.gone", who=before.name, ref=ticket.reference, client=tx.people.client(ticket.client_id).name)
    key = f"owner:{ticket.id}:{page.ticket.events}"
    mail.to_person_or_leads(person, f"{key}:staff", line, ticket=page.ticket, rank=BREACH)
    mail.to_client(page.ticket, key, say("assigned", who=person.name, ref=ticket.reference), must_say=False)
