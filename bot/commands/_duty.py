"""What commands see of who is away and who answers meanwhile: the desk's verbs, and how an absence is worded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
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
    """What an absence comes to: the stretch as it is now, who answers meanwhile, and calls that still lie in it."""

    leave: Leave
    instead: tuple[Instead, ...]
    calls: tuple[str, ...]


class DutyDesk(Protocol):
    """Absences and turns of duty on behalf of one member of staff. What has no effect raises Refusal."""

    def somebody(self, words: str) -> tuple[Person, str] | None:
        """The member of staff whose id or name `words` begin with, and what follows; None where it is nobody's."""
        ...

    def leave(self, person: Person, since: datetime, until: datetime | None, note: str) -> Arranged:
        """This person is away in `[since, until)`. Refusal where he is, or where it is not the asker's to say."""
        ...

    def back(self, person: Person) -> Leave:
        """This person is there again from now on; the stretch that has ended. Refusal where he is not away."""
        ...

    def call_off(self, number: int) -> Leave:
        """This absence, which has not begun or holds, is none any more. Refusal where it is over."""
        ...

    def known(self) -> Sequence[Leave]:
        """Everybody's stretches that hold or lie ahead, by start."""
        ...

    def may_speak_for(self, person: Person) -> bool:
        """Whether the asker may say that this person is away: himself, or a lead."""
        ...


def leave_line(leave: Leave) -> Say:
    """A stretch as one line of a list."""
    common: dict[str, Value] = {"who": leave.person.name, "since": At(leave.since)}
    if leave.until is None:
        return Say("away.line_open", common)
    return Say("away.line", common | {"until": At(leave.until)})


def instead_line(each: Instead) -> Say:
    """Who answers for whom meanwhile."""
    clients = ", ".join(each.clients)
    if each.person is None:
        assert each.since is not None
        return say("away.nobody", clients=clients, since=At(each.since))
    return say("away.last" if each.is_last else "away.instead", who=each.person.name, clients=clients)
