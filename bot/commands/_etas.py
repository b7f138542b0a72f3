"""What commands see of promising moments to clients."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from bot.commands.base import Ticketed


class EtaDesk(Protocol):
    """ETAs on behalf of one actor, in one room, at one moment. What has no effect raises Refusal."""

    def give(self, each: Ticketed, eta_at: datetime, reason: str) -> None:
        """An approximate ETA; a later one moves the earlier and needs a reason. Refusal: errors.past_eta."""
        ...

    def accept(self, each: Ticketed) -> datetime:
        """The client agrees to the ETA as it is now, which the owner is told; gives its moment. Refusal:
        errors.stale_button where none lies ahead.
        """
        ...
