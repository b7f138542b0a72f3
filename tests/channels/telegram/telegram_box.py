"""The real core over the real adapter over real HTTP to the strict Bot API: what people do goes all the way round."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Literal

from channels.telegram.bot_api import BotApi, Chat, Message, Person, Post, Press
from harness import CATALOG, QUERIES, WORDS

from bot.app import receiver
from bot.channels.base import Receive
from bot.channels.telegram import TelegramChannel
from bot.channels.telegram.standing import Standing
from bot.commands.registry import Registry
from bot.delivery import Delivery
from bot.desk.desk import Desk
from bot.desk.rules import Rules
from bot.now import Times
from bot.outside import Outside
from bot.platforms import StorePulse, titles
from bot.reactions import on_failed
from bot.roster import apply_roster, parse_roster
from bot.store.sqlite import SqliteStore, open_sqlite
from bot.store.tx import Tx, make_tx
from bot.turns.alone import BATCH
from bot.watch import act
from bot.web.server import Probes, bind, build_app, serve

Mode = Literal["polling", "webhook"]
START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
"""Noon in the office of GMT+3, a Tuesday."""

SECRET = "a-secret-of-the-tests"
ANN, BOB = Person(501, "Ann", "ann_acme"), Person(502, "Bob")  # of Acme; only Ann is in the roster
EVE = Person(511, "Eve")  # of Bolt
STRANGER = Person(599, "Zoe")
STAFF = {
    key: Person(601 + n, key.title(), f"{key}_vendor") for n, key in enumerate(("mia", "ben", "tom", "sue", "lea"))
}
MIA, BEN, TOM, SUE, LEA = STAFF.values()
_ROLES = {"mia": "manager", "ben": "manager", "tom": "technician", "sue": "supervisor", "lea": "lead"}
_CONTACTS = {"acme": ANN, "bolt": EVE}
_CLIENT = """
[[clients]]
id = "{key}"
name = "{name}"
agreement = "redtrack-premium"
manager = "mia"
backups = ["ben"]
locale = "en"
zone = "Etc/GMT-3"
rooms = [{rooms}]
contacts = [{{ id = "{contact}", name = "{contact_name}", identities = {{ telegram = "{ext}" }} }}]
"""


@dataclass
class Clocks:
    """Business time moves only when a test says so; machine time besides when deliveries wait for a platform's pace."""

    business: datetime = START
    machine: datetime = START

    def times(self) -> Times:
        return Times(lambda: self.business, lambda: self.machine, lambda: 1.0)

    def forward(self, span: timedelta) -> None:
        self.business += span
        self.machine += span


