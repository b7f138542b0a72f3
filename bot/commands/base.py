"""What a command is, who may say it where, and what it sees of the desk; no command knows a platform or the store.

A command never sends: its `run` returns what to answer the asker, the desk's verbs write everything else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.commands._calls import CallDesk
from bot.commands._duty import DutyDesk
from bot.commands._etas import EtaDesk
from bot.commands._ladder import LadderDesk
from bot.commands._nudges import NudgeDesk
from bot.commands._parting import PartingDesk
from bot.commands._replying import ReplyDesk
from bot.commands._telling import TellDesk
from bot.commands._ticketed import Ticketed as Ticketed
from bot.commands._undo import UndoDesk
from bot.commands._waits import WaitDesk
from bot.notice import Act, At, Notice, Say, Value
from bot.people import Person, Role, Room, RoomKind
from bot.sla.explain import Explanation
from bot.sla.log import Party
from bot.sla.policy import Policy, Priority
from bot.tickets import Status, reference


class Refusal(Exception):
    """A mistake of the asker, or something he may not do; answered politely with `say`, nothing is changed."""

    def __init__(self, say: Say) -> None:
        super().__init__(say.key)
        self.say = say


class Audience(StrEnum):
    """Who may say a command."""

    CLIENT = "client"
    STAFF = "staff"


CLIENT = frozenset({Audience.CLIENT})
STAFF = frozenset({Audience.STAFF})
EVERYBODY = CLIENT | STAFF
CLIENT_ROOM = frozenset({RoomKind.CLIENT})
INTERNAL_ROOMS = frozenset({RoomKind.DIRECT, RoomKind.TEAM})
ANY_ROOM = CLIENT_ROOM | INTERNAL_ROOMS
TEAM_ROOM = frozenset({RoomKind.TEAM})


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. `person` None: somebody in a client room whom the roster does not list. `ext_id` is the channel's."""

    party: Party
    name: str
    ext_id: str
    person: Person | None = None

    @property
    def role(self) -> Role:
        return Role.CONTACT if self.person is None else self.person.role

    @property
    def is_staff(self) -> bool:
        return self.party is Party.STAFF


class Desk(Protocol):
    """The desk on behalf of one actor, in one room, at one moment, inside one unit of work.

    Every verb checks that the ticket is in reach of the actor, appends to the log, re-plans, and writes the notices
    to everybody else. Repeating a verb without effect raises Refusal("errors.already_done"). `now` is business time.
    """

    now: datetime
    actor: Actor
    room: Room

    # what the actor may see ---------------------------------------------------------------------------------
    def find(self, word: str | None) -> Ticketed:
        """The ticket meant by a reference, or without one: that of the message answered or the thread, else the only
        open one in reach. Refusal: errors.unknown_ticket (foreign ones too), errors.which_ticket,
        errors.no_ticket.
        """
        ...

    def pointed_at(self) -> Ticketed | None:
        """The ticket of the message that this one answers; None where it answers none, or one out of reach."""
        ...

    def in_reach(self) -> Sequence[Ticketed]:
        """Open tickets the actor may see here, by time to breach: in client rooms that client's, else his own."""
        ...

    def queue(self, limit: int) -> Sequence[Ticketed]:
        """All open tickets of the vendor by time to breach; for team rooms."""
        ...

    def explanations(self, each: Ticketed) -> Sequence[Explanation]:
        """Why each clock is due when it is."""
        ...

    def compliance(self, since: datetime) -> tuple[int, int, int]:
        """(met, late, open overdue) of commitments and targets started since; the same figures as every report."""
        ...

    def terms(self) -> Policy | None:
        """The agreement of this room's client; None outside client rooms and without a contract in force."""
        ...

    def responsible(self) -> Sequence[Person]:
        """The client's manager and backups, in order."""
        ...

    def colleagues(self, each: Ticketed) -> Sequence[Person]:
        """Whom the ticket can be handed over to: all staff but its owner, the client's own people first."""
        ...

    def locales(self) -> Sequence[str]: ...

    def tongues(self) -> Sequence[str]:
        """The locales in which the actor's words are read, in order: the room's, that of the room in which he is
        answered, his own.
        """
        ...

    def command_names(self) -> Sequence[str]:
        """Commands this actor may use in this room, in the order of help."""
        ...

    # what the actor may do ----------------------------------------------------------------------------------
    def open(self, text: str) -> None:
        """A new ticket from these words (or, empty, from the message answered), never joined to another."""
        ...

    def take(self, each: Ticketed) -> None: ...

    def answered(self, each: Ticketed) -> None:
        """ "That was the answer": counts from the reply that is answered, else the latest, backdated to it."""
        ...

    def meant(self, each: Ticketed, message_id: int) -> None:
        """This earlier message of the actor was for this ticket; counts from the moment it was written."""
        ...

    def set_priority(self, each: Ticketed, priority: Priority, reason: str) -> Priority:
        """The level really taken (the next graver one where the agreement lacks it)."""
        ...

    def assign(self, each: Ticketed, name: str) -> Person:
        """Hand the ticket over to a colleague, by id or name. Refusal: errors.person."""
        ...

    def note(self, each: Ticketed, text: str) -> None: ...

    def resolve(self, each: Ticketed) -> None: ...

    def confirm(self, each: Ticketed) -> None: ...

    def reopen(self, each: Ticketed, reason: str) -> None: ...

    def rate(self, each: Ticketed, stars: int) -> None: ...

    def set_language(self, locale: str) -> None:
        """The room's language from now on."""
        ...

    def relink(self, room_id: int, client_key: str, name: str) -> Room:
        """A linked room passes to another client and is called so; the leads are told what the roster still says.

        Refusal: errors.stale_button where either is gone or it is so.
        """
        ...

    def ask(self, kind: str, each: Ticketed) -> None:
        """Wait for the actor's next words here: `eta` (a time), `escalate` (a reason), `third_party` (a name),
        `details` (of the client), `assign` (a colleague), `progress` (word to
        the client).
        """
        ...

    def etas(self) -> EtaDesk:
        """ETAs: promised moments."""
        ...

    def waits(self) -> WaitDesk:
        """Waiting for somebody else."""
        ...

    def telling(self) -> TellDesk:
        """Word to the client on how it goes."""
        ...

    def ladder(self) -> LadderDesk:
        """The levels of escalation."""
        ...

    def nudges(self) -> NudgeDesk:
        """Nudges seen, and tried."""
        ...

    def calls(self) -> CallDesk:
        """Booking calls."""
        ...

    def replying(self) -> ReplyDesk:
        """Answering a client from the direct chat."""
        ...

    def parting(self) -> PartingDesk:
        """Splitting and merging tickets."""
        ...

    def duty(self) -> DutyDesk:
        """Who is away, and who answers meanwhile."""
        ...

    def undoing(self) -> UndoDesk:
        """Taking back what one did a moment ago."""
        ...

    def button(self, label: str, command: str, **params: Value) -> Act:
        """A button that, pressed in the asker's room, says `command` as the presser."""
        ...


