"""Buttons and questions about a call that is not to come any more, and which calls are shown to whom.

The office is open 10:00-19:00 GMT+3; 14 March 2025 is a Friday, New York is 7 hours behind.
"""

from __future__ import annotations

import pytest
from harness import STAFF, bot_in_a_box, client

from bot.channels.base import InboundKind
from bot.notice import loads
from bot.sla.call import CallState

FRIDAY = "2025-03-14T16:00+03:00"
ANN, MIA, BEN, LEA = ("acme", "acme/ann"), ("dm:mia", "mia"), ("dm:ben", "ben"), ("dm:lea", "lea")
HERS, THEIRS = "Call Mon 17 Mar 16:00-16:30 GMT+3", "Call Mon 17 Mar 09:00-09:30 New York"


def newest(bot, room, label):
    """The newest post of a room with such a button."""
    return next(post for post in reversed(bot.channel.posts) if post.room == room and label in post.buttons)


async def tap(bot, who, label, post=None):
    """What is told him who taps it."""
    post = post or newest(bot, who[0], label)
    reply_to = f"m{bot.channel.posts.index(post) + 1}"
    receipt = await bot.say(*who, "", kind=InboundKind.PRESS, action=post.buttons[label], reply_to=reply_to)
    return receipt.notice or bot.last(who[0])


async def agreed(bot):
    await bot.say(*ANN, "/book-call Mon 09:00")
    await tap(bot, MIA, "Confirm")


async def call(bot):
    return await bot.read(lambda tx: tx.calls.get(1))


@pytest.mark.parametrize("label", ["Confirm", "Other time", "Cancel the call"])
async def test_who_answers_a_call_that_the_client_has_cancelled_reads_that_it_is(label):
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say(*ANN, "/book-call Mon 09:00")
        await bot.say(*ANN, "/call-cancel C-1 not needed")
        assert await tap(bot, MIA, label) == f"{HERS} is cancelled. C-1."
        assert (await call(bot)).state is CallState.CANCELLED
        assert not any("Book a call" in post.buttons for post in bot.channel.posts if post.room == "dm:mia")


@pytest.mark.parametrize("label", ["Confirm", "Other time", "Cancel the call"])
async def test_a_client_reads_so_of_one_that_the_manager_has_cancelled_and_may_book_another(label):
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say(*ANN, "/book-call Mon 09:00")
        await bot.say(*MIA, "/call-move C-1 Tue 16:00")
        post = newest(bot, "acme", label)
        await bot.say(*MIA, "/call-cancel C-1 ill")
        assert await tap(bot, ANN, label, post) == "Call Tue 18 Mar 09:00-09:30 New York is cancelled. C-1."
        assert newest(bot, "acme", "Book a call").text == bot.last("acme")


async def test_the_buttons_of_a_call_that_is_over_go_once_one_is_tapped():
    async with bot_in_a_box(FRIDAY) as bot:
        await agreed(bot)
        await bot.say(*ANN, "/call-cancel C-1")
        await tap(bot, MIA, "Other time")
        query = "SELECT notice FROM outbox WHERE dedupe_key LIKE 'keyboard:%' ORDER BY id DESC"
        row = await bot.read(lambda tx: tx.connection.execute(query).fetchone())
        assert loads(row["notice"]).buttons == ()


async def test_a_time_is_no_answer_any_more_once_the_call_is_cancelled():
    async with bot_in_a_box(FRIDAY) as bot:
        await agreed(bot)
        await tap(bot, ANN, "Other time")
        await bot.say(*MIA, "/call-cancel C-1 ill")
        await bot.say(*ANN, "Tue 10:00")
        assert bot.last("acme") == f"{THEIRS} is cancelled. C-1."
        assert list(bot.channel.posts[-1].buttons) == ["Book a call"]
        await bot.say(*ANN, "Tue 10:00")
        assert bot.last("acme") != f"{THEIRS} is cancelled. C-1."


@pytest.mark.parametrize("label", ["Other time", "Cancel the call"])
@pytest.mark.parametrize(
    ("at", "outcome", "reads"),
    [
        ("2025-03-17T16:00+03:00", "", f"{HERS} has begun. C-1."),
        ("2025-03-17T16:29+03:00", "", f"{HERS} has begun. C-1."),
        ("2025-03-17T16:30+03:00", "", f"{HERS} is over. C-1."),
        ("2025-03-17T16:31+03:00", "It took place", f"{HERS} took place. C-1."),
        ("2025-03-17T16:31+03:00", "Nobody came", "Nobody came to the call Mon 17 Mar 16:00-16:30 GMT+3. C-1."),
    ],
)
async def test_nothing_is_asked_about_a_call_that_has_begun_or_is_over(label, at, outcome, reads):
    async with bot_in_a_box(FRIDAY) as bot:
        await agreed(bot)
        await bot.forward(to=at)
        if outcome:
            await tap(bot, MIA, outcome)
        assert await tap(bot, MIA, label) == reads


