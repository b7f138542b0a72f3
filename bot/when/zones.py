"""The zone named behind a time of day: an offset, a zone or its city, an abbreviation, or the writer's own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from bot.when.cities import russian_cities
from bot.when.source import Source, refusal
from bot.when.table import Table, table

_HOUR = timedelta(hours=1)
_OFFSET = re.compile(r"\s*(?:utc|gmt)(?:\s*([+-])\s*(\d{1,2})(?::?(\d\d))?)?(?![\w:])")
_ISO_OFFSET = re.compile(r"z(?!\w)|([+-])(\d\d):?(\d\d)(?!\d)")
_MOSCOW = re.compile(r"\s*(?:по\s+)?(?:msk|мск)(?!\w)")
_VAGUE = re.compile(r"\s*(?:[ECMP][SD]?T|CES?T|EES?T|WES?T|AES?T|AEDT|BST|IST|JST|SGT)(?!\w)")
_LETTERS = re.compile(r"\s*([A-Z]{2,5})(?!\w)")
_FULL_NAME = re.compile(r"\s*([a-z]+(?:/[a-z0-9_+-]+)+)(?!\w)")
_OWN = re.compile(r"\s*(?:(?:my|our|local)\s+time|по\s+(?:моему|нашему|местному)(?:\s+времени)?)(?!\w)")
_FOREIGN = re.compile(r"\s*(?:(?:your|their|his|her)\s+time|по\s+(?:вашему|твоему|их|его)\s+времени)(?!\w)")
_BRACKET = re.compile(r"\s*\(")
_COMMA = re.compile(r"\s*,\s*")
_PLACED = re.compile(r"\s*(?:(?P<there>in(?:\s+the)?|во?|на)\s+|по\s+)?")
_TIME = re.compile(r"\s+(?:time|времени|время)(?!\w)")
# Before other words a city is rather what the talk is about: "15:00 Berlin campaign".
_ENDS = re.compile(
    r"\s*(?:$|[(),;:.?!]|[-\u2013\u2014]\s|(?:about|re|on|for|to|until|till|with|if|please"
    r"|до|про|по|о|об|насч[её]т|чтобы|если|пожалуйста)(?!\w))"
)
_LAST = re.compile(r"[\s.?!)]*$")

_AMERICAN = {"ET": "America/New_York", "CT": "America/Chicago", "MT": "America/Denver", "PT": "America/Los_Angeles"}
_SPOKEN = {
    "eastern": "America/New_York",
    "pacific": "America/Los_Angeles",
    "nyc": "America/New_York",
    "uk": "Europe/London",
    "московское|московскому|московского": "Europe/Moscow",
    "киевское|киевскому|киевского": "Europe/Kyiv",
    "минское|минскому|минского": "Europe/Minsk",
    "лондонское|лондонскому|лондонского": "Europe/London",
    "берлинское|берлинскому|берлинского": "Europe/Berlin",
}
_AREAS = ("Africa/", "America/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/")
# Words that mean more than the place.
_NO_CITIES = frozenset({"act", "center", "christmas", "easter", "midway", "north", "south", "wake", "west"})


def zone_at(source: Source, start: int, *, iso: bool) -> tuple[tzinfo | None, int]:
    """The zone written at `start` and where it ends; None is the writer's own. What can mean several is refused."""
    bracket = _BRACKET.match(source.low, start)
    if bracket is None:
        return _zone(source, start, iso=iso)
    zone, end = _zone(source, bracket.end(), iso=False)
    is_all = end > bracket.end() and source.low.startswith(")", end)
    return (zone, end + 1) if is_all else (None, start)


def _zone(source: Source, start: int, *, iso: bool) -> tuple[tzinfo | None, int]:
    low = source.low
    found = _OFFSET.match(low, start) or (_ISO_OFFSET.match(low, start) if iso else None)
    if found is not None:
        return _offset(source, found), found.end()
    if (moscow := _MOSCOW.match(low, start)) is not None:
        return timezone(3 * _HOUR), moscow.end()
    if (own := _OWN.match(low, start)) is not None:
        return None, own.end()
    comma = _COMMA.match(low, start)
    named = _named(source, comma.end(), is_apart=True) if comma else _named(source, start)
    if named is not None:
        return ZoneInfo(named[0]), named[1]
    letters = _LETTERS.match(source.text, start)
    if letters is not None and source.zone is not None and letters[1] in _abbreviations(source.zone.key):
        return None, letters.end()
    if letters is not None and letters[1] in _AMERICAN:
        return ZoneInfo(_AMERICAN[letters[1]]), letters.end()
    vague = _VAGUE.match(source.text, start) or _FOREIGN.match(low, start)
    if vague is not None:
        raise refusal(source, "zone", vague.end())
    return None, start


def _offset(source: Source, found: re.Match[str]) -> timezone:
    sign, hours, minutes = found.groups()
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    if offset > 14 * _HOUR:
        raise refusal(source, "zone", found.end())
    return timezone(-offset if sign == "-" else offset) if offset else UTC


def _named(source: Source, start: int, *, is_apart: bool = False) -> tuple[str, int] | None:
    """A zone by its whole name, or by a city with "time" or nothing more of the sentence behind it. "In London" with
    more behind it may say where, or when. `is_apart`: behind a comma a mere name with more behind it is a topic.
    """
    low, placed = source.low, _PLACED.match(source.low, start)
    at = placed.end() if placed else start
    full = _FULL_NAME.match(low, at)
    if full is not None and full[1] in _names():
        return _names()[full[1]], full.end()
    city = _cities().take(low, at)
    if city is None:
        return None
    if (time := _TIME.match(low, city[1])) is not None:
        return city[0], time.end()
    is_mere = is_apart and at == start
    if _LAST.match(low, city[1]) if is_mere else _ENDS.match(low, city[1]) or _is_day(source, city[1]):
        return city
    if placed is not None and placed["there"]:
        raise refusal(source, "place", city[1])
    return None


def _is_day(source: Source, start: int) -> bool:
    """Whether a day follows: "10:00 in London tomorrow"."""
    low, words = source.low, source.words
    inner = words.at.skip(low, words.by.skip(low, start))
    return any(known.take(low, inner) for known in (words.days, words.weekdays, words.coming))


@cache
def _abbreviations(zone: str) -> frozenset[str]:
    """What people call a zone, in whichever half of the year: EST, EDT, ET."""
    place = ZoneInfo(zone)
    names = {datetime(2026, month, 1, tzinfo=place).tzname() or "" for month in (1, 7)}
    return frozenset(names | {f"{name[:-2]}T" for name in names if len(names) > 1 and name[-2:] in ("ST", "DT")})


@cache
def _names() -> Mapping[str, str]:
    """Zones by their names in lower case."""
    return {name.lower(): name for name in available_timezones() if "/" in name}


@cache
def _cities() -> Table[str]:
    """Zones by their cities, as we write them too, and as they are called."""
    found = {
        city.replace("_", " "): name
        for low, name in sorted(_names().items())
        if name.startswith(_AREAS) and (city := low.rpartition("/")[2]) not in _NO_CITIES
    }
    return table(found | russian_cities() | _SPOKEN)
