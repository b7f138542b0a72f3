"""What commands see of taking a ticket apart and putting two together: the desk's verbs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from bot.commands.base import Ticketed


class PartingDesk(Protocol):
    """Splitting and merging on behalf of one actor. What has no effect raises Refusal."""

    def split(self, each: Ticketed) -> Ticketed:
        """Take the client's message that is answered, else his latest words, out of this ticket into one of its own,
        timed from their moment. Refusal: errors.nothing_to_split.
        """
        ...

    def merge(self, each: Ticketed, into: Ticketed) -> Ticketed:
        """Let a ticket go on in another of the same client: words and files move, of two promises the earlier stays.
        Refusal: errors.merge_same, errors.merge_clients.
        """
        ...
