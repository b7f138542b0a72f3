"""Reads the business time of a policy file: its calendar, holidays, overrides and closures."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise

from bot.sla.calendar import WEEKDAYS, Calendar, CalendarError, Closure, Holiday, Hours, parse_hours
from bot.sla.policy import Basis
from bot.sla.policy_table import Table

_DAY = timedelta(hours=24)
_DAY_MINUTES = 1440


def read_calendar(top: Table, identity: str) -> tuple[Calendar, timedelta]:
    """The calendar and its working day; a 24/7 stand-in where it is wrong, so that the rest is still read."""
    table = top.table("calendar", "calendar")
    zone = table.text("zone", required=True)
    name = table.text("name") or identity
    stand_in = Calendar.always_open(name)
    try:
        Calendar.always_open(name, zone or "UTC")
    except CalendarError as error:
        table.note("zone", _without_name(error))
        zone = ""
    if "working_day" not in table.data:
        table.note("working_day", 'missing (write working_day = "8h", the working time of one "working day")')
    working_day = table.duration("working_day", _DAY, Basis.ELAPSED) or _DAY
    if working_day > _DAY:
        table.note(
            "working_day", f'"{table.text("working_day")}" is longer than a day (write the hours of one, as in "8h")'
        )
        working_day = _DAY
    hours = table.table("hours", "hours")
    week = {day: _read_hours(hours, day) for day in WEEKDAYS}
    _refuse_nights_that_run_into_mornings(hours, week)
    holidays, overrides, closures = _read_holidays(top), _read_overrides(top), _read_closures(top)
    if not zone:
        return stand_in, working_day
    try:
        calendar = Calendar(
            name=name,
            zone=zone,
            week=week,
            working_day=working_day,
            holidays=holidays,
            overrides=overrides,
            closures=closures,
        )
        calendar.refuse_long_gaps()
    except CalendarError as error:
        table.note("", _without_name(error))
        return stand_in, working_day
    if not any(hours.data.values()):
        way_out = 'give hours to a weekday, as in mon = ["10:00-19:00"]; overrides end with their last date'
        hours.note("", f"missing ({way_out})")
    return calendar, working_day


def read_hours_of(row: Table, calendar: Calendar, name: str) -> Calendar | None:
    """Hours of one's own, `hours = { mon = "09:00-18:00" }` in `zone` or the agreement's; None where there are none.

    The holidays are the agreement's.
    """
    if "hours" not in row.data:
        if "zone" in row.data:
            row.note("zone", 'stands alone (write hours = { mon = "09:00-18:00" } beside it)')
        return None
    hours = row.table("hours", "hours")
    try:
        return Calendar(
            name=name,
            zone=row.text("zone") or calendar.zone,
            week={day: _read_hours(hours, day) for day in WEEKDAYS},
            working_day=calendar.working_day,
            holidays=calendar.holidays,
        )
    except CalendarError as error:
        row.note("hours", _without_name(error))
        return None


def _read_hours(table: Table, key: str) -> tuple[Hours, ...]:
    found = []
    for text in table.texts(key):
        try:
            found.append(parse_hours(text))
        except ValueError as error:
            table.note(key, str(error))
    for one, other in pairwise(sorted(found, key=lambda hours: hours.opens)):
        if other.opens < one.closes:
            table.note(key, f"{one} and {other} overlap (write each hour once, as in 09:00-12:00, 13:00-18:00)")
    return tuple(found)


def _refuse_nights_that_run_into_mornings(table: Table, week: Mapping[str, Sequence[Hours]]) -> None:
    for day, following in zip(WEEKDAYS, (*WEEKDAYS[1:], WEEKDAYS[0]), strict=True):
        for night in week[day]:
            for morning in week[following]:
                if morning.opens < night.closes - _DAY_MINUTES:
                    message = f"{morning} overlaps {night} of {day}, which runs past midnight (begin when it ends)"
                    table.note(following, message)


def _read_holidays(top: Table) -> list[Holiday]:
    found = []
    for row in top.rows("holidays", "holiday"):
        name = row.text("name", required=True)
        if "date" in row.data:
            first = last = row.day("date")
            for key in ("first", "last"):
                if key in row.data:
                    row.note(key, "stands beside date (write date for one day, first and last for several)")
        else:
            first, last = row.day("first"), row.day("last")
            if "first" not in row.data or "last" not in row.data:
                row.note("date", "missing (write date = 2026-12-25, or first and last)")
        if first and last:
            try:
                found.append(Holiday(first, last, name))
            except CalendarError as error:
                row.note("last", str(error))
    return found


def _read_overrides(top: Table) -> dict[date, tuple[Hours, ...]]:
    table = top.table("overrides", None)
    found = {}
    for key in table.data:
        try:
            found[date.fromisoformat(key)] = _read_hours(table, key)
        except ValueError:
            table.note(key, f'"{key}" is not a date (write "2026-12-24" = ["10:00-14:00"])')
    return found


def _read_closures(top: Table) -> list[Closure]:
    found = []
    for row in top.rows("closures", "closure"):
        start, end, name = row.moment("start"), row.moment("end"), row.text("name", required=True)
        if start and end:
            try:
                found.append(Closure(start, end, name))
            except CalendarError as error:
                row.note("end", str(error))
    return found


def _without_name(error: CalendarError) -> str:
    """The message without its `calendar NAME:`; the problem names file and key itself."""
    return re.sub(r"^calendar [^:]*: ", "", str(error))
