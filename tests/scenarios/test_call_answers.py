"""What answers "when instead?", and what is a matter of its own that must not be swallowed by the question."""

from __future__ import annotations

import pytest
from harness import bot_in_a_box

from bot.channels.base import InboundKind
from bot.sla.call import CallState

FRIDAY = "2025-03-14T16:00+03:00"
ANN, MIA, LEA = ("acme", "acme/ann"), ("dm:mia", "mia"), ("dm:lea", "lea")


async def has_ticket(bot, ref=42):
    return await bot.read(lambda tx: tx.tickets.by_ref(ref)) is not None


async def call(bot):
    return await bot.read(lambda tx: tx.calls.get(1))


def shown(bot, room, text):
    """The platform's id of the post in this room that holds the text."""
    return next(f"m{n}" for n, post in enumerate(bot.channel.posts, 1) if post.room == room and text in post.text)


@pytest.mark.parametrize("first", ["/book-call", "/book-call Mon 09:00"])
@pytest.mark.parametrize(
    "words",
    [
        "URGENT: all our conversions are lost since 10:00",
        "postbacks are broken since yesterday 18:00, please look",
        "Statistics for Monday are empty",
        "Monday 10:00 all postbacks broke, please look",
        "всё лежит с 10:00, срочно",
        "с понедельника не приходят постбеки",
    ],
)
async def test_a_problem_with_a_time_in_it_opens_a_ticket_at_once(first, words):
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say(*ANN, "/language ru" if words > "а" else "/language en")
        await bot.say(*ANN, first)
        await bot.press(*ANN, "Другое время" if words > "а" else "Other time")
        await bot.say(*ANN, words)
        assert await has_ticket(bot), bot.last("acme")
        assert first == "/book-call" or (await call(bot)).starts_at == bot.moment("2025-03-17T16:00+03:00")


@pytest.mark.parametrize("words", ["Tue 9:30", "Tue 9:30 please", "Tue 9:30 because Monday is full here"])
async def test_a_time_with_a_few_words_around_it_is_the_answer(words):
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say(*ANN, "/book-call Mon 09:00")
        await bot.press(*ANN, "Other time")
        await bot.say(*ANN, words)
        assert (await call(bot)).starts_at == bot.moment("2025-03-18T16:30+03:00")
        assert not await has_ticket(bot)


async def test_the_question_waits_while_a_matter_is_written():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say(*ANN, "/book-call Mon 09:00")
        await bot.press(*ANN, "Other time")
        await bot.say(*ANN, "our postbacks fail, conversions are lost")
        await bot.say(*ANN, "Tue 9:30")
        assert await has_ticket(bot)
        assert (await call(bot)).starts_at == bot.moment("2025-03-18T16:30+03:00")


async def test_a_reply_to_what_stood_there_before_the_question_is_no_answer_to_it():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say(*ANN, "postbacks fail")
        await bot.settle()
        await bot.say(*ANN, "/book-call Mon 09:00")
        await bot.press(*MIA, "Other time")
        await bot.say(*MIA, "Tue 16:00 we deploy", reply_to=shown(bot, "dm:mia", "T-42"))
        assert (await call(bot)).starts_at == bot.moment("2025-03-17T16:00+03:00")
        await bot.say(*MIA, "Tue 16:00", reply_to=shown(bot, "dm:mia", "When instead?"))
        assert (await call(bot)).starts_at == bot.moment("2025-03-18T16:00+03:00")


async def test_who_is_asked_for_a_note_is_asked_no_more_when_a_colleague_has_put_the_outcome_right():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say(*ANN, "/book-call Mon 09:00")
        await bot.press(*MIA, "Confirm")
        await bot.forward(to="2025-03-17T16:45+03:00")
        await bot.press(*MIA, "It took place")
        await bot.say(*LEA, "/call-missed C-1")
        await bot.say(*MIA, "thanks")
        assert (await call(bot)).state is CallState.NO_SHOW


async def test_the_outcome_of_one_call_leaves_the_question_about_another_open():
    async with bot_in_a_box(FRIDAY) as bot:
        for start in ("Mon 09:00", "Mon 10:00"):
            await bot.say(*ANN, f"/book-call {start}")
            await bot.press(*MIA, "Confirm")
        await bot.forward(to="2025-03-17T17:45+03:00")
        first_asked = next(post for post in bot.channel.posts if "It took place" in post.buttons)
        await bot.say(*MIA, "", kind=InboundKind.PRESS, action=first_asked.buttons["It took place"])
        await bot.press(*MIA, "Nobody came")
        await bot.say(*MIA, "we looked at the funnels")
        first, second = [await bot.read(lambda tx, n=n: tx.calls.get(n)) for n in (1, 2)]
        assert (first.state, second.state) == (CallState.HELD, CallState.NO_SHOW)
        assert (first.outcome, second.outcome) == ("we looked at the funnels", "")
