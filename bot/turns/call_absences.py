"""Calls that an absence covers, however it was declared: the manager and the leads are told at once, with what can be
done about each, and who stands in is asked once more an hour before. Rows that the watch acts on, never a timer.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import chain

from bot import log, metrics
from bot.commands._calls import Booked, call_line
from bot.commands.base import Refusal
from bot.desk.calls.diary import booked
from bot.desk.calls.stand_ins import ways_out
from bot.desk.calls.words import CallRoom
from bot.desk.desk import Desk
from bot.desk.mail import NUDGE
from bot.desk.staff.cover import present
from bot.duty import Absence
from bot.notice import At, say
from bot.people import Person, Role
from bot.sla.call import Reminder, Side
from bot.store.calls import Covered
from bot.store.tx import Tx
from bot.turns.alone import BATCH, again_at, each_alone
from bot.turns.reminders import key_of, remind_staff

_WITH_BUTTONS = 3
_HOUR = timedelta(hours=1)

logger = log.get(__name__)


def due(tx: Tx, desk: Desk, now: datetime, limit: int = BATCH) -> int:
    """Tell of what is covered since the last turn, and ask once more, absence by absence; how many were looked at.

    One that fails is undone alone: it is looked at again later, and in the end given up.
    """
    rows = tx.calls.covered(now, limit)
    each_alone(
        tx,
        rows,
        lambda row: _act(tx, desk, row, now),
        lambda row, error: _failed(tx, row, error, now),
    )
    return len(rows)


def _failed(tx: Tx, row: Covered, error: Exception, now: datetime) -> None:
    logger.error("covered calls failed", action="covered.failed", absence=row.absence_id, exc_info=error)
    if (at := again_at(row.attempts, now)) is not None:
        tx.calls.push_on_covered(row.absence_id, at)
        return
    tx.calls.end_covered(row.absence_id, "failed", now)
    metrics.alarms.labels("covered_failed").inc()


def _act(tx: Tx, desk: Desk, row: Covered, now: datetime) -> None:
    absence = tx.duty.absence(row.absence_id)
    person = tx.people.person(absence.person_id)
    found = _covered_by(tx, desk, absence, now)
    if found and tx.outbox.by_key(_key(absence, person)) is None:
        _tell(tx, desk, absence, found, now)
    room = CallRoom(tx, desk.mail(tx, now), desk.rules, desk.words)
    later = []
    for made in found:
        asks_at = _asks_at(made)
        if asks_at > now:
            later.append(asks_at)
        elif asks_at > row.due_at:
            # Under the key of the hour's own reminder, which in office hours it is.
            remind_staff(tx, room, made, key_of(made.call, Reminder.HOUR, Side.STAFF), now)
    if later:
        tx.calls.wake_covered(row.absence_id, min(later))
    else:
        tx.calls.end_covered(row.absence_id, "said" if found else "dropped", now)


def _covered_by(tx: Tx, desk: Desk, absence: Absence, now: datetime) -> list[Booked]:
    """The calls still to come that begin in an absence, by moment."""
    found: list[Booked] = []
    for call in tx.calls.open_of_person(absence.person_id, max(now, absence.starts_at)):
        if call.starts_at > now and (absence.until is None or call.starts_at < absence.until):
            try:
                found.append(booked(tx, desk.book, call))
            except Refusal:
                continue  # the client has no agreement any more, and with it no call
    return found


def _asks_at(made: Booked) -> datetime:
    """An hour of office time before a call: somebody is there to act on it."""
    return made.talk.policy.calendar.subtract(made.call.starts_at, _HOUR)


def _tell(tx: Tx, desk: Desk, absence: Absence, found: Sequence[Booked], now: datetime) -> None:
    person = tx.people.person(absence.person_id)
    first = say("call.covered", who=person.name, count=len(found), since=At(absence.starts_at))
    choices = list(chain.from_iterable(ways_out(tx, made, now) for made in found[:_WITH_BUTTONS]))
    mail = desk.mail(tx, now)
    for each in _told(tx, person, now):
        lines = [call_line(made, Side.STAFF, each) for made in found]
        mail.to_person(each, _key(absence, each), first, *lines, choices=choices, rank=NUDGE)


def _key(absence: Absence, reader: Person) -> str:
    return f"covered:{absence.id}:{reader.id}"


def _told(tx: Tx, person: Person, now: datetime) -> Sequence[Person]:
    """Whose calls they are, and the leads who are there; where none is, the administrators."""
    leads = [present(tx, tx.people.with_role(role), now) for role in (Role.LEAD, Role.ADMIN)]
    return list({each.id: each for each in (person, *(leads[0] or leads[1]))}.values())
