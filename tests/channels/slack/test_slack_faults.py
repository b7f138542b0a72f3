"""Faults between Slack and the bot, on the real adapter with a real core: nothing lost, nothing posted twice."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from channels.slack.slack_api import BOT_TOKEN, Trouble
from channels.slack.slack_box import START, Beats, SlackBot, listening, make_channel, slack_box
from channels.slack.slack_rooms import Message, Room
from slack_sdk.errors import SlackClientError

from bot.channels.base import Inbound, Outbound, Receipt, RetryAfter, Scope, Sent, Unavailable, Unchangeable
from bot.channels.slack import intake
from bot.sla.policy import Metric
from bot.text import Rich, paragraph

SAID = "postbacks stopped arriving since 9am"


class Died(BaseException):
    """The process is gone at this point."""


def mortal(bot: SlackBot, dies_at: str) -> None:
    """The sender of a process that will die at a named point."""

    def crash(point: str) -> None:
        if point == dies_at:
            raise Died(point)

    bot.reborn(crash=crash)


def texts(room: Room) -> list[str]:
    return [post.text for post in room.posts]


def oids(bot: SlackBot) -> Counter[str]:
    """How often each delivery stands in Slack, wherever."""
    rooms = bot.slack.rooms.values()
    return Counter(post.oid or "?" for room in rooms for post in room.posts)


async def received_by(bot: SlackBot, receive: Callable[[Inbound], Any], said: Callable[[], Any]) -> None:
    """Something is said while this stands between adapter and core."""
    channel = make_channel(bot.slack, "http", bot.times, Beats(), bot.store, bot.desk)
    async with listening(bot, channel, receive):
        await said()


@pytest.mark.parametrize("when", ["before the commit", "after the commit"])
async def test_f1_f2_a_death_around_the_commit_leaves_one_ticket(bot: SlackBot, when: str) -> None:
    deaths = [True]

    async def receive(inbound: Inbound) -> Receipt:
        if deaths and when == "before the commit":
            deaths.clear()
            raise Unavailable("dead")
        receipt = await bot.receive(inbound)
        if deaths:
            deaths.clear()
            raise Unavailable("dead before it could confirm")
        return receipt

    await received_by(bot, receive, lambda: bot.rooms["acme"].says("ann", SAID))
    push = bot.slack.pushes[0]
    assert push.statuses == [503, 200]
    await bot.deliver()
    assert await bot.tickets() == 1
    assert len(bot.rooms["acme"].posts) == 1


async def test_f2_a_hundred_confirmations_that_never_arrived_are_no_second_tickets(bot: SlackBot) -> None:
    lost = set()

    async def receive(inbound: Inbound) -> Receipt:
        receipt = await bot.receive(inbound)
        if inbound.event_id not in lost:
            lost.add(inbound.event_id)
            raise Unavailable("dead before it could confirm")
        return receipt

    async def says() -> None:
        for number in range(100):
            await bot.rooms["acme"].says("ann", f"@Pledge new export {number} fails")

    await received_by(bot, receive, says)
    assert await bot.tickets() == 100


@pytest.mark.parametrize("mode", ["http", "socket"])
async def test_f3_an_event_that_failed_inside_is_confirmed_and_tried_again(mode: Any) -> None:
    async with slack_box(mode) as bot:
        await bot.set_policy("no-such-agreement")
        await bot.rooms["acme"].says("ann", SAID)
        assert bot.slack.pushes[0].confirmed
        assert await bot.tickets() == 0
        await bot.set_policy("redtrack-premium")
        machine = bot.clock.machine + timedelta(seconds=30)
        await bot.store.write(lambda tx: bot.desk.retry(tx, bot.clock.now, machine))
        await bot.deliver()
        assert await bot.tickets() == 1
        assert len(bot.rooms["acme"].posts) == 1


@pytest.mark.parametrize("point", ["claimed", "before_call", "after_call", "settled"])
async def test_f4_a_death_around_the_call_loses_and_doubles_nothing(bot: SlackBot, point: str) -> None:
    for number in range(25):
        await bot.rooms["acme"].says("ann", f"@Pledge new export {number} fails")
        with pytest.raises(Died):
            mortal(bot, point)
            await bot.delivery.drain_once()
        bot.reborn()
        await bot.deliver()
        bot.clock.lead += timedelta(seconds=5)
    assert len(bot.rooms["acme"].posts) == 25
    assert set(oids(bot).values()) == {1}
    assert set(await bot.states()) == {"sent"}


async def test_f5_each_step_goes_out_once_though_the_bot_dies_at_each(bot: SlackBot) -> None:
    await bot.says("acme", "ann", SAID)
    end = bot.clock.now + timedelta(minutes=65)
    while (next_at := await bot.read(lambda tx: tx.steps.next_at())) is not None and next_at <= end:
        bot.clock.now = max(bot.clock.now, next_at)
        with pytest.raises(Died):
            mortal(bot, "after_call")
            await bot.settle()
        bot.reborn()
        await bot.settle()
    posted = oids(bot)
    assert set(posted.values()) == {1}
    fired = await bot.sql("SELECT count(*) FROM step WHERE state = 'fired' AND kind <> 'repeat' GROUP BY kind, n")
    assert fired
    assert set(fired) == {(1,)}
    assert len([text for text in bot.read_by("mia") if text.startswith("Breached")]) == 1


async def test_f9_twenty_refused_connections_are_one_post(bot: SlackBot) -> None:
    await bot.rooms["acme"].says("ann", SAID)
    await bot.slack.go_down()
    for _ in range(20):
        await bot.delivery.drain_once()
        bot.clock.lead += timedelta(minutes=6)
    assert texts(bot.rooms["acme"]) == []
    await bot.slack.come_back()
    await bot.deliver()
    assert len(bot.rooms["acme"].posts) == 1
    assert "unknown" not in await bot.states()


@pytest.mark.parametrize("mode", ["http", "socket"])
@pytest.mark.parametrize("known", [True, False])
async def test_an_act_in_a_direct_chat_is_kept_and_confirmed_while_slack_says_nothing(
    mode: Any, known: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slack gives three seconds; here one, and a form as much less."""
    assert intake._FORM_S <= 1.5
    monkeypatch.setattr(intake, "_FORM_S", 0.2)
    async with slack_box(mode, deadline_s=1) as bot:
        await bot.says("acme", "ann", SAID)
        if not known:
            await bot.store.write(lambda tx: tx.connection.execute("UPDATE room SET active = 0 WHERE kind = 'direct'"))
        bot.slack.trouble("views.open", Trouble("hang"))
        bot.slack.trouble("conversations.open", Trouble("hang"))
        # The fake's client waits for what follows the confirmation over HTTP as well.
        let_go = asyncio.get_running_loop().call_later(2 if known else 0.5, bot.slack.no_trouble)
        await bot.slack.direct("mia").slash("mia", "/premium", "eta T-42")
        let_go.cancel()
        bot.slack.no_trouble()
        assert bot.slack.pushes[-1].confirmed
        assert await bot.sql("SELECT count(*) FROM inbox WHERE event_id LIKE 'slash:%'") == [(1,)]
        await bot.deliver()
        assert len(bot.read_by("mia")) == 1, "she is asked in her own chat"


