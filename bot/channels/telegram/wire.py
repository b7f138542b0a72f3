"""The Bot API through python-telegram-bot, the only module that knows this library; it loads slowly.

The library parses answers and tells errors apart; it neither takes updates in nor repeats anything. Nothing that leaves
this module holds the token: not the errors, not the libraries' logs.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
from telegram import Bot, InputFile
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    EndPointNotFound,
    Forbidden,
    InvalidToken,
    RetryAfter,
    TelegramError,
)
from telegram.request import HTTPXRequest

from bot.channels.telegram.api import CallFailed, Fault
from bot.text import Enclosed

CALL_S = 18.0
"""The longest a call may take from beginning to end; a delivery's lease is longer."""

_READ_S = 9.0
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
# The library logs what it could not parse, which may be people's words, and at DEBUG every parameter; its errors reach
# us as exceptions anyway. The HTTP library logs addresses, which hold the token, at INFO.
_QUIET = {"telegram": logging.CRITICAL, "httpx": logging.WARNING}


class Wire:
    """One bot's connections: one pool for the long poll, one for everything else."""

    def __init__(self, token: str, base_url: str) -> None:
        for name, level in _QUIET.items():
            logging.getLogger(name).setLevel(level)
        # Otherwise the library warns of its own future each time it reads the length of a pause.
        os.environ.setdefault("PTB_TIMEDELTA", "1")
        self._secret = token.partition(":")[2] or token
        self._files = f"{base_url}/file/bot{token}"
        self.dated_at: datetime | None = None
        self._calls = _pool(32, self._answered)
        self._polls = _pool(2, self._answered)
        self._bot = Bot(
            token,
            base_url=f"{base_url}/bot",
            base_file_url=f"{base_url}/file/bot",
            request=self._calls,
            get_updates_request=self._polls,
        )
        self._users = 0

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        self._users += 1
        try:
            for request in (self._calls, self._polls):
                await request.initialize()
            yield
        finally:
            self._users -= 1
            if not self._users:
                for request in (self._calls, self._polls):
                    await request.shutdown()

    async def call(self, method: str, /, *, wait_s: float = 0.0, **parameters: object) -> Any:
        # Raw results: what is posted is posted, whatever the library makes of the answer. It takes names of methods it
        # wraps only with a warning, except in this spelling, which it turns into the method's own.
        endpoint = re.sub("(?=[A-Z])", "_", method)
        given = {name: _enclosed(each) if isinstance(each, Enclosed) else each for name, each in parameters.items()}
        try:
            async with asyncio.timeout(CALL_S + wait_s):
                return await self._bot.do_api_request(endpoint, given, read_timeout=_READ_S + wait_s)
        except (TelegramError, TimeoutError) as error:
            raise self._failed(error) from None

    async def download(self, path: str) -> bytes:
        try:
            async with asyncio.timeout(CALL_S * 3):
                return bytes(await self._calls.retrieve(f"{self._files}/{path}"))
        except (TelegramError, TimeoutError) as error:
            raise self._failed(error) from None

    async def _answered(self, response: httpx.Response) -> None:
        with contextlib.suppress(ValueError):
            self.dated_at = parsedate_to_datetime(response.headers.get("date", "")).astimezone(UTC)

    def _failed(self, error: TelegramError | TimeoutError) -> CallFailed:
        reason = str(error).replace(self._secret, "[redacted]") or type(error).__name__
        match error:
            case RetryAfter(retry_after=pause):
                seconds = pause.total_seconds() if isinstance(pause, timedelta) else float(pause)
                return CallFailed(Fault.THROTTLED, reason, seconds=seconds)
            case ChatMigrated(new_chat_id=room):
                return CallFailed(Fault.MOVED, reason, room=str(room))
            case Forbidden():
                return CallFailed(Fault.FORBIDDEN, reason)
            case InvalidToken() | EndPointNotFound():
                return CallFailed(Fault.TOKEN, reason)
            case Conflict():
                return CallFailed(Fault.CONFLICT, reason)
            case BadRequest():
                return CallFailed(Fault.REFUSED, reason)
        # What else there is differs by the HTTP library's error behind it; a 5xx has none.
        return CallFailed(Fault.UNREACHED if isinstance(error.__cause__, _NEVER_SENT) else Fault.UNCLEAR, reason)


def _enclosed(file: Enclosed) -> InputFile:
    made = InputFile(file.content, filename=file.name)
    made.mimetype = file.media_type  # the library would guess it by the name
    return made


def _pool(size: int, answered: Callable[[httpx.Response], Awaitable[None]]) -> HTTPXRequest:
    return HTTPXRequest(
        connection_pool_size=size,
        connect_timeout=4.0,
        write_timeout=4.0,
        read_timeout=_READ_S,
        pool_timeout=1.0,
        httpx_kwargs={"event_hooks": {"response": [answered]}},
    )
