"""Every golden case: facts of other projects' test suites and dates worked out by hand from the agreements.

A case with a `convention` is one where its source decides otherwise; then `default_expected` is our answer.
"""

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.sla.booking import earliest
from bot.sla.calendar import Calendar, Closure, Holiday, parse_hours

GOLDEN = Path(__file__).parent / "golden"
DUE_OPS = {"add", "first_response_due", "update_due", "resolution_due"}
UPTIME_OPS = {"downtime_budget"}  # measured on uptime, not on a calendar: run by the uptime tests
RUN = {
    "agreements": 21,
    "chatwoot": 13,
    "frappe_helpdesk": 24,
    "zammad": 66,
    "zendesk_biz": 69,
    "znuny_otrs": 59,
}
LEFT_TO_UPTIME = {"agreements": 3}


def cases_of(name: str) -> list[dict[str, Any]]:
    return json.loads((GOLDEN / f"{name}.json").read_text())["cases"]


def calendar_cases() -> list[Any]:
    return [
        pytest.param(case, id=f"{case['id']}: {case.get('name') or case['source'].split(' :: ')[-1]}")
        for name in RUN
        for case in cases_of(name)
        if case["op"] not in UPTIME_OPS
    ]


def calendar_of(case: dict[str, Any]) -> Calendar:
    days = [date.fromisoformat(h) for h in case["holidays"] if isinstance(h, str)]
    spans = [h for h in case["holidays"] if isinstance(h, dict)]
    return Calendar(
        name=case["id"],
        zone=case["tz"],
        week={day: [parse_hours("-".join(pair)) for pair in pairs] for day, pairs in case["hours"].items()},
        working_day=timedelta(hours=8),
        holidays=[Holiday(day, day, "holiday") for day in days],
        overrides={
            date.fromisoformat(day): [parse_hours("-".join(pair)) for pair in pairs]
            for day, pairs in case.get("overrides", {}).items()
        },
        closures=[Closure(moment(h["from"]), moment(h["to"]), "break") for h in spans],
    )


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def expected_of(case: dict[str, Any]) -> Any:
    key = "expected_seconds" if case["op"] == "between" else "expected"
    return case[f"default_{key}"] if case["convention"] is not None else case[key]


def due(calendar: Calendar, case: dict[str, Any]) -> datetime:
    """Add the work, then move the due moment by the working length of each hold that had begun by then."""
    start, work = moment(case["start"]), timedelta(seconds=case["seconds"])
    if case.get("direction") == "back":
        return calendar.subtract(start, work)
    result = calendar.add(start, work)
    for since, until in sorted(case.get("pauses", [])):
        if moment(since) < result:
            work += calendar.between(max(start, moment(since)), max(start, moment(until)))
            result = calendar.add(start, work)
    return result


def answer(case: dict[str, Any]) -> Any:
    calendar = calendar_of(case)
    start, op = moment(case["start"]), case["op"]
    if op in DUE_OPS:
        return due(calendar, case)
    if op == "capped_due":
        return min(due(calendar, case), start + timedelta(seconds=case["cap_calendar_seconds"]))
    if op == "booking_earliest":
        return earliest(calendar, timedelta(seconds=case["seconds"]), start)
    if op == "add_days":
        return calendar.add_days(start, case["days"])
    if op == "is_open":
        return calendar.is_open(start)
    assert op == "between", f"{case['id']}: unknown op {op}"
    end = moment(case["end"])
    worked = calendar.between(start, end)
    for since, until in case.get("pauses", []):
        since, until = (max(start, min(end, moment(text))) for text in (since, until))
        worked -= calendar.between(since, until)
    return worked


@pytest.mark.parametrize("case", calendar_cases())
def test_the_calendar_agrees_with_the_golden_case(case: dict[str, Any]) -> None:
    expected = expected_of(case)
    if case["op"] == "between":
        assert answer(case) == timedelta(seconds=expected)
    elif case["op"] == "is_open":
        assert answer(case) is expected
    else:
        assert answer(case) == moment(expected).astimezone(UTC)


def test_no_golden_case_drops_out_silently() -> None:
    run = Counter({name: sum(c["op"] not in UPTIME_OPS for c in cases_of(name)) for name in RUN})
    left = Counter({name: sum(c["op"] in UPTIME_OPS for c in cases_of(name)) for name in RUN})
    assert run == RUN
    assert +left == LEFT_TO_UPTIME
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(RUN)
    assert len(calendar_cases()) == sum(RUN.values())
