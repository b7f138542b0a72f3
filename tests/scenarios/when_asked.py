"""A client who was asked when to be called, and what became of it."""

from __future__ import annotations

from harness import Bot

from bot.sla.call import BookedCall

FRIDAY = "2025-03-14T16:00+03:00"
ANN, BOB, MIA, LEA = ("acme", "acme/ann"), ("acme", "acme/bob"), ("dm:mia", "mia"), ("dm:lea", "lea")


async def spoken(bot: Bot, words: str) -> bool:
    """The room's language is that of these words; whether that is Russian."""
    is_russian = any("а" <= letter.lower() <= "я" for letter in words)
    await bot.say(*ANN, "/language ru" if is_russian else "/language en")
    return is_russian


async def asked(bot: Bot, words: str, first: str = "/book-call Mon 09:00") -> None:
    """*Other time* was pressed, in the language of these words; a call that there was is agreed."""
    is_russian = await spoken(bot, words)
    await bot.say(*ANN, first)
    if first != "/book-call":
        await bot.press(*MIA, "Confirm")
    await bot.press(*ANN, "Другое время" if is_russian else "Other time")


async def call(bot: Bot) -> BookedCall | None:
    return await bot.read(lambda tx: tx.calls.get(1))


async def has_ticket(bot: Bot, ref: int = 42) -> bool:
    return await bot.read(lambda tx: tx.tickets.by_ref(ref)) is not None
