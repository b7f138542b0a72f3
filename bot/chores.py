"""Periodic chores that may safely be missed, and the auditor's questions; the only importer of the scheduler.

Deadlines are no chores: they are rows that `bot.watch` acts on.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from apscheduler.executors.asyncio import AsyncIOExecutor
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot import log, metrics
from bot.desk.desk import Desk
from bot.desk.staff.cover import unanswered
from bot.now import Times
from bot.store.base import StoreError
from bot.store.sqlite import SqliteStore
from bot.store.tx import Tx
from bot.watch import Watch

_LATE = timedelta(seconds=60)
_STUCK = timedelta(seconds=30)
_SILENT = timedelta(seconds=5)
_FRESH = timedelta(seconds=1)
_SLOW_WRITE_S = 2.0
_NAMED = 5

logger = log.get(__name__)


@dataclass(frozen=True, slots=True)
class Findings:
    """What must never be, counted; and what people have to look after: `waiting_for_nobody` is open with nothing
    planned, as after a bare answer, and told to its owner daily.
    """

    clocks_without_step: int
    steps_overdue: int
    deliveries_stuck: int
    inbox_stuck: int
    without_owner: int
    notices_lost: int
    without_answer: int
    waiting_for_nobody: int
    open_tickets: int
    overdue_tickets: int

    def problems(self) -> dict[str, int]:
        """The kinds that were found at all."""
        found = {
            "clock_without_step": self.clocks_without_step,
            "step_overdue": self.steps_overdue,
            "delivery_stuck": self.deliveries_stuck,
            "inbox_stuck": self.inbox_stuck,
            "ticket_without_owner": self.without_owner,
            "notice_without_path": self.notices_lost,
            "nobody_answers": self.without_answer,
        }
        return {kind: count for kind, count in found.items() if count}


def audit(tx: Tx, now: datetime, machine: datetime, speed: float) -> Findings:
    """Ask the rows, independently of the loops. Business lateness is measured in machine time: `speed` scales it."""
    late = now - _LATE * max(speed, 1.0)
    oldest = tx.outbox.oldest_unsent()
    counts = tx.inbox.counts()
    tickets = tx.tickets.open(10_000)
    return Findings(
        clocks_without_step=len(tx.steps.orphans()),
        steps_overdue=tx.steps.overdue(late),
        deliveries_stuck=int(oldest is not None and oldest < late),
        inbox_stuck=int(counts.oldest_at is not None and counts.oldest_at < now - _STUCK * max(speed, 1.0)),
        without_owner=len(tx.tickets.without_owner()),
        notices_lost=tx.proofs.lost(),
        without_answer=len(unanswered(tx, now)),
        waiting_for_nobody=len(tx.tickets.idle()),
        open_tickets=len(tickets),
        overdue_tickets=sum(t.due_at is not None and t.due_at <= now for t in tickets),
    )


class Health:
    """Whether the bot keeps its promises at this moment; `/readyz` and the auditor give the same answer."""

    def __init__(
        self,
        store: SqliteStore[Tx],
        desk: Desk,
        times: Times,
        watch: Watch,
        of_channels: Callable[[], Sequence[str]] = tuple,
    ) -> None:
        """`of_channels` tells why channels do not work at all."""
        self._store = store
        self._desk = desk
        self._of_channels = of_channels
        self._times = times
        self._watch = watch
        self._answer: tuple[datetime, Sequence[str]] | None = None
        self.damage: tuple[str, ...] = ()  # what the nightly look at file and audit found, in words

    async def reasons(self) -> Sequence[str]:
        """Why not, in words for an operator; none when all is well. At most a second old: anybody may ask often."""
        asked_at = self._times.machine()
        # A machine's clock that was set back must not make an answer of the future last.
        if self._answer is None or not timedelta() <= asked_at - self._answer[0] < _FRESH:
            self._answer = asked_at, await self._reasons()
        return self._answer[1]

    async def _reasons(self) -> Sequence[str]:
        if self._store.fenced:
            return ["the database was changed by another version of the program"]
        tick_at = self._watch.last_tick_at
        silent = tick_at is None or self._times.machine() - tick_at > _SILENT
        reasons = [f"the watch has not looked at the deadlines since {tick_at}"] if silent else []
        try:
            found = await self.look()
        except StoreError as error:
            return [*reasons, f"the store does not answer: {error}"]
        reasons.extend(await self._write_troubles())
        reasons.extend((*self._of_channels(), *self.damage))
        return [*reasons, *(f"{kind}: {count}" for kind, count in found.problems().items())]

    async def _write_troubles(self) -> Sequence[str]:
        """Readers go on while another process holds the lock of writers: only an empty unit of work finds out."""
        try:
            async with asyncio.timeout(_SLOW_WRITE_S):
                await self._store.write(lambda tx: None)
        except TimeoutError:
            return [f"the store has taken nothing for {_SLOW_WRITE_S:g} s: another process may hold its lock"]
        except StoreError as error:
            return [f"the store takes nothing: {error}"]
        return []

    async def look(self) -> Findings:
        now, machine, speed = self._times.business(), self._times.machine(), self._times.speed()
        return await self._store.read(lambda tx: audit(tx, now, machine, speed))


class Chores:
    """Runs the chores. A lost or doubled run is harmless: each asks the rows what there is to do."""

    def __init__(
        self,
        store: SqliteStore[Tx],
        times: Times,
        health: Health,
        look_outside: Callable[[], Awaitable[None]] | None = None,
        heal: Callable[[Tx], Sequence[str]] | None = None,
        wake: Sequence[Callable[[], None]] = (),
        beat: Callable[[], Awaitable[None]] | None = None,
        read_calendars: Callable[[], Awaitable[None]] | None = None,
        plan: Callable[[Tx], object] | None = None,
        tell_idle: Callable[[Tx], object] | None = None,
    ) -> None:
        """`look_outside` asks the channels how they are; `heal` mends what the auditor finds, and `wake` calls the
        loops that should have acted; `beat` tells somebody outside that all is well; `read_calendars` looks at those
        that people keep elsewhere; `plan` lays out ahead what depends on the roster, whose change it may miss a while;
        `tell_idle` tells of tickets that wait for nobody.
        """
        self._store = store
        self._times = times
        self._health = health
        self._look_outside = look_outside
        self._heal = heal
        self._wake = wake
        self._beat = beat
        self._read_calendars = read_calendars
        self._plan = plan
        self._tell_idle = tell_idle

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Enter = scheduled; exit = no chore runs any more."""
        scheduler = AsyncIOScheduler(
            jobstores={"default": MemoryJobStore()},
            executors={"default": AsyncIOExecutor()},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
            timezone="UTC",
        )
        scheduler.add_job(self.audit, "interval", seconds=30)
        scheduler.add_job(self.forget, "interval", hours=1)
        scheduler.add_job(self.tidy, "cron", hour=3, minute=17)
        if self._look_outside is not None:
            scheduler.add_job(self._look_outside, "interval", minutes=1)
        if self._read_calendars is not None:
            scheduler.add_job(self._read_calendars, "interval", minutes=15)
        for work, minutes in ((self._plan, 1), (self._tell_idle, 5)):
            if work is not None:
                scheduler.add_job(self._store.write, "interval", args=(work,), minutes=minutes)
        scheduler.start()
        try:
            yield
        finally:
            scheduler.shutdown(wait=False)

    async def audit(self) -> None:
        """Count what must never be; loud when there is any, then mend it. While there is none, and the bot is ready
        otherwise too, tell whoever watches from outside.
        """
        try:
            found = await self._health.look()
        except StoreError as error:
            logger.error("the auditor cannot read the store", action="audit.store", reason=str(error))
            return
        metrics.idle_tickets.set(found.waiting_for_nobody)
        metrics.open_tickets.set(found.open_tickets)
        metrics.overdue_tickets.set(found.overdue_tickets)
        for kind, count in found.problems().items():
            metrics.alarms.labels(kind).inc()
            logger.error("the auditor found what must never be", action="audit.alarm", kind=kind, count=count)
        if found.problems():
            await self._mend()
        elif self._beat is not None and not await self._health.reasons():
            await self._beat()

    async def _mend(self) -> None:
        for call in self._wake:
            call()
        if self._heal is None:
            return
        try:
            healed = await self._store.write(self._heal)
        except StoreError as error:
            logger.error("nothing could be mended", action="audit.store", reason=str(error))
            return
        for line in healed:
            logger.warning(line, action="audit.healed")

    async def forget(self) -> None:
        """Drop expired tokens, sessions and keys."""
        machine = self._times.machine()
        await self._store.write(lambda tx: tx.access.forget_expired(machine))

    async def tidy(self) -> None:
        """Shorten the write-ahead log and look whether the file and the audit's chains are sound; until they are
        found so, the bot is not ready.
        """
        await self._store.checkpoint()
        damage = []
        for problem in await self._store.integrity_check():
            metrics.alarms.labels("integrity").inc()
            logger.error("the database is damaged", action="audit.integrity", problem=problem)
            damage.append(f"the database is damaged: {problem}")
        for client in await self._store.read(lambda tx: tx.meta.audited_clients()):
            broken = await self._store.read(partial(_broken_audit, client=client))
            if broken:
                metrics.alarms.labels("audit_broken").inc()
                logger.error("the audit was changed", action="audit.broken", client=client, entries=broken[:_NAMED])
                named = ", ".join(str(entry) for entry in broken[:_NAMED])
                damage.append(f"the audit of client {client} was changed: {len(broken)} not in order, id {named}")
        self._health.damage = tuple(damage)


def _broken_audit(tx: Tx, client: int) -> list[int]:
    return list(tx.meta.broken_audit(client))