@dataclass(frozen=True, slots=True)
class Call:
    """One use of a command. `rest` is what stood after its name, verbatim and stripped."""

    desk: Desk
    rest: str
    name: str  # as written by the asker, for answers

    @property
    def actor(self) -> Actor:
        return self.desk.actor

    @property
    def room(self) -> Room:
        return self.desk.room

    @property
    def now(self) -> datetime:
        return self.desk.now


def closed(each: Ticketed) -> Refusal:
    """What is said to a command that only an open ticket takes: what the ticket is, and how it opens again."""
    at = each.standing.resolved_at or each.ticket.closed_at or each.ticket.touched_at
    if each.standing.duplicate_of is not None:
        other = reference(each.standing.duplicate_of)
        return Refusal(Say("errors.merged", {"ref": each.ticket.reference, "other": other}))
    key = "errors.cancelled" if each.ticket.status is Status.CANCELLED else "errors.closed"
    return Refusal(Say(key, {"ref": each.ticket.reference, "at": At(at)}))


Reply = Notice | None
"""What the asker is told; None where a verb has told the room already."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command. Help line and example come from the catalogue: `help.<name>`, `example.<name>`.

    `aliases` are further spellings; `-`, `_`, space or nothing between the words of a name never matter. A `hidden`
    command is said by buttons only and not listed.
    """

    name: str
    audience: frozenset[Audience]
    rooms: frozenset[RoomKind]
    run: Callable[[Call], Reply]
    roles: frozenset[Role] | None = None  # None: every staff role
    aliases: tuple[str, ...] = ()
    hidden: bool = False

    def allows(self, actor: Actor, room: Room) -> bool:
        """Role x room: deny by default. Only people, never bots or automatic senders; nothing internal where outsiders
        read along.
        """
        if room.kind not in self.rooms or (room.kind.is_internal and room.outsiders is not None):
            return False
        if actor.party is Party.CLIENT:
            return Audience.CLIENT in self.audience and room.kind is RoomKind.CLIENT
        if actor.party is Party.STAFF:
            return Audience.STAFF in self.audience and (self.roles is None or actor.role in self.roles)
        return False


def answer(*lines: Say, buttons: Sequence[Act] = ()) -> Notice:
    """A reply of these lines."""
    return Notice(tuple(lines), tuple(buttons))
