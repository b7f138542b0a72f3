"""What every channel is to the core: messages in, messages out, outcomes; no platform's name, no platform's library."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from bot.text import Enclosed, Rich, plain


class InboundKind(StrEnum):
    MESSAGE = "message"
    EDIT = "edit"
    PRESS = "press"  # a button; `action` is its opaque id
    ROOM = "room"  # something happened to the room itself; `news` says what; `room` is empty: to the account
    # Not understood by the adapter: `payload` is kept for a human, `text` says why. It has a room and a sender where
    # somebody has said something and waits for an answer.
    UNREADABLE = "unreadable"
    GAP = "gap"  # nothing could be heard since `at`; `room` is empty, `text` says what may have been lost


class NewsKind(StrEnum):
    MOVED = "moved"  # the platform gave the room another id: `detail`
    LOST = "lost"  # we can no longer post there, because of `detail`
    BACK = "back"
    RENAMED = "renamed"  # to `detail`
    OPENED = "opened"  # outsiders can read along now, or more people than before: `detail` names them
    CLOSED = "closed"  # those whom `detail` named no longer can
    JOINED = "joined"  # one person who is no colleague came in: `sender`, named by `detail`
    PARTED = "parted"  # such a person has left
    SEEN = "seen"  # who reads along in a room of the team was looked up: `came` and `gone` are what nobody had told of
    DELEGATED = "delegated"  # `sender` wants us to answer others in his name, which we do not


@dataclass(frozen=True, slots=True)
class Outsider:
    """Somebody who is no colleague, or a circle of such people. `who`: what `sender` would be, or the circle's name."""

    who: str
    name: str
    certain: bool = True  # False: the platform does not say who it is


@dataclass(frozen=True, slots=True)
class News:
    """What happened to a room, as its platform tells it."""

    kind: NewsKind
    detail: str = ""
    circle: str = ""  # what the ids of all people of the same other company begin with; empty: none is known
    certain: bool = True  # False: the platform does not say who `sender` is
    came: tuple[Outsider, ...] = ()
    gone: tuple[str, ...] = ()  # each as `who` of an outsider


@dataclass(frozen=True, slots=True)
class File:
    """Metadata of an attachment; the content is fetched through our side only. `handle` is the channel's own."""

    name: str
    media_type: str
    size: int
    handle: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a message, and where it lies."""

    channel: str
    account: str
    file: File


@dataclass(frozen=True, slots=True)
class Profile:
    """What a platform says of somebody; empty where it says nothing. `is_colleague`: a full member of the vendor's own
    workspace, no guest and nobody of another company.
    """

    locale: str = ""  # as the platform writes it: `ru-RU`
    zone: str = ""  # an IANA name
    is_colleague: bool = False


@dataclass(frozen=True, slots=True)
class Inbound:
    """One event of a platform, verified, not yet trusted.

    `event_id` is unique per (channel, account); `message_id` per room, also after the room has moved; `edit_seq` 0 for
    the original. `sender` is the platform's user id, scoped as the platform scopes it. `at` is the platform's time,
    `received_at` ours; both aware UTC. `automatic`: a bot or an auto-responder: nobody waits for an answer.
    `unattributed`: words somebody passes on or says without his name: never a command, never an answer of the staff's.
    `topic`: `thread` (None: the general one) is a place where many things are talked about in turn, such as
    a forum topic, not one conversation. `album`: messages of one room that share it were sent as one. `gesture`: a
    sticker alone, which says no more than an emoji does, though a file comes with it.
    """

    channel: str
    account: str
    event_id: str
    room: str
    sender: str
    sender_name: str
    text: str
    message_id: str
    at: datetime
    received_at: datetime
    kind: InboundKind = InboundKind.MESSAGE
    edit_seq: int = 0
    thread: str | None = None
    reply_to: str | None = None  # message_id of the message answered
    files: tuple[File, ...] = ()
    action: str | None = None
    automatic: bool = False
    unattributed: bool = False
    bare_commands: bool = False  # a command's bare name counts here (in-app, direct chats)
    me: str = ""  # the bot's own user name there, by which people address it; without @
    direct: bool = False  # the room is the sender's own chat with the bot
    room_name: str = ""  # as the platform shows it; empty where it says none
    topic: bool = False
    album: str | None = None
    gesture: bool = False
    news: News | None = None
    profile: Profile | None = None  # the sender's, where the platform tells it
    payload: bytes = b""  # the raw event, kept for diagnosis and replay


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the core says of an inbound event after its commit; a channel may show `told` to the presser only."""

    inbox_id: int
    duplicate: bool = False
    quarantined: bool = False
    message_seq: int | None = None
    told: Rich | None = None

    @property
    def notice(self) -> str | None:
        """`told` as plain text, for channels that show no other."""
        return None if self.told is None else plain(self.told)


Receive = Callable[[Inbound], Awaitable[Receipt]]
"""Commits the event, then returns. Raises `Unavailable` when nothing was stored: confirm nothing to the platform."""


