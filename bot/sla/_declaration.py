"""What an operator declares about business time, checked and normalised; knows no UTC and no searching.

CalendarError            a declaration or a question that cannot be answered as it stands
├── NeverOpens           the declared hours contain no open instant
└── BeyondHorizon        no opening within HORIZON of the moment asked about
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import cast
from zoneinfo import ZoneInfo

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MINUTES = 24 * 60
_HOURS = re.compile(r"(\d\d):([0-5]\d)-(\d\d):([0-5]\d)")


class CalendarError(ValueError):
    """Root of what a calendar refuses; the message names the calendar, the value and the way out."""


class NeverOpens(CalendarError):
    """The declared hours contain no open instant."""


class BeyondHorizon(CalendarError):
    """The search for an opening left the horizon."""


@dataclass(frozen=True, slots=True)
class Hours:
    """A half-open interval of local wall time in minutes since midnight; above 1440: on the next day."""

    opens: int
    closes: int

    def __post_init__(self) -> None:
        length = self.closes - self.opens
        whole_day = (self.opens, self.closes) == (0, DAY_MINUTES)
        if not (0 <= self.opens < DAY_MINUTES and (0 < length < DAY_MINUTES or whole_day)):
            raise CalendarError(
                f"hours: minutes {self.opens}-{self.closes} are not an interval that starts within one day "
                "and is shorter than 24 h (a whole day is 0-1440)"
            )

    def __str__(self) -> str:
        closes = self.closes - DAY_MINUTES if self.closes > DAY_MINUTES else self.closes
        return f"{self.opens // 60:02}:{self.opens % 60:02}-{closes // 60:02}:{closes % 60:02}"


def parse_hours(text: str) -> Hours:
    """Read "10:00-19:00", "00:00-24:00" or, over midnight, "22:00-06:00"."""
    match = _HOURS.fullmatch(text.strip())
    if match is None:
        raise CalendarError(f'hours "{text}": not understood (write 10:00-19:00, 00:00-24:00 or 22:00-06:00)')
    h1, m1, h2, m2 = (int(part) for part in match.groups())
    opens, closes = h1 * 60 + m1, h2 * 60 + m2
    if opens >= DAY_MINUTES or closes > DAY_MINUTES:
        raise CalendarError(f'hours "{text}": a day has the times 00:00 to 24:00 (over midnight: 22:00-06:00)')
    if opens == closes:
        raise CalendarError(f'hours "{text}": opens and closes at once (a whole day is 00:00-24:00)')
    return Hours(opens, closes if closes > opens else closes + DAY_MINUTES)


@dataclass(frozen=True, slots=True, order=True)
class Holiday:
    """Whole local days on which nobody works, `first` and `last` included."""

    first: date
    last: date
    name: str

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise CalendarError(f'holiday "{self.name}": ends {self.last} before it starts {self.first}')


@dataclass(frozen=True, slots=True, order=True)
class Closure:
    """A closed span `[start, end)` of real time; it beats hours and overrides."""

    start: datetime
    end: datetime
    name: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "start", as_utc(self.start, f'closure "{self.name}": start'))
        object.__setattr__(self, "end", as_utc(self.end, f'closure "{self.name}": end'))
        if self.end <= self.start:
            raise CalendarError(f'closure "{self.name}": ends {self.end} but starts {self.start}')


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch `[start, end)` of real time (UTC), open or closed by one rule.

    `rule` is a key for machines: "hours:mon", "override:2026-12-24", "closed", "holiday:NAME",
    "closure:NAME", or "elapsed" where every instant counts.
    """

    start: datetime
    end: datetime
    is_open: bool
    rule: str


@dataclass(frozen=True, slots=True)
class Declaration:
    """The normalised text of a calendar: hashable, equal when the declared values are equal."""

    name: str
    zone: str
    week: tuple[tuple[Hours, ...], ...]
    working_day: timedelta
    holidays: tuple[Holiday, ...]
    overrides: tuple[tuple[date, tuple[Hours, ...]], ...]
    closures: tuple[Closure, ...]


