"""Who is on call by a rotation from moment to moment, absences included. Reads only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.desk.staff.cover import called_in
from bot.duty import Rotation, StandIn, turn
from bot.store.tx import Tx

_LOOKED_AT = 60


@dataclass(frozen=True, slots=True)
class Held:
    """A stretch in which one person is on call; `person_id` None: all who take turns are away.

    `until` None: nothing changes as far as we look. `turn_of` is whose turn it is.
    """

    person_id: int | None
    since: datetime
    until: datetime | None
    turn_of: int


def held_from(tx: Tx, rotation: Rotation, now: datetime) -> Iterator[Held]:
    """The stretches from `now` on, neighbours of one person and turn together; the last one has no end."""
    stand_ins = tx.duty.stand_ins(now)
    at = now
    last: Held | None = None
    for _ in range(_LOOKED_AT):
        called, whose = called_in(tx, rotation, stand_ins, at), turn(rotation, stand_ins, at).person_id
        person_id, until = None if called is None else called.person_id, next_change(tx, rotation, stand_ins, at)
        if last is not None and (last.person_id, last.turn_of) == (person_id, whose):
            last = Held(person_id, last.since, until, whose)
        else:
            if last is not None:
                yield last
            last = Held(person_id, at, until, whose)
        at = until
    if last is not None:
        yield Held(last.person_id, last.since, None, last.turn_of)


def next_change(tx: Tx, rotation: Rotation, stand_ins: Sequence[StandIn], now: datetime) -> datetime:
    """When it may be somebody else: the turn is over, or somebody who takes turns goes away or comes back."""
    own = [each for each in tx.duty.absences(now) if each.person_id in rotation.people]
    moments = [at for each in own for at in (each.starts_at, each.until) if at is not None and at > now]
    return min([turn(rotation, stand_ins, now).ends_at, *moments])
