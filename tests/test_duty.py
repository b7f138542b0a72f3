"""Absences that overlap, touch, end early or never: who is away when, and when he is back."""

from __future__ import annotations

from datetime import datetime

import pytest

from bot.duty import Absence, Away, Origin, away, stretches


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
