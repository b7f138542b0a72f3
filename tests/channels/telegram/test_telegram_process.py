"""F1, F2, F4 with real processes: SIGKILL while clients write on Telegram; no word lost, no ticket doubled."""

import asyncio
import json
import random
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from channels.telegram.bot_api import TOKEN, BotApi, Chat, Person
from channels.telegram.telegram_box import MIA, SECRET, Mode
from faults.process import BotProcess, until
from harness import QUERIES

from bot.desk.linking import relink
from bot.store.sync import open_sync
from bot.store.tx import Tx, make_tx

NOW = "2026-11-20T11:00:00+03:00"
IN_FLIGHT = 8
"""How many rooms a channel sends to at a time: as many posts may be in doubt at a kill."""

_PER_CLIENT = 5  # as many posts as a group takes at once
_AHEAD = 12  # updates that are brought but not confirmed
_TICKETS = "SELECT 1 FROM ticket t JOIN room r ON r.id = t.room_id WHERE r.ext_id = ?"
_LONGEST_BETWEEN_S = 0.01


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Callable[..., BotProcess]]:
    made: list[BotProcess] = []

    def make(**options: Any) -> BotProcess:
        made.append(BotProcess(tmp_path / f"bot{len(made)}", clients=(), at=NOW, **options))
        return made[-1]

    yield make
    for process in made:
        process.end()


class Killer:
    """Kills the bot shortly after the n-th sign of life for every n it was given, and starts it again.

    Signs are what people write and what the bot posts; a start makes many other calls, which say nothing of the load.
    """

    def __init__(self, bot: BotProcess, api: BotApi, dice: random.Random, at_signs: list[int]) -> None:
        self.kills = 0
        self.up = asyncio.Event()
        self.up.set()
        self._bot = bot
        self._dice = dice
        self._at_signs = sorted(at_signs, reverse=True)
        self._signs = 0
        self._reviving: asyncio.Task[None] | None = None
        api.on_call = lambda method: self.count() if method == "sendMessage" else None

    def count(self) -> None:
        self._signs += 1
        if self._at_signs and self._signs >= self._at_signs[-1] and self.up.is_set():
            self._at_signs.pop()
            self.up.clear()
            asyncio.get_running_loop().call_later(self._dice.uniform(0, _LONGEST_BETWEEN_S), self._kill)

    def _kill(self) -> None:
        self._bot.kill()
        self.kills += 1
        self._reviving = asyncio.create_task(self._revive())

    async def _revive(self) -> None:
        await asyncio.to_thread(self._bot.start)
        self.up.set()

    async def done(self) -> None:
        await self.up.wait()
        if self._reviving is not None:
            await self._reviving


@asynccontextmanager
async def installation(
    processes: Callable[..., BotProcess], mode: Mode, clients: int
) -> AsyncIterator[tuple[BotProcess, BotApi, list[Chat]]]:
    """A running bot of so many clients with a group each, and its platform."""
    async with BotApi(lambda: datetime.fromisoformat(NOW)) as api:
        token = {"PLEDGE_TELEGRAM__TOKEN": TOKEN, "PLEDGE_TELEGRAM__BASE_URL": api.url, "PLEDGE_INAPP__KEYS": ""}
        bot = processes(settings=token)
        if mode == "webhook":
            hook = {"PLEDGE_TELEGRAM__WEBHOOK_SECRET": SECRET, "PLEDGE_HTTP__PUBLIC_URL": bot.url}
            bot.settings = {**token, **hook, "PLEDGE_TELEGRAM__MODE": mode}
        groups = [api.group(f"client{n}", Person(1000 + n, f"Person {n}")) for n in range(clients)]
        bot.give_rooms("telegram", {chat.title: chat.room for chat in groups}, mia=str(MIA.id))
        await asyncio.to_thread(bot.start)
        yield bot, api, groups
        assert api.faults == []


