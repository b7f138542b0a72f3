"""The clocks of one ticket: what starts, stops, holds and changes them, with moments worked out by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest
from factory import (
    BOTH,
    HOUR,
    MINUTE,
    Story,
    base,
    infopromo,
    policy,
    poologics,
    premium,
    tactful,
    target,
    week,
)

from bot.sla.clock import Binding, Hold, State, clocks, start_clock, voided
from bot.sla.log import EventKind, Party
from bot.sla.policy import HoldReason, Kind, Metric, Policy, Priority

K, M, P = EventKind, Metric, Priority
NOON = "2025-03-17 12:00"  # a Monday


@pytest.mark.parametrize(
    ("policy", "priority", "metric", "at", "due", "binding"),
    [
        pytest.param(
            premium(), P.MEDIUM, M.RESPONSE, "2025-03-14 18:55", "2025-03-17 10:55", "target",
            id="001 Medium: 5 min on Friday, 55 on Monday",
        ),
        pytest.param(
            premium(), P.CRITICAL, M.RESPONSE, "2025-03-14 18:55", "2025-03-15 18:55", "cap",
            id="000 Urgency and impact: critical on Friday evening is due within 24 h",
        ),
        pytest.param(
            premium(), P.CRITICAL, M.RESPONSE, "2025-03-17 12:00", "2025-03-17 12:10", "target",
            id="001 promptly: in hours the window comes long before the cap",
        ),
        pytest.param(
            base(), P.HIGH, M.RESPONSE, "2025-03-14 19:05", "2025-03-15 19:05", "cap",
            id="000 High on Friday 19:05 is due on Saturday 19:05",
        ),
        pytest.param(
            base(), P.HIGH, M.RESPONSE, "2025-03-14 18:00", "2025-03-14 19:00", "target",
            id="000 High: exactly what is left of the day lands on the close",
        ),
        pytest.param(
            base(), P.HIGH, M.RESPONSE, "2025-03-16 11:00", "2025-03-17 11:00", "target",
            id="000 High: window and cap at the same instant, the window is named",
        ),
        pytest.param(
            base(), P.HIGH, M.RESPONSE, "2025-03-17 18:30:15", "2025-03-18 10:30:15", "target",
            id="000 High: seconds are kept over night, the cap comes later",
        ),
        pytest.param(
            tactful(), P.CRITICAL, M.RESPONSE, "2025-03-14 15:00", "2025-03-16 11:00", "target",
            id="002 S1: 2 h on Friday, Saturday closed, 2 h on Sunday",
        ),
        pytest.param(
            infopromo(), P.CRITICAL, M.ACKNOWLEDGEMENT, "2025-03-15 23:50", "2025-03-16 00:05", "target",
            id="003 level 1: 15 min at any hour",
        ),
        pytest.param(
            poologics(), P.MEDIUM, M.ACKNOWLEDGEMENT, "2025-03-14 17:50", "2025-03-17 08:10", "target",
            id="004 Incident Response: 10 min on Friday, 10 on Monday",
        ),
        pytest.param(
            poologics(), P.MEDIUM, M.ETA_GIVEN, "2025-03-08 12:00", "2025-03-09 13:00", "target",
            id="004 ETA: 24 h after receipt are 24 real hours when clocks go forward",
        ),
        pytest.param(
            poologics(), P.MEDIUM, M.ETA_GIVEN, "2025-11-01 12:00", "2025-11-02 11:00", "target",
            id="004 ETA: 24 h after receipt are 24 real hours when clocks go back",
        ),
        pytest.param(
            poologics(), P.CRITICAL, M.PROGRESS, "2025-03-19 09:00", "2025-03-19 18:00", "target",
            id="004 critical: progress at the end of the working day",
        ),
        pytest.param(
            poologics(), P.CRITICAL, M.PROGRESS, "2025-03-14 18:00", "2025-03-17 18:00", "target",
            id="004 critical: the closing instant belongs to the next working day",
        ),
    ],
)  # fmt: skip
def test_a_ticket_is_due(policy: Policy, priority: Priority, metric: Metric, at: str, due: str, binding: str) -> None:
    story = Story(policy, at, priority)
    clock = story.clock(metric, at)
    assert (story.local(clock.due_at), clock.binding) == (due, binding)
    alone = start_clock(policy, priority, metric, story.at(at))
    assert (alone.due_at, alone.objective_at, alone.window) == (
        clock.due_at,
        clock.objective_at,
        clock.window,
    )


def test_declared_high_load_gives_the_longer_promise() -> None:
    """001: 10 min, 60 under declared high load."""
    story = Story(premium(), NOON, P.CRITICAL, high_load=True)
    clock = story.clock(M.RESPONSE, NOON)
    assert (story.local(clock.due_at), clock.window) == ("2025-03-17 13:00", HOUR)


def test_a_single_clock_of_a_metric_the_level_lacks_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"MEDIUM has no PROGRESS \(it has ACKNOWLEDGEMENT, RESPONSE"):
        start_clock(poologics(), P.MEDIUM, M.PROGRESS, Story(poologics(), NOON).at(NOON))


def test_a_log_without_an_opening_has_no_clocks() -> None:
    story = Story(premium(), NOON)
    assert clocks(story.policy, (), story.at(NOON)) == ()


STOPS = [
    # 000 and 001 count a resolution or an ETA, by a human of the vendor.
    (premium, M.RESPONSE, K.REPLIED, Party.STAFF, {}, False),
    (premium, M.RESPONSE, K.ACKNOWLEDGED, Party.STAFF, {}, False),
    (premium, M.RESPONSE, K.TAKEN, Party.STAFF, {}, False),
    (premium, M.RESPONSE, K.ASSIGNED, Party.STAFF, {"person": 7}, False),
    (premium, M.RESPONSE, K.NOTED, Party.STAFF, {}, False),
    (premium, M.RESPONSE, K.ESCALATED, Party.STAFF, {"level": 1}, False),
    (premium, M.RESPONSE, K.ETA_GIVEN, Party.STAFF, {"eta_at": "2025-03-18 12:00"}, True),
    (premium, M.RESPONSE, K.RESOLVED, Party.STAFF, {}, True),
    (premium, M.RESPONSE, K.ANSWERED, Party.STAFF, {"answers": "resolution"}, True),
    (premium, M.RESPONSE, K.ETA_GIVEN, Party.BOT, {"eta_at": "2025-03-18 12:00"}, False),
    (premium, M.RESPONSE, K.REPLIED, Party.CLIENT, {}, False),
    (premium, M.RESPONSE, K.RESOLVED, Party.BOT, {}, False),
    # 002 counts any human reply; an automatic one never.
    (tactful, M.RESPONSE, K.REPLIED, Party.STAFF, {}, True),
    (tactful, M.RESPONSE, K.REPLIED, Party.AUTOMATIC, {}, False),
    (tactful, M.RESPONSE, K.REPLIED, Party.CLIENT, {}, False),
    (tactful, M.RESPONSE, K.ACKNOWLEDGED, Party.STAFF, {}, False),
    (tactful, M.RESPONSE, K.ETA_GIVEN, Party.STAFF, {"eta_at": "2025-03-18 12:00"}, True),
    (tactful, M.RESOLUTION, K.REPLIED, Party.STAFF, {}, False),
    (tactful, M.RESOLUTION, K.WORKAROUND_GIVEN, Party.STAFF, {}, False),
    (tactful, M.RESOLUTION, K.RESOLVED, Party.STAFF, {}, True),
    (tactful, M.RESOLUTION, K.RESOLVED, Party.CLIENT, {}, True),
    # 003 is acknowledged by any human word.
    (infopromo, M.ACKNOWLEDGEMENT, K.ACKNOWLEDGED, Party.STAFF, {}, True),
    (infopromo, M.ACKNOWLEDGEMENT, K.REPLIED, Party.STAFF, {}, True),
    (infopromo, M.ACKNOWLEDGEMENT, K.HELD, Party.STAFF, {"reason": "client"}, True),
    (infopromo, M.ACKNOWLEDGEMENT, K.ACKNOWLEDGED, Party.AUTOMATIC, {}, False),
    # 004 is acknowledged by "initiating the resolution", not by "seen".
    (poologics, M.ACKNOWLEDGEMENT, K.ACKNOWLEDGED, Party.STAFF, {}, False),
    (poologics, M.ACKNOWLEDGEMENT, K.TAKEN, Party.STAFF, {}, True),
    (poologics, M.ACKNOWLEDGEMENT, K.RESOLVED, Party.STAFF, {}, True),
    (poologics, M.ETA_GIVEN, K.TAKEN, Party.STAFF, {}, False),
    (poologics, M.ETA_GIVEN, K.REPLIED, Party.STAFF, {}, False),
    (poologics, M.ETA_GIVEN, K.ETA_GIVEN, Party.STAFF, {"eta_at": "2025-03-18 12:00"}, True),
    (poologics, M.ETA_GIVEN, K.RESOLVED, Party.STAFF, {}, True),
    (poologics, M.ETA_GIVEN, K.ANSWERED, Party.STAFF, {"answers": "eta"}, True),
    (poologics, M.ETA_GIVEN, K.ANSWERED, Party.STAFF, {"answers": "reply"}, False),
]


@pytest.mark.parametrize(
    ("terms", "metric", "kind", "party", "data", "stops"),
    [
        pytest.param(*row, id=f"{row[0].__name__} {row[1]} {row[2]} by {row[3]} {row[4].get('answers', '')}")
        for row in STOPS
    ],
)
def test_only_what_the_agreement_counts_stops_a_clock(
    terms: object, metric: Metric, kind: EventKind, party: Party, data: dict[str, object], stops: bool
) -> None:
    story = Story(terms(), NOON)
    story.add(party, kind, "2025-03-17 12:05", **data)
    clock = story.clock(metric, "2025-03-17 12:06")
    assert clock.is_live is not stops
    if stops:
        assert (story.local(clock.stopped_at), clock.stopped_by, clock.is_met) == (
            "2025-03-17 12:05",
            2,
            True,
        )


def test_an_answer_at_the_due_instant_is_in_time_and_a_second_later_is_late() -> None:
    for answered, late in (("2025-03-17 13:00", None), ("2025-03-17 13:00:01", "2025-03-17 13:00")):
        story = Story(premium(), NOON).staff(K.RESOLVED, answered)
        clock = story.clock(M.RESPONSE, "2025-03-17 15:00")
        assert (clock.is_met, story.local(clock.breached_at)) == (late is None, late)


def test_a_breach_is_noted_at_its_true_moment_and_the_clock_runs_on() -> None:
    clock = Story(premium(), NOON).clock(M.RESPONSE, "2025-03-20 09:00")
    assert (clock.state, clock.breached_at, clock.fell_short_at) == (State.RUNNING, clock.due_at, None)


def test_passing_a_target_is_a_shortfall_and_no_breach() -> None:
    """002: "not a guarantee"."""
    clock = Story(tactful(), NOON).clock(M.RESPONSE, "2025-03-20 09:00")
    assert (clock.breached_at, clock.fell_short_at) == (None, clock.due_at)


def test_a_late_first_response_never_turns_green() -> None:
    story = Story(premium(), NOON).staff(K.RESOLVED, "2025-03-18 12:00")
    clock = story.clock(M.RESPONSE, "2025-03-25 12:00")
    assert (clock.state, clock.is_met, story.local(clock.breached_at)) == (
        State.STOPPED, False, "2025-03-17 13:00",
    )  # fmt: skip


def test_a_passed_objective_is_a_miss_and_nothing_more() -> None:
    story = Story(poologics(), NOON).staff(K.REPLIED, "2025-03-17 13:30")
    clock = story.clock(M.RESPONSE, "2025-03-17 18:00")
    assert (story.local(clock.missed_at), clock.fell_short_at, clock.is_met) == (
        "2025-03-17 13:00",
        None,
        True,
    )


def test_a_backdated_answer_takes_the_breach_back() -> None:
    """`/answered`: the answer was given in time, and only recognised later."""
    story = Story(premium(), NOON)
    story.bot(K.BREACHED, "2025-03-17 13:00", metric="RESPONSE", cycle=1)
    before = story.clocks("2025-03-17 13:30")
    assert voided(story.log, before) == ()
    story.staff(K.ANSWERED, "2025-03-17 12:40", answers="reply")
    after = story.clocks("2025-03-17 13:40")
    assert (after[0].is_met, voided(story.log, after)) == (True, ((M.RESPONSE, 1),))
    story.bot(K.BREACH_VOIDED, "2025-03-17 13:40", metric="RESPONSE", cycle=1)
    assert voided(story.log, after) == ()


def test_a_belated_first_word_moves_a_breach_that_is_on_record() -> None:
    story = Story(premium(), NOON)
    story.bot(K.BREACHED, "2025-03-17 13:00", metric="RESPONSE", cycle=1)
    story.client(K.CLIENT_MESSAGE, "2025-03-17 11:45")
    clocks = story.clocks("2025-03-17 13:10")
    assert (story.local(clocks[0].breached_at), voided(story.log, clocks)) == ("2025-03-17 12:45", ((M.RESPONSE, 1),))
    story.bot(K.BREACH_VOIDED, "2025-03-17 13:10", metric="RESPONSE", cycle=1)
    story.bot(K.BREACHED, "2025-03-17 12:45", metric="RESPONSE", cycle=1)
    assert voided(story.log, clocks) == ()


def test_an_undone_resolution_lets_the_clock_run_on() -> None:
    story = Story(premium(), NOON).staff(K.RESOLVED, "2025-03-17 12:10")
    story.staff(K.UNDONE, "2025-03-17 12:11", seq=2)
    assert story.clock(M.RESPONSE, "2025-03-17 12:12").state is State.RUNNING


def test_events_count_in_the_order_of_what_happened_not_of_recording() -> None:
    story = Story(premium(), NOON).staff(K.RESOLVED, "2025-03-17 12:30")
    story.staff(K.ETA_GIVEN, "2025-03-17 12:10", eta_at="2025-03-17 15:00")
    clock = story.clock(M.RESPONSE, "2025-03-17 12:40")
    assert (story.local(clock.stopped_at), clock.stopped_by) == ("2025-03-17 12:10", 3)


def test_a_message_that_arrives_late_starts_the_clock_as_if_it_had_arrived_in_order() -> None:
    story = Story(premium(), NOON).client(K.CLIENT_MESSAGE, "2025-03-17 11:50")
    assert story.local(story.clock(M.RESPONSE, NOON).due_at) == "2025-03-17 12:50"


class TestHolds:
    """Clarification holds the response clock (001); a third party extends the agreement (000)."""

    def test_a_wait_for_the_client_freezes_what_is_left(self) -> None:
        story = Story(premium(), NOON).staff(K.HELD, "2025-03-17 12:25", reason="client")
        clock = story.clock(M.RESPONSE, "2025-03-18 18:00")
        assert (clock.state, story.local(clock.held_since)) == (State.HELD, "2025-03-17 12:25")
        assert clock.breached_at is None
        assert clock.remaining(story.at("2025-03-18 18:00"), story.policy.calendar) == 35 * MINUTE

    def test_the_remaining_time_resumes_with_the_clients_word(self) -> None:
        """Held with 35 min left; back on Tuesday 18:50: 10 min then, 25 on Wednesday."""
        story = Story(premium(), NOON).staff(K.HELD, "2025-03-17 12:25", reason="client")
        story.client(K.CLIENT_MESSAGE, "2025-03-18 18:50")
        clock = story.clock(M.RESPONSE, "2025-03-18 18:50")
        assert (clock.state, story.local(clock.due_at)) == (State.RUNNING, "2025-03-19 10:25")

    def test_hold_time_is_working_time_not_wall_time(self) -> None:
        """000 Low, 8 h from Monday 15:00: 4 h on Monday, Tuesday with a third party, 4 h on Wednesday."""
        story = Story(base(), "2025-03-17 15:00", P.LOW)
        story.staff(K.HELD, "2025-03-18 10:00", reason="third_party", who="Acme")
        story.staff(K.RESUMED, "2025-03-19 10:00", by="staff")
        clock = story.clock(M.RESPONSE, "2025-03-19 10:00")
        assert (story.local(clock.due_at), clock.holds[0].who) == ("2025-03-19 14:00", "Acme")

    def test_a_hold_over_night_moves_nothing(self) -> None:
        story = Story(base(), "2025-03-17 15:00", P.LOW)
        story.staff(K.HELD, "2025-03-17 19:00", reason="third_party", who="Acme")
        story.staff(K.RESUMED, "2025-03-18 10:00", by="staff")
        assert story.local(story.clock(M.RESPONSE, "2025-03-18 10:00").due_at) == "2025-03-18 14:00"

    def test_a_hold_moves_the_cap_by_its_elapsed_length(self) -> None:
        """High on Friday 19:05, held 2 h on Saturday: the cap is Saturday 21:05."""
        story = Story(base(), "2025-03-14 19:05", P.HIGH)
        story.staff(K.HELD, "2025-03-15 10:00", reason="client")
        story.client(K.CLIENT_MESSAGE, "2025-03-15 12:00")
        clock = story.clock(M.RESPONSE, "2025-03-15 12:00")
        assert (story.local(clock.due_at), clock.binding) == ("2025-03-15 21:05", Binding.CAP)

    def test_a_long_hold_lets_the_window_bind_before_the_cap(self) -> None:
        """Held Saturday 10:00 to Monday 10:30: the cap is Monday 19:35, the window ends 11:30."""
        story = Story(base(), "2025-03-14 19:05", P.HIGH)
        story.staff(K.HELD, "2025-03-15 10:00", reason="client")
        story.client(K.CLIENT_MESSAGE, "2025-03-17 10:30")
        clock = story.clock(M.RESPONSE, "2025-03-17 10:30")
        assert story.local(clock.cap_at) == "2025-03-17 19:35"
        assert (story.local(clock.due_at), clock.binding) == ("2025-03-17 11:30", Binding.TARGET)

    def test_resolved_straight_from_a_hold_keeps_the_hold(self) -> None:
        story = Story(premium(), NOON).staff(K.HELD, "2025-03-17 12:25", reason="third_party", who="Acme")
        story.staff(K.RESOLVED, "2025-03-17 16:00")
        clock = story.clock(M.RESPONSE, "2025-03-17 17:00")
        assert (clock.is_met, story.local(clock.due_at)) == (True, "2025-03-17 16:35")
        assert story.local(clock.holds[0].end) == "2025-03-17 16:00"

    def test_cancelled_from_a_hold_is_not_late(self) -> None:
        story = Story(premium(), NOON).staff(K.HELD, "2025-03-17 12:25", reason="client")
        clock = story.staff(K.CANCELLED, "2025-03-17 18:00").clock(M.RESPONSE, "2025-03-18 12:00")
        assert (clock.state, clock.late_at) == (State.CANCELLED, None)

    def test_overlapping_holds_count_once(self) -> None:
        """Client 12:10-12:40, third party 12:20-13:00: 50 min in all; due 13:50."""
        story = Story(premium(), NOON).staff(K.HELD, "2025-03-17 12:10", reason="client")
        story.staff(K.HELD, "2025-03-17 12:20", reason="third_party", who="Acme")
        story.client(K.CLIENT_MESSAGE, "2025-03-17 12:40")
        assert story.clock(M.RESPONSE, "2025-03-17 12:41").state is State.HELD
        assert story.clock(M.RESPONSE, "2025-03-17 12:41").remaining(story.at(NOON), story.policy.calendar) == (
            50 * MINUTE
        )
        story.staff(K.RESUMED, "2025-03-17 13:00", by="staff")
        assert story.local(story.clock(M.RESPONSE, "2025-03-17 13:00").due_at) == "2025-03-17 13:50"

    def test_a_hold_that_starts_at_the_due_instant_saves_nothing(self) -> None:
        story = Story(premium(), NOON).staff(K.HELD, "2025-03-17 13:00", reason="client")
        clock = story.clock(M.RESPONSE, "2025-03-17 13:30")
        assert (clock.state, story.local(clock.breached_at)) == (State.HELD, "2025-03-17 13:00")

    def test_a_finished_hold_that_starts_at_the_due_instant_moves_nothing(self) -> None:
        story = Story(premium(), NOON).staff(K.HELD, "2025-03-17 13:00", reason="client")
        clock = story.client(K.CLIENT_MESSAGE, "2025-03-17 14:00").clock(M.RESPONSE, "2025-03-17 14:00")
        assert story.local(clock.due_at) == story.local(clock.breached_at) == "2025-03-17 13:00"

    def test_the_clients_word_does_not_end_a_wait_for_a_third_party(self) -> None:
        for kind, data in ((K.CLIENT_MESSAGE, {}), (K.RESUMED, {"by": "client"})):
            story = Story(premium(), NOON).staff(K.HELD, "2025-03-17 12:10", reason="third_party", who="Acme")
            story.client(kind, "2025-03-17 12:20", **data)
            assert story.clock(M.RESPONSE, "2025-03-17 12:30").state is State.HELD

    def test_a_granted_hold_over_the_close_owes_progress_on_the_day_it_ends(self) -> None:
        terms = policy(
            week("10:00-19:00", "Etc/GMT-3"), {P.MEDIUM: (target(M.PROGRESS, until_close=True, holds=BOTH),)}
        )
        story = Story(terms, NOON).staff(K.HELD, "2025-03-17 16:00", reason="third_party", who="Acme")
        assert story.clock(M.PROGRESS, "2025-03-18 20:00").state is State.HELD
        clock = story.staff(K.RESUMED, "2025-03-19 11:00", by="staff").clock(M.PROGRESS, "2025-03-19 11:00")
        assert (story.local(clock.due_at), clock.late_at) == ("2025-03-19 19:00", None)

    def test_where_no_hold_is_granted_the_clock_runs_and_both_figures_are_there(self) -> None:
        """002 grants none: 8 h from Monday 12:00 stay due Tuesday 12:00; raw 5 h + 2 h, ours 2 h less."""
        story = Story(tactful(), NOON).staff(K.HELD, "2025-03-17 13:00", reason="third_party", who="Acme")
        story.staff(K.RESUMED, "2025-03-17 15:00", by="staff").staff(K.REPLIED, "2025-03-18 11:00")
        clock = story.clock(M.RESPONSE, "2025-03-18 13:00")
        assert (story.local(clock.due_at), clock.holds[0].counted) == ("2025-03-18 12:00", False)
        now, calendar = story.at("2025-03-18 13:00"), story.policy.calendar
        assert (clock.raw_time(now, calendar), clock.adjusted_time(now, calendar)) == (7 * HOUR, 5 * HOUR)

    def test_a_clock_that_starts_during_a_granted_wait_is_held_from_its_start(self) -> None:
        """Only High has a resolution of 2 h; it starts at 12:30 on hold, and runs from 13:00."""
        response = target(M.RESPONSE, HOUR, holds=BOTH)
        resolution = target(M.RESOLUTION, 2 * HOUR, holds=BOTH)
        terms = policy(week("10:00-19:00", "Etc/GMT-3"), {P.HIGH: (response, resolution), P.MEDIUM: (response,)})
        story = Story(terms, NOON).staff(K.HELD, "2025-03-17 12:10", reason="third_party", who="Acme")
        story.client(K.PRIORITY_CHANGED, "2025-03-17 12:30", priority="HIGH")
        assert story.clock(M.RESOLUTION, "2025-03-17 12:40").state is State.HELD
        story.staff(K.RESUMED, "2025-03-17 13:00", by="staff")
        assert story.local(story.clock(M.RESOLUTION, "2025-03-17 13:00").due_at) == "2025-03-17 15:00"

    def test_given_holds_move_a_single_clock(self) -> None:
        story = Story(premium(), NOON)
        hold = Hold(story.at("2025-03-17 12:10"), story.at("2025-03-17 12:40"), HoldReason.CLIENT, "", True)
        clock = start_clock(story.policy, P.MEDIUM, M.RESPONSE, story.at(NOON), holds=(hold,))
        assert story.local(clock.due_at) == "2025-03-17 13:30"


class TestNextResponse:
    """It has no number in any of the texts: an objective, never a breach."""

    def test_it_starts_only_after_the_first_response_and_does_not_overrule_it(self) -> None:
        story = Story(premium(), NOON).staff(K.REPLIED, "2025-03-17 12:10")
        story.client(K.CLIENT_MESSAGE, "2025-03-17 12:20")
        assert not story.has(M.NEXT_RESPONSE, "2025-03-17 12:30")
        assert story.local(story.clock(M.RESPONSE, "2025-03-17 12:30").due_at) == "2025-03-17 13:00"

    def test_it_runs_from_the_oldest_unanswered_message_until_any_word_of_staff(self) -> None:
        story = Story(premium(), NOON).staff(K.ETA_GIVEN, "2025-03-17 12:10", eta_at="2025-03-18 12:00")
        story.client(K.CLIENT_MESSAGE, "2025-03-17 14:00").client(K.CLIENT_MESSAGE, "2025-03-17 14:30")
        clock = story.clock(M.NEXT_RESPONSE, "2025-03-17 14:40")
        assert (story.local(clock.started_at), story.local(clock.objective_at), clock.due_at) == (
            "2025-03-17 14:00", "2025-03-17 15:00", None,
        )  # fmt: skip
        story.staff(K.REPLIED, "2025-03-17 15:10").client(K.CLIENT_MESSAGE, "2025-03-17 16:00")
        first, second = (story.clock(M.NEXT_RESPONSE, "2025-03-19 12:00", cycle) for cycle in (1, 2))
        assert (story.local(first.missed_at), first.breached_at) == ("2025-03-17 15:00", None)
        assert (story.local(second.missed_at), second.fell_short_at) == ("2025-03-17 17:00", None)

    def test_a_bot_in_the_room_restarts_no_clock(self) -> None:
        story = Story(premium(), NOON).staff(K.ETA_GIVEN, "2025-03-17 12:10", eta_at="2025-03-18 12:00")
        story.bot(K.CLIENT_MESSAGE, "2025-03-17 12:11")
        assert not story.has(M.NEXT_RESPONSE, "2025-03-17 12:12")

    def test_thanks_restarts_no_clock(self) -> None:
        story = Story(premium(), NOON).staff(K.ETA_GIVEN, "2025-03-17 12:10", eta_at="2025-03-18 12:00")
        story.client(K.CLIENT_MESSAGE, "2025-03-17 12:11", courtesy=True)
        assert not story.has(M.NEXT_RESPONSE, "2025-03-17 12:12")

    def test_a_reopening_owes_the_next_response_from_then_on(self) -> None:
        story = Story(premium(), NOON).staff(K.RESOLVED, "2025-03-17 12:10")
        story.client(K.REOPENED, "2025-03-17 16:00")
        clock = story.clock(M.NEXT_RESPONSE, "2025-03-17 16:00")
        assert story.local(clock.objective_at) == "2025-03-17 17:00"
        assert story.clock(M.RESPONSE, "2025-03-17 16:00").is_met

    def test_where_there_is_no_response_target_the_acknowledgement_is_the_first_response(self) -> None:
        """003 promises an acknowledgement and a resolution."""
        story = Story(infopromo(), NOON).staff(K.ACKNOWLEDGED, "2025-03-17 12:01")
        story.client(K.CLIENT_MESSAGE, "2025-03-17 13:00")
        assert story.local(story.clock(M.NEXT_RESPONSE, "2025-03-17 13:00").objective_at) == "2025-03-17 13:30"


class TestReclassification:
    """ "Urgency and impact": never red by reclassification; the posted due stays unless the client agrees."""

    def test_upward_takes_the_earlier_of_old_due_and_new_window(self) -> None:
        """000 Medium 12:00 is due 17:00; High at 13:00 makes it 14:00."""
        story = Story(base(), NOON).client(K.PRIORITY_CHANGED, "2025-03-17 13:00", priority="HIGH")
        clock = story.clock(M.RESPONSE, "2025-03-17 13:00")
        assert (story.local(clock.due_at), clock.reclassified, clock.priority) == (
            "2025-03-17 14:00", True, P.HIGH,
        )  # fmt: skip
        assert (story.local(clock.started_at), story.local(clock.counted_from)) == (NOON, "2025-03-17 13:00")

    def test_upward_late_keeps_the_old_due(self) -> None:
        story = Story(base(), NOON).client(K.PRIORITY_CHANGED, "2025-03-17 16:30", priority="HIGH")
        clock = story.clock(M.RESPONSE, "2025-03-17 16:30")
        assert (story.local(clock.due_at), clock.late_at, clock.window) == (
            "2025-03-17 17:00",
            None,
            5 * HOUR,
        )

    def test_upward_at_night_caps_from_that_moment(self) -> None:
        """Medium on Friday 18:00 is due Monday 14:00; High on Friday 20:00: Saturday 20:00."""
        story = Story(base(), "2025-03-14 18:00").client(K.PRIORITY_CHANGED, "2025-03-14 20:00", priority="HIGH")
        clock = story.clock(M.RESPONSE, "2025-03-14 20:00")
        assert (story.local(clock.due_at), clock.binding) == ("2025-03-15 20:00", Binding.CAP)

    def test_downward_keeps_the_posted_due(self) -> None:
        story = Story(base(), NOON, P.HIGH).staff(K.PRIORITY_CHANGED, "2025-03-17 12:10", priority="LOW")
        clock = story.clock(M.RESPONSE, "2025-03-17 12:10")
        assert (story.local(clock.due_at), clock.priority) == ("2025-03-17 13:00", P.LOW)

    def test_downward_with_the_clients_consent_counts_from_the_start(self) -> None:
        story = Story(base(), NOON, P.HIGH)
        story.staff(K.PRIORITY_CHANGED, "2025-03-17 12:10", priority="MEDIUM", agreed=True)
        assert story.local(story.clock(M.RESPONSE, "2025-03-17 12:10").due_at) == "2025-03-17 17:00"

    def test_a_breach_before_the_change_stays(self) -> None:
        story = Story(base(), NOON, P.HIGH)
        story.staff(K.PRIORITY_CHANGED, "2025-03-17 13:10", priority="LOW", agreed=True)
        assert story.local(story.clock(M.RESPONSE, "2025-03-17 13:10").breached_at) == "2025-03-17 13:00"

    def test_an_answer_at_the_instant_of_change_and_due_is_in_time(self) -> None:
        story = Story(base(), NOON, P.HIGH).staff(K.PRIORITY_CHANGED, "2025-03-17 13:00", priority="LOW")
        clock = story.staff(K.RESOLVED, "2025-03-17 13:00").clock(M.RESPONSE, "2025-03-17 14:00")
        assert (clock.is_met, clock.late_at) == (True, None)

    def test_an_objective_missed_before_the_change_stays_missed(self) -> None:
        terms = policy(
            week("10:00-19:00", "Etc/GMT-3"),
            {P.HIGH: (target(M.RESPONSE, HOUR),), P.MEDIUM: (target(M.RESPONSE, 5 * HOUR, objective=HOUR),)},
        )
        story = Story(terms, NOON).client(K.PRIORITY_CHANGED, "2025-03-17 13:30", priority="HIGH")
        clock = story.clock(M.RESPONSE, "2025-03-17 13:30")
        assert (story.local(clock.due_at), story.local(clock.missed_at)) == (
            "2025-03-17 14:30",
            "2025-03-17 13:00",
        )

    def test_it_keeps_the_pauses(self) -> None:
        """Medium 12:00, held 12:30-13:30: due 18:00. Low at 14:00 keeps it; Medium again, too."""
        story = Story(base(), NOON).staff(K.HELD, "2025-03-17 12:30", reason="client")
        story.client(K.CLIENT_MESSAGE, "2025-03-17 13:30")
        story.staff(K.PRIORITY_CHANGED, "2025-03-17 14:00", priority="LOW")
        assert story.local(story.clock(M.RESPONSE, "2025-03-17 14:00").due_at) == "2025-03-17 18:00"
        story.staff(K.PRIORITY_CHANGED, "2025-03-17 14:10", priority="LOW", agreed=True)
        story.staff(K.PRIORITY_CHANGED, "2025-03-17 14:20", priority="MEDIUM")
        assert len(story.clock(M.RESPONSE, "2025-03-17 14:20").holds) == 1

    def test_a_held_clock_is_compared_as_if_it_resumed(self) -> None:
        """Medium with 4 h 30 left on hold; High gives 1 h from the resumption."""
        story = Story(base(), NOON).staff(K.HELD, "2025-03-17 12:30", reason="client")
        story.client(K.PRIORITY_CHANGED, "2025-03-17 17:00", priority="HIGH")
        assert story.clock(M.RESPONSE, "2025-03-17 17:00").state is State.HELD
        story.client(K.CLIENT_MESSAGE, "2025-03-17 17:30")
        assert story.local(story.clock(M.RESPONSE, "2025-03-17 17:30").due_at) == "2025-03-17 18:30"

    def test_a_metric_only_one_level_has_starts_and_is_cancelled_with_it(self) -> None:
        """004: only critical tickets owe progress."""
        story = Story(poologics(), NOON).client(K.PRIORITY_CHANGED, "2025-03-17 13:00", priority="CRITICAL")
        assert story.local(story.clock(M.PROGRESS, "2025-03-17 13:00").started_at) == "2025-03-17 13:00"
        story.staff(K.PRIORITY_CHANGED, "2025-03-17 14:00", priority="MEDIUM")
        clock = story.clock(M.PROGRESS, "2025-03-17 14:00")
        assert (clock.state, clock.late_at, clock.stopped_by) == (State.CANCELLED, None, 3)

    def test_a_graver_level_with_a_longer_window_moves_nothing(self) -> None:
        """003: level 3 resolves in 12 h, level 1 in 24 h, as written."""
        story = Story(infopromo(), NOON, P.LOW)
        story.client(K.PRIORITY_CHANGED, "2025-03-17 13:00", priority="CRITICAL")
        assert story.local(story.clock(M.RESOLUTION, "2025-03-17 13:00").due_at) == "2025-03-18 00:00"


class TestProgress:
    """004: "as soon as we get an update or at the end of the day", on critical tickets."""

    def test_a_word_in_the_day_stops_the_days_cycle_and_the_next_day_owes_again(self) -> None:
        story = Story(poologics(), NOON, P.CRITICAL).staff(K.PROGRESS_GIVEN, "2025-03-17 15:00")
        first, second = (story.clock(M.PROGRESS, "2025-03-17 15:00", cycle) for cycle in (1, 2))
        assert first.is_met
        assert (story.local(second.started_at), story.local(second.due_at), second.state) == (
            "2025-03-18 08:00", "2025-03-18 18:00", State.RUNNING,
        )  # fmt: skip

    def test_a_second_word_on_the_same_day_does_not_pay_for_the_next(self) -> None:
        story = Story(poologics(), NOON, P.CRITICAL).staff(K.PROGRESS_GIVEN, "2025-03-17 15:00")
        story.staff(K.REPLIED, "2025-03-17 16:00").staff(K.REPLIED, "2025-03-17 21:00")
        assert story.clock(M.PROGRESS, "2025-03-17 22:00", 2).state is State.RUNNING

    def test_a_silent_day_is_a_shortfall_of_that_day_alone(self) -> None:
        """Opened on Friday; Friday and Monday silent, word on Tuesday."""
        story = Story(poologics(), "2025-03-14 12:00", P.CRITICAL).staff(K.REPLIED, "2025-03-18 09:00")
        days = [c for c in story.clocks("2025-03-18 10:00") if c.metric is M.PROGRESS]
        assert [(story.local(c.due_at), story.local(c.fell_short_at), c.state.value) for c in days] == [
            ("2025-03-14 18:00", "2025-03-14 18:00", "cancelled"),
            ("2025-03-17 18:00", "2025-03-17 18:00", "cancelled"),
            ("2025-03-18 18:00", None, "stopped"),
            ("2025-03-19 18:00", None, "running"),
        ]

    def test_word_at_the_closing_instant_is_in_time(self) -> None:
        story = Story(poologics(), NOON, P.CRITICAL).staff(K.PROGRESS_GIVEN, "2025-03-17 18:00")
        assert story.clock(M.PROGRESS, "2025-03-17 18:00").is_met

    def test_resolving_ends_it_and_a_reopening_owes_it_again(self) -> None:
        story = Story(poologics(), NOON, P.CRITICAL).staff(K.RESOLVED, "2025-03-17 15:00")
        assert not story.has(M.PROGRESS, "2025-03-20 12:00", 2)
        story.client(K.REOPENED, "2025-03-20 12:00")
        assert story.local(story.clock(M.PROGRESS, "2025-03-20 12:00", 2).due_at) == "2025-03-20 18:00"

    def test_resolving_after_the_days_word_cancels_what_tomorrow_would_owe(self) -> None:
        story = Story(poologics(), NOON, P.CRITICAL).staff(K.PROGRESS_GIVEN, "2025-03-17 15:00")
        clock = story.staff(K.RESOLVED, "2025-03-17 16:00").clock(M.PROGRESS, "2025-03-20 12:00", 2)
        assert (clock.state, clock.late_at) == (State.CANCELLED, None)


class TestEta:
    """The ETA is a promise with its own clock; passing it is a broken ETA, not a breach of contract."""

    def test_it_is_due_at_the_promised_moment(self) -> None:
        story = Story(premium(), NOON).staff(K.ETA_GIVEN, "2025-03-17 12:10", eta_at="2025-03-17 15:00")
        clock = story.clock(M.ETA_KEPT, "2025-03-17 15:30")
        assert (story.local(clock.due_at), clock.kind) == ("2025-03-17 15:00", Kind.TARGET)
        assert (clock.breached_at, clock.fell_short_at, story.local(clock.late_at)) == (
            None, None, "2025-03-17 15:00",
        )  # fmt: skip

    def test_resolved_in_time_keeps_it(self) -> None:
        story = Story(premium(), NOON).staff(K.ETA_GIVEN, "2025-03-17 12:10", eta_at="2025-03-17 15:00")
        assert story.staff(K.RESOLVED, "2025-03-17 15:00").clock(M.ETA_KEPT, "2025-03-17 16:00").is_met

    def test_a_new_one_in_time_moves_it_and_afterwards_it_is_broken(self) -> None:
        story = Story(premium(), NOON).staff(K.ETA_GIVEN, "2025-03-17 12:10", eta_at="2025-03-17 15:00")
        story.staff(K.ETA_GIVEN, "2025-03-17 14:00", eta_at="2025-03-17 16:00", reason="vendor")
        story.staff(K.ETA_GIVEN, "2025-03-17 16:30", eta_at="2025-03-17 18:00", reason="vendor again")
        moved, broken, now = (story.clock(M.ETA_KEPT, "2025-03-17 17:00", cycle) for cycle in (1, 2, 3))
        assert (moved.state, moved.late_at) == (State.CANCELLED, None)
        assert (broken.state, story.local(broken.late_at)) == (State.STOPPED, "2025-03-17 16:00")
        assert (now.state, story.local(now.due_at)) == (State.RUNNING, "2025-03-17 18:00")


class TestTheEnd:
    def test_excluded_tickets_leave_every_guarantee(self) -> None:
        """003, "Exclusions and Limitations"."""
        story = Story(infopromo(), NOON).staff(K.ACKNOWLEDGED, "2025-03-17 12:01")
        story.staff(K.EXCLUDED, "2025-03-17 12:30", reason="force majeure")
        found = story.clocks("2025-03-25 12:00")
        assert {c.state for c in found} == {State.STOPPED, State.CANCELLED}
        assert all(c.excluded and c.late_at is None for c in found)

    def test_cancelling_a_ticket_does_not_take_a_breach_back(self) -> None:
        story = Story(premium(), NOON).staff(K.CANCELLED, "2025-03-17 14:00")
        clock = story.clock(M.RESPONSE, "2025-03-17 15:00")
        assert (clock.state, story.local(clock.breached_at)) == (State.CANCELLED, "2025-03-17 13:00")

    def test_nothing_starts_on_a_cancelled_ticket(self) -> None:
        story = Story(premium(), NOON).staff(K.CANCELLED, "2025-03-17 12:10")
        story.client(K.REOPENED, "2025-03-17 12:20").client(K.CLIENT_MESSAGE, "2025-03-17 12:30")
        assert [c.state for c in story.clocks("2025-03-17 12:40")] == [State.CANCELLED]

    def test_a_client_who_solves_it_alone_is_owed_no_answer_and_it_was_none_in_time(self) -> None:
        story = Story(premium(), NOON).client(K.RESOLVED, "2025-03-17 12:10")
        clock = story.clock(M.RESPONSE, "2025-03-17 14:00")
        assert (clock.state, clock.is_met, clock.late_at) == (State.CANCELLED, False, None)
        story.client(K.REOPENED, "2025-03-17 15:00")
        assert story.local(story.clock(M.RESPONSE, "2025-03-17 15:00", 2).due_at) == "2025-03-17 16:00"

    def test_a_reopening_gives_the_resolution_its_full_window_again(self) -> None:
        """002 S2: 24 working hours; our reading: from the reopening."""
        story = Story(tactful(), NOON).staff(K.RESOLVED, "2025-03-17 13:00")
        story.client(K.REOPENED, "2025-03-18 09:00")
        clock = story.clock(M.RESOLUTION, "2025-03-18 09:00", 2)
        assert (story.local(clock.due_at), clock.window) == ("2025-03-20 17:00", timedelta(hours=24))
