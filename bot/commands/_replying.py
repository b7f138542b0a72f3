"""What commands see of answering a client from the direct chat: shown first, sent when it is confirmed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from bot.notice import Notice

if TYPE_CHECKING:
    from bot.commands.base import Ticketed


class ReplyDesk(Protocol):
    """Answering on behalf of one member of staff. Refusal where nothing can be sent: closed, in shadow, unreachable."""

    def propose(self, each: Ticketed, words: str) -> Notice:
        """Show exactly what would be posted, where and in whose name, with a button to send it and one not to."""
        ...

    def send(self, draft: int) -> Ticketed:
        """Post a draft of the actor's: his reply from now on. Refusal: errors.stale_button, errors.already_done."""
        ...

    def drop(self, draft: int) -> None:
        """Forget a draft of the actor's."""
        ...
