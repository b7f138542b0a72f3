"""What Slack knows of people: their language, their zone, whether they are colleagues; and who has no role with us."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from channels.slack.slack_api import Trouble
from channels.slack.slack_box import SlackBot, slack_box
from channels.slack.slack_rooms import Person

from bot.channels.base import Unavailable

SAID = "postbacks stopped arriving since 9am"


@pytest.fixture(params=["http", "socket"])
def mode(request: pytest.FixtureRequest) -> Any:
    return request.param


def colleague(bot: SlackBot, locale: str = "en-US") -> Person:
    """Somebody of the vendor's own workspace whom the roster does not know."""
    nina = bot.slack.person("nina")
    nina.locale = locale
    return nina


async def home_of(bot: SlackBot, who: str) -> str:
    """What stands on somebody's Home tab; empty where nothing does."""
    await bot.slack.emit_home(who)
    if bot.slack.on_interaction is not None:
        await bot.slack.on_interaction()
    return str(bot.slack.homes.get(who, ""))


async def test_the_home_of_a_colleague_without_a_role_says_who_we_are_and_whom_to_ask(mode: Any) -> None:
    async with slack_box(mode) as bot:
        await bot.says("acme", "ann", SAID)
        nina = colleague(bot)
        shown = await home_of(bot, "nina")
        assert "keeps the promises" in shown
        assert "Lea can put you" in shown
        assert nina.identity in shown
        assert "T-42" not in shown and "acme" not in shown
        nina.locale = "ru-RU"
        bot.clock.lead += timedelta(days=2)  # asked again after a day
        assert "держит обещания" in await home_of(bot, "nina")


async def test_the_home_of_a_guest_names_nobody_and_that_of_an_outsider_is_not_published(bot: SlackBot) -> None:
    bot.slack.person("gus").is_guest = True
    shown = await home_of(bot, "gus")
    assert "keeps the promises" in shown and "your own channel" in shown
    assert not any(name in shown for name in ("Lea", "Mia", "T0000HOME"))
    assert await home_of(bot, "ann") == ""
    assert [call.given["user_id"] for call in bot.slack.called("views.publish")] == [bot.slack.people["gus"].id]


async def test_the_home_of_staff_whom_we_have_no_chat_with_lists_their_tickets(bot: SlackBot) -> None:
    await bot.store.write(lambda tx: tx.connection.execute("UPDATE room SET active = 0 WHERE kind = 'direct'"))
    await bot.says("acme", "ann", SAID)
    assert "T-42" in await home_of(bot, "mia")


async def test_a_colleague_without_a_role_is_answered_in_his_own_chat_once_a_day(mode: Any) -> None:
    async with slack_box(mode) as bot:
        nina = colleague(bot)
        for said in ("hello", "status", "sla", "T-42?"):
            await bot.tells("nina", said)
        (line,) = bot.read_by("nina")
        assert "keeps the promises" in line and "Lea can put you" in line and nina.identity in line
        bot.clock.now += timedelta(hours=24)
        await bot.tells("nina", "hello again")
        await bot.tells("nina", "anybody?")
        assert bot.read_by("nina") == [line, line]
        assert await bot.tickets() == 0


async def test_he_is_answered_in_his_language(bot: SlackBot) -> None:
    colleague(bot, "ru-RU")
    await bot.tells("nina", "привет")
    assert "держит обещания" in bot.read_by("nina")[0]


@pytest.mark.parametrize("who", ["a guest", "an outsider", "nobody knows who"])
async def test_everybody_else_s_own_chat_reads_the_neutral_line_alone(bot: SlackBot, who: str) -> None:
    eve = bot.slack.person("eve", team="T0000EVIL" if who == "an outsider" else "T0000HOME")
    eve.is_guest = who == "a guest"
    if who == "nobody knows who":
        bot.slack.trouble("users.info", Trouble("error", "internal_error"))
    for _ in range(3):
        await bot.tells("eve", "hello")
    assert bot.read_by("eve") == ["This room is not connected to an agreement yet."]


async def test_a_contact_with_an_account_of_the_vendor_s_reads_no_names(bot: SlackBot) -> None:
    carl = bot.slack.person("carl")
    listed = "UPDATE identity SET ext_id = ? WHERE ext_id = ?"
    was = bot.slack.people["ann"].identity
    await bot.store.write(lambda tx: tx.connection.execute(listed, (carl.identity, was)))
    await bot.tells("carl", "hello")
    assert bot.read_by("carl") == ["This room is not connected to an agreement yet."]


async def test_the_same_id_of_another_workspace_has_neither_name_nor_language_of_ours(bot: SlackBot) -> None:
    mia = bot.slack.people["mia"]
    mia.locale = "ru-RU"
    await bot.says("acme", "mia", "good morning")
    room = bot.rooms["acme"]
    said = await room.says("mia", "who am I?")
    foreign = {"team": "T0000EVIL", "user_team": "T0000EVIL", "source_team": "T0000EVIL", "ts": bot.slack.ts()}
    before = await bot.sql("SELECT count(*) FROM message")
    await bot.slack.emit(room._message_event(said) | foreign, team="T0000EVIL", room=room)
    assert await bot.sql("SELECT count(*) FROM message") != before
    ((author, sender),) = await bot.sql("SELECT author, sender_ext FROM message ORDER BY id DESC LIMIT 1")
    assert (author, sender) == (mia.id, f"T0000EVIL/{mia.id}")


