"""Words that speak of a time and of nothing else, whether or not anybody can tell which."""

from __future__ import annotations

import pytest

from bot.when import speaks_only_of_time


@pytest.mark.parametrize(
    "words",
    [
        *(
            "Monday",
            "Tue 10:00",
            "31 Feb",
            "half past 3",
            "502",
            "tomorrow at 4",
            "end of next month",
            "not before Tuesday",
        ),
        *("10:00 or 11:00 IST", "Monday or Tuesday afternoon in London", "10:00, London time", "Tue 9:30 my time"),
        *("Monday or Tuesday", "Mon - Wed, 10.30", "from 9am to 11am"),
        *("вт или ср", "в конце месяца", "на следующей неделе или позже", "в 3", "не раньше среды", "вт 10-30"),
    ],
)
def test_a_time_is_nothing_but_a_time(words: str) -> None:
    assert speaks_only_of_time(words, "ru" if any("а" <= each <= "я" for each in words.lower()) else "en")


@pytest.mark.parametrize(
    "words",
    [
        *("", "502 bad gateway", "404 errors", "10 campaigns", "3/4 of our conversions", "Monday all is lost", "100%"),
        *("10:00 IST nothing works", "Tuesday in London nothing works", "10:00 CET since postbacks stopped"),
        *("today nothing works", "since 9am no clicks", "theatre on Monday", "Monday?! everything", "not working"),
        *("2 домена не открываются", "сегодня не работает", "в 15:00 упало", "утром сервер", "500 ошибка"),
    ],
)
def test_words_beside_a_time_are_more_than_a_time(words: str) -> None:
    assert not speaks_only_of_time(words, "ru" if any("а" <= each <= "я" for each in words.lower()) else "en")
