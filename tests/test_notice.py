"""What a notice says of time: in its reader's zone, or in that of somebody else beside it; stored as it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.i18n import load
from bot.notice import At, Beside, Key, Left, Notice, Say, Slot, dumps, loads, render, say
from bot.text import Line, Moment, Rich, plain

START = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
SPAN = Slot(START, START + timedelta(minutes=30))
THERE = "Etc/GMT-3"


@pytest.mark.parametrize("value", [At(START), At(START, THERE), Beside(START, THERE), SPAN, Slot(START, START, THERE)])
def test_a_time_is_read_back_as_it_was_stored(value: At | Beside | Slot) -> None:
    for notice in (Notice((say("call.line", span=value),)), Notice((say("x", of=Key("y", {"span": value})),))):
        assert loads(dumps(notice)) == notice


def test_one_moment_can_be_told_in_two_zones() -> None:
    now = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    notice = Notice((say("button.call_slot", at=At(START), elsewhere=Beside(START, THERE)),))
    assert plain(render(notice, load().words("en"), "Europe/Berlin", now)) == "Tue 15:00 Berlin (Tue 17:00 GMT+3)"


@pytest.mark.parametrize("zone", [THERE, "Europe/Moscow"])
def test_a_moment_is_told_once_where_both_zones_agree(zone: str) -> None:
    now = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    notice = Notice((say("button.call_slot", at=At(START), elsewhere=Beside(START, THERE)),))
    assert "(" not in plain(render(notice, load().words("en"), zone, now))


def test_what_is_told_in_another_zone_is_no_moment_that_readers_see_in_their_own() -> None:
    now = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    notice = Notice(
        (say("call.line", call="C-1", span=SPAN, elsewhere=Beside(START, THERE), who="Ann", state="agreed"),)
    )
    line = render(notice, load().words("en"), "Europe/Berlin", now).blocks[0]
    assert isinstance(line, Line)
    (mine,) = [node for node in line.children if isinstance(node, Moment)]
    assert (mine.at, mine.until) == (SPAN.start, SPAN.end)
    assert "Tue 17:00 GMT+3" in plain(Rich((line,)))


@pytest.mark.parametrize(("past", "said"), [(None, "Answer guaranteed"), ("window.past", "Overdue"), ("", None)])
def test_what_is_worded_after_its_time_says_so_or_is_left_out(past: str | None, said: str | None) -> None:
    due = {"due": At(START), "left": Left(START), "who": "Mia", "ref": "T-42", "priority": "High", "began": At(START)}
    notice = loads(dumps(Notice((Say("window.in_hours", due, past=past),))))
    in_time = plain(render(notice, load().words("en"), "UTC", START))
    assert in_time.startswith("Answer guaranteed")
    late = plain(render(notice, load().words("en"), "UTC", START + timedelta(seconds=1)))
    assert late.startswith(said) if said else late == ""
