"""The webhook: only the platform gets in, 200 means kept, and what can never be read is not sent for ever."""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
from channels.telegram.bot_api import Attachment, BotApi, Person
from channels.telegram.scripted import Beats, Ears, Naps, ScriptedApi, no_rooms, press, update
from harness import HandClock
from starlette.applications import Starlette
from starlette.routing import Route

from bot.channels.base import InboundKind, NewsKind, Outbound, Sent
from bot.channels.telegram import TelegramChannel
from bot.channels.telegram.api import CallFailed, Fault
from bot.channels.telegram.webhook import MAX_BODY
from bot.text import Button, Rich, paragraph
from bot.web.server import bind, serve

SECRET = "s3cret_of-the-hook"
URL = "https://pledge.example/telegram/webhook"
JSON = {"content-type": "application/json", "x-telegram-bot-api-secret-token": SECRET}


class Box:
    """A channel that waits for its webhook to be called, a scripted platform, and ears instead of a core."""

    def __init__(self, *, failures: int = 0, secret: str | None = SECRET) -> None:
        self.api = ScriptedApi()
        self.api.will("getWebhookInfo", {"url": ""}, {"url": URL})
        self.ears = Ears(failures)
        self.beats = Beats()
        self.naps = Naps()
        self.standing = self.naps.standing()
        self.channel = TelegramChannel(
            "42:secret",
            base_url="http://127.0.0.1:9",
            mode="webhook",
            public_url="https://pledge.example",
            webhook_secret=secret,
            times=self.naps.times(),
            pulse=self.beats,
            rooms=no_rooms,
            api=self.api,
            standing=self.standing,
        )
        routes = [Route(each.path, each.handler, methods=[each.method]) for each in self.channel.routes()]
        self.web = httpx.AsyncClient(
            transport=httpx.ASGITransport(Starlette(routes=routes)), base_url="https://pledge.example"
        )

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        async with asyncio.timeout(10), self.web, self.channel.listen(self.ears.receive):
            yield

    async def push(self, content: Any, headers: dict[str, str] | None = None) -> int:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        answer = await self.web.post("/telegram/webhook", content=body, headers=JSON if headers is None else headers)
        return answer.status_code


# who gets in


@pytest.mark.parametrize("secret", [None, "", "wrong", SECRET[:-1], f"{SECRET}x", SECRET.upper()])
async def test_without_the_secret_nobody_gets_in(secret: str | None, caplog: pytest.LogCaptureFixture):
    box = Box()
    headers = {"content-type": "application/json"}
    if secret is not None:
        headers["x-telegram-bot-api-secret-token"] = secret
    async with box.listening():
        assert await box.push(update(7), headers) == 403
    assert box.ears.heard == []
    assert SECRET not in caplog.text


async def test_without_a_secret_of_its_own_an_installation_has_one_all_the_same():
    one, other = Box(secret=None), Box(secret=None)
    async with one.listening(), other.listening():
        await one.api.calls_of("setWebhook", 1)
        await other.api.calls_of("setWebhook", 1)
    (first,), (second,) = one.api.made("setWebhook"), other.api.made("setWebhook")
    assert first["secret_token"] == second["secret_token"]
    assert len(first["secret_token"]) == 64


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
async def test_another_content_type_is_refused(kind: str):
    box = Box()
    async with box.listening():
        assert await box.push(update(7), {**JSON, "content-type": kind}) == 415
    assert box.ears.heard == []


async def test_a_body_larger_than_any_update_is_refused_by_its_length_or_while_it_comes():
    box = Box()
    body = json.dumps(update(7, "x" * MAX_BODY)).encode()

    async def pieces() -> AsyncIterator[bytes]:
        for at in range(0, len(body), 65_536):
            yield body[at : at + 65_536]

    async with box.listening():
        assert await box.push(body) == 413
        answer = await box.web.post("/telegram/webhook", content=pieces(), headers=JSON)
        assert answer.status_code == 413
    assert box.ears.heard == []


async def test_of_a_body_that_says_itself_that_it_is_too_large_nothing_is_read():
    box, asked = Box(), []

    async def pieces() -> AsyncIterator[bytes]:
        asked.append(1)
        yield b"{}"

    async with box.listening():
        headers = {**JSON, "content-length": str(MAX_BODY + 1)}
        answer = await box.web.post("/telegram/webhook", content=pieces(), headers=headers)
    assert (answer.status_code, asked) == (413, [])


