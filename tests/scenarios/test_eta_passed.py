"""A promised moment that passes: the client hears it once, and again when he was told that he would."""

from datetime import timedelta
from itertools import pairwise

from harness import bot_in_a_box

from bot.sla.clock import EtaOutcome

NOON = "2025-03-18T12:00+03:00"


async def promised(bot, when="15:00"):
    await bot.say("acme", "acme/ann", "postbacks stopped")
    await bot.say("dm:mia", "mia", f"/eta T-42 {when}")
    return len(bot.channel.posts)


async def test_when_the_moment_passes_the_client_hears_one_honest_line():
    async with bot_in_a_box(NOON) as bot:
        since = await promised(bot)
        await bot.forward(to="2025-03-18T14:59:59+03:00")
        assert bot.posts("acme", since) == []
        await bot.forward(to="2025-03-18T15:00+03:00")
        await bot.settle()
        assert bot.posts("acme", since) == [
            "Next word by 08:30 New York (in 30 min). The time promised, 08:00 New York, has passed; "
            "Mia was reminded. T-42."
        ]
        assert bot.last("dm:mia") == "ETA 15:00 GMT+3 has passed: give a new one with its reason. T-42."


async def test_of_a_promised_moment_whoever_promised_is_reminded_however_high_the_ticket_has_climbed():
    async with bot_in_a_box(NOON) as bot:
        await promised(bot)
        await bot.say("acme", "acme/ann", "/escalate")
        await bot.press("dm:tom", "tom", "I have it")
        since = len(bot.channel.posts)
        await bot.forward(to="2025-03-18T15:00+03:00")
        [word] = bot.posts("acme", since)
        assert "Mia was reminded" in word and "Tom" not in word


async def test_the_next_word_comes_by_the_moment_that_was_named():
    async with bot_in_a_box(NOON) as bot:
        since = await promised(bot)
        await bot.forward(to="2025-03-18T19:00+03:00")
        told = [post for post in bot.channel.posts[since:] if post.room == "acme"]
        assert len(told) > 2, "at 15:00, then with the 1st, 2nd, 4th ... reminder"
        for earlier, later in pairwise(told):
            assert later.at <= bot.first_moment(earlier)


async def test_a_new_eta_before_the_old_one_passes_is_the_only_word():
    async with bot_in_a_box(NOON) as bot:
        since = await promised(bot)
        await bot.forward(to="2025-03-18T14:30+03:00")
        await bot.say("dm:mia", "mia", "/eta T-42 17:00 the vendor is slow")
        await bot.forward(to="2025-03-18T16:59+03:00")
        [moved] = bot.posts("acme", since)
        assert moved.startswith("New ETA 10:00 New York")


async def test_what_was_resolved_in_time_or_moved_afterwards_is_not_spoken_of_again():
    async with bot_in_a_box(NOON) as bot:
        await promised(bot)
        await bot.forward(to="2025-03-18T15:10+03:00")
        await bot.say("dm:mia", "mia", "/eta T-42 17:00 the vendor is slow")
        since = len(bot.channel.posts)
        await bot.say("dm:mia", "mia", "/resolve T-42")
        await bot.forward(to="2025-03-18T19:00+03:00")
        assert not [text for text in bot.posts("acme", since) if "has passed" in text]
        assert [eta.outcome for eta in (await bot.page("T-42")).standing.etas] == [
            EtaOutcome.BROKEN,
            EtaOutcome.KEPT,
        ]


async def test_after_days_of_downtime_the_client_hears_of_it_once():
    async with bot_in_a_box(NOON) as bot:
        since = await promised(bot)
        bot.clock.now += timedelta(days=2)
        await bot.settle()
        assert len([text for text in bot.posts("acme", since) if "has passed" in text]) == 1
