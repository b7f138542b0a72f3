"""Reads who is away and who is on call of roster.toml, and notes every mistake."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.people import Role
from bot.roster.fields import Fields
from bot.sla.calendar import WEEKDAYS
from bot.sla.policy_table import Table, nearest, shown
from bot.store.roster_row import AbsenceRow, PersonRow, RotationRow

_DAY = timedelta(days=1)
_A_MONDAY = date(2024, 1, 1)
_HAND_OVER = re.compile(rf"(?:({'|'.join(WEEKDAYS)}) )?([01]\d|2[0-3]):([0-5]\d)")
_EVERY = re.compile(r"([1-9]\d?)([dw])")


def read_absences(row: Table, person: str, zone: str) -> Iterator[AbsenceRow]:
    """`away` of a member of staff: days ("2026-12-24/2026-12-31", the last included) or moments by clocks in `zone`."""
    for text in row.texts("away"):
        since, slash, until = text.partition("/")
        start, end = _moment(since, zone), _moment(until if slash else since, zone, last_day=True)
        if start is None or end is None:
            row.note("away", f'{shown(text)} is no stretch (write "2026-12-24/2026-12-31", or one day, or moments)')
        elif end <= start:
            row.note("away", f"{shown(text)} ends before it begins (swap the days)")
        else:
            yield AbsenceRow(person, start, end)


def read_rotation(
    fields: Fields, row: Table, people: Mapping[str, PersonRow], clients: Collection[str], zone: str
) -> RotationRow | None:
    """One `[[oncall]]`; None where it has no id. `zone` is the vendor's."""
    key = fields.key(row)
    taken = row.texts("people")
    staff = [person.key for person in people.values() if person.role is not Role.CONTACT]
    for name in taken:
        if name not in staff:
            row.note("people", f'"{name}" is not on the staff{nearest(name, staff)}')
    if not taken or len(set(taken)) < len(taken):
        row.note("people", 'nobody, or somebody twice (write people = ["mia", "ben"], in the order of their turns)')
    for name in row.texts("clients"):
        if name not in clients:
            row.note("clients", f'no client "{name}"{nearest(name, clients)}')
    policies = fields.known.catalog.entries
    for name in row.texts("agreements"):
        if name not in policies:
            row.note("agreements", f'no agreement "{name}"{nearest(name, sorted(policies))}')
    days, weekday, at = _days(row), *_hand_over(row)
    starts_on = _starts(row, weekday)
    if weekday is not None and days % 7:
        row.note("every", f"{shown(row.data.get('every'))} hands over on other weekdays too (use 1w, or no weekday)")
    if not key:
        return None
    return RotationRow(
        key=key,
        name=fields.name(row, key),
        zone=fields.zone(row, zone),
        hand_over=at,
        starts_on=starts_on.isoformat(),
        days=days,
        people=tuple(taken),
        clients=tuple(sorted(row.texts("clients"))),
        policies=tuple(sorted(row.texts("agreements"))),
    )


def _hand_over(row: Table) -> tuple[int | None, str]:
    """The weekday, Monday = 0, and the time of day."""
    text = row.text("hand_over", required=True)
    found = _HAND_OVER.fullmatch(text.strip().lower())
    if found is None:
        if text:
            row.note("hand_over", f'{shown(text)} is no time (write "mon 09:00", or "09:00" for every day)')
        return None, "09:00"
    return (None if found[1] is None else list(WEEKDAYS).index(found[1])), f"{found[2]}:{found[3]}"


def _days(row: Table) -> int:
    text = row.text("every") or "1w"
    found = _EVERY.fullmatch(text)
    if found is None:
        row.note("every", f'{shown(text)} is no length of a turn (write "1w", "2w" or "1d")')
        return 7
    return int(found[1]) * (7 if found[2] == "w" else 1)


def _starts(row: Table, weekday: int | None) -> date:
    """The day of the first hand-over; without one a day long ago, so that who is on call does not depend on today."""
    value = row.data.get("starts")
    if value is None:
        return _A_MONDAY + (weekday or 0) * _DAY
    if isinstance(value, datetime) or not isinstance(value, date):
        row.note("starts", f"{shown(value)} is not a day (write starts = 2026-11-23, without quotes)")
        return _A_MONDAY
    if weekday is not None and value.weekday() != weekday:
        row.note("starts", f"{value} is no {WEEKDAYS[weekday]}, on which it hands over (name one)")
    return value


def _moment(text: str, zone: str, *, last_day: bool = False) -> datetime | None:
    text = text.strip()
    try:
        day = date.fromisoformat(text) + (_DAY if last_day else timedelta(0))
        return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC).replace(microsecond=0)
    except (ValueError, OverflowError):
        return None
