"""What a manager asks for in a client's room is answered in his own chat: its buttons and questions mean that client
there too, and the one whose times were offered.

The office is open 10:00-19:00 GMT+3; 14 March 2025 is a Friday, New York is 7 hours behind.
"""

from __future__ import annotations

import pytest
from harness import STAFF, bot_in_a_box, client

from bot.channels.base import InboundKind
from bot.desk.forms import form_of
from bot.desk.linking import relink
from bot.notice import loads

FRIDAY = "2025-03-14T16:00+03:00"
MIA, BEN = ("dm:mia", "mia"), ("dm:ben", "ben")
CLIENTS = client(), client("bolt")
TWO_ROOMS = client().replace('id = "acme" }]', 'id = "acme" }, { channel = "fake", id = "acme-ops" }]')
ELSEWHERE = pytest.mark.parametrize("elsewhere", ["", "our postbacks fail"])
"""Whether another client has the only open ticket."""


async def tap(bot, post, label="", who=MIA):
    """A button of a post, the first without a label."""
    action = post.buttons[label] if label else next(iter(post.buttons.values()))
    reply_to = f"m{bot.channel.posts.index(post) + 1}"
    return await bot.say(*who, "", kind=InboundKind.PRESS, action=action, reply_to=reply_to)


async def asks(bot, elsewhere="", words="/book-call about the lawsuit of acme"):
    """Mia asks in the room of Acme; what she reads."""
    if elsewhere:
        await bot.say("bolt", "bolt/ann", elsewhere)
        await bot.settle()
    await bot.say("acme", "mia", words)
    assert bot.channel.posts[-1].room == "dm:mia"
    return bot.channel.posts[-1]


async def booked_with(bot):
    """The keys of the client and the manager of the only call."""

    def look(tx):
        (call,) = tx.calls.open(bot.clock.now)
        return tx.people.client(call.client_id).key, tx.people.person(call.person_id).key

    return await bot.read(look)


@ELSEWHERE
async def test_a_free_time_that_was_offered_for_one_client_is_booked_with_that_client(elsewhere):
    async with bot_in_a_box(FRIDAY, *CLIENTS) as bot:
        receipt = await tap(bot, await asks(bot, elsewhere))
        assert await booked_with(bot) == ("acme", "mia")
        assert receipt.notice.startswith("Acme is asked")
        assert "lawsuit" in bot.last("acme") and "lawsuit" not in bot.last("bolt")


@ELSEWHERE
async def test_another_time_than_those_offered_is_asked_for_with_the_same_client(elsewhere):
    async with bot_in_a_box(FRIDAY, *CLIENTS) as bot:
        await tap(bot, await asks(bot, elsewhere), "Other time")
        await bot.say(*MIA, "Tue 16:00 the lawsuit of acme")
        assert await booked_with(bot) == ("acme", "mia")
        assert "lawsuit" not in bot.last("bolt")


@ELSEWHERE
async def test_so_is_a_week_that_is_tapped_and_the_times_it_is_answered_with(elsewhere):
    async with bot_in_a_box(FRIDAY, *CLIENTS) as bot:
        await tap(bot, await asks(bot, elsewhere), "Other time")
        await tap(bot, bot.channel.posts[-1], "Next week")
        await tap(bot, bot.channel.posts[-1])
        assert await booked_with(bot) == ("acme", "mia")


async def test_the_question_goes_on_about_the_same_client_until_a_time_is_named():
    async with bot_in_a_box(FRIDAY, *CLIENTS) as bot:
        await tap(bot, await asks(bot), "Other time")
        await bot.say(*MIA, "next week")
        await bot.say(*MIA, "Tue 16:00")
        assert await booked_with(bot) == ("acme", "mia")


async def test_where_there_are_forms_the_one_for_another_time_is_about_the_same_client_too():
    async with bot_in_a_box(FRIDAY, *CLIENTS) as bot:
        post = await asks(bot, "our postbacks fail")
        pressed = bot.inbound(*MIA, "", kind=InboundKind.PRESS, action=post.buttons["Other time"])
        form = await bot.read(lambda tx: form_of(tx, bot.desk, pressed, bot.clock.now))
        assert form.title == "Book a call"
        await bot.say(*MIA, f"{form.command} Tue 16:00")
        assert await booked_with(bot) == ("acme", "mia")


@pytest.mark.parametrize("words", ["/ask-call room:999", "/ask-call what:ever"])
async def test_there_is_no_form_for_a_room_that_nobody_knows(words):
    async with bot_in_a_box(FRIDAY, *CLIENTS) as bot:
        typed = bot.inbound(*MIA, words)
        assert await bot.read(lambda tx: form_of(tx, bot.desk, typed, bot.clock.now)) is None


async def test_in_her_own_chat_the_ticket_she_names_says_who_is_meant():
    async with bot_in_a_box(FRIDAY, *CLIENTS) as bot:
        await bot.say("acme", "acme/ann", "our postbacks fail")
        await bot.say("bolt", "bolt/ann", "ours too")
        await bot.say(*MIA, "/book-call T-42")
        await tap(bot, bot.channel.posts[-1])
        assert await booked_with(bot) == ("acme", "mia")


