"""The board in a real browser: foreign words stay words, live parts follow, nothing typed is taken away."""

from __future__ import annotations

import asyncio
import re
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import BrowserContext, Page, async_playwright, expect

sys.path.insert(0, str(Path(__file__).parent.parent / "board"))
from board_box import SESSION, Board
from board_fakes import ANNA, NOW, FakeRooms, a_row, a_week, nudge, times

from bot.desk.calls.week import CallRow
from bot.sla.call import CallState
from bot.text import Rich
from bot.web.board.ports import Reading
from bot.web.server import bind, serve

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed"),
    pytest.mark.xdist_group("browser"),
]


class LiveRooms(FakeRooms):
    """Rooms that wake whoever waits for them."""

    def __init__(self) -> None:
        super().__init__()
        self.changed = asyncio.Event()

    async def wait(self, account: str, room: str, seq: int, timeout: float) -> bool:
        try:
            await asyncio.wait_for(self.changed.wait(), timeout)
        except TimeoutError:
            return False
        return True

    def say(self, body: Rich | str) -> None:
        self.add("direct:anna", "Pledge", "bot", body)
        self.changed.set()
        self.changed = asyncio.Event()


class Live:
    """A served board and a browser window onto it; `trouble` is what its pages complained of."""

    def __init__(self, board: Board, rooms: LiveRooms, context: BrowserContext, url: str) -> None:
        self.board, self.rooms, self.context, self.url = board, rooms, context, url
        self.trouble: list[str] = []

    async def open(self, path: str, *, signed_in: bool = True) -> Page:
        if signed_in:
            await self.context.add_cookies([{"name": "pledge", "value": SESSION, "url": self.url}])
        page = await self.context.new_page()
        page.on("pageerror", lambda error: self.trouble.append(str(error)))
        page.on("console", lambda line: self.trouble.append(line.text) if "Security" in line.text else None)
        await page.goto(self.url + path)
        return page


@asynccontextmanager
async def served() -> AsyncIterator[Live]:
    board, rooms = Board(), LiveRooms()
    board.rooms.rooms = rooms.rooms
    board.rooms.wait = rooms.wait
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        async with serve(board.app, bind("127.0.0.1", 0), on_stop=[lambda: rooms.changed.set()]) as port:
            live = Live(board, rooms, await browser.new_context(), f"http://127.0.0.1:{port}")
            yield live
            await browser.close()
            assert live.trouble == []


@pytest.fixture
async def live() -> AsyncIterator[Live]:
    async with served() as made:
        yield made


async def test_a_link_signs_in_and_leaves_no_code_in_the_address(live: Live) -> None:
    page = await live.open("/board/login#code-1", signed_in=False)
    await expect(page.get_by_role("heading", name="Tickets")).to_be_visible()
    assert page.url == live.url + "/board"
    assert live.board.gate.codes == {} and "session-of-anna" not in await page.evaluate("document.cookie")


async def test_a_nudge_arrives_by_itself_as_words_with_its_buttons(live: Live) -> None:
    page = await live.open("/board/direct")
    live.rooms.say(nudge())
    entry = page.locator(".entry").last
    await expect(entry).to_contain_text("<script>alert('x')</script> & \"postbacks\" stopped")
    assert await page.locator(".entry script").count() == 0
    await entry.get_by_role("button", name="Give ETA").click()
    await expect(entry.get_by_role("button", name="Give ETA")).to_be_enabled()
    assert [inbound.action for inbound in live.board.desk.received.values()] == ["act-eta"]


async def test_the_queue_follows_without_a_reload_and_counts_down_in_business_time(live: Live) -> None:
    live.board.desk.reading = Reading(NOW, 600.0, simulated=True)
    page = await live.open("/board")
    await expect(page.locator(".due .left")).not_to_have_text("in 42 min")
    live.board.desk.rows = [a_row("T-77", due_at=NOW + timedelta(hours=5))]
    await expect(page.get_by_role("link", name="T-77")).to_be_visible()


async def test_a_refresh_takes_nothing_away_that_is_being_typed(live: Live) -> None:
    page = await live.open("/board/T-42")
    reason = page.get_by_role("textbox", name="Reason").first
    await reason.fill("waiting for")
    view = live.board.desk.views[42]
    live.board.desk.views[42] = replace(view, row=replace(view.row, escalation=1), policy_name="Changed terms")
    await expect(page.locator("#part-head")).to_contain_text("Changed terms")
    await expect(reason).to_have_value("waiting for")
    await page.get_by_role("button", name="2 h").click()
    await expect(page.locator("#toast")).to_have_text("Done.")
    assert live.board.desk.commands == [(ANNA.id, "/eta T-42 2h waiting for")]
    await expect(page.get_by_role("button", name="Take up the escalation")).to_be_visible()


