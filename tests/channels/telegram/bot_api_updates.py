"""The platform's queue of updates: long polls that confirm by offset, or pushes to a webhook until it says yes."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx

Update = dict[str, Any]
KINDS = ("message", "edited_message", "callback_query", "my_chat_member", "chat_member", "business_message", "poll")
_NOT_BY_DEFAULT = {"chat_member", "message_reaction", "message_reaction_count"}
_PATIENCE_S = 15.0


class Conflict(Exception):
    """Another poller, or a webhook, has the updates."""


@dataclass
class Webhook:
    """Where updates are pushed; an empty `url`: nowhere."""

    url: str = ""
    secret: str = ""
    max_connections: int = 40
    error: str = ""
    error_at: datetime | None = None


@dataclass
class Updates:
    """One bot's updates, in order; `retry_s` is the first wait after a push that failed, doubled up to `most_s`."""

    now: Callable[[], datetime]
    next_id: int = 730_000_001
    pending: list[Update] = field(default_factory=list)
    allowed: list[str] | None = None
    webhook: Webhook = field(default_factory=Webhook)
    retry_s: float = 0.005
    most_s: float = 0.05
    polls: int = 0
    pushes: list[tuple[int, int]] = field(default_factory=list)  # (update id, status; 0: no answer)
    _newest_poll: int = 0
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _lanes: dict[object, deque[Update]] = field(default_factory=dict)
    _workers: dict[object, asyncio.Task[None]] = field(default_factory=dict)
    _client: httpx.AsyncClient | None = None

    def put(self, kind: str, payload: dict[str, Any], times: int = 1) -> Update | None:
        """Queue an update, or several times the same; None when the bot has not asked for this kind."""
        if not self._wants(kind):
            return None
        update = {"update_id": self.next_id, kind: payload}
        self.next_id += 1
        self.again(update, times)
        return update

    def again(self, update: Update, times: int = 1) -> None:
        """Bring an update (once more), as after a lost confirmation."""
        for _ in range(times):
            self.pending.append(update)
            if self.webhook.url:
                self._line_up(update)
        self._notify()

    async def taken(self) -> None:
        """Wait until the bot has confirmed everything."""
        async with asyncio.timeout(_PATIENCE_S):
            while self.pending:
                await self._changed.wait()

    async def changed(self) -> None:
        """Wait for an update to come or go, or a poll to begin."""
        await self._changed.wait()

    async def polled(self) -> None:
        """Wait for the next long poll to begin."""
        seen = self.polls
        async with asyncio.timeout(_PATIENCE_S):
            while self.polls == seen:
                await self._changed.wait()

    async def poll(self, offset: int, limit: int, timeout_s: float) -> list[Update]:
        """What getUpdates answers; Conflict when a webhook is set or a newer poll begins meanwhile."""
        if self.webhook.url:
            raise Conflict("can't use getUpdates method while webhook is active; use deleteWebhook first")
        self._newest_poll = mine = self._newest_poll + 1
        self.polls += 1
        if offset < 0:
            self.pending = self.pending[offset:]
        elif offset:
            self.pending = [update for update in self.pending if update["update_id"] >= offset]
        self._notify()
        ends = asyncio.get_running_loop().time() + timeout_s
        while not self.pending:
            left = ends - asyncio.get_running_loop().time()
            if left <= 0:
                return []
            try:
                async with asyncio.timeout(left):
                    await self._changed.wait()
            except TimeoutError:
                return []
            if self._newest_poll != mine:
                raise Conflict(
                    "terminated by other getUpdates request; make sure that only one bot instance is running"
                )
        return self.pending[: max(1, min(limit, 100))]

    async def set_webhook(self, webhook: Webhook, drop: bool) -> None:
        """Push from now on to another place, or (empty url) nowhere."""
        if webhook.url and webhook.url == self.webhook.url and not drop:
            # Said again, as at each start of a bot, it goes on; a push cut off half-way would leave its socket open.
            self.webhook = webhook
            self._notify()
            return
        await self._stop()
        if drop:
            self.pending.clear()
        self.webhook = webhook
        if webhook.url:
            self._client = httpx.AsyncClient(timeout=10, trust_env=False)
            for update in self.pending:
                self._line_up(update)
        self._notify()

    async def close(self) -> None:
        await self._stop()

    async def push(self, update: Update) -> int:
        """One push, beside the queue; the status, 0 when there was no answer."""
        assert self._client is not None
        headers = {"content-type": "application/json"}
        if self.webhook.secret:
            headers["x-telegram-bot-api-secret-token"] = self.webhook.secret
        try:
            answer = await self._client.post(self.webhook.url, content=json.dumps(update), headers=headers)
        except httpx.HTTPError as error:
            self._failed(update, 0, repr(error))
            return 0
        if answer.is_success:
            self.pushes.append((update["update_id"], answer.status_code))
        else:
            self._failed(update, answer.status_code, f"Wrong response from the webhook: {answer.status_code}")
        return answer.status_code

    def _failed(self, update: Update, status: int, error: str) -> None:
        self.pushes.append((update["update_id"], status))
        self.webhook.error, self.webhook.error_at = error, self.now()

    def _line_up(self, update: Update) -> None:
        """One request in flight per chat; presses and memberships have queues of their own."""
        lane = _lane(update)
        self._lanes.setdefault(lane, deque()).append(update)
        if lane not in self._workers:
            self._workers[lane] = asyncio.create_task(self._work(lane))

    async def _work(self, lane: object) -> None:
        queue = self._lanes[lane]
        wait = self.retry_s
        while queue:
            status = await self.push(queue[0])
            if 200 <= status < 300:
                self._drop(queue.popleft())
                wait = self.retry_s
            else:
                await asyncio.sleep(wait)
                wait = min(wait * 2, self.most_s)
        del self._workers[lane]

    def _drop(self, update: Update) -> None:
        index = next((n for n, each in enumerate(self.pending) if each is update), None)
        if index is not None:
            del self.pending[index]
        self._notify()

    async def _stop(self) -> None:
        workers = list(self._workers.values())
        self._workers.clear()
        self._lanes.clear()
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    def _wants(self, kind: str) -> bool:
        return kind not in _NOT_BY_DEFAULT if not self.allowed else kind in self.allowed

    def _notify(self) -> None:
        """Wake everybody who waits for a change; each looks for itself."""
        self._changed.set()
        self._changed = asyncio.Event()


def _lane(update: Update) -> object:
    ((kind, payload),) = ((name, value) for name, value in update.items() if name != "update_id")
    if kind == "callback_query":
        return kind, payload["from"]["id"]
    return ("chat" if "message" in kind else kind), payload.get("chat", {}).get("id")
