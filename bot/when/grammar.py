"""Reads the phrase of time that a text begins with: a duration, or a day with a time, a part or its end."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta, tzinfo
from decimal import Decimal

from bot.when.days import Day, day_at, weeks_later
from bot.when.source import SPACE, Source, WhenError, refusal, skip
from bot.when.zones import zone_at

_DAY, _HOUR, _SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)
_YEARS = timedelta(days=1000)
_MIDNIGHT = 24 * 60

_AMOUNT = re.compile(r"\s*(\d{1,6}(?:[.,]\d{1,3})?)")
_BARE_MINUTES = re.compile(r"([0-5]\d)(?=$|[\s,;])|\s+([0-5]?\d)\s*$")
_CLOCK = re.compile(r"\s*(\d{1,2})[:.](\d\d)(?::(\d\d)(?:[.,]\d+)?)?(?!\d)")
_HYPHENED = re.compile(r"\s*(\d{1,2})-(\d\d)(?![\d.:/-])")
_HOUR_NUMBER = re.compile(r"\s*(\d{1,2})(?!\d|[:.]\d)")
_NOTHING_MORE = re.compile(r"[\s.]*$")
_OR = re.compile(r"\s*(?:/|,?\s+(?:or|или|либо)\s)\s*")
_AND = re.compile(r"\s*(?:[,&+]|,?\s+(?:and|и)\s)\s*")
_TO = re.compile(r"\s*[-\u2013\u2014]\s*")
_FROM = re.compile(r"\s*from\s+")
_FROM_NOW = re.compile(r"\s+from\s+now(?!\w)")


@dataclass(frozen=True, slots=True)
class Length:
    """A duration: whole days and weeks by the calendar, the rest elapsed."""

    days: timedelta
    rest: timedelta


@dataclass(frozen=True, slots=True)
class Clock:
    """Seconds since midnight, up to 24:00; `midnight`: by that word; `zone`: where another than his was said."""

    second: int
    midnight: bool = False
    zone: tzinfo | None = None


@dataclass(frozen=True, slots=True)
class Phrase:
    """What has been read up to `end`; either `length`, or some of the others."""

    end: int
    length: Length | None = None
    day: Day | None = None
    clock: Clock | None = None
    close: bool = False
    part: tuple[int, int] | None = None


def phrase(source: Source, today: date) -> Phrase | None:
    """The longest phrase that `source` begins with, or None; WhenError where it can be read in two ways."""
    spoken = longest(source, today)
    if spoken is None or spoken.clock is not None or spoken.close:
        return spoken
    if spoken.part is not None:
        raise refusal(source, "needs_time", spoken.end)
    if spoken.day is not None and spoken.day.dotted:
        raise refusal(source, "dot", spoken.end)
    return spoken


def longest(source: Source, today: date) -> Phrase | None:
    """As `phrase`, a day with but a part of it ("Wed in the morning") and a date like 10.11 included."""
    length = length_at(source, source.words.after.skip(source.low, 0))
    if length is not None:
        whole, end = length
        now = _FROM_NOW.match(source.low, end)
        alone = Phrase(now.end() if now else end, length=whole)
        ahead = day_ahead(source, whole, end, today)
        if ahead is None:
            return alone
        # "In 4 days" is the same time of day, unless more is said: "in 4 days at 10:00".
        later = _further(source, Phrase(ahead[1], day=ahead[0]), today)
        return later if later.end > alone.end else alone
    spoken = _further(source, Phrase(0), today)
    return spoken if spoken.day is not None or spoken.clock is not None or spoken.close else None


def length_at(source: Source, start: int) -> tuple[Length, int] | None:
    """Amounts with ever smaller units ("1 h 30 min", "1h30"), or a length in words; and where it ends."""
    low, words = source.low, source.words
    idiom = words.lengths.take(low, start)
    if idiom is not None:
        whole = idiom[0] // _DAY * _DAY
        return Length(whole, idiom[0] - whole), idiom[1]
    days, rest, end, smallest = timedelta(0), timedelta(0), start, timedelta.max
    while True:
        at = words.joints.skip(low, end) if end > start else end
        amount, spelt = _AMOUNT.match(low, at), words.numbers.take(low, at)
        unit = words.units.take(low, amount.end() if amount else spelt[1] if spelt else at)
        if unit is None or unit[1] == at or unit[0] >= smallest or not (amount or spelt):
            break
        smallest, end = unit
        number = Decimal(amount[1].replace(",", ".") if amount else spelt[0] if spelt else 0)
        if smallest >= _DAY and number == int(number):
            days += int(number) * smallest
        else:
            rest += int(number * (smallest // _SECOND)) * _SECOND
    minutes = _BARE_MINUTES.match(low, end) if smallest == _HOUR else None
    if minutes is not None:
        rest, end = rest + timedelta(minutes=int(minutes[1] or minutes[2])), minutes.end()
    return (Length(days, rest), end) if end > start else None


def day_ahead(source: Source, length: Length, end: int, today: date) -> tuple[Day, int] | None:
    """The day that whole days or weeks lead to, a weekday behind them included: "in a week on Tuesday"."""
    if length.rest or not timedelta(0) < length.days <= _YEARS:
        return None
    low, words = source.low, source.words
    since = _FROM.match(low, end)
    start = since.end() if since else skip(SPACE, low, end)
    near = words.days.take(low, start) if since else None
    if near is not None:
        return Day(today + near[0] * _DAY + length.days), near[1]
    weeks, over = divmod(length.days, 7 * _DAY)
    weekday = words.weekdays.take(low, words.at.skip(low, words.by.skip(low, start))) if weeks and not over else None
    if weekday is not None:
        return weeks_later(source, weekday[0], weekday[1], today, weeks, firm=since is not None), weekday[1]
    now = _FROM_NOW.match(low, end)
    return Day(today + length.days), now.end() if now else end


def _weeks_behind(source: Source, day: Day, start: int, today: date) -> tuple[Day, int] | None:
    """Tuesday in a week."""
    after = source.words.after.take(source.low, start)
    length = length_at(source, after[1]) if after else None
    if length is None or length[0].rest or not timedelta(0) < length[0].days <= _YEARS or length[0].days % (7 * _DAY):
        return None
    weeks = length[0].days // (7 * _DAY)
    return weeks_later(source, day.day.weekday(), length[1], today, weeks, firm=False), length[1]


def _further(source: Source, spoken: Phrase, today: date) -> Phrase:
    while (longer := _longer(source, spoken, today)) is not None:
        spoken = longer
    return spoken


def _longer(source: Source, spoken: Phrase, today: date) -> Phrase | None:
    """The phrase with one more part, or None where nothing more belongs to it."""
    low, words = source.low, source.words
    start = skip(SPACE, low, spoken.end)
    timed = spoken.clock is not None or spoken.close
    closed = words.close.take(low, start) or words.close.take(low, words.by.skip(low, start))
    if closed is not None and not timed:
        return replace(spoken, close=True, end=closed[1])

    if spoken.day is not None and spoken.day.weekly and (later := _weeks_behind(source, spoken.day, start, today)):
        return replace(spoken, day=later[0], end=later[1])
    part = words.parts.take(low, start) if spoken.part is None and not timed else None
    if part is not None:
        return replace(spoken, part=part[0], end=part[1])

    at, by = words.at.take(low, start), words.by.take(low, start)
    lead = at or by
    inner = lead[1] if lead else start

    def with_clock() -> Phrase | None:
        bare, lone = lead is not None and lead[0], spoken.day is not None
        clock = None if timed else clock_at(source, inner, bare=bare, lone=lone, part=spoken.part)
        if clock is None:
            return None
        zone, end = zone_at(source, clock[1], iso=spoken.day is not None and spoken.day.iso)
        return replace(spoken, clock=replace(clock[0], zone=zone), end=end)

    def with_day() -> Phrase | None:
        # A bare number after the time is rather part of what follows: "16:00 24/7 coverage".
        figures = lead is not None or not timed
        if spoken.day is not None:
            return None
        day = day_at(source, start if words.weeks.take(low, start) else inner, today, figures=figures)
        if day is None or spoken.clock is None or spoken.clock.zone is not None:
            return replace(spoken, day=day[0], end=day[1]) if day else None
        zone, end = zone_at(source, day[1], iso=False)
        return replace(spoken, day=day[0], clock=replace(spoken.clock, zone=zone), end=end)

    if at is not None or spoken.day is not None:
        return with_clock() or with_day()
    return with_day() or with_clock()


def clock_at(
    source: Source, start: int, *, bare: bool, lone: bool, part: tuple[int, int] | None = None
) -> tuple[Clock, int] | None:
    """A time of day. `bare`: an hour alone will do ("at 16"); `lone`: it will where nothing follows it. `part` of a
    day says which half of it an hour belongs to.
    """
    low, words = source.low, source.words
    named = words.clocks.take(low, start)
    if named is not None:
        return Clock(named[0] * 60, midnight=named[0] == _MIDNIGHT), named[1]
    face = (_hyphened(source, start) if lone else None) or _face(source, start)
    if face is None:
        return None
    hour, minute, second, end, is_full = face
    after = words.hours.skip(low, end) if bare and not is_full else end
    half = words.halves.take(low, after)
    if not is_full and half is None and not bare and not (lone and _NOTHING_MORE.match(low, after)):
        return None
    end = half[1] if half else after
    if half is not None:
        # "13:00 pm" says it twice, "13 pm" is a slip of the pen.
        hour = hour % 12 + half[0] if 1 <= hour <= 12 else hour if is_full and half[0] else 99
    elif part is not None:
        hour += 12 if hour < part[0] <= hour + 12 < part[1] else 0
        if not part[0] <= hour < part[1]:
            raise refusal(source, "no_such_time", end)
    elif 1 <= hour <= 7 and low[start:end].strip()[:1] != "0" and (words.twelve_hours or not _CLOCK.match(low, start)):
        raise refusal(source, "half_day", end)
    if hour > 24 or minute > 59 or second > 59 or (hour == 24 and minute + second):
        raise refusal(source, "no_such_time", end)
    return Clock(hour * 3600 + minute * 60 + second), end


def _face(source: Source, start: int) -> tuple[int, int, int, int, bool] | None:
    """Hour, minute, second, where they end, and whether the minutes were said too."""
    low, words = source.low, source.words
    dial, full = words.dials.take(low, start), _CLOCK.match(low, start)
    if dial is not None:
        return *divmod(dial[0], 60), 0, dial[1], True
    if (fraction := words.fractions.take(low, start)) is not None:
        digits, word = _HOUR_NUMBER.match(low, fraction[1]), words.numbers.take(low, fraction[1])
        if digits is None and word is None:
            return None
        hour = int(digits[1]) if digits else word[0] if word else 0
        # A quarter to one is after noon rather than after midnight.
        hour = 13 if hour == 1 and fraction[0] < 0 else hour
        return *divmod(hour * 60 + fraction[0], 60), 0, digits.end() if digits else word[1] if word else start, True
    if full is not None:
        return int(full[1]), int(full[2]), int(full[3] or 0), full.end(), True
    number, spelt = _HOUR_NUMBER.match(low, start), words.numbers.take(low, start)
    if number is not None:
        return int(number[1]), 0, 0, number.end(), False
    said = spelt is not None and (words.hours.take(low, spelt[1]) or words.halves.take(low, spelt[1]))
    # "by two engineers" is no time.
    if spelt is None or not (said or _NOTHING_MORE.match(low, spelt[1])):
        return None
    return spelt[0], 0, 0, spelt[1], False


def _hyphened(source: Source, start: int) -> tuple[int, int, int, int, bool] | None:
    """10-30, as far as it is no stretch between two hours ("10-12") and no amount ("20-30 minutes")."""
    found = _HYPHENED.match(source.low, start) if source.words.hyphens else None
    if found is None or int(found[1]) < int(found[2]) <= 24 or source.words.units.take(source.low, found.end()):
        return None
    return int(found[1]), int(found[2]), 0, found.end(), True


def another(source: Source, spoken: Phrase, today: date) -> int | None:
    """Where a second time ends that is named beside the first ("Mon or Tue 15:00", "15:00 or 16:00"), else None."""
    joint = _OR.match(source.low, spoken.end) or _AND.match(source.low, spoken.end)
    joint = joint or (_TO.match(source.low, spoken.end) if spoken.clock is None and spoken.length is None else None)
    if joint is None:
        return None
    rest = source.cut(joint.end())
    try:
        second = longest(rest, today)
    except WhenError:
        second = Phrase(len(rest.low), close=True)
    alone = _HOUR_NUMBER.match(rest.low, 0) if spoken.clock is not None and joint.re is _OR else None
    if second is None:
        return joint.end() + alone.end() if alone and _NOTHING_MORE.match(rest.low, alone.end()) else None
    is_time = second.clock is not None or second.close
    return joint.end() + second.end if is_time or (joint.re is not _AND and second.day is not None) else None
