"""When a manager is nudged: lead times of clients and people, quiet hours, and who hears it instead."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bot.text import plain
from tests.harness import STAFF, bot_in_a_box, client

OPENED = "2025-03-13T12:00+03:00"  # a Thursday; 001 promises an hour of working time


def staff(**lines: str) -> str:
    """The staff with further lines for some of them."""
    text = STAFF
    for key, more in lines.items():
        text = text.replace(f'id = "{key}"\n', f'id = "{key}"\n{more}\n')
    return text


async def asked(bot: Any, *, of: str = "acme", text: str = "Postbacks stopped arriving") -> None:
    await bot.say(of, f"{of}/ann", text)


async def told(bot: Any, to: str, room: str) -> list[str]:
    """What a room reads until then, as `12:30 Due ...`."""
    await bot.forward(to=to)
    return [f"{p.at + timedelta(hours=3):%a %H:%M} {p.text}" for p in bot.channel.posts if p.room == room]


def starts(lines: list[str], *expected: str) -> bool:
    assert [line[: len(want)] for line, want in zip(lines, expected, strict=False)] == list(expected), lines
    assert len(lines) == len(expected), lines
    return True


async def test_a_clients_lead_times_replace_those_of_the_agreement() -> None:
    more = 'nudges = { shares = [], before = ["20m", "5m"] }'
    async with bot_in_a_box(OPENED, client(more=more)) as bot:
        await asked(bot)
        lines = await told(bot, "2025-03-13T12:59+03:00", "dm:mia")
        assert starts(lines[-2:], "Thu 12:40 Due", "Thu 12:55 Due")


async def test_a_managers_own_lead_times_come_on_top_for_the_tickets_that_are_his() -> None:
    async with bot_in_a_box(OPENED) as bot:
        await bot.apply_roster(staff(ben='nudges = { before = ["15m"] }') + client())
        await asked(bot)
        assert [line[:9] for line in await told(bot, "2025-03-13T12:31+03:00", "dm:mia")][-1] == "Thu 12:30"
        await bot.say("team:support", "ben", "/take T-42")
        lines = await told(bot, "2025-03-13T12:59+03:00", "dm:ben")
        assert starts(lines, "Thu 12:45 Due", "Thu 12:48 Due")


async def test_a_roster_that_changes_a_clients_nudges_reaches_open_tickets_without_loss_or_repetition() -> None:
    async with bot_in_a_box(OPENED) as bot:
        await asked(bot)
        assert len(await told(bot, "2025-03-13T12:35+03:00", "dm:mia")) == 1
        await bot.apply_roster(STAFF + client(more='nudges = { before = ["50m", "20m"] }'))
        lines = await told(bot, "2025-03-13T12:59+03:00", "dm:mia")
        assert starts(lines, "Thu 12:30 Due", "Thu 12:40 Due", "Thu 12:48 Due")
        await bot.apply_roster(STAFF + client(more='nudges = { before = ["50m", "20m"], repeat_every = "10m" }'))
        lines = await told(bot, "2025-03-13T13:11+03:00", "dm:mia")
        assert starts(lines[3:], "Thu 13:00", "Thu 13:10 Overdue")


async def test_who_wants_no_early_nudges_still_gets_the_last_one() -> None:
    async with bot_in_a_box(OPENED) as bot:
        await bot.apply_roster(staff(mia='nudges = { no_earlier = "5m" }') + client())
        await asked(bot)
        assert starts(await told(bot, "2025-03-13T12:59+03:00", "dm:mia"), "Thu 12:48 Due")


# Quiet hours -----------------------------------------------------------------------------------------------------

ASLEEP = 'nudges = { quiet = "12:20-12:45" }'


async def test_a_nudge_waits_for_the_end_of_the_quiet_hours_where_the_deadline_lies_behind_it() -> None:
    async with bot_in_a_box(OPENED) as bot:
        await bot.apply_roster(staff(mia=ASLEEP) + client())
        await asked(bot)
        await bot.forward(to="2025-03-13T12:40+03:00")
        assert not bot.posts("dm:mia") and not bot.posts("dm:ben") and not bot.posts("team:support")
        lines = await told(bot, "2025-03-13T12:59+03:00", "dm:mia")
        assert starts(lines, "Thu 12:45 Due 13:00", "Thu 12:48 Due")


async def test_a_nudge_that_waits_outlives_what_else_happens_to_its_ticket() -> None:
    async with bot_in_a_box(OPENED) as bot:
        await bot.apply_roster(staff(mia=ASLEEP) + client())
        await asked(bot)
        await bot.forward(to="2025-03-13T12:35+03:00")
        await bot.say("acme", "acme/ann", "/urgency risk of downtime")
        await bot.say("team:support", "lea", "/note T-42 somebody should look")
        lines = await told(bot, "2025-03-13T12:46+03:00", "dm:mia")
        assert any(line.startswith("Thu 12:45 Due") for line in lines), lines


async def test_an_answer_takes_back_the_nudge_that_waits() -> None:
    async with bot_in_a_box(OPENED) as bot:
        await bot.apply_roster(staff(mia=ASLEEP) + client())
        await asked(bot)
        await bot.forward(to="2025-03-13T12:35+03:00")
        await bot.say("team:support", "ben", "/eta T-42 15:00")
        assert not [line for line in await told(bot, "2025-03-13T13:00+03:00", "dm:mia") if "Due" in line]


async def test_what_is_due_before_the_end_of_the_quiet_hours_goes_to_who_is_awake() -> None:
    async with bot_in_a_box(OPENED) as bot:
        await bot.apply_roster(staff(mia='nudges = { quiet = "12:20-14:00" }') + client())
        await asked(bot)
        lines = await told(bot, "2025-03-13T12:59+03:00", "dm:ben")
        assert starts(lines, "Thu 12:30 Due 13:00", "Thu 12:48 Due 13:00")
        assert "For Mia, who has quiet hours now." in lines[0]
        assert not bot.posts("dm:mia")


async def test_an_aim_that_passes_in_quiet_hours_waits_for_nobody() -> None:
    """Due 12:30, aimed at 12:15: it is Ben's while Mia sleeps, though she wakes before it is due."""
    acme = client(agreement="infopromo", plan="premium")
    async with bot_in_a_box(OPENED, acme) as bot:
        await bot.apply_roster(staff(mia='nudges = { quiet = "12:05-12:20" }') + acme)
        await asked(bot)
        assert any("12:15" in line for line in await told(bot, "2025-03-13T12:15+03:00", "dm:ben"))


