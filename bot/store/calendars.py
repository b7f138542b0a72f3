"""What calendars outside ask for: calls by the secrets of their addresses, and whose address is whose."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.people import Person
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

    def call(self, secret: str) -> Dated | None:
        """The call behind the secret of an invitation; None too where its client is none any more."""
        row = self._q.calendars_call_by_secret(self._c, secret=secret)
        return None if row is None else Dated(call_of(row), from_ms(row["changed_at"]))
