"""Stretches of time as people write them: "until Monday", "tomorrow 10:00-14:00", "mon-fri", "на 3 дня"."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.when.days import Day
from bot.when.grammar import Phrase, length_at, phrase
from bot.when.moment import instant, midnight, moment, wall_clock
from bot.when.source import SEPARATORS, SPACE, Source, WhenError, refusal, shown, skip, source_of

_DAY = timedelta(days=1)
_FARTHEST = timedelta(days=731)
_NOW = re.compile(r"\s*(?:now|сейчас)(?!\w)")
_FROM = re.compile(r"\s*(?:from|starting|since|со?)\s+")
_FOR = re.compile(r"\s*(?:for|на)\s+")
_UNTIL = re.compile(r"\s*(?:until|till|til|до)\s+")
_TO = re.compile(r"\s*[-\u2013\u2014]\s*|\s+(?:to|through|thru|по)\s+")
_NUMBER = re.compile(r"\s*([1-9]|[12]\d|3[01])(?!\d|[.:]\d)")
_CLINGS = re.compile(r"[\w/+'’]")
_BECAUSE = re.compile(r"(?:because|since|as|потому что|так как|т\.\s?к\.)(?!\w)[\s,:]*", re.IGNORECASE)


def split_stretch(text: str, now: datetime, zone: str, locale: str) -> tuple[datetime, datetime | None, str]:
    """The stretch `[start, end)` that `text` begins with, in UTC, as said in `zone` at `now`, and the words after it.

    The end of "until Monday" is the beginning of that day; a day that ends a range ("mon-fri", "с 24 по 31 декабря") or
    stands alone belongs to it. None: no end is named ("from Monday", "now"). What has begun begins now. WhenError where
    it cannot be read, can be read in two ways, or is over.
    """
    source = source_of(text, locale, zone)
    reader = _Reader(source, now, ZoneInfo(zone))
    start, end, at = reader.read()
    if _CLINGS.match(source.low, at):
        raise refusal(source, "")
    if end is not None and (end <= now or end <= start):
        raise WhenError(shown(text[:at]), "errors.when.over", source.words.when_example)
    if max(start, end or start) - now > _FARTHEST:
        raise refusal(source, "too_far", at)
    rest = text[at:].lstrip(SEPARATORS).rstrip()
    return max(start, now), end, _BECAUSE.sub("", rest, count=1) if _BECAUSE.match(rest) else rest


class _Reader:
    """One reading of one text; places are those of the whole text."""

    def __init__(self, source: Source, now: datetime, zone: ZoneInfo) -> None:
        self._source = source
        self._now = now
        self._zone = zone

    def read(self) -> tuple[datetime, datetime | None, int]:
        """Start, end, and where the phrase ends."""
        low = self._source.low
        until = _UNTIL.match(low, skip(SPACE, low, skip(_NOW, low, 0)))
        if until is not None:
            end, at = self._end(until.end(), self._now, belongs=False)
            return self._now, end, at
        length = length_at(self._source, self._source.words.after.skip(low, skip(_FOR, low, 0)))
        if length is not None:
            days = instant(wall_clock(self._now, self._zone) + length[0].days, self._zone)
            return self._now, days + length[0].rest, length[1]
        if (present := _NOW.match(low)) is not None:
            return self._now, None, present.end()
        began = _FROM.match(low)
        return self._range(began.end() if began else 0, is_open=began is not None)

    def _range(self, at: int, *, is_open: bool) -> tuple[datetime, datetime | None, int]:
        first = self._until_then(at) or self._phrase(at, self._now) or self._number_of_what_follows(at)
        if first is None:
            raise refusal(self._source, "")
        low = self._source.low
        until, to = _UNTIL.match(low, skip(SPACE, low, first.end)), _TO.match(low, first.end)
        joint = until or to
        start = self._start(first if joint is None else self._where(first, joint.end()))
        if joint is not None and self._has_end(joint.end(), first):
            end, last = self._end(joint.end(), start, belongs=until is None, first=first)
            return start, end, last
        if is_open:
            return start, None, first.end
        more = _FROM.match(low, skip(SPACE, low, first.end))
        if first.day is None or first.clock is not None or first.close or more is not None:
            raise refusal(self._source, "needs_end", first.end)
        return start, self._midnight(first.day, 1), first.end

    def _until_then(self, at: int) -> Phrase | None:
        """What ends where "until" stands: "13:30 until friday" is no moment on friday, "1 Dec until 3 Dec" no hour."""
        until = _UNTIL.search(self._source.low, at)
        first = None if until is None else self._phrase(at, self._now, until.start())
        return first if until is not None and first is not None and first.end == until.start() else None

    def _where(self, first: Phrase, at: int) -> Phrase:
        """The zone of an end is that of its beginning too: "10:00-14:00 in London"."""
        if first.clock is None or first.clock.zone is not None:
            return first
        last = self._phrase(at, self._now)
        if last is None or last.clock is None:
            return first
        return replace(first, clock=replace(first.clock, zone=last.clock.zone))

    def _has_end(self, at: int, first: Phrase) -> bool:
        """Whether a time stands behind the joint, or but the words after "Monday - Ben knows"."""
        bare = first.day is not None and _NUMBER.match(self._source.low, at) is not None
        return bare or self._phrase(at, self._now) is not None

    def _end(self, at: int, since: datetime, *, belongs: bool, first: Phrase | None = None) -> tuple[datetime, int]:
        last = self._phrase(at, since)
        if last is None and first is not None and first.day is not None:
            last = self._number(at, first.day)
        if last is None:
            raise refusal(self._source, "")
        if last.day is not None and last.clock is None and not last.close:
            day = last.day
            if day.weekly and self._midnight(day, int(belongs)) <= since:
                day = replace(day, day=day.day + 7 * _DAY)
            return self._midnight(day, int(belongs)), last.end
        return moment(self._source, last, since, self._zone, None, self._close, roll=True), last.end

    def _start(self, first: Phrase) -> datetime:
        if first.day is not None and first.clock is None and not first.close:
            return self._midnight(first.day, 0)
        return moment(self._source, first, self._now, self._zone, None, self._close, roll=first.day is None)

    def _phrase(self, at: int, since: datetime, before: int | None = None) -> Phrase | None:
        """What stands at `at`, as if the text ended `before`; days are counted from the day of `since`."""
        part = self._source.cut(at, before)
        found = phrase(part, wall_clock(since, self._zone).date())
        return None if found is None else replace(found, end=at + found.end)

    def _number(self, at: int, near: Day) -> Phrase | None:
        """A bare number that is a day of the month named before it: "24 Dec - 31"."""
        number = _NUMBER.match(self._source.low, at)
        return None if number is None else Phrase(number.end(), day=self._same_month(near, number))

    def _number_of_what_follows(self, at: int) -> Phrase | None:
        """A bare number that is a day of the month named behind it: "24-31 Dec", "с 24 по 31 декабря"."""
        low = self._source.low
        number = _NUMBER.match(low, at)
        joint = None if number is None else _TO.match(low, number.end())
        last = None if joint is None else self._phrase(joint.end(), self._now)
        if number is None or last is None or last.day is None or last.day.weekly:
            return None
        return Phrase(number.end(), day=self._same_month(last.day, number))

    def _same_month(self, day: Day, number: re.Match[str]) -> Day:
        try:
            return Day(day.day.replace(day=int(number[1])))
        except ValueError:
            raise refusal(self._source, "no_such_date", number.end()) from None

    def _midnight(self, day: Day, later: int) -> datetime:
        return instant(midnight(day.day) + later * _DAY, self._zone)

    def _close(self, at: datetime) -> datetime:
        """The end of the day: its midnight."""
        return instant(midnight(wall_clock(at, self._zone).date()) + _DAY, self._zone)
