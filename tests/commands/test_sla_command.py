"""`/sla` for the team: what is due next, how much was kept, and the arithmetic of a ticket, which must add up."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from fakes import (
    HOUR,
    MINUTE,
    NOW,
    POLICY,
    STAFF,
    TEAM,
    FakeDesk,
    happened,
    tell,
    ticketed,
    worded,
)

from bot.commands._why import chosen, why
from bot.commands.base import Ticketed, answer
from bot.notice import Span
from bot.sla.calendar import WEEKDAYS, Calendar, Closure, Holiday, parse_hours
from bot.sla.explain import Explanation, explain
from bot.sla.log import EventKind
from bot.sla.policy import HoldReason, Level, Metric, Priority

_OPEN_EARLY = replace(
    POLICY,
    calendar=Calendar(
        name="early",
        zone="Etc/GMT-3",
        week={day: [parse_hours("08:00-19:00")] for day in WEEKDAYS[:5]},
        working_day=9 * HOUR,
    ),
)
HELD = happened(EventKind.HELD, 10 * MINUTE, reason="third_party", who="Stripe")


def test_the_list_begins_with_what_is_overdue_and_ends_with_what_is_held() -> None:
    desk = FakeDesk(
        STAFF,
        TEAM,
        [
            ticketed(HELD, ref=1, client="Held"),
            ticketed(ref=2, client="Later"),
            ticketed(ref=3, client="Late", opened=90 * MINUTE, priority=Priority.CRITICAL),
            ticketed(ref=4, client="Soon", priority=Priority.CRITICAL),
            ticketed(happened(EventKind.ANSWERED, MINUTE, answers="resolution"), ref=5, client="Answered"),
        ],
        figures=(41, 1, 1),
    )
    assert tell(desk, "/sla").split("\n") == [
        "Due next",
        "T-3, Late: first answer due 11:30 GMT+3 (30 min ago). Ann.",
        "T-4, Soon: first answer due 12:30 GMT+3 (in 30 min). Ann.",
        "T-2, Later: first answer due 15:30 GMT+3 (in 3 h 30 min). Ann.",
        "T-1, Held: first answer on hold, 3 h 40 min remains. Ann.",
        "Since Wed 21 Oct 12:00 GMT+3",
        "41 of 43 in time (95.3 %), 1 late, 1 open overdue.",
    ]


def test_nothing_due_and_nothing_counted_are_said() -> None:
    assert tell(FakeDesk(STAFF, TEAM), "/sla") == "Nothing is due.\nNothing has come due yet."


@pytest.mark.parametrize("word", ["client", "report", "breaches", "oncall"])
def test_an_unknown_subcommand_is_answered_with_what_there_is(word: str) -> None:
    said = tell(FakeDesk(STAFF, TEAM, [ticketed()]), f"/sla {word} X")
    assert said == f"There is no '{word}' here. These work: sla, sla why T-42, sla etas."


def test_why_needs_a_reference_or_the_only_ticket() -> None:
    desk = FakeDesk(STAFF, TEAM, [ticketed()])
    assert tell(desk, "/sla why so late") == "'so late' is no ticket reference. This works: sla why T-42."
    assert tell(desk, "/sla WHY").startswith("T-42, first answer: due 15:30 GMT+3.")


def test_why_counts_the_friday_and_the_monday_and_leaves_the_weekend_out() -> None:
    # 9 working hours from Friday 11:30: 7 h 30 min until 19:00, the rest from Monday 10:00.
    uncapped = replace(POLICY, levels={Priority.MEDIUM: _level(9 * HOUR)})
    desk = FakeDesk(STAFF, TEAM, [ticketed(policy=uncapped)])
    assert tell(desk, "/sla why T-42").split("\n") == [
        "T-42, first answer: due Mon 11:30 GMT+3.",
        "11:30 GMT+3 to 19:00 GMT+3: 7 h 30 min counted, working hours.",
        "19:00 GMT+3 to Mon 10:00 GMT+3: not counted, outside working hours.",
        "Mon 10:00 GMT+3 to Mon 11:30 GMT+3: 1 h 30 min counted, working hours.",
        "9 h counted in all.",
        'Clause: 000, "Email support".',
    ]


def test_why_says_that_the_limit_decides() -> None:
    desk = FakeDesk(STAFF, TEAM, [ticketed(priority=Priority.LOW)])
    assert tell(desk, "/sla why T-42").split("\n")[:4] == [
        "T-42, first answer: due Sat 11:30 GMT+3.",
        "11:30 GMT+3 to Sat 11:30 GMT+3: 24 h counted, every second counts towards the limit.",
        "24 h counted in all.",
        "The limit of 24 h from receipt decides: Sat 11:30 GMT+3.",
    ]


def test_why_says_that_a_limit_decides_nothing() -> None:
    quick = replace(POLICY, levels={Priority.MEDIUM: _level(2 * HOUR, cap=24 * HOUR)})
    said = tell(FakeDesk(STAFF, TEAM, [ticketed(policy=quick)]), "/sla why T-42")
    assert "2 h counted in all.\nThe limit, Sat 11:30 GMT+3, decides nothing: by then the window is over.\n" in said


@pytest.mark.parametrize(
    ("changes", "header", "line"),
    [
        (
            ["CRITICAL"],
            "due 12:55 GMT+3",
            "Service down since 11:55 GMT+3: a new window from then ends before the old due.",
        ),
        (
            ["LOW"],
            "due 15:30 GMT+3",
            "Low since 11:55 GMT+3: the posted due of Medium stays unless, before it passes, "
            "the client agrees to a later one.",
        ),
        (
            ["LOW", "agreed"],
            "due Sat 11:30 GMT+3",
            "Low since 11:55 GMT+3: the client agreed to the later due, counted from the start.",
        ),
        (["LOW", "MEDIUM"], "due 15:30 GMT+3", "Medium again since 11:55 GMT+3: its due was kept."),
    ],
)
def test_why_says_by_which_rule_a_change_of_level_made_the_due(changes: list[str], header: str, line: str) -> None:
    agreed = "agreed" in changes
    levels = [change for change in changes if change != "agreed"]
    events = [
        happened(EventKind.PRIORITY_CHANGED, (4 + n) * MINUTE, priority=level, agreed=agreed)
        for n, level in zip(range(len(levels), 0, -1), levels, strict=True)
    ]
    said = tell(FakeDesk(STAFF, TEAM, [ticketed(*events)]), "/sla why T-42").split("\n")
    assert said[0] == f"T-42, first answer: {header}."
    assert line in said


def test_why_says_that_the_due_of_the_lesser_level_is_the_earlier() -> None:
    raised = happened(EventKind.PRIORITY_CHANGED, 5 * MINUTE, priority="CRITICAL")
    desk = FakeDesk(STAFF, TEAM, [ticketed(raised, opened=3 * HOUR + 30 * MINUTE, policy=_OPEN_EARLY)])
    said = tell(desk, "/sla why T-42").split("\n")
    assert said[0] == "T-42, first answer: due 12:30 GMT+3."
    assert said[-2] == (
        "Service down since 11:55 GMT+3: of the old due and a new window from then the earlier is in force, "
        "the due of Medium."
    )


def test_why_tells_how_a_finished_clock_ended_and_when() -> None:
    answered = happened(EventKind.ANSWERED, 5 * MINUTE, answers="resolution")
    met = tell(FakeDesk(STAFF, TEAM, [ticketed(answered)]), "/sla why T-42")
    late = tell(FakeDesk(STAFF, TEAM, [ticketed(answered, opened=90 * MINUTE, priority=Priority.CRITICAL)]), "/sla why")
    assert "\nMet: stopped at 11:55 GMT+3.\n" in met
    assert "\nLate: stopped at 11:55 GMT+3.\n" in late
    assert "topped" not in tell(FakeDesk(STAFF, TEAM, [ticketed()]), "/sla why")


@pytest.mark.parametrize(
    ("opened", "line"), [(30, "Cancelled at 11:55 GMT+3."), (90, "Late; cancelled at 11:55 GMT+3.")]
)
def test_why_tells_that_a_clock_was_cancelled(opened: int, line: str) -> None:
    over = happened(EventKind.CANCELLED, 5 * MINUTE)
    each = ticketed(over, opened=opened * MINUTE, priority=Priority.CRITICAL)
    assert line in tell(FakeDesk(STAFF, TEAM, [each]), "/sla why").split("\n")


def test_why_shows_a_hold_that_goes_on_and_what_is_left() -> None:
    desk = FakeDesk(STAFF, TEAM, [ticketed(HELD)])
    assert tell(desk, "/sla why T-42").split("\n")[:3] == [
        "T-42, first answer: on hold, 3 h 40 min of the window remains.",
        "11:30 GMT+3 to 11:50 GMT+3: 20 min counted, working hours.",
        "20 min counted in all.",
    ]


def test_why_leaves_a_granted_hold_out_and_names_it() -> None:
    resumed = happened(EventKind.RESUMED, 5 * MINUTE, by="staff")
    said = tell(FakeDesk(STAFF, TEAM, [ticketed(HELD, resumed)]), "/sla why T-42")
    assert "11:50 GMT+3 to 11:55 GMT+3: not counted, on hold, waiting for Stripe." in said


def test_why_names_a_wait_that_stopped_nothing() -> None:
    strict = replace(POLICY, levels={Priority.MEDIUM: _level(4 * HOUR, holds=frozenset())})
    resumed = happened(EventKind.RESUMED, 5 * MINUTE, by="staff")
    said = tell(FakeDesk(STAFF, TEAM, [ticketed(HELD, resumed, policy=strict)]), "/sla why T-42")
    assert "11:50 GMT+3 to 11:55 GMT+3: 5 min counted, working hours; waiting for Stripe stops no clock here." in said


def test_why_names_holidays_closures_and_special_hours() -> None:
    calendar = Calendar(
        name="x",
        zone="Etc/GMT-3",
        week={day: [parse_hours("10:00-12:00")] for day in WEEKDAYS[:5]},
        working_day=2 * HOUR,
        holidays=(Holiday(_day(23), _day(23), "Founders"),),
        overrides={_day(24): [parse_hours("10:00-11:00")], _day(25): []},
        closures=(Closure(NOW + timedelta(days=6, hours=-2), NOW + timedelta(days=6, hours=-1), "Drill"),),
    )
    policy = replace(POLICY, calendar=calendar, levels={Priority.MEDIUM: _level(2 * HOUR + 30 * MINUTE)})
    said = tell(FakeDesk(STAFF, TEAM, [ticketed(policy=policy)]), "/sla why T-42")
    for words in (
        "not counted, holiday, Founders.",
        "1 h counted, special hours of Tue 24 Nov.",
        "not counted, closed on Wed 25 Nov.",
        "not counted, closed, Drill.",
        "2 h 30 min counted in all.",
    ):
        assert words in said, words


def test_why_without_any_clock_says_so() -> None:
    bare = replace(POLICY, levels={Priority.MEDIUM: replace(POLICY.levels[Priority.MEDIUM], targets=())})
    desk = FakeDesk(STAFF, TEAM, [ticketed(policy=bare)])
    assert tell(desk, "/sla why T-42") == "No deadline has run on T-42."


def test_of_a_metric_that_ran_twice_the_latest_clock_is_explained() -> None:
    moved = ticketed(
        happened(EventKind.ETA_GIVEN, 20 * MINUTE, eta_at="2026-11-20T10:00:00+00:00"),
        happened(EventKind.ETA_GIVEN, 10 * MINUTE, eta_at="2026-11-20T11:00:00+00:00", reason="x"),
    )
    promised = [each for each in _explained(moved) if each.clock.metric is Metric.ETA_KEPT]
    assert [each.clock.cycle for each in promised] == [1, 2]
    assert [each.clock.cycle for each in chosen(promised)] == [2]


@pytest.mark.parametrize("odd_ms", [0, 1, 333, 500, 999])
def test_what_is_shown_adds_up_to_the_second(odd_ms: int) -> None:
    """Every stretch cut by itself would lose up to a second each."""
    opened = 30 * MINUTE + timedelta(milliseconds=odd_ms)
    holds = [
        event
        for ago in (25, 20, 15, 10)
        for event in (
            happened(EventKind.HELD, ago * MINUTE + timedelta(milliseconds=7 * odd_ms), reason="client"),
            happened(EventKind.RESUMED, (ago - 2) * MINUTE + timedelta(milliseconds=odd_ms), by="client"),
        )
    ]
    each = ticketed(*holds, opened=opened)
    lines = [line for one in _explained(each) for line in why("T-42", one)]
    shown = [line.params["counted"] for line in lines if line.key == "sla.why_counted"]
    total = next(line.params["total"] for line in lines if line.key == "sla.why_total")
    assert len(shown) == 5
    spans = [span.span for span in shown if isinstance(span, Span)]
    assert isinstance(total, Span) and sum(spans, timedelta()) == total.span == 4 * HOUR
    assert all(span % timedelta(seconds=1) == timedelta() for span in spans)
    assert "4 h counted in all." in worded(answer(*lines))


def _explained(each: Ticketed) -> list[Explanation]:
    return [explain(each.policy, clock) for clock in each.clocks]


def _level(
    within: timedelta, holds: frozenset[HoldReason] = frozenset(HoldReason), cap: timedelta | None = None
) -> Level:
    level = POLICY.levels[Priority.MEDIUM]
    return replace(level, targets=(replace(level.targets[0], within=within, holds=holds, cap=cap),))


def _day(day: int) -> date:
    return date(2026, 11, day)
