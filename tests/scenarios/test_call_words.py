"""What a wish for a call is answered with, and what becomes of the words that follow a question for a time.

The office is open 10:00-19:00 GMT+3, a call is asked for nine working hours ahead. 14 March 2025 is a Friday, 09:00 in
New York.
"""

from __future__ import annotations

import pytest
from harness import STAFF, bot_in_a_box, client

from bot.channels.base import InboundKind
from bot.desk.forms import form_of, wrong_in

FRIDAY = "2025-03-14T16:00+03:00"
ANN, MIA = ("acme", "acme/ann"), ("dm:mia", "mia")
OFFER = "Mia can be called at these times."


def buttons(bot, room="acme"):
    return list(next(post for post in reversed(bot.channel.posts) if post.room == room).buttons)


async def call(bot, id=1):
    return await bot.read(lambda tx: tx.calls.get(id))


# Days ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("tomorrow", "Sat 15 Mar is too soon, 1 working day's notice: Mon 09:00 New York at the earliest."),
        ("today", "Fri 14 Mar is too soon, 1 working day's notice: Mon 09:00 New York at the earliest."),
        ("on the weekend", "'on the weekend' is too soon, 1 working day's notice: Mon 09:00 New York at the earliest."),
        ("22 March", "Sat 22 Mar is outside the hours in which Mia can be called."),
        ("Mon 8-9:15", "'Mon 8-9:15' is too soon, 1 working day's notice: Mon 09:00 New York at the earliest."),
        ("Tue evening", "'Tue evening' is outside the hours in which Mia can be called."),
        ("after 14:00", "'after 14:00' is outside the hours in which Mia can be called."),
        ("Wed", "Wed 19 Mar: Mia is away until Fri 21 Mar 00:00 New York."),
        ("20 June about x", "Fri 20 Jun is too far ahead; the last day is Thu 12 Jun."),
    ],
)
async def test_a_day_that_cannot_be_had_is_answered_with_the_reason_and_the_nearest_times(words, why):
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say(*MIA, "/away 19 Mar 06:00 - 21 Mar 07:00")
        await bot.say(*ANN, f"/book-call {words}")
        assert bot.last("acme") == f"{why}\nFree nearby:"
        assert len(buttons(bot)) == 4 and buttons(bot)[-1] == "Other time"
        assert await call(bot) is None


async def test_who_is_away_until_nobody_knows_when_is_said_to_be():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say(*MIA, "/away from Wed")
        await bot.say(*ANN, "/book-call Wed 09:00")
        assert bot.last("acme").startswith("Wed 09:00 New York: Mia is away, until when is not known.")


async def test_a_day_whose_times_are_taken_says_so():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say(*ANN, "/book-call Tue 09:00")
        await bot.say(*ANN, "/book-call Tue 9-9:30")
        assert bot.last("acme").startswith("'Tue 9-9:30' is taken.")


@pytest.mark.parametrize("words", ["Tuesday", "next Tuesday", "on Tuesday?", "во вторник", "в след. вторник"])
async def test_a_day_that_is_named_is_offered_in_the_clients_daytime_as_it_is_for_in_4_days(words):
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say(*ANN, "/language ru")
        await bot.say(*ANN, "/book-call через 4 дня")
        expected = buttons(bot)
        await bot.say(*ANN, f"/book-call {words}")
        assert buttons(bot) == expected and expected[0].startswith("вт 08:00") and len(expected) == 6


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("to talk next week", "Mon 09:00"),
        ("let us talk on Wed", "Wed 08:00"),
        ("not on Wed", "Mon 09:00"),
    ],
)
async def test_a_day_behind_other_words_is_where_the_offers_begin_unless_it_is_ruled_out(words, first):
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say(*ANN, f"/book-call {words}")
        assert (bot.last("acme"), buttons(bot)[0].startswith(first)) == (OFFER, True)


@pytest.mark.parametrize(("language", "words"), [("en", "the end of next month"), ("ru", "в следующем квартале")])
async def test_a_time_that_cannot_be_read_is_said_to_be_none(language, words):
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say(*ANN, f"/language {language}")
        await bot.say(*ANN, f"/book-call {words}")
        line = bot.last("acme").splitlines()[0]
        assert words in line and ("no time that can be read" in line or "Не удалось прочитать время" in line)


async def test_what_people_call_their_zone_is_read_as_its_time_and_the_answer_names_the_zone():
    """EST in March, when New York has EDT."""
    staff = STAFF.replace("Etc/GMT-3", "America/New_York")
    async with bot_in_a_box(FRIDAY, client(), staff=staff) as bot:
        await bot.say(*ANN, "/book-call Tue 10:00 EST")
        assert bot.last("acme").startswith("Call Tue 18 Mar 10:00-10:30 New York is kept for you")


