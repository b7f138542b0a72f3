"""A thousand deadlines due at once, each told to a sink on loopback; and again with nine SIGKILLs among them.

The watch and the sender run in a process of their own (`python -m bench.deadlines FILE PORT SINCE`) over a database
with 40 managers and 25 tickets each; a channel without reading back writes each message to a socket and waits for its
answer. What was being sent at a kill may arrive twice, at most once for each of the 8 rooms in flight; none is lost.
"""

import asyncio
import os
import random
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench._machine import conditions, spread
from bot.channels.base import Limits, Outbound, Outcome, Sent

_OPENED = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
_DUE = _OPENED + timedelta(minutes=30)
_MANAGERS = 40
_KILLS = 9


@dataclass(frozen=True, slots=True)
class Result:
    """Medians over the rounds. Times count from the start of the process, its start-up included."""

    deadlines: int
    first_s: float
    per_s: float
    per_s_spread: str
    kills: int
    lost: int
    repeated: int
    rounds: int
    conditions: str


class _Socket:
    """Posts to the sink, a line out and a line back; a few connections, kept."""

    name = "fake"
    limits = Limits()

    def __init__(self, port: int) -> None:
        self._port = port
        self._free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    def listen(self, receive: Any) -> AbstractAsyncContextManager[None]:
        raise NotImplementedError

    async def send(self, message: Outbound) -> Outcome:
        reader, writer = self._free.pop() if self._free else await asyncio.open_connection("127.0.0.1", self._port)
        writer.write(f"{message.oid}\n".encode())
        assert await reader.readline() == b"ok\n"
        self._free.append((reader, writer))
        return Sent(message.oid)


async def _live(place: Path, port: int, since: float) -> None:
    """Watch and send until killed; business time is half past eight when machine time is `since`."""
    from bot.app import build_desk
    from bot.config import Settings
    from bot.delivery import Delivery
    from bot.i18n import load as load_words
    from bot.now import Anchor, Times
    from bot.reactions import on_failed
    from bot.sla.policy_file import load_folder
    from bot.store.queries import load as load_queries
    from bot.store.sqlite import open_sqlite
    from bot.store.tx import make_tx
    from bot.watch import Watch

    queries, words = load_queries(), load_words()
    desk = build_desk(load_folder(), words, Settings())
    store = await open_sqlite(place, make_tx=lambda raw: make_tx(queries, raw))
    anchor = Anchor(_DUE, datetime.fromtimestamp(since, UTC), 1.0)
    machine = lambda: datetime.now(UTC)  # noqa: E731
    times = Times(business=lambda: anchor.at(machine()), machine=machine, speed=lambda: 1.0)
    channel = _Socket(port)
    delivery = Delivery(
        store, {channel.name: channel}, words, times, owner=f"life {os.getpid()}", on_failed=on_failed(desk, times)
    )
    await asyncio.gather(Watch(store, desk, times).run(), delivery.run())


@dataclass
class _Sink:
    """Answers every line and remembers what came when."""

    arrivals: list[tuple[float, str]] = field(default_factory=list)
    on_arrival: Callable[[], None] = lambda: None
    server: asyncio.Server | None = None

    async def open(self) -> int:
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return int(self.server.sockets[0].getsockname()[1])

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                self.arrivals.append((time.perf_counter(), line.decode().strip()))
                self.on_arrival()
                writer.write(b"ok\n")
        except (ConnectionError, asyncio.CancelledError):
            pass  # its process was killed, or the round is over
        finally:
            writer.close()


async def _prepared(place: Path, count: int) -> None:
    from bench._box import bot_in_a_box, client_of

    managers = "".join(
        f'\n[[staff]]\nid = "m{n}"\nname = "M{n}"\nrole = "manager"\nidentities = {{ fake = "m{n}" }}\n'
        for n in range(_MANAGERS)
    )
    clients = [
        client_of(f"c{n}").replace('manager = "mia"', f'manager = "m{n}"').replace('id = "ann"', f'id = "ann{n}"')
        for n in range(_MANAGERS)
    ]
    async with bot_in_a_box(_OPENED, managers, *clients, path=place) as bot:
        for n in range(count):
            key = f"c{n % _MANAGERS}"
            await bot.receive(bot.inbound(key, f"{key}/ann", f"/new Export {n} fails"))
        await bot.deliver()


