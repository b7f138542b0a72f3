"""Signed requests: who is let in, what is stored before the 200, and what is answered when nothing was."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from bot.channels.base import Form, Inbound, InboundKind, News, NewsKind, Profile, Receipt, Unavailable
from bot.channels.slack import SlackChannel, intake, modals
from bot.channels.slack import http as adapter
from bot.channels.slack.api import Api
from bot.channels.slack.http import MAX_BODY, HttpIntake
from bot.channels.slack.intake import Intake
from bot.channels.slack.post import Posts
from bot.channels.slack.read import Own
from bot.now import Times
from bot.text import Rich, paragraph

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
TIMES = Times(lambda: NOW, lambda: NOW, lambda: 1.0)
TS = "1795510800.000100"
EVENT = {
    "type": "event_callback",
    "token": "old-token",
    "event_id": "Ev1",
    "authorizations": [{"team_id": "T1", "user_id": "UBOT", "is_bot": True}],
    "event": {"type": "message", "channel": "C1", "user": "U1", "team": "T1", "ts": TS, "text": "help"},
}


@dataclass
class FakeSlack:
    """Takes every call; both the names of people and the posts of an adapter that only listens."""

    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    direct: dict[str, str] = field(default_factory=lambda: {"T1/U1": "D1"})

    async def call(self, method: str, **arguments: Any) -> dict[str, Any]:
        self.calls.append((method, arguments))
        return {"ok": True}

    async def respond(self, url: str, body: dict[str, Any]) -> bool:
        self.calls.append((url, body))
        return True

    async def whisper(self, channel: str, user: str, text: str, thread: str | None) -> None:
        self.calls.append(("whisper", {"channel": channel, "user": user, "text": text, "thread": thread}))

    async def channel(self, room: str) -> str:
        return "D1" if room == "T1/U1" else room

    def known(self, person: str) -> str | None:
        return self.direct.get(person)

    def note(self, user: object, channel: object) -> None: ...

    async def learn(self, user: str) -> None: ...

    def name_of(self, user: str) -> str:
        return "Ann"

    def team_of(self, user: str) -> str:
        return ""

    def is_guest(self, user: str) -> bool:
        return False

    def profile_of(self, user: str, home: str) -> Profile | None:
        return None


@dataclass
class Core:
    """Writes down what it is given; `notice` is its answer, `down` that it can store nothing."""

    taken: list[Inbound] = field(default_factory=list)
    notice: str | None = None
    down: bool = False
    broken: bool = False

    async def receive(self, inbound: Inbound) -> Receipt:
        if self.broken:
            raise RuntimeError("a fault of ours")
        if self.down:
            raise Unavailable("disk full")
        self.taken.append(inbound)
        return Receipt(len(self.taken), told=None if self.notice is None else Rich((paragraph(self.notice),)))


class Door:
    """The adapter's routes over a core that writes down."""

    def __init__(self, times: Times = TIMES) -> None:
        self.slack, self.core = FakeSlack(), Core()
        self.heard, self.missed = 0, 0
        self.missed_since: datetime | None = None
        self.form: Form | None = None
        self.intake = Intake(
            self.slack,
            self.slack,
            self.slack,
            times,
            self._heard,
            self._missed,
            self._form,
        )
        self.intake.own = Own("T1", "UBOT", "BBOT", "pledge")
        self.intake.receive = self.core.receive
        routes = HttpIntake(SECRET, self.intake, times).routes()
        app = Starlette(routes=[Route(each.path, each.handler, methods=[each.method]) for each in routes])
        self._client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bot")

    async def event(self, data: Any, **headers: str) -> httpx.Response:
        raw = data if isinstance(data, bytes) else json.dumps(data).encode()
        return await self.send("/slack/events", raw, {"content-type": "application/json", **headers})

    async def form_post(self, path: str, fields: dict[str, str]) -> httpx.Response:
        return await self.send(path, urlencode(fields).encode(), {"content-type": "application/x-www-form-urlencoded"})

    async def send(self, path: str, raw: bytes, headers: dict[str, str]) -> httpx.Response:
        return await self._client.post(path, content=raw, headers={**signed(raw), **headers})

    async def stream(self, path: str, pieces: AsyncIterator[bytes], headers: dict[str, str]) -> httpx.Response:
        return await self._client.post(path, content=pieces, headers=headers)

    def _heard(self) -> None:
        self.heard += 1

    def _missed(self, since: datetime | None) -> None:
        self.missed += 1
        self.missed_since = since

    async def _form(self, inbound: Inbound) -> Form | None:
        return self.form


