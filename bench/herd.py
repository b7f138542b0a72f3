"""Ten thousand steps due in one second: how late each is committed to the outbox, against APScheduler's SQLite store.

Ours: the watch over a database of as many open tickets (and, beside them, 1,000 or 100,000 closed ones), each with a
nudge due within one second; a step is done when the unit that fired it, with the notice and its buttons in the outbox,
is committed and the notice is worded for its reader. Wording happens when a notice is sent; here every batch is worded
after its commit and before the next one is begun, as if one thread did both in turn.
The peer: AsyncIOScheduler with SQLAlchemyJobStore on SQLite and as many date jobs over the same second, with no grace
time to miss; its jobs do nothing but note the time.
"""

import asyncio
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from apscheduler.executors.asyncio import AsyncIOExecutor
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bench._box import bot_in_a_box, stock
from bench._machine import conditions, spread
from bot.app import build_desk
from bot.config import Settings
from bot.i18n import Words
from bot.i18n import load as load_words
from bot.notice import loads, render
from bot.now import Anchor, Times
from bot.sla.policy_file import load_folder
from bot.store.queries import load as load_queries
from bot.store.sqlite import SqliteStore, open_sqlite
from bot.store.tx import Tx, make_tx
from bot.watch import Watch

_OPENED = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)  # a Friday morning under 001: half of its hour is gone at 8:30
_DUE = _OPENED + timedelta(minutes=30)
_YEAR_MS = 365 * 24 * 3600 * 1000
STORED = (1_000, 100_000)


@dataclass(frozen=True, slots=True)
class Result:
    """Lateness in seconds over the rounds: medians, and the lowest and highest p99."""

    what: str
    p50_s: float
    p99_s: float
    p99_spread: str
    rounds: int
    conditions: str


@dataclass
class _Timed:
    """The store as the watch sees it; notes the moment at which each of its batches was committed and worded."""

    store: SqliteStore[Tx]
    words: Words
    batches: list[tuple[float, int]]
    worded_up_to: int = 0

    async def read(self, work: Callable[[Tx], Any]) -> Any:
        return await self.store.read(work)

    async def write(self, work: Callable[[Tx], Any]) -> Any:
        done = await self.store.write(work)
        await self.store.read(self._word)
        self.batches.append((time.perf_counter(), done[0]))
        return done

    def _word(self, tx: Tx) -> None:
        """Every new notice in the outbox as its reader will see it."""
        new = tx.connection.execute("SELECT id, notice FROM outbox WHERE id > ? ORDER BY id", (self.worded_up_to,))
        for id, notice in new:
            render(loads(notice), self.words, "Etc/GMT-3", _DUE)
            self.worded_up_to = id


async def _prepared(place: Path, due: int, stored: int) -> None:
    async with bot_in_a_box(_OPENED, path=place) as bot:
        await bot.say("acme", "acme/ann", "The export fails")
    await asyncio.to_thread(stock, place, due, later_ms=0, spread_ms=1000)
    await asyncio.to_thread(stock, place, stored, later_ms=-_YEAR_MS, status="resolved")


async def _round(place: Path, due: int) -> list[float]:
    """Seconds from each step's moment until it was committed and worded."""
    words = load_words()
    desk = build_desk(load_folder(), words, Settings())
    queries = load_queries()
    store = await open_sqlite(place, make_tx=lambda raw: make_tx(queries, raw))
    try:
        before = await store.read(_notices)
        began = time.perf_counter()
        first = began + 0.5
        anchor = Anchor(_DUE - timedelta(seconds=0.5), _OPENED, 1.0)
        machine = lambda: _OPENED + timedelta(seconds=time.perf_counter() - began)  # noqa: E731
        times = Times(business=lambda: anchor.at(machine()), machine=machine, speed=lambda: 1.0)
        timed = _Timed(store, words.words("en"), [], before)
        watch = Watch(timed, desk, times)  # type: ignore[arg-type] - it reads and writes, which is all a watch does
        running = asyncio.create_task(watch.run())
        while sum(count for _, count in timed.batches) < due:
            await asyncio.sleep(0.01)
        running.cancel()
        done = [at for at, count in timed.batches for _ in range(count)][:due]
        assert await store.read(_notices) - before >= due * 0.99, "every step has its notice"
    finally:
        await store.close()
    moments = sorted(first + (n % 1000) / 1000 for n in range(due))
    return [at - moment for at, moment in zip(done, moments, strict=True)]


def _notices(tx: Tx) -> int:
    """The highest id of the outbox, which has no gaps here."""
    return int(tx.connection.execute("SELECT COALESCE(MAX(id), 0) FROM outbox").fetchone()[0])


_late: list[float] = []


async def _job(due_at: float) -> None:
    _late.append(time.time() - due_at)


async def _peer(place: Path, due: int) -> list[float]:
    _late.clear()
    store = SQLAlchemyJobStore(url=f"sqlite:///{place}")
    scheduler = AsyncIOScheduler(
        jobstores={"default": store},
        executors={"default": AsyncIOExecutor()},
        job_defaults={"misfire_grace_time": None, "max_instances": due},
        timezone="UTC",
    )
    scheduler.start(paused=True)
    first = time.time() + due / 350 + 2  # adding takes a millisecond each, two on a loaded machine
    for n in range(due):
        at = first + (n % 1000) / 1000
        scheduler.add_job(_job, "date", run_date=datetime.fromtimestamp(at, UTC), args=[at])
    assert time.time() < first, "adding took longer than planned"
    scheduler.resume()
    while len(_late) < due:
        await asyncio.sleep(0.05)
    scheduler.shutdown(wait=False)
    return list(_late)


def _result(what: str, rounds: list[list[float]]) -> Result:
    cuts = [statistics.quantiles(late, n=100) for late in rounds]
    return Result(
        what=what,
        p50_s=statistics.median(cut[49] for cut in cuts),
        p99_s=statistics.median(cut[98] for cut in cuts),
        p99_spread=spread([cut[98] for cut in cuts], 2),
        rounds=len(rounds),
        conditions=conditions(),
    )


def run(rounds: int = 5, due: int = 10_000) -> list[Result]:
    """Alternate ours over few stored tickets, ours over many, and the peer."""
    measured: dict[str, list[list[float]]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for stored in STORED:
            asyncio.run(_prepared(folder / f"{stored}.db", due, stored))
        for number in range(rounds):
            for stored in STORED:
                place = folder / f"round-{stored}-{number}.db"
                shutil.copy(folder / f"{stored}.db", place)
                measured.setdefault(f"Pledge, {stored:,} closed tickets beside", []).append(
                    asyncio.run(_round(place, due))
                )
                place.unlink()
            measured.setdefault("APScheduler, SQLite store", []).append(
                asyncio.run(_peer(folder / f"peer-{number}.db", due))
            )
    return [_result(what, late) for what, late in measured.items()]


def main() -> None:
    """Print how late, side by side."""
    results = run()
    for result in results:
        print(f"{result.what:42}p50 {result.p50_s:6.2f} s   p99 {result.p99_s:6.2f} s ({result.p99_spread})")
    print(results[0].conditions)


if __name__ == "__main__":
    main()
