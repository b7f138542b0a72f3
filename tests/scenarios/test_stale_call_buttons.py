"""A button about a call means the call as it stood above the button: under another time it agrees to nothing.

The office is open 10:00-19:00 GMT+3; 14 March 2025 is a Friday, New York is 7 hours behind.
"""

from __future__ import annotations

import pytest
from harness import bot_in_a_box

from bot.channels.base import InboundKind
from bot.notice import loads
from bot.sla.call import CallState

FRIDAY = "2025-03-14T16:00+03:00"
WORDS = {"button.call_confirm": "Confirm", "button.call_move": "Move", "button.call_drop": "Cancel"}
ANN, MIA, LEA = ("acme", "acme/ann"), ("dm:mia", "mia"), ("dm:lea", "lea")


def buttons(bot, room, label):
    """The ids of all buttons of a label that a room was ever shown, the oldest first."""
    return [post.buttons[label] for post in bot.channel.posts if post.room == room and label in post.buttons]


async def tap(bot, room, who, action):
    return await bot.say(room, who, "", kind=InboundKind.PRESS, action=action)


async def call(bot):
    return await bot.read(lambda tx: tx.calls.get(1))


def keyboards(tx):
    """What was left of the buttons of each message after a press."""
    rows = tx.connection.execute("SELECT notice FROM outbox WHERE dedupe_key LIKE 'keyboard:%'")
    acts = [loads(row["notice"]).buttons for row in rows]
    return [[f"{WORDS[act.label]} {act.params['call']}" for act in each] for each in acts]


async def test_the_clients_confirm_under_tuesday_does_not_agree_to_wednesday():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say(*ANN, "/book-call Mon 09:00")
        await bot.say(*MIA, "/call-move C-1 Tue 16:00")
        await bot.say(*MIA, "/call-move C-1 Wed 11:00")
        first, _ = buttons(bot, "acme", "Confirm")
        await tap(bot, *ANN, first)
        assert (await call(bot)).state is CallState.PROPOSED
        assert bot.last("acme") == (
            "C-1 has changed meanwhile; calls shows how it stands.\n"
            "C-1: Wed 19 Mar 04:00-04:30 New York (Wed 11:00 GMT+3), Mia, waits for you to confirm."
        )
        await bot.press(*ANN, "Confirm C-1")
        assert (await call(bot)).state is CallState.AGREED


async def test_the_managers_confirm_under_monday_does_not_agree_to_thursday():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say(*ANN, "/book-call Mon 09:00")
        await bot.say(*ANN, "/call-move C-1 Thu 10:00")
        receipt = await tap(bot, *MIA, buttons(bot, "dm:mia", "Confirm")[0])
        assert (await call(bot)).state is CallState.PROPOSED
        assert "C-1: Thu 20 Mar 17:00-17:30 GMT+3" in (receipt.notice or bot.last("dm:mia"))
        await bot.press(*MIA, "Confirm C-1")
        assert (await call(bot)).state is CallState.AGREED


@pytest.mark.parametrize("label", ["Cancel the call", "Other time"])
async def test_nothing_else_is_done_under_a_time_that_is_no_more(label):
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say(*ANN, "/book-call Mon 09:00")
        await bot.say(*MIA, "/call-move C-1 Tue 16:00")
        before = await call(bot)
        await tap(bot, *ANN, buttons(bot, "acme", label)[0])
        assert await call(bot) == before
        assert bot.last("acme").startswith("C-1 has changed meanwhile")


async def test_a_time_that_was_offered_instead_of_another_moves_no_call_that_has_moved():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say(*ANN, "/book-call Mon 09:00")
        await bot.press(*ANN, "Other time")
        slot = next(iter(bot.channel.posts[-1].buttons))
        await bot.say(*MIA, "/call-move C-1 Thu 16:00")
        before = await call(bot)
        await bot.press(*ANN, slot)
        assert await call(bot) == before


async def test_a_reason_that_comes_late_cancels_no_call_that_has_moved_and_is_asked_for_no_more():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say(*ANN, "/book-call Mon 09:00")
        await bot.press(*MIA, "Cancel the call")
        await bot.say(*ANN, "/call-move C-1 Thu 10:00")
        before = await call(bot)
        await bot.say(*MIA, "I am at a fair")
        assert await call(bot) == before
        assert bot.last("dm:mia").startswith("C-1 has changed meanwhile")
        await bot.say(*MIA, "I am at a fair")
        assert not bot.last("dm:mia").startswith("C-1 has changed meanwhile")


async def test_what_was_agreed_with_one_is_not_confirmed_under_anothers_name():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say("acme", "mia", "/book-call Mon 09:00")
        await bot.say(*LEA, "/call-hand C-1 ben")
        await tap(bot, *ANN, buttons(bot, "acme", "Confirm")[0])
        assert (await call(bot)).state is CallState.PROPOSED
        assert "Ben" in bot.last("acme")


@pytest.mark.parametrize(
    ("then", "reads"),
    [
        ("/call-move C-1 Thu 10:00", "C-1 has changed meanwhile; calls shows how it stands."),
        ("/call-cancel C-1", "Call Thu 20 Mar 17:00-17:30 GMT+3 is cancelled. C-1."),
    ],
)
async def test_a_call_is_handed_to_nobody_at_another_time_than_he_is_free_at(then, reads):
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say(*ANN, "/book-call Mon 09:00")
        await bot.say(*MIA, "/away Mon")
        await bot.settle()
        await bot.say(*ANN, "/call-move C-1 Thu 10:00")
        await bot.say(*ANN, then)
        before = await call(bot)
        receipt = await tap(bot, *LEA, buttons(bot, "dm:lea", "C-1 to Ben")[0])
        assert (receipt.notice or bot.last("dm:lea")).splitlines()[0] == reads
        assert await call(bot) == before


async def test_a_typed_command_means_the_call_as_it_is_now():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say(*ANN, "/book-call Mon 09:00")
        await bot.say(*MIA, "/call-move C-1 Tue 16:00")
        await bot.say(*ANN, "/call-confirm C-1")
        assert (await call(bot)).state is CallState.AGREED


async def test_a_button_goes_on_working_while_its_time_stands():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say(*ANN, "/book-call Mon 09:00")
        await bot.press(*MIA, "Confirm")
        await tap(bot, *ANN, buttons(bot, "acme", "Cancel the call")[0])
        assert (await call(bot)).state is CallState.CANCELLED


async def test_the_buttons_of_a_call_that_has_changed_go_and_those_of_others_stay():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say(*ANN, "/book-call Mon 09:00")
        await bot.say(*ANN, "/book-call Tue 09:00")
        await bot.say(*MIA, "/calls")
        post, number = bot.channel.posts[-1], len(bot.channel.posts)
        assert list(post.buttons) == ["Confirm C-1", "Move C-1", "Cancel C-1", "Confirm C-2", "Move C-2", "Cancel C-2"]
        await bot.say(*ANN, "/call-move C-1 Thu 10:00")
        await bot.say(*MIA, "", kind=InboundKind.PRESS, action=post.buttons["Confirm C-1"], reply_to=f"m{number}")
        (left,) = await bot.read(keyboards)
        assert left == ["Confirm C-2", "Move C-2", "Cancel C-2"]
