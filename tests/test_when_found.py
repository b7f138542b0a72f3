"""A time promised in free words is found; what only looks like one is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.when.found import promised_time

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
"""Friday noon in GMT+3."""


def clock(hour: int, minute: int = 0, day: int = 20) -> datetime:
    """A moment as the writer's clock shows it."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC) - timedelta(hours=3)


def find(text: str, locale: str = "en") -> datetime | None:
    return promised_time(text, NOW, "Etc/GMT-3", locale, close=lambda at: clock(19))


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("ready by 16:00", clock(16)),
        ("It will be ready by 16:00.", clock(16)),
        ("we'll have it fixed by 4 pm", clock(16)),
        ("by 16:00", clock(16)),
        ("Done by 16.", clock(16)),
        ("no later than 17:30", clock(17, 30)),
        ("not later than 17:30, sorry", clock(17, 30)),
        ("tomorrow noon", clock(12, day=21)),
        ("I will answer tomorrow at 10:00", clock(10, day=21)),
        ("in 2 hours", clock(14)),
        ("back in half an hour", clock(12, 30)),
        ("the fix will be out within 3 hours", clock(15)),
        ("ETA 15:00", clock(15)),
        ("eta: 15:00", clock(15)),
        ("should be done around 18:00", clock(18)),
        ("expect it at 18:00", clock(18)),
        ("by about 16:00 we are done", clock(16)),
        ("It was a cache, but it will be back by 14:30", clock(14, 30)),
        ("We do not know why yet, but the fix is ready by 15:00", clock(15)),
        ("the index is rebuilt by end of day", clock(19)),
        ("ready Monday 10:00", clock(10, day=23)),
        ("postbacks stopped at 9:15. Fixed by 13:00", clock(13)),
        ("> you said 14:00\nready by 16:00", clock(16)),
        ("ready by 4 p.m. New York time", clock(0, day=21)),
        ("ready by 4 p.m. Eastern, I think", clock(0, day=21)),
        ("ready by 16:00 in New York", clock(0, day=21)),
        ("ready by 16:00, New York time", clock(0, day=21)),
        ("ready by 4 p.m. It was a cache", clock(16)),
        ("ready by 16:00 my time zone", clock(16)),
        ("ready by 16:00 or earlier", clock(16)),
        ("fixed in an hour and a half", clock(13, 30)),
        ("fixed in an hour or less", clock(13)),
        ("готово к 16:00 по Нью-Йорку", clock(0, day=21)),
        ("готово к 16:00 в Нью-Йорке", clock(0, day=21)),
        ("буду к 16:00", clock(16)),
        ("Сделаем к 16", clock(16)),
        ("исправим через 2 часа", clock(14)),
        ("будет готово через полчаса", clock(12, 30)),
        ("ответим завтра в 10:00", clock(10, day=21)),
        ("не позже 17:30", clock(17, 30)),
        ("готово будет около 18:00", clock(18)),
        ("успеем до 18:00", clock(18)),
        ("завтра в полдень", clock(12, day=21)),
        ("Не знаем причину, но будет готово к 15:00", clock(15)),
        ("в течение 3 часов восстановим", clock(15)),
    ],
)
def test_a_promised_time_is_found(text: str, at: datetime) -> None:
    assert find(text) == at
    assert find(text, "ru") == at


@pytest.mark.parametrize(
    "text",
    [
        "looking into it",
        "we are on it, thanks",
        "fixed in 2.16",
        "please upgrade to version 16.20",
        "it costs $16.00",
        "the rate grew by 20%",
        "the price fell by 15 dollars",
        "by 20 clicks less than expected",
        "postbacks stopped at 14:00",
        "it was down at 18:00 yesterday",
        "it failed 2 hours ago",
        "we see errors since 16:00",
        "by 9:00 it had recovered",
        "ready by 9:00",
        "2 hours of data are missing",
        "every 2 hours a batch runs",
        "will it be ready by 16:00?",
        "can we talk at 16:00?",
        "a call at 16:00 suits us",
        "it will not be ready by 16:00",
        "we can't make it by 16:00",
        "please send the logs by 16:00",
        "if you answer by 16:00 we can start",
        'you wrote "ready by 16:00"',
        "> ready by 16:00",
        "we work until 18:00",
        "see http://status.example/at/16:00",
        "it is ready by 1/2",
        "support is open 24/7",
        "by Monday",
        "as soon as possible",
        "by 16:00-17:00",
        "by 4:30",
        "on 16.20 it will be fixed",
        "CPC dropped by 12.50 USD",
        "the fee goes by 12.50 per click",
        "score improved by 14.10",
        "score improved by 16.20",
        "ready by 16:00, your time zone",
        "ready by 16:00, your time",
        "ready by 4 p.m. your time",
        "ready by 4 p.m. EST",
        "ready by 16:00 in New York offices",
        "ready by 16:00 on your side",
        "ready by 16:00 Acme time",
        "fixed in an hour or two",
        "fixed in an hour or so",
        "ready in two days or three",
        "ready by 16:00 at the earliest",
        "ready at the earliest at 16:00",
        "fixed in two hours, maybe three",
        "ready by 16:00 at yours",
        "исправим через два часа, может быть три",
        "готово к 16:00 у вас",
        "сделаем самое раннее завтра к 16:00",
        "готово к 16:00 вашего времени",
        "готово к 16:00, по вашему времени",
        "исправим через час-два",
        "исправим через час или два",
        "смотрим",
        "упало в 14:00",
        "выросло в 2 раза",
        "до 100 запросов в минуту",
        "работаем до 18:00",
        "не успеем к 16:00",
        "пришлите логи к 16:00, пожалуйста",
        "вы писали «будет к 16:00»",
        "созвон в 16:00 подойдёт",
        "к 16:00 будет готово?",
        "версия 2.16 выйдет",
        "вчера в 18:00 было то же",
        "было исправлено 2 часа назад",
        "с 9:00 до 18:00 на связи",
    ],
)
def test_what_promises_nothing_gives_nothing(text: str) -> None:
    assert find(text) is None
    assert find(text, "ru") is None
