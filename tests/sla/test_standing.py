"""Where a ticket stands: the ETA ledger and the facts the desk asks for besides the clocks."""

from __future__ import annotations

import pytest
from factory import Story, base, premium

from bot.sla.clock import EtaEntry, EtaOutcome, Standing, standing
from bot.sla.log import EventKind
from bot.sla.policy import HoldReason, Priority

K = EventKind
NOON = "2025-03-17 12:00"  # a Monday


def stand(story: Story, now: str) -> Standing:
    return standing(story.policy, story.log, story.at(now))


def test_a_fresh_ticket_waits_for_its_first_response() -> None:
    story = Story(premium(), NOON)
    found = stand(story, NOON)
    assert (found.is_open, found.responded, found.priority, found.level_name) == (
        True, False, Priority.MEDIUM, "Medium",
    )  # fmt: skip
    assert found.oldest_unanswered_at == found.opened_at == story.at(NOON)
    assert (found.owner, found.eta_at, found.etas, found.escalation, found.resolved_at) == (
        None,
        None,
        (),
        0,
        None,
    )


def test_a_log_without_an_opening_has_no_standing() -> None:
    with pytest.raises(ValueError, match="has no OPENED"):
        standing(premium(), (), Story(premium(), NOON).at(NOON))


def test_a_bare_reply_leaves_the_first_message_unanswered() -> None:
    """000: "does not include the autoresponse" - and neither a word that gives no ETA."""
    story = Story(premium(), NOON).staff(K.REPLIED, "2025-03-17 12:05")
    assert stand(story, "2025-03-17 12:06").oldest_unanswered_at == story.at(NOON)
    story.staff(K.ETA_GIVEN, "2025-03-17 12:10", eta_at="2025-03-17 15:00")
    assert stand(story, "2025-03-17 12:11").oldest_unanswered_at is None
    story.client(K.CLIENT_MESSAGE, "2025-03-17 12:20").client(K.CLIENT_MESSAGE, "2025-03-17 12:30")
    assert stand(story, "2025-03-17 12:31").oldest_unanswered_at == story.at("2025-03-17 12:20")
    story.staff(K.REPLIED, "2025-03-17 12:40")
    assert stand(story, "2025-03-17 12:41").oldest_unanswered_at is None


def test_the_eta_ledger_tells_kept_moved_and_broken_apart() -> None:
    story = Story(premium(), NOON)
    story.staff(K.ETA_GIVEN, "2025-03-17 12:10", eta_at="2025-03-17 15:00")
    story.staff(K.ETA_GIVEN, "2025-03-17 14:00", eta_at="2025-03-17 16:00", reason="vendor")
    story.staff(K.ETA_GIVEN, "2025-03-17 16:30", eta_at="2025-03-17 18:00", reason="late")
    ledger = stand(story, "2025-03-17 17:00").etas
    assert ledger == (
        EtaEntry(
            story.at("2025-03-17 12:10"),
            story.at("2025-03-17 15:00"),
            EtaOutcome.MOVED,
            "",
            moved_at=story.at("2025-03-17 14:00"),
        ),
        EtaEntry(
            story.at("2025-03-17 14:00"),
            story.at("2025-03-17 16:00"),
            EtaOutcome.BROKEN,
            "vendor",
            moved_at=story.at("2025-03-17 16:30"),
        ),
        EtaEntry(story.at("2025-03-17 16:30"), story.at("2025-03-17 18:00"), EtaOutcome.OPEN, "late"),
    )
    assert [entry.was_told_before for entry in ledger] == [True, False, False]
    assert stand(story, "2025-03-17 17:00").eta_at == story.at("2025-03-17 18:00")
    assert stand(story, "2025-03-17 18:30").etas[2].outcome is EtaOutcome.BROKEN
    resolved = stand(story.staff(K.RESOLVED, "2025-03-17 17:30"), "2025-03-17 19:00")
    assert (resolved.etas[2].outcome, resolved.eta_at) == (EtaOutcome.KEPT, None)


def test_an_eta_moved_at_its_very_moment_is_moved() -> None:
    story = Story(premium(), NOON).staff(K.ETA_GIVEN, "2025-03-17 12:10", eta_at="2025-03-17 15:00")
    story.staff(K.ETA_GIVEN, "2025-03-17 15:00", eta_at="2025-03-17 16:00")
    assert stand(story, "2025-03-17 15:30").etas[0].outcome is EtaOutcome.MOVED


def test_an_eta_on_a_ticket_that_is_excluded_is_void() -> None:
    story = Story(premium(), NOON).staff(K.ETA_GIVEN, "2025-03-17 12:10", eta_at="2025-03-17 15:00")
    found = stand(story.staff(K.EXCLUDED, "2025-03-17 13:00", reason="attack"), "2025-03-17 18:00")
    assert (found.etas[0].outcome, found.excluded, found.is_open) == (EtaOutcome.VOID, "attack", False)


def test_each_request_for_details_is_counted_and_the_waits_that_go_on_are_listed() -> None:
    story = Story(premium(), NOON)
    for minute in (10, 20, 30):
        story.staff(K.HELD, f"2025-03-17 12:{minute}", reason="client")
        story.client(K.CLIENT_MESSAGE, f"2025-03-17 12:{minute + 5}")
    story.staff(K.HELD, "2025-03-17 12:40", reason="third_party", who="Acme")
    found = stand(story, "2025-03-17 12:45")
    assert found.clarifications == 3
    assert [(h.reason, h.who) for h in found.holds] == [(HoldReason.THIRD_PARTY, "Acme")]


def test_the_owner_is_who_took_it_last_or_was_given_it() -> None:
    story = Story(base(), NOON).staff(K.TAKEN, "2025-03-17 12:01")
    assert stand(story, NOON).owner == 7
    assert stand(story.staff(K.ASSIGNED, "2025-03-17 12:02", person=9), NOON).owner == 9
    assert stand(story.staff(K.UNDONE, "2025-03-17 12:03", seq=3), NOON).owner == 7


def test_a_reopening_starts_the_ladder_from_below() -> None:
    story = Story(base(), NOON).bot(K.ESCALATED, "2025-03-17 12:30", level=1, by="timer")
    story.client(K.ESCALATED, "2025-03-17 12:40", level=2, by="client")
    story.staff(K.ESCALATION_ACKNOWLEDGED, "2025-03-17 12:41", level=2)
    assert (stand(story, NOON).escalation, stand(story, NOON).escalation_acknowledged) == (2, 2)
    story.staff(K.RESOLVED, "2025-03-17 13:00").client(K.CONFIRMED, "2025-03-17 13:01")
    found = stand(story, "2025-03-17 13:02")
    assert (found.resolved_at, found.confirmed_at) == (
        story.at("2025-03-17 13:00"),
        story.at("2025-03-17 13:01"),
    )
    found = stand(story.client(K.REOPENED, "2025-03-17 14:00"), "2025-03-17 14:00")
    assert (found.is_open, found.escalation, found.reopened, found.resolved_at) == (True, 0, 1, None)
