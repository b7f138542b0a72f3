"""The Slack adapter put together: one workspace, one way of intake, posts, self-check."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from bot.channels.base import FormCheck, Forms, Limits, Outbound, Outcome, Problem, Pulse, Receive, Route, Sent
from bot.channels.slack.read import NAME
from bot.now import Times

if TYPE_CHECKING:
    from bot.channels.slack.catchup import Lost, Threads
    from bot.channels.slack.check import Looks
    from bot.channels.slack.home import Home
    from bot.channels.slack.http import HttpIntake
    from bot.channels.slack.intake import Direct
    from bot.channels.slack.watched import WatchedRooms


class SlackChannel:
    """Rooms are channel ids, people `team/user`. Slack's libraries are loaded when one is made, not before."""

    name = NAME
    title = "Slack"
    limits = Limits(slash=False, edit=True, read_back=True, per_room_rate=1)

    def __init__(
        self,
        bot_token: str,
        *,
        signing_secret: str | None,
        app_token: str | None,
        base_url: str,
        mode: Literal["http", "socket"],
        times: Times,
        pulse: Pulse,
        rooms: Callable[[], Awaitable[Sequence[str]]],
        forms: Forms | None = None,
        form_check: FormCheck | None = None,
        home: Home | None = None,
        direct: Direct | None = None,
        watched_rooms: WatchedRooms | None = None,
        lost_rooms: Lost | None = None,
        threads: Threads | None = None,
    ) -> None:
        """`forms` and `home` say what modals and the Home tab show; without them there are none. `form_check` says what
        is wrong with a filled-in modal while it still stands. `direct` knows the stored chats of people with the bot,
        `watched_rooms` who may read along in rooms of the team and of clients, `lost_rooms` those that could not
        be posted to and why, `threads` those of a room in which an answer may come. ValueError where the mode lacks its
        secret.
        """
        from bot.channels.slack.api import Api
        from bot.channels.slack.audience import Audience
        from bot.channels.slack.catchup import CatchUp
        from bot.channels.slack.intake import Intake
        from bot.channels.slack.people import People
        from bot.channels.slack.post import Posts
        from bot.channels.slack.socket import SocketIntake

        if mode == "http" and not signing_secret:
            raise ValueError("slack: mode http needs the app's signing secret (set PLEDGE_SLACK__SIGNING_SECRET)")
        if mode == "socket" and not app_token:
            raise ValueError("slack: mode socket needs a token of the app itself (set PLEDGE_SLACK__APP_TOKEN)")
        self._times = times
        self._rooms = rooms
        self._watched_rooms = watched_rooms
        self._api = Api(bot_token, base_url, lambda: times.machine())
        self._posts = Posts(self._api, times)
        self._people = People(self._api, times)
        self._intake = Intake(
            self._api, self._people, self._posts, times, self._heard, self._missed, forms, home, direct, form_check
        )
        self._audience = None
        if watched_rooms is not None:
            self._audience = Audience(self._api, self._people, self._intake, watched_rooms, times)
            self._intake.stirred = self._audience.stirred
        self._looks: Looks | None = None
        self._http: HttpIntake | None = None
        if mode == "http" and signing_secret:
            from bot.channels.slack.http import HttpIntake

            self._http = HttpIntake(signing_secret, self._intake, times)
        self._socket = SocketIntake(app_token, self._api, self._intake) if mode == "socket" and app_token else None
        is_connected = None if self._socket is None else lambda socket=self._socket: socket.is_connected
        on_gap = None if self._audience is None else self._audience.stirred
        self._catch_up = CatchUp(
            self._api, self._intake, rooms, pulse, times, is_connected, threads=threads, lost=lost_rooms, on_gap=on_gap
        )

    def listen(self, receive: Receive) -> AbstractAsyncContextManager[None]:
        """Enter = requests are taken or a connection is being made; Slack need not be there for that."""

        @asynccontextmanager
        async def listening() -> AsyncIterator[None]:
            async with AsyncExitStack() as stack:
                await stack.enter_async_context(self._api.opened())
                self._intake.receive = receive
                stack.callback(self._deaf)
                await self._introduce()
                if self._socket is not None:
                    await stack.enter_async_context(self._socket.running())
                working = [asyncio.create_task(self._catch_up.run())]
                if self._audience is not None:
                    working.append(asyncio.create_task(self._audience.run()))
                try:
                    yield
                finally:
                    for task in working:
                        task.cancel()
                    await asyncio.gather(*working, return_exceptions=True)

        return listening()

    async def send(self, message: Outbound) -> Outcome:
        return await self._posts.send(message)

    async def upload(self, message: Outbound) -> Outcome:
        from bot.channels.slack.upload import upload

        return await upload(self._api, self._posts, message)

    async def find(self, message: Outbound, since: datetime) -> Sent | None:
        return await self._posts.find(message, since)

    def routes(self) -> Sequence[Route]:
        """None in Socket Mode: what is not needed is not open."""
        return () if self._http is None else self._http.routes()

    async def check(self) -> Sequence[Problem]:
        from bot.channels.slack import check

        if self._looks is None:
            self._looks = check.Looks()
        team, now = self._intake.own.team, self._times.machine()
        found, who = await check.look(
            self._api, self._rooms, now, team, self._watched_rooms, self._audience, self._looks
        )
        self._intake.know(who)
        if self._socket is not None and self._socket.trouble:
            found.append(Problem(NAME, self._socket.trouble, fatal=True))
        return found

    async def probe(self, account: str) -> str | None:
        from bot.channels.slack.api import redacted
        from bot.channels.slack.verdict import FAULTS

        try:
            await self._api.who()
        except FAULTS as error:
            return redacted(error)
        return None

    def fetch(self, account: str, handle: str) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        return self._api.file(handle)

    def _heard(self) -> None:
        self._catch_up.heard()

    def _missed(self, since: datetime | None) -> None:
        self._catch_up.missed(since)

    def _deaf(self) -> None:
        self._intake.receive = None

    async def _introduce(self) -> None:
        """Learn who we are; where Slack is down, events say enough, and it is asked again before the history is."""
        from bot.channels.slack.verdict import FAULTS

        with contextlib.suppress(*FAULTS):
            async with asyncio.timeout(3):
                await self._intake.introduce()
