"""The live view: nothing lost or doubled over broken lines, a status line, heartbeats, a certain end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from inapp_box import Box, open_box


@pytest.fixture
async def box() -> AsyncIterator[Box]:
    async with open_box() as opened:
        yield opened


async def test_a_stream_shows_what_was_and_what_comes(box: Box) -> None:
    await box.post("p1", "one")
    async with box.enter() as browser, box.stream(browser) as stream:
        assert await stream.names(2) == ["one", "status"]
        await box.post("p2", "two")
        event = await stream.next()
        assert event is not None
        assert (event[1]["seq"], event[2]) == (2, "2")


@pytest.mark.parametrize("how", ["since", "Last-Event-ID"])
async def test_a_stream_resumes_after_the_last_message_seen(box: Box, how: str) -> None:
    for number in range(1, 4):
        await box.post(f"p{number}", str(number))
    async with box.enter() as browser:
        opened = box.stream(browser, "since=1") if how == "since" else box.stream(browser, "since=0", **{how: "1"})
        async with opened as stream:
            assert await stream.names(3) == ["2", "3", "status"]


async def test_reconnecting_all_the_time_loses_and_doubles_nothing(box: Box) -> None:
    seen: list[int] = []
    async with box.enter() as browser:
        for number in range(1, 31):
            await box.post(f"p{number}", str(number))
            if number % 3 == 0:
                async with box.stream(browser, f"since={seen[-1] if seen else 0}") as stream:
                    for _ in range(3):
                        event = await stream.next()
                        assert event is not None
                        seen.append(event[1]["seq"])
    assert seen == list(range(1, 31))


async def test_a_long_backlog_comes_whole_and_in_order(box: Box) -> None:
    await asyncio.gather(*(box.post(f"p{number}", str(number)) for number in range(250)))
    async with box.enter() as browser, box.stream(browser) as stream:
        events = [await stream.next() for _ in range(250)]
    assert [event[1]["seq"] for event in events if event] == list(range(1, 251))


async def test_a_stream_shows_nothing_of_another_room(box: Box) -> None:
    await box.post("p1", "for acme alone")
    async with box.enter("beta") as browser, box.stream(browser) as stream:
        assert await stream.names(1) == ["status"]
        await box.post("p2", "for acme alone")
        await box.post("p3", "for beta", room="beta")
        assert await stream.names(1) == ["for beta"]


async def test_a_changed_status_line_is_sent_and_an_unchanged_one_is_not(box: Box) -> None:
    async with box.enter() as browser, box.stream(browser) as stream:
        assert await stream.names(1) == ["status"]
        await box.post("p1", "one")
        await box.post("p2", "two")
        assert await stream.names(2) == ["one", "two"]
        box.status = {"state": "running", "due_at": "2026-11-23T09:00:00+00:00"}
        await box.post("p3", "three")
        # The stream may have looked before or after the message.
        events = {event[0]: event[1] for event in [await stream.next(), await stream.next()] if event}
        assert events.keys() == {"message", "status"}
        assert events["status"] == box.status | {"now": box.clock.now.isoformat(), "speed": 1.0}


async def test_after_fifteen_seconds_of_silence_the_status_is_the_heartbeat(box: Box) -> None:
    async with box.enter() as browser, box.stream(browser) as stream:
        assert await stream.names(1) == ["status"]
        box.clock.forward(15)
        await box.post("p1", "one")
        assert await stream.names(2) == ["one", "status"]


async def test_a_stream_ends_with_its_session_before_anything_more_is_shown(box: Box) -> None:
    async with box.enter() as browser, box.stream(browser) as stream:
        assert await stream.names(1) == ["status"]
        box.clock.forward(600)
        await box.post("p1", "too late")
        assert await stream.next() == ("end", {"reason": "session"}, None)
        assert await stream.next() is None


async def test_a_stream_ends_soon_after_its_client_was_deactivated(box: Box) -> None:
    async with box.enter() as browser, box.stream(browser) as stream:
        assert await stream.names(1) == ["status"]
        box.clock.forward(15)
        await box.store.write(
            lambda tx: tx.connection.execute("UPDATE client SET active = 0 WHERE key = 'acme'").rowcount
        )
        await box.post("p1", "one")
        assert await stream.names(3) == ["one", "status", "end"]


async def test_a_stopping_server_ends_the_streams_at_once(box: Box) -> None:
    async with box.enter() as browser, box.stream(browser) as stream:
        assert await stream.names(1) == ["status"]
        box.channel.stop_streams()
        assert await stream.next() == ("end", {"reason": "restart"}, None)


async def test_a_person_holds_ten_streams_at_most(box: Box) -> None:
    async with box.enter() as browser:
        opened = [box.stream(browser) for _ in range(10)]
        streams = [await each.__aenter__() for each in opened]
        for stream in streams:
            await stream.names(1)
        refused = await browser.get("/inapp/stream")
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "30")
        for each in opened:
            await each.__aexit__(None, None, None)
        async with box.stream(browser) as stream:
            assert await stream.names(1) == ["status"]


async def test_a_stream_is_neither_cached_nor_buffered_on_its_way(box: Box) -> None:
    box.channel.stop_streams()
    async with box.enter() as browser:
        answer = await browser.get("/inapp/stream")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-store, no-transform"
    assert answer.headers["x-accel-buffering"] == "no"
