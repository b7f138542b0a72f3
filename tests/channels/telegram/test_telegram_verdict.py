"""What becomes of a post: each answer of the platform, and each way of getting none, is one outcome."""

from __future__ import annotations

import logging
import subprocess
import sys
from typing import Any

import pytest
from channels.telegram.bot_api import BotApi
from channels.telegram.scripted import ScriptedApi

from bot.channels.base import Moved, Outbound, Outcome, Permanent, RetryAfter, Scope, Sent, Unchangeable, Unknown
from bot.channels.telegram.api import CallFailed, Fault
from bot.channels.telegram.post import Poster
from bot.channels.telegram.verdict import outcome_of
from bot.channels.telegram.wire import Wire
from bot.text import Bold, Button, Rich, Text, paragraph

LONG = Rich(tuple(paragraph("x" * 3000) for _ in range(3)), (Button("Accept", "a1"),))


def refused(text: str) -> CallFailed:
    return CallFailed(Fault.REFUSED, text)


def outbound(text: str | Rich = "it is noted", room: str = "-1001", **more: Any) -> Outbound:
    body = text if isinstance(text, Rich) else Rich((paragraph(text),))
    return Outbound("o1", "default", room, body, **more)


@pytest.fixture
def api() -> ScriptedApi:
    return ScriptedApi()


# refusals


@pytest.mark.parametrize(
    ("failed", "outcome"),
    [
        (CallFailed(Fault.THROTTLED, "slow", seconds=30), RetryAfter(30, Scope.ROOM, throttled=True)),
        (CallFailed(Fault.MOVED, "moved", room="-1009"), Moved("-1009")),
        (CallFailed(Fault.FORBIDDEN, "bot was kicked"), Permanent("bot was kicked", Scope.ROOM)),
        (CallFailed(Fault.TOKEN, "no"), Permanent("no", Scope.ACCOUNT)),
        (CallFailed(Fault.UNREACHED, "refused"), RetryAfter(2, Scope.ACCOUNT)),
        (CallFailed(Fault.UNCLEAR, "cut off"), Unknown("cut off")),
        (refused("Chat not found"), Permanent("Chat not found", Scope.ROOM)),
        (refused("not enough rights to send text"), Permanent("not enough rights to send text", Scope.ROOM)),
        (refused("Message is too long"), Permanent("Message is too long", Scope.MESSAGE)),
        (refused("BUTTON_DATA_INVALID"), Permanent("BUTTON_DATA_INVALID", Scope.MESSAGE)),
    ],
)
def test_each_failure_is_one_outcome(failed: CallFailed, outcome: Outcome):
    assert outcome_of(failed) == outcome


@pytest.mark.parametrize("room", ["acme", "", "-10 01", "-1001/5"])
async def test_a_room_of_another_platform_is_refused_without_a_call(api: ScriptedApi, room: str):
    outcome = await Poster(api).send(outbound(room=room))
    assert isinstance(outcome, Permanent)
    assert outcome.scope is Scope.ROOM
    assert api.calls == []


# posting


async def test_a_post_says_all_that_it_is_to_say(api: ScriptedApi):
    body = Rich((paragraph("due ", Bold((Text("now"),))),), (Button("Accept", "a1"),))
    sent = await Poster(api).send(outbound(body, thread="44", reply_to="-1001/12"))
    assert sent == Sent("-1001/101")
    assert api.made("sendMessage") == [
        {
            "chat_id": -1001,
            "message_thread_id": 44,
            "text": "due now",
            "entities": [{"type": "bold", "offset": 4, "length": 3}],
            "link_preview_options": {"is_disabled": True},
            "reply_parameters": {"message_id": 12, "allow_sending_without_reply": True},
            "reply_markup": {"inline_keyboard": [[{"text": "Accept", "callback_data": "a1"}]]},
        }
    ]


async def test_an_answer_to_a_message_from_before_the_group_moved_is_no_reply(api: ScriptedApi):
    await Poster(api).send(outbound(reply_to="-9/12"))
    assert "reply_parameters" not in api.made("sendMessage")[0]


@pytest.mark.parametrize(
    ("text", "without"),
    [
        ("Message thread not found", "message_thread_id"),
        ("TOPIC_CLOSED", "message_thread_id"),
        ("TOPIC_DELETED", "message_thread_id"),
        ("TOPIC_ID_INVALID", "message_thread_id"),
        ("Can't parse entities: unsupported", "entities"),
        ("Message to be replied not found", "reply_parameters"),
    ],
)
async def test_what_the_platform_does_not_take_is_left_out_once(api: ScriptedApi, text: str, without: str):
    body = Rich((paragraph(Bold((Text("now"),))),))
    api.will("sendMessage", refused(text), None)
    assert await Poster(api).send(outbound(body, thread="44", reply_to="-1001/12")) == Sent("-1001/101")
    first, second = api.made("sendMessage")
    assert set(first) - set(second) == {without}


