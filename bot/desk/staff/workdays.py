"""When people are at work by the hours that the roster gives them. Reads only."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta

from bot.people import Person
from bot.sla.calendar import BeyondHorizon, Calendar, NeverOpens, parse_hours
from bot.store.tx import Tx


def own_hours(tx: Tx, person: Person) -> Calendar | None:
    """The hours the roster gives a person, in his own zone; None where it gives none, or closes every day."""
    week: dict[str, list[str]] = json.loads(tx.calls.hours_of(person.id))
    if not week:
        return None
    try:
        return Calendar(
            name=person.key,
            zone=person.zone,
            week={day: [parse_hours(text) for text in texts] for day, texts in week.items()},
            working_day=timedelta(hours=8),
        )
    except NeverOpens:
        return None


def next_open(calendar: Calendar, at: datetime) -> datetime:
    """`at` itself where the desk does not open any more."""
    try:
        return calendar.next_open(at)
    except BeyondHorizon:
        return at


def last_at_work(tx: Tx, people: Iterable[Person], since: datetime, until: datetime) -> datetime:
    """When the first of these people who is at work at all in `[since, until)` goes home; `until` where he stays that
    long, has no hours of his own, or nobody is.
    """
    for person in people:
        hours = own_hours(tx, person)
        if hours is None:
            return until
        if hours.between(since, until):
            return hours.previous_open(until)
    return until
