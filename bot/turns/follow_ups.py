"""What happens when nobody has acted by a moment: rows that the watch acts on in its turn, never a timer.

What is asked and passed on is the matter of what is followed up; here each turn has its turn, once, and fails alone.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot import log, metrics
from bot.desk.book import Book, Page
from bot.desk.desk import Desk
from bot.desk.mail import Mail
from bot.desk.staff.called import follow_call
from bot.desk.third_parties import follow_third_party
from bot.notice import say
from bot.store.follow_ups import Follow, FollowUp
from bot.store.tx import Tx
from bot.turns.alone import BATCH, again_at, each_alone

logger = log.get(__name__)

Act = Callable[[Tx, Book, Mail, Page, FollowUp, datetime], datetime | bool]
"""Act on one turn. True: done; False: there is nothing to do any more; a moment: look again then."""

_ACTS: dict[Follow, Act] = {Follow.CALL: follow_call, Follow.THIRD_PARTY: follow_third_party}


def due(tx: Tx, desk: Desk, now: datetime, limit: int = BATCH) -> int:
    """Act on the turns due by `now`, oldest first; how many were looked at.

    A turn that cannot be acted on is undone alone and looked at again later; in the end it is given up as
    `failed` with an alarm, and the leads are told; the others go on.
    """
    rows = tx.follow_ups.due(now, limit)
    each_alone(tx, rows, lambda row: _act(tx, desk, row, now), lambda row, error: _failed(tx, desk, row, error, now))
    return len(rows)


def _act(tx: Tx, desk: Desk, row: FollowUp, now: datetime) -> None:
    ticket = tx.tickets.get(row.ticket_id)
    if not ticket.is_open:
        tx.follow_ups.end(row.id, "dropped", now)
        return
    page = desk.book.read(tx, ticket, now)
    outcome = _ACTS[row.kind](tx, desk.book, desk.mail(tx, now), page, row, now)
    if isinstance(outcome, datetime):
        tx.follow_ups.wait(row.id, outcome)
    else:
        tx.follow_ups.end(row.id, "done" if outcome else "dropped", now)


def _failed(tx: Tx, desk: Desk, row: FollowUp, error: Exception, now: datetime) -> None:
    logger.error("a follow-up failed", action="follow_up.failed", ticket=row.ticket_id, exc_info=error)
    if (at := again_at(row.attempts, now)) is not None:
        tx.follow_ups.push_on(row.id, at)
        return
    tx.follow_ups.end(row.id, "failed", now)
    metrics.alarms.labels("follow_up_failed").inc()
    reference = tx.tickets.get(row.ticket_id).reference
    desk.mail(tx, now).to_leads(f"follow-up-failed:{row.id}", say("step.failed", ref=reference))
