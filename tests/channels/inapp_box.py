"""The in-app channel in a box: the real store, a movable clock, two clients, a core that only stores."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from starlette.applications import Starlette

from bot.channels.base import Inbound, InboundKind, Outbound, Receipt, Unavailable
from bot.channels.inapp import FixedKeyring, InAppChannel, Key, Origins
from bot.now import Times
from bot.people import RoomKind
from bot.sla.log import Party
from bot.store.access import StoreVisits
from bot.store.conversations import StoreConversations
from bot.store.queries import load
from bot.store.sqlite import SqliteStore, open_sqlite
from bot.store.tx import Tx, make_tx
from bot.text import Rich, paragraph
from bot.web.server import Probes, build_app

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
ACME_SECRET = b"acme's secret of thirty-two bytes or more"
BETA_SECRET = b"beta's secret of thirty-two bytes or more"
ED_KEY = Ed25519PrivateKey.generate()
ACME_ORIGIN, BETA_ORIGIN = "https://app.acme.example", "https://beta.example"


@dataclass
class Clock:
    """Business and machine time, moved by hand."""

    now: datetime = START

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    @property
    def times(self) -> Times:
        return Times(lambda: self.now, lambda: self.now, lambda: 1.0)


class Stream:
    """The page's end of a live view, straight on the application."""

    def __init__(self) -> None:
        self.gone = asyncio.Event()
        self.asked = False
        self.status = 0
        self._chunks: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._buffer = ""

    async def receive(self) -> dict[str, Any]:
        if not self.asked:
            self.asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        else:
            self._chunks.put_nowait(message["body"])
            if not message.get("more_body"):
                self._chunks.put_nowait(None)

    async def next(self) -> tuple[str, Any, str | None] | None:
        """(event, data, id) of the next event; None at the end of the stream."""
        while "\n\n" not in self._buffer:
            chunk = await self._chunks.get()
            if chunk is None:
                return None
            self._buffer += chunk.decode()
        raw, _, self._buffer = self._buffer.partition("\n\n")
        fields = dict(line.split(": ", 1) for line in raw.split("\n"))
        if "event" not in fields:
            return await self.next()
        return fields["event"], json.loads(fields["data"]), fields.get("id")

    async def names(self, n: int) -> list[Any]:
        """The next `n` events, messages by their first line, others by their name."""
        found: list[Any] = []
        for _ in range(n):
            event = await self.next()
            assert event is not None, found
            name, data, _ = event
            found.append(data["body"]["blocks"][0]["c"][0] if name == "message" else name)
        return found


