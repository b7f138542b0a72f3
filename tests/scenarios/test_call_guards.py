"""What may not become of a call, and where its words go when the ticket it is about lives elsewhere.

The office is open 10:00-19:00 GMT+3; 14 March 2025 is a Friday, New York is 7 hours behind.
"""

from __future__ import annotations

import pytest
from harness import STAFF, bot_in_a_box, client

from bot.sla.call import CallState

FRIDAY = "2025-03-14T16:00+03:00"
TWO_ROOMS = client().replace('id = "acme" }]', 'id = "acme" }, { channel = "fake", id = "acme-ops" }]')


async def agreed(bot):
    await bot.say("acme", "acme/ann", "/book-call Mon 09:00")
    await bot.press("dm:mia", "mia", "Confirm")


async def call(bot):
    return await bot.read(lambda tx: tx.calls.get(1))


@pytest.mark.parametrize("words", ["/call-cancel C-1 solved", "/call-move C-1 Tue 09:00", "/call-hand C-1 ben"])
async def test_a_call_that_has_begun_is_neither_moved_nor_handed_over_nor_called_off(words):
    async with bot_in_a_box(FRIDAY) as bot:
        await agreed(bot)
        await bot.forward(to="2025-03-17T16:00+03:00")
        before = await call(bot)
        await bot.say("dm:mia", "mia", words)
        assert await call(bot) == before and before.state is CallState.AGREED
        assert bot.last("dm:mia") == "Call Mon 17 Mar 16:00-16:30 GMT+3 has begun. C-1."


async def test_a_wish_is_judged_again_when_it_is_confirmed():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say("acme", "acme/ann", "/book-call today 11:30")
        await bot.press("acme", "acme/ann", "Ask anyway")
        confirm = bot.button("dm:mia", "Confirm")
        await bot.say("dm:mia", "mia", "/away today")
        await bot.say("dm:mia", "mia", "/call-confirm C-1")
        assert confirm and (await call(bot)).state is CallState.WISHED
        assert "18:30 GMT+3: Mia is away until Sat 00:00 GMT+3." in bot.last("dm:mia")


async def test_the_manager_moves_a_call_within_the_notice_and_the_client_does_not():
    async with bot_in_a_box(FRIDAY) as bot:
        await agreed(bot)
        await bot.say("acme", "acme/ann", "/call-move C-1 today 11:00")
        assert "is too soon" in bot.last("acme")
        await bot.say("dm:mia", "mia", "/call-move C-1 today 18:00")
        assert bot.last("acme").startswith(
            "Mia moves the call from Mon 09:00 New York: Fri 14 Mar 11:00-11:30 New York"
        )


async def test_what_is_said_of_a_call_is_said_where_it_was_asked_for_whatever_room_its_ticket_is_in():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.apply_roster(STAFF + TWO_ROOMS)
        await bot.say("acme", "acme/ann", "postbacks stopped arriving")
        before = bot.posts("acme")
        await bot.say("acme-ops", "acme/ann", "/book-call T-42 Mon 09:00")
        assert "is kept for you" in bot.last("acme-ops") and bot.posts("acme") == before
        await bot.press("dm:mia", "mia", "Confirm")
        assert "Agreed, C-1" in bot.posts("acme-ops")[-1] or "Agreed, C-1" in bot.posts("acme-ops")[-2]
        assert bot.posts("acme") == before
        assert [room for room, _, _ in bot.channel.files] == ["acme-ops", "dm:mia"]
        threads = await bot.read(
            lambda tx: {
                (row["thread"], row["reply_to"])
                for row in tx.connection.execute("SELECT * FROM outbox WHERE dedupe_key LIKE 'file:%'")
            }
        )
        assert threads == {(None, None)}, "its ticket's thread is in the other room"


async def test_a_wrong_tap_on_the_outcome_is_put_right_within_the_day_and_the_client_is_told():
    async with bot_in_a_box(FRIDAY) as bot:
        await agreed(bot)
        await bot.forward(to="2025-03-17T16:31+03:00")
        await bot.press("dm:mia", "mia", "It took place")
        receipt = await bot.press("dm:mia", "mia", "Nobody came")
        assert receipt.notice == "Recorded: nobody came; Acme is offered another time. C-1."
        assert (await call(bot)).state is CallState.NO_SHOW
        assert bot.last("acme").startswith("No call took place at Mon 17 Mar 09:00-09:30 New York")
        receipt = await bot.press("dm:mia", "mia", "It took place")
        assert (await call(bot)).state is CallState.HELD
        assert bot.last("acme") == "The call Mon 17 Mar 09:00-09:30 New York took place after all. C-1."
        assert (await bot.press("dm:mia", "mia", "It took place")).notice == "Already so: C-1."


async def test_words_after_nobody_came_are_no_note_of_a_call_that_took_place():
    async with bot_in_a_box(FRIDAY) as bot:
        await agreed(bot)
        await bot.forward(to="2025-03-17T16:31+03:00")
        await bot.press("dm:mia", "mia", "It took place")
        await bot.press("dm:mia", "mia", "Nobody came")
        await bot.say("dm:mia", "mia", "they were ill")
        assert ((await call(bot)).state, (await call(bot)).outcome) == (CallState.NO_SHOW, "")


async def test_a_note_of_a_call_goes_when_nobody_came_to_it():
    async with bot_in_a_box(FRIDAY) as bot:
        await agreed(bot)
        await bot.forward(to="2025-03-17T16:31+03:00")
        await bot.press("dm:mia", "mia", "It took place")
        await bot.say("dm:mia", "mia", "that was another one's call")
        assert (await call(bot)).outcome
        await bot.press("dm:mia", "mia", "Nobody came")
        assert (await call(bot)).outcome == ""


@pytest.mark.parametrize(
    ("first", "then", "kept"), [("held", "missed", "took place"), ("missed", "held", "nobody came")]
)
async def test_a_day_after_the_call_its_outcome_stays(first, then, kept):
    async with bot_in_a_box(FRIDAY) as bot:
        await agreed(bot)
        await bot.forward(to="2025-03-17T16:31+03:00")
        await bot.say("dm:mia", "mia", f"/call-{first} C-1")
        before = await call(bot)
        await bot.forward(to="2025-03-18T16:30+03:00")
        await bot.say("dm:mia", "mia", f"/call-{then} C-1")
        assert await call(bot) == before
        assert bot.last("dm:mia") == f"C-1 stays as it was recorded: {kept}."


async def test_a_move_to_the_time_a_call_has_is_no_change():
    async with bot_in_a_box(FRIDAY) as bot:
        await agreed(bot)
        before = await call(bot)
        for room, who, words in (("dm:mia", "mia", "Mon 16:00"), ("acme", "acme/ann", "Mon 09:00")):
            await bot.say(room, who, f"/call-move C-1 {words}")
            assert await call(bot) == before and bot.last(room) == "Already so: C-1."
