"""Cover: while a manager is away his backup is told, and nothing of what the client was promised moves."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from harness import bot_in_a_box, client

from bot.desk.staff.cover import Because, Covered, answers
from bot.duty import Origin
from bot.sla.policy import Metric
from bot.store.tx import Tx

# Thursday, 20 November 2025, 12:00 in the manager's zone; the agreement's hours are 10:00-19:00.
THURSDAY = "2025-11-20T12:00+03:00"


async def is_away(bot: Any, *names: str, since: str, until: str | None = None, note: str = "") -> None:
    """These people are away, as if they had said so."""

    def work(tx: Tx) -> None:
        for name in names:
            person = tx.people.person_by_key(name)
            assert person is not None
            end = None if until is None else bot.moment(until)
            tx.duty.add_absence(person.id, bot.moment(since), end, bot.clock.now, origin=Origin.CHAT, note=note)

    await bot.store.write(work)


async def covered(bot: Any, ref: str = "T-42") -> Covered | None:
    page = await bot.page(ref)
    found: Covered | None = await bot.read(lambda tx: answers(tx, page.ticket, bot.clock.now))
    return found


async def test_while_the_manager_is_away_the_backup_is_nudged() -> None:
    async with bot_in_a_box(THURSDAY) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await is_away(bot, "mia", since=THURSDAY, until="2025-11-24T10:00+03:00")
        await bot.forward(by=timedelta(minutes=31))
        assert not bot.posts("dm:mia")
        assert "T-42" in bot.last("dm:ben")


async def test_an_absence_moves_no_due_moment() -> None:
    async with bot_in_a_box(THURSDAY) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        before = await bot.timed("T-42", Metric.RESPONSE)
        await is_away(bot, "mia", "ben", since=THURSDAY)
        assert await bot.timed("T-42", Metric.RESPONSE) == before


async def test_the_client_s_people_step_in_by_order_then_the_lead_then_nobody() -> None:
    async with bot_in_a_box(THURSDAY) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        monday = datetime.fromisoformat("2025-11-24T10:00+03:00")
        who = await covered(bot)
        assert who is not None and (who.person.key, who.because, who.until) == ("mia", Because.OWNER, None)
        await is_away(bot, "mia", since=THURSDAY, until="2025-11-24T10:00+03:00")
        who = await covered(bot)
        assert who is not None and (who.person.key, who.because, who.until) == ("ben", Because.ABSENT, monday)
        assert who.instead_of is not None and who.instead_of.key == "mia"
        await is_away(bot, "ben", since=THURSDAY)
        who = await covered(bot)
        assert who is not None and (who.person.key, who.because) == ("lea", Because.NOBODY_NEARER)
        await is_away(bot, "lea", since=THURSDAY)
        assert await covered(bot) is None


async def test_a_level_whose_person_is_away_passes_to_the_next() -> None:
    """004's ladder calls a technician first; Tom is away, and the next graver role is the supervisor's."""
    async with bot_in_a_box(THURSDAY, client(agreement="poologics")) as bot:
        await bot.say("acme", "acme/ann", "nothing works")
        await is_away(bot, "tom", since=THURSDAY)
        await bot.say("acme", "acme/ann", "/escalate")
        assert not bot.posts("dm:tom")
        assert "T-42" in bot.last("dm:sue")


async def test_a_manager_who_is_away_has_no_free_time_for_calls() -> None:
    async with bot_in_a_box(THURSDAY) as bot:
        await is_away(bot, "mia", since=THURSDAY, until="2025-12-01T10:00+03:00")
        await bot.say("acme", "acme/ann", "/book-call")
        offered = bot.channel.posts[-1].buttons
        times = [label for label in offered if ":" in label]
        assert times and all(label.startswith("Ben, ") or "Dec" in label for label in times), offered


async def test_while_everybody_is_away_a_window_names_nobody_who_is() -> None:
    async with bot_in_a_box(THURSDAY) as bot:
        await is_away(bot, "mia", "ben", "lea", since=THURSDAY, until="2025-11-24T10:00+03:00")
        await bot.say("acme", "acme/ann", "postbacks stopped")
        assert "Our team answers." in bot.last("acme")
        assert not any(name in bot.last("acme") for name in ("Mia", "Ben", "Lea"))
