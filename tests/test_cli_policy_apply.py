"""`pledge policy apply --open-tickets`: an edited agreement reaches tickets that are open, when an operator says so.

Poologics in all but name: a response in four hours of work, then in two or six. It is Monday morning in Berlin.
"""

from __future__ import annotations

import sqlite3
from functools import partial

import pytest
from click.testing import CliRunner
from harness import bot_in_a_box, client

from bot.cli import main
from bot.cli import open_tickets as parts
from bot.sla.log import EventKind
from bot.sla.plan import StepKind
from bot.sla.policy import Metric
from bot.sla.policy_file import load_folder
from bot.store.queries import load
from bot.store.steps import StepState
from bot.store.sync import SyncStore, open_sync
from bot.store.tx import make_tx

MONDAY = "2026-11-16T09:00+01:00"
TERMS = """
id = "ours"
name = "Our support"
version = "{within}"
source = "ours"
response_counts = ["reply"]

[calendar]
zone = "Europe/Berlin"
working_day = "8h"
hours = {{ mon = "09:00-17:00", tue = "09:00-17:00", wed = "09:00-17:00", thu = "09:00-17:00", fri = "09:00-17:00" }}

[priorities.medium]
response = {{ kind = "commitment", objective = "{objective}", within = "{within}" }}

[[ladder.rungs]]
level = 1
at = "objective"
role = "technician"
name = "Second line"
"""
ACME = client(agreement="ours", zone="Europe/Berlin")


