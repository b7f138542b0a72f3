"""The story that must always work, told on Slack: in a private channel, in Slack Connect, by two clients at once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from channels.slack.slack_box import SlackBot, slack_box
from channels.slack.slack_rooms import Room

SAID = "postbacks stopped arriving since 9am"


@pytest.fixture(params=["http", "socket"])
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["private channel", "Slack Connect"])
async def told(request: pytest.FixtureRequest, mode: Any) -> AsyncIterator[SlackBot]:
    """A client whose people are guests of the vendor's workspace, or members of their own."""
    async with slack_box(mode, outside=request.param == "Slack Connect") as bot:
        yield bot


def no_slash(bot: SlackBot) -> bool:
    return not any(push.kind == "slash_commands" for push in bot.slack.pushes)


async def log_of(bot: SlackBot, ref: str) -> list[str]:
    return [event.kind.value for event in (await bot.page(ref)).log]


async def test_the_story_from_the_first_word_to_the_rating(told: SlackBot) -> None:
    """No slash command by anybody: what the client needs is words, mentions and buttons."""
    bot, room, mia = told, told.rooms["acme"], told.slack.direct("mia")

    # 1. One answer, in the thread: who, by when in the reader's own time, and what to press.
    asked = await bot.says("acme", "ann", SAID)
    [window] = room.posts
    assert window.text == "Answer guaranteed by 13:00 GMT+3 (in 60 min). Mia answers. T-42, High end-user impact."
    assert "11:00" in room.read_in(ZoneInfo("Europe/Berlin"))[0]
    assert window.thread == asked.ts
    assert list(window.buttons) == ["Service down", "Risk of service downtime", "Separate issue"]
    await bot.says("acme", "ann2", "all campaigns, all countries", thread=asked.ts)
    await bot.says("acme", "ann", "see", thread=asked.ts, files=("a.png", "b.png", "c.png"))
    await bot.says("acme", "ann2", "thanks", thread=asked.ts)
    assert len(room.posts) == 1
    await bot.press_in(room, "ann", "Service down")
    assert "T-42 is now Service down" in room.posts[-1].text

    # 2. The manager hears of it before it is due, in her own chat, with the client's words.
    await bot.forward(by=timedelta(minutes=7))
    nudge = mia.posts[-1]
    assert SAID in nudge.text
    assert {"Take it", "Ask for details"} <= set(nudge.buttons)

    # 3. A bare word is no answer; she alone is told, and offered an ETA.
    posts = len(room.posts)
    await bot.says("acme", "mia", "looking into it", thread=asked.ts)
    assert "neither resolution nor ETA" in mia.posts[-1].text
    assert len(room.posts) == posts

    # 4. An ETA is a promise in the client's room; it moves only with a reason.
    await bot.press_in(mia, "mia", "ETA in 1 h")
    assert room.posts[-1].text.startswith("Fix expected by")
    assert room.posts[-1].thread == asked.ts
    await bot.tells("mia", "eta T-42 15:30")
    await bot.tells("mia", "@Pledge eta T-42 15:30 the network's vendor is slow")
    assert "the network's vendor is slow" in room.posts[-1].text
    assert "15:30" in room.posts[-1].text

    # 6. Resolved, confirmed, rated.
    await bot.says("acme", "mia", "@Pledge resolve", thread=asked.ts)
    await bot.press_in(room, "ann", "5")
    await bot.press_in(room, "ann", "Confirm")
    assert (await bot.page("T-42")).ticket.status.value == "confirmed"
    assert "rated" in await log_of(bot, "T-42")
    assert {post.thread for post in room.posts} == {asked.ts}
    assert no_slash(bot)


async def test_nobody_answers_and_everybody_is_called_once(told: SlackBot) -> None:
    await told.says("acme", "ann", SAID)
    await told.forward(by=timedelta(hours=2))
    for who in ("tom", "sue"):
        texts = told.read_by(who)
        assert any("T-42" in text for text in texts), who
        assert len(texts) == len(set(texts)), "nobody reads the same twice"
    assert any("We missed" in post.text for post in told.rooms["acme"].posts), "the client is told honestly"
    assert {"missed", "breached"} & set(await log_of(told, "T-42"))


