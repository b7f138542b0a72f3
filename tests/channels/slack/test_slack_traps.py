"""The traps of Slack, each as a test, against the fake Slack: what its documentation says and adapters get wrong."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from channels.slack.slack_api import BOT_TOKEN, SECRET, Trouble
from channels.slack.slack_box import ACME, Beats, SlackBot, listening, make_channel, slack_box
from channels.slack.slack_push import Push
from channels.slack.slack_rooms import BOT_USER, SlashRefused

from bot.channels.base import Inbound, Receipt, Unavailable
from bot.channels.slack import check
from bot.channels.slack.manifest import manifest
from bot.people import VENDOR

WORDS = "postbacks stopped arriving since 9am"
RESERVED = (
    "status me away dnd shrug remind msg feed who collapse expand leave join open search topic mute pro shortcuts"
)


async def log_of(bot: SlackBot, ref: str) -> list[str]:
    return [event.kind.value for event in (await bot.page(ref)).log]


async def test_2_the_manifest_keeps_slacks_limits_and_has_no_reserved_command() -> None:
    for made in (manifest("https://pledge.example"), manifest(socket=True)):
        shown, features = made["display_information"], made["features"]
        assert len(shown["name"]) <= 35
        assert len(shown["description"]) <= 140
        assert 174 <= len(shown["long_description"]) <= 4000
        names = [each["command"] for each in features["slash_commands"]]
        assert len(names) <= 50
        for name in names:
            assert re.fullmatch(r"/[a-z0-9_-]{1,31}", name)
            assert name.removeprefix("/") not in RESERVED.split(" ")
        assert len(features["shortcuts"]) <= 10
        assert all(len(each["name"]) <= 24 and len(each["description"]) <= 150 for each in features["shortcuts"])
        assert len(made["settings"]["event_subscriptions"]["bot_events"]) <= 100


async def test_2_premium_status_says_what_a_mention_says(bot: SlackBot) -> None:
    await bot.says("acme", "ann", WORDS)
    room = bot.rooms["acme"]
    await bot.says("acme", "ann", "@Pledge status")
    by_mention = room.posts[-1].text
    shown = await room.slash("mia", "/premium", "status T-42")
    await bot.deliver()
    assert "T-42" in by_mention
    assert any("T-42" in text for text in [*shown, *bot.read_by("mia"), *(p.text for p in room.posts[2:])])
    shown = await bot.slack.direct("mia").slash("mia", "/premium", "status T-42")
    await bot.deliver()
    assert "T-42" in bot.read_by("mia")[-1]


async def test_3_the_app_says_of_itself_that_slash_commands_do_not_work_in_threads() -> None:
    assert "do not work in threads" in manifest("https://pledge.example")["display_information"]["long_description"]


async def test_3_a_mention_in_a_thread_acts_on_its_ticket(bot: SlackBot) -> None:
    room = bot.rooms["acme"]
    first = await bot.says("acme", "ann", WORDS)
    await bot.says("acme", "ann", "@Pledge new exports are slow")
    await bot.says("acme", "ann", "@Pledge escalate the campaign ends tonight", thread=first.ts)
    assert "escalated" in await log_of(bot, "T-42")
    assert "escalated" not in await log_of(bot, "T-43")
    assert room.posts[-1].thread == first.ts


async def test_3_a_ticket_opened_inside_a_thread_is_answered_there_never_below_an_answer(bot: SlackBot) -> None:
    """An answer's id is no thread: https://docs.slack.dev/reference/methods/chat.postMessage, thread_ts."""
    room = bot.rooms["acme"]
    first = await bot.says("acme", "ann", WORDS)
    await bot.says("acme", "ann", "@Pledge new exports are slow", thread=first.ts)
    await bot.says("acme", "ann", "the dashboard is empty as well", thread=first.ts)
    await bot.says("acme", "ann", "@Pledge separate", thread=first.ts)
    assert await bot.tickets() == 3
    assert {post.thread for post in room.posts} == {first.ts}


