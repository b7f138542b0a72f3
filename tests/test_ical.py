"""Invitations and feeds, opened by two strict readers that know of zones only what stands in the file."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
from ical.calendar_stream import IcsCalendarStream

from bot.ical.entry import Entry, Guest, Status
from bot.ical.write import feed, invitation

HOUR = timedelta(hours=1)
MIA, ANN = Guest("Mia", "mia@pledge.invalid"), Guest('Ann "A" Carter; Acme, Inc.', "acme@pledge.invalid")
NUMBERS = itertools.count(1)
DAYS = {
    "America/New_York": ("2025-03-09", "2025-11-02", "2025-06-15"),
    "Europe/Berlin": ("2025-03-30", "2025-10-26"),
    "Africa/Cairo": ("2025-04-25", "2025-10-31"),
    "Australia/Lord_Howe": ("2025-04-06", "2025-10-05"),  # by half an hour
    "Etc/GMT-3": ("2025-03-09",),
    "UTC": ("2025-03-30",),
}


def entry(at: datetime, status: Status = Status.CONFIRMED, sequence: int = 1, **more: object) -> Entry:
    made: dict[str, Any] = {
        "uid": "k1@pledge",
        "sequence": sequence,
        "status": status,
        "starts_at": at,
        "ends_at": at + timedelta(minutes=30),
        "changed_at": datetime(2025, 3, 14, 13, 0, tzinfo=UTC),
        "title": "Call: Acme and Mia",
        "organizer": MIA,
        "guests": (MIA, ANN),
    }
    return Entry(**(made | more))


def renamed(data: bytes, zone: str) -> str:
    """The file with its zone under a name that no reader has met, so that it has to read what stands there of it."""
    name = f"Nowhere/{next(NUMBERS)}"
    return data.decode().replace("\r\n ", "").replace(f"TZID:{zone}", f"TZID:{name}").replace(f"={zone}:", f"={name}:")


def by_icalendar(text: str) -> tuple[datetime, datetime]:
    """Start and end in UTC."""
    calendar = icalendar.Calendar.from_ical(text)
    assert [error for each in calendar.walk() for error in each.errors] == []
    event = calendar.events[0]
    return event.start.astimezone(UTC), event.end.astimezone(UTC)


def by_ical(text: str) -> tuple[datetime, datetime]:
    event = IcsCalendarStream.calendar_from_ics(text).events[0]
    return event.dtstart.astimezone(UTC), event.dtend.astimezone(UTC)


def by_the_letter(text: str) -> tuple[datetime, datetime]:
    """RFC 5545, 3.6.5, by hand: the rule whose beginning, local time by the offset before it, came last."""
    calendar = icalendar.Calendar.from_ical(text)
    rules = []
    for zone in calendar.walk("VTIMEZONE"):
        for each in zone.subcomponents:
            begins = each["dtstart"].dt.replace(tzinfo=UTC) - each["tzoffsetfrom"].td
            rules.append((begins, each["tzoffsetto"].td))

    def moment(value: datetime) -> datetime:
        if str(value.tzinfo) == "UTC" or not rules:
            return value.astimezone(UTC)
        wall = value.replace(tzinfo=UTC)
        # In the hour that comes twice the first is meant: the offset before the change.
        fitting = [(begins, wall - to) for begins, to in sorted(rules) if wall - to >= begins]
        ends = [begins for begins, _ in sorted(rules)][1:]
        for number, (begins, at) in enumerate(fitting):
            following = next((end for end in ends if end > begins), None)
            if following is None or at < following or number == len(fitting) - 1:
                return at
        raise AssertionError(f"no rule holds at {value}")

    event = calendar.events[0]
    return moment(event.start), moment(event.end)


@pytest.mark.parametrize("read", [by_icalendar, by_ical, by_the_letter])
@pytest.mark.parametrize(("zone", "day"), [(zone, day) for zone, days in DAYS.items() for day in days])
def test_every_hour_around_a_change_of_clocks_is_the_hour_that_was_meant(zone, day, read):
    midnight = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    for half_hours in (*range(-2, 12), 24, 48):
        at = midnight + half_hours * timedelta(minutes=30)
        text = renamed(invitation(entry(at), zone), zone)
        assert read(text) == (at, at + timedelta(minutes=30)), at


def test_a_zone_is_said_by_its_own_name():
    at = datetime(2025, 3, 10, 14, 0, tzinfo=UTC)
    text = invitation(entry(at), "America/New_York").decode()
    assert "DTSTART;TZID=America/New_York:20250310T100000\r\n" in text
    # The change begins at the time that was shown until then: two o'clock, not three.
    assert "BEGIN:DAYLIGHT\r\nDTSTART:20250309T020000\r\n" in text


@pytest.mark.parametrize(
    ("status", "method"),
    [(Status.CONFIRMED, "REQUEST"), (Status.TENTATIVE, "REQUEST"), (Status.CANCELLED, "CANCEL")],
)
def test_an_entry_is_a_request_until_it_is_off(status, method):
    made = entry(datetime(2025, 3, 17, 13, 0, tzinfo=UTC), status, sequence=4, about="Funnels; all, of them\nC-1")
    calendar = icalendar.Calendar.from_ical(invitation(made, "Etc/GMT-3"))
    event = calendar.events[0]
    assert (calendar["method"], calendar["version"]) == (method, "2.0")
    assert (event["uid"], event["sequence"], event["status"]) == ("k1@pledge", 4, status.value)
    assert event["dtstamp"].dt == made.changed_at
    assert event["description"] == "Funnels; all, of them\nC-1"
    assert (str(event["organizer"]), event["organizer"].params["CN"]) == ("mailto:mia@pledge.invalid", "Mia")
    assert [guest.params["CN"] for guest in event["attendee"]] == ["Mia", "Ann 'A' Carter; Acme, Inc."]
    assert {guest.params["RSVP"] for guest in event["attendee"]} == {"FALSE"}
    # Only of a call that both have agreed to can be said that anybody comes.
    stands = "ACCEPTED" if status is Status.CONFIRMED else "NEEDS-ACTION"
    assert {guest.params["PARTSTAT"] for guest in event["attendee"]} == {stands}
    assert IcsCalendarStream.calendar_from_ics(invitation(made, "Etc/GMT-3").decode()).events[0].sequence == 4


def test_foreign_words_cannot_leave_their_line():
    """Somebody's topic must not become a line of its own, nor break the file."""
    evil = "call\r\nATTENDEE:mailto:x@example.com\x00\x0b\u2028BEGIN:VEVENT " + "ю" * 200
    text = invitation(entry(datetime(2025, 3, 17, 13, 0, tzinfo=UTC), title=evil, about=evil), "Etc/GMT-3")
    calendar = icalendar.Calendar.from_ical(text)
    assert len(calendar.events) == 1 and len(calendar.events[0]["attendee"]) == 2
    assert max(len(line) for line in text.split(b"\r\n")) <= 75
    assert not any(sign in text for sign in (b"\x00", b"\x0b"))


def test_a_feed_holds_every_entry_and_the_zone_for_all_of_them():
    at = datetime(2025, 3, 1, 15, 0, tzinfo=UTC)
    entries = [entry(at + days * timedelta(days=1), uid=f"k{days}@pledge") for days in (0, 20, 250)]
    text = renamed(feed("Mia: calls", entries, "Europe/Berlin", at), "Europe/Berlin")
    events = icalendar.Calendar.from_ical(text).events
    assert [event.start.astimezone(UTC) for event in events] == [each.starts_at for each in entries]
    assert [each.start.astimezone(UTC) for each in IcsCalendarStream.calendar_from_ics(text).events] == [
        each.starts_at for each in entries
    ]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "UTC"])
def test_an_empty_feed_is_a_calendar_too(zone):
    """RFC 5545, 3.6: a calendar holds at least one component."""
    calendar = icalendar.Calendar.from_ical(feed("Mia", [], zone, datetime(2025, 3, 14, 13, 0, tzinfo=UTC)))
    assert calendar.events == [] and calendar["method"] == "PUBLISH"
    (held,) = calendar.subcomponents
    assert held["tzid"] == zone and held.subcomponents
