"""Messages of all rooms, both directions; one numbering per room."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from bot.channels.base import Attachment, File
from bot.people import Room
from bot.sla.log import Party
from bot.store.acts import Noted
from bot.store.times import from_ms, to_ms
from bot.text import Rich, from_json, paragraph
from bot.tickets import Ticket


@dataclass(frozen=True, slots=True)
class Message:
    """What the core needs of a stored message. `body` is the rich text as JSON where we posted it."""

    id: int
    seq: int
    room_id: int
    direction: str
    party: Party
    author: str
    text: str
    body: str | None
    internal: bool
    at: datetime
    ext_id: str
    files: tuple[File, ...] = ()
    earlier: tuple[str, ...] = ()  # what stood there before it was edited, oldest first


@dataclass(frozen=True, slots=True)
class Pointer:
    """A message found by the platform's id."""

    id: int
    seq: int
    party: Party
    ticket_id: int | None
    at: datetime
    room_id: int
    person_id: int | None


class Messages:
    def __init__(self, connection: Any, queries: Any) -> None:
        self._c = connection
        self._q = queries
        self.noted: Noted | None = None

    def add(
        self,
        room: Room,
        *,
        direction: str,
        party: Party,
        author: str,
        ext_id: str,
        text: str,
        at: datetime,
        now: datetime,
        client_id: int | None = None,
        ticket_id: int | None = None,
        person_id: int | None = None,
        sender_ext: str = "",
        thread: str | None = None,
        reply_to: str | None = None,
        body: str | None = None,
        files: tuple[File, ...] = (),
        album: str | None = None,
        internal: bool = False,
        inbox_id: int | None = None,
        outbox_id: int | None = None,
    ) -> tuple[int, int]:
        """(id, seq) of the new message; `client_id` is whom it is about, by default the room's client."""
        seq = int(self._q.rooms_take_seq(self._c, id=room.id))
        row = self._q.messages_add(
            self._c,
            client_id=room.client_id if client_id is None else client_id,
            room_id=room.id,
            room_client_id=room.client_id,
            seq=seq,
            direction=direction,
            party=party.value,
            person_id=person_id,
            author=author,
            sender_ext=sender_ext,
            ext_id=ext_id,
            thread=thread,
            reply_to=reply_to,
            text=text,
            body=body,
            files=json.dumps([asdict(file) for file in files]) if files else "[]",
            album=album,
            internal=int(internal),
            at=to_ms(at),
            recorded_at=to_ms(now),
            ticket_id=ticket_id,
            inbox_id=inbox_id,
            outbox_id=outbox_id,
        )
        return int(row["id"]), seq

    def join(self, id: int, ticket_id: int | None) -> None:
        """Put a message into a ticket of the same client; None: into none."""
        if self.noted is not None:
            self.noted.moved.append((id, self.pointer(id).ticket_id))
        self._q.messages_join(self._c, id=id, ticket_id=ticket_id)

    def by_ext(self, room_id: int, ext_id: str) -> Pointer | None:
        row = self._q.messages_by_ext(self._c, room_id=room_id, ext_id=ext_id)
        return None if row is None else _pointer(row)

    def of_album(self, room_id: int, album: str) -> Pointer | None:
        """The first message of what was sent as one."""
        row = self._q.messages_of_album(self._c, room_id=room_id, album=album)
        return None if row is None else _pointer(row)

    def files(self, id: int) -> tuple[File, ...]:
        """What came with a message."""
        return tuple(File(**each) for each in json.loads(self._q.messages_files(self._c, id=id)))

    def add_files(self, id: int, files: tuple[File, ...]) -> None:
        """More of what was sent with a message."""
        held = json.loads(self._q.messages_files(self._c, id=id))
        self._q.messages_set_files(self._c, id=id, files=json.dumps([*held, *map(asdict, files)]))

    def add_words(self, id: int, text: str) -> None:
        """More words of what was sent with a message, on a line of their own."""
        self._q.messages_rewrite(self._c, id=id, text="\n".join(part for part in (self.text(id), text) if part))

    def revise(self, id: int, text: str, at: datetime, now: datetime) -> None:
        """Its author has changed a message at `at`; what stood there is kept. The same words again change nothing."""
        if text == self.text(id):
            return
        self._q.messages_keep_revision(self._c, id=id, until_at=to_ms(at), recorded_at=to_ms(now))
        self._q.messages_rewrite(self._c, id=id, text=text)

    def pointer(self, id: int) -> Pointer:
        """A message by its id; KeyError where there is none."""
        row = self._q.messages_by_id(self._c, id=id)
        if row is None:
            raise KeyError(f"no message {id}")
        return _pointer(row)

    def text(self, id: int) -> str:
        """The words of a message; empty where they were erased."""
        row = self._q.messages_text(self._c, id=id)
        return "" if row is None else str(row["text"])

    def place_of(self, id: int) -> tuple[str, str | None]:
        """The platform's id of a message, and the thread or topic it was said in."""
        row = self._q.messages_place(self._c, id=id)
        return str(row["ext_id"]), row["thread"]

    def attach_note(self, id: int, ticket: Ticket) -> None:
        """Make words written in an internal room an internal note of this ticket; no client ever sees it."""
        if self.noted is not None:
            self.noted.notes.append(id)
        self._q.messages_attach_note(self._c, id=id, ticket_id=ticket.id, client_id=ticket.client_id)

    def has_files(self, id: int) -> bool:
        return bool(json.loads(self._q.messages_files(self._c, id=id)))

    def detach_note(self, id: int) -> None:
        """A note is words in an internal room again."""
        self._q.messages_detach_note(self._c, id=id)

    def of_ticket(self, ticket_id: int, n: int = 500) -> Iterator[Message]:
        """The ticket's messages in the order they were stored."""
        earlier: dict[int, list[str]] = {}
        for row in self._q.messages_revised_of_ticket(self._c, ticket_id=ticket_id):
            earlier.setdefault(row["message_id"], []).append(row["text"])
        for row in list(self._q.messages_of_ticket(self._c, ticket_id=ticket_id, n=n)):
            yield Message(
                id=row["id"],
                seq=row["seq"],
                room_id=row["room_id"],
                direction=row["direction"],
                party=Party(row["party"]),
                author=row["author"],
                text=row["text"],
                body=row["body"],
                internal=bool(row["internal"]),
                at=from_ms(row["at"]),
                ext_id=row["ext_id"],
                files=tuple(File(**file) for file in json.loads(row["files"])),
                earlier=tuple(earlier.get(row["id"], ())),
            )

    def file(self, id: int, n: int) -> Attachment | None:
        """The n-th file (from 0) of a message."""
        row = self._q.messages_file_place(self._c, id=id)
        files = [] if row is None else json.loads(row["files"])
        return Attachment(row["channel"], row["account"], File(**files[n])) if n < len(files) else None


def rich_of(body: str | None, text: str) -> Rich:
    """What stands in a message: the tree we posted, or somebody's plain words line by line."""
    if body is not None:
        return from_json(json.loads(body))
    return Rich(tuple(paragraph(line) for line in text.split("\n")))


def _pointer(row: Any) -> Pointer:
    return Pointer(
        id=row["id"],
        seq=row["seq"],
        party=Party(row["party"]),
        ticket_id=row["ticket_id"],
        at=from_ms(row["at"]),
        room_id=row["room_id"],
        person_id=row["person_id"],
    )