async def test_4_every_act_of_a_client_in_slack_connect_works_without_slash(bot: SlackBot) -> None:
    room = bot.rooms["acme"]
    await bot.says("acme", "ann", WORDS)
    with pytest.raises(SlashRefused):
        await room.slash("ann", "/premium", "status")
    for said in ("status", "escalate", "hours", "whoami", "help", "urgency", "language"):
        before = len(room.posts)
        await bot.says("acme", "ann2", f"@Pledge {said}")
        assert len(room.posts) > before, said
    await bot.says("acme", "ann", "@Pledge new exports are slow")
    assert await bot.tickets() == 2
    await bot.press_in(room, "ann", "Service down")
    assert (await bot.page("T-43")).ticket.priority.name == "CRITICAL"
    for said in ("book-call", "calls"):
        before = len(room.posts)
        await bot.says("acme", "ann2", f"@Pledge {said}")
        assert len(room.posts) > before, said
    await bot.says("acme", "ann2", "@Pledge resolve T-42")
    assert (await bot.page("T-42")).ticket.status.value == "confirmed"
    await bot.says("acme", "mia", "@Pledge resolve T-43")
    await bot.press_in(room, "ann2", "4")
    assert "rated" in await log_of(bot, "T-43")
    await bot.says("acme", "ann2", "@Pledge reopen T-43 it is back")
    assert "reopened" in await log_of(bot, "T-43")


async def test_5_while_the_store_is_down_nothing_is_confirmed(bot: SlackBot) -> None:
    down = [True]

    async def receive(inbound: Inbound) -> Receipt:
        if down[0]:
            raise Unavailable("down for the test")
        return await bot.receive(inbound)

    channel = make_channel(bot.slack, "http", bot.times, Beats(), bot.store, bot.desk)
    async with listening(bot, channel, receive):
        await bot.rooms["acme"].says("ann", WORDS)
        push = bot.slack.pushes[-1]
        assert push.statuses == [503, 503]
        assert not push.confirmed
        down[0] = False
        bot.clock.lead += timedelta(minutes=1)
        await bot.slack.pusher.retry_due()
    assert push.confirmed
    assert await bot.tickets() == 1


async def test_5_after_a_death_behind_the_confirmation_the_next_life_goes_on(tmp_path: Any) -> None:
    async with slack_box(path=tmp_path / "pledge.db") as bot:
        await bot.rooms["acme"].says("ann", WORDS)
        assert bot.slack.pushes[-1].confirmed
        bot.reborn()
        await bot.deliver()
        assert len(bot.rooms["acme"].posts) == 1


async def test_7_a_retry_of_an_event_that_was_never_stored_is_processed(bot: SlackBot) -> None:
    bot.slack.pusher.is_down = True
    await bot.rooms["acme"].says("ann", WORDS)
    bot.slack.pusher.is_down = False
    bot.clock.lead += timedelta(minutes=1)
    await bot.slack.pusher.retry_due()
    assert bot.slack.pushes[-1].attempts == 3
    assert bot.slack.pushes[-1].confirmed
    assert await bot.tickets() == 1


async def test_8_a_mention_and_its_message_are_one_ticket(bot: SlackBot) -> None:
    await bot.says("acme", "ann", f"@Pledge {WORDS}, what is going on")
    kinds = [
        push.payload["event"]["type"] for push in bot.slack.pushes if push.payload["event"].get("user") != BOT_USER
    ]
    assert kinds == ["app_mention", "message"]
    assert await bot.tickets() == 1
    assert len(bot.rooms["acme"].posts) == 1


async def test_9_editing_an_old_escalate_runs_nothing_and_is_kept(bot: SlackBot) -> None:
    await bot.says("acme", "ann", WORDS)
    asked = await bot.says("acme", "ann", "@Pledge escalate")
    before, posts = await log_of(bot, "T-42"), len(bot.rooms["acme"].posts)
    await bot.rooms["acme"].edits(asked, "@Pledge escalate the campaign ends tonight")
    await bot.deliver()
    assert await log_of(bot, "T-42") == before
    assert len(bot.rooms["acme"].posts) == posts
    kept = await bot.sql("SELECT text FROM message WHERE text LIKE '%campaign ends tonight%'")
    assert len(kept) == 1


async def test_9_editing_words_into_a_command_runs_nothing(bot: SlackBot) -> None:
    said = await bot.says("acme", "ann", WORDS)
    await bot.rooms["acme"].edits(said, "@Pledge escalate")
    await bot.deliver()
    assert "escalated" not in await log_of(bot, "T-42")


async def test_10_an_unfurled_link_changes_nothing(bot: SlackBot) -> None:
    message = await bot.says("acme", "ann", "see https://example.com/report")
    rows = await bot.sql("SELECT count(*) FROM inbox")
    await bot.rooms["acme"].unfurls(message)
    assert bot.slack.pushes[-1].confirmed
    assert await bot.sql("SELECT count(*) FROM inbox") == rows


