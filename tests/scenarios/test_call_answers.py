"""What answers "when instead?", and what is a matter of its own that must not be swallowed by the question."""

from __future__ import annotations

from datetime import timedelta

import pytest
from harness import bot_in_a_box, client
from when_asked import ANN, BOB, FRIDAY, LEA, MIA, asked, call, has_ticket

from bot.channels.base import InboundKind
from bot.sla.call import CallState

TWO = client().replace(
    '"acme/ann" } }', '"acme/ann" } }, { id = "bob", name = "Bob", identities = { fake = "acme/bob" } }'
)


def shown(bot, room, text):
    """The platform's id of the post in this room that holds the text."""
    return next(f"m{n}" for n, post in enumerate(bot.channel.posts, 1) if post.room == room and text in post.text)


@pytest.mark.parametrize("first", ["/book-call", "/book-call Mon 09:00"])
@pytest.mark.parametrize(
    "words",
    [
        # A time stands somewhere in it, or in front.
        "URGENT: all our conversions are lost since 10:00",
        "postbacks are broken since yesterday 18:00, please look",
        "Statistics for Monday are empty",
        "Monday 10:00 all postbacks broke, please look",
        "Tuesday 10:00 postbacks stopped",
        "since 9am nothing works",
        "today: no conversions",
        "15:00 postbacks stopped",
        "this morning postbacks stopped",
        "today, as everything is down, we lose money",
        "Monday about 300 conversions were lost",
        "Monday about half of all the conversions of the campaign were lost",
        "hi, today nothing works",
        # Behind a time stands what might be a topic or a reason, and is none.
        "today about a third of clicks lost",
        "today regarding ticket nothing changed",
        "15:00 because everything broke we lose money",
        "Tue 10:00 because the tracker broke we lost 300 leads",
        "Tuesday re postbacks not coming",
        "сегодня об ошибке 500 пишут клиенты",
        "завтра про запуск: домен лежит",
        "вторник 9:30 про постбеки, они лежат",
        "15:00 потому что всё упало теряем деньги",
        "всё лежит с 10:00, срочно",
        "с понедельника не приходят постбеки",
        "с 9 утра не работает",
        "в понедельник в 10:00 упало",
        "добрый день, сегодня не работает",
        "понедельник: статистика пустая",
        # A number, or what might be two times, stands in front.
        "502 bad gateway on all landings, we lose money",
        "404 errors on all links",
        "3/4 of our conversions are lost, please look now",
        "10 campaigns show zero conversions since yesterday",
        "Monday or Tuesday all our postbacks broke, please look",
        "500 ошибка на всех лендингах, теряем деньги",
        "2 домена не открываются, всё лежит",
    ],
)
async def test_a_problem_with_a_time_in_it_opens_a_ticket_at_once(first, words):
    async with bot_in_a_box(FRIDAY) as bot:
        await asked(bot, words, first)
        before = await call(bot)
        await bot.say(*ANN, words)
        assert await has_ticket(bot), bot.last("acme")
        assert await call(bot) == before and (before is None or before.state is CallState.AGREED)


