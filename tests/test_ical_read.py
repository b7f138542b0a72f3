"""Busy times out of calendars of others: what counts as taken, in which zone, and how little a bad file can do."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from bot.ical.read import Taken, Unreadable, taken

SINCE = datetime(2025, 3, 1, tzinfo=UTC)
UNTIL = SINCE + timedelta(days=90)


def calendar(*events: str) -> bytes:
    body = (
        "".join(
            f"BEGIN:VEVENT\r\nUID:e{n}@x\r\nDTSTAMP:20250301T000000Z\r\n{event.strip()}\r\nEND:VEVENT\r\n"
            for n, event in enumerate(events, 1)
        )
        .replace("\r\n", "\n")
        .replace("\n", "\r\n")
    )
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//x//EN\r\n{body}END:VCALENDAR\r\n".encode()


def read(*events: str, zone: str = "Europe/Berlin") -> list[str]:
    """`Fri 14 10:00-11:00 busy` in UTC."""
    named = calendar(*events).replace(b"VERSION:2.0", b"VERSION:2.0\r\nX-WR-CALNAME:mia@x.example")
    found = taken(named, zone, SINCE, UNTIL, "Mia Berg")
    return [f"{each.start:%a %d %H:%M}-{each.end:%H:%M} {'away' if each.is_away else 'busy'}" for each in found]


TIMED = "DTSTART:20250314T100000Z\nDTEND:20250314T110000Z\n"


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (TIMED, ["Fri 14 10:00-11:00 busy"]),
        (TIMED + "TRANSP:TRANSPARENT", []),
        (TIMED + "STATUS:CANCELLED", []),
        (TIMED + "ATTENDEE;PARTSTAT=DECLINED:mailto:Mia@x.example", []),
        (TIMED + "ATTENDEE;CN=mia berg;PARTSTAT=DECLINED:mailto:m@x.example", []),
        (TIMED + "ATTENDEE;CN=Ann;PARTSTAT=DECLINED:mailto:ann@x.example", ["Fri 14 10:00-11:00 busy"]),
        (TIMED + "ATTENDEE;PARTSTAT=ACCEPTED:mailto:mia@x.example", ["Fri 14 10:00-11:00 busy"]),
        (
            TIMED + "ATTENDEE;PARTSTAT=ACCEPTED:mailto:a@x\nATTENDEE;PARTSTAT=DECLINED:mailto:mia@x.example",
            [],
        ),
        (TIMED + "STATUS:TENTATIVE", ["Fri 14 10:00-11:00 busy"]),
        (TIMED + "X-MICROSOFT-CDO-BUSYSTATUS:FREE", []),
        (TIMED + "X-MICROSOFT-CDO-BUSYSTATUS:OOF", ["Fri 14 10:00-11:00 away"]),
        (TIMED + "SUMMARY:Dentist\\, out of office", ["Fri 14 10:00-11:00 away"]),
        (TIMED + "SUMMARY:Отпуск", ["Fri 14 10:00-11:00 away"]),
        (TIMED + "SUMMARY:Release of oooze", ["Fri 14 10:00-11:00 busy"]),
        # A whole day is one of his own zone: 23 hours long when the clocks go forward.
        ("DTSTART;VALUE=DATE:20250314\nDTEND;VALUE=DATE:20250315", ["Thu 13 23:00-23:00 away"]),
        ("DTSTART;VALUE=DATE:20250330\nDTEND;VALUE=DATE:20250331", ["Sat 29 23:00-22:00 away"]),
        ("DTSTART;VALUE=DATE:20250314\nTRANSP:TRANSPARENT", []),
        # Without a zone it is his own; with one that one.
        ("DTSTART:20250314T100000\nDURATION:PT1H", ["Fri 14 09:00-10:00 busy"]),
        ("DTSTART;TZID=America/New_York:20250314T100000\nDURATION:PT30M", ["Fri 14 14:00-14:30 busy"]),
        # Weekly at ten in New York: at 15:00 UTC until the clocks go forward there, at 14:00 after it.
        (
            "DTSTART;TZID=America/New_York:20250303T100000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=3\n"
            "EXDATE;TZID=America/New_York:20250317T100000",
            ["Mon 03 15:00-16:00 busy", "Mon 10 14:00-15:00 busy"],
        ),
        ("DTSTART:20250214T100000Z\nDTEND:20250214T110000Z", []),
        ("DTSTART:20250314T100000Z\nDTEND:20250314T100000Z", []),
    ],
)
def test_an_entry_takes_the_time_it_is_meant_to(event, expected):
    assert read(event) == expected


def test_one_moved_meeting_of_a_series_is_taken_where_it_was_moved_to():
    series = "DTSTART:20250303T100000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=2"
    text = calendar(series, TIMED).decode().replace("UID:e2@x\r\n", "UID:e1@x\r\nRECURRENCE-ID:20250310T100000Z\r\n")
    found = taken(text.encode(), "UTC", SINCE, UNTIL)
    assert [f"{each.start:%d %H:%M}" for each in found] == ["03 10:00", "14 10:00"]


def test_our_own_calls_take_no_time_twice():
    text = calendar(TIMED).decode().replace("UID:e1@x", "UID:k7@pledge")
    assert taken(text.encode(), "UTC", SINCE, UNTIL) == ()


def test_occurrences_have_names_of_their_own():
    found = taken(calendar("DTSTART:20250303T100000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=2"), "UTC", SINCE, UNTIL)
    at = datetime(2025, 3, 3, 10, tzinfo=UTC)
    assert found[0] == Taken(at, at + timedelta(hours=1), False, "e1@x/20250303T1000")
    assert found[1].uid == "e1@x/20250310T1000"


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=MINUTELY;INTERVAL=1",
        "FREQ=HOURLY",
        "FREQ=DAILY;BYHOUR=1,2,3;BYMINUTE=1,2,3;BYSECOND=1,2,3",
        "FREQ=YEARLY;BYSETPOS=1;BYDAY=MO",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;INTERVAL=-1",
        "FREQ=DAILY;INTERVAL=4000",
        "FREQ=DAILY;INTERVAL=7;BYDAY=MO",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=WEEKLY;BYMONTH=2,4;BYMONTHDAY=31",
        "FREQ=WEEKLY;INTERVAL=52;BYMONTH=7",
        "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=-30",
        "FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=31",
        "FREQ=MONTHLY;INTERVAL=12;BYMONTH=5;BYDAY=1MO",
        "FREQ=MONTHLY;INTERVAL=12;BYDAY=5MO",
        "FREQ=MONTHLY;BYDAY=1MO;BYMONTHDAY=20",
        "FREQ=MONTHLY;BYDAY=6MO",
        "FREQ=YEARLY;INTERVAL=4;BYMONTH=2;BYMONTHDAY=29",
        "FREQ=YEARLY;BYYEARDAY=366",
        "FREQ=YEARLY;BYWEEKNO=53",
    ],
)
def test_what_repeats_without_end_is_left_out_and_the_rest_is_read(rule):
    began = time.monotonic()
    assert read(f"DTSTART:19910101T000000Z\nDURATION:PT1S\nRRULE:{rule}", TIMED) == ["Fri 14 10:00-11:00 busy"]
    assert read("DTSTART:00010101T000000Z\nDURATION:PT1S\nRRULE:FREQ=DAILY", TIMED) == ["Fri 14 10:00-11:00 busy"]
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("rule", "start", "expected"),
    [
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=FR;WKST=SU", "20250228", ["14", "28"]),
        ("FREQ=DAILY;INTERVAL=10", "20250304", ["04", "14", "24"]),
        ("FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=15", "20241215", ["15"]),
        ("FREQ=MONTHLY;BYDAY=-1FR", "20241227", ["28"]),
        ("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13,14", "20241213", ["14"]),
        ("FREQ=YEARLY;BYMONTH=3;BYDAY=2FR", "20240308", ["14"]),
        ("FREQ=YEARLY;INTERVAL=5;BYMONTH=3;BYMONTHDAY=31", "20200331", ["31"]),
        ("FREQ=MONTHLY;COUNT=3", "20250114", ["14"]),
        ("FREQ=MONTHLY;UNTIL=20250301T000000Z", "20250114", []),
    ],
)
def test_the_rules_that_people_use_are_counted_out(rule, start, expected):
    event = f"DTSTART:{start}T100000Z\nDURATION:PT1H\nRRULE:{rule}"
    found = taken(calendar(event), "UTC", SINCE, SINCE + timedelta(days=31))
    assert [f"{each.start:%d}" for each in found] == expected


@pytest.mark.parametrize(
    ("events", "said"),
    [
        ([TIMED] * 2001, "more than 2000 entries in the 90 days"),
        (["DTSTART:20250214T100000Z\nDURATION:PT1H\nRRULE:FREQ=YEARLY"] * 1001, "more than 1000 series"),
        (["DTSTART:19910214T100000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=9"] * 90, "repeated too often"),
    ],
)
def test_half_of_a_calendar_that_is_too_large_is_not_taken_for_all_of_it(events, said):
    with pytest.raises(Unreadable, match=said):
        taken(calendar(*events), "UTC", SINCE, UNTIL)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "what it sends is no calendar"),
        (b"<!doctype html><p>Sign in, canary", "what it sends is no calendar"),
        (b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\ncanary", "what it sends cannot be read"),
        (b"BEGIN:VCALENDAR\r\n\xff\xfe\x00canary\r\n", "what it sends cannot be read"),
    ],
)
def test_what_is_no_calendar_is_refused_without_quoting_it(data, said):
    with pytest.raises(Unreadable) as refused:
        taken(data, "UTC", SINCE, UNTIL)
    assert str(refused.value).startswith(said) and "canary" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_a_calendar_of_too_many_entries_is_refused():
    with pytest.raises(Unreadable, match="more than 20000 entries"):
        taken(calendar(*[TIMED] * 20_001), "UTC", SINCE, UNTIL)
