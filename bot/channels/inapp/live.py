"""The live view of a room: messages from a cursor on, its status line, heartbeats; as server-sent events."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta

from bot.channels.base import Conversations, Entry, Unavailable, Visitor, Visits
from bot.channels.inapp.gate import Caller, Refusal
from bot.now import Times
from bot.text import to_json

_log = logging.getLogger(__name__)

HEARTBEAT = timedelta(seconds=15)
CYCLE_S = 2.0
"""How old a status line may be that changed without a message in the room."""

_PAGE = 100
_MOST_STREAMS = 10


class Live:
    """All open streams. What a slow reader has not taken waits in the store, not in memory."""

    def __init__(self, account: str, conversations: Conversations, visits: Visits, times: Times) -> None:
        self._account = account
        self._conversations = conversations
        self._visits = visits
        self._times = times
        self._stopping = asyncio.Event()
        self._open: Counter[str] = Counter()

    def start(self) -> None:
        """Let streams live (again)."""
        self._stopping.clear()

    def stop(self) -> None:
        """End every stream; the pages come back with their cursors."""
        self._stopping.set()

    def check_room_for(self, sender: str) -> None:
        """Refusal 429 where this person holds as many streams as one may."""
        if self._open[sender] >= _MOST_STREAMS:
            raise Refusal(429, f"{_MOST_STREAMS} streams are open already; close some pages", 30)

    async def events(self, caller: Caller, after: int) -> AsyncIterator[bytes]:
        """Everything after seq `after`, then what comes, until the session ends or the server stops."""
        sender = caller.visitor.sender
        self._open[sender] += 1
        try:
            yield b": open\n\n"
            async for chunk in self._follow(caller, after):
                yield chunk
        except Unavailable as error:
            _log.warning("inapp.stream_broken: the page will come back: %s", error)
            yield _event("end", {"reason": "busy"})
        finally:
            self._open[sender] -= 1
            if not self._open[sender]:
                del self._open[sender]

    async def _follow(self, caller: Caller, after: int) -> AsyncIterator[bytes]:
        visitor = caller.visitor
        shown: Mapping[str, object] | None = None
        beat_at = self._times.machine()
        while not self._stopping.is_set():
            if self._times.machine() >= visitor.expires_at:
                yield _event("end", {"reason": "session"})
                return
            entries = await self._conversations.since(self._account, visitor.room, after, _PAGE, viewer=visitor.sender)
            for entry in entries:
                after = entry.seq
                yield _event("message", entry_json(entry, visitor), seq=entry.seq)
            if len(entries) == _PAGE:
                continue
            now = self._times.machine()
            beat = now >= beat_at
            status = await self._conversations.room_status(self._account, visitor.room)
            if beat or _differs(status, shown):
                shown = status
                yield _event("status", status)
            if beat:
                beat_at = now + HEARTBEAT
                if await self._visits.find(caller.secret, now) is None:
                    yield _event("end", {"reason": "session"})
                    return
            await self._news(visitor, after, now)
        yield _event("end", {"reason": "restart"})

    async def _news(self, visitor: Visitor, after: int, now: datetime) -> None:
        """Until the room moves, the cycle or the session is over, or the server stops."""
        left = (visitor.expires_at - now).total_seconds()
        waiting = asyncio.create_task(
            self._conversations.wait(self._account, visitor.room, after, max(0.0, min(CYCLE_S, left)))
        )
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait({waiting, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if waiting.done():
                waiting.result()
        finally:
            waiting.cancel()
            stopping.cancel()


def entry_json(entry: Entry, visitor: Visitor) -> dict[str, object]:
    """A message as pages get it. `id` is the page's own client_msg_id and given to its author alone."""
    return {
        "seq": entry.seq,
        "party": entry.party,
        "author": entry.author,
        "mine": entry.mine,
        "id": entry.ext_id.removeprefix(f"{visitor.sender}/") if entry.mine else None,
        "at": entry.at.isoformat(),
        "body": to_json(entry.body),
        "ticket": entry.ticket,
    }


def _differs(status: Mapping[str, object], shown: Mapping[str, object] | None) -> bool:
    """`now` runs on by itself in the page."""
    return shown is None or {**status, "now": None} != {**shown, "now": None}


def _event(name: str, data: Mapping[str, object], *, seq: int | None = None) -> bytes:
    head = "" if seq is None else f"id: {seq}\n"
    # JSON in ASCII escapes line ends and lone surrogates: no text can forge an event or break the encoding.
    return f"{head}event: {name}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n".encode()
