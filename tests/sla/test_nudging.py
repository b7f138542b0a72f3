"""What is said beside the agreement about nudges: laid over its plan, quiet hours, and for how long "seen" holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.sla.clock import Binding, clocks
from bot.sla.log import Event, EventKind, Party
from bot.sla.nudging import Way, Wishes, is_grave, is_too_early, laid_over, quiet_until, seen_at, way_through, wishes_of
from bot.sla.plan import StepKind, plan
from bot.sla.policy import Metric, Policy, Priority
from bot.sla.policy_file import digest, from_json, load_folder, to_json
from bot.sla.policy_read import read_policy
from bot.sla.timing import Clock

CATALOG = load_folder()
AGREED = CATALOG.get("redtrack-premium")  # 001: 10:00-19:00 GMT+3, an hour of working time for MEDIUM
NIGHT = wishes_of('{"quiet": "22:00-07:00"}')


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def happened(number: int, kind: EventKind, when: str, party: Party = Party.STAFF, **data: object) -> Event:
    return Event(number, kind, at(when), at(when), party, data=data)


OPENED = happened(1, EventKind.OPENED, "2025-03-13T12:00+03:00", Party.CLIENT, priority="MEDIUM")


def response(policy: Policy = AGREED, now: str = "2025-03-13T12:00+03:00", *more: Event) -> Clock:
    return next(c for c in clocks(policy, (OPENED, *more), at(now)) if c.metric is Metric.RESPONSE)


def nudges(policy: Policy) -> list[str]:
    """The nudges of a ticket of 12:00 with an hour's window, as `12:30 nudge 50 %`."""
    steps = plan(policy, response(policy))
    return [f"{s.at + timedelta(hours=3):%H:%M} {s.n} {s.rule}" for s in steps if s.kind is StepKind.NUDGE]


def test_without_wishes_the_agreement_holds() -> None:
    assert laid_over(AGREED, Wishes()) is AGREED
    assert nudges(AGREED) == ["12:30 1 nudge 50 %", "12:48 2 nudge 80 %"]


@pytest.mark.parametrize(
    ("client", "leads", "expected"),
    [
        ('{"before": ["20m", "5m"]}', [], ["12:30 1 nudge 50 %", "12:40 2 20 min before", "12:48 3 nudge 80 %",
                                           "12:55 4 5 min before"]),
        ('{"shares": []}', [], []),
        ('{"shares": [0.25], "before": ["2h"]}', [], ["12:15 1 nudge 25 %"]),
        ('{"shares": [], "before": ["10m"]}', [timedelta(minutes=20)], ["12:40 1 20 min before",
                                                                        "12:50 2 10 min before"]),
        ("{}", [timedelta(minutes=12)], ["12:30 1 nudge 50 %", "12:48 2 nudge 80 %"]),
    ],
    ids=["more", "none", "a lead longer than the window", "client and owner", "one moment, one nudge"],
)  # fmt: skip
def test_wishes_change_the_moments_of_the_nudges(client: str, leads: list[timedelta], expected: list[str]) -> None:
    assert [
        line.replace("12 min before", "nudge 80 %") for line in nudges(laid_over(AGREED, wishes_of(client), leads))
    ] == expected


def test_wishes_move_no_promise() -> None:
    changed = laid_over(AGREED, wishes_of('{"shares": [0.1], "repeat_every": "5m"}'))
    assert response(changed).due_at == response().due_at
    hard = [s for s in plan(AGREED, response()) if s.kind in (StepKind.BREACH, StepKind.OBJECTIVE)]
    assert [s for s in plan(changed, response(changed)) if s.kind in (StepKind.BREACH, StepKind.OBJECTIVE)] == hard


