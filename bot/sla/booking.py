"""When somebody can be called: notice, hours, absences and what is booked already, judged for one wish; pure.

The earliest slot is the opposite end of a due moment: notice that is used up at a close ends at the next opening, or
the bot would offer a call at the very minute when the manager leaves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from itertools import islice
from zoneinfo import ZoneInfo

from bot.sla._spans import start_of_day
from bot.sla.calendar import BeyondHorizon, Calendar
from bot.sla.policy import Period

AHEAD = timedelta(days=90)
"""How far ahead a call can be had."""

NO_END = datetime.max.replace(tzinfo=UTC) - timedelta(days=2)
"""Where an absence lasts until nobody knows when."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BEFORE, _WEEK = timedelta(days=1), timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of real time `[start, end)`, aware."""

    start: datetime
    end: datetime

    def meets(self, other: Span, apart: timedelta = timedelta(0)) -> bool:
        """Whether the two overlap, or lie less than `apart` from each other."""
        return self.start < other.end + apart and other.start < self.end + apart


@dataclass(frozen=True, slots=True)
class Terms:
    """What a call must keep to. `notice` is working time of the office, `buffer` lies between two calls.

    Slots that are offered begin on multiples of `step` past the hour.
    """

    notice: timedelta
    length: timedelta = timedelta(minutes=30)
    buffer: timedelta = timedelta(minutes=10)
    step: timedelta = timedelta(minutes=30)
    any_hours: bool = False  # whoever's hours they are has agreed to go beyond them
    until: datetime | None = None  # where calls are too far ahead; None is AHEAD


@dataclass(frozen=True, slots=True)
class Diary:
    """The time of one person: the agreement's hours, his own within them, and what takes time away from both.

    `calls` keep the buffer between them; `busy` is what his own calendar says, to the minute.
    """

    office: Calendar
    own: Calendar | None = None
    absences: tuple[Span, ...] = ()
    calls: tuple[Span, ...] = ()
    busy: tuple[Span, ...] = ()


class Why(StrEnum):
    """Why a wish cannot be had, the first that applies."""

    PAST = "past"
    TOO_FAR = "too_far"
    TOO_EARLY = "too_early"  # before the notice is over
    HOLIDAY = "holiday"
    CLOSED = "closed"  # a declared closure
    OUTSIDE = "outside"
    ABSENT = "absent"
    TAKEN = "taken"


_LACKING_LEAST = (Why.TAKEN, Why.ABSENT, Why.TOO_EARLY, Why.CLOSED, Why.HOLIDAY, Why.TOO_FAR, Why.OUTSIDE)


@dataclass(frozen=True, slots=True)
class Free:
    span: Span


@dataclass(frozen=True, slots=True)
class Refused:
    """`name` is that of the holiday or closure; `nearest` are free slots near the wish, in order, perhaps none.

    `earliest` is the first moment that keeps the notice; of a wish that is too early one that can be had. `may_ask`:
    nothing but the notice or the hours is in the way, so that whoever's time it is may agree all the same. `until`:
    when an absence ends, None where nobody knows.
    """

    why: Why
    earliest: datetime
    nearest: tuple[Span, ...]
    name: str = ""
    may_ask: bool = False
    until: datetime | None = None


def earliest(office: Calendar, notice: timedelta, asked_at: datetime) -> datetime:
    """The first moment of a call asked for at `asked_at` (001: "at least one working day before the desired time").

    It counts from the minute in which it was asked: people read and write whole minutes, and what they are told is the
    earliest must not be too early when they ask for it. BeyondHorizon where the office does not open any more.
    """
    return office.add_far(asked_at.replace(second=0, microsecond=0), notice)


def slots(diary: Diary, terms: Terms, asked_at: datetime, n: int, *, since: datetime | None = None) -> tuple[Span, ...]:
    """The first `n` free slots that keep the notice, from `since` on where that is later; fewer within AHEAD."""
    return tuple(islice(_free(diary, terms, asked_at, since), n))


