"""The one sender loop: claims what is due from the outbox and hands it to the channels, in order per room."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Generic

from bot.channels.base import CanProbe, CanReadBack, Channel, Outbound, Sent
from bot.delivery.books import Books, OnFailed, Tx, log_alarm
from bot.delivery.calls import find_once, send_once, worded, works
from bot.delivery.message import message_of, riders_of
from bot.delivery.settle import Alarm
from bot.delivery.turn import Look, Turn, take_turn
from bot.delivery.verdicts import Finding, InDoubt, Later, Refused, after_look, after_send
from bot.i18n import Catalogue
from bot.now import Times
from bot.store.base import Store, StoreError
from bot.store.outbox import LEASE
from bot.store.outbox_row import NUDGES, OutboxRow

log = logging.getLogger(__name__)

SEND_LIMIT = timedelta(seconds=20)
"""No send may take longer: more than a channel's own time-outs, less than a lease."""

STOP_LIMIT = timedelta(seconds=10)
LOOK_EVERY = timedelta(seconds=1)
"""The loop looks at least so often, whether it was woken or not: rows are the truth, a wake-up only a hint."""

_GIVEN_BACK = timedelta(seconds=1)
_JUST_NOW = timedelta(seconds=1)
_PROBE_EVERY = timedelta(minutes=1)

Job = Callable[[], Awaitable[None]]


