"""How commands are spelled in what people read: what is shown can be said as it stands, on that channel."""

from __future__ import annotations

import pytest
from harness import bot_in_a_box

from bot.desk.rules import Rules
from bot.platforms import slashless

START = "2026-11-24T12:00+03:00"
SLASHLESS = Rules(first_ref=42, slashless=frozenset({"fake"}))


@pytest.mark.parametrize(("rules", "prefix"), [(Rules(first_ref=42), "/"), (SLASHLESS, "@Pledge ")])
async def test_help_says_how_commands_begin_here_and_its_example_works(rules: Rules, prefix: str) -> None:
    async with bot_in_a_box(START, rules=rules) as bot:
        await bot.say("acme", "acme/ann", "the export fails")
        await bot.say("acme", "acme/ann", f"{prefix}help")
        line = bot.last("acme").splitlines()[1].removeprefix("Say them like this: ")
        shown, _, hint = line.partition(" This works in threads too")
        assert shown == f"{prefix}escalate the funnels are still down"
        assert bool(hint) == (rules is SLASHLESS), "only where slash commands stop at a thread"
        await bot.say("acme", "acme/ann", shown)
        assert (await bot.page("T-42")).standing.escalation > 0


@pytest.mark.parametrize(("rules", "prefix"), [(Rules(first_ref=42), "/"), (SLASHLESS, "@Pledge ")])
async def test_a_refusal_shows_an_example_as_it_is_said_here(rules: Rules, prefix: str) -> None:
    async with bot_in_a_box(START, rules=rules) as bot:
        await bot.say("acme", "acme/ann", "@Pledge hours tomorrow")
        assert bot.last("acme") == f"'tomorrow' is not needed here. This works: {prefix}hours."
        await bot.say("acme", "acme/ann", "@Pledge help new")
        assert bot.last("acme").endswith(f"Example: {prefix}new the report shows no clicks")


async def test_in_a_direct_chat_help_says_that_a_name_is_enough() -> None:
    async with bot_in_a_box(START, rules=SLASHLESS) as bot:
        await bot.say("dm:mia", "mia", "help")
        assert "A name alone is enough" in bot.last("dm:mia")


async def test_what_is_said_to_plain_words_in_a_direct_chat_works_there() -> None:
    async with bot_in_a_box(START, rules=SLASHLESS) as bot:
        await bot.say("dm:mia", "mia", "is anybody there?")
        assert bot.last("dm:mia").endswith("help lists what works here.") and "/" not in bot.last("dm:mia")


def test_one_platform_keeps_the_slash_for_itself() -> None:
    assert slashless() == {"slack"}
