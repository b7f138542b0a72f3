"""What commands see of promising moments to clients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from bot.sla.clock import EtaEntry

if TYPE_CHECKING:
    from bot.commands.base import Ticketed


@dataclass(frozen=True, slots=True)
class Promised:
    """One ETA of a ticket, with what became of it."""

    reference: str
    client: str
    entry: EtaEntry


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

    def ledger(self, since: datetime, client: str | None = None) -> Sequence[Promised]:
        """Every ETA given since then, everybody's or one client's, by its id. Refusal where a client reads, and
        for a client that is none.
        """
        ...
