"""The real core and the real adapter before the fake Slack: people write and press there, time is moved by hand.

Business time stands in `clock.now`; machine time runs ahead of it by `clock.lead`, which deliveries use up one second
at a time, as Slack takes one post a second and channel.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Literal

import httpx
from channels.slack.slack_api import APP_TOKEN, BOT_TOKEN, SECRET, SlackApi
from channels.slack.slack_rooms import HOME, Room
from harness import CATALOG, QUERIES, WORDS, Bot, FakeChannel, HandClock

from bot.channels.slack import SlackChannel
from bot.channels.slack.manifest import manifest
from bot.commands.registry import Registry
from bot.delivery import Delivery
from bot.desk.desk import Desk
from bot.desk.rules import Rules
from bot.now import Times
from bot.people import VENDOR, RoomKind
from bot.platforms import (
    direct_of_store,
    form_check_of_store,
    forms_of_store,
    home_of_store,
    lost_rooms_of_store,
    slashless,
    threads_of_store,
    titles,
    watched_rooms_of_store,
)
from bot.reactions import on_failed
from bot.roster import apply_roster, parse_roster
from bot.store.sqlite import open_sqlite
from bot.store.tx import Tx, make_tx
from bot.web.server import Probes, build_app

START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
"""Noon in the office, a Tuesday."""

ACME, BETA = "T0000ACME", "T0000BETA"
STAFF = {"mia": "manager", "ben": "manager", "tom": "technician", "sue": "supervisor", "lea": "lead"}
_VENDOR = '[vendor]\nname = "Vendor"\nlocale = "en"\nzone = "Etc/GMT-3"\n'
_STAFF = """
[[staff]]
id = "{key}"
name = "{name}"
role = "{role}"
identities = {{ slack = "{identity}" }}
"""
_TEAM = '[[teams]]\nid = "support"\nname = "Support"\nchannel = "slack"\nroom = "{room}"\n'
_CLIENT = """
[[clients]]
id = "{key}"
name = "{key}"
agreement = "{agreement}"
manager = "mia"
backups = ["ben"]
locale = "en"
zone = "Etc/GMT-3"
rooms = [{{ channel = "slack", id = "{room}" }}]
contacts = [{{ id = "{contact}", name = "{name}", identities = {{ slack = "{identity}" }} }}]
"""
_MOST_SECONDS = 600


class SlackClock(HandClock):
    """Business time by hand, machine time ahead of it."""

    def __init__(self, at: datetime) -> None:
        super().__init__(at)
        self.lead = timedelta()

    @property
    def machine(self) -> datetime:
        return self.now + self.lead

    def times(self) -> Times:
        return Times(business=lambda: self.now, machine=lambda: self.machine, speed=lambda: 1.0)


class Beats:
    """Remembers until when Slack was heard."""

    def __init__(self, at: datetime | None = None) -> None:
        self.at = at

    async def last(self) -> datetime | None:
        return self.at

    async def beat(self, at: datetime) -> None:
        self.at = at


class SlackBot(Bot):
    """The bot, its Slack and its rooms by client: `bot.rooms["acme"]`."""

    clock: SlackClock
    channel: Any

    def __init__(self, store: Any, desk: Desk, clock: SlackClock, channel: SlackChannel, slack: SlackApi) -> None:
        super().__init__(store, desk, clock, channel)
        self.slack = slack
        self.board = FakeChannel(clock, name="inapp")
        """Everybody on the staff reads the board too: the next path when Slack does not take a message."""
        self.rooms: dict[str, Room] = {}
        self._lives = itertools.count(1)
        self.reborn()

    def reborn(self, **options: Any) -> None:
        """The sender of another process over the same rows: what the last one had in hand was left behind."""
        self.delivery = Delivery(
            self.store,
            {"slack": self.channel, "inapp": self.board},
            WORDS,
            self.times,
            owner=f"life {next(self._lives)}",
            on_failed=on_failed(self.desk, self.times),
            jitter=lambda: 0.5,
            **options,
        )

    async def deliver(self) -> None:
        """Everything that is to be said goes out, a second of machine time after the other."""
        for _ in range(_MOST_SECONDS):
            await self.delivery.drain_once()
            await self.slack.settled()
            if not await self.waiting():
                return
            self.clock.lead += timedelta(seconds=1)
        left = await self.sql("SELECT dedupe_key, state, error FROM outbox WHERE state NOT IN ('sent', 'superseded')")
        raise AssertionError(f"not everything went out: {left}")

    async def waiting(self) -> int:
        """Deliveries that are not over."""
        ((count,),) = await self.sql("SELECT count(*) FROM outbox WHERE state IN ('pending', 'sending', 'unknown')")
        return int(count)

    async def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        return list(await self.read(lambda tx: [tuple(r) for r in tx.connection.execute(statement, values)]))

    async def states(self) -> dict[str, int]:
        """How many deliveries are in which state."""
        return {str(s): int(n) for s, n in await self.sql("SELECT state, count(*) FROM outbox GROUP BY state")}

    async def says(self, key: str, who: str, text: str, **more: Any) -> Any:
        """Somebody writes in a client's channel; then everything that is to be said goes out."""
        message = await self.rooms[key].says(who, text, **more)
        await self.deliver()
        return message

    async def tells(self, who: str, text: str) -> Any:
        """Somebody writes to the bot directly."""
        message = await self.slack.direct(who).says(who, text)
        await self.deliver()
        return message

    async def press_in(self, room: Room, who: str, label: str) -> list[str]:
        shown = await room.presses(who, room.post(label), label)
        await self.deliver()
        return shown

    def read_by(self, who: str) -> list[str]:
        """What stands in somebody's direct messages with the bot."""
        return [post.text for post in self.slack.direct(who).posts]

    def on_board(self, who: str) -> list[str]:
        """What stands in somebody's chat on the board: what Slack did not take."""
        return [post.text for post in self.board.posts if post.room == f"direct:{who}"]

    async def tickets(self) -> int:
        ((count,),) = await self.sql("SELECT count(*) FROM ticket")
        return int(count)


