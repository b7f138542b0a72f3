"""The steps planned on a clock, worked out by hand: default nudges at 50 % and 80 %, ladder L1 L2 L3."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from factory import HOUR, MINUTE, Story, base, infopromo, policy, poologics, premium, tactful, target, week

from bot.sla.log import EventKind
from bot.sla.plan import Step, StepKind, gravity, ladder_clock, next_repeat, plan, plans, still_stands
from bot.sla.policy import Basis, Metric, NudgePlan, Policy, Priority
from bot.sla.replan import replan

K, M, P, S = EventKind, Metric, Priority, StepKind
NOON = "2025-03-17 12:00"  # a Monday


def steps(story: Story, metric: Metric, now: str, cycle: int = 1) -> list[tuple[str, str | None]]:
    return [(s.rule, story.local(s.at)) for s in plan(story.policy, story.clock(metric, now, cycle))]


def test_a_window_is_nudged_at_half_and_at_four_fifths() -> None:
    """001 Medium, Friday 18:55: 30 min are used up on Monday 10:25, 48 on Monday 10:43."""
    story = Story(premium(), "2025-03-14 18:55")
    assert steps(story, M.RESPONSE, "2025-03-14 18:55") == [
        ("nudge 50 %", "2025-03-17 10:25"),
        ("L1 at 80 %", "2025-03-17 10:43"),
        ("nudge 80 %", "2025-03-17 10:43"),
        ("L2 at due", "2025-03-17 10:55"),
        ("due", "2025-03-17 10:55"),
        ("every 30 min", "2025-03-17 11:25"),
        ("L3 one window later", "2025-03-17 11:55"),
    ]


def test_level_one_is_called_when_the_objective_passes() -> None:
    """004 answer: 1 h is the aim, 2 h the limit; one target length later is the next morning's business."""
    story = Story(poologics(), "2025-03-17 14:30")
    assert steps(story, M.RESPONSE, "2025-03-17 14:30") == [
        ("L1 at objective", "2025-03-17 15:30"),
        ("objective", "2025-03-17 15:30"),
        ("nudge 50 %", "2025-03-17 15:30"),
        ("nudge 80 %", "2025-03-17 16:06"),
        ("L2 at due", "2025-03-17 16:30"),
        ("due", "2025-03-17 16:30"),
        ("every 30 min", "2025-03-17 17:00"),
        ("L3 one window later", "2025-03-18 08:30"),
    ]


def test_under_a_binding_cap_the_whole_plan_is_elapsed_time() -> None:
    """000 High, Friday 19:05, due Saturday 19:05: 12 h and 19 h 12 min after receipt."""
    story = Story(base(), "2025-03-14 19:05", P.HIGH)
    assert steps(story, M.RESPONSE, "2025-03-14 19:05") == [
        ("nudge 50 %", "2025-03-15 07:05"),
        ("L1 at 80 %", "2025-03-15 14:17"),
        ("nudge 80 %", "2025-03-15 14:17"),
        ("L2 at due", "2025-03-15 19:05"),
        ("due", "2025-03-15 19:05"),
        ("every 30 min", "2025-03-15 19:35"),
        ("L3 one window later", "2025-03-15 20:05"),
    ]
    assert {s.basis for s in plan(story.policy, story.clock(M.RESPONSE, "2025-03-14 19:05"))} == {Basis.ELAPSED}


def test_an_objective_the_cap_swallows_calls_level_one_before_the_due_moment() -> None:
    """Window 1 h, objective 30 min, cap 24 h, Friday 19:05: the objective lies on the cap; L1 at 80 %."""
    terms = policy(
        week("10:00-19:00", "Etc/GMT-3"),
        {P.HIGH: (target(M.RESPONSE, HOUR, objective=30 * MINUTE, cap=24 * HOUR),)},
    )
    story = Story(terms, "2025-03-14 19:05", P.HIGH)
    rules = dict(steps(story, M.RESPONSE, "2025-03-14 19:05"))
    assert rules["L1 at 80 %"] == "2025-03-15 14:17"
    assert "objective" not in rules
    clock = story.clock(M.RESPONSE, "2025-03-14 19:05")
    assert clock.objective_at == clock.due_at


