"""What comes of the series of a foreign calendar, counted out one by one, each at a cost that is bounded.

The library looks for the next day of a rule up to the year 9999, and a rule may come true every second: whatever it
says, it is counted until it has cost too much, and is then left out by name.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from types import FrameType
from typing import Any

_OF_ONE, _OF_ALL = 1_000_000, 4_000_000
"""How many calls of functions the counting out of one series, and of all of a calendar, may take: a few seconds. Twenty
years of every day are 200,000.
"""

# What the libraries raise about data that is none.
BROKEN = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, AssertionError)


@dataclass(frozen=True, slots=True)
class Expanded:
    """Events as they take place, and the names (UID) of those of which not all is known."""

    events: tuple[Any, ...]
    left_out: frozenset[str]


class _TooMuch(BaseException):
    """Beside `Exception`, so that no library takes it for a fault of its own."""


def expand(calendar: Any, since: datetime, until: datetime) -> Expanded:
    """Each occurrence in [since, until) of the entries of a calendar (icalendar), in no order."""
    events: list[Any] = []
    left_out: set[str] = set()
    left = _OF_ALL
    for uid, entries in _series(calendar).items():
        allowed = min(left, _OF_ONE)
        try:
            with _at_most(allowed) as cost:
                found = _occurrences(calendar, entries, since, until)
            events.extend(found)
            if any(_is_somewhere(entry) for entry in entries):
                left_out.add(uid)
        except (*BROKEN, _TooMuch):
            left_out.add(uid)
        if any("RRULE" in entry for entry in entries):
            left -= cost()
    return Expanded(tuple(events), frozenset(left_out))


def _series(calendar: Any) -> Mapping[str, list[Any]]:
    """Entries by name, as a series and the changes of its single days share one; those that do not repeat first."""
    found: dict[str, list[Any]] = {}
    for number, each in enumerate(calendar.walk("VEVENT")):
        found.setdefault(str(each.get("UID", f"entry {number}")), []).append(each)
    return dict(sorted(found.items(), key=lambda named: any("RRULE" in entry for entry in named[1])))


def _is_somewhere(entry: Any) -> bool:
    """Whether its time is one of a zone that neither the file nor anybody knows; it is read in the owner's own."""
    moments = [found for name in ("DTSTART", "DTEND") if (found := entry.get(name)) is not None]
    return any("TZID" in each.params and isinstance(each.dt, datetime) and each.dt.tzinfo is None for each in moments)


def _occurrences(calendar: Any, entries: Iterable[Any], since: datetime, until: datetime) -> list[Any]:
    # Half a second that only whoever has such a calendar waits for.
    import recurring_ical_events
    from icalendar import Calendar

    alone = Calendar()
    if "X-WR-TIMEZONE" in calendar:
        alone["X-WR-TIMEZONE"] = calendar["X-WR-TIMEZONE"]
    for each in entries:
        alone.add_component(each)
    return list(recurring_ical_events.of(alone).between(since, until))


@contextmanager
def _at_most(calls: int) -> Iterator[Callable[[], int]]:
    """Ends with _TooMuch what calls more functions than that, in this thread; yields how many it has called.

    By counting and not by the clock, so that a slow machine reads what a fast one reads; and because nothing ends a
    thread from outside.
    """
    count = 0

    def called(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += 1
        if count > calls:
            raise _TooMuch

    before = sys.getprofile()
    sys.setprofile(called)
    try:
        yield lambda: count
    finally:
        sys.setprofile(before)
