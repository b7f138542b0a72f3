"""Between which times people wish for something; what says less or more is left to the reader of moments."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.when import WhenError, split_window

BERLIN = "Europe/Berlin"
NOW = datetime(2026, 11, 25, 9, 5, tzinfo=UTC)
"""Wednesday, 10:05 in Berlin."""

# The days, the hours of each, and the words behind.
READ = """
en | before 11:00                   | now -          | 0-11     |
en | Tue before 11:00               | 01.12 - 02.12  | 0-11     |
en | after 14:00                    | now -          | 14-24    |
en | Tue after 14:00 about funnels  | 01.12 - 02.12  | 14-24    | about funnels
en | after 14:00 tomorrow           | 26.11 - 27.11  | 14-24    |
en | after lunch                    | now -          | 13-18    |
en | Wed in the morning             | now - 26.11    | 6-12     |
en | wed 07:00-09:00                | 02.12 - 03.12  | 7-9      |
en | tomorrow afternoon             | 26.11 - 27.11  | 12-18    |
en | between 14:00 and 16:00        | now -          | 14-16    |
en | Tue between 14 and 16          | 01.12 - 02.12  | 14-16    |
en | Tue 15-16                      | 01.12 - 02.12  | 15-16    |
en | 15:00-16:00                    | now -          | 15-16    |
en | Tue 2-4pm                      | 01.12 - 02.12  | 14-16    |
en | from 14:00 to 16:00 on 5 Jan   | 05.01 - 06.01  | 14-16    |
en | after 14:00 New York           | now -          | 14-24    |
en | in 2 working days              | 27.11 - 28.11  | 0-24     |
en | tomorrow at lunch about clicks | 26.11 - 27.11  | 12-14    | about clicks
en | next week                      | 30.11 - 07.12  | 0-24     |
en | the week after next            | 07.12 - 14.12  | 0-24     |
en | the week after next on Tue     | 08.12 - 09.12  | 0-24     |
en | end of next week               | 03.12 - 05.12  | 0-24     |
en | by the end of the week         | 26.11 - 28.11  | 0-24     |
en | early next week about funnels  | 30.11 - 02.12  | 0-24     | about funnels
en | on the weekend                 | 28.11 - 30.11  | 0-24     |
en | tomorrow                       | 26.11 - 27.11  | 0-24     |
en | on Tuesday?                    | 01.12 - 02.12  | 0-24     |
en | next Wed about funnels         | 02.12 - 03.12  | 0-24     | about funnels
en | Tue 10 funnels                 | 01.12 - 02.12  | 0-24     | 10 funnels
en | 28 Mar                         | 28.03 - 29.03  | 0-24     |
en | Tuesday week                   | 08.12 - 09.12  | 0-24     |
en | before lunch on Tuesday        | 01.12 - 02.12  | 6-13     |
en | next week after 14:00          | 30.11 - 07.12  | 14-24    |
en | in 4 days                      | 29.11 - 30.11  | 0-24     |
en | a week from Tuesday            | 08.12 - 09.12  | 0-24     |
en | by Friday                      | now - 28.11    | 0-24     |
en | before Friday                  | now - 27.11    | 0-24     |
en | before 3 Dec                   | now - 03.12    | 0-24     |
en | after Friday                   | 28.11 -        | 0-24     |
en | from Monday                    | 30.11 -        | 0-24     |
ru | до 11:00                       | now -          | 0-11     |
ru | в среду утром                  | now - 26.11    | 6-12     |
ru | после обеда                    | now -          | 13-18    |
ru | до обеда во вторник            | 01.12 - 02.12  | 6-13     |
ru | в пятницу до обеда             | 27.11 - 28.11  | 6-13     |
ru | во вторник                     | 01.12 - 02.12  | 0-24     |
ru | в след. среду                  | 02.12 - 03.12  | 0-24     |
ru | на выходных                    | 28.11 - 30.11  | 0-24     |
ru | в конце следующей недели       | 03.12 - 05.12  | 0-24     |
ru | на неделе после следующей      | 07.12 - 14.12  | 0-24     |
ru | завтра после 14:00             | 26.11 - 27.11  | 14-24    |
ru | во вторник с 14 до 16          | 01.12 - 02.12  | 14-16    |
ru | на следующей неделе            | 30.11 - 07.12  | 0-24     |
ru | на той неделе                  | 30.11 - 07.12  | 0-24     |
ru | через 3 раб. дня утром         | 30.11 - 01.12  | 6-12     |
ru | завтра в обед                  | 26.11 - 27.11  | 12-14    |
ru | вт с 10-00 до 12-00            | 01.12 - 02.12  | 10-12    |
ru | через 4 дня утром              | 29.11 - 30.11  | 6-12     |
ru | до пятницы про воронки         | now - 27.11    | 0-24     | про воронки
"""
LEFT = [
    "Tue 15:00",
    "Tue end of day",
    "in 4 days at 10:00",
    "Wed in the morning at 11",
    "next week Tue 15:00",
    "in 2h",
    "7 Mar 02:00",
]
LEFT += ["after the release", "from the Berlin office", "funnels", "not on Tuesday", "10.11", ""]
REFUSED = [
    ("between 2 and 4", "half_day"),
    ("after 3", "half_day"),
    ("between 2 and 11", "half_day"),
    ("3/4 12:00", "slash"),
    ("yesterday afternoon", "over"),
    ("16:00-15:00", "over"),
    ("Mon afternoon or Tue 10:00", "several"),
]


def rows() -> list[tuple[str, ...]]:
    return [tuple(cell.strip() for cell in row.split("|")) for row in READ.strip().splitlines()]


@pytest.mark.parametrize(("locale", "text", "days", "hours", "rest"), rows())
def test_a_wish_names_days_and_hours(locale: str, text: str, days: str, hours: str, rest: str) -> None:
    found = split_window(text, NOW, BERLIN, locale)
    assert found is not None
    window, words = found

    def day(at: datetime | None) -> str:
        return "" if at is None else "now" if at == NOW else f"{at.astimezone(ZoneInfo(BERLIN)):%d.%m}"

    assert f"{day(window.since)} - {day(window.until)}".strip() == days
    assert f"{window.opens // 3600}-{window.closes // 3600}" == hours
    assert words == rest


@pytest.mark.parametrize("text", LEFT)
def test_a_moment_or_less_is_no_window(text: str) -> None:
    assert split_window(text, NOW, BERLIN, "en") is None


@pytest.mark.parametrize(("text", "reason"), REFUSED)
def test_what_can_be_read_in_two_ways_is_refused(text: str, reason: str) -> None:
    with pytest.raises(WhenError) as refused:
        split_window(text, NOW, BERLIN, "en")
    assert refused.value.reason_key == f"errors.when.{reason}"


@pytest.mark.parametrize(
    ("start", "held"),
    [
        ("2026-12-01T13:00Z", True),  # 14:00 in Berlin
        ("2026-12-01T12:59Z", False),
        ("2026-12-01T14:30Z", True),
        ("2026-12-01T14:31Z", False),  # would end a minute late
        ("2026-12-02T13:00Z", False),
    ],
)
def test_a_window_holds_what_lies_in_it_from_its_beginning_to_its_end(start: str, held: bool) -> None:
    found = split_window("Tue 14:00-16:00", NOW, BERLIN, "en")
    assert found is not None
    at = datetime.fromisoformat(start)
    assert found[0].holds(at, at + timedelta(minutes=30)) is held


@pytest.mark.parametrize(
    "text",
    [
        "after 14:00 New York",
        "after 14:00 in New York",
        "Tue after 14:00 in New York",
        "after 14:00 on Tue in New York",
    ],
)
def test_the_hours_are_those_of_the_zone_that_was_named(text: str) -> None:
    found = split_window(text, NOW, BERLIN, "en")
    assert found is not None
    at = datetime(2026, 12, 1, 19, 0, tzinfo=UTC)
    assert found[0].holds(at, at + timedelta(minutes=30))
    assert not found[0].holds(at - timedelta(minutes=1), at)


def test_a_part_of_a_day_is_that_of_the_zone_that_was_named() -> None:
    found = split_window("Tue afternoon in New York about funnels", NOW, BERLIN, "en")
    assert found is not None
    assert (str(found[0].zone), found[1]) == ("America/New_York", "about funnels")