def test_elapsed_windows_go_through_the_night() -> None:
    """003 level 1: 5 to 15 min at any hour."""
    story = Story(infopromo(), "2025-03-15 23:58", P.CRITICAL)
    found = dict(steps(story, M.ACKNOWLEDGEMENT, "2025-03-15 23:58"))
    assert (found["L1 at objective"], found["due"], found["L3 one window later"]) == (
        "2025-03-16 00:03", "2025-03-16 00:13", "2025-03-16 00:28",
    )  # fmt: skip


def test_repeats_of_an_elapsed_target_keep_working_hours() -> None:
    """004 ETA, 24 h after Friday 12:00: overdue on Saturday, repeated from Monday on."""
    story = Story(poologics(), "2025-03-14 12:00")
    assert dict(steps(story, M.ETA_GIVEN, "2025-03-14 12:00"))["every 30 min"] == "2025-03-17 08:30"


def test_a_nudge_moves_with_the_hold() -> None:
    """12:00, held 12:20-14:20: half the hour is used up at 14:30."""
    story = Story(premium(), NOON).staff(K.HELD, "2025-03-17 12:20", reason="client")
    story.client(K.CLIENT_MESSAGE, "2025-03-17 14:20")
    found = dict(steps(story, M.RESPONSE, "2025-03-17 14:20"))
    assert (found["nudge 50 %"], found["nudge 80 %"]) == ("2025-03-17 14:30", "2025-03-17 14:48")


def test_a_nudge_before_the_hold_stays_where_it_was() -> None:
    story = Story(premium(), NOON).staff(K.HELD, "2025-03-17 12:40", reason="client")
    story.client(K.CLIENT_MESSAGE, "2025-03-17 14:40")
    found = dict(steps(story, M.RESPONSE, "2025-03-17 14:40"))
    assert (found["nudge 50 %"], found["nudge 80 %"]) == ("2025-03-17 12:30", "2025-03-17 14:48")


def test_after_a_reclassification_shares_are_of_what_is_left() -> None:
    """000 Medium 12:00; High at 13:00: due 14:00, half-way 13:30. No step lies before the change."""
    story = Story(base(), NOON).client(K.PRIORITY_CHANGED, "2025-03-17 13:00", priority="HIGH")
    found = steps(story, M.RESPONSE, "2025-03-17 13:00")
    assert dict(found)["nudge 50 %"] == "2025-03-17 13:30"
    assert min(at for _, at in found if at) == "2025-03-17 13:30"


@pytest.mark.parametrize("end", [K.HELD, K.RESOLVED, K.CANCELLED])
def test_a_clock_that_does_not_run_has_no_steps(end: EventKind) -> None:
    story = Story(premium(), NOON).staff(end, "2025-03-17 12:10", reason="client")
    assert plan(story.policy, story.clock(M.RESPONSE, "2025-03-17 12:20")) == ()


def test_an_objective_alone_is_nudged_but_never_breached_or_escalated() -> None:
    story = Story(premium(), NOON).staff(K.ETA_GIVEN, "2025-03-17 12:10", eta_at="2025-03-18 12:00")
    story.client(K.CLIENT_MESSAGE, "2025-03-17 14:00")
    assert steps(story, M.NEXT_RESPONSE, "2025-03-17 14:00") == [
        ("nudge 50 %", "2025-03-17 14:30"),
        ("nudge 80 %", "2025-03-17 14:48"),
        ("objective", "2025-03-17 15:00"),
        ("every 30 min", "2025-03-17 15:30"),
    ]


