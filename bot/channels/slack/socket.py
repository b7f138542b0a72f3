"""Socket Mode: envelopes over a WebSocket, each acknowledged after its commit and by nobody else.

slack_sdk asks for the connection's address; the loop is our own. That of slack_sdk tries one address for ever once
connecting has failed, closes the old connection before the new one stands, and leaves running what it was doing.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import Any, Protocol

import aiohttp

from bot.channels.base import Unavailable
from bot.channels.slack.api import Api, redacted
from bot.channels.slack.intake import Answer, Intake
from bot.channels.slack.verdict import FAULTS, code

logger = logging.getLogger(__name__)

HEARTBEAT_S = 10.0
"""A connection that answers no ping for half of that is given up."""

_MAX_MESSAGE = 4 * 1024 * 1024
_CLOSE_S = 2.0
_FIRST_WAIT_S = 1.0
_LONGEST_WAIT_S = 30.0
_HELLO_S = 10.0
_LEAVE_S = 15.0
_DRAIN_S = 8.0
_REFUSED = frozenset({"invalid_auth", "not_authed", "token_revoked", "account_inactive", "not_allowed_token_type"})


class Wire(Protocol):
    """What an envelope needs of its connection."""

    async def send_str(self, data: str) -> None: ...


class SocketIntake:
    """Keeps one connection open, and two while Slack renews it. `trouble`: why there is none; "" while there is."""

    def __init__(self, app_token: str, api: Api, intake: Intake, jitter: Callable[[], float] = random.random) -> None:
        """`jitter` spreads the attempts of many bots after an outage: 0 to 1."""
        self._app_token = app_token
        self._api = api
        self._intake = intake
        self._jitter = jitter
        self._open = 0
        self._working: set[asyncio.Task[None]] = set()
        self.trouble = ""

    @property
    def is_connected(self) -> bool:
        return self._open > 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Enter = connecting; exit = nothing more is taken, and what was taken is committed and acknowledged."""
        stopping = asyncio.Event()
        async with aiohttp.ClientSession() as session:
            keeper = asyncio.create_task(self._keep(session, stopping))
            try:
                yield
            finally:
                stopping.set()
                if self._working:
                    await asyncio.wait(set(self._working), timeout=_DRAIN_S)
                await _cancelled(keeper, *self._working)

    async def _keep(self, session: aiohttp.ClientSession, stopping: asyncio.Event) -> None:
        """One connection after the other; the next one at once where Slack asks for it, else after a growing wait."""
        leaving: set[asyncio.Task[None]] = set()
        wait_s = _FIRST_WAIT_S
        try:
            while True:
                renew = asyncio.Event()
                connection = asyncio.create_task(self.connection(session, renew, stopping))
                leaving.add(connection)
                connection.add_done_callback(leaving.discard)
                asked = asyncio.create_task(renew.wait())
                try:
                    await asyncio.wait({connection, asked}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    asked.cancel()
                if renew.is_set() and not connection.done():
                    wait_s = _FIRST_WAIT_S
                    continue
                wait_s = min(wait_s * 2, _LONGEST_WAIT_S) if self.trouble else _FIRST_WAIT_S
                await asyncio.sleep(wait_s * (0.5 + self._jitter()))
        finally:
            await _cancelled(*leaving)

    async def connection(self, session: aiohttp.ClientSession, renew: asyncio.Event, stopping: asyncio.Event) -> None:
        """One connection until it ends; never raises for what the platform did."""
        try:
            url = await self._api.socket_url(self._app_token)
            patience = aiohttp.ClientWSTimeout(ws_close=_CLOSE_S)
            async with session.ws_connect(
                url, heartbeat=HEARTBEAT_S, max_msg_size=_MAX_MESSAGE, timeout=patience
            ) as wire:
                await self._read(wire, renew, stopping)
        except FAULTS as error:
            self.trouble = f"no connection for Socket Mode: {redacted(error)}"
            if code(error) in _REFUSED:
                self.trouble += " (PLEDGE_SLACK__APP_TOKEN: a token with connections:write is needed)"
            logger.warning("%s", self.trouble, extra={"action": "slack.socket"})

    async def _read(self, wire: aiohttp.ClientWebSocketResponse, renew: asyncio.Event, stopping: asyncio.Event) -> None:
        greeted = False
        try:
            while True:
                # An old connection is read until Slack closes it, so that nothing falls between two of them.
                patience = _LEAVE_S if renew.is_set() else None if greeted else _HELLO_S
                message = await wire.receive(timeout=patience)
                if message.type is not aiohttp.WSMsgType.TEXT:
                    return
                said = _parsed(message.data)
                if said.get("type") == "hello" and not greeted:
                    greeted, self.trouble = True, ""
                    self._open += 1
                elif said.get("type") == "disconnect":
                    logger.info("asked to reconnect: %s", said.get("reason"), extra={"action": "slack.socket"})
                    if said.get("reason") == "link_disabled":
                        self.trouble = "Socket Mode is switched off for the app"
                        return
                    renew.set()
                elif not stopping.is_set():
                    self._work(self.handle(said, message.data, wire))
        except TimeoutError:
            return
        finally:
            if greeted:
                self._open -= 1
            else:
                self.trouble = "no connection for Socket Mode: Slack takes it and says nothing"

    def _work(self, work: Coroutine[Any, Any, None]) -> None:
        """Envelopes side by side: commits are grouped, and one person's name is not waited for by everybody."""
        task = asyncio.create_task(work)
        self._working.add(task)
        task.add_done_callback(self._working.discard)

    async def handle(self, envelope: Mapping[str, Any], raw: str, wire: Wire) -> None:
        """One envelope: committed, acknowledged, followed up. Slack repeats what is not acknowledged."""
        try:
            answer = await self._answer(envelope, raw)
        except Unavailable as error:
            logger.warning("not acknowledged: %s", error, extra={"action": "slack.unavailable"})
            return
        except Exception:
            logger.exception("an envelope was not taken", extra={"action": "slack.intake_failed"})
            return
        if answer is None:
            return
        acknowledgement: dict[str, Any] = {"envelope_id": envelope["envelope_id"]}
        if answer.body is not None and envelope.get("accepts_response_payload"):
            acknowledgement["payload"] = answer.body
        try:
            await wire.send_str(json.dumps(acknowledgement))
        except (ConnectionError, aiohttp.ClientError) as error:
            # It comes again on the next connection and is recognised.
            logger.info("acknowledgement lost: %s", type(error).__name__, extra={"action": "slack.socket"})
        if answer.after is not None:
            await answer.after()

    async def _answer(self, envelope: Mapping[str, Any], raw: str) -> Answer | None:
        payload = envelope.get("payload")
        if "envelope_id" not in envelope:
            return None
        if not isinstance(payload, dict):
            return await self._intake.unreadable(raw.encode(), "an envelope without a payload")
        match envelope.get("type"):
            case "events_api":
                return await self._intake.event(payload, raw.encode())
            case "slash_commands":
                fields = {name: str(value) for name, value in payload.items()}
                return await self._intake.slash(fields, raw.encode())
            case "interactive":
                return await self._intake.interaction(payload, raw.encode())
            case other:
                return await self._intake.unreadable(raw.encode(), f"unknown envelope {other!r}")


def _parsed(data: str) -> dict[str, Any]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


async def _cancelled(*tasks: asyncio.Task[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
