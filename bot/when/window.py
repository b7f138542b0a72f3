"""Times between which something may be wished for: "Wed in the morning", "after 14:00", "next week"."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from bot.when.days import Day, day_at
from bot.when.grammar import Clock, Phrase, another, clock_at, day_ahead, length_at, longest
from bot.when.moment import instant, midnight, wall_clock
from bot.when.source import SEPARATORS, SPACE, Source, WhenError, refusal, skip, source_of
from bot.when.zones import zone_at

_DAY = timedelta(days=1)
_WHOLE = 24 * 3600
_BETWEEN = re.compile(r"(?:between|между)\s+")
_AFTER = re.compile(
    r"(?:any\s?time\s+)?(?P<past>after|после)\s+|(?:from|since|not\s+before|no\s+earlier\s+than|со?|не\s+раньше)\s+"
)
_BEFORE = re.compile(
    r"(?:any\s?time\s+)?(?:before|until|till|до|не\s+позже|не\s+позднее)\s+|(?P<on>by|(?:no|not)\s+later\s+than)\s+"
)
_TO = re.compile(r"\s*[-\u2013\u2014]\s*|\s+(?:to|till|until|and|до|и|по)\s+")
_CLINGS = re.compile(r"[\w/+'’]|[.:]\d")


@dataclass(frozen=True, slots=True)
class Window:
    """From `since` until `until` (aware UTC; None is for ever), on each day in `zone` between two seconds of it."""

    since: datetime
    until: datetime | None
    opens: int
    closes: int
    zone: tzinfo

    @property
    def is_one_day(self) -> bool:
        return self.until is not None and self.until - self.since <= timedelta(hours=25)

    @property
    def day(self) -> date | None:
        """The day it is, where it is all of one and nothing else."""
        is_whole = self.is_one_day and (self.opens, self.closes) == (0, _WHOLE)
        return wall_clock(self.since, self.zone).date() if is_whole else None

    def holds(self, start: datetime, end: datetime) -> bool:
        """Whether `[start, end)` lies in it."""
        first, last = wall_clock(start, self.zone), wall_clock(end, self.zone)
        begun = midnight(first.date())
        return (
            self.since <= start
            and (self.until is None or end <= self.until)
            and (first - begun).total_seconds() >= self.opens
            and (last - begun).total_seconds() <= self.closes
        )


def split_window(text: str, now: datetime, zone: str, locale: str) -> tuple[Window, str] | None:
    """What `text` begins with as said in `zone` (IANA) at `now` (aware), and the words after it.

    A day alone is all of it. None where it says more: a moment; or nothing of this kind. WhenError where it can be read
    in two ways or is over. Without a day it holds for every day.
    """
    source, here = source_of(text, locale, zone), ZoneInfo(zone)
    reader = _Reader(source, wall_clock(now, here).date())
    while reader.step():
        pass
    if not reader.is_window:
        reader.take_day()
    if not reader.is_window or reader.is_moment() or _CLINGS.match(source.low, reader.at):
        return None
    if (further := another(source, Phrase(reader.at, day=reader.day), reader.today)) is not None:
        raise refusal(source, "several", further)
    window = reader.window(now, here)
    if window.closes <= window.opens or (window.until is not None and window.until <= window.since):
        raise refusal(source, "over", reader.at)
    return window, text[reader.at :].lstrip(SEPARATORS).rstrip()


class _Reader:
    """One reading of one text, piece by piece; each kind of piece once."""

    def __init__(self, source: Source, today: date) -> None:
        self._source = source
        self.today = today
        self.at = 0
        self.day: Day | None = None
        self.is_window = False
        self._days: tuple[date | None, date | None] = (None, None)  # from, and before which
        self._part: tuple[int, int] | None = None
        self._opens: int | None = None
        self._closes: int | None = None
        self._zone: tzinfo | None = None

    def step(self) -> bool:
        """Whether one piece more could be read."""
        start = skip(SPACE, self._source.low, self.at)
        return self._hours(start) or self._of_day(start) or self._on_day(start) or self._elsewhere()

    def take_day(self) -> None:
        """A day alone, by all that can be said of one: "Tuesday in a week"."""
        spoken = longest(self._source, self.today)
        if spoken is None or spoken.day is None or spoken.day.dotted:
            return
        if spoken.clock is None and not spoken.close:
            self.day, self.at, self.is_window = replace(spoken.day, iso=False), spoken.end, True

    def is_moment(self) -> bool:
        """Whether a time of day follows: "Wed in the morning at 10"."""
        low, words = self._source.low, self._source.words
        if self._opens is not None or self._closes is not None:
            return False
        lead = words.at.take(low, self.at) or words.by.take(low, self.at)
        start = lead[1] if lead else self.at
        bare = lead is not None and lead[0]
        return clock_at(self._source, start, bare=bare, lone=True, part=self._part) is not None

    def window(self, now: datetime, here: ZoneInfo) -> Window:
        place = self._zone or here
        opens, closes = self._opens, self._closes
        if self._part is not None:
            opens = self._part[0] * 3600 if opens is None else opens
            closes = self._part[1] * 3600 if closes is None else closes
        opens, closes = opens or 0, _WHOLE if closes is None else closes
        first, last = self._days
        if self.day is not None:
            first = self.day.day
            over = instant(midnight(first) + timedelta(seconds=closes), place) <= now
            first += 7 * _DAY if over and self.day.weekly else timedelta(0)
            last = first + _DAY
        since = now if first is None else max(now, instant(midnight(first), place))
        return Window(since, None if last is None else instant(midnight(last), place), opens, closes, place)

    def _hours(self, start: int) -> bool:
        """Before, after or between times of day, or days."""
        low = self._source.low
        if self._opens is not None or self._closes is not None:
            return False
        if (between := _BETWEEN.match(low, start)) is not None:
            return self._range(between.end())
        if (after := _AFTER.match(low, start)) is not None:
            later = int(after["past"] is not None)
            if self._range(after.end()) or self._bound(after.end(), later=later, is_end=False):
                return True
            clock = self._clock(after.end())
            if clock is None:
                return False
            self._opens, self.at = clock
        elif (before := _BEFORE.match(low, start)) is not None:
            if self._bound(before.end(), later=int(before["on"] is not None), is_end=True):
                return True
            clock = self._clock(before.end())
            if clock is None:
                return False
            self._closes, self.at = clock
        else:
            return self._range(self._source.words.at.skip(low, start))
        self.is_window = True
        return True

    def _range(self, start: int) -> bool:
        """14:00-16:00; the half of the day may be said once: "2-4 pm"."""
        afternoon = False
        try:
            first = self._clock(start)
        except WhenError as error:
            first, afternoon, trouble = self._half(start), True, error
        to = None if first is None else _TO.match(self._source.low, first[1])
        last = None if to is None else self._clock(to.end())
        if first is None or last is None:
            return False
        if afternoon and last[0] < _WHOLE // 2:
            raise trouble
        self._opens, (self._closes, self.at) = first[0], last
        self.is_window = True
        return True

    def _half(self, start: int) -> tuple[int, int] | None:
        """A time in the afternoon, whatever it says."""
        try:
            return self._clock(start, part=(12, 24))
        except WhenError:
            return None

    def _clock(self, start: int, part: tuple[int, int] | None = None) -> tuple[int, int] | None:
        found = clock_at(self._source, start, bare=True, lone=True, part=part or self._part)
        if found is None:
            return None
        clock: Clock = found[0]
        zone, end = zone_at(self._source, found[1], iso=False)
        self._zone = zone or self._zone
        return clock.second, end

    def _bound(self, start: int, *, later: int, is_end: bool) -> bool:
        """A day before or after which it may be."""
        if self.day is not None or self._days != (None, None):
            return False
        found = day_at(self._source, start, self.today, figures=True)
        if found is None or found[0].dotted:
            return False
        day = found[0].day + later * _DAY
        self._days, self.at, self.is_window = (None, day) if is_end else (day, None), found[1], True
        return True

    def _of_day(self, start: int) -> bool:
        found = None if self._part else self._source.words.parts.take(self._source.low, start)
        if found is None:
            return False
        (self._part, self.at), self.is_window = found, True
        return True

    def _elsewhere(self) -> bool:
        """A zone behind hours, or a part, of a day: "Tue afternoon in London"."""
        if self._zone is not None or (self._opens, self._closes, self._part) == (None, None, None):
            return False
        start = self.at
        self._zone, self.at = zone_at(self._source, start, iso=False)
        return self.at > start

    def _on_day(self, start: int) -> bool:
        if self.day is not None or self._days != (None, None):
            return False
        low, words = self._source.low, self._source.words
        length = length_at(self._source, words.after.skip(low, start))
        if length is not None:
            ahead = day_ahead(self._source, *length, self.today)
            if ahead is None:
                return False
            self.day, self.at = ahead
            self.is_window = True
            return True
        inner = words.at.skip(low, words.by.skip(low, start))
        found = day_at(self._source, start, self.today, figures=True) or day_at(
            self._source, inner, self.today, figures=True
        )
        if found is not None and not found[0].dotted:
            self.day, self.at = replace(found[0], iso=False), found[1]
            return True
        run, week = words.runs.take(low, start), words.weeks.take(low, start)
        if run is None and week is None:
            return False
        monday = self.today - self.today.weekday() * _DAY
        if run is not None:
            (first, last), self.at = run
        elif week is not None:
            first, last, self.at = 7 * week[0], 7 * week[0] + 7, week[1]
        self._days, self.is_window = (monday + first * _DAY, monday + last * _DAY), True
        return True
