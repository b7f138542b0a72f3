"""Message catalogues, and moments, durations and shares in a reader's language; it knows no ticket.

Every text is found by a stable key (`window.in_hours`), in English too.
"""

from __future__ import annotations

import gettext
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.core import Locale, UnknownLocaleError, get_global
from babel.dates import format_date, format_datetime
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po
from babel.numbers import format_decimal

from bot.text import Line, Moment, Node, Rich, Text, plain
from bot.wording import filled

DEFAULT = "en"

_MINUTE = timedelta(minutes=1)
_GENEROUS_FROM, _GIVEN = timedelta(minutes=10), timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Words:
    """The texts of one locale: those with one form by key, and the keys of those with plural forms, of which `count`
    chooses one.
    """

    locale: str
    templates: Mapping[str, str]
    plurals: frozenset[str]
    translations: gettext.NullTranslations

    def line(self, key: str, /, **params: str | int | Node) -> Line:
        """The template as a rich line. Strings become plain text, never parsed; spare parameters are ignored.

        KeyError names the locale and the unknown key or the missing parameter.
        """
        template = self.templates.get(key) or self._plural(key, params.get("count"))
        try:
            return filled(template, params)
        except KeyError as missing:
            raise KeyError(f"{self._place(key)}: parameter {missing.args[0]!r} was not given") from None

    def text(self, key: str, /, **params: str | int | Node) -> str:
        """The template as plain text; errors as in `line`."""
        line = self.line(key, **params)
        first = line.children[0] if len(line.children) == 1 else None
        return first.text if isinstance(first, Text) else plain(Rich((line,)))

    def moment(self, at: datetime, zone: str, now: datetime) -> Moment:
        """`at` for a reader in `zone` (IANA) at `now`: the date only where not today, the zone always.

        Rounded down to the minute, so that a shown deadline is never later than the real one; `Moment.at`
        stays exact. In the hour that a change of clocks repeats, an offset from GMT stands for the city,
        which would be ambiguous.
        """
        local = at.astimezone(ZoneInfo(zone))
        today = now.astimezone(ZoneInfo(zone)).date()
        return Moment(at, f"{self._written(local, today)} {self._zone_at(at, zone)}")

    def beside(self, at: datetime, elsewhere: str, zone: str, now: datetime) -> str:
        """`at` as it is `elsewhere`, in brackets behind the time in `zone`; empty where both clocks show the same."""
        there, here = at.astimezone(ZoneInfo(elsewhere)), at.astimezone(ZoneInfo(zone))
        return "" if there.utcoffset() == here.utcoffset() else f" ({self.moment(at, elsewhere, now).text})"

    def span(self, start: datetime, end: datetime, zone: str, now: datetime) -> Moment:
        """`[start, end)` as one moment, always with its date: "Tue 24 Nov 15:00-15:30 Berlin"."""
        first, last = start.astimezone(ZoneInfo(zone)), end.astimezone(ZoneInfo(zone))
        today = now.astimezone(ZoneInfo(zone)).date()
        shown = self._written(last, first.date())
        return Moment(
            start,
            f"{self.date(first.date(), today)} {self._format('clock', first)}-{shown} {self._zone_at(start, zone)}",
            end,
        )

    def date(self, day: Date, today: Date) -> str:
        """A day with its weekday, the year only where it is another than today's."""
        pattern = self.text("format.date" if day.year == today.year else "format.date_year")
        return _formatted_date(day, pattern, self.locale)

    def weekday(self, number: int) -> str:
        """The short name of a weekday, Monday = 0."""
        return str(_locale(self.locale).days["stand-alone"]["abbreviated"][number])

    def zone(self, zone: str, at: datetime) -> str:
        """A zone as people call it: its city, or its offset from GMT at this moment where it has none."""
        return _zone(at.astimezone(ZoneInfo(zone)), self.locale)

    def left(self, span: timedelta) -> str:
        """The time until a moment: "in 5 h 10 min", rounded down; negative is past: "42 min ago", rounded up.

        Elapsed time; days are named from 48 hours on, and then without minutes. From ten minutes on up to ten seconds
        are given, so that an hour that was promised this instant is read as one; the last minutes are never flattered.
        """
        if span < timedelta(0):
            return self.text("left.ago", span=self._days(-(span // _MINUTE) * _MINUTE, up=True))
        if span >= _GENEROUS_FROM:
            span += _GIVEN
        if span < _MINUTE:
            return self.text("left.under_a_minute" if span else "left.now")
        return self.text("left.in", span=self._days(span, up=False))

    def duration(self, span: timedelta, *, exact: bool = False) -> str:
        """A length of time in hours and minutes; never in days, which are no length of working time.

        From one minute on rounded down to the minute; `exact` keeps the seconds. ValueError where negative.
        """
        if span < timedelta(0):
            raise ValueError(f"a length of time cannot be negative: {span}")
        minutes, seconds = divmod(span // timedelta(seconds=1), 60)
        shown = seconds if exact or not minutes else 0
        hours, minutes = divmod(minutes, 60)
        parts = [("unit.h", hours), ("unit.min", minutes), ("unit.s", shown)]
        return self._joined([(unit, count) for unit, count in parts if count] or [("unit.min", 0)])

    def percent(self, share: float) -> str:
        """A share of 1 with one decimal, rounded down: nothing short of all is ever shown as 100 %."""
        tenths = int(share * 1000 + 1e-6)
        return self.text("format.percent", value=str(format_decimal(tenths / 10, "0.0", self.locale)))

    def priority(self, name: str) -> str:
        """The name of a priority (`CRITICAL`)."""
        return self.text(f"priority.{name}")

    def metric(self, name: str) -> str:
        """What a clock times (`RESPONSE`), for people."""
        return self.text(f"metric.{name}")

    def state(self, name: str) -> str:
        """The state of a ticket or a clock (`open`, `held_client`), for people."""
        return self.text(f"state.{name}")

    def _plural(self, key: str, count: object) -> str:
        if key not in self.plurals:
            raise KeyError(f"{self._place(key)}: no such key")
        if not isinstance(count, int):
            raise KeyError(f"{self._place(key)}: count must be a whole number, not {count!r}")
        return self.translations.ngettext(key, key, count)

    def _place(self, key: str) -> str:
        return f"text {key!r} in locale {self.locale!r}"

    def _written(self, local: datetime, today: Date) -> str:
        """The time alone today, with the weekday within the coming six days, else with the date."""
        day = local.date()
        if day == today:
            return self._format("clock", local)
        if timedelta(0) < day - today < timedelta(days=7):
            return self._format("weekday_clock", local)
        return f"{self.date(day, today)} {self._format('clock', local)}"

    def _format(self, name: str, local: datetime) -> str:
        minute = local.replace(second=0, microsecond=0, tzinfo=None)
        return _formatted(minute, self.text(f"format.{name}"), self.locale)

    def _zone_at(self, at: datetime, zone: str) -> str:
        return _zone_at(at.replace(second=0, microsecond=0), zone, self.locale)

    def _days(self, span: timedelta, *, up: bool) -> str:
        """Days and hours from 48 hours on, hours and minutes above one; the smaller rounded up or down."""
        minutes = span // _MINUTE
        if minutes <= 60:
            parts = [("unit.min", minutes)]
        elif minutes < 48 * 60:
            hours, minutes = divmod(minutes, 60)
            parts = [("unit.h", hours), ("unit.min", minutes)]
        else:
            days, hours = divmod((minutes + 59 if up else minutes) // 60, 24)
            parts = [("unit.d", days), ("unit.h", hours)]
        return self._joined([(unit, count) for unit, count in parts if count])

    def _joined(self, parts: list[tuple[str, int]]) -> str:
        return " ".join(self.text(unit, n=count) for unit, count in parts)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every locale that was found, by its name in lower case."""

    locales: Mapping[str, Words]

    def words(self, locale: str | None) -> Words:
        """The nearest locale's words: `ru-RU`, then `ru`, then English; None and nonsense are English."""
        return self.locales[self.nearest(locale or DEFAULT) or DEFAULT]

    def nearest(self, locale: str) -> str:
        """The name of the nearest locale there are texts in; empty where there is none."""
        parts = locale.replace("-", "_").lower().split("_")
        names = ("_".join(parts[:length]) for length in range(len(parts), 0, -1))
        return next((name for name in names if name in self.locales), "")


def load(folder: Path | None = None) -> Catalogue:
    """Every `<locale>/LC_MESSAGES/pledge.po` under `folder`, by default the one shipped with the package.

    FileNotFoundError where English is missing; ValueError where a file cannot be read as a catalogue.
    """
    place = folder or _shipped()
    found = {
        file.parts[-3].replace("-", "_").lower(): _read(file, file.parts[-3])
        for file in sorted(place.glob("*/LC_MESSAGES/pledge.po"))
    }
    if DEFAULT not in found:
        raise FileNotFoundError(f"no English texts: {place / DEFAULT / 'LC_MESSAGES' / 'pledge.po'} is missing")
    return Catalogue(found)


def _shipped() -> Path:
    """`locales` lies inside the package in a wheel and beside it in a checkout."""
    package = Path(__file__).parent
    inside = package / "locales"
    return inside if inside.is_dir() else package.parent / "locales"


def _read(file: Path, locale: str) -> Words:
    try:
        with file.open("rb") as source:
            catalog = read_po(source, locale=locale, abort_invalid=True)
    except (PoFileError, UnknownLocaleError, ValueError) as problem:
        raise ValueError(f"{file}: not a message catalogue: {problem}") from problem
    compiled = io.BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    # write_mo leaves out untranslated and doubtful ("fuzzy") texts; gettext would answer with the bare key.
    told = [message for message in catalog if message.id and message.string and not message.fuzzy]
    return Words(
        catalog.locale_identifier or locale,
        {str(message.id): str(message.string) for message in told if not message.pluralizable},
        frozenset(str(message.id[0]) for message in told if message.pluralizable),
        gettext.GNUTranslations(compiled),
    )


# Babel takes longer over a moment than all the rest of a message, and many messages name the same few.


@lru_cache(maxsize=64)
def _locale(name: str) -> Locale:
    return Locale.parse(name)


@lru_cache(maxsize=4096)
def _formatted(minute: datetime, pattern: str, locale: str) -> str:
    return str(format_datetime(minute, pattern, locale=_locale(locale)))


@lru_cache(maxsize=1024)
def _formatted_date(day: Date, pattern: str, locale: str) -> str:
    return str(format_date(day, pattern, _locale(locale)))


@lru_cache(maxsize=4096)
def _zone_at(minute: datetime, zone: str, locale: str) -> str:
    """The zone behind a time of day: its offset in the hour that a change of clocks repeats."""
    local = minute.astimezone(ZoneInfo(zone))
    repeated = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    return _offset(local) if repeated else _zone(local, locale)


def _zone(local: datetime, locale: str) -> str:
    key = str(local.tzinfo)
    if key.startswith("Etc/") or "/" not in key:
        return _offset(local)
    return _city(key, locale)


@lru_cache(maxsize=1024)
def _city(zone: str, locale: str) -> str:
    """The city of a zone; Babel keeps some under the name that the zone had before (Asia/Calcutta)."""
    former = [old for old, new in get_global("zone_aliases").items() if new == zone]
    for name in (zone, *former):
        city = _locale(locale).time_zones.get(name, {}).get("city")
        if city:
            return str(city)
    return zone.rsplit("/", 1)[-1].replace("_", " ")


def _offset(local: datetime) -> str:
    """`GMT+3`, `GMT+5:30`, or `UTC`; the sign in `Etc/GMT-3` is the other way round than people write it."""
    offset = local.utcoffset() or timedelta(0)
    if not offset:
        return "UTC"
    hours, minutes = divmod(abs(offset) // _MINUTE, 60)
    return f"GMT{'-' if offset < timedelta(0) else '+'}{hours}{f':{minutes:02}' if minutes else ''}"
