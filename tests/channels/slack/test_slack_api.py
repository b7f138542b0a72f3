"""The fake Slack itself, asked through the real client: a fake that lets things pass proves nothing."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import aiohttp
import httpx
import pytest
from channels.slack.slack_api import APP_TOKEN, BOT_TOKEN, SECRET, SlackApi, Trouble
from channels.slack.slack_rooms import Room, SlashRefused
from harness import HandClock
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.channels.slack.manifest import SCOPES, manifest

START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
ACME = "T0000ACME"


class Heard:
    """An app that confirms what it hears, or answers with the statuses it was given first."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.answer: dict[str, object] | None = None
        self.requests: list[tuple[str, dict[str, str], bytes]] = []

    async def take(self, request: Request) -> Response:
        self.requests.append((request.url.path, dict(request.headers), await request.body()))
        status = self.statuses.pop(0) if self.statuses else 200
        return Response(status_code=status) if self.answer is None else JSONResponse(self.answer, status)

    @property
    def client(self) -> httpx.AsyncClient:
        routes = [
            Route(f"/slack/{path}", self.take, methods=["POST"]) for path in ("events", "interactive", "commands")
        ]
        return httpx.AsyncClient(transport=httpx.ASGITransport(Starlette(routes=routes)), base_url="http://bot")


@pytest.fixture
def clock() -> HandClock:
    return HandClock(START)


@pytest.fixture
async def slack(clock: HandClock) -> AsyncIterator[SlackApi]:
    async with SlackApi(now=lambda: clock.now, scopes=SCOPES, echoes=False) as made:
        made.person("mia")
        made.person("ann", team=ACME)
        yield made


@pytest.fixture
def room(slack: SlackApi) -> Room:
    return slack.channel("acme", "mia", "ann")


@pytest.fixture
async def heard(slack: SlackApi) -> AsyncIterator[Heard]:
    app = Heard()
    async with app.client as client:
        slack.events_to(client)
        yield app


@pytest.fixture
def web(slack: SlackApi) -> AsyncWebClient:
    return AsyncWebClient(BOT_TOKEN, base_url=f"{slack.url}/api/", retry_handlers=[])


async def _code(call: object) -> str:
    with pytest.raises(SlackApiError) as raised:
        await call
    return str(raised.value.response["error"])


async def test_a_post_is_read_as_its_reader_sees_it(room: Room, web: AsyncWebClient) -> None:
    button = {"type": "button", "action_id": "a1", "text": {"type": "plain_text", "text": "Escalate"}, "value": "x"}
    text = "*Due* <!date^1795338000^{date_short_pretty} {time}|12:00 GMT+3> for &lt;b&gt;, <@U00000MIA>"
    blocks = [
        {"type": "section", "text": {"type": "mrkdwn", "text": text}},
        {"type": "actions", "elements": [button]},
    ]
    await web.chat_postMessage(channel=room.id, text="Due", blocks=blocks)
    (post,) = room.posts
    assert post.text == "Due 12:00 GMT+3 for <b>, @Mia"
    assert room.read_in(UTC) == ["Due 22 Nov 2026 09:00 for <b>, @Mia"]
    assert post.buttons["Escalate"].value == "x"
    assert post.pings == ["U00000MIA"]
    assert not room.slack.faults


async def test_every_limit_is_a_fault_and_an_error_of_slack(slack: SlackApi, room: Room, web: AsyncWebClient) -> None:
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}
    button = {"type": "button", "text": {"type": "plain_text", "text": "x" * 76}, "action_id": "a"}
    tried = [
        (web.chat_postMessage(channel=room.id, text="x", blocks=[section]), "invalid_blocks"),
        (web.chat_postMessage(channel=room.id, text="x", blocks=[{"type": "divider"}] * 51), "invalid_blocks"),
        (
            web.chat_postMessage(channel=room.id, text="x", blocks=[{"type": "actions", "elements": [button]}]),
            "invalid_blocks",
        ),
        (web.chat_postMessage(channel=room.id, text="a < b"), "invalid_blocks"),
        (web.chat_postMessage(channel=room.id, text="x" * 40_001), "msg_too_long"),
        (web.chat_postMessage(channel=room.id, text="x", thread_ts="1.2"), "cannot_reply_to_message"),
        (web.chat_update(channel=room.id, text="x" * 4001, ts="1795338000.000001"), "msg_too_long"),
        (web.conversations_history(channel=room.id, limit=1000), "invalid_limit"),
        (web.views_open(trigger_id="t", view={"type": "modal", "blocks": []}), "invalid_arguments"),
    ]
    assert [await _code(call) for call, _ in tried] == [code for _, code in tried]
    assert len(slack.faults) >= len(tried)
    slack.faults.clear()