@pytest.mark.parametrize(
    ("words", "at"),
    [
        ("Tue 15:30 in London", "2025-03-18T15:30+00:00"),
        ("Tue 17:00 in Moscow", "2025-03-18T17:00+03:00"),
        ("15:30 on Tue in London", "2025-03-18T15:30+00:00"),
        ("вт 17:00 в Москве", "2025-03-18T17:00+03:00"),
        ("вт 17:00 по Москве", "2025-03-18T17:00+03:00"),
        ("вторник 10-00", "2025-03-18T10:00-04:00"),
    ],
)
async def test_a_city_after_the_time_is_its_zone(words, at):
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say(*ANN, "/language ru")
        await bot.say(*ANN, f"/book-call {words}")
        made = await bot.read(lambda tx: tx.calls.get(1))
        assert (made.starts_at, made.topic) == (bot.moment(at), "")


async def test_a_place_that_may_be_no_zone_books_nothing_before_it_is_clear():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say(*ANN, "/book-call Tue 10:00 in London our new office")
        assert await bot.read(lambda tx: tx.calls.get(1)) is None
        assert "'Tue 10:00 in London' can be the time there, or here" in bot.last("acme")


# Whoever stands in --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("Tue 9:30", "Ben, Tue 09:30 New York (Tue 16:30 GMT+3)"),
        ("Tue", "Ben, Tue 08:00 New York (Tue 15:00 GMT+3)"),
        ("Tue after 10 about x", "Ben, Tue 10:00 New York (Tue 17:00 GMT+3)"),
        ("to talk on Wed", "Ben, Wed 08:00 New York (Wed 15:00 GMT+3)"),
        ("24 Mar 09:00", "Ben, Mon 24 Mar 09:00 New York (Mon 24 Mar 16:00 GMT+3)"),
    ],
)
async def test_who_names_a_time_while_the_manager_is_away_for_weeks_is_offered_whoever_stands_in(words, first):
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say(*MIA, "/away until 7 April")
        await bot.say(*ANN, f"/book-call {words}")
        assert bot.last("acme").splitlines()[-1] == "Ben can be called at these times; Mia has none within a week."
        assert (buttons(bot)[0], buttons(bot)[-1] in ("Other time", "Ask anyway")) == (first, True)
        await bot.press(*ANN, first)
        assert "Ben confirms it. C-1." in bot.last("acme")


@pytest.mark.parametrize("words", ["8 April 09:00", "Tue 18:00", "21 March 12:30", "20 June 9:00"])
async def test_who_wishes_for_a_time_next_to_which_the_manager_is_free_is_offered_him_alone(words):
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say(*MIA, "/away 24 March - 6 April")
        await bot.say(*ANN, f"/book-call {words}")
        assert "Ben" not in bot.last("acme") + str(buttons(bot))


async def test_the_staff_is_offered_its_own_times():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say(*MIA, "/away until 7 April")
        await bot.say("acme", "mia", "/book-call Tue 16:00")
        assert "Ben" not in bot.last("dm:mia") + str(buttons(bot, "dm:mia"))


# Another time, in plain words ---------------------------------------------------------------------------------------


async def moving(bot, side):
    """A call of Monday whose *Other time* was pressed on one side."""
    await bot.say(*ANN, "/book-call Mon 09:00")
    await bot.press(*side, "Other time")
    assert bot.last(side[0]).startswith("When instead?")


@pytest.mark.parametrize(("side", "words"), [(ANN, "Tue 9:30 because of a clash"), (MIA, "Tue 16:30 a clash")])
async def test_the_words_after_other_time_are_the_time(side, words):
    async with bot_in_a_box(FRIDAY) as bot:
        await moving(bot, side)
        await bot.say(*side, words)
        assert (await call(bot)).starts_at == bot.moment("2025-03-18T16:30+03:00")
        assert bot.last((MIA if side is ANN else ANN)[0]).endswith("a clash")
        await bot.say(*ANN, "our postbacks are broken")
        assert "T-42" in bot.last("acme"), "what follows is a request again"


async def test_a_time_that_cannot_be_had_and_a_mere_day_are_answered_and_the_question_stands():
    async with bot_in_a_box(FRIDAY) as bot:
        await moving(bot, ANN)
        await bot.say(*ANN, "Tue 15:00")
        assert bot.last("acme").startswith("Tue 15:00 New York is outside the hours")
        await bot.say(*ANN, "Wed")
        assert buttons(bot)[0].startswith("Wed 08:00")
        await bot.say(*ANN, "Thu 3")
        assert "can be at night or in the afternoon" in bot.last("acme")
        await bot.say(*ANN, "Sat")
        assert bot.last("acme").startswith("Sat 15 Mar is too soon")
        await bot.say(*ANN, "Wed 9:00")
        assert (await call(bot)).starts_at == bot.moment("2025-03-19T16:00+03:00")
        assert not await bot.read(lambda tx: tx.tickets.by_ref(42))


