"""How a ticket stands is told once: a minute of back and forth is one message that changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from harness import Bot, bot_in_a_box

from bot.channels.base import Limits

START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
GROUP = Limits(edit=True, per_room_rate=20 / 60, room_burst=5)


async def back_and_forth(bot: Bot, turns: int, every: timedelta) -> None:
    for turn in range(turns):
        bot.clock.now += every
        await bot.say("dm:mia", "mia", "/hold T-42 client" if turn % 2 == 0 else "/resume T-42")


async def test_25_changes_in_a_minute_are_one_message_that_is_edited() -> None:
    async with bot_in_a_box(START, limits=GROUP) as bot:
        await bot.say("acme", "acme/ann", "the export fails")
        before = len(bot.posts("acme"))
        await back_and_forth(bot, 25, timedelta(seconds=2))
        for _ in range(30):
            bot.clock.now += timedelta(seconds=2)
            await bot.deliver()
        sent = [post for post in bot.channel.posts if post.room == "acme"][before:]
        new = [post for post in sent if post.edit_of is None]
        assert len(new) == 1 and len(sent) <= 20
        assert {post.edit_of for post in sent[1:]} == {f"m{bot.channel.posts.index(new[0]) + 1}"}
        assert sent[-1].text.startswith("The clock waits for your details")
        stored = await bot.read(lambda tx: _texts(tx))
        assert stored[-1] == sent[-1].text and stored.count(sent[-1].text) == 1


async def test_a_state_that_lasted_is_told_anew_so_that_its_reader_is_called() -> None:
    async with bot_in_a_box(START, limits=GROUP) as bot:
        await bot.say("acme", "acme/ann", "the export fails")
        await back_and_forth(bot, 4, timedelta(seconds=70))
        assert all(post.edit_of is None for post in bot.channel.posts)


@pytest.mark.parametrize(("seconds", "is_edited"), [(60, True), (61, False)])
async def test_a_state_is_changed_in_place_for_a_minute(seconds: int, is_edited: bool) -> None:
    async with bot_in_a_box(START, limits=GROUP) as bot:
        await bot.say("acme", "acme/ann", "the export fails")
        await bot.say("dm:mia", "mia", "/hold T-42 client")
        bot.clock.now += timedelta(seconds=seconds)
        await bot.say("dm:mia", "mia", "/resume T-42")
        last = [post for post in bot.channel.posts if post.room == "acme"][-1]
        assert (last.edit_of is not None) is is_edited


async def test_what_was_said_since_is_never_above_what_changes() -> None:
    async with bot_in_a_box(START, limits=GROUP) as bot:
        await bot.say("acme", "acme/ann", "the export fails")
        await bot.say("dm:mia", "mia", "/hold T-42 client")
        bot.clock.now += timedelta(seconds=5)
        await bot.say("acme", "acme/ann", "it is the campaign of yesterday")
        assert bot.channel.posts[-1].edit_of is None
        assert all(post.edit_of is None for post in bot.channel.posts)


async def test_a_promise_is_never_edited_away_by_another_word() -> None:
    async with bot_in_a_box(START, limits=GROUP) as bot:
        await bot.say("acme", "acme/ann", "the export fails")
        await bot.say("acme", "acme/ann", "/urgency critical")
        bot.clock.now += timedelta(seconds=5)
        await bot.say("dm:mia", "mia", "/take T-42")
        await bot.say("dm:mia", "mia", "/hold T-42 client")
        assert all(post.edit_of is None for post in bot.channel.posts)


async def test_a_channel_that_cannot_edit_gets_posts() -> None:
    async with bot_in_a_box(START) as bot:
        await bot.say("acme", "acme/ann", "the export fails")
        await back_and_forth(bot, 4, timedelta(seconds=2))
        assert all(post.edit_of is None for post in bot.channel.posts)


def _texts(tx: Any) -> list[str]:
    rows = tx.connection.execute(
        "SELECT m.text FROM message m JOIN room r ON r.id = m.room_id WHERE r.ext_id = 'acme' AND m.direction = 'out'"
    )
    return [row[0] for row in rows]
