"""Texts, moments and durations as readers see them, with the traps of the libraries below them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from babel.dates import format_timedelta
from hypothesis import given
from hypothesis import strategies as st

from bot.i18n import Words, load
from bot.text import Bold, Code, Line, Mention, Moment, Text

CATALOGUE = load()
EN, RU = CATALOGUE.words("en"), CATALOGUE.words("ru")
BERLIN = "Europe/Berlin"

# Wednesday 25 November 2026, 10:05:30 in Berlin.
NOW = datetime(2026, 11, 25, 9, 5, 30, tzinfo=UTC)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


# Locales


@pytest.mark.parametrize(
    ("asked", "given_"),
    [
        *[
            ("ru", "ru"),
            ("ru-RU", "ru"),
            ("ru_RU", "ru"),
            ("RU", "ru"),
            ("ru-Cyrl-RU", "ru"),
            ("en-GB", "en"),
        ],
        *[("pt-BR", "en"), ("", "en"), (None, "en"), ("../ru", "en"), ("-", "en")],
    ],
)
def test_the_nearest_locale_answers(asked: str | None, given_: str) -> None:
    assert CATALOGUE.words(asked).locale == given_


def test_a_regional_locale_is_found_before_its_language(tmp_path: Path) -> None:
    for locale in ("en", "pt", "pt_BR"):
        catalogue_file(tmp_path, locale, f'msgid "a.key"\nmsgstr "{locale}"\n')
    found = load(tmp_path)
    assert [found.words(asked).text("a.key") for asked in ("pt-BR", "pt-PT", "de")] == ["pt_BR", "pt", "en"]


def test_a_folder_without_english_is_refused_by_its_path(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"pledge\.po"):
        load(tmp_path)


def test_a_broken_catalogue_is_refused_by_its_path(tmp_path: Path) -> None:
    catalogue_file(tmp_path, "en", 'msgid "a.key"\nmsgid_plural "a.key"\nmsgstr[7] "far"\n')
    with pytest.raises(ValueError, match=r"pledge\.po: not a message catalogue"):
        load(tmp_path)


# Keys and parameters


def test_an_unknown_key_is_an_error_and_never_shown() -> None:
    with pytest.raises(KeyError, match=r"'no\.such' in locale 'ru'"):
        RU.text("no.such")


def test_the_empty_key_does_not_show_the_header_of_the_file() -> None:
    with pytest.raises(KeyError):
        EN.text("")


def test_an_untranslated_or_doubtful_text_is_an_unknown_key(tmp_path: Path) -> None:
    catalogue_file(tmp_path, "en", 'msgid "a.key"\nmsgstr ""\n\n#, fuzzy\nmsgid "b.key"\nmsgstr "doubtful"\n')
    words = load(tmp_path).words("en")
    for key in ("a.key", "b.key"):
        with pytest.raises(KeyError, match="no such key"):
            words.text(key)


def test_a_missing_parameter_is_named() -> None:
    with pytest.raises(KeyError, match=r"'confirmed' in locale 'en': parameter 'ref' was not given"):
        EN.text("confirmed")


def test_spare_parameters_are_ignored() -> None:
    assert EN.text("confirmed", ref="T-42", who="Ann", key="x") == "T-42 is confirmed as resolved."


@pytest.mark.parametrize(
    ("count", "english", "russian"),
    [
        (0, "0 open tickets", "Открыто 0 обращений"),
        (1, "1 open ticket", "Открыто 1 обращение"),
        (3, "3 open tickets", "Открыто 3 обращения"),
        (11, "11 open tickets", "Открыто 11 обращений"),
        (21, "21 open tickets", "Открыто 21 обращение"),
        (114, "114 open tickets", "Открыто 114 обращений"),
    ],
)
def test_plurals_follow_the_language(count: int, english: str, russian: str) -> None:
    assert EN.text("tickets.header", count=count) == english
    assert RU.text("tickets.header", count=count) == russian


def test_a_plural_needs_its_count() -> None:
    with pytest.raises(KeyError, match="count must be a whole number, not '3'"):
        EN.text("tickets.header", count="3")


# Rich lines


def test_nodes_keep_their_place_in_the_line() -> None:
    due = Moment(NOW, "10:05 Berlin")
    line = EN.line(
        "window.in_hours",
        due=due,
        left="in 60 min",
        who=Mention("Ann", "u1"),
        ref=Code("T-42"),
        priority="Medium",
    )
    assert line == Line(
        (
            Text("Answer guaranteed by "),
            due,
            Text(" (in 60 min). "),
            Mention("Ann", "u1"),
            Text(" answers. "),
            Code("T-42"),
            Text(", Medium."),
        )
    )


def test_stars_of_a_template_are_bold_around_text_and_parameters() -> None:
    assert EN.line("status.header") == Line((Bold((Text("Open now"),)),))
    assert EN.line("tickets.header", count=2) == Line((Bold((Text("2 open tickets"),)),))
    assert EN.text("status.header") == "Open now"


@given(foreign=st.text(max_size=20) | st.sampled_from(["**loud**", "{ref}", "{", "}}", "{0.__class__}", "%s", "\\"]))
def test_what_a_client_writes_is_never_read_as_a_template(foreign: str) -> None:
    line = EN.line("reopened.staff", words=foreign, ref="T-42", client="**Acme**")
    assert line == Line((Text(f"**Acme** opened T-42 again: '{foreign}'."),))


# Moments


@pytest.mark.parametrize(
    ("at", "english", "russian"),
    [
        ("2026-11-25T10:05:00Z", "11:05 Berlin", "11:05 Берлин"),
        ("2026-11-25T22:59:59Z", "23:59 Berlin", "23:59 Берлин"),
        ("2026-11-25T23:00:00Z", "Thu 00:00 Berlin", "чт 00:00 Берлин"),
        ("2026-12-01T09:05:00Z", "Tue 10:05 Berlin", "вт 10:05 Берлин"),
        ("2026-12-02T09:05:00Z", "Wed 2 Dec 10:05 Berlin", "ср 2 дек. 10:05 Берлин"),
        ("2026-11-24T09:05:00Z", "Tue 24 Nov 10:05 Berlin", "вт 24 нояб. 10:05 Берлин"),
        ("2027-01-04T09:05:00Z", "Mon 4 Jan 2027 10:05 Berlin", "пн 4 янв. 2027 10:05 Берлин"),
    ],
)
def test_a_moment_names_its_day_only_where_it_is_another(at: str, english: str, russian: str) -> None:
    moment = datetime.fromisoformat(at)
    assert EN.moment(moment, BERLIN, NOW) == Moment(moment, english)
    assert RU.moment(moment, BERLIN, NOW) == Moment(moment, russian)


def test_today_is_the_day_of_the_reader() -> None:
    late = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)
    assert EN.moment(late, "America/New_York", NOW).text == "21:00 New York"
    assert EN.moment(late, BERLIN, NOW).text == "Thu 03:00 Berlin"


@given(seconds=st.integers(min_value=0, max_value=400 * 86400))
def test_a_shown_deadline_is_never_later_than_the_real_one(seconds: int) -> None:
    at = NOW + timedelta(seconds=seconds, milliseconds=seconds % 1000)
    shown = EN.moment(at, "UTC", NOW).text.split()[-2]
    assert shown == f"{at:%H:%M}"
    assert EN.moment(at, "UTC", NOW).at == at


@pytest.mark.parametrize(
    ("zone", "english", "russian"),
    [
        ("Etc/GMT-3", "GMT+3", "GMT+3"),
        ("Etc/GMT+5", "GMT-5", "GMT-5"),
        ("UTC", "UTC", "UTC"),
        ("Etc/UTC", "UTC", "UTC"),
        ("EST", "GMT-5", "GMT-5"),
        ("Asia/Kolkata", "Kolkata", "Калькутта"),
        ("Europe/Kyiv", "Kyiv", "Киев"),
        ("Africa/Cairo", "Cairo", "Каир"),
        ("America/New_York", "New York", "Нью-Йорк"),
        ("America/Argentina/Buenos_Aires", "Buenos Aires", "Буэнос-Айрес"),
    ],
)
def test_a_zone_is_called_by_its_city_or_its_offset(zone: str, english: str, russian: str) -> None:
    assert (EN.zone(zone, NOW), RU.zone(zone, NOW)) == (english, russian)


def test_an_offset_of_half_an_hour_is_kept() -> None:
    # Lord Howe repeats the half hour before 02:00 on 5 April 2026: GMT+11 becomes GMT+10:30.
    now = datetime(2026, 4, 4, 14, 0, tzinfo=UTC)
    twice = [EN.moment(now + minutes(count), "Australia/Lord_Howe", now).text for count in (45, 75)]
    assert twice == ["01:45 GMT+11", "01:45 GMT+10:30"]


def test_the_repeated_hour_of_a_change_of_clocks_is_told_apart() -> None:
    # Berlin, 25 October 2026: 02:30 comes at 00:30 UTC and again at 01:30 UTC.
    now = datetime(2026, 10, 25, 0, 0, tzinfo=UTC)
    shown = [EN.moment(now + minutes(count), BERLIN, now).text for count in (30, 90, 120)]
    assert shown == ["02:30 GMT+2", "02:30 GMT+1", "03:00 Berlin"]


def test_a_span_of_time_has_one_date_and_one_zone() -> None:
    start = datetime(2026, 11, 25, 14, 0, tzinfo=UTC)
    assert EN.span(start, start + minutes(30), BERLIN, NOW).text == "Wed 25 Nov 15:00-15:30 Berlin"
    over_midnight = datetime(2026, 11, 25, 22, 45, tzinfo=UTC)
    assert EN.span(over_midnight, over_midnight + minutes(30), BERLIN, NOW).text == (
        "Wed 25 Nov 23:45-Thu 00:15 Berlin"
    )


@pytest.mark.parametrize("words", [EN, RU], ids=["en", "ru"])
@pytest.mark.parametrize("zone", [BERLIN, "Etc/GMT-3", "Etc/GMT+5", "America/Port-au-Prince"])
def test_the_first_dash_of_a_span_stands_between_its_ends(words: Words, zone: str) -> None:
    """A channel that words each end for its reader takes the two apart there."""
    for day in range(400):
        start = datetime(2026, 11, 25, 23, 45, tzinfo=UTC) + timedelta(days=day)
        span = words.span(start, start + minutes(30), zone, NOW)
        first, dash, last = span.text.partition("-")
        assert dash
        assert first.endswith(start.astimezone(ZoneInfo(zone)).strftime(":%M"))
        assert (start + minutes(30)).astimezone(ZoneInfo(zone)).strftime(":%M") in last


def test_days_and_weekdays_are_named() -> None:
    assert EN.date(date(2026, 11, 30), date(2026, 11, 25)) == "Mon 30 Nov"
    assert RU.date(date(2027, 1, 4), date(2026, 11, 25)) == "пн 4 янв. 2027"
    assert [EN.weekday(0), EN.weekday(6), RU.weekday(0)] == ["Mon", "Sun", "пн"]


# Time left


@pytest.mark.parametrize(
    ("span", "english", "russian"),
    [
        (minutes(42), "in 42 min", "через 42 мин"),
        (minutes(42) + timedelta(seconds=49), "in 42 min", "через 42 мин"),
        (minutes(60) - timedelta(milliseconds=1), "in 60 min", "через 60 мин"),
        (minutes(60) - timedelta(seconds=10), "in 60 min", "через 60 мин"),
        (minutes(60) - timedelta(seconds=10, milliseconds=1), "in 59 min", "через 59 мин"),
        (minutes(10) - timedelta(milliseconds=1), "in 9 min", "через 9 мин"),
        (minutes(60), "in 60 min", "через 60 мин"),
        (minutes(61), "in 1 h 1 min", "через 1 ч 1 мин"),
        (minutes(120), "in 2 h", "через 2 ч"),
        (minutes(310), "in 5 h 10 min", "через 5 ч 10 мин"),
        (minutes(24 * 60), "in 24 h", "через 24 ч"),
        (minutes(48 * 60) - timedelta(seconds=11), "in 47 h 59 min", "через 47 ч 59 мин"),
        (minutes(48 * 60 + 59), "in 2 d", "через 2 д"),
        (minutes(51 * 60), "in 2 d 3 h", "через 2 д 3 ч"),
        (timedelta(seconds=59), "in under a minute", "меньше чем через минуту"),
        (timedelta(0), "now", "сейчас"),
        (timedelta(milliseconds=-1), "1 min ago", "1 мин назад"),
        (-minutes(42), "42 min ago", "42 мин назад"),
        (-minutes(42) - timedelta(seconds=1), "43 min ago", "43 мин назад"),
        (-minutes(51 * 60 + 1), "2 d 4 h ago", "2 д 4 ч назад"),
    ],
)
def test_time_left_is_rounded_down_but_for_seconds_and_time_overdue_up(
    span: timedelta, english: str, russian: str
) -> None:
    assert (EN.left(span), RU.left(span)) == (english, russian)


@given(seconds=st.integers(min_value=-400 * 86400, max_value=400 * 86400))
def test_time_left_flatters_by_ten_seconds_at_most_and_never_in_the_last_minutes(seconds: int) -> None:
    shown = shown_minutes(EN.left(timedelta(seconds=seconds)))
    assert shown * 60 <= seconds + (10 if seconds >= 600 else 0)
    assert seconds - shown * 60 < (3600 if abs(seconds) >= 47 * 3600 else 60)


@pytest.mark.parametrize("count", [52, 95])
def test_time_left_is_not_worded_by_babel_which_rounds_to_whole_hours(count: int) -> None:
    assert format_timedelta(minutes(count), locale="en") in ("1 hour", "2 hours")
    assert shown_minutes(EN.left(minutes(count))) == count


# Lengths and shares


@pytest.mark.parametrize(
    ("span", "shown", "exact"),
    [
        (timedelta(0), "0 min", "0 min"),
        (timedelta(seconds=40), "40 s", "40 s"),
        (minutes(10), "10 min", "10 min"),
        (minutes(190), "3 h 10 min", "3 h 10 min"),
        (timedelta(hours=45), "45 h", "45 h"),
        (timedelta(hours=1, seconds=59, milliseconds=999), "1 h", "1 h 59 s"),
        (timedelta(minutes=9, seconds=48), "9 min", "9 min 48 s"),
    ],
)
def test_a_length_is_in_hours_and_never_in_days(span: timedelta, shown: str, exact: str) -> None:
    assert (EN.duration(span), EN.duration(span, exact=True)) == (shown, exact)


def test_a_negative_length_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be negative"):
        EN.duration(-minutes(1))


@pytest.mark.parametrize(
    ("share", "english", "russian"),
    [
        (41 / 43, "95.3 %", "95,3 %"),
        (1.0, "100.0 %", "100,0 %"),
        (9999 / 10000, "99.9 %", "99,9 %"),
        (0.57, "57.0 %", "57,0 %"),
        (0.0, "0.0 %", "0,0 %"),
    ],
)
def test_a_share_has_one_decimal_and_is_never_rounded_up(share: float, english: str, russian: str) -> None:
    assert (EN.percent(share), RU.percent(share)) == (english, russian)


def test_values_of_the_code_have_names() -> None:
    assert [EN.priority("CRITICAL"), EN.metric("RESPONSE"), EN.state("open")] == [
        "Critical",
        "first answer",
        "waiting for our answer",
    ]


def test_the_first_message_reads_as_promised() -> None:
    due = datetime(2026, 11, 25, 10, 5, 30, tzinfo=UTC)
    assert window(EN, due) == "Answer guaranteed by 11:05 Berlin (in 60 min). Ann answers. T-42, Medium."
    assert window(RU, due) == (
        "Гарантируем ответ до 11:05 Берлин (через 60 мин). Отвечает Ann. T-42, приоритет: средний."
    )


def window(words: Words, due: datetime) -> str:
    return words.text(
        "window.in_hours",
        due=words.moment(due, BERLIN, NOW),
        left=words.left(due - NOW),
        who="Ann",
        ref="T-42",
        priority=words.priority("MEDIUM"),
    )


def shown_minutes(left: str) -> int:
    """The minutes that an English "in 5 h 10 min" or "2 d 3 h ago" says; less than nothing where overdue."""
    if left in ("now", "in under a minute"):
        return 0
    parts = left.removeprefix("in ").removesuffix(" ago").split()
    units = {"d": 1440, "h": 60, "min": 1}
    total = sum(int(count) * units[unit] for count, unit in zip(parts[::2], parts[1::2], strict=True))
    return -total if left.endswith(" ago") else total


def catalogue_file(folder: Path, locale: str, entries: str) -> None:
    file = folder / locale / "LC_MESSAGES" / "pledge.po"
    file.parent.mkdir(parents=True)
    file.write_text(f'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n{entries}', encoding="utf-8")