@pytest.mark.parametrize("width", [1280, 700, 375])
async def test_a_long_wait_stays_in_its_column_of_the_queue(live: Live, width: int, tmp_path: Path) -> None:
    ago = timedelta(hours=24, minutes=21)
    live.board.desk.rows = [replace(a_row("T-42"), due_at=NOW - ago), replace(a_row("T-43"), due_at=NOW + ago)]
    page = await live.open("/board")
    await page.set_viewport_size({"width": width, "height": 700})
    await page.screenshot(path=tmp_path / f"queue-{width}.png")
    await expect(page.locator(".queue .left").first).to_have_text(re.compile(r"24 h 2\d min ago"))
    wide = "found => found.filter((each) => each.scrollWidth > each.clientWidth).map((each) => each.textContent)"
    assert await page.locator(".queue .left").evaluate_all(wide) == []


@pytest.mark.parametrize("width", [1280, 375])
async def test_every_page_can_be_reached_from_the_bar(live: Live, width: int, tmp_path: Path) -> None:
    page = await live.open("/board")
    await page.set_viewport_size({"width": width, "height": 700})
    await page.screenshot(path=tmp_path / f"bar-{width}.png")
    cut = "tabs => tabs.filter((a) => a.getBoundingClientRect().right > innerWidth).map((a) => a.text)"
    assert await page.locator(".bar nav a").evaluate_all(cut) == []
    assert await page.locator(".bar nav").evaluate("nav => nav.scrollWidth <= nav.clientWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 375])
async def test_the_week_of_calls_fits_a_desk_and_a_pocket(
    live: Live, width: int, scheme: Literal["light", "dark"], tmp_path: Path
) -> None:
    half = timedelta(minutes=30)
    calls = [
        (NOW - timedelta(days=3), CallState.AGREED, "the new funnels", ""),
        (NOW + half, CallState.PROPOSED, "postbacks" * 9, "Anna Petrova"),
        (NOW + 3 * half, CallState.AGREED, "", ""),
    ]
    live.board.desk.week = a_week(
        *(
            CallRow(f"C-{n}", "Northwind Traffic", "Anna Petrova", state, at, at + half, topic, "", waits)
            for n, (at, state, topic, waits) in enumerate(calls, 3)
        ),
        people=(
            times(
                "Anna Petrova", open="10:00-12:00 14:00-19:00", busy="12:00-14:00", calls="18:10-18:40", in_part=True
            ),
            times("Bartholomew Featherstonehaugh", open="10:00-12:30", away="12:30-19:00"),
        ),
    )
    page = await live.open("/board/calls")
    await page.emulate_media(color_scheme=scheme)
    await page.set_viewport_size({"width": width, "height": 700})
    await expect(page.get_by_role("heading", name="Calls")).to_be_visible()
    await expect(page.locator("#call-C-3")).to_contain_text("18:10-18:40")
    await expect(page.locator("#call-C-4")).to_contain_text("waits for Anna Petrova")
    await page.screenshot(path=tmp_path / f"calls-{width}-{scheme}.png", full_page=True)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    bars = page.locator(".people .times")
    assert await bars.count() == 14
    # As wide as its day, each part where its hours are, and none of the colour of another.
    place = "each => { const { left, width } = each.getBoundingClientRect(); return [left, width]; }"
    left, width_of_bar = await bars.first.evaluate(place)
    begins, lasts = await bars.first.locator(".busy").evaluate(place)
    assert (begins - left) / width_of_bar == pytest.approx(2 / 9, abs=0.01)
    assert lasts / width_of_bar == pytest.approx(2 / 9, abs=0.01)
    fills = "all => new Set(all.map(each => getComputedStyle(each).fill)).size"
    assert await page.locator(".legend rect").evaluate_all(fills) == 4
    tops = "all => new Set(all.map(day => day.getBoundingClientRect().top)).size"
    assert await page.locator(".week > li").evaluate_all(tops) == (1 if width == 1280 else 7)
    await page.get_by_role("link", name="After").click()
    await expect(page.get_by_role("heading", name="Calls")).to_be_visible()
    assert page.url.endswith("/board/calls?week=2026-11-26")
