"""The words in which people write times and durations, per language; `grammar` puts them together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from bot.when.table import Table, numbered, parts_of_weeks, table

_SECOND, _MINUTE, _HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
_DAY, _WEEK = timedelta(days=1), timedelta(days=7)
_NOON, _MIDNIGHT = 12 * 60, 24 * 60
_MORNING, _AFTERNOON, _AFTER_LUNCH, _EVENING = (6, 12), (12, 18), (13, 18), (18, 24)
_BEFORE_LUNCH, _LUNCH = (6, 13), (12, 14)
_BEGIN, _MIDDLE, _END = (0, 2), (1, 4), (3, 5)
"""Parts of a working week, from and before which day of it."""
_NUMBERS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_NUMBERS_RU = [
    *("один|одну|одного", "два|две|двух", "три|трёх|трех", "четыре|четырёх|четырех", "пять|пяти", "шесть|шести"),
    *("семь|семи", "восемь|восьми", "девять|девяти", "десять|десяти", "одиннадцать|одиннадцати"),
    "двенадцать|двенадцати",
]
_HOURS_RU = [
    *("первого", "второго", "третьего", "четвёртого|четвертого", "пятого", "шестого", "седьмого", "восьмого"),
    *("девятого", "десятого", "одиннадцатого", "двенадцатого"),
]


@dataclass(frozen=True, slots=True)
class Tongue:
    """One language's words. `twelve_hours`: "4:30" without am or pm may well mean the afternoon."""

    units: Table[timedelta]
    workdays: Table[bool]  # days from Monday to Friday
    lengths: Table[timedelta]  # whole durations in words: "half an hour"
    joints: Table[bool]  # between the parts of a duration: "and"
    after: Table[bool]  # before a duration: "in"
    at: Table[bool]  # before a time of day
    by: Table[bool]  # before a time of day or a day; False where a bare hour cannot follow
    hours: Table[bool]  # after a bare hour: "o'clock"
    halves: Table[int]  # what an hour counted to 12 lacks: am 0, pm 12
    clocks: Table[int]  # named minutes of the day; the last is the coming midnight
    numbers: Table[int]  # amounts and hours spelt out
    fractions: Table[int]  # minutes from the hour named behind: "half past"; "half three" means two things
    dials: Table[int]  # minutes on a clock's face
    parts: Table[tuple[int, int]]  # parts of the day, from and to which hour
    weeks: Table[int]  # weeks from this one
    runs: Table[tuple[int, int]]  # several days, counted from this Monday: from and before which
    vague: Table[bool]  # stretches of the calendar that stand for a time nobody can tell
    days: Table[int]  # days from today
    weekdays: Table[int]  # Monday is 0
    months: Table[int]
    coming: Table[bool]  # before a weekday: True is "next", False "this"
    close: Table[bool]  # the end of the working day
    twelve_hours: bool
    hyphens: bool  # "10-30" behind a day is a time
    when_example: str
    duration_example: str


@cache
def tongue(locale: str) -> Tongue:
    """The words of a locale's language on top of English, which people mix in everywhere."""
    language = locale.replace("-", "_").lower().split("_")[0]
    return _russian(_english()) if language == "ru" else _english()


