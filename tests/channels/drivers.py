"""A driver for each channel: the contract's acts by the means of that channel's users."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from functools import partial
from typing import Any, Literal

import httpx
from channels.slack.slack_box import SlackBot, slack_box
from channels.telegram.telegram_box import ANN, STAFF, Mode, TelegramBox, telegram_box
from contract import FIRST_REF, START, MakesDriver
from harness import Bot, bot_in_a_box
from security.world import World, open_world

from bot.channels.base import InboundKind
from bot.desk.rules import Rules
from bot.text import from_json, plain, to_json

ACME = """
[[clients]]
id = "acme"
name = "acme"
agreement = "redtrack-premium"
manager = "mia"
locale = "en"
zone = "Etc/GMT-3"
rooms = [{ channel = "fake", id = "acme" }]
contacts = [{ id = "ann", name = "Ann", identities = { fake = "acme/ann" } }]
"""
SCRIPT = {"x-pledge": "script"}


class FakeDriver:
    """The fake platform of the harness: events are handed to the core as an adapter would hand them."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self.store = bot.store
        self.desk = bot.desk

    async def client_says(self, text: str, times: int) -> None:
        brought = self._bot.inbound("acme", "acme/ann", text)
        for _ in range(times):
            await self._bot.receive(brought)
        await self.deliver()

    async def staff_answers(self, who: str, ref: str, text: str) -> None:
        ticket = (await self._bot.page(ref)).ticket
        await self._bot.say("acme", who, text, reply_to=ticket.root_ext)

    async def staff_orders(self, who: str, text: str) -> None:
        await self._bot.say(f"dm:{who}", who, text)

    async def press(self, who: str, label: str) -> str | None:
        room, sender = ("acme", "acme/ann") if who == "ann" else (f"dm:{who}", who)
        post = next(p for p in reversed(self._bot.channel.posts) if p.room == room and label in p.buttons)
        receipt = await self._bot.say(room, sender, "", kind=InboundKind.PRESS, action=post.buttons[label])
        return receipt.notice

    async def posts_of(self, who: str) -> Sequence[str]:
        return self._bot.posts("acme" if who == "ann" else f"dm:{who}")

    async def files_of(self, who: str) -> Sequence[tuple[str, bytes]]:
        room = "acme" if who == "ann" else f"dm:{who}"
        return [(words, file.content) for where, words, file in self._bot.channel.files if where == room]

    def set_clock(self, now: datetime) -> None:
        self._bot.clock.now = now

    async def deliver(self) -> None:
        await self._bot.deliver()


class InAppDriver:
    """The in-app channel over its real routes: the widget's for the client, the board's for the staff."""

    def __init__(self, world: World, widget: httpx.AsyncClient, boards: dict[str, httpx.AsyncClient]) -> None:
        self._world = world
        self._widget = widget
        self._boards = boards
        self._ids = itertools.count(1)
        self.store = world.store
        self.desk = world.desk

    async def client_says(self, text: str, times: int) -> None:
        body = {"client_msg_id": f"message-{next(self._ids):06}", "text": text}
        for _ in range(times):
            _ok(await self._widget.post("/inapp/messages", json=body))
        await self.deliver()

    async def staff_answers(self, who: str, ref: str, text: str) -> None:
        _ok(await self._world.act(self._boards[who], f"/board/{ref}/say", text=text))
        await self.deliver()

    async def staff_orders(self, who: str, text: str) -> None:
        _ok(await self._world.act(self._boards[who], "/board/direct/messages", text=text))
        await self.deliver()

    async def press(self, who: str, label: str) -> str | None:
        buttons = [pair for entry in await self._entries(who) for pair in entry["body"]["buttons"]]
        action = next(action for shown, action in reversed(buttons) if shown == label)
        if who == "ann":
            press_id = f"press-{next(self._ids):06}"
            answer = await self._widget.post("/inapp/press", json={"action": action, "press_id": press_id})
        else:
            answer = await self._world.act(self._boards[who], "/board/direct/press", action=action)
        await self.deliver()
        notice: str | None = _ok(answer).json()["notice"]
        return notice

    async def posts_of(self, who: str) -> Sequence[str]:
        said = [entry for entry in await self._entries(who) if entry["party"] == "bot"]
        return [plain(from_json(entry["body"])) for entry in said if _linked(entry) is None]

    async def files_of(self, who: str) -> Sequence[tuple[str, bytes]]:
        """Each with the words above it; what its address gives now, as for whoever taps it."""
        found = [(entry, path) for entry in await self._entries(who) if (path := _linked(entry)) is not None]
        page = self._widget if who == "ann" else self._boards[who]
        return [
            (plain(from_json(entry["body"])).splitlines()[0], _ok(await page.get(path)).content)
            for entry, path in found
        ]

    def set_clock(self, now: datetime) -> None:
        self._world.clocks.business = now

    async def deliver(self) -> None:
        await self._world.delivery.drain_once()

    async def _entries(self, who: str) -> list[dict[str, Any]]:
        if who == "ann":
            return await self._world.history(self._widget)
        _ok(await self._boards[who].get("/board/direct/entries?after=0", headers=SCRIPT))  # looked at
        entries = await self._world.rooms.history("default", f"direct:{who}", before=None, limit=100)
        return [{"party": entry.party, "body": to_json(entry.body)} for entry in entries]


