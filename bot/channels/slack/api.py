"""Calls to Slack through slack_sdk: one call, one request, no proxy of the environment, nothing of it in the log."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.channels.base import Unavailable
from bot.channels.slack.verdict import FAULTS, Throttled, code, wait

TIMEOUT_S = 10
"""Of one call, which is less than a delivery is leased for."""

_CONNECT_S = 5
_PIECE = 64 * 1024
_PER_CHANNEL = frozenset({"chat.postMessage"})
"""Methods whose limit is one of the channel; that of every other is one of the workspace."""

_SECRET = re.compile(r"xox[a-z]-[\w-]+|xapp-[\w-]+|ticket=[^&\s'\"]+")


class Api:
    """The Web API of one workspace. Works without `opened`, with a connection of its own for every call."""

    def __init__(self, token: str, base_url: str, now: Callable[[], datetime]) -> None:
        """`now`: machine time."""
        self._now = now
        self._closed_until: dict[tuple[str, str], datetime] = {}
        self._base = base_url.rstrip("/")
        self._token = token
        self._timeout = aiohttp.ClientTimeout(total=TIMEOUT_S, connect=_CONNECT_S)
        # The default handlers post again after a dropped connection: one call, two posts. Only the outbox repeats.
        self._client = AsyncWebClient(token, f"{self._base}/api/", timeout=TIMEOUT_S, logger=quiet(), retry_handlers=[])
        # slack_sdk takes HTTP(S)_PROXY and ignores NO_PROXY.
        self._client.proxy = None

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """One pool of connections for all calls inside."""
        async with aiohttp.ClientSession(timeout=self._timeout) as session:
            self._client.session = session
            try:
                yield
            finally:
                self._client.session = None

    async def call(self, method: str, **arguments: Any) -> dict[str, Any]:
        """A call that changes something; raises one of `verdict.FAULTS`. None leaves an argument out."""
        given = {name: value for name, value in arguments.items() if value is not None}
        return _data(await self._said(method, lambda: self._client.api_call(method, json=given), given))

    async def ask(self, method: str, **arguments: Any) -> dict[str, Any]:
        """A call that only reads: those take no JSON."""
        return _data(
            await self._said(
                method, lambda: self._client.api_call(method, http_verb="GET", params=arguments), arguments
            )
        )

    async def who(self) -> tuple[dict[str, Any], Mapping[str, str]]:
        """`auth.test` with the headers of its answer, which name the scopes and the time."""
        answer = await self._said("auth.test", self._client.auth_test)
        return _data(answer), {name.lower(): str(value) for name, value in answer.headers.items()}

    async def socket_url(self, app_token: str) -> str:
        """A fresh address for Socket Mode; good for one connection."""
        method = "apps.connections.open"
        return str((await self._said(method, lambda: self._client.apps_connections_open(app_token=app_token)))["url"])

    async def _said(
        self, method: str, make: Callable[[], Awaitable[Any]], given: Mapping[str, Any] | None = None
    ) -> Any:
        """The answer of a call; Throttled, and no call, as long as Slack wants none of its kind."""
        key = (method, str((given or {}).get("channel", "")) if method in _PER_CHANNEL else "")
        until = self._closed_until.get(key)
        if until is not None:
            if (left := (until - self._now()).total_seconds()) > 0:
                raise Throttled(method, left)
            del self._closed_until[key]
        try:
            return await make()
        except FAULTS as error:
            if (seconds := wait(error)) is not None:
                self._closed_until[key] = self._now() + timedelta(seconds=seconds)
            raise

    async def respond(self, url: str, body: Mapping[str, Any]) -> bool:
        """Answer to the `response_url` of an act; False where that is not possible (any more)."""
        if not self._is_slack(url):
            return False
        try:
            async with self._session() as session, session.post(url, json=body, allow_redirects=False) as answer:
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False

    async def put(self, url: str, content: bytes, media_type: str) -> None:
        """Fill the place that was given for a file; raises one of `verdict.FAULTS`. The address itself is the key."""
        if not self._is_slack(url):
            raise OSError("the place for a file is not Slack's")
        headers = {"Content-Type": media_type}
        async with (
            self._session() as session,
            session.post(url, data=content, headers=headers, allow_redirects=False) as answer,
        ):
            if answer.status != 200:
                raise OSError(f"the place for a file answered with status {answer.status}")

    @asynccontextmanager
    async def file(self, file_id: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """The content of a file. The token goes to Slack's own host only, and no redirect is followed."""
        try:
            known = (await self.ask("files.info", file=file_id))["file"]
        except FAULTS as error:
            raise Unavailable(f"file {file_id}: {code(error) or type(error).__name__}") from None
        url = str(known.get("url_private_download") or known.get("url_private") or "")
        if not self._is_slack(url):
            raise Unavailable(f"file {file_id}: its address is not Slack's")
        headers = {"Authorization": f"Bearer {self._token}"}
        # An hour for the whole of a large file, but never long without a piece of it.
        patience = aiohttp.ClientTimeout(total=3600, sock_connect=_CONNECT_S, sock_read=TIMEOUT_S)
        try:
            async with (
                self._session() as session,
                session.get(url, headers=headers, allow_redirects=False, timeout=patience) as answer,
            ):
                # Without the right scope Slack answers with its sign-in page.
                if answer.status != 200 or (
                    answer.content_type == "text/html" and known.get("mimetype") != "text/html"
                ):
                    raise Unavailable(f"file {file_id}: Slack does not give it (HTTP {answer.status})")
                yield answer.content.iter_chunked(_PIECE)
        except (TimeoutError, aiohttp.ClientError) as error:
            raise Unavailable(f"file {file_id}: {type(error).__name__}") from None

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[aiohttp.ClientSession]:
        if self._client.session is not None:
            yield self._client.session
            return
        async with aiohttp.ClientSession(timeout=self._timeout) as session:
            yield session

    def _is_slack(self, url: str) -> bool:
        """Whether an address is Slack's, or of the server that stands for it."""
        try:
            found, own = urlsplit(url), urlsplit(self._base)
        except ValueError:
            return False
        if (found.scheme, found.netloc) == (own.scheme, own.netloc):
            return True
        host = found.hostname or ""
        return (
            found.scheme == "https" and found.port in (None, 443) and host.endswith((".slack.com", ".slack-files.com"))
        )


def redacted(error: BaseException) -> str:
    """What went wrong, without tokens and tickets of addresses."""
    if isinstance(error, SlackApiError):
        return code(error) or f"HTTP {getattr(error.response, 'status_code', '?')}"
    return _SECRET.sub("...", f"{type(error).__name__}: {error}")


def quiet() -> logging.Logger:
    """A logger for the library that says nothing: at DEBUG it would write every text and every address."""
    logger = logging.getLogger(f"{__name__}.library")
    logger.setLevel(logging.CRITICAL)
    logger.propagate = False
    return logger


def _data(answer: Any) -> dict[str, Any]:
    data = answer.data
    assert isinstance(data, dict)
    return data
