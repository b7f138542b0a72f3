"""A week under each agreement, with a weekend, a change of clocks and a holiday: who is told what, and when, is what
docs/agreements says, worked out by hand.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from harness import STAFF, Bot, bot_in_a_box, client

from bot.sla.policy_file import load_file
from bot.store.times import from_ms
from bot.store.tx import Tx

PAGES = Path(__file__).parents[2] / "docs" / "agreements"
ASLEEP = 'nudges = {{ quiet = "{}" }}'
ON_CALL = """
[[oncall]]
id = "nights"
people = ["mia", "ben"]
hand_over = "mon 09:00"
zone = "Europe/Berlin"
starts = 2025-10-20
"""
_SAID = re.compile(r'(\w+): "(.*)"')


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a page: `what` is said or happens at `at`, to `to` ("-" for what people say to us)."""

    at: datetime
    what: str
    to: str

    def __str__(self) -> str:
        return f"{self.at:%a %m-%d %H:%M:%S} {self.what} -> {self.to}"


@dataclass(frozen=True, slots=True)
class Week:
    """A page's week: its zone, the operator's own days as a policy file, and its lines."""

    zone: ZoneInfo
    policy: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Cast:
    """What the roster says besides the staff of the harness; where Mia lives, and when she sleeps."""

    zone: str
    quiet: str
    plan: str = ""
    more: str = ""

    def roster(self) -> str:
        home = f'name = "Mia"\nrole = "manager"\nzone = "{self.zone}"\n{ASLEEP.format(self.quiet)}'
        return STAFF.replace('name = "Mia"\nrole = "manager"\nzone = "Etc/GMT-3"', home) + self.more


CASTS = {
    "redtrack": Cast("America/New_York", "22:00-07:00"),
    "redtrack-premium": Cast("Europe/Berlin", "18:00-08:30", more=ON_CALL),
    "tactful": Cast("Etc/GMT-3", "17:00-10:30", plan="priority"),
    "infopromo": Cast("Europe/Berlin", "22:00-07:00", plan="enterprise"),
    "poologics": Cast("Etc/GMT-3", "22:00-07:00"),
}


def week_of(page: Path) -> Week:
    """The section of a page that works out a week."""
    text = page.read_text("utf-8").split("## A week, worked by hand: ")[1].split("\n## ")[0]
    year, zone = text[:4], ZoneInfo(re.findall(r"Times in ([\w/+-]+)", text)[0])
    lines = [line for line in text.splitlines() if re.match(r"\| \w{3} \d\d-\d\d ", line)]
    return Week(zone, text.split("```toml\n")[1].split("```")[0], tuple(read_row(line, year, zone) for line in lines))


def read_row(line: str, year: str, zone: ZoneInfo) -> Row:
    moment, what, to, derivation = (cell.strip() for cell in line.strip().strip("|").split(" | "))
    weekday, day, clock = moment.split()
    at = datetime.fromisoformat(f"{year}-{day}T{clock}").replace(tzinfo=zone)
    assert f"{at:%a}" == weekday, f"{moment}: that day is a {at:%a}"
    assert derivation, f"{moment}: {what} is not derived"
    return Row(at, what, to)


def told(tx: Tx, zone: ZoneInfo) -> Iterator[Row]:
    """Everything that steps and levels have said to staff and that went out, as lines of a page."""
    looked = tx.connection.execute(
        "SELECT o.dedupe_key AS key, o.created_at AS at, r.ext_id AS room, t.ref AS ref FROM outbox o "
        "JOIN room r ON r.id = o.room_id JOIN ticket t ON t.id = o.ticket_id WHERE o.state = 'sent' ORDER BY o.id"
    ).fetchall()
    clocks = {row["id"]: row for row in tx.connection.execute("SELECT id, metric, kind FROM clock").fetchall()}
    for row in looked:
        what = _named(row["key"], f"T-{row['ref']}", clocks)
        if what is not None:
            yield Row(from_ms(row["at"]).astimezone(zone), what, row["room"].removeprefix("dm:"))


