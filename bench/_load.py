"""The load of the intake benchmarks: ready requests over raw sockets kept open, and what they cost the server."""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Round:
    """`cpu_us` is the server's time per request, of all its threads."""

    per_s: float
    p50_ms: float
    p99_ms: float
    cpu_us: float


async def load(port: int, pid: int, requests: list[bytes], connections: int) -> Round:
    """Send all over so many connections, each as fast as it is answered; AssertionError for an answer but 200."""
    todo, taken = iter(requests), []

    async def send() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for request in todo:
            begun = time.perf_counter()
            await _exchange(reader, writer, request)
            taken.append(time.perf_counter() - begun)
        writer.close()

    cpu, begun = _cpu_s(pid), time.perf_counter()
    await asyncio.gather(*(send() for _ in range(connections)))
    wall = time.perf_counter() - begun
    cuts = statistics.quantiles(taken, n=100)
    each = (_cpu_s(pid) - cpu) / len(requests)
    return Round(len(requests) / wall, cuts[49] * 1000, cuts[98] * 1000, each * 1e6)


async def _exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> None:
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
    body = await reader.readexactly(length)
    assert head.startswith(b"HTTP/1.1 200"), (head, body)


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S