def as_utc(moment: datetime, what: str) -> datetime:
    """`moment` in UTC; a naive one is refused, for nobody can know which clock it was read from."""
    if moment.utcoffset() is None:
        raise CalendarError(f"{what}: {moment.isoformat()} has no zone (give an aware datetime)")
    return moment.astimezone(UTC)


def declare(
    name: str,
    zone: str,
    week: Mapping[str, Sequence[Hours]],
    working_day: timedelta,
    holidays: Sequence[Holiday],
    overrides: Mapping[date, Sequence[Hours]],
    closures: Sequence[Closure],
) -> Declaration:
    """Check and normalise; order of writing does not matter."""
    load_zone(name, zone)
    if unknown := sorted(set(week) - set(WEEKDAYS)):
        raise CalendarError(f'calendar {name}: unknown weekday "{unknown[0]}" (use {", ".join(WEEKDAYS)})')
    if working_day <= timedelta(0):
        raise CalendarError(f"calendar {name}: working day of {working_day} (use a length such as 8h)")
    return Declaration(
        name=name,
        zone=zone,
        week=tuple(_in_order(week.get(day, ())) for day in WEEKDAYS),
        working_day=working_day,
        holidays=tuple(sorted(holidays)),
        overrides=tuple(sorted((day, _in_order(hours)) for day, hours in overrides.items())),
        closures=tuple(sorted(closures)),
    )


def load_zone(name: str, zone: str) -> ZoneInfo:
    """The IANA zone, or an error that names the calendar."""
    try:
        return ZoneInfo(zone)
    except (KeyError, ValueError, OSError) as error:
        raise CalendarError(
            f'calendar {name}: unknown zone "{zone}" (use an IANA name: Europe/Berlin; GMT+3 is Etc/GMT-3)'
        ) from error


def to_mapping(declared: Declaration) -> dict[str, object]:
    """JSON-able; `from_mapping` reads it back to an equal declaration."""
    return {
        "name": declared.name,
        "zone": declared.zone,
        "working_day_s": declared.working_day.total_seconds(),
        "week": {day: [str(h) for h in hours] for day, hours in zip(WEEKDAYS, declared.week, strict=True) if hours},
        "holidays": [
            {"first": h.first.isoformat(), "last": h.last.isoformat(), "name": h.name} for h in declared.holidays
        ],
        "overrides": {day.isoformat(): [str(h) for h in hours] for day, hours in declared.overrides},
        "closures": [
            {"start": c.start.isoformat(), "end": c.end.isoformat(), "name": c.name} for c in declared.closures
        ],
    }


def from_mapping(data: Mapping[str, object]) -> Declaration:
    """The inverse of `to_mapping`; a missing or misshapen key is named."""
    name = str(data.get("name", "?"))
    try:
        week = cast(Mapping[str, Sequence[str]], data["week"])
        overrides = cast(Mapping[str, Sequence[str]], data.get("overrides", {}))
        holidays = cast(Sequence[Mapping[str, str]], data.get("holidays", ()))
        closures = cast(Sequence[Mapping[str, str]], data.get("closures", ()))
        return declare(
            name=str(data["name"]),
            zone=str(data["zone"]),
            week={day: [parse_hours(text) for text in texts] for day, texts in week.items()},
            working_day=timedelta(seconds=cast(float, data["working_day_s"])),
            holidays=[
                Holiday(date.fromisoformat(h["first"]), date.fromisoformat(h["last"]), h["name"]) for h in holidays
            ],
            overrides={
                date.fromisoformat(day): [parse_hours(text) for text in texts] for day, texts in overrides.items()
            },
            closures=[
                Closure(datetime.fromisoformat(c["start"]), datetime.fromisoformat(c["end"]), c["name"])
                for c in closures
            ],
        )
    except CalendarError:
        raise
    except KeyError as error:
        raise CalendarError(f"calendar {name}: key {error} is missing") from error
    except (TypeError, ValueError, AttributeError) as error:
        raise CalendarError(f"calendar {name}: {error}") from error


def _in_order(hours: Sequence[Hours]) -> tuple[Hours, ...]:
    return tuple(sorted(hours, key=lambda h: (h.opens, h.closes)))