async def test_a_chat_that_was_not_known_is_the_person_s_own_from_the_first_act_on(bot: SlackBot) -> None:
    await bot.store.write(lambda tx: tx.connection.execute("UPDATE room SET active = 0 WHERE kind = 'direct'"))
    await bot.says("acme", "ann", SAID)
    await bot.slack.direct("mia").slash("mia", "/premium", "status T-42")
    await bot.deliver()
    await bot.tells("mia", "status T-42")
    assert await bot.sql("SELECT ext_id FROM room WHERE kind = 'direct' AND active") == [(bot.slack.direct("mia").id,)]
    assert len(bot.read_by("mia")) == 2


@pytest.mark.parametrize("after", [True, False])
@pytest.mark.parametrize("how", ["drop", "hang", "html", "junk", "status", "error", "text"])
async def test_f10_after_an_unclear_answer_the_post_is_looked_for_first(bot: SlackBot, how: str, after: bool) -> None:
    value = {"status": 503, "error": "fatal_error"}.get(how)
    bot.slack.trouble("chat.postMessage", Trouble(how, value, after=after))
    await bot.rooms["acme"].says("ann", SAID)
    bot.reborn(send_limit=timedelta(seconds=0.3))
    await bot.delivery.drain_once()
    assert "pending" not in await bot.states(), "it is not known whether it stands there"
    bot.slack.no_trouble()
    await bot.deliver()
    assert len(bot.rooms["acme"].posts) == 1
    assert len(list(bot.slack.called("chat.postMessage"))) == (1 if after else 2) + len(bot.slack.direct("mia").posts)


