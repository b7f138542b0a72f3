"""What a call must keep to, and which free times are offered: the manager's next ones, and those of whoever stands in
where they are far away.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.commands._calls import StandIn, Talk
from bot.desk.calls.diary import diary_of
from bot.sla.booking import Diary, Free, Refused, Span, Terms, Why, earliest, judge, last_day, likeliest, on_step, slots
from bot.sla.calendar import BeyondHorizon
from bot.sla.call import BookedCall, daytime
from bot.store.tx import Tx
from bot.when import Window

_OFFERED, _OF_A_DAY, _LOOKED_AT = 5, 2, 200
_NEAR, _NEAR_LOOKED_AT = 3, 40
_SEARCHED = 3 * 48
"""How many half hours of a stretch of days are looked at for the reason why nothing is free in it."""
_DAY, _FAR = timedelta(days=1), timedelta(days=7)
"""Who is free only so long after the notice is over, or after the time that is wished for, is asked no longer alone."""


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
    a client, who may still ask for it. Of a single day that was named there are as many as it has, and none of its
    night where it has others.
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


def in_the_way(diary: Diary, terms: Terms, now: datetime, zone: str, within: Window) -> Refused | None:
    """Why nothing is free `within`, and the nearest times; None where no call would fit into its hours at all."""
    try:
        # What comes before the notice is over says nothing about the days after it.
        since = max(within.since, earliest(diary.office, terms.notice, now))
    except BeyondHorizon:
        return None
    if within.is_one_day or (within.until is not None and within.until <= since):
        since = within.since
    waking = daytime(zone)
    starts = sorted(_starts(terms, within, since), key=lambda start: not waking.is_open(start))
    start = likeliest(diary, terms, now, starts)
    verdict = None if start is None else judged(diary, terms, now, start, zone)
    return verdict if isinstance(verdict, Refused) else None


def _starts(terms: Terms, within: Window, since: datetime) -> Iterator[datetime]:
    """When a call could begin within these times from `since` on, as far as they are searched."""
    first = on_step(since, terms.step)
    steps = (first + number * terms.step for number in range(_SEARCHED))
    return (start for start in steps if within.holds(start, start + terms.length))


def sooner(
    tx: Tx, talk: Talk, terms: Terms, now: datetime, start: datetime | None = None, within: Window | None = None
) -> StandIn | None:
    """The first of the client's other people who is free within a week of the notice or of the wish, where the manager
    is not; with his times, those next to the wish where there is one.
    """
    wished = start if within is None else within.since
    try:
        at = earliest(talk.policy.calendar, terms.notice, now)
    except BeyondHorizon:
        return None
    at = at if wished is None else max(at, wished)
    if terms.until is not None and at >= terms.until:
        return None
    far, zone = at + _FAR, talk.room.zone
    first = slots(diary_of(tx, talk.policy, talk.manager, now), terms, now, 1, since=at - _DAY)
    if first and first[0].start < far:
        return None
    for person in tx.people.responsible(talk.room.client_id):
        if person.id == talk.manager.id:
            continue
        diary = diary_of(tx, talk.policy, person, now)
        if start is not None:
            verdict = judged(diary, terms, now, start, zone)
            found: Sequence[Span] = (verdict.span,) if isinstance(verdict, Free) else verdict.nearest
        else:
            found = offered(diary, terms, now, zone, wished, within) or offered(diary, terms, now, zone, wished)
        times = [span for span in found if span.start < far]
        if times:
            return replace(talk, manager=person), times
    return None