@pytest.mark.parametrize(
    ("given", "eta", "expected"),
    [
        pytest.param(
            "2025-03-17 12:00", "2025-03-17 17:00",
            [("nudge 80 %", "2025-03-17 16:00"), ("30 min before", "2025-03-17 16:30")],
            id="five hours: at four, and half an hour before",
        ),
        pytest.param(
            "2025-03-14 18:00", "2025-03-17 10:10",
            [("nudge 80 %", "2025-03-14 18:56"), ("30 min before", "2025-03-14 18:40")],
            id="Monday morning is remembered on Friday: 70 min of work lie before it",
        ),
        pytest.param(
            "2025-03-17 12:00", "2025-03-17 12:40", [("nudge 80 %", "2025-03-17 12:32")],
            id="40 min: half an hour before would be at once",
        ),
        pytest.param(
            "2025-03-14 20:00", "2025-03-15 20:00",
            [("nudge 80 %", "2025-03-15 15:12"), ("30 min before", "2025-03-15 19:30")],
            id="no working time before it: every second counts",
        ),
    ],
)  # fmt: skip
def test_an_eta_is_remembered_before_it_passes(given: str, eta: str, expected: list[tuple[str, str]]) -> None:
    story = Story(premium(), "2025-03-14 10:00").staff(K.ETA_GIVEN, given, eta_at=eta)
    found = steps(story, M.ETA_KEPT, given)
    assert [row for row in found if "nudge" in row[0] or "before" in row[0]] == sorted(expected, key=lambda row: row[1])
    assert ("eta due", eta) in found
    assert not any(rule.startswith("L") for rule, _ in found)


@pytest.mark.parametrize(
    ("opened", "nudge"),
    [
        ("2025-03-17 12:00", "2025-03-17 17:00"),
        ("2025-03-17 17:40", "2025-03-17 17:50"),
        ("2025-03-17 18:30", "2025-03-18 17:00"),
    ],
)
def test_progress_is_remembered_an_hour_before_the_close_or_half_way(opened: str, nudge: str) -> None:
    found = steps(Story(poologics(), opened, P.CRITICAL), M.PROGRESS, opened)
    assert found == [("60 min before close", nudge), ("due", nudge[:10] + " 18:00")]


def test_a_window_of_nothing_is_due_at_once_without_nudges() -> None:
    terms = policy(week("10:00-19:00", "Etc/GMT-3"), {P.CRITICAL: (target(M.RESPONSE, timedelta(0)),)})
    story = Story(terms, "2025-03-14 20:00", P.CRITICAL)
    assert steps(story, M.RESPONSE, "2025-03-14 20:00") == [
        ("L2 at due", "2025-03-17 10:00"),
        ("L1 at 80 %", "2025-03-17 10:00"),
        ("due", "2025-03-17 10:00"),
        ("L3 one window later", "2025-03-17 10:30"),
        ("every 30 min", "2025-03-17 10:30"),
    ]


def test_a_policy_may_nudge_differently() -> None:
    terms = replace(premium(), nudges=NudgePlan(shares=(0.25, 0.125), repeat_every=timedelta(hours=2)))
    found = dict(steps(Story(terms, NOON), M.RESPONSE, NOON))
    assert (found["nudge 12.5 %"], found["nudge 25 %"], found["every 120 min"]) == (
        "2025-03-17 12:07:30", "2025-03-17 12:15", "2025-03-17 15:00",
    )  # fmt: skip


def test_of_several_steps_at_once_the_gravest_acts() -> None:
    at = Story(premium(), NOON).at(NOON)
    order = [
        (S.ESCALATE, 3), (S.ESCALATE, 2), (S.ESCALATE, 1), (S.BREACH, 1), (S.OBJECTIVE, 1), (S.REPEAT, 9),
        (S.NUDGE, 2),
    ]  # fmt: skip
    weights = [gravity(Step(kind, n, at, "", None, Basis.WORKING)) for kind, n in order]
    assert weights == sorted(set(weights), reverse=True)


def test_repeats_come_every_30_working_minutes_until_stopped() -> None:
    """Due Monday 18:45: 15 min on Monday, 15 on Tuesday, then 10:45."""
    story = Story(premium(), "2025-03-17 17:45")
    clock = story.clock(M.RESPONSE, "2025-03-17 19:00")
    first = next(s for s in plan(story.policy, clock) if s.kind is S.REPEAT)
    second = next_repeat(story.policy, clock, first.at, 2)
    assert [(s.n, story.local(s.at)) for s in (first, second)] == [
        (1, "2025-03-18 10:15"),
        (2, "2025-03-18 10:45"),
    ]


