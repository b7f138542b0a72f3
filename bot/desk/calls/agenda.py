"""Which calls to come somebody of the staff is shown: a lead all, everybody else his own and those he stands in for."""

from __future__ import annotations

from datetime import datetime

from bot.desk.staff.cover import answers_client, present
from bot.duty import by_person
from bot.people import Person, Role
from bot.sla.call import BookedCall
from bot.store.tx import Tx


def calls_of(tx: Tx, person: Person, now: datetime) -> list[BookedCall]:
    """The next first."""
    if person.role in (Role.LEAD, Role.ADMIN):
        return tx.calls.open(now)
    gone = by_person(tx.duty.absences(now))
    covered = [call for id in gone for call in tx.calls.open_of_person(id, now) if _stands_in(tx, person, call)]
    return sorted([*tx.calls.open_of_person(person.id, now), *covered], key=lambda call: (call.starts_at, call.id))


def _stands_in(tx: Tx, person: Person, call: BookedCall) -> bool:
    """Whether whose call it is will be away then, and this person answers for the client."""
    if present(tx, [tx.people.person(call.person_id)], call.starts_at):
        return False
    covered = answers_client(tx, call.client_id, call.starts_at)
    return covered is not None and covered.person.id == person.id