class TelegramDriver:
    """Telegram over its strict Bot API: the client writes in a group, the staff there and in their own chats."""

    def __init__(self, box: TelegramBox) -> None:
        self._box = box
        self.store = box.store
        self.desk = box.desk

    async def client_says(self, text: str, times: int) -> None:
        await self._box.says(self._box.group, ANN, text, times=times)

    async def staff_answers(self, who: str, ref: str, text: str) -> None:
        ticket = await self.store.read(lambda tx: tx.tickets.by_ref(int(ref.removeprefix("T-"))))
        assert ticket is not None and ticket.root_ext is not None
        asked = self._box.group.messages[int(ticket.root_ext.rpartition("/")[2])]
        await self._box.says(self._box.group, STAFF[who], text, reply_to=asked)

    async def staff_orders(self, who: str, text: str) -> None:
        await self._box.says(self._box.direct(STAFF[who]), STAFF[who], text)

    async def press(self, who: str, label: str) -> str | None:
        chat, person = (self._box.group, ANN) if who == "ann" else (self._box.direct(STAFF[who]), STAFF[who])
        return (await self._box.press(chat, person, label)).answer or None

    async def posts_of(self, who: str) -> Sequence[str]:
        return (self._box.group if who == "ann" else self._box.direct(STAFF[who])).texts

    async def files_of(self, who: str) -> Sequence[tuple[str, bytes]]:
        chat = self._box.group if who == "ann" else self._box.direct(STAFF[who])
        return [(words, file.content) for words, file in chat.files]

    def set_clock(self, now: datetime) -> None:
        self._box.clocks.forward(now - self._box.clocks.business)

    async def deliver(self) -> None:
        await self._box.deliver()


class SlackDriver:
    """Slack: the client is a guest of the vendor's workspace, who may say commands with a slash; staff say theirs to
    the bot directly.
    """

    def __init__(self, bot: SlackBot) -> None:
        self._bot = bot
        self._room = bot.rooms["acme"]
        self.store = bot.store
        self.desk = bot.desk

    async def client_says(self, text: str, times: int) -> None:
        if text.startswith("/"):
            await self._room.slash("ann", "/premium", text)
            await self.deliver()
        else:
            await self._bot.says("acme", "ann", text, times=times)

    async def staff_answers(self, who: str, ref: str, text: str) -> None:
        root = (await self._bot.page(ref)).ticket.root_ext
        await self._bot.says("acme", who, text, thread=root.rpartition("/")[2])

    async def staff_orders(self, who: str, text: str) -> None:
        await self._bot.slack.direct(who).slash(who, "/premium", text)
        await self.deliver()

    async def press(self, who: str, label: str) -> str | None:
        room = self._room if who == "ann" else self._bot.slack.direct(who)
        return next(iter(await self._bot.press_in(room, who, label)), None)

    async def posts_of(self, who: str) -> Sequence[str]:
        room = self._room if who == "ann" else self._bot.slack.direct(who)
        return [post.text for post in room.posts]

    async def files_of(self, who: str) -> Sequence[tuple[str, bytes]]:
        room = self._room if who == "ann" else self._bot.slack.direct(who)
        return [(words, content) for words, _, content in room.files]

    def set_clock(self, now: datetime) -> None:
        self._bot.clock.now = now

    async def deliver(self) -> None:
        await self._bot.deliver()


def _ok(answer: httpx.Response) -> httpx.Response:
    assert answer.status_code == 200, answer.text
    return answer


@asynccontextmanager
async def fake() -> AsyncIterator[FakeDriver]:
    async with bot_in_a_box(START, ACME, rules=Rules(first_ref=FIRST_REF)) as bot:
        yield FakeDriver(bot)


def _linked(entry: dict[str, Any]) -> str | None:
    """The address on our own server of the file that a message brings."""
    nodes = [node for block in entry["body"]["blocks"] for node in block.get("c", []) if isinstance(node, dict)]
    return next((node["u"] for node in nodes if node.get("t") == "link" and node["u"].startswith("/")), None)


@asynccontextmanager
async def inapp() -> AsyncIterator[InAppDriver]:
    async with AsyncExitStack() as stack:
        world = await stack.enter_async_context(open_world(("acme",)))
        world.clocks.business = START
        world.rooms.stop_waiting()  # an empty room answers at once instead of waiting for its first words
        widget = await stack.enter_async_context(world.widget("acme", "ann"))
        boards = {key: await stack.enter_async_context(world.staff(key)) for key in ("mia", "ben", "tom", "sue", "lea")}
        yield InAppDriver(world, widget, boards)


@asynccontextmanager
async def telegram(mode: Mode = "polling") -> AsyncIterator[TelegramDriver]:
    async with telegram_box(mode, first_ref=FIRST_REF) as box:
        yield TelegramDriver(box)


@asynccontextmanager
async def slack(mode: Literal["http", "socket"] = "http") -> AsyncIterator[SlackDriver]:
    async with slack_box(mode, outside=False, first_ref=FIRST_REF) as bot:
        yield SlackDriver(bot)


DRIVERS: dict[str, MakesDriver] = {
    "fake": fake,
    "inapp": inapp,
    "telegram": telegram,
    "telegram-webhook": partial(telegram, "webhook"),
    "slack": slack,
    "slack-socket": partial(slack, "socket"),
}