async def test_a_deleted_message_keeps_its_words_and_its_ticket(bot: SlackBot) -> None:
    room = bot.rooms["acme"]
    alone = await room.says("ann", WORDS)
    await room.deletes(alone)
    await bot.deliver()
    assert await bot.tickets() == 1
    assert bot.slack.pushes[-1].confirmed
    answered = await bot.says("beta", "bob", WORDS)  # the window below it leaves a tombstone
    await bot.rooms["beta"].deletes(answered)
    await bot.deliver()
    said = await bot.sql("SELECT count(*) FROM message WHERE direction = 'in' AND text LIKE ?", f"%{WORDS}%")
    assert said == [(2,)]


async def test_an_album_of_files_is_one_message_and_its_files_need_the_token(bot: SlackBot) -> None:
    await bot.says("acme", "ann", "see these", files=tuple(f"{n}.png" for n in range(5)))
    assert await bot.tickets() == 1
    ((files,),) = await bot.sql("SELECT files FROM message WHERE direction = 'in'")
    handles = [file["handle"] for file in json.loads(files)]
    assert len(handles) == 5
    async with bot.channel.fetch("default", handles[0]) as pieces:
        assert b"".join([piece async for piece in pieces]) == b"some bytes"
    bot.slack.scopes.discard("files:read")
    with pytest.raises(Unavailable):
        async with bot.channel.fetch("default", handles[1]) as pieces:
            assert [piece async for piece in pieces] == []


@pytest.mark.parametrize("how", ["html", "moved", "status"])
async def test_a_page_in_the_place_of_a_file_and_one_that_lies_elsewhere_are_no_file(bot: SlackBot, how: str) -> None:
    await bot.says("acme", "ann", "see this", files=("1.png", "2.png"))
    ((files,),) = await bot.sql("SELECT files FROM message WHERE direction = 'in'")
    first, second = (file["handle"] for file in json.loads(files))
    elsewhere = f"{bot.slack.url}/files-pri/{second}/2.png"
    bot.slack.trouble("file", Trouble(how, 500 if how == "status" else elsewhere))
    with pytest.raises(Unavailable):
        async with bot.channel.fetch("default", first) as pieces:
            assert [piece async for piece in pieces] == []
    async with bot.channel.fetch("default", first) as pieces:
        assert b"".join([piece async for piece in pieces]) == b"some bytes"


async def test_18_bots_open_no_ticket_and_get_no_reply(bot: SlackBot) -> None:
    for _ in range(30):
        await bot.rooms["acme"].bot_says("github", "@Pledge status")
    await bot.deliver()
    assert await bot.tickets() == 0
    assert bot.rooms["acme"].posts == []


async def test_18_the_bot_does_not_hear_itself(bot: SlackBot) -> None:
    await bot.says("acme", "ann", WORDS)
    own = [push for push in bot.slack.pushes if push.payload["event"].get("user") == BOT_USER]
    assert own
    assert all(push.confirmed for push in own)
    assert await bot.sql("SELECT count(*) FROM inbox") == [(1,)]


@pytest.mark.parametrize("how", ["archives", "removes_bot"])
async def test_21_a_lost_room_is_told_elsewhere_and_its_clock_runs(bot: SlackBot, how: str) -> None:
    room = bot.rooms["acme"]
    await bot.says("acme", "ann", WORDS)
    await getattr(room, how)()
    await bot.deliver()
    assert any("acme" in text for text in bot.read_by("mia"))
    posts = len(room.posts)
    await bot.forward(by=timedelta(minutes=70))
    assert len(room.posts) == posts
    assert "breached" in await log_of(bot, "T-42")
    assert any(text.startswith("Due") for text in bot.read_by("mia")), "the nudges go on"
    room.archived, room.bot_is_member = False, True
    await (room.unarchives() if how == "archives" else room.adds_bot())
    await bot.deliver()
    await bot.says("acme", "ann", "@Pledge status")
    assert "T-42" in room.posts[-1].text


async def test_21_an_archived_channel_is_noticed_by_a_post_too(bot: SlackBot) -> None:
    await bot.rooms["acme"].says("ann", WORDS)
    bot.rooms["acme"].archived = True  # its event is still on the way
    await bot.delivery.drain_once()
    assert (await bot.states()).get("parked") == 1
    await bot.deliver()
    assert bot.read_by("mia")


