"""The demo page: there only in demo mode, only for this machine, and honest about its time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest

from bot.i18n import load
from bot.web.board.ports import Reading
from bot.web.demo import DemoClient, DemoDesk, demo_routes
from bot.web.server import WIDGET, Probes, build_app

FRIDAY = datetime(2026, 11, 20, 15, 10, tzinfo=UTC)
SCRIPT = {"x-pledge": "script"}
EVERYTHING = (("GET", "/demo/token?as=acme"), ("POST", "/demo/staff-session"), ("POST", "/demo/clock"))


class FakeDemo:
    def __init__(self) -> None:
        self.reading = Reading(FRIDAY, 60.0, simulated=True)
        self.sessions = 0

    def clients(self) -> Sequence[DemoClient]:
        return (
            DemoClient("acme", "Acme <Media>", "Ann Carter", "America/New_York", "redtrack-premium"),
            DemoClient("bolt", "Bolt", "Vera", "Europe/Moscow", "tactful"),
        )

    def manager(self) -> tuple[str, str]:
        return "Mia Berg", "Etc/GMT-3"

    def clock(self) -> Reading:
        return self.reading

    async def set_speed(self, speed: float) -> Reading:
        self.reading = replace(self.reading, speed=speed)
        return self.reading

    def token(self, client_key: str) -> str | None:
        return f"signed-for-{client_key}" if client_key == "acme" else None

    async def staff_session(self) -> str:
        self.sessions += 1
        return "session-of-mia"


def browser(demo: DemoDesk | None, *, address: str = "127.0.0.1", **headers: str) -> httpx.AsyncClient:
    async def ready() -> list[str]:
        return []

    pages = demo_routes(demo, words=load().words("en"), widget=WIDGET)
    app = build_app(routes=[], probes=Probes(ready, lambda: ""), pages=pages)
    transport = httpx.ASGITransport(app, client=(address, 1))
    return httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers)


async def test_without_a_demo_the_first_page_is_the_board_and_nothing_else_exists() -> None:
    async with browser(None, **SCRIPT) as client:
        first = await client.get("/")
        assert (first.status_code, first.headers["location"]) == (303, "/board")
        for method, path in EVERYTHING:
            assert (await client.request(method, path)).status_code == 404, path


async def test_the_page_shows_both_sides_and_says_that_time_is_simulated() -> None:
    async with browser(FakeDemo()) as client:
        page = await client.get("/")
    assert "Time is simulated" in page.text and "Fri 18:10" not in page.text and "18:10 GMT+3" in page.text
    assert '<pledge-chat token-url="/demo/token?as=acme"' in page.text and f'src="{WIDGET}"' in page.text
    assert 'data-src="/board/direct"' in page.text and 'data-src="/board"' in page.text
    assert 'data-speed="60" aria-pressed="true"' in page.text and 'data-speed="600" aria-pressed="false"' in page.text
    assert "Acme &lt;Media&gt;" in page.text and "Acme <Media>" not in page.text
    assert page.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(("asked", "shown"), [("bolt", "bolt"), ("nobody", "acme"), ("", "acme")])
async def test_the_visitor_chooses_whom_to_write_as(asked: str, shown: str) -> None:
    async with browser(FakeDemo()) as client:
        page = await client.get("/", params={"as": asked})
    assert f'token-url="/demo/token?as={shown}"' in page.text


async def test_nobody_from_elsewhere_finds_the_demo() -> None:
    demo = FakeDemo()
    behind_a_proxy = browser(demo, **SCRIPT, **{"x-forwarded-for": "203.0.113.9"})
    for client in (browser(demo, address="203.0.113.9", **SCRIPT), behind_a_proxy):
        async with client:
            for method, path in (("GET", "/"), *EVERYTHING):
                assert (await client.request(method, path, data={"speed": "1"})).status_code == 404, path
    assert demo.sessions == 0 and demo.reading.speed == 60.0


async def test_another_site_can_neither_sign_in_nor_turn_the_clock() -> None:
    demo = FakeDemo()
    async with browser(demo) as client:
        for path in ("/demo/staff-session", "/demo/clock"):
            assert (await client.post(path, data={"speed": "1"})).status_code == 403, path
    assert demo.sessions == 0 and demo.reading.speed == 60.0


async def test_the_managers_side_is_signed_in_for_the_browser() -> None:
    async with browser(FakeDemo(), **SCRIPT) as client:
        answer = await client.post("/demo/staff-session")
    assert answer.status_code == 204
    assert answer.headers["set-cookie"].startswith("pledge=session-of-mia; HttpOnly")


async def test_the_widget_gets_its_token_as_from_a_vendors_own_back_end() -> None:
    async with browser(FakeDemo()) as client:
        assert (await client.get("/demo/token?as=acme")).json() == {"token": "signed-for-acme"}
        assert (await client.get("/demo/token?as=nobody")).status_code == 404
        assert (await client.get("/demo/token")).status_code == 404


async def test_the_clock_turns_at_the_offered_speeds_only() -> None:
    demo = FakeDemo()
    async with browser(demo, **SCRIPT) as client:
        turned = await client.post("/demo/clock", data={"speed": "600"})
        assert (turned.status_code, turned.headers["x-pledge-speed"], demo.reading.speed) == (204, "600.0", 600.0)
        for speed in ("0", "-1", "nan", "1e9", ""):
            refused = await client.post("/demo/clock", data={"speed": speed})
            assert refused.status_code == 422 and "use 1, 60, 600" in refused.text, speed
    assert demo.reading.speed == 600.0
