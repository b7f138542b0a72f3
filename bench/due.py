"""Adding 1 h and 45 h of working time: Pledge against pandas CustomBusinessHour and businesstimedelta.

Two desks, Monday to Friday 10:00-19:00: one in a zone of fixed offset without holidays, the easiest case
for the peers, and one in Berlin with its holidays. All three take the same random moments of one year
and give the same answers (asserted); only where work ends exactly on a close does pandas name the next
opening instead. pandas gets naive local times, its fastest way; Pledge and businesstimedelta get aware
datetimes.
"""

import random
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import businesstimedelta
import pandas as pd
import pytz

from bot.sla.calendar import WEEKDAYS, Calendar, Holiday, parse_hours

_HOURS = (1, 45)
_ROUNDS = 7
_STARTS = 200
_OUR_REPEATS = 100  # one pass over the starts takes us a fraction of a millisecond: too short for the clock
Adder = Callable[[], list[Any]]


@dataclass(frozen=True, slots=True)
class Desk:
    name: str
    zone: str
    holidays: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """Additions per second (medians over the rounds) and the ratio of each round, as median and extremes."""

    desk: str
    hours: int
    peer: str
    ours_per_s: float
    peer_per_s: float
    ratio: float
    ratio_spread: tuple[float, float]
    rounds: int


def run(rounds: int = _ROUNDS) -> list[Result]:
    """Measure both peers on both desks; raises AssertionError when a peer's answers differ from ours."""
    return [
        _compare(desk, hours, peer, rounds)
        for desk in _desks()
        for hours in _HOURS
        for peer in ("pandas", "businesstimedelta")
    ]


def _desks() -> list[Desk]:
    # Berlin's holidays on weekdays of 2025, and one beyond: businesstimedelta always looks for a next one.
    days = ("01-01", "04-18", "04-21", "05-01", "05-29", "06-09", "10-03", "12-25", "12-26")
    berlin = (*(date.fromisoformat(f"2025-{day}") for day in days), date(2026, 1, 1), date(2027, 1, 1))
    return [
        Desk("fixed offset, no holidays", "Etc/GMT-3", ()),
        Desk("Berlin with holidays", "Europe/Berlin", berlin),
    ]


def _compare(desk: Desk, hours: int, peer: str, rounds: int) -> Result:
    calendar, starts = _calendar(desk), _moments()
    work = timedelta(hours=hours)
    theirs = {"pandas": _pandas, "businesstimedelta": _businesstimedelta}[peer](desk, hours, starts)

    def ours() -> list[datetime]:
        return [calendar.add(start, work) for start in starts]

    expected = [calendar.next_open(moment) for moment in ours()]
    answers = [calendar.next_open(_as_utc(moment, desk.zone)) for moment in theirs()]
    assert answers == expected, f"{peer} answers differently from us on: {desk.name}"
    # Alternating, so that what disturbs the machine disturbs both.
    pairs = [(_rate(ours, _OUR_REPEATS), _rate(theirs, 1)) for _ in range(rounds)]
    ratios = [mine / other for mine, other in pairs]
    return Result(
        desk=desk.name,
        hours=hours,
        peer=peer,
        ours_per_s=statistics.median(mine for mine, _ in pairs),
        peer_per_s=statistics.median(other for _, other in pairs),
        ratio=statistics.median(ratios),
        ratio_spread=(min(ratios), max(ratios)),
        rounds=rounds,
    )


def _rate(adder: Adder, repeats: int) -> float:
    began = time.perf_counter()
    for _ in range(repeats):
        adder()
    return _STARTS * repeats / (time.perf_counter() - began)


def _moments() -> list[datetime]:
    draw, first = random.Random(2025), datetime(2025, 1, 1, tzinfo=UTC)
    return [first + timedelta(seconds=draw.randrange(340 * 86400)) for _ in range(_STARTS)]


def _calendar(desk: Desk) -> Calendar:
    return Calendar(
        name=desk.name,
        zone=desk.zone,
        week={day: [parse_hours("10:00-19:00")] for day in WEEKDAYS[:5]},
        working_day=timedelta(hours=9),
        holidays=[Holiday(day, day, "holiday") for day in desk.holidays],
    )


def _pandas(desk: Desk, hours: int, starts: list[datetime]) -> Adder:
    offset = pd.offsets.CustomBusinessHour(
        n=hours,
        start="10:00",
        end="19:00",
        weekmask="Mon Tue Wed Thu Fri",
        holidays=list(desk.holidays),
    )
    zone = ZoneInfo(desk.zone)
    local = [pd.Timestamp(start.astimezone(zone).replace(tzinfo=None)) for start in starts]
    return lambda: [start + offset for start in local]


def _businesstimedelta(desk: Desk, hours: int, starts: list[datetime]) -> Adder:
    zone = pytz.timezone(desk.zone)  # the library refuses zoneinfo
    opens, closes = (datetime(2025, 1, 1, hour).time() for hour in (10, 19))
    rule = businesstimedelta.WorkDayRule(start_time=opens, end_time=closes, working_days=[0, 1, 2, 3, 4], tz=zone)
    if desk.holidays:
        rule = businesstimedelta.Rules([rule, businesstimedelta.HolidayRule(set(desk.holidays), tz=zone)])
    work = businesstimedelta.BusinessTimeDelta(rule, hours=hours)
    local = [start.astimezone(zone) for start in starts]
    return lambda: [start + work for start in local]


def _as_utc(moment: datetime, zone: str) -> datetime:
    plain = datetime.fromisoformat(moment.isoformat())
    return (plain if plain.tzinfo else plain.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)


def main() -> None:
    print("adding working time, additions per second; ratio: median of the rounds (lowest-highest)")
    for result in run():
        low, high = result.ratio_spread
        print(
            f"{result.desk:26}{result.hours:3} h  Pledge {result.ours_per_s:10,.0f}/s  {result.peer:18}"
            f"{result.peer_per_s:8,.0f}/s  ratio {result.ratio:7.1f} ({low:.1f}-{high:.1f})"
        )


if __name__ == "__main__":
    main()
