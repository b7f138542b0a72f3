"""The ladder: who a level is, what he and the client are told when it is reached, and by when the next word comes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.commands.base import Ticketed
from bot.desk import notices
from bot.desk.book import Page
from bot.desk.mail import LADDER, Choice, Mail
from bot.desk.staff.cover import answers, on_call, present, who_answers
from bot.notice import At, Left, Say, Value, say
from bot.people import Person, Role
from bot.sla.clock import Binding, Clock, Standing
from bot.sla.plan import Planned, StepKind, ladder_clock, next_repeat
from bot.sla.policy import Metric, Policy, Rung, RungAt
from bot.sla.timing import advance
from bot.store.follow_ups import Follow
from bot.store.tx import Tx
from bot.tickets import Ticket

_SOON = timedelta(minutes=5)


def rung_people(tx: Tx, policy: Policy, ticket: Ticket, level: int, at: datetime) -> list[Person]:
    """Whom this level can call at a moment, in order: those of the rung's role who are there; outside its own hours
    whoever is on call instead, else those of the next graver one, else a lead, an administrator.
    """
    own = rung_of(policy, level).hours
    if own is not None and not own.is_open(at):
        turn = on_call(tx, tx.people.client(ticket.client_id), policy.id, at)
        if turn is not None:
            return [tx.people.person(turn.person_id)]
    rungs = [rung for rung in sorted(policy.ladder, key=lambda r: r.level) if rung.level >= level]
    awake = [rung for rung in rungs if rung.hours is None or rung.hours.is_open(at)]
    for role in (*(Role(rung.role) for rung in awake), Role.LEAD, Role.ADMIN):
        if there := present(tx, tx.people.with_role(role), at):
            return there
    return []


def rung_person(tx: Tx, policy: Policy, ticket: Ticket, level: int, at: datetime) -> Person:
    """Whom this level calls at a moment: the first of `rung_people`, else whoever answers for the ticket. Where
    everybody is away, whose it were otherwise: the alarm is another's.
    """
    if there := rung_people(tx, policy, ticket, level, at):
        return there[0]
    roles = [Role(rung.role) for rung in sorted(policy.ladder, key=lambda r: r.level) if rung.level >= level]
    covered = answers(tx, ticket, at)
    if covered is not None:
        return covered.person
    listed = [person for role in (*roles, Role.LEAD, Role.ADMIN) for person in tx.people.with_role(role)]
    return listed[0] if listed else tx.people.person(ticket.owner_id)


def rung_of(policy: Policy, level: int) -> Rung:
    """The terms of a level; where the agreement names none, those of a team lead."""
    return next((rung for rung in policy.ladder if rung.level == level), Rung(level, RungAt.DUE, "lead", "Team lead"))


def answer_by(policy: Policy, clocks: Iterable[Clock], level: int, at: datetime) -> datetime:
    """By when a level called at `at` has to acknowledge: in working time, in elapsed time where the cap binds."""
    rung, carrier = rung_of(policy, level), ladder_clock(clocks)
    if carrier is not None and carrier.binding is Binding.CAP:
        return at + rung.acknowledge_within
    calendar = rung.hours if rung.hours is not None and rung.hours.is_open(at) else policy.calendar
    return calendar.add(at, rung.acknowledge_within)


def has_level(tx: Tx, standing: Standing) -> Person | None:
    """Who has the level reached, or was called in for it last; None at level 0."""
    if standing.called is None or standing.called.person is None:
        return None
    return tx.people.person(standing.called.person)


@dataclass(frozen=True, slots=True)
class Has:
    """Who has a ticket, as its client reads it, or was called in for it."""

    person: Person
    how: notices.How


def who_has(tx: Tx, page: Page, now: datetime) -> Has:
    """Whoever has taken up the level reached, or was called in for it; never who is away: then whoever answers, of whom
    it is not said that he has what nobody has taken up.
    """
    called = page.standing.called
    person = has_level(tx, page.standing)
    is_taken = called is None or called.acknowledged_at is not None
    if person is None or not present(tx, [person], now):
        return Has(who_answers(tx, page.ticket, now), "_again" if is_taken else "_unnamed")
    return Has(person, "_again" if is_taken else "_called")


def climb(
    tx: Tx,
    mail: Mail,
    each: Ticketed,
    level: int,
    why: Value,
    now: datetime,
    late: Clock | None = None,
) -> None:
    """Tell the person called everything in one message, and the client who has it; then wait for his word.

    `late` is a clock of which the client is to hear in the same turn that it is late: then one message says both.
    """
    ticket, policy = each.ticket, each.policy
    called = each.standing.called
    assert called is not None
    person = has_level(tx, each.standing) or rung_person(tx, policy, ticket, level, now)
    tx.follow_ups.add(ticket, Follow.CALL, called.seq, 1, answer_by(policy, each.clocks, level, now))
    key = f"esc:{ticket.id}:{called.seq}:L{level}"
    call(mail, each, person, level, why, key)
    if late is not None:
        told = notices.late(each_page(each), late, person.name, next_word(each_page(each), now, late), "")
    else:
        told = say("escalated.client", who=person.name, level=level, ref=ticket.reference)
    mail.to_client(
        ticket,
        f"{key}:client",
        told,
        choices=() if late is None else (notices.escalate_choice(ticket),),
    )


def call(mail: Mail, each: Ticketed, person: Person, level: int, why: Value, key: str) -> None:
    """The whole story in one message to whoever is called in, with what he can do about it."""
    ticket = each.ticket
    common: dict[str, Value] = {
        "level": level,
        "client": each.client_name,
        "ref": ticket.reference,
        "words": each.quote(),
        "reason": why,
    }
    promise = each.promise
    if promise is not None and promise.due_at is not None:
        due: dict[str, Value] = {"due": At(promise.due_at), "left": Left(promise.due_at)}
        line = Say("escalated.staff", {**common, **due})
    else:
        line = Say("escalated.staff_no_clock", common)
    ref = ticket.reference
    choices = (
        Choice("button.take", f"/take {ref}"),
        Choice("button.acknowledge", f"/acknowledge {ref}"),
        Choice("button.other_eta", f"/ask-eta {ref}"),
    )
    mail.to_person_or_leads(person, f"{key}:staff", line, choices=choices, ticket=ticket, rank=LADDER)


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
