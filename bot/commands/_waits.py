"""What commands see of waiting for a client or a third party."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from bot.sla.policy import HoldReason

if TYPE_CHECKING:
    from bot.commands.base import Ticketed


class WaitDesk(Protocol):
    """Waits on behalf of one actor, in one room, at one moment. What has no effect raises Refusal."""

    def hold(self, each: Ticketed, reason: HoldReason, who: str) -> None: ...

    def resume(self, each: Ticketed) -> None: ...