async def test_a_renamed_channel_keeps_its_client(bot: SlackBot) -> None:
    await bot.rooms["acme"].renames("acme-gold")
    await bot.says("acme", "ann", WORDS)
    assert bot.slack.pushes[0].confirmed
    assert await bot.tickets() == 1


async def test_a_channel_that_outsiders_join_is_told_to_its_manager(bot: SlackBot) -> None:
    await bot.rooms["acme"].shares("T000OTHER")
    await bot.deliver()
    assert any("T000OTHER" in text for text in bot.read_by("mia"))
    await bot.rooms["acme"].unshares("T000OTHER")
    await bot.deliver()
    assert bot.slack.pushes[-1].confirmed


async def joins(bot: SlackBot, room: Any, who: str, what: str = "joined") -> None:
    """Somebody comes into a room, or leaves it, and Slack tells of it."""
    person = bot.slack.people[who]
    if what == "joined":
        room.members[who] = person
    else:
        del room.members[who]
    event = {"type": f"member_{what}_channel", "user": person.id, "channel": room.id, "team": person.team}
    await bot.slack.emit(event | {"channel_type": "G", "event_ts": bot.slack.ts()}, room=room)
    await bot.deliver()


@pytest.mark.parametrize("who", ["a guest", "a member of another workspace"])
async def test_s14_before_an_outsider_in_the_team_s_room_nothing_internal_is_said(bot: SlackBot, who: str) -> None:
    eve = bot.slack.person("eve", team="T0000HOME" if who == "a guest" else "T000OTHER")
    eve.is_guest = who == "a guest"
    team = next(room for room in bot.slack.rooms.values() if room.name == "support")
    await bot.says("acme", "ann", WORDS)
    await joins(bot, team, "eve")
    assert any("eve" in text.casefold() and "upport" in text for text in bot.read_by("lea")), bot.read_by("lea")
    before = len(team.posts)
    await team.says("mia", "@Pledge sla")
    await bot.deliver()
    assert not any("T-42" in post.text for post in team.posts[before:])
    assert any("eve" in problem.text.casefold() for problem in await bot.channel.check())
    await joins(bot, team, "eve", "left")
    await team.says("mia", "@Pledge sla")
    await bot.deliver()
    assert any("T-42" in post.text for post in team.posts[before:])


@pytest.mark.parametrize(("first", "last"), [("eve", "gus"), ("gus", "eve")])
async def test_s14_of_two_guests_in_the_team_s_room_the_second_to_leave_ends_the_warning(
    bot: SlackBot, first: str, last: str
) -> None:
    team = next(room for room in bot.slack.rooms.values() if room.name == "support")
    for who in ("eve", "gus"):
        bot.slack.person(who).is_guest = True
        await joins(bot, team, who)
    read_by = "SELECT outsiders FROM room_resolved WHERE kind = 'team'"
    await joins(bot, team, first, "left")
    ((left,),) = await bot.sql(read_by)
    assert left is not None and last in left.casefold() and first not in left.casefold()
    await joins(bot, team, last, "left")
    assert await bot.sql(read_by) == [(None,)]


async def test_s14_a_colleague_who_joins_the_team_s_room_is_no_news(bot: SlackBot) -> None:
    bot.slack.person("nina")
    team = next(room for room in bot.slack.rooms.values() if room.name == "support")
    await joins(bot, team, "nina")
    assert await bot.sql("SELECT outsiders FROM room_resolved WHERE kind = 'team'") == [(None,)]
    assert list(await bot.channel.check()) == []


async def test_s14_a_client_s_room_is_no_place_for_a_third_workspace(bot: SlackBot) -> None:
    acme, told = bot.rooms["acme"], len(bot.read_by("mia"))
    bot.slack.person("ann5", team=bot.slack.people["ann"].team)
    await joins(bot, acme, "ann5")
    assert len(bot.read_by("mia")) == told, "a colleague of the client's"
    gus = bot.slack.person("gus")
    gus.is_guest = True
    given = "identity (channel, account, ext_id, person_id, origin) SELECT 'slack', 'default', ?, id, 'chat'"
    contact = f"INSERT INTO {given} FROM person"
    listed = f"{contact} WHERE role = 'contact' AND client_id = (SELECT id FROM client WHERE key = 'acme')"
    await bot.store.write(lambda tx: tx.connection.execute(listed, (gus.identity,)))
    await joins(bot, acme, "gus")
    assert len(bot.read_by("mia")) == told, "a listed contact with an account of the vendor's"
    bot.slack.person("eve", team="T000OTHER")
    await joins(bot, acme, "eve")
    assert any("T000OTHER" in text for text in bot.read_by("mia")[told:])
    await bot.says("acme", "ann", WORDS)
    assert "T-42" in acme.posts[-1].text, "the client is served all the same"


