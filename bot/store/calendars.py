"""What calendars outside ask for: calls by the secrets of their addresses, and whose address is whose."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.people import Person
from bot.sla.booking import Span
from bot.sla.call import BookedCall
from bot.store.calls import call_of
from bot.store.people import People
from bot.store.times import from_ms, to_ms


@dataclass(frozen=True, slots=True)
class Dated:
    """A call, since when it is as it is, and the client's name where it was asked for."""

    call: BookedCall
    changed_at: datetime
    client_name: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """A calendar that somebody keeps elsewhere, and how the last look ended; `mark` is that of the address asked."""

    person_id: int
    url: str
    mark: str
    read_at: datetime | None
    failing_since: datetime | None
    error: str
    told_at: datetime | None
    etag: str = ""
    modified: str = ""
    whole_at: datetime | None = None  # when all of it was read last
    left_out: int = 0  # entries of which not all is known
    told_part: bool = False  # its owner has heard of those


class Calendars:
    def __init__(self, connection: Any, queries: Any) -> None:
        self._c = connection
        self._q = queries
        self._people = People(connection, queries)

    def secret_of(self, person_id: int) -> str | None:
        """The secret of a person's feed; None before the first."""
        found = self._q.calendars_secret(self._c, person_id=person_id)
        return None if found is None else str(found)

    def give(self, person_id: int, secret: str, now: datetime) -> None:
        """From now on the feed lies behind this secret; the one before opens nothing any more."""
        self._q.calendars_put(self._c, person_id=person_id, secret=secret, now=to_ms(now))

    def owner(self, secret: str) -> Person | None:
        """Whose feed it is; None for an unknown secret, and for people who have left the staff."""
        found = self._q.calendars_owner(self._c, secret=secret)
        return None if found is None else self._people.person(int(found))

    def meeting_of(self, person_id: int) -> str:
        """Where a person's calls are held, as the roster has it; empty for where all are."""
        return str(self._q.calendars_meeting(self._c, person_id=person_id))

    def calls_of(self, person_id: int, since: datetime, until: datetime, n: int = 1000) -> list[Dated]:
        """A person's calls that begin in [since, until), by start; without those that did not come about."""
        rows = self._q.calendars_calls(self._c, person_id=person_id, since=to_ms(since), until=to_ms(until), n=n)
        return [Dated(call_of(row), from_ms(row["changed_at"]), row["client_name"]) for row in rows]

    # calendars kept elsewhere

    def kept(self) -> list[Kept]:
        """Everybody's who has one, with how the last look ended."""
        return [
            Kept(
                person_id=row["id"],
                url=row["calendar"],
                mark=row["mark"] or "",
                read_at=from_ms(row["read_at"]),
                failing_since=from_ms(row["failing_since"]),
                error=row["error"] or "",
                told_at=from_ms(row["told_at"]),
                etag=row["etag"] or "",
                modified=row["modified"] or "",
                whole_at=from_ms(row["whole_at"]),
                left_out=row["left_out"] or 0,
                told_part=bool(row["told_part"]),
            )
            for row in self._q.calendars_kept(self._c)
        ]

    def forgotten(self) -> list[int]:
        """People whose calendar was read once and is not any more."""
        return [row["person_id"] for row in self._q.calendars_forgotten(self._c)]

    def forget(self, person_id: int) -> None:
        """Drop what a person's calendar said of busy times."""
        self._q.calendars_forget(self._c, person_id=person_id)
        self._q.busy_drop(self._c, person_id=person_id)

    def took(
        self,
        person_id: int,
        mark: str,
        busy: Iterable[Span],
        now: datetime,
        version: tuple[str, str] = ("", ""),
        left_out: int = 0,
    ) -> None:
        """A calendar was read: what it says now replaces what it said. `version` is that of its server."""
        found = {"mark": mark, "etag": version[0], "modified": version[1], "left_out": left_out}
        self._q.calendars_took(self._c, person_id=person_id, now=to_ms(now), **found)
        self._q.busy_drop(self._c, person_id=person_id)
        rows = [{"person_id": person_id, "starts_at": to_ms(span.start), "ends_at": to_ms(span.end)} for span in busy]
        if rows:
            self._q.busy_add(self._c, rows)

    def unchanged(self, person_id: int, now: datetime) -> None:
        """A calendar says what it said the last time."""
        self._q.calendars_unchanged(self._c, person_id=person_id, now=to_ms(now))

    def failed(self, person_id: int, mark: str, error: str, now: datetime) -> None:
        """A calendar could not be read; what it said the last time stays."""
        self._q.calendars_failed(self._c, person_id=person_id, mark=mark, error=error, now=to_ms(now))

    def told(self, person_id: int, now: datetime) -> None:
        """Its owner has heard that it cannot be read."""
        self._q.calendars_told(self._c, person_id=person_id, now=to_ms(now))

    def told_part(self, person_id: int) -> None:
        """Its owner has heard that it is read in part."""
        self._q.calendars_told_part(self._c, person_id=person_id)

    def is_in_part(self, person_id: int) -> bool:
        """Whether a person's calendar holds entries of which not all is known, so that what looks free may be taken."""
        return bool(self._q.calendars_left_out(self._c, person_id=person_id))

    def busy(self, person_id: int, since: datetime) -> list[Span]:
        """What a person's own calendar says of the time from `since` on, by start."""
        rows = self._q.busy_of(self._c, person_id=person_id, since=to_ms(since))
        return [Span(from_ms(row["starts_at"]), from_ms(row["ends_at"])) for row in rows]

    def absences(self, person_id: int, since: datetime) -> dict[str, list[tuple[int, Span]]]:
        """Absences out of a person's own calendar that were to last beyond `since`, by the entry: ids and stretches.

        The end is the one that holds: earlier than declared where he said that he is back.
        """
        found: dict[str, list[tuple[int, Span]]] = {}
        for row in self._q.calendars_absences(self._c, person_id=person_id, since=to_ms(since)):
            span = Span(from_ms(row["starts_at"]), from_ms(row["until_at"]))
            found.setdefault(row["uid"], []).append((row["id"], span))
        return found

    def unname(self, absence: int) -> None:
        """The entry that an absence came out of is gone; should it come again, it is another absence."""
        self._q.calendars_unname(self._c, id=absence)

    def call(self, secret: str) -> Dated | None:
        """The call behind the secret of an invitation; None too where its client is none any more."""
        row = self._q.calendars_call_by_secret(self._c, secret=secret)
        return None if row is None else Dated(call_of(row), from_ms(row["changed_at"]))