async def test_rooms_tokens_and_scopes_are_checked(slack: SlackApi, room: Room, web: AsyncWebClient) -> None:
    assert await _code(web.chat_postMessage(channel="C0NOWHERE", text="x")) == "channel_not_found"
    room.archived = True
    assert await _code(web.chat_postMessage(channel=room.id, text="x")) == "is_archived"
    room.bot_is_member = False
    assert await _code(web.conversations_history(channel=room.id)) == "channel_not_found"
    slack.scopes.discard("users:read")
    assert await _code(web.users_info(user="U00000MIA")) == "missing_scope"
    slack.tokens[BOT_TOKEN] = "token_expired"
    assert await _code(web.auth_test()) == "token_expired"
    assert await _code(AsyncWebClient("xoxb-else", base_url=f"{slack.url}/api/").auth_test()) == "invalid_auth"


async def test_history_comes_in_pages_newest_first_with_metadata(
    slack: SlackApi, room: Room, web: AsyncWebClient
) -> None:
    slack.history_page = 2
    made = [await web.chat_postMessage(channel=room.id, text=f"m{n}", metadata=_oid(n)) for n in range(3)]
    first = await web.conversations_history(channel=room.id, include_all_metadata=True)
    assert [m["metadata"]["event_payload"]["oid"] for m in first["messages"]] == ["2", "1"]
    cursor = first["response_metadata"]["next_cursor"]
    assert [m["text"] for m in (await web.conversations_history(channel=room.id, cursor=cursor))["messages"]] == ["m0"]
    later = await web.conversations_history(channel=room.id, oldest=made[1]["ts"])
    assert [m["text"] for m in later["messages"]] == ["m2"]
    assert "metadata" not in later["messages"][0]


async def test_a_thread_has_its_parent_first_and_history_leaves_its_answers_out(
    slack: SlackApi, room: Room, web: AsyncWebClient
) -> None:
    parent = await web.chat_postMessage(channel=room.id, text="parent")
    await web.chat_postMessage(channel=room.id, text="child", thread_ts=parent["ts"])
    assert [m["text"] for m in (await web.conversations_history(channel=room.id))["messages"]] == ["parent"]
    found = await web.conversations_replies(channel=room.id, ts=parent["ts"])
    assert [m["text"] for m in found["messages"]] == ["parent", "child"]


