"""Who answers for a ticket at a moment: its owner, or who stands in for him while he is away. Reads only.

The client's window knows nothing of this: an absence moves who is told, never when.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.desk.staff.workdays import last_at_work, next_open, own_hours
from bot.duty import Absence, Away, Rotation, StandIn, Turn, after, away, by_person, turn
from bot.people import Client, Person, Role
from bot.sla.calendar import Calendar
from bot.sla.call import BookedCall
from bot.sla.clock import Binding, Clock, State
from bot.sla.policy import Basis, Metric, Policy
from bot.store.tx import Tx
from bot.tickets import Ticket

_MOST = 10_000
_INSTANT = timedelta(milliseconds=1)


class Because(StrEnum):
    """Why it is this person."""

    OWNER = "owner"  # his own ticket, or the first of his client's people
    ON_CALL = "on_call"  # outside hours: whose turn it is
    ABSENT = "absent"  # whoever would is away, and he is the client's next
    NOBODY_NEARER = "nobody_nearer"  # all of the client's people are away: a lead or an administrator


@dataclass(frozen=True, slots=True)
class Covered:
    """Who answers now. `instead_of` is whose it is otherwise, and `until` when he is back; None where nobody knows.

    Who answers for his own ticket stands in for nobody: `instead_of` and `until` are None. `is_on_call`: it is his
    turn to be woken, be the ticket his own or not.
    """

    person: Person
    instead_of: Person | None = None
    because: Because = Because.OWNER
    until: datetime | None = None
    is_on_call: bool = False


def answers(tx: Tx, ticket: Ticket, now: datetime) -> Covered | None:
    """Who answers for this ticket now; None where nobody is left, which is an alarm.

    1. Its owner, unless he is away or has left the staff.
    2. The client's people in order, the manager first, of those who are there.
    3. A lead, then an administrator who is there.
    """
    return _first(tx, tx.people.person(ticket.owner_id), ticket.client_id, now)


def answers_client(tx: Tx, client_id: int, now: datetime) -> Covered | None:
    """Who answers for what this client is about to ask; as `answers`, for whoever would own the ticket."""
    people = tx.people.responsible(client_id)
    return _first(tx, people[0] if people else None, client_id, now)


def answers_call(tx: Tx, call: BookedCall, now: datetime) -> Covered | None:
    """Who is asked about a call: whoever holds it, unless he is away when it begins, or once it has begun, now. Then it
    is who answers for the client at that time; where that one is not there yet, who answers now.
    """
    holder = tx.people.person(call.person_id)
    then = _first(tx, holder, call.client_id, max(now, call.starts_at))
    if then is None or then.instead_of is None or present(tx, [then.person], now):
        return then
    nearer = _first(tx, holder, call.client_id, now)
    return then if nearer is None else replace(then, person=nearer.person)


def calls_passed_on(tx: Tx, gone: Person, now: datetime) -> list[tuple[BookedCall, Covered | None]]:
    """The calls of somebody who is away now that begin before he is back, by moment, and who answers for them, now and
    when they begin; a call that somebody else is asked about then is in that one's own hand-over.
    """
    stretch = away_now(tx, gone, now)
    calls = [] if stretch is None else tx.calls.open_of_person(gone.id, now)
    until = None if stretch is None else stretch.until
    coming = [call for call in calls if call.starts_at > now and (until is None or call.starts_at < until)]
    found = [(call, _first(tx, gone, call.client_id, now), answers_call(tx, call, now)) for call in coming]
    return [(call, here) for call, here, then in found if _person(here) == _person(then)]


def _person(covered: Covered | None) -> Person | None:
    return None if covered is None else covered.person


def desk_hours(tx: Tx, policy: Policy, nearer: Covered | None) -> Calendar:
    """The hours outside which on call is asked: the agreement's, or where those never close, of whoever is nearer."""
    if nearer is None or not policy.calendar.is_always_open:
        return policy.calendar
    return own_hours(tx, nearer.person) or policy.calendar


