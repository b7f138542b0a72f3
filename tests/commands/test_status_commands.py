"""`/status` and `/tickets`: the truth about open tickets, for a client in his time, for staff by client."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from fakes import CLIENT_ROOM, DIRECT, MINUTE, POLICY, STAFF, TEAM, FakeDesk, happened, tell, ticketed

from bot.commands.base import Ticketed
from bot.sla.log import EventKind, Party
from bot.sla.policy import Kind, Metric, Priority

TEN_AGO = 10 * MINUTE
HELD_BY_CLIENT = happened(EventKind.HELD, TEN_AGO, reason="client", who="Acme")
HELD_BY_STRIPE = happened(EventKind.HELD, TEN_AGO, reason="third_party", who="Stripe")
ETA_AT_10 = happened(EventKind.ETA_GIVEN, TEN_AGO, eta_at="2026-11-20T10:00:00+00:00")
ETA_PAST = happened(EventKind.ETA_GIVEN, TEN_AGO, eta_at="2026-11-20T08:58:00+00:00")
ESCALATED = happened(EventKind.ESCALATED, TEN_AGO, Party.CLIENT, level=1, by="client")
ANSWERED = happened(EventKind.ANSWERED, TEN_AGO, answers="resolution")
RESOLVED = happened(EventKind.RESOLVED, TEN_AGO)
WROTE_AGAIN = happened(EventKind.CLIENT_MESSAGE, 5 * MINUTE, Party.CLIENT)
REOPENED = happened(EventKind.REOPENED, 5 * MINUTE, Party.CLIENT)

_RESPONSE = POLICY.levels[Priority.MEDIUM].targets[0]
_AIM = replace(_RESPONSE, metric=Metric.NEXT_RESPONSE, kind=Kind.TARGET, within=None, objective=timedelta(hours=4))
AIMING = replace(
    POLICY,
    levels={rank: replace(level, targets=(*level.targets, _AIM)) for rank, level in POLICY.levels.items()},
)

# Medium: 4 working hours from 11:30 in GMT+3 end at 15:30 there, 13:30 in Berlin. Now it is 10:00 in Berlin.
CASES = [
    (ticketed(), "waiting for our answer, due 13:30 Berlin (in 3 h 30 min)"),
    (ticketed(ESCALATED), "escalated, due 13:30 Berlin (in 3 h 30 min)"),
    # 20 minutes were used when the hold began; what remains does not shrink.
    (ticketed(HELD_BY_CLIENT), "waiting for your details; 3 h 40 min of the window remains"),
    (ticketed(HELD_BY_STRIPE), "waiting for Stripe; 3 h 40 min of the window remains"),
    (ticketed(ETA_AT_10), "being fixed, fix expected by 11:00 Berlin (in 60 min)"),
    (ticketed(ETA_PAST), "overdue, due 09:58 Berlin (2 min ago)"),
    (ticketed(ANSWERED), "answered"),
    # Further words have an aim alone, of 4 working hours: from 11:55 in GMT+3 to 15:55 there.
    (ticketed(ANSWERED, WROTE_AGAIN, policy=AIMING), "waiting for our answer, we aim for 13:55 Berlin (in 3 h 55 min)"),
    (
        ticketed(ANSWERED, RESOLVED, REOPENED, policy=AIMING),
        "waiting for our answer, we aim for 13:55 Berlin (in 3 h 55 min)",
    ),
]


@pytest.mark.parametrize(("each", "words"), CASES)
def test_a_client_reads_where_his_ticket_stands(each: Ticketed, words: str) -> None:
    said = tell(FakeDesk(tickets=[each]), "/status")
    assert said == f"T-42, Medium: {words}. Ann.\n'postbacks stopped arriving'\n[Escalate]"


def test_an_overdue_ticket_says_since_when() -> None:
    late = ticketed(opened=90 * MINUTE, priority=Priority.CRITICAL)
    said = tell(FakeDesk(tickets=[late]), "/status")
    assert said.startswith("T-42, Service down: overdue, due 09:30 Berlin (30 min ago). Ann.")


def test_an_aim_that_has_passed_is_overdue_as_it_is_on_the_board() -> None:
    soon = replace(_AIM, objective=timedelta(minutes=30))
    level = POLICY.levels[Priority.MEDIUM]
    policy = replace(AIMING, levels={**AIMING.levels, Priority.MEDIUM: replace(level, targets=(*level.targets, soon))})
    answered = happened(EventKind.ANSWERED, 60 * MINUTE, answers="resolution")
    again = happened(EventKind.CLIENT_MESSAGE, 50 * MINUTE, Party.CLIENT)
    late = ticketed(answered, again, opened=90 * MINUTE, policy=policy)
    said = tell(FakeDesk(tickets=[late]), "/status")
    assert said.startswith("T-42, Medium: overdue, we aimed for 09:40 Berlin (20 min ago). Ann.")
    said = tell(FakeDesk(STAFF, TEAM, [late]), "/tickets")
    assert "T-42, Acme, Medium: overdue, aim was 11:40 GMT+3 (20 min ago). Ann." in said


def test_a_hold_after_the_due_moment_stays_overdue() -> None:
    held = ticketed(HELD_BY_CLIENT, opened=90 * MINUTE, priority=Priority.CRITICAL)
    assert "overdue, due 09:30 Berlin" in tell(FakeDesk(tickets=[held]), "/status")


def test_a_wait_that_stops_no_clock_is_named_beside_the_running_deadline() -> None:
    ungranted = replace(ticketed().policy.levels[Priority.MEDIUM].targets[0], holds=frozenset(), clause="")
    policy = ticketed().policy
    level = replace(policy.levels[Priority.MEDIUM], targets=(ungranted,))
    strict = replace(policy, levels={**policy.levels, Priority.MEDIUM: level})
    said = tell(FakeDesk(tickets=[ticketed(HELD_BY_STRIPE, policy=strict)]), "/status")
    assert said.startswith("T-42, Medium: waiting for Stripe, due 13:30 Berlin (in 3 h 30 min). Ann.")


def test_a_closed_ticket_can_still_be_asked_for() -> None:
    desk = FakeDesk(tickets=[ticketed(RESOLVED)])
    assert tell(desk, "/status T-42") == (
        "T-42, Medium: resolved, waiting for confirmation. Ann.\n'postbacks stopped arriving'"
    )


def test_nothing_open_is_said_plainly() -> None:
    assert tell(FakeDesk(), "/status") == "Nothing is open here."
    assert tell(FakeDesk(STAFF, TEAM), "/tickets") == "No ticket is open."


def test_several_tickets_have_a_line_and_a_button_each() -> None:
    desk = FakeDesk(tickets=[ticketed(), ticketed(ANSWERED, ref=43)])
    assert tell(desk, "/status") == (
        "Open now\n"
        "T-42, Medium: waiting for our answer, due 13:30 Berlin (in 3 h 30 min). Ann.\n"
        "T-43, Medium: answered. Ann.\n"
        "[T-42: postbacks stopped arriving][T-43: postbacks stopped arriving]"
    )


def test_a_long_list_says_how_many_are_left_out() -> None:
    desk = FakeDesk(tickets=[ticketed(ref=ref) for ref in range(100, 113)])
    lines = tell(desk, "/status").split("\n")
    assert len(lines) == 13
    assert lines[10].startswith("T-109,")
    assert lines[11] == "and 3 more"
    assert lines[12].count("[") == 5


@pytest.mark.parametrize("reference", ["T-43", "t43", "#43", "43"])
def test_every_way_of_writing_a_reference_works(reference: str) -> None:
    desk = FakeDesk(tickets=[ticketed(), ticketed(ref=43)])
    assert tell(desk, f"/status {reference}").startswith("T-43,")


def test_a_foreign_or_unknown_ticket_is_answered_alike() -> None:
    assert tell(FakeDesk(), "/status T-9") == "There is no ticket T-9 here; status lists the open ones."


def test_words_that_are_no_reference_are_quoted_with_an_example() -> None:
    said = tell(FakeDesk(tickets=[ticketed()]), "/status of my ticket")
    assert said == "'of my ticket' is no ticket reference. This works: status T-42."


def test_staff_reads_the_client_and_his_own_zone() -> None:
    desk = FakeDesk(STAFF, DIRECT, [ticketed(HELD_BY_CLIENT), ticketed(ref=43, client="Beta")])
    assert tell(desk, "/status") == (
        "Open now\n"
        "T-42, Acme, Medium: waiting for Acme; 3 h 40 min of the window remains. Ann.\n"
        "T-43, Beta, Medium: waiting for our answer, due 15:30 GMT+3 (in 3 h 30 min). Ann.\n"
        "[T-42: postbacks stopped arriving][T-43: postbacks stopped arriving]"
    )


def test_the_button_to_escalate_is_the_clients() -> None:
    assert tell(FakeDesk(STAFF, DIRECT, [ticketed()]), "/status T-42") == (
        "T-42, Acme, Medium: waiting for our answer, due 15:30 GMT+3 (in 3 h 30 min). Ann.\n"
        "'postbacks stopped arriving'"
    )


def test_staff_in_a_client_room_reads_what_the_client_reads() -> None:
    said = tell(FakeDesk(STAFF, CLIENT_ROOM, [ticketed()]), "/status")
    assert "Acme" not in said


def test_the_queue_is_counted_and_never_shown_where_a_client_reads() -> None:
    team = FakeDesk(STAFF, TEAM, [ticketed(ETA_AT_10), ticketed(ref=43, client="Beta")])
    assert tell(team, "/tickets") == (
        "2 open tickets\n"
        "T-42, Acme, Medium: being fixed, ETA 13:00 GMT+3 (in 60 min). Ann.\n"
        "T-43, Beta, Medium: waiting for our answer, due 15:30 GMT+3 (in 3 h 30 min). Ann."
    )
    said = tell(FakeDesk(STAFF, CLIENT_ROOM, [ticketed()]), "/tickets")
    assert said.startswith("1 open ticket\nT-42, Medium:")


def test_tickets_takes_no_argument() -> None:
    said = tell(FakeDesk(STAFF, TEAM, [ticketed()]), "/tickets of Acme")
    assert said == "'of Acme' is not needed here. This works: tickets."