class Unavailable(Exception):
    """The event could not be stored; the platform must be told to send it again (503, offset unmoved)."""


@dataclass(frozen=True, slots=True)
class Outbound:
    """One rendered message to one room. `oid` is the delivery's stable id: the idempotency key where one exists."""

    oid: str
    account: str
    room: str
    body: Rich
    thread: str | None = None
    reply_to: str | None = None
    edit_of: str | None = None  # provider id of our earlier message to replace
    buttons_only: bool = False  # of that message only the buttons change; where they cannot, it stays as it is
    silent: bool = False
    broadcast: bool = False  # the whole room must see it: show it beside its thread too, where that is possible
    file: Enclosed | None = None  # for `CanUpload` only; the body is what stands beside it


class Scope(StrEnum):
    """What a failure or pause concerns."""

    MESSAGE = "message"
    ROOM = "room"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True)
class Sent:
    provider_id: str


@dataclass(frozen=True, slots=True)
class RetryAfter:
    """Surely not accepted; try again after `seconds`."""

    seconds: float
    scope: Scope
    throttled: bool = False  # the platform asked for it: counts as no failure


@dataclass(frozen=True, slots=True)
class Permanent:
    """Will never be accepted in this form (MESSAGE) or until the room or account is repaired (ROOM, ACCOUNT)."""

    reason: str
    scope: Scope


@dataclass(frozen=True, slots=True)
class Unknown:
    """May have arrived."""

    reason: str


@dataclass(frozen=True, slots=True)
class Moved:
    """Surely not posted: the room has another id now, under which it is to be sent again."""

    room: str


@dataclass(frozen=True, slots=True)
class Unchangeable:
    """Surely not accepted: the message of `edit_of` is gone, fixed, or no place for this: it is to be posted anew."""


Outcome = Sent | RetryAfter | Permanent | Unknown | Moved | Unchangeable


@dataclass(frozen=True, slots=True)
class Limits:
    """Facts of a platform that the core must respect. Rates are per second; None = no limit of its own."""

    max_text: int | None = None
    buttons: bool = True
    slash: bool = True  # a leading slash reaches us from everywhere; else the platform keeps it for itself
    threads: bool = True
    edit: bool = False
    read_back: bool = False
    idempotent: bool = False  # a message sent again under its `oid` has no second effect
    rooms_in_flight: int = 8
    per_room_rate: float | None = None  # of rooms with several people
    room_burst: float = 1
    per_direct_rate: float | None = None  # of direct chats; None: as other rooms
    rate: float | None = None  # of the account


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding of a channel's self-check, for `/readyz` and `pledge check`."""

    channel: str
    text: str
    fatal: bool = False


class Channel(Protocol):
    """The whole contract of an adapter."""

    name: str
    limits: Limits

    def listen(self, receive: Receive) -> AbstractAsyncContextManager[None]:
        """Enter = connected and receiving; exit = intake stopped and drained."""
        ...

    async def send(self, message: Outbound) -> Outcome:
        """Post once; never retries by itself and never raises for what the platform did."""
        ...


@runtime_checkable
class CanReadBack(Protocol):
    """A channel that can look whether a delivery arrived."""

    async def find(self, message: Outbound, since: datetime) -> Sent | None:
        """The post with this `oid` made after `since` (machine time), None if there is none.

        Raises whatever it likes when it could not look: then nothing is concluded and it is asked again.
        """
        ...


@runtime_checkable
class CanUpload(Protocol):
    """A channel whose rooms take files."""

    async def upload(self, message: Outbound) -> Outcome:
        """Post the message with its file once, as `send` posts. What keeps only files out is Permanent(MESSAGE)."""
        ...


@runtime_checkable
class CanCheck(Protocol):
    """A channel that can look at its own installation."""

    async def check(self) -> Sequence[Problem]:
        """What is wrong with account, settings or rooms; asks the platform, never raises for what it answers."""
        ...


@runtime_checkable
class CanFetch(Protocol):
    """A channel whose files are fetched through our side only, because their addresses hold a secret."""

    def fetch(self, account: str, handle: str) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """The content in pieces. Raises `Unavailable` where the platform does not give it (any more)."""
        ...


@runtime_checkable
class HasMenus(Protocol):
    """A channel that shows people the commands they may say."""

    async def set_menus(self, menus: Sequence[Menu]) -> bool:
        """Make the platform show exactly these, in a room whose menus are empty none of its own; what it refuses is
        logged and tried again at the next call. False where it could not be asked, so that nothing is known.
        """
        ...


@dataclass(frozen=True, slots=True)
class Menu:
    """The commands somebody may say in a room, as (name, description), in one language.

    `room` None: wherever no menu of its own is given. `name` is the command's, with dashes.
    """

    room: str | None
    locale: str
    commands: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Form:
    """One question, for a platform that can show forms. `command` is what the filled-in words are put behind:
    `/eta T-42`. All texts in the asker's language; `explanation` is shown above the field, `hint` in it.
    """

    command: str
    title: str
    question: str
    submit: str
    cancel: str
    explanation: str = ""
    hint: str = ""
    needed: bool = True
    long: bool = False