@pytest.mark.parametrize("seconds", [10, 50, 3000])
async def test_f10_a_post_is_found_though_our_clock_is_fast(bot: SlackBot, seconds: int) -> None:
    ours = bot.slack.machine
    bot.slack.machine = bot.slack.now = lambda: ours() - timedelta(seconds=seconds)
    bot.slack.trouble("chat.postMessage", Trouble("drop", after=True))
    await bot.says("acme", "ann", SAID)
    assert len(bot.rooms["acme"].posts) == 1


async def test_f10_of_a_message_in_parts_a_part_alone_is_not_the_message(bot: SlackBot) -> None:
    acme, begun = bot.rooms["acme"], bot.clock.machine
    body = Rich(tuple(paragraph(f"line {n} " + "words " * 300) for n in range(30)))
    message = Outbound("d1", "default", acme.id, body)
    sent = await bot.channel.send(message)
    assert isinstance(sent, Sent) and len(acme.posts) > 1
    assert await bot.channel.find(message, begun) == sent
    acme.messages.pop()
    assert await bot.channel.find(message, begun) is None


async def test_f10_a_post_in_a_thread_is_found_again_behind_many_others(bot: SlackBot) -> None:
    first = await bot.says("acme", "ann", SAID)
    bot.slack.history_page = 5
    bot.slack.trouble("chat.postMessage", Trouble("drop", after=True))
    bot.slack.trouble("conversations.replies", Trouble("status", 503))
    await bot.rooms["acme"].says("ann", "@Pledge status", thread=first.ts)
    bot.clock.lead += timedelta(seconds=1)
    await bot.delivery.drain_once()
    assert (await bot.states())["unknown"] == 1
    for number in range(23):  # nobody waits for the bot
        room = bot.rooms["acme"]
        room.messages.append(Message(bot.slack.ts(), "U00000ANN", "T0000ACME", f"chatter {number}", first.ts))
        room.messages.append(Message(bot.slack.ts(), "U00000ANN", "T0000ACME", f"more {number}"))
    before = len(bot.rooms["acme"].posts)
    await bot.deliver()
    assert len(bot.rooms["acme"].posts) == before == 2


async def test_f10_while_history_cannot_be_read_nothing_is_posted_again(bot: SlackBot) -> None:
    bot.slack.trouble("chat.postMessage", Trouble("drop", after=True))
    bot.slack.trouble("conversations.history", Trouble("error", "internal_error"), times=2)
    bot.slack.trouble("conversations.replies", Trouble("error", "internal_error"), times=2)
    await bot.says("acme", "ann", SAID)
    assert len(bot.rooms["acme"].posts) == 1


async def test_f11_a_throttled_room_rests_and_the_others_go_on(bot: SlackBot) -> None:
    acme, beta = bot.rooms["acme"], bot.rooms["beta"]
    begun = bot.clock.machine
    bot.slack.trouble("chat.postMessage", Trouble("rate", 30), channel=acme.id)
    for number in range(2):
        await acme.says("ann", f"@Pledge new export {number} fails")
        await beta.says("bob", f"@Pledge new export {number} fails")
    await bot.deliver()
    tried = [call.at - begun for call in bot.slack.called("chat.postMessage") if call.given["channel"] == acme.id]
    assert tried[0] < timedelta(seconds=2)
    assert timedelta(seconds=30) <= tried[1] <= timedelta(seconds=32)
    assert all(at - begun < timedelta(seconds=4) for at in bot.slack.posted_at[beta.id])
    assert [text.partition("T-")[2][:2] for text in texts(acme)] == ["42", "44"]


async def test_f11_while_one_room_floods_every_other_is_answered_within_two_seconds(bot: SlackBot) -> None:
    acme, beta = bot.rooms["acme"], bot.rooms["beta"]
    for number in range(100):
        await acme.says("ann", f"@Pledge new export {number} fails")
    waits = []
    for number in range(20):
        said_at = bot.clock.machine
        await beta.says("bob", f"@Pledge new report {number} fails")
        for _ in range(2):
            await bot.delivery.drain_once()
            await bot.slack.settled()
            bot.clock.lead += timedelta(seconds=1)
        assert len(beta.posts) == number + 1
        waits.append(bot.slack.posted_at[beta.id][-1] - said_at)
    assert max(waits) < timedelta(seconds=2)
    assert 20 < len(acme.posts) < 100, "the flood is under way, at its own pace"


