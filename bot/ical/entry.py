"""An entry of a calendar and who takes part in it, as values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Status(StrEnum):
    """How sure an entry is, in the words of the standard."""

    TENTATIVE = "TENTATIVE"
    CONFIRMED = "CONFIRMED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody who takes part. `address` identifies him (`mia@pledge.invalid`); nothing is ever sent to it."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One event. `uid` stays the same for ever, `sequence` rises with every change; moments are aware.

    `changed_at` is when it became what it is, `link` where it is held.
    """

    uid: str
    sequence: int
    status: Status
    starts_at: datetime
    ends_at: datetime
    changed_at: datetime
    title: str
    about: str = ""
    link: str = ""
    organizer: Guest | None = None
    guests: tuple[Guest, ...] = ()
