"""When a wait is over the room hears by when it is answered, and that a clock runs again only where one stood still."""

from datetime import timedelta

from harness import bot_in_a_box, client

NOON = "2025-03-18T12:00+03:00"
FIVE = timedelta(minutes=5)


async def waits(bot, *before, whom="client"):
    await bot.say("acme", "acme/ann", "postbacks stopped")
    for words in before:
        await bot.say("dm:mia", "mia", words)
    await bot.say("dm:mia", "mia", f"/hold T-42 {whom}")
    await bot.forward(by=FIVE)


async def test_where_the_wait_stopped_the_clock_it_runs_again():
    async with bot_in_a_box(NOON) as bot:
        await waits(bot)
        await bot.say("acme", "acme/ann", "it is campaign 17")
        assert bot.last("acme") == "Due 06:05 New York (in 60 min): the clock runs again. T-42."


async def test_where_no_wait_stops_a_clock_none_is_said_to_run_again():
    """The text of this agreement grants no holds: waiting is recorded, and the clock runs."""
    async with bot_in_a_box(NOON, client(agreement="infopromo", plan="standard", zone="Etc/GMT-3")) as bot:
        await waits(bot, whom="third party the hoster")
        due = (await bot.page("T-42")).clocks[0].due_at
        assert bot.last("acme").endswith("stops no clock. T-42.")
        await bot.say("dm:mia", "mia", "/resume T-42")
        assert bot.last("acme").startswith("Still due ")
        assert bot.last("acme").endswith(": the wait is over and stopped no clock. T-42.")
        told = next(post for post in reversed(bot.channel.posts) if post.room == "acme")
        assert bot.first_moment(told) == due


async def test_while_somebody_else_is_waited_for_too_the_clock_stands_still():
    async with bot_in_a_box(NOON) as bot:
        await waits(bot, "/hold T-42 third party the hoster")
        await bot.say("acme", "acme/ann", "it is campaign 17")
        assert bot.last("acme") == "The clock waits for the hoster; 1 h of the window remains. T-42."


async def test_after_an_eta_the_end_of_a_wait_names_the_eta():
    async with bot_in_a_box(NOON) as bot:
        await waits(bot, "/eta T-42 15:00")
        await bot.say("acme", "acme/ann", "it is campaign 17", reply_to="m1")
        assert bot.last("acme") == "Fix expected by 08:00 New York (in 2 h 55 min); the wait is over. T-42."
        assert bot.last("dm:mia") == "Fix expected by 15:00 GMT+3 (in 2 h 55 min); the wait is over. T-42."


async def test_without_a_promised_moment_it_names_who_answers():
    async with bot_in_a_box(NOON) as bot:
        await waits(bot, "/eta T-42 12:03")
        await bot.say("acme", "acme/ann", "it is campaign 17", reply_to="m1")
        assert bot.last("acme") == "Mia answers; the wait is over. T-42."
