"""The week of calls: who talks with whom, when, whose answer is missing, and when else each can be called."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from starlette.responses import Response

from bot.desk.calls.times import DayTimes, PersonTimes
from bot.sla.booking import Span
from bot.web.board.present import Show
from bot.web.board.site import Board, page, show
from bot.web.board.visit import Visit

_FIRST, _LAST = date(2000, 1, 1), date(2100, 1, 1)
_WEEK, _TO_THURSDAY = timedelta(days=7), timedelta(days=3)
_HOUR, _DAY = 60, 24 * 60


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a bar, in minutes of the day by the clocks of whoever looks."""

    kind: str
    begins: int
    lasts: int


@dataclass(frozen=True, slots=True)
class Bar:
    """One person's day: its parts, those behind others first, and the same in words."""

    name: str
    parts: tuple[Part, ...]
    words: str


@dataclass(frozen=True, slots=True)
class Bars:
    """All bars of a week, one list a day. They run from `first` to `last`, in minutes of the day."""

    days: tuple[tuple[Bar, ...], ...]
    first: int
    last: int


async def calls_page(board: Board, visit: Visit) -> Response:
    """`?week=` any of its days, by default today; in the zone of whoever looks."""
    day = _day(visit.request.query_params.get("week", ""))
    at = board.desk.clock().now if day is None else datetime.combine(day, time(12), UTC)
    week = await board.desk.calls(visit.person.zone, at)
    # A Thursday lies in the same week in every zone.
    middle = week.monday + _TO_THURSDAY
    before, after = middle - _WEEK, middle + _WEEK
    later = None if week.later_at is None else week.later_at.astimezone(ZoneInfo(visit.person.zone)).date()
    drawn = bars(week.people, show(board, visit))
    return await page(board, visit, "calls.html", week=week, bars=drawn, before=before, after=after, later=later)


def bars(people: Sequence[PersonTimes], seen: Show) -> Bars:
    """Everybody's days as bars, from the first whole hour of the week in which anybody can be called to the last."""
    days = tuple(tuple(_bar(person.name, person.days[n], seen) for person in people) for n in range(7))
    parts = [part for day in days for bar in day for part in bar.parts]
    first = min((part.begins for part in parts), default=0) // _HOUR * _HOUR
    last = -(-max((part.begins + part.lasts for part in parts), default=_DAY) // _HOUR) * _HOUR
    return Bars(days, first, last)


def _bar(name: str, day: DayTimes, seen: Show) -> Bar:
    kinds = (
        ("open", "can be called", day.open),
        ("busy", "busy", day.busy),
        ("away", "away", day.away),
        ("call", "call", day.calls),
    )
    said = [f"{words} {_spans(spans, seen)}" for _, words, spans in kinds if spans]
    drawn = tuple(part for kind, _, spans in kinds for part in _parts(kind, spans, seen.zone))
    return Bar(name, drawn, f"{name}: {'; '.join(said) or 'no hours'}")


def _parts(kind: str, spans: Sequence[Span], zone: str) -> Iterator[Part]:
    for span in spans:
        begins, ends = _minute(span.start, zone), _minute(span.end, zone)
        # A day ends at the midnight of the next one; where the clocks go back an hour is drawn once.
        yield Part(kind, begins, max((ends if ends else _DAY) - begins, 1))


def _minute(at: datetime, zone: str) -> int:
    local = at.astimezone(ZoneInfo(zone))
    return local.hour * _HOUR + local.minute


def _spans(spans: Sequence[Span], seen: Show) -> str:
    return ", ".join(f"{seen.clock(span.start)}-{seen.clock(span.end)}" for span in spans)


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if _FIRST < day < _LAST else None
