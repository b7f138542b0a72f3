"""Buttons as rows: one keyboard for a message, found by its room only; those posted by older versions keep working."""

import json
import sqlite3
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from bot.store.migrate import MIGRATIONS, find_migrations, migrate
from bot.store.queries import load
from bot.store.tx import Tx, make_tx

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
ROOM, OTHER_ROOM = SimpleNamespace(id=1, client_id=0), SimpleNamespace(id=2, client_id=0)


@pytest.fixture
def raw():
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("PRAGMA foreign_keys=ON")
    yield connection
    connection.close()


def room(raw, id):
    raw.execute(
        "INSERT INTO room (id, client_id, kind, channel, account, ext_id, name, origin, created_at)"
        " VALUES (?, 0, 'team', 'fake', 'default', ?, 'Support', 'system', 0)",
        (id, f"team:{id}"),
    )


@pytest.fixture
def tx(raw) -> Tx:
    migrate(raw, find_migrations(MIGRATIONS), "pledge.db")
    room(raw, 1)
    room(raw, 2)
    return make_tx(load(), raw)


def keyboard(tx, *commands, id="secret"):
    return tx.tickets.add_keyboard(id, commands, client_id=0, room=ROOM, ticket_id=None, now=NOW)


def test_each_button_of_a_message_says_its_own_command(tx):
    take, resolve = keyboard(tx, "/take T-1", "/resolve T-1")
    assert (take, resolve) == ("secret.0", "secret.1")
    assert tx.tickets.action(take, ROOM.id).command == "/take T-1"
    assert tx.tickets.action(resolve, ROOM.id).command == "/resolve T-1"


@pytest.mark.parametrize("id", ["secret.2", "secret.-1", "secret.1.0", "secret.x", "other.0", "", "."])
def test_a_button_that_was_never_posted_does_not_exist(tx, id):
    keyboard(tx, "/take T-1", "/resolve T-1")
    assert tx.tickets.action(id, ROOM.id) is None


def test_a_button_does_not_exist_in_another_room(tx):
    (take,) = keyboard(tx, "/take T-1")
    assert tx.tickets.action(take, OTHER_ROOM.id) is None


def test_the_first_press_of_any_button_is_noted(tx):
    take, resolve = keyboard(tx, "/take T-1", "/resolve T-1")
    tx.tickets.mark_pressed(resolve, NOW)
    tx.tickets.mark_pressed(take, NOW.replace(hour=9))
    ((pressed_at,),) = tx.connection.execute("SELECT pressed_at FROM keyboard").fetchall()
    assert pressed_at == NOW.timestamp() * 1000


def test_a_button_posted_before_there_were_keyboards_still_works(raw):
    scripts = find_migrations(MIGRATIONS)
    migrate(raw, scripts[:2], "pledge.db")
    room(raw, 1)
    raw.execute(
        "INSERT INTO action (id, client_id, room_id, room_client_id, ticket_id, verb, args, created_at, pressed_at)"
        " VALUES ('old-_1', 0, 1, 0, NULL, 'say', ?, 5, 6)",
        (json.dumps({"text": '/escalate T-1 "слишком" поздно'}, ensure_ascii=False),),
    )
    migrate(raw, scripts, "pledge.db")
    tx = make_tx(load(), raw)
    assert tx.tickets.action("old-_1", ROOM.id).command == '/escalate T-1 "слишком" поздно'
    assert tx.tickets.action("old-_1.1", ROOM.id) is None
    assert [tuple(row) for row in raw.execute("SELECT created_at, pressed_at FROM keyboard")] == [(5, 6)]
