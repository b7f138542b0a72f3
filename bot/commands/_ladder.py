"""What commands see of the levels of escalation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from bot.commands.base import Ticketed


class LadderDesk(Protocol):
    """The ladder on behalf of one actor, in one room, at one moment. What has no effect raises Refusal."""

    def escalate(self, each: Ticketed, reason: str) -> int:
        """The level now reached; idempotent per level, rate-limited."""
        ...

    def acknowledge(self, each: Ticketed) -> None: ...
