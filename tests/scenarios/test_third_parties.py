"""Waiting for third parties: asked about on each working day, by name, when whoever is asked may be disturbed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from harness import STAFF, Bot, bot_in_a_box, client

THURSDAY = "2025-03-13T12:00+03:00"


async def waiting(bot: Bot, *who: str) -> None:
    await bot.say("acme", "acme/ann", "Postbacks stopped")
    for name in who:
        await bot.say("dm:mia", "mia", f"/hold T-42 third party {name}")


async def waits_of(bot: Bot) -> list[str]:
    return [hold.who for hold in (await bot.page("T-42")).standing.holds]


@pytest.mark.parametrize(
    "at", ["2025-03-14T19:30+03:00", "2025-03-15T12:00+03:00", "2025-03-17T08:00+03:00", "2025-03-16T23:59+03:00"]
)
async def test_a_wait_begun_outside_hours_is_asked_about_at_the_next_opening(at: str) -> None:
    async with bot_in_a_box(THURSDAY) as bot:
        await waiting(bot)
        await bot.say("dm:mia", "mia", "/eta T-42 10d")
        await bot.forward(to=at)
        await bot.say("dm:mia", "mia", "/hold T-42 third party Stripe")
        since = len(bot.channel.posts)
        await bot.forward(to="2025-03-17T18:59+03:00")
        [asked] = [post for post in bot.channel.posts[since:] if "Still waiting for Stripe" in post.text]
        assert asked.at == bot.moment("2025-03-17T10:00+03:00")


async def test_a_wait_begun_in_hours_is_asked_about_the_day_after() -> None:
    async with bot_in_a_box(THURSDAY) as bot:
        await waiting(bot, "Stripe")
        await bot.forward(to="2025-03-14T09:59+03:00")
        assert not any("Still waiting" in text for text in bot.posts("dm:mia"))
        await bot.forward(to="2025-03-14T10:00+03:00")
        assert "Still waiting for Stripe" in bot.last("dm:mia")


async def test_a_wait_begun_in_the_evening_is_not_asked_about_that_day() -> None:
    async with bot_in_a_box("2025-03-13T19:30+03:00") as bot:
        await waiting(bot, "Stripe")
        await bot.forward(to="2025-03-14T10:00+03:00")
        assert "Still waiting for Stripe" in bot.last("dm:mia")


async def test_one_third_party_that_is_back_ends_not_the_wait_for_another() -> None:
    async with bot_in_a_box(THURSDAY) as bot:
        await waiting(bot, "Stripe", "Hoster")
        await bot.forward(to="2025-03-14T10:00+03:00")
        await bot.press("dm:mia", "mia", "Hoster is back")
        assert await waits_of(bot) == ["Stripe"]
        await bot.forward(to="2025-03-17T10:00+03:00")
        assert bot.last("dm:mia").startswith("Still waiting for Stripe?") and "Hoster" not in bot.last("dm:mia")
        await bot.press("dm:mia", "mia", "It is back")
        assert await waits_of(bot) == []
        since = len(bot.channel.posts)
        await bot.forward(to="2025-03-18T10:30+03:00")
        assert not any("Still waiting" in text for text in bot.posts("dm:mia", since))


async def test_still_waiting_is_said_of_each_by_name() -> None:
    async with bot_in_a_box(THURSDAY) as bot:
        await waiting(bot, "Stripe", "Hoster")
        await bot.forward(to="2025-03-14T10:00+03:00")
        for who in ("Stripe", "Hoster"):
            pressed = await bot.press("dm:mia", "mia", f"Still waiting: {who}")
            assert pressed.notice == f"Noted: T-42 still waits for {who}."
        assert (await bot.press("dm:mia", "mia", "Still waiting: Hoster")).notice == "Already so: T-42."


async def test_a_name_nobody_waits_for_ends_nothing_and_says_what_works() -> None:
    async with bot_in_a_box(THURSDAY) as bot:
        await waiting(bot, "Stripe", "Hoster")
        await bot.say("dm:mia", "mia", "/resume T-42 Strype")
        assert bot.last("dm:mia").startswith("Nobody called 'Strype' is waited for.")
        await bot.say("dm:mia", "mia", "/resume T-42 stripe")
        assert await waits_of(bot) == ["Hoster"]
        await bot.say("dm:mia", "mia", "/resume T-42")
        assert await waits_of(bot) == []


async def test_the_daily_question_waits_for_the_end_of_quiet_hours() -> None:
    quiet = STAFF.replace('id = "mia"\n', 'id = "mia"\nnudges = { quiet = "09:00-11:30" }\n')
    async with bot_in_a_box(THURSDAY, staff=quiet) as bot:
        await waiting(bot, "Stripe")
        since = len(bot.channel.posts)
        await bot.forward(to="2025-03-14T12:00+03:00")
        [asked] = [post for post in bot.channel.posts[since:] if post.room == "dm:mia"]
        assert asked.text.startswith("Still waiting") and asked.at == bot.moment("2025-03-14T11:30+03:00")


async def test_several_questions_at_once_are_one_message_with_a_button_for_each() -> None:
    keys = ("aa", "bb", "cc")
    async with bot_in_a_box(THURSDAY, *map(client, keys)) as bot:
        for n, key in enumerate(keys):
            await bot.say(key, f"{key}/ann", "Postbacks stopped")
            await bot.say("dm:mia", "mia", f"/hold T-{42 + n} third party Stripe")
        since = len(bot.channel.posts)
        await bot.forward(to="2025-03-14T10:00+03:00")
        [post] = [post for post in bot.channel.posts[since:] if post.room == "dm:mia"]
        assert post.text.splitlines() == [
            "3 tickets wait for you, the most urgent first.",
            *(f"T-{42 + n}, {key.title()}: still waiting for Stripe?" for n, key in enumerate(keys)),
        ]
        assert (await bot.press("dm:mia", "mia", "T-43 still waits")).notice == "Noted: T-43 still waits for Stripe."


@pytest.mark.parametrize("ended", ["/resume T-42", "/undo"])
async def test_a_wait_that_ended_and_began_again_is_asked_about_once(ended: str) -> None:
    async with bot_in_a_box(THURSDAY) as bot:
        await waiting(bot)
        for said in ("/hold T-42 third party Keitaro", ended, "/hold T-42 third party Keitaro"):
            await bot.forward(by=timedelta(seconds=20))
            await bot.say("dm:mia", "mia", said)
        await bot.forward(to="2025-03-14T10:01+03:00")
        assert bot.last("dm:mia").count("Still waiting for Keitaro?") == 1
        await bot.press("dm:mia", "mia", "Still waiting")
        assert "Keitaro" in bot.last("dm:mia")


@pytest.mark.parametrize(
    "said",
    [
        "Keitaro, they must fix the token",
        "Keitaro: they must fix the token",
        "Keitaro because they must fix the token",
        "Keitaro - they must fix the token",
    ],
)
async def test_a_third_party_has_a_name_and_a_reason(said: str) -> None:
    async with bot_in_a_box(THURSDAY, client(zone="Europe/Berlin")) as bot:
        await waiting(bot, said)
        assert await waits_of(bot) == ["Keitaro"]
        assert bot.last("acme").startswith("The clock waits for Keitaro;") or "waiting for Keitaro" in bot.last("acme")
        assert bot.last("acme").splitlines()[1] == "Reason: they must fix the token"
        assert "Keitaro" in bot.last("dm:mia") and "they must fix the token" in bot.last("dm:mia")
        await bot.forward(to="2025-03-14T10:00+03:00")
        assert bot.last("dm:mia").startswith("Still waiting for Keitaro? Since")
        await bot.say("dm:mia", "mia", "/hold T-42 waiting for keitaro, still")
        assert await waits_of(bot) == ["Keitaro"]
        await bot.say("dm:mia", "mia", "/resume T-42 keitaro, it is fixed")
        assert not await waits_of(bot)


@pytest.mark.parametrize("name", ["Google, Inc.", "e-pay", "Anna-Maria's shop", "https://status.example"])
async def test_a_name_with_signs_in_it_stays_whole(name: str) -> None:
    async with bot_in_a_box(THURSDAY) as bot:
        await waiting(bot, name)
        assert await waits_of(bot) == [name]


@pytest.mark.parametrize("quoted", ['"Smith, Jones & Co"', "«Smith, Jones & Co»", "“Smith, Jones & Co”"])
async def test_a_name_with_a_comma_stands_in_quotes_and_its_buttons_know_it(quoted: str) -> None:
    async with bot_in_a_box(THURSDAY) as bot:
        await waiting(bot, f"{quoted}, they must sign")
        assert await waits_of(bot) == ["Smith, Jones & Co"]
        assert "they must sign" in bot.last("acme") and "Jones & Co" in bot.last("acme")
        await bot.forward(to="2025-03-14T10:00+03:00")
        pressed = await bot.press("dm:mia", "mia", "Still waiting")
        assert pressed.notice == "Noted: T-42 still waits for Smith, Jones & Co."
        await bot.press("dm:mia", "mia", "It is back")
        assert not await waits_of(bot)


async def test_quotes_that_are_a_part_of_a_name_stay() -> None:
    async with bot_in_a_box(THURSDAY) as bot:
        await waiting(bot, '"Anna" shop, they look')
        assert await waits_of(bot) == ['"Anna" shop']
