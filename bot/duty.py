"""Who is away when and whose turn it is, as values: absences, and rotations of people on call. Pure; where they
come from and who steps in is not its matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.when.moment import instant, wall_clock

_ALONE = timedelta(days=366)


class Origin(StrEnum):
    """Who said it; each may only take back its own."""

    FILE = "file"
    CHAT = "chat"
    FEED = "feed"


@dataclass(frozen=True, slots=True)
class Absence:
    """A person is away in `[starts_at, until)`, aware UTC.

    `ends_at` None: until he says that he is back. `back_at` is when he said so, before the end or even the start.
    `declared_at` is when it became known. `note` is his word to whoever stands in, never for clients.
    """

    id: int
    person_id: int
    starts_at: datetime
    ends_at: datetime | None
    origin: Origin
    note: str = ""
    back_at: datetime | None = None
    declared_at: datetime | None = None

    @property
    def until(self) -> datetime | None:
        """The end that holds; None while nobody knows it."""
        ends = [at for at in (self.ends_at, self.back_at) if at is not None]
        return min(ends, default=None)

    def holds(self, at: datetime) -> bool:
        """Whether he is away by it at this moment."""
        return self.starts_at <= at and (self.until is None or at < self.until)


@dataclass(frozen=True, slots=True)
class Away:
    """A stretch without a gap in which a person is away, `[since, until)`; made of one absence or of several."""

    since: datetime
    until: datetime | None
    notes: tuple[str, ...] = ()


def away(absences: Iterable[Absence], at: datetime) -> Away | None:
    """The stretch that one person's absences make around `at`; None where he is there.

    Absences that overlap or touch are one stretch: who is on leave until Monday and at a conference from Monday is
    not back on Monday.
    """
    return next((each for each in stretches(absences) if _holds(each, at)), None)


def stretches(absences: Iterable[Absence]) -> tuple[Away, ...]:
    """One person's absences joined where they overlap or touch, by moment; those that were taken back are none."""
    found: list[Away] = []
    for each in sorted(absences, key=lambda absence: (absence.starts_at, absence.id)):
        until = each.until
        if until is not None and until <= each.starts_at:
            continue
        note = (each.note,) if each.note else ()
        last = found[-1] if found else None
        if last is not None and (last.until is None or each.starts_at <= last.until):
            found[-1] = Away(last.since, _later(last.until, until), (*last.notes, *note))
        else:
            found.append(Away(each.starts_at, until, note))
    return tuple(found)


def by_person(absences: Sequence[Absence]) -> dict[int, list[Absence]]:
    """The absences of each person."""
    found: dict[int, list[Absence]] = {}
    for each in absences:
        found.setdefault(each.person_id, []).append(each)
    return found


def _holds(stretch: Away, at: datetime) -> bool:
    return stretch.since <= at and (stretch.until is None or at < stretch.until)


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return None if one is None or other is None else max(one, other)


# who is on call ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rotation:
    """People who take turns. A turn is handed over every `days` days at `hand_over` by wall clocks in `zone` (IANA).

    The first of `people` begins on `starts_on`; it goes round for ever, backwards too. `clients` and `policies` are
    ids; where both are empty it is for everybody.
    """

    id: int
    key: str
    name: str
    zone: str
    hand_over: time
    starts_on: date
    days: int
    people: tuple[int, ...]
    clients: frozenset[str] = frozenset()
    policies: frozenset[str] = frozenset()

    def nearness(self, client: str, policy: str) -> int:
        """How narrowly it is meant for a client under an agreement: 3 by name, 2 by agreement, 1 for all, 0 not."""
        if client in self.clients:
            return 3
        if policy in self.policies:
            return 2
        return 0 if self.clients or self.policies else 1


@dataclass(frozen=True, slots=True)
class StandIn:
    """Somebody takes another's turn, or a part of it: agreed, `[starts_at, ends_at)`."""

    id: int
    rotation_id: int
    person_id: int
    instead_of: int
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Turn:
    """Who is on call in `[starts_at, ends_at)`; `instead_of` is whose turn it was by the rotation."""

    person_id: int
    starts_at: datetime
    ends_at: datetime
    instead_of: int | None = None


def turn(rotation: Rotation, stand_ins: Sequence[StandIn], at: datetime) -> Turn:
    """Who is on call at a moment, and the stretch in which that is so; of several stand-ins the latest agreed holds.

    A turn lasts from one hand-over to the next by wall clocks, so that one over a change of clocks is an hour shorter
    or longer. ValueError for a rotation without people.
    """
    if not rotation.people:
        raise ValueError(f"rotation {rotation.key}: nobody takes turns (name people)")
    n = _number(rotation, at)
    person, start, end = rotation.people[n % len(rotation.people)], _begins(rotation, n), _begins(rotation, n + 1)
    found = Turn(person, start, end)
    for each in sorted(stand_ins, key=lambda stand_in: stand_in.id):
        if each.rotation_id != rotation.id:
            continue
        if each.starts_at <= at < each.ends_at:
            whose = None if each.person_id == person else person
            found = Turn(each.person_id, max(start, each.starts_at), min(end, each.ends_at), whose)
        elif each.ends_at <= at:
            found = replace(found, starts_at=max(found.starts_at, each.ends_at))
        else:
            found = replace(found, ends_at=min(found.ends_at, each.starts_at))
    return found


def turns(rotation: Rotation, stand_ins: Sequence[StandIn], since: datetime, n: int) -> tuple[Turn, ...]:
    """The turn at `since` and those that follow, `n` in all; neighbours of one person are one turn."""
    found: list[Turn] = []
    at = since
    while len(found) <= n:
        each = turn(rotation, stand_ins, at)
        at = each.ends_at
        last = found[-1] if found else None
        if last is not None and last.person_id == each.person_id:
            found[-1] = replace(last, ends_at=each.ends_at)
            if each.ends_at - since > _ALONE:
                break  # one person alone, who hands over to himself for ever
        else:
            found.append(each)
    return tuple(found[:n])


def after(rotation: Rotation, person_id: int) -> tuple[int, ...]:
    """Who comes after a person in the order of the rotation, himself left out: who is asked where he is away."""
    people = rotation.people
    if person_id not in people:
        return people
    at = people.index(person_id)
    return tuple(dict.fromkeys(each for each in (*people[at + 1 :], *people[:at]) if each != person_id))


def _number(rotation: Rotation, at: datetime) -> int:
    """Which turn holds at a moment: 0 is the first, before it they are negative."""
    day = wall_clock(at, ZoneInfo(rotation.zone)).date()
    n = (day - rotation.starts_on).days // rotation.days
    return n if _begins(rotation, n) <= at else n - 1


def _begins(rotation: Rotation, n: int) -> datetime:
    day = rotation.starts_on + timedelta(days=n * rotation.days)
    return instant(datetime.combine(day, rotation.hand_over), ZoneInfo(rotation.zone))
