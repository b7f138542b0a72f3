"""The calendar against an oracle that walks real minutes and reads the wall clock; no code is shared.

The oracle knows one sentence: a minute counts when the wall clock of the zone shows an open time.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.sla.calendar import WEEKDAYS, Calendar, Closure, Holiday, parse_hours

MINUTE = timedelta(minutes=1)
Walls = list[tuple[date, int]]  # per real minute of a window: the local date and the minute the wall clock shows
WINDOW_DAYS = 12
F17_ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Africa/Cairo",
    "Europe/Moscow",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
)
RANDOM_ZONES = (
    "Africa/Cairo",
    "America/New_York",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "Asia/Tehran",
    "America/Sao_Paulo",
    "Asia/Kolkata",
    "Etc/GMT-3",
)
OFFICE = {day: ["09:00-13:00", "14:00-17:30"] for day in WEEKDAYS[:5]}
NIGHT = {day: ["22:00-06:00"] for day in WEEKDAYS}
SMALL_HOURS = {day: ["00:00-00:45", "01:30-02:15", "02:20-03:40", "23:15-24:00"] for day in WEEKDAYS}
AROUND_THE_CLOCK = {day: ["00:00-24:00"] for day in WEEKDAYS[:6]}
WEEKS = {"office": OFFICE, "night": NIGHT, "small hours": SMALL_HOURS, "around the clock": AROUND_THE_CLOCK}


@dataclass(frozen=True, slots=True)
class Text:
    """A calendar as its operator writes it; the calendar and the oracle each read it their own way."""

    zone: str
    week: dict[str, list[str]]
    holidays: frozenset[date] = frozenset()
    overrides: dict[date, list[str]] = field(default_factory=dict)
    closures: tuple[tuple[datetime, datetime], ...] = ()

    def calendar(self) -> Calendar:
        return Calendar(
            name="tested",
            zone=self.zone,
            week={day: [parse_hours(text) for text in texts] for day, texts in self.week.items()},
            working_day=timedelta(hours=8),
            holidays=[Holiday(day, day, "holiday") for day in self.holidays],
            overrides={day: [parse_hours(text) for text in texts] for day, texts in self.overrides.items()},
            closures=[Closure(start, end, "closed") for start, end in self.closures],
        )


class Oracle:
    """Walks the real minutes of a window that starts at `first`."""

    def __init__(self, text: Text, first: datetime, walls: Walls) -> None:
        self.first = first
        days: dict[date, set[int]] = {}
        self.open: list[bool] = []
        for index, (day, minute) in enumerate(walls):
            if day not in days:
                days[day] = self.minutes_of(text, day)
            is_open = minute in days[day]
            if is_open and text.closures:
                at = first + index * MINUTE
                is_open = not any(start <= at < end for start, end in text.closures)
            self.open.append(is_open)

    def minutes_of(self, text: Text, day: date) -> set[int]:
        eve = day - timedelta(days=1)
        minutes = {m for m in self.declared(text, day) if m < 1440}
        if day not in text.overrides and day not in text.holidays:
            minutes |= {m - 1440 for m in self.declared(text, eve) if m >= 1440}
        return minutes

    def declared(self, text: Text, day: date) -> set[int]:
        if day in text.overrides:
            texts = text.overrides[day]
        elif day in text.holidays:
            texts = []
        else:
            texts = text.week.get(day.strftime("%a").lower(), [])
        minutes: set[int] = set()
        for opens, closes in (text.split("-") for text in texts):
            minute, end = self.minute(opens), self.minute(closes)
            minutes |= set(range(minute, end if end > minute else end + 1440))
        return minutes

    def minute(self, text: str) -> int:
        hour, minute = text.split(":")
        return int(hour) * 60 + int(minute)

    def index(self, at: datetime) -> int:
        return (at - self.first) // MINUTE

    def is_open(self, at: datetime) -> bool:
        return self.open[self.index(at)]

    def add(self, start: datetime, minutes: int) -> datetime:
        """Raises IndexError when the walk leaves the window."""
        index = self.index(start)
        if minutes == 0:
            while not self.open[index]:
                index += 1
        while minutes:
            minutes -= self.open[index]
            index += 1
        return self.first + index * MINUTE

    def subtract(self, end: datetime, minutes: int) -> datetime:
        index = self.index(end)
        if minutes == 0:
            while not self.open[self.inside(index - 1)]:
                index -= 1
        while minutes:
            index = self.inside(index - 1)
            minutes -= self.open[index]
        return self.first + index * MINUTE

    def between(self, a: datetime, b: datetime) -> timedelta:
        return sum(self.open[self.index(a) : self.index(b)]) * MINUTE

    def inside(self, index: int) -> int:
        if index < 0:
            raise IndexError
        return index


def walls_of(zone: str, first: datetime) -> Walls:
    key = ZoneInfo(zone)
    walls = ((first + index * MINUTE).astimezone(key) for index in range(WINDOW_DAYS * 1440))
    return [(wall.date(), wall.hour * 60 + wall.minute) for wall in walls]


def days_of_change(zone: str, year: int) -> list[date]:
    """The local days that are not 24 hours long; where there are none, the European ones."""
    key = ZoneInfo(zone)
    day, found = date(year, 1, 1), []
    while day.year == year:
        following = day + timedelta(days=1)
        midnight, next_midnight = (datetime.combine(d, time(), key).astimezone(UTC) for d in (day, following))
        if next_midnight - midnight != timedelta(days=1):
            found.append(day)
        day = following
    ends = [[date(year, month, day) for day in range(25, 32)] for month in (3, 10)]
    return found or [day for week in ends for day in week if day.weekday() == 6]


def window_around(day: date) -> datetime:
    return datetime.combine(day - timedelta(days=WINDOW_DAYS // 2), time(), UTC)


@dataclass(frozen=True, slots=True)
class Question:
    """One question of each kind: moments on whole minutes, the work in minutes."""

    at: datetime
    other: datetime
    minutes: int

    def put_to(self, subject: Calendar | Oracle) -> Iterator[tuple[str, object]]:
        """The answers one by one; None where the oracle's window does not reach."""
        work = self.minutes * MINUTE if isinstance(subject, Calendar) else self.minutes
        a, b = sorted((self.at, self.other))
        yield "is_open", subject.is_open(self.at)
        yield "between", subject.between(a, b)
        for kind, walk in (("add", subject.add), ("subtract", subject.subtract)):
            try:
                yield kind, walk(self.at, work)
            except IndexError:
                yield kind, None


