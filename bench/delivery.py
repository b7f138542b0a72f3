"""The sender over a channel that answers at once: durable claims and marks per second, 200 rooms with a line each.

No peer: the figure says how far the outbox is from being the bottleneck (a chat platform takes about 30 a second).
"""

import argparse
import asyncio
import os
import sqlite3
import statistics
import tempfile
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.channels.base import Limits, Outbound, Sent
from bot.delivery import Delivery
from bot.i18n import Catalogue, load
from bot.notice import Notice, say
from bot.now import Times
from bot.people import RoomKind
from bot.store.outbox import Outbox
from bot.store.queries import load as load_queries
from bot.store.rooms import Rooms
from bot.store.sqlite import SqliteStore, open_sqlite

_ROOMS = 200
_IN_FLIGHT = (8, 64)


@dataclass(frozen=True, slots=True)
class Result:
    """Medians over the rounds, `spread` (slowest, fastest): deliveries per second with so many rooms in flight."""

    in_flight: int
    per_s: float
    spread: tuple[float, float]
    deliveries: int
    rounds: int
    conditions: str


class _Tx:
    def __init__(self, connection: sqlite3.Connection, queries: Any) -> None:
        connection.row_factory = sqlite3.Row
        self.outbox = Outbox(connection, queries, set())
        self.rooms = Rooms(connection, queries)


class _Instant:
    """Takes everything at once; `done` is set with the last of `expected` messages."""

    name = "instant"

    def __init__(self, in_flight: int, expected: int) -> None:
        self.limits = Limits(rooms_in_flight=in_flight)
        self.done = asyncio.Event()
        self._left = expected

    def listen(self, receive: Any) -> Any:
        raise NotImplementedError

    async def send(self, message: Outbound) -> Sent:
        self._left -= 1
        if self._left == 0:
            self.done.set()
        return Sent(message.oid)


def _fill(tx: _Tx, each: int, now: datetime) -> None:
    rooms = [
        tx.rooms.add(
            client_id=0,
            kind=RoomKind.TEAM,
            channel="instant",
            account="main",
            ext_id=str(number),
            name=str(number),
            now=now,
        )
        for number in range(_ROOMS)
    ]
    for number in range(each):
        for room in rooms:
            tx.outbox.put(
                dedupe_key=f"reply:{room.id}:{number}",
                client_id=0,
                room=room,
                ticket_id=None,
                notice=Notice((say("resolved.client", ref="T-42"),)),
                now=now,
            )


async def _round(place: Path, in_flight: int, each: int, catalogue: Catalogue) -> float:
    queries = load_queries()
    store: SqliteStore[_Tx] = await open_sqlite(place, make_tx=lambda raw: _Tx(raw, queries))
    try:
        await store.write(lambda tx: _fill(tx, each, datetime.now(UTC)))
        times = Times(lambda: datetime.now(UTC), lambda: datetime.now(UTC), lambda: 1.0)
        channel = _Instant(in_flight, _ROOMS * each)
        delivery: Delivery[_Tx] = Delivery(store, {"instant": channel}, catalogue, times, owner="bench")
        begun = time.perf_counter()
        running = asyncio.create_task(delivery.run())
        await channel.done.wait()
        await delivery.stop()
        wall = time.perf_counter() - begun
        await running
        left = await store.read(lambda tx: tx.outbox.counts())
        assert left == {}, f"not everything was marked: {left}"
        return _ROOMS * each / wall
    finally:
        await store.close()


def run(rounds: int = 5, each: int = 10) -> list[Result]:
    """Alternate the numbers of rooms in flight; `each` deliveries wait in every room."""
    catalogue = load()
    rates: dict[int, list[float]] = {in_flight: [] for in_flight in _IN_FLIGHT}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(rounds):
            for in_flight, measured in rates.items():
                place = Path(folder) / f"{number}-{in_flight}.db"
                measured.append(asyncio.run(_round(place, in_flight, each, catalogue)))
    conditions = f"SQLite {sqlite3.sqlite_version}, synchronous=FULL, {os.cpu_count()} cores"
    return [
        Result(
            in_flight,
            round(statistics.median(measured)),
            (round(min(measured)), round(max(measured))),
            _ROOMS * each,
            rounds,
            conditions,
        )
        for in_flight, measured in rates.items()
    ]


def main() -> None:
    """Print the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    for result in run(parser.parse_args().rounds):
        print(asdict(result))


if __name__ == "__main__":
    main()
