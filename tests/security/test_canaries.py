"""Two thousand mixed events of twenty clients: no word of one reaches another, the logs, or the book (S10)."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from harness import Bot, bot_in_a_box, client
from world import World, open_world

from bot import log
from bot.channels.base import InboundKind

CLIENTS = tuple(f"client-{number:02}" for number in range(20))
EVENTS = 2000
_CANARY = re.compile(r"canary-(client-\d\d)")
_COMMANDS = (
    *("/status", "/status T-{ref}", "/escalate T-{ref} {canary}", "/escalate", "/urgency critical", "/resolve T-{ref}"),
    *("/reopen T-{ref} {canary}", "/new {canary}", "/separate T-{ref}", "/hours", "/whoami", "/help", "/{canary}"),
)
_STAFF_COMMANDS = (
    *("/take T-{ref}", "/eta T-{ref} 2h {canary}", "/note T-{ref} {canary}", "/priority T-{ref} low {canary}"),
    *("/answered T-{ref}", "/resume T-{ref}", "/resolve T-{ref}", "/reopen T-{ref} {canary}", "/sla why T-{ref}"),
    *("/assign T-{ref} ben", "/escalate T-{ref} {canary}", "/tickets", "/status T-{ref}", "/hold T-{ref} client"),
)


def _canary(key: str) -> str:
    return f"canary-{key}"


class Story:
    """Everybody acts at random; a word of staff about a client's ticket carries that client's canary."""

    def __init__(self, bot: Bot, dice: random.Random) -> None:
        self.bot = bot
        self.dice = dice

    async def act(self) -> None:
        key = self.dice.choice(CLIENTS)
        await self.dice.choices(
            (self._client_writes, self._client_commands, self._anybody_presses, self._staff_answers, self._staff_acts),
            (4, 3, 3, 3, 3),
        )[0](key)
        if self.dice.random() < 0.02:
            await self.bot.forward(by=timedelta(minutes=self.dice.randint(1, 90)))

    async def _client_writes(self, key: str) -> None:
        sender = self.dice.choice((f"{key}/ann", f"{key}/unlisted"))
        await self.bot.say(key, sender, f"{_canary(key)} is down {self.dice.random()}", sender_name=_canary(key))

    async def _client_commands(self, key: str) -> None:
        text = self.dice.choice(_COMMANDS).format(ref=await self._any_ref(), canary=_canary(key))
        await self.bot.say(key, f"{key}/ann", text)

    async def _anybody_presses(self, key: str) -> None:
        posts = [post for post in self.bot.channel.posts[-400:] if post.buttons]
        if posts:
            action = self.dice.choice(list(self.dice.choice(posts).buttons.values()))
            room, sender = self.dice.choice(((key, f"{key}/ann"), ("dm:mia", "mia"), ("team:support", "tom")))
            await self.bot.say(room, sender, "", kind=InboundKind.PRESS, action=action)

    async def _staff_answers(self, key: str) -> None:
        await self.bot.say(key, self.dice.choice(("mia", "ben", "tom")), f"We look into {_canary(key)}")

    async def _staff_acts(self, key: str) -> None:
        ref, owner = await self._any_ticket()
        room, sender = self.dice.choice((("dm:mia", "mia"), ("team:support", "tom"), (owner, "mia"), (key, "mia")))
        # What somebody types into a client's room is there already: a slip of the hand that nothing can take back.
        about = key if room == key else owner
        await self.bot.say(room, sender, self.dice.choice(_STAFF_COMMANDS).format(ref=ref, canary=_canary(about)))

    async def _any_ref(self) -> int:
        """Mostly somebody else's."""
        return (await self._any_ticket())[0]

    async def _any_ticket(self) -> tuple[int, str]:
        def look(tx: Any) -> list[tuple[int, str]]:
            rows = tx.connection.execute("SELECT t.ref, c.key FROM ticket t JOIN client c ON c.id = t.client_id")
            return [(row[0], row[1]) for row in rows]

        return self.dice.choice(await self.bot.read(look) or [(42, CLIENTS[0])])


def _strangers(text: str, own: str) -> set[str]:
    return set(_CANARY.findall(text)) - {own}


async def test_s10_no_canary_of_twenty_clients_is_heard_in_a_foreign_room(written: Callable[[], str]) -> None:
    log.configure(json=True, level="INFO")
    async with bot_in_a_box("2025-03-14T11:00+03:00", *map(client, CLIENTS)) as bot:
        story = Story(bot, random.Random(10))
        for _ in range(EVENTS):
            await story.act()
        heard = [post for post in bot.channel.posts if post.room in CLIENTS]
        assert sum(len(_CANARY.findall(post.text)) for post in bot.channel.posts) > EVENTS / 10, "nothing was said"
        assert len({post.room for post in heard}) == len(CLIENTS)
        assert [(post.room, post.text) for post in heard if _strangers(post.text, post.room)] == []
        labels = [(post.room, label) for post in heard for label in post.buttons if _strangers(label, post.room)]
        assert labels == []
        assert await bot.read(_rows_in_foreign_rooms) == []
        assert await bot.read(_words_in_the_book) == []
        states = await bot.read(
            lambda tx: [tuple(r) for r in tx.connection.execute("SELECT DISTINCT state FROM inbox")]
        )
        assert states == [("done",)]
    lines = written().splitlines()
    assert [line for line in lines if "canary" in line] == []
    assert all("action" in json.loads(line) for line in lines)


def _rows_in_foreign_rooms(tx: Any) -> list[tuple[str, str]]:
    rows = tx.connection.execute(
        "SELECT c.key, m.text || COALESCE(m.body, '') FROM message m JOIN room r ON r.id = m.room_id"
        " JOIN client c ON c.id = r.client_id WHERE r.kind = 'client'"
        " UNION ALL SELECT c.key, o.notice || COALESCE(o.rendered, '') FROM outbox o JOIN room r ON r.id = o.room_id"
        " JOIN client c ON c.id = r.client_id WHERE r.kind = 'client'"
        " UNION ALL SELECT c.key, k.commands FROM keyboard k JOIN room r ON r.id = k.room_id"
        " JOIN client c ON c.id = r.client_id WHERE r.kind = 'client'"
    )
    return [(row[0], row[1]) for row in rows if _strangers(row[1], row[0])]


def _words_in_the_book(tx: Any) -> list[str]:
    """The log of tickets and the audit hold ids, never a person's words."""
    rows = tx.connection.execute("SELECT data FROM event UNION ALL SELECT who || what || old || new FROM audit")
    return [row[0] for row in rows if "canary" in row[0]]


async def test_s10_every_chat_shows_its_own_client_only() -> None:
    async with open_world(CLIENTS) as world:
        for key in CLIENTS:
            async with world.widget(key) as browser:
                await world.say(browser, f"{_canary(key)} is down")
                await world.say(browser, "/status")
        for key in CLIENTS:
            async with world.widget(key, "colleague") as browser:
                shown = (await browser.get("/inapp/history?limit=100")).text
                assert set(_CANARY.findall(shown)) == {key}
        await _nothing_outside(world)


async def _nothing_outside(world: World) -> None:
    async with world.browser(accept="text/html") as nobody:
        for path in (
            "/",
            "/board",
            "/board/queue",
            "/board/T-100",
            "/healthz",
            "/readyz",
            "/metrics",
            "/inapp/history",
        ):
            assert "canary" not in (await nobody.get(path, follow_redirects=True)).text, path
