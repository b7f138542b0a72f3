"""What stands before every route of the chat: origin, session, rate, a small well-formed body."""

from __future__ import annotations

import json
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot.channels.base import Route, Unavailable, Visitor, Visits
from bot.channels.inapp.origins import Origins, cors_headers, preflight_headers
from bot.now import Times
from bot.pace import Buckets

MAX_BODY = 64 * 1024
"""Bytes of a JSON body."""

_MAX_DEPTH = 8
_BEARER = "bearer "


class Refusal(Exception):
    """An answer other than 200; `retry_after` in seconds where repeating makes sense."""

    def __init__(self, status: int, error: str, retry_after: float | None = None) -> None:
        super().__init__(error)
        self.status = status
        self.error = error
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Caller:
    """A request of a known visitor; `secret` is the session's, to look it up again."""

    visitor: Visitor
    secret: str


Open = Callable[[Request], Awaitable[Response]]
Guarded = Callable[[Request, Caller], Awaitable[Response]]


class Gate:
    """Wraps handlers into routes. Room and client come from the session, never from the request."""

    def __init__(self, visits: Visits, origins: Origins, times: Times) -> None:
        self._visits = visits
        self._origins = origins
        self._times = times

    def open(self, method: str, path: str, handler: Open) -> tuple[Route, Route]:
        """The route, for callers without a session, and its preflight."""

        async def endpoint(request: Request) -> Response:
            return await self._answer(request, lambda: handler(request))

        return Route(method, path, endpoint), self._preflight(method, path)

    def guarded(
        self, method: str, path: str, handler: Guarded, rate: Buckets, client_rate: Buckets | None = None
    ) -> tuple[Route, Route]:
        """The route, for callers with a session and within the rates of person and client, and its preflight."""

        async def endpoint(request: Request) -> Response:
            async def enter() -> Response:
                caller = await self._caller(request)
                self.check_origin(request, caller.visitor.client)
                wait = rate.take(caller.visitor.sender, self._times.machine())
                if not wait and client_rate is not None:
                    wait = client_rate.take(caller.visitor.client, self._times.machine())
                if wait:
                    raise Refusal(429, "too many requests; slow down", wait)
                return await handler(request, caller)

            return await self._answer(request, enter)

        return Route(method, path, endpoint), self._preflight(method, path)

    def check_origin(self, request: Request, client: str | None) -> None:
        """403 where the page that asks may not speak for this client."""
        if not self._allowed(request, client):
            raise Refusal(403, "this page's origin is not in PLEDGE_INAPP__ORIGINS of the client")

    async def _answer(self, request: Request, handle: Callable[[], Awaitable[Response]]) -> Response:
        try:
            self.check_origin(request, None)
            response = await handle()
        except Refusal as refusal:
            response = _refused(refusal)
        except Unavailable:
            response = _refused(Refusal(503, "not stored; send it again", 2))
        response.headers.setdefault("cache-control", "no-store")
        # A refused origin may not even read the refusal.
        origin = None if response.status_code == 403 else request.headers.get("origin")
        for name, value in cors_headers(origin).items():
            response.headers[name] = value
        return response

    def _allowed(self, request: Request, client: str | None) -> bool:
        return self._origins.allows(request.headers.get("origin"), request.url.netloc, client)

    async def _caller(self, request: Request) -> Caller:
        header = request.headers.get("authorization", "")
        if not header.lower().startswith(_BEARER):
            raise Refusal(401, "no session; POST a signed token to /inapp/session first")
        secret = header[len(_BEARER) :].strip()
        visitor = await self._visits.find(secret, self._times.machine())
        if visitor is None:
            raise Refusal(401, "the session has ended; fetch a fresh token and open another")
        return Caller(visitor, secret)

    def _preflight(self, method: str, path: str) -> Route:
        async def preflight(request: Request) -> Response:
            origin = request.headers.get("origin")
            wanted = request.headers.get("access-control-request-method", method)
            if origin is None or wanted != method or not self._allowed(request, None):
                return JSONResponse({"error": "origin or method not allowed"}, 403, {"vary": "Origin"})
            return Response(status_code=204, headers=preflight_headers(origin, method))

        return Route("OPTIONS", path, preflight)


async def read_json(request: Request) -> tuple[dict[str, Any], bytes]:
    """The body as an object, and its bytes as they came. Refusal 415, 413 or 400 for anything else (S4)."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refusal(415, "send application/json")
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > MAX_BODY:
            raise Refusal(413, f"the body is larger than {MAX_BODY} bytes")
    try:
        data = json.loads(raw, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Refusal(400, "the body is no JSON") from error
    if not isinstance(data, dict) or _is_deeper(data, _MAX_DEPTH):
        raise Refusal(400, "the body must be one flat JSON object")
    return data, bytes(raw)


def query_int(request: Request, name: str, default: int | None) -> int | None:
    """A whole number of the query, `default` where it is not there; Refusal 400 for anything else."""
    value = request.query_params.get(name)
    if value is None:
        return default
    if not (value.isascii() and value.isdigit() and len(value) <= 15):
        raise Refusal(400, f"{name} must be a whole number")
    return int(value)


def _refused(refusal: Refusal) -> Response:
    headers = {} if refusal.retry_after is None else {"retry-after": str(math.ceil(refusal.retry_after))}
    if refusal.status == 401:
        headers["www-authenticate"] = "Bearer"
    return JSONResponse({"error": refusal.error}, refusal.status, headers)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _is_deeper(value: object, depth: int) -> bool:
    layer = [value]
    for _ in range(depth):
        layer = [
            inner
            for each in layer
            if isinstance(each, (dict, list))
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
    return any(isinstance(each, (dict, list)) for each in layer)
