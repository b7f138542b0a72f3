"""Laying out the steps of open tickets anew after the roster has said something else about nudges.

The tickets are rows that the watch works off in its turns, so that a long list holds up nobody and the moment is that
of business time.
"""

from __future__ import annotations

from datetime import datetime

from bot import log, metrics
from bot.desk.desk import Desk
from bot.store.tx import Tx
from bot.turns.alone import BATCH, each_alone

logger = log.get(__name__)


def replan(tx: Tx, desk: Desk, now: datetime, limit: int = BATCH) -> int:
    """Plan the next tickets anew; how many were looked at. What has fired is not said again, and what has passed is
    not made up for; a ticket that cannot be planned keeps the steps it has.
    """
    waiting = tx.steps.to_plan(limit)
    each_alone(tx, waiting, lambda id: desk.book.record(tx, tx.tickets.get(id), [], now), _failed)
    for ticket_id in waiting:
        tx.steps.planned(ticket_id)
    return len(waiting)


def _failed(ticket_id: int, error: Exception) -> None:
    logger.error("a ticket keeps its old nudges", action="replan.failed", ticket=ticket_id, exc_info=error)
    metrics.alarms.labels("replan_failed").inc()
