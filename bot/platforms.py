"""Which channels to foreign platforms an installation has, and what they ask of store and desk; the one place where
they are named.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot import log
from bot.channels.base import Channel, Form, FormCheck, Forms, Inbound, Profile
from bot.config import Settings
from bot.desk.desk import Desk
from bot.desk.forms import form_of, home_of, wrong_in
from bot.notice import render
from bot.now import Times
from bot.people import RoomKind
from bot.store.base import Store
from bot.store.conversations import unavailable_if_store_fails
from bot.store.roster_row import ACCOUNT
from bot.store.tx import Tx
from bot.text import Rich

if TYPE_CHECKING:
    from bot.channels.slack.watched import Watched

logger = log.get(__name__)

CLOSED_LATELY = timedelta(days=90)
MOST_CLOSED = 50
"""Threads of closed tickets of one room that are asked for answers after a gap: each costs a call."""


class StorePulse:
    """Until when an account was heard and what its platform calls it, as facts of the installation."""

    def __init__(self, store: Store[Tx], channel: str, account: str = ACCOUNT) -> None:
        self._store = store
        self._key = f"pulse.{channel}.{account}"
        self._name_key = f"name.{channel}."

    async def last(self) -> datetime | None:
        with unavailable_if_store_fails():
            text = await self._store.read(lambda tx: tx.meta.get(self._key))
        return None if text is None else datetime.fromisoformat(text)

    async def beat(self, at: datetime) -> None:
        with unavailable_if_store_fails():
            await self._store.write(lambda tx: tx.meta.set(self._key, at.isoformat()))

    async def name(self, user: str) -> str | None:
        with unavailable_if_store_fails():
            return await self._store.read(lambda tx: tx.meta.get(self._name_key + user))

    async def named(self, user: str, name: str) -> None:
        with unavailable_if_store_fails():
            await self._store.write(lambda tx: tx.meta.set(self._name_key + user, name))


def set_up(settings: Settings, store: Store[Tx], desk: Desk, times: Times) -> list[Channel]:
    """The channels that have their token; a library is loaded only where it is needed."""
    makers = {"telegram": _telegram, "slack": _slack}
    return [make(settings, store, desk, times) for name, make in makers.items() if _token(settings, name) is not None]


def slashless() -> frozenset[str]:
    """The channels whose platform keeps a leading slash for itself; their libraries are not loaded for that."""
    from bot.channels.slack import SlackChannel
    from bot.channels.telegram import TelegramChannel

    made: tuple[type[Channel], ...] = (TelegramChannel, SlackChannel)
    return frozenset(each.name for each in made if not each.limits.slash)


def titles() -> dict[str, str]:
    """What people call the channels; by name."""
    from bot.channels.slack import SlackChannel
    from bot.channels.telegram import TelegramChannel

    return {TelegramChannel.name: TelegramChannel.title, SlackChannel.name: SlackChannel.title}


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
    proof = next(platform.proof for platform in settings.platforms if name == platform.NAME)
    return None if proof is None else proof.get_secret_value()


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
        form_check=form_check_of_store(store, desk, times),
        home=home_of_store(store, desk, times, "slack"),
        direct=direct_of_store(store, "slack"),
        watched_rooms=watched_rooms_of_store(store, "slack"),
        lost_rooms=lost_rooms_of_store(store, "slack"),
        threads=threads_of_store(store, times, "slack"),
    )


def forms_of_store(store: Store[Tx], desk: Desk, times: Times) -> Forms:
    """Asks the core which form an act needs."""

    async def form(inbound: Inbound) -> Form | None:
        now, machine = times.business(), times.machine()
        with unavailable_if_store_fails():
            return await store.read(lambda tx: form_of(tx, desk, inbound, now, machine))

    return form


def form_check_of_store(store: Store[Tx], desk: Desk, times: Times) -> FormCheck:
    """Asks the core what is wrong with the words of a filled-in form."""

    async def wrong(inbound: Inbound) -> Rich | None:
        now, machine = times.business(), times.machine()
        with unavailable_if_store_fails():
            # What is tried is written and undone, so a reader's connection would not do.
            found = await store.write(lambda tx: wrong_in(tx, desk, inbound, now, machine))
        if found is None:
            return None
        notice, room = found
        return render(notice, desk.words.words(room.locale), room.zone, now)

    return wrong


def home_of_store(
    store: Store[Tx], desk: Desk, times: Times, channel: str
) -> Callable[[str, Profile], Awaitable[Rich]]:
    """Asks the core what somebody's own page shows."""

    async def home(sender: str, profile: Profile) -> Rich:
        now = times.business()
        with unavailable_if_store_fails():
            notice, locale, zone = await store.read(
                lambda tx: home_of(tx, desk, channel, ACCOUNT, sender, profile, now)
            )
        return render(notice, desk.words.words(locale), zone, now)

    return home


def watched_rooms_of_store(store: Store[Tx], channel: str) -> Callable[[], Awaitable[Mapping[str, Watched]]]:
    """Lists the rooms of the team and of clients, each with its outsiders and with the people who belong there."""

    from bot.channels.slack.watched import Watched

    def found(tx: Tx) -> Mapping[str, Watched]:
        rooms = [room for room in tx.rooms.of_channel(channel) if room.kind in (RoomKind.TEAM, RoomKind.CLIENT)]
        whose = {(room.client_id, room.account) for room in rooms}
        ours = {each: tx.people.identities(each[0], channel, each[1]) for each in whose}
        return {
            room.ext_id: Watched(
                room.kind is RoomKind.TEAM,
                tx.rooms.outsiders(room.id) if room.outsiders else frozenset(),
                ours[room.client_id, room.account],
            )
            for room in rooms
        }

    async def rooms() -> Mapping[str, Watched]:
        with unavailable_if_store_fails():
            return await store.read(found)

    return rooms


def lost_rooms_of_store(store: Store[Tx], channel: str) -> Callable[[], Awaitable[Mapping[str, str]]]:
    """Lists the rooms that could not be posted to for a reason of their own, with it."""

    def found(tx: Tx) -> Mapping[str, str]:
        return {room.ext_id: room.unreachable or "" for room in tx.rooms.of_channel(channel) if room.is_lost}

    async def rooms() -> Mapping[str, str]:
        with unavailable_if_store_fails():
            return await store.read(found)

    return rooms


def threads_of_store(
    store: Store[Tx], times: Times, channel: str
) -> Callable[[str], Awaitable[tuple[Sequence[str], Sequence[str]]]]:
    """Lists the threads of a room in which tickets are open, and those in which they were until lately: an answer there
    may reopen one.
    """

    def found(tx: Tx, ext_id: str) -> tuple[Sequence[str], Sequence[str]]:
        room = tx.rooms.at(channel, ACCOUNT, ext_id)
        if room is None:
            return [], []
        closed = tx.tickets.closed_threads(room.id, times.business() - CLOSED_LATELY, MOST_CLOSED)
        return tx.tickets.open_threads(room.id), closed

    async def threads(ext_id: str) -> tuple[Sequence[str], Sequence[str]]:
        with unavailable_if_store_fails():
            return await store.read(lambda tx: found(tx, ext_id))

    return threads


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
