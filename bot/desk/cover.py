"""Who answers for a ticket at a moment: its owner, or who stands in for him while he is away. Reads only.

The client's window knows nothing of this: an absence moves who is told, never when.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.duty import Away, away, by_person
from bot.people import Person, Role
from bot.store.tx import Tx
from bot.tickets import Ticket


class Because(StrEnum):
    """Why it is this person."""

    OWNER = "owner"  # his own ticket, or the first of his client's people
    ABSENT = "absent"  # whoever would is away, and he is the client's next
    NOBODY_NEARER = "nobody_nearer"  # all of the client's people are away: a lead or an administrator


@dataclass(frozen=True, slots=True)
class Covered:
    """Who answers now. `instead_of` is whose it is otherwise, and `until` when he is back; None where nobody knows.

    Who answers for his own ticket stands in for nobody: `instead_of` and `until` are None.
    """

    person: Person
    instead_of: Person | None = None
    because: Because = Because.OWNER
    until: datetime | None = None


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