async def test_23_a_stranger_who_adds_the_bot_reads_one_neutral_line(bot: SlackBot) -> None:
    bot.slack.person("eve", team="T0000EVIL")
    room = bot.slack.channel("elsewhere", "eve")
    await room.adds_bot()
    await bot.deliver()
    for said in ("hello", "@Pledge status", "@Pledge sla", "@Pledge link guess"):
        await room.says("eve", said)
        await bot.deliver()
    texts = [post.text for post in room.posts]
    assert 1 <= len(texts) == len(set(texts)) <= 2
    assert not any("acme" in text or "Mia" in text for text in texts)
    assert await bot.tickets() == 0


async def test_23_a_code_links_a_channel_once(bot: SlackBot) -> None:
    def issue(tx: Any) -> str:
        found = tx.people.client_by_key("acme")
        return str(tx.access.issue("link", now=bot.clock.machine, issuer="shell", client_id=found.id))

    code = await bot.store.write(issue)
    fresh, other = bot.slack.channel("acme-second", "ann", "mia"), bot.slack.channel("acme-third", "ann")
    await fresh.says("mia", f"@Pledge link {code}")
    await bot.deliver()
    await other.says("ann", f"@Pledge link {code}")
    await bot.deliver()
    linked = "SELECT ext_id FROM room WHERE active AND kind = 'client' AND channel = 'slack'"
    rooms = {id for (id,) in await bot.sql(linked)}
    assert fresh.id in rooms
    assert other.id not in rooms


async def test_23_staff_link_themselves_by_bare_words_in_their_own_chat(bot: SlackBot) -> None:
    nina = bot.slack.person("nina")
    with pytest.raises(SlashRefused):
        await bot.tells("nina", "/link CODE")

    def issue(tx: Any) -> str:
        # Somebody of the roster who is not known on Slack yet.
        tx.connection.execute("DELETE FROM identity WHERE person_id = ?", (tx.people.person_by_key("ben").id,))
        found = tx.people.person_by_key("ben")
        return str(tx.access.issue("link", now=bot.clock.machine, issuer="shell", client_id=VENDOR, person_id=found.id))

    await bot.tells("nina", f"link {await bot.store.write(issue)}")
    known = await bot.read(lambda tx: tx.people.by_identity("slack", "default", nina.identity))
    assert known is not None
    assert known.key == "ben"


async def test_24_sla_says_nothing_where_a_client_reads(bot: SlackBot) -> None:
    await bot.says("acme", "ann", WORDS)
    before = len(bot.rooms["acme"].posts)
    await bot.says("acme", "ann", "@Pledge sla")
    await bot.rooms["acme"].slash("mia", "/sla")
    await bot.deliver()
    assert not any("T-42" in post.text for post in bot.rooms["acme"].posts[before:])


async def test_25_the_right_to_press_is_checked_at_the_press(bot: SlackBot) -> None:
    """A client's colleague finds the button of a nudge, by whatever way."""
    await bot.says("acme", "ann", WORDS)
    await bot.forward(by=timedelta(minutes=30))
    direct = bot.slack.direct("mia")
    post = direct.post("Take it")
    direct.members["bob"] = bot.slack.people["bob"]
    await direct.presses("bob", post, "Take it")
    await bot.deliver()
    assert "taken" not in await log_of(bot, "T-42")


async def test_26_an_old_button_says_so_to_its_presser_only(bot: SlackBot) -> None:
    room = bot.rooms["acme"]
    await bot.says("acme", "ann", WORDS)
    post = room.post("Service down")
    await room.presses("ann", post, "Service down")
    await bot.deliver()
    before = len(room.posts)
    await room.presses("ann", post, "Service down")
    await bot.deliver()
    assert len(room.posts) == before
    assert len(room.private_to("ann")) == 1
    assert [e.kind.value for e in (await bot.page("T-42")).log].count("priority_changed") == 1


