"""The channels to foreign platforms, seen to together while the bot runs: listening, self-checks, menus, new tokens."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Sequence, Set
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any

from bot import log
from bot.channels.base import (
    CanCheck,
    Channel,
    HasMenus,
    HasRoutes,
    Menu,
    Problem,
    Receive,
    Route,
)
from bot.commands.registry import Registry
from bot.desk.menus import menus
from bot.i18n import Catalogue
from bot.store.base import Store, StoreError
from bot.store.tx import Tx

logger = log.get(__name__)


class Outside:
    """The channels of a running bot, seen to together. `by_name` is kept current: whoever sends looks there."""

    def __init__(
        self,
        channels: Sequence[Channel],
        store: Store[Tx],
        registry: Registry,
        words: Catalogue,
        renewed: Callable[[str], Channel | None] = lambda name: None,
        tell: Callable[[Tx, Problem], None] = lambda tx, problem: None,
    ) -> None:
        """`renewed` gives a channel of this name to go on with, if the one there is has a token of yesterday; `tell`
        lets people know that a channel has stopped, by another.
        """
        self.by_name: dict[str, Channel] = {channel.name: channel for channel in channels}
        self._store = store
        self._registry = registry
        self._words = words
        self._renewed = renewed
        self._tell = tell
        self._receive: Receive | None = None
        self._stacks: dict[str, AsyncExitStack] = {}
        self._problems: tuple[Problem, ...] = ()

    def routes(self) -> list[Route]:
        """The channels' routes; each leads to whatever channel has the name when it is asked for."""
        return [
            Route(route.method, route.path, partial(self._routed, channel.name, route.path))
            for channel in self.by_name.values()
            if isinstance(channel, HasRoutes)
            for route in channel.routes()
        ]

    async def _routed(self, name: str, path: str, request: Any) -> Any:
        channel = self.by_name[name]
        assert isinstance(channel, HasRoutes)
        return await next(route.handler(request) for route in channel.routes() if route.path == path)

    @asynccontextmanager
    async def listening(self, receive: Receive) -> AsyncIterator[None]:
        """Enter = all of them connected and receiving; exit = stopped and drained."""
        self._receive = receive
        try:
            for name in self.by_name:
                await self._listen(name)
            yield
        finally:
            for stack in reversed(list(self._stacks.values())):
                await stack.aclose()

    async def _listen(self, name: str) -> None:
        assert self._receive is not None
        self._stacks[name] = AsyncExitStack()
        await self._stacks[name].enter_async_context(self.by_name[name].listen(self._receive))

    def reasons(self) -> list[str]:
        """Why a channel does not work at all, as of the last look."""
        return [f"{each.channel}: {each.text}" for each in self._problems if each.fatal]

    def warnings(self) -> list[str]:
        """What else is wrong with a channel, as of the last look."""
        return [f"{each.channel}: {each.text}" for each in self._problems if not each.fatal]

    async def look(self) -> None:
        """Ask every channel how it is, and log what is new; renew what has another token; bring menus up to date."""
        found = tuple(await problems(list(self.by_name.values())))
        for problem in found:
            if problem not in self._problems:
                speak = logger.error if problem.fatal else logger.warning
                speak(problem.text, action="channel.problem", channel=problem.channel)
                if problem.fatal:
                    await self._tell_people(problem)
        self._problems = found
        for name in {problem.channel for problem in found if problem.fatal}:
            await self._renew(name)
        await self._show_menus()

    async def _tell_people(self, problem: Problem) -> None:
        try:
            await self._store.write(lambda tx: self._tell(tx, problem))
        except StoreError as error:
            logger.warning("nobody can be told of a channel", action="channel.untold", reason=str(error))

    async def _renew(self, name: str) -> None:
        channel = None if self._receive is None else self._renewed(name)
        if channel is None:
            return
        logger.info("a channel begins again with another token", action="channel.renewed", channel=name)
        await self._stacks.pop(name).aclose()
        self.by_name[name] = channel
        await self._listen(name)

    async def _show_menus(self) -> None:
        for channel in self.by_name.values():
            if not isinstance(channel, HasMenus):
                continue
            try:
                work = partial(menus, registry=self._registry, words=self._words, channel=channel.name)
                wanted = await self._store.read(work)
                given = {menu.room for menu in wanted if menu.room is not None}
                before = await self._remember(channel.name, given, keep=True)
                # Every time: the channel knows what it has shown, and tries again what was refused.
                taken_back = [Menu(room, locale, ()) for room in before - given for locale in self._words.locales]
                if await channel.set_menus([*wanted, *taken_back]):
                    await self._remember(channel.name, given, keep=False)
            except StoreError as error:
                logger.warning("no menus without the store", action="channel.menus", reason=str(error))
                return

    async def _remember(self, name: str, rooms: Set[str], *, keep: bool) -> Set[str]:
        """Note which rooms have menus of their own on a channel, besides those known (`keep`) or instead of them; those
        known. A room may close while nobody is there to take its menu back.
        """
        key = f"menus.{name}"
        text = await self._store.read(lambda tx: tx.meta.get(key))
        known = frozenset[str](json.loads(text or "[]"))
        noted = json.dumps(sorted(known | rooms if keep else rooms))
        if noted != json.dumps(sorted(known)):
            await self._store.write(lambda tx: tx.meta.set(key, noted))
        return known


async def problems(channels: Sequence[Channel]) -> list[Problem]:
    """What the channels find wrong with themselves."""
    found: list[Problem] = []
    for channel in channels:
        if isinstance(channel, CanCheck):
            try:
                found.extend(await channel.check())
            except Exception as error:
                # An adapter must not raise; a self-check that does says so itself.
                logger.exception("a channel's self-check raised", action="channel.check_raised", channel=channel.name)
                found.append(Problem(channel.name, f"its self-check failed: {type(error).__name__}"))
    return found


def report(channels: Sequence[Channel], found: Sequence[Problem]) -> list[str]:
    """A line for each problem, and for each channel without one."""
    lines = [f"{each.channel}: {'broken' if each.fatal else 'remark'}: {each.text}" for each in found]
    sound = {channel.name for channel in channels} - {each.channel for each in found}
    return [*lines, *(f"{name}: in order" for name in sorted(sound))]
