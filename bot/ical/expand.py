"""What comes of the series of a foreign calendar, counted out one by one, each at a cost that is bounded.

The library looks for the next day of a rule up to the year 9999, and a rule may come true every second: whatever it
says, it is counted until it has cost too much, and is then left out by name.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import FrameType
from typing import Any

_OF_ONE, _OF_ALL = 1_000_000, 4_000_000
"""How many calls of functions, and returns from them, the counting out of one series, and of all of a calendar, may
take: a few seconds. Twenty years of every day are 200,000, a single entry is 700.
"""
_A_DAY_OR_TWO = timedelta(days=2)  # more than any two zones are apart

# What the libraries raise about data that is none.
BROKEN = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, AssertionError)


@dataclass(frozen=True, slots=True)
class Expanded:
    """Events as they take place, and the names (UID) of those of which not all is known."""

    events: tuple[Any, ...]
    left_out: frozenset[str]


class _TooMuch(BaseException):
    """Beside `Exception`, so that no library takes it for a fault of its own."""


def parts(calendar: Any) -> list[Any]:
    """All parts of a calendar (icalendar), at whatever depth; without recursion, for the depth is the file's choice."""
    found, inside = [], list(calendar.subcomponents)
    while inside:
        part = inside.pop()
        inside.extend(part.subcomponents)
        found.append(part)
    return found


def expand(calendar: Any, entries: Iterable[Any], since: datetime, until: datetime) -> Expanded:
    """Each occurrence in [since, until) of these entries of a calendar (icalendar), in no order.

    What is too much to count out is left out: of single entries the latest, then what repeats.
    """
    events: list[Any] = []
    left_out: set[str] = set()
    left = _OF_ALL
    for uid, each in _series(entries).items():
        if len(each) == 1 and _is_far(each[0], since, until):
            continue
        allowed = min(left, _OF_ONE)
        try:
            with _at_most(allowed) as cost:
                found = _occurrences(calendar, each, since, until)
            events.extend(found)
            if any(_is_somewhere(entry) for entry in each):
                left_out.add(uid)
        except (*BROKEN, _TooMuch):
            left_out.add(uid)
        left -= cost()
    return Expanded(tuple(events), frozenset(left_out))


def _series(entries: Iterable[Any]) -> Mapping[str, list[Any]]:
    """Entries by name, as a series and the changes of its single days share one; those that do not repeat first, in
    their order.
    """
    found: dict[str, list[Any]] = {}
    for number, each in enumerate(entries):
        found.setdefault(str(each.get("UID", f"entry {number}")), []).append(each)
    ranked = {uid: (any("RRULE" in entry for entry in each), _day(each[0], "DTSTART")) for uid, each in found.items()}
    return {uid: found[uid] for uid in sorted(found, key=lambda uid: ranked[uid])}


def _is_far(entry: Any, since: datetime, until: datetime) -> bool:
    """Whether a single entry surely lies outside [since, until): of most calendars most is long over."""
    if not {"RRULE", "RDATE"}.isdisjoint(entry):
        return False
    first, last = _day(entry, "DTSTART"), _last_day(entry)
    is_over = max(first, last) < (since - _A_DAY_OR_TWO).date() and last > date.min
    return is_over or first > (until + _A_DAY_OR_TWO).date()


def _last_day(entry: Any) -> date:
    """The day on which it ends; without an end or a length of its own it is over with the day on which it begins (RFC
    5545, 3.6.1).
    """
    first = _day(entry, "DTSTART")
    if "DTEND" in entry or first == date.min:
        return _day(entry, "DTEND")
    try:
        return first + _value(entry, "DURATION") if "DURATION" in entry else first
    except (TypeError, OverflowError):
        return date.max


def _day(entry: Any, name: str) -> date:
    """The day on which it begins or ends, in its own zone; the first there is, where the entry does not say."""
    found = _value(entry, name)
    return found.date() if isinstance(found, datetime) else found if isinstance(found, date) else date.min


def _value(entry: Any, name: str) -> Any:
    """What an entry says under this name; None where it says nothing that can be read."""
    try:
        return getattr(entry.get(name), "dt", None)
    except BROKEN:  # what the library could not parse raises when it is looked at
        return None


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
        each.subcomponents = []  # of no use here, and counted again for everything that it lies in
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