@pytest.mark.parametrize("mode", ["http", "socket"])
async def test_27_an_act_whose_handling_raises_is_confirmed_in_time(mode: Any) -> None:
    async with slack_box(mode) as bot:
        await bot.says("acme", "ann", WORDS)
        post = bot.rooms["acme"].post("Service down")
        await bot.set_policy("no-such-agreement")  # breaks every ticket of the client
        await bot.rooms["acme"].presses("ann", post, "Service down")
        assert bot.slack.pushes[-1].confirmed
        assert bot.slack.shown_errors == []
        await bot.rooms["acme"].says("ann", "and now the exports too")
        assert bot.slack.pushes[-1].confirmed


@pytest.mark.parametrize(
    "words",
    [
        "<!channel> <!here> <!everyone> <!subteam^S0123456>",
        "<@U00000MIA> <#C0123456> @everyone @channel",
        "a < b && c > d &amp; &lt;",
        "<https://evil.example|click me> https://evil.example/pay www.evil.example",
        "*bold* _italic_ ~struck~ `code` ```block``` > quote",
        "<b>bold</b> <script>alert(1)</script>",
        "line one\r\nX-Header: line two",
        "|<!date^1795338000^{date}|now>|",
        ":fire: :smile:",
    ],
)
async def test_31_words_of_a_client_stay_words(bot: SlackBot, words: str) -> None:
    """They ping nobody, link nowhere, and are read as they were typed."""
    await bot.says("acme", "ann", words)
    await bot.forward(by=timedelta(minutes=30))
    nudge = next(post for post in bot.slack.direct("mia").posts if post.text.startswith("Due"))
    assert nudge.pings == []
    assert nudge.links == []
    quoted = re.search(r"T-42: '(.*)'", nudge.text, re.DOTALL)
    assert quoted is not None, nudge.text
    shown = " ".join(quoted[1].split())
    assert shown == " ".join(words.split())
    for room in (bot.rooms["acme"], bot.slack.direct("mia")):
        assert all(post.message.calls.get("unfurl_links") is False for post in room.posts)
        assert all(post.message.calls.get("unfurl_media") is False for post in room.posts)
        assert all(post.message.calls.get("link_names") is False for post in room.posts)
        assert all(post.message.calls.get("parse") == "none" for post in room.posts)


async def test_32_long_texts_come_whole_in_ordered_parts(bot: SlackBot) -> None:
    from bot.channels.base import Outbound, Sent
    from bot.text import Button, Rich, paragraph

    words = " ".join(f"{n}:🧑‍🚒&<{n}>" for n in range(1500))
    body = Rich((paragraph(words),), (Button("Escalate", "a1"),))
    room = bot.rooms["acme"]
    outcome = await bot.channel.send(Outbound("d1", "default", room.id, body))
    assert isinstance(outcome, Sent)
    assert "".join(post.text for post in room.posts).replace(" ", "").replace("\n", "") == words.replace(" ", "")
    assert "Escalate" in room.posts[-1].buttons
    assert all("Escalate" not in post.buttons for post in room.posts[:-1])


@pytest.mark.parametrize("code", ["message_not_found", "cant_update_message", "edit_window_closed", "is_inactive"])
async def test_33_what_cannot_be_edited_any_more_is_to_be_posted_anew(bot: SlackBot, code: str) -> None:
    from bot.channels.base import Outbound, Sent, Unchangeable
    from bot.text import Rich, paragraph

    room = bot.rooms["acme"]
    body = Rich((paragraph("Due at noon"),))
    first = await bot.channel.send(Outbound("d1", "default", room.id, body))
    assert isinstance(first, Sent)
    bot.slack.trouble("chat.update", Trouble("error", code))
    again = await bot.channel.send(Outbound("d2", "default", room.id, body, edit_of=first.provider_id))
    assert again == Unchangeable()
    assert [(post.oid, post.ts) for post in room.posts] == [("d1", first.provider_id)]


async def test_38_ids_stay_strings(bot: SlackBot) -> None:
    """The last digit of a timestamp is what makes it unique; a float loses it."""
    for word in ("one", "two", "three"):
        await bot.rooms["acme"].says("ann", f"@Pledge new problem {word}")
    await bot.deliver()
    assert await bot.tickets() == 3
    roots = [root for (root,) in await bot.sql("SELECT root_ext FROM ticket ORDER BY ref")]
    said = [m.ts for m in bot.rooms["acme"].messages if m.user == bot.slack.people["ann"].id]
    assert roots == said


def _body(bot: SlackBot) -> bytes:
    message = {"type": "message", "user": "U00000ANN", "team": ACME, "text": WORDS, "ts": bot.slack.ts()}
    event = message | {"channel": bot.rooms["acme"].id, "channel_type": "group", "event_ts": message["ts"]}
    return Push("events_api", bot.slack.envelope(event, ACME, bot.rooms["acme"]).payload).body


