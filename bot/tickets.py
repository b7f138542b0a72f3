"""A ticket as a value, its reference and its status; pure, and ignorant of where it is stored or shown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.sla.log import Event, EventKind, Party
from bot.sla.policy import Priority

__all__ = ["Event", "EventKind", "Party", "Priority", "Status", "Ticket", "parse_reference", "reference"]

_REFERENCE = re.compile(r"^(?:[Tt]-?|#)?(\d{1,9})$")


class Status(StrEnum):
    OPEN = "open"
    RESOLVED = "resolved"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Ticket:
    """What is stored beside the log of a ticket; all but the ids is a cache of it. Moments are aware UTC."""

    id: int
    ref: int
    client_id: int
    room_id: int
    contract_id: int
    policy_hash: str
    thread: str | None
    root_ext: str
    status: Status
    priority: Priority
    owner_id: int
    opened_at: datetime
    touched_at: datetime
    closed_at: datetime | None = None
    level: int = 0
    cycle: int = 1
    version: int = 0
    events: int = 0
    due_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.status is Status.OPEN

    @property
    def reference(self) -> str:
        return reference(self.ref)


def reference(ref: int) -> str:
    """How people see a ticket's number: T-42."""
    return f"T-{ref}"


def parse_reference(word: str) -> int | None:
    """The number meant by `T-42`, `T42`, `t42`, `#42` or `42`; None for anything else."""
    match = _REFERENCE.match(word.strip())
    return int(match[1]) if match else None
