"""The rows that a roster file stands for, as values: what is read, compared and written. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from bot.people import Role, RoomKind

VENDOR_KEY = "(vendor)"
"""The key of the client that is the vendor itself: staff, team rooms and direct chats belong to it."""

ACCOUNT = "default"
"""The account of a channel where the roster names none."""


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """Where a room or a person is found on a channel."""

    channel: str
    account: str
    id: str

    def __str__(self) -> str:
        return " ".join((self.channel, *(() if self.account == ACCOUNT else (self.account,)), self.id))


@dataclass(frozen=True, slots=True)
class ClientRow:
    """`nudges` is JSON; `shadow`: nothing is posted to this client."""

    key: str
    name: str
    locale: str
    zone: str
    nudges: str = "{}"
    shadow: bool = False


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A member of staff (of VENDOR_KEY) or a contact, whose key is `<client>/<contact>`; `hours` and `nudges` are
    JSON.

    `meeting` is a link to where calls are held, `calendar` the secret address of a calendar kept elsewhere; or empty.
    `own_locale`, `own_zone`: whether the roster names them for the person, not only for the vendor or the client.
    """

    key: str
    client: str
    name: str
    role: Role
    locale: str
    zone: str
    hours: str = "{}"
    nudges: str = "{}"
    notify: tuple[str, ...] = ()
    meeting: str = ""
    calendar: str = ""
    own_locale: bool = False
    own_zone: bool = False


@dataclass(frozen=True, slots=True)
class IdentityRow:
    address: Address
    person: str


@dataclass(frozen=True, slots=True)
class DutyRow:
    """Who looks after a client: the manager, then the backups in order."""

    client: str
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ContractRow:
    """Moments are aware UTC, `[starts_at, ends_at)`; None = open. `fee` as written, "" for none."""

    client: str
    policy: str
    plan: str = ""
    variant: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    suspended_at: datetime | None = None
    fee: str = ""

    @property
    def terms(self) -> tuple[str, str, str]:
        """What tickets are opened under; other terms are another contract, other dates are not."""
        return self.policy, self.plan, self.variant


@dataclass(frozen=True, slots=True)
class RoomRow:
    """`locale` and `zone` None: those of the person or the client."""

    address: Address
    kind: RoomKind
    client: str
    name: str
    person: str | None = None
    locale: str | None = None
    zone: str | None = None

    @property
    def owner(self) -> tuple[RoomKind, str, str | None]:
        """Whose room it is. That never changes: a room of another owner at the same address is a new row."""
        return self.kind, self.client, self.person


@dataclass(frozen=True, slots=True)
class AbsenceRow:
    """A person is away in `[starts_at, ends_at)`, aware UTC."""

    person: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class RotationRow:
    """Who is on call in turns: handed over every `days` days at `hand_over` ("HH:MM") by clocks in `zone`, first on
    `starts_on`. `clients` and `policies` both empty: for everybody.
    """

    key: str
    name: str
    zone: str
    hand_over: str
    starts_on: str
    days: int
    people: tuple[str, ...]
    clients: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()


Row: TypeAlias = ClientRow | PersonRow | IdentityRow | DutyRow | ContractRow | RoomRow | AbsenceRow | RotationRow


@dataclass(frozen=True, slots=True)
class Rows:
    """All rows of a roster, each under the key or address that makes it unique.

    `clients` holds the vendor too, under VENDOR_KEY; duties and contracts are keyed by client, absences by
    themselves.
    """

    clients: Mapping[str, ClientRow] = field(default_factory=dict)
    people: Mapping[str, PersonRow] = field(default_factory=dict)
    identities: Mapping[Address, IdentityRow] = field(default_factory=dict)
    duties: Mapping[str, DutyRow] = field(default_factory=dict)
    contracts: Mapping[str, ContractRow] = field(default_factory=dict)
    rooms: Mapping[Address, RoomRow] = field(default_factory=dict)
    absences: Mapping[AbsenceRow, AbsenceRow] = field(default_factory=dict)
    rotations: Mapping[str, RotationRow] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Said:
    """What a roster says of whose rooms are, and who an identity is."""

    rooms: Mapping[Address, tuple[RoomKind, str, str | None]]
    identities: Mapping[Address, str]


@dataclass(frozen=True, slots=True)
class Held:
    """What the store has: the file's own active rows, and what others put where a row of the file might go.

    Of others it holds the origin: of clients and people by key (of closed ones too, their keys stay taken), of
    contracts by client, and with the row itself of identities and rooms by address. `moved` leads from an address
    that a room has left to the one it has, `said` is what the file said when it was last applied, None if unknown.
    """

    file: Rows = field(default_factory=Rows)
    clients: Mapping[str, str] = field(default_factory=dict)
    people: Mapping[str, str] = field(default_factory=dict)
    contracts: Mapping[str, str] = field(default_factory=dict)
    identities: Mapping[Address, tuple[IdentityRow, str]] = field(default_factory=dict)
    rooms: Mapping[Address, tuple[RoomRow, str]] = field(default_factory=dict)
    moved: Mapping[Address, Address] = field(default_factory=dict)
    said: Said | None = None


class Act(StrEnum):
    ADD = "+"
    CHANGE = "~"
    REMOVE = "-"


@dataclass(frozen=True, slots=True)
class Change:
    """One row to add (`old` is None), to change, or to take out of use (`new` is None)."""

    old: Row | None
    new: Row | None

    @property
    def act(self) -> Act:
        if self.old is None:
            return Act.ADD
        return Act.CHANGE if self.new is not None else Act.REMOVE

    @property
    def row(self) -> Row:
        """The row as it will be, or as it was."""
        row = self.old if self.new is None else self.new
        assert row is not None
        return row
