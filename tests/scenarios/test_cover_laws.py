"""The law of cover: at every moment exactly one person answers for an open ticket, or the alarm is there."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

import pytest
from harness import bot_in_a_box

from bot.desk.staff.cover import answers, unanswered
from bot.duty import Origin
from bot.people import Person
from bot.sla.policy import Metric
from bot.store.tx import Tx

THURSDAY = "2025-11-20T12:00+03:00"
NAMES = ("mia", "ben", "tom", "sue", "lea")
ORDER = ("mia", "ben", "lea")  # the client's manager, his backup, the lead


def random_absences(tx: Tx, chance: random.Random, now: datetime) -> dict[str, list[tuple[datetime, datetime | None]]]:
    """A few absences of anybody within two weeks, some open, some ended early; as spans that really hold."""
    held: dict[str, list[tuple[datetime, datetime | None]]] = {name: [] for name in NAMES}
    for _ in range(chance.randint(0, 12)):
        name = chance.choice(NAMES)
        person = tx.people.person_by_key(name)
        assert person is not None
        start = now + timedelta(hours=chance.randint(0, 14 * 24))
        end = None if chance.random() < 0.15 else start + timedelta(hours=chance.randint(1, 120))
        number = tx.duty.add_absence(person.id, start, end, now, origin=Origin.CHAT)
        if chance.random() < 0.2:
            back = start + timedelta(hours=chance.randint(-3, 60))
            tx.duty.end_absence(number, back)
            end = back if end is None else min(end, back)
        held[name].append((start, end))
    return held


def is_away(spans: list[tuple[datetime, datetime | None]], at: datetime) -> bool:
    return any(start <= at and (end is None or at < end) for start, end in spans)


@pytest.mark.parametrize("seed", range(12))
async def test_at_every_moment_one_person_answers_or_the_alarm_is_there(seed: int) -> None:
    chance = random.Random(seed)
    async with bot_in_a_box(THURSDAY) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        due = (await bot.timed("T-42", Metric.RESPONSE)).due_at
        held = await bot.store.write(lambda tx: random_absences(tx, chance, bot.clock.now))
        ticket = (await bot.page("T-42")).ticket
        edges = [at for spans in held.values() for span in spans for at in span if at is not None]
        around = [at + timedelta(seconds=each) for at in edges for each in (-1, 0, 1)]
        for at in sorted(at for at in around if at >= bot.clock.now):

            def look(tx: Tx, at: datetime = at) -> tuple[Person | None, list[Any]]:
                covered = answers(tx, ticket, at)
                return (None if covered is None else covered.person), unanswered(tx, at)

            who, alarm = await bot.read(look)
            there = [name for name in ORDER if not is_away(held[name], at)]
            assert (who.key if who else None) == (there[0] if there else None), at
            assert bool(alarm) is (who is None), at
        assert (await bot.timed("T-42", Metric.RESPONSE)).due_at == due


@pytest.mark.parametrize("seed", range(6))
async def test_every_absence_is_handed_over_and_taken_back_at_most_once(seed: int) -> None:
    chance = random.Random(100 + seed)
    async with bot_in_a_box(THURSDAY) as bot:
        await bot.say("acme", "acme/ann", "/new the report is empty")
        await bot.store.write(lambda tx: random_absences(tx, chance, bot.clock.now))
        await bot.forward(by=timedelta(days=25))
        keys = await bot.read(
            lambda tx: [row[0] for row in tx.connection.execute("SELECT dedupe_key FROM outbox").fetchall()]
        )
        assert len(keys) == len(set(keys))
        to_client = [post for post in bot.posts("acme") if "Every time we named stays" in post]
        spells = [key for key in keys if key.startswith("cover:")]
        assert len(to_client) == len(spells)
        left = await bot.read(lambda tx: tx.duty.due(bot.clock.now))
        assert left == []
