"""What an operator declares: hours as text, the mapping a policy pins, and what is refused in which words."""

import json
from datetime import date, datetime, timedelta

import pytest
from office import HOUR, at, desk

from bot.sla.calendar import Calendar, CalendarError, Closure, Holiday, Hours, NeverOpens, parse_hours

MON, FRI = "2025-03-10", "2025-03-14"
NIGHT = {"mon": "22:00-06:00", "tue": "22:00-06:00"}


@pytest.mark.parametrize(
    "closures",
    [
        pytest.param((), id="nothing declared"),
        pytest.param((Closure(at("2025-03-10 00:00"), at("2025-03-11 00:00"), "all"),), id="override closed away"),
    ],
)
def test_a_calendar_that_never_opens_is_refused(closures: tuple[Closure, ...]) -> None:
    with pytest.raises(NeverOpens, match=r"calendar desk: never opens \(give hours to a weekday"):
        desk({}, overrides={MON: "10:00-12:00"} if closures else {}, closures=closures)


def test_a_naive_moment_is_refused_by_name() -> None:
    naive = datetime(2025, 3, 14, 18, 0)  # noqa: DTZ001 - the mistake under test
    for ask in (desk().is_open, desk().next_open, desk().previous_open, desk().close_after):
        with pytest.raises(CalendarError, match="calendar desk: 2025-03-14T18:00:00 has no zone"):
            ask(naive)
    for ask in (desk().add, desk().subtract, desk().add_far):
        with pytest.raises(CalendarError, match="2025-03-14T18:00:00 has no zone"):
            ask(naive, HOUR)
    for pair in ((naive, at(MON)), (at(MON), naive)):
        with pytest.raises(CalendarError, match="2025-03-14T18:00:00 has no zone"):
            desk().between(*pair)
    with pytest.raises(CalendarError, match='closure "x": start: 2025-03-14T18:00:00 has no zone'):
        Closure(naive, at(MON), "x")


def test_backward_segments_are_refused_at_once() -> None:
    with pytest.raises(CalendarError, match="run backwards"):
        desk().segments(at(FRI), at(MON))


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("10:00-19:00", Hours(600, 1140)),
        ("00:00-24:00", Hours(0, 1440)),
        ("09:00-24:00", Hours(540, 1440)),
        ("22:00-06:00", Hours(1320, 1800)),
        ("22:00-00:00", Hours(1320, 1440)),
    ],
)
def test_hours_are_read_as_written(text: str, hours: Hours) -> None:
    assert parse_hours(text) == hours
    assert parse_hours(str(hours)) == hours


@pytest.mark.parametrize(
    ("text", "way_out"),
    [
        ("10-19", "write 10:00-19:00, 00:00-24:00 or 22:00-06:00"),
        ("25:00-26:00", "00:00 to 24:00"),
        ("10:00-24:01", "00:00 to 24:00"),
        ("24:00-06:00", "00:00 to 24:00"),
        ("10:00-10:00", "a whole day is 00:00-24:00"),
        ("10:60-11:00", "not understood"),
        ("", "not understood"),
    ],
)
def test_wrong_hours_are_named_with_the_way_out(text: str, way_out: str) -> None:
    with pytest.raises(ValueError, match=way_out) as caught:
        parse_hours(text)
    assert f'hours "{text}"' in str(caught.value)


@pytest.mark.parametrize("pair", [(-1, 60), (1440, 1500), (600, 600), (600, 540), (600, 2040)])
def test_hours_out_of_range_are_refused(pair: tuple[int, int]) -> None:
    with pytest.raises(CalendarError, match=f"{pair[0]}-{pair[1]}"):
        Hours(*pair)


