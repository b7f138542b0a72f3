"""Calls that an absence covers, however it was declared: the manager and the leads are told at once, with what can be
done about each. Rows that the watch acts on, never a timer.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot import log, metrics
from bot.commands._calls import Booked, Talk, call_line
from bot.commands.base import Refusal
from bot.desk.calls.diary import booked, diary_of
from bot.desk.desk import Desk
from bot.desk.mail import NUDGE, Choice
from bot.desk.staff.cover import present
from bot.notice import At, say
from bot.people import Person, Role
from bot.sla.booking import Free, Terms, judge
from bot.sla.call import BookedCall, CallState, Side
from bot.store.calls import Covered
from bot.store.tx import Tx
from bot.turns.alone import BATCH, again_at, each_alone

_WITH_BUTTONS = 3

logger = log.get(__name__)


def due(tx: Tx, desk: Desk, now: datetime, limit: int = BATCH) -> int:
    """Tell of what is covered since the last turn, absence by absence; how many were looked at.

    One that fails is undone alone: it is looked at again later, and in the end given up.
    """
    rows = tx.calls.covered(now, limit)
    each_alone(
        tx,
        rows,
        lambda row: tx.calls.end_covered(row.absence_id, _tell(tx, desk, row, now), now),
        lambda row, error: _failed(tx, row, error, now),
    )
    return len(rows)


def stand_in(tx: Tx, talk: Talk, call: BookedCall, now: datetime) -> Person | None:
    """The first of the client's other people who is free at the time of a call, or could be asked about a wish."""
    terms = Terms(notice=timedelta(0), any_hours=call.state is CallState.WISHED)
    for person in tx.people.responsible(call.client_id):
        diary = diary_of(tx, talk.policy, person, now, call)
        if person.id != call.person_id and isinstance(judge(diary, terms, now, call.starts_at), Free):
            return person
    return None


def _failed(tx: Tx, row: Covered, error: Exception, now: datetime) -> None:
    logger.error("covered calls failed", action="covered.failed", absence=row.absence_id, exc_info=error)
    if (at := again_at(row.attempts, now)) is not None:
        tx.calls.push_on_covered(row.absence_id, at)
        return
    tx.calls.end_covered(row.absence_id, "failed", now)
    metrics.alarms.labels("covered_failed").inc()


def _tell(tx: Tx, desk: Desk, row: Covered, now: datetime) -> str:
    absence = tx.duty.absence(row.absence_id)
    person = tx.people.person(absence.person_id)
    until = absence.until
    found: list[Booked] = []
    for call in tx.calls.open_of_person(person.id, max(now, absence.starts_at)):
        if call.starts_at > now and (until is None or call.starts_at < until):
            try:
                found.append(booked(tx, desk.book, call))
            except Refusal:
                continue  # the client has no agreement any more, and with it no call
    if not found:
        return "dropped"
    first = say("call.covered", who=person.name, count=len(found), since=At(absence.starts_at))
    choices = [choice for made in found[:_WITH_BUTTONS] for choice in _choices(tx, made, now)]
    mail = desk.mail(tx, now)
    for each in _told(tx, person, now):
        lines = [call_line(made, Side.STAFF, each) for made in found]
        mail.to_person(each, f"covered:{absence.id}:{each.id}", first, *lines, choices=choices, rank=NUDGE)
    return "said"


def _choices(tx: Tx, made: Booked, now: datetime) -> list[Choice]:
    ref, stamped = made.call.reference, made.call.stamped
    found = [Choice("button.call_move", f"/call-move {stamped}", {"call": ref})]
    other = stand_in(tx, made.talk, made.call, now)
    if other is not None:
        found.append(Choice("button.call_hand", f"/call-hand {stamped} {other.key}", {"call": ref, "who": other.name}))
    return found


def _told(tx: Tx, person: Person, now: datetime) -> Sequence[Person]:
    """Whose calls they are, and the leads who are there; where none is, the administrators."""
    leads = [present(tx, tx.people.with_role(role), now) for role in (Role.LEAD, Role.ADMIN)]
    return list({each.id: each for each in (person, *(leads[0] or leads[1]))}.values())