async def test_a_button_that_stood_under_another_time_says_so_too_once_the_call_is_over():
    async with bot_in_a_box(FRIDAY) as bot:
        await agreed(bot)
        await bot.say(*MIA, "/away Tue")
        await bot.settle()
        post = newest(bot, "dm:mia", "Other time")
        await bot.say(*ANN, "/call-move C-1 Tue 10:00")
        await bot.settle()
        await bot.say(*ANN, "/call-cancel C-1")
        assert await tap(bot, MIA, "Other time", post) == "Call Mon 17 Mar 16:00-16:30 GMT+3 is cancelled. C-1."


async def test_a_call_that_was_cancelled_did_not_take_place_and_was_not_missed_either():
    async with bot_in_a_box(FRIDAY) as bot:
        await agreed(bot)
        await bot.say(*ANN, "/call-cancel C-1")
        for words in ("/call-held C-1", "/call-missed C-1"):
            await bot.say(*MIA, words)
            assert bot.last("dm:mia") == f"{HERS} is cancelled. C-1."


async def test_a_call_that_has_begun_is_listed_without_buttons_and_those_to_come_with_theirs():
    async with bot_in_a_box(FRIDAY, client(), client("bolt")) as bot:
        await agreed(bot)
        await bot.say("bolt", "bolt/ann", "/book-call Wed 09:00")
        await bot.forward(to="2025-03-17T16:10+03:00")
        await bot.say(*MIA, "/calls")
        assert bot.last("dm:mia").splitlines()[0] == "C-1: Mon 17 Mar 16:00-16:30 GMT+3, Acme, Mia, agreed."
        assert list(bot.channel.posts[-1].buttons) == ["Confirm C-2", "Move C-2", "Cancel C-2"]


# which calls are shown to whom


@pytest.mark.parametrize("role", ["lead", "admin"])
async def test_a_lead_sees_all_calls_to_come_in_his_own_chat_and_whose_answer_is_missing(role):
    async with bot_in_a_box(FRIDAY, staff=STAFF.replace('role = "lead"', f'role = "{role}"')) as bot:
        await bot.say(*ANN, "/book-call Mon 09:00")
        line = "C-1: Mon 17 Mar 16:00-16:30 GMT+3, Acme, Mia, waits for {} to confirm."
        for who, waits in ((MIA, "you"), (LEA, "Mia"), (("team:support", "mia"), "Mia")):
            await bot.say(*who, "/calls")
            assert bot.last(who[0]) == line.format(waits)


async def test_of_calls_that_an_absence_covers_each_reads_whose_answer_is_missing():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say(*ANN, "/book-call Mon 09:00")
        await bot.say(*MIA, "/away Mon")
        await bot.settle()
        assert "waits for Mia to confirm" in bot.last("dm:lea")
        assert any("waits for you to confirm" in text for text in bot.posts("dm:mia"))


async def test_who_stands_in_sees_the_calls_that_the_absence_covers_among_his_own():
    ben = client("bolt").replace('manager = "mia"\nbackups = ["ben"]', 'manager = "ben"')
    async with bot_in_a_box(FRIDAY, client(), ben) as bot:
        await agreed(bot)
        await bot.say(*ANN, "/book-call Thu 09:00")
        await bot.say("bolt", "bolt/ann", "/book-call Tue 09:00")
        await bot.say(*BEN, "/calls")
        assert [line[:3] for line in bot.last("dm:ben").splitlines()] == ["C-3"]
        await bot.say(*MIA, "/away from Mon until Wed")
        await bot.say(*BEN, "/calls")
        assert [line[:3] for line in bot.last("dm:ben").splitlines()] == ["C-1", "C-3"]
        await bot.say("dm:tom", "tom", "/calls")
        assert bot.last("dm:tom") == "No call is booked."


async def test_who_is_away_then_too_stands_in_for_nobody():
    async with bot_in_a_box(FRIDAY, client(), staff=STAFF) as bot:
        await agreed(bot)
        await bot.say(*MIA, "/away Mon")
        await bot.say(*BEN, "/away Mon")
        await bot.say(*BEN, "/calls")
        assert bot.last("dm:ben") == "No call is booked."