async def _round(place: Path, count: int, kill_at: list[int]) -> tuple[float, float, int, int]:
    """(seconds to the first arrival, arrivals per second, lost, repeated)."""
    sink = _Sink()
    port, since = await sink.open(), time.time()
    process: list[subprocess.Popen[bytes]] = []
    done, kills = asyncio.Event(), sorted(kill_at, reverse=True)

    def spawn() -> None:
        command = [sys.executable, "-m", "bench.deadlines", str(place), str(port), str(since)]
        process.append(subprocess.Popen(command, stderr=subprocess.DEVNULL))

    def arrived() -> None:
        if kills and len(sink.arrivals) >= kills[-1]:
            kills.pop()
            process[-1].send_signal(signal.SIGKILL)
            process[-1].wait()
            spawn()
        elif len({oid for _, oid in sink.arrivals} & wanted()) == count:
            done.set()

    def wanted() -> set[str]:
        if len(known) < count and len(sink.arrivals) >= count:
            known.update(_nudges(place))
        return known

    known: set[str] = set()
    sink.on_arrival = arrived
    begun = time.perf_counter()
    spawn()
    try:
        async with asyncio.timeout(300):
            await done.wait()
    finally:
        process[-1].kill()
        process[-1].wait()
        assert sink.server is not None
        sink.server.close()
    times = [at for at, _ in sink.arrivals]
    counted = Counter(oid for _, oid in sink.arrivals if oid in known)
    rate = len(times) / (times[-1] - times[0])
    return times[0] - begun, rate, count - len(counted), sum(counted.values()) - len(counted)


def _nudges(place: Path) -> set[str]:
    connection = sqlite3.connect(place, timeout=10)
    rows = connection.execute("SELECT oid FROM outbox WHERE dedupe_key LIKE 'nudge:%'").fetchall()
    connection.close()
    return {oid for (oid,) in rows}


def run(rounds: int = 5, count: int = 1000) -> list[Result]:
    """Rounds without a kill, then one with nine at random arrivals."""
    with tempfile.TemporaryDirectory() as name:
        folder, calm = Path(name), []
        asyncio.run(_prepared(folder / "first.db", count))
        for number in range(rounds):
            place = Path(shutil.copy(folder / "first.db", folder / f"{number}.db"))
            calm.append(asyncio.run(_round(place, count, [])))
        place = Path(shutil.copy(folder / "first.db", folder / "killed.db"))
        killed = asyncio.run(_round(place, count, random.Random(9).sample(range(10, count - 10), _KILLS)))
    return [_result(count, calm, 0), _result(count, [killed], _KILLS)]


def _result(count: int, each: list[tuple[float, float, int, int]], kills: int) -> Result:
    first, rates, lost, repeated = zip(*each, strict=True)
    return Result(
        deadlines=count,
        first_s=statistics.median(first),
        per_s=statistics.median(rates),
        per_s_spread=spread(list(rates)),
        kills=kills,
        lost=sum(lost),
        repeated=sum(repeated),
        rounds=len(each),
        conditions=conditions(),
    )


def main() -> None:
    """Print the results; with arguments, be the process that is killed."""
    if len(sys.argv) > 1:
        place, port, since = sys.argv[1:]
        asyncio.run(_live(Path(place), int(port), float(since)))
        return
    results = run()
    for one in results:
        print(
            f"{one.deadlines} deadlines, {one.kills} kills: first after {one.first_s:.2f} s, {one.per_s:,.0f}/s "
            f"({one.per_s_spread}), {one.lost} lost, {one.repeated} repeated"
        )
    print(results[0].conditions)


if __name__ == "__main__":
    main()
