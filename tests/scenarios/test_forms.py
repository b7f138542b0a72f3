"""Forms for the words an act lacks, and the page on which staff find their tickets: what platforms with them show."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from harness import WORDS, Bot, bot_in_a_box

from bot.channels.base import Form, InboundKind, Profile
from bot.desk.forms import form_of, home_of
from bot.desk.menus import menus
from bot.desk.pacing import Pacing
from bot.notice import render
from bot.text import plain

START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


async def form(bot: Bot, room: str, sender: str, text: str = "", **more: Any) -> Form | None:
    inbound = replace(bot.inbound(room, sender, text), **more)
    return await bot.read(lambda tx: form_of(tx, bot.desk, inbound, bot.clock.now))


async def pressed(bot: Bot, room: str, sender: str, label: str) -> Form | None:
    return await form(bot, room, sender, kind=InboundKind.PRESS, action=bot.button(room, label))


async def test_a_button_that_lacks_a_time_is_a_form_and_its_words_are_the_eta() -> None:
    async with bot_in_a_box(START) as bot:
        await bot.say("acme", "acme/ann", "the export fails")
        await bot.say("dm:mia", "mia", "/take T-42")
        await bot.say("acme", "mia", "looking into it")
        asked = await pressed(bot, "dm:mia", "mia", "Other ETA")
        assert asked is not None
        assert (asked.command, asked.title, asked.needed) == ("/eta T-42", "T-42", True)
        assert "the export fails" in asked.explanation
        await bot.say("dm:mia", "mia", f"{asked.command} 16:00")
        assert (await bot.page("T-42")).standing.eta_at == datetime(2026, 11, 24, 13, 0, tzinfo=UTC)


async def test_whoever_sends_too_much_gets_no_forms_either() -> None:
    async with bot_in_a_box(START, pacing=Pacing()) as bot:
        await bot.say("acme", "acme/ann", "the export fails")
        inbound = replace(bot.inbound("acme", "acme/ann", "/escalate T-42"))
        now = bot.clock.now

        async def opened(machine: datetime) -> bool:
            return await bot.read(lambda tx: form_of(tx, bot.desk, inbound, now, machine)) is not None

        assert [await opened(now) for _ in range(21)][-2:] == [False, False]
        assert await opened(now + timedelta(minutes=1))


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("/eta", "/eta T-42"),
        ("/eta T-42", "/eta T-42"),
        ("/hold", "/hold T-42"),
        ("/hold T-42 third party", "/hold T-42 third party"),
        ("/assign", "/assign T-42"),
        ("/escalate", "/escalate T-42"),
    ],
)
async def test_a_bare_command_is_a_form(text: str, command: str) -> None:
    async with bot_in_a_box(START) as bot:
        await bot.say("acme", "acme/ann", "the export fails")
        asked = await form(bot, "dm:mia", "mia", text)
        assert asked is not None and asked.command == command
        assert asked.needed == (not text.startswith("/escalate"))


@pytest.mark.parametrize("text", ["/eta 16:00", "/hold client", "/escalate it burns", "/status", "hello", "/eta T-99"])
async def test_what_lacks_nothing_or_means_no_ticket_has_no_form(text: str) -> None:
    async with bot_in_a_box(START) as bot:
        await bot.say("acme", "acme/ann", "the export fails")
        assert await form(bot, "dm:mia", "mia", text) is None


async def test_a_form_is_for_the_ticket_of_the_message_it_was_asked_on() -> None:
    async with bot_in_a_box(START) as bot:
        await bot.say("acme", "acme/ann", "the export fails", thread="a")
        await bot.forward(by=timedelta(minutes=1))
        await bot.say("acme", "acme/ann", "/new the import fails", thread="b")
        await bot.forward(by=timedelta(hours=1))
        about = {posted(bot, ref): ref for ref in ("T-42", "T-43")}
        assert len(about) == 2
        for nudge, ref in about.items():
            asked = await form(bot, "dm:mia", "mia", "/eta", reply_to=nudge)
            assert asked is not None and asked.command == f"/eta {ref}"
        for thread, ref in (("a", "T-42"), ("b", "T-43")):
            asked = await form(bot, "acme", "acme/ann", "/escalate", thread=thread, reply_to="nothing of ours")
            assert asked is not None and asked.command == f"/escalate {ref}"
        assert await form(bot, "dm:mia", "mia", "/eta") is None


async def test_a_form_is_not_for_another_ticket_where_the_one_meant_is_closed() -> None:
    async with bot_in_a_box(START) as bot:
        await bot.say("acme", "acme/ann", "the export fails", thread="a")
        await bot.forward(by=timedelta(minutes=1))
        await bot.say("acme", "acme/ann", "/new the import fails", thread="b")
        await bot.forward(by=timedelta(hours=1))
        nudge = posted(bot, "T-42")
        await bot.say("dm:mia", "mia", "/resolve T-42")
        assert await form(bot, "dm:mia", "mia", "/eta", reply_to=nudge) is None
        assert await form(bot, "acme", "acme/ann", "/escalate", thread="a") is None


def posted(bot: Bot, ref: str) -> str:
    """The platform's id of what Mia read first about a ticket in her own chat."""
    return next(
        f"m{number}" for number, post in enumerate(bot.channel.posts, 1) if post.room == "dm:mia" and ref in post.text
    )


