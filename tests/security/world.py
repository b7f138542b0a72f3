"""The whole bot as its composition root wires it, over a store in memory: everything an outsider can reach."""

from __future__ import annotations

import asyncio
import itertools
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import httpx
import jwt
from harness import CATALOG, QUERIES, WORDS
from starlette.applications import Starlette

from bot import front, metrics
from bot.app import receiver
from bot.channels.inapp import ACCOUNT, FixedKeyring, InAppChannel, Key, Origins
from bot.commands.registry import Registry
from bot.delivery import Delivery
from bot.desk import views
from bot.desk.desk import Desk
from bot.desk.rules import Rules
from bot.now import Times
from bot.published import Published
from bot.reactions import on_failed
from bot.roster import apply_roster, parse_roster
from bot.store.access import StoreVisits
from bot.store.conversations import StoreConversations
from bot.store.sqlite import SqliteStore, open_sqlite
from bot.store.tx import Tx, make_tx
from bot.web.board import board_routes
from bot.web.board.visit import csrf_token
from bot.web.calendars import calendar_routes
from bot.web.demo import demo_routes
from bot.web.server import WIDGET, Probes, build_app

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)  # a Friday, within everybody's working hours
SCRIPT = {"x-pledge": "script"}
ORIGIN = "https://app.{client}.example"

STAFF = """
[vendor]
name = "Vendor"
locale = "en"
zone = "Etc/GMT-3"
""" + "".join(
    f'[[staff]]\nid = "{key}"\nname = "{key.title()}"\nrole = "{role}"\n'
    for key, role in {
        "mia": "manager",
        "ben": "manager",
        "tom": "technician",
        "sue": "supervisor",
        "lea": "lead",
    }.items()
)
TEAM = '[[teams]]\nid = "support"\nname = "Support"\n'
CLIENT = """
[[clients]]
id = "{key}"
name = "{key}"
agreement = "redtrack-premium"
manager = "mia"
backups = ["ben"]
locale = "en"
zone = "Etc/GMT-3"
contacts = [{{ id = "ann", name = "Ann" }}]
"""


@dataclass
class Clocks:
    """Business and machine time, each moved by hand."""

    business: datetime = START
    machine: datetime = START

    @property
    def times(self) -> Times:
        return Times(lambda: self.business, lambda: self.machine, lambda: 1.0)


class Rooms(StoreConversations[Tx]):
    """Conversations that tell when somebody waits for news."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.waited = asyncio.Event()

    async def wait(self, account: str, room: str, seq: int, timeout: float) -> bool:
        self.waited.set()
        return await super().wait(account, room, seq, timeout)


@dataclass
class World:
    """`clients` are roster keys; each has a signing key "k1" of its own."""

    store: SqliteStore[Tx]
    desk: Desk
    clocks: Clocks
    app: Starlette
    inapp: InAppChannel
    rooms: Rooms
    delivery: Delivery
    gate: front.StaffGate
    secrets: Mapping[str, bytes]
    _ids: Any = field(default_factory=lambda: itertools.count(1))

    def browser(self, *, peer: str = "127.0.0.1", base: str = "http://localhost", **headers: str) -> httpx.AsyncClient:
        """An outsider with nothing."""
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False, client=(peer, 5000))
        return httpx.AsyncClient(transport=transport, base_url=base, headers=headers)

    def token(self, client: str, sub: str, **changes: Any) -> str:
        now = int(self.clocks.machine.timestamp())
        claims = {"iss": client, "org": client, "aud": "pledge", "sub": sub, "name": sub.title(), "iat": now}
        claims |= {"exp": now + 300, "jti": secrets.token_hex(8)} | changes
        return jwt.encode(claims, self.secrets[client], "HS256", {"kid": "k1"})

    @asynccontextmanager
    async def widget(self, client: str = "acme", sub: str = "ann", **headers: str) -> AsyncIterator[httpx.AsyncClient]:
        """The chat of somebody of a client, with an open session."""
        async with self.browser(**headers) as browser:
            answer = await browser.post("/inapp/session", json={"token": self.token(client, sub)})
            assert answer.status_code == 200, answer.text
            browser.headers["authorization"] = f"Bearer {answer.json()['session']}"
            yield browser

    @asynccontextmanager
    async def staff(self, key: str = "mia") -> AsyncIterator[httpx.AsyncClient]:
        """The board with somebody of the staff signed in."""
        async with self.browser() as browser:
            browser.cookies.set("pledge", await self.gate.open(key))
            yield browser

    async def act(self, browser: httpx.AsyncClient, path: str, **fields: str) -> httpx.Response:
        """A form of the board, posted by its script."""
        csrf = csrf_token(browser.cookies["pledge"])
        return await browser.post(path, data={"csrf": csrf, "client_msg_id": self.own_id(), **fields}, headers=SCRIPT)

    def own_id(self) -> str:
        return f"own-id-{next(self._ids):06}"

    async def say(self, browser: httpx.AsyncClient, text: str, **more: Any) -> httpx.Response:
        """Words typed into a widget; then everything that is to be said goes out."""
        answer = await browser.post("/inapp/messages", json={"client_msg_id": self.own_id(), "text": text, **more})
        await self.delivery.drain_once()
        return answer

    async def history(self, browser: httpx.AsyncClient) -> list[dict[str, Any]]:
        return list((await browser.get("/inapp/history?limit=100")).json()["messages"])

    async def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows as they stand in the database."""
        return await self.store.read(lambda tx: [tuple(row) for row in tx.connection.execute(statement, values)])

    async def change(self, statement: str, *values: Any) -> None:
        await self.store.write(lambda tx: tx.connection.execute(statement, values).rowcount)

    async def code(self, key: str = "mia") -> str:
        """A one-time sign-in code, as the shell prints it."""

        def issue(tx: Tx) -> str:
            person = tx.people.person_by_key(key)
            assert person is not None
            return tx.access.issue("login", now=self.clocks.machine, issuer="shell", person_id=person.id)

        return await self.store.write(issue)


