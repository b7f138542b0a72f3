"""The ladder: who a level is, what he and the client are told when it is reached, and by when the next word comes."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.commands.base import Ticketed
from bot.desk import notices
from bot.desk.book import Page
from bot.desk.cover import answers, present
from bot.desk.mail import LADDER, Choice, Mail
from bot.notice import At, Left, Quote, Say, Value, say
from bot.people import Person, Role
from bot.sla.clock import Clock
from bot.sla.plan import Planned, StepKind, next_repeat
from bot.sla.policy import Metric, Policy
from bot.sla.timing import advance
from bot.store.tx import Tx
from bot.tickets import Ticket

_SOON = timedelta(minutes=5)


def rung_person(tx: Tx, policy: Policy, ticket: Ticket, level: int, at: datetime) -> Person:
    """Who has this level at a moment: the first of the rung's role who is there, else of the next graver role, else
    whoever answers for the ticket. Where everybody is away, whose it were otherwise: the alarm is another's.
    """
    roles = [Role(rung.role) for rung in sorted(policy.ladder, key=lambda r: r.level) if rung.level >= level]
    for role in (*roles, Role.LEAD, Role.ADMIN):
        if there := present(tx, tx.people.with_role(role), at):
            return there[0]
    covered = answers(tx, ticket, at)
    if covered is not None:
        return covered.person
    listed = [person for role in (*roles, Role.LEAD, Role.ADMIN) for person in tx.people.with_role(role)]
    return listed[0] if listed else tx.people.person(ticket.owner_id)


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

    `late` is a clock of which the client is to hear in the same turn that it is late: then one message says both.
    """
    ticket, policy = each.ticket, each.policy
    person = rung_person(tx, policy, ticket, level, now)
    key = f"esc:{ticket.id}:{ticket.events}:L{level}"  # a level taken back can be called again
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
        told = notices.late(each_page(each), late, person.name, next_word(each_page(each), now, late), is_called=True)
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


def next_word(page: Page, now: datetime, late: Clock | None = None) -> datetime:
    """By when the client hears again about this clock, by default the one his window is about.

    In time: when it is due, for then either the answer or the breach is told. Overdue: the next reminder that he
    reads too (`is_told`), but after downtime none that is about to come: that would be no news. A day's progress: the
    next day's close. Where nothing is to come, one interval from now.
    """
    clock = late or notices.headline(page)
    if clock is not None and clock.metric is Metric.PROGRESS:
        clock = page.live(Metric.PROGRESS)
    policy = page.policy
    if clock is None or clock.due_at is None:
        return policy.calendar.add(now, policy.nudge_plan(page.standing.priority).repeat_every)
    if clock.due_at > now:
        return clock.due_at
    n, basis = 1, next_repeat(policy, clock, clock.due_at, 1).basis
    every = policy.nudge_plan(clock.priority).repeat_every
    while (at := advance(policy.calendar, basis, clock.due_at, n * every)) <= now + min(_SOON, every / 2):
        n *= 2
    return at


def is_told(step: Planned, clock: Clock) -> bool:
    """Whether the client reads this reminder too: the 1st, 2nd, 4th, 8th ... of what was promised to him.

    So "next word by" is kept, and a long wait is no stream of messages.
    """
    promised = clock.due_at is not None
    return step.kind is StepKind.REPEAT and promised and step.n & (step.n - 1) == 0
