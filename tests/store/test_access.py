"""One-time codes and sessions: once only, for their time only, of no use from a copy of the database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from bot.store.access import BoardSession
from bot.store.queries import load
from bot.store.sqlite import SqliteStore, open_sqlite
from bot.store.tx import Tx, make_tx

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
Store = SqliteStore[Tx]


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    opened = await open_sqlite(":memory:", make_tx=partial(make_tx, load()))
    await opened.write(_staff)
    yield opened
    await opened.close()


def _staff(tx: Tx) -> None:
    for number, key, role in ((1, "anna", "manager"), (2, "boris", "lead")):
        tx.connection.execute(
            "INSERT INTO person (id, key, client_id, name, role, locale, zone, origin) "
            "VALUES (?, ?, 0, ?, ?, 'en', 'UTC', 'file')",
            (number, key, key.title(), role),
        )


async def _issue(store: Store, **changes: object) -> str:
    given = {"now": NOW, "issuer": "cli", "person_id": 1} | changes
    return await store.write(lambda tx: tx.access.issue("login", **given))


async def _board(store: Store, secret: str, at: datetime = NOW) -> BoardSession | None:
    return await store.read(lambda tx: tx.access.board(secret, at))


async def test_of_many_who_redeem_a_code_at_once_one_wins(store: Store) -> None:
    code = await _issue(store)
    won = await asyncio.gather(*(store.write(lambda tx: tx.access.redeem(code, "login", NOW)) for _ in range(5)))
    assert [token.person_id for token in won if token] == [1]


@pytest.mark.parametrize(("after", "works"), [(599, True), (600, False), (601, False)])
async def test_a_code_works_for_ten_minutes(store: Store, after: int, works: bool) -> None:
    code = await _issue(store)
    token = await store.write(lambda tx: tx.access.redeem(code, "login", NOW + timedelta(seconds=after)))
    assert (token is not None) == works


async def test_a_code_of_another_use_or_unknown_redeems_nothing(store: Store) -> None:
    code = await _issue(store)
    assert await store.write(lambda tx: tx.access.redeem(code, "link", NOW)) is None
    assert await store.write(lambda tx: tx.access.redeem(code + "x", "login", NOW)) is None
    assert await store.write(lambda tx: tx.access.redeem("\ud800", "login", NOW)) is None


async def test_a_code_that_should_live_longer_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match=r"lifetime 1:00:00 is too long \(at most 0:10:00\)"):
        await _issue(store, lifetime=HOUR)


async def test_no_secret_can_be_read_from_a_copy_of_the_database(store: Store) -> None:
    code = await _issue(store)
    secret = await store.write(lambda tx: tx.access.open_board(1, NOW, HOUR))
    dump = await store.read(lambda tx: "\n".join(tx.connection.iterdump()))
    assert code not in dump
    assert secret not in dump


async def test_a_board_session_knows_the_person_as_of_now(store: Store) -> None:
    secret = await store.write(lambda tx: tx.access.open_board(1, NOW, HOUR))
    await store.write(lambda tx: tx.connection.execute("UPDATE person SET role = 'lead' WHERE id = 1").rowcount)
    session = await _board(store, secret)
    assert session is not None
    assert (session.person.key, session.person.role.value, session.expires_at) == ("anna", "lead", NOW + HOUR)


async def test_a_board_session_ends_with_its_time_its_person_or_a_sign_out(store: Store) -> None:
    first, second, third = [
        await store.write(lambda tx, who=who: tx.access.open_board(who, NOW, HOUR)) for who in (1, 1, 2)
    ]
    assert await _board(store, first, NOW + HOUR) is None
    await store.write(lambda tx: tx.access.end(first))
    assert await _board(store, first) is None
    assert await _board(store, second) is not None
    await store.write(lambda tx: tx.connection.execute("UPDATE person SET active = 0 WHERE id = 2").rowcount)
    assert await _board(store, third) is None
    assert await store.write(lambda tx: tx.access.end_all(1)) == 1
    assert await _board(store, second) is None


async def test_a_code_opens_no_session_and_a_session_is_no_code(store: Store) -> None:
    code = await _issue(store)
    secret = await store.write(lambda tx: tx.access.open_board(1, NOW, HOUR))
    assert await _board(store, code) is None
    assert await store.read(lambda tx: tx.access.visit("chat", "default", secret, NOW)) is None


async def test_a_key_is_new_once(store: Store) -> None:
    shown = [await store.write(lambda tx: tx.access.see("jti 1", NOW + HOUR)) for _ in range(3)]
    assert shown == [True, False, False]


async def test_what_is_past_its_time_is_forgotten_and_nothing_else(store: Store) -> None:
    await _issue(store)
    secret = await store.write(lambda tx: tx.access.open_board(1, NOW, HOUR))
    await store.write(lambda tx: tx.access.see("short", NOW + timedelta(minutes=5)))
    assert await store.write(lambda tx: tx.access.forget_expired(NOW + timedelta(minutes=10))) == 2
    assert await _board(store, secret) is not None
    assert await store.write(lambda tx: tx.access.forget_expired(NOW + HOUR)) == 1
