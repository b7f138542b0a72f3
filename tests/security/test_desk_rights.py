"""Who may do what, checked in the core by role and room at the moment of the act (S15, S16, S18, S19, S20)."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from harness import Bot, bot_in_a_box, client
from world import World

from bot.channels.base import InboundKind
from bot.commands.registry import Registry

AT = "2025-03-14T12:00+03:00"
_CLIENTS = (client("acme"), client("beta"))
ROOMS = {"C": "acme", "D": "dm:mia", "T": "team:support", "u": "nobody-knows-it"}
REFUSALS = ("not yours to do here", "A client reads here", "There is no ticket")

# What each sender may say where, through the whole core: C the client's room, D a direct chat, T a team room,
# u a room that is linked to nobody. Everybody not named here may do nothing anywhere.
SENDERS = {
    "acme/ann": "a listed contact",
    "acme/zed": "an unlisted colleague",
    "beta/ann": "a contact of another client",
    "mia": "a manager",
    "tom": "a technician",
    "sue": "a supervisor",
    "pat": "product",
    "lea": "the lead",
}
STAFF = {"mia", "tom", "sue", "pat", "lea"}
STAFF_ONLY = {
    **{"take": "/take T-42", "eta": "/eta T-42 2h", "hold": "/hold T-42 client", "resume": "/resume T-42"},
    **{"priority": "/priority T-42 low because", "answered": "/answered T-42", "assign": "/assign T-42 ben"},
    **{"acknowledge": "/acknowledge T-42", "tickets": "/tickets", "note": "/note T-42 inner words"},
    **{"sla": "/sla", "sla why": "/sla why T-42"},
}
INTERNAL_ONLY = {"note", "sla", "sla why"}
TEAM_ONLY = {"sla", "sla why"}


async def _events(bot: Bot) -> int:
    return int(await bot.read(lambda tx: tx.connection.execute("SELECT count(*) FROM event").fetchone()[0]))


async def _heard(bot: Bot, since: int) -> str:
    return "\n".join(post.text for post in bot.channel.posts[since:])


def _is_allowed(command: str, sender: str, room: str) -> bool:
    if sender not in STAFF or room == "u":
        return False
    return not (command in INTERNAL_ONLY and room == "C") and not (command in TEAM_ONLY and room != "T")


@pytest.mark.parametrize("command", STAFF_ONLY)
async def test_s16_staffs_commands_do_and_tell_nothing_for_others_or_elsewhere(command: str) -> None:
    async with bot_in_a_box(AT, *_CLIENTS) as bot:
        await bot.say("acme", "acme/ann", "Everything is down, canary")
        before, since = await _events(bot), len(bot.channel.posts)
        for sender, room in itertools.product(SENDERS, ROOMS):
            if not _is_allowed(command, sender, room):
                await bot.say(ROOMS[room], sender, STAFF_ONLY[command])
        heard = await _heard(bot, since)
        assert await _events(bot) == before
        assert "canary" not in heard and "Everything" not in heard and "T-42" not in heard


@pytest.mark.parametrize("command", STAFF_ONLY)
async def test_s16_staffs_commands_work_for_every_role_where_they_may(command: str) -> None:
    async with bot_in_a_box(AT, *_CLIENTS) as bot:
        await bot.say("acme", "acme/ann", "Everything is down, canary")
        for sender, room in itertools.product(STAFF, ROOMS):
            if _is_allowed(command, sender, room):
                since = len(bot.channel.posts)
                await bot.say(ROOMS[room], sender, STAFF_ONLY[command])
                heard = await _heard(bot, since)
                assert not any(refusal in heard for refusal in REFUSALS), (sender, room)


@pytest.mark.parametrize("room", ["C", "D", "u"])
@pytest.mark.parametrize("sender", ["acme/ann", "mia", "lea", "stranger"])
async def test_s15_the_list_of_everything_due_is_read_in_team_rooms_only(room: str, sender: str) -> None:
    async with bot_in_a_box(AT, *_CLIENTS) as bot:
        await bot.say("acme", "acme/ann", "Everything is down, canary")
        since = len(bot.channel.posts)
        for text in ("/sla", "/sla why T-42", "@Pledge sla", *(("sla",) if room == "D" else ())):
            await bot.say(ROOMS[room], sender, text)
        heard = await _heard(bot, since)
        assert "T-42" not in heard.replace("sla why T-42", "")
        assert "canary" not in heard


async def test_s16_the_right_is_the_accounts_and_not_the_names() -> None:
    """Calling oneself like the manager, or having his id on another channel or account, is worth nothing."""
    async with bot_in_a_box(AT, *_CLIENTS) as bot:
        await bot.say("acme", "acme/ann", "Everything is down")
        before = await _events(bot)
        await bot.say("acme", "acme/zed", "/take T-42", sender_name="Mia")
        await bot.say("acme", "MIA", "/take T-42", sender_name="Mia")
        await bot.say("acme", "mia ", "/take T-42", sender_name="Mia")
        await bot.say("acme", "mia", "/take T-42", account="another", sender_name="Mia")
        await bot.say("acme", "mia", "/take T-42", channel="elsewhere", sender_name="Mia")
        assert await _events(bot) == before
        await bot.say("acme", "mia", "/take T-42", sender_name="Somebody Else")
        assert await _events(bot) == before + 1


async def test_s18_a_role_taken_away_counts_from_the_next_command_on() -> None:
    async with bot_in_a_box(AT, *_CLIENTS) as bot:
        await bot.say("acme", "acme/ann", "Everything is down")
        await bot.say("team:support", "tom", "/sla")
        since = len(bot.channel.posts)
        await bot.store.write(
            lambda tx: tx.connection.execute("UPDATE person SET active = 0 WHERE key = 'tom'").rowcount
        )
        before = await _events(bot)
        await bot.say("team:support", "tom", "/sla")
        await bot.say("acme", "tom", "/take T-42")
        assert await _events(bot) == before
        assert "T-42" not in await _heard(bot, since)


async def test_s18_a_button_is_judged_by_the_role_of_now() -> None:
    async with bot_in_a_box(AT, *_CLIENTS) as bot:
        await bot.say("acme", "acme/ann", "Everything is down")
        await bot.forward(to="2025-03-14T12:59+03:00")
        post = next(post for post in reversed(bot.channel.posts) if post.room == "dm:mia" and post.buttons)
        await bot.store.write(
            lambda tx: tx.connection.execute("UPDATE person SET active = 0 WHERE key = 'mia'").rowcount
        )
        before = await _events(bot)
        for action in post.buttons.values():
            await bot.say("dm:mia", "mia", "", kind=InboundKind.PRESS, action=action)
        assert await _events(bot) == before


async def test_a_managers_button_pressed_by_a_client_in_the_clients_room_does_nothing() -> None:
    """Every button that was ever posted, in the hand of everybody who should not have it."""
    async with bot_in_a_box(AT, *_CLIENTS) as bot:
        await bot.say("acme", "acme/ann", "Everything is down")
        await bot.forward(to="2025-03-14T12:59+03:00")
        internal = [a for post in bot.channel.posts if post.room not in ("acme", "beta") for a in post.buttons.values()]
        assert internal
        before = await _events(bot)
        for action in internal:
            for room, sender in (
                ("acme", "acme/ann"),
                ("beta", "beta/ann"),
                ("dm:mia", "acme/ann"),
                ("team:support", "x"),
            ):
                await bot.say(room, sender, "", kind=InboundKind.PRESS, action=action)
        assert await _events(bot) == before


@pytest.mark.parametrize("room", ["acme", "dm:mia", "team:support", "nobody-knows-it"])
@pytest.mark.parametrize("sender", ["pledge-itself", "acme/ann", "mia"])
async def test_s19_automatic_senders_are_answered_by_silence(room: str, sender: str) -> None:
    """Two bots that answer each other would never end; even a listed account counts for nothing while automatic."""
    async with bot_in_a_box(AT, *_CLIENTS) as bot:
        for text in ("/help", "Everything is down", "@Pledge status", "/escalate now", *("ping",) * 20):
            await bot.say(room, sender, text, automatic=True)
        assert bot.posts(room) == []
        assert await _events(bot) == 0


async def test_s19_a_stranger_who_answers_every_answer_hears_one_in_a_room_of_nobody() -> None:
    async with bot_in_a_box(AT, *_CLIENTS) as bot:
        for _ in range(20):
            await bot.say("nobody-knows-it", "another-bot", bot.last("nobody-knows-it") or "ping")
        assert len(bot.posts("nobody-knows-it")) <= 1


async def test_s20_twenty_cries_in_ten_seconds_are_one_call_to_one_level() -> None:
    async with bot_in_a_box(AT, *_CLIENTS) as bot:
        await bot.say("acme", "acme/ann", "Everything is down")
        since = len(bot.channel.posts)
        for number in range(20):
            await bot.say("acme", "acme/ann", f"/escalate nobody answers {number}")
        levels = await bot.read(_escalations)
        assert len(levels) == 1
        called = {post.room for post in bot.channel.posts[since:] if post.room.startswith("dm:")}
        pages = [post for post in bot.channel.posts[since:] if post.room == "dm:tom"]
        assert called == {"dm:tom"} and len(pages) == 1


def _escalations(tx: Any) -> list[str]:
    return [row[0] for row in tx.connection.execute("SELECT data FROM event WHERE kind = 'escalated'")]


async def test_every_command_of_the_registry_refuses_an_unlinked_room(world: World) -> None:
    async with bot_in_a_box(AT, *_CLIENTS) as bot:
        await bot.say("acme", "acme/ann", "Everything is down")
        before, since = await _events(bot), len(bot.channel.posts)
        for name in Registry().commands:
            for sender in ("mia", "lea", "acme/ann", "x"):
                await bot.say("nobody-knows-it", sender, f"/{name} T-42")
        assert await _events(bot) == before
        assert {post.room for post in bot.channel.posts[since:]} <= {"nobody-knows-it"}
        assert "T-42" not in await _heard(bot, since)
