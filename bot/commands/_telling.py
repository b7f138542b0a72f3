"""What commands see of telling a client how his ticket goes on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from bot.notice import Say

if TYPE_CHECKING:
    from bot.commands.base import Ticketed


class TellDesk(Protocol):
    """Word to a client on behalf of one actor, in one room, at one moment. What has no effect raises Refusal."""

    def draft(self, each: Ticketed) -> Sequence[Say]:
        """What has happened since he was told last, worded for him; nothing is sent."""
        ...

    def send(self, each: Ticketed, words: str) -> None:
        """Tell the client these words, in the sender's name, or without any the draft; word on progress, as it is owed
        for some tickets.
        """
        ...