@pytest.mark.parametrize(("size", "status"), [(2**20, 200), (2**20 + 1, 413)])
async def test_an_update_may_have_a_mebibyte(size: int, status: int):
    box = Box()
    empty = json.dumps(update(7, "")).encode()
    body = json.dumps(update(7, "x" * (size - len(empty)))).encode()
    assert len(body) == size
    async with box.listening():
        assert await box.push(body) == status
    assert len(box.ears.heard) == (1 if status == 200 else 0)


async def test_the_secret_is_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch):
    whole, compared = hmac.compare_digest, []

    def counting(given: Any, wanted: Any) -> bool:
        compared.append((bytes(given), bytes(wanted)))
        return whole(given, wanted)

    box = Box()
    async with box.listening():
        monkeypatch.setattr(hmac, "compare_digest", counting)
        assert await box.push(update(7), {**JSON, "x-telegram-bot-api-secret-token": "wrong"}) == 403
        assert await box.push(update(7)) == 200
    assert compared == [(b"wrong", SECRET.encode()), (SECRET.encode(), SECRET.encode())]


async def test_in_polling_mode_there_is_no_route():
    box = Box()
    polling = TelegramChannel(
        "42:secret",
        base_url="http://127.0.0.1:9",
        mode="polling",
        public_url="https://pledge.example",
        webhook_secret=SECRET,
        times=box.naps.times(),
        pulse=box.beats,
        rooms=no_rooms,
        api=box.api,
    )
    assert polling.routes() == ()


# what 200 means


async def test_an_update_is_kept_before_it_is_confirmed():
    box = Box()
    async with box.listening():
        assert await box.push(update(7)) == 200
        (heard,) = box.ears.heard
    assert (heard.event_id, heard.text) == ("42:7", "it is down")
    assert json.loads(heard.payload) == update(7)


async def test_what_could_not_be_kept_is_not_confirmed():
    box = Box(failures=1)
    async with box.listening():
        assert await box.push(update(7)) == 503
        assert await box.push(update(7)) == 200
    assert len(box.ears.heard) == 1


async def test_before_and_after_listening_nothing_is_confirmed():
    box = Box()
    async with asyncio.timeout(10), box.web:
        assert await box.push(update(7)) == 503
        async with box.channel.listen(box.ears.receive):
            assert await box.push(update(7)) == 200
        assert await box.push(update(8)) == 503
    assert len(box.ears.heard) == 1


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'"text"', b"[]", b"{}", b'{"update_id": 7, "message": 5}']
)
async def test_what_can_never_be_read_is_kept_for_a_human_and_not_sent_again(body: bytes):
    box = Box()
    async with box.listening():
        assert await box.push(body) == 200
        assert await box.push(body) == 200
    first, second = box.ears.heard
    assert (first.kind, first.payload) == (InboundKind.UNREADABLE, body)
    assert first.event_id == second.event_id


async def test_what_the_core_cannot_bear_is_kept_for_a_human_and_if_not_even_that_sent_again():
    box, whole = Box(), []

    async def receive(inbound: Any) -> Any:
        if inbound.kind is not InboundKind.UNREADABLE or not whole:
            raise RuntimeError("a bug")
        return await box.ears.receive(inbound)

    async with asyncio.timeout(10), box.web, box.channel.listen(receive):
        assert await box.push(update(7)) == 503
        whole.append(True)
        assert await box.push(update(7)) == 200
    (heard,) = box.ears.heard
    assert (heard.kind, heard.room) == (InboundKind.UNREADABLE, "-1001")


async def test_a_press_is_answered_whether_it_could_be_kept_or_not():
    box = Box(failures=1)
    async with box.listening():
        assert await box.push(press(7)) == 503
        assert await box.push(press(8)) == 200
        await box.api.calls_of("answerCallbackQuery", 2)
    assert [call.get("text") for call in box.api.made("answerCallbackQuery")] == ["⏳", None]


# the registration


async def test_the_webhook_is_registered_at_every_start_with_all_it_needs():
    box = Box()
    async with box.listening():
        await box.api.calls_of("setWebhook", 1)
    assert box.api.made("setWebhook") == [
        {
            "url": URL,
            "secret_token": SECRET,
            "allowed_updates": ["message", "edited_message", "callback_query", "my_chat_member", "business_connection"],
            "max_connections": 40,
            "drop_pending_updates": False,
        }
    ]


