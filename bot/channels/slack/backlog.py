"""What of the rooms' histories is still to be read: in which order, since when, and when again after a try in vain."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import IntEnum
from typing import NamedTuple

TRY_AGAIN = timedelta(seconds=20)
_LONGEST_WAIT = timedelta(minutes=10)
TOLD_AFTER = timedelta(minutes=10)
"""What could not be read for so long is told of, and tried on."""

GIVEN_UP_AFTER = timedelta(days=1)
"""What could not be read for so long is not tried any more, so that everything else need not be read again from there
at each start.
"""


class Kind(IntEnum):
    """What is to be read, in this order: every room itself goes before all threads."""

    ROOM = 1
    MOVED = 2  # a thread in which somebody has answered
    OLDER = 3  # the pages before the gap, for threads that have moved
    OPEN = 4  # a thread of an open ticket
    CLOSED = 5


class Place(NamedTuple):
    """A room, its older pages (`*`), or a thread of it."""

    room: str
    thread: str = ""


@dataclass(frozen=True, slots=True)
class Behind:
    """What is to be read, after so many tries in vain."""

    kind: Kind
    since: datetime
    due_at: datetime
    is_gap: bool
    """Whether something surely was missed; else nobody has said anything, perhaps."""

    failed_at: datetime | None = None
    """When it could not be read for the first time."""

    tries: int = 0
    is_told: bool = False
    is_given_up: bool = False


class Backlog:
    def __init__(self) -> None:
        self._behind: dict[Place, Behind] = {}

    def __getitem__(self, place: Place) -> Behind:
        return self._behind[place]

    def __contains__(self, place: Place) -> bool:
        return place in self._behind

    @property
    def since(self) -> datetime | None:
        """The moment from which on not everything was read; None: there is none."""
        return min((each.since for each in self._behind.values()), default=None)

    def put(self, place: Place, kind: Kind, since: datetime, due_at: datetime, *, is_gap: bool) -> None:
        """To be read, from the earlier moment where it was to be already."""
        new = Behind(kind, since, due_at, is_gap)
        old = self._behind.get(place, new)
        kind, since = min(new.kind, old.kind), min(new.since, old.since)
        self._behind[place] = replace(old, kind=kind, since=since, is_gap=new.is_gap or old.is_gap)

    def next(self, now: datetime, besides: Collection[Place] = ()) -> Place | None:
        """What is to be read first of what is due; of equals, what has waited longest."""
        due = [place for place, each in self._behind.items() if each.due_at <= now and place not in besides]
        return min(due, key=lambda place: self._behind[place].kind, default=None)

    def mark_missed(self) -> None:
        """Something was missed, as it turns out."""
        self._behind = {place: replace(each, is_gap=True) for place, each in self._behind.items()}

    def put_off(self, place: Place, now: datetime, *, is_for_good: bool) -> bool:
        """To be tried again later, unless that would be in vain; whether it is to be told of."""
        behind = self._behind[place]
        stays_for = now - (behind.failed_at or now)
        is_given_up = is_for_good or stays_for >= GIVEN_UP_AFTER
        self._behind[place] = replace(
            behind,
            due_at=now + min(TRY_AGAIN * 2**behind.tries, _LONGEST_WAIT),
            failed_at=behind.failed_at or now,
            tries=min(behind.tries + 1, 10),
            is_given_up=is_given_up,
        )
        return not behind.is_told and (is_given_up or stays_for >= TOLD_AFTER)

    def drop(self, place: Place) -> None:
        del self._behind[place]

    def drop_room(self, room: str) -> None:
        self._behind = {place: each for place, each in self._behind.items() if place.room != room}

    def told(self, cut: Sequence[Place], unread: Collection[Place]) -> None:
        """`cut` is over, as is what was given up; `unread` is tried on and told no more."""
        self._behind = {
            place: replace(each, is_told=each.is_told or place in unread)
            for place, each in self._behind.items()
            if place not in cut and not each.is_given_up
        }
