"""Who is away when and who is on call: absences, rotations and stand-ins as rows, whoever declared them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from functools import cache
from typing import Any, cast

from bot.duty import Absence, Origin, Rotation, StandIn
from bot.store.acts import Noted
from bot.store.times import from_ms, to_ms

_OPEN_END = 9007199254740991


class Stage(StrEnum):
    """What the watch has said about an absence."""

    AHEAD = "ahead"
    AWAY = "away"
    OVER = "over"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class DueAbsence:
    """An absence of which something is to be said now."""

    absence: Absence
    stage: Stage
    attempts: int


@dataclass(frozen=True, slots=True)
class Swapped:
    """A stand-in with what became of it: `asked`, `agreed` or `declined`."""

    stand_in: StandIn
    state: str
    asked_by: int
    asks: int


@dataclass(frozen=True, slots=True)
class OnCallRow:
    """Who was on call by a rotation when it was looked at last, and until when; None: nobody has looked yet."""

    rotation_id: int
    person_id: int | None
    until: datetime | None
    attempts: int


class Duty:
    def __init__(self, connection: Any, queries: Any, touched: set[str]) -> None:
        self._c = connection
        self._q = queries
        self._touched = touched
        self.noted: Noted | None = None

    def remembering(self) -> Duty:
        """The same questions, each asked once; for as long as nobody's absences change."""
        return cast(Duty, _Once(self))

    def absences(self, now: datetime) -> list[Absence]:
        """Everybody's absences that hold at `now` or lie ahead, by start."""
        return [_absence(row) for row in self._q.absences_since(self._c, now=to_ms(now))]

    def absences_of(self, person_id: int, now: datetime) -> list[Absence]:
        """One person's absences that hold at `now` or lie ahead, by start."""
        return [_absence(row) for row in self._q.absences_of(self._c, person_id=person_id, now=to_ms(now))]

    def absence(self, id: int) -> Absence:
        """KeyError where there is none; those that are over are found too."""
        row = self._q.absences_get(self._c, id=id)
        if row is None:
            raise KeyError(f"no absence {id}")
        return _absence(row)

    def as_it_goes_on(self, id: int) -> Absence:
        """The absence that goes on instead of one whose end was taken back; itself where none does."""
        again = self._q.absences_again(self._c, id=id)
        return self.absence(id) if again is None else self.as_it_goes_on(again)

    def go_on(self, id: int, again: int) -> None:
        """An absence goes on as `again`; whoever takes it back takes back that."""
        self._q.absences_go_on(self._c, id=id, again=again)

    def add_absence(
        self,
        person_id: int,
        starts_at: datetime,
        ends_at: datetime | None,
        now: datetime,
        *,
        origin: Origin,
        note: str = "",
        uid: str = "",
    ) -> int:
        """Declare an absence `[starts_at, ends_at)`, None: until he is back; its id. What calls it covers is noted."""
        self._touched.add("steps")
        number = int(
            self._q.absences_add(
                self._c,
                person_id=person_id,
                starts_at=to_ms(starts_at),
                ends_at=to_ms(ends_at),
                until_at=_OPEN_END if ends_at is None else to_ms(ends_at),
                note=note,
                origin=origin.value,
                uid=uid,
                wake_at=to_ms(starts_at),
                now=to_ms(now),
            )
        )
        if self.noted is not None:
            self.noted.declared.append(number)
        self._q.covered_add(self._c, absence_id=number, now=to_ms(now))
        self._q.steps_plan_progress(self._c)
        return number

    def end_absence(self, id: int, back_at: datetime) -> None:
        """It ends at `back_at`, which is before its end; before its start: it is called off."""
        self._touched.add("steps")
        if self.noted is not None:
            self.noted.ended.append(id)
        self._q.absences_end(self._c, id=id, back_at=to_ms(back_at))
        self._q.steps_plan_progress(self._c)

    def clients_of(self, person_id: int) -> list[tuple[int, bool]]:
        """The active clients this person answers for, and whether as their manager; those he manages first."""
        rows = self._q.duty_clients_of(self._c, person_id=person_id)
        return [(row["client_id"], row["position"] == 0) for row in rows]

    def everybody(self) -> list[int]:
        """Every active client."""
        return [row["id"] for row in self._q.duty_clients(self._c)]

    # who is on call

    def rotations(self) -> list[Rotation]:
        """Those in use, by name."""
        people: dict[int, list[int]] = {}
        for row in self._q.rotation_people(self._c):
            people.setdefault(row["rotation_id"], []).append(row["person_id"])
        meant: dict[tuple[int, str], set[str]] = {}
        for row in self._q.rotation_for(self._c):
            meant.setdefault((row["rotation_id"], row["kind"]), set()).add(row["key"])
        return [
            Rotation(
                id=row["id"],
                key=row["key"],
                name=row["name"],
                zone=row["zone"],
                hand_over=time.fromisoformat(row["hand_over"]),
                starts_on=date.fromisoformat(row["starts_on"]),
                days=row["days"],
                people=tuple(people.get(row["id"], ())),
                clients=frozenset(meant.get((row["id"], "client"), ())),
                policies=frozenset(meant.get((row["id"], "policy"), ())),
            )
            for row in self._q.rotations(self._c)
        ]

    def stand_ins(self, now: datetime) -> list[StandIn]:
        """Those agreed that are not over, by their end."""
        return [_stand_in(row) for row in self._q.stand_ins_agreed(self._c, now=to_ms(now))]

    def ask_stand_in(
        self,
        swap: str,
        rotation_id: int,
        person_id: int,
        instead_of: int,
        starts_at: datetime,
        ends_at: datetime,
        *,
        asked_by: int,
        asks: int,
        is_agreed: bool,
        now: datetime,
    ) -> None:
        """Somebody is to take another's turn; `asks` is whose answer is missing. The rows of one swap share `swap`."""
        self._touched.add("steps")
        self._q.stand_ins_add(
            self._c,
            swap=swap,
            rotation_id=rotation_id,
            person_id=person_id,
            instead_of=instead_of,
            starts_at=to_ms(starts_at),
            ends_at=to_ms(ends_at),
            state="agreed" if is_agreed else "asked",
            asked_by=asked_by,
            asks=asks,
            now=to_ms(now),
        )

    def swap(self, swap: str) -> list[Swapped]:
        """The rows of a swap, whatever became of it; none where there is no such swap."""
        rows = self._q.stand_ins_of(self._c, swap=swap)
        return [Swapped(_stand_in(row), row["state"], row["asked_by"], row["asks"]) for row in rows]

    def is_asked(self, rotation_id: int, person_id: int, instead_of: int, ends_at: datetime, *, asks: int) -> bool:
        """Whether this very swap waits for that person's answer."""
        who = {"person_id": person_id, "instead_of": instead_of, "asks": asks}
        return bool(self._q.stand_ins_asked(self._c, rotation_id=rotation_id, ends_at=to_ms(ends_at), **who))

    def decide(self, swap: str, *, is_agreed: bool) -> None:
        """Answer a swap that was asked for."""
        self._touched.add("steps")
        self._q.stand_ins_decide(self._c, swap=swap, state="agreed" if is_agreed else "declined")

    def on_call_due(self, now: datetime, n: int = 200) -> list[OnCallRow]:
        """Rotations by which somebody else may be on call by now."""
        rows = self._q.on_call_due(self._c, now=to_ms(now), n=n)
        return [OnCallRow(r["rotation_id"], r["person_id"], from_ms(r["until_at"]), r["attempts"]) for r in rows]

    def on_call_next_at(self) -> datetime | None:
        """When the watch has to look again who is on call."""
        return from_ms(cast("int | None", self._q.on_call_next(self._c)))

    def on_call_held(self, rotation_id: int, person_id: int | None, until: datetime | None) -> None:
        """Who is on call until when, as whoever is concerned was told."""
        self._q.on_call_held(self._c, rotation_id=rotation_id, person_id=person_id, until_at=to_ms(until))

    def on_call_wait(self, rotation_id: int, wake_at: datetime) -> None:
        """Whoever has it now may not be disturbed before."""
        self._q.on_call_wait(self._c, rotation_id=rotation_id, wake_at=to_ms(wake_at))

    def on_call_push_on(self, rotation_id: int, wake_at: datetime | None) -> None:
        """Look again later, because acting on it failed; None: not before something changes."""
        self._q.on_call_push_on(self._c, rotation_id=rotation_id, wake_at=to_ms(wake_at))

    # what is to be said

    def due(self, now: datetime, n: int = 200) -> list[DueAbsence]:
        """Absences whose moment has come, oldest first."""
        rows = self._q.absences_due(self._c, now=to_ms(now), n=n)
        return [DueAbsence(_absence(row), Stage(row["stage"]), row["attempts"]) for row in rows]

    def next_at(self) -> datetime | None:
        """When the next absence wakes; None with nothing planned."""
        return from_ms(cast("int | None", self._q.absences_next(self._c)))

    def turn(self, id: int, stage: Stage, wake_at: datetime | None) -> None:
        """What was said about an absence, and when there is more to say."""
        self._q.absences_turn(self._c, id=id, stage=stage.value, wake_at=to_ms(wake_at))

    def wake(self, person_id: int, now: datetime) -> None:
        """Look again at the absences by which he is away, as it was told: what was told of them has changed."""
        self._q.absences_wake(self._c, person_id=person_id, now=to_ms(now))

    def is_told_away(self, person_id: int) -> bool:
        """Whether it was told of an absence of his that he is away, and not yet that he is back."""
        return bool(self._q.absences_told(self._c, person_id=person_id))

    def push_on(self, id: int, wake_at: datetime) -> None:
        """Look at an absence again later, because acting on it failed."""
        self._q.absences_push_on(self._c, id=id, wake_at=to_ms(wake_at))


class _Once:
    """Duty, with each method's answers remembered."""

    def __init__(self, duty: Duty) -> None:
        self._duty = duty

    def __getattr__(self, name: str) -> Any:
        asked_once = cache(getattr(self._duty, name))
        setattr(self, name, asked_once)
        return asked_once


def _absence(row: Any) -> Absence:
    return Absence(
        id=row["id"],
        person_id=row["person_id"],
        starts_at=from_ms(row["starts_at"]),
        ends_at=from_ms(row["ends_at"]),
        origin=Origin(row["origin"]),
        note=row["note"],
        back_at=from_ms(row["back_at"]),
        declared_at=from_ms(row["created_at"]),
    )


def _stand_in(row: Any) -> StandIn:
    return StandIn(
        id=row["id"],
        rotation_id=row["rotation_id"],
        person_id=row["person_id"],
        instead_of=row["instead_of"],
        starts_at=from_ms(row["starts_at"]),
        ends_at=from_ms(row["ends_at"]),
    )
