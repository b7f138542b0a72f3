"""The in-app adapter: its routes, what they take in, and posting, which is a commit to our own store."""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from bot.channels.base import (
    Conversations,
    Inbound,
    InboundKind,
    Limits,
    Outbound,
    Outcome,
    Permanent,
    Receipt,
    Receive,
    Route,
    Scope,
    Unavailable,
    VisitRefused,
    Visits,
)
from bot.channels.inapp.gate import Caller, Gate, Refusal, query_int, read_json
from bot.channels.inapp.identity import TokenRefused, verify
from bot.channels.inapp.keyring import Keyring
from bot.channels.inapp.live import Live, entry_json
from bot.channels.inapp.origins import Origins
from bot.now import Times
from bot.pace import Buckets
from bot.text import Line, Link, to_json

ACCOUNT = "default"
SESSION = timedelta(minutes=10)
"""The longest a session lives; the page opens the next with a fresh token (S25)."""

_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_STREAM_HEADERS = {"cache-control": "no-store, no-transform", "x-accel-buffering": "no"}


class InAppChannel:
    """Rooms are addressed by client key, people by `<client key>/<sub>`."""

    name = "inapp"
    limits = Limits(threads=False, idempotent=True)

    def __init__(
        self, keys: Keyring, conversations: Conversations, visits: Visits, origins: Origins, times: Times
    ) -> None:
        self._keys = keys
        self._conversations = conversations
        self._visits = visits
        self._times = times
        self._gate = Gate(visits, origins, times)
        self._live = Live(ACCOUNT, conversations, visits, times)
        self._receive: Receive | None = None
        # Far above what the core lets a client do: a message that is refused here is repeated, one taken is kept (S6).
        self._writes = Buckets(per_second=20, burst=200)
        self._client_writes = Buckets(per_second=50, burst=600)
        self._reads = Buckets(per_second=4, burst=60)
        self._failures = Buckets(per_second=0.5, burst=60)

    def listen(self, receive: Receive) -> AbstractAsyncContextManager[None]:
        """Enter = requests are answered; exit = they get 503 and streams have been told to end."""

        @asynccontextmanager
        async def listening() -> AsyncIterator[None]:
            self._receive = receive
            self._live.start()
            try:
                yield
            finally:
                self._receive = None
                self.stop_streams()

        return listening()

    def stop_streams(self) -> None:
        """End the live views, so that the server can drain."""
        self._live.stop()

    async def send(self, message: Outbound) -> Outcome:
        """The commit is the delivery: once per oid, never Unknown."""
        return await self._conversations.post(message)

    async def upload(self, message: Outbound) -> Outcome:
        """The file as a link to our own server, where the page that shows it came from."""
        file = message.file
        if file is None or not file.path:
            return Permanent("the file has no address of its own", Scope.MESSAGE)
        body = replace(message.body, blocks=(*message.body.blocks, Line((Link(file.name, file.path),))))
        return await self.send(replace(message, body=body, file=None))

    def routes(self) -> Sequence[Route]:
        gate = self._gate
        return (
            *gate.open("POST", "/inapp/session", self._open_session),
            *gate.guarded("GET", "/inapp/history", self._history, self._reads),
            *gate.guarded("GET", "/inapp/stream", self._stream, self._reads),
            *gate.guarded("POST", "/inapp/messages", self._message, self._writes, self._client_writes),
            *gate.guarded("POST", "/inapp/press", self._press, self._writes, self._client_writes),
        )

    async def _open_session(self, request: Request) -> Response:
        now = self._times.machine()
        data, _ = await read_json(request)
        try:
            claims = verify(_text(data, "token"), self._keys, now)
            self._gate.check_origin(request, claims.client)
            wait = self._reads.take(claims.sender, now)
            if wait:
                raise Refusal(429, "too many sessions; slow down", wait)
            secret, visitor = await self._visits.open(
                claims.client,
                claims.sender,
                claims.name,
                once=f"jti {claims.client}/{claims.jti}",
                once_until=claims.expires_at,
                now=now,
                ends_at=now + SESSION,
            )
        except (TokenRefused, VisitRefused) as error:
            # Counted only here: behind a proxy everybody has one address, and a good token must get in whoever else
            # tries bad ones.
            wait = self._failures.take(request.client.host if request.client else "", now)
            if wait:
                raise Refusal(429, "too many refused tokens from this address", wait) from error
            raise Refusal(401, f"token refused: {error}") from error
        return JSONResponse(
            {
                "session": secret,
                "expires_in": int((visitor.expires_at - now).total_seconds()),
                "expires_at": visitor.expires_at.isoformat(),
                "room": visitor.room,
                "me": {"id": _opaque(visitor.sender), "name": visitor.name},
                "locale": visitor.locale,
                "zone": visitor.zone,
                "status": await self._conversations.room_status(ACCOUNT, visitor.room),
            }
        )

    async def _history(self, request: Request, caller: Caller) -> Response:
        limit = min(query_int(request, "limit", 50) or 50, 100)
        before = query_int(request, "before", None)
        visitor = caller.visitor
        entries = await self._conversations.history(
            ACCOUNT, visitor.room, before=before, limit=limit + 1, viewer=visitor.sender
        )
        shown = entries[-limit:]
        return JSONResponse(
            {
                "messages": [entry_json(entry, visitor) for entry in shown],
                "more": len(entries) > limit,
            }
        )

    async def _stream(self, request: Request, caller: Caller) -> Response:
        last = request.headers.get("last-event-id", "")
        after = int(last) if last.isascii() and last.isdigit() and len(last) <= 15 else None
        if after is None:
            after = query_int(request, "since", 0) or 0
        self._live.check_room_for(caller.visitor.sender)
        return StreamingResponse(
            self._live.events(caller, after), media_type="text/event-stream", headers=_STREAM_HEADERS
        )

    async def _message(self, request: Request, caller: Caller) -> Response:
        data, raw = await read_json(request)
        own_id, text = _own_id(data, "client_msg_id"), _text(data, "text")
        if not text.strip():
            raise Refusal(400, "text is empty")
        message_id = f"{caller.visitor.sender}/{own_id}"
        receipt = await self._take(
            caller,
            event_id=message_id,
            message_id=message_id,
            text=text,
            reply_to=await self._answered(data, caller),
            payload=raw,
        )
        return JSONResponse({"seq": receipt.message_seq, "duplicate": receipt.duplicate, "notice": receipt.notice})

    async def _press(self, request: Request, caller: Caller) -> Response:
        data, raw = await read_json(request)
        action = _text(data, "action")
        if not 1 <= len(action) <= 200:
            raise Refusal(400, "action must be the id of a button")
        event_id = f"press {caller.visitor.sender}/{_own_id(data, 'press_id')}"
        receipt = await self._take(
            caller, event_id=event_id, message_id=event_id, kind=InboundKind.PRESS, action=action, payload=raw
        )
        told = None if receipt.told is None else to_json(receipt.told)
        return JSONResponse({"notice": receipt.notice, "body": told, "duplicate": receipt.duplicate})

    async def _take(
        self,
        caller: Caller,
        *,
        event_id: str,
        message_id: str,
        payload: bytes,
        text: str = "",
        kind: InboundKind = InboundKind.MESSAGE,
        reply_to: str | None = None,
        action: str | None = None,
    ) -> Receipt:
        """Hand an event to the core and return after its commit; a time the page claims is ignored."""
        if self._receive is None:
            raise Unavailable("the channel is not listening")
        now = self._times.business()
        visitor = caller.visitor
        return await self._receive(
            Inbound(
                channel=self.name,
                account=ACCOUNT,
                event_id=event_id,
                room=visitor.room,
                sender=visitor.sender,
                sender_name=visitor.name,
                text=text,
                message_id=message_id,
                at=now,
                received_at=now,
                kind=kind,
                reply_to=reply_to,
                action=action,
                bare_commands=True,
                payload=payload,
            )
        )

    async def _answered(self, data: dict[str, Any], caller: Caller) -> str | None:
        """The stored id of the message that `reply_to` (a seq of this room) names; None for none."""
        seq = data.get("reply_to")
        if seq is None:
            return None
        if isinstance(seq, bool) or not isinstance(seq, int) or not 0 < seq < 10**15:
            raise Refusal(400, "reply_to must be the seq of a message")
        found = await self._conversations.since(ACCOUNT, caller.visitor.room, seq - 1, 1)
        return found[0].ext_id if found and found[0].seq == seq else None


def _opaque(sender: str) -> str:
    """Tells people of one browser apart without telling who they are."""
    return hashlib.sha256(sender.encode()).hexdigest()[:16]


def _text(data: dict[str, Any], name: str) -> str:
    value = data.get(name)
    if not isinstance(value, str):
        raise Refusal(400, f"{name} must be text")
    return value


def _own_id(data: dict[str, Any], name: str) -> str:
    value = _text(data, name)
    if _ID.fullmatch(value) is None:
        raise Refusal(400, f"{name} must be 8 to 64 letters, digits, - or _")
    return value
