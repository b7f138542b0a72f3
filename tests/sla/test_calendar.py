"""The conventions of business time as readable cases, worked out by hand."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from office import GMT3, HOUR, at, desk

from bot.sla.calendar import HORIZON, WEEKDAYS, BeyondHorizon, Calendar, Closure, Holiday, Segment

BERLIN = ZoneInfo("Europe/Berlin")
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)

# The week of 2025-03-10 (Monday) to 2025-03-17 (Monday); desk open Mon-Fri 10:00-19:00, GMT+3 fixed.
MON, FRI, SAT, NEXT_MON = "2025-03-10", "2025-03-14", "2025-03-15", "2025-03-17"


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        pytest.param(f"{MON} 09:59:59.999999", False, id="just before opening"),
        pytest.param(f"{MON} 10:00", True, id="the opening instant"),
        pytest.param(f"{FRI} 18:59:59.999999", True, id="just before closing"),
        pytest.param(f"{FRI} 19:00", False, id="the closing instant is closed"),
        pytest.param(f"{SAT} 12:00", False, id="Saturday"),
    ],
)
def test_hours_are_half_open(moment: str, is_open: bool) -> None:
    assert desk().is_open(at(moment)) is is_open


@pytest.mark.parametrize(
    ("start", "work", "due"),
    [
        pytest.param(f"{FRI} 18:00", HOUR, f"{FRI} 19:00", id="what is left of the day lands on its close"),
        pytest.param(f"{FRI} 18:55", HOUR, f"{NEXT_MON} 10:55", id="five minutes on Friday, the rest on Monday"),
        pytest.param(f"{SAT} 12:00", HOUR, f"{NEXT_MON} 11:00", id="Saturday starts on Monday"),
        pytest.param(f"{SAT} 12:00", 0 * HOUR, f"{NEXT_MON} 10:00", id="zero outside hours is the next opening"),
        pytest.param(f"{FRI} 19:00", 0 * HOUR, f"{NEXT_MON} 10:00", id="zero on the close is the next opening"),
        pytest.param(f"{FRI} 18:00", 0 * HOUR, f"{FRI} 18:00", id="zero inside hours is now"),
        pytest.param(f"{MON} 10:00", 45 * HOUR, f"{FRI} 19:00", id="45 hours are this week"),
        pytest.param(f"{FRI} 18:59:59.999999", 2 * timedelta(microseconds=1), f"{NEXT_MON} 10:00:00.000001", id="us"),
        pytest.param(f"{NEXT_MON} 10:30", -HOUR, f"{FRI} 18:30", id="a negative amount goes back"),
        pytest.param(f"{NEXT_MON} 10:30", -30 * MINUTE, f"{NEXT_MON} 10:00", id="back to the opening, not to Friday"),
    ],
)
def test_working_time_is_added_at_the_near_end(start: str, work: timedelta, due: str) -> None:
    assert desk().add(at(start), work) == at(due)


@pytest.mark.parametrize(
    ("start", "slot"),
    [
        pytest.param(f"{FRI} 18:00", f"{NEXT_MON} 10:00", id="a close is no slot: next opening"),
        pytest.param(f"{FRI} 17:30", f"{FRI} 18:30", id="inside the day as ever"),
        pytest.param(f"{SAT} 17:30", f"{NEXT_MON} 11:00", id="from outside"),
    ],
)
def test_the_earliest_slot_for_a_call_is_the_far_end(start: str, slot: str) -> None:
    assert desk().add_far(at(start), HOUR) == at(slot)


def test_subtracting_nothing_outside_hours_is_the_previous_close() -> None:
    assert desk().subtract(at(f"{NEXT_MON} 09:00"), 0 * HOUR) == at(f"{FRI} 19:00")
    assert desk().subtract(at(f"{NEXT_MON} 09:00"), HOUR) == at(f"{FRI} 18:00")
    assert desk().subtract(at(f"{NEXT_MON} 09:00"), -HOUR) == at(f"{NEXT_MON} 11:00")


def test_between_counts_only_open_time_and_is_negative_when_reversed() -> None:
    friday, monday = at(f"{FRI} 18:00"), at(f"{NEXT_MON} 11:30")
    assert desk().between(friday, monday) == 2.5 * HOUR
    assert desk().between(monday, friday) == -2.5 * HOUR
    assert desk().between(friday, friday) == 0 * HOUR


def test_working_days_are_counted_in_working_time() -> None:
    assert desk().add_days(at("2025-03-12 11:30"), 5) == at("2025-03-19 11:30")
    assert desk().add_days(at(f"{SAT} 11:30"), 1) == at(f"{NEXT_MON} 19:00")
    assert desk().add_days(at(f"{SAT} 11:30"), 0) == at(f"{NEXT_MON} 10:00")
    assert desk().add_days(at(f"{NEXT_MON} 12:00"), -1) == at(f"{FRI} 12:00")


def test_next_and_previous_open() -> None:
    calendar = desk()
    assert calendar.next_open(at(f"{FRI} 12:00")) == at(f"{FRI} 12:00")
    assert calendar.next_open(at(f"{FRI} 19:00")) == at(f"{NEXT_MON} 10:00")
    assert calendar.previous_open(at(f"{FRI} 12:00")) == at(f"{FRI} 12:00")
    assert calendar.previous_open(at(f"{FRI} 19:00")) == at(f"{FRI} 19:00")
    assert calendar.previous_open(at(f"{NEXT_MON} 10:00")) == at(f"{FRI} 19:00")


def test_results_are_utc_and_any_zone_may_ask() -> None:
    start = datetime(2025, 4, 4, 17, 30, tzinfo=BERLIN)  # 18:30 at the desk
    due = desk().add(start, HOUR)
    assert due == datetime(2025, 4, 7, 9, 30, tzinfo=BERLIN)
    assert due.tzinfo is UTC
    assert desk().next_open(start).tzinfo is UTC


BREAKS = "09:00-13:00 14:00-18:00"
NIGHT = {"mon": "22:00-06:00", "tue": "22:00-06:00"}


@pytest.mark.parametrize(
    ("calendar", "moment", "close"),
    [
        pytest.param(desk(BREAKS), f"{MON} 10:00", f"{MON} 18:00", id="a break does not end the day"),
        pytest.param(desk(BREAKS), f"{MON} 13:30", f"{MON} 18:00", id="asked during the break"),
        pytest.param(desk(BREAKS), f"{MON} 07:00", f"{MON} 18:00", id="asked before opening"),
        pytest.param(desk(BREAKS), f"{FRI} 18:00", f"{NEXT_MON} 18:00", id="asked on the close: next working day"),
        pytest.param(desk(NIGHT), f"{MON} 23:00", "2025-03-11 06:00", id="a night shift ends in the morning"),
        pytest.param(desk(NIGHT), "2025-03-11 02:00", "2025-03-11 06:00", id="in the second half of the night"),
        pytest.param(desk(NIGHT), "2025-03-11 06:00", "2025-03-12 06:00", id="after the night shift"),
        pytest.param(desk("00:00-24:00"), "2025-03-11 12:00", "2025-03-12 00:00", id="all day ends at midnight"),
        pytest.param(Calendar.always_open(zone="Etc/GMT-3"), f"{MON} 12:00", "2025-03-11 00:00", id="24/7 too"),
        pytest.param(desk(BREAKS, overrides={MON: "09:00-11:00"}), f"{MON} 10:00", f"{MON} 11:00", id="a short day"),
        pytest.param(desk("09:00-24:00"), "2024-12-31 12:00", "2025-01-01 00:00", id="the last day of the year"),
        pytest.param(
            desk({"tue": "22:00-06:00"}),
            "2024-12-31 23:00",
            "2025-01-01 06:00",
            id="a night into the next year",
        ),
    ],
)
def test_close_after_is_the_end_of_the_working_day(calendar: Calendar, moment: str, close: str) -> None:
    assert calendar.close_after(at(moment)) == at(close)


def test_a_date_override_replaces_the_hours_and_beats_the_holiday_list() -> None:
    christmas = Holiday(date(2025, 12, 24), date(2025, 12, 26), "Christmas")
    calendar = desk(holidays=(christmas,), overrides={"2025-12-24": "12:00-14:00", "2025-12-29": ""})
    assert calendar.add(at("2025-12-23 18:00"), 2 * HOUR) == at("2025-12-24 13:00")
    assert calendar.next_open(at("2025-12-24 14:00")) == at("2025-12-30 10:00")


def test_a_closure_beats_even_an_override() -> None:
    drill = Closure(at(f"{SAT} 11:00"), at(f"{SAT} 12:00"), "fire drill")
    calendar = desk(overrides={SAT: "10:00-14:00"}, closures=(drill,))
    assert calendar.between(at(SAT), at(NEXT_MON)) == 3 * HOUR
    assert calendar.add(at(f"{SAT} 10:30"), HOUR) == at(f"{SAT} 12:30")


def test_a_night_shift_belongs_to_the_day_it_starts_on() -> None:
    monday_off = desk(NIGHT, holidays=(Holiday(date(2025, 3, 10), date(2025, 3, 10), "off"),))
    tuesday_off = desk(NIGHT, holidays=(Holiday(date(2025, 3, 11), date(2025, 3, 11), "off"),))
    assert not monday_off.is_open(at("2025-03-11 02:00"))
    assert monday_off.is_open(at("2025-03-12 02:00"))
    assert tuesday_off.between(at(MON), at(FRI)) == 2 * HOUR


def test_24_00_and_00_00_join_and_overlaps_count_once() -> None:
    joined = desk({"mon": "20:00-24:00", "tue": "00:00-04:00"})
    assert joined.add(at(f"{MON} 22:00"), 4 * HOUR) == at("2025-03-11 02:00")
    assert joined.close_after(at(f"{MON} 22:00")) == at("2025-03-11 04:00")
    overlapping = desk({"mon": "09:00-12:00 11:00-13:00"})
    assert overlapping.between(at(MON), at(FRI)) == 4 * HOUR


def test_segments_tell_which_rule_made_them() -> None:
    calendar = desk(
        holidays=(Holiday(date(2025, 12, 25), date(2025, 12, 26), "Christmas"),),
        overrides={"2025-12-24": "10:00-14:00"},
        closures=(Closure(at("2025-12-23 12:00"), at("2025-12-23 13:00"), "move"),),
    )
    segments = list(calendar.segments(at("2025-12-23 10:00"), at("2025-12-27 12:00")))
    moments = [f"{s.start.astimezone(GMT3):%d %H:%M}" for s in segments]
    assert list(zip(moments, (s.is_open for s in segments), (s.rule for s in segments), strict=True)) == [
        ("23 10:00", True, "hours:tue"),
        ("23 12:00", False, "closure:move"),
        ("23 13:00", True, "hours:tue"),
        ("23 19:00", False, "closed"),
        ("24 00:00", False, "override:2025-12-24"),
        ("24 10:00", True, "override:2025-12-24"),
        ("24 14:00", False, "override:2025-12-24"),
        ("25 00:00", False, "holiday:Christmas"),
        ("27 00:00", False, "closed"),
    ]


def test_of_two_overlapping_closures_or_holidays_the_earlier_gives_the_name() -> None:
    calendar = desk(
        holidays=(
            Holiday(date(2025, 3, 13), date(2025, 3, 14), "late"),
            Holiday(date(2025, 3, 12), date(2025, 3, 13), "early"),
        ),
        closures=(
            Closure(at("2025-03-11 12:00"), at("2025-03-11 13:00"), "late"),
            Closure(at("2025-03-11 11:00"), at("2025-03-11 14:00"), "early"),
        ),
    )
    rules = [s.rule for s in calendar.segments(at("2025-03-11 10:00"), at("2025-03-15 00:00"))]
    assert rules == ["hours:tue", "closure:early", "hours:tue", "closed", "holiday:early", "holiday:late"]


def test_elapsed_time_is_the_calendar_that_never_closes() -> None:
    calendar = Calendar.always_open()
    start = at(f"{FRI} 19:05")
    assert calendar.is_always_open
    assert calendar.add(start, DAY) == start + DAY == calendar.add_days(start, 1)
    assert calendar.subtract(start, DAY) == start - DAY == calendar.add(start, -DAY)
    assert calendar.between(start, start - DAY) == -DAY
    assert calendar.add_far(start, HOUR) == start + HOUR
    assert calendar.next_open(start) == calendar.previous_open(start) == start
    assert list(calendar.segments(start, start + DAY)) == [Segment(start, start + DAY, True, "elapsed")]
    assert list(calendar.segments(start, start)) == []
    assert desk(dict.fromkeys(WEEKDAYS, "06:00-05:59 05:00-07:00")).is_always_open
    assert not desk(dict.fromkeys(WEEKDAYS, "00:00-23:59")).is_always_open


def test_a_long_amount_may_take_years() -> None:
    # 261 working days in 2025 and 2026 each; 9 hours a day.
    assert desk().add(at("2025-01-01 00:00"), 522 * 9 * HOUR) == at("2026-12-31 19:00")
    assert desk().subtract(at("2027-01-01 00:00"), 522 * 9 * HOUR) == at("2025-01-01 10:00")


LONG_BREAK = Closure(datetime(2025, 3, 1, tzinfo=UTC), datetime(2025, 3, 1, tzinfo=UTC) + HORIZON + 3 * DAY, "break")


def test_no_search_crosses_a_break_longer_than_the_horizon() -> None:
    calendar = desk(closures=(LONG_BREAK,))
    before, after = at("2025-02-28 18:30"), at("2026-04-08 10:30")
    for _ in range(2):
        with pytest.raises(BeyondHorizon, match=r"calendar desk: no opening within 400 days after 2025-02-28T16:00"):
            calendar.add(before, HOUR)
        with pytest.raises(BeyondHorizon, match="no opening within 400 days"):
            calendar.subtract(after, 2 * HOUR)
        with pytest.raises(BeyondHorizon, match="no opening within 400 days"):
            calendar.next_open(LONG_BREAK.start)
        with pytest.raises(BeyondHorizon, match="no closing within 400 days before"):
            calendar.previous_open(LONG_BREAK.end)
        # The answers stay the same once the years beyond the break have been laid out.
        assert calendar.add(after, HOUR) == after + HOUR
        assert calendar.between(before, after) == HOUR
    assert calendar.add(before, 30 * MINUTE) == at("2025-02-28 19:00")


def test_a_calendar_of_single_dates_ends_with_its_last_one() -> None:
    calendar = desk({}, overrides={MON: "10:00-12:00"})
    assert calendar.add(at("2025-01-01 00:00"), 2 * HOUR) == at(f"{MON} 12:00")
    with pytest.raises(BeyondHorizon):
        calendar.add(at("2025-01-01 00:00"), 3 * HOUR)
    with pytest.raises(BeyondHorizon):
        calendar.subtract(at(FRI), 3 * HOUR)
    with pytest.raises(BeyondHorizon):
        calendar.next_open(at(FRI))
    with pytest.raises(BeyondHorizon):
        calendar.previous_open(at("2025-01-01 00:00"))


def test_absurd_amounts_are_refused_not_walked() -> None:
    with pytest.raises(BeyondHorizon, match="60 years; ask for less working time"):
        desk().add(at(MON), timedelta(days=365 * 90))
    with pytest.raises(BeyondHorizon):
        Calendar.always_open().add(at(MON), timedelta(days=365 * 9000))