def _named(key: str, ref: str, clocks: dict[int, Any]) -> str | None:
    """What a delivery's key stands for; None for words to the client and everything that is no step."""
    if key.endswith(":client"):
        return None
    if level := re.fullmatch(r"esc:\d+:\d+:(L\d)(:again\d+)?:staff(?::\d+)?", key):
        return f"{level[1]}{' again' if level[2] else ''} of {ref}"
    if key.startswith("esc-nobody:"):
        return f"nobody took it up, {ref}"
    if step := re.fullmatch(r"(nudge|objective|breach|repeat):(\d+):(\d+):v\d+(?::\d+)?", key):
        clock = clocks[int(step[2])]
        late = "breach" if clock["kind"] == "commitment" else "shortfall"
        name = {"breach": late, "repeat": f"reminder {step[3]}"}.get(step[1], step[1])
        return f"{name} of {clock['metric'].lower()}, {ref}"
    return None


def summed_up(rows: list[Row]) -> list[Row]:
    """Reminders of one clock to one person on one day as one line, as the pages write longer rows of them."""
    runs: dict[tuple[Any, ...], list[tuple[int, Row]]] = defaultdict(list)
    others = []
    for row in rows:
        if found := re.fullmatch(r"reminder (\d+) of (.*)", row.what):
            runs[found[2], row.to, row.at.date()].append((int(found[1]), row))
        else:
            others.append(row)
    for (subject, to, _), run in runs.items():
        (first, opening), (last, closing) = run[0], run[-1]
        assert [n for n, _ in run] == list(range(first, last + 1)), f"reminders of {subject}: {run}"
        what = f"reminders {first} to {last} of {subject}, until {closing.at:%H:%M}" if last > first else None
        others.append(Row(opening.at, what or opening.what, to))
    return others


async def act(bot: Bot, row: Row) -> None:
    """Somebody says what the page says: commands of staff in the direct chat, all else in the client's room."""
    said = _SAID.fullmatch(row.what)
    assert said, f"{row}: nobody says that"
    who, words = said.groups()
    if who == "ann":
        await bot.say("acme", "acme/ann", words)
    else:
        await bot.say(f"dm:{who}" if words.startswith("/") else "acme", who, words)


@pytest.mark.parametrize("agreement", CASTS)
async def test_a_week_goes_as_worked_out_by_hand(agreement: str, tmp_path: Path) -> None:
    week, cast = week_of(PAGES / f"{agreement}.md"), CASTS[agreement]
    file = tmp_path / "week.toml"
    file.write_text(week.policy)
    said = [row for row in week.rows if row.to == "-"]
    acme = client(agreement="week", plan=cast.plan)
    async with bot_in_a_box(said[0].at, acme, catalog=load_file(file), staff=cast.roster()) as bot:
        for row in said:
            await bot.forward(to=row.at)
            await act(bot, row)
        await bot.forward(by=timedelta(days=7))
        found = await bot.read(lambda tx: list(told(tx, week.zone)))
    expected = summed_up([row for row in week.rows if row.to != "-"])
    assert sorted(map(str, summed_up(found))) == sorted(map(str, expected))


def test_every_agreement_has_a_week() -> None:
    assert {page.stem for page in PAGES.glob("*.md")} - {"README"} == set(CASTS)


@pytest.mark.parametrize("agreement", CASTS)
def test_every_week_has_its_hard_days(agreement: str) -> None:
    """At least six days, over a weekend and a change of somebody's clocks, with a day of the operator's own."""
    week, cast = week_of(PAGES / f"{agreement}.md"), CASTS[agreement]
    first, last = week.rows[0].at, week.rows[-1].at
    assert (last.date() - first.date()).days >= 5
    assert {"Sat", "Sun"} <= {f"{first + timedelta(days=n):%a}" for n in range((last - first).days + 1)}
    zones = (week.zone, ZoneInfo(cast.zone))
    assert any(first.astimezone(zone).utcoffset() != last.astimezone(zone).utcoffset() for zone in zones)
    assert re.search(r"\[\[holidays\]\]|\[overrides\]", week.policy)
