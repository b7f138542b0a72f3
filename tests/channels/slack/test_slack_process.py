"""A real bot, killed while Slack pushes events and takes posts: nothing lost, no ticket doubled, no post doubled."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from channels.slack.slack_api import APP_TOKEN, BOT_TOKEN, SECRET, SlackApi
from channels.slack.slack_box import ACME
from channels.slack.slack_rooms import Room
from faults.process import BotProcess, until

from bot.app import wall_clock
from bot.channels.slack.manifest import SCOPES

# Slack tries again at once, after 1 and after 5 minutes; here a minute is a second.
RETRIES = (timedelta(), timedelta(seconds=1), timedelta(seconds=5))
_LONGEST_BETWEEN_S = 0.01  # from a push or a post to the kill: about as long as one takes
_LOOK_S = 0.05


class Stage:
    """A Slack with many clients' channels, and one bot process that it pushes to."""

    def __init__(self, slack: SlackApi, bot: BotProcess, rooms: list[Room], kills_after: list[int], seed: int) -> None:
        """`kills_after`: how many moments of each life pass before it is ended; the last life lasts."""
        self.slack = slack
        self.bot = bot
        self.rooms = rooms
        self.kills = 0
        self._dice = random.Random(seed)
        self._kills_after = list(kills_after)
        self._moments = 0
        self.up = asyncio.Event()
        self.up.set()
        self._reviving: asyncio.Task[None] | None = None
        slack.pusher.on_push = self._count
        slack.on_call = lambda method: self._count() if method == "chat.postMessage" else None

    def _count(self) -> None:
        """Everything that goes over the wire is a moment to die at."""
        self._moments += 1
        if self.up.is_set() and self._kills_after and self._moments >= self._kills_after[-1]:
            self._kills_after.pop()
            self.up.clear()
            asyncio.get_running_loop().call_later(self._dice.uniform(0, _LONGEST_BETWEEN_S), self._kill)

    def _kill(self) -> None:
        self.bot.kill()
        self.kills += 1
        self._reviving = asyncio.create_task(self._revive())

    async def _revive(self) -> None:
        await asyncio.to_thread(self.bot.start)
        self._moments = 0
        self.up.set()

    async def all_done(self, events: int, *, within_s: float) -> None:
        """Until the last kill is over, every event is a ticket and every window is posted."""
        try:
            async with asyncio.timeout(within_s):
                while (
                    not self.up.is_set()
                    or _tickets(self.bot) < events
                    or self.bot.unsent()
                    or self.slack.pusher.waiting
                ):
                    await asyncio.sleep(_LOOK_S)
        except TimeoutError:
            left = self.bot.rows("SELECT state, error, count(*) FROM outbox GROUP BY state, error")
            told = f"{_tickets(self.bot)} tickets, {self.kills} kills, {left}, {len(self.slack.pusher.waiting)} waiting"
            raise AssertionError(f"not done: {told}, {len(self.slack.pusher.given_up)} given up") from None

    async def push_retries(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_S)
            await self.slack.pusher.retry_due()


@asynccontextmanager
async def stage(bot: BotProcess, mode: str, *, clients: int, kills_after: list[int], seed: int) -> AsyncIterator[Stage]:
    async with contextlib.AsyncExitStack() as stack:
        slack = await stack.enter_async_context(SlackApi(now=wall_clock, scopes=SCOPES, retries=RETRIES))
        rooms = [slack.channel(f"client{n}", slack.person(f"ann{n}", team=ACME).key) for n in range(clients)]
        bot.give_rooms("slack", {f"c{n}": room.id for n, room in enumerate(rooms)})
        bot.settings = {
            "PLEDGE_SLACK__BOT_TOKEN": BOT_TOKEN,
            "PLEDGE_SLACK__BASE_URL": slack.url,
            "PLEDGE_SLACK__MODE": mode,
            **({"PLEDGE_SLACK__SIGNING_SECRET": SECRET} if mode == "http" else {"PLEDGE_SLACK__APP_TOKEN": APP_TOKEN}),
        }
        if mode == "http":
            http = httpx.AsyncClient(base_url=bot.url, timeout=10)
            slack.events_to(await stack.enter_async_context(http))
        await asyncio.to_thread(bot.start)
        made = Stage(slack, bot, rooms, kills_after, seed)
        retries = asyncio.create_task(made.push_retries())
        try:
            yield made
        finally:
            slack.pusher.on_push = lambda: None
            slack.on_call = lambda method: None
            retries.cancel()
            await asyncio.gather(retries, return_exceptions=True)
            if bot.process is not None:
                bot.kill()


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[BotProcess]:
    made = BotProcess(tmp_path / "bot")
    yield made
    made.end()


@pytest.mark.parametrize("mode", ["http", "socket"])
@pytest.mark.parametrize(
    ("events", "clients", "kills"),
    [(100, 25, 5), pytest.param(1000, 100, 50, marks=pytest.mark.soak)],
)
async def test_f1_f4_events_pushed_while_the_bot_is_killed_become_one_ticket_and_one_post_each(
    bot: BotProcess, mode: str, events: int, clients: int, kills: int
) -> None:
    seed = 20261122
    # What is written to a dead bot brings the next life few moments to die at, so not much is written at a time.
    share = events // kills // 4
    dice, turn = random.Random(seed), asyncio.Semaphore(share)
    kills_after = [dice.randint(1, share) for _ in range(kills)]
    async with stage(bot, mode, clients=clients, kills_after=kills_after, seed=seed) as world:

        async def write(room_number: int) -> None:
            for number in range(room_number, events, clients):
                async with turn:
                    await world.up.wait()
                    await world.rooms[room_number].says(f"ann{room_number}", f"@Pledge new export {number:04} fails")

        await asyncio.gather(*(write(number) for number in range(clients)))
        await world.all_done(events, within_s=60 + events / 10 + 5 * kills)
        await world.slack.settled()
        assert world.kills == kills
        assert world.slack.faults == []
        _check_slack(world, events)
    _check_rows(bot, events)


