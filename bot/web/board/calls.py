"""The week of calls: who talks with whom, when, and whose answer is missing."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from starlette.responses import Response

from bot.web.board.site import Board, page
from bot.web.board.visit import Visit

_FIRST, _LAST = date(2000, 1, 1), date(2100, 1, 1)
_WEEK, _TO_THURSDAY = timedelta(days=7), timedelta(days=3)


async def calls_page(board: Board, visit: Visit) -> Response:
    """`?week=` any of its days, by default today; in the zone of whoever looks."""
    day = _day(visit.request.query_params.get("week", ""))
    at = board.desk.clock().now if day is None else datetime.combine(day, time(12), UTC)
    week = await board.desk.calls(visit.person.zone, at)
    # A Thursday lies in the same week in every zone.
    middle = week.monday + _TO_THURSDAY
    return await page(board, visit, "calls.html", week=week, before=middle - _WEEK, after=middle + _WEEK)


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if _FIRST < day < _LAST else None
