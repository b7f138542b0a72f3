"""The list at the opening of the day: one message for each manager, what is overdue first; an empty day says nothing.

The agreement 001 opens at 10:00 in GMT+3. It is Monday evening.
"""

from datetime import timedelta

from harness import STAFF, bot_in_a_box, client

from bot.chores import audit
from bot.desk.views import view
from bot.turns import day_lists, idle

EVENING = "2025-03-17T18:30+03:00"
TUESDAY = "2025-03-18T10:00+03:00"


async def plan(bot):
    return await bot.store.write(lambda tx: day_lists.plan(tx, bot.desk, bot.clock.now))


async def chores(bot):
    """What comes round by itself, besides the watch."""
    await plan(bot)
    await bot.store.write(lambda tx: idle.tell(tx, bot.desk, bot.clock.now))


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


async def answered_by_a_bare_word(bot):
    await bot.say("acme", "acme/ann", "postbacks stopped arriving")
    await bot.say("acme", "mia", "try to clear the cache")
    await bot.say("dm:mia", "mia", "/answered T-42")


async def test_a_ticket_that_waits_for_nobody_is_told_every_day_until_it_waits_for_somebody():
    async with bot_in_a_box(EVENING) as bot:
        await plan(bot)
        await answered_by_a_bare_word(bot)
        await bot.forward(to="2025-03-19T12:00+03:00")
        assert [day.text.split("\n")[1][:37] for day in lists(bot)] == ["Waits for nobody: T-42, Acme, 'postba"] * 2
        assert await bot.read(lambda tx: audit(tx, bot.clock.now, bot.clock.now, 1.0).waiting_for_nobody) == 1
        await bot.say("dm:mia", "mia", "/hold T-42 client")
        await bot.forward(to="2025-03-20T12:00+03:00")
        assert lists(bot)[-1].text.split("\n")[1].startswith("Waits for Acme")


async def test_who_has_no_list_hears_of_what_waits_for_nobody_once_a_day_in_his_hours():
    async with bot_in_a_box(EVENING) as bot:
        await answered_by_a_bare_word(bot)
        await bot.say("team:support", "lea", "/assign T-42 tom")
        since = len(bot.channel.posts)
        for _ in range(2 * 24):
            await bot.forward(by=timedelta(hours=1))
            await chores(bot)
            await bot.deliver()
        told = [post for post in bot.channel.posts[since:] if post.text.startswith("Waits for nobody")]
        assert [(post.room, post.at.day, post.at.hour) for post in told] == [("dm:tom", 18, 7), ("dm:tom", 19, 7)]
        assert (await bot.page("T-42")).ticket.is_open


async def test_a_ticket_of_which_nothing_can_be_told_keeps_no_other_from_being_told(monkeypatch):
    def broken(tx, page, now):
        if page.ticket.ref == 42:
            raise KeyError("levels")
        return view(tx, page, now)

    async with bot_in_a_box(EVENING, client(), client("bolt")) as bot:
        await answered_by_a_bare_word(bot)
        await bot.say("bolt", "bolt/ann", "links do not open")
        await bot.say("bolt", "mia", "try another browser")
        await bot.say("dm:mia", "mia", "/answered T-43")
        for ref in ("T-42", "T-43"):
            await bot.say("team:support", "lea", f"/assign {ref} tom")
        await bot.forward(to="2025-03-18T12:00+03:00")
        monkeypatch.setattr(idle, "view", broken)
        await chores(bot)
        await bot.deliver()
        assert [p.text[:22] for p in bot.channel.posts if p.room == "dm:tom" and p.text.startswith("Waits")] == [
            "Waits for nobody: T-43"
        ]


async def test_what_waits_for_nobody_keeps_the_bot_ready():
    async with bot_in_a_box(EVENING) as bot:
        await answered_by_a_bare_word(bot)
        found = await bot.read(lambda tx: audit(tx, bot.clock.now, bot.clock.now, 1.0))
        assert found.waiting_for_nobody == 1 and not found.problems()


async def test_what_waits_for_a_third_party_or_is_due_another_day_waits_for_somebody():
    async with bot_in_a_box(EVENING) as bot:
        await plan(bot)
        await answered_by_a_bare_word(bot)
        await bot.say("dm:mia", "mia", "/hold T-42 third party Stripe")
        await bot.say("acme", "acme/ann", "/new the report is empty")
        await bot.say("dm:mia", "mia", "/eta T-43 friday 12:00")
        await bot.forward(to="2025-03-19T12:00+03:00")
        await chores(bot)
        await bot.deliver()
        assert not [post for post in bot.channel.posts if "Waits for nobody" in post.text]


async def test_who_has_no_list_is_told_of_no_ticket_that_waits_for_its_client():
    async with bot_in_a_box(EVENING) as bot:
        await answered_by_a_bare_word(bot)
        await bot.say("team:support", "lea", "/assign T-42 tom")
        await bot.say("dm:tom", "tom", "/hold T-42 client")
        await bot.forward(to="2025-03-19T12:00+03:00")
        await chores(bot)
        await bot.deliver()
        assert not [post for post in bot.channel.posts if "Waits for nobody" in post.text]