def _tickets(bot: BotProcess) -> int:
    ((count,),) = bot.rows("SELECT count(*) FROM ticket")
    return int(count)


def _check_slack(world: Stage, events: int) -> None:
    """Every channel reads one window for each of its requests, in the thread of the request."""
    posts = [post for room in world.rooms for post in room.posts]
    assert len(posts) == events
    assert len({post.oid for post in posts}) == events
    for room in world.rooms:
        asked = {message.ts for message in room.messages if message.bot_id is None}
        assert Counter(post.thread for post in room.posts) == dict.fromkeys(asked, 1)


def _check_rows(bot: BotProcess, events: int) -> None:
    said = Counter(text for (text,) in bot.rows("SELECT text FROM message WHERE direction = 'in'"))
    assert len(said) == events
    assert set(said.values()) == {1}
    assert bot.rows("SELECT count(*), count(DISTINCT ref) FROM ticket") == [(events, events)]
    assert dict(bot.rows("SELECT state, count(*) FROM inbox GROUP BY state")) == {"done": events}
    assert bot.rows("SELECT count(*) FROM outbox WHERE state NOT IN ('sent', 'superseded')") == [(0,)]
    assert bot.rows("PRAGMA integrity_check") == [("ok",)]


async def test_a_bot_without_slack_starts_and_catches_up_when_it_is_there(bot: BotProcess) -> None:
    """Slack is down when the bot starts: it runs all the same, and posts when it can."""
    async with stage(bot, "http", clients=1, kills_after=[], seed=1) as world:
        bot.kill()
        await world.slack.go_down()
        await asyncio.to_thread(bot.start)
        await world.rooms[0].says("ann0", "postbacks stopped")
        assert _tickets(bot) == 1
        await world.slack.come_back()
        await asyncio.to_thread(until, lambda: bot.unsent() == 0, within_s=40, what="the window")
        assert len(world.rooms[0].posts) == 1
        assert bot.stop() == 0
        for secret in (BOT_TOKEN, SECRET):
            assert secret not in bot.stderr


@pytest.mark.parametrize("rounds", [10, pytest.param(100, marks=pytest.mark.soak)])
async def test_f22_giant_bodies_and_a_long_outage_leave_the_memory_as_it_is(bot: BotProcess, rounds: int) -> None:
    """What waits for Slack waits in rows: it is not held in memory, however long that takes."""
    giant = b'{"type": "event_callback", "x": "' + b"x" * 10_000_000 + b'"}'
    async with stage(bot, "http", clients=20, kills_after=[], seed=1) as world:
        await _write(world, 5, "warming up")
        http = world.slack.pusher.http
        assert http is not None
        before = _memory_mb(bot)
        for _ in range(10):
            begun = asyncio.get_running_loop().time()
            with contextlib.suppress(httpx.NetworkError):  # it is refused before all of it is sent
                answer = await http.post("/slack/events", content=giant, headers=world.slack.pusher.signed(giant))
                assert answer.status_code == 413
            assert asyncio.get_running_loop().time() - begun < 1
        assert _memory_mb(bot) - before < 5
        await world.slack.go_down()
        await _write(world, 5, "it fails")
        early = _memory_mb(bot)
        await _write(world, rounds, "it fails still")
        assert bot.unsent() >= 20 * rounds
        grown = _memory_mb(bot) - early
        assert grown < 5, f"{early} MB, {grown} more after {20 * rounds} further messages"
        await world.slack.come_back()


async def _write(world: Stage, times: int, words: str) -> None:
    for number in range(times):
        said = (room.says(f"ann{n}", f"@Pledge new {words} {number}") for n, room in enumerate(world.rooms))
        await asyncio.gather(*said)


def _memory_mb(bot: BotProcess) -> float:
    """What the process holds of the machine's memory."""
    assert bot.process is not None
    pages = int(Path(f"/proc/{bot.process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


async def test_a_bot_that_is_told_to_stop_under_load_leaves_nothing_in_doubt(bot: BotProcess) -> None:
    async with stage(bot, "http", clients=20, kills_after=[], seed=1) as world:
        says: list[Any] = [room.says(f"ann{n}", "@Pledge new export fails") for n, room in enumerate(world.rooms)]
        await asyncio.gather(*says)
        assert await asyncio.to_thread(bot.stop) == 0
        assert bot.rows("SELECT count(*) FROM outbox WHERE state = 'unknown'") == [(0,)]
        posted = Counter(post.oid for room in world.rooms for post in room.posts)
        assert set(posted.values()) <= {1}
        await asyncio.to_thread(bot.start)
        await asyncio.to_thread(until, lambda: bot.unsent() == 0, within_s=20, what="the rest")
        assert sum(len(room.posts) for room in world.rooms) == 20
