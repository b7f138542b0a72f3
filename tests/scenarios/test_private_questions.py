"""Whose words end a wait, and where a question of the bot is asked and answered: in private, where a client reads."""

from datetime import timedelta

from harness import bot_in_a_box

from bot.sla.clock import State
from bot.sla.policy import Metric

NOON = "2025-03-18T12:00+03:00"


async def test_of_two_open_tickets_the_clients_next_words_go_to_the_one_that_waits_for_his_details():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "the numbers look odd")
        await bot.say("dm:mia", "mia", "/hold T-42 client")
        await bot.forward(by=timedelta(minutes=5))
        await bot.say("acme", "acme/ann", "/new postbacks stopped")
        assert (await bot.timed("T-42", Metric.RESPONSE)).state is State.HELD
        await bot.forward(by=timedelta(minutes=5))
        await bot.say("acme", "acme/ann", "it is campaign 17")
        held, other = await bot.page("T-42"), await bot.page("T-43")
        assert held.standing.holds == ()
        assert (await bot.timed("T-42", Metric.RESPONSE)).state is State.RUNNING
        assert await bot.words(held.log[-2].message) == "it is campaign 17"
        assert [await bot.words(event.message) for event in other.log] == ["/new postbacks stopped"]


async def test_an_eta_without_a_time_in_the_clients_room_is_asked_about_in_the_direct_chat():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        since = len(bot.channel.posts)
        await bot.say("acme", "mia", "/eta")
        assert bot.posts("acme", since) == []
        asked = bot.channel.posts[-1]
        assert (asked.room, asked.text) == ("dm:mia", "By when? For example 16:00, 2h, tomorrow 9:30. T-42")
        assert list(asked.buttons) == ["ETA in 1 h", "ETA in 2 h", "ETA end of day"]
        await bot.say("dm:mia", "mia", "16:00")
        assert (await bot.page("T-42")).standing.eta_at == bot.moment("2025-03-18T16:00+03:00")
        assert bot.last("acme").startswith("Fix expected by 09:00 New York")


HINT = (
    "No client reads plain words here: reply to a notice to answer its client, write in the client's room, tap a "
    "button, or give a command. help lists what works here."
)


NOBODY = "This went to nobody: answer in the client's room, or say help."


async def test_plain_words_in_the_direct_chat_are_all_answered_at_length_once_in_five_minutes():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        for text in ("we are looking into it", "anybody there?"):
            await bot.say("dm:mia", "mia", text)
        assert bot.posts("dm:mia") == [HINT, NOBODY]
        assert bot.posts("acme")[1:] == []
        bot.clock.now += timedelta(minutes=5)
        await bot.say("dm:mia", "mia", "hello?")
        await bot.say("dm:ben", "ben", "hello?")
        assert (bot.posts("dm:mia"), bot.posts("dm:ben")) == ([HINT, NOBODY, HINT], [HINT])


async def test_thanks_commands_and_answers_to_a_question_get_no_hint_and_neither_does_talk_in_a_team_room():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        for text in ("thanks", "tickets", "/ask-eta T-42", "16:00"):
            await bot.say("dm:mia", "mia", text)
        await bot.say("team:support", "tom", "shall we have lunch")
        assert not {HINT, NOBODY} & {post.text for post in bot.channel.posts}


async def test_a_button_of_such_a_question_works_where_it_is_read():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("acme", "mia", "/eta")
        await bot.press("dm:mia", "mia", "ETA in 2 h")
        assert (await bot.page("T-42")).standing.eta_at == bot.moment("2025-03-18T14:00+03:00")


async def test_while_the_question_waits_in_private_his_words_in_the_clients_room_are_a_reply():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("acme", "mia", "/eta")
        await bot.say("acme", "mia", "16:00 our time is when the vendor opens")
        page = await bot.page("T-42")
        assert page.standing.eta_at is None
        assert await bot.words(page.log[-1].message) == "16:00 our time is when the vendor opens"


async def test_a_language_that_is_spoken_already_is_called_by_its_own_name():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "/language English")
        assert bot.last("acme") == "Already so: English."
