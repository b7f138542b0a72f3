"""One client never reaches another: not by reference, id, button, reply, header, nor by a row (S7, S8, S9)."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from typing import Any

import httpx
import pytest
from harness import bot_in_a_box, client
from world import World, forward

_COMMANDS = ("status", "escalate", "resolve", "reopen", "separate", "confirm", "rate {} 5", "urgency {} critical")


def _asked(command: str, ref: str) -> str:
    return "/" + (command.format(ref) if "{}" in command else f"{command} {ref}")


@pytest.mark.parametrize("command", _COMMANDS)
async def test_s7_a_foreign_ticket_is_answered_like_one_that_never_was(command: str) -> None:
    async with bot_in_a_box("2025-03-14T12:00+03:00", client("acme"), client("beta")) as bot:
        await bot.say("acme", "acme/ann", "Everything is down")
        assert any("T-42" in text for text in bot.posts("acme"))
        before = await bot.page("T-42")
        seen = len(bot.channel.posts)
        await bot.say("beta", "beta/ann", _asked(command, "T-42"))
        foreign = bot.last("beta")
        await bot.say("beta", "beta/ann", _asked(command, "T-999"))
        assert foreign.replace("T-42", "T-999") == bot.last("beta") != ""
        assert {post.room for post in bot.channel.posts[seen:]} == {"beta"}
        assert await bot.page("T-42") == before


async def test_s7_a_contact_of_one_client_is_a_stranger_in_the_room_of_another() -> None:
    async with bot_in_a_box("2025-03-14T12:00+03:00", client("acme"), client("beta")) as bot:
        await bot.say("acme", "acme/ann", "Everything is down")
        await bot.say("beta", "acme/ann", "/status T-42")
        assert "T-42" in bot.last("beta")  # the reference as it was asked, and nothing else
        assert "Everything" not in " ".join(bot.posts("beta"))


async def test_s9_of_two_thousand_references_tried_none_is_anothers() -> None:
    async with bot_in_a_box("2025-03-14T12:00+03:00", client("acme"), client("beta")) as bot:
        for number in range(5):
            await bot.say("acme", "acme/ann", f"/new secret-{number} is down")
        await bot.say("beta", "beta/ann", "own words")
        own = next(f"T-{ref}" for ref in range(42, 60) if any(f"T-{ref}" in text for text in bot.posts("beta")))
        read: dict[str, str] = {}
        for ref in range(1, 2001):
            receipt = await bot.receive(bot.inbound("beta", "beta/ann", f"/status T-{ref}"))
            assert not receipt.quarantined
            while await bot.delivery.drain_once():
                pass
            read[f"T-{ref}"] = bot.last("beta")
        told = {text.replace(ref, "REF") for ref, text in read.items() if ref != own}
        assert len(told) == 1, told
        assert "own words" in read[own]
        assert "secret" not in " ".join(bot.posts("beta"))


# rows (S8)


async def _rows_of(world: World) -> dict[str, int]:
    async with world.widget("acme") as ann, world.widget("bolt") as bob:
        await world.say(ann, "acme is down")
        await world.say(bob, "bolt is down")
    found: dict[str, int] = {}
    for key in ("acme", "bolt"):
        ((found[key],),) = await world.sql("SELECT id FROM client WHERE key = ?", key)
        ((found[f"{key} room"],),) = await world.sql("SELECT id FROM room WHERE ext_id = ?", key)
        ((found[f"{key} ticket"],),) = await world.sql("SELECT id FROM ticket WHERE client_id = ?", found[key])
        ((found[f"{key} clock"],),) = await world.sql("SELECT min(id) FROM clock WHERE client_id = ?", found[key])
    return found


_CROSSINGS = {
    "a delivery about acme into the room of bolt": (
        "INSERT INTO outbox (oid, dedupe_key, client_id, room_id, room_client_id, notice, must_say, state, created_at)"
        " VALUES ('x', 'x', :acme, :bolt_room, :bolt, '{}', 1, 'pending', 0)"
    ),
    "the same with a false owner of the room": (
        "INSERT INTO outbox (oid, dedupe_key, client_id, room_id, room_client_id, notice, must_say, state, created_at)"
        " VALUES ('x', 'x', :acme, :bolt_room, :acme, '{}', 1, 'pending', 0)"
    ),
    "the same with a room that claims to be internal": (
        "INSERT INTO outbox (oid, dedupe_key, client_id, room_id, room_client_id, notice, must_say, state, created_at)"
        " VALUES ('x', 'x', :acme, :bolt_room, 0, '{}', 1, 'pending', 0)"
    ),
    "the same with no owner at all": (
        "INSERT INTO outbox (oid, dedupe_key, client_id, room_id, room_client_id, notice, must_say, state, created_at)"
        " VALUES ('x', 'x', :acme, :bolt_room, NULL, '{}', 1, 'pending', 0)"
    ),
    "a delivery of bolt about a ticket of acme": (
        "INSERT INTO outbox"
        " (oid, dedupe_key, client_id, room_id, room_client_id, ticket_id, notice, must_say, state, created_at)"
        " VALUES ('x', 'x', :bolt, :bolt_room, :bolt, :acme_ticket, '{}', 1, 'pending', 0)"
    ),
    "a message about acme in the room of bolt": (
        "INSERT INTO message (client_id, room_id, room_client_id, seq, direction, party, author, ext_id, text, at,"
        " recorded_at) VALUES (:acme, :bolt_room, :bolt, 99, 'out', 'bot', 'x', 'x', 'x', 0, 0)"
    ),
    "a message of bolt in a ticket of acme": (
        "INSERT INTO message (client_id, room_id, room_client_id, seq, direction, party, author, ext_id, text, at,"
        " recorded_at, ticket_id)"
        " VALUES (:bolt, :bolt_room, :bolt, 99, 'out', 'bot', 'x', 'x', 'x', 0, 0, :acme_ticket)"
    ),
    "a note in a client's room": (
        "INSERT INTO message (client_id, room_id, room_client_id, seq, direction, party, author, ext_id, text, at,"
        " recorded_at, internal) VALUES (:bolt, :bolt_room, :bolt, 99, 'out', 'staff', 'x', 'x', 'x', 0, 0, 1)"
    ),
    "a ticket of acme that moves to the room of bolt": "UPDATE ticket SET room_id = :bolt_room WHERE id = :acme_ticket",
    "a ticket that changes its client": "UPDATE ticket SET client_id = :bolt WHERE id = :acme_ticket",
    "a room that changes its client": "UPDATE room SET client_id = :bolt WHERE id = :acme_room",
    "an internal room that becomes a client's": "UPDATE room SET client_id = :acme WHERE kind = 'team'",
    "a clock of acme under a ticket of bolt": "UPDATE clock SET ticket_id = :bolt_ticket WHERE id = :acme_clock",
    "a step of bolt on a clock of acme": "UPDATE step SET client_id = :bolt WHERE clock_id = :acme_clock",
    "a button of acme in the room of bolt": (
        "INSERT INTO keyboard (id, client_id, room_id, room_client_id, ticket_id, commands, created_at)"
        " VALUES ('x', :acme, :bolt_room, :bolt, :acme_ticket, '[]', 0)"
    ),
    "an event of bolt in a ticket of acme": (
        "INSERT INTO event (client_id, ticket_id, seq, kind, at, recorded_at, party)"
        " VALUES (:bolt, :acme_ticket, 99, 'OPENED', 0, 0, 'bot')"
    ),
}


@pytest.mark.parametrize("case", _CROSSINGS)
async def test_s8_no_row_can_join_two_clients(world: World, case: str) -> None:
    rows = {name.replace(" ", "_"): value for name, value in (await _rows_of(world)).items()}

    def cross(tx: Any) -> int:
        return int(tx.connection.execute(_CROSSINGS[case], rows).rowcount)

    with pytest.raises(sqlite3.IntegrityError, match="constraint failed"):
        await world.store.write(cross)


# buttons, ids and replies


async def _button(world: World, browser: httpx.AsyncClient) -> str:
    for message in reversed(await world.history(browser)):
        for button in message["body"].get("buttons", ()):
            return str(button[1])
    raise AssertionError("no button was posted")


async def test_a_button_of_another_clients_room_is_dead_and_tells_nothing(world: World) -> None:
    async with world.widget("acme") as ann, world.widget("bolt") as bob:
        await world.say(ann, "acme is down")
        await world.say(ann, "/status")
        action = await _button(world, ann)
        events = await world.sql("SELECT count(*) FROM event")
        press = {"action": action, "press_id": world.own_id()}
        stolen = await bob.post("/inapp/press", json=press)
        invented = await bob.post("/inapp/press", json={"action": "invented", "press_id": world.own_id()})
        assert stolen.json() == invented.json()
        assert await world.sql("SELECT count(*) FROM event") == events
        assert (await ann.post("/inapp/press", json={**press, "press_id": world.own_id()})).json() != stolen.json()


async def test_a_managers_button_is_dead_in_the_hand_of_a_client(world: World) -> None:
    async with world.widget("acme") as ann:
        await world.say(ann, "acme is down")
        events = await world.sql("SELECT count(*) FROM event")
        for (action,) in await world.sql(
            "SELECT k.id || '.' || b.key FROM keyboard k JOIN room r ON r.id = k.room_id, json_each(k.commands) b"
            " WHERE r.kind <> 'client'"
        ):
            answer = await ann.post("/inapp/press", json={"action": action, "press_id": world.own_id()})
            assert "seq" not in answer.json()
        assert await world.sql("SELECT count(*) FROM event") == events


async def test_nobody_can_block_a_colleagues_message_by_guessing_its_id(world: World) -> None:
    async with (
        world.widget("acme", "ann") as ann,
        world.widget("acme", "raj") as raj,
        world.widget("bolt", "ann") as bob,
    ):
        for browser in (ann, bob):
            taken = await browser.post("/inapp/messages", json={"client_msg_id": "message-1", "text": "first"})
            assert not taken.json()["duplicate"]
        later = await raj.post("/inapp/messages", json={"client_msg_id": "message-1", "text": "mine"})
        assert not later.json()["duplicate"]
        texts = [text for (text,) in await world.sql("SELECT text FROM message WHERE direction = 'in' ORDER BY id")]
    assert texts == ["first", "first", "mine"]


@pytest.mark.parametrize(
    ("first", "second"),
    [(("a", "b/message-1"), ("a/b", "message-1")), (("a/", "message-1"), ("a", "message-1"))],
)
async def test_no_two_subjects_can_make_the_same_message_id(
    world: World, first: tuple[str, str], second: tuple[str, str]
) -> None:
    """A subject may hold a slash, an id may not: what stands before the last slash is the person."""
    answers = []
    for sub, own_id in (first, second):
        async with world.widget("acme", sub) as browser:
            answers.append(await browser.post("/inapp/messages", json={"client_msg_id": own_id, "text": "words"}))
    assert all(answer.status_code == 400 or not answer.json()["duplicate"] for answer in answers)


async def test_a_reply_to_a_number_of_another_room_hangs_on_nothing(world: World) -> None:
    async with world.widget("acme") as ann, world.widget("bolt") as bob:
        for number in range(3):
            await world.say(ann, f"/new acme {number}")
        answer = await world.say(bob, "bolt is down", reply_to=2)
        assert answer.status_code == 200
    (joined,) = await world.sql(
        "SELECT count(*) FROM message m JOIN ticket t ON t.id = m.ticket_id WHERE m.client_id <> t.client_id"
    )
    assert joined == (0,)


@pytest.mark.parametrize("key", ["staff", "direct:mia", "team:support", "acme ", "ACME", "acmе", "acme\u200b", ""])
async def test_no_trick_with_a_clients_key_opens_another_room(world: World, key: str) -> None:
    token = world.token("acme", "ann", iss=key, org=key)
    async with world.browser() as browser:
        assert (await browser.post("/inapp/session", json={"token": token})).status_code == 401
    assert await world.sql("SELECT count(*) FROM session") == [(0,)]


async def test_a_person_who_is_called_like_the_staff_is_still_a_client(world: World) -> None:
    for sub in ("mia", "staff/mia", "../staff/mia", "direct:mia"):
        async with world.widget("acme", sub) as browser:
            await world.say(browser, "/tickets")
            await world.say(browser, "/sla")
    assert await world.sql("SELECT DISTINCT party FROM message WHERE direction = 'in'") == [("client",)]


async def test_a_session_survives_neither_its_own_time_nor_a_slow_business_clock(world: World) -> None:
    async with world.widget() as ann, world.staff() as mia:
        forward(world, business=timedelta(days=365))
        assert (await ann.get("/inapp/history")).status_code == 200
        assert (await mia.get("/board")).status_code == 200
        forward(world, machine=timedelta(minutes=10))
        assert (await ann.get("/inapp/history")).status_code == 401
        forward(world, business=timedelta(days=-800), machine=timedelta(hours=12))
        assert (await mia.get("/board")).status_code == 303
