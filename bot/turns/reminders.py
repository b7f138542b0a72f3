"""What is said about a call when its moment comes: reminders to both sides, the lapse of what nobody confirmed, and the
question whether it took place. Rows that the watch acts on, never a timer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot import log, metrics
from bot.commands._calls import Booked
from bot.commands.base import Refusal
from bot.desk.calls.diary import booked, plan
from bot.desk.calls.stand_ins import all_ways_out
from bot.desk.calls.words import CallRoom, answers, later, say_about
from bot.desk.desk import Desk
from bot.desk.mail import Choice
from bot.sla.call import BookedCall, CallState, Reminder, Side
from bot.store.calls import ReminderRow
from bot.store.tx import Tx
from bot.turns.alone import BATCH, again_at, each_alone

logger = log.get(__name__)


def due(tx: Tx, desk: Desk, now: datetime, limit: int = BATCH) -> int:
    """Say what is due by `now`, call by call; how many reminders were looked at.

    A call that cannot be acted on is undone alone: its reminders are looked at again later, and in the end given up as
    `failed`; the others go on.
    """
    rows = tx.calls.due(now, limit)
    calls = dict.fromkeys(row.call_id for row in rows)
    each_alone(tx, calls, lambda id: _act(tx, desk, id, now), lambda id, error: _failed(tx, id, error, now))
    return len(rows)


def _act(tx: Tx, desk: Desk, call_id: int, now: datetime) -> None:
    """Of several reminders due on one call the latest speaks to each side; what comes too late says nothing."""
    call = tx.calls.get(call_id)
    assert call is not None
    rows = tx.calls.due_of(call_id, now)
    try:
        made = booked(tx, desk.book, call)
    except Refusal:
        # The client has no agreement any more, and with it no call.
        for row in rows:
            tx.calls.end(row.id, "dropped", now)
        return
    room = CallRoom(tx, desk.mail(tx, now), desk.rules, desk.words)
    last = rows[-1]
    if last.kind is Reminder.LAPSE:
        _end(tx, rows, [last], now)
        _lapse(tx, room, made, now)
        return
    if last.kind is Reminder.OUTCOME:
        _end(tx, rows, [last], now)
        line = say_about("call.outcome", made, Side.STAFF)
        room.to_staff(made, line, choices=_outcomes(made), key=key_of(call, last.kind, last.side))
        return
    speaking = [] if call.starts_at <= now else [_last_of(rows, side) for side in Side]
    said = [row for row in speaking if row is not None]
    _end(tx, rows, said, now)
    for row in said:
        key = key_of(call, row.kind, row.side)
        if row.side is Side.CLIENT:
            _remind_client(room, made, key)
        else:
            remind_staff(tx, room, made, key, now)


def _remind_client(room: CallRoom, made: Booked, key: str) -> None:
    soon = "call.soon.covered" if room.is_covered(made) else "call.soon"
    line = say_about(soon if made.call.state is CallState.AGREED else "call.unconfirmed", made, Side.CLIENT)
    room.to_client(made, line, choices=_choices(made, Side.CLIENT), key=key)


def remind_staff(tx: Tx, room: CallRoom, made: Booked, key: str, now: datetime) -> None:
    """That a call is near; with what can be done about it while whoever holds it is away."""
    agreed = made.call.state is CallState.AGREED
    line = say_about("call.soon.staff" if agreed else "call.unconfirmed", made, Side.STAFF)
    if room.is_covered(made):
        # Whoever comes back has not been reminded himself.
        room.to_staff(made, line, choices=all_ways_out(tx, made, now), key=f"{key}:covered")
    else:
        room.to_staff(made, line, choices=_choices(made, Side.STAFF), key=key)


def _choices(made: Booked, side: Side) -> tuple[Choice, ...]:
    return answers(made) if made.call.waits_for is side else later(made)


def _lapse(tx: Tx, room: CallRoom, made: Booked, now: datetime) -> None:
    """A wish or a proposal whose time has come without an answer is no call."""
    call = made.call
    gone = tx.calls.change(replace(call, state=CallState.CANCELLED, waits_for=None), now)
    over = replace(made, call=gone)
    plan(tx, over, now)
    tx.meta.audit(call.client_id, "Pledge", "call.lapsed", now, call.state.value, "")
    room.to_client(
        over, say_about("call.lapsed", over, Side.CLIENT), choices=(Choice("button.book_call", "/book-call"),)
    )
    room.to_staff(over, say_about("call.lapsed", over, Side.STAFF))
    room.files(over)


def _outcomes(made: Booked) -> tuple[Choice, ...]:
    ref = made.call.stamped
    return Choice("button.call_held", f"/call-held {ref}"), Choice("button.call_missed", f"/call-missed {ref}")


def _last_of(rows: Sequence[ReminderRow], side: Side) -> ReminderRow | None:
    return next((row for row in reversed(rows) if row.side is side), None)


def _end(tx: Tx, rows: Sequence[ReminderRow], said: Sequence[ReminderRow], now: datetime) -> None:
    for row in rows:
        tx.calls.end(row.id, "said" if row in said else "superseded", now)


def key_of(call: BookedCall, kind: Reminder, side: Side) -> str:
    """Under which key a side is reminded of a call as it is now: once."""
    return f"call:{call.id}:{call.sequence}:{kind.value}:{side.value}"


def _failed(tx: Tx, call_id: int, error: Exception, now: datetime) -> None:
    logger.error("a call's reminders failed", action="calls.failed", call=call_id, exc_info=error)
    for row in tx.calls.due_of(call_id, now):
        if (at := again_at(row.attempts, now)) is not None:
            tx.calls.push_on(row.id, at)
        else:
            tx.calls.end(row.id, "failed", now)
            metrics.alarms.labels("reminder_failed").inc()
