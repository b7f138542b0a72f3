"""When a day's work begins and ends, by hand: breaks, holidays, changes of the clocks, night shifts."""

from datetime import datetime

import pytest

from bot.sla.calendar import WEEKDAYS, Calendar, parse_hours
from bot.sla.days import end_of_day, next_beginning


def calendar(*hours: str, zone: str = "Europe/Berlin") -> Calendar:
    from datetime import timedelta

    week = {day: [parse_hours(each) for each in hours] for day in WEEKDAYS[:5]}
    return Calendar(name="office", zone=zone, week=week, working_day=timedelta(hours=8))


@pytest.mark.parametrize(
    ("hours", "after", "begins"),
    [
        (("09:00-18:00",), "2026-03-27T08:59:59+01:00", "2026-03-27T09:00+01:00"),
        (("09:00-18:00",), "2026-03-27T09:00+01:00", "2026-03-30T09:00+02:00"),  # Friday, then summer time
        (("09:00-12:00", "13:00-18:00"), "2026-03-26T10:00+01:00", "2026-03-27T09:00+01:00"),  # no second beginning
        (("00:00-24:00",), "2026-03-26T10:00+01:00", "2026-03-27T09:00+01:00"),  # never closes on weekdays
        (("22:00-06:00",), "2026-03-23T12:00+01:00", "2026-03-23T22:00+01:00"),
    ],
)
def test_a_day_begins_with_its_first_opening(hours: tuple[str, ...], after: str, begins: str) -> None:
    found = next_beginning(calendar(*hours), datetime.fromisoformat(after))
    assert found == datetime.fromisoformat(begins)


def test_a_desk_that_never_closes_begins_its_day_at_nine() -> None:
    at = datetime.fromisoformat("2026-03-28T23:00+01:00")
    assert next_beginning(Calendar.always_open(zone="Europe/Berlin"), at) == datetime.fromisoformat(
        "2026-03-29T09:00+02:00"
    )


def test_the_day_of_a_change_of_the_clocks_ends_at_its_own_midnight() -> None:
    at = datetime.fromisoformat("2026-03-29T01:00+01:00")
    assert end_of_day(calendar("09:00-18:00"), at) == datetime.fromisoformat("2026-03-30T00:00+02:00")
