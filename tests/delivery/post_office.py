"""A post office for tests: the real outbox, clocks moved by hand, and channels that answer as scripted."""

import asyncio
import sqlite3
from collections import defaultdict, deque
from datetime import UTC, datetime, timedelta

from bot.channels.base import Limits, Sent
from bot.delivery import Delivery
from bot.notice import Notice, say
from bot.now import Times
from bot.people import RoomKind
from bot.store.outbox import Outbox
from bot.store.rooms import Rooms
from bot.text import plain

MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


class KitTx:
    """The part of a unit of work that delivery and its tests see."""

    def __init__(self, connection, queries):
        connection.row_factory = sqlite3.Row
        self.connection = connection
        self.touched = set()
        self.outbox = Outbox(connection, queries, self.touched)
        self.rooms = Rooms(connection, queries)


class Clocks:
    """Business and machine time, moved together by `tick`."""

    def __init__(self):
        self.business = MONDAY
        self.machine = MONDAY + timedelta(days=300)

    def tick(self, seconds):
        self.business += timedelta(seconds=seconds)
        self.machine += timedelta(seconds=seconds)

    def times(self):
        return Times(lambda: self.business, lambda: self.machine, lambda: 1.0)


class Posts:
    """Wraps an outcome: the platform took the message, whatever it answered."""

    def __init__(self, outcome):
        self.outcome = outcome


class FakeChannel:
    """Answers by script, per room and then for all, else Sent; logs calls and what was really posted.

    Strict: two sends at once to one room are a fault, found by the fixture.
    """

    def __init__(self, name="chat", **limits):
        self.name = name
        self.limits = Limits(**limits)
        self.script = defaultdict(deque)
        self.everywhere = deque()
        self.calls = []  # (room, text)
        self.posted = []  # (room, oid, text)
        self.at_once = set()
        self.most_at_once = 0
        self.faults = []
        self.gate = None  # an Event: sends wait for it
        self.begun = asyncio.Event()
        self.grown = asyncio.Event()

    def listen(self, receive):
        raise NotImplementedError

    async def send(self, message):
        if message.room in self.at_once:
            self.faults.append(f"two sends at once to {message.room}")
        self.at_once.add(message.room)
        self.most_at_once = max(self.most_at_once, len(self.at_once))
        text = plain(message.body)
        self.calls.append((message.room, text))
        self.begun.set()
        try:
            if self.gate is not None:
                await self.gate.wait()
            return self._answer(message, text)
        finally:
            self.at_once.discard(message.room)

    def _answer(self, message, text):
        script = self.script[message.room] or self.everywhere
        step = script.popleft() if script else None
        if callable(step):
            step = step(message)
        if step is None or isinstance(step, Posts):
            self._post(message, text)
            return Sent(f"m{len(self.posted)}") if step is None else step.outcome
        if isinstance(step, BaseException):
            raise step
        return step

    def _post(self, message, text):
        self.posted.append((message.room, message.oid, text))
        self.grown.set()

    async def until_posted(self, n):
        """Return when `n` messages were posted; the test's own time-out if they never are."""
        async with asyncio.timeout(10):
            while len(self.posted) < n:
                self.grown.clear()
                await self.grown.wait()

    async def until_waiting(self, n):
        """Return when `n` sends are under way (and held by the gate)."""
        async with asyncio.timeout(10):
            while len(self.at_once) < n:
                self.begun.clear()
                await self.begun.wait()

    async def until_called(self, n):
        """Return when `send` was called `n` times."""
        async with asyncio.timeout(10):
            while len(self.calls) < n:
                self.begun.clear()
                await self.begun.wait()

    def texts(self, room):
        return [text for at, _, text in self.posted if at == room]


class ReadableChannel(FakeChannel):
    """Can look into its history."""

    def __init__(self, name="chat", **limits):
        super().__init__(name, read_back=True, **limits)
        self.looks = []
        self.blind = deque()  # errors raised by the next looks

    async def find(self, message, since):
        self.looks.append((message.oid, since))
        if self.blind:
            raise self.blind.popleft()
        for number, (_, oid, _) in enumerate(self.posted, 1):
            if oid == message.oid:
                return Sent(f"m{number}")
        return None


class LucidChannel(ReadableChannel):
    """Can look into its history, and its account always works."""

    async def probe(self, account):
        return None


class OwnTableChannel(FakeChannel):
    """Takes each oid once, as a room in our own store does."""

    def __init__(self, name="chat", **limits):
        super().__init__(name, idempotent=True, **limits)

    def _post(self, message, text):
        if all(oid != message.oid for _, oid, _ in self.posted):
            super()._post(message, text)


