"""Who tries what is not his leaves an entry in the audit, and nothing else (S34)."""

from __future__ import annotations

import pytest
from harness import Bot, bot_in_a_box, client

AT = "2025-03-14T12:00+03:00"


async def _audit(bot: Bot) -> list[tuple[str, ...]]:
    def look(tx):
        rows = tx.connection.execute(
            "SELECT client_id, who, what, new FROM audit WHERE who <> 'roster file' ORDER BY id"
        )
        return [tuple(row) for row in rows]

    return await bot.read(look)


@pytest.mark.parametrize(
    ("room", "who", "text", "entry"),
    [
        ("acme", "acme/ann", "/take T-42", (1, "acme/ann", "refused take", "")),
        ("acme", "acme/zed", "/tickets", (1, "acme/zed", "refused tickets", "")),
        ("acme", "mia", "/note T-42 the client shouts", (1, "mia", "refused note", "")),
        ("dm:mia", "mia", "/sla", (0, "mia", "refused sla", "")),
        ("beta", "beta/ann", "/status T-42", (2, "beta/ann", "refused status", "T-42")),
    ],
)
async def test_s34_a_refused_command_is_written_down_with_who_and_what(
    room: str, who: str, text: str, entry: tuple[object, ...]
) -> None:
    async with bot_in_a_box(AT, client("acme"), client("beta")) as bot:
        await bot.say("acme", "acme/ann", "everything is down")
        await bot.say(room, who, text)
        assert await _audit(bot) == [entry]
        assert await bot.read(lambda tx: [list(tx.meta.broken_audit(each)) for each in (0, 1, 2)]) == [[], [], []]


async def test_s34_a_button_that_is_not_his_to_press_is_written_down_too() -> None:
    async with bot_in_a_box(AT, client("acme"), client("beta")) as bot:
        await bot.say("acme", "acme/ann", "everything is down")
        await bot.press("acme", "mia", "Service down")
        assert await _audit(bot) == [(1, "mia", "refused urgency", "")]


@pytest.mark.parametrize("text", ["/status T-4711", "/escalate T-42", "/urgency nonsense", "/frobnicate", "/help take"])
async def test_what_is_allowed_or_a_slip_is_no_denial(text: str) -> None:
    async with bot_in_a_box(AT, client("acme"), client("beta")) as bot:
        await bot.say("acme", "acme/ann", "everything is down")
        await bot.say("acme", "acme/ann", text)
        assert await _audit(bot) == []
