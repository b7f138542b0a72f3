"""Shadow: an installation's first weeks. Everything is worked out and told to the staff, nothing reaches a client.

Under 001 a medium request has one working hour. It is Tuesday noon in GMT+3, five in the morning in New York.
"""

from datetime import timedelta

from harness import STAFF, bot_in_a_box, client

from bot.desk import shadow, views
from bot.desk.forms import form_of
from bot.notice import Notice, say
from bot.sla.log import EventKind
from bot.sla.policy import Metric

NOON = "2025-03-18T12:00+03:00"
MARK = "Shadow: no client reads of this."


async def cast(bot, is_on=True):
    return await bot.store.write(lambda tx: shadow.cast(tx, is_on))


def rooms(bot):
    return {post.room for post in bot.channel.posts}


async def test_everything_is_computed_and_told_to_staff_and_the_client_reads_nothing():
    async with bot_in_a_box(NOON) as bot:
        await cast(bot)
        await bot.say("acme", "acme/ann", "postbacks stopped arriving")
        assert (await bot.timed("T-42", Metric.RESPONSE)).due_at == bot.moment("2025-03-18T13:00+03:00")
        await bot.forward(by=timedelta(hours=3))
        await bot.say("acme", "acme/ann", "/status")
        await bot.say("acme", "acme/ann", "/escalate where are you")
        await bot.say("dm:mia", "mia", "/eta T-42 2h")
        log = [event.kind for event in (await bot.page("T-42")).log]
        assert EventKind.BREACHED in log and EventKind.ESCALATED in log and EventKind.ETA_GIVEN in log
        assert "acme" not in rooms(bot)
        told = [post.text for post in bot.channel.posts if post.room.startswith("dm:")]
        assert told and all(text.endswith(MARK) and text.count(MARK) == 1 for text in told)


async def test_what_was_kept_back_stays_so_when_the_shadow_ends():
    async with bot_in_a_box(NOON) as bot:
        await cast(bot)
        await bot.say("acme", "acme/ann", "postbacks stopped arriving")
        await cast(bot, is_on=False)
        await bot.deliver()
        assert "acme" not in rooms(bot)
        await bot.say("dm:mia", "mia", "/eta T-42 2h")
        assert len(bot.posts("acme")) == 1 and bot.last("acme").startswith("Fix expected")
        assert MARK not in bot.last("dm:mia")


async def test_one_client_of_the_roster_is_in_shadow_and_the_others_are_not():
    async with bot_in_a_box(NOON, client(more="shadow = true"), client("bolt")) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped arriving")
        await bot.say("bolt", "bolt/ann", "postbacks stopped arriving")
        assert rooms(bot) == {"bolt"}
        await bot.say("dm:mia", "mia", "/status")
        assert bot.last("dm:mia").endswith("Shadow, nothing is posted to: Acme.")
        await bot.say("dm:mia", "mia", "/status T-42")
        assert bot.last("dm:mia").endswith(MARK)
        await bot.say("dm:mia", "mia", "/take T-42")
        assert bot.last("dm:mia").endswith(MARK)
        await bot.say("dm:mia", "mia", "/take T-43")
        assert MARK not in bot.last("dm:mia")
        queue = await bot.read(lambda tx: views.queue(tx, bot.desk.book, bot.clock.now))
        assert {row.client: row.in_shadow for row in queue} == {"Acme": True, "Bolt": False}
        assert await bot.read(shadow.warnings) == ["shadow mode: nothing is posted to Acme (shadow in the roster)"]
        await bot.apply_roster(STAFF + client() + client("bolt"))
        await bot.say("dm:mia", "mia", "/eta T-42 2h")
        assert bot.last("acme").startswith("Fix expected")


async def test_a_press_on_an_old_button_a_form_and_the_live_line_say_nothing_either():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped arriving")
        assert (await bot.press("acme", "acme/ann", "Separate issue")).told is not None
        line = await bot.read(lambda tx: room_line(bot, tx))
        assert line["state"] == "running"
        asked = bot.inbound("acme", "acme/ann", "/escalate")
        assert await bot.read(lambda tx: form_of(tx, bot.desk, asked, bot.clock.now)) is not None
        await cast(bot)
        assert (await bot.press("acme", "acme/ann", "Separate issue")).told is None
        await bot.press("acme", "acme/ann", "Service down")
        assert len(bot.posts("acme")) == 1
        assert (await bot.page("T-42")).standing.level_name == "Service down"
        assert await bot.read(lambda tx: room_line(bot, tx)) == {"state": "quiet", "open": 0}
        assert await bot.read(lambda tx: form_of(tx, bot.desk, asked, bot.clock.now)) is None


def room_line(bot, tx):
    return views.room_status(bot.desk.book, tx, "default", "acme", bot.clock.now, channel="fake")


async def test_a_room_that_is_not_linked_yet_is_not_greeted():
    async with bot_in_a_box(NOON) as bot:
        await cast(bot)
        await bot.say("somewhere", "someone", "hello")
        assert rooms(bot) == set()


async def test_it_is_said_once_that_the_installation_is_in_shadow():
    async with bot_in_a_box(NOON) as bot:
        assert await bot.read(shadow.warnings) == []
        assert await cast(bot) and not await cast(bot)
        assert await bot.read(shadow.warnings) == ["shadow mode: nothing is posted to any client (PLEDGE_DESK__SHADOW)"]


async def test_nothing_is_posted_to_a_client_once_the_shadow_is_cast():
    async with bot_in_a_box(NOON) as bot:
        await bot.receive(bot.inbound("acme", "acme/ann", "postbacks stopped arriving"))
        await cast(bot)
        await cast(bot, is_on=False)
        await bot.deliver()
        assert rooms(bot) == set()


async def test_what_waits_for_a_client_whom_the_roster_puts_into_shadow_is_never_sent():
    async with bot_in_a_box(NOON, client(), client("bolt")) as bot:
        await bot.receive(bot.inbound("acme", "acme/ann", "postbacks stopped arriving"))
        await bot.receive(bot.inbound("bolt", "bolt/ann", "postbacks stopped arriving"))
        await bot.apply_roster(STAFF + client(more="shadow = true") + client("bolt"))
        await bot.apply_roster(STAFF + client() + client("bolt"))
        await bot.deliver()
        assert "acme" not in rooms(bot) and "bolt" in rooms(bot)


async def test_the_sender_asks_again_before_a_channel_is_called():
    """However it was put: here by something that does not know of the shadow."""
    async with bot_in_a_box(NOON) as bot:
        await cast(bot)
        await bot.store.write(lambda tx: put_past_the_desk(bot, tx))
        await bot.deliver()
        assert "acme" not in rooms(bot)
        await cast(bot, is_on=False)
        await bot.deliver()
        assert "acme" not in rooms(bot)


def put_past_the_desk(bot, tx):
    room = tx.rooms.of_client(tx.people.client_by_key("acme").id)[0]
    notice = Notice((say("resolved.client", ref="T-42"),))
    for key in ("a", "b"):
        tx.outbox.put(
            dedupe_key=key, client_id=room.client_id, room=room, ticket_id=None, notice=notice, now=bot.clock.now
        )
