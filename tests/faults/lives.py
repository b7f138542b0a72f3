"""A bot that dies and lives again over one file: crash points inside the process, and what its rows say afterwards."""

from __future__ import annotations

import itertools
import json
import random
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from harness import CATALOG, QUERIES, WORDS, Bot, FakeChannel, HandClock, bot_in_a_box

from bot.channels.base import Limits, Outbound, Outcome, Sent
from bot.commands.registry import Registry
from bot.delivery import Delivery
from bot.desk.desk import Desk
from bot.desk.rules import Rules
from bot.reactions import on_failed
from bot.store.sqlite import open_sqlite
from bot.store.tx import Tx, make_tx

Crash = Callable[[str], None]


class Died(BaseException):
    """The process is gone: nothing in the program may catch it and go on."""


@dataclass
class OwnRooms(FakeChannel):
    """Rooms of our own: a delivery that comes twice has one effect."""

    brought: set[str] = field(default_factory=set)
    """By the oids of deliveries, which files have come."""

    async def send(self, message: Outbound) -> Outcome:
        if any(post.oid == message.oid for post in self.posts):
            return Sent(message.oid)
        await super().send(message)
        return Sent(message.oid)

    async def upload(self, message: Outbound) -> Outcome:
        if message.oid not in self.brought:
            self.brought.add(message.oid)
            await super().upload(message)
        return Sent(message.oid)


@dataclass
class Fate:
    """At which statement, or at which arrival at a named point, this life ends. Nothing happens once it has."""

    statement: int | None = None
    point: str | None = None
    arrival: int = 1
    error: Exception | None = None  # raised instead of dying, once
    armed: bool = False
    statements: int = 0
    met: bool = False

    def on_statement(self) -> None:
        if not self.armed:
            return
        self.statements += 1
        if self.statement is None or self.statements < self.statement:
            return
        if self.error is None:
            self.met = True
            raise Died(f"at statement {self.statements}")
        if not self.met:
            self.met = True
            raise self.error

    def at_point(self, name: str) -> None:
        if not self.armed or name != self.point:
            return
        self.arrival -= 1
        if self.arrival <= 0:
            self.met = True
            raise Died(f"at {name}")


class MortalConnection:
    """A connection whose statements are counted by a fate."""

    def __init__(self, raw: Any, fate: Fate) -> None:
        self._raw = raw
        self._fate = fate

    def execute(self, *arguments: Any) -> Any:
        self._fate.on_statement()
        return self._raw.execute(*arguments)

    def executemany(self, *arguments: Any) -> Any:
        self._fate.on_statement()
        return self._raw.executemany(*arguments)

    def cursor(self) -> Any:
        return MortalConnection(self._raw.cursor(), self._fate)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._raw)


def _mortal_tx(fate: Fate, raw: Any) -> Tx:
    make_tx(QUERIES, raw)
    return Tx(MortalConnection(raw, fate), QUERIES)


@dataclass
class World:
    """What outlives the bot: its file, the time, the platform and what was posted there."""

    path: Path
    clock: HandClock
    channel: OwnRooms
    ids: Iterator[int] = field(default_factory=lambda: itertools.count(10_000))
    registry: Registry = field(default_factory=Registry)

    @asynccontextmanager
    async def life(self, fate: Fate | None = None) -> AsyncIterator[Bot]:
        """One process over the file; at its end the file is what a crash at that moment leaves."""
        fate = fate or Fate()
        store = await open_sqlite(self.path, make_tx=partial(_mortal_tx, fate), crash=fate.at_point)
        try:
            desk = Desk(
                catalog=CATALOG,
                words=WORDS,
                registry=self.registry,
                rules=Rules(first_ref=42),
                new_id=lambda: f"b{next(self.ids)}",
                crash=fate.at_point,
            )
            bot = Bot(store, desk, self.clock, self.channel)
            bot._ids = self.ids  # the platform numbers its events on, whoever takes them in
            bot.delivery = Delivery(
                store,
                {self.channel.name: self.channel},
                WORDS,
                bot.times,
                owner=f"life {next(self.ids)}",
                on_failed=on_failed(desk, bot.times),
                jitter=lambda: 0.5,
                crash=fate.at_point,
            )
            yield bot
        finally:
            fate.armed = False
            await store.close()

    def copy(self, to: Path) -> World:
        """The same moment of another world, in a file of its own."""
        shutil.copy(self.path, to)
        channel = OwnRooms(HandClock(self.clock.now), limits=self.channel.limits)
        channel.posts, channel.files = list(self.channel.posts), list(self.channel.files)
        channel.brought = set(self.channel.brought)
        return World(to, channel.clock, channel, ids=itertools.count(next(self.ids) + 10_000), registry=self.registry)


