"""A desk as the tests of business time write it: one line, hours as text."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.sla.calendar import WEEKDAYS, Calendar, Closure, Holiday, parse_hours

GMT3 = ZoneInfo("Etc/GMT-3")
HOUR = timedelta(hours=1)


def desk(
    hours: dict[str, str] | str = "10:00-19:00",
    zone: str = "Etc/GMT-3",
    holidays: tuple[Holiday, ...] = (),
    overrides: dict[str, str] | None = None,
    closures: tuple[Closure, ...] = (),
) -> Calendar:
    """Monday to Friday with the same hours, or the days given; several intervals are separated by a space."""
    week = dict.fromkeys(WEEKDAYS[:5], hours) if isinstance(hours, str) else hours
    return Calendar(
        name="desk",
        zone=zone,
        week={day: [parse_hours(part) for part in text.split()] for day, text in week.items()},
        working_day=9 * HOUR,
        holidays=holidays,
        overrides={
            date.fromisoformat(day): [parse_hours(part) for part in text.split()]
            for day, text in (overrides or {}).items()
        },
        closures=closures,
    )


def at(text: str, zone: ZoneInfo = GMT3) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)