async def test_a_time_that_cannot_be_had_is_answered_with_others_for_the_same_client():
    async with bot_in_a_box(FRIDAY, *CLIENTS) as bot:
        await bot.say(*MIA, "/away Mon")
        await tap(bot, await asks(bot, words="/book-call Mon 16:00"))
        assert await booked_with(bot) == ("acme", "mia")


async def test_times_of_one_are_his_whichever_colleague_taps_them():
    async with bot_in_a_box(FRIDAY, *CLIENTS) as bot:
        closed = "UPDATE room SET active = 0 WHERE ext_id = 'dm:mia'"
        await bot.store.write(lambda tx: tx.connection.execute(closed))
        await bot.say("acme", "mia", "/book-call")
        post = bot.channel.posts[-1]
        assert post.room == "team:support"
        await tap(bot, post, who=("team:support", "ben"))
        assert await booked_with(bot) == ("acme", "mia")


def left(tx):
    """What was left of the buttons of each message after a press."""
    rows = tx.connection.execute("SELECT notice FROM outbox WHERE dedupe_key LIKE 'keyboard:%'")
    return [loads(row["notice"]).buttons for row in rows]


async def test_the_other_times_go_once_one_is_taken():
    async with bot_in_a_box(FRIDAY, *CLIENTS) as bot:
        await tap(bot, await asks(bot))
        assert await bot.read(left) == [()]


async def test_they_go_from_a_clients_message_once_the_manager_is_asked_anyway():
    async with bot_in_a_box(FRIDAY, *CLIENTS) as bot:
        await bot.say("acme", "acme/ann", "/book-call today 11:30")
        await tap(bot, bot.channel.posts[-1], "Ask anyway", who=("acme", "acme/ann"))
        assert await bot.read(left) == [()]


async def test_a_time_that_is_taken_by_now_is_no_act_that_stands_in_the_way_of_taking_back_another():
    async with bot_in_a_box(FRIDAY, *CLIENTS) as bot:
        await bot.say("bolt", "bolt/ann", "our postbacks fail")
        post = await asks(bot, words="/book-call Mon")
        await bot.say("bolt", "bolt/ann", "/book-call Mon 09:00")
        slot = next(label for label in post.buttons if label.startswith("Mon 16:00"))
        await bot.say(*MIA, "/resolve T-42")
        await tap(bot, post, slot)
        assert "is taken" in bot.last("dm:mia")
        await bot.say(*MIA, "/undo")
        assert (await bot.page("T-42")).ticket.is_open


async def test_a_call_about_a_ticket_of_another_room_is_told_in_the_room_it_was_asked_for_in():
    async with bot_in_a_box(FRIDAY, TWO_ROOMS) as bot:
        await bot.say("acme", "acme/ann", "our postbacks fail")
        before = bot.posts("acme")
        await bot.say("acme-ops", "mia", "/book-call")
        await tap(bot, bot.channel.posts[-1])
        assert "Confirm" in next(post for post in bot.channel.posts if post.room == "acme-ops").buttons
        assert bot.posts("acme") == before


async def test_a_call_about_a_ticket_of_the_room_stays_about_it():
    async with bot_in_a_box(FRIDAY, *CLIENTS) as bot:
        await bot.say("acme", "acme/ann", "our postbacks fail")
        await tap(bot, await asks(bot))
        (call,) = await bot.read(lambda tx: tx.calls.open(bot.clock.now))
        assert call.ticket_id == (await bot.page("T-42")).ticket.id


async def test_a_button_is_dead_once_its_room_is_another_clients():
    async with bot_in_a_box(FRIDAY, *CLIENTS) as bot:
        post = await asks(bot)

        def other(tx):
            bolt = tx.people.client_by_key("bolt")
            relink(tx, tx.rooms.at("fake", "default", "acme"), bolt, "Bolt", "lea", bot.clock.now)

        await bot.store.write(other)
        receipt = await tap(bot, post)
        assert receipt.notice == "This button is out of date; status shows what is true now."
        assert await bot.read(lambda tx: tx.calls.open(bot.clock.now)) == []


@pytest.mark.parametrize("who", ["acme/ann", "mia"])
async def test_in_a_clients_room_nobody_books_for_another_client_whatever_he_writes(who):
    async with bot_in_a_box(FRIDAY, *CLIENTS) as bot:
        bolt = await bot.read(lambda tx: tx.rooms.at("fake", "default", "bolt"))
        await bot.say("acme", who, f"/book-call room:{bolt.id} Mon 09:00")
        for room in ("acme", "dm:mia"):
            if bot.posts(room) and bot.channel.posts[-1].room == room:
                await tap(bot, bot.channel.posts[-1], who=(room, who))
        assert (await booked_with(bot))[0] == "acme" and bot.posts("bolt") == []


async def test_no_word_leads_to_a_room_of_the_team():
    async with bot_in_a_box(FRIDAY, staff=STAFF) as bot:
        (team,) = await bot.read(lambda tx: tx.rooms.team())
        for id in (team.id, 999):
            await bot.say(*MIA, f"/book-call room:{id} Mon 09:00")
            assert bot.last("dm:mia") == "This button is out of date; status shows what is true now."
