"""Who writes faster than people write loses no word: commands wait, everything is kept, the room is told once (S6)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from harness import Bot, bot_in_a_box, client

from bot.channels.base import InboundKind
from bot.desk.pacing import Pacing
from bot.sla.clock import State
from bot.sla.log import EventKind
from bot.sla.policy import Metric

AT = "2025-03-18T12:00+03:00"
TOLD = "Many messages at once: all are kept. Commands and buttons work again in a minute."


@pytest.fixture
async def bot() -> AsyncIterator[Bot]:
    async with bot_in_a_box(AT, client("acme"), client("beta"), pacing=Pacing()) as made:
        yield made


async def _flood(bot: Bot, count: int, text: str = "still down", sender: str = "acme/ann", room: str = "acme") -> None:
    for number in range(count):
        await bot.say(room, sender, f"{text} {number}")


async def _kept(bot: Bot, reference: str) -> list[str]:
    ticket = (await bot.page(reference)).ticket
    found = await bot.read(lambda tx: list(tx.messages.of_ticket(ticket.id)))
    return [message.text for message in found if message.direction == "in"]


async def test_s6_every_word_of_a_flood_is_kept_on_its_ticket_and_the_room_is_told_once(bot: Bot) -> None:
    await _flood(bot, 100)
    assert await _kept(bot, "T-42") == [f"still down {number}" for number in range(100)]
    assert bot.posts("acme")[1:] == [TOLD]
    assert await bot.read(lambda tx: tx.inbox.counts().oldest_at) is None, "nothing is left to do"


async def test_s6_what_would_change_nothing_leaves_no_event_and_what_would_does(bot: Bot) -> None:
    await _flood(bot, 30)
    said = [event.kind for event in (await bot.page("T-42")).log]
    assert said.count(EventKind.CLIENT_MESSAGE) == 19, "the first one opened the ticket, the next 19 were in time"
    await bot.say("dm:mia", "mia", "/eta T-42 18:00")
    await bot.say("acme", "acme/ann", "and now?")
    assert (await bot.page("T-42")).log[-1].kind is EventKind.CLIENT_MESSAGE
    assert (await bot.timed("T-42", Metric.NEXT_RESPONSE)).state is State.RUNNING


async def test_s6_what_cannot_even_be_read_counts_as_what_can(bot: Bot) -> None:
    for number in range(60):
        await bot.say("acme", "acme/ann", f"a story {number}", kind=InboundKind.UNREADABLE)
    said = [event.kind for event in (await bot.page("T-42")).log]
    assert said.count(EventKind.CLIENT_MESSAGE) == 19
    assert len(await _kept(bot, "T-42")) == 60 and len(bot.posts("acme")) == 1
    assert len(bot.posts("dm:lea")) == 1


async def test_s6_details_that_were_asked_for_end_the_wait_however_fast_they_come(bot: Bot) -> None:
    await _flood(bot, 25)
    await bot.say("dm:mia", "mia", "/hold T-42 client")
    await bot.say("acme", "acme/ann", "it is campaign 17")
    assert (await bot.page("T-42")).standing.holds == ()


async def test_s6_commands_wait_but_a_new_request_is_kept_as_words(bot: Bot) -> None:
    await _flood(bot, 20)
    await bot.say("acme", "acme/ann", "/escalate it is serious")
    await bot.say("acme", "acme/ann", "/new the invoice is wrong")
    assert (await bot.page("T-42")).standing.escalation == 0
    assert (await _kept(bot, "T-42"))[-1] == "/new the invoice is wrong"
    assert bot.last("acme") == TOLD
    await bot.forward(by=timedelta(seconds=2))
    await bot.say("acme", "acme/ann", "/escalate it is serious")
    assert (await bot.page("T-42")).standing.escalation == 1


async def test_s6_a_button_says_so_and_does_nothing(bot: Bot) -> None:
    await _flood(bot, 20)
    receipt = await bot.press("acme", "acme/ann", "Service down")
    assert receipt.notice == TOLD
    assert (await bot.page("T-42")).standing.level_name == "High end-user impact"


async def test_s6_one_persons_flood_slows_neither_a_colleague_nor_another_client_nor_staff(bot: Bot) -> None:
    await _flood(bot, 40)
    since = len(bot.channel.posts)
    for room, sender in (("acme", "acme/bob"), ("beta", "beta/ann"), ("acme", "mia"), ("dm:mia", "mia")):
        await bot.say(room, sender, "/status")
    assert [post.room for post in bot.channel.posts[since:]] == ["acme", "beta", "dm:mia", "dm:mia"]
    assert TOLD not in [post.text for post in bot.channel.posts[since:]]


async def test_s6_a_crowd_of_one_client_has_one_allowance(bot: Bot) -> None:
    for number in range(401):
        await bot.say("acme", f"acme/person-{number}", f"down {number}")
    assert bot.posts("acme")[1:] == [TOLD]
    await bot.say("beta", "beta/ann", "/status")
    assert bot.last("beta") == "Nothing is open here."


async def test_s6_staff_is_never_slowed_down(bot: Bot) -> None:
    await bot.say("acme", "acme/ann", "postbacks stopped")
    for _ in range(30):
        await bot.say("acme", "mia", "/status T-42")
        await bot.say("dm:mia", "mia", "/status T-42")
    assert len(bot.posts("dm:mia")) == 60
