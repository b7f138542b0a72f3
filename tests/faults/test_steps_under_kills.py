"""F5 at length: a real bot dies again and again while steps fall due around the clock, and each acts exactly once."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest
from people import crowd_of
from process import BotProcess, until

LIVES_PER_TICKET = 4
AT_ONCE = 30  # tickets open at a time; the oldest is resolved by its client
SHORTEST, LONGEST = 0.5, 1.7  # a life, as parts of what the last start took until the first answer
_CALM_S = 600.0  # what was in the air in many deaths waits longer each time, five minutes at most


class Lives:
    """Short lives of one bot over one database, while business time runs on, also between them."""

    def __init__(self, bot: BotProcess, dice: random.Random, speed: int) -> None:
        self.bot = bot
        self.opened: list[str] = []
        self._dice = dice
        self._speed = speed
        self._start_s = 0.7

    def dies_young(self) -> None:
        """One life, ended by SIGKILL at a moment of its own: the sleep is that moment, and nothing is waited for."""
        self.bot.spawn()
        time.sleep(self._dice.uniform(SHORTEST, LONGEST) * self._start_s)
        self.bot.kill()

    def dies_after_a_visit(self) -> None:
        """One life in which a client opens a ticket, and resolves another; killed shortly after.

        Readiness is not waited for: with so many deaths in so short a time deliveries may well be late.
        """
        process, begun = self.bot.spawn(), time.monotonic()
        until(lambda: self._answers() or process.poll() is not None, within_s=60, what="the first answer")
        assert process.poll() is None, f"ended with {process.returncode}: {self.bot.stderr[-3000:]}"
        self._start_s = time.monotonic() - begun
        asyncio.run(self._visit())
        time.sleep(self._dice.uniform(0, LONGEST - 1) * self._start_s)
        self.bot.kill()

    def _answers(self) -> bool:
        try:
            return self.bot.get("/healthz")[0] == 200
        except OSError:
            return False

    async def _visit(self) -> None:
        client = self._dice.choice(("acme", "bolt"))
        async with crowd_of(self.bot) as crowd:
            person = await crowd.person(client, "ann")
            await person.say(f"/new Export {len(self.opened)} fails")
            ((ref,),) = self.bot.rows("SELECT max(ref) FROM ticket")
            self.opened.append(f"{client} T-{ref}")
            if len(self.opened) > AT_ONCE:
                client, oldest = self.opened[-AT_ONCE - 1].split()
                owner = await crowd.person(client, "bob")
                await owner.say(f"/resolve {oldest}")

    def rests(self) -> None:
        """The last life: time stands still, everything due is acted on and delivered."""
        self.bot.set_clock(self.now())
        self.bot.spawn()
        until(self.bot.is_alive, what="the last life")
        until(self.is_done, within_s=_CALM_S, what="every due step and its delivery")

    def is_done(self) -> bool:
        due = self.bot.rows("SELECT count(*) FROM step WHERE state = 'open' AND wake_at <= ?", _ms(self.now()))
        return due == [(0,)] and self.bot.unsent() == 0

    def runs(self, start: str) -> None:
        """Business time runs from `start` on, whether the bot lives or not."""
        machine = datetime.now(UTC)  # noqa: TID251 - the processes under test live in real machine time
        anchor = {"business": start, "machine": machine.isoformat(), "speed": self._speed}
        self.bot.set_clock(json.dumps(anchor))

    def now(self) -> datetime:
        """Business time as the bot reads it."""
        text = (self.bot.folder / "clock").read_text()
        if not text.startswith("{"):
            return datetime.fromisoformat(text)
        anchor = json.loads(text)
        passed = datetime.now(UTC) - datetime.fromisoformat(anchor["machine"])  # noqa: TID251 - as above
        return datetime.fromisoformat(anchor["business"]) + passed * anchor["speed"]


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


# At three business minutes in a second a step of what is open around the clock falls due in most lives.
@pytest.mark.parametrize(("kills", "speed"), [(12, 1800), pytest.param(500, 180, marks=pytest.mark.soak)])
def test_f5_killed_while_steps_fall_due_each_of_them_acts_exactly_once(bots: Any, kills: int, speed: int) -> None:
    bot = bots(clients=("acme", "bolt"))
    bot.lives_quickly()
    roster = bot.folder / "roster.toml"
    around_the_clock = 'agreement = "infopromo"\nplan = "enterprise"'
    roster.write_text(roster.read_text().replace('agreement = "redtrack-premium"', around_the_clock))
    lives, begun = Lives(bot, random.Random(20261122), speed), time.monotonic()
    lives.runs("2026-11-20T11:00:00+03:00")
    for number in range(kills):
        if number % LIVES_PER_TICKET == 0:
            lives.dies_after_a_visit()
        else:
            lives.dies_young()
    lives.rests()
    assert bot.stop() == 0
    _check_steps(bot)
    _check_posts(bot)
    ((acted,),) = bot.rows("SELECT count(*) FROM step WHERE state = 'fired'")
    print(f"{kills} kills, {len(lives.opened)} tickets, {acted} steps fired, {time.monotonic() - begun:.0f} s")
    assert acted > kills


def _check_steps(bot: BotProcess) -> None:
    """Every step has its row once, and it acted once or was passed over for a graver one of the same turn."""
    assert bot.rows("SELECT count(*) FROM step WHERE state = 'failed'") == [(0,)]
    had = Counter(bot.rows("SELECT clock_id, cycle, kind, n FROM step WHERE state IN ('fired', 'superseded')"))
    assert [step for step, times in had.items() if times > 1] == []
    breached = bot.rows(
        "SELECT count(*), count(DISTINCT ticket_id || json_extract(data, '$.metric') || json_extract(data, '$.cycle')) "
        "FROM event WHERE kind IN ('breached', 'fell_short')"
    )
    ((said, different),) = breached
    ((late,),) = bot.rows("SELECT count(*) FROM clock WHERE breached_at IS NOT NULL OR fell_short_at IS NOT NULL")
    assert said == different == late
    levels = bot.rows("SELECT ticket_id, json_extract(data, '$.level') FROM event WHERE kind = 'escalated'")
    assert len(levels) == len(set(levels)), "no level is called twice"
    # An hour after the opening of a ticket its acknowledgement has gone the whole way.
    gone = bot.rows(
        "SELECT c.id FROM clock c JOIN ticket t ON t.id = c.ticket_id WHERE t.status = 'open' AND c.state = 'running' "
        "AND c.metric = 'ACKNOWLEDGEMENT' AND c.due_at + 1800000 <= (SELECT max(fired_at) FROM step)"
    )
    whole = {("objective", 1), ("breach", 1), ("escalate", 1), ("escalate", 2), ("escalate", 3)}
    for (clock_id,) in gone:
        acts = {(kind, n) for clock, _, kind, n in had if clock == clock_id}
        assert acts >= whole, f"clock {clock_id}: {sorted(acts)}"


def _check_posts(bot: BotProcess) -> None:
    """Everything that was to be said was said once; what was told together is one post."""
    ((posts, different),) = bot.rows("SELECT count(*), count(DISTINCT outbox_id) FROM message WHERE direction = 'out'")
    assert posts == different
    unsaid = "SELECT dedupe_key FROM outbox o WHERE state = 'sent' AND rides_on IS NULL"
    assert bot.rows(f"{unsaid} AND NOT EXISTS (SELECT 1 FROM message m WHERE m.outbox_id = o.id)") == []
    # Posted just before a kill, and over or answered when the next life would have repeated it.
    said = "SELECT o.dedupe_key, o.state, o.ambiguous > 0 FROM message m JOIN outbox o ON o.id = m.outbox_id"
    assert {each[1:] for each in bot.rows(f"{said} WHERE o.state <> 'sent' OR rides_on IS NOT NULL")} <= {
        ("superseded", 1)
    }
    assert bot.rows("PRAGMA integrity_check") == [("ok",)]
    assert bot.rows("PRAGMA foreign_key_check") == []