async def test_the_registration_is_tried_until_it_works():
    box = Box()
    box.api.will("setWebhook", CallFailed(Fault.UNREACHED, "away"), CallFailed(Fault.UNREACHED, "away"), True)
    async with box.listening():
        await box.api.calls_of("setWebhook", 3)
    assert box.naps.taken[:2] == [1, 2]


async def test_an_address_that_the_platform_refuses_is_said_with_the_way_out(caplog: pytest.LogCaptureFixture):
    box = Box()
    box.api.will("setWebhook", CallFailed(Fault.REFUSED, "bad webhook: An HTTPS URL must be provided"), True)
    async with box.listening():
        await box.api.calls_of("setWebhook", 2)
    assert "PLEDGE_HTTP__PUBLIC_URL" in caplog.text
    assert box.naps.taken[0] == 60


async def test_a_look_a_minute_keeps_the_pulse_and_notices_who_takes_the_webhook_over():
    box = Box()
    box.api.will("getWebhookInfo", {"url": ""}, {"url": URL}, {"url": URL}, {"url": "https://elsewhere.example/hook"})
    async with box.listening():
        while not box.standing.is_fatal:
            await asyncio.sleep(0)
        (problem,) = (each for each in await box.channel.check() if each.fatal)
    assert "points elsewhere" in problem.text
    assert box.beats.count == 3


async def test_a_webhook_that_somebody_has_taken_down_is_set_again():
    box = Box()
    box.api.will("getWebhookInfo", {"url": ""}, {"url": URL}, {"url": ""}, {"url": ""}, {"url": URL})
    async with box.listening():
        await box.api.calls_of("getWebhookInfo", 6)
    first, second = box.api.made("setWebhook")
    assert first == second
    assert not box.standing.is_fatal


async def test_while_the_platform_cannot_reach_us_the_pulse_stands_still_and_after_a_day_there_is_a_gap():
    box = Box()
    begun = box.naps.now
    ends = begun + timedelta(hours=30)

    def info(last: bool = False) -> dict[str, Any]:
        return {"url": URL, "pending_update_count": 0 if last else 3, "last_error_date": int(box.naps.now.timestamp())}

    whole = box.api.call

    async def call(method: str, /, **parameters: Any) -> Any:
        if method == "getWebhookInfo" and box.naps.now > begun:
            box.api.will(method, info(last=box.naps.now > ends))
        return await whole(method, **parameters)

    box.api.call = call
    async with box.listening():
        (gap,) = await box.ears.events(1)
        await box.api.calls_of("getWebhookInfo", len(box.api.made("getWebhookInfo")) + 1)
    # As long as nothing came the pulse stood where it was at the start.
    assert (gap.kind, gap.at) == (InboundKind.GAP, begun)


async def test_a_delivery_that_failed_long_ago_or_is_made_up_for_does_not_hold_the_pulse():
    box = Box()
    long_ago, now = int(box.naps.now.timestamp()) - 4000, int(box.naps.now.timestamp())
    box.api.will(
        "getWebhookInfo",
        {"url": URL, "pending_update_count": 3, "last_error_date": now},
        {"url": URL, "pending_update_count": 3, "last_error_date": long_ago},
        {"url": URL, "pending_update_count": 0, "last_error_date": now},
        {"url": URL, "pending_update_count": 3, "last_error_date": now},
    )
    async with box.listening():
        await box.api.calls_of("getWebhookInfo", 5)
    assert box.beats.count == 2


async def test_what_the_platform_could_not_deliver_is_a_problem():
    box = Box()
    failed_at = int(box.naps.now.timestamp()) - 60
    info = {"url": URL, "pending_update_count": 500, "last_error_date": failed_at, "last_error_message": "timed out"}
    box.api.will("getWebhookInfo", info)
    delivery, pending = await box.channel.check()
    assert "timed out" in delivery.text
    assert "500 updates wait" in pending.text


def test_a_webhook_needs_an_address_from_outside():
    with pytest.raises(ValueError, match="PLEDGE_HTTP__PUBLIC_URL"):
        TelegramChannel(
            "42:secret",
            base_url="http://127.0.0.1:9",
            mode="webhook",
            public_url="",
            webhook_secret=None,
            times=Naps().times(),
            pulse=Beats(),
            rooms=no_rooms,
            api=ScriptedApi(),
        )


