"""Which instant a phrase of time names, as said in a zone at a moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from bot.when.grammar import Phrase
from bot.when.source import Source, refusal

Close = datetime | Callable[[datetime], datetime] | None
"""The end of the working day: the moment itself, or what finds the next one after a moment (aware UTC)."""

_DAY, _SECOND = timedelta(days=1), timedelta(seconds=1)


def moment(
    source: Source,
    spoken: Phrase,
    now: datetime,
    zone: ZoneInfo,
    open_at: time | None,
    close: Close,
    roll: bool,
) -> datetime:
    """In UTC; WhenError where the phrase says too little, or OverflowError where it lies beyond all calendars."""
    if spoken.length is not None:
        if not spoken.length.days:
            return now.astimezone(UTC) + spoken.length.rest
        return instant(wall_clock(now, zone) + spoken.length.days, zone) + spoken.length.rest
    if spoken.close:
        return _closing(source, spoken, now, zone, close)
    if spoken.clock is None:
        return _opening(source, spoken, now, zone, open_at, roll)
    place: tzinfo = spoken.clock.zone or zone
    if spoken.day is not None and spoken.clock.midnight:
        raise refusal(source, "midnight", spoken.end)
    day = spoken.day.day if spoken.day else wall_clock(now, place).date()
    at = instant(midnight(day) + spoken.clock.second * _SECOND, place)
    if at > now or not roll or (spoken.day is not None and not spoken.day.weekly):
        return at
    further = 7 if spoken.day else 1
    return instant(midnight(day) + further * _DAY + spoken.clock.second * _SECOND, place)


def _opening(
    source: Source, spoken: Phrase, now: datetime, zone: ZoneInfo, open_at: time | None, roll: bool
) -> datetime:
    """A day alone: its opening; refused where that has passed, unless a weekday rolls on."""
    if spoken.day is None or open_at is None:
        raise refusal(source, "needs_time", spoken.end)
    at = instant(datetime.combine(spoken.day.day, open_at), zone)
    if at <= now and spoken.day.weekly and roll:
        return instant(datetime.combine(spoken.day.day + 7 * _DAY, open_at), zone)
    if at <= now and spoken.day.day == wall_clock(now, zone).date():
        raise refusal(source, "needs_time", spoken.end)
    return at


def _closing(source: Source, spoken: Phrase, now: datetime, zone: ZoneInfo, close: Close) -> datetime:
    """The end of a working day; of a named day only where it has one, the small hours after it included."""
    day = spoken.day.day if spoken.day else None
    if close is None:
        raise refusal(source, "no_close", spoken.end)
    if isinstance(close, datetime):
        at = close.astimezone(UTC)
    else:
        today = day is None or day == wall_clock(now, zone).date()
        at = close(now if today or day is None else instant(midnight(day), zone)).astimezone(UTC)
    local = wall_clock(at, zone)
    overnight = day is not None and local.date() == day + _DAY and local.hour < 12
    if day is not None and local.date() != day and not overnight:
        raise refusal(source, "no_close", spoken.end)
    return at


def instant(wall: datetime, zone: tzinfo) -> datetime:
    """The instant that wall clocks in `zone` show `wall`; the first of two, or the first after a gap."""
    at = wall.replace(tzinfo=zone).astimezone(UTC)
    if wall_clock(at, zone) == wall:
        return at
    # In a gap the two folds lie on either side of the change; halve the way to it, down to the second.
    before, after = wall.replace(tzinfo=zone, fold=1).astimezone(UTC), at
    offset = before.astimezone(zone).utcoffset()
    while after - before > _SECOND:
        middle = before + (after - before) // 2 // _SECOND * _SECOND
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)


def wall_clock(at: datetime, zone: tzinfo) -> datetime:
    """What wall clocks in `zone` show at `at`, without a zone."""
    return at.astimezone(zone).replace(tzinfo=None, fold=0)


def midnight(day: date) -> datetime:
    """Its first moment by wall clocks."""
    return datetime.combine(day, time())
