"""What the board needs of the rest of the bot, as protocols and values; `bot.app` fulfils them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from bot.channels.base import Attachment
from bot.people import Person
from bot.text import Rich

if TYPE_CHECKING:
    from bot.desk.calls.week import CallWeek
    from bot.desk.views import QueueRow, Summary, TicketView


@dataclass(frozen=True, slots=True)
class Reading:
    """Business time as the pages tell it: `now` (aware UTC) and how many business seconds a second lasts."""

    now: datetime
    speed: float = 1.0
    simulated: bool = False
    in_shadow: bool = False  # nothing is posted to any client


@dataclass(frozen=True, slots=True)
class CommandReply:
    """What the desk answers to a command or to words for a client; `ok` False = nothing was done."""

    text: Rich
    ok: bool


@dataclass(frozen=True, slots=True)
class TeamRoom:
    """A team room that lives on the board; `key` stands in its address."""

    key: str
    name: str


class BoardDesk(Protocol):
    """Reads and acts of the pages. Rights are checked behind it once more, as for a typed command."""

    def clock(self) -> Reading: ...

    async def queue(self, *, owner_id: int | None, closed: bool) -> Sequence[QueueRow]:
        """Open tickets by time to breach, `owner_id` None = everybody's; or the closed ones, newest first."""
        ...

    async def summary(self) -> Summary:
        """Counts over everybody's tickets."""
        ...

    async def ticket(self, ref: int) -> TicketView | None:
        """None where there is no such ticket."""
        ...

    async def calls(self, zone: str, at: datetime) -> CallWeek:
        """The week `at` lies in, as days go in this zone: calls to come and calls without an outcome."""
        ...

    async def file(self, number: int, n: int) -> Attachment | None:
        """The n-th file (from 0) of the message of this number; None where there is none."""
        ...

    async def colleagues(self) -> Sequence[Person]:
        """Active staff, to whom a ticket can be handed over."""
        ...

    async def team_rooms(self, person: Person) -> Sequence[TeamRoom]:
        """The team rooms that this person may read."""
        ...

    async def command(self, person_id: int, text: str) -> CommandReply:
        """Run `text` (one line, "/eta T-42 16:00 waiting") as that person on the board."""
        ...

    async def say(self, person_id: int, reference: str, text: str, client_msg_id: str) -> CommandReply:
        """Answer the client in the ticket's room; once per (person, client_msg_id). Raises `Unavailable`."""
        ...


class Gate(Protocol):
    """Who may come in. Its times are machine time; codes and sessions are kept as hashes only."""

    async def redeem(self, code: str) -> str | None:
        """A fresh session for a one-time sign-in code; None where it is unknown, used or too old."""
        ...

    async def person(self, session: str) -> Person | None:
        """Who the session belongs to, as the roster says at this moment; None where it has ended."""
        ...

    async def leave(self, session: str) -> None:
        """End the session; nothing happens where it has ended already."""
        ...
