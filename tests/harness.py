"""The bot in a box: the real core over a real store, channels that write down what is posted, a clock moved by hand."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bot import watch
from bot.app import receiver
from bot.channels.base import (
    Inbound,
    InboundKind,
    Limits,
    Outbound,
    Outcome,
    Receipt,
    Sent,
)
from bot.commands.registry import Registry
from bot.delivery import Delivery
from bot.desk.book import Page
from bot.desk.desk import Desk
from bot.desk.pacing import Pacing
from bot.desk.rules import Rules
from bot.i18n import load as load_words
from bot.now import Times
from bot.reactions import on_failed
from bot.roster import apply_roster, parse_roster
from bot.sla.clock import Clock
from bot.sla.log import Event
from bot.sla.policy import Metric
from bot.sla.policy_file import Catalog, load_folder
from bot.sla.report import compliance
from bot.store.queries import load as load_queries
from bot.store.sqlite import open_sqlite
from bot.store.tx import Tx, make_tx
from bot.text import Enclosed, Line, Moment, Rich, plain
from bot.turns import paths
from bot.turns.alone import BATCH

CATALOG = load_folder()
WORDS = load_words()
QUERIES = load_queries()
_PATHS = 6


class HandClock:
    """Business and machine time that move only when told to."""

    def __init__(self, at: datetime) -> None:
        self.now = at.astimezone(UTC)

    def times(self) -> Times:
        return Times(business=lambda: self.now, machine=lambda: self.now, speed=lambda: 1.0)


@dataclass
class Post:
    """One message as its room saw it."""

    room: str
    text: str
    buttons: dict[str, str]
    at: datetime
    body: Rich
    oid: str
    thread: str | None = None
    reply_to: str | None = None
    edit_of: str | None = None
    broadcast: bool = False


@dataclass
class FakeChannel:
    """A platform that takes everything at once and remembers it; `outcomes` are played first, by turn."""

    clock: HandClock
    name: str = "fake"
    limits: Limits = field(default_factory=Limits)
    posts: list[Post] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    files: list[tuple[str, str, Enclosed]] = field(default_factory=list)
    """Room, words and file."""
    refuses_files: Outcome | None = None

    @asynccontextmanager
    async def listen(self, receive: Callable[[Inbound], Awaitable[Receipt]]) -> Any:
        yield

    async def send(self, message: Outbound) -> Outcome:
        if self.outcomes:
            return self.outcomes.pop(0)
        buttons = {button.label: button.action for button in message.body.buttons}
        self.posts.append(
            Post(
                message.room,
                plain(message.body),
                buttons,
                self.clock.now,
                message.body,
                message.oid,
                message.thread,
                message.reply_to,
                message.edit_of,
                message.broadcast,
            )
        )
        return Sent(message.edit_of or f"m{len(self.posts)}")

    async def upload(self, message: Outbound) -> Outcome:
        if self.refuses_files is not None:
            return self.refuses_files
        assert message.file is not None
        self.files.append((message.room, plain(message.body), message.file))
        return Sent(f"f{len(self.files)}")


class Bot:
    """Drives the core the way the world does: people write and press, time passes, deliveries go out."""

    def __init__(self, store: Any, desk: Desk, clock: HandClock, channel: FakeChannel, first_id: int = 1) -> None:
        self.store = store
        self.desk = desk
        self.clock = clock
        self.channel = channel
        self.times = clock.times()
        self.receive = receiver(store, desk, self.times)
        self.delivery = Delivery(
            store,
            {channel.name: channel},
            WORDS,
            self.times,
            owner="test",
            on_failed=on_failed(desk, self.times),
            jitter=lambda: 0.5,
        )
        self._ids = itertools.count(first_id)

    async def say(self, room: str, sender: str, text: str, **more: Any) -> Receipt:
        """Somebody writes; then everything that is to be said goes out."""
        receipt = await self.receive(self.inbound(room, sender, text, **more))
        await self.deliver()
        return receipt

    def inbound(self, room: str, sender: str, text: str, **more: Any) -> Inbound:
        number = next(self._ids)
        made = Inbound(
            channel=self.channel.name,
            account="default",
            event_id=f"e{number}",
            room=room,
            sender=sender,
            sender_name=sender.title(),
            text=text,
            message_id=f"x{number}",
            at=self.clock.now,
            received_at=self.clock.now,
        )
        return replace(made, **more)

    async def press(self, room: str, sender: str, label: str) -> Receipt:
        """Somebody presses the newest button of that label in a room."""
        return await self.say(room, sender, "", kind=InboundKind.PRESS, action=self.button(room, label))

    def button(self, room: str, label: str) -> str:
        """The id behind the newest button of that label in a room."""
        return next(p.buttons[label] for p in reversed(self.channel.posts) if p.room == room and label in p.buttons)

    async def deliver(self) -> None:
        """What fails in one turn takes its next path in another."""
        for _ in range(_PATHS):
            if not await self.delivery.drain_once():
                break

    async def retry(self) -> None:
        """Try the events again whose processing failed, as the watch does, and deliver."""
        await self.store.write(lambda tx: self.desk.retry(tx, self.clock.now, self.clock.now))
        await self.deliver()

    async def set_policy(self, policy_id: str, client: str = "acme") -> None:
        """Write another agreement into a client's contract behind the roster's back; one that is not there breaks
        its tickets."""

        def work(tx: Tx) -> None:
            found = tx.people.client_by_key(client)
            assert found is not None
            tx.connection.execute("UPDATE contract SET policy_id = ? WHERE client_id = ?", (policy_id, found.id))

        await self.store.write(work)

    async def apply_roster(self, text: str) -> None:
        """The roster was edited and applied."""
        await _declare(self.store, text, self.clock.now, CATALOG)

    async def act(self) -> None:
        """Act on what is due now; what is to be said about it waits."""
        while await self.store.write(lambda tx: watch.act(tx, self.desk, self.clock.now)) >= BATCH:
            pass

    async def settle(self) -> None:
        """Act on what is due now and deliver it."""
        await self.act()
        await self.deliver()
        if await self.store.write(lambda tx: paths.overdue(tx, self.desk, self.clock.now)):
            await self.deliver()

    async def forward(self, *, to: datetime | str | None = None, by: timedelta | None = None) -> None:
        """Let time pass, stopping at every planned step on the way, as the watch would."""
        to = datetime.fromisoformat(to) if isinstance(to, str) else to
        end = to.astimezone(UTC) if to else self.clock.now + (by or timedelta())
        while True:
            next_at = await self.store.read(watch.planned_at)
            if next_at is None or next_at > end:
                break
            self.clock.now = max(self.clock.now, next_at)
            await self.settle()
        self.clock.now = end
        await self.settle()

    def posts(self, room: str, since: int = 0) -> list[str]:
        """What a room has read so far, oldest first."""
        return [post.text for post in self.channel.posts[since:] if post.room == room]

    @staticmethod
    def moment(text: str) -> datetime:
        """A moment as it stands in a test, `2025-03-14T18:55+03:00`, as the store gives it back."""
        return datetime.fromisoformat(text).astimezone(UTC)

    @staticmethod
    def first_moment(post: Post) -> datetime:
        """The first moment that stands in a message's words."""
        nodes = [node for line in post.body.blocks if isinstance(line, Line) for node in line.children]
        return next(node.at for node in nodes if isinstance(node, Moment))

    def diary(self, zone: str, since: str | None = None) -> list[str]:
        """Everything that was posted from `since` on, to whomever, in order: `Fri 18:55 mia: words`.

        Times are those of `zone`; several lines of one message are joined by " / ".
        """
        first = datetime.fromisoformat(since) if since else None
        return [
            f"{post.at.astimezone(ZoneInfo(zone)):%a %H:%M} {_reader(post.room)}: {' / '.join(post.text.splitlines())}"
            for post in self.channel.posts
            if first is None or post.at >= first
        ]

    def last(self, room: str) -> str:
        """The newest message of a room; empty before the first."""
        return next(iter(reversed(self.posts(room))), "")

    async def page(self, reference: str) -> Page:
        """A ticket with all that its log says now."""

        def look(tx: Tx) -> Page:
            ticket = tx.tickets.by_ref(int(reference.removeprefix("T-")))
            assert ticket is not None, f"there is no {reference}"
            return self.desk.book.read(tx, ticket, self.clock.now)

        return await self.read(look)

    async def history(self, reference: str) -> tuple[Event, ...]:
        """All that was ever recorded of a ticket, what was undone too."""
        id = (await self.page(reference)).ticket.id
        return await self.read(lambda tx: tx.ledger.history(id))

    async def timed(self, reference: str, metric: Metric) -> Clock:
        """The latest clock of this metric of a ticket."""
        return [clock for clock in (await self.page(reference)).clocks if clock.metric is metric][-1]

    async def words(self, message_id: int | None) -> str:
        """The text of a message that an event points to."""
        return "" if message_id is None else str(await self.read(lambda tx: tx.messages.text(message_id)))

    async def compliance(self) -> tuple[int, int, int]:
        """(met, late, open overdue) of everything there has been, as every report counts it."""
        now = self.clock.now
        first, last = now - timedelta(days=3650), now + timedelta(milliseconds=1)
        found = await self.read(lambda tx: compliance(tx.ledger.started_between(first, last), now))
        return found.met, found.late, found.open_overdue

    async def read(self, work: Callable[[Tx], Any]) -> Any:
        return await self.store.read(work)


