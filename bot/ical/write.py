"""Calls as calendar data (RFC 5545): an invitation for one, a feed of many."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, TimezoneDaylight, TimezoneStandard, vCalAddress, vText

from bot.ical.entry import Entry, Guest, Status

_PRODUCT = "-//Pledge//Calls//EN"
_UTC_NAMES = frozenset({"UTC", "Etc/UTC"})
_DAY, _SECOND = timedelta(days=1), timedelta(seconds=1)
_BEFORE = timedelta(days=366)  # of a zone: long enough for summer and winter, where it has both


def invitation(entry: Entry, zone: str) -> bytes:
    """One entry as a message to its guests, its times in `zone` (IANA): a request, or the word that it is off.

    Nobody is asked to reply (RSVP): both sides have agreed in the chat, and change their minds there.
    """
    method = "CANCEL" if entry.status is Status.CANCELLED else "REQUEST"
    return _text(_calendar(method, [entry], zone, entry.changed_at))


def feed(name: str, entries: Sequence[Entry], zone: str, now: datetime) -> bytes:
    """Many entries, or none, for a calendar that asks again and again, their times in `zone`."""
    calendar = _calendar("PUBLISH", entries, zone, now)
    calendar.add("name", _clean(name))
    calendar.add("x-wr-calname", _clean(name))
    calendar.add("refresh-interval", timedelta(minutes=15), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT15M")
    return _text(calendar)


def _calendar(method: str, entries: Sequence[Entry], zone: str, now: datetime) -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    # Without an entry its zone is all that a calendar holds, and one that holds nothing is none (RFC 5545, 3.6).
    if zone not in _UTC_NAMES or not entries:
        first = min((each.starts_at for each in entries), default=now)
        last = max((each.ends_at for each in entries), default=now)
        calendar.add_component(_timezone(zone, first - _BEFORE, last + _DAY))
    for entry in entries:
        calendar.add_component(_event(entry, zone))
    return calendar


def _event(entry: Entry, zone: str) -> Event:
    event = Event()
    event.add("uid", entry.uid)
    event.add("sequence", entry.sequence)
    event.add("dtstamp", entry.changed_at.astimezone(UTC))
    event.add("dtstart", _local(entry.starts_at, zone))
    event.add("dtend", _local(entry.ends_at, zone))
    event.add("status", entry.status.value)
    event.add("summary", _clean(entry.title))
    if entry.about:
        event.add("description", "\n".join(_clean(line) for line in entry.about.splitlines()))
    if entry.link:
        event.add("location", _clean(entry.link))
        event.add("url", _clean(entry.link))
    if entry.organizer is not None:
        event.add("organizer", _address(entry.organizer), encode=False)
    for guest in entry.guests:
        event.add("attendee", _attendee(guest, entry.status), encode=False)
    return event


def _attendee(guest: Guest, status: Status) -> vCalAddress:
    address = _address(guest)
    address.params["cutype"] = vText("INDIVIDUAL")
    address.params["role"] = vText("REQ-PARTICIPANT")
    address.params["partstat"] = vText("ACCEPTED" if status is Status.CONFIRMED else "NEEDS-ACTION")
    address.params["rsvp"] = vText("FALSE")
    return address


def _address(guest: Guest) -> vCalAddress:
    address = vCalAddress(f"mailto:{guest.address}")
    address.params["cn"] = vText(_clean(guest.name).replace('"', "'"))
    return address


def _local(at: datetime, zone: str) -> datetime:
    """`at` in its zone; in UTC where the clocks go back, because a local time there names the first of two moments."""
    local = at.astimezone(ZoneInfo(zone))
    return at.astimezone(UTC) if local.fold or zone in _UTC_NAMES else local


def _timezone(zone: str, first: datetime, last: datetime) -> Timezone:
    """What the clocks of a zone show in [first, last].

    Made here and not by the library, whose changes to summer time begin an hour late: a change begins at the local
    time that was shown until then (RFC 5545, 3.6.5).
    """
    found = Timezone()
    found.add("tzid", zone)
    place = ZoneInfo(zone)
    before = _offset(first, place)
    for at in (first.astimezone(UTC).replace(microsecond=0), *_changes(place, first, last)):
        local = at.astimezone(place)
        rule = TimezoneDaylight() if local.dst() else TimezoneStandard()
        begins = at.replace(tzinfo=None) + before
        rule.add("dtstart", begins)
        rule.add("rdate", [begins])  # some readers count only what is listed as a recurrence
        rule.add("tzoffsetfrom", before)
        rule.add("tzoffsetto", _offset(at, place))
        rule.add("tzname", local.tzname() or zone)
        found.add_component(rule)
        before = _offset(at, place)
    return found


def _changes(place: ZoneInfo, first: datetime, last: datetime) -> Iterator[datetime]:
    """The first seconds, UTC, at which a zone's offset is another one; two changes within a day are one."""
    at = first.astimezone(UTC).replace(microsecond=0)
    while at < last:
        low, high = at, at + _DAY
        if _offset(low, place) != _offset(high, place):
            while high - low > _SECOND:
                middle = low + (high - low) // _SECOND // 2 * _SECOND
                if _offset(middle, place) == _offset(at, place):
                    low = middle
                else:
                    high = middle
            yield high
        at += _DAY


def _offset(at: datetime, place: ZoneInfo) -> timedelta:
    return at.astimezone(place).utcoffset() or timedelta(0)


def _clean(text: str) -> str:
    """On one line and without signs that no calendar may hold."""
    return "".join(sign for sign in " ".join(text.split()) if sign.isprintable())


def _text(calendar: Calendar) -> bytes:
    return bytes(calendar.to_ical())
