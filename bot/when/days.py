"""Reads a day at a place in a text: by name, by weekday or by date."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta

from bot.when.source import SPACE, Source, refusal, skip

_ONE = timedelta(days=1)

_ISO = re.compile(r"\s*(\d{4})-(\d\d)-(\d\d)(?:t(?=\d)|(?!\d))")
_DOTTED = re.compile(r"\s*(\d{1,2})\.(\d{1,2})(?:\.(20\d\d|\d\d))?(?:\.(?=\s))?(?![\d:])")
_SLASHED = re.compile(r"\s*(\d{1,2})/(\d{1,2})(?:/(20\d\d))?(?![\d:])")
_NUMBER = re.compile(r"\s*(?:the\s+)?(\d{1,2})(?:st|nd|rd|th|-?го|-?е)?(?:\s+of)?(?![\w:.]\d|[^\W_])")
_NTH = re.compile(
    r"\s*(?:the\s+(\d{1,2})(?:st|nd|rd|th)|(\d{1,2})(?:st|nd|rd|th)(?=[\s,]+(?:at\s+)?\d)"
    r"|(\d{1,2})(?:-?го)?\s+числа|(\d{1,2})-го)(?!\w)"
)
_COUNT = re.compile(r"\s*(\d{1,3})(?![\w.:/-])")
_WEEK_LATER = re.compile(r"\s+week(?!\w)")
_BRACKET, _CLOSING = re.compile(r"\s*\(\s*"), re.compile(r"\s*\)")
_YEAR = re.compile(r",?\s*(20\d\d)(?:\s*г(?:ода)?\.?)?(?![\w:])")


@dataclass(frozen=True, slots=True)
class Day:
    """A day. `weekly`: by weekday alone; `dotted`: "10.11" may be a time; `iso`: an offset may follow."""

    day: date
    weekly: bool = False
    dotted: bool = False
    iso: bool = False


def day_at(source: Source, start: int, today: date, *, figures: bool) -> tuple[Day, int] | None:
    """The day written at `start` and where it ends, or None; 24.11 and 24/11 only where `figures` may be."""
    low, words = source.low, source.words
    near = words.days.take(low, start)
    if near is not None:
        return Day(today + near[0] * _ONE), near[1]
    after = words.after.take(low, start)
    if after is not None and (ahead := _workdays_ahead(source, after[1], today)) is not None:
        return ahead
    week = words.weeks.take(low, start)
    coming = words.coming.take(low, start) if week is None else None
    lead = week[1] if week else coming[1] if coming else start
    weekday = words.weekdays.take(low, words.at.skip(low, words.by.skip(low, lead)) if week else lead)
    if weekday is not None:
        week = week or words.weeks.take(low, weekday[1])
        if week is not None:
            end = max(week[1], weekday[1])
            return Day(today + (7 * week[0] + weekday[0] - today.weekday()) * _ONE), end
        if (later := _WEEK_LATER.match(low, weekday[1])) is not None:
            return weeks_later(source, weekday[0], later.end(), today, 1, firm=True), later.end()
        dated = None if coming is not None else _date_of(source, weekday[0], weekday[1], today)
        if dated is not None:
            return dated
        following = coming is not None and coming[0]
        return _weekday(source, weekday[0], weekday[1], today, following=following), weekday[1]
    dated = _iso(source, start, today) or _with_month(source, start, today)
    if dated is not None:
        return _with_weekday(source, *dated)
    dated = _nth(source, start, today)
    if dated is None and figures:
        return _dotted(source, start, today) or _slashed(source, start, today)
    return dated


def _date_of(source: Source, number: int, end: int, today: date) -> tuple[Day, int] | None:
    """The date behind a weekday, "Thu, 26 Nov", which must be such a day; 10.11 behind one is rather a time."""
    at = skip(SPACE, source.low, end)
    dated = _iso(source, at, today) or _with_month(source, at, today) or _dotted(source, at, today)
    if dated is None or dated[0].dotted:
        return None
    return _agreed(source, number, *dated)


def _with_weekday(source: Source, day: Day, end: int) -> tuple[Day, int]:
    """A date with the weekday behind it, "26 Nov, Thu" or "26 Nov (Thu)"."""
    bracket = _BRACKET.match(source.low, end)
    weekday = source.words.weekdays.take(source.low, bracket.end() if bracket else skip(SPACE, source.low, end))
    closing = None if bracket is None or weekday is None else _CLOSING.match(source.low, weekday[1])
    if weekday is None or (bracket is not None and closing is None):
        return day, end
    return _agreed(source, weekday[0], day, closing.end() if closing else weekday[1])


def _agreed(source: Source, number: int, day: Day, end: int) -> tuple[Day, int]:
    if day.day.weekday() != number:
        raise refusal(source, "other_weekday", end)
    return day, end


def weeks_later(source: Source, number: int, end: int, today: date, weeks: int, *, firm: bool) -> Day:
    """So many weeks after the coming such day; unless `firm`, only where that day lies in this week: of a weekday of
    the next, "in a week" may say but that.
    """
    ahead = (number - today.weekday()) % 7
    if not firm and today.weekday() + ahead > 6:
        raise refusal(source, "weekday", end)
    return Day(today + (ahead + 7 * weeks) * _ONE)


def _workdays_ahead(source: Source, start: int, today: date) -> tuple[Day, int] | None:
    """In two working days, from Monday to Friday: whose holidays count is not known here."""
    count, spelt = _COUNT.match(source.low, start), source.words.numbers.take(source.low, start)
    number, end = (int(count[1]), count.end()) if count else spelt or (0, start)
    named = source.words.workdays.take(source.low, end)
    if named is None or end == start:
        return None
    day = today
    for _ in range(number):
        day += (3 if day.weekday() == 4 else 2 if day.weekday() == 5 else 1) * _ONE
    return Day(day), named[1]


def _weekday(source: Source, number: int, end: int, today: date, *, following: bool) -> Day:
    """The coming such day, today included; "next" only where the coming one and next week's are the same."""
    ahead = (number - today.weekday()) % 7
    if not following:
        return Day(today + ahead * _ONE, weekly=True)
    if ahead and today.weekday() + ahead < 7:
        raise refusal(source, "weekday", end)
    return Day(today + (ahead or 7) * _ONE)


