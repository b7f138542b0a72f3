"""The load of the intake benchmarks: ours and its peer as processes, raw sockets kept open, and what requests cost."""

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from bench._box import BotProcess, free_port, until
from bench._machine import conditions, spread

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Server:
    port: int
    pid: int


@dataclass(frozen=True, slots=True)
class Round:
    """`cpu_us` is the server's time per request, of all its threads."""

    per_s: float
    p50_ms: float
    p99_ms: float
    cpu_us: float


Rounds = dict[tuple[str, int], list[Round]]
"""By what was measured and over how many connections."""


@dataclass(frozen=True, slots=True)
class Result:
    """Medians over the rounds; `cpu_us` is the server's time per request, of all its threads."""

    what: str
    connections: int
    per_s: float
    per_s_spread: str
    p50_ms: float
    p99_ms: float
    cpu_us: float
    cpu_spread: str
    rounds: int
    conditions: str


@asynccontextmanager
async def side_by_side(bot: BotProcess, *peers: Sequence[str]) -> AsyncIterator[list[Server]]:
    """The bot, then each peer: a module and the arguments it gets after its port. All ready, and killed at the end."""
    started = []
    try:
        for module, *arguments in peers:
            port = free_port()
            started.append((port, subprocess.Popen([sys.executable, "-m", module, str(port), *arguments])))
        # In a thread: the platform they ask may live in this loop.
        await asyncio.to_thread(bot.start)
        for port, _ in started:
            await asyncio.to_thread(until, lambda port=port: _answers(port), what="a peer")
        assert bot.process is not None
        yield [Server(bot.port, bot.process.pid), *(Server(port, process.pid) for port, process in started)]
    finally:
        bot.end()
        for _, process in started:
            process.kill()
            process.wait()


def post(port: int, path: str, data: bytes, headers: Mapping[str, str]) -> bytes:
    """A ready request with a body of JSON."""
    lines = {"host": f"127.0.0.1:{port}", "content-type": "application/json", **headers, "content-length": len(data)}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + data


async def load(server: Server, requests: list[bytes], connections: int) -> Round:
    """Send all over so many connections, each as fast as it is answered; AssertionError for an answer but 200."""
    todo, taken = iter(requests), []

    async def send() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        for request in todo:
            begun = time.perf_counter()
            await _exchange(reader, writer, request)
            taken.append(time.perf_counter() - begun)
        writer.close()

    cpu, begun = _cpu_s(server.pid), time.perf_counter()
    await asyncio.gather(*(send() for _ in range(connections)))
    wall = time.perf_counter() - begun
    cuts = statistics.quantiles(taken, n=100)
    each = (_cpu_s(server.pid) - cpu) / len(requests)
    return Round(len(requests) / wall, cuts[49] * 1000, cuts[98] * 1000, each * 1e6)


def results(measured: Rounds) -> list[Result]:
    """In the order in which they were first measured."""
    return [_result(what, connections, each) for (what, connections), each in measured.items()]


def show(found: list[Result]) -> None:
    """Print them side by side."""
    for one in found:
        print(
            f"{one.connections:4} connections  {one.what:20}{one.per_s:7,.0f}/s ({one.per_s_spread})   "
            f"p50 {one.p50_ms:7.2f} ms   p99 {one.p99_ms:7.2f} ms   "
            f"server {one.cpu_us:6,.0f} us each ({one.cpu_spread})"
        )
    print(found[0].conditions)


async def _exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> None:
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
    body = await reader.readexactly(length)
    assert head.startswith(b"HTTP/1.1 200"), (head, body)


def _answers(port: int) -> bool:
    try:
        connection = HTTPConnection("127.0.0.1", port, timeout=2)
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


def _result(what: str, connections: int, each: list[Round]) -> Result:
    return Result(
        what=what,
        connections=connections,
        per_s=statistics.median(one.per_s for one in each),
        per_s_spread=spread([one.per_s for one in each]),
        p50_ms=statistics.median(one.p50_ms for one in each),
        p99_ms=statistics.median(one.p99_ms for one in each),
        cpu_us=statistics.median(one.cpu_us for one in each),
        cpu_spread=spread([one.cpu_us for one in each]),
        rounds=len(each),
        conditions=conditions(),
    )