@dataclass
class Box:
    clock: Clock
    store: SqliteStore[Tx]
    channel: InAppChannel
    conversations: StoreConversations[Tx]
    app: Starlette
    taken: list[Inbound] = field(default_factory=list)
    told: Rich = field(default_factory=lambda: Rich((paragraph("Done."),)))
    status: dict[str, object] = field(default_factory=lambda: {"state": "quiet"})
    is_down: bool = False

    async def receive(self, inbound: Inbound) -> Receipt:
        """What the core promises: stored once per event, then answered; `Unavailable` stores nothing."""
        if self.is_down:
            raise Unavailable("down for the test")

        def work(tx: Tx) -> Receipt:
            row = tx.inbox.add(inbound)
            if not isinstance(row, int):
                return Receipt(row.id, duplicate=True, message_seq=row.message_seq)
            seq = None
            if inbound.kind is InboundKind.MESSAGE:
                room = tx.rooms.at(inbound.channel, inbound.account, inbound.room)
                assert room is not None
                _, seq = tx.messages.add(
                    room,
                    direction="in",
                    party=Party.CLIENT,
                    author=inbound.sender_name,
                    ext_id=inbound.message_id,
                    text=inbound.text,
                    at=inbound.at,
                    now=inbound.received_at,
                    sender_ext=inbound.sender,
                    reply_to=inbound.reply_to,
                )
            tx.inbox.done(row, seq)
            self.taken.append(inbound)
            if inbound.kind is not InboundKind.PRESS:
                return Receipt(row, message_seq=seq)
            return Receipt(row, message_seq=seq, told=self.told)

        return await self.store.write(work)

    def token(self, client: str = "acme", sub: str = "olga", *, key: Any = None, **changes: Any) -> str:
        """A token as a client's back end signs it; `changes` replace claims, None removes one."""
        algorithm, kid = changes.pop("alg", "HS256"), changes.pop("kid", "k1")
        iat = changes.pop("iat", int(self.clock.now.timestamp()))
        claims = {
            "iss": client,
            "org": client,
            "aud": "pledge",
            "sub": sub,
            "name": sub.title(),
            "iat": iat,
            "exp": iat + 300,
            "jti": secrets.token_hex(8),
            **changes,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        if key is None:
            key = {"acme": ACME_SECRET, "beta": BETA_SECRET}[client]
        return jwt.encode(claims, key, algorithm, {"kid": kid} if kid is not None else {})

    def browser(self, **headers: str) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers)

    @asynccontextmanager
    async def enter(self, client: str = "acme", sub: str = "olga", **headers: str) -> AsyncIterator[httpx.AsyncClient]:
        """A browser with an open session."""
        async with self.browser(**headers) as browser:
            answer = await browser.post("/inapp/session", json={"token": self.token(client, sub)})
            assert answer.status_code == 200, answer.text
            browser.headers["authorization"] = f"Bearer {answer.json()['session']}"
            yield browser

    @asynccontextmanager
    async def stream(self, browser: httpx.AsyncClient, query: str = "", **headers: str) -> AsyncIterator[Stream]:
        """An open live view, read event by event; the page goes away at the exit."""
        sent = {"host": "localhost", **dict(browser.headers), **headers}
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": "/inapp/stream",
            "raw_path": b"/inapp/stream",
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in sent.items()],
            "client": ("127.0.0.1", 5000),
            "server": ("localhost", 80),
        }
        stream = Stream()
        task = asyncio.create_task(self.app(scope, stream.receive, stream.send))
        try:
            yield stream
        finally:
            stream.gone.set()
            await task

    async def post(self, oid: str, *lines: str, room: str = "acme") -> None:
        await self.channel.send(Outbound(oid, "default", room, Rich(tuple(paragraph(x) for x in lines))))

    async def count(self, table: str) -> int:
        assert table in ("inbox", "message", "session", "seen")
        return await self.store.read(
            lambda tx: int(tx.connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
        )


def _furnish(tx: Tx) -> None:
    for number, key in ((1, "acme"), (2, "beta"), (3, "gone"), (4, "roomless")):
        tx.connection.execute(
            "INSERT INTO client (id, key, name, locale, zone, origin, active) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (number, key, key.title(), "ru" if key == "beta" else "en", "Europe/Berlin", "file", key != "gone"),
        )
        if key != "roomless":
            tx.rooms.add(
                client_id=number,
                kind=RoomKind.CLIENT,
                channel="inapp",
                account="default",
                ext_id=key,
                name=key,
                now=START,
            )


@asynccontextmanager
async def open_box() -> AsyncIterator[Box]:
    clock = Clock()
    store = await open_sqlite(":memory:", make_tx=partial(make_tx, load()))
    try:
        await store.write(_furnish)
        box: Box
        conversations = StoreConversations(store, "inapp", clock.times, lambda tx, account, room, now: dict(box.status))
        keys = FixedKeyring(
            [
                Key("acme", "k1", "HS256", ACME_SECRET),
                Key("acme", "2026-11", "HS256", ACME_SECRET),
                Key("acme", "ed", "EdDSA", ED_KEY.public_key()),
                Key("beta", "k1", "HS256", BETA_SECRET),
                Key("gone", "k1", "HS256", ACME_SECRET),
                Key("roomless", "k1", "HS256", ACME_SECRET),
            ]
        )
        origins = Origins({"acme": [ACME_ORIGIN], "beta": [BETA_ORIGIN]})
        visits = StoreVisits(store, "inapp", "default")
        channel = InAppChannel(keys, conversations, visits, origins, clock.times)
        app = build_app(routes=channel.routes(), probes=Probes(ready=_no_reasons, metrics=lambda: ""))
        box = Box(clock, store, channel, conversations, app)
        async with channel.listen(box.receive):
            yield box
        await asyncio.sleep(0)
    finally:
        await store.close()


async def _no_reasons() -> list[str]:
    return []
