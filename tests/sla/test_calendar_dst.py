"""Days on which the clock changes: real elapsed time in the hours that the wall clock of the zone shows."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from office import HOUR, at, desk

from bot.sla.calendar import WEEKDAYS, Calendar

BERLIN = ZoneInfo("Europe/Berlin")
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("zone", "hours", "day", "length"),
    [
        pytest.param("Europe/Berlin", "00:00-06:00", "2025-03-30", 5 * HOUR, id="spring night is an hour short"),
        pytest.param("Europe/Berlin", "00:00-06:00", "2025-10-26", 7 * HOUR, id="autumn night is an hour long"),
        pytest.param("Europe/Berlin", "02:15-02:45", "2025-03-30", 0 * HOUR, id="hours inside the gap are none"),
        pytest.param("Europe/Berlin", "02:30-03:30", "2025-03-30", 30 * MINUTE, id="from inside the gap: 03:00"),
        pytest.param("Europe/Berlin", "02:15-02:45", "2025-10-26", HOUR, id="repeated hours count both times"),
        pytest.param("Europe/Berlin", "09:00-17:00", "2025-03-30", 8 * HOUR, id="the day after is unchanged"),
        pytest.param("Australia/Lord_Howe", "00:00-06:00", "2025-10-05", 5.5 * HOUR, id="Lord Howe skips 30 min"),
        pytest.param("Australia/Lord_Howe", "00:00-06:00", "2025-04-06", 6.5 * HOUR, id="and repeats 30 min"),
        pytest.param("America/Sao_Paulo", "00:00-06:00", "2018-11-04", 5 * HOUR, id="Sao Paulo skipped midnight"),
        pytest.param("America/Sao_Paulo", "18:00-24:00", "2018-02-17", 7 * HOUR, id="Sao Paulo repeated 23:00"),
        pytest.param("Africa/Cairo", "00:00-06:00", "2025-04-25", 5 * HOUR, id="Cairo skips midnight"),
        pytest.param("Asia/Tehran", "00:00-06:00", "2022-03-22", 5 * HOUR, id="Tehran's last change"),
        pytest.param("Asia/Tehran", "00:00-06:00", "2023-03-22", 6 * HOUR, id="and none a year later"),
        pytest.param("Pacific/Apia", "09:00-17:00", "2011-12-30", 0 * HOUR, id="Samoa had no 30 December 2011"),
    ],
)
def test_a_day_has_the_hours_that_really_pass(zone: str, hours: str, day: str, length: timedelta) -> None:
    calendar = desk(dict.fromkeys(WEEKDAYS, hours), zone=zone)
    midnight = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone))
    rules = calendar.segments(midnight - DAY, midnight + 2 * DAY)
    open_that_day = (s for s in rules if s.is_open and s.start.astimezone(ZoneInfo(zone)).date() == midnight.date())
    assert sum((s.end - s.start for s in open_that_day), timedelta(0)) == length


def test_a_gap_moves_the_opening_to_the_first_real_instant_after_it() -> None:
    calendar = desk({"sun": "02:30-12:00"}, zone="Europe/Berlin")
    assert calendar.next_open(at("2025-03-30 00:00", BERLIN)) == datetime(2025, 3, 30, 1, tzinfo=UTC)


def test_a_day_whose_midnight_is_skipped_begins_after_the_gap() -> None:
    cairo = Calendar.always_open(zone="Africa/Cairo")
    assert cairo.close_after(datetime(2025, 4, 24, 10, tzinfo=UTC)) == datetime(2025, 4, 24, 22, tzinfo=UTC)


def test_a_wall_clock_window_that_ends_in_a_repeated_hour_holds_in_both_passes() -> None:
    calendar = desk({"sun": "01:00-02:30"}, zone="Europe/Berlin")
    opened = [s for s in calendar.segments(*(at(f"2025-10-26 {t}", BERLIN) for t in ("00:00", "12:00"))) if s.is_open]
    assert [(s.start.hour, s.start.minute, s.end.hour, s.end.minute) for s in opened] == [
        (23, 0, 0, 30),
        (1, 0, 1, 30),
    ]
