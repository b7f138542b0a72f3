"""Questions that the bot has asked: of whom, in which room and message, and whether they are answered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.people import Room
from bot.store.times import from_ms, to_ms
from bot.tickets import Ticket


@dataclass(frozen=True, slots=True)
class Prompt:
    """A question the bot asked one person in one room; `thread` is where it stands, once it `is_posted`."""

    id: int
    person_ext: str
    kind: str
    ticket_id: int | None
    data: Mapping[str, str]
    expires_at: datetime
    is_answered: bool
    is_posted: bool
    thread: str | None


class Prompts:
    def __init__(self, connection: Any, queries: Any) -> None:
        self._c = connection
        self._q = queries

    def ask(
        self,
        room: Room,
        person_ext: str,
        kind: str,
        *,
        ticket: Ticket | None,
        data: Mapping[str, str],
        expires_at: datetime,
        now: datetime,
    ) -> None:
        """Wait for this person's next words in this room; an older open question is dropped."""
        self.close(room.id, person_ext, now)
        self._q.prompts_ask(
            self._c,
            room_id=room.id,
            person_ext=person_ext,
            kind=kind,
            client_id=room.client_id if ticket is None else ticket.client_id,
            ticket_id=None if ticket is None else ticket.id,
            data=json.dumps(dict(data), ensure_ascii=False),
            expires_at=to_ms(expires_at),
        )

    def asked_in(self, room_id: int, person_ext: str, outbox_id: int) -> None:
        """What was just asked of this person stands in this message of ours, once it is sent."""
        self._q.prompts_asked_in(self._c, room_id=room_id, person_ext=person_ext, outbox_id=outbox_id)

    def standing_in(self, room_id: int, ext_id: str) -> Prompt | None:
        """The question that stands in this message of a room, answered or not, whoever was asked."""
        row = self._q.prompts_in(self._c, room_id=room_id, ext_id=ext_id)
        return None if row is None else _prompt_of(row)

    def in_thread(self, room_id: int, thread: str, kinds: tuple[str, str]) -> Prompt | None:
        """The last question of these kinds in a thread that is not answered, whoever was asked and however long ago."""
        row = self._q.prompts_in_thread(self._c, room_id=room_id, thread=thread, one=kinds[0], other=kinds[1])
        return None if row is None else _prompt_of(row)

    def open(self, room_id: int, person_ext: str, now: datetime) -> Prompt | None:
        """The question still waiting for this person's words here, unless it has expired by now."""
        row = self._q.prompts_open(self._c, room_id=room_id, person_ext=person_ext)
        return None if row is None or row["expires_at"] <= to_ms(now) else _prompt_of(row)

    def ask_again(self, asked: Prompt) -> bool:
        """Note that an open question is asked once more; False where it has been."""
        return self._q.prompts_ask_again(self._c, id=asked.id) is not None

    def answered(self, id: int, now: datetime) -> None:
        """This question is answered; another that the answer raised stays open."""
        self._q.prompts_answered(self._c, id=id, now=to_ms(now))

    def drop(self, kind: str, ref: str, now: datetime) -> None:
        """What was asked of anybody about this call is asked no more."""
        self._q.prompts_drop(self._c, kind=kind, ref=ref, now=to_ms(now))

    def close(self, room_id: int, person_ext: str, now: datetime) -> None:
        self._q.prompts_close(self._c, room_id=room_id, person_ext=person_ext, now=to_ms(now))


def _prompt_of(row: Any) -> Prompt:
    return Prompt(
        id=row["id"],
        person_ext=row["person_ext"],
        kind=row["kind"],
        ticket_id=row["ticket_id"],
        data=json.loads(row["data"]),
        expires_at=from_ms(row["expires_at"]),
        is_answered=row["answered_at"] is not None,
        is_posted=row["outbox_id"] is not None,
        thread=row["thread"],
    )