@asynccontextmanager
async def open_world(
    clients: Sequence[str] = ("acme", "bolt"), *, demo: bool = False, public_url: str = ""
) -> AsyncIterator[World]:
    """A running bot with these clients; `demo` adds the demonstration's routes."""
    clocks = Clocks()
    times = clocks.times
    store = await open_sqlite(":memory:", make_tx=partial(make_tx, QUERIES))
    try:
        text = STAFF + "".join(CLIENT.format(key=key) for key in clients) + TEAM
        roster = parse_roster(text, "roster.toml", catalog=CATALOG, locales=tuple(WORDS.locales))
        await store.write(lambda tx: apply_roster(tx, roster, START))
        rules = Rules(first_ref=100)
        desk = Desk(
            catalog=CATALOG,
            words=WORDS,
            registry=Registry(),
            rules=rules,
            new_id=lambda: secrets.token_urlsafe(9),
        )
        receive = receiver(store, desk, times)
        keys = {key: secrets.token_bytes(32) for key in clients}
        conversations = Rooms(
            store,
            "inapp",
            times,
            lambda tx, account, room, now: views.room_status(desk.book, tx, account, room, now, channel="inapp"),
        )
        inapp = InAppChannel(
            FixedKeyring([Key(client, "k1", "HS256", secret) for client, secret in keys.items()]),
            conversations,
            StoreVisits(store, "inapp", ACCOUNT),
            Origins({client: [ORIGIN.format(client=client)] for client in clients}),
            times,
        )
        delivery = Delivery(
            store, {"inapp": inapp}, WORDS, times, owner="test", on_failed=on_failed(desk, times), jitter=lambda: 0.5
        )
        gate = front.StaffGate(store, times)
        board = front.BoardFront(store, desk, times, receive, simulated=False, account=ACCOUNT)
        people = await store.read(partial(front.demo_people, desk.book)) if demo else None
        show = (
            None
            if people is None
            else front.DemoFront(people, gate, times, key=keys[clients[0]], kid="k1", set_speed=_no_speed)
        )
        published = Published(store, desk, times)
        app = build_app(
            routes=inapp.routes(),
            probes=Probes(ready=_no_reasons, metrics=lambda: metrics.exposition().decode()),
            pages=[
                *calendar_routes(invitation=published.invitation, feed=published.feed, now=times.machine),
                *demo_routes(show, words=WORDS.words("en"), widget=WIDGET),
                *board_routes(
                    desk=board,
                    gate=gate,
                    conversations=conversations,
                    receive=receive,
                    words=WORDS.words("en"),
                    secure=public_url.startswith("https:"),
                ),
            ],
            public_url=public_url,
        )
        async with inapp.listen(receive):
            yield World(store, desk, clocks, app, inapp, conversations, delivery, gate, keys)
    finally:
        await store.close()


def forward(world: World, *, business: timedelta = timedelta(), machine: timedelta = timedelta()) -> None:
    """Let each of the two times pass by itself."""
    world.clocks.business += business
    world.clocks.machine += machine


async def _no_reasons() -> list[str]:
    return []


async def _no_speed(speed: float) -> None:
    return None
