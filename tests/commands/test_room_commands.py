"""`/hours`, `/language`, `/whoami`, `/help`: what a room says about itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from babel.core import Locale
from fakes import CLIENT_ROOM, COLLEAGUE, DIRECT, NOW, POLICY, STAFF, WORDS, FakeDesk, tell

from bot.commands.language import own_name
from bot.sla.calendar import WEEKDAYS, Calendar, Closure, Holiday, parse_hours
from bot.sla.policy import Policy

HOUR = timedelta(hours=1)


def keeping(calendar: Calendar) -> Policy:
    return replace(POLICY, calendar=calendar)


def hours(text: str, zone: str = "Etc/GMT-3", **more: object) -> Policy:
    week = {day: [parse_hours(part) for part in text.split()] for day in WEEKDAYS[:5]}
    calendar = Calendar(name="x", zone=zone, week=week, working_day=9 * HOUR, **more)
    return keeping(calendar)


def test_the_hours_are_read_on_the_clients_own_clock() -> None:
    # 10:00-19:00 in GMT+3 is 08:00-17:00 in Berlin, in winter.
    assert tell(FakeDesk(), "/hours") == (
        "Open now, until 17:00 Berlin. Ann answers.\nHours, Berlin\nMon-Fri 08:00-17:00\nSat-Sun closed"
    )


def test_in_the_evening_the_next_opening_is_named() -> None:
    desk = FakeDesk(now=NOW + 8 * HOUR)
    assert tell(desk, "/hours").startswith("Opens Mon 08:00 Berlin. Ann answers then.\n")


def test_open_lasts_until_the_break_not_until_the_evening() -> None:
    desk = FakeDesk(policy=hours("10:00-13:00 14:00-19:00"))
    said = tell(desk, "/hours").split("\n")
    assert said[0] == "Open now, until 11:00 Berlin. Ann answers."
    assert said[2] == "Mon-Fri 08:00-11:00, 12:00-17:00"


def test_hours_that_begin_on_the_eve_belong_to_the_day_they_open_on() -> None:
    # 10:00-19:00 in Kiritimati (GMT+14) is 21:00-06:00 in Berlin, from Sunday evening on.
    said = tell(FakeDesk(policy=hours("10:00-19:00", "Pacific/Kiritimati")), "/hours").split("\n")
    assert said[2:] == ["Mon-Thu 21:00-06:00", "Fri-Sat closed", "Sun 21:00-06:00"]


def test_hours_until_midnight_end_at_24() -> None:
    said = tell(FakeDesk(policy=hours("10:00-24:00", "Europe/Berlin")), "/hours")
    assert "Mon-Fri 10:00-24:00" in said


def test_exceptions_of_the_next_thirty_days_are_listed() -> None:
    policy = hours(
        "10:00-19:00",
        holidays=(
            Holiday(date(2026, 11, 19), date(2026, 11, 19), "Yesterday"),
            Holiday(date(2026, 12, 1), date(2026, 12, 1), "Union Day"),
            Holiday(date(2026, 12, 18), date(2026, 12, 21), "Long Weekend"),
            Holiday(date(2026, 12, 25), date(2026, 12, 25), "Christmas"),
        ),
        overrides={date(2026, 11, 28): [parse_hours("12:00-15:00")], date(2026, 11, 30): []},
        closures=(
            Closure(datetime(2026, 11, 24, 8, tzinfo=UTC), datetime(2026, 11, 24, 9, 30, tzinfo=UTC), "Fire drill"),
        ),
    )
    assert tell(FakeDesk(policy=policy), "/hours").split("\n")[4:] == [
        "Tue 1 Dec closed: Union Day",
        "Fri 18 Dec-Mon 21 Dec closed: Long Weekend",
        "Sat 28 Nov 10:00-13:00",
        "Mon 30 Nov closed",
        "Closed from Tue 09:00 Berlin to Tue 10:30 Berlin: Fire drill",
    ]


def test_day_and_night_needs_no_table() -> None:
    always = Calendar(
        name="x",
        zone="UTC",
        week={day: [parse_hours("00:00-24:00")] for day in WEEKDAYS},
        working_day=24 * HOUR,
    )
    assert tell(FakeDesk(policy=keeping(always)), "/hours") == "Open day and night, every day."


def test_without_an_agreement_there_are_no_hours() -> None:
    assert tell(FakeDesk(policy=None), "/hours") == "No agreement is in force for this room."


def test_without_a_manager_the_team_answers() -> None:
    assert "The team answers." in tell(FakeDesk(people=()), "/hours")
    assert "The team answers." in tell(FakeDesk(people=()), "/whoami")


@pytest.mark.parametrize(
    ("written", "locale"),
    [
        ("ru", "ru"),
        ("RU", "ru"),
        ("ru-RU", "ru"),
        ("ru_RU", "ru"),
        ("russian", "ru"),
        ("Русский", "ru"),
        ("по-русски", "ru"),
        ("en", "en"),
        ("english", "en"),
        ("английский", "en"),
    ],
)
def test_a_language_is_known_by_its_names(written: str, locale: str) -> None:
    desk = FakeDesk()
    assert tell(desk, f"/language {written}") == f"This room reads {own_name(locale)} from now on."
    assert desk.done == [("set_language", locale)]


def test_an_unknown_language_is_answered_with_what_there_is() -> None:
    desk = FakeDesk()
    assert tell(desk, "/language klingon") == "There is no language 'klingon' here. One of: English, Русский."
    assert desk.done == []


def test_without_a_name_the_others_are_offered() -> None:
    assert tell(FakeDesk(), "/lang") == "This room reads English. Also here: Русский.\n[Русский]"


def test_a_regional_locale_goes_by_its_language() -> None:
    desk = FakeDesk(room=replace(CLIENT_ROOM, locale="ru-RU"))
    assert tell(desk, "/language").startswith("Язык этой комнаты: Русский.")


@pytest.mark.parametrize("locale", sorted(WORDS.locales))
def test_every_language_has_a_name_of_its_own(locale: str) -> None:
    assert own_name(locale).casefold() == (Locale.parse(locale).language_name or "").casefold()


def test_a_contact_reads_who_he_is_and_what_holds() -> None:
    assert tell(FakeDesk(), "/whoami") == (
        "Carol, contact.\nThis room: client room, inapp, Berlin, English.\nAgreement: Office Agreement. Ann answers."
    )


def test_a_plan_is_named_with_its_agreement() -> None:
    said = tell(FakeDesk(policy=replace(POLICY, plan="gold")), "/whoami")
    assert "Agreement: Office Agreement (gold)." in said


def test_an_unlisted_colleague_reads_the_account_to_list() -> None:
    said = tell(FakeDesk(COLLEAGUE), "/whoami").split("\n")
    assert said[:2] == ["Bob, contact.", "Nobody is listed under this account: inapp u-bob."]


def test_staff_in_a_direct_chat_reads_no_agreement() -> None:
    said = tell(FakeDesk(STAFF, DIRECT, policy=None), "/whoami")
    assert said == "Ann, manager.\nThis room: direct chat, inapp, GMT+3, English."


@pytest.mark.parametrize("command", ["hours", "whoami"])
def test_what_takes_no_argument_says_so(command: str) -> None:
    said = tell(FakeDesk(), f"/{command} tomorrow")
    assert said == f"'tomorrow' is not needed here. This works: {command}."


def test_help_lists_what_works_here_for_the_asker() -> None:
    assert tell(FakeDesk(), "/help").split("\n") == [
        "Write in plain words; a person answers. Commands here",
        "Say them like this: escalate the funnels are still down",
        "book-call - book a call with your manager",
        "calls - the calls that are booked",
        "escalate - call the next level in",
        "help - what works here",
        "hours - when we answer",
        "language - choose the language of this room",
        "new - open a separate ticket",
        "reopen - open a closed ticket again",
        "resolve - close a ticket as resolved",
        "status - what is open, who has it and by when",
        "urgency - say how bad it is",
        "whoami - who you are here",
    ]


@pytest.mark.parametrize("asked", ["escalate", "/escalate", "Escalate"])
def test_help_explains_one_command_with_an_example(asked: str) -> None:
    assert tell(FakeDesk(), f"/help {asked}") == (
        "escalate - call the next level in\nExample: escalate T-42 the funnels are still down"
    )


def test_help_of_what_the_asker_may_not_say_is_unknown() -> None:
    assert tell(FakeDesk(), "/help sla") == "There is no command 'sla'. help lists what works here."
    assert tell(FakeDesk(), "/help stauts") == "There is no command 'stauts'. The nearest is status."


def test_a_cry_for_help_gets_the_general_help() -> None:
    assert tell(FakeDesk(), "/help us please").startswith("Write in plain words; a person answers.")
