"""Business time: what is open when, how working time is added and measured; pure, the only maths with zones.

    CalendarError
    ├── NeverOpens
    └── BeyondHorizon

Every moment that goes in is aware, every moment that comes out is UTC, nothing is rounded. Spans are
half-open, so the closing instant is closed, and durations are real elapsed time: on the night when clocks
go forward an 8-hour shift has 7. Where a question has two answers (between Friday 19:00 and Monday 10:00
nothing is worked) the name of the function says which end it gives.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

from bot.sla import _declaration, _spans
from bot.sla._declaration import (
    WEEKDAYS,
    BeyondHorizon,
    CalendarError,
    Closure,
    Holiday,
    Hours,
    NeverOpens,
    Segment,
    as_utc,
    parse_hours,
)
from bot.sla._spans import HORIZON
from bot.sla._timeline import Timeline

__all__ = [
    "HORIZON",
    "WEEKDAYS",
    "BeyondHorizon",
    "Calendar",
    "CalendarError",
    "Closure",
    "Holiday",
    "Hours",
    "NeverOpens",
    "Segment",
    "parse_hours",
]

_ZERO = timedelta(0)
_DAY = timedelta(days=1)


class Calendar:
    """The working hours of a desk: an immutable value, equal and hashed by what was declared.

    Of the rules of a local day the first that applies holds: a closure (real time) closes; an override
    replaces the day's hours and beats the holiday list; a holiday closes the whole day; else the
    weekday's hours hold. A night shift belongs to the day it starts on; a holiday or an override on the
    next day cuts off what reaches into that day.
    """

    __slots__ = ("_declared", "_hash", "_timeline", "_zone", "is_always_open")

    def __init__(
        self,
        *,
        name: str,
        zone: str,
        week: Mapping[str, Sequence[Hours]],
        working_day: timedelta,
        holidays: Sequence[Holiday] = (),
        overrides: Mapping[date, Sequence[Hours]] | None = None,
        closures: Sequence[Closure] = (),
    ) -> None:
        """Raises CalendarError on a wrong value and NeverOpens when no instant is open."""
        self._declared = _declaration.declare(name, zone, week, working_day, holidays, overrides or {}, closures)
        self._zone = _declaration.load_zone(name, zone)
        self._hash = hash(self._declared)
        self._timeline = Timeline(self._declared, self._zone)
        self.is_always_open = _spans.covers_whole_week(self._declared)
        if not any(self._declared.week) and not self._timeline.opens_by_override():
            raise NeverOpens(f'calendar {name}: never opens (give hours to a weekday, as in mon = ["10:00-19:00"])')

    @classmethod
    def always_open(cls, name: str = "24/7", zone: str = "UTC") -> "Calendar":
        """Elapsed time as a calendar; the zone only says when its days end."""
        return cls(name=name, zone=zone, week={day: [Hours(0, 1440)] for day in WEEKDAYS}, working_day=_DAY)

    @classmethod
    def from_mapping(cls, data: Mapping[str, object]) -> "Calendar":
        """Read what `to_mapping` wrote; CalendarError names a missing or wrong key."""
        declared = _declaration.from_mapping(data)
        return cls(
            name=declared.name,
            zone=declared.zone,
            week=dict(zip(WEEKDAYS, declared.week, strict=True)),
            working_day=declared.working_day,
            holidays=declared.holidays,
            overrides=dict(declared.overrides),
            closures=declared.closures,
        )

    def to_mapping(self) -> dict[str, object]:
        """JSON-able text of the whole declaration, the same for equal calendars."""
        return _declaration.to_mapping(self._declared)

    @property
    def name(self) -> str:
        return self._declared.name

    @property
    def zone(self) -> str:
        return self._declared.zone

    @property
    def working_day(self) -> timedelta:
        return self._declared.working_day

    @property
    def week(self) -> dict[str, tuple[Hours, ...]]:
        return dict(zip(WEEKDAYS, self._declared.week, strict=True))

    @property
    def holidays(self) -> tuple[Holiday, ...]:
        return self._declared.holidays

    @property
    def overrides(self) -> dict[date, tuple[Hours, ...]]:
        return dict(self._declared.overrides)

    @property
    def closures(self) -> tuple[Closure, ...]:
        return self._declared.closures

    def __eq__(self, other: object) -> bool:
        return self._declared == other._declared if isinstance(other, Calendar) else NotImplemented

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return f"<Calendar {self.name} {self.zone}>"

    def is_open(self, at: datetime) -> bool:
        """Whether work counts at this instant; the closing instant is closed."""
        at = self._moment(at)
        if self.is_always_open:
            return True
        table = self._timeline.covering(at, at)
        index = bisect_right(table.closes, at)
        return index < len(table.opens) and table.opens[index] <= at

    def next_open(self, at: datetime) -> datetime:
        """`at` itself when open, else the next opening. BeyondHorizon when that is more than HORIZON away."""
        at = self._moment(at)
        if self.is_always_open:
            return at
        table, index = self._timeline.span_after(at)
        return max(at, table.opens[index])

    def previous_open(self, at: datetime) -> datetime:
        """The end of the last open time: `at` when it was open just before, else the previous close."""
        at = self._moment(at)
        if self.is_always_open:
            return at
        table, index = self._timeline.span_before(at)
        return min(at, table.closes[index])

    def close_after(self, at: datetime) -> datetime:
        """The end of the working day `at` lies in, or of the next one when that day is over.

        A working day is a local day and ends with its last close: breaks do not end it. A night shift
        ends at its own close. Where the desk stays open for a day and longer, a working day ends at local
        midnight.
        """
        at = self._moment(at)
        if self.is_always_open:
            return _spans.start_of_day(self._zone, at.astimezone(self._zone).date() + _DAY)
        table, index = self._timeline.span_after(at)
        base = max(at, table.opens[index])
        # A span may be cut where the loaded years end; three days around it show its real ends.
        table = self._timeline.covering(base - 3 * _DAY, base + 3 * _DAY)
        index = bisect_right(table.closes, base)
        day = base.astimezone(self._zone).date()
        midnight = _spans.start_of_day(self._zone, day + _DAY)
        began_before = table.opens[index] < _spans.start_of_day(self._zone, day)
        if began_before and table.closes[index] < midnight:
            return table.closes[index]
        last = bisect_left(table.opens, midnight) - 1
        opened, closed = table.opens[last], table.closes[last]
        return closed if closed <= midnight or closed - opened < _DAY else midnight

    def add(self, start: datetime, work: timedelta) -> datetime:
        """The earliest moment by which `work` is worked since `start`: using up a day gives that day's close.

        Zero gives `next_open(start)`, a negative `work` goes back like `subtract`. BeyondHorizon when the
        desk stays closed for more than HORIZON on the way.
        """
        at = start if start.tzinfo is UTC else self._moment(start)
        if work <= _ZERO:
            return self.next_open(at) if work == _ZERO else self.subtract(at, -work)
        if self.is_always_open:
            return self._elapsed(at, work)
        table, index = self._timeline.span_after(at)
        opened = table.opens[index]
        target = work + (at - table.anchor[index] if at > opened else table.before[index])
        if target <= table.after[index]:
            return table.anchor[index] + target
        last = bisect_left(table.after, target, index)
        while last == len(table.after):
            if table.hi - table.closes[-1] > HORIZON:
                raise self._timeline.beyond("no opening", "after", table.closes[-1])
            table = self._timeline.grown(table, forward=True)
            last = bisect_left(table.after, target, index)
        if table.has_long_gap:
            self._timeline.refuse_long_gap(table, index, last)
        return table.anchor[last] + target

    def add_far(self, start: datetime, work: timedelta) -> datetime:
        """Like `add`, but a result on a close moves on to the next opening: the earliest slot to book."""
        return self.next_open(self.add(start, work))

    def subtract(self, end: datetime, work: timedelta) -> datetime:
        """The latest moment from which `work` is worked by `end`: using up a day gives that day's opening.

        Zero gives `previous_open(end)`, a negative `work` goes forward like `add`.
        """
        at = self._moment(end)
        if work <= _ZERO:
            return self.previous_open(at) if work == _ZERO else self.add(at, -work)
        if self.is_always_open:
            return self._elapsed(at, -work)
        while True:
            table, index = self._timeline.span_before(at)
            worked = at - table.anchor[index] if at < table.closes[index] else table.after[index]
            if worked >= work:
                break
            if table.opens[0] - table.lo > HORIZON:
                raise self._timeline.beyond("no closing", "before", table.opens[0])
            self._timeline.grown(table, forward=False)
        target = worked - work
        first = bisect_right(table.before, target) - 1
        if table.has_long_gap:
            self._timeline.refuse_long_gap(table, first, index)
        return table.anchor[first] + target

    def between(self, a: datetime, b: datetime) -> timedelta:
        """The working time from `a` to `b`, negative when `b` is earlier."""
        a, b = self._moment(a), self._moment(b)
        if self.is_always_open:
            return b - a
        table = self._timeline.covering(min(a, b), max(a, b))
        return table.worked(b) - table.worked(a)

    def add_days(self, start: datetime, days: int) -> datetime:
        """`days` times the declared working day; not the same time on the n-th day."""
        return self.add(start, days * self.working_day)

    def segments(self, a: datetime, b: datetime) -> Iterator[Segment]:
        """What `[a, b)` consists of, in order, without gap or overlap, split where the rule changes."""
        a, b = self._moment(a), self._moment(b)
        if b < a:
            raise CalendarError(f"calendar {self.name}: segments from {a} to {b} run backwards (swap the moments)")
        if a == b:
            return iter(())
        if self.is_always_open:
            return iter((Segment(a, b, True, "elapsed"),))
        return self._timeline.segments(a, b)

    def refuse_long_gaps(self) -> None:
        """BeyondHorizon when holidays, closures and closed dates keep two openings more than HORIZON apart.

        Speaks of what is declared with dates; a calendar without weekly hours has no opening after its last date.
        """
        self._timeline.refuse_long_closing()

    def _moment(self, at: datetime) -> datetime:
        return at if at.tzinfo is UTC else as_utc(at, f"calendar {self.name}")

    def _elapsed(self, at: datetime, work: timedelta) -> datetime:
        try:
            return at + work
        except OverflowError as error:
            raise self._timeline.beyond("no moment", "after" if work > _ZERO else "before", at) from error