class Delivery(Generic[Tx]):
    """The sender of one process. `run` it until `stop`, or `drain_once` where time is driven by hand.

    `on_failed(tx, failure)` runs inside the transaction that records a delivery's first failure, its parking
    or its death, so that the next path is taken exactly once; it may put further notices. `alarm` is called
    after the commit, in the event loop. `alone` says that no other sender works on this database: then
    whatever is found claimed at the start was left behind by a crash, and is looked after at once.
    """

    def __init__(
        self,
        store: Store[Tx],
        channels: Mapping[str, Channel],
        catalogue: Catalogue,
        times: Times,
        *,
        owner: str,
        on_failed: OnFailed[Tx] | None = None,
        alarm: Callable[[Alarm], None] = log_alarm,
        alone: bool = True,
        jitter: Callable[[], float] = random.random,
        send_limit: timedelta = SEND_LIMIT,
        stop_limit: timedelta = STOP_LIMIT,
        look_every: timedelta = LOOK_EVERY,
        crash: Callable[[str], None] | None = None,
    ) -> None:
        self.wake = asyncio.Event()
        self._store = store
        self._books = Books(store, times, on_failed, alarm)
        self._channels = channels
        self._catalogue = catalogue
        self._times = times
        self._owner = owner
        self._jitter = jitter
        self._send_limit = send_limit
        self._stop_limit = stop_limit
        self._look_every = look_every
        self._crash = crash
        self._at_start = alone
        self._in_flight: dict[int, str] = {}  # row id -> channel
        self._blind_looks: dict[int, int] = {}  # per UNKNOWN row: how often in a row it could not be looked at
        self._called: dict[int, OutboxRow] = {}  # between the call and the writing down of its outcome
        self._probe_at = times.machine()
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._running = False
        self._stopped = asyncio.Event()

    async def run(self) -> None:
        """Deliver until `stop` or cancellation; ends as `stop` says."""
        unsubscribe = self._store.subscribe(self.wake.set, "outbox")
        self._running = True
        try:
            while not self._stopping:
                self.wake.clear()
                await self._wait(await self._start_turn())
        finally:
            self._stopping = True
            unsubscribe()
            await self._finish()
            self._stopped.set()

    async def stop(self) -> None:
        """Claim nothing more, finish what is in flight (10 s), give back what was not begun.

        A send that takes longer is cut off, and its delivery left UNKNOWN. May be called twice.
        """
        self._stopping = True
        self.wake.set()
        if self._running:
            await self._stopped.wait()

    async def drain_once(self) -> int:
        """Do all that is due now, one after the other, gravest first; how many sends and looks that were."""
        count = 0
        while not self._stopping:
            turn = await self._take_turn()
            jobs = self._jobs(turn)
            if not jobs:
                break
            for job in jobs:
                await job()
            count += len(jobs)
        return count

    async def _start_turn(self) -> datetime | None:
        """One turn of the loop, its jobs begun; the moment of the next one that is known of. Never raises."""
        try:
            turn = await self._take_turn()
        except StoreError as error:
            log.warning("the outbox cannot be read now: %s", error, extra={"action": "delivery.store"})
            return None
        except Exception:
            log.exception("a turn of the delivery failed", extra={"action": "delivery.turn"})
            return None
        for job in self._jobs(turn):
            task = asyncio.ensure_future(job())
            self._tasks.add(task)
            task.add_done_callback(self._ended)
        return turn.next_at

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self.wake.set()

    async def _wait(self, next_at: datetime | None) -> None:
        seconds = self._look_every.total_seconds()
        if next_at is not None:
            ahead = (next_at - self._times.machine()).total_seconds()
            seconds = min(max(ahead, 0.001), seconds)
        try:
            async with asyncio.timeout(seconds):
                await self.wake.wait()
        except TimeoutError:
            pass

    async def _take_turn(self) -> Turn:
        now = self._times.machine()
        look = Look(
            owner=self._owner,
            now=now,
            limits={name: channel.limits for name, channel in self._channels.items()},
            in_flight=dict(self._in_flight),
            busy=frozenset(self._in_flight),
            at_start=self._at_start,
            probing=now >= self._probe_at,
        )
        is_noted = bool(self._books.unsettled)
        turn = await self._books.write_down(lambda tx, report: take_turn(tx.outbox, look, report))
        if is_noted:
            self._reach("settled")
        self._at_start = False
        if look.probing:
            self._probe_at = now + _PROBE_EVERY
        self._reach("claimed")
        return turn

    def _jobs(self, turn: Turn) -> list[Job]:
        jobs = [self._job(row, self._look_after) for row in turn.unknown]
        jobs += [self._job(row, self._send) for row in turn.claimed]
        for name, account in turn.accounts:
            if name in self._channels and isinstance(channel := self._channels[name], CanProbe):
                jobs.append(self._probe_job(channel, name, account))
        return jobs

    def _job(self, row: OutboxRow, work: Callable[[OutboxRow], Awaitable[None]]) -> Job:
        self._in_flight[row.id] = row.channel

        async def job() -> None:
            try:
                await work(row)
            except Exception:
                # Our own mistake: the row keeps its lease, and when that ends it is looked after.
                log.exception("delivery %s went wrong", row.oid, extra={"action": "delivery.job"})
            finally:
                del self._in_flight[row.id]

        return job

    async def _send(self, row: OutboxRow) -> None:
        """One claimed row through its channel, if it still is to be sent."""
        message = await message_of(row, self._channels[row.channel], self._store, self._catalogue, self._times)
        if not isinstance(message, Outbound):
            self._books.note(row, message, None)
            return
        if not await self._may_send(row):
            later = self._times.machine() + _GIVEN_BACK
            self._books.note(row, Later(later, "given back", counts=False), None)
            return
        self._reach("before_call")
        self._called[row.id] = row
        outcome = await send_once(self._channels[row.channel], message, self._send_limit)
        self._reach("after_call")
        verdict = after_send(row, outcome, self._times.machine(), self._jitter())
        self._books.note(row, verdict, message.body)
        del self._called[row.id]

    async def _may_send(self, row: OutboxRow) -> bool:
        """Look at the lease again, just before the call: this process may have slept since the claim, and a nudge may
        have been answered. What else was claimed a moment ago still is.
        """
        if self._stopping:
            return False
        now = self._times.machine()
        age = now - (row.claimed_at or now - LEASE)
        if timedelta() <= age < _JUST_NOW and LEASE - age >= self._send_limit and row.kind not in NUDGES:
            return True
        try:
            until = await self._store.read(lambda tx: tx.outbox.lease_until(row.id, row.token))
        except StoreError:
            return False
        enough = until is not None and until >= self._times.machine() + self._send_limit
        return enough and not self._stopping

    async def _look_after(self, row: OutboxRow) -> None:
        """One UNKNOWN row: look whether it arrived, where the channel can, and decide."""
        channel = self._channels[row.channel]
        riders = await riders_of(row, self._store) or ()
        message = worded(row, self._catalogue, self._times.business(), riders=riders)
        if message is None:
            self._books.note(row, Refused("it cannot be worded"), None)
            return
        finding: Finding | Sent = Finding.CANNOT
        if isinstance(channel, CanReadBack) and channel.limits.read_back and message.file is None:
            claimed_at = row.claimed_at or self._times.machine()
            finding = await find_once(channel, message, claimed_at, self._send_limit)
        failed = self._blind_looks.pop(row.id, 0)
        if finding is Finding.FAILED:
            failed = self._blind_looks[row.id] = failed + 1
        verdict = after_look(row, finding, failed, channel.limits, self._times.machine(), self._jitter())
        self._books.note(row, verdict, message.body)

    def _probe_job(self, channel: CanProbe, name: str, account: str) -> Job:
        async def job() -> None:
            if not await works(channel, account, self._send_limit):
                return
            try:
                freed = await self._store.write(lambda tx: tx.outbox.release_account(name, account))
            except StoreError as error:
                log.warning("account %s is not freed yet: %s", account, error)
                return
            text = "account %s on %s works again, %d deliveries go on"
            log.info(text, account, name, freed, extra={"action": "delivery.released"})

        return job

    async def _finish(self) -> None:
        """Wait for what is in flight, cut off what takes too long, write down what is left."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=self._stop_limit.total_seconds())
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)
        for row in list(self._called.values()):
            self._books.note(row, InDoubt("stopped while it was being sent"), None)
        try:
            await self._books.flush()
            # What is still claimed was never begun: a turn may have been cancelled behind its claim.
            await self._store.write(lambda tx: tx.outbox.give_back(self._owner, self._times.machine()))
        except StoreError as error:
            log.warning("not everything is written down, the next start looks after it: %s", error)

    def _reach(self, point: str) -> None:
        """A named place where fault tests let the process die."""
        if self._crash is not None:
            self._crash(point)
