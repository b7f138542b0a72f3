"""The live line of a client's room: which ticket speaks there, and what it says of its time."""

from datetime import timedelta

from harness import bot_in_a_box

from bot.desk.views import status_line

NOON = "2025-03-18T12:00+03:00"


async def line_of(bot, room="acme"):
    def look(tx):
        return status_line(tx, bot.desk.book, tx.rooms.at("fake", "default", room), bot.clock.now)

    return await bot.read(look)


async def test_a_promised_time_that_has_passed_is_late():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        assert (await line_of(bot))["state"] == "running"
        await bot.forward(by=timedelta(hours=1))
        found = await line_of(bot)
        assert (found["state"], found["kind"]) == ("late", "commitment")


async def test_an_objective_without_a_promise_is_late_too_when_it_has_passed():
    """001 names an objective for the next response and promises nothing: an aim, and over all the same."""
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("dm:mia", "mia", "/eta T-42 friday 12:00")
        await bot.say("acme", "acme/ann", "which of them exactly?", reply_to="m1")
        found = await line_of(bot)
        assert (found["state"], found["kind"]) == ("running", "target")
        await bot.forward(to=bot.moment(str(found["due_at"])) - timedelta(milliseconds=1))
        assert (await line_of(bot))["state"] == "running"
        await bot.forward(by=timedelta(milliseconds=1))
        found = await line_of(bot)
        assert (found["state"], found["kind"]) == ("late", "target")
