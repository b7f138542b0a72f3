"""Answers against nudges through one real store: what was answered is not claimed any more; an edit moves nothing."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from stock import stock

from bot.app import receiver
from bot.desk.book import Book, Draft
from bot.desk.desk import Desk
from bot.sla.log import EventKind, Party
from bot.sla.plan import StepKind
from bot.sla.policy import NudgePlan
from bot.sla.policy_file import Catalog
from bot.store.steps import StepState
from bot.store.tx import Tx
from bot.text import Line, Rich, Text
from bot.watch import tick
from tests.harness import CATALOG, bot_in_a_box

TICKETS = pytest.mark.parametrize("tickets", [400, pytest.param(10_000, marks=pytest.mark.soak)])
OPENED, NUDGED = "2025-03-13T12:00+03:00", "2025-03-13T12:30:01+03:00"
SAID = Rich((Line((Text("said"),)),))


async def many(bot: Any, place: Path, count: int) -> list[int]:
    """That many copies of one open ticket; their ids."""
    await bot.say("acme", "acme/ann", "The export fails")
    await asyncio.to_thread(stock, place, count - 1, later_ms=0)
    rows = await bot.read(lambda tx: tx.connection.execute("SELECT id FROM ticket ORDER BY id").fetchall())
    return [row["id"] for row in rows]


@TICKETS
async def test_no_nudge_is_fired_or_claimed_after_the_commit_of_the_answer(tmp_path: Path, tickets: int) -> None:
    """F32. Each unit of work takes its place in `order` while it holds the store: that is the order of commits."""
    order: list[tuple[str, int]] = []
    chance = random.Random(32)

    def answer(tx: Tx, bot: Any, ticket_id: int) -> None:
        answered = Draft(EventKind.ANSWERED, Party.STAFF, person=1, data={"answers": "resolution"})
        bot.desk.book.record(tx, tx.tickets.get(ticket_id), [answered], bot.clock.now)
        order.append(("answered", ticket_id))

    def fire(tx: Tx, bot: Any) -> int:
        due = tx.due.together(bot.clock.now, 5)
        looked_at = tick(tx, bot.desk, bot.clock.now, 5)
        ended = [row for each in due for row in tx.steps.of_ticket(each.ticket.id) if row.kind is StepKind.NUDGE]
        order.extend(("fired", row.ticket_id) for row in ended if row.state is StepState.FIRED)
        return looked_at

    def claim(tx: Tx, bot: Any) -> None:
        for row in tx.outbox.claim("fake", 8, owner="test", now=bot.clock.now):
            riders = tx.outbox.riders(row.id)
            order.extend(("claimed", each.ticket_id or 0) for each in (row, *riders) if each.kind == "nudge")
            tx.outbox.mark_sent(row.id, row.token, f"p{row.id}", SAID, bot.clock.now)

    async def repeat(work: Any, until: asyncio.Event) -> None:
        while not until.is_set():
            await bot.store.write(work)
            await asyncio.sleep(0)

    place = tmp_path / "pledge.db"
    async with bot_in_a_box(OPENED, path=place) as bot:
        ids = await many(bot, place, tickets)
        bot.clock.now = bot.moment(NUDGED)
        chance.shuffle(ids)
        over = asyncio.Event()
        others = [asyncio.create_task(repeat(partial(work, bot=bot), over)) for work in (fire, claim)]
        for ticket_id in ids:
            await bot.store.write(partial(answer, bot=bot, ticket_id=ticket_id))
        over.set()
        await asyncio.gather(*others)
        while await bot.store.write(partial(fire, bot=bot)):
            pass
        await bot.store.write(partial(claim, bot=bot))
        fired = "SELECT count(*) FROM step WHERE state = 'fired' AND kind = 'nudge'"
        ((rows,),) = await bot.read(lambda tx: tx.connection.execute(fired).fetchall())
    assert rows == sum(what == "fired" for what, _ in order), "each was seen when it fired"
    answered_at = {ticket: n for n, (what, ticket) in enumerate(order) if what == "answered"}
    late = [(what, ticket) for n, (what, ticket) in enumerate(order) if what != "answered" and n > answered_at[ticket]]
    assert late == []
    claimed = {ticket for what, ticket in order if what == "claimed"}
    assert len(answered_at) == tickets and 0 < len(claimed) < tickets, "both sides won some of the races"


@TICKETS
async def test_an_edited_agreement_moves_no_step_of_an_open_ticket(tmp_path: Path, tickets: int) -> None:
    """F31: tickets keep the terms they were opened under."""
    place = tmp_path / "pledge.db"
    async with bot_in_a_box(OPENED, path=place) as bot:
        ids = await many(bot, place, tickets)
        before = _open_steps(place)
        entry = CATALOG.entries["redtrack-premium"]
        edited = {
            key: replace(policy, nudges=NudgePlan(shares=(0.1,), repeat_every=timedelta(minutes=1)), ladder=())
            for key, policy in entry.policies.items()
        }
        catalog = Catalog({**CATALOG.entries, "redtrack-premium": replace(entry, policies=edited)})
        bot.desk = Desk(
            catalog=catalog, words=bot.desk.words, registry=bot.desk.registry, rules=bot.desk.rules, new_id=iter_ids()
        )

        def touch(tx: Tx) -> None:
            book = Book(catalog)
            for ticket_id in ids:
                book.record(
                    tx, tx.tickets.get(ticket_id), [Draft(EventKind.NOTED, Party.STAFF, person=1)], bot.clock.now
                )

        await bot.store.write(touch)
        assert _open_steps(place) == before
        bot.receive = receiver(bot.store, bot.desk, bot.times)
        await bot.say("acme", "acme/ann", "/new another matter")
        rules = {rule for _, _, _, rule, _ in _open_steps(place) - before}
        assert "nudge 10 %" in rules and "nudge 50 %" not in rules, "new tickets have the new terms"


def _open_steps(place: Path) -> set[tuple[Any, ...]]:
    """Read beside the bot, whose own reads may not take as long as so many rows need."""
    with closing(sqlite3.connect(place)) as connection:
        found = connection.execute("SELECT ticket_id, kind, due_at, rule, version FROM step WHERE state = 'open'")
        return set(found.fetchall())


def iter_ids() -> Any:
    numbers = iter(range(1_000_000))
    return lambda: f"b{next(numbers)}"