class ProbedChannel(FakeChannel):
    """Has a harmless call that shows whether an account works."""

    def __init__(self, name="chat", **limits):
        super().__init__(name, **limits)
        self.trouble = "no answer"
        self.probes = 0

    async def probe(self, account):
        self.probes += 1
        return self.trouble


class StoreBetween:
    """The store as one sender sees it, with something happening just before its n-th read or write."""

    def __init__(self, store, *, before_read=(), before_write=()):
        self.store = store
        self.subscribe = store.subscribe
        self.before_read = deque(before_read)
        self.before_write = deque(before_write)

    async def read(self, work):
        await self._meanwhile(self.before_read)
        return await self.store.read(work)

    async def write(self, work):
        await self._meanwhile(self.before_write)
        return await self.store.write(work)

    async def _meanwhile(self, steps):
        step = steps.popleft() if steps else None
        if isinstance(step, Exception):
            raise step
        if step is not None:
            await step()


class Crash(BaseException):
    """The process dies here: nothing of ours catches it."""


class Office:
    """Store, clocks, channels and what was reported; `delivery()` makes another sender over the same rows."""

    def __init__(self, store, catalogue):
        self.store = store
        self.catalogue = catalogue
        self.clock = Clocks()
        self.channels = {}
        self.alarms = []
        self.failures = []
        self.on_failed = lambda tx, failure: self.failures.append((failure.row.dedupe_key, failure.how))
        self.senders = 0

    def open(self, channel):
        self.channels[channel.name] = channel
        return channel

    def delivery(self, store=None, **options):
        self.senders += 1
        options.setdefault("owner", f"sender-{self.senders}")
        return Delivery(
            store or self.store,
            self.channels,
            self.catalogue,
            self.clock.times(),
            on_failed=lambda tx, failure: self.on_failed(tx, failure),
            alarm=lambda alarm: self.alarms.append((alarm.action, alarm.row.dedupe_key)),
            jitter=lambda: 0.0,
            **options,
        )

    async def room(self, ext_id, client=1, kind=RoomKind.CLIENT, channel="chat"):
        """A room; where internal, of the vendor and of a new manager."""

        def unit(tx):
            person = None
            if kind is RoomKind.DIRECT:
                sql = (
                    "INSERT INTO person (key, client_id, name, role, locale, zone, origin) "
                    "VALUES (?, 0, ?, 'manager', 'en', 'Europe/Berlin', 'file') RETURNING id"
                )
                (person,) = tx.connection.execute(sql, (ext_id, ext_id)).fetchone()
            return tx.rooms.add(
                client_id=0 if kind.is_internal else client,
                kind=kind,
                channel=channel,
                account="main",
                ext_id=ext_id,
                name=ext_id,
                now=self.clock.business,
                person_id=person,
            )

        return await self.store.write(unit)

    async def put(self, room, *keys, client=None, **options):
        """One row per key, said as a text that contains the key."""

        def unit(tx):
            return [
                tx.outbox.put(
                    dedupe_key=key,
                    client_id=room.client_id if client is None else client,
                    room=room,
                    ticket_id=options.get("ticket_id"),
                    notice=options.get("notice", Notice((say("resolved.client", ref=key),))),
                    now=self.clock.business,
                    **{k: v for k, v in options.items() if k not in ("ticket_id", "notice")},
                )
                for key in keys
            ]

        return await self.store.write(unit)

    async def states(self):
        """dedupe key -> state of all rows."""
        sql = "SELECT dedupe_key, state FROM outbox ORDER BY id"
        return await self.store.read(lambda tx: dict(tuple(r) for r in tx.connection.execute(sql)))

    async def let_run(self):
        """Time for a running loop to do all it can do now: as many hops through the store's threads as it takes."""
        for _ in range(50):
            await self.store.read(lambda tx: None)

    async def until_states(self, *wanted):
        """Return when these and no other states are left in the outbox, however many turns that takes."""
        async with asyncio.timeout(10):
            while set((await self.states()).values()) != set(wanted):
                pass  # each look is a hop through a thread: the loop goes on meanwhile

    async def column(self, key, name):
        sql = f"SELECT {name} FROM outbox WHERE dedupe_key = ?"
        return await self.store.read(lambda tx: tx.connection.execute(sql, (key,)).fetchone()[0])

    async def sql(self, sql, *params):
        return await self.store.write(lambda tx: [tuple(r) for r in tx.connection.execute(sql, params)])
