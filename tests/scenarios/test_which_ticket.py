"""Several tickets open and a command that names none: everybody is asked with buttons, and the choice does the rest."""

from harness import bot_in_a_box

from bot.sla.log import EventKind
from bot.tickets import Status

NOON = "2025-03-18T12:00+03:00"


async def asked(bot, *requests):
    for text in requests or ("postbacks stopped arriving", "the invoice is wrong"):
        await bot.say("acme", "acme/ann", f"/new {text}")


async def test_a_client_chooses_which_request_is_solved_by_its_first_words():
    async with bot_in_a_box(NOON) as bot:
        await asked(bot)
        await bot.say("acme", "acme/ann", "/resolve")
        question = bot.channel.posts[-1]
        assert question.text == "Which one: T-42, T-43?"
        assert list(question.buttons) == ["T-42: postbacks stopped arriving", "T-43: the invoice is wrong"]
        await bot.press("acme", "acme/bob", "T-43: the invoice is wrong")
        assert (await bot.page("T-43")).ticket.status is Status.CONFIRMED
        assert (await bot.page("T-42")).ticket.is_open


async def test_the_reason_of_an_escalation_stays_with_its_words():
    async with bot_in_a_box(NOON) as bot:
        await asked(bot)
        await bot.say("acme", "acme/ann", "/escalate we lose money")
        await bot.press("acme", "acme/ann", "T-42: postbacks stopped arriving")
        [event] = [e for e in (await bot.page("T-42")).log if e.kind is EventKind.ESCALATED]
        assert await bot.words(event.message) == "/escalate we lose money"
        assert any("Reason: we lose money" in post.text for post in bot.channel.posts)


async def test_a_note_keeps_its_words_when_its_ticket_is_chosen():
    async with bot_in_a_box(NOON) as bot:
        await asked(bot)
        await bot.say("dm:mia", "mia", "/note Ann is new there")
        await bot.press("dm:mia", "mia", "T-43: the invoice is wrong")
        [event] = [e for e in (await bot.page("T-43")).log if e.kind is EventKind.NOTED]
        assert await bot.words(event.message) == "/note Ann is new there"


async def test_staff_in_a_clients_room_is_asked_privately():
    async with bot_in_a_box(NOON) as bot:
        await asked(bot)
        await bot.say("acme", "mia", "/take")
        assert bot.channel.posts[-1].room == "dm:mia"
        await bot.press("dm:mia", "mia", "T-42: postbacks stopped arriving")
        assert (await bot.page("T-42")).standing.owner is not None


async def test_the_status_of_several_has_a_button_for_each_and_five_at_most():
    async with bot_in_a_box(NOON) as bot:
        await asked(bot, *(f"request number {n}" for n in range(6)))
        await bot.say("acme", "acme/ann", "/status")
        assert list(bot.channel.posts[-1].buttons) == [f"T-4{n + 2}: request number {n}" for n in range(5)]
        receipt = await bot.press("acme", "acme/ann", "T-44: request number 2")
        assert "request number 2" in (receipt.notice or bot.last("acme"))
        await bot.say("acme", "acme/ann", "/resolve")
        assert bot.last("acme") == "Which one: T-42, T-43, T-44, T-45, T-46?"
        assert len(bot.channel.posts[-1].buttons) == 5


async def test_long_first_words_are_cut_on_a_button():
    async with bot_in_a_box(NOON) as bot:
        await asked(bot, "the weekly report of all the campaigns is late", "no")
        await bot.say("acme", "acme/ann", "/escalate")
        assert list(bot.channel.posts[-1].buttons) == ["T-42: the weekly report of all the…", "T-43: no"]
