"""Who is called a second time, what is said of who knows, and who is told where the manager has no path."""

from __future__ import annotations

from harness import STAFF, bot_in_a_box

THURSDAY = "2025-03-13T12:00+03:00"


async def test_the_second_call_goes_to_nobody_who_is_away_and_who_knows_is_who_was_called() -> None:
    async with bot_in_a_box(THURSDAY) as bot:
        await bot.say("acme", "acme/ann", "Postbacks stopped")
        await bot.say("acme", "acme/ann", "/escalate")  # Tom is called
        await bot.say("dm:tom", "tom", "/away until tomorrow 18:00")
        since = len(bot.channel.posts)
        await bot.forward(to="2025-03-13T12:31+03:00")
        assert not bot.posts("dm:tom", since) and bot.posts("dm:sue", since)
        [nudge] = [text for text in bot.posts("dm:mia", since) if text.startswith("Due")]
        assert "Told already: Tom (level 1)." in nudge


async def test_who_gave_a_level_back_is_not_among_those_who_know() -> None:
    async with bot_in_a_box(THURSDAY) as bot:
        await bot.say("acme", "acme/ann", "Postbacks stopped")
        await bot.say("acme", "acme/ann", "/escalate")
        await bot.say("dm:tom", "tom", "/acknowledge T-42")
        await bot.say("dm:tom", "tom", "/deescalate T-42 it is Mia's")
        since = len(bot.channel.posts)
        await bot.forward(to="2025-03-13T12:31+03:00")
        assert "Told already" not in " ".join(bot.posts("dm:mia", since))


async def test_a_client_is_told_of_no_call_that_will_not_come() -> None:
    """The last level was called twice; at 15:00 nobody of it is called."""
    async with bot_in_a_box(THURSDAY) as bot:
        await bot.say("acme", "acme/ann", "Postbacks stopped")
        await bot.forward(to="2025-03-13T14:31+03:00")
        await bot.say("acme", "acme/ann", "/escalate more")
        assert "again at" not in bot.last("acme")


async def test_while_a_call_will_come_again_the_client_reads_when() -> None:
    async with bot_in_a_box(THURSDAY) as bot:
        await bot.say("acme", "acme/ann", "Postbacks stopped")
        await bot.say("acme", "acme/ann", "/escalate")
        await bot.say("acme", "acme/ann", "/escalate more")
        assert "again at" in bot.last("acme")


async def test_where_the_manager_has_no_path_the_backup_is_told_with_the_buttons() -> None:
    async with bot_in_a_box(THURSDAY, staff=STAFF.split("[[teams]]")[0]) as bot:
        closed = "UPDATE room SET active = 0 WHERE ext_id = 'dm:mia'"
        await bot.store.write(lambda tx: tx.connection.execute(closed))
        await bot.say("acme", "acme/ann", "Postbacks stopped")
        await bot.forward(to="2025-03-13T12:31+03:00")
        [nudge] = [post for post in bot.channel.posts if post.text.startswith("Due")]
        assert nudge.room == "dm:ben" and nudge.buttons
