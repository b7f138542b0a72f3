"""Declared hours laid on the UTC axis: labelled segments by year, and the table of open spans to bisect.

The one rule: an instant is open when the wall clock of the calendar's zone shows an open time at that
instant. Everything about DST follows. Hours that start inside a spring gap open at the first real instant
after it; hours that contain a repeated hour count it twice; hours that start or end inside a repeated
hour hold in both passes.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from bot.sla._declaration import DAY_MINUTES, WEEKDAYS, Closure, Declaration, Hours, Segment

# No search looks further than this for an opening; it is longer than any year, holidays included.
HORIZON = timedelta(days=400)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_ORDINAL = EPOCH.toordinal()
_SECOND = 1_000_000
_MINUTE = 60 * _SECOND
_DAY = DAY_MINUTES * _MINUTE
# No zone has ever changed its offset twice within half a day.
_PROBE = _DAY // 2


class _Piece(NamedTuple):
    """A labelled stretch in microseconds since the epoch, of UTC or of the wall clock."""

    start: int
    end: int
    is_open: bool
    rule: str


class _Offset(NamedTuple):
    """A stretch of UTC during which wall clock minus UTC is `shift`, all in microseconds."""

    start: int
    end: int
    shift: int


@dataclass(frozen=True, slots=True)
class Table:
    """The merged open spans of `[lo, hi)` with running sums, made for bisection.

    `before[i]` and `after[i]` are the working time from `lo` to the opening and to the close of span i, and
    `anchor[i] = opens[i] - before[i]`: within span i, moment = anchor + work and work = moment - anchor.
    """

    lo: datetime
    hi: datetime
    opens: tuple[datetime, ...]
    closes: tuple[datetime, ...]
    before: tuple[timedelta, ...]
    after: tuple[timedelta, ...]
    anchor: tuple[datetime, ...]
    has_long_gap: bool  # some gap between spans exceeds HORIZON

    def worked(self, at: datetime) -> timedelta:
        """The working time from `lo` to `at`, which lies within the table."""
        index = bisect_right(self.closes, at)
        if index == len(self.closes):
            return self.after[-1] if self.after else timedelta(0)
        return max(at - self.anchor[index], self.before[index])


def year_start(year: int) -> datetime:
    return datetime(year, 1, 1, tzinfo=UTC)


def build_table(lo: datetime, hi: datetime, segments: Iterable[Segment]) -> Table:
    """Merge the open segments, given in order, into spans; adjacent ones (24:00 + 00:00) become one."""
    opens: list[datetime] = []
    closes: list[datetime] = []
    for segment in segments:
        if not segment.is_open:
            continue
        if closes and closes[-1] == segment.start:
            closes[-1] = segment.end
        else:
            opens.append(segment.start)
            closes.append(segment.end)
    before: list[timedelta] = []
    after: list[timedelta] = []
    worked = timedelta(0)
    for opened, closed in zip(opens, closes, strict=True):
        before.append(worked)
        worked += closed - opened
        after.append(worked)
    return Table(
        lo=lo,
        hi=hi,
        opens=tuple(opens),
        closes=tuple(closes),
        before=tuple(before),
        after=tuple(after),
        anchor=tuple(opened - work for opened, work in zip(opens, before, strict=True)),
        has_long_gap=any(opened - closed > HORIZON for closed, opened in zip(closes, opens[1:], strict=False)),
    )


def compile_year(declared: Declaration, zone: ZoneInfo, year: int) -> tuple[Segment, ...]:
    """The segments that cover one UTC year without gap or overlap.

    1. lay the labelled hours of every local day on the axis of wall time;
    2. carry them over to UTC, stretch by stretch of equal offset;
    3. lay the closures on top;
    4. join neighbours that say the same.
    """
    start, end = _micros(year_start(year)), _micros(year_start(year + 1))
    wall = _wall_pieces(declared, date(year - 1, 12, 30), date(year + 1, 1, 3))
    pieces = _on_utc(wall, offsets(zone, start, end))
    for closure in declared.closures:
        pieces = _closed(pieces, closure)
    return tuple(Segment(_moment(a), _moment(b), is_open, rule) for a, b, is_open, rule in _joined(pieces))


def start_of_day(zone: ZoneInfo, day: date) -> datetime:
    """The first real instant of a local day; a skipped midnight gives the first instant after the gap."""
    midnight = _wall_midnight(day)
    for offset in offsets(zone, midnight - 2 * _DAY, midnight + 2 * _DAY):
        if midnight < offset.end + offset.shift:
            return _moment(max(offset.start, midnight - offset.shift))
    raise AssertionError(f"{zone.key} has no midnight near {day}")


def covers_whole_week(declared: Declaration) -> bool:
    """Whether every minute of every day is open and nothing ever takes one away."""
    if declared.holidays or declared.overrides or declared.closures:
        return False
    monday = date(2024, 1, 1)
    wall = _wall_pieces(declared, monday, monday + timedelta(days=7))
    return all(piece.is_open for piece in wall)


def offsets(zone: ZoneInfo, start: int, end: int) -> list[_Offset]:
    """The stretches of equal UTC offset that cover `[start, end)`, found by probing and then halving."""
    found: list[_Offset] = []
    since, shift = start, _shift(zone, start)
    at = start
    while at < end:
        following = min(at + _PROBE, end)
        after = _shift(zone, following)
        if after != shift:
            change = _change_between(zone, at, following, shift)
            found.append(_Offset(since, change, shift))
            since, shift = change, after
        at = following
    if since < end:
        found.append(_Offset(since, end, shift))
    return found


def _change_between(zone: ZoneInfo, low: int, high: int, shift: int) -> int:
    while high - low > _SECOND:
        middle = (low + high) // 2 // _SECOND * _SECOND
        if _shift(zone, middle) == shift:
            low = middle
        else:
            high = middle
    return high


def _shift(zone: ZoneInfo, at: int) -> int:
    shift = _moment(at).astimezone(zone).utcoffset()
    assert shift is not None
    return shift // timedelta(microseconds=1)


def _wall_pieces(declared: Declaration, first: date, until: date) -> list[_Piece]:
    """The local days `[first, until)` as labelled wall time, covering every minute."""
    overrides = dict(declared.overrides)
    usual = [
        _painted(
            [(h, f"hours:{WEEKDAYS[day]}") for h in declared.week[day]],
            [(h, f"hours:{WEEKDAYS[day - 1]}") for h in declared.week[day - 1]],
            "closed",
        )
        for day in range(7)
    ]
    holidays = _holiday_names(declared, first - timedelta(days=1), until)
    pieces: list[_Piece] = []
    for ordinal in range(first.toordinal(), until.toordinal()):
        day, eve = date.fromordinal(ordinal), date.fromordinal(ordinal - 1)
        if day in overrides:
            rule = f"override:{day}"
            painted = _painted([(h, rule) for h in overrides[day]], [], rule)
        elif day in holidays:
            painted = [(0, DAY_MINUTES, False, f"holiday:{holidays[day]}")]
        elif eve in overrides or eve in holidays:
            # The eve's own declaration decides whether a night shift reaches into this day.
            own = [(h, f"hours:{WEEKDAYS[day.weekday()]}") for h in declared.week[day.weekday()]]
            painted = _painted(own, [(h, f"override:{eve}") for h in overrides.get(eve, ())], "closed")
        else:
            painted = usual[day.weekday()]
        base = _wall_midnight(day)
        pieces += [_Piece(base + a * _MINUTE, base + b * _MINUTE, is_open, rule) for a, b, is_open, rule in painted]
    return pieces


def _painted(
    own: list[tuple[Hours, str]], eve: list[tuple[Hours, str]], closed: str
) -> list[tuple[int, int, bool, str]]:
    """One local day in labelled minutes: its own hours, what reaches over from the eve, the rest closed."""
    layers = [(h.opens, min(h.closes, DAY_MINUTES), rule) for h, rule in own]
    layers += [(0, h.closes - DAY_MINUTES, rule) for h, rule in eve if h.closes > DAY_MINUTES]
    cuts = sorted({0, DAY_MINUTES, *(a for a, _, _ in layers), *(b for _, b, _ in layers)})
    painted = []
    for start, end in pairwise(cuts):
        rule = next((rule for a, b, rule in layers if a <= start and end <= b), None)
        painted.append((start, end, rule is not None, rule or closed))
    return painted


def closed_runs(declared: Declaration) -> list[tuple[date, date]]:
    """The dates that something closes, joined where a week or less lies between, in order; both ends included."""
    spans = [(holiday.first, holiday.last) for holiday in declared.holidays]
    spans += [(closure.start.date(), closure.end.date()) for closure in declared.closures]
    spans += [(day, day) for day, hours in declared.overrides if not hours]
    runs: list[tuple[date, date]] = []
    for first, last in sorted(spans):
        if runs and first - runs[-1][1] <= timedelta(days=8):
            runs[-1] = (runs[-1][0], max(last, runs[-1][1]))
        else:
            runs.append((first, last))
    return runs


def _holiday_names(declared: Declaration, first: date, until: date) -> dict[date, str]:
    """The holidays within `[first, until)`; of two on one day the one that starts earlier gives the name."""
    names: dict[date, str] = {}
    for holiday in declared.holidays:
        begin, end = max(holiday.first, first).toordinal(), min(holiday.last, until).toordinal() + 1
        for ordinal in range(begin, end):
            names.setdefault(date.fromordinal(ordinal), holiday.name)
    return names


def _on_utc(wall: list[_Piece], stretches: list[_Offset]) -> list[_Piece]:
    ends = [piece.end for piece in wall]
    pieces: list[_Piece] = []
    for start, end, shift in stretches:
        # Clip the wall pieces that this stretch of UTC shows; a repeated hour shows its pieces twice.
        for index in range(bisect_right(ends, start + shift), len(wall)):
            piece = wall[index]
            if piece.start >= end + shift:
                break
            pieces.append(
                _Piece(max(piece.start - shift, start), min(piece.end - shift, end), piece.is_open, piece.rule)
            )
    return pieces


def _closed(pieces: list[_Piece], closure: Closure) -> list[_Piece]:
    """Lay one closure over the pieces; where closures overlap the earlier keeps its name."""
    start, end, rule = _micros(closure.start), _micros(closure.end), f"closure:{closure.name}"
    if not pieces or end <= pieces[0].start or pieces[-1].end <= start:
        return pieces
    laid: list[_Piece] = []
    for piece in pieces:
        low, high = max(piece.start, start), min(piece.end, end)
        if low >= high or piece.rule.startswith("closure:"):
            laid.append(piece)
            continue
        if piece.start < low:
            laid.append(piece._replace(end=low))
        laid.append(_Piece(low, high, False, rule))
        if high < piece.end:
            laid.append(piece._replace(start=high))
    return laid


def _joined(pieces: Iterable[_Piece]) -> Iterator[_Piece]:
    held: _Piece | None = None
    for piece in pieces:
        if held is not None and (held.is_open, held.rule) == (piece.is_open, piece.rule):
            held = held._replace(end=piece.end)
            continue
        if held is not None:
            yield held
        held = piece
    if held is not None:
        yield held


def _wall_midnight(day: date) -> int:
    return (day.toordinal() - _EPOCH_ORDINAL) * _DAY


def _micros(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


def _moment(micros: int) -> datetime:
    return EPOCH + timedelta(microseconds=micros)