class TestTheLadder:
    def test_the_gravest_clock_carries_it(self) -> None:
        """004, three targets on one ticket: the commitment that is due first; then the next commitment."""
        story = Story(poologics(), NOON)
        carrier = ladder_clock(story.clocks(NOON))
        assert carrier is not None and carrier.metric is M.ACKNOWLEDGEMENT
        story.staff(K.TAKEN, "2025-03-17 12:05")
        carrier = ladder_clock(story.clocks("2025-03-17 12:05"))
        assert carrier is not None and carrier.metric is M.ETA_GIVEN
        story.staff(K.ETA_GIVEN, "2025-03-17 12:06", eta_at="2025-03-17 15:00")
        assert ladder_clock(story.clocks("2025-03-17 12:06")) is None

    def test_of_two_targets_the_earlier_due_carries_it(self) -> None:
        carrier = ladder_clock(Story(tactful(), NOON).clocks(NOON))
        assert carrier is not None and carrier.metric is M.RESPONSE

    def test_only_the_carrier_climbs_and_no_level_twice(self) -> None:
        story = Story(poologics(), NOON, P.CRITICAL)
        found = plans(story.policy, story.clocks(NOON), reached=1)
        climbed = [(c.metric, s.n) for c, planned in found for s in planned if s.kind is S.ESCALATE]
        assert climbed == [(M.ACKNOWLEDGEMENT, 2), (M.ACKNOWLEDGEMENT, 3)]
        assert {c.metric for c, _ in found} == {M.ACKNOWLEDGEMENT, M.RESPONSE, M.ETA_GIVEN, M.PROGRESS}


class TestPlanningAgain:
    def story(self) -> tuple[Story, Policy]:
        story = Story(premium(), NOON)
        return story, story.policy

    def test_nudges_that_have_passed_are_left_out(self) -> None:
        story, terms = self.story()
        clock = story.clock(M.RESPONSE, "2025-03-17 12:50")
        left = replan(terms, clock, plan(terms, clock), story.at("2025-03-17 12:50"), {(S.ESCALATE, 1)})
        assert [s.rule for s in left] == ["L2 at due", "due", "every 30 min", "L3 one window later"]

    def test_a_breach_nobody_acted_on_stays_due_and_the_repeats_go_on_from_now(self) -> None:
        """The bot slept from 12:30 to 14:40; due was 13:00, so the fourth repeat comes at 15:00."""
        story, terms = self.story()
        clock = story.clock(M.RESPONSE, "2025-03-17 14:40")
        left = replan(terms, clock, plan(terms, clock), story.at("2025-03-17 14:40"))
        assert [(s.rule, s.n, story.local(s.at)) for s in left] == [
            ("L1 at 80 %", 1, "2025-03-17 12:48"),
            ("L2 at due", 2, "2025-03-17 13:00"),
            ("due", 1, "2025-03-17 13:00"),
            ("L3 one window later", 3, "2025-03-17 14:00"),
            ("every 30 min", 4, "2025-03-17 15:00"),
        ]

    def test_what_fired_in_this_cycle_does_not_fire_again(self) -> None:
        story, terms = self.story()
        clock = story.clock(M.RESPONSE, "2025-03-17 13:10")
        fired = {(S.ESCALATE, 1), (S.ESCALATE, 2), (S.BREACH, 1)}
        left = replan(terms, clock, plan(terms, clock), story.at("2025-03-17 13:10"), fired)
        assert [s.rule for s in left] == ["every 30 min", "L3 one window later"]

    def test_a_step_stands_only_while_its_reason_does(self) -> None:
        story, terms = self.story()
        due = {s.rule: s for s in plan(terms, story.clock(M.RESPONSE, NOON))}
        overdue = story.clock(M.RESPONSE, "2025-03-17 13:00")
        assert still_stands(due["due"], overdue) and still_stands(due["L2 at due"], overdue)
        answered = story.staff(K.RESOLVED, "2025-03-17 12:59").clock(M.RESPONSE, "2025-03-17 13:00")
        assert not any(still_stands(step, answered) for step in due.values())

    def test_the_miss_of_a_day_stands_though_its_clock_is_over(self) -> None:
        story = Story(poologics(), NOON, P.CRITICAL)
        due = plan(story.policy, story.clock(M.PROGRESS, NOON))[-1]
        assert still_stands(due, story.clock(M.PROGRESS, "2025-03-17 18:00"))