@dataclass
class TelegramBox:
    """One installation and its world. `restart` ends the channel and the sender and begins them again."""

    api: BotApi
    clocks: Clocks
    store: SqliteStore[Tx]
    desk: Desk
    mode: Mode
    rooms: dict[str, Chat]
    token: str
    channel: TelegramChannel = field(init=False)
    standing: Standing = field(init=False)
    delivery: Delivery = field(init=False)
    receive: Receive = field(init=False)
    hook_url: str = ""
    crash_at: str = ""
    _running: AsyncExitStack = field(default_factory=AsyncExitStack)
    _lives: int = 0

    @property
    def group(self) -> Chat:
        """The first client's room."""
        return self.rooms["acme"]

    def direct(self, who: Person) -> Chat:
        return self.api.direct(who)

    async def start(self) -> None:
        times = self.clocks.times()
        self._lives += 1
        self._running = stack = AsyncExitStack()
        listener = bind("127.0.0.1", 0)
        stack.callback(listener.close)
        public_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self.hook_url = f"{public_url}/telegram/webhook"
        self.receive = receiver(self.store, self.desk, times)
        self.standing = Standing(rest=_short_rest)
        self.channel = TelegramChannel(
            self.token,
            base_url=self.api.url,
            mode=self.mode,
            public_url=public_url if self.mode == "webhook" else "",
            webhook_secret=SECRET,
            times=times,
            pulse=StorePulse(self.store, "telegram"),
            rooms=self._rooms,
            standing=self.standing,
        )
        self.delivery = Delivery(
            self.store,
            {"telegram": self.channel},
            WORDS,
            times,
            owner=f"life {self._lives}",
            on_failed=on_failed(self.desk, times),
            jitter=lambda: 0.5,
            crash=self._crash,
        )
        app = build_app(routes=self.channel.routes(), probes=Probes(ready=_ready, metrics=str))
        await stack.enter_async_context(serve(app, listener))
        await stack.enter_async_context(self.channel.listen(self._received))
        if self.mode == "webhook":
            async with asyncio.timeout(10):
                while not self.api.called("setWebhook"):
                    await asyncio.sleep(0)

    async def stop(self) -> None:
        await self._running.aclose()

    async def restart(self) -> None:
        await self.stop()
        self.api.calls.clear()
        await self.start()

    async def settle(self) -> None:
        """Let the bot take in everything that people have done, and say all there is to say."""
        await self.api.taken()
        await self.deliver()

    async def deliver(self, within: timedelta = timedelta(minutes=2)) -> None:
        """Send what waits; machine time goes on while the platform's pace or a pause is waited for."""
        ends = self.clocks.machine + within
        await self.delivery.drain_once()
        while await self.waiting() and self.clocks.machine < ends:
            self.clocks.machine += timedelta(seconds=1)
            await self.delivery.drain_once()

    async def says(self, chat: Chat, who: Person, text: str = "", **more: Any) -> Message:
        """Somebody writes; then everything goes round."""
        message = chat.says(who, text, **more)
        await self.settle()
        return message

    async def press(self, chat: Chat, who: Person, label: str, post: Post | None = None, **more: Any) -> Press:
        """Somebody presses a button, and is told what only he is told."""
        press = chat.presses(who, label, post, **more)
        async with asyncio.timeout(10):
            await press.answered.wait()
        await self.settle()
        return press

    async def forward(self, span: timedelta) -> None:
        """Let time pass, stopping at every planned step on the way, as the watch would."""
        end = self.clocks.business + span
        while True:
            next_at = await self.store.read(lambda tx: tx.steps.next_at())
            if next_at is None or next_at > end:
                break
            await self._reach(max(next_at, self.clocks.business))
        await self._reach(end)

    async def _reach(self, moment: datetime) -> None:
        self.clocks.forward(moment - self.clocks.business)
        while await self.store.write(lambda tx: act(tx, self.desk, self.clocks.business)) >= BATCH:
            pass
        await self.deliver()

    async def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        return await self.store.read(lambda tx: [tuple(row) for row in tx.connection.execute(statement, values)])

    async def change(self, statement: str, *values: Any) -> None:
        await self.store.write(lambda tx: tx.connection.execute(statement, values).rowcount)

    async def waiting(self) -> int:
        """How many deliveries are under way here; what goes to the board is not."""
        found = await self.states()
        return sum(found[state] for state in ("pending", "sending", "unknown"))

    async def states(self, channel: str = "telegram") -> Counter[str]:
        """How many deliveries of a channel are in each state."""
        joined = "FROM outbox JOIN room ON room.id = room_id WHERE channel = ?"
        return Counter(state for (state,) in await self.sql(f"SELECT outbox.state {joined}", channel))

    async def tickets(self) -> int:
        return int((await self.sql("SELECT count(*) FROM ticket"))[0][0])

    async def code(self, client: str = "", staff: str = "") -> str:
        """A one-time code for a link, as the shell prints it."""

        def issue(tx: Tx) -> str:
            person = tx.people.person_by_key(staff) if staff else None
            found = tx.people.client_by_key(client) if client else None
            return tx.access.issue(
                "link",
                now=self.clocks.machine,
                issuer="shell",
                client_id=None if found is None else found.id,
                person_id=None if person is None else person.id,
                channel="telegram",
            )

        return await self.store.write(issue)

    def outside(self) -> Outside:
        return Outside([self.channel], self.store, self.desk.registry, WORDS)

    async def _received(self, inbound: Any) -> Any:
        return await self.receive(inbound)

    async def _rooms(self) -> Sequence[str]:
        return await self.store.read(lambda tx: [room.ext_id for room in tx.rooms.of_channel("telegram")])

    def _crash(self, point: str) -> None:
        if point == self.crash_at:
            self.crash_at = ""
            raise Died(point)


