"""The rows a roster file stands for, of who is away and who is on call."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from bot.duty import Origin
from bot.store.duty import Duty
from bot.store.roster_row import AbsenceRow, RotationRow
from bot.store.times import from_ms, to_ms


class DutyRows:
    def __init__(self, connection: Any, queries: Any, touched: set[str]) -> None:
        self._c = connection
        self._q = queries
        self._duty = Duty(connection, queries, touched)

    def absences(self) -> Iterator[AbsenceRow]:
        """What the file says, those that are over and those somebody came back early from included."""
        for row in self._q.roster_absences(self._c):
            yield AbsenceRow(row["person"], from_ms(row["starts_at"]), from_ms(row["ends_at"]))

    def rotations(self) -> Iterator[RotationRow]:
        people: dict[str, list[str]] = {}
        for row in self._q.roster_rotation_people(self._c):
            people.setdefault(row["rotation"], []).append(row["person"])
        meant: dict[tuple[str, str], list[str]] = {}
        for row in self._q.roster_rotation_for(self._c):
            meant.setdefault((row["rotation"], row["kind"]), []).append(row["key"])
        for row in self._q.roster_rotations(self._c):
            yield RotationRow(
                key=row["key"],
                name=row["name"],
                zone=row["zone"],
                hand_over=row["hand_over"],
                starts_on=row["starts_on"],
                days=row["days"],
                people=tuple(people.get(row["key"], ())),
                clients=tuple(meant.get((row["key"], "client"), ())),
                policies=tuple(meant.get((row["key"], "policy"), ())),
            )

    def put_absence(self, row: AbsenceRow, gone: bool, now: datetime) -> None:
        """What is not in the file any more ends now, or never begins; what was over stays on record."""
        person_id = self._q.roster_person_id(self._c, key=row.person)
        if not gone:
            self._duty.add_absence(person_id, row.starts_at, row.ends_at, now, origin=Origin.FILE)
            return
        place = {"person_id": person_id, "starts_at": to_ms(row.starts_at), "ends_at": to_ms(row.ends_at)}
        for each in list(self._q.roster_absence_ids(self._c, **place)):
            self._duty.end_absence(each["id"], now)
        self._q.roster_drop_absence(self._c, **place)

    def put_rotation(self, row: RotationRow, gone: bool) -> None:
        if gone:
            self._q.roster_close_rotation(self._c, key=row.key)
            return
        id = self._q.roster_put_rotation(
            self._c,
            key=row.key,
            name=row.name,
            zone=row.zone,
            hand_over=row.hand_over,
            starts_on=row.starts_on,
            days=row.days,
        )
        self._q.roster_drop_rotation_people(self._c, rotation_id=id)
        for position, person in enumerate(row.people):
            person_id = self._q.roster_person_id(self._c, key=person)
            self._q.roster_add_rotation_person(self._c, rotation_id=id, position=position, person_id=person_id)
        self._q.roster_drop_rotation_for(self._c, rotation_id=id)
        for kind, keys in (("client", row.clients), ("policy", row.policies)):
            for key in keys:
                self._q.roster_add_rotation_for(self._c, rotation_id=id, kind=kind, key=key)