class Place:
    """A folder with a database, the agreement and a clock; the bot and the shell use it in turns."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "policies").mkdir()
        self.agree("4h")
        self.at(MONDAY)

    def agree(self, within, objective="1h"):
        text = TERMS.format(within=within, objective=objective)
        (self.folder / "policies" / "ours.toml").write_text(text, encoding="utf-8")

    def at(self, moment):
        (self.folder / "clock").write_text(moment, encoding="utf-8")

    def bot(self, at):
        self.at(at)
        return bot_in_a_box(at, ACME, path=self.folder / "pledge.db", catalog=load_folder(self.folder / "policies"))

    def apply(self, *more):
        result = CliRunner().invoke(main, ["policy", "apply", "--open-tickets", "ours", *more])
        return result.exit_code, result.output.splitlines() + result.stderr.splitlines() * (result.exit_code != 0)

    def store(self):
        return open_sync(self.folder / "pledge.db", partial(make_tx, load()))


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLEDGE_DATABASE", f"sqlite:///{tmp_path / 'pledge.db'}")
    monkeypatch.setenv("PLEDGE_POLICIES", str(tmp_path / "policies"))
    monkeypatch.setenv("PLEDGE_CLOCK__FILE", str(tmp_path / "clock"))
    return Place(tmp_path)


async def response(bot, reference="T-42"):
    return await bot.timed(reference, Metric.RESPONSE)


def steps_of(bot):
    return bot.read(lambda tx: tx.steps.of_ticket(1))


async def test_an_edited_text_reaches_open_tickets_only_when_an_operator_says_so(place):
    async with place.bot(MONDAY) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
    place.agree("6h")
    async with place.bot("2026-11-16T09:10+01:00") as bot:
        await bot.settle()
        assert (await response(bot)).due_at == bot.moment("2026-11-16T13:00+01:00")
        assert place.apply("--yes")[0] == 0
        assert (await response(bot)).due_at == bot.moment("2026-11-16T15:00+01:00")
        await bot.forward(to="2026-11-16T13:30+01:00")
        assert (await response(bot)).breached_at is None


async def test_a_client_who_is_answered_sooner_by_the_new_text_is_told_before_it_can_be_missed(place):
    async with place.bot(MONDAY) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
    place.agree("2h")
    assert place.apply("--yes")[0] == 0
    async with place.bot("2026-11-16T09:10+01:00") as bot:
        await bot.settle()
        assert bot.posts("acme") == [
            "Due 11:00 Berlin (in 1 h 50 min) from now on, sooner than you were told: the agreement has changed. T-42."
        ]
        await bot.forward(to="2026-11-16T11:01+01:00")
        assert "We missed 11:00 Berlin" in bot.last("acme")


async def test_a_dry_run_shows_what_would_move_and_moves_nothing(place):
    async with place.bot(MONDAY) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("acme", "acme/ann", "/new nothing is tracked")
        await bot.say("dm:mia", "mia", "/resolve T-43")
    place.agree("6h")
    assert place.apply("--dry-run") == (0, ["T-42: response 2026-11-16T12:00Z -> 2026-11-16T14:00Z"])
    async with place.bot("2026-11-16T09:10+01:00") as bot:
        assert (await response(bot)).due_at == bot.moment("2026-11-16T13:00+01:00")
        assert EventKind.TERMS_CHANGED not in [e.kind for e in (await bot.page("T-42")).log]


async def test_without_somebody_to_ask_nothing_is_changed_unless_yes_is_said(place):
    async with place.bot(MONDAY) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
    place.agree("6h")
    status, lines = place.apply()
    assert status == 2
    assert "say --yes to apply this" in "\n".join(lines)


async def test_saying_it_again_changes_nothing_and_tells_nobody(place):
    async with place.bot(MONDAY) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
    place.agree("6h")
    assert place.apply("--yes")[1][-2] == "1 ticket changed"
    assert place.apply("--yes") == (0, ["nothing to change"])
    async with place.bot("2026-11-16T09:10+01:00") as bot:
        await bot.settle()
        assert bot.posts("dm:lea") == [
            "Our support: 1 open ticket goes on under the present text; of 1 a moment due has moved."
        ]
        assert bot.posts("acme") == []
        assert [e.kind for e in (await bot.page("T-42")).log].count(EventKind.TERMS_CHANGED) == 1


async def test_what_has_fired_does_not_fire_again_and_no_step_of_the_old_plan_fires(place):
    """Nudged at 50 % (11:00) and called in at the objective (10:00); six hours end at 15:00."""
    async with place.bot(MONDAY) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.forward(to="2026-11-16T11:10+01:00")
    place.agree("6h", objective="3h")
    place.at("2026-11-16T11:10+01:00")
    assert place.apply("--yes")[0] == 0
    async with place.bot("2026-11-16T11:10+01:00") as bot:
        await bot.forward(to="2026-11-16T16:00+01:00")
        fired = [s for s in await steps_of(bot) if s.state is StepState.FIRED and s.kind is not StepKind.REPEAT]
        assert sorted(((s.kind, s.n, s.due_at) for s in fired), key=lambda each: (each[2], each[0])) == [
            (StepKind.ESCALATE, 1, bot.moment("2026-11-16T10:00+01:00")),
            (StepKind.OBJECTIVE, 1, bot.moment("2026-11-16T10:00+01:00")),
            (StepKind.NUDGE, 1, bot.moment("2026-11-16T11:00+01:00")),
            (StepKind.NUDGE, 2, bot.moment("2026-11-16T13:48+01:00")),
            (StepKind.BREACH, 1, bot.moment("2026-11-16T15:00+01:00")),
        ]


async def test_nobody_is_late_by_a_text_that_came_afterwards(place):
    """Two hours would have ended at 11:00; what was promised at nine stays promised."""
    async with place.bot(MONDAY) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
    place.agree("2h")
    place.at("2026-11-16T12:00+01:00")
    assert place.apply("--yes")[1][0] == "T-42: nothing moves"
    async with place.bot("2026-11-16T12:00+01:00") as bot:
        await bot.settle()
        clock = await response(bot)
        assert (clock.due_at, clock.breached_at) == (bot.moment("2026-11-16T13:00+01:00"), None)


async def test_what_is_late_stays_late(place):
    async with place.bot(MONDAY) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.forward(to="2026-11-16T13:30+01:00")
    place.agree("6h")
    place.at("2026-11-16T13:30+01:00")
    assert place.apply("--yes")[1][0] == "T-42: nothing moves"
    async with place.bot("2026-11-16T13:40+01:00") as bot:
        assert (await response(bot)).breached_at == bot.moment("2026-11-16T13:00+01:00")
        assert EventKind.BREACH_VOIDED not in [e.kind for e in (await bot.page("T-42")).log]


async def test_what_is_over_was_judged_by_the_text_before(place):
    """Answered after an hour and a half, late after four hours and a half: one hour or six make it no other."""
    async with place.bot(MONDAY) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("acme", "acme/ann", "/new nothing is tracked")
        await bot.forward(to="2026-11-16T10:30+01:00")
        await bot.say("dm:mia", "mia", "/eta T-42 friday 12:00")
        await bot.forward(to="2026-11-16T13:30+01:00")
        await bot.say("dm:mia", "mia", "/eta T-43 friday 12:00")
    place.at("2026-11-16T13:40+01:00")
    for within in ("1h", "6h"):
        place.agree(within)
        assert place.apply("--yes")[0] == 0
    async with place.bot("2026-11-16T13:50+01:00") as bot:
        assert (await response(bot, "T-42")).late_at is None
        assert (await response(bot, "T-43")).breached_at == bot.moment("2026-11-16T13:00+01:00")
        for reference in ("T-42", "T-43"):
            log = [e.kind for e in (await bot.page(reference)).log]
            assert log.count(EventKind.BREACH_VOIDED) == 0
            assert log.count(EventKind.TERMS_CHANGED) == 2


async def test_killed_on_the_way_it_is_whole_after_being_said_again(place, monkeypatch):
    async with place.bot(MONDAY) as bot:
        for n in range(7):
            await bot.say("acme", "acme/ann", f"/new matter number {n}")
    place.agree("6h")
    monkeypatch.setattr(parts, "PART", 3)
    written = SyncStore.write

    units = []

    def dies(store, work):
        units.append(work)
        if len(units) == 2:
            raise KeyboardInterrupt
        return written(store, work)

    monkeypatch.setattr(SyncStore, "write", dies)
    assert place.apply("--yes")[0] != 0
    monkeypatch.setattr(SyncStore, "write", written)
    assert len([line for line in place.apply("--dry-run")[1] if "->" in line]) == 4
    assert place.apply("--yes")[1][-2] == "4 tickets changed"
    assert place.apply("--yes") == (0, ["nothing to change"])
    async with place.bot("2026-11-16T09:10+01:00") as bot:
        for n in range(7):
            page = await bot.page(f"T-{42 + n}")
            assert [e.kind for e in page.log].count(EventKind.TERMS_CHANGED) == 1
            assert page.ticket.due_at == bot.moment("2026-11-16T15:00+01:00")
        steps = await bot.read(lambda tx: [s for n in range(1, 8) for s in tx.steps.of_ticket(n)])
        await bot.settle()
        assert len(bot.posts("dm:lea")) == 2, "once a run"
        due = [s.due_at for s in steps if s.kind is StepKind.BREACH and s.state is StepState.OPEN]
        assert due == [bot.moment("2026-11-16T15:00+01:00")] * 7


async def test_every_ticket_that_is_changed_stands_in_the_audit(place):
    async with place.bot(MONDAY) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
    place.agree("6h")
    place.apply("--yes")
    rows = sqlite3.connect(place.folder / "pledge.db").execute("SELECT who, what FROM audit ORDER BY id DESC LIMIT 1")
    assert rows.fetchone() == ("shell", "T-42 put under the present text of ours")


async def test_a_priority_that_is_gone_from_the_text_is_named(place):
    async with place.bot(MONDAY) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
    result = CliRunner().invoke(main, ["policy", "apply", "--open-tickets", "other", "--yes"])
    assert result.exit_code != 0
    assert 'no agreement "other"' in result.stderr
