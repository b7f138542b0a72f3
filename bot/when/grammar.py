"""Reads the phrase of time that a text begins with: a duration, or a day with a time or end of day."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, timedelta, timezone
from decimal import Decimal

from bot.when.days import Day, day_at
from bot.when.source import Source, refusal

_DAY, _HOUR, _SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)
_MIDNIGHT = 24 * 60

_SPACE = re.compile(r"[\s,]*")
_AMOUNT = re.compile(r"\s*(\d{1,6}(?:[.,]\d{1,3})?)")
_BARE_MINUTES = re.compile(r"([0-5]\d)(?=$|[\s,;])|\s+([0-5]?\d)\s*$")
_CLOCK = re.compile(r"\s*(\d{1,2})[:.](\d\d)(?::(\d\d)(?:[.,]\d+)?)?(?!\d)")
_HOUR_NUMBER = re.compile(r"\s*(\d{1,2})(?!\d|[:.]\d)")
_NOTHING_MORE = re.compile(r"[\s.]*$")
_OFFSET = re.compile(r"\s*(?:utc|gmt)(?:\s*([+-])\s*(\d{1,2})(?::?(\d\d))?)?(?![\w:])")
_ISO_OFFSET = re.compile(r"z(?!\w)|([+-])(\d\d):?(\d\d)(?!\d)")
_MOSCOW = re.compile(r"\s*(?:по\s+)?(?:msk|мск)(?!\w)")
_VAGUE_ZONE = re.compile(r"\s*(?:[ECMP][SD]?T|CES?T|EES?T|WES?T|AES?T|AEDT|BST|IST|JST|SGT)(?!\w)")


@dataclass(frozen=True, slots=True)
class Length:
    """A duration: whole days and weeks by the calendar, the rest elapsed."""

    days: timedelta
    rest: timedelta


@dataclass(frozen=True, slots=True)
class Clock:
    """Seconds since midnight, up to 24:00; `midnight`: by that word; `offset`: where one was written."""

    second: int
    midnight: bool = False
    offset: timezone | None = None


@dataclass(frozen=True, slots=True)
class Phrase:
    """What has been read up to `end`; either `length`, or some of the others."""

    end: int
    length: Length | None = None
    day: Day | None = None
    clock: Clock | None = None
    close: bool = False


def phrase(source: Source, today: date) -> Phrase | None:
    """The longest phrase that `source` begins with, or None; WhenError where it can be read in two ways."""
    low, words = source.low, source.words
    length = length_at(source, words.after.skip(low, 0))
    if length is not None:
        return Phrase(length[1], length=length[0])
    spoken = Phrase(0)
    while (longer := _longer(source, spoken, today)) is not None:
        spoken = longer
    if not spoken.end:
        return None
    if spoken.clock is None and not spoken.close:
        if words.parts.take(low, spoken.end):
            raise refusal(source, "needs_time", words.parts.skip(low, spoken.end))
        if spoken.day is not None and spoken.day.dotted:
            raise refusal(source, "dot", spoken.end)
    return spoken


def length_at(source: Source, start: int) -> tuple[Length, int] | None:
    """Amounts with ever smaller units ("1 h 30 min", "1h30"), or a length in words; and where it ends."""
    low, words = source.low, source.words
    idiom = words.lengths.take(low, start)
    if idiom is not None:
        whole = idiom[0] // _DAY * _DAY
        return Length(whole, idiom[0] - whole), idiom[1]
    days, rest, end, smallest = timedelta(0), timedelta(0), start, timedelta.max
    while True:
        amount = _AMOUNT.match(low, words.joints.skip(low, end) if end > start else end)
        unit = words.units.take(low, amount.end()) if amount else None
        if amount is None or unit is None or unit[0] >= smallest:
            break
        smallest, end = unit
        number = Decimal(amount[1].replace(",", "."))
        if smallest >= _DAY and number == int(number):
            days += int(number) * smallest
        else:
            rest += int(number * (smallest // _SECOND)) * _SECOND
    minutes = _BARE_MINUTES.match(low, end) if smallest == _HOUR else None
    if minutes is not None:
        rest, end = rest + timedelta(minutes=int(minutes[1] or minutes[2])), minutes.end()
    return (Length(days, rest), end) if end > start else None


def _longer(source: Source, spoken: Phrase, today: date) -> Phrase | None:
    """The phrase with one more part, or None where nothing more belongs to it."""
    low, words = source.low, source.words
    space = _SPACE.match(low, spoken.end)
    start = space.end() if space else spoken.end
    timed = spoken.clock is not None or spoken.close
    closed = words.close.take(low, start) or words.close.take(low, words.by.skip(low, start))
    if closed is not None and not timed:
        return replace(spoken, close=True, end=closed[1])

    at, by = words.at.take(low, start), words.by.take(low, start)
    lead = at or by
    inner = lead[1] if lead else start

    def with_clock() -> Phrase | None:
        bare, lone = lead is not None and lead[0], spoken.day is not None
        clock = None if timed else _clock(source, inner, bare=bare, lone=lone)
        if clock is None:
            return None
        offset, end = _offset(source, clock[1], iso=spoken.day is not None and spoken.day.iso)
        return replace(spoken, clock=replace(clock[0], offset=offset), end=end)

    def with_day() -> Phrase | None:
        # A bare number after the time is rather part of what follows: "16:00 24/7 coverage".
        figures = lead is not None or not timed
        day = day_at(source, inner, today, figures=figures) if spoken.day is None else None
        return replace(spoken, day=day[0], end=day[1]) if day else None

    if at is not None or spoken.day is not None:
        return with_clock() or with_day()
    return with_day() or with_clock()


def _clock(source: Source, start: int, *, bare: bool, lone: bool) -> tuple[Clock, int] | None:
    """A time of day. `bare`: an hour alone will do ("at 16"); `lone`: it will where nothing follows it."""
    low, words = source.low, source.words
    named = words.clocks.take(low, start)
    if named is not None:
        return Clock(named[0] * 60, midnight=named[0] == _MIDNIGHT), named[1]
    full = _CLOCK.match(low, start)
    number = full or _HOUR_NUMBER.match(low, start)
    if number is None:
        return None
    end = words.hours.skip(low, number.end()) if bare and full is None else number.end()
    half = words.halves.take(low, end)
    if full is None and half is None and not bare and not (lone and _NOTHING_MORE.match(low, end)):
        return None
    hour, minute, second = int(number[1]), int(full[2]) if full else 0, int(full[3] or 0) if full else 0
    if half is not None:
        end = half[1]
        hour = hour % 12 + half[0] if 1 <= hour <= 12 else 99
    elif len(number[1]) == 1 and 1 <= hour <= 7 and (words.twelve_hours or full is None):
        raise refusal(source, "half_day", end)
    if hour > 24 or minute > 59 or second > 59 or (hour == 24 and minute + second):
        raise refusal(source, "no_such_time", end)
    return Clock(hour * 3600 + minute * 60 + second), end


def _offset(source: Source, start: int, *, iso: bool) -> tuple[timezone | None, int]:
    """The offset written after a time, and where it ends; letters that mean several zones are refused."""
    found = _OFFSET.match(source.low, start) or (_ISO_OFFSET.match(source.low, start) if iso else None)
    if found is not None:
        sign, hours, minutes = found.groups()
        offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
        if offset > 14 * _HOUR:
            raise refusal(source, "zone", found.end())
        return (timezone(-offset if sign == "-" else offset) if offset else UTC), found.end()
    moscow = _MOSCOW.match(source.low, start)
    if moscow is not None:
        return timezone(3 * _HOUR), moscow.end()
    vague = _VAGUE_ZONE.match(source.text, start)
    if vague is not None:
        raise refusal(source, "zone", vague.end())
    return None, start
