"""What the leads hear of messages that could not be read, and when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from harness import bot_in_a_box

from bot.channels.base import InboundKind

START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


async def test_what_cannot_be_read_is_told_at_once_and_the_rest_of_the_hour_when_it_is_over() -> None:
    async with bot_in_a_box(START) as bot:
        for _ in range(3):
            await bot.say("acme", "mia", "a kind nobody knows", kind=InboundKind.UNREADABLE)
        await bot.forward(by=timedelta(hours=3))
        told = [post for post in bot.channel.posts if "A person must look" in post.text and post.room == "dm:lea"]
        assert [post.at - START for post in told] == [timedelta(), timedelta(hours=1)], "to the moment, and no more"
        assert "2 since the last word" in told[1].text