async def test_f11_while_slack_wants_no_read_back_none_is_made(bot: SlackBot) -> None:
    body = Rich((paragraph("Due at noon"),))
    message, since = Outbound("d1", "default", bot.rooms["acme"].id, body), bot.clock.machine - timedelta(seconds=1)
    assert isinstance(await bot.channel.send(message), Sent)
    bot.slack.trouble("conversations.history", Trouble("rate", 60))
    for _ in range(5):
        with pytest.raises(SlackClientError):
            await bot.channel.find(message, since)
        bot.clock.lead += timedelta(seconds=10)
    assert len(list(bot.slack.called("conversations.history"))) == 1
    with pytest.raises(SlackClientError):  # another room's: the limit is one of the method
        await bot.channel.find(replace(message, room=bot.rooms["beta"].id), since)
    bot.clock.lead += timedelta(seconds=10)
    assert await bot.channel.find(message, since) is not None


async def test_f11_an_edit_that_slack_does_not_want_yet_is_not_made(bot: SlackBot) -> None:
    room, body = bot.rooms["acme"], Rich((paragraph("Due at noon"),))
    first = await bot.channel.send(Outbound("d1", "default", room.id, body))
    assert isinstance(first, Sent)
    bot.slack.trouble("chat.update", Trouble("rate", 30))
    edit = Outbound("d2", "default", room.id, body, edit_of=first.provider_id, buttons_only=True)
    assert await bot.channel.send(edit) == RetryAfter(30, Scope.MESSAGE, throttled=True)
    bot.clock.lead += timedelta(seconds=10)
    assert await bot.channel.send(edit) == RetryAfter(20, Scope.MESSAGE, throttled=True)
    assert len(list(bot.slack.called("chat.update"))) == 1


async def test_f11_words_that_slack_does_not_let_us_edit_in_yet_are_to_be_a_post(bot: SlackBot) -> None:
    room, body = bot.rooms["acme"], Rich((paragraph("Due at noon"),))
    first = await bot.channel.send(Outbound("d1", "default", room.id, body))
    assert isinstance(first, Sent)
    bot.slack.trouble("chat.update", Trouble("rate", 30))
    second = await bot.channel.send(Outbound("d2", "default", room.id, body, edit_of=first.provider_id))
    assert second == Unchangeable()


async def test_f11_buttons_that_slack_does_not_let_us_change_yet_hold_up_no_window(bot: SlackBot) -> None:
    """The limit of edits is one of the workspace: for ten minutes none is taken, posts are."""
    beta = bot.rooms["beta"]
    await bot.says("beta", "bob", SAID)
    bot.slack.trouble("chat.update", Trouble("rate", 600))
    await beta.presses("bob", beta.posts[0], "Service down")
    await beta.says("bob", "@Pledge new everything is down")
    begun = bot.clock.machine
    while not any("T-43" in post.text for post in beta.posts):
        await bot.delivery.drain_once()
        await bot.slack.settled()
        bot.clock.lead += timedelta(seconds=1)
        assert bot.clock.machine - begun < timedelta(seconds=10)
    bot.clock.lead += timedelta(minutes=11)
    await bot.deliver()
    assert set(await bot.states()) <= {"sent", "superseded"}


async def test_f11_a_room_is_posted_to_at_most_once_a_second(bot: SlackBot) -> None:
    for number in range(20):
        await bot.rooms["acme"].says("ann", f"@Pledge new export {number} fails")
    await bot.deliver()
    moments = bot.slack.posted_at[bot.rooms["acme"].id]
    assert len(moments) == 20
    assert all(later - earlier >= timedelta(seconds=1) for earlier, later in pairwise(moments))


async def test_f12_through_a_quarter_of_an_hour_of_5xx_nothing_is_lost(bot: SlackBot) -> None:
    room = bot.rooms["acme"]
    end = bot.clock.machine + timedelta(minutes=15)
    await room.says("ann", SAID)
    while bot.clock.machine < end:
        bot.slack.trouble("chat.postMessage", Trouble("status", 503), channel=room.id)
        bot.slack.trouble("conversations.replies", Trouble("status", 503), channel=room.id)
        bot.slack.trouble("conversations.history", Trouble("status", 503), channel=room.id)
        await bot.delivery.drain_once()
        bot.clock.lead += timedelta(seconds=15)
        if bot.clock.machine - end < timedelta(minutes=-14):
            await bot.slack.settled()
            assert bot.read_by("mia") != [], "the next path is taken within a minute of the first failure"
    bot.slack.no_trouble()
    await bot.slack.settled()
    for _ in range(200):
        await bot.delivery.drain_once()
        bot.clock.lead += timedelta(seconds=30)
    assert len(room.posts) == 1
    assert set(await bot.states()) == {"sent"}


