"""Laws of business time that hold for every calendar, moment and amount of work, down to the microsecond."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bot.sla.calendar import WEEKDAYS, BeyondHorizon, Calendar, Closure, Holiday, Hours, NeverOpens

ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Africa/Cairo",
    "Australia/Lord_Howe",
    "Asia/Tehran",
    "America/Sao_Paulo",
    "Pacific/Apia",  # skipped the whole of 30 December 2011
    "Etc/GMT-3",
)
FIRST, LAST = date(2011, 10, 1), date(2012, 4, 30)
ZERO, TICK = timedelta(0), timedelta(microseconds=1)

# A winter with changes of the clock on both hemispheres and a turn of the year.
START = datetime(2011, 10, 1, tzinfo=UTC)
moments = st.timedeltas(ZERO, timedelta(days=212)).map(lambda offset: START + offset)
works = st.timedeltas(ZERO, timedelta(days=20)) | st.integers(0, 200).map(lambda h: timedelta(hours=h))
some_work = works.filter(bool)
days = st.dates(FIRST, LAST)


@st.composite
def hours(draw: st.DrawFn) -> Hours:
    opens = draw(st.integers(0, 95)) * 15
    return Hours(opens, opens + draw(st.integers(1, 95)) * 15)


@st.composite
def closures(draw: st.DrawFn) -> Closure:
    start = draw(moments)
    return Closure(start, start + draw(st.timedeltas(TICK, timedelta(days=9))), draw(st.sampled_from("ab")))


@st.composite
def holidays(draw: st.DrawFn) -> Holiday:
    first = draw(days)
    return Holiday(first, first + timedelta(days=draw(st.integers(0, 10))), draw(st.sampled_from("cd")))


@st.composite
def declared(draw: st.DrawFn) -> Calendar:
    try:
        return Calendar(
            name="any",
            zone=draw(st.sampled_from(ZONES)),
            week=draw(st.dictionaries(st.sampled_from(WEEKDAYS), st.lists(hours(), max_size=3), min_size=1)),
            working_day=timedelta(hours=8),
            holidays=draw(st.lists(holidays(), max_size=2)),
            overrides=draw(st.dictionaries(days, st.lists(hours(), max_size=2), max_size=3)),
            closures=draw(st.lists(closures(), max_size=2)),
        )
    except NeverOpens:
        assume(False)
        raise


OFFICE = Calendar(
    name="office",
    zone="Europe/Berlin",
    week={day: [Hours(540, 780), Hours(840, 1050)] for day in WEEKDAYS[:5]},
    working_day=timedelta(hours=7.5),
)
calendars = st.just(OFFICE) | st.just(Calendar.always_open()) | declared()

laws = settings(max_examples=150, deadline=None)


def add(calendar: Calendar, start: datetime, work: timedelta) -> datetime:
    """Calendars that open on a few overridden days only run out of openings: no law speaks of those."""
    try:
        return calendar.add(start, work)
    except BeyondHorizon:
        assume(False)
        raise


@laws
@given(calendars, moments, works)
def test_what_was_added_lies_between(calendar: Calendar, start: datetime, work: timedelta) -> None:
    assert calendar.between(start, add(calendar, start, work)) == work


@laws
@given(calendars, moments, moments, works)
def test_starting_later_is_never_due_earlier(calendar: Calendar, a: datetime, b: datetime, work: timedelta) -> None:
    assert add(calendar, min(a, b), work) <= add(calendar, max(a, b), work)


@laws
@given(calendars, moments, works, works)
def test_more_work_is_never_due_earlier(calendar: Calendar, at: datetime, a: timedelta, b: timedelta) -> None:
    assert add(calendar, at, min(a, b)) <= add(calendar, at, max(a, b))


@laws
@given(calendars, moments, some_work, some_work)
def test_adding_in_two_parts_is_adding_at_once(calendar: Calendar, start: datetime, a: timedelta, b: timedelta) -> None:
    assert add(calendar, add(calendar, start, a), b) == add(calendar, start, a + b)


@laws
@given(calendars, moments, some_work)
def test_a_due_moment_is_the_earliest_that_holds_the_work(calendar: Calendar, start: datetime, work: timedelta) -> None:
    due = add(calendar, start, work)
    assert calendar.between(start, due - TICK) < work


@laws
@given(calendars, moments, moments, moments)
def test_between_is_antisymmetric_and_adds_up(calendar: Calendar, a: datetime, b: datetime, c: datetime) -> None:
    assert calendar.between(a, b) == -calendar.between(b, a)
    assert calendar.between(a, b) + calendar.between(b, c) == calendar.between(a, c)


@laws
@given(calendars, moments, some_work)
def test_subtract_goes_back_as_far_as_add_goes_on(calendar: Calendar, end: datetime, work: timedelta) -> None:
    try:
        start = calendar.subtract(end, work)
    except BeyondHorizon:
        assume(False)
        raise
    assert calendar.between(start, end) == work
    assert calendar.between(start + TICK, end) < work
    assert calendar.is_open(start)
    assert calendar.add(end, -work) == start
    assert calendar.add(start, work) == calendar.previous_open(end)


@laws
@given(calendars, moments)
def test_next_open_is_open_and_stays_where_it_is(calendar: Calendar, at: datetime) -> None:
    opening = add(calendar, at, ZERO)
    assert opening == calendar.next_open(at) == calendar.next_open(opening) >= at
    assert calendar.is_open(opening)
    assert calendar.between(at, opening) == ZERO
    assert (opening == at) == calendar.is_open(at)


@laws
@given(calendars, moments)
def test_previous_open_was_open_just_before(calendar: Calendar, at: datetime) -> None:
    try:
        last = calendar.previous_open(at)
    except BeyondHorizon:
        assume(False)
        raise
    assert last <= at
    assert calendar.is_open(last - TICK)
    assert calendar.between(last, at) == ZERO


@laws
@given(calendars, moments, works)
def test_a_booking_is_open_and_costs_no_more_work(calendar: Calendar, start: datetime, work: timedelta) -> None:
    due = add(calendar, start, work)
    slot = add(calendar, due, ZERO)
    assert calendar.add_far(start, work) == slot
    assert calendar.is_open(slot)
    assert calendar.between(start, slot) == work


@laws
@given(calendars, moments)
def test_a_working_day_closes_on_a_close_within_two_days(calendar: Calendar, at: datetime) -> None:
    opening = add(calendar, at, ZERO)
    close = calendar.close_after(at)
    assert opening < close <= opening + timedelta(hours=49)
    assert calendar.is_open(close - TICK)
    assert calendar.close_after(opening) == close


@laws
@given(calendars, moments, st.timedeltas(ZERO, timedelta(days=30)))
def test_segments_cover_the_span_and_say_what_is_open(calendar: Calendar, a: datetime, length: timedelta) -> None:
    b = a + length
    segments = list(calendar.segments(a, b))
    edges = [a, *(s.end for s in segments)]
    assert [s.start for s in segments] == edges[:-1]
    assert edges[-1] == b
    assert all(s.start < s.end for s in segments)
    assert sum((s.end - s.start for s in segments if s.is_open), ZERO) == calendar.between(a, b)
    assert all(calendar.is_open(s.start) == calendar.is_open(s.end - TICK) == s.is_open for s in segments)
    assert all((one.rule, one.is_open) != (two.rule, two.is_open) for one, two in pairwise(segments))


@settings(laws, max_examples=50)
@given(calendars, moments, works)
def test_the_order_of_questions_changes_no_answer(calendar: Calendar, start: datetime, work: timedelta) -> None:
    twin = Calendar.from_mapping(calendar.to_mapping())
    assert (twin, hash(twin), twin.to_mapping()) == (calendar, hash(calendar), calendar.to_mapping())
    for year in (1995, 2040, 2014):
        twin.between(datetime(year, 5, 5, tzinfo=UTC), datetime(year, 6, 6, tzinfo=UTC))
    assert add(calendar, start, work) == twin.add(start, work)


@pytest.mark.parametrize("zone", ZONES)
def test_no_elapsed_time_is_lost_when_every_hour_is_open(zone: str) -> None:
    all_week = {day: [Hours(0, 1440)] for day in WEEKDAYS}
    far_holiday = Holiday(date(2090, 1, 1), date(2090, 1, 1), "keeps the calendar from being always open")
    calendar = Calendar(name="all", zone=zone, week=all_week, working_day=timedelta(days=1), holidays=[far_holiday])
    a, b = datetime(2005, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)
    assert not calendar.is_always_open
    assert calendar.between(a, b) == b - a
    assert calendar.add(a, b - a) == b
