"""Where a figure was measured: it means nothing without that."""

import os
import platform
import sqlite3
import statistics
import tempfile
import time
from pathlib import Path


def conditions() -> str:
    """Cores, load at this moment, Python, SQLite and what one durable write costs here."""
    load = os.getloadavg()[0]
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores (load {load:.1f}), Python "
        f"{platform.python_version()}, SQLite {sqlite3.sqlite_version}, synchronous=FULL, fsync {_fsync_ms():.2f} ms"
    )


def _fsync_ms() -> float:
    """The median of 50 small writes with fsync, in the folder the benchmarks use."""
    taken = []
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "probe").open("wb") as probe:
        for _ in range(50):
            probe.write(b"x" * 4096)
            probe.flush()
            begun = time.perf_counter()
            os.fsync(probe.fileno())
            taken.append(time.perf_counter() - begun)
    return statistics.median(taken) * 1000


def spread(values: list[float], digits: int = 0) -> str:
    """Lowest to highest, as every table here shows it."""
    return f"{min(values):,.{digits}f}-{max(values):,.{digits}f}"