@pytest.mark.parametrize(
    "words",
    [
        "Tue 9:30",
        "Tue 9:30 please",
        "Tue 9:30 because Monday is full here",
        "Tue 9:30 about the launch",
        "Tue 9:30 to discuss the new funnels",
        "Tuesday 9:30am works for me",
        "Hi, Tuesday 9:30 please",
        "Thanks! Tue 9:30",
        "I\u2019d like Tuesday 9:30am",
        "how about Tue 9:30?",
        "Sorry, Tue 9:30 would be great",
        "Hi Mia, Tuesday 9:30 please",
        "Good morning, Tuesday 9:30",
        "Tuesday 9:30, thank you very much",
        "Would Tuesday 9:30 work for you?",
        "can we talk on Tuesday at 9:30?",
        "let's move it to Tuesday 9:30",
        "no, Tuesday 9:30",
        "Tuesday 9:30 sounds good",
        "Tuesday 9:30 🙏",
        "Tuesday 9:30 about the launch of our new campaign in Brazil",
        "Tue 18 Mar 9:30",
        "добрый день, вторник 9:30",
        "пожалуйста, во вторник в 9:30",
        "мне удобно во вторник в 9:30",
        "вторник 9:30 по поводу воронок",
        "вторник в 9:30, если вам удобно",
        "а если во вторник в 9:30?",
        "давайте во вторник в 9:30",
        "можно ли во вторник в 9:30?",
        "давайте созвонимся во вторник в 9:30",
        "отлично, вторник 9:30",
        "вторник 9:30, спасибо большое",
        "вам удобно во вторник в 9:30?",
        "как насчёт вторника в 9:30?",
        "во вторник, 18 марта, в 9:30",
        "вторник 9:30 чтобы обсудить запуск новой кампании в Бразилии",
    ],
)
async def test_a_time_with_the_usual_words_around_it_is_the_answer(words):
    async with bot_in_a_box(FRIDAY) as bot:
        await asked(bot, words)
        await bot.say(*ANN, words)
        assert (await call(bot)).starts_at == bot.moment("2025-03-18T16:30+03:00"), bot.last("acme")
        assert not await has_ticket(bot)


@pytest.mark.parametrize(
    "words",
    [
        *("Tuesday 10, if possible", "any time on Tuesday", "Tue or Wed", "Tue/Wed", "31 Feb", "утром или вечером"),
        *("any day", "Tuesday 9:30 or later", "Tuesday 14:30 CET"),
        *("Tuesday 9:30 your time", "вторник 9:30 по вашему времени"),
    ],
)
async def test_what_is_all_time_is_an_answer_though_nothing_can_be_booked_by_it(words):
    async with bot_in_a_box(FRIDAY) as bot:
        await asked(bot, words)
        before = await call(bot)
        await bot.say(*ANN, words)
        assert not await has_ticket(bot), bot.last("acme")
        assert await call(bot) == before


@pytest.mark.parametrize(
    ("said", "topic"), [("Tue 9:30 please", ""), ("how about Tue 9:30, about funnels, if possible", "funnels")]
)
async def test_what_only_says_that_a_time_suits_is_nobodys_topic(said, topic):
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say(*ANN, f"/book-call {said}")
        assert (await call(bot)).topic == topic


async def test_the_offered_times_are_a_question_too():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say(*ANN, "/book-call")
        await bot.say(*ANN, "Tue 9:30 about the launch")
        assert ((await call(bot)).topic, await has_ticket(bot)) == ("the launch", False)
        await bot.say(*ANN, "Wed 9:30 about the launch")
        assert await has_ticket(bot), "the question is answered"


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


# Replies to the question itself ------------------------------------------------------------------------------------


async def test_a_colleague_who_replies_to_the_question_answers_it():
    async with bot_in_a_box(FRIDAY, TWO) as bot:
        await asked(bot, "")
        await bot.say(*BOB, "Tue 9:30", reply_to=shown(bot, "acme", "When instead?"))
        assert (await call(bot)).starts_at == bot.moment("2025-03-18T16:30+03:00")
        await bot.say(*BOB, "Wed 9:30")
        assert await has_ticket(bot), "he himself was asked nothing"


async def test_a_reply_answers_whatever_stands_beside_the_time_and_however_late():
    async with bot_in_a_box(FRIDAY) as bot:
        await asked(bot, "")
        await bot.forward(by=timedelta(minutes=31))
        await bot.say(*ANN, "Tue 9:30 the new funnels", reply_to=shown(bot, "acme", "When instead?"))
        assert (await call(bot)).starts_at == bot.moment("2025-03-18T16:30+03:00")
        assert not await has_ticket(bot)


async def test_a_reply_that_names_no_time_is_a_matter_of_its_own():
    async with bot_in_a_box(FRIDAY) as bot:
        await asked(bot, "")
        await bot.say(*ANN, "502 bad gateway everywhere", reply_to=shown(bot, "acme", "When instead?"))
        assert await has_ticket(bot)


