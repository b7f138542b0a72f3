"""Words and phrases with what each means, found in a text at a place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

_NOTHING = re.compile(r"(?!)")


@dataclass(frozen=True, slots=True)
class Table(Generic[T]):
    """Words and phrases with what each means."""

    meanings: Mapping[str, T]
    pattern: re.Pattern[str]

    def take(self, text: str, start: int) -> tuple[T, int] | None:
        """What the longest phrase at `start` means and where it ends, or None; `text` in lower case."""
        match = self.pattern.match(text, start)
        return (self.meanings[" ".join(match[1].split())], match.end()) if match else None

    def skip(self, text: str, start: int) -> int:
        """Where the phrase at `start` ends; `start` itself without one."""
        found = self.take(text, start)
        return found[1] if found else start

    def plus(self, entries: Mapping[str, T]) -> Table[T]:
        """This table with more entries, which win over its own."""
        return table({**self.meanings, **_spelt_out(entries)})


def table(entries: Mapping[str, T]) -> Table[T]:
    """A table from entries whose keys list spellings of the same thing: `a|b|c`."""
    meanings = _spelt_out(entries)
    if not meanings:
        return Table(meanings, _NOTHING)
    longest_first = sorted(meanings, key=len, reverse=True)
    spelt = "|".join(r"\s+".join(re.escape(word) for word in phrase.split()) for phrase in longest_first)
    # A digit may follow ("1h30"), a letter may not; the dot belongs to what is cut short ("24 Nov.").
    return Table(meanings, re.compile(rf"\s*({spelt})(?![^\W\d_])\.?"))


def _spelt_out(entries: Mapping[str, T]) -> dict[str, T]:
    return {spelling: value for words, value in entries.items() for spelling in words.split("|")}


def parts_of_weeks(
    parts: Mapping[str, tuple[int, int]], weeks: Mapping[str, int], others: Mapping[str, tuple[int, int]]
) -> Table[tuple[int, int]]:
    """Each part of each week, in days from this Monday, and some more."""
    found = {
        f"{part} {week}": (first + 7 * later, last + 7 * later)
        for part, (first, last) in _spelt_out(parts).items()
        for week, later in _spelt_out(weeks).items()
    }
    return table({**found, **others})


def numbered(names: str, *, start: int) -> Table[int]:
    """Names in their order, each also cut short after three letters or more."""
    return table(
        {
            name[:length]: number
            for number, name in enumerate(names.split(), start)
            for length in range(3, len(name) + 1)
        }
    )
