"""The queue: every ticket by time to breach."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from bot.web.board.site import Board, fragment, page, show
from bot.web.board.visit import Visit

_VIEWS = ("all", "mine", "closed")


async def queue_page(board: Board, visit: Visit) -> Response:
    """`?view=` all open tickets (default), mine, or those closed lately."""
    return await page(board, visit, "queue.html", **await _queue(board, visit))


async def queue_fragment(board: Board, visit: Visit) -> Response:
    """The same list without its frame."""
    shown = await _queue(board, visit)
    tones = [show(board, visit).tone(row) for row in shown["rows"]]
    return await fragment(board, visit, "_queue.html", (shown["rows"], shown["counts"], shown["view"], tones), **shown)


async def _queue(board: Board, visit: Visit) -> dict[str, Any]:
    asked = visit.request.query_params.get("view")
    view = asked if asked in _VIEWS else _VIEWS[0]
    rows = await board.desk.queue(owner_id=visit.person.id if view == "mine" else None, closed=view == "closed")
    return {"rows": tuple(rows), "counts": await board.desk.summary(), "view": view, "views": _VIEWS}
