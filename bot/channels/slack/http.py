"""Signed requests: verified and read by slack-bolt, committed, then answered with 200; Slack repeats the rest.

slack-bolt's chain ends at our step right behind the check of the signature. What would follow there asks Slack who we
are and confirms before a listener has run.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.middleware.async_builtins import AsyncRequestVerification
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot.channels.base import Route, Unavailable
from bot.channels.slack.api import quiet
from bot.channels.slack.intake import After, Answer, Intake
from bot.channels.slack.signature import MachineClock, Verifier
from bot.now import Times

MAX_BODY = 1024 * 1024
"""Bytes of a request; Slack's are far smaller."""

_FORM = "application/x-www-form-urlencoded"
_JSON = "application/json"
_MOST_FIELDS = 100
_SIGNED = ("x-slack-request-timestamp", "x-slack-signature")
_ARRIVAL = "pledge_arrival"

Handle = Callable[[bytes, Mapping[str, Any] | None], Awaitable[Answer]]
"""Commits a genuine body, given with what slack-bolt has read from it (None: it could not)."""


@dataclass(slots=True)
class _Arrival:
    """A request on its way through slack-bolt: what it is, what it is to be, and what is to follow its answer."""

    raw: bytes
    media_type: str
    wanted: str
    handle: Handle
    is_read: bool = False
    after: After | None = None


class HttpIntake:
    """The three addresses that the manifest names."""

    def __init__(self, secret: str, intake: Intake, times: Times) -> None:
        self._intake = intake
        self._app = _app(secret, times)

    def routes(self) -> Sequence[Route]:
        return (
            Route("POST", "/slack/events", self._route(_JSON, self._event)),
            Route("POST", "/slack/interactive", self._route(_FORM, self._interaction)),
            Route("POST", "/slack/commands", self._route(_FORM, self._slash)),
        )

    def _route(self, media_type: str, handle: Handle) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            raw = await _body(request)
            if raw is None:
                error = f"the body is larger than {MAX_BODY} bytes"
                return JSONResponse({"error": error}, 413, {"cache-control": "no-store"})
            given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
            arrival = _Arrival(raw, given, media_type, handle)
            said = await self._app.async_dispatch(_request(request, arrival))
            after = None if arrival.after is None else BackgroundTask(_follow_up, arrival.after)
            return Response(said.body, said.status, said.first_headers(), background=after)

        return endpoint

    async def _event(self, raw: bytes, read: Mapping[str, Any] | None) -> Answer:
        try:
            envelope = json.loads(raw) if read is None else read
        except (ValueError, RecursionError) as error:
            return await self._intake.unreadable(raw, f"no JSON: {error}")
        if not isinstance(envelope, Mapping):
            return await self._intake.unreadable(raw, "not a JSON object")
        return await self._intake.event(envelope, raw)

    async def _interaction(self, raw: bytes, read: Mapping[str, Any] | None) -> Answer:
        try:
            data = json.loads(_fields(raw)["payload"])
        except (KeyError, ValueError, RecursionError) as error:
            return await self._intake.unreadable(raw, f"no interaction: {error}")
        if not isinstance(data, dict):
            return await self._intake.unreadable(raw, "the interaction is no JSON object")
        return await self._intake.interaction(data, raw)

    async def _slash(self, raw: bytes, read: Mapping[str, Any] | None) -> Answer:
        try:
            fields = _fields(raw)
        except ValueError as error:
            return await self._intake.unreadable(raw, f"no form: {error}")
        return await self._intake.slash(fields, raw)


class _Commit(AsyncMiddleware):
    """Our step of slack-bolt's chain, right behind the signature: commits, then confirms; it is the last one.

    Only the challenge of a new address goes on, to slack-bolt's own answer.
    """

    async def async_process(
        self, *, req: AsyncBoltRequest, resp: BoltResponse, next: Callable[[], Awaitable[BoltResponse]]
    ) -> BoltResponse | None:
        arrival: _Arrival = req.context[_ARRIVAL]
        if arrival.media_type != arrival.wanted:
            return BoltResponse(status=415, body={"error": f"only {arrival.wanted} is taken here"})
        if arrival.wanted == _JSON and req.body.get("type") == "url_verification":
            return await next()
        try:
            answer = await arrival.handle(arrival.raw, req.body if arrival.is_read else None)
        except Unavailable:
            return BoltResponse(status=503, body={"error": "not stored; send it again"}, headers={"retry-after": "2"})
        arrival.after = answer.after
        return BoltResponse(status=200, body="" if answer.body is None else dict(answer.body))


def _app(secret: str, times: Times) -> AsyncApp:
    """slack-bolt with our clock and our step; what goes wrong in it is raised, for its logger would say bodies."""
    app = AsyncApp(
        name="pledge", logger=quiet(), signing_secret=secret, before_authorize=_Commit(), authorize=_never_asked
    )
    app.error(_raised)
    verifier = Verifier(secret, MachineClock(times))
    # There is no argument for it, and slack-bolt's own reads the wall clock.
    (verification,) = (each for each in app._async_middleware_list if isinstance(each, AsyncRequestVerification))
    verification._verifier = verifier
    if verification.verifier is not verifier:
        raise RuntimeError("slack-bolt does not use our clock for signatures any more (install slack-bolt 1.30)")
    return app


async def _never_asked() -> NoReturn:
    raise AssertionError("slack-bolt went past our step")


async def _raised(error: Exception) -> NoReturn:
    raise error


def _request(request: Request, arrival: _Arrival) -> AsyncBoltRequest:
    """As slack-bolt reads it; with an empty body where it cannot, to be verified and kept all the same.

    It reads before it verifies: what would be much work is not given to it.
    """
    # Only these: others tell slack-bolt what to run.
    headers: dict[str, str | Sequence[str]] = {
        name: request.headers[name] for name in _SIGNED if name in request.headers
    }
    headers["content-type"] = arrival.media_type
    context = {_ARRIVAL: arrival}
    many = arrival.media_type == _FORM and arrival.raw.count(b"&") >= _MOST_FIELDS
    if arrival.media_type == arrival.wanted and not many:
        try:
            read = AsyncBoltRequest(body=arrival.raw.decode(), headers=headers, context=context)
        except (ValueError, RecursionError, AttributeError, TypeError, LookupError):
            pass  # no text, no JSON, or not what it expects inside
        else:
            arrival.is_read = True
            return read
    unread = AsyncBoltRequest(body="", headers=headers, context=context)
    unread.raw_body = arrival.raw.decode("utf-8", "surrogateescape")
    return unread


async def _body(request: Request) -> bytes | None:
    """The raw bytes, None where there are too many."""
    length = request.headers.get("content-length", "0")
    if not length.isdigit() or int(length[:20]) > MAX_BODY:
        return None
    chunks: list[bytes] = []
    got = 0
    async for chunk in request.stream():
        got += len(chunk)
        if got > MAX_BODY:
            return None
        chunks.append(chunk)
    return b"".join(chunks)


def _fields(raw: bytes) -> dict[str, str]:
    """A form, every field as it stands: slack-bolt takes one whose text contains "payload" for something else."""
    return dict(parse_qsl(raw.decode("utf-8"), keep_blank_values=True, max_num_fields=_MOST_FIELDS))


async def _follow_up(after: After) -> None:
    await after()