async def test_events_are_signed_and_told_again_with_the_same_id(
    slack: SlackApi, room: Room, heard: Heard, clock: HandClock
) -> None:
    heard.statuses = [503, 503]
    await room.says("ann", "Is a < b & c? @channel")
    clock.now += timedelta(minutes=1)
    assert await slack.pusher.retry_due() == 1
    assert [headers.get("x-slack-retry-num") for _, headers, _ in heard.requests] == [None, "1", "2"]
    assert len({body for _, _, body in heard.requests}) == 1
    _, headers, body = heard.requests[-1]
    stamp = headers["x-slack-request-timestamp"]
    assert int(stamp) == int(clock.now.timestamp())
    digest = hmac.new(SECRET.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    assert headers["x-slack-signature"] == f"v0={digest}"
    push = slack.pushes[-1].payload
    assert push["event"]["text"] == "Is a &lt; b &amp; c? <!channel>"
    assert push["is_ext_shared_channel"] is True
    assert push["authorizations"][0]["team_id"] == "T0000HOME"
    assert push["event"]["user_team"] == ACME


async def test_after_three_retries_slack_gives_up(slack: SlackApi, room: Room, heard: Heard, clock: HandClock) -> None:
    heard.statuses = [500] * 9
    await room.says("ann", "hello")
    for minutes in (1, 5, 60):
        clock.now += timedelta(minutes=minutes)
        await slack.pusher.retry_due()
    assert len(heard.requests) == 4
    assert len(slack.pusher.given_up) == 1


async def test_a_mention_brings_a_twin_and_an_unfurl_a_change_of_no_word(room: Room, heard: Heard) -> None:
    message = await room.says("ann", "@Pledge see https://example.com")
    await room.unfurls(message)
    await room.edits(message, "@Pledge never mind")
    twin, plain, unfurled, edited = (push.payload["event"] for push in room.slack.pushes)
    assert (twin["type"], plain["type"], twin["ts"]) == ("app_mention", "message", plain["ts"])
    assert unfurled["message"]["text"] == unfurled["previous_message"]["text"]
    assert "edited" not in unfurled["message"]
    assert edited["message"]["edited"]["user"] == "U00000ANN"


async def test_slash_commands_are_for_the_home_workspace_and_not_for_threads(
    slack: SlackApi, room: Room, heard: Heard
) -> None:
    await room.slash("mia", "/premium", "status")
    assert heard.requests[-1][0] == "/slack/commands"
    for refused in (
        room.slash("ann", "/premium"),
        room.slash("mia", "/premium", thread="1"),
        room.slash("mia", "/status"),
        room.says("mia", "/link CODE"),
        slack.direct("mia").says("mia", "/link CODE"),
    ):
        with pytest.raises(SlashRefused):
            await refused


async def test_response_addresses_wear_out_and_triggers_expire(
    slack: SlackApi, room: Room, heard: Heard, web: AsyncWebClient, clock: HandClock
) -> None:
    await room.slash("mia", "/premium")
    form = slack.pushes[-1].payload
    async with httpx.AsyncClient() as client:
        sent = [await client.post(form["response_url"], json={"text": f"n{n}"}) for n in range(6)]
    assert [answer.status_code for answer in sent] == [200] * 5 + [404]
    assert [post.text for post in room.private_to("mia")] == [f"n{n}" for n in range(5)]
    view = {"type": "modal", "title": {"type": "plain_text", "text": "ETA"}, "blocks": [{"type": "divider"}]}
    await web.views_open(trigger_id=form["trigger_id"], view=view)
    assert await _code(web.views_open(trigger_id=form["trigger_id"], view=view)) == "exchanged_trigger_id"
    await room.slash("mia", "/premium")
    clock.now += timedelta(seconds=4)
    late = slack.pushes[-1].payload["trigger_id"]
    assert await _code(web.views_open(trigger_id=late, view=view)) == "expired_trigger_id"


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("how", ["drop", "html", "junk", "status", "error", "rate", "text"])
async def test_troubles_come_before_or_after_the_post(room: Room, web: AsyncWebClient, how: str, after: bool) -> None:
    value = {"status": 503, "error": "fatal_error", "rate": 30}.get(how)
    room.slack.trouble("chat.postMessage", Trouble(how, value, after=after), channel=room.id)
    with pytest.raises((SlackApiError, aiohttp.ClientError, AttributeError)):
        await web.chat_postMessage(channel=room.id, text="x")
    assert len(room.posts) == int(after)
    await web.chat_postMessage(channel=room.id, text="x")


async def test_files_are_given_to_the_token_only(slack: SlackApi, room: Room, heard: Heard) -> None:
    message = await room.says("ann", "see", files=("log.csv",))
    address = message.files[0]["url_private"]
    async with httpx.AsyncClient() as client:
        stranger = await client.get(address)
        ours = await client.get(address, headers={"authorization": f"Bearer {BOT_TOKEN}"})
    assert (stranger.status_code, "Sign in" in stranger.text) == (200, True)
    assert ours.content == b"some bytes"


async def test_sockets_get_envelopes_until_they_are_acknowledged(slack: SlackApi, room: Room) -> None:
    slack.pusher.deadline_s = 0.05
    web = AsyncWebClient(base_url=f"{slack.url}/api/")
    opened = await web.apps_connections_open(app_token=APP_TOKEN)
    async with aiohttp.ClientSession() as session, session.ws_connect(opened["url"]) as socket:
        assert (await socket.receive_json())["type"] == "hello"
        saying = asyncio.create_task(room.says("ann", "hello"))
        first = await socket.receive_json()
        again = await socket.receive_json()
        assert first["payload"]["event_id"] == again["payload"]["event_id"]
        assert (again["retry_attempt"], again["retry_reason"]) == (1, "http_timeout")
        await socket.send_json({"envelope_id": again["envelope_id"]})
        await saying
        assert slack.pushes[-1].confirmed
        await slack.pusher.ask_to_reconnect()
        assert (await socket.receive_json())["type"] == "disconnect"


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        ({"response_action": "errors", "errors": {"words": "16 what"}}, None),
        (None, None),
        ({"response_action": "errors", "errors": {"other": "16 what"}}, "no field"),
        ({"response_action": "errors", "errors": {"words": " "}}, "says nothing"),
        ({"response_action": "errors", "errors": {}}, "no such answer"),
        ({"text": "16 what"}, "no such answer"),
    ],
)
async def test_a_modal_stands_open_where_the_answer_names_a_wrong_field(
    slack: SlackApi, heard: Heard, answer: dict[str, object] | None, fault: str | None
) -> None:
    field = {"type": "input", "block_id": "words", "element": {"type": "plain_text_input", "action_id": "words"}}
    view = slack.show_view(slack.people["mia"], {"type": "modal", "blocks": [field]})
    heard.answer = answer
    await slack.submits("mia", {"words": "16"})
    if fault is None:
        assert slack.faults == []
        assert slack.standing == ({} if answer is None else {view["id"]: {"words": "16 what"}})
    else:
        assert [fault in each for each in slack.faults] == [True]


async def test_the_commands_are_those_of_the_manifest(slack: SlackApi, room: Room, heard: Heard) -> None:
    made = [each["command"] for each in manifest(socket=True)["features"]["slash_commands"]]
    for command in made:
        await room.slash("mia", command)
    assert len(heard.requests) == len(made)
    with pytest.raises(SlashRefused):
        await room.slash("mia", "/hold")


async def test_the_bot_hears_its_own_posts(clock: HandClock) -> None:
    app = Heard()
    async with SlackApi(now=lambda: clock.now, scopes=SCOPES) as slack, app.client as client:
        slack.events_to(client)
        slack.person("mia")
        room = slack.channel("acme", "mia")
        web = AsyncWebClient(BOT_TOKEN, base_url=f"{slack.url}/api/")
        await web.chat_postMessage(channel=room.id, text="hello")
        await slack.settled()
        assert slack.pushes[-1].payload["event"]["bot_id"] == "B00PLEDGE"
        with contextlib.suppress(SlackApiError):
            await web.api_call("chat.shout", json={})
        assert slack.faults == ["chat.shout: no such method"]


def _oid(number: int) -> dict[str, object]:
    return {"event_type": "pledge_delivery", "event_payload": {"oid": str(number)}}
