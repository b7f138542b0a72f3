"""`/hours`: open or closed now and until when, the week and the coming exceptions, in the client's zone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from bot.commands._arguments import wrong
from bot.commands._week import coming_days, times_on, week
from bot.commands.base import CLIENT_ROOM, EVERYBODY, Call, Command, Reply, answer
from bot.notice import At, Day, Key, Left, Say, Value, Weekday, Zone, say
from bot.sla.calendar import Calendar

_AHEAD = timedelta(days=30)
_LONGEST_OPEN = timedelta(days=8)


def run(call: Call) -> Reply:
    if call.rest:
        raise wrong("errors.extra", call.rest, "hours")
    policy = call.desk.terms()
    if policy is None:
        return answer(say("hours.none"))
    calendar, zone = policy.calendar, call.room.zone
    people = call.desk.responsible()
    who = people[0].name if people else Key("team")
    if calendar.is_always_open:
        return answer(say("hours.always"))
    if calendar.is_open(call.now):
        until = _open_until(calendar, call.now)
        first = say("hours.open", until=At(until), left=Left(until), who=who)
    else:
        opens = calendar.next_open(call.now)
        first = say("hours.closed", opens=At(opens), left=Left(opens), who=who)
    return answer(
        first,
        say("hours.header", zone=Zone(zone)),
        *_week(calendar, zone, call.now),
        *_exceptions(calendar, zone, call.now),
    )


def _open_until(calendar: Calendar, now: datetime) -> datetime:
    """The next closing, breaks included; the calendar is open now."""
    until = now
    for segment in calendar.segments(now, now + _LONGEST_OPEN):
        if not segment.is_open:
            break
        until = segment.end
    return until


def _week(calendar: Calendar, zone: str, now: datetime) -> Iterator[Say]:
    for first, last, times in week(calendar, zone, now):
        days = _range(Weekday(first), Weekday(last))
        yield say("hours.week", days=days, times=times) if times else say("hours.closed_day", days=days)


def _exceptions(calendar: Calendar, zone: str, now: datetime) -> Iterator[Say]:
    """Holidays, special hours and closures of the coming thirty days, each kind in its order."""
    first, last = coming_days(calendar, now, _AHEAD)
    for holiday in calendar.holidays:
        if holiday.first <= last and first <= holiday.last:
            yield say("hours.holiday", date=_range(Day(holiday.first), Day(holiday.last)), name=holiday.name)
    for day, hours in sorted(calendar.overrides.items()):
        if first <= day <= last:
            times = times_on(calendar, day, hours, zone)
            days = Day(day)
            yield say("hours.week", days=days, times=times) if times else say("hours.closed_day", days=days)
    for closure in calendar.closures:
        if closure.start < now + _AHEAD and now < closure.end:
            yield say("hours.closure", start=At(closure.start), end=At(closure.end), name=closure.name)


def _range(first: Value, last: Value) -> Value:
    return first if first == last else Key("hours.days", {"first": first, "last": last})


COMMAND = Command("hours", EVERYBODY, CLIENT_ROOM, run)
