"""`/urgency` for clients, `/priority` for staff: the agreement's own words and the ranks of both languages."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fakes import CLIENT_ROOM, DIRECT, MINUTE, POLICY, STAFF, FakeDesk, happened, tell, ticketed

from bot.sla.log import EventKind
from bot.sla.policy import Policy, Priority


@pytest.mark.parametrize(
    ("written", "priority", "reason"),
    [
        ("critical", "CRITICAL", ""),
        ("Service down", "CRITICAL", ""),
        ("T-42 service  down, payments stopped", "CRITICAL", "payments stopped"),
        ("критично", "CRITICAL", ""),
        ("42 low", "LOW", ""),
        ("низкий: подождём", "LOW", "подождём"),
        ("#42 feature request", "FEATURE", ""),
    ],
)
def test_a_client_says_how_bad_it_is(written: str, priority: str, reason: str) -> None:
    desk = FakeDesk(tickets=[ticketed()])
    tell(desk, f"/urgency {written}")
    assert desk.done == [("set_priority", 42, priority, reason)]


def test_without_words_the_agreements_other_levels_are_offered() -> None:
    assert tell(FakeDesk(tickets=[ticketed()]), "/urgency") == "How bad is it? T-42\n[Service down][Low]"


def test_a_closed_ticket_is_not_asked_about() -> None:
    desk = FakeDesk(tickets=[ticketed(happened(EventKind.RESOLVED, MINUTE))])
    assert tell(desk, "/urgency") == "T-42 is resolved since 09:59 Berlin; reopen T-42 opens it again."


def test_a_level_that_the_agreement_lacks_becomes_the_next_graver() -> None:
    desk = FakeDesk(tickets=[ticketed(priority=Priority.LOW)])
    assert tell(desk, "/urgency high") == (
        "The agreement has no priority High; T-42 takes the next graver one, Service down."
    )


@pytest.mark.parametrize("written", ["very bad", "lowest", "criticality"])
def test_an_unknown_word_is_answered_with_what_there_is(written: str) -> None:
    desk = FakeDesk(tickets=[ticketed()])
    assert tell(desk, f"/urgency {written}") == (
        f"There is no priority '{written}'. One of: critical (Service down), medium, low."
    )
    assert desk.done == []


def test_staff_gives_the_reason() -> None:
    desk = FakeDesk(STAFF, DIRECT, [ticketed()])
    assert tell(desk, "/priority critical they are down") == "Acme is told. T-42."
    assert desk.done == [("set_priority", 42, "CRITICAL", "they are down")]


def test_staff_without_a_reason_is_refused() -> None:
    desk = FakeDesk(STAFF, DIRECT, [ticketed()])
    assert tell(desk, "/priority critical") == (
        "This needs its reason. This works: priority T-42 high payments stopped."
    )
    assert desk.done == []


def test_in_the_clients_room_the_room_is_told_by_the_desk() -> None:
    assert tell(FakeDesk(STAFF, CLIENT_ROOM, [ticketed()]), "/priority low they agreed") == ""


def test_staff_without_a_level_is_shown_how() -> None:
    said = tell(FakeDesk(STAFF, DIRECT, [ticketed()]), "/priority T-42")
    assert said == "This needs some words. This works: priority T-42 high payments stopped."


_BRACKETS = {
    Priority.CRITICAL: "Critical (S1)",
    Priority.HIGH: "Degraded Service (Level 2)",
    Priority.MEDIUM: "General Issues (Level 3)",
    Priority.LOW: "Low (S3)",
}


def _named(names: dict[Priority, str]) -> Policy:
    """The agreement of these tests, with levels of these names in it."""
    some = POLICY.levels[Priority.MEDIUM]
    levels = {priority: replace(some, priority=priority, name=name) for priority, name in names.items()}
    return replace(POLICY, levels={**POLICY.levels, **levels})


@pytest.mark.parametrize(
    ("written", "priority", "reason"),
    [
        ("S1 they are down", "CRITICAL", "they are down"),
        ("Critical they are down", "CRITICAL", "they are down"),
        ("critical (s1), they are down", "CRITICAL", "they are down"),
        ("s3: agreed", "LOW", "agreed"),
        ("level-3 a question", "MEDIUM", "a question"),
        ("Level 3 - a question", "MEDIUM", "a question"),
        ("general-issues a question", "MEDIUM", "a question"),
        ("degraded service slow pages", "HIGH", "slow pages"),
    ],
)
def test_the_short_names_of_an_agreement_are_understood(written: str, priority: str, reason: str) -> None:
    desk = FakeDesk(STAFF, DIRECT, [ticketed(policy=_named(_BRACKETS))])
    tell(desk, f"/priority T-42 {written}")
    assert desk.done == [("set_priority", 42, priority, reason)]


def test_a_short_name_of_two_levels_is_refused_with_their_names() -> None:
    policy = _named({Priority.CRITICAL: "Outage (EU)", Priority.MEDIUM: "Slow (EU)"})
    desk = FakeDesk(STAFF, DIRECT, [ticketed(policy=policy)])
    assert tell(desk, "/priority eu it hurts") == (
        "'eu' can mean more than one level: critical (Outage (EU)), medium (Slow (EU))."
    )
    tell(desk, "/priority slow (eu) it hurts")
    assert desk.done == [("set_priority", 42, "MEDIUM", "it hurts")]


def test_a_short_name_that_is_the_rank_of_another_level_is_refused() -> None:
    policy = _named({Priority.MEDIUM: "Low (M)", Priority.LOW: "Cosmetic"})
    desk = FakeDesk(STAFF, DIRECT, [ticketed(policy=policy)])
    assert tell(desk, "/priority low it hurts") == (
        "'low' can mean more than one level: medium (Low (M)), low (Cosmetic)."
    )
    assert desk.done == []


def test_a_rank_that_the_agreement_lacks_gives_way_to_its_own_short_name() -> None:
    desk = FakeDesk(STAFF, DIRECT, [ticketed(policy=_named({Priority.MEDIUM: "High (M)"}))])
    tell(desk, "/priority high it hurts")
    assert desk.done == [("set_priority", 42, "MEDIUM", "it hurts")]
