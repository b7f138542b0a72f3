"""Polling: nothing is confirmed before it is kept, trouble makes it wait but ends no bot, every press is answered."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from channels.telegram.scripted import ME, START, Beats, Ears, Naps, ScriptedApi, no_rooms, press, update

from bot.channels.base import Inbound, InboundKind, Menu, News, NewsKind, Outbound, Problem, Sent, Unavailable
from bot.channels.telegram import TelegramChannel
from bot.channels.telegram.api import CallFailed, Fault
from bot.text import Rich, paragraph

DOWN = CallFailed(Fault.UNREACHED, "connection refused")
OTHER_POLLER = CallFailed(Fault.CONFLICT, "Conflict: terminated by other getUpdates request")
WEBHOOK_SET = CallFailed(Fault.CONFLICT, "Conflict: can't use getUpdates method while webhook is active")


class Box:
    """A polling channel between a scripted platform and ears instead of a core."""

    def __init__(self, *, failures: int = 0, last: Any = None, public_url: str = "") -> None:
        self.api = ScriptedApi()
        self.ears = Ears(failures)
        self.beats = Beats(last)
        self.naps = Naps()
        self.standing = self.naps.standing()
        self.channel = TelegramChannel(
            "42:secret",
            base_url="http://127.0.0.1:9",
            mode="polling",
            public_url=public_url,
            webhook_secret=None,
            times=self.naps.times(),
            pulse=self.beats,
            rooms=no_rooms,
            api=self.api,
            standing=self.standing,
        )

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        async with asyncio.timeout(10), self.channel.listen(self.ears.receive):
            yield

    async def offsets(self, count: int) -> list[int | None]:
        """With which offsets the platform was asked, the first `count` times."""
        await self.api.calls_of("getUpdates", count)
        return [call.get("offset") for call in self.api.made("getUpdates")][:count]

    async def fatal(self) -> list[str]:
        """What has stopped the intake, as soon as something has."""
        while not self.standing.is_fatal:
            await asyncio.sleep(0)
        return [problem.text for problem in await self.channel.check() if problem.fatal]


# the offset


async def test_an_update_is_confirmed_after_it_was_kept():
    box = Box()
    box.api.will("getUpdates", [update(7), update(8)], [update(9)])
    async with box.listening():
        assert await box.offsets(3) == [None, 9, 10]
    assert [heard.event_id for heard in box.ears.heard] == ["42:7", "42:8", "42:9"]
    assert json.loads(box.ears.heard[0].payload) == update(7)


async def test_what_could_not_be_kept_is_asked_for_again_and_what_was_is_not():
    box = Box()
    box.api.will("getUpdates", [update(7), update(8)], [update(8)])
    seven = asyncio.Event()

    async def receive(inbound: Any) -> Any:
        if inbound.event_id == "42:8" and not seven.is_set():
            seven.set()
            raise Unavailable("the disk is full")
        return await box.ears.receive(inbound)

    async with asyncio.timeout(10), box.channel.listen(receive):
        assert await box.offsets(3) == [None, 8, 9]
    assert [heard.event_id for heard in box.ears.heard] == ["42:7", "42:8"]


async def test_it_asks_for_exactly_the_kinds_of_updates_it_reads():
    box = Box()
    async with box.listening():
        await box.offsets(1)
    (asked,) = box.api.made("getUpdates")
    assert asked["allowed_updates"] == [
        "message",
        "edited_message",
        "callback_query",
        "my_chat_member",
        "business_connection",
    ]


async def test_strange_updates_hold_nothing_up():
    box = Box()
    box.api.will("getUpdates", [{"update_id": 7, "message": 5}, "nonsense", update(9)])
    async with box.listening():
        assert await box.offsets(2) == [None, 10]
    kinds = [heard.kind for heard in box.ears.heard]
    assert kinds == [InboundKind.UNREADABLE, InboundKind.UNREADABLE, InboundKind.MESSAGE]


async def test_what_does_not_concern_us_is_confirmed_without_a_trace():
    box = Box()
    box.api.will("getUpdates", [{"update_id": 7, "channel_post": {}}])
    async with box.listening():
        assert await box.offsets(2) == [None, 8]
    assert box.ears.heard == []


async def test_leaving_finishes_the_update_in_hand_and_takes_no_other():
    box = Box()
    box.api.will("getUpdates", [update(7)], [update(8)])
    kept, go_on = asyncio.Event(), asyncio.Event()

    async def receive(inbound: Any) -> Any:
        kept.set()
        await go_on.wait()
        return await box.ears.receive(inbound)

    async with asyncio.timeout(10):
        async with box.channel.listen(receive):
            await kept.wait()
            asyncio.get_running_loop().call_soon(go_on.set)
        assert [heard.event_id for heard in box.ears.heard] == ["42:7"]
    assert len(box.api.made("getUpdates")) == 1


# trouble


async def test_it_waits_longer_and_longer_for_a_platform_that_is_away():
    box = Box()
    box.api.will("getUpdates", *([DOWN] * 8), [update(7)])
    async with box.listening():
        await box.ears.events(1)
    assert box.naps.taken == [1, 2, 4, 8, 16, 32, 60, 60]


async def test_it_waits_as_long_as_the_platform_asks():
    box = Box()
    box.api.will("getUpdates", CallFailed(Fault.THROTTLED, "slow down", seconds=30), [update(7)])
    async with box.listening():
        await box.ears.events(1)
    assert box.naps.taken == [30]


async def test_after_trouble_the_first_answer_comes_at_once():
    box = Box()
    box.api.will("getUpdates", [], DOWN, [], [])
    async with box.listening():
        await box.offsets(5)
    assert [call["timeout"] for call in box.api.made("getUpdates")] == [0, 50, 0, 50, 50]


async def test_an_error_of_our_own_is_logged_and_the_intake_goes_on(caplog: pytest.LogCaptureFixture):
    box = Box()
    box.api.will("getUpdates", ValueError("a bug"), [update(7)])
    async with box.listening():
        await box.ears.events(1)
    assert "telegram.intake_raised" in caplog.text


async def test_while_errors_of_our_own_go_on_the_self_check_says_so_and_then_no_more():
    box = Box()
    box.api.will("getUpdates", ValueError("a bug"), [])
    resting, go_on = asyncio.Event(), asyncio.Event()

    async def rest(seconds: float) -> None:
        resting.set()
        await go_on.wait()

    box.standing._rest = rest
    async with box.listening():
        await resting.wait()
        (problem,) = await box.channel.check()
        assert problem.fatal
        assert "ValueError, see the log" in problem.text
        go_on.set()
        await box.offsets(3)
        assert await box.channel.check() == []


async def test_what_the_core_cannot_bear_is_kept_for_a_human_and_holds_nothing_up():
    box = Box()
    box.api.will("getUpdates", [update(7), press(8), update(9)])

    async def receive(inbound: Any) -> Any:
        if inbound.kind is not InboundKind.UNREADABLE and inbound.event_id != "42:9":
            raise RuntimeError("a secret of the client's")
        return await box.ears.receive(inbound)

    async with asyncio.timeout(10), box.channel.listen(receive):
        assert await box.offsets(2) == [None, 10]
        await box.api.calls_of("answerCallbackQuery", 1)
    first, second, third = box.ears.heard
    assert [each.kind for each in (first, second)] == [InboundKind.UNREADABLE] * 2
    assert (first.room, first.sender, first.text) == ("-1001", "501", "RuntimeError while storing it")
    assert json.loads(first.payload) == update(7)
    assert third.event_id == "42:9"


async def unbearable(**more: Any) -> Inbound:
    """What is kept of a message at the first sight of which the core stumbles."""
    box, heard = Box(), update(7)
    heard["message"] |= {"date": int(START.timestamp()) - 600, **more}
    box.api.will("getUpdates", [heard])

    async def receive(inbound: Any) -> Any:
        if inbound.kind is not InboundKind.UNREADABLE:
            raise RuntimeError("a secret of the client's")
        return await box.ears.receive(inbound)

    async with asyncio.timeout(10), box.channel.listen(receive):
        [kept] = await box.ears.events(1)
    return kept


async def test_what_the_core_cannot_bear_keeps_its_time_and_its_topic():
    kept = await unbearable(is_topic_message=True, message_thread_id=5)
    assert (kept.at, kept.thread, kept.topic, kept.unattributed) == (START - timedelta(minutes=10), "5", True, False)


async def test_what_the_core_cannot_bear_and_somebody_passed_on_stays_nobodys_word():
    assert (await unbearable(forward_origin={"type": "hidden_user"})).unattributed


async def test_what_the_core_cannot_bear_of_a_bot_is_of_no_room_and_nobodys():
    kept = await unbearable(via_bot={"id": 9, "is_bot": True, "first_name": "Giphy"})
    assert (kept.room, kept.sender) == ("", "")


async def test_a_refused_token_is_said_and_tried_again_slowly():
    box = Box()
    box.api.will("getMe", CallFailed(Fault.TOKEN, "Unauthorized"), CallFailed(Fault.TOKEN, "Unauthorized"), ME)
    box.api.will("getUpdates", [update(7)])
    async with box.listening():
        await box.ears.events(1)
    assert box.naps.taken == [60, 60]


async def test_a_second_poller_stops_the_channel_and_nothing_else(caplog: pytest.LogCaptureFixture):
    box = Box()
    box.api.will("getUpdates", [update(7)], OTHER_POLLER, [update(8)])
    async with box.listening():
        await box.offsets(2)
        (said,) = await box.fatal()
    assert "another process takes this bot's updates" in said
    assert "telegram.halted" in caplog.text
    assert len(box.api.made("getUpdates")) == 2


async def test_at_the_start_the_process_before_us_may_still_hang_up():
    box = Box()
    box.api.will("getUpdates", OTHER_POLLER, OTHER_POLLER, [update(7)])
    async with box.listening():
        await box.ears.events(1)
        assert not box.standing.is_fatal


async def test_a_poller_that_was_there_first_and_stays_stops_us():
    box = Box()
    box.api.will("getUpdates", OTHER_POLLER, OTHER_POLLER, OTHER_POLLER, [update(7)])
    async with box.listening():
        await box.offsets(3)
        assert len(await box.fatal()) == 1
    assert box.ears.heard == []


# a webhook in the way


async def test_a_foreign_webhook_is_left_alone_until_somebody_removes_it():
    box = Box(public_url="https://pledge.example")
    foreign = {"url": "https://elsewhere.example/hook", "pending_update_count": 0}
    box.api.will("getWebhookInfo", foreign, {"url": ""})
    box.api.will("getUpdates", [update(7)])
    async with box.listening():
        await box.ears.events(1)
    assert box.api.made("deleteWebhook") == []
    assert box.naps.taken == [60]


async def test_a_webhook_of_our_own_is_taken_down_and_what_waits_is_kept():
    box = Box(public_url="https://pledge.example")
    box.api.will("getWebhookInfo", {"url": "https://pledge.example/telegram/webhook"})
    async with box.listening():
        await box.offsets(1)
    assert box.api.made("deleteWebhook") == [{"drop_pending_updates": False}]


async def test_a_webhook_that_is_set_later_stops_the_polling_until_it_is_gone(caplog: pytest.LogCaptureFixture):
    box = Box()
    box.api.will("getUpdates", [update(7)], WEBHOOK_SET, [update(8)])
    async with box.listening():
        await box.ears.events(2)
    assert "PLEDGE_TELEGRAM__MODE is polling" in caplog.text
    assert len(box.api.made("getWebhookInfo")) == 2


# the pulse


async def test_a_silence_of_more_than_a_day_is_reported_before_anything_else():
    last = START - timedelta(hours=30)
    box = Box(last=last)
    box.api.will("getUpdates", [update(7)])
    async with box.listening():
        gap, _ = await box.ears.events(2)
    assert (gap.kind, gap.at, gap.room) == (InboundKind.GAP, last, "")
    assert gap.text == "2026-11-23 03:00 - 2026-11-24 09:00 UTC (30 h)"


async def test_a_platform_that_was_away_for_more_than_a_day_while_we_were_not_is_a_gap_too():
    box = Box()
    box.api.will("getUpdates", [update(7)], *([DOWN] * 1600), [update(8)])
    async with box.listening():
        first, gap, last = await box.ears.events(3)
    assert (first.event_id, gap.kind, last.event_id) == ("42:7", InboundKind.GAP, "42:8")
    assert gap.at == START
    assert box.beats.at is not None
    assert box.beats.at > START + timedelta(hours=24)


@pytest.mark.parametrize("last", [None, START - timedelta(hours=24)])
async def test_a_first_start_and_a_night_are_no_gap(last: Any):
    box = Box(last=last)
    box.api.will("getUpdates", [update(7)])
    async with box.listening():
        (first,) = await box.ears.events(1)
    assert first.kind is InboundKind.MESSAGE


async def test_a_gap_that_could_not_be_kept_is_reported_at_the_next_try():
    box = Box(failures=1, last=START - timedelta(hours=30))
    async with box.listening():
        (gap,) = await box.ears.events(1)
        assert await box.offsets(1) == [None]
    assert gap.kind is InboundKind.GAP


async def test_the_pulse_beats_once_a_minute_while_the_platform_is_heard():
    box = Box()
    box.api.will("getUpdates", [], [], DOWN, [], *([DOWN] * 7), [])
    async with box.listening():
        await box.offsets(13)
    # At the start, and when the rests after the failures have added up to more than a minute.
    assert box.beats.count == 2
    assert box.beats.at == box.naps.now


# presses


async def answers(box: Box, count: int = 1) -> list[dict[str, Any]]:
    await box.api.calls_of("answerCallbackQuery", count)
    return box.api.made("answerCallbackQuery")


async def test_a_press_is_answered_with_what_the_core_says():
    box = Box()
    box.ears.notice = "Done: " + "😀" * 200
    box.api.will("getUpdates", [press(7)])
    async with box.listening():
        (answer,) = await answers(box)
    assert answer["callback_query_id"] == "q7"
    assert answer["show_alert"] is True
    assert len(answer["text"].encode("utf-16-le")) // 2 == 200


async def test_a_press_with_nothing_to_say_only_stops_the_clock():
    box = Box()
    box.api.will("getUpdates", [press(7)])
    async with box.listening():
        assert await answers(box) == [{"callback_query_id": "q7"}]


async def test_a_press_that_could_not_be_kept_is_answered_all_the_same_and_kept_later():
    box = Box(failures=1)
    box.api.will("getUpdates", [press(7)], [press(7)])
    box.api.will(
        "answerCallbackQuery", True, CallFailed(Fault.REFUSED, "query is too old and response timeout expired")
    )
    async with box.listening():
        first, second = await answers(box, 2)
    assert (first["text"], "text" in second) == ("⏳", False)
    assert [heard.kind for heard in box.ears.heard] == [InboundKind.PRESS]


async def test_a_press_that_makes_no_sense_is_answered_too():
    box = Box()
    box.api.will("getUpdates", [{"update_id": 7, "callback_query": {"id": "q7", "from": 5}}])
    async with box.listening():
        assert len(await answers(box)) == 1


async def test_an_answer_that_came_too_late_is_no_trouble_and_another_refusal_is_logged(
    caplog: pytest.LogCaptureFixture,
):
    caplog.set_level(logging.WARNING)
    box = Box()
    box.api.will("getUpdates", [press(7)], [press(8)])
    too_late, odd = CallFailed(Fault.REFUSED, "Query is too old"), CallFailed(Fault.REFUSED, "odd")
    box.api.will("answerCallbackQuery", too_late, odd)
    async with box.listening():
        await answers(box, 2)
    assert [record.getMessage() for record in caplog.records] == ["telegram.press_unanswered: odd"]


# the self-check


async def check(box: Box, rooms: list[str], **answers: Any) -> list[Problem]:
    for method, answer in answers.items():
        box.api.will(method, answer)

    async def all_rooms() -> list[str]:
        return rooms

    box.channel._checkup._rooms = all_rooms
    return list(await box.channel.check())


def standing_in(status: str, **more: Any) -> dict[str, Any]:
    return {"status": status, "user": ME, **more}


DEAF = {**ME, "can_read_all_group_messages": False}


async def test_all_in_order_is_no_problem():
    assert await check(Box(), ["-1", "501"], getChatMember=standing_in("member"), getChat={"title": "Acme"}) == []


async def test_privacy_mode_is_named_with_the_way_out_and_the_rooms():
    (problem,) = await check(Box(), ["-1"], getMe=DEAF, getChatMember=standing_in("member"), getChat={"title": "Acme"})
    assert "privacy mode is on" in problem.text
    assert "-1" in problem.text
    assert "/setprivacy" in problem.text
    assert not problem.fatal


async def test_privacy_mode_does_not_matter_where_the_bot_is_an_administrator():
    box = Box()
    found = await check(box, ["-1"], getMe=DEAF, getChatMember=standing_in("administrator"), getChat={"title": "Acme"})
    assert found == []


@pytest.mark.parametrize(
    ("member", "chat", "words"),
    [
        (standing_in("kicked"), {"title": "Acme"}, "is not in it"),
        (standing_in("restricted", can_send_messages=False), {"title": "Acme"}, "may not write"),
        (standing_in("member"), {"title": "Acme", "permissions": {"can_send_messages": False}}, "may not write"),
        (standing_in("member"), {"title": "Acme", "username": "acme"}, "is public (@acme)"),
        (CallFailed(Fault.REFUSED, "chat not found"), {}, "chat not found"),
        ({}, {}, "an answer without sense"),
    ],
)
async def test_what_is_wrong_with_a_room_is_said(member: Any, chat: Any, words: str):
    (problem,) = await check(Box(), ["-1"], getChatMember=member, getChat=chat)
    assert words in problem.text
    assert not problem.fatal


async def test_rooms_are_looked_at_every_quarter_of_an_hour_only():
    box = Box()
    for _ in range(2):
        await check(box, ["-1"], getChatMember=standing_in("kicked"), getChat={})
    assert len(box.api.made("getChatMember")) == 1
    box.naps.now += timedelta(minutes=15)
    assert len(await box.channel.check()) == 1
    assert len(box.api.made("getChatMember")) == 2


MUTED = {"title": "Acme", "permissions": {"can_send_messages": False}}


async def looks(box: Box, *chats: dict[str, Any]) -> list[str]:
    """What a look at a group after another reports, as the group is at each."""
    found = []
    for chat in chats:
        before = len(box.ears.heard)
        await check(box, ["-1"], getChatMember=standing_in("member"), getChat=chat)
        box.naps.now += timedelta(minutes=15)
        new = box.ears.heard[before:]
        assert all((each.kind, each.room, each.news) == (InboundKind.ROOM, "-1", News(NewsKind.BACK)) for each in new)
        found.append("back" if new else "")
    assert len({each.event_id for each in box.ears.heard}) == len(box.ears.heard)
    return found


async def test_a_group_that_lets_the_bot_write_again_is_reported_once():
    box = Box()
    async with box.listening():
        assert await looks(box, MUTED, MUTED, {}, {}, MUTED, {}, {}) == ["", "", "back", "", "", "back", ""]


async def test_at_the_first_look_nobody_knows_what_was_before():
    box = Box()
    async with box.listening():
        assert await looks(box, {}, {}) == ["back", ""]


async def test_where_nobody_listens_nothing_is_reported_and_nothing_forgotten():
    box = Box()
    assert await looks(box, {}) == [""]
    async with box.listening():
        assert await looks(box, {}, {}) == ["back", ""]


async def test_a_group_that_has_refused_a_post_comes_back_once_a_day_when_no_look_finds_why():
    box = Box()
    post = Outbound("o", "default", "-1", Rich((paragraph("hello"),)))
    box.api.will("sendMessage", CallFailed(Fault.REFUSED, "not enough rights to send text messages to the chat"))
    async with box.listening():
        await looks(box, {})
        reports = []
        for _ in range(5):
            await box.channel.send(post)
            reports += await looks(box, {})
        assert reports == ["back", "", "", "", ""]
        box.naps.now += timedelta(days=1)
        await box.channel.send(post)
        assert await looks(box, {}) == ["back"]


async def test_a_topic_whose_answers_go_to_the_general_one_is_a_problem_until_it_takes_posts_again():
    box = Box()
    post = Outbound("o", "default", "-1", Rich((paragraph("hello"),)), thread="44")
    box.api.will("sendMessage", CallFailed(Fault.REFUSED, "TOPIC_CLOSED"), None)
    assert isinstance(await box.channel.send(post), Sent)
    (problem,) = await check(box, [])
    assert "group -1: topic 44 takes no posts (TOPIC_CLOSED)" in problem.text
    await box.channel.send(replace(post, thread=None))
    assert len(await box.channel.check()) == 1
    await box.channel.send(post)
    assert await box.channel.check() == []


async def test_an_administrator_may_write_where_members_may_not():
    box = Box()
    assert await check(box, ["-1"], getChatMember=standing_in("administrator"), getChat=MUTED) == []


async def test_a_refused_token_and_a_foreign_webhook_are_fatal():
    (token,) = await check(Box(), [], getMe=CallFailed(Fault.TOKEN, "Unauthorized"))
    (webhook,) = await check(Box(), [], getWebhookInfo={"url": "https://elsewhere.example/"})
    assert token.fatal
    assert webhook.fatal


async def test_a_platform_that_is_away_is_a_problem_but_no_fatal_one():
    (problem,) = await check(Box(), [], getMe=DOWN)
    assert not problem.fatal
    assert await Box().channel.probe("default") is None
    box = Box()
    box.api.will("getMe", DOWN)
    assert await box.channel.probe("default") == "connection refused"


# files and menus


async def test_a_file_comes_in_pieces_from_a_place_that_only_the_platform_names():
    box = Box()
    box.api.will("getFile", {"file_path": "documents/" + "x" * 70_000})
    async with box.channel.fetch("default", "f1") as pieces:
        assert [len(piece) async for piece in pieces] == [65_536, 70_010 - 65_536]


@pytest.mark.parametrize(
    "answer",
    [DOWN, {}, *({"file_path": path} for path in ("/etc/passwd", "http://evil/x", "documents/../../bot/getMe"))],
)
async def test_a_file_that_the_platform_does_not_give_is_unavailable(answer: Any):
    box = Box()
    box.api.will("getFile", answer)
    with pytest.raises(Unavailable):
        async with box.channel.fetch("default", "f1"):
            pass


ENGLISH = Menu(None, "en", (("book-call", "Book a call"), ("status", "x" * 300)))
RUSSIAN = Menu(None, "ru", (("status", "Статус"),))


async def shown(box: Box, *menus: Menu) -> dict[tuple[str, str], list[str]]:
    await box.channel.set_menus(menus)
    return {
        (str(made["scope"].get("chat_id", made["scope"]["type"])), made.get("language_code", "")): [
            command["command"] for command in made["commands"]
        ]
        for made in box.api.made("setMyCommands")
    }


async def test_menus_are_set_for_every_place_and_language_and_readers_of_others_get_english():
    box = Box()
    menus = await shown(box, RUSSIAN, ENGLISH, Menu("-1", "ru", (("take", "Взять"),)))
    for place in ("default", "all_private_chats", "all_group_chats"):
        assert menus[place, ""] == menus[place, "en"] == ["book_call", "status"]
        assert menus[place, "ru"] == ["status"]
    assert menus["-1", ""] == menus["-1", "ru"] == ["take"]
    assert len(box.api.made("setMyCommands")[-1]["commands"][0]["description"]) <= 256


async def test_a_menu_that_is_no_more_is_taken_away_and_one_unchanged_is_left():
    box = Box()
    await box.channel.set_menus([ENGLISH, Menu("-1", "en", (("take", "Take"),))])
    before = len(box.api.calls)
    await box.channel.set_menus([ENGLISH])
    assert [(method, call["scope"]) for method, call in box.api.calls[before:]] == [
        ("deleteMyCommands", {"type": "chat", "chat_id": -1})
    ] * 2


async def test_a_refused_menu_is_tried_again_at_the_next_call(caplog: pytest.LogCaptureFixture):
    box = Box()
    box.api.will("setMyCommands", CallFailed(Fault.REFUSED, "chat not found"), True)
    menu = Menu("-1", "en", (("take", "Take"), ("not a name!", "?")))
    await box.channel.set_menus([menu])
    await box.channel.set_menus([menu])
    assert len(box.api.made("setMyCommands")) == 3
    assert "telegram.menu_refused" in caplog.text
    assert "telegram.menu_name" in caplog.text


@pytest.mark.parametrize("fault", [Fault.THROTTLED, Fault.TOKEN, Fault.UNREACHED, Fault.UNCLEAR])
async def test_menus_wait_as_a_whole_while_the_platform_cannot_be_asked(fault: Fault):
    box = Box()
    box.api.will("setMyCommands", CallFailed(fault, "not now"), True)
    assert await box.channel.set_menus([ENGLISH]) is False
    assert len(box.api.made("setMyCommands")) == 1, "nobody is asked again at once"
    assert await box.channel.set_menus([ENGLISH]) is True
    assert len(box.api.made("setMyCommands")) == 1 + 3 * 2, "each place, for readers of English and of all else"
