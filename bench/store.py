"""Group commit against a lock and a COMMIT each: durable units per second and latency on one SQLite file.

Both sides write one row per unit with synchronous=FULL from 100 producers, alternating in one run.
"""

import argparse
import asyncio
import os
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

import aiosqlite

from bot.store.sqlite import open_sqlite

_SCHEMA = "CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;"
_INSERT = "INSERT INTO note (body) VALUES ('a message of a client')"
_PRODUCERS = 100
Write = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Round:
    units_per_s: float
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True, slots=True)
class Result:
    """Medians over the rounds; a spread is (slowest, fastest) units/s, `ratio` ours to the peer's."""

    ours: Round
    ours_spread: tuple[float, float]
    peer: Round
    peer_spread: tuple[float, float]
    ratio: float
    rounds: int
    conditions: str


async def _measure(write: Write, units_each: int) -> Round:
    taken: list[float] = []

    async def produce() -> None:
        for _ in range(units_each):
            begun = time.perf_counter()
            await write()
            taken.append(time.perf_counter() - begun)

    begun = time.perf_counter()
    await asyncio.gather(*[produce() for _ in range(_PRODUCERS)])
    wall = time.perf_counter() - begun
    cuts = statistics.quantiles(taken, n=100)
    return Round(len(taken) / wall, cuts[49] * 1000, cuts[98] * 1000)


async def _ours(folder: Path, stack: AsyncExitStack) -> Write:
    migrations = folder / "migrations"
    migrations.mkdir()
    (migrations / "0001_note.sql").write_text(_SCHEMA)
    store = await open_sqlite(folder / "ours.db", make_tx=lambda raw: raw, migrations=migrations)
    stack.push_async_callback(store.close)

    def unit(tx: sqlite3.Connection) -> int:
        return tx.execute(_INSERT).rowcount

    return lambda: store.write(unit)


async def _peer(folder: Path, stack: AsyncExitStack) -> Write:
    """What one writes first: a shared aiosqlite connection, a lock around each transaction."""
    connection = await stack.enter_async_context(aiosqlite.connect(folder / "peer.db", isolation_level=None))
    for setting in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        await connection.execute_fetchall(f"PRAGMA {setting}")
    await connection.execute_fetchall(_SCHEMA)
    lock = asyncio.Lock()

    async def write() -> None:
        async with lock:
            await connection.execute_fetchall("BEGIN IMMEDIATE")
            await connection.execute_fetchall(_INSERT)
            await connection.execute_fetchall("COMMIT")

    return write


def _median(rounds: list[Round]) -> Round:
    return Round(
        statistics.median(one.units_per_s for one in rounds),
        statistics.median(one.p50_ms for one in rounds),
        statistics.median(one.p99_ms for one in rounds),
    )


def _spread(rounds: list[Round]) -> tuple[float, float]:
    speeds = [one.units_per_s for one in rounds]
    return min(speeds), max(speeds)


def _fsync_ms(folder: Path) -> float:
    """The disk's part of the story: the median of 50 small writes with fsync."""
    taken = []
    with (folder / "probe").open("wb") as probe:
        for _ in range(50):
            probe.write(b"x" * 4096)
            probe.flush()
            begun = time.perf_counter()
            os.fsync(probe.fileno())
            taken.append(time.perf_counter() - begun)
    return statistics.median(taken) * 1000


async def _run(folder: Path, rounds: int, units: int) -> Result:
    async with AsyncExitStack() as stack:
        ours, peer = await _ours(folder, stack), await _peer(folder, stack)
        measured: dict[str, list[Round]] = {"ours": [], "peer": []}
        for number in range(rounds + 1):
            # The peer gets fewer units, so that its rounds take about as long.
            first, second = await _measure(ours, units), await _measure(peer, max(1, units // 10))
            if number:  # round 0 warms up caches and files
                measured["ours"].append(first)
                measured["peer"].append(second)
    mine, theirs = _median(measured["ours"]), _median(measured["peer"])
    return Result(
        ours=mine,
        ours_spread=_spread(measured["ours"]),
        peer=theirs,
        peer_spread=_spread(measured["peer"]),
        ratio=mine.units_per_s / theirs.units_per_s,
        rounds=rounds,
        conditions=f"{_PRODUCERS} producers, 1 row per unit, synchronous=FULL, "
        f"fsync {_fsync_ms(folder):.2f} ms, {os.cpu_count()} cores, SQLite {sqlite3.sqlite_version}",
    )


def run(rounds: int = 5, units: int = 200, folder: Path | None = None) -> Result:
    """Measure alternating rounds of 100 producers x `units`; the files live in `folder` (a real disk)."""
    with tempfile.TemporaryDirectory(dir=folder) as place:
        return asyncio.run(_run(Path(place), rounds, units))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--units", type=int, default=200, help="units per producer and round")
    parser.add_argument("--folder", type=Path, help="a folder on the disk to measure; default: the temporary one")
    arguments = parser.parse_args()
    result = run(arguments.rounds, arguments.units, arguments.folder)
    print(result.conditions)
    for name, one, spread in (
        ("group commit (Pledge)", result.ours, result.ours_spread),
        ("lock, COMMIT each", result.peer, result.peer_spread),
    ):
        figures = asdict(one)
        print(
            f"{name:24}{figures['units_per_s']:10,.0f} units/s ({spread[0]:,.0f}-{spread[1]:,.0f})"
            f"   p50 {figures['p50_ms']:7.2f} ms   p99 {figures['p99_ms']:7.2f} ms"
        )
    print(f"ratio {result.ratio:.1f}")


if __name__ == "__main__":
    main()