async def test_words_of_the_staff_without_a_time_are_asked_for_once_more_and_then_are_read_as_usual():
    async with bot_in_a_box(FRIDAY) as bot:
        await moving(bot, MIA)
        await bot.say(*MIA, "let me see")
        assert bot.last("dm:mia") == (
            "'let me see' names no time for the call. "
            "This works: tomorrow 15:00, Tue 10:00 about the launch, next week. "
            "Words without one are read as usual after this."
        )
        await bot.say(*MIA, "hm")
        await bot.say(*MIA, "Tue 16:30")
        assert (await call(bot)).starts_at == bot.moment("2025-03-17T16:00+03:00"), "the question is over"


async def test_the_question_is_over_once_a_time_was_tapped_and_after_half_an_hour():
    async with bot_in_a_box(FRIDAY) as bot:
        await moving(bot, ANN)
        await bot.press(*ANN, buttons(bot)[0])
        await bot.say(*ANN, "Tue 9:30 is when postbacks broke")
        assert "T-42" in bot.last("acme")
    async with bot_in_a_box(FRIDAY) as bot:
        await moving(bot, ANN)
        await bot.forward(to="2025-03-14T16:31+03:00")
        await bot.say(*ANN, "Tue 9:30 is when postbacks broke")
        assert "T-42" in bot.last("acme")


async def test_only_whoever_was_asked_answers():
    async with bot_in_a_box(FRIDAY) as bot:
        await moving(bot, ANN)
        await bot.say("acme", "acme/bob", "Tue 9:30 is when postbacks broke")
        assert "T-42" in bot.last("acme")


async def test_another_time_than_those_offered_is_asked_for_in_words_too():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say(*ANN, "/book-call")
        receipt = await bot.press(*ANN, "Other time")
        assert receipt.notice is None and buttons(bot) == ["Next week", "The week after next"]
        assert bot.last("acme") == (
            'When? Write the time and nothing else, or what it is about behind "about". '
            "This works: tomorrow 15:00, Tue 10:00 about the launch, next week."
        )
        await bot.press(*ANN, "The week after next")
        assert buttons(bot)[0].startswith("Mon 24 Mar 08:00")
        await bot.say(*ANN, "25 March 9:30 about funnels")
        assert ((await call(bot)).topic, (await call(bot)).starts_at) == (
            "funnels",
            bot.moment("2025-03-25T16:30+03:00"),
        )
        assert not await bot.read(lambda tx: tx.tickets.by_ref(42))


async def test_the_answer_to_when_belongs_to_the_ticket_that_was_asked_about():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say(*ANN, "postbacks are broken")
        await bot.say(*MIA, "/book-call T-42")
        await bot.press(*MIA, "Other time")
        await bot.say(*MIA, "Tue 16:00")
        assert (await call(bot)).ticket_id is not None


@pytest.mark.parametrize(("side", "words"), [(ANN, "Tue 9:30 a clash"), (MIA, "Tue 16:30 a clash")])
async def test_where_there_are_forms_other_time_is_one(side, words):
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say(*ANN, "/book-call Mon 09:00")
        pressed = bot.inbound(*side, "", kind=InboundKind.PRESS, action=bot.button(side[0], "Other time"))
        form = await bot.read(lambda tx: form_of(tx, bot.desk, pressed, bot.clock.now))
        assert form.command.startswith("/call-time C-1@") and form.title == "C-1"
        assert "Tue" in form.explanation and form.question.startswith("When instead, and why?")
        blank = bot.inbound(*side, f"{form.command} soon")
        wrong, _ = await bot.store.write(lambda tx: wrong_in(tx, bot.desk, blank, bot.clock.now))
        assert wrong.lines[0].key == "errors.call_time"
        await bot.say(*side, f"{form.command} {words}")
        assert (await call(bot)).starts_at == bot.moment("2025-03-18T16:30+03:00")
        assert await bot.read(lambda tx: form_of(tx, bot.desk, pressed, bot.clock.now)) is None


async def test_there_is_no_form_for_the_time_of_a_call_that_is_cancelled():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say(*ANN, "/book-call Mon 09:00")
        pressed = bot.inbound(*MIA, "", kind=InboundKind.PRESS, action=bot.button(MIA[0], "Other time"))
        assert await bot.read(lambda tx: form_of(tx, bot.desk, pressed, bot.clock.now)) is not None
        await bot.say(*ANN, "/call-cancel C-1")
        assert await bot.read(lambda tx: form_of(tx, bot.desk, pressed, bot.clock.now)) is None
