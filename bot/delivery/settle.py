"""Writes a verdict into the outbox, inside a unit of work, and says who has to hear of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from bot.channels.base import Scope
from bot.delivery.verdicts import (
    CutOff,
    Delivered,
    GiveUp,
    InDoubt,
    Later,
    LeaveOut,
    LookAgain,
    PostAnew,
    Refused,
    Rehoused,
    Verdict,
)
from bot.store.outbox import Outbox
from bot.store.outbox_row import NO_EDIT, OutboxRow, State
from bot.text import Rich


class Failed(StrEnum):
    """How a delivery failed; of the three, only ATTEMPT will be tried again by itself."""

    ATTEMPT = "attempt"  # the first one that did not get through, or may not have
    PARKED = "parked"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Failure:
    """A delivery that does not get through; the desk may take another path in the same transaction."""

    row: OutboxRow
    how: Failed
    reason: str


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something the operator should know. `action` is a stable key; the text holds no words of a client."""

    action: str
    text: str
    row: OutboxRow


@dataclass(slots=True)
class Report:
    """What a unit found out that others must hear."""

    failures: list[Failure] = field(default_factory=list)
    alarms: list[Alarm] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Settlement:
    """A verdict on a delivery and what it takes to write it. `rendered` is None where nothing was worded."""

    row: OutboxRow
    verdict: Verdict
    rendered: Rich | None
    now: datetime  # business
    machine: datetime


def settle(outbox: Outbox, settlement: Settlement, report: Report) -> None:
    """Move the row as its verdict says; nothing moves, and nobody is told, where the send was overtaken."""
    row, machine = settlement.row, settlement.machine
    match settlement.verdict:
        case Delivered(provider_id):
            rendered = settlement.rendered or Rich(())
            outbox.mark_sent(row.id, row.token, provider_id, rendered, settlement.now)
        case Later() as later:
            _later(outbox, row, later, machine, report)
        case InDoubt(reason):
            if outbox.mark_unknown(row.id, row.token, reason, machine) and row.failures == 0:
                report.failures.append(Failure(row, Failed.ATTEMPT, reason))
        case LookAgain(at, absent, failing):
            outbox.look_again(row.id, row.token, at, absent=absent)
            if failing:
                report.alarms.append(_alarm("delivery.unreadable", row, "cannot find out whether it arrived"))
        case Refused(reason):
            if outbox.mark_dead(row.id, row.token, reason) is State.DEAD:
                report.failures.append(Failure(row, Failed.DEAD, reason))
                report.alarms.append(_alarm("delivery.dead", row, f"is not sent any more: {reason}"))
        case GiveUp(reason):
            if outbox.park(row.id, row.token, reason) is State.PARKED:
                report.failures.append(Failure(row, Failed.PARKED, reason))
                report.alarms.append(_alarm("delivery.parked", row, f"set aside: {reason}"))
        case LeaveOut(reason, pause, until):
            _pause(outbox, row, pause, until, machine)
            outbox.drop(row.id, row.token, reason)
        case CutOff(scope, reason):
            _cut_off(outbox, row, scope, reason, report)
        case Rehoused(room):
            outbox.rehouse(row.room_id, room)
            outbox.back_to_pending(row.id, row.token, machine, count_attempt=False, error=f"the room moved to {room}")
        case PostAnew():
            outbox.note_edit(row.id, row.token, NO_EDIT)
            reason = "what it was to change is gone: posted anew"
            outbox.back_to_pending(row.id, row.token, machine, count_attempt=False, error=reason)
        case _ as never:
            assert_never(never)


def report_lapsed(rows: list[OutboxRow]) -> list[Failure]:
    """The failures among sends that somebody left behind: those for which it is the first."""
    return [Failure(row, Failed.ATTEMPT, row.error or "") for row in rows if row.failures == 1]


def report_parked(rows: list[OutboxRow]) -> list[Failure]:
    """The failures of rows whose room cannot be reached."""
    return [Failure(row, Failed.PARKED, row.error or "") for row in rows]


def _later(outbox: Outbox, row: OutboxRow, later: Later, machine: datetime, report: Report) -> None:
    _pause(outbox, row, later.pause, later.pause_until, machine)
    state = outbox.back_to_pending(row.id, row.token, later.at, count_attempt=later.counts, error=later.reason)
    if state is State.PENDING and later.counts and row.failures == 0:
        report.failures.append(Failure(row, Failed.ATTEMPT, later.reason))
    if state is State.PENDING and later.failing:
        report.alarms.append(_alarm("delivery.failing", row, "has not been accepted for ten minutes"))


def _pause(outbox: Outbox, row: OutboxRow, scope: Scope, until: datetime | None, machine: datetime) -> None:
    if until is not None and scope is Scope.ROOM:
        outbox.pause_room(row.room_id, until, machine)
    elif until is not None:
        outbox.pause_account(row.channel, row.account, until, machine)


def _cut_off(outbox: Outbox, row: OutboxRow, scope: Scope, reason: str, report: Report) -> None:
    """The row is parked; whatever else waits for that room or account is by the next turn. One alarm for all."""
    if outbox.park(row.id, row.token, reason) is State.PARKED:
        report.failures.append(Failure(row, Failed.PARKED, reason))
    if scope is Scope.ROOM:
        news = outbox.suspend_room(row.room_id, reason)
        action, text = "delivery.room_lost", f"the room cannot be reached: {reason}"
    else:
        news = outbox.suspend_account(row.channel, row.account, reason)
        action, text = "delivery.account_lost", f"account {row.account} is refused: {reason}"
    if news:
        report.alarms.append(_alarm(action, row, text))


def _alarm(action: str, row: OutboxRow, text: str) -> Alarm:
    return Alarm(action, f"delivery {row.oid} to room {row.room_id} on {row.channel}: {text}", row)