async def test_with_everybody_asleep_the_teams_room_hears_it_then_the_manager_himself() -> None:
    quiet = 'nudges = { quiet = "12:20-14:00" }'
    async with bot_in_a_box(OPENED) as bot:
        await bot.apply_roster(staff(mia=quiet, ben=quiet) + client())
        await asked(bot)
        assert starts(await told(bot, "2025-03-13T12:31+03:00", "team:support"), "Thu 12:30 Due 13:00")
        without_team = staff(mia=quiet, ben=quiet, lea=quiet).partition("[[teams]]")[0]
        await bot.apply_roster(without_team + client())
        assert starts(await told(bot, "2025-03-13T12:49+03:00", "dm:mia"), "Thu 12:48 Due 13:00")


async def test_a_breach_is_told_in_quiet_hours_too() -> None:
    async with bot_in_a_box(OPENED) as bot:
        await bot.apply_roster(staff(mia='nudges = { quiet = "12:20-14:00" }') + client())
        await asked(bot)
        lines = await told(bot, "2025-03-13T13:01+03:00", "dm:mia")
        assert len(lines) == 1 and lines[0].startswith("Thu 13:00")


async def test_a_critical_ticket_disturbs_at_night() -> None:
    """003, level 1: acknowledged within 15 minutes of elapsed time, at three in the morning too."""
    async with bot_in_a_box("2025-03-13T03:00+03:00") as bot:
        await bot.apply_roster(
            staff(mia='nudges = { quiet = "22:00-07:00" }') + client(agreement="infopromo", plan="premium")
        )
        await asked(bot)
        await bot.say("acme", "acme/ann", "/urgency level 1")
        lines = await told(bot, "2025-03-13T03:14+03:00", "dm:mia")
        assert any("Due 03:15" in line for line in lines), lines


