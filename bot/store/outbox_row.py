"""A delivery as a value: one outbox row with the address of its room, and the states it goes through."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any

from bot.store.times import from_ms
from bot.text import Rich

DRAFT = "draft"
"""Kind of nudges that bring words to send on; each is read by itself."""

NUDGES = frozenset({"nudge", "objective", "repeat", DRAFT})
"""Kinds of notices that ask a human to act: without point once the ticket is answered."""

GROUPED = (NUDGES - {DRAFT}) | {"breach", "esc", "third-party"}
"""Kinds of notices of which several for one person go out as one message; outbox.sql spells them the same way."""

STATES = {"hold": "wait", "resumed": "wait", "taken": "who", "assigned": "who", "priority": "priority", "eta": "eta"}
"""Kinds of notices that tell a client how a ticket stands, and what about it: the newest makes the last one old."""


KEYBOARD = "keyboard"
"""Kind of notices that say nothing: they change which buttons our message `reply_to` has."""

FILE = "file"
"""Kind of notices that bring an entry for calendars: what it is about has been said, so that nothing waits for it. What
it is of comes next in the key (`file:<call>:<sequence>:...`); in each room the newest makes the last one old.
"""

NO_EDIT = ""
"""As what a delivery changes: what it was to change cannot be changed, so that it is a post whenever it is sent."""


class State(StrEnum):
    """How far a delivery has come; SENT and SUPERSEDED are final. The first three keep later rows waiting."""

    PENDING = "pending"
    SENDING = "sending"
    UNKNOWN = "unknown"  # may have arrived
    SENT = "sent"
    PARKED = "parked"  # room or account cannot be reached, or nothing can be found out; released later
    DEAD = "dead"  # never accepted, or a file tried often enough; only an operator revives it
    SUPERSEDED = "superseded"


class NextPath(IntEnum):
    """Whether what did not get through is on another path."""

    NOT_NEEDED = 0
    TAKEN = 1
    NONE_LEFT = 2


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A delivery with the address, locale and zone of its room. `claimed_at` is machine time."""

    id: int
    oid: str
    dedupe_key: str
    client_id: int
    room_id: int
    room_client_id: int
    ticket_id: int | None
    notice: str
    rank: int
    must_say: bool
    thread: str | None
    reply_to: str | None
    state: State
    attempts: int  # failures after which surely nothing was posted
    ambiguous: int  # attempts that may have arrived
    looks: int  # at the platform, without finding it, since the last attempt
    token: str
    claimed_at: datetime | None
    error: str | None
    withdrawn: str | None
    channel: str
    account: str
    room_ext: str
    room_name: str
    locale: str
    zone: str
    origin: int | None = None  # the first row of those that carry the same notice by one path after the other
    next_path: NextPath = NextPath.NOT_NEEDED
    edit_of: str | None = None  # our post that it changes, once it may have done so; NO_EDIT: it is a post for ever
    riders: int = 0  # how many others go out in the same message

    @property
    def kind(self) -> str:
        """What the notice is about: the dedupe key up to its first colon ("nudge", "reply", "esc" ...)."""
        return kind_of(self.dedupe_key)

    @property
    def failures(self) -> int:
        """Attempts that did not end in Sent, pauses that the platform asked for left out."""
        return self.attempts + self.ambiguous


@dataclass(frozen=True, slots=True)
class Shown:
    """A message of ours as it stands in its room: the notice it was worded from, and which of its buttons it shows."""

    message_id: int
    ticket_id: int | None
    notice: str
    body: Rich

    @property
    def buttons(self) -> frozenset[str]:
        return frozenset(button.action for button in self.body.buttons)


def kind_of(dedupe_key: str) -> str:
    """The part up to the first colon."""
    return dedupe_key.partition(":")[0]


def aspect_of(dedupe_key: str) -> str | None:
    """What about its ticket a notice of a state tells; None for every other notice."""
    return STATES.get(kind_of(dedupe_key))


def entry_of(dedupe_key: str) -> str | None:
    """The beginning that all files of one entry share; None for every other notice."""
    kind, _, rest = dedupe_key.partition(":")
    return f"{kind}:{rest.partition(':')[0]}:" if kind == FILE else None


def call_filed(dedupe_key: str) -> int:
    """The call that a file is of. ValueError for every other notice."""
    return int((entry_of(dedupe_key) or "").removeprefix(f"{FILE}:").rstrip(":"))


def taken_back(dedupe_key: str) -> int | None:
    """The row that a correction (`undone:<row>:...`) takes back; None for every other notice."""
    kind, _, rest = dedupe_key.partition(":")
    row = rest.partition(":")[0]
    return int(row) if kind == "undone" and row.isdecimal() else None


def clock_nudged(dedupe_key: str) -> int | None:
    """The clock a nudge is about (`nudge:<clock>:...`); None for every other notice."""
    kind, _, rest = dedupe_key.partition(":")
    clock = rest.partition(":")[0]
    return int(clock) if kind in NUDGES and clock.isdecimal() else None


def oid_of(dedupe_key: str) -> str:
    """The stable public id of a delivery: the same in every attempt and after every restart."""
    return "p" + hashlib.sha256(dedupe_key.encode()).hexdigest()[:24]


def row_of(row: Any) -> OutboxRow:
    """The value of a row of the query `outbox_get`."""
    return OutboxRow(
        id=row["id"],
        oid=row["oid"],
        dedupe_key=row["dedupe_key"],
        client_id=row["client_id"],
        room_id=row["room_id"],
        room_client_id=row["room_client_id"],
        ticket_id=row["ticket_id"],
        notice=row["notice"],
        rank=row["rank"],
        must_say=bool(row["must_say"]),
        thread=row["thread"],
        reply_to=row["reply_to"],
        state=State(row["state"]),
        attempts=row["attempts"],
        ambiguous=row["ambiguous"],
        looks=row["looks"],
        token=row["lease_token"] or "",
        claimed_at=from_ms(row["claimed_at"]),
        error=row["error"],
        withdrawn=row["withdrawn"],
        origin=row["origin"],
        next_path=NextPath(row["next_path"]),
        edit_of=row["edit_of"],
        riders=row["riders"],
        channel=row["channel"],
        account=row["account"],
        room_ext=row["room_ext"],
        room_name=row["room_name"],
        locale=row["locale"],
        zone=row["zone"],
    )