def period(zone: str, per: Period, at: datetime) -> Span:
    """The month, quarter or year `at` lies in, from its first local day in `zone` (IANA)."""
    place = ZoneInfo(zone)
    day = at.astimezone(place).date()
    months = {Period.MONTH: 1, Period.QUARTER: 3, Period.YEAR: 12}[per]
    number = day.year * 12 + (day.month - 1) // months * months
    first, last = (date(month // 12, month % 12 + 1, 1) for month in (number, number + months))
    return Span(start_of_day(place, first), start_of_day(place, last))


def week(zone: str, at: datetime) -> tuple[date, tuple[datetime, ...]]:
    """The Monday of the week `at` lies in, in `zone` (IANA), and the eight midnights its seven days lie between."""
    place = ZoneInfo(zone)
    day = at.astimezone(place).date()
    monday = day - timedelta(days=day.weekday())
    return monday, tuple(start_of_day(place, monday + timedelta(days=number)) for number in range(8))


def last_day(zone: str, asked_at: datetime) -> tuple[date, datetime]:
    """The last day in `zone` (IANA) for which a call can be asked for at `asked_at`, and its end."""
    place = ZoneInfo(zone)
    day = (asked_at + AHEAD).astimezone(place).date()
    return day, start_of_day(place, day + timedelta(days=1))


def judge(diary: Diary, terms: Terms, asked_at: datetime, start: datetime, *, offer: int = 3) -> Free | Refused:
    """Whether a call may begin at `start`; where not, why, and up to `offer` free slots nearest to it."""
    wish = Span(start.astimezone(UTC), start.astimezone(UTC) + terms.length)
    try:
        first = earliest(diary.office, terms.notice, asked_at)
    except BeyondHorizon:
        return Refused(Why.OUTSIDE, wish.start, ())
    why, name, may_ask = _verdict(diary, terms, asked_at, wish, first)
    if why is None:
        return Free(wish)
    near = _nearest(diary, replace(terms, any_hours=False), asked_at, wish.start, offer)
    until = max((away.end for away in diary.absences if wish.meets(away)), default=NO_END)
    if why is Why.TOO_EARLY:
        first = _first_to_be_had(diary, terms, asked_at, first)
    return Refused(why, first, near, name, may_ask, None if until >= NO_END else until)


def likeliest(diary: Diary, terms: Terms, asked_at: datetime, starts: Iterable[datetime]) -> datetime | None:
    """Of these moments, none of which can be had, the first that lacks least: what is in its way is the reason for all.
    None where there are none. Hours in which nobody could be called at all say nothing about a day.
    """
    try:
        first = earliest(diary.office, terms.notice, asked_at)
    except BeyondHorizon:
        return None

    def lacks(start: datetime) -> int:
        wish = Span(start, start + terms.length)
        why, _, _ = _verdict(diary, terms, asked_at, wish, first)
        return _LACKING_LEAST.index(why) if why in _LACKING_LEAST else len(_LACKING_LEAST)

    return min(starts, key=lacks, default=None)


def _verdict(
    diary: Diary, terms: Terms, asked_at: datetime, wish: Span, first: datetime
) -> tuple[Why | None, str, bool]:
    """What is in the way, its name, and whether it makes sense to ask for the time all the same."""
    if wish.start <= asked_at:
        return Why.PAST, "", False
    if wish.start >= _limit(terms, asked_at):
        return Why.TOO_FAR, "", False
    why, name = _trouble(diary, terms, wish)
    is_early = wish.start < first
    may_ask = (is_early or why is Why.OUTSIDE) and _trouble(diary, replace(terms, any_hours=True), wish)[0] is None
    return (Why.TOO_EARLY, "", may_ask) if is_early else (why, name, may_ask)


def _first_to_be_had(diary: Diary, terms: Terms, asked_at: datetime, first: datetime) -> datetime:
    """`first` where a call could begin then, else the next slot: who names a minute before the close names no time."""
    if _trouble(diary, terms, Span(first, first + terms.length))[0] is None:
        return first
    return next((span.start for span in _free(diary, terms, asked_at, None)), first)


def _nearest(diary: Diary, terms: Terms, asked_at: datetime, wish: datetime, n: int) -> tuple[Span, ...]:
    """The `n` free slots that begin nearest to the wish, of those in the day before it and all after it."""
    before: list[Span] = []
    after: list[Span] = []
    # Of the last day there may be none.
    since = min(wish - _BEFORE, _limit(terms, asked_at) - _WEEK)
    for span in _free(diary, terms, asked_at, since):
        (before if span.start < wish else after).append(span)
        if len(after) == n:
            break
    chosen = sorted([*before, *after], key=lambda span: (abs(span.start - wish), span.start))[:n]
    return tuple(sorted(chosen, key=lambda span: span.start))


def _free(diary: Diary, terms: Terms, asked_at: datetime, since: datetime | None) -> Iterator[Span]:
    """Free slots in order. Every turn of the loop moves on, so that it ends at the horizon at the latest."""
    try:
        at = earliest(diary.office, terms.notice, asked_at)
        at = at if since is None else max(at, since.astimezone(UTC))
        until = _limit(terms, asked_at)
        while at < until:
            opened = max(calendar.next_open(at) for calendar in _calendars(diary))
            begins = on_step(opened, terms.step)
            if begins > at:
                at = begins
                continue
            span = Span(at, at + terms.length)
            taken_until = _taken_until(diary, terms, span)
            if taken_until is not None:
                at = taken_until
                continue
            if asked_at < span.start < until and _trouble(diary, terms, span)[0] is None:
                yield span
            at += terms.step
    except BeyondHorizon:
        return


def _trouble(diary: Diary, terms: Terms, span: Span) -> tuple[Why | None, str]:
    """What stands in the way of a call at this time, the notice apart."""
    for calendar in _calendars(diary):
        if calendar.between(span.start, span.end) < span.end - span.start:
            closed = _closed(calendar, span)
            if not (terms.any_hours and closed[0] is Why.OUTSIDE):
                return closed
    if any(span.meets(absence) for absence in diary.absences):
        return Why.ABSENT, ""
    return (None if _taken_until(diary, terms, span) is None else Why.TAKEN), ""


def _closed(calendar: Calendar, span: Span) -> tuple[Why, str]:
    """The rule that closes the first part of the span that is closed."""
    rule = next(segment.rule for segment in calendar.segments(span.start, span.end) if not segment.is_open)
    kind, _, name = rule.partition(":")
    why = {"holiday": Why.HOLIDAY, "closure": Why.CLOSED}.get(kind, Why.OUTSIDE)
    return why, "" if why is Why.OUTSIDE else name


def _taken_until(diary: Diary, terms: Terms, span: Span) -> datetime | None:
    """When the latest of what overlaps the span is over, the buffer included; None where nothing does."""
    ends = [call.end + terms.buffer for call in diary.calls if span.meets(call, terms.buffer)]
    ends += [busy.end for busy in diary.busy if span.meets(busy)]
    return max(ends, default=None)


def _calendars(diary: Diary) -> tuple[Calendar, ...]:
    return (diary.office,) if diary.own is None else (diary.office, diary.own)


def _limit(terms: Terms, asked_at: datetime) -> datetime:
    return terms.until or asked_at + AHEAD


def on_step(at: datetime, step: timedelta) -> datetime:
    """`at` or the next multiple of `step`; in UTC, from which every zone differs by whole quarters of an hour."""
    over = (at - _EPOCH) % step
    return at if not over else at + step - over
