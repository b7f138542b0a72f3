"""Which calls to come somebody of the staff is shown: a lead all, everybody else his own and those he stands in for."""

from __future__ import annotations

from datetime import datetime

from bot.desk.staff.cover import answers_call
from bot.duty import by_person
from bot.people import Person, Role
from bot.sla.call import BookedCall
from bot.store.tx import Tx


def calls_of(tx: Tx, person: Person, now: datetime) -> list[BookedCall]:
    """The next first."""
    if person.role in (Role.LEAD, Role.ADMIN):
        return tx.calls.open(now)
    gone = by_person(tx.duty.absences(now))
    covered = [call for id in gone for call in tx.calls.open_of_person(id, now) if _is_asked(tx, person, call, now)]
    return sorted([*tx.calls.open_of_person(person.id, now), *covered], key=lambda call: (call.starts_at, call.id))


def _is_asked(tx: Tx, person: Person, call: BookedCall, now: datetime) -> bool:
    covered = answers_call(tx, call, now)
    return covered is not None and covered.instead_of is not None and covered.person.id == person.id
