"""Typed access to the tables of a policy file, which notes what is wrong with each value and goes on.

Knows the keys of the format and how a duration is written, nothing of what the values mean together.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import TypeGuard, TypeVar

from bot.sla.calendar import WEEKDAYS
from bot.sla.policy import Basis, Metric

RESERVED = ("uptime", "credits", "maintenance", "entitlements")
# ETA_KEPT is missing on purpose: the promised moment is the clock, an agreement sets no length for it.
METRICS: Mapping[str, Metric] = {metric.lower(): metric for metric in Metric if metric is not Metric.ETA_KEPT}

# Every key of the format, by the part of the file it stands in. A key that is not here is refused, and
# docs/reference/policy-file.md is tested against it.
KEYS: Mapping[str, tuple[str, ...]] = {
    "policy": (
        *("id", "name", "version", "effective", "last_review", "next_review", "source", "extends"),
        *("reading", "doubts", "details", "default_priority", "response_counts", "acknowledged_by"),
        *("calendar", "holidays", "overrides", "closures", "defaults", "priorities"),
        *("nudges", "ladder", "calls", "plans", "variants"),
        *RESERVED,
    ),
    "calendar": ("name", "zone", "working_day", "hours", "reading"),
    "hours": WEEKDAYS,
    "holiday": ("date", "first", "last", "name"),
    "closure": ("start", "end", "name"),
    "defaults": tuple(METRICS),
    "priority": ("rank", "name", "sentence", "nudges", *METRICS),
    "target": (
        *("kind", "basis", "within", "every", "objective", "cap", "high_load", "until_close"),
        *("promise", "holds", "clause", "reading"),
    ),
    "nudges": ("shares", "before", "repeat_every", "repeat_at_most", "reading"),
    "ladder": ("rungs", "reading"),
    "rung": ("level", "at", "role", "name", "acknowledge_within", "repeat", "hours", "zone"),
    "calls": ("notice", "kinds", "included", "included_training", "per", "clause", "reading"),
}
ONLY_AT_TOP = ("id", "extends", "plans", "variants")

_DEEPEST = 40
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
# A slip of the keyboard, not a promise; the calendar could not lay out the years either.
_LONGEST = timedelta(days=3650)
_PART = re.compile(r"\s*(\d+)\s*([^\W\d]*)", re.UNICODE)
_Choice = TypeVar("_Choice", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: where it stands, what was written, what is wrong and the way out."""

    file: str
    key: str
    value: str
    message: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.file, self.key, self.message) if part)


def parse_duration(text: object, basis: Basis, working_day: timedelta) -> timedelta:
    """`10m`, `1h 30m`, `30s`, `24h`, `7d`, `2wd`; ValueError says what is wrong and what to write.

    `wd` is `working_day` of working time and needs the working basis; `d` is 24 elapsed hours and needs the
    elapsed one, so that nobody's "1 day" turns into 24 office hours.
    """
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"{shown(text)} is not a duration (write it with its unit: 4h, 30m, 2wd)")
    if len(text) > 60:
        raise ValueError(f"{shown(text)} is not a duration (use 4h, 30m, 2wd)")
    too_long = f'"{text}" is longer than ten years (write what was promised: 4h, 30m, 2wd)'
    total, position = timedelta(), 0
    while position < len(text.rstrip()):
        part = _PART.match(text, position)
        if part is None:
            raise ValueError(f'"{text}" is not a duration (use 4h, 30m, 2wd)')
        amount, unit = int(part[1]), part[2]
        if unit == "wd" and basis is Basis.ELAPSED:
            raise ValueError(f'"{text}" counts working days in elapsed time (use hours or days: 24h, 7d)')
        if unit == "d" and basis is Basis.WORKING:
            raise ValueError(f'"{text}" is ambiguous in working time (use {amount}wd for working days)')
        if not unit:
            raise ValueError(f'"{text}" is not whole numbers with their units (use 4h, 1h 30m, 2wd)')
        if unit != "wd" and unit not in _UNITS:
            raise ValueError(f'unknown unit "{unit}" (use 4h, 30m, 2wd)')
        try:
            total += amount * (working_day if unit == "wd" else timedelta(seconds=_UNITS[unit]))
        except OverflowError:
            raise ValueError(too_long) from None
        position = part.end()
    if total > _LONGEST:
        raise ValueError(too_long)
    if not total:
        raise ValueError(f'"{text}" is no time at all (use 10m or longer)')
    return total


def nearest(word: object, known: Collection[str]) -> str:
    """` (did you mean "response"?)` when something close is known, else the list of what is."""
    close = difflib.get_close_matches(str(word), known, n=1, cutoff=0.6)
    return f' (did you mean "{close[0]}"?)' if close else f" (use {', '.join(known)})"