def _english() -> Tongue:
    return Tongue(
        units=table(
            {
                "s|sec|secs|second|seconds": _SECOND,
                "m|min|mins|minute|minutes": _MINUTE,
                "h|hr|hrs|hour|hours": _HOUR,
                "d|day|days": _DAY,
                "w|wk|wks|week|weeks": _WEEK,
            }
        ),
        workdays=table({"working day|working days|business day|business days|workday|workdays": True}),
        lengths=table(
            {
                "a minute": _MINUTE,
                "half an hour|half hour|a half hour": 30 * _MINUTE,
                "an hour|one hour": _HOUR,
                "an hour and a half|one and a half hours": 90 * _MINUTE,
                "two hours": 2 * _HOUR,
                "a day|one day": _DAY,
                "a week|one week": _WEEK,
            }
        ),
        joints=table({"and": True}),
        after=table({"in|within": True}),
        at=table({"at": True}),
        by=table({"by|till|until|before": True, "on|on the|by the|around|about|approximately": False}),
        hours=table({"o'clock|oclock|h": True}),
        halves=table({"am|a.m|in the morning": 0, "pm|p.m|in the afternoon|in the evening": 12}),
        clocks=table({"noon|midday": _NOON, "midnight": _MIDNIGHT}),
        numbers=table(dict(zip(_NUMBERS, range(1, 13), strict=True))),
        fractions=table({"half past": 30, "quarter past|a quarter past": 15, "quarter to|a quarter to": -15}),
        dials=table({}),
        parts=table(
            {
                "morning|in the morning|this morning": _MORNING,
                "afternoon|in the afternoon|this afternoon": _AFTERNOON,
                "after lunch": _AFTER_LUNCH,
                "before lunch": _BEFORE_LUNCH,
                "at lunch|at lunchtime|at lunch time|lunchtime|over lunch": _LUNCH,
                "evening|in the evening|this evening|night|at night|tonight": _EVENING,
            }
        ),
        weeks=table(
            {
                "next week|of next week|in next week|the week after this": 1,
                "this week|of this week": 0,
                "the week after next|week after next": 2,
            }
        ),
        runs=parts_of_weeks(
            {
                "beginning of|the beginning of|at the beginning of|start of|the start of|early": _BEGIN,
                "middle of|the middle of|in the middle of|mid": _MIDDLE,
                "end of|the end of|at the end of|by the end of|by end of|late": _END,
            },
            {
                "the week|this week|week": 0,
                "next week|the next week": 1,
                "the week after next": 2,
            },
            {
                "weekend|the weekend|on the weekend|at the weekend|this weekend|on weekend": (5, 7),
                "later this week": (0, 7),
            },
        ),
        vague=table({"week|weeks|weekend|weekends|month|months|quarter|year": True}),
        days=table(
            {"yesterday": -1, "today": 0, "tomorrow|tmrw|tmr": 1, "the day after tomorrow|day after tomorrow": 2}
        ),
        weekdays=numbered("monday tuesday wednesday thursday friday saturday sunday", start=0),
        months=numbered(
            "january february march april may june july august september october november december", start=1
        ),
        coming=table({"next": True, "this": False}),
        close=table({"eod|end of day|end of the day|the end of the day|cob|close of business": True}),
        twelve_hours=True,
        hyphens=False,
        when_example="16:00, 2h, tomorrow 9:30, Mon 10:00",
        duration_example="2h, 90m, 1h30",
    )