async def test_f13_a_refused_message_is_told_once_and_the_rest_goes_on(bot: SlackBot) -> None:
    room = bot.rooms["acme"]
    bot.slack.trouble("chat.postMessage", Trouble("error", "posting_to_general_channel_denied"), channel=room.id)
    for number in range(11):
        await room.says("ann", f"@Pledge new export {number} fails")
    await bot.deliver()
    assert len(room.posts) == 10
    assert (await bot.states())["dead"] == 1
    assert len(bot.read_by("mia")) == 1


@pytest.mark.parametrize(
    "code",
    [
        *("invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long", "no_text"),
        *("metadata_too_large", "invalid_metadata_format"),
    ],
)
async def test_f13_what_slack_refuses_of_a_message_is_said_once_more_as_plain_text(bot: SlackBot, code: str) -> None:
    bot.slack.trouble("chat.postMessage", Trouble("error", code))
    await bot.says("acme", "ann", SAID)
    (post,) = bot.rooms["acme"].posts
    assert post.message.blocks == []
    assert (post.oid is None) == ("metadata" in code)
    assert "T-42" in post.text


async def test_f13_an_answer_to_a_thread_that_is_gone_stands_outside_it(bot: SlackBot) -> None:
    first = await bot.says("acme", "ann", SAID)
    bot.slack.trouble("chat.postMessage", Trouble("error", "thread_not_found"))
    await bot.says("acme", "ann", "@Pledge status", thread=first.ts)
    assert bot.rooms["acme"].posts[-1].thread is None
    assert "T-42" in bot.rooms["acme"].posts[-1].text


@pytest.mark.parametrize("thread", [True, False])
async def test_f13_what_the_channel_must_see_needs_no_thread(bot: SlackBot, thread: bool) -> None:
    """Slack shows an answer beside its thread; a message that is in none takes no `reply_broadcast`."""
    asked = await bot.says("acme", "ann", SAID)
    if thread:
        bot.slack.trouble("chat.postMessage", Trouble("error", "thread_not_found"))
    body = Rich((paragraph("We missed noon"),))
    loud = Outbound("d1", "default", bot.rooms["acme"].id, body, thread=asked.ts if thread else None, broadcast=True)
    assert isinstance(await bot.channel.send(loud), Sent)
    post = bot.rooms["acme"].posts[-1]
    assert (post.thread, post.in_channel) == (None, True)
    assert "reply_broadcast" not in post.message.calls


@pytest.mark.parametrize("mode", ["http", "socket"])
async def test_f14_every_event_five_times_side_by_side_is_one_ticket(mode: Any) -> None:
    async with slack_box(mode) as bot:
        for number in range(10):
            await bot.rooms["acme"].says("ann", f"@Pledge new export {number} fails", times=5)
        await bot.slack.again(bot.slack.pushes[0], times=5)
        await bot.deliver()
        assert await bot.tickets() == 10
        assert len(bot.rooms["acme"].posts) == 10
        assert all(push.confirmed for push in bot.slack.pushes)


async def test_f14_a_press_that_comes_three_times_acts_once(bot: SlackBot) -> None:
    room = bot.rooms["acme"]
    await bot.says("acme", "ann", SAID)
    await room.presses("ann", room.post("Service down"), "Service down", times=3)
    await bot.deliver()
    kinds = [event.kind.value for event in (await bot.page("T-42")).log]
    assert kinds.count("priority_changed") == 1


@pytest.mark.parametrize(
    ("code", "reason"),
    [("channel_not_found", "another id"), ("not_in_channel", "removed"), ("is_archived", "archived")],
)
async def test_a_room_that_was_lost_while_nobody_listened_is_told_once(code: str, reason: str) -> None:
    pulse = Beats(START - timedelta(minutes=10))
    async with slack_box(connected=False, pulse=pulse) as bot:
        bot.slack.trouble("conversations.history", Trouble("error", code), channel=bot.rooms["acme"].id)
        channel = make_channel(bot.slack, "http", bot.times, pulse, bot.store, bot.desk)
        async with listening(bot, channel), asyncio.timeout(10):
            while pulse.at != bot.clock.machine:
                await asyncio.sleep(0)
        await bot.deliver()
        unreachable = await bot.sql("SELECT ext_id FROM room WHERE unreachable IS NOT NULL")
        assert unreachable == [(bot.rooms["acme"].id,)]
        (told,) = bot.read_by("mia")
        assert "acme" in told
        assert reason in told


