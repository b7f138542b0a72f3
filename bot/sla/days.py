"""A calendar's working days as people live them: when a day's work begins, and when the day is over. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.sla._spans import HORIZON, start_of_day
from bot.sla.calendar import BeyondHorizon, Calendar

_DAY = timedelta(days=1)
_NINE = time(9)


def next_beginning(calendar: Calendar, after: datetime) -> datetime:
    """The next moment after `after` at which a local day's work begins: its first opening, breaks begin nothing.

    A day that begins open, where the desk never closes or a night shift goes on, begins at nine. BeyondHorizon where
    nothing opens any more.
    """
    zone = ZoneInfo(calendar.zone)
    day = after.astimezone(zone).date()
    for _ in range(HORIZON // _DAY):
        midnight = start_of_day(zone, day)
        first = calendar.next_open(midnight)
        if first == midnight:
            first = datetime.combine(day, _NINE, zone).astimezone(UTC)
        if first > after and first.astimezone(zone).date() == day:
            return first
        day = max(day + _DAY, first.astimezone(zone).date())
    raise BeyondHorizon(f"calendar {calendar.name}: no day begins after {after}")


def end_of_day(calendar: Calendar, at: datetime) -> datetime:
    """The local midnight after `at`."""
    zone = ZoneInfo(calendar.zone)
    return start_of_day(zone, at.astimezone(zone).date() + _DAY)