async def test_what_cannot_be_left_out_is_not_tried_again(api: ScriptedApi):
    api.will("sendMessage", refused("TOPIC_CLOSED"))
    outcome = await Poster(api).send(outbound(thread="44"))
    assert outcome == Permanent("TOPIC_CLOSED", Scope.ROOM)
    assert len(api.made("sendMessage")) == 2


# long ones


async def test_a_long_delivery_has_its_buttons_on_the_last_part_and_the_name_of_the_first(api: ScriptedApi):
    sent = await Poster(api).send(outbound(LONG, reply_to="-1001/12"))
    parts = api.made("sendMessage")
    assert sent == Sent("-1001/101")
    assert [len(part["text"]) for part in parts] == [3000, 3000, 3000]
    assert ["reply_markup" in part for part in parts] == [False, False, True]
    assert ["reply_parameters" in part for part in parts] == [True, False, False]
    assert [part.get("disable_notification") for part in parts] == [None, True, True]


@pytest.mark.parametrize(
    "failed", [CallFailed(Fault.THROTTLED, "slow", seconds=9), CallFailed(Fault.UNCLEAR, "cut off")]
)
async def test_after_a_failed_part_the_next_attempt_goes_on_from_there(api: ScriptedApi, failed: CallFailed):
    poster = Poster(api)
    api.will("sendMessage", None, failed, None)
    assert await poster.send(outbound(LONG)) == outcome_of(failed)
    assert await poster.send(outbound(LONG)) == Sent("-1001/101")
    # Of three parts the first is posted once; only the second was tried twice.
    assert len(api.made("sendMessage")) == 4


async def test_the_rest_of_a_delivery_follows_its_first_part_although_a_moment_reads_differently_by_now(
    api: ScriptedApi,
):
    def due(minutes: int) -> Rich:
        return Rich(tuple(paragraph(f"in {minutes} min " + sign * 3000) for sign in "xyz"), LONG.buttons)

    poster = Poster(api)
    api.will("sendMessage", None, CallFailed(Fault.THROTTLED, "slow", seconds=65), None)
    await poster.send(outbound(due(7)))
    assert await poster.send(outbound(due(6))) == Sent("-1001/101")
    said = [made["text"].rstrip("xyz") + made["text"][-1] for made in api.made("sendMessage")]
    assert said == ["in 7 min x", "in 7 min y", "in 7 min y", "in 7 min z"]


async def test_a_delivery_of_fewer_parts_by_now_is_posted_from_its_beginning(api: ScriptedApi):
    poster = Poster(api)
    api.will("sendMessage", None, CallFailed(Fault.THROTTLED, "slow", seconds=9), None)
    await poster.send(outbound(LONG))
    assert await poster.send(outbound("shorter")) == Sent("-1001/102")
    assert api.made("sendMessage")[-1]["text"] == "shorter"


# edits


async def test_an_edit_changes_the_message_and_keeps_its_name(api: ScriptedApi):
    assert await Poster(api).send(outbound("new", edit_of="-1001/7")) == Sent("-1001/7")
    (made,) = api.made("editMessageText")
    assert (made["chat_id"], made["message_id"], made["text"]) == (-1001, 7, "new")
    assert api.made("sendMessage") == []


async def test_an_edit_that_changes_nothing_is_done(api: ScriptedApi):
    api.will("editMessageText", refused("Message is not modified: specified new message content is the same"))
    assert await Poster(api).send(outbound(edit_of="-1001/7")) == Sent("-1001/7")


async def test_an_edit_whose_entities_are_refused_is_made_once_more_as_plain_text(api: ScriptedApi):
    body = Rich((paragraph(Bold((Text("now"),))),))
    api.will("editMessageText", refused("Can't parse entities: unsupported"), True)
    assert await Poster(api).send(outbound(body, edit_of="-1001/7")) == Sent("-1001/7")
    first, second = api.made("editMessageText")
    assert set(first) - set(second) == {"entities"}
    assert api.made("sendMessage") == []


async def test_an_edit_that_is_refused_as_plain_text_too_is_refused(api: ScriptedApi):
    body = Rich((paragraph(Bold((Text("now"),))),))
    api.will("editMessageText", refused("Can't parse entities: unsupported"))
    assert isinstance(await Poster(api).send(outbound(body, edit_of="-1001/7")), Permanent)
    assert len(api.made("editMessageText")) == 2