async def test_the_channel_sees_what_everybody_must_see_and_the_thread_the_rest(told: SlackBot) -> None:
    """Late, called in, moved: `reply_broadcast`. The window, a status and a first ETA are for those in the thread."""
    bot, room = told, told.rooms["acme"]
    await bot.says("beta", "bob", "exports are slow")
    asked = await bot.says("acme", "ann", SAID)
    await bot.says("acme", "ann", "@Pledge status", thread=asked.ts)
    await bot.tells("mia", "@Pledge eta T-43 12:30")
    await bot.tells("mia", "@Pledge eta T-43 12:45 the network's vendor is slow")
    await bot.says("acme", "ann", "@Pledge escalate the campaign ends tonight", thread=asked.ts)
    await bot.forward(by=timedelta(hours=2))
    await bot.says("acme", "mia", "@Pledge resolve", thread=asked.ts)
    seen = [(post.text, post.in_channel) for post in room.posts]
    expected = [
        ("Answer guaranteed by 13:00", False),
        ("T-43, High end-user impact", False),  # the status
        ("Fix expected by 12:30", False),
        ("New ETA 12:45", True),
        ("Tom (level 1) is called in now", True),
        ("Next word by 13:15", True),  # the time promised has passed
        ("Sue (level 2) is called in now", True),  # Tom has not answered
        ("Next word by 13:45", True),
        ("Next word by 14:45", True),
        ("Lea (level 3) is called in now", True),
        ("T-43 is resolved", False),
    ]
    assert [
        (text[: len(begin)], is_loud) for (text, is_loud), (begin, _) in zip(seen, expected, strict=True)
    ] == expected
    assert {post.thread for post in room.posts} == {asked.ts}
    assert all(post.in_channel for post in bot.rooms["beta"].posts if post.text.startswith("Next word"))
    assert any("We missed" in post.text for post in bot.rooms["beta"].posts if post.in_channel)
    assert not any(post.message.calls.get("reply_broadcast") for post in bot.slack.direct("mia").posts)


async def test_asking_for_details_holds_the_clock_until_the_client_answers(told: SlackBot) -> None:
    room, mia = told.rooms["acme"], told.slack.direct("mia")
    asked = await told.says("acme", "ann", SAID)
    await told.forward(by=timedelta(minutes=30))
    await told.press_in(mia, "mia", "Ask for details")
    await told.press_in(mia, "mia", "As I wrote")
    assert "waits for your details" in room.posts[-1].text
    await told.forward(by=timedelta(hours=3))
    assert "breached" not in await log_of(told, "T-42")
    await told.says("acme", "ann2", "it began after the update of campaign 17", thread=asked.ts)
    assert "the clock runs again" in room.posts[-1].text
    assert room.posts[-1].thread == asked.ts


async def test_a_second_matter_gets_a_ticket_and_a_thread_of_its_own(told: SlackBot) -> None:
    room = told.rooms["acme"]
    first = await told.says("acme", "ann", SAID)
    await told.says("acme", "ann", "and click prices of campaign 17 look wrong")
    await told.press_in(room, "ann", "Separate issue")
    assert await told.tickets() == 2
    second = await told.says("acme", "ann", "@Pledge new exports are slow")
    assert await told.tickets() == 3
    assert room.posts[-1].thread == second.ts
    await told.says("acme", "mia", "ETA 15:00", thread=first.ts)
    assert "eta_given" not in await log_of(told, "T-44")
    await told.says("acme", "mia", "@Pledge eta 16:00", thread=second.ts)
    assert "eta_given" in await log_of(told, "T-44")


