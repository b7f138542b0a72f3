"""The week of calls as a browser gets it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from board_box import Board
from board_fakes import NOW, a_week, times

from bot.desk.calls.week import CallRow
from bot.sla.call import CallState


def a_call(number: int, start: datetime, state: CallState = CallState.AGREED, **more: str) -> CallRow:
    said = {"client": "Northwind Traffic", "manager": "Anna Petrova", "topic": "", "ticket": "", "waits_for": ""} | more
    return CallRow(reference=f"C-{number}", state=state, starts_at=start, ends_at=start + timedelta(minutes=30), **said)


async def text_of(board: Board, path: str = "/board/calls") -> str:
    page = (await board.browser.get(path)).text
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.partition("<main")[2]))


async def test_a_week_says_who_talks_with_whom_when_and_whose_answer_is_missing(board: Board) -> None:
    wednesday, friday = NOW - timedelta(days=2), NOW + timedelta(minutes=50)
    board.desk.week = a_week(
        a_call(3, wednesday, topic="funnels & <b>friends</b>", ticket="T-42"),
        a_call(4, friday, CallState.PROPOSED, waits_for="Anna Petrova"),
        a_call(5, friday + timedelta(hours=1)),
    )
    page = await text_of(board)
    # NOW is 18:10 in Anna's zone.
    assert "Wed 18 Nov 18:10 -18:40 Northwind Traffic, Anna Petrova funnels &amp; &lt;b&gt;friends" in page
    assert "C-3, T-42 outcome not told" in page
    assert "C-4 waits for Anna Petrova" in page and "C-5 agreed" in page
    assert page.count("No call") == 5


async def test_a_week_says_what_came_of_the_calls_that_are_over(board: Board) -> None:
    tuesday, wednesday = NOW - timedelta(days=3), NOW - timedelta(days=2)
    board.desk.week = a_week(a_call(3, tuesday, CallState.HELD), a_call(4, wednesday, CallState.NO_SHOW))
    page = await text_of(board)
    assert "C-3 took place" in page and "C-4 nobody came" in page and "outcome not told" not in page


@pytest.mark.parametrize(
    ("query", "at"),
    [
        ("", NOW),
        ("?week=2026-11-12", datetime(2026, 11, 12, 12, tzinfo=UTC)),
        ("?week=nonsense", NOW),
        ("?week=9999-12-31", NOW),
    ],
)
async def test_any_week_can_be_asked_for_in_the_zone_of_whoever_looks(board: Board, query: str, at: datetime) -> None:
    page = (await board.browser.get(f"/board/calls{query}")).text
    assert board.desk.weeks == [("Etc/GMT-3", at)]
    assert 'href="/board/calls?week=2026-11-12"' in page and 'href="/board/calls?week=2026-11-26"' in page


async def test_a_week_names_the_next_call_after_it(board: Board) -> None:
    assert "later" not in await text_of(board)
    # Half past midnight of a Monday in Anna's zone is still Sunday elsewhere.
    board.desk.week = replace(a_week(), later_at=datetime(2026, 11, 22, 21, 30, tzinfo=UTC))
    page = (await board.browser.get("/board/calls")).text
    assert '<a href="/board/calls?week=2026-11-23">Mon 00:30 GMT+3</a>' in page


async def test_nobody_sees_the_week_without_signing_in(outside: Board) -> None:
    assert (await outside.browser.get("/board/calls")).status_code in (302, 303)
    assert outside.desk.weeks == []


async def test_a_bar_says_when_each_can_be_called_and_what_takes_of_it(board: Board) -> None:
    board.desk.week = a_week(
        people=(
            times(
                "Anna <b>", open="10:00-13:00 15:00-18:30", busy="13:00-15:00", away="18:30-19:00", calls="11:00-11:30"
            ),
            times("Boris", open="22:00-24:00"),
            times("Carl"),
        )
    )
    page = (await board.browser.get("/board/calls")).text
    assert page.count("<title>Anna &lt;b&gt;: can be called 10:00-13:00, 15:00-18:30; busy 13:00-15:00; ") == 7
    assert "away 18:30-19:00; call 11:00-11:30</title>" in page
    assert "<title>Boris: can be called 22:00-00:00</title>" in page and "<title>Carl: no hours</title>" in page
    # From the first hour of anybody to the last.
    assert page.count('viewBox="600 0 840 8"') == 21 and "<li>Bars run from 10:00 to 24:00</li>" in page
    assert '<rect class="busy" x="780" width="120" y="0" height="8"/>' in page
    assert '<rect class="away" x="1110" width="30" y="3" height="2"/>' in page
    assert '<rect class="open" x="1320" width="120" y="0" height="8"/>' in page
    shown = [kind in page for kind in ("can be called</li>", "busy in the own calendar</li>", "away</li>", "call</li>")]
    assert all(shown), "a legend says what the colours are"


async def test_a_calendar_of_which_not_all_is_known_is_named(board: Board) -> None:
    since = NOW - timedelta(hours=2)
    board.desk.week = a_week(
        people=(times("Anna", in_part=True), times("Boris", in_part=True, unread_since=since), times("Carl"))
    )
    page = await text_of(board)
    assert "The calendar of Anna is read in part; time that looks free may be taken." in page
    assert "The calendar of Boris has not been read since 16:10 GMT+3." in page and "calendar of Carl" not in page


async def test_a_week_of_nobody_has_no_bars_and_no_legend(board: Board) -> None:
    page = (await board.browser.get("/board/calls")).text
    assert "<svg" not in page.partition("<main")[2] and "legend" not in page
