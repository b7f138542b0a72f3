"""Times, durations and days as people write them, per language; it knows no ticket and reads no clock.

What can be read in two ways is refused with its reason, never guessed: a guess becomes a promise to a client.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from bot.when.grammar import Phrase, length_at, phrase
from bot.when.source import Source, WhenError, refusal, shown, source_of

__all__ = ["Close", "WhenError", "parse_duration", "parse_when", "split_when"]

Close = datetime | Callable[[datetime], datetime] | None
"""The end of the working day: the moment itself, or what finds the next one after a moment (aware UTC)."""

_DAY, _SECOND = timedelta(days=1), timedelta(seconds=1)
_FARTHEST = timedelta(days=731)
_SEPARATORS = " \t\r\n,;:.-\u2013\u2014"
# A range ("15:00-16:00") or a letter, digit or sign that clings to the phrase means something else.
_CLINGS = re.compile(r"\s*[-\u2013\u2014]\s*\d{1,2}(?:[:.]\d\d|\s*[ap]m|\s*$)|[\w/+'’]|[.:]\d")


def parse_when(
    text: str,
    now: datetime,
    zone: str,
    locale: str,
    *,
    open_at: time | None = None,
    close: Close = None,
    roll: bool = True,
) -> datetime:
    """The moment that `text` names, in UTC, as said in `zone` (IANA) at `now` (aware); else WhenError.

    A day alone means `open_at` on that day and is refused without it; "end of day" needs `close`. With
    `roll` a time of day or a weekday that has passed means the next one; all else may lie in the past. A time
    that a change of clocks leaves out is the first instant after it, one that it repeats is the first of two.
    """
    at, rest = split_when(text, now, zone, locale, open_at=open_at, close=close, roll=roll)
    if rest:
        raise refusal(source_of(text, locale), "")
    return at


def split_when(
    text: str,
    now: datetime,
    zone: str,
    locale: str,
    *,
    open_at: time | None = None,
    close: Close = None,
    roll: bool = True,
) -> tuple[datetime, str]:
    """The moment named by the longest phrase of time that `text` begins with, and the words after it.

    Reads and refuses as `parse_when` does; the words are as written, without what separates them.
    """
    source = source_of(text, locale)
    here = ZoneInfo(zone)
    spoken = phrase(source, now.astimezone(here).date())
    if spoken is None or _CLINGS.match(source.low, spoken.end):
        number = re.match(r"\s*\d+(?![\w.:/-])", text)
        raise refusal(source, "number", number.end()) if number else refusal(source, "")
    try:
        at = _moment(source, spoken, now, here, open_at, close, roll)
        if at - now > _FARTHEST:
            raise refusal(source, "too_far", spoken.end)
    except OverflowError:
        raise refusal(source, "too_far", spoken.end) from None
    return at, text[spoken.end :].lstrip(_SEPARATORS).rstrip()


def parse_duration(text: str, locale: str) -> timedelta:
    """The length of time that `text` names ("1h30", "полчаса"), a day being 24 hours; else WhenError."""
    source = source_of(text, locale)
    example = source.words.duration_example
    found = length_at(source, source.words.after.skip(source.low, 0))
    if found is None or source.low[found[1] :].strip(" .\t\r\n"):
        raise WhenError(shown(text), "errors.duration", example)
    length = found[0].days + found[0].rest
    if length > _FARTHEST:
        raise WhenError(shown(text), "errors.when.too_far", example)
    return length


def _moment(
    source: Source,
    spoken: Phrase,
    now: datetime,
    zone: ZoneInfo,
    open_at: time | None,
    close: Close,
    roll: bool,
) -> datetime:
    if spoken.length is not None:
        if not spoken.length.days:
            return now.astimezone(UTC) + spoken.length.rest
        return _instant(_wall(now, zone) + spoken.length.days, zone) + spoken.length.rest
    if spoken.close:
        return _closing(source, spoken, now, zone, close)
    if spoken.clock is None:
        return _opening(source, spoken, now, zone, open_at, roll)
    place: tzinfo = spoken.clock.offset or zone
    if spoken.day is not None and spoken.clock.midnight:
        raise refusal(source, "midnight", spoken.end)
    day = spoken.day.day if spoken.day else _wall(now, place).date()
    at = _instant(_midnight(day) + spoken.clock.second * _SECOND, place)
    if at > now or not roll or (spoken.day is not None and not spoken.day.weekly):
        return at
    further = 7 if spoken.day else 1
    return _instant(_midnight(day) + further * _DAY + spoken.clock.second * _SECOND, place)


def _opening(
    source: Source, spoken: Phrase, now: datetime, zone: ZoneInfo, open_at: time | None, roll: bool
) -> datetime:
    """A day alone: its opening; refused where that has passed, unless a weekday rolls on."""
    if spoken.day is None or open_at is None:
        raise refusal(source, "needs_time", spoken.end)
    at = _instant(datetime.combine(spoken.day.day, open_at), zone)
    if at <= now and spoken.day.weekly and roll:
        return _instant(datetime.combine(spoken.day.day + 7 * _DAY, open_at), zone)
    if at <= now and spoken.day.day == _wall(now, zone).date():
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
        today = day is None or day == _wall(now, zone).date()
        at = close(now if today or day is None else _instant(_midnight(day), zone)).astimezone(UTC)
    local = _wall(at, zone)
    overnight = day is not None and local.date() == day + _DAY and local.hour < 12
    if day is not None and local.date() != day and not overnight:
        raise refusal(source, "no_close", spoken.end)
    return at


def _instant(wall: datetime, zone: tzinfo) -> datetime:
    """The instant that wall clocks in `zone` show `wall`; the first of two, or the first after a gap."""
    at = wall.replace(tzinfo=zone).astimezone(UTC)
    if _wall(at, zone) == wall:
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


def _wall(at: datetime, zone: tzinfo) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None, fold=0)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())