def _iso(source: Source, start: int, today: date) -> tuple[Day, int] | None:
    found = _ISO.match(source.low, start)
    if found is None:
        return None
    year, month, number = (int(part) for part in found.groups())
    return replace(_date(source, found.end(), today, number, month, year), iso=True), found.end()


def _with_month(source: Source, start: int, today: date) -> tuple[Day, int] | None:
    """24 Nov, the 24th of November, Nov 24; with or without a year."""
    low, months = source.low, source.words.months
    number, named = _NUMBER.match(low, start), months.take(low, start)
    if number is not None:
        named = months.take(low, number.end())
        end = named[1] if named else start
    elif named is not None:
        number = _NUMBER.match(low, named[1])
        end = number.end() if number else start
    if number is None or named is None:
        return None
    year = _YEAR.match(low, end)
    end = year.end() if year else end
    return _date(source, end, today, int(number[1]), named[0], int(year[1]) if year else None), end


def _nth(source: Source, start: int, today: date) -> tuple[Day, int] | None:
    """The 5th: the coming one."""
    found = _NTH.match(source.low, start)
    if found is None:
        return None
    number = int(next(group for group in found.groups() if group))
    for ahead in range(63):
        if (day := today + ahead * _ONE).day == number:
            return Day(day), found.end()
    raise refusal(source, "no_such_date", found.end())


def _dotted(source: Source, start: int, today: date) -> tuple[Day, int] | None:
    """24.11, 24.11.26; what cannot be a date but can be a time of day (16.30) is left to the clock."""
    found = _DOTTED.match(source.low, start)
    if found is None:
        return None
    number, month = int(found[1]), int(found[2])
    hour = found[3] is None and number < 24
    if hour and not 1 <= month <= 12:
        return None
    year = int(found[3]) % 100 + 2000 if found[3] else None
    return replace(_date(source, found.end(), today, number, month, year), dotted=hour), found.end()


def _slashed(source: Source, start: int, today: date) -> tuple[Day, int] | None:
    """24/11 and 11/24, but not 3/4, which has the day first in one country and the month in another."""
    found = _SLASHED.match(source.low, start)
    if found is None:
        return None
    number, month = int(found[1]), int(found[2])
    if number <= 12 and month <= 12 and number != month:
        raise refusal(source, "slash", found.end())
    number, month = (month, number) if month > 12 else (number, month)
    return _date(source, found.end(), today, number, month, int(found[3]) if found[3] else None), found.end()


def _date(source: Source, end: int, today: date, number: int, month: int, year: int | None) -> Day:
    """The day of this date; without a year the nearest to today, so that "3 Jan" in November lies ahead."""
    years = (today.year - 1, today.year, today.year + 1) if year is None else (year,)
    days = [day for each in years if (day := _day(each, month, number)) is not None]
    if not days:
        raise refusal(source, "no_such_date", end)
    return Day(min(days, key=lambda day: abs(day - today)))


def _day(year: int, month: int, number: int) -> date | None:
    try:
        return date(year, month, number)
    except ValueError:
        return None
