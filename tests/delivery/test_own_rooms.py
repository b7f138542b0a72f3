"""Rooms of our own store: the commit of the post is the delivery, whatever happens between it and the mark."""

import pytest
from post_office import Crash, KitTx, Office

from bot.channels.base import Limits
from bot.store.conversations import Conversation, StoreConversations
from bot.store.queries import load as load_queries
from bot.store.sqlite import open_sqlite


class OwnRooms:
    """The sending side of a channel whose rooms are our own table."""

    name = "chat"
    limits = Limits(idempotent=True)

    def __init__(self, conversations):
        self.send = conversations.post
        self.faults = []

    def listen(self, receive):
        raise NotImplementedError


class OwnTx(KitTx):
    def __init__(self, connection, queries):
        super().__init__(connection, queries)
        self.conversation = Conversation(connection, queries)


@pytest.mark.parametrize("point", ["claimed", "before_call", "after_call", "settled"])
async def test_f4_a_crash_leaves_each_message_once_and_numbered_without_gaps(catalogue, tmp_path, point):
    queries = load_queries()
    store = await open_sqlite(tmp_path / "pledge.db", make_tx=lambda raw: OwnTx(raw, queries))
    try:
        office = Office(store, catalogue)
        await office.sql("INSERT INTO client (key, name, locale, zone, origin) VALUES ('a', 'a', 'en', 'UTC', 'file')")
        office.open(OwnRooms(StoreConversations(store, "chat", office.clock.times(), lambda *_: {})))
        room = await office.room("acme")
        await office.put(room, "reply:1", must_say=False)
        await office.put(room, "reply:2")

        def crash(reached):
            if reached == point:
                raise Crash(point)

        with pytest.raises(Crash):
            await office.delivery(crash=crash).drain_once()
        await office.delivery().drain_once()
        assert await office.states() == {"reply:1": "sent", "reply:2": "sent"}
        messages = await office.sql("SELECT seq, outbox_id FROM message ORDER BY seq")
        assert messages == [(1, 1), (2, 2)]
        assert await office.sql("SELECT provider_id FROM outbox ORDER BY id") == [("1",), ("2",)]
    finally:
        await store.close()