@pytest.mark.parametrize("text", ["Message to edit not found", "Message can't be edited", "MESSAGE_ID_INVALID"])
async def test_what_cannot_be_edited_is_to_be_posted_anew(api: ScriptedApi, text: str):
    api.will("editMessageText", refused(text))
    assert await Poster(api).send(outbound(edit_of="-1001/7")) == Unchangeable()
    assert api.made("sendMessage") == []


async def test_what_is_too_long_for_an_edit_or_was_said_elsewhere_is_to_be_posted_anew(api: ScriptedApi):
    assert await Poster(api).send(outbound(LONG, edit_of="-1001/7")) == Unchangeable()
    assert await Poster(api).send(outbound(edit_of="-9/7")) == Unchangeable()
    assert api.calls == []


async def test_a_doubtful_edit_is_told_as_such_and_posts_nothing(api: ScriptedApi):
    api.will("editMessageText", CallFailed(Fault.UNCLEAR, "cut off"))
    assert await Poster(api).send(outbound(edit_of="-1001/7")) == Unknown("cut off")
    assert api.made("sendMessage") == []


# the library over a real connection


@pytest.mark.parametrize(
    ("trouble", "fault"),
    [
        ({"kind": "flood", "seconds": 17}, Fault.THROTTLED),
        ({"kind": "refuse", "code": 400, "text": "Bad Request: message text is empty"}, Fault.REFUSED),
        ({"kind": "refuse", "code": 401, "text": "Unauthorized"}, Fault.TOKEN),
        ({"kind": "refuse", "code": 403, "text": "Forbidden: bot was kicked"}, Fault.FORBIDDEN),
        ({"kind": "refuse", "code": 404, "text": "Not Found"}, Fault.TOKEN),
        ({"kind": "refuse", "code": 409, "text": "Conflict: other"}, Fault.CONFLICT),
        ({"kind": "refuse", "code": 502, "text": "Bad Gateway"}, Fault.UNCLEAR),
        ({"kind": "drop_before"}, Fault.UNCLEAR),
        ({"kind": "drop_after"}, Fault.UNCLEAR),
        ({"kind": "garbage"}, Fault.UNCLEAR),
    ],
    ids=lambda value: str(value.get("code") or value["kind"]) if isinstance(value, dict) else "",
)
async def test_the_librarys_errors_are_told_apart(bot_api: BotApi, trouble: dict[str, Any], fault: Fault):
    wire = Wire(bot_api.token, bot_api.url)
    bot_api.trouble("getMe", **trouble)
    async with wire.opened():
        with pytest.raises(CallFailed) as caught:
            await wire.call("getMe")
        assert (caught.value.fault, caught.value.seconds) == (fault, trouble.get("seconds", 0))
        assert (await wire.call("getMe"))["username"] == "PledgeBot"


async def test_a_server_that_is_not_there_has_got_nothing(bot_api: BotApi):
    wire = Wire(bot_api.token, bot_api.url)
    await bot_api.go_away()
    async with wire.opened():
        with pytest.raises(CallFailed) as caught:
            await wire.call("sendMessage", chat_id=1, text="x")
    assert caught.value.fault is Fault.UNREACHED
    await bot_api.come_back()


async def test_a_group_that_has_moved_names_its_new_place(bot_api: BotApi):
    group = bot_api.group("Acme")
    wire = Wire(bot_api.token, bot_api.url)
    new = group.upgrade(bot_api.me)
    async with wire.opened():
        with pytest.raises(CallFailed) as caught:
            await wire.call("sendMessage", chat_id=group.id, text="x")
    assert (caught.value.fault, caught.value.room) == (Fault.MOVED, str(new.id))


@pytest.mark.parametrize("kind", ["refuse", "drop_after", "garbage", "gone"])
async def test_the_token_is_in_no_log_and_no_error(bot_api: BotApi, kind: str, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    secret = bot_api.token.partition(":")[2]
    wire = Wire(bot_api.token, bot_api.url)
    if kind == "gone":
        await bot_api.go_away()
    else:
        bot_api.trouble("getMe", kind, code=403, text=f"token {bot_api.token} was rejected")
    async with wire.opened():
        with pytest.raises(CallFailed) as caught:
            await wire.call("getMe")
    assert secret not in caplog.text
    assert secret not in f"{caught.value!s} {caught.value!r} {caught.value.reason}"
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    if kind == "gone":
        await bot_api.come_back()


def test_the_library_is_loaded_for_a_channel_and_not_before():
    program = "import sys, bot.channels.telegram; print({'telegram', 'httpx'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout == "set()\n"


async def test_connections_close_with_their_last_user(bot_api: BotApi):
    wire = Wire(bot_api.token, bot_api.url)
    for _ in range(2):
        async with wire.opened(), wire.opened():
            assert (await wire.call("getMe"))["id"] == bot_api.me.id