class Died(BaseException):
    """The process ends here; nothing may catch it."""


def roster_of(rooms: dict[str, Chat]) -> str:
    """Clients and the team with their chats, as an operator writes them."""
    text = '[vendor]\nname = "Vendor"\nlocale = "en"\nzone = "Etc/GMT-3"\n'
    for key, person in STAFF.items():
        text += (
            f'[[staff]]\nid = "{key}"\nname = "{person.name}"\nrole = "{_ROLES[key]}"\nzone = "Etc/GMT-3"\n'
            f'identities = {{ telegram = "{person.id}" }}\n'
        )
    for key, chat in rooms.items():
        if key == "team":
            text += f'[[teams]]\nid = "support"\nname = "Support"\nchannel = "telegram"\nroom = "{chat.room}"\n'
            continue
        contact = _CONTACTS[key]
        text += _CLIENT.format(
            key=key,
            name=key if key == "acme" else key.title(),
            rooms="" if chat is None else f'{{ channel = "telegram", id = "{chat.room}" }}',
            contact=contact.name.lower(),
            contact_name=contact.name,
            ext=contact.id,
        )
    return text


@asynccontextmanager
async def telegram_box(
    mode: Mode = "polling",
    *,
    kind: Literal["group", "supergroup", "forum"] = "group",
    clients: Sequence[str] = ("acme",),
    team: bool = False,
    path: Path | str = ":memory:",
    first_ref: int = 42,
    direct: bool = True,
    privacy: bool = False,
) -> AsyncIterator[TelegramBox]:
    """An installation whose clients have a room each; `direct`: all of the staff have opened their own chats."""
    clocks = Clocks()
    async with BotApi(lambda: clocks.business, privacy=privacy) as api:
        rooms = {}
        for key in clients:
            people = (_CONTACTS[key], *((BOB,) if key == "acme" else ()), *STAFF.values())
            rooms[key] = (
                api.group(key, *people)
                if kind == "group"
                else api.supergroup(key, *people, forum=kind == "forum")
            )  # fmt: skip
        if team:
            rooms["team"] = api.supergroup("team", *STAFF.values())
        store = await open_sqlite(path, make_tx=partial(make_tx, QUERIES))
        try:
            roster = parse_roster(roster_of(rooms), "roster.toml", catalog=CATALOG, locales=tuple(WORDS.locales))
            await store.write(lambda tx: apply_roster(tx, roster, START))
            ids = iter(range(1, 1_000_000))
            desk = Desk(
                catalog=CATALOG,
                words=WORDS,
                registry=Registry(),
                rules=Rules(first_ref=first_ref, titles=titles()),
                new_id=lambda: f"a{next(ids)}",
            )
            box = TelegramBox(api, clocks, store, desk, mode, rooms, api.token)
            await box.start()
            try:
                if direct:
                    for person in STAFF.values():
                        api.direct(person).says(person, "/start")
                    await box.settle()
                    for person in STAFF.values():
                        api.direct(person).posts.clear()
                yield box
            finally:
                await box.stop()
        finally:
            await store.close()
        assert api.faults == []


async def _short_rest(seconds: float) -> None:
    """The waits of the intake after trouble, as short as a machine takes them."""
    await asyncio.sleep(min(seconds, 0.005))


async def _ready() -> list[str]:
    return []