async def test_a_shortcut_in_a_thread_says_the_command_on_its_ticket(mode: Any) -> None:
    """Where slash commands do not work, and for people of the home workspace only."""
    async with slack_box(mode) as bot:
        first = await bot.says("acme", "ann", SAID)
        await bot.says("acme", "ann", "@Pledge new exports are slow")
        await bot.rooms["acme"].shortcut("mia", first, "escalate")
        assert (await bot.slack.submits("mia", {"words": "the campaign ends tonight"})).confirmed
        await bot.deliver()
        assert "escalated" in await log_of(bot, "T-42")
        assert "escalated" not in await log_of(bot, "T-43")
        await bot.rooms["acme"].shortcut("ann", bot.rooms["acme"].posts[0].message, "status")
        await bot.deliver()
        assert "T-42" in bot.rooms["acme"].posts[-1].text


async def test_a_nudge_s_button_opens_a_form_and_what_is_filled_in_is_promised(mode: Any) -> None:
    async with slack_box(mode) as bot:
        room, mia = bot.rooms["acme"], bot.slack.direct("mia")
        await bot.says("acme", "ann", SAID)
        await bot.forward(by=timedelta(minutes=5))
        await bot.says("acme", "ann", "@Pledge new exports are slow")
        await bot.forward(by=timedelta(minutes=25))
        nudge = next(post for post in mia.posts if "T-42" in post.text and "Other ETA" in post.buttons)
        await mia.presses("mia", nudge, "Other ETA")
        _, view = bot.slack.views[-1]
        assert view["title"]["text"] == "T-42"
        assert (await bot.slack.submits("mia", {"words": "15:30"})).confirmed
        await bot.deliver()
        assert "eta_given" in await log_of(bot, "T-42")
        assert "eta_given" not in await log_of(bot, "T-43")
        assert "15:30" in room.posts[-1].text


async def test_a_wrong_value_is_told_below_its_field_and_the_form_stays_open(mode: Any) -> None:
    async with slack_box(mode) as bot:
        room, mia = bot.rooms["acme"], bot.slack.direct("mia")
        await bot.says("acme", "ann", SAID)
        await bot.forward(by=timedelta(minutes=30))
        nudge = next(post for post in mia.posts if "Other ETA" in post.buttons)
        await mia.presses("mia", nudge, "Other ETA")
        _, view = bot.slack.views[-1]
        before = len(mia.posts), len(room.posts), await log_of(bot, "T-42"), await bot.sql("SELECT count(*) FROM inbox")
        for wrong, told in (("half past tomorow", "half past tomorow"), ("16", "16")):
            assert (await bot.slack.submits("mia", {"words": wrong})).confirmed
            await bot.deliver()
            assert told in bot.slack.standing[view["id"]]["words"], wrong
        after = len(mia.posts), len(room.posts), await log_of(bot, "T-42"), await bot.sql("SELECT count(*) FROM inbox")
        assert after == before, "nothing was said, stored or written down"
        assert (await bot.slack.submits("mia", {"words": "15:30"})).confirmed
        await bot.deliver()
        assert bot.slack.standing == {}
        assert "15:30" in room.posts[-1].text
        assert (await log_of(bot, "T-42")).count("eta_given") == 1
        assert "told" in mia.posts[-1].text, "it was only tried before, not done"


@pytest.mark.parametrize(("what", "words"), [("eta", "15:30"), ("hold", "client"), ("escalate", "money is lost")])
async def test_a_form_that_comes_twice_is_confirmed_twice_and_done_once(mode: Any, what: str, words: str) -> None:
    async with slack_box(mode) as bot:
        asked = await bot.says("acme", "ann", SAID)
        await bot.rooms["acme"].shortcut("mia", asked, what)
        first = await bot.slack.submits("mia", {"words": words})
        await bot.deliver()
        log = await log_of(bot, "T-42")
        assert len(log) > 1, "it was done"
        (second,) = await bot.slack.again(first)
        await bot.deliver()
        assert second.confirmed and second.answer == first.answer
        assert await log_of(bot, "T-42") == log


async def test_a_form_of_somebody_who_may_not_say_it_is_refused_and_written_down(mode: Any) -> None:
    """It was opened for a member of staff, who has left the team since."""
    async with slack_box(mode) as bot:
        room = bot.rooms["acme"]
        asked = await bot.says("acme", "ann", SAID)
        await room.shortcut("mia", asked, "eta")
        await bot.store.write(lambda tx: tx.connection.execute("UPDATE person SET active = 0 WHERE key = 'mia'"))
        assert (await bot.slack.submits("mia", {"words": "15:30"})).confirmed
        await bot.deliver()
        assert bot.slack.standing == {}
        assert "eta_given" not in await log_of(bot, "T-42")
        assert await bot.sql("SELECT count(*) FROM audit WHERE what = 'refused eta'") == [(1,)]


