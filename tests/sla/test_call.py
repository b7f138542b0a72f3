"""Reminders of a call: a day, an hour, ten minutes before, to both sides, the first within the hours of its reader."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from office import GMT3, at, desk

from bot.sla.call import BookedCall, CallState, Side, daytime, parse_call, reminders

NEW_YORK = ZoneInfo("America/New_York")
NOW = at("2025-03-13T12:00")
CALL = BookedCall(
    id=3,
    uid="u",
    client_id=1,
    contract_id=1,
    room_id=1,
    person_id=1,
    ticket_id=None,
    state=CallState.AGREED,
    waits_for=None,
    starts_at=at("2025-03-17T16:00"),
    ends_at=at("2025-03-17T16:30"),
    asked_at=NOW,
)


def planned(call: BookedCall, now=NOW) -> list[str]:
    found = reminders(call, now, desk(), daytime("America/New_York"))
    zones = {Side.CLIENT: NEW_YORK, Side.STAFF: GMT3}
    return [f"{each.side} {each.kind} {each.at.astimezone(zones[each.side]):%a %H:%M}" for each in found]


def test_an_agreed_call_reminds_both_sides_within_their_hours():
    """Monday 16:00 GMT+3 is 09:00 in New York; on Sunday the office is closed, so the manager hears on Friday."""
    assert planned(CALL) == [
        "staff day Fri 18:00",
        "client day Sun 09:00",
        "client hour Mon 08:00",
        "staff hour Mon 15:00",
        "client ten Mon 08:50",
        "staff ten Mon 15:50",
        "staff outcome Mon 16:30",
    ]


def test_nobody_is_written_to_at_night_a_day_before():
    """Tuesday 10:00 GMT+3 is 03:00 in New York: its client is reminded on Sunday evening, not on Monday at three."""
    early = replace(CALL, starts_at=at("2025-03-18T10:00"), ends_at=at("2025-03-18T10:30"))
    assert planned(early)[:2] == ["client day Sun 19:00", "staff day Mon 10:00"]


def test_what_has_passed_is_not_said_any_more():
    assert planned(CALL, at("2025-03-17T15:30")) == [
        "client ten Mon 08:50",
        "staff ten Mon 15:50",
        "staff outcome Mon 16:30",
    ]


def test_what_is_not_agreed_lapses_when_its_time_has_come():
    proposed = replace(CALL, state=CallState.PROPOSED, waits_for=Side.CLIENT)
    assert planned(proposed)[-1] == "staff lapse Mon 16:00"
    assert planned(replace(CALL, state=CallState.WISHED, waits_for=Side.STAFF)) == ["staff lapse Mon 16:00"]


@pytest.mark.parametrize("state", [CallState.CANCELLED, CallState.HELD, CallState.NO_SHOW])
def test_a_call_that_is_over_reminds_nobody(state):
    assert planned(replace(CALL, state=state)) == []


@pytest.mark.parametrize(
    ("word", "number"), [("C-3", 3), ("c3", 3), ("#3", 3), ("3", 3), ("T-3", None), ("", None), ("C-", None)]
)
def test_a_call_is_named_by_its_number(word, number):
    assert parse_call(word) == number


def test_the_other_side_of_each_side_is_the_other():
    assert Side.CLIENT.other is Side.STAFF and Side.STAFF.other is Side.CLIENT
    assert CALL.span.end - CALL.span.start == timedelta(minutes=30)
