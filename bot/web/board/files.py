"""Files of clients, fetched through our side: their addresses at a platform hold a secret that no browser may see."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse

from bot.channels.base import CanFetch, Unavailable
from bot.web.board.ports import BoardDesk
from bot.web.board.visit import Visit

MOST = 50 * 1024 * 1024
"""Bytes of a file that are handed on; more is cut off, and the transfer fails rather than looks whole."""


async def file_download(desk: BoardDesk, channels: Mapping[str, object], visit: Visit) -> Response:
    """The n-th file of a message. Always a download: what a client sent is never shown inside a page of ours."""
    number, n = visit.request.path_params["message"], visit.request.path_params["n"]
    found = await desk.file(int(number), int(n)) if number.isdecimal() and n.isdecimal() else None
    channel = None if found is None else channels.get(found.channel)
    if found is None or not isinstance(channel, CanFetch):
        raise HTTPException(404, "There is no such file.")
    async with AsyncExitStack() as stack:
        try:
            pieces = await stack.enter_async_context(channel.fetch(found.account, found.file.handle))
        except Unavailable as error:
            raise HTTPException(502, f"The platform does not give this file: {error}") from error
        return StreamingResponse(
            _handed_on(pieces, stack.pop_all()),
            media_type="application/octet-stream",
            headers={
                "content-disposition": f"attachment; filename*=UTF-8''{quote(found.file.name or 'file', safe='')}",
                "cache-control": "no-store",
            },
        )


async def _handed_on(pieces: AsyncIterator[bytes], stack: AsyncExitStack) -> AsyncIterator[bytes]:
    sent = 0
    async with stack:
        async for piece in pieces:
            sent += len(piece)
            if sent > MOST:
                raise ValueError(f"a file of more than {MOST} bytes")
            yield piece
