"""Busy times out of calendars of others: what counts as taken, in which zone, and how little a bad file can do."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from bot.ical.read import Contents, Taken, Unreadable, contents

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


def taken(data: bytes, zone: str, since: datetime, until: datetime, owner: str = "") -> tuple[Taken, ...]:
    """What takes time, where all of the calendar is known."""
    found = contents(data, zone, since, until, owner)
    assert found.left_out == frozenset()
    return found.taken


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
        (TIMED + "X-MICROSOFT-CDO-BUSYSTATUS:OOF\nTRANSP:TRANSPARENT", ["Fri 14 10:00-11:00 away"]),
        (TIMED + "X-GOOGLE-EVENT-TYPE:outOfOffice", ["Fri 14 10:00-11:00 away"]),
        (TIMED + "X-GOOGLE-EVENTTYPE:focusTime", ["Fri 14 10:00-11:00 busy"]),
        # A whole day is one of his own zone: 23 hours long when the clocks go forward.
        ("DTSTART;VALUE=DATE:20250314\nDTEND;VALUE=DATE:20250315", ["Thu 13 23:00-23:00 busy"]),
        ("DTSTART;VALUE=DATE:20250330\nDTEND;VALUE=DATE:20250331", ["Sat 29 23:00-22:00 busy"]),
        ("DTSTART;VALUE=DATE:20250314\nTRANSP:TRANSPARENT\nSUMMARY:Holiday", []),
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


@pytest.mark.parametrize(
    "title",
    [
        *(
            "Holiday",
            "holidays",
            "VACATION 🌴",
            "Vacation.",
            "Annual leave",
            "Out of office",
            "Out of the office",
            "OOO",
        ),
        *("OOO – Mia", "Mia Berg: sick leave", "[Mia] day off", "Отпуск", "В отпуске", "Мия (больничный)"),
        *("Urlaub", "Mia im Urlaub", "Abwesend"),
    ],
)
def test_a_title_that_is_the_word_for_an_absence_makes_one_of_half_a_day_or_more(title):
    owner = "Мия" if title.startswith("Мия") else "Mia Berg"
    for lasts, expected in (
        ("DTSTART;VALUE=DATE:20250314", True),
        ("DTSTART:20250314T080000Z\nDURATION:PT4H", True),
        ("DTSTART:20250314T080000Z\nDURATION:PT3H59M", False),
    ):
        (found,) = taken(calendar(f"{lasts}\nSUMMARY:{title}"), "Europe/Berlin", SINCE, UNTIL, owner)
        assert found.is_away is expected, lasts


@pytest.mark.parametrize(
    "title",
    [
        *(
            "Plan the holiday campaign",
            "Holiday campaign",
            "Dentist\\, out of office",
            "OOO – Ben",
            "Sick leave policy",
        ),
        *("Vacation planning", "Release of oooze", "Leave Berlin", "Отпускная политика", "Mia Berg", "Conference", ""),
    ],
)
def test_a_title_that_only_speaks_of_absences_makes_none(title):
    day = f"DTSTART;VALUE=DATE:20250314\nSUMMARY:{title}"
    assert read(day) == ["Thu 13 23:00-23:00 busy"]


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
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=HOURLY;INTERVAL=0",
        "FREQ=DAILY;INTERVAL=-1",
        "FREQ=DAILY;INTERVAL=7;BYDAY=MO",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=WEEKLY;BYMONTH=2,4;BYMONTHDAY=31",
        "FREQ=HOURLY;BYHOUR=99",
        "FREQ=SOMETIMES",
    ],
)
def test_what_repeats_without_end_is_left_out_by_name_and_the_rest_is_read(rule):
    endless = f"DTSTART:19910101T000000Z\nDURATION:PT1S\nRRULE:{rule}"
    found = contents(calendar(endless, TIMED), "UTC", SINCE, UNTIL)
    assert [each.uid for each in found.taken] == ["e2@x/20250314T1000"] and found.left_out == {"e1@x"}


def test_what_cannot_be_counted_out_costs_no_more_when_there_is_much_of_it():
    endless = "DTSTART:19910101T000000Z\nDURATION:PT1S\nRRULE:FREQ=SECONDLY"
    began = time.thread_time()
    contents(calendar(endless), "UTC", SINCE, UNTIL)
    one, began = time.thread_time() - began, time.thread_time()
    found = contents(calendar(*[endless] * 50, TIMED), "UTC", SINCE, UNTIL)
    assert len(found.left_out) == 50 and len(found.taken) == 1
    assert time.thread_time() - began < 10 * one


def test_entries_within_entries_cost_no_more_than_beside_each_other():
    lines = ("BEGIN:VEVENT", "END:VEVENT")
    beside, within = ("".join(f"{line}\r\n" for line in found) for found in (lines * 3000, _nested(*lines, 3000)))
    began = time.thread_time()
    assert len(contents(_with(beside), "UTC", SINCE, UNTIL).left_out) == 3000
    one, began = time.thread_time() - began, time.thread_time()
    assert len(contents(_with(within), "UTC", SINCE, UNTIL).left_out) == 3000
    assert time.thread_time() - began < 5 * one + 1


def _nested(begin: str, end: str, n: int) -> tuple[str, ...]:
    return (begin,) * n + (end,) * n


def _with(body: str) -> bytes:
    return calendar(TIMED).replace(b"END:VCALENDAR", body.encode() + b"END:VCALENDAR")


def test_an_entry_within_another_takes_its_time_too():
    inner = "BEGIN:VEVENT\r\nUID:in@x\r\nDTSTART:20250315T100000Z\r\nDURATION:PT1H\r\nEND:VEVENT\r\nEND:VEVENT"
    data = calendar(TIMED).replace(b"END:VEVENT", inner.encode())
    assert [each.uid for each in taken(data, "UTC", SINCE, UNTIL)] == ["e1@x/20250314T1000", "in@x/20250315T1000"]


def test_single_entries_have_their_bound_too_and_of_them_the_earliest_are_read():
    begins = datetime(2025, 3, 2, tzinfo=UTC)
    many = [f"DTSTART:{begins + n * timedelta(minutes=5):%Y%m%dT%H%M%SZ}\nDURATION:PT1M" for n in range(8000)]
    series = "DTSTART:20250301T100000Z\nDURATION:PT1H\nRRULE:FREQ=YEARLY"
    found = contents(calendar(series, *reversed(many)), "UTC", SINCE, UNTIL)
    assert found.taken[-1].uid == "e6002@x/20250308T2235" and len(found.taken) == 2000
    assert len(found.left_out) == 6001 and "e1@x" in found.left_out, "what repeats comes last"


def test_what_is_long_over_costs_nothing():
    over = "DTSTART:20240314T100000Z\nDTEND:20240314T110000Z"
    far = "DTSTART;VALUE=DATE:20270314\nDTEND;VALUE=DATE:20270315"
    found = taken(calendar(*[over, far] * 4000, TIMED), "UTC", SINCE, UNTIL)
    assert [each.uid for each in found] == ["e8001@x/20250314T1000"]


def test_of_a_series_the_changed_day_that_is_long_over_does_not_hide_the_days_that_come():
    """RFC 5545, 3.8.4.4: the change of one day bears the name of its series, and stands before or behind it."""
    series = "DTSTART:20240105T100000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;UNTIL=20250310T000000Z"
    changed = "RECURRENCE-ID:20240112T100000Z\nDTSTART:20240112T120000Z\nDURATION:PT1H"
    for entries in ((changed, series), (series, changed)):
        one = calendar(*entries).replace(b"UID:e2@x", b"UID:e1@x")
        assert [each.uid for each in taken(one, "UTC", SINCE, UNTIL)] == ["e1@x/20250307T1000"]


@pytest.mark.parametrize(
    "length", ["DTSTART:20200314T100000Z\nDURATION:PT1H", "DTSTART;VALUE=DATE:20200314", "DTSTART:20200314T100000Z"]
)
def test_what_is_long_over_costs_nothing_where_it_has_no_end_of_its_own(length):
    coming = [
        "DTSTART:20250320T090000Z\nDTEND:20250320T100000Z",
        "DTSTART:20250303T090000Z\nRRULE:FREQ=WEEKLY\nDURATION:PT1H",
    ]
    found = contents(calendar(*[length] * 8000, *coming), "UTC", SINCE, UNTIL)
    assert {each.uid.partition("/")[0] for each in found.taken} == {"e8001@x", "e8002@x"} and not found.left_out


@pytest.mark.parametrize(
    "broken", ["DURATION:P2D", "DTSTART:20240314T100000Z\nDURATION:long", "DTSTART:20240314T100000Z\nDTEND:then"]
)
def test_an_entry_of_which_nobody_knows_when_it_ends_is_not_long_over(broken):
    assert contents(calendar(broken, TIMED), "UTC", SINCE, UNTIL).left_out == {"e1@x"}


@pytest.mark.parametrize(
    "entry",
    [
        "DTSTART:20240314T100000Z\nDTEND:20250301T000100Z",
        "DTSTART;VALUE=DATE:20240314\nDURATION:P400D",
        "DTSTART:20240314T100000Z\nDURATION:P400D",
        "DTSTART;VALUE=DATE:20240314\nDTEND;VALUE=DATE:20250302",
        "DTSTART;TZID=Pacific/Pago_Pago:20250228T120000\nDTEND;TZID=Pacific/Pago_Pago:20250228T130100",
        "DTSTART;TZID=Pacific/Kiritimati:20250530T130000\nDTEND;TZID=Pacific/Kiritimati:20250530T150000",
        "DTSTART:20240314T100000Z\nDTEND:20240314T110000Z\nRDATE:20250314T100000Z",
        "DTSTART:20240314T100000Z\nDTEND:20240314T110000Z\nRRULE:FREQ=YEARLY",
    ],
)
def test_what_reaches_into_the_time_that_is_read_is_not_long_over(entry):
    assert len(taken(calendar(entry), "UTC", SINCE, UNTIL)) == 1


def lists(*lines: str) -> bytes:
    """A calendar that says when somebody is busy, and no more."""
    body = "".join(f"{line}\r\n" for line in lines)
    return _with(f"BEGIN:VFREEBUSY\r\nUID:fb@x\r\n{body}END:VFREEBUSY\r\n")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("FREEBUSY:20250318T090000Z/20250318T100000Z", ["18 09:00-10:00"]),
        ("FREEBUSY;FBTYPE=BUSY:20250318T090000Z/PT1H", ["18 09:00-10:00"]),
        ("FREEBUSY:20250318T090000Z/PT1H,20250319T090000Z/PT30M", ["18 09:00-10:00", "19 09:00-09:30"]),
        ("FREEBUSY;FBTYPE=BUSY-UNAVAILABLE:20250318T090000Z/PT1H", ["18 09:00-10:00"]),
        ("FREEBUSY;FBTYPE=BUSY-TENTATIVE:20250318T090000Z/PT1H", ["18 09:00-10:00"]),
        ("FREEBUSY;FBTYPE=X-AT-LUNCH:20250318T090000Z/PT1H", ["18 09:00-10:00"]),
        ("FREEBUSY;FBTYPE=FREE:20250318T090000Z/PT1H", []),
        ("FREEBUSY:20250318T090000/PT1H", ["18 08:00-09:00"]),
        ("FREEBUSY:20240318T090000Z/PT1H,20260318T090000Z/PT1H", []),
        ("DTSTART:20250301T000000Z\r\nDTEND:20250601T000000Z", []),
    ],
)
def test_a_list_of_times_says_when_somebody_is_busy(line, expected):
    """RFC 5545, 3.6.4 and 3.2.9: what is no word for free is busy."""
    found = taken(lists(line), "Europe/Berlin", SINCE, UNTIL)
    shown = [f"{each.start:%d %H:%M}-{each.end:%H:%M}" for each in found if each.uid.startswith("fb@x/")]
    assert shown == expected and not any(each.is_away for each in found)


@pytest.mark.parametrize(
    "broken",
    [
        "FREEBUSY:20250319T09000Z/PT1H",
        "FREEBUSY:20250319T090000Z/20250319T080000Z",
        "FREEBUSY:20250319T090000Z",
        "DTSTART:then",
        "no property at all",
    ],
)
def test_a_period_that_cannot_be_read_is_left_out_and_neither_taken_for_free_nor_in_the_way_of_others(broken):
    data = lists("FREEBUSY:20250318T090000Z/PT1H", broken, "FREEBUSY:20250320T090000Z/PT1H")
    found = contents(data, "UTC", SINCE, UNTIL)
    days = [each.uid.partition("/")[2] for each in found.taken if each.uid.startswith("fb@x/")]
    assert days == ["20250318T0900", "20250320T0900"]
    assert found.left_out == {"fb@x"} and any(each.uid.startswith("e1@x/") for each in found.taken)


def test_what_is_no_calendar_within_is_not_read_at_all():
    for data in (lists().replace(b"END:VFREEBUSY\r\n", b""), lists() * 2):
        with pytest.raises(Unreadable, match="cannot be read"):
            taken(data, "UTC", SINCE, UNTIL)


def test_an_entry_that_is_none_is_left_out_by_name():
    found = contents(calendar("SUMMARY:no start", TIMED), "UTC", SINCE, UNTIL)
    assert (len(found.taken), found.left_out) == (1, {"e1@x"})


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
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "20241231", ["31"]),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1,3", "20250203", ["03", "05"]),
        ("FREQ=DAILY;BYHOUR=10,13;BYMINUTE=0;COUNT=4", "20250304", ["04", "04", "05", "05"]),
        ("FREQ=HOURLY;INTERVAL=12;COUNT=3", "20250304", ["04", "04", "05"]),
        ("FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=31", "20240331", ["31"]),
        ("FREQ=YEARLY;BYYEARDAY=70", "20240310", ["11"]),
        ("FREQ=YEARLY;BYWEEKNO=11;BYDAY=WE", "20240313", ["12"]),
        ("FREQ=DAILY;INTERVAL=4000", "20140323", ["05"]),
        ("FREQ=YEARLY;INTERVAL=4;BYMONTH=2;BYMONTHDAY=29", "20000229", []),
        ("FREQ=MONTHLY;BYDAY=1MO;BYMONTHDAY=3", "20030303", ["03"]),
        ("FREQ=MONTHLY;UNTIL=20250301T000000Z", "20250114", []),
    ],
)
def test_the_rules_that_people_use_are_counted_out(rule, start, expected):
    event = f"DTSTART:{start}T100000Z\nDURATION:PT1H\nRRULE:{rule}"
    found = taken(calendar(event), "UTC", SINCE, SINCE + timedelta(days=31))
    assert [f"{each.start:%d}" for each in found] == expected


def test_of_too_many_the_earliest_are_taken_and_the_others_left_out_by_name():
    later = "DTSTART:20250401T100000Z\nDURATION:PT1H"
    found = contents(calendar(later, *[TIMED] * 2000), "UTC", SINCE, UNTIL)
    assert {each.start.day for each in found.taken} == {14} and len(found.taken) == 2000
    assert found.left_out == {"e1@x"}
    assert not found.knows("e1@x/20250401T1000") and found.knows("e2@x/20250314T1000")


def test_nothing_is_known_of_a_series_that_is_left_out_by_its_long_name():
    long = "x/" * 200
    data = calendar("DTSTART:19910101T000000Z\nRRULE:FREQ=SECONDLY").replace(b"e1@x", long.encode())
    assert not contents(data, "UTC", SINCE, UNTIL).knows(f"{long[:200]}/20250314T1000")
    assert Contents(()).knows("e1@x/20250314T1000")


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


@pytest.mark.parametrize("name", ["DTSTART", "DTEND"])
def test_a_time_in_a_zone_that_nobody_knows_is_read_in_the_owners_own_and_counts_as_in_part(name: str) -> None:
    times = {"DTSTART": ";TZID=Europe/Berlin:20250314T100000", "DTEND": ";TZID=Europe/Berlin:20250314T110000"}
    times[name] = times[name].replace("Europe/Berlin", "Customized Time Zone")
    found = contents(calendar("\n".join(key + value for key, value in times.items())), "Europe/Berlin", SINCE, UNTIL)
    assert found.left_out == {"e1@x"} and not found.knows(found.taken[0].uid)
    assert [f"{each.start:%H:%M}-{each.end:%H:%M}" for each in found.taken] == ["09:00-10:00"]


def test_a_zone_that_the_file_describes_is_known_by_any_name() -> None:
    zone = (
        "BEGIN:VTIMEZONE\r\nTZID:Customized Time Zone\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\n"
        "TZOFFSETFROM:+0300\r\nTZOFFSETTO:+0300\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT"
    )
    event = "DTSTART;TZID=Customized Time Zone:20250314T100000\nDTEND;TZID=Customized Time Zone:20250314T110000"
    data = calendar(event).replace(b"BEGIN:VEVENT", zone.encode(), 1)
    assert [f"{each.start:%H:%M}" for each in taken(data, "Europe/Berlin", SINCE, UNTIL)] == ["07:00"]


def test_a_day_with_the_name_of_a_zone_is_a_day() -> None:
    assert read("DTSTART;VALUE=DATE;TZID=Nowhere:20250314") == ["Thu 13 23:00-23:00 busy"]
