"""After "when?": times that are declined, problems in words that otherwise mean nothing, and ordinary answers."""

from __future__ import annotations

import pytest
from harness import bot_in_a_box
from when_asked import ANN, FRIDAY, MIA, asked, call, has_ticket, spoken

BOTH = pytest.mark.parametrize("first", ["/book-call", "/book-call Mon 09:00"])
DECLINED = [
    "Tuesday 9:30 is not possible",
    "Tuesday 9:30 does not work for us",
    "Tuesday 9:30 will not work, sorry",
    "Tuesday 9:30 not available",
    "Tuesday 9:30 would be too late",
    "Tuesday 9:30 is too early for us",
    "Tuesday 9:30 we are not available",
    "Tuesday 9:30 no thanks",
    "вторник 9:30 не подходит",
    "вторник 9:30 не могу",
    "вторник 9:30 нам не удобно",
    "во вторник в 9:30 не получится",
    "во вторник в 9:30 мы не сможем",
]
OTHER = [
    "Mon 10:00 is not possible, Tuesday 9:30",
    "Mon 10:00 does not work, can we do Tuesday 9:30?",
    "instead of Mon 10:00 Tuesday 9:30",
    "can we move Mon 10:00 to Tuesday 9:30",
    "пн 10:00 не подходит, давайте вторник 9:30",
]


@BOTH
@pytest.mark.parametrize(
    "words",
    [*DECLINED, *OTHER, "Tuesday 10:00 not working", "Monday 10:00 it was not working", "во вторник 10:00 не было"],
)
async def test_a_declined_time_books_nothing(first, words):
    async with bot_in_a_box(FRIDAY) as bot:
        await asked(bot, words, first)
        before = await call(bot)
        await bot.say(*ANN, words)
        assert await call(bot) == before, bot.last("acme")


@pytest.mark.parametrize("words", [*DECLINED, *OTHER])
@pytest.mark.parametrize("first", ["", "/book-call Mon 09:00"])
async def test_a_typed_command_books_no_declined_time(first, words):
    async with bot_in_a_box(FRIDAY) as bot:
        await spoken(bot, words)
        if first:
            await bot.say(*ANN, first)
        before = await call(bot)
        await bot.say(*ANN, f"/call-move C-1 {words}" if first else f"/book-call {words}")
        assert await call(bot) == before, bot.last("acme")


@pytest.mark.parametrize("words", ["Tue 16:00 does not work", "Tue 16:00 is not possible", "Tue 16:00 is too late"])
async def test_a_manager_who_declines_moves_no_call_there(words):
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say(*ANN, "/book-call Mon 09:00")
        await bot.press(*MIA, "Other time")
        before = await call(bot)
        await bot.say(*MIA, words)
        assert await call(bot) == before, bot.last("dm:mia")


@BOTH
@pytest.mark.parametrize(
    "words",
    [
        "it's not working",
        "It is not working!",
        "it does not work",
        "hi, it's not working",
        "it is not available",
        "hi, it's not working since 9",
        "not working since Monday",
        "it does not work since Monday",
        "it was not working on Monday",
        "hi, it was working on Monday",
        "Hi, it worked on Monday",
        "it would be great if it worked on Monday",
        "would it be possible to make it work today",
        "please have it working by 15:00",
        "hi Mia, is it working today?",
        "не было с понедельника",
        "во вторник не было",
        "сегодня не было",
        "в понедельник было хорошо",
    ],
)
async def test_a_problem_of_courtesy_words_is_a_ticket(first, words):
    async with bot_in_a_box(FRIDAY) as bot:
        await asked(bot, words, first)
        before = await call(bot)
        await bot.say(*ANN, words)
        assert await has_ticket(bot), bot.last("acme")
        assert await call(bot) == before


@pytest.mark.parametrize("first", ["/book-call", "/book-call Tue 9:30"])
async def test_it_is_not_working_is_no_answer_to_offered_times(first):
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say(*ANN, first)
        await bot.say(*ANN, "it's not working")
        assert await has_ticket(bot), bot.last("acme")


async def test_it_is_not_working_said_twice_is_a_ticket():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say(*ANN, "/book-call")
        await bot.say(*ANN, "it's not working")
        await bot.say(*ANN, "it's not working")
        assert await has_ticket(bot), bot.last("acme")


@pytest.mark.parametrize(
    "words",
    [
        "Tuesday 9:30 if you're free",
        "Thanks Mia, Tuesday 9:30 works",
        "Thank you Mia! Tuesday 9:30",
        "Either Tuesday or Wednesday",
        "Добрый день, Миа! Вторник 9:30",
        "Миа, давайте во вторник в 9:30",
        "вторник в 9:30 нормально?",
        "вторник 9:30, если не сложно",
        "Mia, Tuesday 9:30 please",
        "Hi Mia! Tuesday 9:30 works",
        "Good morning Mia, can we do Tuesday 9:30?",
        "Tuesday 9:30 would suit us best",
        "Tuesday 9:30 pls",
        "ok Tuesday 9:30 then",
        "Hi @Mia, Tuesday 9:30",
        "Привет, Миа, давайте во вторник в 9:30",
        "Миа, добрый день! Вторник 9:30",
        "спасибо, Миа, вторник 9:30",
        "вторник 9:30 норм",
        "Sure Mia, Tuesday 9:30",
        "Dear Mia,\nTuesday 9:30 please.\nBest regards,\nAnn",
        "Tuesday 9:30 works\nThanks,\nAnn",
    ],
)
async def test_an_ordinary_answer_is_no_ticket(words):
    async with bot_in_a_box(FRIDAY) as bot:
        await asked(bot, words)
        await bot.say(*ANN, words)
        assert not await has_ticket(bot), bot.last("acme")


@pytest.mark.parametrize("words", ["hi " * 2600, "\n" * 4000 + "down", "Tue 15:00 x" + "." * 7900 + "x"])
async def test_what_is_too_long_for_an_answer_is_a_ticket(words):
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say(*ANN, "/book-call")
        await bot.say(*ANN, words)
        assert await has_ticket(bot) and await call(bot) is None
