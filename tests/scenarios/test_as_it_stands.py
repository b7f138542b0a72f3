"""What was taken back is as if it had never been: for who is called next, and for what the client is told.

Under 001 a medium request has one working hour; a level has half an hour to take it up. It is Wednesday, eleven in
GMT+3, nine in Berlin.
"""

from datetime import timedelta

import pytest
from harness import bot_in_a_box, client

ACME = client(zone="Europe/Berlin")
WEDNESDAY = "2025-03-12T11:00+03:00"
SOON = timedelta(seconds=20)


async def called_in(bot):
    await bot.say("acme", "acme/ann", "postbacks stopped")
    await bot.say("acme", "acme/ann", "/escalate T-42 we lose money")
    await bot.forward(by=SOON)


async def taken_back(bot, person, said):
    if said.startswith("/"):
        await bot.say(f"dm:{person}", person, said)
    else:
        await bot.press(f"dm:{person}", person, said)
    await bot.forward(by=SOON)
    await bot.say(f"dm:{person}", person, "/undo")
    assert any("Taken back" in text for text in bot.posts(f"dm:{person}"))


@pytest.mark.parametrize("said", ["I have it", "/take T-42", "/note T-42 not mine, I look at T-7"])
async def test_a_call_taken_up_and_taken_back_is_one_that_nobody_has_taken_up(said):
    async with bot_in_a_box(WEDNESDAY, ACME) as bot:
        await called_in(bot)
        await taken_back(bot, "tom", said)
        assert (await bot.page("T-42")).standing.called.acknowledged_at is None
        await bot.say("acme", "acme/ann", "/status")
        assert "Tom (level 1) was called in at 09:00 Berlin" in bot.last("acme")
        await bot.forward(to="2025-03-12T11:31+03:00")
        assert "no answer to the first call" in bot.last("dm:tom")
        await bot.forward(to="2025-03-12T12:31+03:00")
        standing = (await bot.page("T-42")).standing
        assert (standing.called.level, standing.called.acknowledged_at) == (2, None)
        assert "T-42" in bot.last("dm:sue")


async def test_a_draft_of_progress_says_nothing_that_was_taken_back():
    async with bot_in_a_box(WEDNESDAY, ACME) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        for act in ("/hold T-42 third party Keitaro", "/take T-42", "/escalate T-42 help"):
            await bot.forward(by=SOON)
            await taken_back(bot, "mia", act)
        await bot.forward(by=timedelta(minutes=2))
        await bot.say("dm:mia", "mia", "/progress T-42")
        await bot.press("dm:mia", "mia", "Send this")
        for untrue in ("Keitaro", "has taken it", "Tom"):
            assert untrue not in bot.last("acme")


async def test_word_that_was_taken_back_has_told_nothing():
    async with bot_in_a_box(WEDNESDAY, ACME) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("dm:mia", "mia", "/take T-42")
        await bot.forward(by=timedelta(minutes=2))
        await bot.say("dm:mia", "mia", "/progress T-42 another ticket's words")
        await taken_back(bot, "mia", "Send this")
        await bot.say("dm:mia", "mia", "/progress T-42")
        assert "has taken it" in bot.last("dm:mia")


async def test_the_record_of_the_ladder_leaves_out_what_was_taken_back():
    async with bot_in_a_box(WEDNESDAY, ACME) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await taken_back(bot, "mia", "/escalate T-42 help")
        await bot.say("team", "mia", "/sla why T-42")
        assert "Tom" not in bot.last("team")


async def test_who_knows_is_known_after_the_end_of_an_escalation_that_was_taken_back():
    async with bot_in_a_box(WEDNESDAY, ACME) as bot:
        await called_in(bot)
        await bot.press("dm:tom", "tom", "I have it")
        await bot.forward(by=timedelta(minutes=5))
        await taken_back(bot, "mia", "/deescalate T-42 mine")
        await bot.forward(to="2025-03-12T11:31+03:00")
        assert "Told already: Tom (level 1)" in bot.last("dm:mia")


async def test_a_third_clarification_that_was_taken_back_and_asked_again_is_told_to_the_lead_again():
    async with bot_in_a_box(WEDNESDAY, ACME) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        for _ in range(2):
            await bot.say("dm:mia", "mia", "/hold T-42 client")
            await bot.say("acme", "acme/ann", "here it is")
        for told in (1, 2):
            await bot.say("dm:mia", "mia", "/hold T-42 client")
            await bot.forward(by=SOON)
            assert len([text for text in bot.posts("dm:lea") if "three times" in text]) == told
            await bot.say("dm:mia", "mia", "/undo")
