"""Business time of an installation: the machine's, or a simulated one whose anchor is stored, so that a restart goes on
where it was.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from bot.config import Settings
from bot.now import Anchor, Times
from bot.store.base import Store
from bot.store.tx import Tx

_ANCHOR = "clock.anchor"
_REAL_SPEED = 1.0


class BadClockFile(ValueError):
    """The file of `PLEDGE_CLOCK__FILE` holds no moment."""


class BusinessClock:
    """Business time: the machine's, or a simulated one that goes on where it was after a restart."""

    def __init__(self, machine: Callable[[], datetime]) -> None:
        self._machine = machine
        self._anchor: Anchor | None = None
        self._file: Path | None = None

    @property
    def simulated(self) -> bool:
        return self._anchor is not None or self._file is not None

    def now(self) -> datetime:
        if self._file is not None:
            return _read_anchor(self._file.read_text()).at(self._machine())
        return self._machine() if self._anchor is None else self._anchor.at(self._machine())

    def speed(self) -> float:
        if self._file is not None:
            return _read_anchor(self._file.read_text()).speed
        return _REAL_SPEED if self._anchor is None else self._anchor.speed

    def times(self) -> Times:
        return Times(business=self.now, machine=self._machine, speed=self.speed)

    async def start(self, store: Store[Tx], settings: Settings, demo_start: Callable[[datetime], datetime]) -> None:
        """Choose the time: a test's file, a stored anchor, a start and speed from the settings, or the machine's."""
        clock = settings.clock
        if clock.file is not None:
            self._file = clock.file
            try:
                self.now()
            except (ValueError, KeyError, OSError) as error:
                raise BadClockFile(
                    f"PLEDGE_CLOCK__FILE {clock.file}: {error} (write a moment with its offset, like "
                    "2026-11-20T10:00:00+03:00)"
                ) from error
            return
        wants = clock.start is not None or clock.speed is not None or settings.demo
        if not wants:
            return
        stored = await store.read(lambda tx: tx.meta.get(_ANCHOR))
        machine = self._machine()
        if stored is not None and clock.start is None:
            kept = _read_anchor(stored)
            self._anchor = Anchor(kept.at(machine), machine, kept.speed if clock.speed is None else clock.speed)
        else:
            begin = clock.start or (demo_start(machine) if settings.demo else machine)
            self._anchor = Anchor(begin.astimezone(UTC), machine, _REAL_SPEED if clock.speed is None else clock.speed)
        await self._keep(store)

    async def set_speed(self, store: Store[Tx], speed: float) -> None:
        """Business time goes on from where it is, at another speed."""
        machine = self._machine()
        self._anchor = Anchor(self.now(), machine, speed)
        await self._keep(store)

    async def _keep(self, store: Store[Tx]) -> None:
        anchor = self._anchor
        assert anchor is not None
        text = json.dumps(
            {
                "business": anchor.business.isoformat(),
                "machine": anchor.machine.isoformat(),
                "speed": anchor.speed,
            }
        )
        await store.write(lambda tx: tx.meta.set(_ANCHOR, text))


def business_now(tx: Tx, settings: Settings, machine: datetime) -> datetime:
    """Business time of an installation as a short command beside the bot needs it; the bot's own, while it runs."""
    clock = settings.clock
    if clock.file is not None:
        return _read_anchor(clock.file.read_text()).at(machine)
    is_simulated = clock.start is not None or clock.speed is not None or settings.demo
    stored = tx.meta.get(_ANCHOR) if is_simulated else None
    return machine if stored is None else _read_anchor(stored).at(machine)


def _read_anchor(text: str) -> Anchor:
    """A stored anchor, or a bare ISO moment at which time stands (test clock files)."""
    text = text.strip()
    if not text.startswith("{"):
        at = datetime.fromisoformat(text)
        return Anchor(at.astimezone(UTC), at.astimezone(UTC), 0.0)
    data = json.loads(text)
    return Anchor(
        datetime.fromisoformat(data["business"]),
        datetime.fromisoformat(data["machine"]),
        float(data["speed"]),
    )
