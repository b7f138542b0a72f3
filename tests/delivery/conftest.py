"""Fixtures of the delivery tests: an office on a real store in a file, and a plain channel."""

from collections.abc import AsyncIterator

import pytest
from post_office import FakeChannel, KitTx, Office

from bot.i18n import load
from bot.store.queries import load as load_queries
from bot.store.sqlite import open_sqlite

CLIENTS = ("acme", "beta", "corp")


@pytest.fixture(scope="session")
def catalogue():
    return load()


@pytest.fixture
def chat():
    return FakeChannel()


@pytest.fixture
async def office(catalogue, tmp_path) -> AsyncIterator[Office]:
    queries = load_queries()
    store = await open_sqlite(tmp_path / "pledge.db", make_tx=lambda raw: KitTx(raw, queries))

    def clients(tx):
        for key in CLIENTS:
            tx.connection.execute(
                "INSERT INTO client (key, name, locale, zone, origin) VALUES (?, ?, 'en', 'UTC', 'file')",
                (key, key),
            )

    await store.write(clients)
    office = Office(store, catalogue)
    yield office
    await store.close()
    assert [fault for channel in office.channels.values() for fault in channel.faults] == []