def draw_question(first: datetime, draw: random.Random) -> Question:
    # Most questions start within two days of the middle, where the change of the clock is.
    spread = (2 if draw.random() < 0.7 else WINDOW_DAYS // 2) * 1440
    return Question(
        at=first + (WINDOW_DAYS // 2 * 1440 + draw.randrange(-spread, spread)) * MINUTE,
        other=first + draw.randrange(WINDOW_DAYS * 1440) * MINUTE,
        minutes=draw.choice((0, 0, 1, 20, 60, 240, 480, 540, draw.randrange(2000))),
    )


def compare(calendar: Calendar, oracle: Oracle, questions: int, draw: random.Random) -> tuple[int, list[str]]:
    """How many questions the oracle could answer, and the answers that differ."""
    asked, wrong = 0, []
    for _ in range(questions):
        question = draw_question(oracle.first, draw)
        pairs = zip(question.put_to(calendar), question.put_to(oracle), strict=True)
        for (kind, got), (_, expected) in pairs:
            if expected is not None:
                asked += 1
                if got != expected:
                    wrong.append(f"{kind} {question}: {got}, not {expected}; {calendar.to_mapping()}")
    return asked, wrong


@pytest.mark.parametrize("zone", F17_ZONES)
def test_days_of_dst_2024_to_2030_agree_minute_by_minute(zone: str) -> None:
    draw = random.Random(zone)
    middle = range(WINDOW_DAYS * 720 - 2160, WINDOW_DAYS * 720 + 2160)  # the three days around the change
    texts = [Text(zone, week) for week in WEEKS.values()]
    calendars = [text.calendar() for text in texts]
    asked, wrong = 0, []
    for day in (day for year in range(2024, 2031) for day in days_of_change(zone, year)):
        first = window_around(day)
        walls = walls_of(zone, first)
        for text, calendar in zip(texts, calendars, strict=True):
            oracle = Oracle(text, first, walls)
            count, found = compare(calendar, oracle, 12, draw)
            asked, wrong = asked + count, wrong + found
            moments = ((first + index * MINUTE, oracle.open[index]) for index in middle)
            wrong += [f"is_open {text} at {at}" for at, expected in moments if calendar.is_open(at) != expected]
    assert wrong == []
    assert asked > 2000


@pytest.mark.parametrize("zone", RANDOM_ZONES)
def test_random_calendars_agree_with_the_minute_walk(zone: str) -> None:
    draw = random.Random(f"random {zone}")
    asked, wrong = 0, []
    for _ in range(40):
        year = draw.randrange(2018, 2031)
        day = draw.choice(days_of_change(zone, year))
        if draw.random() < 0.3:
            day = date(year, 1, 1) + timedelta(days=draw.randrange(365))
        first = window_around(day)
        text = random_text(zone, day, draw)
        count, found = compare(text.calendar(), Oracle(text, first, walls_of(zone, first)), 20, draw)
        asked, wrong = asked + count, wrong + found
    assert wrong == []
    assert asked > 2000


def random_text(zone: str, middle: date, draw: random.Random) -> Text:
    def near() -> date:
        return middle + timedelta(days=draw.randrange(-4, 5))

    def hours() -> str:
        opens, length = draw.randrange(1440), draw.randrange(1, 1440)
        closes = (opens + length) % 1440 or 1440
        return f"{opens // 60:02}:{opens % 60:02}-{closes // 60:02}:{closes % 60:02}"

    week = {day: [hours() for _ in range(draw.randrange(3))] for day in WEEKDAYS}
    if draw.random() < 0.5 or not any(week.values()):
        week = draw.choice(list(WEEKS.values()))
    closures = []
    for _ in range(draw.randrange(3)):
        start = datetime.combine(near(), time(), UTC) + draw.randrange(1440) * MINUTE
        closures.append((start, start + draw.randrange(1, 3000) * MINUTE))
    return Text(
        zone=zone,
        week=week,
        holidays=frozenset(near() for _ in range(draw.randrange(3))),
        overrides={near(): [hours() for _ in range(draw.randrange(3))] for _ in range(draw.randrange(3))},
        closures=tuple(closures),
    )


@pytest.mark.parametrize(
    ("noon", "hours"),
    [
        pytest.param(datetime(2025, 3, 29, 12, tzinfo=UTC), 7, id="the night of 29 March has 7 of its 8 hours"),
        pytest.param(datetime(2025, 10, 25, 12, tzinfo=UTC), 9, id="the night of 25 October has 9"),
    ],
)
def test_the_oracle_itself_counts_a_short_and_a_long_night(noon: datetime, hours: int) -> None:
    text = Text("Europe/Berlin", NIGHT)
    first = window_around(noon.date())
    oracle = Oracle(text, first, walls_of(text.zone, first))
    assert oracle.between(noon, noon + timedelta(days=1)) == timedelta(hours=hours)
