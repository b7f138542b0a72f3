"""What the desk goes by besides the agreements: an operator's settings, and what a message hangs on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.notice import Value
from bot.tickets import Ticket


@dataclass(frozen=True, slots=True)
class Rules:
    """What an operator can set about the desk; durations are business time."""

    join_window: timedelta = timedelta(hours=12)
    first_ref: int = 1
    bot_names: tuple[str, ...] = ("Pledge",)
    slashless: frozenset[str] = frozenset()  # channels on which a slash is the platform's own
    titles: Mapping[str, Value] = field(default_factory=dict)  # what people call the channels
    meeting: str = ""  # a link with {manager}, {client}, {call}: where calls are held
    url: str = ""  # where browsers find the bot; empty: nowhere, and no address of ours is told

    def prefix(self, channel: str) -> str:
        """What a command begins with wherever people talk on this channel: a slash, else a mention of us."""
        return f"@{self.bot_names[0]} " if channel in self.slashless else "/"

    def title(self, channel: str) -> Value:
        """What people call this channel; its name where nobody has said."""
        return self.titles.get(channel, channel)


@dataclass(frozen=True, slots=True)
class Context:
    """What the words of an inbound event hang on: the ticket of the message answered or of the thread."""

    ticket: Ticket | None = None
    message_id: int | None = None
    words: str = ""
    at: datetime | None = None  # the platform's time of the words
    person: int | None = None  # who wrote them, where the roster knows him
    answered: int | None = None  # our number of the message they answer
    machine: datetime | None = None  # machine time of the act; None: business time is taken for it
    is_excess: bool = False  # too many came at once: kept, but no event of its own where it would change nothing
