"""What staff is told of a due moment: why it is when it is after a change of level, and why a level is called in."""

from datetime import timedelta

from harness import bot_in_a_box, client

MONDAY_NOON = "2025-03-17T12:00+03:00"


async def test_a_client_who_raises_the_urgency_late_keeps_the_earlier_due_and_why_says_so():
    """Premium medium is due at 13:00; critical at 12:55 would be due 10 min later, at 13:05."""
    async with bot_in_a_box(MONDAY_NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped arriving")
        await bot.forward(to="2025-03-17T12:55+03:00")
        await bot.say("acme", "acme/ann", "/urgency critical")
        await bot.say("team:support", "mia", "/sla why T-42")
        said = bot.last("team:support").split("\n")
        assert said[0] == "T-42, first answer: due 13:00 GMT+3."
        assert (
            "Service down since 12:55 GMT+3: of the old due and a new window from then the earlier is in force, "
            "the due of High end-user impact."
        ) in said


async def test_staff_who_lowers_the_level_leaves_the_posted_due_and_why_says_so():
    """Medium is 1 h, a feature 5 h; the client was told 13:00 and has agreed to nothing."""
    async with bot_in_a_box(MONDAY_NOON) as bot:
        await bot.say("acme", "acme/ann", "a dark theme would be good")
        await bot.forward(by=timedelta(minutes=10))
        await bot.say("dm:mia", "mia", "/priority T-42 feature it is a wish")
        await bot.say("team:support", "mia", "/sla why T-42")
        said = bot.last("team:support").split("\n")
        assert said[0] == "T-42, first answer: due 13:00 GMT+3."
        assert (
            "Missing feature since 12:10 GMT+3: the posted due of High end-user impact stays unless, before it passes, "
            "the client agrees to a later one."
        ) in said


async def test_a_level_called_when_the_time_is_up_is_not_told_that_it_runs_out():
    """Level 1 comes at 80 %, level 2 at the due moment, level 3 one window later."""
    async with bot_in_a_box(MONDAY_NOON, client(agreement="redtrack-premium")) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped arriving")
        await bot.forward(to="2025-03-17T14:00+03:00")
        reasons = {who: bot.posts(f"dm:{who}")[0].partition("Reason: ")[2] for who in ("tom", "sue", "lea")}
        assert reasons == {
            "tom": "time is running out.",
            "sue": "the time has passed.",
            "lea": "the time has passed.",
        }
