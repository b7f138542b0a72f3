"""Socket Mode: acknowledged after the commit, renewed without a hole, drained at the end; and what catches up a gap."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from channels.slack.test_slack_http import EVENT, NOW, SLASH, TS, Door

from bot.channels.base import Inbound, InboundKind, Receipt, Unavailable
from bot.channels.slack.api import Api
from bot.channels.slack.catchup import GAP, CatchUp
from bot.channels.slack.socket import SocketIntake
from bot.channels.slack.words import stamp
from bot.now import Times


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

    async def open(self, request: web.Request) -> web.Response:
        assert request.headers["authorization"] == "Bearer xapp-1"
        if self.refuses is not None:
            return web.json_response({"ok": False, "error": self.refuses})
        return web.json_response({"ok": True, "url": f"{self.url.replace('http', 'ws', 1)}/link"})

    async def link(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
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


# catching up


class History:
    """Rooms' histories, newest first, in pages of `page`."""

    def __init__(self, rooms: dict[str, list[dict[str, Any]]], threads: dict[str, list[dict[str, Any]]]) -> None:
        self.rooms, self.threads = rooms, threads
        self.page = 2
        self.asked: list[dict[str, Any]] = []

    async def ask(self, method: str, **given: Any) -> dict[str, Any]:
        self.asked.append({"method": method, **given})
        found = self.threads[given["ts"]] if method == "conversations.replies" else self.rooms[given["channel"]]
        inside = [each for each in found if each["ts"] > given["oldest"]]
        start = int(given["cursor"] or 0)
        end = start + self.page
        cursor = str(end) if end < len(inside) else ""
        return {"messages": inside[start:end], "response_metadata": {"next_cursor": cursor}}


@dataclass
class Pulse:
    at: datetime | None = None

    async def last(self) -> datetime | None:
        return self.at

    async def beat(self, at: datetime) -> None:
        self.at = at


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def times(self) -> Times:
        return Times(lambda: self.now, lambda: self.now, lambda: 1.0)


def said(minutes: float, text: str, **more: Any) -> dict[str, Any]:
    return {"type": "message", "user": "U1", "team": "T1", "ts": ts(minutes), "text": text, **more}


def ts(minutes: float) -> str:
    return stamp(NOW + timedelta(minutes=minutes))


def catching_up(
    door: Door, history: History, pulse: Pulse, clock: Clock, connected: list[bool] | None = None
) -> CatchUp:
    async def rooms() -> Sequence[str]:
        return [*history.rooms, "T1/U1"]

    is_connected = None if connected is None else lambda: connected[0]
    return CatchUp(history, door.intake, rooms, pulse, clock.times(), is_connected)


async def test_at_the_start_everything_since_the_last_beat_is_read_in_order() -> None:
    door, clock = Door(), Clock()
    rooms = {"C1": [said(-n, f"m{n}") for n in range(1, 6)] + [said(-30, "before")], "C2": []}
    await catching_up(door, History(rooms, {}), Pulse(NOW - timedelta(minutes=10)), clock).turn()
    assert [each.text for each in door.core.taken] == ["m5", "m4", "m3", "m2", "m1"]
    assert {each.room for each in door.core.taken} == {"C1"}


async def test_answers_in_older_threads_are_found() -> None:
    door = Door()
    root = said(-60 * 24, "old", thread_ts=ts(-60 * 24), latest_reply=ts(-1))
    answer = said(-1, "and this", thread_ts=root["ts"])
    history = History({"C1": [root]}, {root["ts"]: [root, said(-60, "known", thread_ts=root["ts"]), answer]})
    await catching_up(door, history, Pulse(NOW - timedelta(minutes=10)), Clock()).turn()
    assert [(each.text, each.thread) for each in door.core.taken] == [("and this", root["ts"])]


async def test_a_first_start_reads_nothing_and_remembers_the_moment() -> None:
    door, pulse, history = Door(), Pulse(), History({"C1": [said(-1, "x")]}, {})
    await catching_up(door, history, pulse, Clock()).turn()
    assert history.asked == [] and pulse.at == NOW


async def test_as_long_as_something_comes_in_nothing_is_read() -> None:
    door, clock, pulse, history = Door(), Clock(), Pulse(), History({"C1": []}, {})
    catch_up = catching_up(door, history, pulse, clock)
    await catch_up.turn()
    for _ in range(5):
        clock.now += timedelta(minutes=5)
        catch_up.heard()
        await catch_up.turn()
    assert history.asked == [] and pulse.at == clock.now


async def test_after_a_gap_what_comes_in_does_not_hide_what_did_not() -> None:
    door, clock, history = Door(), Clock(), History({"C1": [said(3, "lost")]}, {})
    catch_up = catching_up(door, history, Pulse(), clock)
    await catch_up.turn()
    clock.now += GAP
    catch_up.heard()
    await catch_up.turn()
    assert [each.text for each in door.core.taken] == ["lost"]


async def test_lives_too_short_for_a_look_do_not_hide_what_was_said_before_them() -> None:
    """Each connects, hears something and dies before it has read a room; the last one reads from the first gap on."""
    door, clock, pulse, up = Door(), Clock(), Pulse(NOW), [False]
    history = History({"C1": [said(0.5, "lost")]}, {})
    for _ in range(5):
        clock.now += timedelta(minutes=1)
        life = catching_up(door, history, pulse, clock, up)
        await life.turn()
        life.heard()
        clock.now += timedelta(seconds=1)
        await life.turn()
    assert pulse.at == NOW
    up[0] = True
    await catching_up(door, history, pulse, clock, up).turn()
    assert [each.text for each in door.core.taken] == ["lost"]
    assert pulse.at == clock.now


async def test_a_standing_connection_is_proof_and_a_new_one_after_a_gap_is_not() -> None:
    door, clock, history, up = Door(), Clock(), History({"C1": [said(3, "lost")]}, {}), [True]
    catch_up = catching_up(door, history, Pulse(), clock, up)
    await catch_up.turn()
    clock.now += timedelta(minutes=5)
    await catch_up.turn()
    up[0] = False
    clock.now += timedelta(minutes=7)
    await catch_up.turn()
    assert history.asked == []
    up[0] = True
    await catch_up.turn()
    assert history.asked != []


async def test_a_sweep_that_failed_is_made_again_from_the_same_moment() -> None:
    door, clock, pulse = Door(), Clock(), Pulse(NOW - timedelta(minutes=10))
    catch_up = catching_up(door, History({"C1": [said(-5, "lost")]}, {}), pulse, clock)
    door.core.down = True
    with pytest.raises(Unavailable):
        await catch_up.turn()
    door.core.down = False
    clock.now += timedelta(seconds=20)
    await catch_up.turn()
    assert [each.text for each in door.core.taken] == ["lost"]
    assert pulse.at == clock.now


async def test_what_history_does_not_give_back_is_a_gap() -> None:
    door = Door()
    many = [said(-n / 100, f"m{n}") for n in range(900)]
    await catching_up(door, History({"C1": many}, {}), Pulse(NOW - timedelta(minutes=10)), Clock()).turn()
    gap = door.core.taken[-1]
    assert gap.kind is InboundKind.GAP and "C1" in gap.text and gap.at == NOW - timedelta(minutes=11)


def test_the_moment_of_these_tests_is_that_of_their_message() -> None:
    assert datetime.fromtimestamp(int(TS.partition(".")[0]), UTC) == NOW
