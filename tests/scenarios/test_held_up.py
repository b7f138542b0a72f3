"""What a client reads that was held up on its way until the time it names was over: it promises nothing any more."""

from __future__ import annotations

import string
from datetime import UTC, datetime, timedelta

import pytest
from harness import WORDS, Bot, bot_in_a_box, client

from bot.channels.base import InboundKind, News, NewsKind
from bot.desk.promises import PAST, bounded
from bot.notice import At, Left, Notice, render, say
from bot.text import plain

START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)  # noon in the client's zone
HERE = client(zone="Etc/GMT-3")

# Texts with a `{left}` that no client reads, that are true before and after their time, or that count a length of time.
STAFF = (
    "split.staff", "day.", "nudge", "together.", "objective.missed", "progress.nudge", "progress.draft_eta",
    "bare_reply", "eta.told", "eta.untold", "eta.reminder", "breach.staff", "shortfall.staff", "escalated.staff",
    "sla.", "tickets.", "handover.ticket", "priority_changed.staff", "call.soon.staff",
)  # fmt: skip
TIMELESS = (
    "status.line", "status.aimed", "status.held", "window.held_up", "window.past", "hold.client_granted",
    "hold.third_party_granted", "eta.held_up", "eta.held_up_moved",
)  # fmt: skip


async def lost(bot: Bot) -> int:
    """The client's room cannot be reached from now on; how much was said in it before."""
    await bot.say("acme", "", "", kind=InboundKind.ROOM, news=News(NewsKind.LOST, "kicked"))
    return len(bot.posts("acme"))


async def back(bot: Bot, seen: int, after: timedelta) -> list[str]:
    """What it reads when it can be reached again."""
    await bot.forward(by=after)
    await bot.say("acme", "", "", kind=InboundKind.ROOM, news=News(NewsKind.BACK))
    await bot.settle()
    return bot.posts("acme")[seen:]


@pytest.mark.parametrize(
    ("commands", "told"),
    [
        (
            ["/eta T-42 15:00"],
            "The ETA 15:00 GMT+3 has passed (3 h ago): this word was held up on its way. Mia has it. T-42.",
        ),
        (
            ["/eta T-42 15:00", "/eta T-42 16:00 the vendor is slow"],
            "The ETA 16:00 GMT+3 has passed (2 h ago), it was 15:00 GMT+3: the vendor is slow. "
            "This word was held up on its way. Mia has it. T-42.",
        ),
        (["/priority T-42 critical everything is down"], "T-42 is now Service down."),
        (["/hold T-42 client which campaign", "/resume T-42"], "Mia answers; the wait is over. T-42."),
    ],
    ids=lambda value: value[-1] if isinstance(value, list) else "",
)
async def test_no_word_is_a_promise_after_the_time_it_names(commands: list[str], told: str) -> None:
    async with bot_in_a_box(START, HERE) as bot:
        await bot.say("acme", "acme/ann", "the export fails")
        seen = await lost(bot)
        for command in commands:
            await bot.say("dm:mia", "mia", command)
        assert told in "\n".join(await back(bot, seen, timedelta(hours=6)))


async def test_the_same_word_is_a_promise_while_its_time_lies_ahead() -> None:
    async with bot_in_a_box(START, HERE) as bot:
        await bot.say("acme", "acme/ann", "the export fails")
        seen = await lost(bot)
        await bot.say("dm:mia", "mia", "/eta T-42 15:00")
        assert (await back(bot, seen, timedelta(minutes=30)))[0].startswith(
            "Fix expected by 15:00 GMT+3 (in 2 h 30 min)"
        )


async def test_a_wait_that_stops_no_clock_is_told_without_the_time_that_is_over() -> None:
    """003: waiting stops no clock."""
    async with bot_in_a_box(START, client(agreement="infopromo", plan="standard", zone="Etc/GMT-3")) as bot:
        await bot.say("acme", "acme/ann", "the export fails")
        seen = await lost(bot)
        await bot.say("dm:mia", "mia", "/hold T-42 third-party Meta")
        assert (await back(bot, seen, timedelta(hours=2)))[0] == "Waiting for Meta is recorded. T-42."


async def test_of_many_reminders_of_a_missed_time_the_first_is_told_and_what_comes_next() -> None:
    async with bot_in_a_box(START, HERE) as bot:
        await bot.say("acme", "acme/ann", "the export fails")
        seen = await lost(bot)
        told = [line for line in await back(bot, seen, timedelta(days=3)) if "is called in now" not in line]
        missed = "We missed Tue 24 Nov 13:00 GMT+3."
        assert told == [
            f"{missed} Sue has been called. T-42, recorded as missed.",
            f"{missed} Lea has been called. T-42, recorded as missed.",
            f"Next word by 18:00 GMT+3 (in 6 h). {missed} Lea has been called. T-42, recorded as missed.",
        ]


@pytest.mark.parametrize(
    ("after", "later"),
    [(timedelta(hours=1), ["We aim to answer by 12:00 New York (in 60 min)."]), (timedelta(hours=3), [])],
    ids=["first over", "both over"],
)
async def test_of_a_window_that_was_held_up_only_what_still_lies_ahead_is_promised(
    after: timedelta, later: list[str]
) -> None:
    """004, standard: taken up within 20 minutes, an answer aimed at within two hours."""
    async with bot_in_a_box("2025-03-18T10:00-04:00", client(agreement="poologics")) as bot:
        await bot.receive(bot.inbound("acme", "acme/ann", "we can make no estimate"))
        await lost(bot)
        told = (await back(bot, 0, after))[0].splitlines()
        assert told[0].startswith("Overdue since 10:20 New York") and "held up on its way" in told[0]
        assert told[1:] == later


@pytest.mark.parametrize("locale", WORDS.locales)
def test_every_promise_has_words_for_when_its_time_is_over(locale: str) -> None:
    texts = WORDS.locales[locale].templates
    for promise, past in PAST.items():
        given = {"who", *(name for _, name, _, _ in string.Formatter().parse(texts[promise]) if name)}
        told = {name for _, name, _, _ in string.Formatter().parse(texts.get(past, "")) if name}
        assert past in ("", *texts), promise
        assert told <= given, promise


def test_every_text_that_counts_down_is_known_as_a_promise_or_as_none() -> None:
    counting = {key for key, text in WORDS.locales["en"].templates.items() if "{left}" in text}
    promises = counting - {key for key in counting if key.startswith(STAFF)} - set(TIMELESS)
    assert promises <= set(PAST)
    assert set(PAST) <= set(WORDS.locales["en"].templates)


def test_only_a_moment_can_be_over() -> None:
    at = START + timedelta(hours=1)
    notice = bounded(Notice((say("hours.open", until=At(at), left=Left(at), who="Mia"), say("hours.always"))))
    words = WORDS.words("en")
    assert plain(render(notice, words, "UTC", START)).startswith("Open now, until 10:00 UTC. Mia answers.")
    assert plain(render(notice, words, "UTC", at + timedelta(seconds=1))) == "Open day and night, every day."
