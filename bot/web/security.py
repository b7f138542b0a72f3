"""What every request and response passes through: limits of bodies, host names, headers, honest errors.

Plain ASGI, so that streams pass untouched; it must not know what the routes mean.
"""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
from collections.abc import Sequence
from datetime import timedelta
from html import escape
from ipaddress import ip_address
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_log = logging.getLogger(__name__)

MAX_BODY = 1024 * 1024
"""Bytes of the largest body any route is given; routes may allow less."""

BODY_TIME = timedelta(seconds=30)
"""How long a client may take to send its whole body."""

MAX_HEAD = 32 * 1024
"""Bytes of a request's address and headers together."""

_HOST = re.compile(r"([a-z0-9._-]*|\[[0-9a-f:.]+\])(?::\d{1,5})?")
_LONG = re.compile(r"[A-Za-z0-9_-]{20,}")  # in an address it may be a secret
_PROXIED = frozenset({"forwarded", "via", "x-real-ip", "x-client-ip", "true-client-ip", "cf-connecting-ip"})
_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})


class _Refused(Exception):
    """A body that goes on for too long, in bytes or in time; raised out of the route's own `receive`."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


class BodyGuard:
    """Refuses bodies that are compressed, too large or too slow, before a route has read them (S4, S5)."""

    def __init__(self, app: ASGIApp, *, max_body: int = MAX_BODY, body_time: timedelta = BODY_TIME) -> None:
        self._app = app
        self._max_body = max_body
        self._body_time = body_time

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = _too_large_a_head(scope) or self._refusal(Headers(scope=scope))
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, self._limited(receive), watched)
        except _Refused as refused:
            if started:
                raise
            await problem(Request(scope), refused.status, refused.detail, close=True)(scope, receive, send)

    def _refusal(self, headers: Headers) -> Response | None:
        coding = headers.get("content-encoding", "identity").strip().lower()
        if coding not in ("", "identity"):
            # Nothing that calls us needs it, and a bomb has to be unpacked to be recognised.
            return JSONResponse({"error": f"Content-Encoding {coding[:20]!r} is not accepted"}, 415)
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit()):
            return JSONResponse({"error": "Content-Length is no number"}, 400)
        if int(length[:20]) > self._max_body:
            return JSONResponse(
                {"error": f"the body is larger than {self._max_body} bytes"}, 413, {"connection": "close"}
            )
        return None

    def _limited(self, receive: Receive) -> Receive:
        read = 0
        complete = False
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._body_time.total_seconds()

        async def limited() -> Message:
            nonlocal read, complete
            if complete:
                return await receive()  # waits for the disconnect, as long as the response lasts
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError:
                raise _Refused(408, "the body took too long to arrive") from None
            read += len(message.get("body", b""))
            complete = not message.get("more_body", False)
            if read > self._max_body:
                raise _Refused(413, f"the body is larger than {self._max_body} bytes")
            return message

        return limited


class HostGuard:
    """Answers 400 to a Host that is not ours, so that a foreign name pointed at us opens nothing."""

    def __init__(self, app: ASGIApp, *, allowed: Sequence[str]) -> None:
        self._app = app
        self._allowed = frozenset(name.lower() for name in allowed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and "*" not in self._allowed:
            host = Headers(scope=scope).get("host", "")
            if _host_name(host) not in self._allowed:
                refusal = JSONResponse(
                    {"error": f"host {host[:100]!r} is not ours (PLEDGE_HTTP__PUBLIC_URL names it)"}, 400
                )
                await refusal(scope, receive, send)
                return
        await self._app(scope, receive, send)


class SafeHeaders:
    """Security headers on every response (S24); pages read their nonce from `request.state.nonce`."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        self._https = https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        nonce = secrets.token_urlsafe(16)
        scope.setdefault("state", {})["nonce"] = nonce

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _headers(nonce, self._https).items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, dressed)


class HonestErrors:
    """What a route raises becomes a short 500 without inner words, and a traceback in the log (S32, S33)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except _Refused:
            raise
        except Exception:
            # The path alone: a query may hold words or secrets.
            _log.exception("web.failed: %s %.200r raised", scope["method"], _LONG.sub("...", scope["path"]))
            if started:
                raise  # the server cuts the connection: half an answer must not look whole
            await problem(Request(scope), 500, "Something went wrong here. It has been logged.")(scope, receive, send)


async def http_problem(request: Request, error: Exception) -> Response:
    """Starlette's handler for HTTPException: 404, 405 and what routes raise on purpose."""
    assert isinstance(error, HTTPException)
    return problem(request, error.status_code, error.detail, headers=error.headers)


async def unavailable(request: Request, error: Exception) -> Response:
    """The store cannot answer now; nothing was kept, and asking again is right."""
    return problem(request, 503, "The bot cannot answer at this moment; try again.", headers={"retry-after": "1"})


def problem(request: Request, status: int, detail: str, *, headers: Any = None, close: bool = False) -> Response:
    """A short answer: a page for browsers that ask for one, JSON for everybody else."""
    extra = dict(headers or {}) | ({"connection": "close"} if close else {})
    if "text/html" in request.headers.get("accept", ""):
        return HTMLResponse(_PAGE.format(status=status, detail=escape(detail)), status, extra)
    return JSONResponse({"error": detail}, status, extra)


def is_local(request: Request) -> bool:
    """The request was made on this machine and by no proxy: the only way to metrics and inner state (S38).

    A proxy on this machine comes from loopback too; it betrays itself by what it adds, or by the outer name that
    it hands through.
    """
    if any(name in _PROXIED or name.startswith("x-forwarded-") for name in request.headers):
        return False
    if _host_name(request.headers.get("host", "")) not in _LOOPBACK_NAMES:
        return False
    try:
        return request.client is not None and ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def _host_name(host: str) -> str | None:
    """The name in a Host header, without its port: `[::1]:8080` -> `[::1]`; None where it is no name at all.

    Strict, because redirects are built from the header: `localhost:80@evil.example` must not pass for ours.
    """
    match = _HOST.fullmatch(host.lower())
    return match and match[1]


def _too_large_a_head(scope: Scope) -> Response | None:
    size = len(scope.get("raw_path") or b"") + len(scope["query_string"])
    size += sum(len(name) + len(value) for name, value in scope["headers"])
    if size <= MAX_HEAD:
        return None
    return JSONResponse(
        {"error": f"address and headers are larger than {MAX_HEAD} bytes"}, 431, {"connection": "close"}
    )


def _headers(nonce: str, https: bool) -> dict[str, str]:
    headers = {
        "content-security-policy": (
            f"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; "
            "img-src 'self' data:; font-src 'self'; connect-src 'self'; frame-src 'self'; "
            "frame-ancestors 'self'; base-uri 'none'; form-action 'self'"
        ),
        "x-content-type-options": "nosniff",
        "x-frame-options": "SAMEORIGIN",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=()",
    }
    if https:
        headers["strict-transport-security"] = "max-age=31536000"
    return headers


_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{status}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<h1>{status}</h1><p>{detail}</p></html>
"""