def signed(raw: bytes, at: datetime = NOW, secret: str = SECRET) -> dict[str, str]:
    stamp = str(int(at.timestamp()))
    digest = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + raw, hashlib.sha256).hexdigest()
    return {"x-slack-request-timestamp": stamp, "x-slack-signature": f"v0={digest}"}


@pytest.fixture
def door() -> Door:
    return Door()


async def test_a_signed_event_is_stored_then_confirmed(door: Door) -> None:
    answer = await door.event(EVENT)
    assert answer.status_code == 200 and answer.content == b""
    (inbound,) = door.core.taken
    assert (inbound.text, inbound.sender, inbound.sender_name) == ("help", "T1/U1", "Ann")
    assert door.heard == 1


async def test_the_old_verification_token_is_not_stored(door: Door) -> None:
    await door.event(EVENT)
    assert b"old-token" not in door.core.taken[0].payload and b"help" in door.core.taken[0].payload


RAW = json.dumps(EVENT).encode()


@pytest.mark.parametrize(
    "headers",
    [
        {"x-slack-signature": ""},
        {"x-slack-signature": "v0=" + "0" * 64},
        {"x-slack-signature": signed(RAW)["x-slack-signature"][:-1]},
        {"x-slack-signature": "v0=\u00e9"},
        {"x-slack-request-timestamp": ""},
        {"x-slack-request-timestamp": "junk"},
        {"x-slack-request-timestamp": "-1795510800"},
        {"x-slack-request-timestamp": "1" * 30},
        signed(RAW, NOW - timedelta(seconds=301)),
        signed(RAW, NOW + timedelta(seconds=301)),
        signed(RAW, secret="another"),
        signed(RAW + b" "),
    ],
)
async def test_what_is_not_signed_now_by_slack_is_refused(door: Door, headers: dict[str, str]) -> None:
    raw = {name: value.encode("latin-1") for name, value in headers.items()}
    answer = await door.event(RAW, **raw)
    assert answer.status_code == 401
    assert door.core.taken == []


@pytest.mark.parametrize("seconds", [-300, 300])
async def test_five_minutes_are_let_through(door: Door, seconds: int) -> None:
    assert (await door.event(RAW, **signed(RAW, NOW + timedelta(seconds=seconds)))).status_code == 200


async def test_the_age_of_a_signature_is_told_by_our_machine_clock() -> None:
    machine = datetime(2001, 2, 3, tzinfo=UTC)
    door = Door(Times(lambda: NOW, lambda: machine, lambda: 1.0))
    assert (await door.event(RAW, **signed(RAW, machine))).status_code == 200
    assert (await door.event(RAW, **signed(RAW, machine - timedelta(seconds=301)))).status_code == 401
    assert (await door.event(RAW, **signed(RAW, NOW))).status_code == 401
    assert len(door.core.taken) == 1


@pytest.mark.parametrize("raw", [b"\xff", b"[" * 100_000, b'{"type": "url_verification", "challenge": "c-1"}'])
async def test_what_cannot_be_read_and_the_challenge_are_verified_as_well(door: Door, raw: bytes) -> None:
    assert (await door.event(raw, **signed(raw, secret="another"))).status_code == 401
    assert door.core.taken == []