def answers_step(tx: Tx, ticket: Ticket, policy: Policy, clock: Clock, now: datetime) -> Covered | None:
    """Who is told of a step on this clock: as `answers`, but whoever is on call where it acts outside hours.

    That is a capped clock, or one that counts every second (`Cap`), while the agreement's desk is closed; where that
    never closes, while whoever answers is outside his own hours.
    """
    nearer = answers(tx, ticket, now)
    hours = desk_hours(tx, policy, nearer)
    if not acts_outside(clock) or hours.is_open(now):
        return nearer
    client = tx.people.client(ticket.client_id)
    called = on_call(tx, client, policy.id, now)
    if called is None:
        return nearer
    if nearer is not None and called.person_id == nearer.person.id:
        return replace(nearer, is_on_call=True)
    owner, person = tx.people.person(ticket.owner_id), tx.people.person(called.person_id)
    return Covered(person, owner, Because.ON_CALL, next_open(hours, now), is_on_call=True)


def acts_outside(clock: Clock) -> bool:
    """Whether the steps of a clock go through the night: the cap binds, or every second counts."""
    return clock.binding is Binding.CAP or clock.basis is Basis.ELAPSED


def on_call(tx: Tx, client: Client, policy_id: str, now: datetime) -> Turn | None:
    """Who is on call for a client now; None where nobody is, or all who take turns are away.

    The rotation that is meant for the client most narrowly goes first; where its turn's person is away, who comes
    after him by the order of the rotation.
    """
    known = tx.duty.rotations()
    meant = [each for each in known if each.people and each.nearness(client.key, policy_id)]
    stand_ins = tx.duty.stand_ins(now)
    for rotation in sorted(meant, key=lambda each: -each.nearness(client.key, policy_id)):
        if (called := called_in(tx, rotation, stand_ins, now)) is not None:
            return called
    return None


def called_in(tx: Tx, rotation: Rotation, stand_ins: Sequence[StandIn], now: datetime) -> Turn | None:
    """Whose turn it is, or who comes after him while he is away; None where all of them are."""
    held = turn(rotation, stand_ins, now)
    people = [tx.people.person(id) for id in (held.person_id, *after(rotation, held.person_id))]
    there = present(tx, people, now)
    if not there:
        return None
    who = there[0].id
    return held if who == held.person_id else replace(held, person_id=who, instead_of=held.person_id)


def writer_until(tx: Tx, ticket: Ticket, clocks: Iterable[Clock]) -> datetime | None:
    """When the one who has to write the word on progress that is owed goes home for the last time before it is due:
    whoever answers for the ticket then, else the first of the client's people who is at work at all until then.
    """
    clock = next((c for c in clocks if c.metric is Metric.PROGRESS and c.state is State.RUNNING), None)
    if clock is None or clock.due_at is None:
        return None
    covered = answers(tx, ticket, clock.due_at)
    nearest = [] if covered is None else [covered.person]
    others = present(tx, tx.people.responsible(ticket.client_id), clock.due_at)
    return last_at_work(tx, [*nearest, *others], clock.counted_from, clock.due_at)


def who_answers(tx: Tx, ticket: Ticket, now: datetime) -> Person:
    """Who is told of what happens to this ticket; its owner where nobody is left, for somebody has to be."""
    covered = answers(tx, ticket, now)
    return tx.people.person(ticket.owner_id) if covered is None else covered.person


def open_for(tx: Tx, person: Person, now: datetime) -> list[Ticket]:
    """This person's open tickets, then those he answers for while their owners are away; each by time to breach."""
    owners = [id for id in by_person(tx.duty.absences(now)) if id != person.id]
    return [
        *tx.tickets.open_of_owner(person.id),
        *(ticket for id in owners for ticket in tx.tickets.open_of_owner(id) if _answers(tx, person, ticket, now)),
    ]


