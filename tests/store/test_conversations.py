"""Conversations in our own store: posted once, read by cursor, waited for without asking all the time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from bot.channels.base import Outbound, Sent, Unavailable
from bot.now import Times
from bot.people import RoomKind
from bot.sla.log import Party
from bot.store.base import StoreBusy, WrongUnit
from bot.store.conversations import StoreConversations
from bot.store.queries import load
from bot.store.sqlite import SqliteStore, open_sqlite
from bot.store.tx import Tx, make_tx
from bot.text import Bold, Link, Moment, Rich, Text, paragraph

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
LONG = 60.0  # seconds no test ever waits


class Counting:
    """The store, with its reads counted and, once told so, failing."""

    def __init__(self, store: SqliteStore[Tx]) -> None:
        self._store = store
        self.reads = 0
        self.broken: Exception | None = None
        self.write = store.write
        self.subscribe = store.subscribe
        self.close = store.close

    async def read(self, work: Callable[[Tx], Any]) -> Any:
        self.reads += 1
        if self.broken is not None:
            raise self.broken
        return await self._store.read(work)


@pytest.fixture
async def store() -> AsyncIterator[Counting]:
    opened = await open_sqlite(":memory:", make_tx=partial(make_tx, load()))
    await opened.write(_rooms)
    yield Counting(opened)
    await opened.close()


@pytest.fixture
def talks(store: Counting) -> StoreConversations[Tx]:
    times = Times(lambda: NOW, lambda: NOW, lambda: 60.0)
    return StoreConversations(store, "chat", times, lambda tx, account, room, now: {"state": room})


def _rooms(tx: Tx) -> None:
    tx.connection.execute(
        "INSERT INTO client (id, key, name, locale, zone, origin) VALUES (1, 'acme', 'Acme', 'en', 'UTC', 'file')"
    )
    for channel, name in (("chat", "one"), ("chat", "two"), ("mail", "one")):
        tx.rooms.add(
            client_id=1, kind=RoomKind.CLIENT, channel=channel, account="default", ext_id=name, name=name, now=NOW
        )


def _say(oid: str, room: str = "one") -> Outbound:
    return Outbound(oid, "default", room, Rich((paragraph(oid),)))


async def _reads_settle(store: Counting) -> None:
    """Until a round of the loop brings no further read: every waiter has looked and sleeps."""
    seen = -1
    while seen != store.reads:
        seen = store.reads
        await store.read(lambda tx: None)
        store.reads -= 1
        for _ in range(5):
            await asyncio.sleep(0)


async def test_what_is_posted_at_once_under_one_oid_is_one_message(talks: StoreConversations[Tx]) -> None:
    outcomes = await asyncio.gather(*(talks.post(_say("p1")) for _ in range(5)))
    assert outcomes == [Sent("1")] * 5
    assert len(await talks.history("default", "one", before=None, limit=10)) == 1


async def test_rich_text_comes_back_as_it_was_posted(talks: StoreConversations[Tx]) -> None:
    stretch = Moment(NOW, "10:05-10:35 GMT+3", NOW + timedelta(minutes=30))
    body = Rich(
        (paragraph(Bold((Text("by "),)), Moment(NOW, "10:05 GMT+3"), stretch, Link("guide", "https://example.com")),)
    )
    await talks.post(Outbound("p1", "default", "one", body))
    (entry,) = await talks.since("default", "one", 0)
    assert (entry.body, entry.at, entry.direction, entry.mine) == (body, NOW, "out", False)


async def test_a_reader_knows_the_own_messages(talks: StoreConversations[Tx], store: Counting) -> None:
    def write(tx: Tx) -> None:
        room = tx.rooms.at("chat", "default", "one")
        assert room is not None
        for sender in ("acme/olga", "acme/mark"):
            tx.messages.add(
                room,
                direction="in",
                party=Party.CLIENT,
                author=sender,
                ext_id=sender,
                text="a\nb",
                at=NOW,
                now=NOW,
                sender_ext=sender,
            )

    await store.write(write)
    entries = await talks.since("default", "one", 0, viewer="acme/olga")
    assert [entry.mine for entry in entries] == [True, False]
    assert entries[0].body == Rich((paragraph("a"), paragraph("b")))
    assert not any(entry.mine for entry in await talks.since("default", "one", 0))


async def test_a_cursor_never_skips_or_repeats(talks: StoreConversations[Tx]) -> None:
    for number in range(7):
        await talks.post(_say(f"p{number}"))
    seen: list[int] = []
    while entries := await talks.since("default", "one", seen[-1] if seen else 0, 3):
        seen += [entry.seq for entry in entries]
    assert seen == [1, 2, 3, 4, 5, 6, 7]


async def test_an_unknown_room_is_empty(talks: StoreConversations[Tx]) -> None:
    assert await talks.history("default", "nowhere", before=None, limit=10) == []
    assert await talks.since("default", "nowhere", 0) == []
    assert await talks.wait("default", "nowhere", 0, 0) is False


async def test_what_is_there_already_is_not_waited_for(talks: StoreConversations[Tx]) -> None:
    await talks.post(_say("p1"))
    assert await talks.wait("default", "one", 0, LONG) is True
    assert await talks.wait("default", "one", 1, 0) is False


async def test_a_commit_wakes_all_who_wait_for_that_room(talks: StoreConversations[Tx], store: Counting) -> None:
    waiting = [asyncio.create_task(talks.wait("default", "one", 0, LONG)) for _ in range(3)]
    await _reads_settle(store)
    await talks.post(_say("p1"))
    assert await asyncio.gather(*waiting) == [True, True, True]


async def test_nobody_who_waits_delays_the_end(talks: StoreConversations[Tx]) -> None:
    waiting = asyncio.create_task(talks.wait("default", "acme", 0, LONG))
    while not talks._bells:
        await asyncio.sleep(0)
    talks.stop_waiting()
    assert await asyncio.wait_for(waiting, 5) is False
    assert await asyncio.wait_for(talks.wait("default", "acme", 0, LONG), 5) is False


async def test_a_commit_elsewhere_costs_the_others_no_read(talks: StoreConversations[Tx], store: Counting) -> None:
    await talks.post(_say("p0", "two"))
    first = asyncio.create_task(talks.wait("default", "two", 1, LONG))
    await _reads_settle(store)
    await talks.post(_say("p1", "two"))  # the first look does not know yet where it stands
    assert await first
    waiting = [asyncio.create_task(talks.wait("default", "one", 0, LONG)) for _ in range(20)]
    await _reads_settle(store)
    before = store.reads
    await talks.post(_say("p2", "two"))
    await _reads_settle(store)
    assert store.reads - before == 1  # one look for everybody, and twenty go on sleeping
    await talks.post(_say("p3"))
    assert all(await asyncio.gather(*waiting))


async def test_a_look_that_fails_wakes_everybody_instead_of_nobody(
    talks: StoreConversations[Tx], store: Counting
) -> None:
    waiting = asyncio.create_task(talks.wait("default", "one", 0, LONG))
    await _reads_settle(store)
    store.broken = StoreBusy("the queue is full")
    await talks.post(_say("p1"))
    with pytest.raises(Unavailable, match="the queue is full"):
        await waiting


async def test_the_status_carries_the_clock_it_is_to_be_read_by(talks: StoreConversations[Tx]) -> None:
    assert await talks.room_status("default", "one") == {"state": "one", "now": NOW.isoformat(), "speed": 60.0}


async def test_a_store_that_cannot_be_read_is_unavailable_but_our_own_mistake_is_not(
    talks: StoreConversations[Tx], store: Counting
) -> None:
    store.broken = StoreBusy("the queue is full")
    for reading in (talks.since("default", "one", 0), talks.room_status("default", "one")):
        with pytest.raises(Unavailable):
            await reading
    store.broken = WrongUnit("a read tried to write")
    with pytest.raises(WrongUnit):
        await talks.since("default", "one", 0)
