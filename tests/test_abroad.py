"""The channels of a running bot: begun again with a new token, their routes, problems and menus kept current."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from harness import STAFF, WORDS, bot_in_a_box, client

from bot.channels.base import Inbound, Limits, Menu, Outbound, Outcome, Problem, Receipt, Route, Sent
from bot.config import Settings
from bot.outside import Outside, report
from bot.platforms import Renewal, StorePulse
from bot.reactions import tell_broken

START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@dataclass
class Platform:
    """A channel that remembers what was done with it."""

    token: str
    name: str = "fake"
    limits: Limits = field(default_factory=Limits)
    found: list[Problem] = field(default_factory=list)
    listening: bool = False
    menus: list[Sequence[Menu]] = field(default_factory=list)
    is_there: bool = True  # can be asked to show menus

    @asynccontextmanager
    async def listen(self, receive: Callable[[Inbound], Awaitable[Receipt]]) -> AsyncIterator[None]:
        self.listening = True
        yield
        self.listening = False

    async def send(self, message: Outbound) -> Outcome:
        return Sent("1")

    def routes(self) -> Sequence[Route]:
        return (Route("POST", "/hook", self._hook),)

    async def _hook(self, request: Any) -> str:
        return self.token

    async def check(self) -> Sequence[Problem]:
        return list(self.found)

    async def set_menus(self, menus: Sequence[Menu]) -> bool:
        self.menus.append(menus)
        return self.is_there


async def receive(inbound: Inbound) -> Receipt:
    return Receipt(1)


async def test_a_refused_channel_begins_again_when_its_token_was_replaced() -> None:
    old, new = Platform("old"), Platform("new")
    waiting = [new]
    async with bot_in_a_box(START) as bot:
        outside = Outside([old], bot.store, bot.desk.registry, WORDS, lambda name: waiting.pop() if waiting else None)
        (route,) = outside.routes()
        async with outside.listening(receive):
            assert await route.handler(None) == "old"
            await outside.look()
            assert outside.by_name["fake"] is old, "nothing is wrong with it"
            old.found = [Problem("fake", "the token is refused", fatal=True)]
            await outside.look()
            assert (old.listening, new.listening) == (False, True)
            assert outside.by_name["fake"] is new
            assert await route.handler(None) == "new"
            assert outside.reasons() == ["fake: the token is refused"], "until the next look says otherwise"
            await outside.look()
            assert outside.reasons() == []
        assert not new.listening


async def test_a_fatal_problem_is_a_reason_and_others_are_warnings() -> None:
    channel = Platform("x", found=[Problem("fake", "privacy mode is on"), Problem("fake", "409", fatal=True)])
    async with bot_in_a_box(START) as bot:
        outside = Outside([channel], bot.store, bot.desk.registry, WORDS)
        await outside.look()
    assert outside.reasons() == ["fake: 409"]
    assert outside.warnings() == ["fake: privacy mode is on"]
    assert report([channel, Platform("y", name="other")], channel.found) == [
        "fake: remark: privacy mode is on",
        "fake: broken: 409",
        "other: in order",
    ]


async def test_a_channel_that_stopped_is_told_to_the_leads_once() -> None:
    channel = Platform("x", found=[Problem("far", "another program takes the updates", fatal=True)])
    async with bot_in_a_box(START) as bot:
        outside = Outside([channel], bot.store, bot.desk.registry, WORDS, tell=tell_broken(bot.desk, bot.times))
        for _ in range(3):
            bot.clock.now += timedelta(minutes=1)
            await outside.look()
        await bot.deliver()
        told = [post for post in bot.posts("dm:lea") if "has stopped" in post]
        assert told == [
            "far has stopped: 'another program takes the updates'. "
            "Nothing comes in or goes out there until it is mended."
        ]


async def test_menus_are_shown_at_every_look_for_the_channel_knows_what_was_refused() -> None:
    channel = Platform("x")
    async with bot_in_a_box(START) as bot:
        outside = Outside([channel], bot.store, bot.desk.registry, WORDS)
        await outside.look()
        await bot.say("acme", "acme/ann", "/language ru")
        await outside.look()
    rooms = [[menu.locale for menu in menus if menu.room == "acme"] for menus in channel.menus]
    assert rooms == [["en", "ru"], ["ru", "en"]]


async def test_the_menu_of_a_room_that_was_closed_while_the_bot_was_down_is_taken_back_once() -> None:
    async with bot_in_a_box(START, client(), client("bolt")) as bot:
        await Outside([Platform("x")], bot.store, bot.desk.registry, WORDS).look()
        await bot.apply_roster(STAFF + client())
        channel = Platform("later", is_there=False)
        outside = Outside([channel], bot.store, bot.desk.registry, WORDS)
        await outside.look()
        channel.is_there = True
        for _ in range(2):
            await outside.look()
    taken_back = [[menu for menu in menus if menu.room == "bolt"] for menus in channel.menus]
    empty = [Menu("bolt", locale, ()) for locale in WORDS.locales]
    assert taken_back == [empty, empty, []], "tried until the platform could be asked"


async def test_a_pulse_is_remembered_over_a_restart(tmp_path: Path) -> None:
    async with bot_in_a_box(START, path=tmp_path / "p.db") as bot:
        assert await StorePulse(bot.store, "far").last() is None
        await StorePulse(bot.store, "far").beat(START)
    async with bot_in_a_box(START, path=tmp_path / "p.db") as bot:
        assert await StorePulse(bot.store, "far").last() == START
        assert await StorePulse(bot.store, "near").last() is None


@pytest.mark.parametrize(("token", "renewed"), [("1:a", False), ("1:b", True), (None, False)])
async def test_only_another_token_makes_a_channel_anew(token: str | None, renewed: bool) -> None:
    def settings(token: str | None) -> Settings:
        return Settings(**({} if token is None else {"telegram": {"token": token}}))

    async with bot_in_a_box(START) as bot:
        renewal = Renewal(settings("1:a"), lambda: settings(token), bot.store, bot.desk, bot.times)
        assert (renewal("telegram") is not None) == renewed
        assert renewal("telegram") is None, "the one with that token runs already"


async def test_settings_that_cannot_be_read_again_change_nothing() -> None:
    def broken() -> Settings:
        raise ValueError("pledge.toml: not TOML")

    async with bot_in_a_box(START) as bot:
        assert Renewal(Settings(), broken, bot.store, bot.desk, bot.times)("telegram") is None
