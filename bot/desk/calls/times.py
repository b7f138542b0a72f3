"""When each of the staff can be called in a week, and what takes of his hours; for the pages, reads only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from bot import duty
from bot.desk.book import Book
from bot.desk.opening import contract_in_force
from bot.desk.staff.workdays import own_hours
from bot.people import Person
from bot.sla.booking import NO_END, Span, week
from bot.sla.calendar import Calendar
from bot.sla.call import BookedCall, CallState
from bot.sla.stretches import common, joined, open_time, without
from bot.store.calendars import Kept
from bot.store.tx import Tx

_LONGEST_CALL = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DayTimes:
    """One day of somebody's time. `open` can be had, `busy` (his own calendar) and `away` are taken from his hours;
    `calls` are where they are, or were.
    """

    open: tuple[Span, ...]
    busy: tuple[Span, ...]
    away: tuple[Span, ...]
    calls: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class PersonTimes:
    """Somebody's week. `in_part`: his own calendar may hold more; `unread_since`: it cannot be read at present."""

    name: str
    days: tuple[DayTimes, ...]
    in_part: bool = False
    unread_since: datetime | None = None


def call_times(tx: Tx, book: Book, zone: str, at: datetime) -> tuple[PersonTimes, ...]:
    """Everybody who is somebody's manager or backup under an agreement with calls, by name; the seven days of the week
    `at` lies in, as days go in `zone` (IANA). His hours are those of all his agreements together, within his own.
    """
    _, midnights = week(zone, at)
    days = [Span(start, end) for start, end in pairwise(midnights)]
    kept = {each.person_id: each for each in tx.calendars.kept()}
    calls = tx.calls.between(midnights[0] - _LONGEST_CALL, midnights[-1])
    people = sorted(_offices(tx, book, at).items(), key=lambda found: found[0].name)
    return tuple(_times(tx, person, offices, days, kept.get(person.id), calls) for person, offices in people)


def _offices(tx: Tx, book: Book, at: datetime) -> dict[Person, set[Calendar]]:
    found: dict[Person, set[Calendar]] = {}
    for client_id in tx.people.looked_after():
        contract = contract_in_force(tx, client_id, at)
        terms = None if contract is None else book.terms(contract)
        if terms is not None and terms.calls is not None:
            for person in tx.people.responsible(client_id):
                found.setdefault(person, set()).add(terms.calendar)
    return found


def _times(
    tx: Tx, person: Person, offices: set[Calendar], days: list[Span], kept: Kept | None, calls: Iterable[BookedCall]
) -> PersonTimes:
    whole = Span(days[0].start, days[-1].end)
    hours = joined(span for office in offices for span in open_time(office, whole))
    own = own_hours(tx, person)
    if own is not None:
        hours = common(hours, open_time(own, whole))
    absences = duty.stretches(tx.duty.absences_of(person.id, whole.start))
    away = common(hours, (Span(each.since, each.until or NO_END) for each in absences))
    busy = without(common(hours, tx.calendars.busy(person.id, whole.start)), away)
    free = without(without(hours, away), busy)
    his = [call.span for call in calls if call.person_id == person.id and call.state is not CallState.WISHED]
    parts = [DayTimes(*(common((day,), each) for each in (free, busy, away, his))) for day in days]
    if kept is None:
        return PersonTimes(person.name, tuple(parts))
    return PersonTimes(person.name, tuple(parts), kept.left_out > 0, kept.failing_since)
