"""F1, F2, F4: real SIGKILLs while clients write; what was confirmed is kept, what is repeated is kept once."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from datetime import datetime
from typing import Any

import pytest
from people import Crowd, crowd_of
from process import BotProcess, until

from bot.text import from_json, plain

CLIENTS = ("acme", "bolt", "corp")
_LONGEST_BETWEEN_S = 0.008  # from a send to the kill: about as long as one takes from socket to commit


class Killer:
    """Kills the bot shortly after the n-th send for every n it was given, and starts it again over the same files."""

    def __init__(self, crowd: Crowd, dice: random.Random, at_sends: list[int]) -> None:
        self.kills = 0
        self._crowd = crowd
        self._dice = dice
        self._at_sends = sorted(at_sends, reverse=True)
        self._sends = 0
        self._reviving: asyncio.Task[None] | None = None
        crowd.on_sent = self.count

    def count(self) -> None:
        self._sends += 1
        if self._at_sends and self._sends >= self._at_sends[-1] and self._crowd.up.is_set():
            self._at_sends.pop()
            self._crowd.up.clear()
            asyncio.get_running_loop().call_later(self._dice.uniform(0, _LONGEST_BETWEEN_S), self._kill)

    def _kill(self) -> None:
        self._crowd.bot.kill()
        self.kills += 1
        self._reviving = asyncio.create_task(self._revive())

    async def _revive(self) -> None:
        await asyncio.to_thread(self._crowd.bot.start)
        self._crowd.up.set()

    async def done(self) -> None:
        if self._reviving is not None:
            await self._reviving


async def _write_under_fire(bot: BotProcess, *, messages: int, writers: int, kills: int, seed: int) -> list[int]:
    """Everybody's every message is confirmed in the end; the confirmed seqs, and how often the bot was killed."""
    dice = random.Random(seed)
    bot.start()
    async with crowd_of(bot) as crowd:
        people = [await crowd.person(CLIENTS[n % len(CLIENTS)], f"p{n}") for n in range(writers)]
        killer = Killer(crowd, dice, dice.sample(range(2, messages), kills))

        async def write(number: int) -> list[int]:
            mine = range(number, messages, writers)
            return [(await people[number].say(f"/new Export {n:04} fails"))["seq"] for n in mine]

        seqs = await asyncio.gather(*(write(number) for number in range(writers)))
        await killer.done()
        assert killer.kills == kills
        until(lambda: bot.unsent() == 0, within_s=60, what="the last delivery")
        for n, client in enumerate(CLIENTS):
            _check_history(client, await people[n].history())
    return [seq for each in seqs for seq in each]


def _check_history(client: str, entries: list[dict[str, Any]]) -> None:
    """What a client reads has no gap, nothing twice, and an answer to every word."""
    seqs = [entry["seq"] for entry in entries]
    assert seqs == sorted(set(seqs)), client
    texts = [plain(from_json(entry["body"])) for entry in entries]
    asked = [text for text in texts if text.startswith("/new")]
    assert len(set(asked)) == len(asked)
    assert len(texts) == 2 * len(asked), "a window for each"


def _check_rows(bot: BotProcess, messages: int) -> None:
    said = Counter(text for (text,) in bot.rows("SELECT text FROM message WHERE direction = 'in'"))
    assert said == {f"/new Export {n:04} fails": 1 for n in range(messages)}
    assert bot.rows("SELECT count(*), count(DISTINCT ref) FROM ticket") == [(messages, messages)]
    assert bot.rows("SELECT state, count(*) FROM inbox GROUP BY state") == [("done", messages)]
    windows = "SELECT count(*), count(DISTINCT ticket_id) FROM message WHERE direction = 'out' AND room_client_id > 0"
    assert bot.rows(windows) == [(messages, messages)]
    assert bot.rows("SELECT state, count(*) FROM outbox GROUP BY state") == [("sent", messages)]
    steps = "SELECT DISTINCT n FROM (SELECT count(*) AS n FROM step WHERE state = 'open' GROUP BY ticket_id)"
    assert len(bot.rows(steps)) == 1, "every ticket has its whole plan"
    assert bot.rows("PRAGMA integrity_check") == [("ok",)]
    assert bot.rows("PRAGMA foreign_key_check") == []


@pytest.mark.parametrize(
    ("messages", "writers", "kills"),
    [(150, 15, 10), pytest.param(1000, 60, 50, marks=pytest.mark.soak)],
)
async def test_f1_f4_messages_sent_while_the_bot_is_killed_become_one_ticket_each(bots, messages, writers, kills):
    bot = bots(clients=CLIENTS)
    confirmed = await _write_under_fire(bot, messages=messages, writers=writers, kills=kills, seed=20261122)
    assert len(confirmed) == messages
    assert bot.stop() == 0
    _check_rows(bot, messages)


# Under 001 one working hour from 11:00: nudges at half and at four fifths, where L1 is called too; the breach with L2;
# L3 a window later.
MOMENTS = ("11:30", "11:48", "12:00", "13:00")
EXPECTED = [("breach", 1), ("escalate", 1), ("escalate", 2), ("escalate", 3), ("nudge", 1), ("nudge", 2)]
TICKETS = 15


def test_f5_steps_due_while_the_bot_is_dead_go_out_once_within_4_s_of_the_last_start(bots):
    bot = bots()
    bot.start()
    asyncio.run(_open_tickets(bot, TICKETS))
    for moment in MOMENTS:
        bot.kill()
        before = _fired(bot)
        bot.set_clock(f"2026-11-20T{moment}:00+03:00")
        bot.spawn()
        until(lambda before=before: _fired(bot) > before, what="the first step after the start")
        bot.kill()  # what fired is committed; its deliveries are on their way
        assert bot.start() < 3
        until(lambda: _open_due(bot) == 0 and bot.unsent() == 0, within_s=4, what="every due step")
    assert bot.stop() == 0
    fired = "SELECT kind, n, count(*) FROM step WHERE state = 'fired' AND kind <> 'repeat' GROUP BY kind, n"
    assert sorted(bot.rows(fired)) == [(kind, n, TICKETS) for kind, n in EXPECTED]
    assert bot.rows("SELECT count(*) FROM event WHERE kind = 'breached'") == [(TICKETS,)]
    once = "count(DISTINCT room_id || ':' || COALESCE(ticket_id, 0) || body)"
    posted = f"SELECT count(*), {once} FROM message WHERE direction = 'out'"
    ((messages, different),) = bot.rows(posted)
    # Several notices may be one message.
    ((sent,),) = bot.rows("SELECT count(DISTINCT room_id || ':' || provider_id) FROM outbox WHERE state = 'sent'")
    assert messages == different == sent


async def _open_tickets(bot: BotProcess, count: int) -> None:
    async with crowd_of(bot) as crowd:
        person = await crowd.person("acme", "ann")
        for n in range(count):
            await person.say(f"/new Export {n} fails")


def _fired(bot: BotProcess) -> int:
    ((count,),) = bot.rows("SELECT count(*) FROM step WHERE state = 'fired'")
    return int(count)


def _open_due(bot: BotProcess) -> int:
    now = datetime.fromisoformat((bot.folder / "clock").read_text())
    sql = "SELECT count(*) FROM step WHERE state = 'open' AND due_at <= ?"
    ((count,),) = bot.rows(sql, int(now.timestamp() * 1000))
    return int(count)