FILE = {
    "id": "acme", "name": "Acme", "version": "1", "response_counts": ["reply"],
    "calendar": {"zone": "UTC", "working_day": "8h", "hours": {"mon": ["09:00-17:00"]}},
    "nudges": {"shares": [0.5], "before": ["30m"], "repeat_at_most": 4},
    "priorities": {
        "critical": {"response": {"kind": "commitment", "within": "1h"},
                     "nudges": {"before": ["10m"], "repeat_every": "10m"}},
        "medium": {"response": {"kind": "commitment", "within": "4h"}},
    },
}  # fmt: skip


def test_a_priority_has_nudges_of_its_own_and_takes_the_rest_from_the_agreement() -> None:
    policy, problems = read_policy(FILE, file="acme.toml")
    assert policy is not None, problems
    critical, medium = policy.nudge_plan(Priority.CRITICAL), policy.nudge_plan(Priority.MEDIUM)
    assert (critical.shares, critical.before) == ((0.5,), (timedelta(minutes=10),))
    assert (critical.repeat_every, critical.repeat_at_most) == (timedelta(minutes=10), 4)
    assert (medium.before, medium.repeat_every) == ((timedelta(minutes=30),), timedelta(minutes=30))
    assert from_json(to_json(policy)) == policy


def test_what_was_pinned_before_there_were_lead_times_keeps_its_hash() -> None:
    assert '"before_s"' not in to_json(AGREED) and '"repeat_at_most"' not in to_json(AGREED)
    assert digest(from_json(to_json(AGREED))) == digest(AGREED)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2025-03-29T21:59+01:00", None),
        ("2025-03-29T22:00+01:00", "2025-03-30T07:00+02:00"),  # the night in which an hour is left out
        ("2025-03-30T06:59+02:00", "2025-03-30T07:00+02:00"),
        ("2025-03-30T07:00+02:00", None),
        ("2025-10-26T00:30+02:00", "2025-10-26T07:00+01:00"),  # and the one in which it comes twice
    ],
)
def test_quiet_hours_are_wall_time_in_the_zone_of_the_person(now: str, expected: str | None) -> None:
    assert quiet_until(NIGHT, "{}", "Europe/Berlin", at(now)) == (expected and at(expected))


def test_without_quiet_hours_the_time_outside_the_own_hours_is_quiet() -> None:
    hours = '{"thu": ["10:00-19:00"], "fri": ["10:00-19:00"]}'
    assert quiet_until(Wishes(), hours, "UTC", at("2025-03-13T12:00Z")) is None
    assert quiet_until(Wishes(), hours, "UTC", at("2025-03-13T19:00Z")) == at("2025-03-14T10:00Z")
    assert quiet_until(NIGHT, hours, "UTC", at("2025-03-13T19:00Z")) is None
    assert quiet_until(Wishes(), "{}", "UTC", at("2025-03-13T03:00Z")) is None


def test_quiet_hours_at_noon_are_the_rest_of_the_day_awake() -> None:
    noon = wishes_of('{"quiet": "12:00-13:00"}')
    assert quiet_until(noon, "{}", "UTC", at("2025-03-13T12:30Z")) == at("2025-03-13T13:00Z")
    assert quiet_until(noon, "{}", "UTC", at("2025-03-13T23:30Z")) is None


@pytest.mark.parametrize(
    ("quiet_end", "grave", "deadline", "expected"),
    [
        (None, False, "2025-03-14T05:00Z", Way.NOW),
        (None, True, "2025-03-14T05:00Z", Way.NOW),
        ("2025-03-14T07:00Z", True, "2025-03-14T05:00Z", Way.NOW),
        ("2025-03-14T07:00Z", True, "2025-03-14T09:00Z", Way.NOW),
        ("2025-03-14T07:00Z", False, "2025-03-14T09:00Z", Way.LATER),
        ("2025-03-14T07:00Z", False, "2025-03-14T07:00Z", Way.ELSEWHERE),
        ("2025-03-14T07:00Z", False, "2025-03-14T05:00Z", Way.ELSEWHERE),
        ("2025-03-14T07:00Z", False, None, Way.ELSEWHERE),
    ],
)
def test_how_a_step_comes_through_quiet_hours(
    quiet_end: str | None, grave: bool, deadline: str | None, expected: Way
) -> None:
    assert way_through(quiet_end and at(quiet_end), grave=grave, deadline=deadline and at(deadline)) is expected


