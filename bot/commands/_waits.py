"""What commands see of waiting for a client or a third party."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from bot.sla.policy import HoldReason

if TYPE_CHECKING:
    from bot.commands.base import Ticketed


class WaitDesk(Protocol):
    """Waits on behalf of one actor, in one room, at one moment. What has no effect raises Refusal."""

    def hold(self, each: Ticketed, reason: HoldReason, who: str, details: str = "") -> None:
        """Wait for somebody; the client is told, and of `details` exactly what he is asked for, or why a
        third party is waited for.
        """
        ...

    def goes_on(self, each: Ticketed, who: str = "") -> str:
        """A third party is still waited for, as somebody has looked; its name. Refusal where nobody asked. Without
        `who` it is the one waited for last.
        """
        ...

    def resume(self, each: Ticketed, who: str = "") -> None:
        """End the wait for `who`, other waits go on; without a name all of them."""
        ...
