"""Laying out the steps of open tickets anew after the roster has said something else about nudges.

The tickets are rows that the watch works off in its turns, so that a long list holds up nobody and the moment is that
of business time.
"""

from __future__ import annotations

from datetime import datetime

from bot import log, metrics
from bot.desk.desk import Desk
from bot.store.tx import Tx

BATCH = 200

logger = log.get(__name__)


def replan(tx: Tx, desk: Desk, now: datetime, limit: int = BATCH) -> int:
    """Plan the next tickets anew; how many were looked at. What has fired is not said again, and what has passed is
    not made up for; a ticket that cannot be planned keeps the steps it has.
    """
    waiting = tx.steps.to_plan(limit)
    for ticket_id in waiting:
        try:
            with tx.savepoint():
                desk.book.record(tx, tx.tickets.get(ticket_id), [], now)
        except Exception as error:
            if not tx.is_poison(error):
                raise
            logger.error("a ticket keeps its old nudges", action="replan.failed", ticket=ticket_id, exc_info=error)
            metrics.alarms.labels("replan_failed").inc()
        tx.steps.planned(ticket_id)
    return len(waiting)
