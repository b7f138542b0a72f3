"""What answers a question that the bot asked of staff, what is talk, and which button makes it needless."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from harness import bot_in_a_box

from bot.channels.base import InboundKind
from bot.desk.questions import is_settled
from bot.sla.call import CallState
from bot.sla.clock import State
from bot.sla.policy import Metric
from bot.store.prompts import Prompt

NOON = "2025-03-18T12:00+03:00"
FRIDAY = "2025-03-14T16:00+03:00"
ANN, MIA = ("acme", "acme/ann"), ("dm:mia", "mia")
HALF_AN_HOUR, MINUTE = timedelta(minutes=30), timedelta(minutes=1)


def shown(bot, text):
    """The platform's id of Mia's newest post that holds the text."""
    posts = enumerate(bot.channel.posts, 1)
    return [f"m{n}" for n, post in posts if post.room == "dm:mia" and text in post.text][-1]


async def open_question(bot):
    return await bot.read(lambda tx: tx.prompts.open(tx.rooms.at("fake", "default", "dm:mia").id, "mia", bot.clock.now))


async def press(bot, label, number=0):
    """Mia presses the button of that label in the post that was the nth to have it."""
    post = [post for post in bot.channel.posts if post.room == "dm:mia" and label in post.buttons][number]
    await bot.say(*MIA, "", kind=InboundKind.PRESS, action=post.buttons[label])


async def eta_of(bot, reference="T-42"):
    return (await bot.page(reference)).standing.eta_at


async def has_hold(bot):
    return (await bot.timed("T-42", Metric.RESPONSE)).state is State.HELD


async def call(bot, number=1):
    return await bot.read(lambda tx: tx.calls.get(number))


# Replies to a question that no call's time answers ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("late", "is_answer"), [(timedelta(), True), (HALF_AN_HOUR - MINUTE, True), (HALF_AN_HOUR, False)]
)
async def test_a_reply_to_the_question_about_an_eta_is_an_answer_for_half_an_hour(late, is_answer):
    async with bot_in_a_box(NOON) as bot:
        await bot.say(*ANN, "postbacks stopped")
        await bot.say(*MIA, "/eta T-42")
        bot.clock.now += late
        await bot.say(*MIA, "16:00", reply_to=shown(bot, "By when?"))
        assert await eta_of(bot) == (bot.moment("2025-03-18T16:00+03:00") if is_answer else None)


@pytest.mark.parametrize("late", [timedelta(), HALF_AN_HOUR])
async def test_a_late_reply_to_the_question_about_details_is_talk(late):
    async with bot_in_a_box(NOON) as bot:
        await bot.say(*ANN, "the numbers look odd")
        await bot.say(*MIA, "/ask-details T-42")
        bot.clock.now += late
        await bot.say(*MIA, "which campaign is it?", reply_to=shown(bot, "Which details"))
        assert await has_hold(bot) == (not late)


async def test_a_second_reply_to_the_question_about_details_is_talk():
    async with bot_in_a_box(NOON) as bot:
        await bot.say(*ANN, "the numbers look odd")
        await bot.say(*MIA, "/ask-details T-42")
        question = shown(bot, "Which details")
        await bot.say(*MIA, "which campaign is it?", reply_to=question)
        since = len(bot.channel.posts)
        await bot.say(*MIA, "what a morning", reply_to=question)
        assert "what a morning" not in "".join(bot.posts("acme", since))


async def test_a_reply_to_what_a_colleague_was_asked_is_talk():
    async with bot_in_a_box(NOON) as bot:
        await bot.say(*ANN, "postbacks stopped")
        await bot.say("team:support", "mia", "/eta T-42")
        question = next(f"m{n}" for n, post in enumerate(bot.channel.posts, 1) if "By when?" in post.text)
        await bot.say("team:support", "tom", "16:00", reply_to=question)
        assert await eta_of(bot) is None
        await bot.say("team:support", "mia", "16:00", reply_to=question)
        assert await eta_of(bot) == bot.moment("2025-03-18T16:00+03:00")


# Words that reply to nothing ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("late", "is_answer"), [(HALF_AN_HOUR - MINUTE, True), (HALF_AN_HOUR, False)])
async def test_words_answer_what_was_asked_last_for_half_an_hour(late, is_answer):
    async with bot_in_a_box(NOON) as bot:
        await bot.say(*ANN, "postbacks stopped")
        await bot.say(*MIA, "/eta T-42")
        bot.clock.now += late
        await bot.say(*MIA, "16:00")
        assert await eta_of(bot) == (bot.moment("2025-03-18T16:00+03:00") if is_answer else None)


# Buttons ------------------------------------------------------------------------------------------------------------


async def two_calls(bot):
    for start in ("Mon 09:00", "Tue 09:00"):
        await bot.say(*ANN, f"/book-call {start}")


async def starts(bot, number):
    return (await call(bot, number)).starts_at


@pytest.mark.parametrize("number", [0, 1])
async def test_a_call_confirmed_ends_the_question_for_its_time_and_for_no_others(number):
    async with bot_in_a_box(FRIDAY) as bot:
        await two_calls(bot)
        await press(bot, "Other time", 0)
        await press(bot, "Confirm", number)
        await bot.say(*MIA, "Wed 16:00")
        is_moved = await starts(bot, 1) == bot.moment("2025-03-19T16:00+03:00")
        assert is_moved == (number == 1)
        assert (await call(bot, number + 1)).state is CallState.AGREED


@pytest.mark.parametrize("number", [1, 2])
async def test_a_call_moved_by_a_button_ends_the_question_for_its_time_and_for_no_others(number):
    async with bot_in_a_box(FRIDAY) as bot:
        await two_calls(bot)
        await press(bot, "Other time", number - 1)
        free = bot.channel.posts[-1].buttons
        action = next(free[label] for label in free if label.startswith("Tue 15:00"))
        await press(bot, "Other time", 0)
        await bot.say(*MIA, "", kind=InboundKind.PRESS, action=action)
        assert await starts(bot, number) == bot.moment("2025-03-18T15:00+03:00")
        assert (await open_question(bot) is None) == (number == 1)


@pytest.mark.parametrize("number", [1, 2])
async def test_a_call_that_the_client_cancels_ends_the_question_for_its_time_and_for_no_others(number):
    async with bot_in_a_box(FRIDAY) as bot:
        await two_calls(bot)
        await bot.say(*ANN, "/calls")
        await bot.press(*ANN, "Move C-1")
        await bot.press(*ANN, f"Cancel C-{number}")
        assert (await call(bot, number)).state is CallState.CANCELLED
        await bot.say(*ANN, "Wed 9:30")
        assert (await starts(bot, 1) == bot.moment("2025-03-19T16:30+03:00")) == (number == 2)
        has_ticket = await bot.read(lambda tx: tx.tickets.by_ref(42)) is not None
        assert has_ticket == (number == 1), bot.last("acme")


@pytest.mark.parametrize("reference", ["T-42", "T-43"])
async def test_an_eta_by_a_button_ends_the_question_about_its_ticket_and_about_no_other(reference):
    async with bot_in_a_box(NOON) as bot:
        await bot.say(*ANN, "postbacks stopped")
        await bot.say(*ANN, "/new the numbers look odd")
        await bot.say(*MIA, "/eta T-43")
        other = bot.button("dm:mia", "ETA in 1 h")
        await bot.say(*MIA, "/eta T-42")
        own = bot.button("dm:mia", "ETA in 1 h")
        await bot.say(*MIA, "", kind=InboundKind.PRESS, action=own if reference == "T-42" else other)
        assert await eta_of(bot, reference) == bot.moment("2025-03-18T13:00+03:00")
        asked = await open_question(bot)
        assert (asked is None) == (reference == "T-42")


SETTLED = [
    ("call_time", "C-1@s", "/call-time C-1@s Tue 10:00", True),
    ("call_time", "C-1@s", "/call-move C-1@s 2025-03-17T14:00Z", True),
    ("call_time", "C-1@s", "/call-cancel C-1@s -", True),
    ("call_time", "C-1@s", "/call-confirm C-1@s", True),
    ("call_time", "C-1@s", "/call-confirm C-2@s", False),
    ("call_time", "C-1@s", "/call-kind C-1@s training", False),
    ("call_time", "C-1@s", "/book-call 2025-03-17T14:00Z", False),
    ("call_wish", "", "/call-wish Tue 10:00", True),
    ("call_wish", "", "/book-call 2025-03-17T14:00Z", True),
    ("call_wish", "", "/book-call-with ben 2025-03-17T14:00Z", True),
    ("call_wish", "", "/book-call-anyway 2025-03-17T14:00Z", True),
    ("call_wish", "", "/call-confirm C-1@s", False),
    ("call_cancel", "C-1@s", "/call-cancel C-1@s -", True),
    ("call_cancel", "C-1@s", "/call-cancel C-2@s -", False),
    ("call_cancel", "C-1@s", "/call-confirm C-1@s", False),
    ("eta", "T-42", "/eta T-42 1h", True),
    ("eta", "T-42", "/eta T-43 1h", False),
    ("eta", "T-42", "/hold T-42 client", False),
    ("details", "T-42", "/hold T-42 client a screenshot", True),
    ("details", "T-42", "/hold T-43 client a screenshot", False),
]


@pytest.mark.parametrize(("kind", "ref", "command", "is_over"), SETTLED)
def test_a_button_settles_what_was_asked_about_the_same(kind, ref, command, is_over):
    asked = Prompt(1, "mia", kind, None, {"ref": ref}, datetime(2025, 3, 14, tzinfo=UTC), False, True, None)
    assert is_settled(asked, command) is is_over
