"""What commands see of nudges: saying that one was seen, and trying the path by which they come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from bot.commands.base import Ticketed
    from bot.people import Room


class NudgeDesk(Protocol):
    """Nudges on behalf of one actor, in one room, at one moment. What has no effect raises Refusal."""

    def seen(self, each: Ticketed) -> None:
        """Reminders of the ticket rest; its clocks, the ladder and the breach do not."""
        ...

    def test(self) -> Room:
        """Send the asker a nudge of a ticket that does not exist; the room in which it will arrive."""
        ...