# with the real library, over loopback

ANN, MIA = Person(501, "Ann", "ann_acme"), Person(601, "Mia")


@asynccontextmanager
async def polled(bot_api: BotApi, clock: HandClock, ears: Ears) -> AsyncIterator[TelegramChannel]:
    channel = TelegramChannel(
        bot_api.token,
        base_url=bot_api.url,
        mode="polling",
        public_url="",
        webhook_secret=None,
        times=clock.times(),
        pulse=Beats(),
        rooms=no_rooms,
    )
    async with asyncio.timeout(20), channel.listen(ears.receive):
        yield channel


async def test_a_conversation_over_the_real_library(bot_api: BotApi, clock: HandClock):
    ears = Ears()
    ears.notice = "Noted"
    forum = bot_api.supergroup("Acme", ANN, forum=True)
    topic = forum.topic("Billing", ANN)
    async with polled(bot_api, clock, ears) as channel:
        said = forum.says(ANN, "it is down", topic=topic)
        await bot_api.taken()
        heard = ears.heard[-1]
        body = Rich((paragraph("noted"),), (Button("Accept", "a1"),))
        answer = Outbound("o1", "default", heard.room, body, thread=heard.thread, reply_to=heard.message_id)
        sent = await channel.send(answer)
        assert isinstance(sent, Sent)
        (post,) = forum.posts
        assert (post.text, post.thread, post.reply_to) == ("noted", topic.id, said["message_id"])
        pressed = forum.presses(ANN, "Accept")
        await asyncio.wait_for(pressed.answered.wait(), 5)
        assert (pressed.answer, pressed.alert) == ("Noted", True)
        new = Outbound("o2", "default", heard.room, Rich((paragraph("done"),)), edit_of=sent.provider_id)
        assert await channel.send(new) == sent
        assert forum.texts == ["done"]
        assert ears.heard[-1].reply_to == sent.provider_id


async def test_a_deleted_topic_sends_to_the_general_one(bot_api: BotApi, clock: HandClock):
    forum = bot_api.supergroup("Acme", ANN, forum=True)
    async with polled(bot_api, clock, Ears()) as channel:
        gone = Outbound("o1", "default", forum.room, Rich((paragraph("hello"),)), thread="999")
        assert isinstance(await channel.send(gone), Sent)
    assert forum.texts == ["hello"]


async def test_files_edits_and_moves_over_the_real_library(bot_api: BotApi, clock: HandClock):
    ears = Ears()
    group = bot_api.group("Acme", ANN)
    async with polled(bot_api, clock, ears) as channel:
        message = group.says(ANN, "see this", file=Attachment("trace.log", content=b"one line"))
        group.edits(message, "see that")
        new = group.upgrade(ANN)
        await bot_api.taken()
        first, edit, *moves = ears.heard
        async with channel.fetch("default", first.files[0].handle) as pieces:
            assert b"".join([piece async for piece in pieces]) == b"one line"
    assert (edit.kind, edit.text, edit.message_id) == (InboundKind.EDIT, "see that", first.message_id)
    moved = [each.news for each in moves if each.news is not None and each.news.kind is NewsKind.MOVED]
    assert [news.detail for news in moved] == [new.room, new.room]


async def test_a_webhook_over_real_http_is_called_again_until_the_update_is_kept(bot_api: BotApi, clock: HandClock):
    ears = Ears(failures=2)
    group = bot_api.group("Acme", ANN)
    listener = bind("127.0.0.1", 0)
    channel = TelegramChannel(
        bot_api.token,
        base_url=bot_api.url,
        mode="webhook",
        public_url=f"http://127.0.0.1:{listener.getsockname()[1]}",
        webhook_secret=SECRET,
        times=clock.times(),
        pulse=Beats(),
        rooms=no_rooms,
    )
    app = Starlette(routes=[Route(each.path, each.handler, methods=[each.method]) for each in channel.routes()])
    async with asyncio.timeout(20), channel.listen(ears.receive), serve(app, listener):
        group.says(ANN, "one")
        group.says(ANN, "two")
        heard = await ears.events(2)
        await bot_api.taken()
        problems = await channel.check()
    assert [each.text for each in heard] == ["one", "two"]
    (problem,) = problems
    assert "could not deliver to our webhook" in problem.text