STAFF = """
[vendor]
name = "Vendor"
locale = "en"
zone = "Etc/GMT-3"

[[staff]]
id = "mia"
name = "Mia"
role = "manager"
zone = "Etc/GMT-3"
identities = { fake = "mia" }

[[staff]]
id = "ben"
name = "Ben"
role = "manager"
zone = "Etc/GMT-3"
identities = { fake = "ben" }

[[staff]]
id = "tom"
name = "Tom"
role = "technician"
zone = "Etc/GMT-3"
identities = { fake = "tom" }

[[staff]]
id = "sue"
name = "Sue"
role = "supervisor"
zone = "Etc/GMT-3"
identities = { fake = "sue" }

[[staff]]
id = "pat"
name = "Pat"
role = "product"
zone = "Etc/GMT-3"
identities = { fake = "pat" }

[[staff]]
id = "lea"
name = "Lea"
role = "lead"
zone = "Etc/GMT-3"
identities = { fake = "lea" }

[[teams]]
id = "support"
name = "Support"
channel = "fake"
room = "team:support"
"""

CLIENT = """
[[clients]]
id = "{key}"
name = "{name}"
agreement = "{agreement}"
plan = "{plan}"
variant = "{variant}"
manager = "mia"
backups = ["ben"]
locale = "en"
zone = "{zone}"
{more}
rooms = [{{ channel = "fake", id = "{key}" }}]
contacts = [{{ id = "ann", name = "Ann", identities = {{ fake = "{key}/ann" }} }}]
"""


