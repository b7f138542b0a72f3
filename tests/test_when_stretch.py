"""What people write for a stretch of time, and which one it is; every case worked out by hand on a calendar."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.when import WhenError, split_stretch

BERLIN = "Europe/Berlin"

# Wednesday 25 November 2026, 10:05 in Berlin.
NOW = datetime(2026, 11, 25, 9, 5, tzinfo=UTC)

ENGLISH = """
until Monday                          -> 2026-11-25 10:05 .. 2026-11-30 00:00 |
until Monday, Ben knows the API       -> 2026-11-25 10:05 .. 2026-11-30 00:00 | Ben knows the API
until Wednesday                       -> 2026-11-25 10:05 .. 2026-12-02 00:00 |
until Monday! Ben knows the API       -> 2026-11-25 10:05 .. 2026-11-30 00:00 | Ben knows the API
now, until 14:00                      -> 2026-11-25 10:05 .. 2026-11-25 14:00 |
now until 14:00                       -> 2026-11-25 10:05 .. 2026-11-25 14:00 |
until Mon 10:00 because ill           -> 2026-11-25 10:05 .. 2026-11-30 10:00 | ill
until 31 Dec                          -> 2026-11-25 10:05 .. 2026-12-31 00:00 |
until the end of the day              -> 2026-11-25 10:05 .. 2026-11-26 00:00 |
tomorrow                              -> 2026-11-26 00:00 .. 2026-11-27 00:00 |
tomorrow, dentist                     -> 2026-11-26 00:00 .. 2026-11-27 00:00 | dentist
today                                 -> 2026-11-25 10:05 .. 2026-11-26 00:00 |
tomorrow 10:00-14:00                  -> 2026-11-26 10:00 .. 2026-11-26 14:00 |
tomorrow 10:00 - 14:00 dentist        -> 2026-11-26 10:00 .. 2026-11-26 14:00 | dentist
tomorrow from 10                      -> refused errors.when.needs_end
Fri 22:00-02:00                       -> 2026-11-27 22:00 .. 2026-11-28 02:00 |
12:00-14:00                           -> 2026-11-25 12:00 .. 2026-11-25 14:00 |
09:00-12:00                           -> 2026-11-26 09:00 .. 2026-11-26 12:00 |
mon-fri because of leave              -> 2026-11-30 00:00 .. 2026-12-05 00:00 | of leave
Mon - Fri                             -> 2026-11-30 00:00 .. 2026-12-05 00:00 |
from Monday to Wednesday              -> 2026-11-30 00:00 .. 2026-12-03 00:00 |
from Monday until Wednesday           -> 2026-11-30 00:00 .. 2026-12-02 00:00 |
from Monday until 3 December          -> 2026-11-30 00:00 .. 2026-12-03 00:00 |
1 December until 3 December           -> 2026-12-01 00:00 .. 2026-12-03 00:00 |
Monday, Ben covers until noon         -> 2026-11-30 00:00 .. 2026-12-01 00:00 | Ben covers until noon
fri-mon                               -> 2026-11-27 00:00 .. 2026-12-01 00:00 |
wed-fri                               -> 2026-11-25 10:05 .. 2026-11-28 00:00 |
from 13:30 until Friday               -> 2026-11-25 13:30 .. 2026-11-27 00:00 |
13:30 until Fri 12:00                 -> 2026-11-25 13:30 .. 2026-11-27 12:00 |
from Friday until 13:30               -> 2026-11-27 00:00 .. 2026-11-27 13:30 |
from Monday                           -> 2026-11-30 00:00 .. open |
from tomorrow 12:00, ask Ben          -> 2026-11-26 12:00 .. open | ask Ben
now                                   -> 2026-11-25 10:05 .. open |
now because I am ill                  -> 2026-11-25 10:05 .. open | I am ill
24 Dec - 31 Dec                       -> 2026-12-24 00:00 .. 2027-01-01 00:00 |
24-31 Dec                             -> 2026-12-24 00:00 .. 2027-01-01 00:00 |
Dec 24 - 31                           -> 2026-12-24 00:00 .. 2027-01-01 00:00 |
28 Dec - 3 Jan                        -> 2026-12-28 00:00 .. 2027-01-04 00:00 |
2026-12-24 - 2026-12-31               -> 2026-12-24 00:00 .. 2027-01-01 00:00 |
2h                                    -> 2026-11-25 10:05 .. 2026-11-25 12:05 |
for 3 days                            -> 2026-11-25 10:05 .. 2026-11-28 10:05 |
Monday - Ben knows                    -> 2026-11-30 00:00 .. 2026-12-01 00:00 | Ben knows
tomorrow 10:00-14:00 in London        -> 2026-11-26 11:00 .. 2026-11-26 15:00 |
from tomorrow 10:00 until 14:00 London -> 2026-11-26 11:00 .. 2026-11-26 15:00 |
tomorrow 10:00 London until 14:00 New York -> 2026-11-26 11:00 .. 2026-11-26 20:00 |
16:00                                 -> refused errors.when.needs_end
until 24 Nov                          -> refused errors.when.over
24 Nov                                -> refused errors.when.over
31-24 Dec                             -> refused errors.when.over
31 Feb - 3 Mar                        -> refused errors.when.no_such_date
until 3/4                             -> refused errors.when.slash
on holiday                            -> refused errors.when
until tomorrow-ish                    -> 2026-11-25 10:05 .. 2026-11-26 00:00 | ish
until 2035-01-01                      -> refused errors.when.too_far
"""

RUSSIAN = """
до понедельника                       -> 2026-11-25 10:05 .. 2026-11-30 00:00 |
до понедельника, Бен знает про API    -> 2026-11-25 10:05 .. 2026-11-30 00:00 | Бен знает про API
завтра 10:00-14:00                    -> 2026-11-26 10:00 .. 2026-11-26 14:00 |
пн-пт потому что отпуск               -> 2026-11-30 00:00 .. 2026-12-05 00:00 | отпуск
с понедельника по среду               -> 2026-11-30 00:00 .. 2026-12-03 00:00 |
с понедельника до среды               -> 2026-11-30 00:00 .. 2026-12-02 00:00 |
с 24 по 31 декабря                    -> 2026-12-24 00:00 .. 2027-01-01 00:00 |
на 3 дня                              -> 2026-11-25 10:05 .. 2026-11-28 10:05 |
до конца дня                          -> 2026-11-25 10:05 .. 2026-11-26 00:00 |
сейчас                                -> 2026-11-25 10:05 .. open |
until Monday                          -> 2026-11-25 10:05 .. 2026-11-30 00:00 |
болею                                 -> refused errors.when
"""


def cases(table: str) -> list[object]:
    rows = [line.split(" -> ") for line in table.strip().splitlines()]
    return [pytest.param(written.strip(), expected.strip(), id=written.strip()) for written, expected in rows]


def told(text: str, locale: str, now: datetime = NOW, zone: str = BERLIN) -> str:
    try:
        start, end, rest = split_stretch(text, now, zone, locale)
    except WhenError as error:
        return f"refused {error.reason_key}"
    shown = ["open" if at is None else f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}" for at in (start, end)]
    return f"{shown[0]} .. {shown[1]} | {rest}".rstrip()


@pytest.mark.parametrize(("written", "expected"), cases(ENGLISH))
def test_a_stretch_in_english(written: str, expected: str) -> None:
    assert told(written, "en") == expected


@pytest.mark.parametrize(("written", "expected"), cases(RUSSIAN))
def test_a_stretch_in_russian(written: str, expected: str) -> None:
    assert told(written, "ru") == expected


def test_a_day_of_a_change_of_clocks_is_whole() -> None:
    """Berlin's Sunday, 25 October 2026, has 25 hours."""
    start, end, _ = split_stretch("sun", datetime(2026, 10, 23, 9, tzinfo=UTC), BERLIN, "en")
    assert end is not None and (end - start).total_seconds() == 25 * 3600
