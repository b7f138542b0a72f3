"""Webhook: our own route, which answers 200 only after the commit, and the registration that brings updates to it.

The library's own server compares the secret in variable time, confirms before anything is stored, and has an update
that it cannot parse sent again for ever.
"""

from __future__ import annotations

import hmac
import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from bot.channels.base import Unavailable
from bot.channels.telegram.api import Api, CallFailed, Fault
from bot.channels.telegram.read import UPDATES
from bot.channels.telegram.standing import Blocked, Standing
from bot.channels.telegram.take import BEAT, Taker
from bot.now import Times

log = logging.getLogger(__name__)

PATH = "/telegram/webhook"
MAX_BODY = 1024 * 1024
"""Bytes of an update."""

FAILED_LATELY = timedelta(hours=1)
"""How long a failed delivery counts: longer than the platform waits before it tries again."""

_SECRET = "x-telegram-bot-api-secret-token"  # noqa: S105 - the header's name
_CONNECTIONS = 40
TAKEN_OVER = (
    "the webhook of this bot points elsewhere now: another installation, or a poller, uses the same token; end it and "
    "start Pledge again, which sets its own webhook"
)


class Hook:
    """The route. The platform sends again whatever is not answered with 2xx, for a day."""

    def __init__(self, taker: Taker, secret: str) -> None:
        self._taker = taker
        self._secret = secret.encode()

    async def __call__(self, request: Request) -> Response:
        headers = request.headers
        if not hmac.compare_digest(headers.get(_SECRET, "").encode("utf-8", "replace"), self._secret):
            return Response(status_code=403)
        if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            return Response(status_code=415)
        length = headers.get("content-length", "")
        if length.isascii() and length.isdigit() and int(length) > MAX_BODY:
            return Response(status_code=413)
        try:
            body = await _body(request)
        except ClientDisconnect:
            return Response(status_code=400)
        if body is None:
            return Response(status_code=413)
        try:
            await self._take(body)
        except Unavailable as error:
            log.warning("telegram.not_stored: the platform will send it again: %s", error)
            return _again()
        except Exception:
            log.exception("telegram.intake_raised: not even its bytes were stored; the platform will send it again")
            return _again()
        return Response(status_code=200)

    async def _take(self, body: bytes) -> None:
        try:
            update = json.loads(body)
        except (ValueError, RecursionError):
            # Sent again it would be the same, and hold up what follows in its chat.
            await self._taker.take_bytes(body, "a body that is no JSON")
            return
        await self._taker.take(update, body)


class Registration:
    """Keeps the platform sending updates to our address, and notices when it no longer does."""

    def __init__(self, api: Api, times: Times, taker: Taker, standing: Standing, url: str, secret: str) -> None:
        self._api = api
        self._times = times
        self._taker = taker
        self._standing = standing
        self._url = url
        self._secret = secret
        self._is_set = False

    async def turn(self) -> float:
        """Register at the first turn; then look once a minute. Seconds until the next turn."""
        await self._standing.unless_ended(self._look() if self._is_set else self._register())
        return BEAT.total_seconds()

    async def _register(self) -> None:
        await self._taker.introduce()
        await self._taker.look_back()
        info = await self._api.call("getWebhookInfo")
        before = str(info.get("url") or "")
        if before and before != self._url:
            log.warning("telegram.webhook_replaced: the bot's updates went to another address until now")
        try:
            await self._api.call(
                "setWebhook",
                url=self._url,
                secret_token=self._secret,
                allowed_updates=list(UPDATES),
                max_connections=_CONNECTIONS,
                drop_pending_updates=False,
            )
        except CallFailed as failed:
            if failed.fault is Fault.REFUSED:
                raise Blocked(
                    f"the platform refuses the webhook {self._url}: {failed.reason} (PLEDGE_HTTP__PUBLIC_URL must be "
                    "https, on port 443, 80, 88 or 8443, and be reachable from outside)"
                ) from None
            raise
        self._is_set = True
        await self._heard(info)

    async def _look(self) -> None:
        info = await self._api.call("getWebhookInfo")
        if not info.get("url"):
            log.warning("telegram.webhook_gone: somebody has taken our webhook down; it is set again")
            self._is_set = False
            await self._register()
            return
        if info["url"] != self._url:
            raise Blocked(TAKEN_OVER)
        await self._heard(info)

    async def _heard(self, info: Mapping[str, Any]) -> None:
        """The platform was heard, unless it says itself that it cannot reach us: what waits there is forgotten after
        a day, although we can ask it all the while.
        """
        failed_at = datetime.fromtimestamp(int(info.get("last_error_date") or 0), UTC)
        if int(info.get("pending_update_count") or 0) and self._times.machine() - failed_at < FAILED_LATELY:
            return
        await self._taker.look_back_after_silence()
        await self._taker.beat()


def _again() -> Response:
    return Response(status_code=503, headers={"retry-after": "2"})


async def _body(request: Request) -> bytes | None:
    """None: it is too long, and what is left of it stays unread."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            return None
    return bytes(body)