async def test_f15_two_hours_late_the_clock_starts_when_the_client_wrote(bot: SlackBot) -> None:
    written = bot.clock.now - timedelta(hours=2)
    await bot.says("acme", "ann", SAID, at=written)
    clock = await bot.timed("T-42", Metric.RESPONSE)
    assert clock.started_at == written


async def test_f15_an_edit_that_comes_before_its_message_waits_for_it(bot: SlackBot) -> None:
    room = bot.rooms["acme"]
    bot.slack.pusher.is_down = True
    message = await room.says("ann", SAID)
    bot.slack.pusher.is_down = False
    await room.edits(message, "postbacks stopped arriving since 8am")
    await bot.deliver()
    assert await bot.tickets() == 0
    bot.clock.lead += timedelta(minutes=1)
    await bot.slack.pusher.retry_due()
    await bot.deliver()
    assert await bot.tickets() == 1
    assert await bot.sql("SELECT text FROM message WHERE direction = 'in'") == [
        ("postbacks stopped arriving since 8am",)
    ]


async def test_f15_shuffled_events_end_as_sorted_ones() -> None:
    ends = []
    for seed in (None, 1, 2):
        async with slack_box() as bot:
            bot.slack.pusher.is_down = True
            for key, who in (("acme", "ann"), ("beta", "bob")):
                for number in range(15):
                    await bot.rooms[key].says(who, f"@Pledge new export {number} fails")
            bot.slack.pusher.is_down = False
            if seed is not None:
                random.Random(seed).shuffle(bot.slack.pusher.waiting)
            bot.clock.lead += timedelta(minutes=1)
            for _, push in bot.slack.pusher.waiting:
                await bot.slack.pusher.push(push)
            rows = "SELECT m.text, t.opened_at, t.priority, t.status FROM ticket t JOIN message m ON m.ticket_id = t.id"
            ends.append(sorted(await bot.sql(f"{rows} WHERE m.direction = 'in'")))
    assert len(ends[0]) == 30
    assert ends[0] == ends[1] == ends[2]


async def test_f22_ten_megabytes_are_refused_before_they_are_read(bot: SlackBot) -> None:
    body = b'{"type": "event_callback", "x": "' + b"x" * 10_000_000 + b'"}'
    client = bot.slack.pusher.http
    assert client is not None
    for path in ("/slack/events", "/slack/interactive", "/slack/commands"):
        answer = await client.post(path, content=body, headers=bot.slack.pusher.signed(body))
        assert answer.status_code == 413
    assert await bot.sql("SELECT count(*) FROM inbox") == [(0,)]


async def test_f22_forty_thousand_characters_open_a_ticket(bot: SlackBot) -> None:
    await bot.says("acme", "ann", "😀 postbacks " * 3600)
    assert bot.slack.pushes[0].confirmed
    assert await bot.tickets() == 1


@pytest.mark.parametrize("nesting", ['{"a":' * 5000 + "1" + "}" * 5000, "[" * 90_000, '{"type": "event_callback"', ""])
async def test_f22_bodies_that_are_no_event_are_kept_or_refused_but_never_break_anything(
    bot: SlackBot, nesting: str
) -> None:
    client = bot.slack.pusher.http
    assert client is not None
    headers = bot.slack.pusher.signed(nesting.encode()) | {"content-type": "application/json"}
    answer = await client.post("/slack/events", content=nesting, headers=headers)
    assert answer.status_code in (200, 400)
    await bot.says("acme", "ann", SAID)
    assert await bot.tickets() == 1


async def test_f23_with_the_bot_removed_the_nudges_reach_the_manager_and_nothing_is_lost(bot: SlackBot) -> None:
    room = bot.rooms["acme"]
    await room.says("ann", SAID)
    await room.removes_bot()
    await bot.deliver()
    assert room.posts == []
    assert bot.read_by("mia"), "the manager is told within a minute"
    await bot.forward(by=timedelta(minutes=30))
    assert any(text.startswith("Due") for text in bot.read_by("mia"))
    await room.adds_bot()
    await bot.deliver()
    assert len(room.posts) == 1
    assert "parked" not in await bot.states()


