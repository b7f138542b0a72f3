"""The chat element in a real browser: foreign words stay words, nothing written or posted is lost or doubled."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

sys.path.insert(0, str(Path(__file__).parent.parent / "channels"))
from inapp_box import START, Box, open_box

from bot.channels.base import Outbound
from bot.sla.log import Party
from bot.store.tx import Tx
from bot.text import Bold, Button, Code, Items, Link, Mention, Moment, Rich, Text, paragraph, to_json
from bot.web.server import WIDGET, Probes, bind, build_app, serve

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

XSS = (
    "<script>window.hit=1</script>",
    "<img src=x onerror=window.hit=1>",
    "<svg/onload=window.hit=1>",
    "\"><iframe srcdoc='<script>parent.hit=1</script>'>",
    "javascript:window.hit=1",
    "</textarea><script>window.hit=1</script>",
    "{{constructor.constructor('window.hit=1')()}}",
    "<a href='javascript:window.hit=1'>click</a>",
    "<style>*{display:none}</style>",
    "&lt;script&gt;window.hit=1&lt;/script&gt;",
)


@pytest.fixture
async def box() -> AsyncIterator[Box]:
    async with open_box() as opened:
        yield opened


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        await opened.close()


@asynccontextmanager
async def _served(box: Box, port: int = 0) -> AsyncIterator[int]:
    """The chat on a page of its own, whose back end vouches for Olga."""

    async def page(request: Request) -> Response:
        asked = {"locale": "en-GB", **request.query_params}
        attributes = " ".join(f'{name}="{value}"' for name, value in asked.items())
        html = (
            f'<!doctype html><script type="module" src="{WIDGET}"></script>'
            f'<pledge-chat token-url="/token" {attributes}></pledge-chat>'
        )
        return HTMLResponse(html)

    async def token(request: Request) -> Response:
        return JSONResponse({"token": box.token()})

    async def ready() -> list[str]:
        return []

    app = build_app(
        routes=box.channel.routes(),
        probes=Probes(ready=ready, metrics=lambda: ""),
        pages=[Route("/", page), Route("/token", token)],
    )
    async with (
        box.channel.listen(box.receive),
        serve(app, bind("127.0.0.1", port), on_stop=[box.channel.stop_streams]) as taken,
    ):
        yield taken


@asynccontextmanager
async def _page(browser: Browser, port: int, locale: str = "en-GB", **attributes: str) -> AsyncIterator[Page]:
    context = await browser.new_context(timezone_id="Europe/Berlin")
    page = await context.new_page()
    await page.goto(f"http://127.0.0.1:{port}/?{urlencode({'locale': locale, **attributes})}")
    yield page
    await context.close()


async def _write(page: Page, text: str) -> None:
    await page.get_by_role("textbox").fill(text)
    await page.get_by_role("textbox").press("Enter")


async def test_hostile_words_are_shown_as_words_and_run_nothing(box: Box, browser: Browser) -> None:
    def fill(tx: Tx) -> None:
        room = tx.rooms.at("inapp", "default", "acme")
        assert room is not None
        for number, text in enumerate(XSS):
            for party, body in (
                (Party.CLIENT, None),
                (
                    Party.STAFF,
                    Rich(
                        (
                            paragraph(Bold((Text(text),)), Code(text), Link(text, text), Mention(text)),
                            Items((paragraph(text),)),
                            paragraph(Moment(START, text)),
                        ),
                        (Button(text, text),),
                    ),
                ),
            ):
                tx.messages.add(
                    room,
                    direction="in",
                    party=party,
                    author=text,
                    ext_id=f"{party}{number}",
                    text=text,
                    at=START,
                    now=START,
                    body=body and json.dumps(to_json(body)),
                )

    await box.store.write(fill)
    box.status = {"state": "running", "who": XSS[1], "kind": XSS[0], "due_at": START.isoformat(), "buttons": [XSS[:2]]}
    async with _served(box) as port, _page(browser, port) as page:
        await expect(page.locator("pledge-chat .msg")).to_have_count(2 * len(XSS))
        for number, text in enumerate(XSS):
            shown = page.locator("pledge-chat .msg.client .text").nth(number)
            assert await shown.inner_text() == text
        foreign = "script, img, svg, iframe, style, a[href^='javascript']"
        assert await page.locator(f"pledge-chat :is({foreign})").count() == 0
        assert await page.evaluate("window.hit") is None


async def test_what_was_written_while_nothing_could_be_stored_arrives_once_even_over_a_reload(
    box: Box, browser: Browser
) -> None:
    async with _served(box) as port, _page(browser, port) as page:
        box.is_down = True
        await _write(page, "first")
        await _write(page, "second")
        await expect(page.get_by_text("sending")).to_have_count(2)
        await page.reload()
        await expect(page.get_by_text("sending")).to_have_count(2)
        box.is_down = False
        await expect(page.get_by_text("sending")).to_have_count(0)
        await expect(page.locator("pledge-chat .mine .text")).to_have_text(["first", "second"])
    assert [inbound.text for inbound in box.taken] == ["first", "second"]


async def test_a_restarted_server_loses_and_doubles_nothing(box: Box, browser: Browser) -> None:
    async with _served(box) as port:
        opened = _page(browser, port)
        page = await opened.__aenter__()
        await _write(page, "one")
        await expect(page.locator("pledge-chat .text")).to_have_text(["one"])
        await expect(page.get_by_text("sending")).to_have_count(0)
        await box.post("p1", "two")
        await expect(page.locator("pledge-chat .text")).to_have_text(["one", "two"])
    await expect(page.get_by_text("Reconnecting")).to_be_visible()
    await _write(page, "four")
    await box.post("p2", "three")
    async with _served(box, port):
        await expect(page.locator("pledge-chat .text")).to_have_text(["one", "two", "three", "four"])
        await expect(page.get_by_text("sending")).to_have_count(0)
        await expect(page.get_by_text("Reconnecting")).to_have_count(0)
        await opened.__aexit__(None, None, None)


async def test_the_status_line_counts_in_business_time_and_in_the_readers_zone(box: Box, browser: Browser) -> None:
    due = START + timedelta(minutes=42)
    box.status = {
        **{"state": "running", "who": "Anna Petrova", "kind": "commitment", "due_at": due.isoformat()},
        **{"speed": 0.0, "simulated": True},
    }
    async with _served(box) as port:
        async with _page(browser, port) as page:
            await expect(page.locator("pledge-chat .what")).to_have_text("Anna Petrova answers by 09:42")
            await expect(page.locator("pledge-chat .left")).to_have_text("in 42 min")
            await expect(page.get_by_text("simulated time")).to_be_visible()
            box.status = {**box.status, "state": "late"}
            box.clock.forward(43 * 60 - 30)
            await box.post("p1", "We missed 09:42.")
            await expect(page.locator("pledge-chat .what")).to_have_text("Answer was due 09:42")
        box.status = {**box.status, "state": "held", "held_for": "client"}
        async with _page(browser, port, "ru") as page:
            await expect(page.locator("pledge-chat .what")).to_have_text("Ждём: ваш ответ")


@pytest.mark.parametrize(
    ("zone", "heading", "day", "time"),
    [
        ("America/New_York", "09:42 GMT-5", "Thursday", "23:30"),
        ("Europe/Berlin", "15:42", "Friday", "05:30"),
        ("Mars/Olympus", "15:42", "Friday", "05:30"),
    ],
)
async def test_a_product_that_knows_its_users_zone_has_all_times_in_it(
    box: Box, browser: Browser, zone: str, heading: str, day: str, time: str
) -> None:
    due, said = datetime(2026, 11, 20, 14, 42, tzinfo=UTC), datetime(2026, 11, 20, 4, 30, tzinfo=UTC)
    box.clock.now = said
    await box.post("p1", "Good night.")
    box.clock.now = due
    box.status = {"state": "late", "who": "Anna", "kind": "commitment", "due_at": due.isoformat(), "speed": 0.0}
    async with _served(box) as port, _page(browser, port, zone=zone) as page:
        await expect(page.locator("pledge-chat .what")).to_have_text(f"Answer was due {heading}")
        await expect(page.locator("pledge-chat .day").first).to_have_text(re.compile(day))
        await expect(page.locator("pledge-chat .who time").first).to_have_text(time)


async def test_enter_sends_shift_enter_breaks_the_line_and_a_button_answers(box: Box, browser: Browser) -> None:
    async with _served(box) as port, _page(browser, port) as page:
        box_of_text = page.get_by_role("textbox", name="Write a message")
        await box_of_text.fill("one")
        await box_of_text.press("Shift+Enter")
        await box_of_text.type("two")
        await box_of_text.press("Enter")
        await expect(page.locator("pledge-chat .mine .text")).to_have_text("one\ntwo", use_inner_text=True)
        body = Rich((paragraph("Answer guaranteed by 10:05"),), (Button("Service down", "act-1"),))
        await box.channel.send(Outbound("p1", "default", "acme", body))
        button = page.get_by_role("button", name="Service down")
        await button.click()
        await expect(page.get_by_text("Done.")).to_be_visible()
        await expect(button).to_be_disabled()
    assert [inbound.text or inbound.action for inbound in box.taken] == ["one\ntwo", "act-1"]


async def test_the_answer_to_a_press_shows_times_in_the_readers_zone_as_messages_do(box: Box, browser: Browser) -> None:
    stretch = Moment(START, "11:00-11:30 GMT+3", START + timedelta(minutes=30))
    box.told = Rich((paragraph("Due ", Moment(START, "12:00 GMT+3"), ". Call ", stretch, "."),))
    async with _served(box) as port, _page(browser, port) as page:
        body = Rich((paragraph("Until ", Moment(START, "12:00 GMT+3"), "."),), (Button("Why", "act-1"),))
        await box.channel.send(Outbound("p1", "default", "acme", body))
        await page.get_by_role("button", name="Why").click()
        await expect(page.locator("pledge-chat .text")).to_have_text("Until 09:00 CET.")
        await expect(page.locator("pledge-chat .note p")).to_have_text(
            re.compile(r"Due 09:00 CET\. Call 09:00\W+09:30 CET\.")
        )


async def test_a_reply_names_its_message(box: Box, browser: Browser) -> None:
    await box.post("p1", "Which campaign?")
    async with _served(box) as port, _page(browser, port) as page:
        await page.get_by_role("button", name="Reply").click()
        await _write(page, "118")
        await expect(page.locator("pledge-chat .mine .text")).to_have_text(["118"])
        await expect(page.get_by_text("sending")).to_have_count(0)
    assert [inbound.reply_to for inbound in box.taken] == ["p1"]


async def test_earlier_messages_come_above_without_doubles(box: Box, browser: Browser) -> None:
    for number in range(60):
        await box.post(f"p{number}", f"line {number}")
    async with _served(box) as port, _page(browser, port) as page:
        await expect(page.locator("pledge-chat .text")).to_have_count(50)
        await page.get_by_role("button", name="Show earlier messages").click()
        await expect(page.locator("pledge-chat .text")).to_have_text([f"line {number}" for number in range(60)])
        await expect(page.locator("pledge-chat .day")).to_have_count(1)
        await expect(page.get_by_role("button", name="Show earlier messages")).to_have_count(0)