async def test_the_same_id_of_another_workspace_is_no_colleague(bot: SlackBot) -> None:
    colleague(bot)
    await bot.tells("nina", "hello")
    room = bot.slack.direct("nina")
    said = await room.says("nina", "it is me")
    bot.clock.now += timedelta(days=2)
    foreign = {"team": "T0000EVIL", "user_team": "T0000EVIL", "source_team": "T0000EVIL", "ts": bot.slack.ts()}
    before = len(room.posts)
    await bot.slack.emit(room._message_event(said) | foreign, team="T0000EVIL", room=room)
    await bot.deliver()
    assert not any("Lea" in post.text for post in room.posts[before:])


async def test_a_home_that_the_store_cannot_give_is_left_as_it_is(
    bot: SlackBot, caplog: pytest.LogCaptureFixture
) -> None:
    async def gone(*_: Any) -> Any:
        raise Unavailable("disk full")

    bot.channel._intake._home = gone
    assert await home_of(bot, "mia") == ""
    assert bot.slack.pushes[-1].confirmed
    assert "no home was shown" in caplog.text and "Traceback" not in caplog.text


async def nudged(bot: SlackBot) -> str:
    """Mia's next nudge, after she has said something in a client's room."""
    await bot.says("acme", "mia", "good morning")
    await bot.says("acme", "ann", f"@Pledge new {SAID}")
    await bot.forward(by=timedelta(minutes=30))
    return bot.read_by("mia")[-1]


async def test_where_the_roster_names_none_people_read_their_own_language_and_time(mode: Any) -> None:
    async with slack_box(mode) as bot:
        mia = bot.slack.people["mia"]
        mia.locale, mia.zone = "ru-RU", "Asia/Tokyo"
        nudge = await nudged(bot)
        assert "Токио" in nudge, nudge
        assert "19:00" in nudge, nudge
        assert all("GMT+3" in post.text for post in bot.rooms["acme"].posts), "a client's room keeps its own"
        assert await bot.sql("SELECT locale, zone FROM person WHERE key = 'mia'") == [("en", "Etc/GMT-3")]


@pytest.mark.parametrize("names", ["the roster", "she herself"])
async def test_what_is_named_goes_before_the_word_of_slack(bot: SlackBot, names: str) -> None:
    mia = bot.slack.people["mia"]
    mia.locale, mia.zone = "ru-RU", "Asia/Tokyo"
    if names == "the roster":
        named = "UPDATE person SET own_locale = 1, own_zone = 1 WHERE key = 'mia'"
        await bot.store.write(lambda tx: tx.connection.execute(named))
    else:
        await bot.tells("mia", "@Pledge language english")
    nudge = await nudged(bot)
    assert nudge.startswith("Due"), nudge
    assert ("GMT+3" if names == "the roster" else "Tokyo") in nudge, nudge


@pytest.mark.parametrize(
    ("locale", "zone"), [("fr-FR", "Mars/Olympus"), ("", ""), ("../..", "../../etc/passwd"), ("x", "Europe")]
)
async def test_a_language_without_texts_and_a_zone_that_is_none_change_nothing(
    bot: SlackBot, locale: str, zone: str
) -> None:
    mia = bot.slack.people["mia"]
    mia.locale, mia.zone = locale, zone
    nudge = await nudged(bot)
    assert nudge.startswith("Due") and "GMT+3" in nudge, nudge


def asked_of(bot: SlackBot, who: str) -> list[Any]:
    """The calls by which Slack was asked who this is."""
    user = bot.slack.people[who].id
    return [call for call in bot.slack.called("users.info") if call.given["user"] == user]


@pytest.mark.parametrize(
    "trouble", [Trouble("error", "user_not_found"), Trouble("rate", 30), Trouble("status", 503), Trouble("hang")]
)
async def test_a_person_slack_says_nothing_of_is_heard_all_the_same(bot: SlackBot, trouble: Trouble) -> None:
    bot.slack.trouble("users.info", trouble, times=50)
    await bot.rooms["acme"].says("ann", SAID)
    assert bot.slack.pushes[-1].confirmed
    bot.slack.no_trouble()
    await bot.rooms["acme"].says("ann", "all campaigns")
    await bot.deliver()
    assert await bot.tickets() == 1
    assert len(asked_of(bot, "ann")) == 1, "it is asked again in five minutes"


async def test_slack_is_asked_of_a_person_once_a_day(bot: SlackBot) -> None:
    for _ in range(5):
        await bot.says("acme", "ann", "@Pledge status")
    (asked,) = asked_of(bot, "ann")
    assert asked.given["include_locale"] in ("1", "true")
    bot.clock.lead += timedelta(hours=24)
    await bot.says("acme", "ann", "@Pledge status")
    assert len(asked_of(bot, "ann")) == 2