@pytest.mark.parametrize(
    ("kind", "priority", "binding", "expected"),
    [
        (StepKind.NUDGE, Priority.MEDIUM, Binding.TARGET, False),
        (StepKind.REPEAT, Priority.MEDIUM, Binding.TARGET, False),
        (StepKind.OBJECTIVE, Priority.HIGH, None, False),
        (StepKind.NUDGE, Priority.CRITICAL, Binding.TARGET, True),
        (StepKind.NUDGE, Priority.MEDIUM, Binding.CAP, True),
        (StepKind.BREACH, Priority.LOW, Binding.TARGET, True),
        (StepKind.ESCALATE, Priority.LOW, Binding.TARGET, True),
    ],
)
def test_what_is_grave(kind: StepKind, priority: Priority, binding: Binding | None, expected: bool) -> None:
    assert is_grave(kind, priority, binding) is expected


def test_a_nudge_is_too_early_while_more_is_left_than_somebody_wants() -> None:
    late = wishes_of('{"no_earlier": "20m"}')
    assert is_too_early(late, AGREED, response(), at("2025-03-13T12:39+03:00"))
    assert not is_too_early(late, AGREED, response(), at("2025-03-13T12:40+03:00"))
    assert not is_too_early(Wishes(), AGREED, response(), at("2025-03-13T12:00+03:00"))


TAKEN = happened(2, EventKind.TAKEN, "2025-03-13T13:40+03:00")


@pytest.mark.parametrize(
    ("log", "now", "expected"),
    [
        ([], "2025-03-13T14:00+03:00", None),
        ([TAKEN], "2025-03-13T14:00+03:00", "2025-03-13T13:40+03:00"),
        ([happened(2, EventKind.ACKNOWLEDGED, "2025-03-13T13:05+03:00")], "2025-03-13T14:00+03:00",
         "2025-03-13T13:05+03:00"),
        ([happened(2, EventKind.TAKEN, "2025-03-13T12:10+03:00")], "2025-03-13T14:00+03:00", None),
        ([TAKEN], "2025-03-14T13:40+03:00", None),
        ([TAKEN, happened(3, EventKind.UNDONE, "2025-03-13T13:41+03:00", seq=2)], "2025-03-13T14:00+03:00", None),
        ([TAKEN, happened(3, EventKind.CLIENT_MESSAGE, "2025-03-13T13:50+03:00", Party.CLIENT)],
         "2025-03-13T14:00+03:00", None),
        ([TAKEN, happened(3, EventKind.CLIENT_MESSAGE, "2025-03-13T13:50+03:00", Party.CLIENT, courtesy=True)],
         "2025-03-13T14:00+03:00", "2025-03-13T13:40+03:00"),
        ([happened(2, EventKind.REPLIED, "2025-03-13T13:40+03:00", Party.AUTOMATIC)], "2025-03-13T14:00+03:00", None),
    ],
    ids=["nobody", "taken", "seen", "before it was due", "a day ago", "taken back", "the client wrote since",
         "the client said thanks", "an automatic reply"],
)  # fmt: skip
def test_an_act_on_a_ticket_shows_that_it_was_seen(log: list[Event], now: str, expected: str | None) -> None:
    clock = response(AGREED, now)
    assert seen_at((OPENED, *log), clock, None, at(now)) == (expected and at(expected))


def test_a_passed_eta_has_to_be_reminded_of_again() -> None:
    eta_at, log = at("2025-03-13T14:30+03:00"), (OPENED, TAKEN)
    clock = response(AGREED, "2025-03-13T14:00+03:00")
    assert seen_at(log, clock, eta_at, at("2025-03-13T14:29+03:00")) is not None
    assert seen_at(log, clock, eta_at, at("2025-03-13T14:30+03:00")) is None
