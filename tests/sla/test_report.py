"""Order, outcome and compliance: open overdue tickets are counted, late ones stay late."""

from __future__ import annotations

from factory import Story, base, infopromo, poologics, premium, tactful

from bot.sla.clock import Clock
from bot.sla.log import EventKind
from bot.sla.policy import Metric, Priority
from bot.sla.report import Compliance, Outcome, by_time_to_breach, compliance, outcome

K, M, P = EventKind, Metric, Priority
NOON = "2025-03-17 12:00"  # a Monday
LATER = "2025-03-17 15:00"


def response(story: Story, now: str = LATER) -> Clock:
    return story.clock(M.RESPONSE, now)


def test_the_next_to_breach_comes_first() -> None:
    held = response(Story(premium(), NOON).staff(K.HELD, "2025-03-17 12:10", reason="client"))
    overdue = response(Story(premium(), "2025-03-17 13:30"))
    longer_overdue = response(Story(premium(), NOON))
    soon = response(Story(premium(), "2025-03-17 14:30"))
    later = response(Story(base(), "2025-03-17 14:00"))
    done = response(Story(premium(), NOON).staff(K.RESOLVED, "2025-03-17 12:10"))
    found = by_time_to_breach([done, held, later, soon, overdue, longer_overdue], longer_overdue.started_at)
    assert found == [longer_overdue, overdue, soon, later, held, done]


def test_at_the_same_moment_the_graver_priority_comes_first() -> None:
    informational = response(Story(premium(), LATER, P.INFORMATIONAL))
    low = Story(premium(), "2025-03-18 10:00", P.LOW).clock(M.RESPONSE, "2025-03-18 10:00")
    assert low.due_at == informational.due_at
    assert by_time_to_breach([informational, low], low.started_at) == [low, informational]


def test_each_clock_has_one_outcome() -> None:
    now = Story(premium(), NOON).at(LATER)
    cases = {
        Outcome.MET: Story(premium(), NOON).staff(K.RESOLVED, "2025-03-17 13:00"),
        Outcome.LATE: Story(premium(), NOON).staff(K.RESOLVED, "2025-03-17 13:00:01"),
        Outcome.OPEN: Story(premium(), "2025-03-17 14:30"),
        Outcome.OVERDUE: Story(premium(), NOON),
        Outcome.EXCLUDED: Story(premium(), NOON).staff(K.EXCLUDED, "2025-03-17 12:10", reason="attack"),
    }
    assert {expected: outcome(response(story), now) for expected, story in cases.items()} == {o: o for o in cases}


def test_cancelling_after_the_breach_is_late_and_before_it_is_not_counted() -> None:
    now = Story(premium(), NOON).at(LATER)
    assert outcome(response(Story(premium(), NOON).staff(K.CANCELLED, "2025-03-17 13:30")), now) is Outcome.LATE
    assert outcome(response(Story(premium(), NOON).staff(K.CANCELLED, "2025-03-17 12:30")), now) is Outcome.EXCLUDED


def test_a_held_clock_is_not_overdue() -> None:
    story = Story(premium(), NOON).staff(K.HELD, "2025-03-17 12:10", reason="client")
    assert outcome(response(story), story.at(LATER)) is Outcome.OPEN


def test_unanswered_tickets_are_not_left_out_of_compliance() -> None:
    stories = [
        Story(premium(), NOON).staff(K.RESOLVED, "2025-03-17 12:10"),
        Story(premium(), NOON).staff(K.RESOLVED, "2025-03-17 12:20"),
        Story(premium(), NOON).staff(K.RESOLVED, "2025-03-17 14:00"),
        Story(premium(), NOON),
        Story(premium(), "2025-03-17 14:30"),
    ]
    found = compliance([response(story) for story in stories], stories[0].at(LATER))
    assert found == Compliance(met=2, late=1, open_overdue=1, waiting=1)
    assert found.share == 0.5


def test_with_nothing_counted_there_is_no_share() -> None:
    story = Story(premium(), "2025-03-17 14:30")
    assert compliance([response(story)], story.at(LATER)).share is None


def test_objectives_and_etas_are_no_promises_of_the_agreement() -> None:
    """A broken ETA and a missed next response leave compliance alone: both are in ledgers of their own."""
    story = Story(premium(), NOON).staff(K.ETA_GIVEN, "2025-03-17 12:10", eta_at="2025-03-17 13:00")
    story.client(K.CLIENT_MESSAGE, "2025-03-17 12:20")
    now = "2025-03-18 12:00"
    assert compliance(story.clocks(now), story.at(now)) == Compliance(met=1, late=0, open_overdue=0)


def test_shortfalls_of_targets_count_like_breaches() -> None:
    """002 promises targets only; its compliance would be empty otherwise."""
    now = "2025-03-19 12:00"
    story = Story(tactful(), NOON)
    assert compliance(story.clocks(now), story.at(now)) == Compliance(met=0, late=0, open_overdue=1, waiting=1)


def test_each_silent_day_counts_once() -> None:
    """004 critical: Friday and Monday silent; acknowledgement, answer and ETA overdue as well."""
    story = Story(poologics(), "2025-03-14 12:00", P.CRITICAL)
    found = compliance(story.clocks("2025-03-18 09:00"), story.at("2025-03-18 09:00"))
    assert found == Compliance(met=0, late=2, open_overdue=3, waiting=1)


def test_both_promises_of_a_round_the_clock_agreement_count() -> None:
    story = Story(infopromo(), NOON).staff(K.ACKNOWLEDGED, "2025-03-17 12:20")
    found = compliance(story.clocks(LATER), story.at(LATER))
    assert found == Compliance(met=1, late=0, open_overdue=0, waiting=1)