@pytest.mark.parametrize("first", ["the event", "a refused post"])
async def test_f24_a_channel_with_a_new_id_stays_the_same_client(bot: SlackBot, first: str) -> None:
    room = bot.rooms["acme"]
    await room.says("ann", SAID)
    if first == "the event":
        await room.gets_id("C0000FRESH")
        await bot.deliver()
    else:
        bot.slack.pusher.is_down = True
        await room.gets_id("C0000FRESH")
        await bot.delivery.drain_once()
        bot.slack.pusher.is_down = False
        bot.clock.lead += timedelta(minutes=1)
        await bot.slack.pusher.retry_due()
        await bot.deliver()
    assert len(room.posts) == 1
    await bot.says("acme", "ann", "@Pledge status")
    assert "T-42" in room.posts[-1].text
    assert await bot.tickets() == 1


async def test_f24_words_in_a_thread_reach_its_ticket_after_the_channel_has_a_new_id(bot: SlackBot) -> None:
    room = bot.rooms["acme"]
    first = await bot.says("acme", "ann", f"@Pledge new {SAID}")
    await bot.says("acme", "ann", "@Pledge new exports are slow")
    await room.gets_id("C0000FRESH")
    await bot.says("acme", "ann", "@Pledge escalate the campaign ends tonight", thread=first.ts)
    assert "escalated" in [event.kind.value for event in (await bot.page("T-42")).log]
    assert room.posts[-1].thread == first.ts


async def test_f24_history_read_under_a_new_id_opens_nothing_again(bot: SlackBot) -> None:
    for number in range(3):
        await bot.says("acme", "ann", f"@Pledge new export {number} fails")
    pulse = Beats(bot.clock.now)
    await bot.rooms["acme"].gets_id("C0000FRESH")
    bot.clock.now += timedelta(minutes=20)
    async with (
        listening(bot, make_channel(bot.slack, "http", bot.times, pulse, bot.store, bot.desk)),
        asyncio.timeout(10),
    ):
        while pulse.at is None or pulse.at < bot.clock.now:
            await asyncio.sleep(0)
    assert any(call.given["channel"] == "C0000FRESH" for call in bot.slack.called("conversations.history"))
    assert await bot.tickets() == 3
    assert await bot.sql("SELECT count(*) FROM inbox WHERE state <> 'done'") == [(0,)]


async def test_f25_with_a_good_token_again_everything_goes_out_in_order(bot: SlackBot) -> None:
    room = bot.rooms["acme"]
    bot.slack.tokens[BOT_TOKEN] = "token_revoked"
    for number in range(3):
        await room.says("ann", f"@Pledge new export {number} fails")
    await bot.delivery.drain_once()
    assert "token_revoked" in str(await bot.channel.probe("default"))
    assert (await bot.states()).get("parked", 0) >= 1
    bot.slack.tokens[BOT_TOKEN] = "good"
    bot.clock.lead += timedelta(minutes=2)
    await bot.deliver()
    assert [text.partition("T-")[2][:2] for text in texts(room)] == ["42", "43", "44"]
    assert set(await bot.states()) == {"sent"}


@pytest.mark.parametrize("how", ["revoke", "uninstall"])
async def test_f25_an_account_whose_loss_slack_itself_has_told_comes_back_with_a_good_token(
    bot: SlackBot, how: str
) -> None:
    room = bot.rooms["acme"]
    await getattr(bot.slack, how)()
    for number in range(3):
        await room.says("ann", f"@Pledge new export {number} fails")
    await bot.deliver()
    assert room.posts == []
    bot.slack.tokens[BOT_TOKEN] = "good"
    bot.clock.lead += timedelta(minutes=2)
    await bot.deliver()
    assert [text.partition("T-")[2][:2] for text in texts(room)] == ["42", "43", "44"]
    assert set(await bot.states()) <= {"sent", "superseded"}


async def test_f25_rooms_come_back_with_the_account_though_nothing_waits_for_them(bot: SlackBot) -> None:
    await bot.slack.revoke()
    await bot.deliver()
    bot.slack.tokens[BOT_TOKEN] = "good"
    bot.clock.lead += timedelta(minutes=2)
    await bot.delivery.drain_once()
    assert await bot.sql("SELECT count(*) FROM room WHERE unreachable IS NOT NULL") == [(0,)]


