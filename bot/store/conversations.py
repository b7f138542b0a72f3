"""The rooms that live in our own store, as the channel that shows them reads, posts and waits for them."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any, Generic, Protocol, TypeVar

from bot.channels.base import Entry, File, Outbound, Outcome, Permanent, RetryAfter, Scope, Sent, Unavailable
from bot.now import Times
from bot.sla.log import Party
from bot.store.base import Store, StoreError, WrongUnit
from bot.store.messages import Messages, rich_of
from bot.store.rooms import Rooms
from bot.store.times import from_ms
from bot.text import plain, to_json

_log = logging.getLogger(__name__)

_BUSY = RetryAfter(1.0, Scope.ACCOUNT)
_PAGE = 200


class Conversation:
    """The queries behind a conversation, inside a unit of work."""

    def __init__(self, connection: Any, queries: Any) -> None:
        self._c = connection
        self._q = queries
        self._rooms = Rooms(connection, queries)
        self._messages = Messages(connection, queries)

    def before(self, channel: str, account: str, room: str, before: int | None, n: int) -> list[Any]:
        """At most `n` messages before a seq (None: the newest), oldest first; none in an unknown room."""
        found = self._room(channel, account, room)
        if found is None:
            return []
        end = found["next_seq"] if before is None else before
        return list(self._q.conversation_before(self._c, room_id=found["id"], before=end, n=n))[::-1]

    def since(self, channel: str, account: str, room: str, seq: int, n: int) -> list[Any]:
        """At most `n` messages after a seq, oldest first; none in an unknown room."""
        found = self._room(channel, account, room)
        if found is None:
            return []
        return list(self._q.conversation_since(self._c, room_id=found["id"], seq=seq, n=n))

    def head(self, channel: str, account: str, room: str) -> int:
        """The newest seq of the room; 0 for an empty or unknown one."""
        found = self._room(channel, account, room)
        return 0 if found is None else int(found["next_seq"]) - 1

    def post(self, channel: str, message: Outbound, now: datetime) -> int | None:
        """Insert our message once by its oid and return its seq; None where the room is not there."""
        room = self._rooms.at(channel, message.account, message.room)
        if room is None:
            return None
        posted = self._messages.by_ext(room.id, message.oid)
        if posted is not None:
            return posted.seq
        delivery = self._q.conversation_delivery(self._c, oid=message.oid)
        _, seq = self._messages.add(
            room,
            direction="out",
            party=Party.BOT,
            author="Pledge",
            ext_id=message.oid,
            text=plain(message.body),
            body=json.dumps(to_json(message.body), ensure_ascii=False, separators=(",", ":")),
            at=now,
            now=now,
            client_id=None if delivery is None else delivery["client_id"],
            ticket_id=None if delivery is None else delivery["ticket_id"],
            outbox_id=None if delivery is None else delivery["id"],
            thread=message.thread,
            reply_to=message.reply_to,
        )
        return seq

    def unheeded(self, channel: str, account: str, room: str, seq: int) -> bool:
        """Whether nobody has looked at an open room up to `seq`."""
        found = self._room(channel, account, room)
        return found is not None and found["heeded_seq"] < seq

    def heed(self, channel: str, account: str, room: str, seq: int) -> None:
        """Somebody has; never backwards, nor beyond what is there."""
        found = self._room(channel, account, room)
        if found is not None:
            self._q.rooms_heed(self._c, id=found["id"], seq=min(seq, found["next_seq"] - 1))

    def moved(self, channel: str, after: int) -> tuple[int, list[tuple[str, str]]]:
        """The newest message id of the store, and (account, room) of those with messages after id `after`."""
        newest = int(self._q.conversation_newest(self._c))
        rows = self._q.conversation_moved(self._c, channel=channel, after=after, upto=newest)
        return newest, [(row["account"], row["ext_id"]) for row in rows]

    def _room(self, channel: str, account: str, room: str) -> Any:
        return self._q.conversation_room(self._c, channel=channel, account=account, ext_id=room)


class HasConversation(Protocol):
    """A unit's queries, as far as conversations need them."""

    @property
    def conversation(self) -> Conversation: ...


Tx = TypeVar("Tx", bound=HasConversation)

RoomStatus = Callable[[Tx, str, str, datetime], dict[str, object]]
"""(queries, account, room, business now) -> what `Conversations.room_status` lists, without the clock."""