def client(slack: SlackApi, room: Room, key: str, contact: str, *, agreement: str = "redtrack-premium") -> str:
    """A client of the roster with its channel and its one listed contact."""
    person = slack.people[contact]
    return _CLIENT.format(
        key=key, agreement=agreement, room=room.id, contact=contact, name=person.name, identity=person.identity
    )


async def furnish(slack: SlackApi, team_of_clients: str | None = ACME) -> tuple[str, dict[str, Room]]:
    """The vendor's staff, a team channel, clients acme and beta with a private channel each; the roster of it all.

    `team_of_clients` None: their people are guests of the vendor's own workspace.
    """
    roster = _VENDOR
    for key, role in STAFF.items():
        person = slack.person(key)
        roster += _STAFF.format(key=key, name=person.name, role=role, identity=person.identity)
    roster += _TEAM.format(room=slack.channel("support", *STAFF).id)
    rooms = {}
    for key, contact, team in (("acme", "ann", team_of_clients), ("beta", "bob", team_of_clients and BETA)):
        for each in (contact, f"{contact}2"):  # and a colleague whom nobody has listed
            slack.person(each, team=team or HOME).is_guest = team is None
        rooms[key] = slack.channel(f"{key}-premium", *STAFF, contact, f"{contact}2")
        roster += client(slack, rooms[key], key, contact)
    return roster, rooms