def client(
    key: str = "acme",
    *,
    agreement: str = "redtrack-premium",
    plan: str = "",
    variant: str = "",
    zone: str = "America/New_York",
    more: str = "",
) -> str:
    """A client of the roster, as TOML; `more` are further lines of it."""
    return CLIENT.format(
        key=key, name=key.title(), agreement=agreement, plan=plan, variant=variant, zone=zone, more=more
    )


@asynccontextmanager
async def bot_in_a_box(
    at: str | datetime,
    *clients: str,
    path: Path | str = ":memory:",
    rules: Rules | None = None,
    registry: Registry | None = None,
    limits: Limits | None = None,
    catalog: Catalog = CATALOG,
    pacing: Pacing | None = None,
    staff: str = STAFF,
) -> Any:
    """A bot over an empty store, with the staff above and these clients (by default Acme under 001)."""
    clock = HandClock(datetime.fromisoformat(at) if isinstance(at, str) else at)
    store = await open_sqlite(path, make_tx=partial(make_tx, QUERIES))
    try:
        used = await store.read(_highest_id)
        ids = itertools.count(used + 1)
        desk = Desk(
            catalog=catalog,
            words=WORDS,
            registry=registry or Registry(),
            rules=rules or Rules(first_ref=42),
            new_id=lambda: f"a{next(ids)}",
            pacing=pacing,
        )
        text = staff + "".join(clients or (client(),))
        await _declare(store, text, clock.now, catalog)
        yield Bot(store, desk, clock, FakeChannel(clock, limits=limits or Limits()), first_id=used + 1)
    finally:
        await store.close()


async def _declare(store: Any, text: str, now: datetime, catalog: Catalog) -> None:
    """Apply a roster, then give its staff their direct chats."""
    roster = parse_roster(text, "roster.toml", catalog=catalog, locales=tuple(WORDS.locales))
    await store.write(lambda tx: apply_roster(tx, roster, now))
    await store.write(lambda tx: _direct_rooms(tx, now))


def _highest_id(tx: Tx) -> int:
    """How far the ids of messages and buttons have come in a store that is opened again."""
    row = tx.connection.execute("SELECT (SELECT COUNT(*) FROM inbox) + (SELECT COUNT(*) FROM keyboard) AS n").fetchone()
    return int(row["n"])


def _direct_rooms(tx: Tx, now: datetime) -> None:
    """Every member of staff has opened the direct chat with the bot on the fake platform."""
    from bot.people import VENDOR, Role, RoomKind

    for role in Role:
        for person in tx.people.with_role(role) if role.is_staff else ():
            address = f"dm:{person.key}"
            for room in tx.rooms.direct(person.id):
                if room.ext_id != address:
                    tx.connection.execute("UPDATE room SET active = 0 WHERE id = ?", (room.id,))
            if tx.rooms.at("fake", "default", address) is None:
                tx.rooms.add(
                    client_id=VENDOR,
                    kind=RoomKind.DIRECT,
                    channel="fake",
                    account="default",
                    ext_id=address,
                    name=person.name,
                    person_id=person.id,
                    now=now,
                )


def _reader(room: str) -> str:
    """Whose eyes a room is: `dm:mia` is Mia's."""
    return room.removeprefix("dm:").partition(":")[0]


def begins(diary: Sequence[str], expected: Sequence[str]) -> list[str]:
    """The diary, each entry cut to the length of what is expected there, so that the two lists can be compared."""
    cut = [line[: len(want)] for line, want in zip(diary, expected, strict=False)]
    return [*cut, *diary[len(cut) :]]