class StoreConversations(Generic[Tx]):
    """`Conversations` over the message table. `status` is the desk's view of a room.

    Waiters sleep until a commit touched their room: after commits, one read for all of them finds out which
    rooms those were. Commits of another process ring no bell; they are seen when a wait ends.
    """

    def __init__(self, store: Store[Tx], channel: str, times: Times, status: RoomStatus[Tx]) -> None:
        self._store = store
        self._channel = channel
        self._times = times
        self._status = status
        self._bells: dict[tuple[str, str], asyncio.Event] = {}
        self._newest: int | None = None  # unknown until the first look
        self._stale = False
        self._looking: asyncio.Task[None] | None = None
        self._stopped = False
        store.subscribe(self._committed)

    async def history(
        self, account: str, room: str, *, before: int | None, limit: int, viewer: str = ""
    ) -> Sequence[Entry]:
        """See `Conversations.history`; at most 200 at a time."""
        n = max(1, min(limit, _PAGE))
        with unavailable_if_store_fails():
            rows = await self._store.read(lambda tx: tx.conversation.before(self._channel, account, room, before, n))
        return [_entry(row, viewer) for row in rows]

    async def since(
        self, account: str, room: str, seq: int, limit: int = _PAGE, *, viewer: str = ""
    ) -> Sequence[Entry]:
        """See `Conversations.since`; at most 200 at a time."""
        n = max(1, min(limit, _PAGE))
        with unavailable_if_store_fails():
            rows = await self._store.read(lambda tx: tx.conversation.since(self._channel, account, room, seq, n))
        return [_entry(row, viewer) for row in rows]

    async def post(self, message: Outbound) -> Outcome:
        """See `Conversations.post`; a store that cannot take it now is RetryAfter, never Unknown."""
        now = self._times.business()
        try:
            seq = await self._store.write(lambda tx: tx.conversation.post(self._channel, message, now))
        except WrongUnit:
            raise
        except StoreError:
            return _BUSY
        if seq is None:
            return Permanent(f"room {message.account}/{message.room} is not there or was closed", Scope.ROOM)
        return Sent(str(seq))

    async def wait(self, account: str, room: str, seq: int, timeout: float) -> bool:
        """See `Conversations.wait`; looks once more when the time is up."""
        try:
            async with asyncio.timeout(timeout):
                while True:
                    # The bell is taken before the look, so that a commit between the two is not missed.
                    bell = self._bells.setdefault((account, room), asyncio.Event())
                    if await self._head(account, room) > seq:
                        return True
                    if self._stopped:
                        return False
                    await bell.wait()
        except TimeoutError:
            return await self._head(account, room) > seq

    def stop_waiting(self) -> None:
        """Nobody waits any longer, so that no page that is open delays the end."""
        self._stopped = True
        self._ring(list(self._bells))

    async def looked(self, account: str, room: str, seq: int) -> None:
        """See `Conversations.looked`; an open page looks again and again, but only news is written down."""
        with unavailable_if_store_fails():
            unread = await self._store.read(lambda tx: tx.conversation.unheeded(self._channel, account, room, seq))
            if unread:
                await self._store.write(lambda tx: tx.conversation.heed(self._channel, account, room, seq))

    async def room_status(self, account: str, room: str) -> dict[str, object]:
        """See `Conversations.room_status`; the clock fields are added here."""
        now = self._times.business()
        with unavailable_if_store_fails():
            seen = await self._store.read(lambda tx: self._status(tx, account, room, now))
        return {"now": now.isoformat(), "speed": self._times.speed(), **seen}

    async def _head(self, account: str, room: str) -> int:
        with unavailable_if_store_fails():
            return await self._store.read(lambda tx: tx.conversation.head(self._channel, account, room))

    def _committed(self) -> None:
        """Rows changed somewhere: find out whose bell to ring, one look at a time."""
        self._stale = True
        if self._bells and (self._looking is None or self._looking.done()):
            self._looking = asyncio.get_running_loop().create_task(self._look(), name="conversations-look")

    async def _look(self) -> None:
        while self._stale:
            self._stale = False
            after = self._newest
            try:
                newest, rooms = await self._store.read(partial(_moved, channel=self._channel, after=after or 0))
            except StoreError as error:
                _log.warning("conversations.look_failed: waiting rooms are all woken instead: %s", error)
                self._ring(list(self._bells))
                return
            # The newest id goes back when that message was erased: then its number may come again.
            unknown = after is None or newest < after
            self._ring(list(self._bells) if unknown else rooms)
            self._newest = newest

    def _ring(self, rooms: Sequence[tuple[str, str]]) -> None:
        for room in rooms:
            bell = self._bells.pop(room, None)
            if bell is not None:
                bell.set()


@contextmanager
def unavailable_if_store_fails() -> Iterator[None]:
    """The store's refusals in the words of the channels' port; our own mistakes stay what they are."""
    try:
        yield
    except WrongUnit:
        raise
    except StoreError as error:
        raise Unavailable(str(error)) from error


def _moved(tx: HasConversation, channel: str, after: int) -> tuple[int, list[tuple[str, str]]]:
    return tx.conversation.moved(channel, after)


def _entry(row: Any, viewer: str) -> Entry:
    return Entry(
        seq=row["seq"],
        direction=row["direction"],
        author=row["author"],
        party=row["party"],
        mine=bool(viewer) and row["sender_ext"] == viewer,
        at=from_ms(row["at"]),
        body=rich_of(row["body"], row["text"]),
        ext_id=row["ext_id"],
        ticket=None if row["ref"] is None else f"T-{row['ref']}",
        files=tuple(File(**file) for file in json.loads(row["files"])),
    )
