"""Who is who, as values: clients, contracts, staff and contacts, rooms. Pure; where they come from is the roster's
matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

VENDOR = 0
"""The client id of the vendor itself: staff, team rooms and direct chats belong to it."""

NOBODY = -1
"""The client id of rooms that are not linked to any client yet."""


ACCOUNT_LOST = "account:"
"""What the reason begins with for which a room cannot be reached where it is one of all rooms of its account."""


class Role(StrEnum):
    """What a person may do; everybody but CONTACT is staff."""

    CONTACT = "contact"
    MANAGER = "manager"
    TECHNICIAN = "technician"
    SUPERVISOR = "supervisor"
    PRODUCT = "product"
    LEAD = "lead"
    ADMIN = "admin"

    @property
    def is_staff(self) -> bool:
        return self is not Role.CONTACT


class RoomKind(StrEnum):
    CLIENT = "client"
    TEAM = "team"
    DIRECT = "direct"
    UNLINKED = "unlinked"

    @property
    def is_internal(self) -> bool:
        """No client reads here."""
        return self in (RoomKind.TEAM, RoomKind.DIRECT)


@dataclass(frozen=True, slots=True)
class Client:
    id: int
    key: str
    name: str
    locale: str
    zone: str


@dataclass(frozen=True, slots=True)
class Person:
    """A member of staff (client 0) or a client's listed contact."""

    id: int
    key: str
    client_id: int
    name: str
    role: Role
    locale: str
    zone: str
    active: bool = True


@dataclass(frozen=True, slots=True)
class Receiving:
    """How a member of staff wants to be told: `hours` and `nudges` are JSON as the roster has them, `notify` names
    channels, the first one first.
    """

    zone: str
    hours: str = "{}"
    nudges: str = "{}"
    notify: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Contract:
    """Which agreement a client has. Moments are aware UTC; None = open."""

    id: int
    client_id: int
    policy_id: str
    plan: str
    variant: str
    starts_at: datetime | None
    ends_at: datetime | None
    suspended_at: datetime | None

    def is_in_force(self, at: datetime) -> bool:
        """Started, not ended, not suspended at this moment."""
        return (
            (self.starts_at is None or self.starts_at <= at)
            and (self.ends_at is None or at < self.ends_at)
            and (self.suspended_at is None or at < self.suspended_at)
        )


@dataclass(frozen=True, slots=True)
class Room:
    """One private conversation on one channel; `locale` and `zone` are resolved (room, else person, else client)."""

    id: int
    client_id: int
    kind: RoomKind
    channel: str
    account: str
    ext_id: str
    name: str
    person_id: int | None
    locale: str
    zone: str
    unreachable: str | None = None
    outsiders: str | None = None  # who besides its own people can read along

    @property
    def is_lost(self) -> bool:
        """Whether it cannot be posted to for a reason of its own, not for one of the whole account."""
        return self.unreachable is not None and not self.unreachable.startswith(ACCOUNT_LOST)

    @property
    def is_safe_path(self) -> bool:
        """Whether what is said here arrives, and nobody from outside reads it."""
        return self.unreachable is None and self.outsiders is None
