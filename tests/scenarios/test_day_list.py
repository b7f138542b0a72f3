"""The list at the opening of the day: one message for each manager, what is overdue first; an empty day says nothing.

The agreement 001 opens at 10:00 in GMT+3. It is Monday evening.
"""

from datetime import timedelta

from harness import STAFF, bot_in_a_box, client

from bot.turns import day_lists

EVENING = "2025-03-17T18:30+03:00"
TUESDAY = "2025-03-18T10:00+03:00"


async def plan(bot):
    return await bot.store.write(lambda tx: day_lists.plan(tx, bot.desk, bot.clock.now))


def lists(bot, room="dm:mia"):
    return [post for post in bot.channel.posts if post.room == room and post.text.startswith("Your day")]


async def test_the_day_is_told_in_order_when_it_begins():
    async with bot_in_a_box(EVENING) as bot:
        await plan(bot)
        await bot.say("acme", "acme/ann", "postbacks stopped arriving")
        await bot.say("acme", "acme/ann", "/new the invoice is wrong")
        await bot.say("dm:mia", "mia", "/eta T-43 tomorrow 15:00")
        await bot.say("acme", "acme/ann", "/new which address do I use")
        await bot.say("dm:mia", "mia", "/eta T-44 friday 12:00")
        await bot.say("dm:mia", "mia", "/hold T-44 client")
        await bot.say("acme", "acme/ann", "/new may I have a report")
        await bot.say("dm:mia", "mia", "/eta T-45 today 18:45")
        await bot.forward(to=TUESDAY)
        [day] = lists(bot)
        assert day.at == bot.moment(TUESDAY)
        assert [line.split(":")[0].split(" ")[0] for line in day.text.split("\n")[1:]] == [
            "Overdue",
            "Due",
            "ETA",
            "Waits",
        ]
        assert "T-45" in day.text.split("\n")[1] and "T-42" in day.text.split("\n")[2]


async def test_a_day_with_nothing_in_it_says_nothing_and_the_next_one_is_planned():
    async with bot_in_a_box(EVENING) as bot:
        await plan(bot)
        await bot.forward(to="2025-03-19T09:59+03:00")
        assert lists(bot) == []
        await bot.say("acme", "acme/ann", "postbacks stopped arriving")
        await bot.forward(to="2025-03-19T18:00+03:00")
        assert [post.at for post in lists(bot)] == [bot.moment("2025-03-19T10:00+03:00")]


async def test_it_comes_once_however_often_it_is_planned_and_after_a_restart(tmp_path):
    path = tmp_path / "p.db"
    async with bot_in_a_box(EVENING, path=path) as bot:
        await plan(bot)
        assert await plan(bot) == 0
        await bot.say("acme", "acme/ann", "postbacks stopped arriving")
        await bot.forward(to=TUESDAY)
        assert len(lists(bot)) == 1
    async with bot_in_a_box("2025-03-18T10:00:01+03:00", path=path) as bot:
        await plan(bot)
        await bot.forward(by=timedelta(hours=5))
        assert lists(bot) == []


async def test_after_a_morning_of_downtime_it_comes_late_and_after_a_day_not_at_all():
    async with bot_in_a_box(EVENING) as bot:
        await plan(bot)
        await bot.say("acme", "acme/ann", "postbacks stopped arriving")
        bot.clock.now = bot.moment("2025-03-18T12:00+03:00")
        await bot.settle()
        assert len(lists(bot)) == 1
        bot.clock.now = bot.moment("2025-03-20T00:00+03:00")
        await bot.settle()
        assert len(lists(bot)) == 1


async def test_own_hours_of_the_roster_come_before_the_agreements_and_a_change_of_them_counts():
    own = STAFF.replace('name = "Mia"', 'name = "Mia"\nhours = { tue = "08:00-12:00" }')
    async with bot_in_a_box(EVENING) as bot:
        await plan(bot)
        await bot.apply_roster(own + client())
        assert await plan(bot) == 1
        await bot.say("acme", "acme/ann", "postbacks stopped arriving")
        await bot.forward(to="2025-03-18T20:00+03:00")
        assert [post.at for post in lists(bot)] == [bot.moment("2025-03-18T08:00+03:00")]


async def test_whoever_is_away_gets_none_and_who_stands_in_reads_of_the_tickets():
    async with bot_in_a_box(EVENING) as bot:
        await plan(bot)
        await bot.say("acme", "acme/ann", "postbacks stopped arriving")
        await bot.say("dm:mia", "mia", "/away until friday")
        await bot.forward(to="2025-03-18T11:00+03:00")
        assert lists(bot) == []
        [day] = lists(bot, "dm:ben")
        assert "T-42" in day.text


async def test_calls_of_the_day_stand_among_what_is_due():
    async with bot_in_a_box("2025-03-17T10:30+03:00") as bot:
        await plan(bot)
        await bot.say("acme", "acme/ann", "/book-call tomorrow 09:00 the new contract")
        await bot.press("dm:mia", "mia", "Confirm")
        await bot.forward(to=TUESDAY)
        [day] = lists(bot)
        assert "Call" in day.text and "the new contract" in day.text
