"""Who is away when and whose turn it is: absences that overlap, touch, end early or never; turns over clock changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.duty import Absence, Away, Origin, Rotation, StandIn, Turn, after, away, stretches, turn, turns


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}:00+00:00")


def absence(number: int, since: str, until: str | None = None, back: str | None = None, note: str = "") -> Absence:
    return Absence(
        id=number,
        person_id=1,
        starts_at=at(since),
        ends_at=None if until is None else at(until),
        origin=Origin.CHAT,
        note=note,
        back_at=None if back is None else at(back),
    )


@pytest.mark.parametrize(
    ("absences", "expected"),
    [
        pytest.param([], [], id="nobody is away without an absence"),
        pytest.param([("11-02T09", "11-04T09")], [("11-02T09", "11-04T09")], id="one"),
        pytest.param(
            [("11-02T09", "11-04T09"), ("11-03T09", "11-06T09")], [("11-02T09", "11-06T09")], id="two that overlap"
        ),
        pytest.param([("11-02T09", "11-04T09"), ("11-04T09", "11-06T09")], [("11-02T09", "11-06T09")], id="touch"),
        pytest.param(
            [("11-02T09", "11-08T09"), ("11-03T09", "11-04T09")], [("11-02T09", "11-08T09")], id="one inside another"
        ),
        pytest.param(
            [("11-05T09", "11-06T09"), ("11-02T09", "11-04T09")],
            [("11-02T09", "11-04T09"), ("11-05T09", "11-06T09")],
            id="apart, whatever their order",
        ),
        pytest.param([("11-02T09", None)], [("11-02T09", None)], id="until he says that he is back"),
        pytest.param(
            [("11-02T09", None), ("11-03T09", "11-04T09")], [("11-02T09", None)], id="an open end swallows what follows"
        ),
        pytest.param([("11-02T09", "11-08T09", "11-05T09")], [("11-02T09", "11-05T09")], id="back early"),
        pytest.param(
            [("11-02T09", "11-04T09", "11-06T09")], [("11-02T09", "11-04T09")], id="back late changes nothing"
        ),
        pytest.param([("11-02T09", "11-08T09", "11-01T09")], [], id="called off before it began"),
    ],
)
def test_absences_make_stretches(
    absences: list[tuple[str, str | None]], expected: list[tuple[str, str | None]]
) -> None:
    found = stretches(absence(number, *each) for number, each in enumerate(absences))
    assert [(each.since, each.until) for each in found] == [
        (at(since), None if until is None else at(until)) for since, until in expected
    ]


@pytest.mark.parametrize(
    ("moment", "is_away"),
    [("11-02T08", False), ("11-02T09", True), ("11-04T08", True), ("11-04T09", False)],
    ids=["before", "the first instant", "during", "the end is no part of it"],
)
def test_an_absence_is_half_open(moment: str, is_away: bool) -> None:
    found = absence(1, "11-02T09", "11-04T09")
    assert (away([found], at(moment)) is not None) is is_away
    assert found.holds(at(moment)) is is_away


def test_the_notes_of_a_stretch_come_in_order() -> None:
    found = away(
        [absence(2, "11-03T09", "11-06T09", note="conference"), absence(1, "11-02T09", "11-04T09", note="leave")],
        at("11-03T10"),
    )
    assert found == Away(at("11-02T09"), at("11-06T09"), ("leave", "conference"))


# turns ------------------------------------------------------------------------------------------------------------

MIA, BEN, TOM = 1, 2, 3


def rotation(
    zone: str = "Europe/Berlin", days: int = 7, hand_over: str = "09:00", starts: str = "2026-10-05"
) -> Rotation:
    return Rotation(
        id=1,
        key="night",
        name="Night",
        zone=zone,
        hand_over=time.fromisoformat(hand_over),
        starts_on=date.fromisoformat(starts),
        days=days,
        people=(MIA, BEN, TOM),
    )


def stand_in(number: int, person: int, since: str, until: str, instead: int = MIA) -> StandIn:
    return StandIn(number, 1, person, instead, utc(since), utc(until))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


# Berlin changes its clocks on 25 October 2026 and 28 March 2027; Monday, 5 October 2026, is Mia's first day.
TURNS = """
the first instant          | 2026-10-05T09:00+02:00 | 1 | 2026-10-05T09:00+02:00 | 2026-10-12T09:00+02:00
the last minute            | 2026-10-12T08:59+02:00 | 1 | 2026-10-05T09:00+02:00 | 2026-10-12T09:00+02:00
handed over                | 2026-10-12T09:00+02:00 | 2 | 2026-10-12T09:00+02:00 | 2026-10-19T09:00+02:00
clocks go back: 169 hours  | 2026-10-25T12:00+01:00 | 3 | 2026-10-19T09:00+02:00 | 2026-10-26T09:00+01:00
round again                | 2026-10-26T09:00+01:00 | 1 | 2026-10-26T09:00+01:00 | 2026-11-02T09:00+01:00
clocks go on: 167 hours    | 2027-03-28T12:00+02:00 | 1 | 2027-03-22T09:00+01:00 | 2027-03-29T09:00+02:00
before it began            | 2026-10-04T12:00+02:00 | 3 | 2026-09-28T09:00+02:00 | 2026-10-05T09:00+02:00
"""


@pytest.mark.parametrize(
    ("at", "person", "since", "until"),
    [
        pytest.param(*(cell.strip() for cell in cells[1:]), id=cells[0].strip())
        for cells in (line.split("|") for line in TURNS.strip().splitlines())
    ],
)
def test_a_turn_lasts_from_hand_over_to_hand_over_by_wall_clocks(at: str, person: str, since: str, until: str) -> None:
    assert turn(rotation(), [], utc(at)) == Turn(int(person), utc(since), utc(until))


def test_a_hand_over_at_a_time_that_a_change_of_clocks_leaves_out_is_the_first_instant_after_it() -> None:
    """On 28 March 2027 there is no 02:30 in Berlin."""
    nightly = rotation(days=1, hand_over="02:30", starts="2027-03-27")
    held = turn(nightly, [], utc("2027-03-28T03:00+02:00"))
    assert (held.person_id, held.starts_at) == (BEN, utc("2027-03-28T03:00+02:00"))
    assert held.ends_at == utc("2027-03-29T02:30+02:00")


def test_a_hand_over_at_a_time_that_comes_twice_is_the_first_of_them() -> None:
    nightly = rotation(days=1, hand_over="02:30", starts="2026-10-24")
    held = turn(nightly, [], utc("2026-10-25T02:30+01:00"))
    assert (held.person_id, held.starts_at) == (BEN, utc("2026-10-25T02:30+02:00"))


@pytest.mark.parametrize(
    ("at", "person", "since", "until", "instead"),
    [
        ("2026-10-06T12:00+02:00", MIA, "2026-10-05T09:00+02:00", "2026-10-07T09:00+02:00", None),
        ("2026-10-07T09:00+02:00", BEN, "2026-10-07T09:00+02:00", "2026-10-09T09:00+02:00", MIA),
        ("2026-10-09T09:00+02:00", MIA, "2026-10-09T09:00+02:00", "2026-10-12T09:00+02:00", None),
    ],
    ids=["before the stand-in", "during it", "after it"],
)
def test_who_stands_in_has_that_part_of_the_turn(
    at: str, person: int, since: str, until: str, instead: int | None
) -> None:
    taken = [stand_in(1, BEN, "2026-10-07T09:00+02:00", "2026-10-09T09:00+02:00")]
    assert turn(rotation(), taken, utc(at)) == Turn(person, utc(since), utc(until), instead)


def test_of_two_stand_ins_the_later_agreed_holds() -> None:
    week = ("2026-10-05T09:00+02:00", "2026-10-12T09:00+02:00")
    taken = [stand_in(2, TOM, *week), stand_in(1, BEN, *week)]
    assert turn(rotation(), taken, utc("2026-10-06T12:00+02:00")).person_id == TOM


def test_a_stand_in_of_another_rotation_is_no_matter_of_this_one() -> None:
    other = StandIn(1, 2, BEN, MIA, utc("2026-10-05T09:00+02:00"), utc("2026-10-12T09:00+02:00"))
    assert turn(rotation(), [other], utc("2026-10-06T12:00+02:00")).person_id == MIA


def test_a_swap_shows_in_what_comes() -> None:
    swapped = [
        stand_in(1, BEN, "2026-10-05T09:00+02:00", "2026-10-12T09:00+02:00"),
        stand_in(2, MIA, "2026-10-12T09:00+02:00", "2026-10-19T09:00+02:00", instead=BEN),
    ]
    found = turns(rotation(), swapped, utc("2026-10-06T12:00+02:00"), 3)
    assert [(each.person_id, each.instead_of) for each in found] == [(BEN, MIA), (MIA, BEN), (TOM, None)]


def test_who_is_asked_where_somebody_is_away() -> None:
    assert after(rotation(), BEN) == (TOM, MIA)
    assert after(rotation(), 9) == (MIA, BEN, TOM)


def test_a_rotation_of_one_has_one_turn_without_end() -> None:
    alone = Rotation(1, "a", "A", "UTC", time(9), date(2026, 10, 5), 7, (MIA,))
    found = turns(alone, [], utc("2026-10-06T12:00+02:00"), 3)
    assert [each.person_id for each in found] == [MIA]


@given(
    minutes=st.integers(0, 5 * 366 * 24 * 60),
    zone=st.sampled_from(["Europe/Berlin", "America/New_York", "Africa/Cairo", "Australia/Lord_Howe", "Etc/GMT-3"]),
    days=st.sampled_from([1, 7, 14]),
    minute=st.integers(0, 24 * 60 - 1),
)
def test_at_every_moment_exactly_one_turn_holds(minutes: int, zone: str, days: int, minute: int) -> None:
    when = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    shown = rotation(zone, days, f"{minute // 60:02}:{minute % 60:02}")
    held = turn(shown, [], when)
    assert held.starts_at <= when < held.ends_at
    following = turn(shown, [], held.ends_at)
    assert following.starts_at == held.ends_at and following.person_id != held.person_id
    assert abs((held.ends_at - held.starts_at) - timedelta(days=days)) <= timedelta(hours=1)
