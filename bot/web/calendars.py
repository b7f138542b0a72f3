"""Calendar files at private addresses: whoever knows the secret in one may read it, and nothing else is asked."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from bot.pace import Buckets

Find = Callable[[str], Awaitable[bytes | None]]
"""The file behind a secret; None where there is none. Raises `Unavailable`."""

_HEADERS = {
    "cache-control": "private, no-cache",
    # A page of another origin must not be able to read what its visitor's machine knows the address of.
    "cross-origin-resource-policy": "same-origin",
    "x-robots-tag": "noindex",
}


def calendar_routes(*, invitation: Find, feed: Find, now: Callable[[], datetime]) -> Sequence[BaseRoute]:
    """`now` is machine time, by which too many requests are refused: of one address that has a file, and of all others
    together. Whoever guesses keeps nobody from a file that was fetched before.
    """
    known, unknown = Buckets(per_second=0.2, burst=20), Buckets(per_second=50, burst=200)

    def route(path: str, find: Find, disposition: str) -> Route:
        async def endpoint(request: Request) -> Response:
            secret = request.path_params["secret"]
            # Keys of the table are no secrets that a timing could betray: they are drawn from 2^144.
            key = f"{path}:{secret[:100]}"
            wait = known.take(key, now()) if key in known else unknown.take("", now())
            if wait:
                text = "Too many requests; ask again later.\n"
                return PlainTextResponse(text, 429, {"retry-after": str(int(wait) + 1), "cache-control": "no-store"})
            body = await find(secret)
            if body is None:
                return PlainTextResponse("There is no calendar here.\n", 404, {"cache-control": "no-store"})
            if key not in known:
                known.take(key, now())
            return _file(request, body, disposition)

        return Route(path, endpoint, methods=["GET"])

    return [
        route("/calls/{secret}.ics", invitation, 'attachment; filename="invite.ics"'),
        route("/calendar/{secret}.ics", feed, 'inline; filename="calls.ics"'),
    ]


def _file(request: Request, body: bytes, disposition: str) -> Response:
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = _HEADERS | {"etag": tag}
    known = [each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")]
    if tag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    headers["content-disposition"] = disposition
    return Response(body, headers=headers, media_type="text/calendar; charset=utf-8")