def test_wrong_declarations_are_named_with_the_way_out() -> None:
    with pytest.raises(CalendarError, match=r'calendar desk: unknown zone "GMT\+3" .*Etc/GMT-3'):
        desk(zone="GMT+3")
    with pytest.raises(CalendarError, match=r'unknown zone "\.\./etc"'):
        desk(zone="../etc")
    with pytest.raises(CalendarError, match=r'unknown weekday "monday" \(use mon, tue'):
        desk({"monday": "10:00-19:00"})
    with pytest.raises(CalendarError, match='holiday "h": ends 2025-01-01 before it starts 2025-01-02'):
        Holiday(date(2025, 1, 2), date(2025, 1, 1), "h")
    with pytest.raises(CalendarError, match='closure "c": ends'):
        Closure(at(FRI), at(FRI), "c")
    with pytest.raises(CalendarError, match="calendar x: working day of 0:00:00"):
        Calendar(name="x", zone="UTC", week={"mon": [Hours(0, 60)]}, working_day=timedelta(0))


def full_calendar() -> Calendar:
    return desk(
        NIGHT,
        zone="Europe/Berlin",
        holidays=(Holiday(date(2025, 12, 25), date(2025, 12, 26), "Christmas"),),
        overrides={"2025-12-24": "10:00-14:00", "2025-12-31": ""},
        closures=(Closure(at("2025-12-23 12:00"), at("2025-12-23 13:00"), "move"),),
    )


def test_the_mapping_survives_json_and_gives_an_equal_calendar() -> None:
    calendar = full_calendar()
    mapping = calendar.to_mapping()
    assert mapping == {
        "name": "desk",
        "zone": "Europe/Berlin",
        "working_day_s": 32400.0,
        "week": {"mon": ["22:00-06:00"], "tue": ["22:00-06:00"]},
        "holidays": [{"first": "2025-12-25", "last": "2025-12-26", "name": "Christmas"}],
        "overrides": {"2025-12-24": ["10:00-14:00"], "2025-12-31": []},
        "closures": [{"start": "2025-12-23T09:00:00+00:00", "end": "2025-12-23T10:00:00+00:00", "name": "move"}],
    }
    again = Calendar.from_mapping(json.loads(json.dumps(mapping)))
    assert again == calendar
    assert hash(again) == hash(calendar)
    assert again != desk()
    assert again.overrides == calendar.overrides
    assert (again.name, again.zone, again.working_day) == ("desk", "Europe/Berlin", 9 * HOUR)
    assert (again.week["mon"], again.week["sun"]) == ((Hours(1320, 1800),), ())
    assert (again.holidays, again.closures) == (calendar.holidays, calendar.closures)


def test_the_order_of_writing_makes_no_other_calendar() -> None:
    one = desk("14:00-18:00 09:00-13:00", overrides={MON: "", FRI: "10:00-11:00"})
    two = desk("09:00-13:00 14:00-18:00", overrides={FRI: "10:00-11:00", MON: ""})
    assert one == two
    assert one.to_mapping() == two.to_mapping()


def test_a_calendar_cannot_be_changed() -> None:
    calendar = full_calendar()
    with pytest.raises(AttributeError):
        calendar.zone = "UTC"
    calendar.week["sun"] = (Hours(0, 60),)
    calendar.overrides.clear()
    assert calendar == full_calendar()


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"zone": None}, "calendar desk: key 'zone' is missing"),
        ({"week": {"mon": ["10-19"]}}, 'hours "10-19"'),
        (
            {"holidays": [{"first": "25.12.2025", "last": "2025-12-26", "name": "x"}]},
            "calendar desk: .*25.12.2025",
        ),
        ({"holidays": [{"first": "2025-12-25"}]}, "calendar desk: key 'last' is missing"),
        ({"week": ["mon"]}, "calendar desk: "),
    ],
)
def test_a_wrong_mapping_is_named(change: dict[str, object], complaint: str) -> None:
    mapping = {k: v for k, v in (full_calendar().to_mapping() | change).items() if v is not None}
    with pytest.raises(CalendarError, match=complaint):
        Calendar.from_mapping(mapping)
