"""A Bot API without a network: it remembers calls, and answers with what a test has put in line for their method."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.channels.base import Inbound, Receipt, Unavailable
from bot.channels.telegram.standing import Standing
from bot.now import Times
from bot.text import Rich, paragraph

START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
ME = {"id": 42, "is_bot": True, "first_name": "Pledge", "username": "AcmeBot", "can_read_all_group_messages": True}


class ScriptedApi:
    """Answers in line for a method are given in turn, the last one for ever; an exception is raised.

    A method without a line posts or says True. getUpdates without one waits for ever, as a long poll may.
    """

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.lines: dict[str, list[Any]] = defaultdict(list)
        self.lines["getMe"] = [ME]
        self.lines["getWebhookInfo"] = [{"url": "", "pending_update_count": 0}]
        self.dated_at: datetime | None = None
        self._posted = 100
        self._news = asyncio.Event()

    def will(self, method: str, *answers: Any) -> None:
        self.lines[method] = list(answers)

    def made(self, method: str) -> list[dict[str, Any]]:
        """The parameters of the calls of a method, as they were when it was called."""
        return [parameters for name, parameters in self.calls if name == method]

    async def calls_of(self, method: str, times: int) -> None:
        """Until the method has been called so often."""
        while len(self.made(method)) < times:
            self._news.clear()
            await self._news.wait()

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        yield

    async def call(self, method: str, /, *, wait_s: float = 0.0, **parameters: object) -> Any:
        self.calls.append((method, {name: value for name, value in parameters.items() if value is not None}))
        self._news.set()
        line = self.lines[method]
        if not line and method == "getUpdates":
            await asyncio.Event().wait()
        answer = (line.pop(0) if len(line) > 1 or method == "getUpdates" else line[0]) if line else None
        if isinstance(answer, Exception):
            raise answer
        if answer is None and method == "sendMessage":
            self._posted += 1
            return {"message_id": self._posted, "chat": {"id": parameters["chat_id"]}}
        return True if answer is None else answer

    async def download(self, path: str) -> bytes:
        return path.encode()


class Ears:
    """A core that remembers what it was told, in order; `failures` of its first answers are Unavailable."""

    def __init__(self, failures: int = 0) -> None:
        self.heard: list[Inbound] = []
        self.failures = failures
        self.notice: str | None = None
        self._news = asyncio.Event()

    async def receive(self, inbound: Inbound) -> Receipt:
        if self.failures:
            self.failures -= 1
            raise Unavailable("the disk is full")
        self.heard.append(inbound)
        self._news.set()
        return Receipt(len(self.heard), told=None if self.notice is None else Rich((paragraph(self.notice),)))

    async def events(self, count: int) -> list[Inbound]:
        """What was heard, as soon as it is so many."""
        while len(self.heard) < count:
            self._news.clear()
            await self._news.wait()
        return self.heard


class Beats:
    """A pulse in memory."""

    def __init__(self, last: datetime | None = None, name: str | None = "PledgeBot") -> None:
        self.at = last
        self.count = 0
        self.told = name

    async def last(self) -> datetime | None:
        return self.at

    async def beat(self, at: datetime) -> None:
        self.at = at
        self.count += 1

    async def name(self, user: str) -> str | None:
        return self.told

    async def named(self, user: str, name: str) -> None:
        self.told = name


class Naps:
    """Rests that take no time, but are remembered and move the clock on."""

    def __init__(self) -> None:
        self.now = START
        self.taken: list[float] = []

    async def rest(self, seconds: float) -> None:
        self.taken.append(seconds)
        self.now += timedelta(seconds=seconds)

    def standing(self) -> Standing:
        return Standing(rest=self.rest, jitter=lambda: 0.0)

    def times(self) -> Times:
        return Times(business=lambda: self.now, machine=lambda: self.now, speed=lambda: 1.0)


async def no_rooms() -> list[str]:
    return []


def update(number: int, text: str = "it is down") -> dict[str, Any]:
    """A message of a client in a group."""
    return {
        "update_id": number,
        "message": {
            "message_id": number,
            "date": int(START.timestamp()),
            "chat": {"id": -1001, "type": "supergroup", "title": "Acme"},
            "from": {"id": 501, "is_bot": False, "first_name": "Ann"},
            "text": text,
        },
    }


def press(number: int) -> dict[str, Any]:
    """A press on a button of ours in that group."""
    said = update(number)["message"]
    query = {"id": f"q{number}", "from": said["from"], "message": said, "data": "a1", "chat_instance": "1"}
    return {"update_id": number, "callback_query": query}
