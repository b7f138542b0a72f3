"""The two times: business time, of which agreements speak, and machine time, for leases, tokens, limits and backoff.

A value handed to everybody; the real clocks are read in `bot.app` alone, tests hand in clocks of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Times:
    """`business()` and `machine()` are aware UTC; `speed()` is how many business seconds pass in a machine second."""

    business: Callable[[], datetime]
    machine: Callable[[], datetime]
    speed: Callable[[], float]

    def seconds_until(self, at: datetime) -> float:
        """Machine seconds until business time reaches `at`; 0 when it has, infinite while business time stands."""
        ahead = (at - self.business()).total_seconds()
        if ahead <= 0:
            return 0.0
        speed = self.speed()
        return ahead / speed if speed > 0 else float("inf")


@dataclass(frozen=True, slots=True)
class Anchor:
    """A simulated business time: it stood at `business` when machine time was `machine`, and runs at `speed` since."""

    business: datetime
    machine: datetime
    speed: float

    def at(self, machine: datetime) -> datetime:
        """Business time at a machine moment, truncated to milliseconds; never before the anchor."""
        passed = max(machine - self.machine, timedelta())
        moved = self.business + passed * self.speed
        return moved - timedelta(microseconds=moved.microsecond % 1000)