@pytest.mark.parametrize("path", ["/slack/events", "/slack/interactive", "/slack/commands"])
async def test_a_form_of_a_thousand_fields_is_refused_unsigned_and_never_lost_signed(door: Door, path: str) -> None:
    raw, form = b"&".join([b"ssl_check=1"] * 1000), {"content-type": "application/x-www-form-urlencoded"}
    assert (await door.send(path, raw, {**form, **signed(raw, secret="another")})).status_code == 401
    answer = await door.send(path, raw, form)
    if path == "/slack/events":
        assert answer.status_code == 415
    else:
        assert answer.status_code == 200
        assert [each.kind for each in door.core.taken] == [InboundKind.UNREADABLE]


async def test_a_check_of_the_certificate_is_confirmed_and_nothing_is_stored(door: Door) -> None:
    answer = await door.form_post("/slack/commands", {"ssl_check": "1", "token": "old-token"})
    assert answer.status_code == 200 and answer.content == b""
    assert door.core.taken == []


@pytest.mark.parametrize("odd", [{"enterprise": 5}, {"team": 5}])
async def test_an_event_that_the_library_cannot_read_is_heard_all_the_same(door: Door, odd: dict[str, Any]) -> None:
    assert (await door.event({**EVENT, **odd})).status_code == 200
    assert [each.text for each in door.core.taken] == ["help"]


async def test_a_fault_of_ours_confirms_nothing_and_is_not_swallowed(door: Door) -> None:
    door.core.broken = True
    with pytest.raises(RuntimeError, match="a fault of ours"):
        await door.event(EVENT)


async def test_settings_of_slack_bolt_in_the_environment_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CLIENT_ID", "CLIENT_SECRET", "BOT_TOKEN", "SIGNING_SECRET"):
        monkeypatch.setenv(f"SLACK_{name}", "another")
    door = Door()
    assert (await door.event(EVENT)).status_code == 200
    assert (await door.event({"type": "url_verification", "challenge": "c-1"})).json() == {"challenge": "c-1"}
    assert (await door.event(RAW, **signed(RAW, secret="another"))).status_code == 401


async def test_a_giant_body_is_refused_unread(door: Door) -> None:
    assert (await door.event(b" " * (MAX_BODY + 1))).status_code == 413
    assert door.core.taken == []


