"""Times, durations and days as people write them, per language; it knows no ticket and reads no clock.

What can be read in two ways is refused with its reason, never guessed: a guess becomes a promise to a client.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.when.grammar import Phrase, another, length_at, phrase
from bot.when.moment import Close, moment
from bot.when.source import SEPARATORS, Source, WhenError, refusal, shown, source_of
from bot.when.stretch import split_stretch
from bot.when.whole import speaks_only_of_time
from bot.when.window import Window, split_window

__all__ = [
    "Close",
    "WhenError",
    "Window",
    "hints_at_time",
    "parse_duration",
    "parse_when",
    "speaks_only_of_time",
    "split_stretch",
    "split_when",
    "split_window",
]

_FARTHEST = timedelta(days=731)
_WORD = re.compile(r"(?<!\w)\w")
# A range ("15:00-16:00") or a letter, digit or sign that clings to the phrase means something else.
_BRACKETS = re.compile(r"\s*\(([^()]{1,60})\)")
_CLINGS = re.compile(r"\s*[-\u2013\u2014]\s*\d{1,2}(?:[:.-]\d\d|\s*[ap]m|\s*$)|[\w/+'’]|[.:]\d")


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
    source = source_of(text, locale, zone)
    here = ZoneInfo(zone)
    today = now.astimezone(here).date()
    spoken = phrase(source, today)
    if spoken is not None and (further := another(source, spoken, today)) is not None:
        raise refusal(source, "several", further)
    if spoken is None or _CLINGS.match(source.low, spoken.end):
        number = re.match(r"\s*\d+(?![\w.:/-])", text)
        raise refusal(source, "number", number.end()) if number else refusal(source, "")
    try:
        at = moment(source, spoken, now, here, open_at, close, roll)
        if at - now > _FARTHEST:
            raise refusal(source, "too_far", spoken.end)
    except OverflowError:
        raise refusal(source, "too_far", spoken.end) from None
    end = _same_elsewhere(source, spoken, at, now, here)
    return at, text[end:].lstrip(SEPARATORS).rstrip()


def _same_elsewhere(source: Source, spoken: Phrase, at: datetime, now: datetime, here: ZoneInfo) -> int:
    """Where the phrase ends with the same moment in brackets behind it, as we write it: "09:00 (16:00 GMT+3)"."""
    found = _BRACKETS.match(source.text, spoken.end)
    beside = None if found is None else phrase(source.cut(*found.span(1)), now.astimezone(here).date())
    if found is None or beside is None or beside.end < len(found[1].rstrip()):
        return spoken.end
    day = beside.day or spoken.day
    there = moment(source, replace(beside, day=day), now, here, None, None, True)
    if there != at and there.date() - at.date() in (timedelta(0), timedelta(days=1), -timedelta(days=1)):
        raise refusal(source, "several", found.end())
    return found.end()


def hints_at_time(text: str, locale: str) -> bool:
    """Whether words in which no time can be read speak of one all the same: "end of next month"."""
    source = source_of(text, locale)
    return any(source.words.vague.take(source.low, word.start()) for word in _WORD.finditer(source.low))


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
