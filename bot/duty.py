"""Who is away when, as values: absences of people and the stretches they make. Pure; where they come from and who steps
in is not its matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Origin(StrEnum):
    """Who said it; each may only take back its own."""

    FILE = "file"
    CHAT = "chat"
    FEED = "feed"


@dataclass(frozen=True, slots=True)
class Absence:
    """A person is away in `[starts_at, until)`, aware UTC.

    `ends_at` None: until he says that he is back. `back_at` is when he said so, before the end or even the start.
    `note` is his word to whoever stands in, never for clients.
    """

    id: int
    person_id: int
    starts_at: datetime
    ends_at: datetime | None
    origin: Origin
    note: str = ""
    back_at: datetime | None = None

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
