"""The delivery state machine as tables: what each outcome, and each look after doubt, means."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.channels.base import Limits, Permanent, RetryAfter, Scope, Sent, Unchangeable, Unknown
from bot.delivery.verdicts import (
    CutOff,
    Delivered,
    Finding,
    GiveUp,
    InDoubt,
    Later,
    LeaveOut,
    LookAgain,
    PostAnew,
    Refused,
    after_look,
    after_send,
    wait_after,
)
from bot.store.outbox_row import NO_EDIT, OutboxRow, State

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
ROW = OutboxRow(
    id=1,
    oid="p1",
    dedupe_key="reply:1:1",
    client_id=1,
    room_id=1,
    room_client_id=1,
    ticket_id=None,
    notice="{}",
    rank=50,
    must_say=True,
    thread=None,
    reply_to=None,
    state=State.SENDING,
    attempts=0,
    ambiguous=0,
    looks=0,
    token="t",
    claimed_at=NOW,
    error=None,
    withdrawn=None,
    channel="chat",
    account="main",
    room_ext="room",
    room_name="room",
    locale="en",
    zone="UTC",
)
BLIND, READABLE, OWN = Limits(), Limits(read_back=True), Limits(idempotent=True)


def seconds(n):
    return NOW + timedelta(seconds=n)


@pytest.mark.parametrize(
    ("outcome", "verdict"),
    [
        (Sent("m1"), Delivered("m1")),
        (Unknown("drop"), InDoubt("drop")),
        (Unchangeable(), PostAnew()),
        (Permanent("too long", Scope.MESSAGE), Refused("too long")),
        (Permanent("kicked", Scope.ROOM), CutOff(Scope.ROOM, "kicked")),
        (Permanent("token_revoked", Scope.ACCOUNT), CutOff(Scope.ACCOUNT, "token_revoked")),
        (
            RetryAfter(30, Scope.ROOM, throttled=True),
            Later(NOW, "throttled: room", False, Scope.ROOM, seconds(30)),
        ),
        (
            RetryAfter(7, Scope.ACCOUNT, throttled=True),
            Later(NOW, "throttled: account", False, Scope.ACCOUNT, seconds(7)),
        ),
        (RetryAfter(7, Scope.MESSAGE, throttled=True), Later(seconds(7), "throttled: message", False)),
        (RetryAfter(0, Scope.MESSAGE, throttled=True), Later(seconds(0.1), "throttled: message", False)),
        (RetryAfter(1, Scope.MESSAGE), Later(seconds(5), "not accepted", True)),
        (RetryAfter(60, Scope.MESSAGE), Later(seconds(60), "not accepted", True)),
        (
            RetryAfter(1, Scope.ACCOUNT),
            Later(seconds(5), "not accepted", True, Scope.ACCOUNT, seconds(1)),
        ),
    ],
    ids=str,
)
def test_an_outcome_means(outcome, verdict):
    assert after_send(ROW, outcome, NOW, 0.0) == verdict


@pytest.mark.parametrize(
    ("must_say", "ambiguous", "finding", "count", "limits", "verdict"),
    [
        (True, 1, Sent("m1"), 0, READABLE, Delivered("m1")),
        (True, 1, Finding.ABSENT, 1, READABLE, LookAgain(seconds(3), absent=True)),
        (True, 1, Finding.ABSENT, 2, READABLE, Later(NOW, "looked twice: it did not arrive", False)),
        (False, 1, Finding.ABSENT, 2, READABLE, Later(NOW, "looked twice: it did not arrive", False)),
        (True, 3, Finding.ABSENT, 1, READABLE, LookAgain(seconds(3), absent=True)),
        (True, 3, Finding.ABSENT, 2, READABLE, GiveUp("3 attempts without a clear answer")),
        (True, 3, Finding.FAILED, 1, READABLE, LookAgain(seconds(5), absent=False)),
        (True, 1, Finding.FAILED, 8, READABLE, LookAgain(seconds(300), absent=False, failing=True)),
        (True, 1, Finding.CANNOT, 1, BLIND, Later(seconds(5), "sent again: may be a repeat", False)),
        (True, 2, Finding.CANNOT, 1, BLIND, Later(seconds(10), "sent again: may be a repeat", False)),
        (True, 3, Finding.CANNOT, 1, BLIND, GiveUp("3 attempts without a clear answer")),
        (False, 1, Finding.CANNOT, 1, BLIND, LeaveOut("a courtesy that may have arrived")),
        (False, 1, Finding.FAILED, 1, READABLE, LookAgain(seconds(5), absent=False)),
        (False, 1, Finding.FAILED, 2, READABLE, LeaveOut("a courtesy of which nothing can be found out")),
        (True, 1, Finding.FAILED, 2, READABLE, LookAgain(seconds(10), absent=False)),
        (False, 1, Finding.CANNOT, 1, OWN, Later(NOW, "sent again: no second effect", False)),
        (True, 3, Finding.CANNOT, 1, OWN, Later(NOW, "sent again: no second effect", False)),
        (True, 4, Finding.CANNOT, 1, OWN, Later(seconds(5), "sent again: no second effect", False)),
        (True, 7, Finding.CANNOT, 1, OWN, Later(seconds(40), "sent again: no second effect", False)),
    ],
    ids=str,
)
def test_a_look_means(must_say, ambiguous, finding, count, limits, verdict):
    row = replace(ROW, state=State.UNKNOWN, must_say=must_say, ambiguous=ambiguous, looks=count - 1)
    assert after_look(row, finding, count, limits, NOW, 0.0) == verdict


@pytest.mark.parametrize(
    ("ambiguous", "finding", "count", "limits", "verdict"),
    [
        (1, Finding.CANNOT, 1, BLIND, Later(seconds(5), "sent again: may be a repeat", False)),
        (2, Finding.CANNOT, 1, READABLE, Later(seconds(10), "sent again: may be a repeat", False)),
        (3, Finding.CANNOT, 1, BLIND, GiveUp("3 attempts without a clear answer")),
        (4, Finding.CANNOT, 1, BLIND, Refused("4 uploads without a clear answer")),
        (4, Finding.ABSENT, 2, READABLE, Refused("4 uploads without a clear answer")),
        (1, Finding.FAILED, 2, READABLE, LookAgain(seconds(10), absent=False)),
        (1, Finding.ABSENT, 2, READABLE, Later(NOW, "looked twice: it did not arrive", False)),
        (1, Finding.CANNOT, 1, OWN, Later(NOW, "sent again: no second effect", False)),
    ],
    ids=str,
)
def test_a_file_in_doubt_is_repeated_like_what_must_be_said(ambiguous, finding, count, limits, verdict):
    row = replace(
        ROW, state=State.UNKNOWN, dedupe_key="file:7:1:client", must_say=False, ambiguous=ambiguous, looks=count - 1
    )
    assert after_look(row, finding, count, limits, NOW, 0.0) == verdict


@pytest.mark.parametrize(
    ("edit_of", "verdict"),
    [
        ("m1", Later(NOW, "sent again: no second effect", False)),
        (NO_EDIT, GiveUp("3 attempts without a clear answer")),
    ],
)
def test_a_post_in_place_of_a_change_is_repeated_as_a_post(edit_of, verdict):
    row = replace(ROW, state=State.UNKNOWN, must_say=True, ambiguous=3, edit_of=edit_of)
    assert after_look(row, Finding.CANNOT, 1, BLIND, NOW, 0.0) == verdict


@pytest.mark.parametrize(
    ("outcome", "first", "second"),
    [
        (
            RetryAfter(2, Scope.ROOM),
            Later(seconds(7), "not accepted", True, Scope.ROOM, seconds(2)),
            LeaveOut("the buttons cannot be changed", Scope.ROOM, seconds(2)),
        ),
        (
            RetryAfter(30, Scope.ROOM, throttled=True),
            Later(seconds(35), "not accepted", True, Scope.ROOM, seconds(30)),
            LeaveOut("the buttons cannot be changed", Scope.ROOM, seconds(30)),
        ),
    ],
    ids=["in doubt", "throttled"],
)
def test_buttons_are_changed_at_the_second_attempt_or_never(outcome, first, second):
    row = replace(ROW, dedupe_key="keyboard:7:", must_say=False)
    assert after_send(row, outcome, NOW, 0.0) == first
    assert after_send(replace(row, attempts=1), outcome, NOW, 0.0) == second


def test_waits_double_from_five_seconds_to_five_minutes():
    waits = [wait_after(n, 0.0).total_seconds() for n in (1, 2, 3, 4, 5, 6, 7, 8, 100)]
    assert waits == [5, 10, 20, 40, 80, 160, 300, 300, 300]


def test_jitter_lengthens_a_wait_by_a_fifth_at_most():
    assert wait_after(1, 1.0) == timedelta(seconds=6)


def test_the_eighth_failure_comes_ten_minutes_after_the_first_and_alarms():
    failing = [after_send(replace(ROW, attempts=n), RetryAfter(1, Scope.MESSAGE), NOW, 0.0) for n in range(12)]
    assert [n + 1 for n, verdict in enumerate(failing) if verdict.failing] == [8]
    assert sum((wait_after(n, 0.0) for n in range(1, 8)), timedelta()) == timedelta(minutes=10, seconds=15)
