"""Socket Mode: acknowledged after the commit, renewed without a hole, drained at the end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from channels.slack.test_slack_http import EVENT, NOW, SLASH, TS, Door

from bot.channels.base import Inbound, InboundKind, Receipt
from bot.channels.slack.api import Api
from bot.channels.slack.socket import SocketIntake


@dataclass
class Wire:
    sent: list[dict[str, Any]] = field(default_factory=list)

    async def send_str(self, data: str) -> None:
        self.sent.append(json.loads(data))


class Line:
    """Slack's side: gives addresses, greets, says what the test wants and hears acknowledgements."""

    def __init__(self) -> None:
        self.url = ""
        self.sockets: list[web.WebSocketResponse] = []
        self.joined: asyncio.Queue[web.WebSocketResponse] = asyncio.Queue()
        self.acks: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.refuses: str | None = None
        self.greets = True

    async def open(self, request: web.Request) -> web.Response:
        assert request.headers["authorization"] == "Bearer xapp-1"
        if self.refuses is not None:
            return web.json_response({"ok": False, "error": self.refuses})
        return web.json_response({"ok": True, "url": f"{self.url.replace('http', 'ws', 1)}/link"})

    async def link(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        if self.greets:
            await socket.send_json({"type": "hello"})
        self.sockets.append(socket)
        await self.joined.put(socket)
        async for message in socket:
            await self.acks.put(json.loads(message.data))
        return socket


@asynccontextmanager
async def line() -> AsyncIterator[Line]:
    made = Line()
    app = web.Application()
    app.router.add_post("/api/apps.connections.open", made.open)
    app.router.add_get("/link", made.link)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield made
    finally:
        await runner.cleanup()


def envelope(kind: str, payload: Any, **more: Any) -> dict[str, Any]:
    return {"envelope_id": "e-1", "type": kind, "payload": payload, **more}


def socket(door: Door, url: str = "http://127.0.0.1:1") -> SocketIntake:
    return SocketIntake("xapp-1", Api("xoxb-1", url, lambda: NOW), door.intake)


async def handled(door: Door, said: dict[str, Any]) -> list[dict[str, Any]]:
    wire = Wire()
    await socket(door).handle(said, json.dumps(said), wire)
    return wire.sent


async def test_an_envelope_is_acknowledged_once_it_is_stored() -> None:
    door = Door()
    assert await handled(door, envelope("events_api", EVENT)) == [{"envelope_id": "e-1"}]
    assert [each.text for each in door.core.taken] == ["help"]


async def test_what_was_not_stored_is_not_acknowledged() -> None:
    door = Door()
    door.core.down = True
    assert await handled(door, envelope("events_api", EVENT)) == []


async def test_an_answer_is_sent_along_where_slack_takes_one() -> None:
    door = Door()
    door.core.notice = "T-42"
    said = envelope("slash_commands", {**SLASH, "trigger_id": "9.1"}, accepts_response_payload=True)
    payload = {"response_type": "ephemeral", "text": "T-42"}
    assert await handled(door, said) == [{"envelope_id": "e-1", "payload": payload}]
    assert await handled(door, {**said, "accepts_response_payload": False}) == [{"envelope_id": "e-1"}]


async def test_an_unknown_envelope_is_kept_and_acknowledged() -> None:
    door = Door()
    assert await handled(door, envelope("hologram", {})) == [{"envelope_id": "e-1"}]
    assert await handled(door, envelope("events_api", None)) == [{"envelope_id": "e-1"}]
    assert [each.kind for each in door.core.taken] == [InboundKind.UNREADABLE] * 2


async def test_a_connection_carries_events_and_is_closed_in_the_end() -> None:
    door = Door()
    async with line() as slack:
        intake = socket(door, slack.url)
        async with intake.running():
            wire = await slack.joined.get()
            await wire.send_json(envelope("events_api", EVENT))
            assert await slack.acks.get() == {"envelope_id": "e-1"}
            assert intake.is_connected and intake.trouble == ""
        assert wire.closed or await wire.receive()
    assert len(door.core.taken) == 1 and not intake.is_connected


async def test_a_renewed_connection_stands_before_the_old_one_is_left() -> None:
    door = Door()
    async with line() as slack, socket(door, slack.url).running():
        old = await slack.joined.get()
        await old.send_json({"type": "disconnect", "reason": "refresh_requested"})
        new = await slack.joined.get()
        assert not old.closed
        await old.send_json({**envelope("events_api", EVENT), "envelope_id": "late"})
        await new.send_json({**envelope("events_api", EVENT), "envelope_id": "early"})
        assert {(await slack.acks.get())["envelope_id"] for _ in range(2)} == {"late", "early"}


async def test_a_refused_token_is_trouble_with_the_way_out() -> None:
    async with line() as slack:
        slack.refuses = "invalid_auth"
        intake = socket(Door(), slack.url)
        async with aiohttp.ClientSession() as session:
            await intake.connection(session, asyncio.Event(), asyncio.Event())
    assert "PLEDGE_SLACK__APP_TOKEN" in intake.trouble and "xapp" not in intake.trouble


async def test_a_connection_on_which_nobody_greets_is_none_and_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.channels.slack.socket._HELLO_S", 0.05)
    async with line() as slack, aiohttp.ClientSession() as session, asyncio.timeout(5):
        slack.greets = False
        intake = socket(Door(), slack.url)
        connecting = asyncio.create_task(intake.connection(session, asyncio.Event(), asyncio.Event()))
        await slack.joined.get()
        assert not intake.is_connected
        await connecting
        assert "says nothing" in intake.trouble
        slack.greets = True
        connected = asyncio.create_task(intake.connection(session, asyncio.Event(), asyncio.Event()))
        await (await slack.joined.get()).close()
        await connected
    assert intake.trouble == ""


async def test_a_connection_on_which_slack_greets_twice_is_one() -> None:
    door = Door()
    async with line() as slack, aiohttp.ClientSession() as session, asyncio.timeout(5):
        intake = socket(door, slack.url)
        connected = asyncio.create_task(intake.connection(session, asyncio.Event(), asyncio.Event()))
        wire = await slack.joined.get()
        await wire.send_json({"type": "hello"})
        await wire.send_json(envelope("events_api", EVENT))
        await slack.acks.get()
        assert intake.is_connected
        await wire.close()
        await connected
    assert not intake.is_connected


async def test_a_connection_of_an_app_whose_socket_mode_is_switched_off_is_left_and_told() -> None:
    async with line() as slack, aiohttp.ClientSession() as session, asyncio.timeout(5):
        intake, renew = socket(Door(), slack.url), asyncio.Event()
        connecting = asyncio.create_task(intake.connection(session, renew, asyncio.Event()))
        await (await slack.joined.get()).send_json({"type": "disconnect", "reason": "link_disabled"})
        await connecting
        assert "switched off" in intake.trouble and not intake.is_connected and not renew.is_set()


async def test_what_is_being_stored_at_the_end_is_acknowledged_still() -> None:
    door = Door()
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(inbound: Inbound) -> Receipt:
        begun.set()
        await go_on.wait()
        return Receipt(1)

    door.intake.receive = slowly
    async with line() as slack:
        async with socket(door, slack.url).running():
            wire = await slack.joined.get()
            await wire.send_json(envelope("events_api", EVENT))
            await begun.wait()
            asyncio.get_running_loop().call_soon(go_on.set)
        assert slack.acks.get_nowait() == {"envelope_id": "e-1"}


def test_the_moment_of_these_tests_is_that_of_their_message() -> None:
    assert datetime.fromtimestamp(int(TS.partition(".")[0]), UTC) == NOW
