"""The rows worked by hand in docs/agreements are what the engine says, from the policy file to the plan."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.sla.clock import Binding, Hold, start_clock
from bot.sla.plan import StepKind, plan
from bot.sla.policy import HoldReason, Metric, Priority
from bot.sla.policy_file import load_folder

PAGES = Path(__file__).parents[2] / "docs" / "agreements"
CATALOG = load_folder()


@dataclass(frozen=True, slots=True)
class Row:
    policy: str
    plan: str
    variant: str
    at: datetime
    priority: Priority
    metric: Metric
    hold: tuple[datetime, datetime] | None
    high_load: bool
    objective: datetime | None
    nudges: tuple[datetime, ...]
    due: datetime | None
    capped: bool
    ladder: tuple[datetime, ...]
    clause: str

    def __str__(self) -> str:
        parts = (self.policy, self.plan, self.variant, self.priority, self.metric)
        words = " ".join(part.lower() for part in parts if part)
        return f"{words} {self.at:%a %Y-%m-%d %H:%M:%S}: {self.clause[:40]}"


def rows_of(page: Path) -> Iterator[Row]:
    zone, plan_name, variant = ZoneInfo("UTC"), "", ""
    for line in page.read_text("utf-8").splitlines():
        if found := re.search(r"Times in ([\w/+-]+)", line):
            zone = ZoneInfo(found[1])
        if line.startswith("## Worked rows"):
            plan_name = found[1] if (found := re.search(r"plan ([\w-]+)", line)) else ""
            variant = found[1] if (found := re.search(r"variant ([\w-]+)", line)) else ""
        if re.match(r"\| \w{3} \d{4}-", line):
            yield read_row(line, page.stem, plan_name, variant, zone)


def read_row(line: str, policy: str, plan_name: str, variant: str, zone: ZoneInfo) -> Row:
    cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
    message, priority, metric, given, objective, nudges, due, ladder, clause = cells
    at = read_moment(message, zone, None)

    def moments(cell: str, separator: str) -> tuple[datetime, ...]:
        return tuple(read_moment(part, zone, at) for part in cell.split(separator)) if cell != "-" else ()

    hold = moments(given.removeprefix("hold: "), " to ") if given.startswith("hold: ") else ()
    assert given in ("-", "high load") or len(hold) == 2, f"given {given!r} is not understood"
    return Row(
        policy=policy,
        plan=plan_name,
        variant=variant,
        at=at,
        priority=Priority(priority.upper()),
        metric=Metric(metric.upper()),
        hold=(hold[0], hold[1]) if hold else None,
        high_load=given == "high load",
        objective=next(iter(moments(objective, ", ")), None),
        nudges=moments(nudges, ", "),
        due=next(iter(moments(due.removesuffix(" (cap)"), ", ")), None),
        capped=due.endswith(" (cap)"),
        ladder=moments(ladder, " / "),
        clause=clause,
    )


def read_moment(text: str, zone: ZoneInfo, after: datetime | None) -> datetime:
    """`Fri 2025-03-14 18:55`, or without the year the first such moment from `after` on."""
    weekday, day, clock = text.split()
    years = [after.year, after.year + 1] if after else [int(day[:4])]
    for year in years:
        moment = datetime.fromisoformat(f"{year}-{day[-5:]}T{clock}").replace(tzinfo=zone)
        if after is None or moment >= after:
            assert f"{moment:%a}" == weekday, f"{text}: that day is a {moment:%a}"
            return moment
    raise AssertionError(f"{text} lies before {after}")


ROWS = [row for page in sorted(PAGES.glob("*.md")) for row in rows_of(page)]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_row_worked_by_hand_is_what_the_engine_says(row: Row) -> None:
    policy = CATALOG.get(row.policy, row.plan, row.variant)
    target = policy.level(row.priority).target(row.metric)
    assert target is not None
    granted = next(iter(sorted(target.holds)), None)
    holds = [Hold(*row.hold, granted or HoldReason.CLIENT, "", granted is not None)] if row.hold else []
    clock = start_clock(policy, row.priority, row.metric, row.at, high_load=row.high_load, holds=holds)
    steps = plan(policy, clock)
    assert (clock.objective_at, clock.due_at) == (row.objective, row.due)
    assert (clock.binding is Binding.CAP) is row.capped
    assert tuple(step.at for step in steps if step.kind is StepKind.NUDGE) == row.nudges
    rungs = sorted((step for step in steps if step.kind is StepKind.ESCALATE), key=lambda step: step.n)
    assert tuple(step.at for step in rungs) == row.ladder


def test_every_agreement_and_every_plan_has_at_least_twelve_rows() -> None:
    counted = Counter((row.policy, row.plan) for row in ROWS if not row.variant)
    wanted = {
        (entry.id, name)
        for entry in CATALOG.entries.values()
        if entry.file.parent.name == "policies"
        for name in entry.plans or ("",)
    }
    assert set(counted) == wanted
    assert {key: number for key, number in counted.items() if number < 12} == {}


def test_every_variant_has_rows() -> None:
    counted = {(row.policy, row.variant) for row in ROWS if row.variant}
    assert counted == {(entry.id, variant) for entry in CATALOG.entries.values() for variant in entry.variants}


def test_no_table_line_is_passed_over() -> None:
    lines = [
        line for page in PAGES.glob("*.md") for line in page.read_text("utf-8").splitlines() if line.count("|") > 8
    ]
    heads = [line for line in lines if line.startswith(("| message at", "|---"))]
    assert len(lines) - len(heads) == len(ROWS)


BUSINESS = sorted(
    {(row.policy, row.plan) for row in ROWS if not CATALOG.get(row.policy, row.plan).calendar.is_always_open}
)


@pytest.mark.parametrize(("policy", "plan_name"), BUSINESS)
def test_every_table_of_business_hours_holds_the_hard_cases(policy: str, plan_name: str) -> None:
    rows = [row for row in ROWS if (row.policy, row.plan, row.variant) == (policy, plan_name, "")]
    calendar = CATALOG.get(policy, plan_name).calendar
    second = timedelta(seconds=1)
    closed = [row for row in rows if not calendar.is_open(row.at)]
    assert any(row.at.strftime("%a") == "Sat" for row in closed), "weekend"
    assert any(calendar.is_open(row.at - second) for row in closed), "closing instant"
    assert any(calendar.next_open(row.at) - row.at < timedelta(minutes=1) for row in closed), "before opening"
    assert any(row.at.strftime("%a") == "Fri" and row.due and row.due > row.at + timedelta(days=1) for row in rows)
    assert any(row.due and row.due == calendar.close_after(row.due - second) for row in rows), "lands on a close"
    assert any(row.hold for row in rows), "hold"
    if calendar.zone != "Etc/GMT-3":
        turns = {offset(row.due) - offset(row.at) for row in rows if row.due}
        assert turns == {timedelta(), timedelta(hours=1), timedelta(hours=-1)}, "both changes of clocks"


def offset(at: datetime) -> timedelta:
    return at.utcoffset() or timedelta()