async def test_a_giant_body_that_does_not_say_its_size_is_refused_as_well(door: Door) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b" " * (MAX_BODY // 2)

    headers = {**signed(b" " * (MAX_BODY // 2) * 3), "content-type": "application/json"}
    assert (await door.stream("/slack/events", pieces(), headers)).status_code == 413


async def test_another_media_type_is_refused(door: Door) -> None:
    answer = await door.event(EVENT, **{"content-type": "text/plain"})
    assert answer.status_code == 415


async def test_nothing_is_confirmed_that_was_not_stored(door: Door) -> None:
    door.core.down = True
    assert (await door.event(EVENT)).status_code == 503
    assert door.heard == 0


async def test_a_repetition_is_as_welcome_as_the_first(door: Door) -> None:
    answer = await door.event(EVENT, **{"x-slack-retry-num": "2", "x-slack-retry-reason": "http_timeout"})
    assert answer.status_code == 200
    assert len(door.core.taken) == 1


async def test_the_challenge_is_given_back(door: Door) -> None:
    answer = await door.event({"type": "url_verification", "challenge": "c-1", "token": "t"})
    assert answer.json() == {"challenge": "c-1"}
    assert door.core.taken == []


@pytest.mark.parametrize("raw", [b"{", b"[1]", b"\xff", b"[" * 100_000])
async def test_a_genuine_body_that_is_no_event_is_kept(door: Door, raw: bytes) -> None:
    assert (await door.event(raw)).status_code == 200
    (inbound,) = door.core.taken
    assert inbound.kind is InboundKind.UNREADABLE and inbound.payload == raw


async def test_an_event_of_another_workspace_s_installation_is_not_ours(door: Door) -> None:
    other = {**EVENT, "authorizations": [{"team_id": "T2", "user_id": "UX", "is_bot": True}]}
    assert (await door.event(other)).status_code == 200
    assert door.core.taken == []


async def test_a_revoked_token_is_news_of_the_account(door: Door) -> None:
    event = {"type": "tokens_revoked", "tokens": {"bot": ["UBOT"]}, "event_ts": TS}
    await door.event({**EVENT, "event": event})
    assert [(each.room, each.event_id, each.kind) for each in door.core.taken] == [("", "Ev1", InboundKind.ROOM)]


@pytest.mark.parametrize("kind", ["app_uninstalled", "tokens_revoked"])
@pytest.mark.parametrize("known_by", ["the workspace", "the bot"])
async def test_the_end_of_another_installation_is_not_ours(door: Door, kind: str, known_by: str) -> None:
    """Its envelope names its workspace; it may have no authorizations any more."""
    tokens = {"tokens": {"bot": ["UOTHER"], "oauth": []}} if kind == "tokens_revoked" else {}
    over = {**EVENT, "event": {"type": kind, "event_ts": TS, **tokens}}
    del over["authorizations"]
    team = {} if known_by == "the bot" else {"team_id": "T2"}
    await door.event({**over, **team})
    assert len(door.core.taken) == (known_by == "the bot" and kind == "app_uninstalled")


async def test_events_that_slack_leaves_out_are_a_gap(door: Door) -> None:
    await door.event({"type": "app_rate_limited", "team_id": "T1", "minute_rate_limited": 1795510800})
    (inbound,) = door.core.taken
    assert (inbound.kind, inbound.at, inbound.room) == (InboundKind.GAP, NOW, "")
    assert (door.missed, door.missed_since) == (1, NOW)


SLASH = {"command": "/escalate", "text": "payload lost", "channel_id": "C1", "team_id": "T1", "user_id": "U1"}


async def test_a_slash_command_with_the_word_payload_is_heard(door: Door) -> None:
    answer = await door.form_post("/slack/commands", {**SLASH, "trigger_id": "9.1"})
    assert answer.status_code == 200 and answer.content == b""
    assert door.core.taken[0].text == "/escalate payload lost"


async def test_a_slash_command_is_answered_to_its_sender_only(door: Door) -> None:
    door.core.notice = "no <such> ticket"
    answer = await door.form_post("/slack/commands", {**SLASH, "trigger_id": "9.1"})
    assert answer.json() == {"response_type": "ephemeral", "text": "no &lt;such&gt; ticket"}


async def test_a_slash_command_in_any_direct_chat_is_one_in_our_own(door: Door) -> None:
    await door.form_post("/slack/commands", {**SLASH, "channel_id": "D9", "trigger_id": "9.1"})
    assert (door.core.taken[0].room, door.core.taken[0].direct) == ("D1", True)


async def test_an_act_in_a_direct_chat_that_is_not_known_is_stored_first_and_finds_its_chat_later(door: Door) -> None:
    door.slack.direct.clear()
    await door.form_post("/slack/commands", {**SLASH, "channel_id": "D9", "trigger_id": "9.1"})
    said, moved = door.core.taken
    assert (said.room, said.direct, said.text) == ("T1/U1", True, "/escalate payload lost")
    assert (moved.kind, moved.room, moved.news) == (InboundKind.ROOM, "T1/U1", News(NewsKind.MOVED, "D1"))


def press(**more: Any) -> dict[str, str]:
    data = {
        "type": "block_actions",
        "user": {"id": "U1", "team_id": "T1"},
        "channel": {"id": "C1"},
        "message": {"ts": TS},
        "container": {"type": "message"},
        "actions": [{"type": "button", "value": "a1", "action_ts": TS}],
        "response_url": "https://hooks.slack.com/actions/1",
        "trigger_id": "9.1",
    }
    return {"payload": json.dumps({**data, **more})}


async def test_a_press_is_stored_and_its_notice_shown_to_the_presser_where_the_button_is(door: Door) -> None:
    door.core.notice = "Taken"
    answer = await door.form_post("/slack/interactive", press())
    assert answer.status_code == 200 and answer.content == b""
    assert door.core.taken[0].action == "a1"
    assert door.slack.calls == [("whisper", {"channel": "C1", "user": "U1", "text": "Taken", "thread": TS})]


async def test_a_press_outside_threads_is_answered_by_its_own_address(door: Door) -> None:
    door.core.notice = "Taken"
    await door.form_post("/slack/interactive", press(channel={"id": "D1"}))
    body = {"response_type": "ephemeral", "replace_original": False, "text": "Taken"}
    assert door.slack.calls == [("https://hooks.slack.com/actions/1", body)]


async def test_a_press_that_needs_words_opens_a_form_where_there_is_one(door: Door) -> None:
    door.form = Form("/eta T-42", "ETA", "By when?", "Give", "Cancel")
    await door.form_post("/slack/interactive", press())
    assert door.core.taken == []
    ((method, arguments),) = door.slack.calls
    assert method == "views.open" and arguments["trigger_id"] == "9.1"
    assert json.loads(arguments["view"]["private_metadata"])["command"] == "/eta T-42"


async def test_a_form_that_slack_does_not_open_in_time_makes_room_for_the_question(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An act must be confirmed within three seconds, its commit included."""
    assert intake._FORM_S <= 2
    monkeypatch.setattr(intake, "_FORM_S", 0.01)
    door.form = Form("/eta T-42", "ETA", "By when?", "Give", "Cancel")

    async def hangs(method: str, **arguments: Any) -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    monkeypatch.setattr(door.slack, "call", hangs)
    async with asyncio.timeout(3):
        await door.form_post("/slack/interactive", press())
    assert [each.action for each in door.core.taken] == ["a1"]


def test_what_is_wrong_in_a_form_is_cut_where_slack_cuts_it_off() -> None:
    said = modals.errors(Rich((paragraph("word " * 200),)))["errors"][modals.WORDS]
    assert len(said) == 500 and said.endswith("…")


async def test_commands_and_acts_of_another_installation_are_left_alone(door: Door) -> None:
    await door.form_post("/slack/commands", {**SLASH, "team_id": "T2", "trigger_id": "9.1"})
    await door.form_post("/slack/interactive", press(message={"ts": TS, "bot_id": "BOTHER"}))
    view = {"id": "V1", "callback_id": "pledge_form", "app_installed_team_id": "T2", "private_metadata": "{}"}
    view["state"] = {"values": {"words": {"words": {"value": "15:30"}}}}
    metadata = json.dumps({"room": "C1", "command": "/eta T-42", "thread": None, "reply_to": None})
    filled_in = {"type": "view_submission", "user": {"id": "U1", "team_id": "T1"}}
    for installed in ("T2", "T1"):
        shown = {**view, "private_metadata": metadata, "app_installed_team_id": installed}
        await door.form_post("/slack/interactive", {"payload": json.dumps({**filled_in, "view": shown})})
    assert [each.text for each in door.core.taken] == ["/eta T-42 15:30"]


async def test_commands_presses_and_forms_prove_nothing_of_events(door: Door) -> None:
    """Each way has an address and a subscription of its own: events may be switched off while the others come."""
    await door.form_post("/slack/commands", {**SLASH, "trigger_id": "9.1"})
    await door.form_post("/slack/interactive", press())
    about = json.dumps({"room": "C1", "command": "/eta T-42", "thread": None, "reply_to": None})
    view = {"id": "V1", "callback_id": "pledge_form", "private_metadata": about}
    view["state"] = {"values": {"words": {"words": {"value": "15:30"}}}}
    filled_in = {"type": "view_submission", "user": {"id": "U1", "team_id": "T1"}, "view": view}
    await door.form_post("/slack/interactive", {"payload": json.dumps(filled_in)})
    assert [each.text for each in door.core.taken] == ["/escalate payload lost", "", "/eta T-42 15:30"]
    assert door.heard == 0


async def test_a_press_of_another_workspace_s_member_on_our_button_is_heard(door: Door) -> None:
    more = {"user": {"id": "U1", "team_id": "T2"}, "team": {"id": "T2"}, "message": {"ts": TS, "bot_id": "BBOT"}}
    await door.form_post("/slack/interactive", press(**more))
    assert [each.sender for each in door.core.taken] == ["T2/U1"]


def test_a_mode_without_its_secret_is_refused_with_the_way_out() -> None:
    with pytest.raises(ValueError, match="PLEDGE_SLACK__SIGNING_SECRET"):
        channel("http", signing_secret=None)
    with pytest.raises(ValueError, match="PLEDGE_SLACK__APP_TOKEN"):
        channel("socket", app_token=None)


def test_socket_mode_opens_no_address() -> None:
    assert channel("socket").routes() == ()
    assert [route.path for route in channel("http").routes()] == [
        "/slack/events",
        "/slack/interactive",
        "/slack/commands",
    ]


@pytest.mark.parametrize(
    ("made", "loaded"),
    [
        ("", []),
        ("mode='socket', signing_secret=None, app_token='xapp-1'", ["aiohttp", "slack_sdk"]),
        ("mode='http', signing_secret='s', app_token=None", ["aiohttp", "slack_bolt", "slack_sdk"]),
    ],
)
def test_slacks_libraries_are_loaded_when_a_channel_needs_them(made: str, loaded: list[str]) -> None:
    more = "base_url='http://x', times=None, pulse=None, rooms=None"
    code = (
        "import sys, bot.app, bot.platforms, bot.channels.slack as slack\n"
        + (f"slack.SlackChannel('xoxb-1', {made}, {more})\n" if made else "")
        + "print(sorted({'aiohttp', 'icalendar', 'slack_bolt', 'slack_sdk'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == repr(loaded)


def channel(mode: Any, signing_secret: str | None = SECRET, app_token: str | None = "xapp-1") -> SlackChannel:
    async def none() -> Sequence[str]:
        return []

    return SlackChannel(
        "xoxb-1",
        signing_secret=signing_secret,
        app_token=app_token,
        base_url="http://127.0.0.1:1",
        mode=mode,
        times=TIMES,
        pulse=None,
        rooms=none,
    )


async def test_slack_bolt_is_told_of_no_headers_but_those_it_verifies(monkeypatch: pytest.MonkeyPatch) -> None:
    """By others a request says which listener is to run, and that it was verified before."""
    given: list[set[str]] = []
    made = adapter._request

    def spied(*arguments: Any) -> Any:
        request = made(*arguments)
        given.append(set(request.headers))
        return request

    monkeypatch.setattr(adapter, "_request", spied)
    answer = await Door().event(EVENT, **{"x-slack-bolt-lazy-only": "1", "x-slack-bolt-lazy-function-name": "x"})
    assert answer.status_code == 200
    assert given == [{"x-slack-request-timestamp", "x-slack-signature", "content-type"}]


@pytest.mark.parametrize(
    ("url", "ours"),
    [
        ("https://files.slack.com/files-pri/T1-F1/x", True),
        ("https://files.slack.com:443/x", True),
        ("https://slack.test/api", True),
        ("https://files.slack.com:8443/x", False),
        ("http://files.slack.com/x", False),
        ("https://slack.com.evil.example/x", False),
        ("https://slack.test:8443/x", False),
        ("https://[files.slack.com/x", False),
    ],
)
def test_the_token_goes_to_slack_s_own_host_and_port_only(url: str, ours: bool) -> None:
    assert Api("xoxb-1", "https://slack.test", lambda: NOW)._is_slack(url) == ours


def test_the_chat_of_a_person_is_a_direct_one() -> None:
    posts = Posts(Api("xoxb-1", "https://slack.test", lambda: NOW), TIMES)
    posts.note("U1", "C1")
    assert posts.known("T1/U1") is None
    posts.note("U1", "D1")
    assert posts.known("T1/U1") == "D1"