async def test_the_status_of_a_nudge_s_ticket_is_told_from_its_menu(mode: Any) -> None:
    async with slack_box(mode) as bot:
        mia = bot.slack.direct("mia")
        await bot.says("acme", "ann", SAID)
        await bot.forward(by=timedelta(minutes=5))
        await bot.says("beta", "bob", "exports are slow")
        await bot.forward(by=timedelta(minutes=25))
        await bot.forward(by=timedelta(minutes=5))
        for ref in ("T-42", "T-43"):
            nudge = next(post for post in mia.posts if ref in post.text)
            await mia.shortcut("mia", nudge.message, "status")
            await bot.deliver()
            assert ref in mia.posts[-1].text
            assert ({"T-42", "T-43"} - {ref}).pop() not in mia.posts[-1].text


async def test_the_home_of_staff_lists_their_tickets_and_that_of_a_client_nothing(mode: Any) -> None:
    async with slack_box(mode) as bot:
        await bot.says("acme", "ann", SAID)
        await bot.forward(by=timedelta(minutes=30))
        await bot.press_in(bot.slack.direct("mia"), "mia", "Take it")
        for who in ("mia", "ann"):
            await bot.slack.emit_home(who)
        if bot.slack.on_interaction is not None:
            await bot.slack.on_interaction()
        assert "T-42" in str(bot.slack.homes["mia"])
        assert "ann" not in bot.slack.homes


async def test_staff_work_from_their_own_chat_and_the_team_reads_sla_in_its_channel(mode: Any) -> None:
    async with slack_box(mode) as bot:
        support = bot.slack.rooms["C00SUPPORT"]
        await bot.says("acme", "ann", SAID)
        await bot.tells("mia", "tickets")
        assert "T-42" in bot.read_by("mia")[-1]
        await support.slash("lea", "/sla")
        await bot.deliver()
        assert "T-42" in support.posts[-1].text
        asked = await support.says("lea", "@Pledge sla why T-42")
        await bot.deliver()
        assert "T-42" in support.posts[-1].text
        assert support.posts[-1].thread == asked.ts
        await support.says("lea", "we should hire somebody")
        await bot.deliver()
        assert await bot.tickets() == 1


async def test_two_clients_side_by_side_read_nothing_of_each_other(told: SlackBot) -> None:
    bot, acme, beta = told, told.rooms["acme"], told.rooms["beta"]
    await bot.says("acme", "ann", "canary-of-acme postbacks stopped")
    await bot.says("beta", "bob", "canary-of-beta exports fail")
    await bot.says("beta", "bob", "@Pledge status T-42")
    foreign = beta.posts[-1].text
    await bot.says("beta", "bob", "@Pledge status T-999")
    assert foreign.replace("42", "N") == beta.posts[-1].text.replace("999", "N")
    await bot.says("beta", "bob", "@Pledge escalate T-42")
    await bot.says("beta", "ann", "I am Ann of acme. @Pledge status")
    await bot.tells("mia", "@Pledge eta T-42 15:17")
    await bot.forward(by=timedelta(hours=2))
    for own, other in ((acme, "canary-of-beta"), (beta, "canary-of-acme")):
        assert other not in everything_in(own)
    assert "T-43" not in everything_in(acme)
    assert "escalated" in await log_of(bot, "T-43"), "its own clock ran out"
    assert not [post for post in beta.posts if "15:17" in post.text]
    crossed = "SELECT count(*) FROM outbox WHERE room_client_id NOT IN (client_id, 0)"
    assert await bot.sql(crossed) == [(0,)]


def everything_in(room: Room) -> str:
    """All that the bot ever said in a room, to everybody or to one."""
    return "\n".join(f"{message.text} {message.blocks}" for message in room.messages if message.bot_id)
