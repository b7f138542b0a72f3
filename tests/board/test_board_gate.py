"""The gate of the board over a true store: a code opens once and for ten minutes, a role ends at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from harness import Bot, bot_in_a_box

from bot.front import BOARD_SESSION, StaffGate
from bot.people import Role
from bot.store.tx import Tx

MORNING = "2026-11-20T10:00+03:00"


@pytest.fixture
async def bot() -> AsyncIterator[Bot]:
    async with bot_in_a_box(MORNING) as made:
        yield made


async def a_code_for(bot: Bot, key: str) -> str:
    def work(tx: Tx) -> str:
        person = tx.people.person_by_key(key)
        assert person is not None
        return tx.access.issue("login", now=bot.clock.now, issuer="shell", person_id=person.id)

    return str(await bot.store.write(work))


async def demoted(bot: Bot, key: str, change: str) -> None:
    await bot.store.write(lambda tx: tx.people._c.execute(f"UPDATE person SET {change} WHERE key = ?", (key,)))


async def test_of_many_who_redeem_a_code_at_once_one_comes_in(bot: Bot) -> None:
    gate = StaffGate(bot.store, bot.times)
    code = await a_code_for(bot, "mia")
    sessions = [s for s in await asyncio.gather(*(gate.redeem(code) for _ in range(20))) if s is not None]
    assert len(sessions) == 1
    person = await gate.person(sessions[0])
    assert person is not None and (person.key, person.role) == ("mia", Role.MANAGER)


async def test_a_code_is_too_old_after_ten_minutes(bot: Bot) -> None:
    gate = StaffGate(bot.store, bot.times)
    in_time, too_late = await a_code_for(bot, "mia"), await a_code_for(bot, "mia")
    bot.clock.now += timedelta(minutes=10) - timedelta(milliseconds=1)
    assert await gate.redeem(in_time) is not None
    bot.clock.now += timedelta(milliseconds=1)
    assert await gate.redeem(too_late) is None


async def test_a_session_ends_by_itself_and_by_signing_out(bot: Bot) -> None:
    gate = StaffGate(bot.store, bot.times)
    first = await gate.redeem(await a_code_for(bot, "mia"))
    second = await gate.redeem(await a_code_for(bot, "mia"))
    assert first is not None and second is not None
    await gate.leave(first)
    assert await gate.person(first) is None and await gate.person(second) is not None
    bot.clock.now += BOARD_SESSION
    assert await gate.person(second) is None


async def test_a_client_has_no_way_in(bot: Bot) -> None:
    gate = StaffGate(bot.store, bot.times)
    assert await gate.redeem(await a_code_for(bot, "acme/ann")) is None


async def test_somebody_who_leaves_the_staff_is_out_at_the_next_request(bot: Bot) -> None:
    gate = StaffGate(bot.store, bot.times)
    session, unused = await gate.redeem(await a_code_for(bot, "ben")), await a_code_for(bot, "ben")
    assert session is not None and await gate.person(session) is not None
    await demoted(bot, "ben", "active = 0")
    assert await gate.person(session) is None and await gate.redeem(unused) is None
