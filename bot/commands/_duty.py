"""What commands see of who is away and who answers meanwhile: the desk's verbs, and how an absence is worded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.notice import At, Say, Value, say
from bot.people import Person


@dataclass(frozen=True, slots=True)
class Leave:
    """A stretch in which somebody is away. `until` None: nobody knows; `numbers` are the absences it is made of."""

    person: Person
    since: datetime
    until: datetime | None
    numbers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Instead:
    """Who answers for some clients while their person is away. `person` None: nobody; `is_last`: a lead or an
    administrator, for all of the clients' own people are away. From `since` on, where it is not so all the time.
    """

    clients: tuple[str, ...]
    person: Person | None
    is_last: bool = False
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Arranged:
    """What an absence comes to: the stretch as it is now, who answers meanwhile, and who is on call in his turns."""

    leave: Leave
    instead: tuple[Instead, ...]
    on_call: tuple[OnCallInstead, ...] = ()


@dataclass(frozen=True, slots=True)
class OnCallInstead:
    """Whom a turn of somebody who is away falls to, and from when to when; `person` None: nobody is left."""

    rotation: str
    gone: Person
    person: Person | None
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class OnCall:
    """Who is on call by a rotation. `person` None: all who take turns are away; `following` None: he is alone."""

    rotation: str
    person: Person | None
    until: datetime | None
    following: Person | None


class Which(StrEnum):
    """Which turn is meant."""

    NEAREST = "nearest"  # the one that holds, else the next
    THIS = "this"
    NEXT = "next"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Swap:
    """A turn that passes from one to another, `[since, until)`; `in_return` is the turn that passes back, if any."""

    rotation: str
    giver: Person
    taker: Person
    since: datetime
    until: datetime
    in_return: tuple[datetime, datetime] | None
    is_agreed: bool


class DutyDesk(Protocol):
    """Absences and turns of duty on behalf of one member of staff. What has no effect raises Refusal."""

    def somebody(self, words: str) -> tuple[Person, str] | None:
        """The member of staff whose id or name `words` begin with, and what follows; None where it is nobody's."""
        ...

    def leave(self, person: Person, since: datetime, until: datetime | None, note: str) -> Arranged:
        """This person is away in `[since, until)`. Refusal where he is, or where it is not the asker's to say."""
        ...

    def back(self, person: Person) -> Sequence[Leave]:
        """This person is there again from now on; what of the stretch still lies ahead, by start. Refusal where he is
        not away.
        """
        ...

    def call_off(self, number: int) -> Leave:
        """This absence, which has not begun or holds, is none any more, nor what joins on to it; the stretch they made.
        Refusal where it is over.
        """
        ...

    def known(self) -> Sequence[Leave]:
        """Everybody's stretches that hold or lie ahead, by start."""
        ...

    def may_speak_for(self, person: Person) -> bool:
        """Whether the asker may say that this person is away: himself, or a lead."""
        ...

    def on_call(self) -> Sequence[OnCall]:
        """Every rotation, by name."""
        ...

    def swap(self, giver: Person, taker: Person, which: Which, day: datetime | None) -> Swap:
        """Ask that a turn of the giver's passes to the taker, whose next turn passes back, if he has one; a lead who is
        neither decides it. Refusal where the giver has no such turn, or where it is not the asker's to say.
        """
        ...

    def decide(self, id: str, *, is_agreed: bool) -> Swap:
        """Answer what was asked; whoever is to take the turn, or a lead. Refusal where it was answered already."""
        ...


def swap_line(what: str, made: Swap) -> Say:
    """What is said of a swap (`waits`, `asked`, `agreed`, `declined`), with what passes back where something does."""
    common: dict[str, Value] = {
        "rotation": made.rotation,
        "giver": made.giver.name,
        "taker": made.taker.name,
        "since": At(made.since),
        "until": At(made.until),
    }
    if made.in_return is None:
        return Say(f"oncall.{what}_alone", common)
    since, until = made.in_return
    return Say(f"oncall.{what}", common | {"back_since": At(since), "back_until": At(until)})


def leave_line(leave: Leave) -> Say:
    """A stretch as one line of a list."""
    common: dict[str, Value] = {"who": leave.person.name, "since": At(leave.since)}
    if leave.until is None:
        return Say("away.line_open", common)
    return Say("away.line", common | {"until": At(leave.until)})


def on_call_instead_line(each: OnCallInstead) -> Say:
    """Who is on call in place of who is away."""
    common: dict[str, Value] = {"rotation": each.rotation, "since": At(each.since)}
    if each.person is None:
        return Say("oncall.instead_nobody", common)
    common |= {"who": each.person.name, "gone": each.gone.name}
    if each.until is None:
        return Say("oncall.instead", common)
    return Say("oncall.instead_until", common | {"until": At(each.until)})


def instead_line(each: Instead) -> Say:
    """Who answers for whom meanwhile."""
    clients = ", ".join(each.clients)
    if each.person is None:
        assert each.since is not None
        return say("away.nobody", clients=clients, since=At(each.since))
    return say("away.last" if each.is_last else "away.instead", who=each.person.name, clients=clients)
