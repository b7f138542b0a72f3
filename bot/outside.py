"""The channels to foreign platforms: which are set up, what they ask of the store, how they look after themselves."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from functools import partial
from typing import Any

from bot import log
from bot.channels.base import (
    CanCheck,
    Channel,
    Form,
    Forms,
    HasMenus,
    HasRoutes,
    Inbound,
    Problem,
    Receive,
    Route,
)
from bot.commands.registry import Registry
from bot.config import Settings
from bot.desk.desk import Desk
from bot.desk.forms import form_of, home_of
from bot.desk.menus import menus
from bot.i18n import Catalogue
from bot.notice import render
from bot.now import Times
from bot.store.base import Store, StoreError
from bot.store.conversations import unavailable_if_store_fails
from bot.store.roster_row import ACCOUNT
from bot.store.tx import Tx
from bot.text import Rich

logger = log.get(__name__)


class StorePulse:
    """Until when an account was heard, as a fact of the installation."""

    def __init__(self, store: Store[Tx], channel: str, account: str = ACCOUNT) -> None:
        self._store = store
        self._key = f"pulse.{channel}.{account}"

    async def last(self) -> datetime | None:
        with unavailable_if_store_fails():
            text = await self._store.read(lambda tx: tx.meta.get(self._key))
        return None if text is None else datetime.fromisoformat(text)

    async def beat(self, at: datetime) -> None:
        with unavailable_if_store_fails():
            await self._store.write(lambda tx: tx.meta.set(self._key, at.isoformat()))


def set_up(settings: Settings, store: Store[Tx], desk: Desk, times: Times) -> list[Channel]:
    """The channels that have their token; a library is loaded only where it is needed."""
    makers = {"telegram": _telegram, "slack": _slack}
    return [make(settings, store, desk, times) for name, make in makers.items() if _token(settings, name) is not None]


class Renewal:
    """Makes a channel anew when its token in the settings has been replaced, as in a file of secrets."""

    def __init__(
        self, settings: Settings, reload: Callable[[], Settings], store: Store[Tx], desk: Desk, times: Times
    ) -> None:
        """`reload` reads the settings again; what it raises is a ValueError."""
        self._settings = settings
        self._reload = reload
        self._store = store
        self._desk = desk
        self._times = times

    def __call__(self, name: str) -> Channel | None:
        """The channel with the token of now; None where it is the one known already."""
        try:
            settings = self._reload()
        except ValueError as error:
            logger.warning("the settings cannot be read again", action="channel.reload", reason=str(error))
            return None
        if _token(settings, name) in (None, _token(self._settings, name)):
            return None
        self._settings = settings
        return next(
            channel for channel in set_up(settings, self._store, self._desk, self._times) if channel.name == name
        )


def _token(settings: Settings, name: str) -> str | None:
    """What a channel proves itself with; a channel is on when it has one."""
    secret = {"telegram": settings.telegram.token, "slack": settings.slack.bot_token}[name]
    return None if secret is None else secret.get_secret_value()


def _telegram(settings: Settings, store: Store[Tx], desk: Desk, times: Times) -> Channel:
    from bot.channels.telegram import TelegramChannel

    chosen = settings.telegram
    return TelegramChannel(
        _token(settings, "telegram") or "",
        base_url=chosen.base_url,
        mode=chosen.mode,
        public_url=settings.http.public_url,
        webhook_secret=None if chosen.webhook_secret is None else chosen.webhook_secret.get_secret_value(),
        times=times,
        pulse=StorePulse(store, "telegram"),
        rooms=_rooms(store, "telegram"),
    )


def _slack(settings: Settings, store: Store[Tx], desk: Desk, times: Times) -> Channel:
    from bot.channels.slack import SlackChannel

    chosen = settings.slack
    return SlackChannel(
        _token(settings, "slack") or "",
        signing_secret=None if chosen.signing_secret is None else chosen.signing_secret.get_secret_value(),
        app_token=None if chosen.app_token is None else chosen.app_token.get_secret_value(),
        base_url=chosen.base_url,
        mode=chosen.mode,
        times=times,
        pulse=StorePulse(store, "slack"),
        rooms=_rooms(store, "slack"),
        forms=forms_of_store(store, desk, times),
        home=home_of_store(store, desk, times, "slack"),
        direct=direct_of_store(store, "slack"),
    )


def forms_of_store(store: Store[Tx], desk: Desk, times: Times) -> Forms:
    """Asks the core which form an act needs."""

    async def form(inbound: Inbound) -> Form | None:
        now = times.business()
        with unavailable_if_store_fails():
            return await store.read(lambda tx: form_of(tx, desk, inbound, now))

    return form


def home_of_store(store: Store[Tx], desk: Desk, times: Times, channel: str) -> Callable[[str], Awaitable[Rich | None]]:
    """Asks the core what somebody's own page shows."""

    async def home(sender: str) -> Rich | None:
        now = times.business()
        with unavailable_if_store_fails():
            found = await store.read(lambda tx: home_of(tx, desk, channel, ACCOUNT, sender, now))
        if found is None:
            return None
        notice, room = found
        return render(notice, desk.words.words(room.locale), room.zone, now)

    return home


def direct_of_store(store: Store[Tx], channel: str) -> Callable[[str], Awaitable[str | None]]:
    """Looks for the address of the chat that somebody on the staff has with the bot."""

    def found(tx: Tx, sender: str) -> str | None:
        person = tx.people.by_identity(channel, ACCOUNT, sender)
        rooms = [] if person is None else tx.rooms.direct(person.id)
        return next((room.ext_id for room in rooms if room.channel == channel), None)

    async def direct(sender: str) -> str | None:
        with unavailable_if_store_fails():
            return await store.read(lambda tx: found(tx, sender))

    return direct


def _rooms(store: Store[Tx], channel: str) -> Callable[[], Awaitable[Sequence[str]]]:
    async def rooms() -> Sequence[str]:
        with unavailable_if_store_fails():
            return await store.read(lambda tx: [room.ext_id for room in tx.rooms.of_channel(channel)])

    return rooms


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
            except StoreError as error:
                logger.warning("no menus without the store", action="channel.menus", reason=str(error))
                return
            # Every time: the channel knows what it has shown, and tries again what was refused.
            await channel.set_menus(wanted)


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