async def _knock(bot: SlackBot, body: bytes, headers: dict[str, str], path: str = "/slack/events") -> int:
    client = bot.slack.pusher.http
    assert client is not None
    encoded = {name: value.encode() for name, value in {"content-type": "application/json", **headers}.items()}
    answer = await client.post(path, content=body, headers=httpx.Headers(encoded))
    return answer.status_code


async def test_39_what_slack_did_not_sign_is_refused_and_not_stored(bot: SlackBot) -> None:
    body, pusher = _body(bot), bot.slack.pusher
    good = pusher.signed(body)
    stale = pusher.signed(body, bot.clock.machine - timedelta(seconds=302))
    ahead = pusher.signed(body, bot.clock.machine + timedelta(seconds=302))
    stamp, signature = good["x-slack-request-timestamp"], good["x-slack-signature"]
    bad: list[tuple[bytes, dict[str, str]]] = [
        (body.replace(b"9am", b"8am"), good),
        (json.dumps(json.loads(body), indent=1).encode(), good),
        (body, {}),
        (body, stale),
        (body, ahead),
        (body, good | {"x-slack-request-timestamp": "yesterday"}),
        (body, good | {"x-slack-request-timestamp": f"{stamp}.5"}),
        (body, good | {"x-slack-request-timestamp": "1e9"}),
        (body, good | {"x-slack-request-timestamp": "١٧٩٥"}),
        (body, good | {"x-slack-signature": signature[:-1]}),
        (body, good | {"x-slack-signature": "v1" + signature[2:]}),
        (body, good | {"x-slack-signature": "v0=é"}),
        (body, {"x-slack-request-timestamp": stamp}),
    ]
    for path in ("/slack/events", "/slack/interactive", "/slack/commands"):
        for raw, headers in bad:
            assert await _knock(bot, raw, headers, path) == 401, headers
    assert await bot.sql("SELECT count(*) FROM inbox") == [(0,)]
    assert await _knock(bot, body, good) == 200
    assert await bot.tickets() == 1


async def test_39_a_signed_request_sent_again_within_its_time_is_one_row(bot: SlackBot) -> None:
    body = _body(bot)
    headers = bot.slack.pusher.signed(body)
    assert await asyncio.gather(*(_knock(bot, body, headers) for _ in range(10))) == [200] * 10
    assert await bot.sql("SELECT count(*) FROM inbox") == [(1,)]


async def test_the_address_is_verified_by_its_challenge(bot: SlackBot) -> None:
    body = json.dumps({"type": "url_verification", "token": "old", "challenge": "say this"}).encode()
    client = bot.slack.pusher.http
    assert client is not None
    headers = bot.slack.pusher.signed(body) | {"content-type": "application/json"}
    answer = await client.post("/slack/events", content=body, headers=headers)
    assert "say this" in answer.text
    assert await bot.sql("SELECT count(*) FROM inbox") == [(0,)]


async def test_a_slash_text_that_contains_the_word_payload_is_not_lost(bot: SlackBot) -> None:
    await bot.says("acme", "ann", WORDS)
    await bot.slack.direct("mia").slash("mia", "/escalate", "T-42 payload lost")
    await bot.deliver()
    assert await bot.sql("SELECT count(*) FROM message WHERE direction = 'in' AND text LIKE '%payload lost%'") == [(1,)]


