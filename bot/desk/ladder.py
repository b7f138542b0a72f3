"""The ladder: who a level is, what he and the client are told when it is reached, and by when the next word comes."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.commands.base import Ticketed
from bot.desk import notices
from bot.desk.book import Page
from bot.desk.mail import LADDER, Choice, Mail
from bot.notice import At, Left, Quote, Say, Value, say
from bot.people import Person, Role
from bot.sla.clock import Clock
from bot.sla.plan import next_repeat
from bot.sla.policy import Policy
from bot.store.tx import Tx
from bot.tickets import Ticket


def rung_person(tx: Tx, policy: Policy, ticket: Ticket, level: int) -> Person:
    """Who has this level: the first of the rung's role, else the next graver role anybody has, else the owner."""
    roles = [Role(rung.role) for rung in sorted(policy.ladder, key=lambda r: r.level) if rung.level >= level]
    for role in (*roles, Role.LEAD, Role.ADMIN):
        people = tx.people.with_role(role)
        if people:
            return people[0]
    return tx.people.person(ticket.owner_id)


def climb(
    tx: Tx,
    mail: Mail,
    each: Ticketed,
    level: int,
    why: Value,
    now: datetime,
    late: Clock | None = None,
) -> None:
    """Tell the person of this level everything in one message, and the client who has it.

    `late` is a clock whose due moment passed in the same turn: then the client's line says so too, in one message.
    """
    ticket, policy = each.ticket, each.policy
    person = rung_person(tx, policy, ticket, level)
    key = f"esc:{ticket.id}:{ticket.cycle}:L{level}"
    common: dict[str, Value] = {
        "level": level,
        "client": each.client_name,
        "ref": ticket.reference,
        "words": Quote(each.words),
        "reason": why,
    }
    promise = each.promise
    if promise is not None and promise.due_at is not None:
        due: dict[str, Value] = {"due": At(promise.due_at), "left": Left(promise.due_at)}
        line = Say("escalated.staff", {**common, **due})
    else:
        line = Say("escalated.staff_no_clock", common)
    ref = ticket.reference
    choices = (Choice("button.take", f"/take {ref}"), Choice("button.acknowledge", f"/acknowledge {ref}"))
    mail.to_person(person, f"{key}:staff", line, choices=choices, ticket=ticket, rank=LADDER)
    if late is not None:
        told = notices.late(each_page(each), late, person.name, next_word(each_page(each), now))
    else:
        told = say("escalated.client", who=person.name, level=level, ref=ref)
    mail.to_client(
        ticket,
        f"{key}:client",
        told,
        choices=() if late is None else (Choice("button.escalate", f"/escalate {ref}"),),
    )


def each_page(each: Ticketed) -> Page:
    """A view as the page it was made of; its log is not needed for wording."""
    return Page(each.ticket, each.policy, (), each.clocks, each.standing)


def next_word(page: Page, now: datetime) -> datetime:
    """By when the client hears again: the next reminder that the watch will act on, an interval from now at the
    latest.
    """
    running = notices.headline(page)
    if running is not None:
        return next_repeat(page.policy, running, now, 1).at
    return page.policy.calendar.add(now, page.policy.nudges.repeat_every or timedelta(minutes=30))