@pytest.mark.parametrize("mode", ["polling", "webhook"])
@pytest.mark.parametrize(("messages", "kills"), [(100, 5), pytest.param(1000, 50, marks=pytest.mark.soak)])
async def test_f1_f4_messages_written_while_the_bot_is_killed_become_one_ticket_each(processes, mode, messages, kills):
    dice = random.Random(f"{mode} {messages}")
    async with installation(processes, mode, messages // _PER_CLIENT) as (bot, api, groups):
        killer = Killer(bot, api, dice, dice.sample(range(1, messages), kills))
        for n in range(messages):
            await asyncio.wait_for(killer.up.wait(), 60)
            await asyncio.wait_for(_room_for_more(api), 60)
            chat = groups[n % len(groups)]
            chat.says(chat.people[0], f"/new Export {n:04} fails")
            killer.count()
        await asyncio.wait_for(_all_taken(api), 120)
        await asyncio.to_thread(until, lambda: killer.kills == kills, within_s=120, what="the last kill")
        await killer.done()
        await asyncio.to_thread(until, lambda: bot.unsent() == 0, within_s=180, what="the last delivery")
        assert await asyncio.to_thread(bot.stop) == 0
        _check(bot, groups, messages, kills)


def _check(bot: BotProcess, groups: list[Chat], messages: int, kills: int) -> None:
    said = Counter(text for (text,) in bot.rows("SELECT text FROM message WHERE direction = 'in'"))
    assert said == {f"/new Export {n:04} fails": 1 for n in range(messages)}, "nothing lost, nothing doubled"
    assert bot.rows("SELECT count(*), count(DISTINCT root_ext || room_id) FROM ticket") == [(messages, messages)]
    assert bot.rows("SELECT state, count(*) FROM inbox WHERE message_id IS NOT NULL GROUP BY state") == [
        ("done", messages)
    ]
    windows = Counter(text.rpartition("T-")[2].partition(",")[0] for chat in groups for text in chat.texts)
    refs = {str(ref) for (ref,) in bot.rows("SELECT ref FROM ticket")}
    assert windows.keys() == refs, "every ticket is told its window"
    repeats = sum(windows.values()) - messages
    assert repeats <= kills * IN_FLIGHT, "a kill leaves at most one post in doubt in each chat in flight"
    assert max(windows.values()) <= 1 + kills
    for chat in groups:
        texts = {text.rpartition("T-")[2].partition(",")[0]: text for text in chat.texts}
        assert len(texts) == _PER_CLIENT, "all in their own room"
    assert bot.rows("PRAGMA integrity_check") == [("ok",)]
    assert bot.rows("PRAGMA foreign_key_check") == []
    print(f"{messages} messages, {kills} kills: 0 lost, 0 doubled tickets, {repeats} repeated posts")


async def test_a_group_that_became_a_supergroup_is_its_clients_after_a_kill_and_a_start_too(processes):
    async with installation(processes, "polling", 1) as (bot, api, [group]):
        ann = group.people[0]
        group.says(ann, "postbacks stopped")
        await asyncio.to_thread(until, lambda: len(group.posts) == 1, within_s=20, what="the window")
        new = group.upgrade(ann)
        await asyncio.wait_for(_all_taken(api), 20)
        for tickets in (2, 3):  # also the start after the next
            await asyncio.to_thread(bot.kill)
            await asyncio.to_thread(bot.start)
            new.says(ann, f"/new all campaigns are down, {tickets}")
            await asyncio.wait_for(_all_taken(api), 20)
            await asyncio.to_thread(until, lambda n=tickets: len(bot.rows(_TICKETS, new.room)) == n, what="a ticket")
        remark = f'room telegram {group.room}: is at telegram {new.room} now (write id = "{new.room}" in its place)'
        assert f"roster: {remark}" in json.loads(bot.get("/readyz")[1])["warnings"]
        assert remark.partition(" (")[0] in bot.stderr
        assert await asyncio.to_thread(bot.stop) == 0
        checked = await asyncio.to_thread(_beside, bot, "roster", "check")
        assert checked.returncode == 0 and f"remark: {remark}" in checked.stdout
        assert remark in (await asyncio.to_thread(_beside, bot, "check")).stdout


async def test_a_group_that_a_lead_let_pass_keeps_no_bot_from_starting(processes):
    async with installation(processes, "polling", 2) as (bot, _, [group, _]):
        await asyncio.to_thread(bot.stop)

        def let_it_pass(tx: Tx) -> None:
            room, client = tx.rooms.at("telegram", "default", group.room), tx.people.client_by_key("client1")
            relink(tx, room, client, "client0", "lead", datetime.fromisoformat(NOW))

        with open_sync(bot.database, partial(make_tx, QUERIES)) as store:
            store.write(let_it_pass)
        await asyncio.to_thread(bot.start)
        group.says(group.people[0], "postbacks stopped")
        await asyncio.to_thread(until, lambda: len(group.posts) == 1, within_s=20, what="the window")
        assert bot.rows("SELECT c.key FROM ticket t JOIN client c ON c.id = t.client_id") == [("client1",)]
        [warning] = json.loads(bot.get("/readyz")[1])["warnings"]
        assert warning.startswith(
            f'roster: room telegram {group.room}: was linked to "client1" in the chat, and that holds'
        )
        assert f"room telegram {group.room}: was linked to" in bot.stderr
        assert await asyncio.to_thread(bot.stop) == 0


async def _room_for_more(api: BotApi) -> None:
    while len(api.updates.pending) >= _AHEAD:
        await api.updates.changed()


async def _all_taken(api: BotApi) -> None:
    while api.updates.pending:
        await api.updates.changed()


async def test_the_bot_says_on_readyz_that_its_token_is_refused(processes):
    async with installation(processes, "polling", 1) as (bot, api, groups):
        api.token = f"{api.me.id}:revoked"

        def is_red() -> bool:
            return _answers(bot) and b"token" in bot.get("/readyz")[1]

        await asyncio.to_thread(bot.kill)
        await asyncio.to_thread(bot.spawn)
        await asyncio.to_thread(until, is_red, within_s=20, what="a red light")
        assert groups[0].posts == []
        await asyncio.to_thread(bot.stop)
        assert TOKEN.partition(":")[2] not in bot.stderr


@pytest.mark.parametrize("mode", ["polling", "webhook"])
async def test_pledge_check_looks_at_everything_beside_a_running_bot_and_disturbs_nothing(processes, mode):
    async with installation(processes, mode, 1) as (bot, api, groups):
        await asyncio.to_thread(until, lambda: bot.get("/readyz")[0] == 200, what="a green light")
        checked = await asyncio.to_thread(_beside, bot, "check")
        assert checked.returncode == 0, checked.stderr
        assert "telegram: in order" in checked.stdout
        pid = bot.process.pid
        remark = f"remark: a bot runs on this database (process {pid}); port {bot.port} is taken to be its own"
        assert checked.stdout.splitlines()[-1] == remark
        groups[0].says(groups[0].people[0], "postbacks stopped")
        await asyncio.wait_for(_all_taken(api), 20)
        await asyncio.to_thread(until, lambda: groups[0].posts, what="the window")
        assert bot.get("/readyz")[0] == 200, "no second poller has shut it out"
        assert await asyncio.to_thread(bot.stop) == 0


async def test_pledge_check_says_what_it_found_before_it_ends_at_the_port_of_another_program(processes):
    async with installation(processes, "polling", 1) as (bot, _, _):
        await asyncio.to_thread(bot.stop)
        with socket.create_server(("127.0.0.1", bot.port)):
            checked = await asyncio.to_thread(_beside, bot, "check")
        assert checked.returncode == 69
        assert "telegram: in order" in checked.stdout
        assert "another program listens there" in checked.stderr


def _beside(bot: BotProcess, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bot", *words]
    return subprocess.run(command, cwd=bot.folder, env=bot.environment(), capture_output=True, text=True, timeout=60)


def _answers(bot: BotProcess) -> bool:
    try:
        return bot.get("/healthz")[0] == 200
    except OSError:
        return False