async def test_40_neither_tokens_nor_secrets_are_logged(
    bot: SlackBot, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level("DEBUG"):
        await bot.says("acme", "ann", WORDS)
        await bot.press_in(bot.rooms["acme"], "ann", "Service down")
        await bot.rooms["acme"].slash("mia", "/premium", "status")
        bot.slack.trouble("chat.postMessage", Trouble("drop"))
        await bot.says("acme", "ann", "@Pledge status")
        await bot.channel.check()
    printed = capfd.readouterr()
    everything = caplog.text + printed.out + printed.err + repr(bot.channel)
    for secret in (BOT_TOKEN, SECRET):
        assert secret not in everything
    dump = await bot.store.read(lambda tx: "\n".join(tx.connection.iterdump()))
    assert BOT_TOKEN not in dump
    assert SECRET not in dump


async def test_40_after_a_revoked_token_every_room_is_off_and_told_by_nobody_twice(bot: SlackBot) -> None:
    await bot.says("acme", "ann", WORDS)
    await bot.slack.revoke()
    assert bot.slack.pushes[-1].confirmed
    off = "SELECT count(*) FROM room WHERE channel = 'slack' AND active AND kind = 'client' AND unreachable IS NULL"
    assert await bot.sql(off) == [(0,)]
    again = bot.slack.pushes[-1]
    await bot.slack.again(again, times=3)
    await bot.slack.emit(again.payload["event"])  # under another id
    await bot.deliver()
    told = [text for text in bot.on_board("lea") if "token" in text]
    assert told != []
    assert len(told) == len(set(told)), told


async def test_a_colleague_of_the_client_is_no_staff_whatever_they_type(bot: SlackBot) -> None:
    await bot.says("acme", "ann", WORDS)
    for said in ("@Pledge take T-42", "@Pledge eta T-42 15:00", "@Pledge resolve T-42 /answered", "fixed, ETA 15:00"):
        await bot.says("acme", "ann2", said)
    events = (await bot.page("T-42")).log
    assert not any(event.party.value == "staff" for event in events)


async def test_the_same_user_id_of_another_workspace_is_somebody_else(bot: SlackBot) -> None:
    impostor = bot.slack.person("mia", team="T0000EVIL")
    bot.rooms["acme"].members["mia"] = impostor
    await bot.says("acme", "ann", WORDS)
    await bot.says("acme", "mia", "ETA 15:00, we are on it")
    assert not any(event.party.value == "staff" for event in (await bot.page("T-42")).log)


@pytest.mark.parametrize("key", ["acme", "support"])
async def test_the_self_check_tells_of_a_room_that_others_read(bot: SlackBot, key: str) -> None:
    room = next(each for each in bot.slack.rooms.values() if each.name.startswith(key))
    room.is_private = False
    (public,) = await bot.channel.check()
    assert "public" in public.text and room.id in public.text and not public.fatal
    room.is_private = True
    room.shared_with.append("T000OTHER")
    (shared,) = await bot.channel.check()
    assert "shared" in shared.text and room.id in shared.text


async def test_the_self_check_looks_at_the_team_s_rooms_first_and_at_all_others_in_turns(bot: SlackBot) -> None:
    """However many there are: what was found in a room stands until it is looked at again."""
    team = next(room for room in bot.slack.rooms.values() if room.name == "support")
    clients = [bot.slack.channel(f"client{n}", "mia").id for n in range(60)]
    time = iter(range(10_000))

    async def rooms() -> list[str]:
        return [*clients, team.id]

    bot.channel._rooms, bot.channel._looks = rooms, check.Looks(lambda: next(time))
    bot.slack.rooms[clients[3]].archived = True
    last = len(list(bot.slack.called("conversations.info")))
    for turn in range(4):
        told = [problem.text for problem in await bot.channel.check()]
        looked_at = [each.given["channel"] for each in bot.slack.called("conversations.info")][last:]
        last += len(looked_at)
        assert looked_at[0] == team.id and len(looked_at) < 30
        assert any("archived" in text for text in told)
        assert any("not looked at yet" in text for text in told) == (turn < 3)
    bot.slack.rooms[clients[3]].archived = False
    for _ in range(4):
        told = [problem.text for problem in await bot.channel.check()]
    assert told == []


async def test_the_self_check_stops_at_a_token_of_another_workspace(bot: SlackBot) -> None:
    bot.channel._intake.own = replace(bot.channel._intake.own, team="T0000OTHER")
    (wrong,) = await bot.channel.check()
    assert wrong.fatal and "T0000HOME" in wrong.text and "T0000OTHER" in wrong.text


async def test_the_self_check_finds_what_is_wrong_with_the_installation(bot: SlackBot) -> None:
    assert list(await bot.channel.check()) == []
    bot.rooms["acme"].archived = True
    bot.rooms["beta"].bot_is_member = False
    bot.slack.scopes.discard("users:read")
    bot.slack.skew = timedelta(seconds=90)
    told = " | ".join(problem.text for problem in await bot.channel.check())
    assert bot.rooms["acme"].id in told
    assert bot.rooms["beta"].id in told
    assert "users:read" in told
    assert "90" in told or "clock" in told
    bot.slack.tokens[BOT_TOKEN] = "token_revoked"
    assert any(problem.fatal for problem in await bot.channel.check())
    assert "token_revoked" in str(await bot.channel.probe("default"))
