"""Slack's side of the intake: signed requests and socket envelopes, their deadline, their retries."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
from aiohttp import WSCloseCode, web

RETRIES = (timedelta(), timedelta(minutes=1), timedelta(minutes=5))
"""At once, after 1 and after 5 minutes: https://docs.slack.dev/apis/events-api#retries."""

DEADLINE_S = 3.0
_PATHS = {"events_api": "/slack/events", "interactive": "/slack/interactive", "slash_commands": "/slack/commands"}


@dataclass
class Push:
    """One thing the bot is told, however often it takes. Only events are told again."""

    kind: str  # as envelopes name it: events_api | interactive | slash_commands
    payload: dict[str, Any]
    attempts: int = 0
    reason: str = ""  # why the last attempt failed, in Slack's words
    answer: Any = None  # what the bot said with its confirmation
    confirmed: bool = False
    statuses: list[int] = field(default_factory=list)

    @property
    def body(self) -> bytes:
        match self.kind:
            case "events_api":
                return json.dumps(self.payload, ensure_ascii=False).encode()
            case "interactive":
                return urlencode({"payload": json.dumps(self.payload, ensure_ascii=False)}).encode()
            case _:
                return urlencode(self.payload).encode()


@dataclass
class Socket:
    """One open WebSocket of the bot; `silent`: envelopes go out, acknowledgements are not heard."""

    raw: web.WebSocketResponse
    acks: dict[str, asyncio.Future[Any]] = field(default_factory=dict)

    async def listen(self) -> None:
        """Hear acknowledgements until the socket closes."""
        async for message in self.raw:
            said = json.loads(message.data)
            waiting = self.acks.pop(said.get("envelope_id", ""), None)
            if waiting is not None and not waiting.done():
                waiting.set_result(said.get("payload"))
        for left in self.acks.values():
            left.cancel()


class Pusher:
    """Pushes over HTTP once it has a client, else over the sockets. `machine` is the platform's real time."""

    def __init__(
        self, secret: str, machine: Callable[[], datetime], *, retries: Sequence[timedelta], deadline_s: float
    ) -> None:
        self.secret = secret
        self.machine = machine
        self.retries = tuple(retries)
        self.deadline_s = deadline_s
        self.http: httpx.AsyncClient | None = None
        self.sockets: list[Socket] = []
        self.connected = asyncio.Event()
        self.waiting: list[tuple[datetime, Push]] = []
        self.given_up: list[Push] = []
        self.is_down = False
        """Events of this time are tried and lost on the way, as when the bot cannot be reached."""
        self.on_push: Callable[[], None] = lambda: None
        self._envelopes = itertools.count(1)
        self._turn = itertools.count()

    async def push(self, push: Push) -> Push:
        """Tell it now; what fails is told again at once, and from then on by `retry_due`."""
        await self._attempt(push)
        while not push.confirmed:
            number = push.attempts
            if push.kind != "events_api" or number > len(self.retries) or push.reason == "no_retry":
                self.given_up.append(push)
                break
            wait = self.retries[number - 1]
            if wait:
                self.waiting.append((self.machine() + wait, push))
                break
            await self._attempt(push)
        return push

    async def retry_due(self) -> int:
        """Tell again what is due by now; how many that were."""
        due = [push for at, push in self.waiting if at <= self.machine()]
        self.waiting = [(at, push) for at, push in self.waiting if at > self.machine()]
        await asyncio.gather(*(self.push(push) for push in due))
        return len(due)

    async def _attempt(self, push: Push) -> None:
        push.attempts += 1
        self.on_push()
        try:
            async with asyncio.timeout(self.deadline_s):
                if self.is_down:
                    raise ConnectionError("nobody is there")
                push.answer = await (self._post(push) if self.http is not None else self._send(push))
            push.confirmed = True
        except TimeoutError:
            push.reason = "http_timeout"
        except (httpx.TransportError, ConnectionError, asyncio.CancelledError) as error:
            current = asyncio.current_task()
            if isinstance(error, asyncio.CancelledError) and current is not None and current.cancelling():
                raise
            push.reason = "connection_failed"
        except _BadStatus as bad:
            push.reason = "no_retry" if bad.final else "http_error"

    async def _post(self, push: Push) -> Any:
        assert self.http is not None
        headers = self.signed(push.body)
        form = push.kind != "events_api"
        headers["content-type"] = "application/x-www-form-urlencoded" if form else "application/json"
        if push.attempts > 1:
            headers |= {"x-slack-retry-num": str(push.attempts - 1), "x-slack-retry-reason": push.reason}
        answer = await self.http.post(_PATHS[push.kind], content=push.body, headers=headers)
        push.statuses.append(answer.status_code)
        if not answer.is_success:
            raise _BadStatus(final=answer.headers.get("x-slack-no-retry") == "1")
        if answer.headers.get("content-type", "").startswith("application/json") and answer.content:
            return answer.json()
        return answer.text or None

    async def _send(self, push: Push) -> Any:
        socket = await self._any_socket()
        envelope_id = f"envelope-{next(self._envelopes)}"
        heard: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        socket.acks[envelope_id] = heard
        envelope = {
            "envelope_id": envelope_id,
            "type": push.kind,
            "payload": push.payload,
            "accepts_response_payload": push.kind != "events_api",
        }
        if push.kind == "events_api":
            envelope |= {"retry_attempt": push.attempts - 1, "retry_reason": push.reason}
        try:
            await socket.raw.send_str(json.dumps(envelope, ensure_ascii=False))
            return await heard
        finally:
            socket.acks.pop(envelope_id, None)

    async def _any_socket(self) -> Socket:
        """Each event goes to any one of the connections."""
        while True:
            alive = [socket for socket in self.sockets if not socket.raw.closed]
            if alive:
                return alive[next(self._turn) % len(alive)]
            self.connected.clear()
            await self.connected.wait()

    def signed(self, body: bytes, at: datetime | None = None) -> dict[str, str]:
        """The headers of a genuine request: https://docs.slack.dev/authentication/verifying-requests-from-slack."""
        stamp = str(int((at or self.machine()).timestamp()))
        digest = hmac.new(self.secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256)
        return {"x-slack-request-timestamp": stamp, "x-slack-signature": f"v0={digest.hexdigest()}"}

    async def serve_socket(self, request: web.Request) -> web.WebSocketResponse:
        """The WebSocket behind `apps.connections.open`."""
        raw = web.WebSocketResponse(autoping=True)
        await raw.prepare(request)
        socket = Socket(raw)
        hello = {"type": "hello", "num_connections": len(self.sockets) + 1, "connection_info": {"app_id": "A00PLEDGE"}}
        await raw.send_str(json.dumps(hello))
        self.sockets.append(socket)
        self.connected.set()
        try:
            await socket.listen()
        finally:
            self.sockets.remove(socket)
        return raw

    async def ask_to_reconnect(self, reason: str = "refresh_requested") -> None:
        """Slack renews its connections every few hours; the old one stays open for a moment."""
        for socket in list(self.sockets):
            await socket.raw.send_str(json.dumps({"type": "disconnect", "reason": reason}))

    async def cut_sockets(self) -> None:
        """Every connection breaks without a word."""
        self.connected.clear()
        for socket in list(self.sockets):
            await socket.raw.close(code=WSCloseCode.GOING_AWAY)


class _BadStatus(Exception):
    def __init__(self, *, final: bool) -> None:
        super().__init__(final)
        self.final = final