async def test_a_bare_request_for_a_call_offers_times_and_another_one_is_a_form() -> None:
    async with bot_in_a_box(START) as bot:
        assert await form(bot, "acme", "acme/ann", "/book-call") is None
        await bot.say("acme", "acme/ann", "/book-call")
        asked = await pressed(bot, "acme", "acme/ann", "Other time")
        assert asked is not None
        assert (asked.command, asked.title, asked.needed) == ("/book-call", "Book a call", True)
        await bot.say("acme", "acme/ann", f"{asked.command} Thursday 09:00 about funnels")
        (call,) = await bot.read(lambda tx: tx.calls.open(bot.clock.now))
        assert (call.topic, call.starts_at) == ("funnels", datetime(2026, 11, 26, 14, 0, tzinfo=UTC))


async def test_the_form_of_a_call_names_its_ticket() -> None:
    async with bot_in_a_box(START) as bot:
        assert await form(bot, "dm:mia", "mia", "/ask-call") is None, "with whom is not known"
        await bot.say("acme", "acme/ann", "the export fails")
        await bot.say("dm:mia", "mia", "/book-call T-42")
        asked = await pressed(bot, "dm:mia", "mia", "Other time")
        assert asked is not None and (asked.command, asked.title) == ("/book-call T-42", "T-42")


async def test_another_time_is_asked_for_where_there_is_no_form() -> None:
    async with bot_in_a_box(START) as bot:
        await bot.say("acme", "acme/ann", "/book-call")
        receipt = await bot.press("acme", "acme/ann", "Other time")
        assert receipt.notice is None, "a toast is gone before the answer is written"
        assert bot.last("acme").startswith("When? Write the time and nothing else")


@pytest.mark.parametrize("text", ["/book-call 15", "/book-call tomorrow 15:00 funnels", "/book-call T-99"])
async def test_a_call_that_names_a_time_or_no_ticket_of_ours_has_no_form(text: str) -> None:
    async with bot_in_a_box(START) as bot:
        await bot.say("acme", "acme/ann", "the export fails")
        assert await form(bot, "acme", "acme/ann", text) is None


async def test_buttons_of_a_call_ask_nothing_first() -> None:
    async with bot_in_a_box(START) as bot:
        await bot.say("acme", "acme/ann", "/book-call")
        for label in bot.channel.posts[-1].buttons:
            assert (await pressed(bot, "acme", "acme/ann", label) is None) == (label != "Other time")
        await bot.say("acme", "acme/ann", "/calls")
        assert await pressed(bot, "acme", "acme/ann", "Book a call") is None


async def test_a_form_is_for_those_who_may_say_its_command() -> None:
    async with bot_in_a_box(START) as bot:
        await bot.say("acme", "acme/ann", "the export fails")
        assert await form(bot, "acme", "acme/ann", "/eta") is None
        assert await form(bot, "nowhere", "ivan", "/eta") is None
        escalate = await form(bot, "acme", "acme/ann", "/escalate")
        assert escalate is not None and escalate.explanation == ""


async def test_a_button_that_escalates_asks_nothing_first() -> None:
    async with bot_in_a_box(START) as bot:
        await bot.say("acme", "acme/ann", "the export fails")
        await bot.say("acme", "acme/ann", "/status")
        assert await pressed(bot, "acme", "acme/ann", "Escalate") is None


async def test_staff_find_their_own_tickets_and_clients_none() -> None:
    async with bot_in_a_box(START) as bot:
        await bot.say("acme", "acme/ann", "the export fails")

        async def home(sender: str) -> str:
            now = bot.clock.now
            notice, locale, zone = await bot.read(
                lambda tx: home_of(tx, bot.desk, "fake", "default", sender, Profile(), now)
            )
            return plain(render(notice, WORDS.words(locale), zone, now))

        mine = await home("mia")
        assert mine.startswith("Your open tickets: 1") and "T-42" in mine
        assert await home("tom") == "No ticket is open."
        assert "T-42" not in await home("acme/ann")
        assert "T-42" not in await home("ivan")


async def test_menus_follow_room_role_and_language() -> None:
    async with bot_in_a_box(START) as bot:
        await bot.say("acme", "acme/ann", "/language ru")
        found = await bot.read(lambda tx: menus(tx, bot.desk.registry, WORDS, "fake"))
        by_room = {(menu.room, menu.locale): dict(menu.commands) for menu in found}
        assert set(by_room[None, "en"]) == set(by_room[None, "ru"]) == set(by_room["acme", "ru"])
        assert "eta" not in by_room["acme", "ru"] and "sla" not in by_room["acme", "ru"]
        assert "eta" in by_room["dm:mia", "en"]
        assert by_room["acme", "ru"]["status"] != by_room["acme", "en"]["status"] == by_room[None, "en"]["status"]
        leave = "UPDATE person SET active = 0 WHERE key = 'mia'"
        await bot.store.write(lambda tx: tx.connection.execute(leave).rowcount)
        found = await bot.read(lambda tx: menus(tx, bot.desk.registry, WORDS, "fake"))
        assert [menu.commands for menu in found if menu.room == "dm:mia"] == [(), ()]
