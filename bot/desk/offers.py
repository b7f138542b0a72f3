"""Which free times are offered: the manager's next ones, and those of whoever stands in where they are far away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.commands._calls import Talk
from bot.desk.diary import diary_of
from bot.sla.booking import Diary, Span, Terms, earliest, slots
from bot.sla.calendar import BeyondHorizon
from bot.sla.call import daytime
from bot.store.tx import Tx

_OFFERED, _OF_A_DAY, _LOOKED_AT = 5, 2, 200
_FAR = timedelta(days=7)
"""Who is free only so long after the notice is over is asked no longer alone."""


def offered(diary: Diary, terms: Terms, now: datetime, zone: str, since: datetime | None = None) -> list[Span]:
    """The next free time, then others, at most two of a day; from `since` on.

    The others lie in the daytime of the client's `zone` where any do: a manager's morning is the night of many a
    client, who may still ask for it.
    """
    chosen: list[Span] = []
    days: list[datetime] = []
    found = slots(diary, terms, now, _LOOKED_AT, since=since)
    waking = daytime(zone)
    comfortable = [span for span in found[1:] if waking.is_open(span.start)]
    for span in (*found[:1], *(comfortable or found[1:])):
        day = diary.office.close_after(span.start)
        if days.count(day) < _OF_A_DAY:
            chosen.append(span)
            days.append(day)
        if len(chosen) == _OFFERED:
            break
    return chosen


def sooner(
    tx: Tx, talk: Talk, terms: Terms, found: Sequence[Span], now: datetime
) -> tuple[Talk, Sequence[Span]] | None:
    """The first of the client's other people who is free within a week, where the manager is not; with his times."""
    try:
        far = earliest(talk.policy.calendar, terms.notice, now) + _FAR
    except BeyondHorizon:
        return None
    if found and found[0].start < far:
        return None
    for person in tx.people.responsible(talk.room.client_id):
        if person.id == talk.manager.id:
            continue
        diary = diary_of(tx, talk.policy, person, now)
        times = [span for span in offered(diary, terms, now, talk.room.zone) if span.start < far]
        if times:
            return replace(talk, manager=person), times
    return None
