"""The demo as a person sees it: a real bot as a process of its own, and a real browser window onto it."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from faults.process import BotProcess
from playwright.async_api import BrowserContext, FrameLocator, Locator, Page, async_playwright, expect

CHROMIUM = os.environ.get("PLEDGE_TEST_CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
]
IN_CHROMIUM = (
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed: apt-get install chromium"),
    pytest.mark.xdist_group("browser"),
)
"""The marks of every test that needs a browser; they run one after another."""

NOON = "2026-11-24T12:00:00+03:00"
"""A Tuesday, with seven working hours ahead; in New York it is four in the morning."""

SOON_MS = 10_000
"""How long a person would wait for what happens at once; a machine under load included."""


@dataclass
class Stage:
    """The demo page and the people in front of it. `trouble` is what the pages complained of."""

    bot: BotProcess
    context: BrowserContext
    page: Page
    trouble: list[str]

    @property
    def chat(self) -> Locator:
        """The client's chat."""
        return self.page.locator("pledge-chat")

    @property
    def direct(self) -> FrameLocator:
        """The manager's chat with Pledge."""
        return self.page.frame_locator("iframe.direct")

    @property
    def queue(self) -> FrameLocator:
        return self.page.frame_locator("iframe.queue")

    async def write(self, text: str) -> None:
        """The client writes; it is over when the server has confirmed it."""
        field = self.chat.get_by_role("textbox")
        await field.fill(text)
        await field.press("Enter")
        await expect(self.chat.locator(".mine .text").last).to_have_text(text, timeout=SOON_MS)
        await expect(self.chat.get_by_text("sending")).to_have_count(0, timeout=SOON_MS)

    async def open_ticket(self, text: str) -> str:
        """The client's first words; the reference that came back with the window."""
        before = await self.chat.get_by_text("Answer guaranteed by").count()
        await self.write(text)
        window = self.chat.locator(".bot .text", has_text="Answer guaranteed by").nth(before)
        await expect(window).to_be_visible(timeout=SOON_MS)
        found = re.search(r"\bT-\d+", await window.inner_text())
        assert found is not None
        return found.group()

    async def client_reads(self, text: str | re.Pattern[str], timeout_ms: int = SOON_MS) -> Locator:
        """The newest message of Pledge in the client's chat, once it says this."""
        words = self.chat.locator(".bot", has_text=text).last
        await expect(words).to_be_visible(timeout=timeout_ms)
        return words

    async def manager_reads(self, text: str | re.Pattern[str], timeout_ms: int = SOON_MS) -> Locator:
        entry = self.direct.locator(".entry", has_text=text).last
        await expect(entry).to_be_visible(timeout=timeout_ms)
        return entry

    async def hurry(self, speed: int) -> None:
        """Press one of the buttons of the clock."""
        button = self.page.get_by_role("button", name=f"{speed}×", exact=True)
        await button.click()
        await expect(button).to_have_attribute("aria-pressed", "true", timeout=SOON_MS)

    async def board(self, path: str, context: BrowserContext | None = None) -> Page:
        """Another tab: a page of the board."""
        tab = await (context or self.context).new_page()
        watch(tab, self.trouble)
        await tab.goto(self.bot.url + path)
        return tab


def watch(page: Page, trouble: list[str]) -> None:
    """Note script errors, dialogs and refusals of the content security policy."""

    def heard(line: str) -> None:
        if "Security" in line or "Refused" in line:
            trouble.append(line)

    async def opened(dialog: object) -> None:
        trouble.append(f"a dialog opened: {dialog}")
        await dialog.dismiss()

    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("console", lambda message: heard(message.text))
    page.on("dialog", opened)


def demo_in(folder: Path) -> BotProcess:
    """A bot in an empty folder, which is the demo; its business time begins on a Tuesday at noon."""
    settings = {"PLEDGE_INAPP__KEYS": "", "PLEDGE_CLOCK__START": NOON}
    bot = BotProcess(folder, at=None, settings=settings)
    (folder / "roster.toml").unlink()
    return bot


def start_again(bot: BotProcess, at: str) -> float:
    """Over the same files, at this business time; how many seconds until it was ready."""
    bot.settings = {"PLEDGE_INAPP__KEYS": "", "PLEDGE_CLOCK__START": at}
    return bot.start()


@asynccontextmanager
async def demo_stage(folder: Path, *, dark: bool = False) -> AsyncIterator[Stage]:
    """The curtain: bot and browser started, the page open and both sides in place."""
    bot = demo_in(folder)
    try:
        bot.start()
        async with async_playwright() as driver:
            browser = await driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            context = await browser.new_context(
                viewport={"width": 1280, "height": 800},
                timezone_id="America/New_York",
                locale="en-GB",
                color_scheme="dark" if dark else "light",
            )
            page = await context.new_page()
            stage = Stage(bot, context, page, [])
            watch(page, stage.trouble)
            await page.goto(bot.url)
            await expect(stage.chat.locator(".what")).to_have_text("Nothing open. Write at any time.", timeout=SOON_MS)
            await expect(stage.queue.get_by_role("heading", name="Tickets")).to_be_visible(timeout=SOON_MS)
            await expect(stage.direct.get_by_role("textbox")).to_be_visible(timeout=SOON_MS)
            yield stage
            await browser.close()
        if bot.process is not None:
            assert bot.stop() == 0, bot.stderr
        assert stage.trouble == []
    finally:
        bot.end()
