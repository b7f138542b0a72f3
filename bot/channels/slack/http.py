"""Signed requests: verified over their raw bytes, small, committed, then answered with 200; Slack repeats the rest."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import parse_qsl

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot.channels.base import Route, Unavailable
from bot.channels.slack.intake import After, Answer, Intake
from bot.now import Times

MAX_BODY = 1024 * 1024
"""Bytes of a request; Slack's are far smaller."""

SKEW_S = 300
"""How old or how early a request may be: https://docs.slack.dev/authentication/verifying-requests-from-slack."""

_FORM = "application/x-www-form-urlencoded"
_JSON = "application/json"

Handle = Callable[[bytes], Awaitable[Answer]]


class HttpIntake:
    """The three addresses that the manifest names."""

    def __init__(self, secret: str, intake: Intake, times: Times) -> None:
        self._secret = secret.encode()
        self._intake = intake
        self._times = times

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
                return _problem(413, f"the body is larger than {MAX_BODY} bytes")
            if not self._is_genuine(request, raw):
                return _problem(401, "not signed by Slack, or too long ago")
            if request.headers.get("content-type", "").partition(";")[0].strip().lower() != media_type:
                return _problem(415, f"only {media_type} is taken here")
            try:
                return _response(await handle(raw))
            except Unavailable:
                return JSONResponse({"error": "not stored; send it again"}, 503, {"retry-after": "2"})

        return endpoint

    def _is_genuine(self, request: Request, raw: bytes) -> bool:
        stamp = request.headers.get("x-slack-request-timestamp", "")
        if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
            return False
        if abs(self._times.machine().timestamp() - int(stamp)) > SKEW_S:
            return False
        wanted = hmac.new(self._secret, b"v0:" + stamp.encode() + b":" + raw, hashlib.sha256).hexdigest()
        given = request.headers.get("x-slack-signature", "")
        return hmac.compare_digest(f"v0={wanted}".encode(), given.encode("utf-8", "surrogateescape"))

    async def _event(self, raw: bytes) -> Answer:
        try:
            envelope = json.loads(raw)
        except (ValueError, RecursionError) as error:
            return await self._intake.unreadable(raw, f"no JSON: {error}")
        if not isinstance(envelope, dict):
            return await self._intake.unreadable(raw, "not a JSON object")
        return await self._intake.event(envelope, raw)

    async def _interaction(self, raw: bytes) -> Answer:
        try:
            data = json.loads(_fields(raw)["payload"])
        except (KeyError, ValueError, RecursionError) as error:
            return await self._intake.unreadable(raw, f"no interaction: {error}")
        if not isinstance(data, dict):
            return await self._intake.unreadable(raw, "the interaction is no JSON object")
        return await self._intake.interaction(data, raw)

    async def _slash(self, raw: bytes) -> Answer:
        try:
            fields = _fields(raw)
        except ValueError as error:
            return await self._intake.unreadable(raw, f"no form: {error}")
        return await self._intake.slash(fields, raw)


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
    return dict(parse_qsl(raw.decode("utf-8"), keep_blank_values=True, max_num_fields=100))


def _response(answer: Answer) -> Response:
    after = None if answer.after is None else BackgroundTask(_follow_up, answer.after)
    if answer.body is None:
        return Response(status_code=200, background=after)
    return JSONResponse(dict(answer.body), background=after)


async def _follow_up(after: After) -> None:
    await after()


def _problem(status: int, error: str) -> Response:
    return JSONResponse({"error": error}, status, {"cache-control": "no-store"})