Forms = Callable[[Inbound], Awaitable[Form | None]]
"""The form for the words that a press or a bare command lacks; None: hand it over as it is. It stores nothing."""


FormCheck = Callable[[Inbound], Awaitable[Rich | None]]
"""What is wrong with the words of a filled-in form; None: hand it over. It stores nothing."""


class Pulse(Protocol):
    """Remembers until when a channel's account was heard; both methods raise `Unavailable`."""

    async def last(self) -> datetime | None:
        """The latest `beat`, machine time; None: never."""
        ...

    async def beat(self, at: datetime) -> None: ...


class NamedPulse(Pulse, Protocol):
    """Remembers besides what the platform calls our accounts there; the methods raise `Unavailable`."""

    async def name(self, user: str) -> str | None:
        """The latest name of this user id of ours that `named` was told; None: never any."""
        ...

    async def named(self, user: str, name: str) -> None: ...


@runtime_checkable
class CanProbe(Protocol):
    """A channel with a harmless call that shows whether an account works (again)."""

    async def probe(self, account: str) -> str | None:
        """None: it works; else why not."""
        ...


@dataclass(frozen=True, slots=True)
class Route:
    """A plain route that `bot.web` mounts; `handler` takes and returns the web framework's request and response."""

    method: str
    path: str
    handler: Callable[..., Any]


@runtime_checkable
class HasRoutes(Protocol):
    def routes(self) -> Sequence[Route]: ...


@dataclass(frozen=True, slots=True)
class Entry:
    """One message of a room as a conversation shows it; `seq` is dense per room, the cursor of a resume."""

    seq: int
    direction: str  # "in" (from a person into the core) | "out" (posted by Pledge, or by staff through the core)
    author: str  # display name
    party: str  # client | staff | bot
    mine: bool
    at: datetime
    body: Rich
    ext_id: str  # client message id (in) or oid (out)
    ticket: str | None = None  # "T-42"
    files: tuple[File, ...] = field(default=())
    number: int = 0  # our own, over all rooms
    earlier: tuple[str, ...] = ()  # what stood there before it was edited, oldest first


class Conversations(Protocol):
    """Rooms that live in our own store: what the in-app channel reads and writes through.

    `viewer` is the sender id of the reader, which decides `Entry.mine`. Reads raise `Unavailable`.
    """

    async def history(
        self, account: str, room: str, *, before: int | None, limit: int, viewer: str = ""
    ) -> Sequence[Entry]:
        """The latest `limit` entries before seq `before` (None: the newest), oldest first."""
        ...

    async def since(self, account: str, room: str, seq: int, limit: int = 200, *, viewer: str = "") -> Sequence[Entry]:
        """What follows `seq`, oldest first."""
        ...

    async def post(self, message: Outbound) -> Outcome:
        """Insert once by `oid`: the commit is the delivery. Sent(str(seq))."""
        ...

    async def wait(self, account: str, room: str, seq: int, timeout: float) -> bool:
        """True as soon as the room holds something after `seq`, False after `timeout` seconds (machine time)."""
        ...

    async def looked(self, account: str, room: str, seq: int) -> None:
        """Somebody has the room before his eyes up to `seq`: what was said there has arrived. Raises `Unavailable`."""
        ...

    async def room_status(self, account: str, room: str) -> dict[str, object]:
        """The live status line and the ticket buttons of a room, as data a client page shows.

        `state` (quiet | running | held | late | answered), `who`, `ticket`, `kind` (commitment | target), `due_at`,
        `eta_at`, `held_for`, `open` (how many tickets), `buttons` ([[label, action]]); and for the countdown `now`
        (business time) and `speed` (business seconds per second). Moments: ISO 8601, UTC.
        """
        ...


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whom a browser's session speaks for: all of it from the vendor's signed token and our own store.

    `sender` is the person's id scoped by the client; `expires_at` is machine time.
    """

    client: str  # the client's key
    sender: str
    name: str
    room: str
    locale: str
    zone: str
    expires_at: datetime


class VisitRefused(Exception):
    """The token was good, but opens no session; the text says why and the way out."""


class Visits(Protocol):
    """Sessions of people who write from a page of their own. Both methods raise `Unavailable`."""

    async def open(
        self,
        client: str,
        sender: str,
        name: str,
        *,
        once: str,
        once_until: datetime,
        now: datetime,
        ends_at: datetime,
    ) -> tuple[str, Visitor]:
        """The secret of the new session (only its hash is kept) and its visitor; times are machine time.

        `once` is burnt until `once_until`. VisitRefused when it was used before, or the client is unknown or has no
        room on this channel.
        """
        ...

    async def find(self, secret: str, now: datetime) -> Visitor | None:
        """The visitor of a live session of an active client; `now` is machine time."""
        ...
