"""The ledger of promised moments: kept, moved in time, moved too late, broken; the same figures wherever it is read."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from harness import bot_in_a_box, client

from bot.cli.etas import Ledger, as_data, lines
from bot.desk.eta_ledger import promised
from bot.desk.views import ticket_view

NOON = "2025-03-18T12:00+03:00"


async def story(bot):
    """T-42: moved in time, then kept. T-43: moved after it had passed, then broken."""
    await bot.say("acme", "acme/ann", "postbacks stopped")
    await bot.say("dm:mia", "mia", "/eta T-42 14:00")
    await bot.forward(to="2025-03-18T13:00+03:00")
    await bot.say("dm:mia", "mia", "/eta T-42 15:00 the vendor is slow")
    await bot.forward(to="2025-03-18T14:30+03:00")
    await bot.say("dm:mia", "mia", "/resolve T-42")
    await bot.say("bolt", "bolt/ann", "clicks are missing")
    await bot.say("dm:mia", "mia", "/eta T-43 15:00")
    await bot.forward(to="2025-03-18T15:30+03:00")
    await bot.say("dm:mia", "mia", "/eta T-43 16:00 it takes longer")
    await bot.forward(to="2025-03-18T17:00+03:00")


async def test_the_ledger_of_a_period_counts_and_names_what_was_not_kept():
    async with bot_in_a_box(NOON, client(), client("bolt")) as bot:
        await story(bot)
        await bot.say("team:support", "lea", "/sla etas")
        assert bot.last("team:support").splitlines() == [
            "Given since Sun 16 Feb 17:00 GMT+3:",
            "ETAs: 1 kept, 2 moved, 2 broken, 0 open.",
            "T-43 Bolt: 16:00 GMT+3 broken.",
            "T-43 Bolt: 15:00 GMT+3 broken, moved only at 15:30 GMT+3.",
            "T-42 Acme: 14:00 GMT+3 moved, told at 13:00 GMT+3.",
        ]
        await bot.say("team:support", "lea", "/sla etas client acme week")
        assert "ETAs: 1 kept, 1 moved, 0 broken, 0 open." in bot.last("team:support")
        await bot.say("team:support", "lea", "/sla")
        assert bot.last("team:support").endswith("ETAs: 1 kept, 2 moved, 2 broken, 0 open.")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("client nobody", "There is no client with the id 'nobody'. This works: /sla etas client acme 30d."),
        ("whenever", "'whenever' is no period. This works: /sla etas client acme 30d."),
        ("0d", "'0d' is no period. This works: /sla etas client acme 30d."),
        ("1d", "No ETA was given since Mon 17 Mar 12:00 GMT+3."),
    ],
)
async def test_what_cannot_be_read_is_answered_with_what_works(asked, said):
    async with bot_in_a_box(NOON) as bot:
        await bot.say("team:support", "lea", f"/sla etas {asked}")
        assert bot.last("team:support") == said


async def test_an_eta_about_to_pass_is_asked_about_before_so_that_the_client_hears_in_time():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("dm:mia", "mia", "/eta T-42 15:00")
        await bot.forward(to="2025-03-18T15:00+03:00")
        told = [line for line in bot.diary("Etc/GMT-3") if "ETA 15:00" in line or "has passed" in line]
        assert [line.partition(" (")[0] for line in told] == [
            "Tue 14:24 mia: ETA 15:00 GMT+3",
            "Tue 14:30 mia: ETA 15:00 GMT+3",
            "Tue 15:00 mia: ETA 15:00 GMT+3 has passed: give a new one with its reason. T-42.",
            "Tue 15:00 acme: Next word by 08:30 New York",
        ]


async def test_the_same_ledger_as_data_as_lines_and_on_the_board():
    async with bot_in_a_box(NOON, client(), client("bolt")) as bot:
        await story(bot)
        now, since = bot.clock.now, bot.moment("2025-03-01T00:00+00:00")
        found = await bot.read(lambda tx: promised(tx, bot.desk.book, since, now, now))
        ledger = Ledger(since, now, found)
        data = json.loads(json.dumps(as_data(ledger)))
        assert {name: data[name] for name in ("kept", "moved", "broken", "open")} == {
            "kept": 1,
            "moved": 2,
            "broken": 2,
            "open": 0,
        }
        late = [each for each in data["etas"] if each["ticket"] == "T-43"]
        assert [(each["outcome"], each["told_before"]) for each in late] == [("broken", False), ("broken", None)]
        assert next(iter(lines(ledger))) == "ETAs: 1 kept, 2 moved, 2 broken, 0 open"
        view = await bot.read(lambda tx: ticket_view(tx, bot.desk.book, 43, now))
        assert [entry.outcome.value for entry in view.etas] == ["broken", "broken"]


def test_a_client_that_is_none_is_named_by_the_command_line(tmp_path, monkeypatch):
    from bot.cli import main

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLEDGE_DATABASE", f"sqlite:///{tmp_path}/pledge.db")
    said = CliRunner().invoke(main, ["sla", "etas", "--json"])
    assert said.exit_code == 0, said.output
    assert json.loads(said.output)["etas"] == []
    said = CliRunner().invoke(main, ["sla", "etas", "--client", "nobody"])
    assert said.exit_code != 0
    assert 'no client "nobody"' in said.output
