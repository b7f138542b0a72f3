"""A ticket as commands see it: with everything that its log says at this moment."""

from __future__ import annotations

from dataclasses import dataclass

from bot.notice import Key, Quote, Value
from bot.people import Person
from bot.sla.clock import Clock, Standing
from bot.sla.policy import Policy
from bot.tickets import Ticket


@dataclass(frozen=True, slots=True)
class Ticketed:
    """A ticket with everything that is derived from its log at this moment."""

    ticket: Ticket
    policy: Policy
    standing: Standing
    clocks: tuple[Clock, ...]
    client_name: str
    owner: Person
    words: str  # the first words of the client
    instead: str = ""  # where there are none, the catalogue's for what he sent
    in_shadow: bool = False  # nothing is posted to the client
    answers: Person | None = None  # who answers for it now, where that is not its owner's matter: see `who`
    called: Person | None = None  # who has the level reached, or was called in for it; None at level 0

    @property
    def who(self) -> Person:
        """Who answers for it now: its owner, or whoever stands in for him."""
        return self.answers or self.owner

    def quote(self, limit: int = 120) -> Value:
        """The client's words for a notice; where he said none, what he sent."""
        return Quote(self.words, limit) if self.words or not self.instead else Key(self.instead)

    @property
    def promise(self) -> Clock | None:
        """The clock the client waits on: the live one that is due first, commitments before targets at a tie."""
        live = [clock for clock in self.clocks if clock.state.value in ("running", "held") and clock.due_at]
        return min(live, key=lambda c: (c.due_at, c.kind.value != "commitment"), default=None)

    @property
    def awaited(self) -> Clock | None:
        """What comes next by a moment: `promise`, else the live clock whose aim, an objective alone, comes first."""
        live = [clock for clock in self.clocks if clock.is_live and clock.objective_at is not None]
        return self.promise or min(live, key=lambda c: c.objective_at or self.ticket.opened_at, default=None)
