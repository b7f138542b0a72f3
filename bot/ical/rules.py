"""Which series of a foreign calendar can be counted out at all: a rule that hardly or never comes true is not begun.

The library looks for the next day of a rule up to the year 9999, whatever its end: what is not refused here comes true
within a few thousand of its steps, whatever it says.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import product
from typing import Any

_EARLIEST = 1990
_STEP_DAYS = {"DAILY": 1, "WEEKLY": 7, "MONTHLY": 28, "YEARLY": 365}
"""What repeats more often than once a day is no appointment, and would be counted for ever."""

_KNOWN = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "BYMONTH", "BYMONTHDAY"})
_SHORTEST = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_MOST_APART = 1000
_WEEKS = range(-5, 6)


def steps(event: Any, until: date) -> int | None:
    """How many steps its rules take until `until`, 0 where it does not repeat; None where they cannot be counted out.

    An entry without a start, or that began before 1990, is none that can.
    """
    start = event.get("DTSTART")
    if start is None or getattr(start.dt, "year", 0) < _EARLIEST:
        return None
    days = max(0, (until - date(start.dt.year, start.dt.month, start.dt.day)).days)
    count = 0
    for rule in _rules(event):
        if not _comes_true(rule, start.dt):
            return None
        count += days // (_STEP_DAYS[_frequency(rule)] * _interval(rule)) + 1
    return count


def _rules(event: Any) -> Iterator[Any]:
    found = event.get("RRULE", [])
    yield from found if isinstance(found, list) else [found]


def _frequency(rule: Any) -> str:
    return str(next(iter(rule.get("FREQ", [])), "")).upper()


def _interval(rule: Any) -> int:
    return int(next(iter(rule.get("INTERVAL", [1])), 0))


def _comes_true(rule: Any, start: date) -> bool:
    """Whether the days of a rule lie so near to each other that finding the next one ends.

    1. Only the parts that people use, each within what it may be.
    2. Of its months and days of the month one pair exists; where it counts from a day, also every year or month.
    3. Of several steps at once only what holds in each of them may be asked.
    """
    frequency, interval = _frequency(rule), _interval(rule)
    if frequency not in _STEP_DAYS or len(rule.get("FREQ")) != 1 or not 1 <= interval <= _MOST_APART:
        return False
    if any(str(part).upper() not in _KNOWN for part in rule):
        return False
    months, days = [int(each) for each in rule.get("BYMONTH", [])], [int(each) for each in rule.get("BYMONTHDAY", [])]
    weeks = [each.relative or 0 for each in rule.get("BYDAY", [])]
    if not all(1 <= month <= 12 for month in months) or not all(1 <= abs(day) <= 31 for day in days):
        return False
    if any(weeks) and (frequency in ("DAILY", "WEEKLY") or days or not all(week in _WEEKS for week in weeks)):
        return False
    implied = [start.day] if frequency in ("MONTHLY", "YEARLY") and not weeks and not days else days
    if months and implied and not any(abs(day) <= _LONGEST[month - 1] for month, day in product(months, implied)):
        return False
    if interval == 1 or not (months or days or weeks):
        return True
    if frequency in ("DAILY", "WEEKLY"):
        return frequency == "WEEKLY" and not months and not days
    if (frequency == "MONTHLY" and months) or (weeks and days) or any(abs(week) == max(_WEEKS) for week in weeks):
        return False
    lengths = [_SHORTEST[month - 1] for month in months or range(1, 13)] if frequency == "YEARLY" else [min(_SHORTEST)]
    return not implied or any(abs(day) <= max(lengths) for day in implied)
