"""How often somebody may act: token buckets in memory, on the machine clock they are given."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime, timedelta


class Buckets:
    """One bucket per key: `burst` acts at once, then `per_second`. Of too many the oldest are forgotten."""

    def __init__(self, per_second: float, burst: int, *, remembered: int = 10_000) -> None:
        self._per_second = per_second
        self._burst = float(burst)
        self._remembered = remembered
        self._level: OrderedDict[str, tuple[float, datetime]] = OrderedDict()

    def __contains__(self, key: str) -> bool:
        """Whether this key has acted, as far as is remembered."""
        return key in self._level

    def take(self, key: str, now: datetime) -> float:
        """0 where the act is allowed (and counted), else the seconds to wait until it would be."""
        wait = self.wait(key, now)
        level, at = self._level.get(key, (self._burst, now))
        if wait == 0:
            level = self._refilled(level, at, now) - 1
            self._level[key] = (level, now)
            self._level.move_to_end(key)
            if len(self._level) > self._remembered:
                self._level.popitem(last=False)
        return wait

    def wait(self, key: str, now: datetime) -> float:
        """As `take`, but only looks."""
        level, at = self._level.get(key, (self._burst, now))
        missing = 1 - self._refilled(level, at, now)
        return 0.0 if missing <= 0 else missing / self._per_second

    def _refilled(self, level: float, at: datetime, now: datetime) -> float:
        passed = max(now - at, timedelta()).total_seconds()
        return min(self._burst, level + passed * self._per_second)
