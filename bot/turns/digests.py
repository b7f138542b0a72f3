"""The digests of what cannot be read, when the time of their room is over: how many came since the last word."""

from __future__ import annotations

from datetime import datetime

from bot import log, metrics
from bot.desk.desk import Desk
from bot.desk.digests import SPAN
from bot.notice import say
from bot.store.digests import Digest, Place
from bot.store.tx import Tx
from bot.turns.alone import BATCH, again_at, each_alone

logger = log.get(__name__)


def due(tx: Tx, desk: Desk, now: datetime, limit: int = BATCH) -> int:
    """Tell what came since the last word, where its time is over by `now`; how many places were looked at.

    One that fails is undone alone: it is looked at again later, and in the end given up.
    """
    rows = tx.digests.due(now, limit)
    each_alone(tx, rows, lambda row: _act(tx, desk, row, now), lambda row, error: _failed(tx, row, error, now))
    return len(rows)


def _act(tx: Tx, desk: Desk, row: Digest, now: datetime) -> None:
    n, last = tx.inbox.quarantined_since(row)
    tx.digests.end(row.id, "told" if n else "quiet", now)
    if not n:
        return
    tx.digests.begin(row.channel, row.account, row.place, row.what, last, now + SPAN[row.place])
    room = tx.rooms.at(row.channel, row.account, row.what) if row.place is Place.ROOM else None
    title = desk.rules.title(row.channel) if room is None else room.name
    line = say("inbox.quarantined_many", n=n, room=title, id=last) if n > 1 else say("inbox.quarantined", id=last)
    desk.mail(tx, now).to_leads(f"poison:{last}", line)


def _failed(tx: Tx, row: Digest, error: Exception, now: datetime) -> None:
    logger.error("a digest failed", action="digest.failed", digest=row.id, exc_info=error)
    if (at := again_at(row.attempts, now)) is not None:
        tx.digests.push_on(row.id, at)
        return
    tx.digests.end(row.id, "failed", now)
    metrics.alarms.labels("digest_failed").inc()