async def test_f25_a_room_that_was_lost_by_itself_stays_so_when_the_account_comes_back(bot: SlackBot) -> None:
    await bot.rooms["acme"].archives()
    await bot.slack.revoke()
    await bot.deliver()
    bot.slack.tokens[BOT_TOKEN] = "good"
    bot.clock.lead += timedelta(minutes=2)
    await bot.delivery.drain_once()
    lost = await bot.sql("SELECT ext_id FROM room WHERE unreachable IS NOT NULL")
    assert lost == [(bot.rooms["acme"].id,)]


@pytest.mark.parametrize("mode", ["http", "socket"])
@pytest.mark.parametrize("page", [1000, 3])
async def test_f33_what_slack_could_not_tell_is_read_from_history(mode: Any, page: int) -> None:
    """Retries now, after 1 and 5 minutes are used up; 20 events, one of them in a thread, two by others."""
    async with slack_box(mode, connected=False) as bot:
        pulse = Beats(bot.clock.now)
        bot.slack.history_page = page
        bot.slack.pusher.is_down = True
        first = await bot.rooms["acme"].says("ann", "@Pledge new export 0 fails")
        for number in range(1, 19):
            key, who = (("acme", "ann"), ("beta", "bob"))[number % 2]
            await bot.rooms[key].says(who, f"@Pledge new export {number} fails")
        await bot.rooms["acme"].bot_says("github", "a build failed")
        bot.clock.now += timedelta(minutes=10)
        await bot.slack.pusher.retry_due()
        bot.slack.pusher.waiting.clear()
        bot.slack.pusher.is_down = False
        channel = make_channel(bot.slack, mode, bot.times, pulse, bot.store, bot.desk)
        async with listening(bot, channel):
            await _eventually(bot, 19)
        assert await bot.tickets() == 19
        opened = await bot.sql("SELECT min(opened_at) FROM ticket")
        assert opened[0][0] // 1000 == int(first.ts.partition(".")[0])


async def test_f33_history_that_is_known_already_changes_nothing(bot: SlackBot) -> None:
    for number in range(5):
        await bot.says("acme", "ann", f"@Pledge new export {number} fails")
    rows = await bot.sql("SELECT count(*) FROM ticket")
    pulse = Beats(bot.clock.now)
    bot.clock.now += timedelta(minutes=20)
    async with listening(bot, make_channel(bot.slack, "http", bot.times, pulse, bot.store, bot.desk)):
        await _read_from_history(bot)
    assert await bot.sql("SELECT count(*) FROM ticket") == rows


@pytest.mark.parametrize("cut", [False, True])
async def test_sockets_that_are_renewed_or_cut_lose_nothing(cut: bool) -> None:
    async with slack_box("socket") as bot:
        await bot.slack.pusher.connected.wait()
        for number in range(6):
            if number % 2:
                old = list(bot.slack.pusher.sockets)
                bot.slack.pusher.connected.clear()
                await (bot.slack.pusher.cut_sockets() if cut else bot.slack.pusher.ask_to_reconnect())
                async with asyncio.timeout(10):
                    while all(socket in old for socket in bot.slack.pusher.sockets):
                        bot.slack.pusher.connected.clear()
                        await bot.slack.pusher.connected.wait()
            await bot.rooms["acme"].says("ann", f"@Pledge new export {number} fails")
            assert bot.slack.pushes[-1].confirmed
        assert await bot.tickets() == 6


async def test_an_envelope_is_acknowledged_behind_the_commit_only() -> None:
    async with slack_box("socket", connected=False, deadline_s=0.3) as bot:

        async def receive(inbound: Inbound) -> Receipt:
            raise Unavailable("down for the test")

        channel = make_channel(bot.slack, "socket", bot.times, Beats(), bot.store, bot.desk)
        async with listening(bot, channel, receive):
            await bot.slack.pusher.connected.wait()
            await bot.rooms["acme"].says("ann", SAID)
            assert not bot.slack.pushes[0].confirmed


async def _eventually(bot: SlackBot, tickets: int) -> None:
    """Until history has brought so many tickets."""
    arrived = asyncio.Event()
    unsubscribe = bot.store.subscribe(arrived.set)
    try:
        async with asyncio.timeout(10):
            while await bot.tickets() < tickets:
                arrived.clear()
                if await bot.tickets() < tickets:
                    await arrived.wait()
    finally:
        unsubscribe()


async def _read_from_history(bot: SlackBot) -> None:
    """Until the history of every client's channel has been asked for."""
    async with asyncio.timeout(10):
        while len({call.given["channel"] for call in bot.slack.called("conversations.history")}) < len(bot.rooms):
            await asyncio.sleep(0)
