"""The declared hours of an agreement as a client reads them: on the clocks and weekdays of his own zone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from bot.sla.calendar import WEEKDAYS, Calendar, Hours

Days = tuple[int, int, str]
"""First and last weekday (Monday = 0) with the same times, and these: "10:00-14:00, 15:00-19:00", or "" for none."""


def week(calendar: Calendar, zone: str, now: datetime) -> list[Days]:
    """This week's hours without its holidays, neighbouring days with the same times together, Monday first.

    A span belongs to the local day it opens on. Twice a year the week differs from the next one, for the two zones
    may change their clocks on different days.
    """
    monday = _today(calendar.zone, now) - timedelta(days=_today(calendar.zone, now).weekday())
    spans: dict[int, list[str]] = {number: [] for number in range(7)}
    for number, name in enumerate(WEEKDAYS):
        for opens, text in _spans(calendar, monday + timedelta(days=number), calendar.week[name], zone):
            spans[opens.weekday()].append(text)
    times = [", ".join(sorted(spans[number])) for number in range(7)]
    runs = [list(run) for _, run in groupby(range(7), key=lambda number: times[number])]
    return [(run[0], run[-1], times[run[0]]) for run in runs]


def times_on(calendar: Calendar, day: date, hours: Sequence[Hours], zone: str) -> str:
    """The hours of one day of the calendar as `zone` reads them; "" for none."""
    return ", ".join(text for _, text in _spans(calendar, day, hours, zone))


def coming_days(calendar: Calendar, now: datetime, span: timedelta) -> tuple[date, date]:
    """Today and the last day of the span, both in the calendar's zone and inclusive."""
    return _today(calendar.zone, now), _today(calendar.zone, now + span)


def _spans(calendar: Calendar, day: date, hours: Sequence[Hours], zone: str) -> list[tuple[datetime, str]]:
    found = []
    for each in hours:
        opens, closes = (_moment(calendar, day, minute, zone) for minute in (each.opens, each.closes))
        last = "24:00" if closes.time() == time() else f"{closes:%H:%M}"
        found.append((opens, f"{opens:%H:%M}-{last}"))
    return found


def _moment(calendar: Calendar, day: date, minute: int, zone: str) -> datetime:
    wall = datetime.combine(day, time()) + timedelta(minutes=minute)
    return wall.replace(tzinfo=ZoneInfo(calendar.zone)).astimezone(ZoneInfo(zone))


def _today(zone: str, now: datetime) -> date:
    return now.astimezone(ZoneInfo(zone)).date()
