"""When a call can be: 001, "at least one working day before the desired time", in the manager's hours.

The office is open 10:00-19:00 GMT+3, Monday to Friday; 14 March 2025 is a Friday.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from office import HOUR, at, desk
from test_calendar_laws import calendars, laws, moments

from bot.sla.booking import AHEAD, Diary, Free, Refused, Span, Terms, Why, earliest, judge, period, slots
from bot.sla.calendar import BeyondHorizon, CalendarError, Closure, Holiday
from bot.sla.policy import Period

HALF, MINUTE = timedelta(minutes=30), timedelta(minutes=1)
NEW_YORK = ZoneInfo("America/New_York")
NINE = Terms(notice=9 * HOUR)
NONE = Terms(notice=timedelta(0))
FRIDAY = at("2025-03-14T16:00")


def call(text: str, length: timedelta = HALF) -> Span:
    return Span(at(text), at(text) + length)


def starts(found: tuple[Span, ...]) -> list[str]:
    return [span.start.astimezone(at("2025-03-14T00:00").tzinfo).strftime("%a %d %H:%M") for span in found]


@pytest.mark.parametrize(
    ("asked", "first"),
    [
        # 3 h of Friday and 6 h of Monday.
        pytest.param("2025-03-14T16:00", "2025-03-17T16:00", id="friday 16:00 -> monday 16:00"),
        # The nine hours are used up when the manager leaves: the next slot is the next opening.
        pytest.param("2025-03-14T10:00", "2025-03-17T10:00", id="a whole day ends at the next opening"),
        pytest.param("2025-03-14T09:00", "2025-03-17T10:00", id="asked before the opening"),
        pytest.param("2025-03-14T10:01", "2025-03-17T10:01", id="a minute later"),
        pytest.param("2025-03-13T19:00", "2025-03-17T10:00", id="asked at the close: friday is the working day"),
        pytest.param("2025-03-15T12:00", "2025-03-18T10:00", id="asked on saturday: monday is the working day"),
    ],
)
def test_one_working_day_lies_between_the_request_and_the_call(asked: str, first: str) -> None:
    assert earliest(desk(), 9 * HOUR, at(asked)) == at(first)


def test_a_holiday_is_no_working_day() -> None:
    office = desk(holidays=(Holiday(at("2025-03-17T00:00").date(), at("2025-03-17T00:00").date(), "Office move"),))
    assert earliest(office, 9 * HOUR, FRIDAY) == at("2025-03-18T16:00")


@pytest.mark.parametrize(
    ("asked", "taken", "first"),
    [
        pytest.param(
            "2025-03-14T16:07", "2025-03-20T10:00", "2025-03-17T16:07", id="the minute at which the notice ends"
        ),
        pytest.param("2025-03-14T18:30", "2025-03-20T10:00", "2025-03-17T18:30", id="a call that ends at the close"),
        pytest.param("2025-03-14T18:59", "2025-03-20T10:00", "2025-03-18T10:00", id="one that would end after it"),
        pytest.param("2025-03-14T16:00", "2025-03-17T16:00", "2025-03-17T17:00", id="another call lies there"),
    ],
)
def test_the_earliest_time_that_is_named_can_be_had(asked: str, taken: str, first: str) -> None:
    diary = Diary(desk(), calls=(call(taken),))
    verdict = judge(diary, NINE, at(asked), at("2025-03-17T10:00"))
    assert isinstance(verdict, Refused) and verdict.why is Why.TOO_EARLY
    assert verdict.earliest == at(first)
    assert isinstance(judge(diary, NINE, at(asked), verdict.earliest), Free)


def test_where_no_time_can_be_had_at_all_the_end_of_the_notice_is_named() -> None:
    diary = Diary(desk(), absences=(Span(at("2025-03-10T00:00"), at("2026-03-10T00:00")),))
    verdict = judge(diary, NINE, FRIDAY, at("2025-03-17T10:00"))
    assert isinstance(verdict, Refused) and verdict.earliest == at("2025-03-17T16:00")


@pytest.mark.parametrize(
    ("wish", "why", "name"),
    [
        ("2025-03-17T15:59", Why.TOO_EARLY, ""),
        ("2025-03-14T17:00", Why.TOO_EARLY, ""),
        ("2025-03-13T17:00", Why.PAST, ""),
        ("2025-06-12T16:00", Why.TOO_FAR, ""),
        ("2025-06-12T15:59", None, ""),
        ("2025-03-17T16:00", None, ""),
        ("2025-03-17T18:30", None, ""),  # ends with the close
        ("2025-03-17T18:31", Why.OUTSIDE, ""),
        ("2025-03-17T19:00", Why.OUTSIDE, ""),  # the closing instant is closed
        ("2025-03-22T12:00", Why.OUTSIDE, ""),  # a Saturday
        ("2025-03-19T12:00", Why.HOLIDAY, "Spring day"),
        ("2025-03-20T12:15", Why.CLOSED, "Fire drill"),
        ("2025-03-21T12:00", Why.ABSENT, ""),
        ("2025-03-18T12:00", Why.TAKEN, ""),
        ("2025-03-18T11:30", Why.TAKEN, ""),  # its end would touch the next call without the buffer
        ("2025-03-18T11:20", None, ""),
        ("2025-03-18T12:30", Why.TAKEN, ""),
        ("2025-03-18T12:40", None, ""),
        ("2025-03-18T15:00", Why.TAKEN, ""),  # the manager's own calendar, to the minute
        ("2025-03-18T15:30", None, ""),
    ],
)
def test_a_wish_is_judged_by_the_first_thing_in_its_way(wish: str, why: Why | None, name: str) -> None:
    spring = at("2025-03-19T00:00").date()
    office = desk(
        holidays=(Holiday(spring, spring, "Spring day"),),
        closures=(Closure(at("2025-03-20T12:00"), at("2025-03-20T12:30"), "Fire drill"),),
    )
    diary = Diary(
        office,
        absences=(Span(at("2025-03-21T10:00"), at("2025-03-22T10:00")),),
        calls=(call("2025-03-18T12:00"),),
        busy=(call("2025-03-18T15:00"),),
    )
    verdict = judge(diary, NINE, FRIDAY, at(wish))
    if why is None:
        assert verdict == Free(Span(at(wish), at(wish) + HALF))
    else:
        assert isinstance(verdict, Refused)
        assert (verdict.why, verdict.name, verdict.earliest) == (why, name, at("2025-03-17T16:00"))
        assert len(verdict.nearest) == 3


def test_a_call_cannot_begin_at_the_moment_it_is_asked_for_whatever_is_waived() -> None:
    waived = Terms(notice=timedelta(0), any_hours=True)
    for minutes, why in ((-1, Why.PAST), (0, Why.PAST), (1, None)):
        verdict = judge(Diary(desk()), waived, FRIDAY, FRIDAY + minutes * MINUTE)
        assert (verdict.why if isinstance(verdict, Refused) else None) is why


def test_the_nearest_slots_lie_on_both_sides_of_the_wish() -> None:
    diary = Diary(desk(), calls=(call("2025-03-18T12:00"),))
    verdict = judge(diary, NINE, FRIDAY, at("2025-03-18T12:00"), offer=4)
    assert isinstance(verdict, Refused)
    # 11:30 and 12:30 would touch the call without its buffer of ten minutes.
    assert starts(verdict.nearest) == ["Tue 18 10:30", "Tue 18 11:00", "Tue 18 13:00", "Tue 18 13:30"]


def test_what_is_too_early_is_offered_the_first_slots_of_all() -> None:
    verdict = judge(Diary(desk()), NINE, FRIDAY, at("2025-03-14T17:00"))
    assert isinstance(verdict, Refused)
    assert starts(verdict.nearest) == ["Mon 17 16:00", "Mon 17 16:30", "Mon 17 17:00"]


def test_hours_that_are_waived_are_hours_alone_and_no_time_beyond_them_is_offered() -> None:
    spring = at("2025-03-19T00:00").date()
    diary = Diary(
        desk("10:00-18:45", holidays=(Holiday(spring, spring, "Spring day"),)), calls=(call("2025-03-18T17:00"),)
    )
    waived = Terms(notice=timedelta(0), any_hours=True)
    assert isinstance(judge(diary, waived, FRIDAY, at("2025-03-22T12:00")), Free)
    holiday = judge(diary, waived, FRIDAY, at("2025-03-19T12:00"))
    assert isinstance(holiday, Refused) and holiday.why is Why.HOLIDAY
    taken = judge(diary, waived, FRIDAY, at("2025-03-18T17:10"), offer=4)
    assert isinstance(taken, Refused)
    assert starts(taken.nearest) == ["Tue 18 15:00", "Tue 18 15:30", "Tue 18 16:00", "Tue 18 18:00"]


@pytest.mark.parametrize(
    ("wish", "may_ask"),
    [
        ("2025-03-14T17:00", True),  # too soon
        ("2025-03-14T21:00", True),  # too soon, and outside hours
        ("2025-03-18T21:00", True),  # outside hours
        ("2025-03-14T18:00", False),  # too soon, and taken
        ("2025-03-18T12:00", False),  # away
        ("2025-03-14T15:00", False),  # past
    ],
)
def test_only_where_nothing_but_notice_or_hours_is_in_the_way_it_makes_sense_to_ask(wish: str, may_ask: bool) -> None:
    away = Span(at("2025-03-18T10:00"), at("2025-03-18T15:00"))
    diary = Diary(desk(), calls=(call("2025-03-14T18:00"),), absences=(away,))
    verdict = judge(diary, NINE, FRIDAY, at(wish))
    assert isinstance(verdict, Refused) and verdict.may_ask is may_ask


def test_of_absences_that_overlap_the_last_says_until_when() -> None:
    days = [
        Span(at(f"2025-03-{first}T10:00"), at(f"2025-03-{last}T10:00"))
        for first, last in ((18, 20), (17, 25), (18, 19))
    ]
    verdict = judge(Diary(desk(), absences=tuple(days)), NINE, FRIDAY, at("2025-03-18T12:00"))
    assert isinstance(verdict, Refused) and verdict.until == at("2025-03-25T10:00")


def test_his_own_hours_bound_the_agreements() -> None:
    diary = Diary(desk(), own=desk({"mon": "12:00-16:30", "tue": "17:00-21:00"}))
    assert starts(slots(diary, NINE, FRIDAY, 6)) == [
        "Mon 17 16:00",
        "Tue 18 17:00",
        "Tue 18 17:30",
        "Tue 18 18:00",
        "Tue 18 18:30",
        "Mon 24 12:00",
    ]


def test_hours_that_never_meet_offer_nothing() -> None:
    diary = Diary(desk(), own=desk({"sat": "10:00-19:00"}))
    assert slots(diary, NINE, FRIDAY, 3) == ()
    assert judge(diary, NINE, FRIDAY, at("2025-03-18T12:00")) == Refused(
        Why.OUTSIDE, at("2025-03-17T16:00"), (), may_ask=True
    )


def test_slots_begin_on_the_half_hour_in_a_zone_of_half_hours_too() -> None:
    kolkata = ZoneInfo("Asia/Kolkata")
    office = desk("09:15-18:00", "Asia/Kolkata")
    found = slots(Diary(office), NONE, at("2025-03-14T06:00", kolkata), 2)
    assert [span.start.astimezone(kolkata).strftime("%H:%M") for span in found] == ["09:30", "10:00"]


def test_a_client_in_new_york_sees_the_same_slot_an_hour_later_after_the_change_of_clocks() -> None:
    """Clocks in New York went forward on Sunday, 9 March 2025: 10:00 GMT+3 is 03:00 on Monday, 02:00 on Friday."""
    before = slots(Diary(desk()), NINE, at("2025-03-06T10:00"), 1)[0]
    after = slots(Diary(desk()), NINE, at("2025-03-07T10:00"), 1)[0]
    assert [span.start.astimezone(NEW_YORK).strftime("%a %H:%M") for span in (before, after)] == [
        "Fri 02:00",
        "Mon 03:00",
    ]


def test_an_office_that_changes_its_clocks_loses_no_working_time() -> None:
    """Berlin, 30 March 2025: Friday 16:00 to Monday 16:00 is 71 h of real time and one working day of nine hours."""
    berlin = ZoneInfo("Europe/Berlin")
    office = desk(zone="Europe/Berlin")
    first = earliest(office, 9 * HOUR, at("2025-03-28T16:00", berlin))
    assert first == at("2025-03-31T16:00", berlin)
    assert first - at("2025-03-28T16:00", berlin).astimezone(UTC) == 71 * HOUR


def test_on_the_night_the_clocks_go_forward_a_call_keeps_its_length() -> None:
    """01:45 in Berlin and 30 minutes is 03:15: the office 00:00-04:00 has room for it, though 02:15 is no time."""
    berlin = ZoneInfo("Europe/Berlin")
    night = desk({"sun": "00:00-04:00"}, "Europe/Berlin")
    verdict = judge(Diary(night), NONE, at("2025-03-28T16:00", berlin), at("2025-03-30T01:45", berlin))
    assert isinstance(verdict, Free)
    assert verdict.span.end.astimezone(berlin).strftime("%H:%M") == "03:15"


@pytest.mark.parametrize(
    ("per", "first", "last"),
    [
        (Period.MONTH, "2025-03-01", "2025-04-01"),
        (Period.QUARTER, "2025-01-01", "2025-04-01"),
        (Period.YEAR, "2025-01-01", "2026-01-01"),
    ],
)
def test_calls_are_counted_over_local_days(per: Period, first: str, last: str) -> None:
    """31 March 22:30 in New York is April in GMT+3."""
    late = at("2025-03-31T22:30", NEW_YORK)
    assert period("America/New_York", per, late) == Span(at(f"{first}T00:00", NEW_YORK), at(f"{last}T00:00", NEW_YORK))
    assert period("America/New_York", per, at(f"{first}T00:00", NEW_YORK)).start == at(f"{first}T00:00", NEW_YORK)
    assert period("Etc/GMT-3", Period.MONTH, late).start == at("2025-04-01T00:00")


# Laws -------------------------------------------------------------------------------------------------------------

spans = st.builds(lambda start, length: Span(start, start + length), moments, st.timedeltas(MINUTE, timedelta(days=2)))
diaries = st.builds(
    Diary,
    office=calendars,
    own=st.none() | calendars,
    absences=st.lists(spans, max_size=2).map(tuple),
    calls=st.lists(spans, max_size=3).map(tuple),
    busy=st.lists(spans, max_size=3).map(tuple),
)
terms = st.builds(
    Terms,
    notice=st.integers(0, 30).map(lambda hours: hours * HOUR),
    length=st.sampled_from([15 * MINUTE, HALF, HOUR]),
    buffer=st.sampled_from([timedelta(0), 10 * MINUTE]),
    step=st.sampled_from([15 * MINUTE, HALF]),
)


@laws
@given(diaries, terms, moments)
def test_what_is_offered_can_be_booked(diary: Diary, rules: Terms, asked: datetime) -> None:
    for span in slots(diary, rules, asked, 4):
        assert judge(diary, rules, asked, span.start) == Free(span)


@laws
@given(diaries, terms, moments)
def test_slots_come_in_order_and_keep_the_notice(diary: Diary, rules: Terms, asked: datetime) -> None:
    found = slots(diary, rules, asked, 5)
    assert list(found) == sorted(set(found), key=lambda span: span.start)
    if found:
        first = earliest(diary.office, rules.notice, asked)
        assert first <= found[0].start and found[-1].start < first + AHEAD
        assert diary.office.is_open(first)


@laws
@given(diaries, terms, moments, st.timedeltas(timedelta(days=-3), timedelta(days=20)))
def test_a_free_call_meets_nothing_and_a_refused_one_is_never_free(
    diary: Diary, rules: Terms, asked: datetime, later: timedelta
) -> None:
    verdict = judge(diary, rules, asked, asked + later)
    if isinstance(verdict, Free):
        span = verdict.span
        assert diary.office.between(span.start, span.end) == rules.length
        assert not any(span.meets(each, rules.buffer) for each in diary.calls)
        assert not any(span.meets(each) for each in (*diary.busy, *diary.absences))
    else:
        assert asked + later not in [span.start for span in verdict.nearest]
        for span in verdict.nearest:
            assert judge(diary, rules, asked, span.start) == Free(span)


@laws
@given(diaries, terms, moments)
def test_a_booked_slot_is_taken_for_the_next(diary: Diary, rules: Terms, asked: datetime) -> None:
    found = slots(diary, rules, asked, 1)
    assume(found)
    taken = Diary(diary.office, diary.own, diary.absences, (*diary.calls, found[0]), diary.busy)
    verdict = judge(taken, rules, asked, found[0].start)
    assert isinstance(verdict, Refused) and verdict.why is Why.TAKEN


@laws
@given(calendars, moments, st.timedeltas(timedelta(0), timedelta(days=9)), st.integers(0, 40))
def test_who_asks_later_is_never_called_earlier(office, asked: datetime, later: timedelta, hours: int) -> None:
    try:
        assert earliest(office, hours * HOUR, asked) <= earliest(office, hours * HOUR, asked + later)
    except (BeyondHorizon, CalendarError):
        assume(False)