@asynccontextmanager
async def slack_box(
    mode: Literal["http", "socket"] = "http",
    *,
    outside: bool = True,
    first_ref: int = 42,
    pulse: Beats | None = None,
    path: Path | str = ":memory:",
    connected: bool = True,
    **options: Any,
) -> AsyncIterator[SlackBot]:
    """A running bot with the clients above; `outside`: their people are members of workspaces of their own.

    `options` are the fake's. At the end nothing careless was done to it.
    """
    clock = SlackClock(START)
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(
            SlackApi(now=lambda: clock.now, machine=lambda: clock.machine, **{**_installed(), **options})
        )
        roster, rooms = await furnish(slack, ACME if outside else None)
        store = await open_sqlite(path, make_tx=partial(make_tx, QUERIES))
        stack.push_async_callback(store.close)
        parsed = parse_roster(roster, "roster.toml", catalog=CATALOG, locales=tuple(WORDS.locales))
        await store.write(lambda tx: apply_roster(tx, parsed, clock.now))
        await store.write(lambda tx: _direct_rooms(tx, slack, clock.now))
        ids = itertools.count(1)
        desk = Desk(
            catalog=CATALOG,
            words=WORDS,
            registry=Registry(),
            rules=Rules(first_ref=first_ref, slashless=slashless(), titles=titles()),
            new_id=lambda: f"a{next(ids)}",
        )
        channel = make_channel(slack, mode, clock.times(), pulse or Beats(), store, desk)
        bot = SlackBot(store, desk, clock, channel, slack)
        bot.rooms = rooms
        slack.on_interaction = _adapter_is_idle
        if connected:
            await stack.enter_async_context(listening(bot, channel))
        yield bot
        await slack.settled()
        assert not slack.faults, slack.faults


def _installed() -> dict[str, Any]:
    """What an app that was made from our manifest may do and hears."""
    made = manifest("https://pledge.example")
    return {
        "scopes": made["oauth_config"]["scopes"]["bot"],
        "events": made["settings"]["event_subscriptions"]["bot_events"],
        "commands": [each["command"] for each in made["features"]["slash_commands"]],
    }


def make_channel(
    slack: SlackApi, mode: Literal["http", "socket"], times: Times, pulse: Beats, store: Any, desk: Desk
) -> SlackChannel:
    """The adapter as the composition root makes it."""

    async def rooms() -> Sequence[str]:
        return list(await store.read(_room_ids))

    return SlackChannel(
        BOT_TOKEN,
        signing_secret=SECRET if mode == "http" else None,
        app_token=APP_TOKEN if mode == "socket" else None,
        base_url=slack.url,
        mode=mode,
        times=times,
        pulse=pulse,
        rooms=rooms,
        forms=forms_of_store(store, desk, times),
        form_check=form_check_of_store(store, desk, times),
        home=home_of_store(store, desk, times, "slack"),
        direct=direct_of_store(store, "slack"),
        watched_rooms=watched_rooms_of_store(store, "slack"),
        lost_rooms=lost_rooms_of_store(store, "slack"),
        threads=threads_of_store(store, times, "slack"),
    )


@asynccontextmanager
async def listening(
    bot: SlackBot, channel: SlackChannel, receive: Callable[..., Awaitable[Any]] | None = None
) -> AsyncIterator[None]:
    """One life of the adapter: connected, its routes reachable for the fake."""
    async with AsyncExitStack() as stack:
        app = build_app(routes=channel.routes(), probes=Probes(ready=_no_reasons, metrics=lambda: ""))
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        client = await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url="http://localhost"))
        before = bot.slack.pusher.http
        if channel.routes():
            bot.slack.events_to(client)
        await stack.enter_async_context(channel.listen(receive or bot.receive))
        yield
        await bot.slack.settled()
        bot.slack.pusher.http = before


async def _adapter_is_idle() -> None:
    """Until every envelope of a socket is dealt with: some is said behind its acknowledgement."""
    while working := [task for task in asyncio.all_tasks() if getattr(task.get_coro(), "__name__", "") == "handle"]:
        await asyncio.wait(working)


def _room_ids(tx: Tx) -> list[str]:
    rows = tx.connection.execute("SELECT ext_id FROM room WHERE channel = 'slack' AND active AND kind <> 'direct'")
    return [row["ext_id"] for row in rows]


def _direct_rooms(tx: Tx, slack: SlackApi, now: datetime) -> None:
    """Every member of staff has opened the direct messages with the bot."""
    for key in STAFF:
        person = tx.people.person_by_key(key)
        assert person is not None
        tx.rooms.add(
            client_id=VENDOR,
            kind=RoomKind.DIRECT,
            channel="slack",
            account="default",
            ext_id=slack.direct(key).id,
            name=person.name,
            person_id=person.id,
            now=now,
        )


async def _no_reasons() -> list[str]:
    return []
