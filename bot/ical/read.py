"""What takes somebody's time according to a calendar kept elsewhere; foreign data, so everything in it is bounded.

Unreadable: this is no calendar, or more of one than is taken
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.ical import absence
from bot.ical.expand import BROKEN, expand, parts

_MOST_EVENTS, _MOST_TAKEN = 20_000, 2_000
_OWN = "@pledge"
_LONGEST_UID = 200


class Unreadable(Exception):
    """What was fetched cannot be taken; the message says why and quotes nothing of it."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A stretch `[start, end)` in UTC. `is_away`: not at work at all; `uid` is the entry's, per occurrence."""

    start: datetime
    end: datetime
    is_away: bool
    uid: str


@dataclass(frozen=True, slots=True)
class Contents:
    """What takes time, in order. `left_out` names the entries of which not all is known: they cannot be read, repeat
    too often, or are too many; where there are any, time that looks free may be none.
    """

    taken: tuple[Taken, ...]
    left_out: frozenset[str] = frozenset()

    def knows(self, uid: str) -> bool:
        """Whether all is known of the entry that an occurrence (`Taken.uid`) is of."""
        return uid.rpartition("/")[0] not in self.left_out


def contents(data: bytes, zone: str, since: datetime, until: datetime, owner: str = "") -> Contents:
    """What takes time in [since, until); days and times without a zone are those of `zone` (IANA).

    Times may come as entries or as a mere list (RFC 5545, 3.6.4). An entry that is shown as free, cancelled, declined
    by the owner, or one of our own calls takes none. The owner is whoever is called `owner`, or bears the name or
    address of the calendar itself. Which entries mean that he is away, `bot.ical.absence` says. Of too many the
    earliest are taken.
    """
    if not data.lstrip(b"\xef\xbb\xbf \r\n\t")[:15].upper().startswith(b"BEGIN:VCALENDAR"):
        raise Unreadable("what it sends is no calendar")
    try:
        calendar = _parsed(data)
        found = parts(calendar)
        entries = [part for part in found if part.name == "VEVENT"]
        if len(entries) > _MOST_EVENTS:
            raise Unreadable(f"it holds more than {_MOST_EVENTS} entries")
        names = {name for name in (owner.casefold(), str(calendar.get("X-WR-CALNAME", "")).casefold()) if name}
        expanded = expand(calendar, entries, since, until)
        coming = [event for event in expanded.events if not _is_declined(event, names)]
        place = ZoneInfo(zone)
        shared, unread = _shared((part for part in found if part.name == "VFREEBUSY"), place)
        taken = [each for each in (*_all(coming, place, owner), *shared) if each.end > since and each.start < until]
        return _bounded(expanded.left_out | unread, taken)
    except Unreadable:
        raise
    except BROKEN as error:
        # What the library's parser says may quote the calendar.
        raise Unreadable(f"what it sends cannot be read ({type(error).__name__})") from None


def _parsed(data: bytes) -> Any:
    """The calendar (icalendar), of which every part keeps its mistakes to itself. ValueError where it is not one."""
    # Half a second that only whoever has such a calendar waits for.
    from icalendar import Calendar, ComponentFactory, FreeBusy
    from icalendar.parser.ical.calendar import CalendarIcalParser

    class Lists(FreeBusy):
        """As the library's own entries are: what cannot be read of it stands in its `errors`."""

        ignore_exceptions = True

    class Parser(CalendarIcalParser):
        """Takes a period that ends before it begins for a broken one too, as all that cannot be parsed."""

        def parse_and_add_property(self, name: str, params: Any, val: str, tzid: str | None, line: Any) -> None:
            try:
                super().parse_and_add_property(name, params, val, tzid, line)
            except BROKEN as error:
                self.handle_property_parse_error(error, name, params, val, line)

    factory = ComponentFactory()
    factory.add_component_class(Lists)
    (calendar,) = Parser(data, factory, Calendar.types_factory).parse()
    return calendar


def _bounded(unread: Set[str], found: Iterable[Taken]) -> Contents:
    in_order = sorted(found, key=lambda each: (each.start, each.end, each.uid))
    left_out = {uid[:_LONGEST_UID] for uid in unread}
    left_out.update(each.uid.rpartition("/")[0] for each in in_order[_MOST_TAKEN:])
    return Contents(tuple(in_order[:_MOST_TAKEN]), frozenset(left_out))


def _all(events: Iterable[Any], place: ZoneInfo, owner: str) -> Iterable[Taken]:
    return (taken for event in events if (taken := _taken(event, place, owner)) is not None)


def _shared(lists: Iterable[Any], place: ZoneInfo) -> tuple[list[Taken], set[str]]:
    """The times of lists of them, all but those that are said to be free; and the lists that cannot all be read."""
    taken: list[Taken] = []
    unread: set[str] = set()
    for number, each in enumerate(lists):
        uid = str(each.get("UID", f"list {number}"))
        if each.errors:
            unread.add(uid)
        for period in _listed(each.get("FREEBUSY", [])):
            try:
                taken.extend(_busy(period, place, uid))
            except BROKEN:
                unread.add(uid)
    return taken, unread


def _busy(period: Any, place: ZoneInfo, uid: str) -> Iterator[Taken]:
    if str(period.params.get("FBTYPE", "BUSY")).upper() != "FREE":
        start, end = period.dt
        first = _moment(start, place)
        last = first + end if isinstance(end, timedelta) else _moment(end, place)
        if first < last:
            yield Taken(first, last, False, _name(uid, first))


def _listed(found: Any) -> list[Any]:
    return found if isinstance(found, list) else [found]


def _name(uid: str, first: datetime) -> str:
    return f"{uid[:_LONGEST_UID]}/{first:%Y%m%dT%H%M}"


def _is_declined(event: Any, names: Set[str]) -> bool:
    """Whether one of these names, or addresses, has said that he does not come."""
    for each in _listed(event.get("ATTENDEE", [])):
        said = getattr(each, "params", {})
        called = {str(each).casefold().removeprefix("mailto:"), str(said.get("CN", "")).casefold()}
        if str(said.get("PARTSTAT", "")).upper() == "DECLINED" and not names.isdisjoint(called):
            return True
    return False


def _taken(event: Any, place: ZoneInfo, owner: str) -> Taken | None:
    uid = str(event.get("UID", ""))
    is_out = absence.said_so(event)
    is_free = (
        str(event.get("TRANSP", "OPAQUE")).upper() == "TRANSPARENT"
        or str(event.get("X-MICROSOFT-CDO-BUSYSTATUS", "")).upper() == "FREE"
    )
    if uid.endswith(_OWN) or str(event.get("STATUS", "")).upper() == "CANCELLED" or (is_free and not is_out):
        return None
    first, last = _moment(event["DTSTART"].dt, place), _moment(event["DTEND"].dt, place)
    is_away = is_out or absence.titled_so(str(event.get("SUMMARY", "")), owner, last - first)
    return Taken(first, last, is_away, _name(uid, first)) if first < last else None


def _moment(value: date | datetime, place: ZoneInfo) -> datetime:
    if not isinstance(value, datetime):
        value = datetime.combine(value, time())
    if value.tzinfo is None:
        value = value.replace(tzinfo=place)
    return value.astimezone(UTC).replace(microsecond=0)
