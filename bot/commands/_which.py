"""What is said where several tickets could be meant."""

from __future__ import annotations

from collections.abc import Sequence

from bot.commands.base import Refusal, Ticketed
from bot.notice import say

MOST = 5
"""More than these are not named: then the asker has to write which."""


class Which(Refusal):
    """Several tickets could be meant: the asker chooses among `tickets`, or writes which."""

    def __init__(self, tickets: Sequence[Ticketed]) -> None:
        self.tickets = tuple(tickets[:MOST])
        super().__init__(say("errors.which_ticket", refs=", ".join(each.ticket.reference for each in self.tickets)))
