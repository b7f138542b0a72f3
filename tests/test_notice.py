"""What a notice says of time: in its reader's zone, or in that of somebody else beside it; stored as it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.i18n import load
from bot.notice import At, Key, Notice, Slot, dumps, loads, render, say
from bot.text import plain

START = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
SPAN = Slot(START, START + timedelta(minutes=30))
THERE = "Etc/GMT-3"


@pytest.mark.parametrize("value", [At(START), At(START, THERE), SPAN, Slot(START, START, THERE)])
def test_a_time_is_read_back_as_it_was_stored(value: At | Slot) -> None:
    for notice in (Notice((say("call.line", span=value),)), Notice((say("x", of=Key("y", {"span": value})),))):
        assert loads(dumps(notice)) == notice


def test_one_moment_can_be_told_in_two_zones() -> None:
    now = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    notice = Notice((say("button.call_slot", at=At(START), elsewhere=At(START, THERE)),))
    assert plain(render(notice, load().words("en"), "Europe/Berlin", now)) == "Tue 15:00 Berlin (Tue 17:00 GMT+3)"
