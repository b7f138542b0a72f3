"""The Telegram adapter: its parts wired together behind the contract of channels."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Literal

from bot.channels.base import (
    Limits,
    Menu,
    NamedPulse,
    Outbound,
    Outcome,
    Permanent,
    Problem,
    Receive,
    Route,
    Scope,
    Unavailable,
)
from bot.channels.telegram.api import Api, CallFailed
from bot.channels.telegram.check import Checkup, astray
from bot.channels.telegram.intake import Polling
from bot.channels.telegram.menus import Menus
from bot.channels.telegram.post import Poster
from bot.channels.telegram.read import CHANNEL
from bot.channels.telegram.standing import Standing
from bot.channels.telegram.take import Taker
from bot.channels.telegram.webhook import PATH, Hook, Registration
from bot.channels.telegram.write import MAX_TEXT
from bot.now import Times

_PIECE = 64 * 1024


class TelegramChannel:
    """Rooms are chat ids, people user ids, messages `<chat>/<message id>`. The account is one bot, `default`.

    `limits`: a chat with one person takes a message a second, a group 20 a minute, the bot 30 a second in all
    (https://core.telegram.org/bots/faq#broadcasting-to-users). Five at once and then 15 a minute are 20 in any minute.
    """

    name = CHANNEL
    title = "Telegram"
    limits = Limits(max_text=MAX_TEXT, edit=True, per_direct_rate=1.0, per_room_rate=15 / 60, room_burst=5, rate=25.0)

    def __init__(
        self,
        token: str,
        *,
        base_url: str,
        mode: Literal["polling", "webhook"],
        public_url: str,
        webhook_secret: str | None,
        times: Times,
        pulse: NamedPulse,
        rooms: Callable[[], Awaitable[Sequence[str]]],
        api: Api | None = None,
        standing: Standing | None = None,
    ) -> None:
        """Without a secret one is derived from the token, always the same; `api` and `standing` are for tests."""
        if mode == "webhook" and not public_url:
            raise ValueError(
                "PLEDGE_TELEGRAM__MODE webhook: PLEDGE_HTTP__PUBLIC_URL is empty (https://pledge.example.com)"
            )
        url = f"{public_url}{PATH}" if public_url else ""
        secret = webhook_secret or hmac.new(token.encode(), PATH.encode(), hashlib.sha256).hexdigest()
        self._mode = mode
        self._times = times
        self._api = api or _wire(token, base_url)
        self._standing = standing or Standing()
        self._taker = Taker(self._api, times, pulse, token.partition(":")[0])
        self._hook = Hook(self._taker, secret)
        self._url, self._secret = url, secret
        self._poster = Poster(self._api)
        self._menus = Menus(self._api)
        self._checkup = Checkup(self._api, times, rooms, self._taker.back, mode=mode, own_webhook=url)

    def listen(self, receive: Receive) -> AbstractAsyncContextManager[None]:
        """Enter = updates are taken in as soon as the platform can be reached; exit = what was begun is finished."""

        @asynccontextmanager
        async def listening() -> AsyncIterator[None]:
            async with self._api.opened():
                self._standing.begin()
                self._taker.open(receive)
                intake = asyncio.create_task(self._standing.keep_on(self._source().turn), name="telegram")
                try:
                    yield
                finally:
                    self._standing.end()
                    await intake
                    self._taker.close()
                    await self._taker.drain()

        return listening()

    async def send(self, message: Outbound) -> Outcome:
        """Post or edit once; a message too long for the platform goes as several (see Poster)."""
        async with self._api.opened():
            outcome = await self._poster.send(message)
        if isinstance(outcome, Permanent) and outcome.scope is Scope.ROOM:
            self._checkup.refused(message.room)
        return outcome

    async def upload(self, message: Outbound) -> Outcome:
        """Post a file once."""
        async with self._api.opened():
            return await self._poster.upload(message)

    def routes(self) -> Sequence[Route]:
        return (Route("POST", PATH, self._hook.__call__),) if self._mode == "webhook" else ()

    async def check(self) -> Sequence[Problem]:
        """What the intake has met, then what the platform says of the bot, its webhook and its rooms."""
        async with self._api.opened():
            found = [*await self._checkup.problems(), *map(astray, self._poster.astray())]
        trouble = self._standing.trouble
        if trouble is None or any(problem.text == trouble for problem in found):
            return found
        return [Problem(self.name, trouble, self._standing.is_fatal), *found]

    async def probe(self, account: str) -> str | None:
        """None: the token works; else why not."""
        try:
            async with self._api.opened():
                await self._api.call("getMe")
        except CallFailed as failed:
            return failed.reason
        return None

    async def set_menus(self, menus: Sequence[Menu]) -> bool:
        """Make the platform show exactly these; what it refuses is logged and tried again at the next call."""
        async with self._api.opened():
            return await self._menus.set(menus)

    @asynccontextmanager
    async def fetch(self, account: str, handle: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """The content of a file, at most 20 MB, in pieces; its address holds the token and stays in here."""
        async with self._api.opened():
            try:
                path = str((await self._api.call("getFile", file_id=handle)).get("file_path") or "")
                if not path or path.startswith("/") or ".." in path or ":" in path:
                    raise Unavailable("the platform names no place for this file")
                content = await self._api.download(path)
            except CallFailed as failed:
                raise Unavailable(f"the platform does not give this file: {failed.reason}") from None
        yield _pieces(content)

    def _source(self) -> Polling | Registration:
        if self._mode == "webhook":
            return Registration(self._api, self._times, self._taker, self._standing, self._url, self._secret)
        return Polling(self._api, self._taker, self._standing, self._url)


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(content), _PIECE):
        yield content[at : at + _PIECE]


def _wire(token: str, base_url: str) -> Api:
    # The library takes a quarter of a second to load: only whoever has a token waits for it.
    from bot.channels.telegram.wire import Wire

    return Wire(token, base_url.rstrip("/"))