async def test_a_reply_to_the_first_question_leaves_none_open_that_asks_for_the_same():
    async with bot_in_a_box(FRIDAY) as bot:
        await asked(bot, "")
        await bot.say(*ANN, "Tue 3pm")
        assert "outside the hours" in bot.last("acme")
        await bot.say(*ANN, "Tue 9:30", reply_to=shown(bot, "acme", "When instead?"))
        assert (await call(bot)).starts_at == bot.moment("2025-03-18T16:30+03:00")
        await bot.say(*ANN, "Wed 9:30")
        assert await has_ticket(bot)


async def test_a_reply_to_the_first_of_two_questions_is_about_the_first_call_and_the_second_stands():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say(*ANN, "/book-call Mon 09:00")
        await bot.say(*ANN, "/book-call Tue 09:00")
        await bot.say(*ANN, "/calls")
        await bot.press(*ANN, "Move C-1")
        await bot.press(*ANN, "Move C-2")
        await bot.say(*ANN, "Wed 10:00", reply_to=shown(bot, "acme", "When instead?"))
        await bot.say(*ANN, "Thu 10:00")
        first, second = [await bot.read(lambda tx, n=n: tx.calls.get(n)) for n in (1, 2)]
        assert (first.starts_at, second.starts_at) == (
            bot.moment("2025-03-19T17:00+03:00"),
            bot.moment("2025-03-20T17:00+03:00"),
        )


@pytest.mark.parametrize("words", ["since 9am no clicks at all", "today nothing works", "Monday our postbacks broke"])
async def test_a_reply_to_a_question_that_is_over_is_no_more_than_other_words(words):
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say(*ANN, "/book-call")
        offer = f"m{len(bot.channel.posts)}"
        await bot.say(*ANN, "Tue 9:30", reply_to=offer)
        await bot.say(*ANN, words, reply_to=offer)
        assert await has_ticket(bot)
    async with bot_in_a_box(FRIDAY) as bot:
        await asked(bot, "")
        await bot.say(*LEA, "/call-cancel C-1 ill")
        await bot.say(*ANN, words, reply_to=shown(bot, "acme", "When instead?"))
        assert await has_ticket(bot)
    async with bot_in_a_box(FRIDAY) as bot:
        await asked(bot, "")
        await bot.forward(by=timedelta(hours=25))
        await bot.say(*ANN, words, reply_to=shown(bot, "acme", "When instead?"))
        assert await has_ticket(bot)


async def test_a_manager_who_replies_to_the_first_of_two_questions_answers_it():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say(*ANN, "/book-call Mon 09:00")
        await bot.say(*ANN, "/book-call Tue 09:00")
        await bot.say(*MIA, "/calls")
        await bot.press(*MIA, "Move C-1")
        await bot.press(*MIA, "Move C-2")
        await bot.say(*MIA, "Wed 16:00", reply_to=shown(bot, "dm:mia", "When instead?"))
        assert (await call(bot)).starts_at == bot.moment("2025-03-19T16:00+03:00")


async def test_a_time_that_staff_finds_too_early_moves_no_call_there():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say(*ANN, "/book-call Mon 09:00")
        await bot.press(*MIA, "Other time")
        before = await call(bot)
        await bot.say(*MIA, "Tue 16:00 too early")
        assert await call(bot) == before
        assert "names no time" in bot.last("dm:mia")


async def test_what_staff_replies_in_a_clients_room_answers_no_question_of_the_client():
    async with bot_in_a_box(FRIDAY) as bot:
        await asked(bot, "")
        before = await call(bot)
        await bot.say("acme", "mia", "Tue 16:30", reply_to=shown(bot, "acme", "When instead?"))
        assert await call(bot) == before


async def test_a_reply_to_another_post_than_the_question_is_no_answer():
    async with bot_in_a_box(FRIDAY) as bot:
        await asked(bot, "")
        before = await call(bot)
        await bot.say(*ANN, "Tue 9:30", reply_to=shown(bot, "acme", "Agreed"))
        assert await call(bot) == before
