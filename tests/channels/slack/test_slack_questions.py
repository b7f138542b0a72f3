"""Slack: the bot's question about a time stands in a thread, and what is written there answers it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from slack_api import Trouble
from slack_box import slack_box


@pytest.mark.parametrize("start", ["book-call", "book-call Thu 12:00"])
@pytest.mark.parametrize("first", ["next week", "Fri 03:00"])
async def test_what_is_written_below_the_question_after_a_form_is_the_answer(start, first):
    async with slack_box("http") as bot:
        room = bot.rooms["acme"]
        await bot.says("acme", "ann", f"@Pledge {start}")
        await bot.press_in(room, "ann", "Other time")
        await bot.slack.submits("ann", {"words": first})
        await bot.deliver()
        await bot.says("acme", "ann", "Fri 15:00", thread=room.posts[-1].thread)
        call = await bot.read(lambda tx: tx.calls.get(1))
        assert await bot.tickets() == 0, room.posts[-1].text
        assert call is not None and f"{call.starts_at:%a %H:%M}" == "Fri 12:00"


async def test_where_no_form_opens_the_words_below_the_question_are_the_answer():
    async with slack_box("http") as bot:
        room = bot.rooms["acme"]
        bot.slack.trouble("views.open", Trouble("hang"))
        await bot.says("acme", "ann", "@Pledge book-call")
        await bot.press_in(room, "ann", "Other time")
        question = room.posts[-1]
        assert question.text.startswith("When? Write the time") and question.thread
        await bot.says("acme", "ann", "Fri 15:00", thread=question.thread)
        assert await bot.tickets() == 0, room.posts[-1].text
        assert await bot.read(lambda tx: tx.calls.get(1)) is not None


@pytest.mark.parametrize("mode", ["http", "socket"])
@pytest.mark.parametrize(("who", "minutes"), [("ann2", 0), ("ann", 31)])
async def test_below_the_question_a_colleague_answers_too_and_however_late(mode, who, minutes):
    async with slack_box(mode) as bot:
        await bot.says("acme", "ann", "@Pledge book-call")
        question = bot.rooms["acme"].posts[-1]
        bot.clock.now += timedelta(minutes=minutes)
        await bot.says("acme", who, "Fri 15:00", thread=question.thread)
        assert await bot.tickets() == 0, bot.rooms["acme"].posts[-1].text
        assert await bot.read(lambda tx: tx.calls.get(1)) is not None


async def test_in_another_thread_a_time_is_no_answer():
    async with slack_box("http") as bot:
        await bot.says("acme", "ann", "the export fails")
        thread = bot.rooms["acme"].posts[-1].thread
        await bot.says("acme", "ann", "@Pledge book-call")
        await bot.says("acme", "ann", "Fri 15:00", thread=thread)
        assert await bot.read(lambda tx: tx.calls.get(1)) is None
