"""People of client products as their widgets act: each sends what it has to say, and again until it is confirmed."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from process import BotProcess, token

# What a widget waits before it tries again, and how long for an answer: longer than the bot waits for a lock.
_PAUSE_S = 0.05
_PATIENCE_S = 10.0


@dataclass
class Crowd:
    """Everybody who writes to one bot. `up` is cleared while the bot is down, so that nobody spins meanwhile."""

    bot: BotProcess
    http: httpx.AsyncClient
    up: asyncio.Event = field(default_factory=asyncio.Event)
    on_sent: Callable[[], None] = lambda: None
    on_acked: Callable[[], None] = lambda: None
    waits: list[float] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)

    async def person(self, client: str, sub: str) -> Person:
        """Somebody with a session of its own; sessions are rows and outlive the bot's process."""
        answer = await self.http.post("/inapp/session", json={"token": token(client, sub, secrets.token_hex(8))})
        answer.raise_for_status()
        return Person(self, answer.json()["session"])


@dataclass
class Person:
    crowd: Crowd
    session: str

    async def say(self, text: str) -> dict[str, Any]:
        """Say it under one id until it is confirmed; the confirmation."""
        own_id, begun = secrets.token_urlsafe(12), asyncio.get_running_loop().time()
        while True:
            await self.crowd.up.wait()
            answer = await self.send_once(own_id, text)
            if answer is not None and answer.status_code == 200:
                self.crowd.waits.append(asyncio.get_running_loop().time() - begun)
                self.crowd.on_acked()
                said: dict[str, Any] = answer.json()
                return said
            if answer is not None:
                assert answer.status_code in (429, 503), answer.text
                self.crowd.refused.append(answer.status_code)
            await asyncio.sleep(_PAUSE_S)

    async def send_once(self, own_id: str, text: str) -> httpx.Response | None:
        """One attempt; None when the bot was not there or went away."""
        self.crowd.on_sent()
        try:
            return await self.crowd.http.post(
                "/inapp/messages",
                json={"client_msg_id": own_id, "text": text},
                headers={"authorization": f"Bearer {self.session}"},
            )
        except httpx.TransportError:
            return None

    async def history(self) -> list[dict[str, Any]]:
        """The whole conversation as this person reads it, oldest first."""
        entries: list[dict[str, Any]] = []
        while True:
            query = {"limit": 100, **({"before": entries[0]["seq"]} if entries else {})}
            answer = await self.crowd.http.get(
                "/inapp/history", params=query, headers={"authorization": f"Bearer {self.session}"}
            )
            if answer.status_code == 429:
                await asyncio.sleep(_PAUSE_S * 5)
                continue
            answer.raise_for_status()
            entries = answer.json()["messages"] + entries
            if not answer.json()["more"]:
                return entries


@asynccontextmanager
async def crowd_of(bot: BotProcess) -> Any:
    """A crowd in front of a running bot."""
    limits = httpx.Limits(max_connections=200, max_keepalive_connections=200)
    async with httpx.AsyncClient(base_url=bot.url, timeout=_PATIENCE_S, limits=limits) as http:
        crowd = Crowd(bot, http)
        crowd.up.set()
        yield crowd
