"""Why a clock is due when it is: every stretch of time counted or left out, each with its rule.

The explanation is data; `as_text` is its plain English, translations are made from the data elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

from bot.sla.calendar import Segment
from bot.sla.policy import Basis, Policy
from bot.sla.timing import Binding, Clock, Hold, State, counted, merged, reach

_ZERO = timedelta(0)
RECLASSIFIED = "reclassified"


@dataclass(frozen=True, slots=True)
class Line:
    """One stretch `[start, end)` and how much of it counts: all or nothing.

    `rule` is a machine key: the calendar's own ("hours:mon", "closed", "holiday:NAME" ...), "elapsed", "cap",
    "hold:client", "hold:third_party" or "reclassified". `note` is for people: whom a hold waits for.
    """

    start: datetime
    end: datetime
    counted: timedelta
    rule: str
    note: str = ""


class ChangeRule(StrEnum):
    """What a change of level did to the due moment (`terms.reclassify`)."""

    RAISED = "raised"  # the new window from the change on ends before the old due
    RAISED_KEPT = "raised_kept"  # the old due is the earlier of the two
    LOWERED = "lowered"  # the client agreed to the later due
    LOWERED_KEPT = "lowered_kept"  # the posted due stays
    AGAIN = "again"  # back to the level whose due had been kept


@dataclass(frozen=True, slots=True)
class Change:
    """When the level last changed under the clock, and by which rule its due is what it is.

    `level` is the name of the level in force since, `terms` of the one whose terms give the due.
    """

    at: datetime
    level: str
    terms: str
    rule: ChangeRule


@dataclass(frozen=True, slots=True)
class Explanation:
    """The arithmetic of one clock. The lines cover `[clock.started_at, result)` without gap or overlap.

    `total` is the sum of what is counted: exactly the window, or the cap where the cap binds. `result` is the
    due moment (of an objective-only clock its objective). Of a held clock `result` is None, the lines end
    where it was held, and `left` is what remains of the window; else `left` is zero. `uncapped_at` is what
    the window alone would have given where the cap binds.
    """

    clock: Clock
    policy: str
    calendar: str
    lines: tuple[Line, ...]
    total: timedelta
    left: timedelta
    result: datetime | None
    uncapped_at: datetime | None
    clause: str
    reading: str
    change: Change | None = None


def explain(policy: Policy, clock: Clock) -> Explanation:
    """The whole arithmetic of a clock.

    1. What lies before `counted_from` was given up by a reclassification.
    2. From there to the result the calendar's segments (or elapsed time) are cut at the edges of the holds.
    3. Neighbours that are left out for the same reason become one line: a long weekend reads as one.
    """
    spans, held_since = merged(clock.holds, clock.counted_from)
    deadline = clock.deadline
    is_waiting = held_since is not None and clock.state is State.HELD
    if is_waiting and deadline is not None and held_since is not None:
        is_waiting = held_since < deadline
    end = max(clock.counted_from, (held_since if is_waiting else deadline) or clock.counted_from)
    lines = _joined(_lines(policy, clock, end))
    total = sum((line.counted for line in lines), _ZERO)
    full, uncapped = clock.window, None
    if clock.binding is Binding.CAP and clock.cap_at is not None:
        full = counted(policy.calendar, Basis.ELAPSED, clock.counted_from, clock.cap_at, spans)
        uncapped = reach(policy.calendar, clock.target.basis, clock.counted_from, clock.window, spans)
    return Explanation(
        clock=clock,
        policy=policy.id,
        calendar=policy.calendar.name,
        lines=tuple(lines),
        total=total,
        left=full - total if is_waiting else _ZERO,
        result=None if is_waiting else deadline,
        uncapped_at=uncapped,
        clause=clock.target.clause,
        reading=clock.target.reading,
        change=_change(policy, clock),
    )


def _change(policy: Policy, clock: Clock) -> Change | None:
    if clock.change is None:
        return None
    kept = clock.change.kept
    upward = clock.priority.rank <= clock.change.before.rank
    if kept is clock.priority:
        rule = ChangeRule.AGAIN
    elif upward:
        rule = ChangeRule.RAISED if kept is None else ChangeRule.RAISED_KEPT
    else:
        rule = ChangeRule.LOWERED if kept is None else ChangeRule.LOWERED_KEPT
    terms = policy.level(kept or clock.priority).name
    return Change(clock.change.at, policy.level(clock.priority).name, terms, rule)


def _lines(policy: Policy, clock: Clock, end: datetime) -> Iterator[Line]:
    """Every stretch from start to end, cut wherever a rule or a hold begins or ends."""
    start = clock.counted_from
    if clock.started_at < start:
        yield Line(clock.started_at, start, _ZERO, RECLASSIFIED)
    if clock.basis is Basis.WORKING:
        segments = policy.calendar.segments(start, end)
    else:
        rule = "cap" if clock.binding is Binding.CAP else "elapsed"
        segments = iter([Segment(start, end, True, rule)] if start < end else [])
    edges = sorted({edge for hold in clock.holds for edge in (hold.start, hold.end) if edge is not None})
    for segment in segments:
        cuts = [segment.start, *(e for e in edges if segment.start < e < segment.end), segment.end]
        for first, last in pairwise(cuts):
            yield _line(segment, first, last, clock.holds)


def _line(segment: Segment, start: datetime, end: datetime, holds: tuple[Hold, ...]) -> Line:
    """One stretch no edge lies in: a granted hold leaves it out, one only recorded is noted beside it."""
    over = [hold for hold in holds if hold.start <= start and (hold.end is None or end <= hold.end)]
    granted = next((hold for hold in over if hold.counted), None)
    if granted is not None:
        return Line(start, end, _ZERO, f"hold:{granted.reason.value}", granted.who)
    length = end - start if segment.is_open else _ZERO
    note = f"waiting for {over[0].who or over[0].reason.value}, no hold granted" if over and length else ""
    return Line(start, end, length, segment.rule, note)


def _joined(lines: Iterator[Line]) -> list[Line]:
    found: list[Line] = []
    for line in lines:
        last = found[-1] if found else None
        if last and (last.rule, last.note, bool(last.counted)) == (line.rule, line.note, bool(line.counted)):
            found[-1] = replace(last, end=line.end, counted=last.counted + line.counted)
        else:
            found.append(line)
    return found


def as_text(explanation: Explanation, zone: str) -> str:
    """The explanation in plain English, one line per stretch, moments in `zone` (an IANA name)."""
    at = ZoneInfo(zone)
    clock = explanation.clock
    rows = [
        f"{_moment(line.start, at)} - {_moment(line.end, at)}  "
        f"{'+' + _length(line.counted) if line.counted else 'not counted'}: {_reason(line)}"
        for line in explanation.lines
    ]
    sums = f"= {_length(explanation.total)} counted"
    if explanation.result is None:
        rows.append(f"{sums}, {_length(explanation.left)} left when the hold ends")
    else:
        rows.append(f"{sums}, due {_moment(explanation.result, at)} {zone}")
    if explanation.uncapped_at is not None:
        rows.append(f"The limit binds: by the window alone it would be {_moment(explanation.uncapped_at, at)}")
    elif clock.cap_at is not None:
        rows.append(f"The limit of {_moment(clock.cap_at, at)} does not bind: the window ends first")
    if explanation.change is not None:
        rows.append(f"Priority changed; the terms of {explanation.change.terms} give the due moment")
    rows += [f"Clause: {explanation.clause}"] if explanation.clause else []
    rows += [f"Our reading: {explanation.reading}"] if explanation.reading else []
    return "\n".join(rows)


def _reason(line: Line) -> str:
    key, _, name = line.rule.partition(":")
    who = line.note or ("the client" if name == "client" else "a third party")
    known = {
        "hours": "working hours",
        "closed": "outside working hours",
        "elapsed": "every second counts",
        "cap": "every second counts towards the limit",
        "override": f"special hours of {name}" if line.counted else f"closed on {name}",
        "holiday": f"holiday, {name}",
        "closure": f"closed, {name}",
        "hold": f"on hold, waiting for {who}",
        RECLASSIFIED: "before the priority changed",
    }
    text = known.get(key, line.rule)
    return f"{text} ({line.note})" if line.note and key != "hold" else text


def _moment(at: datetime, zone: ZoneInfo) -> str:
    """Seconds only where there are some; nothing is rounded."""
    local = at.astimezone(zone)
    seconds = f":{local:%S}" if local.second or local.microsecond else ""
    fraction = f".{local:%f}".rstrip("0") if local.microsecond else ""
    return f"{local:%a %Y-%m-%d %H:%M}{seconds}{fraction}"


def _length(span: timedelta) -> str:
    """Hours, minutes and seconds, exactly: days would be ambiguous in working time."""
    hours, rest = divmod(span, timedelta(hours=1))
    minutes, rest = divmod(rest, timedelta(minutes=1))
    seconds = f"{rest.total_seconds():f}".rstrip("0").rstrip(".")
    parts = [(str(hours), "h"), (str(minutes), "min"), (seconds, "s")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number != "0") or "0 min"
