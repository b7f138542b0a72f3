"""What a call must keep to, and which free times are offered: the manager's next ones, and those of whoever stands in
where they are far away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.commands._calls import Talk
from bot.desk.calls.diary import diary_of
from bot.sla.booking import Diary, Free, Refused, Span, Terms, Why, earliest, judge, last_day, slots
from bot.sla.calendar import BeyondHorizon
from bot.sla.call import BookedCall, daytime
from bot.store.tx import Tx
from bot.when import Window

_OFFERED, _OF_A_DAY, _LOOKED_AT = 5, 2, 200
_NEAR, _NEAR_LOOKED_AT = 3, 40
_FAR = timedelta(days=7)
"""Who is free only so long after the notice is over is asked no longer alone."""


class Asks(StrEnum):
    """What a client asks of the manager by his wish, beyond a free time."""

    NOTHING = ""
    NOTICE = "early"
    HOURS = "outside"
    BOTH = "early_outside"


def asked_for(verdict: Refused, in_time: Free | Refused) -> Asks:
    """What a refused wish asks for that is put to the manager all the same; `in_time`: as if its notice were kept."""
    if verdict.why is not Why.TOO_EARLY:
        return Asks.HOURS
    return Asks.NOTICE if isinstance(in_time, Free) else Asks.BOTH


def terms_of(talk: Talk, now: datetime, *, waived: bool) -> Terms:
    """What a call under the agreement must keep to; `waived`: not its notice, nor the hours."""
    rules = talk.policy.calls
    assert rules is not None
    _, until = last_day(talk.room.zone, now)
    return Terms(notice=timedelta(0) if waived else rules.notice, any_hours=waived, until=until)


def judged(diary: Diary, terms: Terms, now: datetime, start: datetime, zone: str) -> Free | Refused:
    """Whether a call may begin at `start`; else why not, and the nearest times: for a wish in the daytime of the
    client's `zone` those in it, where any are.
    """
    verdict = judge(diary, terms, now, start, offer=_NEAR_LOOKED_AT)
    if isinstance(verdict, Free):
        return verdict
    waking = daytime(zone)
    comfortable = [span for span in verdict.nearest if waking.is_open(span.start)] if waking.is_open(start) else []
    near = sorted(comfortable or verdict.nearest, key=lambda span: (abs(span.start - start), span.start))[:_NEAR]
    return replace(verdict, nearest=tuple(sorted(near, key=lambda span: span.start)))


def offered(
    diary: Diary, terms: Terms, now: datetime, zone: str, since: datetime | None = None, within: Window | None = None
) -> list[Span]:
    """The next free time, then others, at most two of a day; from `since` on, or only `within` what was wished for.

    All but the next lie in the daytime of the client's `zone` where any do: a manager's morning is the night of many
    a client, who may still ask for it. Of a single day that was named there are as many as it has.
    """
    chosen: list[Span] = []
    days: list[datetime] = []
    found = slots(diary, terms, now, _LOOKED_AT, since=since if within is None else within.since)
    of_a_day = _OF_A_DAY
    if within is not None:
        found = tuple(span for span in found if within.holds(span.start, span.end))
        of_a_day = _OFFERED if within.is_one_day else _OF_A_DAY
    waking = daytime(zone)
    first = found[:1] if within is None else ()
    others = found[len(first) :]
    comfortable = [span for span in others if waking.is_open(span.start)]
    for span in (*first, *(comfortable or others)):
        day = diary.office.close_after(span.start)
        if days.count(day) < of_a_day:
            chosen.append(span)
            days.append(day)
        if len(chosen) == _OFFERED:
            break
    return chosen


def asks_of(tx: Tx, talk: Talk, wish: BookedCall, now: datetime) -> Asks:
    """What a wish asks of whoever it is handed to, measured from when it was asked."""
    diary, terms = diary_of(tx, talk.policy, talk.manager, now, wish), terms_of(talk, now, waived=False)
    verdict, in_time = (
        judged(diary, each, wish.asked_at, wish.starts_at, talk.room.zone)
        for each in (terms, replace(terms, notice=timedelta(0)))
    )
    return asked_for(verdict, in_time) if isinstance(verdict, Refused) else Asks.NOTHING


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