async def test_an_elapsed_window_at_night_goes_to_somebody_awake() -> None:
    """003, level 2: acknowledged within 30 minutes of elapsed time; the manager sleeps, his backup does not."""
    async with bot_in_a_box("2025-03-13T03:00+03:00") as bot:
        await bot.apply_roster(
            staff(mia='nudges = { quiet = "22:00-07:00" }') + client(agreement="infopromo", plan="premium")
        )
        await asked(bot)
        await bot.forward(to="2025-03-13T03:29+03:00")
        assert bot.posts("dm:ben") and not bot.posts("dm:mia")


# Seen -------------------------------------------------------------------------------------------------------------


async def overdue(bot: Any, until: str) -> list[str]:
    """The times at which the manager was reminded of the late ticket."""
    return [line[4:9] for line in await told(bot, until, "dm:mia") if "Overdue" in line]


async def test_who_has_seen_a_late_ticket_is_left_in_peace_and_its_ladder_goes_on() -> None:
    async with bot_in_a_box(OPENED) as bot:
        await asked(bot)
        assert await overdue(bot, "2025-03-13T13:31+03:00") == ["13:30"]
        receipt = await bot.press("dm:mia", "mia", "Seen")
        assert plain(receipt.told).startswith("Reminders of T-42 rest until the client writes")
        client_reads = len(bot.posts("acme"))
        assert await overdue(bot, "2025-03-13T15:05+03:00") == ["13:30"]
        assert any(text.startswith("Level 3") for text in bot.posts("dm:lea")), "the ladder goes on"
        assert len(bot.posts("acme")) > client_reads, "what the client was promised to hear he hears"


async def test_reminders_begin_again_when_the_client_writes() -> None:
    async with bot_in_a_box(OPENED) as bot:
        await asked(bot)
        await bot.forward(to="2025-03-13T13:31+03:00")
        await bot.press("dm:mia", "mia", "Seen")
        await bot.say("acme", "acme/ann", "thanks")
        assert await overdue(bot, "2025-03-13T14:01+03:00") == ["13:30"]
        await bot.say("acme", "acme/ann", "It still fails, and now the exports too")
        assert (await overdue(bot, "2025-03-13T14:35+03:00"))[-1] == "14:30"


async def test_a_ticket_that_was_taken_early_is_reminded_of_once_it_is_late() -> None:
    """Alerts that stop once somebody is assigned are the bug of others."""
    async with bot_in_a_box(OPENED) as bot:
        await asked(bot)
        await bot.say("dm:mia", "mia", "/take T-42")
        assert await overdue(bot, "2025-03-13T13:31+03:00") == ["13:30"]


async def test_a_clients_word_goes_on_where_reminders_are_limited() -> None:
    async with bot_in_a_box(OPENED, client(more="nudges = { repeat_at_most = 1 }")) as bot:
        await asked(bot)
        assert await overdue(bot, "2025-03-13T14:05+03:00") == ["13:30"]
        assert [p.at for p in bot.channel.posts if p.room == "acme"][-1] == bot.moment("2025-03-13T14:00+03:00")


async def test_where_seen_is_an_acknowledgement_the_client_hears_of_it() -> None:
    """003: "we will acknowledge": it is the client who was promised that."""
    async with bot_in_a_box("2025-03-13T12:00+03:00", client(agreement="infopromo", plan="premium")) as bot:
        await asked(bot)
        await bot.say("dm:mia", "mia", "/seen T-42")
        assert bot.last("acme") == "Mia has seen it. T-42"
        await bot.say("dm:mia", "mia", "/seen T-42")
        assert bot.posts("acme").count("Mia has seen it. T-42") == 1


# The path ---------------------------------------------------------------------------------------------------------


async def test_a_test_nudge_says_by_which_path_it_came() -> None:
    async with bot_in_a_box(OPENED) as bot:
        await bot.say("dm:mia", "mia", "/testnudge")
        test, answer = sorted(bot.posts("dm:mia"), key=lambda text: "on its way" in text)
        assert test.startswith("A test by fake, Mia") and "T-0: 'The export fails'" in test
        assert answer == "A test nudge is on its way by fake, Mia."