async def world_at(at: str, path: Path, *clients: str, registry: Registry | None = None) -> World:
    """A world with the harness's staff and these clients, before anybody has said a word."""
    async with bot_in_a_box(at, *clients, path=path) as bot:
        clock = bot.clock
    channel = OwnRooms(clock, limits=Limits(idempotent=True))
    return World(path, clock, channel, registry=registry or Registry())


_DUMP = {
    "inbox": "SELECT event_id, room_ext, message_id, at, state, message_seq FROM inbox ORDER BY event_id",
    "message": "SELECT r.ext_id, m.seq, m.direction, m.party, m.author, m.text, m.at, t.ref FROM message m "
    "JOIN room r ON r.id = m.room_id LEFT JOIN ticket t ON t.id = m.ticket_id ORDER BY r.ext_id, m.seq",
    "ticket": "SELECT ref, root_ext, status, priority, opened_at, touched_at, level, cycle, version, events, due_at "
    "FROM ticket ORDER BY ref",
    "event": "SELECT t.ref, e.seq, e.kind, e.at, e.party, e.data FROM event e JOIN ticket t ON t.id = e.ticket_id "
    "ORDER BY t.ref, e.seq",
    "clock": "SELECT t.ref, c.metric, c.cycle, c.state, c.started_at, c.objective_at, c.due_at, c.cap_at, c.missed_at, "
    "c.breached_at, c.stopped_at FROM clock c JOIN ticket t ON t.id = c.ticket_id ORDER BY t.ref, c.metric, c.cycle",
    "step": "SELECT t.ref, c.metric, s.cycle, s.kind, s.n, s.version, s.due_at, s.rule, s.role, s.state, s.reason "
    "FROM step s JOIN clock c ON c.id = s.clock_id JOIN ticket t ON t.id = s.ticket_id "
    "ORDER BY t.ref, c.metric, s.due_at, s.kind, s.n, s.version",
    "outbox": "SELECT o.dedupe_key, r.ext_id, t.ref, o.notice, o.rank, o.state FROM outbox o "
    "JOIN room r ON r.id = o.room_id LEFT JOIN ticket t ON t.id = o.ticket_id ORDER BY o.dedupe_key",
    "keyboard": "SELECT r.ext_id, t.ref, k.commands FROM keyboard k JOIN room r ON r.id = k.room_id "
    "LEFT JOIN ticket t ON t.id = k.ticket_id ORDER BY 1, 2, 3",
}


async def dump(bot: Bot) -> dict[str, list[tuple[Any, ...]]]:
    """What the rows mean: without the ids of buttons and without the moments of writing down."""

    def look(tx: Tx) -> dict[str, list[tuple[Any, ...]]]:
        found = {table: [tuple(row) for row in tx.connection.execute(sql)] for table, sql in _DUMP.items()}
        found["outbox"] = [(*row[:3], _without_ids(row[3]), *row[4:]) for row in found["outbox"]]
        return found

    return await bot.store.read(look)


def _without_ids(notice: str) -> str:
    data = json.loads(notice)
    for button in data["buttons"]:
        button[1] = "an id"
    return json.dumps(data, sort_keys=True)


def some_fate(dice: random.Random) -> Fate:
    """A death at any statement, commit or call."""
    point = dice.choice(
        ["batch.begin", "unit.done", "batch.before_commit", "batch.after_commit"]
        + ["claimed", "before_call", "after_call", "settled"]
        + ["statement"] * 4
    )
    if point == "statement":
        return Fate(statement=dice.randint(1, 150), armed=True)
    return Fate(point=point, arrival=dice.randint(1, 4), armed=True)
