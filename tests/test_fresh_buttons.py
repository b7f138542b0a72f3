"""Which buttons still mean something, as a table; what happens to the others is told in the channels' tests."""

from datetime import timedelta

import pytest
from harness import bot_in_a_box

from bot.channels.base import InboundKind, Limits
from bot.commands.base import Actor
from bot.desk.keyboards import means_something
from bot.sla.log import Party

NOON = "2025-03-18T12:00+03:00"
BUTTONS = (
    *("/take T-42", "/eta T-42 1h", "/ask-eta T-42", "/hold T-42 client", "/ask-assign T-42", "/escalate T-42"),
    *("/escalate-from T-42 0", "/escalate-from T-42 1"),
    *("/resolve T-42", "/answered T-42", "/acknowledge T-42", "/accept-eta T-42", "/urgency T-42 critical"),
    *("/urgency T-42 low", "/separate T-42", "/confirm T-42", "/reopen T-42", "/rate T-42 5", "/something T-42"),
    *("/undo T-42", "/book-call"),
    *("/take T-43", "/rate T-43 5"),
)
ALWAYS = {"/undo T-42", "/book-call", "/take T-43", "/rate T-43 5"}
OPEN = {
    *("/eta T-42 1h", "/ask-eta T-42", "/ask-assign T-42", "/resolve T-42", "/separate T-42", "/something T-42"),
    *("/take T-42", "/hold T-42 client", "/escalate T-42", "/answered T-42", "/urgency T-42 critical", *ALWAYS),
    "/escalate-from T-42 0",
}
_ONE_UP = OPEN - {"/escalate-from T-42 0"} | {"/escalate-from T-42 1"}
CLOSED = {"/confirm T-42", "/reopen T-42", "/rate T-42 5", *ALWAYS}


@pytest.mark.parametrize(
    ("said", "alive"),
    [
        ((), OPEN),
        ((("dm:mia", "mia", "/take T-42"),), OPEN - {"/take T-42"}),
        ((("dm:ben", "ben", "/take T-42"),), OPEN),
        ((("dm:mia", "mia", "/hold T-42 client"),), OPEN - {"/hold T-42 client"}),
        ((("acme", "acme/ann", "/urgency T-42 critical"),), OPEN - {"/urgency T-42 critical"}),
        (
            (("acme", "acme/ann", "/escalate T-42"),),
            OPEN - {"/escalate T-42", "/escalate-from T-42 0"} | {"/acknowledge T-42"},
        ),
        ((("acme", "acme/ann", "/escalate T-42"), ("dm:tom", "tom", "/acknowledge T-42")), _ONE_UP),
        ((("dm:mia", "mia", "/eta T-42 15:00"),), OPEN - {"/answered T-42"} | {"/accept-eta T-42"}),
        ((("dm:mia", "mia", "/eta T-42 15:00"), ("acme", "acme/ann", "/accept-eta T-42")), OPEN - {"/answered T-42"}),
        ((("dm:mia", "mia", "/resolve T-42"),), CLOSED),
        ((("dm:mia", "mia", "/resolve T-42"), ("acme", "acme/ann", "/rate T-42 4")), CLOSED - {"/rate T-42 5"}),
        ((("dm:mia", "mia", "/resolve T-42"), ("acme", "acme/ann", "/confirm T-42")), CLOSED - {"/confirm T-42"}),
        ((("dm:mia", "mia", "/resolve T-42"), ("acme", "acme/ann", "/reopen T-42 again")), OPEN - {"/answered T-42"}),
    ],
)
async def test_a_button_means_something_while_its_command_could_do_something(said, alive):
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        for room, who, words in said:
            await bot.say(room, who, words)
        page = await bot.page("T-42")
        mia = await bot.read(lambda tx: tx.people.person_by_key("mia"))
        actor = Actor(Party.STAFF, "Mia", "mia", mia)
        assert {button for button in BUTTONS if means_something(button, page, actor, bot.clock.now)} == alive


async def test_an_eta_that_is_past_cannot_be_accepted():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("dm:mia", "mia", "/eta T-42 15:00")
        later = bot.clock.now + timedelta(hours=3)
        assert not means_something("/accept-eta T-42", await bot.page("T-42"), Actor(Party.CLIENT, "", ""), later)