def everybody_away(tx: Tx, now: datetime) -> list[tuple[Person, Away]]:
    """Who of the staff is away now, and the stretch, by whose end is nearest."""
    found = []
    for id, absences in by_person(tx.duty.absences(now)).items():
        stretch, person = away(absences, now), tx.people.person(id)
        if stretch is not None and person.active:
            found.append((person, stretch))
    return sorted(found, key=lambda each: (each[1].until is None, each[1].until or now, each[0].id))


def everybody_on_call(tx: Tx, now: datetime) -> list[tuple[str, Person | None]]:
    """Each rotation by name, and who is on call by it now; None where all who take turns are away."""
    stand_ins = tx.duty.stand_ins(now)
    held = [(each.name, called_in(tx, each, stand_ins, now)) for each in tx.duty.rotations() if each.people]
    return [(name, None if each is None else tx.people.person(each.person_id)) for name, each in held]


def unanswered(tx: Tx, now: datetime) -> list[Ticket]:
    """Open tickets for which nobody answers now, by time to breach: must never be."""
    known: dict[tuple[int, int], bool] = {}
    found = []
    for ticket in tx.tickets.open(_MOST):
        whose = ticket.owner_id, ticket.client_id
        if whose not in known:
            known[whose] = answers(tx, ticket, now) is None
        if known[whose]:
            found.append(ticket)
    return found


def outlook(tx: Tx, client_id: int, since: datetime, until: datetime | None) -> list[tuple[datetime, Covered | None]]:
    """Who answers for a client in `[since, until)`: from each moment on at which it may change, the first included."""
    known = tx.duty.absences(since)
    turns = {at for each in known for at in (each.starts_at, each.until) if at is not None}
    moments = [since, *sorted(at for at in turns if since < at and (until is None or at < until))]
    return [(at, answers_client(tx, client_id, at)) for at in moments]


def present(tx: Tx, people: Iterable[Person], now: datetime) -> list[Person]:
    """Of these people those who are there, in order."""
    absences = by_person(tx.duty.absences(now))
    return [person for person in people if person.active and away(absences.get(person.id, ()), now) is None]


def away_now(tx: Tx, person: Person, now: datetime) -> Away | None:
    """The stretch in which this person is away; None where he is there."""
    return away(by_person(tx.duty.absences(now)).get(person.id, ()), now)


def joined(tx: Tx, person: Person, at: datetime) -> list[Absence]:
    """The absences that make the stretch around `at`, by start, those included that are over and led into it."""
    since, found = at, list[Absence]()
    while True:
        known = tx.duty.absences_of(person.id, since - _INSTANT)
        stretch = away(known, at)
        if stretch is None:
            return found
        found = [each for each in known if _is_part(each, stretch)]
        if stretch.since >= since:
            return found
        since = stretch.since


def _is_part(each: Absence, stretch: Away) -> bool:
    return stretch.since <= each.starts_at and (stretch.until is None or each.starts_at < stretch.until)


def _answers(tx: Tx, person: Person, ticket: Ticket, now: datetime) -> bool:
    covered = answers(tx, ticket, now)
    return covered is not None and covered.person.id == person.id


def _first(tx: Tx, owner: Person | None, client_id: int, now: datetime) -> Covered | None:
    if owner is not None and present(tx, [owner], now):
        return Covered(owner)
    gone = None if owner is None else away_now(tx, owner, now)
    until = None if gone is None else gone.until
    nearer = present(tx, tx.people.responsible(client_id), now)
    if nearer:
        return Covered(nearer[0], owner, Because.ABSENT, until)
    last: Sequence[Person] = present(tx, tx.people.with_role(Role.LEAD), now)
    last = last or present(tx, tx.people.with_role(Role.ADMIN), now)
    return Covered(last[0], owner, Because.NOBODY_NEARER, until) if last else None
