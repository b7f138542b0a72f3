"""Of several steps due on one ticket at one moment: what says nothing takes the floor from nobody, and word on progress
is asked for beside every reminder.
"""

from __future__ import annotations

import pytest
from harness import Bot, bot_in_a_box, client

NEW_YORK = "America/New_York"
POOLOGICS = client(agreement="poologics", zone=NEW_YORK)

_WAITING = "SELECT dedupe_key FROM outbox WHERE state = 'pending'"


async def critical(bot: Bot, *then: str) -> None:
    """Acme's incident is Mia's, and critical; what she says `then`."""
    await bot.say("acme", "acme/ann", "we can make no estimate")
    await bot.say("acme", "mia", "/take")
    await bot.press("acme", "acme/ann", "Critical incident")
    for words in then:
        await bot.say("acme", "mia", words)


@pytest.mark.parametrize("seen", [True, False])
async def test_the_draft_of_five_o_clock_comes_beside_a_reminder_of_the_answer_seen_or_not(seen):
    """Written before the opening: the answer is due 10:00, so its reminders fall on :00 and :30."""
    async with bot_in_a_box("2025-03-14T07:00-04:00", POOLOGICS) as bot:
        await critical(bot)
        await bot.forward(to="2025-03-14T16:40-04:00")
        if seen:
            await bot.say("dm:mia", "mia", "/seen T-42")
        since = len(bot.channel.posts)
        await bot.forward(to="2025-03-14T17:15-04:00")
        told = bot.posts("dm:mia", since)
        [draft] = [text for text in told if text.startswith("Word on progress due")]
        assert draft.splitlines()[1].startswith("Mia works on T-42")
        assert any(text.startswith("Overdue") for text in told) is not seen


async def test_the_draft_comes_beside_the_reminder_of_an_eta():
    """An ETA of 17:30: it is remembered at 17:00, as is the word on progress."""
    async with bot_in_a_box("2025-03-18T09:00-04:00", POOLOGICS) as bot:
        await critical(bot, "/eta tomorrow 17:30")
        since = len(bot.channel.posts)
        await bot.forward(to="2025-03-19T17:10-04:00")
        told = bot.posts("dm:mia", since)
        assert [text.split(" (")[0] for text in told][-2:] == ["ETA 00:30 GMT+3", "Word on progress due 01:00 GMT+3"]


async def test_after_a_sleep_the_lead_hears_of_missing_progress_beside_another_breach():
    """Asleep from 16:30 to 18:05: the ETA was to be given by 17:50, and word on progress by 18:00."""
    async with bot_in_a_box("2025-03-17T17:50-04:00", POOLOGICS) as bot:
        await critical(bot, "we are looking at the import")
        await bot.forward(to="2025-03-18T16:30-04:00")
        since = len(bot.channel.posts)
        bot.clock.now = bot.moment("2025-03-18T18:05-04:00")
        await bot.settle()
        assert any("No word on progress" in text for text in bot.posts("dm:lea", since))
        assert len([text for text in bot.posts("acme", since) if "missed" in text or "late" in text]) == 1


async def test_a_reminder_that_was_seen_takes_the_floor_from_no_nudge():
    """002: the response was due 13:00 and is seen; at 17:00 half of the time for the solution is over."""
    box = client(agreement="tactful", plan="priority", zone="Africa/Cairo")
    async with bot_in_a_box("2025-03-16T08:00+02:00", box) as bot:
        await bot.say("acme", "acme/ann", "messages arrive twice")
        await bot.forward(to="2025-03-16T16:40+02:00")
        await bot.say("dm:mia", "mia", "/seen T-42")
        since = len(bot.channel.posts)
        await bot.forward(to="2025-03-16T17:10+02:00")
        [nudge] = bot.posts("dm:mia", since)
        assert "solution" in nudge


async def test_of_two_reminders_for_one_person_the_graver_speaks_alone():
    """Both clocks are late for Mia: one message, and the lesser one ends as what it is."""
    async with bot_in_a_box("2025-03-16T08:00+02:00", client(agreement="tactful", plan="priority")) as bot:
        await bot.say("acme", "acme/ann", "messages arrive twice")
        await bot.forward(to="2025-03-16T16:40+02:00")
        since = len(bot.channel.posts)
        await bot.forward(to="2025-03-16T17:10+02:00")
        assert [text.split()[0] for text in bot.posts("dm:mia", since)] == ["Overdue"]
        rows = await bot.read(lambda tx: tx.steps.of_ticket(1))
        assert [row.metric for row in rows if row.reason == "a graver step spoke"][-1] == "RESOLUTION"


async def test_drafts_for_several_clients_keep_their_words():
    """A draft is nothing to be counted in a list: each is read, and sent, by itself."""
    bolt = client("bolt", agreement="poologics", zone=NEW_YORK)
    async with bot_in_a_box("2025-03-18T09:00-04:00", POOLOGICS, bolt) as bot:
        for name, ref in (("acme", "T-42"), ("bolt", "T-43")):
            await bot.say(name, f"{name}/ann", "we can make no estimate")
            await bot.say("dm:mia", "mia", f"/take {ref}")
            await bot.say("dm:mia", "mia", f"/eta {ref} 30h")
            await bot.press(name, f"{name}/ann", "Critical incident")
        since = len(bot.channel.posts)
        await bot.forward(to="2025-03-18T17:00-04:00")
        drafts = [post for post in bot.channel.posts[since:] if post.room == "dm:mia"]
        assert [("Acme" in post.text, "Send this" in post.buttons) for post in drafts] == [(True, True), (False, True)]


async def test_a_draft_that_waits_unsent_goes_when_the_client_has_been_told():
    async with bot_in_a_box("2025-03-18T09:00-04:00", POOLOGICS) as bot:
        await critical(bot)
        bot.clock.now = bot.moment("2025-03-18T17:00-04:00")
        await bot.act()
        keys = await bot.read(lambda tx: [row["dedupe_key"] for row in tx.connection.execute(_WAITING)])
        assert any(key.startswith("draft:") for key in keys)
        await bot.receive(bot.inbound("acme", "mia", "/eta friday 15:00 the vendor of the list is slow"))
        since = len(bot.channel.posts)
        await bot.deliver()
        assert not any("progress" in text for text in bot.posts("dm:mia", since))