async def test_on_the_highest_level_there_is_nobody_left_to_call():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        climbed = []
        for who in ("tom", "sue", "lea"):
            page = await bot.page("T-42")
            climbed.append(means_something("/escalate T-42", page, Actor(Party.CLIENT, "", ""), bot.clock.now))
            await bot.say("dm:mia", "mia", "/escalate T-42 nobody can log in")
            await bot.say(f"dm:{who}", who, "/acknowledge T-42")
            bot.clock.now += timedelta(minutes=10)
        page = await bot.page("T-42")
        assert page.standing.escalation == page.standing.escalation_acknowledged == 3
        climbed.append(means_something("/escalate T-42", page, Actor(Party.CLIENT, "", ""), bot.clock.now))
        assert climbed == [True, True, True, False]


@pytest.mark.parametrize("button", ["/confirm T-43", "/reopen T-43"])
async def test_what_went_on_as_another_ticket_is_not_confirmed_and_not_opened_again(button):
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("acme", "acme/ann", "/new exports fail")
        await bot.say("dm:mia", "mia", "/merge T-43 into T-42")
        page = await bot.page("T-43")
        assert page.standing.is_cancelled
        assert not means_something(button, page, Actor(Party.CLIENT, "", ""), bot.clock.now)


async def left_after(bot, room, who, pressed, *, on):
    """The buttons that a message keeps once somebody has pressed one of them; None: it was not touched."""
    number = bot.channel.posts.index(on) + 1
    await bot.say(room, who, "", kind=InboundKind.PRESS, action=on.buttons[pressed], reply_to=f"m{number}")
    edited = [list(post.buttons) for post in bot.channel.posts if post.edit_of == f"m{number}"]
    return edited[-1] if edited else None


async def asked_about_two(bot):
    """The message in which Mia is nudged about T-42 and T-43."""
    await bot.say("acme", "acme/ann", "postbacks stopped")
    await bot.say("acme", "acme/ann", "/new exports fail")
    await bot.forward(to="2025-03-18T12:50+03:00")
    on = next(post for post in reversed(bot.channel.posts) if post.room == "dm:mia")
    assert list(on.buttons) == ["Take T-42", "ETA T-42", "Take T-43", "ETA T-43"]
    return on


async def test_after_a_press_the_buttons_of_a_merged_ticket_are_judged_by_the_one_it_goes_on_in():
    """T-43 goes on in T-42, which Mia takes: nothing is left to take, an ETA can be given under either name."""
    async with bot_in_a_box(NOON, limits=Limits(edit=True)) as bot:
        on = await asked_about_two(bot)
        await bot.say("dm:mia", "mia", "/merge T-43 into T-42")
        assert await left_after(bot, "dm:mia", "mia", "Take T-43", on=on) == ["ETA T-42", "ETA T-43"]


async def test_a_press_on_one_of_two_tickets_leaves_the_buttons_of_the_other():
    async with bot_in_a_box(NOON, limits=Limits(edit=True)) as bot:
        on = await asked_about_two(bot)
        assert await left_after(bot, "dm:mia", "mia", "Take T-43", on=on) == ["Take T-42", "ETA T-42", "ETA T-43"]


async def test_a_press_that_asks_for_more_leaves_all_buttons():
    async with bot_in_a_box(NOON, limits=Limits(edit=True)) as bot:
        on = await asked_about_two(bot)
        assert await left_after(bot, "dm:mia", "mia", "ETA T-43", on=on) is None


async def test_an_undo_that_was_pressed_is_taken_off():
    async with bot_in_a_box(NOON, limits=Limits(edit=True)) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("dm:mia", "mia", "/take T-42")
        on = next(post for post in reversed(bot.channel.posts) if "Undo" in post.buttons)
        assert await left_after(bot, "dm:mia", "mia", "Undo", on=on) == []


async def test_buttons_about_no_ticket_stay_after_a_press():
    async with bot_in_a_box(NOON, limits=Limits(edit=True)) as bot:
        await bot.say("dm:mia", "mia", "/away from Friday until Monday")
        await bot.say("dm:mia", "mia", "/away")
        on = bot.channel.posts[-1]
        assert await left_after(bot, "dm:mia", "mia", next(iter(on.buttons)), on=on) is None
