"""A calendar's years, laid out on demand, and the searches for the next and the last opening in them."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from zoneinfo import ZoneInfo

from bot.sla import _spans
from bot.sla._declaration import BeyondHorizon, Declaration, Segment
from bot.sla._spans import HORIZON, Table

# A table never spans more years than this: a wild question costs an error, not minutes and gigabytes.
_MOST_YEARS = 60
# A question this many years off the table starts a new one instead of filling the years between.
_FAR_YEARS = 20
_FIRST_YEAR, _LAST_YEAR = 2, 9998
# Every weekly rule shows itself within so many days, in any zone.
_AROUND = timedelta(days=10)
_FIRST_DAY, _LAST_DAY = date(_FIRST_YEAR, 2, 1), date(_LAST_YEAR, 12, 1)


class Timeline:
    """The cache behind a calendar: years by number, and the table of those joined so far.

    Filling it is the only thing that ever changes. A table is replaced, never altered, and what it says
    about a span does not depend on which years it holds, so two threads that fill it at once cannot
    disagree.
    """

    __slots__ = ("_declared", "_table", "_years", "_zone")

    def __init__(self, declared: Declaration, zone: ZoneInfo) -> None:
        self._declared = declared
        self._zone = zone
        self._years: dict[int, tuple[Segment, ...]] = {}
        # Nothing is laid out yet, and year 1 is far from every question.
        self._table = _spans.build_table(_spans.year_start(1), _spans.year_start(1), ())

    def span_after(self, at: datetime) -> tuple[Table, int]:
        """The first span that closes after `at`; BeyondHorizon unless it opens within HORIZON."""
        table = self.covering(at, at)
        index = bisect_right(table.closes, at)
        while index == len(table.closes):
            if table.hi - at > HORIZON:
                raise self.beyond("no opening", "after", at)
            table = self.grown(table, forward=True)
            index = bisect_right(table.closes, at)
        if table.opens[index] - at > HORIZON:
            raise self.beyond("no opening", "after", at)
        return table, index

    def span_before(self, at: datetime) -> tuple[Table, int]:
        """The last span that opens before `at`; BeyondHorizon unless it closes within HORIZON before."""
        table = self.covering(at, at)
        while not (index := bisect_left(table.opens, at)):
            if at - table.lo > HORIZON:
                raise self.beyond("no closing", "before", at)
            table = self.grown(table, forward=False)
        if at - table.closes[index - 1] > HORIZON:
            raise self.beyond("no closing", "before", at)
        return table, index - 1

    def covering(self, a: datetime, b: datetime) -> Table:
        """A table with `lo <= a <= b < hi`: the current one, grown if need be, or a new one far off."""
        table = self._table
        if table.lo <= a and b < table.hi:
            return table
        first, last = a.year, b.year
        if first - table.hi.year < _FAR_YEARS and table.lo.year - last < _FAR_YEARS:
            first, last = min(first, table.lo.year), max(last, table.hi.year - 1)
        return self._tabulated(first, last)

    def grown(self, table: Table, *, forward: bool) -> Table:
        """The table with as many years again on one side, so that a long way is walked in few steps."""
        first, last = table.lo.year, table.hi.year - 1
        years = last - first + 1
        more = max(1, min(years, _MOST_YEARS - years))
        return self._tabulated(first, last + more) if forward else self._tabulated(first - more, last)

    def segments(self, a: datetime, b: datetime) -> Iterator[Segment]:
        """The labelled segments of `[a, b)`, those that the turn of a year cuts in two joined again."""
        held: Segment | None = None
        for segment in chain.from_iterable(self._year(year) for year in range(a.year, b.year + 1)):
            if segment.end <= a or b <= segment.start:
                continue
            start = max(a, segment.start)
            if held is not None and (held.is_open, held.rule) == (segment.is_open, segment.rule):
                start = held.start
            elif held is not None:
                yield held
            held = Segment(start, min(b, segment.end), segment.is_open, segment.rule)
        if held is not None:
            yield held

    def opens_by_override(self) -> bool:
        """Whether an override opens any instant: all that a calendar without weekly hours can have."""
        years = {day.year + shift for day, hours in self._declared.overrides if hours for shift in (-1, 0, 1)}
        return any(segment.is_open for year in sorted(years) for segment in self._year(year))

    def refuse_long_gap(self, table: Table, first: int, last: int) -> None:
        """Raise BeyondHorizon when two neighbours among the spans `first` to `last` are too far apart."""
        for index in range(first, last):
            if table.opens[index + 1] - table.closes[index] > HORIZON:
                raise self.beyond("no opening", "after", table.closes[index])

    def refuse_long_closing(self) -> None:
        """Raise BeyondHorizon when a run of closed dates leaves more than HORIZON without an opening.

        1. join what closes whole dates into runs, with whatever lies a week or less between two of them;
        2. pass over the runs too short to matter: years are laid out for the others alone;
        3. walk these from the week before, which opens, for the longest way from a close to an opening.
        """
        for first, last in _spans.closed_runs(self._declared):
            if last - first + 2 * _AROUND <= HORIZON:
                continue
            start = datetime.combine(max(first, _FIRST_DAY) - _AROUND, datetime.min.time(), UTC)
            end = datetime.combine(min(last, _LAST_DAY) + _AROUND, datetime.min.time(), UTC)
            closed_since = start
            for segment in self.segments(start, end):
                if segment.is_open:
                    closed_since = segment.end
                elif segment.end - closed_since > HORIZON:
                    raise self.beyond("no opening", "after", closed_since)

    def beyond(self, what: str, side: str, at: datetime) -> BeyondHorizon:
        return BeyondHorizon(
            f"calendar {self._declared.name}: {what} within {HORIZON.days} days {side} {at.isoformat()} "
            "(look at its hours, holidays and closures)"
        )

    def _tabulated(self, first: int, last: int) -> Table:
        if last - first >= _MOST_YEARS or first < _FIRST_YEAR or last > _LAST_YEAR:
            raise BeyondHorizon(
                f"calendar {self._declared.name}: the years {first} to {last} are more than it searches "
                f"({_MOST_YEARS} years; ask for less working time)"
            )
        segments = chain.from_iterable(self._year(year) for year in range(first, last + 1))
        self._table = _spans.build_table(_spans.year_start(first), _spans.year_start(last + 1), segments)
        return self._table

    def _year(self, year: int) -> tuple[Segment, ...]:
        if year not in self._years:
            self._years[year] = _spans.compile_year(self._declared, self._zone, year)
        return self._years[year]
