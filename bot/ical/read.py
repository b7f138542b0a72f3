"""What takes somebody's time according to a calendar kept elsewhere; foreign data, so everything in it is bounded.

Unreadable: this is no calendar, or more of one than is taken
"""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from bot.ical import rules

_MOST_EVENTS, _MOST_TAKEN = 20_000, 2_000
_MOST_REPEATING, _MOST_STEPS = 1_000, 1_000_000
_AWAY = re.compile(
    r"\b(away|vacation|holidays?|ooo|out of (the )?office|sick|leave|отпуск|больничный|отсутству\w*)\b", re.I
)
_OWN = "@pledge"


class Unreadable(Exception):
    """What was fetched cannot be taken; the message says why and quotes nothing of it."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A stretch `[start, end)` in UTC. `is_away`: not at work at all; `uid` is the entry's, per occurrence."""

    start: datetime
    end: datetime
    is_away: bool
    uid: str


def taken(data: bytes, zone: str, since: datetime, until: datetime, owner: str = "") -> tuple[Taken, ...]:
    """What takes time in [since, until), in order; days and times without a zone are those of `zone` (IANA).

    An entry that is shown as free, cancelled, declined by the owner, or one of our own calls takes none. The owner is
    whoever is called `owner`, or bears the name or address of the calendar itself. One that takes a whole day, or
    says so in its title or by its kind, means that he is away.
    """
    # Half a second that only whoever has such a calendar waits for.
    import recurring_ical_events
    from icalendar import Calendar

    if not data.lstrip(b"\xef\xbb\xbf \r\n\t")[:15].upper().startswith(b"BEGIN:VCALENDAR"):
        raise Unreadable("what it sends is no calendar")
    try:
        calendar = Calendar.from_ical(data)
        _bound(calendar, until.date())
        between = recurring_ical_events.of(calendar, skip_bad_series=True).between(since, until)
        events = list(islice(between, _MOST_TAKEN + 1))
        if len(events) > _MOST_TAKEN:
            raise Unreadable(f"it holds more than {_MOST_TAKEN} entries in the {(until - since).days} days looked at")
        names = {name for name in (owner.casefold(), str(calendar.get("X-WR-CALNAME", "")).casefold()) if name}
        coming = (event for event in events if not _is_declined(event, names))
        found = [each for event in coming if (each := _taken(event, ZoneInfo(zone))) is not None]
    except Unreadable:
        raise
    except (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, AssertionError) as error:
        # Whatever the libraries' parsers raise; the message may quote the calendar.
        raise Unreadable(f"what it sends cannot be read ({type(error).__name__})") from None
    return tuple(
        sorted((each for each in found if each.end > since), key=lambda each: (each.start, each.end, each.uid))
    )


def _bound(calendar: Any, until: date) -> None:
    """Drop what cannot be counted out, and refuse what is too much: half a calendar would call absences off."""
    events = list(calendar.walk("VEVENT"))
    if len(events) > _MOST_EVENTS:
        raise Unreadable(f"it holds more than {_MOST_EVENTS} entries")
    counted = {id(each): rules.steps(each, until) for each in events}
    if sum(bool(count) for count in counted.values()) > _MOST_REPEATING:
        raise Unreadable(f"it holds more than {_MOST_REPEATING} series")
    if sum(count or 0 for count in counted.values()) > _MOST_STEPS:
        raise Unreadable("its series have repeated too often since they began")
    calendar.subcomponents = [each for each in calendar.subcomponents if counted.get(id(each), 0) is not None]


def _is_declined(event: Any, names: Set[str]) -> bool:
    """Whether one of these names, or addresses, has said that he does not come."""
    found = event.get("ATTENDEE", [])
    for each in found if isinstance(found, list) else [found]:
        said = getattr(each, "params", {})
        called = {str(each).casefold().removeprefix("mailto:"), str(said.get("CN", "")).casefold()}
        if str(said.get("PARTSTAT", "")).upper() == "DECLINED" and not names.isdisjoint(called):
            return True
    return False


def _taken(event: Any, place: ZoneInfo) -> Taken | None:
    uid = str(event.get("UID", ""))
    kind = str(event.get("X-MICROSOFT-CDO-BUSYSTATUS", "")).upper()
    is_free = str(event.get("TRANSP", "OPAQUE")).upper() == "TRANSPARENT" or kind == "FREE"
    if uid.endswith(_OWN) or str(event.get("STATUS", "")).upper() == "CANCELLED" or (is_free and kind != "OOF"):
        return None
    start, end = event["DTSTART"].dt, event["DTEND"].dt
    is_whole_day = not isinstance(start, datetime)
    is_away = is_whole_day or kind == "OOF" or _AWAY.search(str(event.get("SUMMARY", ""))) is not None
    first, last = _moment(start, place), _moment(end, place)
    return Taken(first, last, is_away, f"{uid[:200]}/{first:%Y%m%dT%H%M}") if first < last else None


def _moment(value: date | datetime, place: ZoneInfo) -> datetime:
    if not isinstance(value, datetime):
        value = datetime.combine(value, time())
    if value.tzinfo is None:
        value = value.replace(tzinfo=place)
    return value.astimezone(UTC).replace(microsecond=0)


LOOKED_AHEAD = timedelta(days=90)
"""How far ahead a calendar is read: further than calls are offered."""