def _russian(english: Tongue) -> Tongue:
    return Tongue(
        units=english.units.plus(
            {
                "с|сек|секунда|секунду|секунды|секунд": _SECOND,
                "м|мин|минута|минуту|минуты|минут": _MINUTE,
                "ч|час|часа|часов": _HOUR,
                "д|дн|день|дня|дней|сутки|суток": _DAY,
                "нед|неделя|неделю|недели|недель": _WEEK,
            }
        ),
        workdays=english.workdays.plus(
            {
                "рабочий день|рабочих дня|рабочих дней|раб. день|раб. дня|раб. дней": True,
                "раб день|раб дня|раб дней|р.д": True,
            }
        ),
        lengths=english.lengths.plus(
            {
                "минуту": _MINUTE,
                "полчаса|пол часа|пол-часа": 30 * _MINUTE,
                "час": _HOUR,
                "полтора часа": 90 * _MINUTE,
                "два часа": 2 * _HOUR,
                "день|сутки": _DAY,
                "неделю": _WEEK,
            }
        ),
        joints=english.joints.plus({"и": True}),
        after=english.after.plus({"через|в течение": True}),
        at=english.at.plus({"в": True}),
        by=english.by.plus({"к|до|на|около|примерно в|где-то в": True, "ко|во|примерно|где-то": False}),
        hours=english.hours.plus({"ч|час|часа|часов": True}),
        halves=english.halves.plus({"утра|ночи": 0, "дня|вечера": 12}),
        clocks=english.clocks.plus({"полдень|полудню|полудня": _NOON, "полночь|полуночи": _MIDNIGHT}),
        numbers=english.numbers.plus(dict(zip(_NUMBERS_RU, range(1, 13), strict=True))),
        fractions=english.fractions.plus({"без четверти": -15}),
        dials=english.dials.plus(_russian_dials()),
        parts=english.parts.plus(
            {
                "утром|утро|в первой половине дня": _MORNING,
                "днём|днем|во второй половине дня": _AFTERNOON,
                "после обеда": _AFTER_LUNCH,
                "до обеда": _BEFORE_LUNCH,
                "в обед|в обеденное время": _LUNCH,
                "вечером|вечер|ночью": _EVENING,
            }
        ),
        weeks=english.weeks.plus(
            {
                "на следующей неделе|следующей недели|на той неделе": 1,
                "на этой неделе|этой недели": 0,
                "через неделю после следующей|на неделе после следующей|неделя после следующей": 2,
            }
        ),
        runs=english.runs.plus(
            parts_of_weeks(
                {
                    "в начале|начало": _BEGIN,
                    "в середине|середина": _MIDDLE,
                    "в конце|конец|к концу|под конец": _END,
                },
                {"недели|этой недели": 0, "следующей недели": 1},
                {"выходные|в выходные|на выходных|в эти выходные|на этих выходных": (5, 7)},
            ).meanings
        ),
        vague=english.vague.plus(
            {
                "неделя|неделе|недели|неделю|выходные|выходных|месяц|месяце|месяца": True,
                "квартал|квартале|квартала|год|году|года": True,
            }
        ),
        days=english.days.plus({"вчера": -1, "сегодня": 0, "завтра": 1, "послезавтра": 2}),
        weekdays=english.weekdays.plus(
            {
                "пн|понедельник|понедельника|понедельнику": 0,
                "вт|вторник|вторника|вторнику": 1,
                "ср|среда|среду|среды|среде": 2,
                "чт|четверг|четверга|четвергу": 3,
                "пт|пятница|пятницу|пятницы|пятнице": 4,
                "сб|суббота|субботу|субботы|субботе": 5,
                "вс|воскресенье|воскресенья|воскресенью": 6,
            }
        ),
        months=english.months.plus(
            {
                "янв|январь|января": 1,
                "фев|февр|февраль|февраля": 2,
                "мар|март|марта": 3,
                "апр|апрель|апреля": 4,
                "май|мая": 5,
                "июн|июнь|июня": 6,
                "июл|июль|июля": 7,
                "авг|август|августа": 8,
                "сен|сент|сентябрь|сентября": 9,
                "окт|октябрь|октября": 10,
                "ноя|нояб|ноябрь|ноября": 11,
                "дек|декабрь|декабря": 12,
            }
        ),
        coming=english.coming.plus(
            {
                "следующий|следующую|следующее|следующая|след": True,
                "этот|эту|это|эта|ближайший|ближайшую|ближайшее": False,
            }
        ),
        close=english.close.plus({"конца дня|концу дня|конец дня|в конце дня|до конца дня|к концу дня": True}),
        twelve_hours=False,
        hyphens=True,
        when_example="16:00, 2ч, завтра 9:30, пн 10:00",
        duration_example="2ч, 90 мин, 1ч30",
    )


def _russian_dials() -> dict[str, int]:
    """Половина четвёртого, полчетвёртого, четверть четвёртого."""
    found = {"без четверти час": 12 * 60 + 45}
    for hour, spellings in enumerate(_HOURS_RU):
        for word in spellings.split("|"):
            # What comes before one o'clock is after noon rather than after midnight.
            begun = (hour or 12) * 60
            found |= {f"{half} {word}": begun + 30 for half in ("половина", "половине", "половину")}
            found |= {f"пол{word}": begun + 30, f"четверть {word}": begun + 15}
    return found