class Table:
    """One table of the file: hands out values of the type asked for and notes what is wrong with the rest."""

    def __init__(
        self,
        data: Mapping[str, object],
        prefix: str,
        part: str | None,
        file: str,
        problems: list[Problem],
    ) -> None:
        self.data, self._prefix, self._file, self._problems = data, prefix, file, problems
        known = KEYS[part] if part else tuple(data)
        for key in data:
            if key not in known:
                self.note(key, f'unknown key "{key}"{nearest(key, known)}')

    def note(self, key: str, message: str) -> None:
        path = (self._prefix + key) if key else self._prefix.rstrip(".: ")
        self._problems.append(Problem(self._file, path, shown(self.data.get(key, "")), message))

    def text(self, key: str, *, required: bool = False) -> str:
        value = self.data.get(key, "")
        if not isinstance(value, str):
            self.note(key, f'{shown(value)} is not a text (write it in quotes: {key} = "...")')
            return ""
        if required and not value.strip():
            self.note(key, f'missing (write {key} = "...")')
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; a single text counts as a list of one."""
        value = self.data.get(key, ())
        if isinstance(value, str):
            return (value,)
        if not is_list(value) or not all(isinstance(item, str) for item in value):
            self.note(key, f'{shown(value)} is not a list of texts (write {key} = ["...", "..."])')
            return ()
        return tuple(str(item) for item in value)

    def flag(self, key: str) -> bool:
        value = self.data.get(key, False)
        if not isinstance(value, bool):
            self.note(key, f"{shown(value)} is not a yes or no (write {key} = true or {key} = false)")
        return value is True

    def count(self, key: str) -> int | None:
        value = self.data.get(key)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 10_000:
            self.note(key, f"{shown(value)} is not a number of things (write {key} = 4)")
            return None
        return value

    def choice(self, key: str, kind: type[_Choice], *, required: bool = False) -> _Choice | None:
        words = [member.value for member in kind]
        value = self.data.get(key)
        if value is None:
            if required:
                self.note(key, f"missing (use {', '.join(words)})")
            return None
        if value not in words:
            self.note(key, f"unknown word {shown(value)}{nearest(value, words)}")
            return None
        return kind(value)

    def choices(self, key: str, kind: type[_Choice]) -> frozenset[_Choice]:
        words = [member.value for member in kind]
        found = self.texts(key)
        for word in found:
            if word not in words:
                self.note(key, f"unknown word {shown(word)}{nearest(word, words)}")
        return frozenset(kind(word) for word in found if word in words)

    def day(self, key: str) -> date | None:
        value = self.data.get(key)
        if value is None:
            return None
        try:
            if isinstance(value, str):
                return date.fromisoformat(value)
            if isinstance(value, date) and not isinstance(value, datetime):
                return value
        except ValueError:
            pass
        self.note(key, f"{shown(value)} is not a date (write year, month, day: 2026-11-20)")
        return None

    def moment(self, key: str) -> datetime | None:
        value = self.data.get(key)
        if isinstance(value, datetime) and value.tzinfo is not None:
            return value
        self.note(key, f"{shown(value)} is not a moment with an offset (write 2026-12-24T14:00:00+03:00)")
        return None

    def shares(self, key: str) -> tuple[float, ...]:
        """Parts of a window, each above 0 and below 1, in rising order."""
        value = self.data.get(key, ())
        found = [share for share in value if isinstance(share, float)] if is_list(value) else []
        if not is_list(value) or len(found) < len(value) or not all(0 < share < 1 for share in found):
            self.note(key, f"{shown(value)} is not a list of shares of the window (write [0.5, 0.8])")
            return ()
        if any(later <= earlier for earlier, later in pairwise(found)):
            self.note(key, f"{shown(value)} does not rise (write each share once, the smaller first: [0.5, 0.8])")
            return ()
        return tuple(found)

    def duration(self, key: str, working_day: timedelta, basis: Basis = Basis.WORKING) -> timedelta | None:
        if key not in self.data:
            return None
        try:
            return parse_duration(self.data[key], basis, working_day)
        except ValueError as error:
            self.note(key, str(error))
            return None

    def durations(self, key: str, working_day: timedelta, basis: Basis = Basis.WORKING) -> tuple[timedelta, ...]:
        """A list of durations, the longest first; a single one counts as a list of one."""
        try:
            found = tuple(parse_duration(text, basis, working_day) for text in self.texts(key))
        except ValueError as error:
            self.note(key, str(error))
            return ()
        if any(later >= earlier for earlier, later in pairwise(found)):
            self.note(key, f'{shown(self.data[key])} does not fall (write each once, the longest first: ["2h", "30m"])')
        return found

    def table(self, key: str, part: str | None, *, prefix: str = "", under: object = None) -> Table:
        """The table under `key`; an empty one where it is absent or no table (which is noted).

        `under` are defaults of the same part: they show through where the table has no such key. `prefix`
        names the table in problems where `key.` would not do.
        """
        value = self.data.get(key, {})
        if not isinstance(value, Mapping):
            self.note(key, f"{shown(value)} is not a table (write [{key}] and its keys below)")
            value = {}
        if part and isinstance(under, Mapping):  # Unknown keys of the defaults are noted where they stand.
            value = {name: under[name] for name in under if name in KEYS[part]} | dict(value)
        return Table(value, prefix or f"{self._prefix}{key}.", part, self._file, self._problems)

    def rows(self, key: str, part: str) -> list[Table]:
        value = self.data.get(key, ())
        if not is_list(value) or not all(isinstance(row, Mapping) for row in value):
            self.note(key, f"{shown(value)} is not a list of tables (write [[{self._prefix}{key}]])")
            return []
        return [
            Table(row, f"{self._prefix}{key} {number}: ", part, self._file, self._problems)
            for number, row in enumerate(value, 1)
            if isinstance(row, Mapping)
        ]


def parse_toml(text: str) -> dict[str, object]:
    """The table of a TOML text; ValueError also where it is nested too deep to be walked through or shown."""
    too_deep = "tables or lists stand too deep in each other"
    try:
        data = tomllib.loads(text)
    except RecursionError:
        raise ValueError(too_deep) from None
    level: list[object] = [data]
    for _ in range(_DEEPEST):
        level = [inner for value in level for inner in _inside(value)]
        if not level:
            return data
    raise ValueError(too_deep)


def _inside(value: object) -> Iterable[object]:
    return value.values() if isinstance(value, Mapping) else value if is_list(value) else ()


def is_list(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, list | tuple)


def shown(value: object) -> str:
    """A value as an error shows it: texts in quotes, nothing longer than a line."""
    if isinstance(value, Mapping):
        return "a table"
    if is_list(value) and any(isinstance(item, Mapping) for item in value):
        return "a list of tables"
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
