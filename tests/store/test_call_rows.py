"""A manager's time is given away once: the database refuses what overlaps, however many ask at once."""

import asyncio
import sqlite3
from dataclasses import replace
from datetime import timedelta

import pytest
from harness import Bot, bot_in_a_box, client

from bot.sla.booking import Span
from bot.sla.call import CallState, Planned, Reminder, Side
from bot.store.calls import TimeTaken

NOW = "2025-03-14T16:00+03:00"
HALF, MINUTE = timedelta(minutes=30), timedelta(minutes=1)


def at(text):
    return Bot.moment(f"2025-03-{text}+03:00")


def booking(bot, number, start, *, state=CallState.PROPOSED, room="acme", person="mia", length=HALF):
    """The unit that writes one call, without asking whether the time is free."""

    def work(tx):
        where = tx.rooms.at("fake", "default", room)
        waits = Side.STAFF if state in (CallState.PROPOSED, CallState.WISHED) else None
        return tx.calls.add(
            uid=f"u{number}",
            secret=f"s{number}",
            room=where,
            contract_id=tx.people.contract(where.client_id).id,
            person_id=tx.people.person_by_key(person).id,
            ticket_id=None,
            state=state,
            waits_for=waits,
            span=Span(start, start + length),
            asked_at=bot.clock.now,
            topic="funnels",
            now=bot.clock.now,
        )

    return work


async def test_of_a_thousand_bookings_of_one_slot_at_once_exactly_one_wins(tmp_path):
    """On disk, from a thousand callers: half of them a few minutes off, all in each other's way."""
    async with bot_in_a_box(NOW, client("acme"), client("bolt"), path=tmp_path / "pledge.db") as bot:
        tries = [
            bot.store.write(booking(bot, n, at("17T16:00") + (n % 2) * (n % 29) * MINUTE, room=("acme", "bolt")[n % 2]))
            for n in range(1000)
        ]
        done = await asyncio.gather(*tries, return_exceptions=True)
        won = [each for each in done if not isinstance(each, BaseException)]
        assert len(won) == 1
        assert {type(each) for each in done if isinstance(each, BaseException)} == {TimeTaken}
        taken = await bot.read(lambda tx: tx.calls.taken(won[0].person_id, bot.clock.now))
        assert taken == [won[0].span]


@pytest.mark.parametrize(
    ("start", "fits"),
    [("17T15:30", True), ("17T16:30", True), ("17T15:31", False), ("17T16:29", False), ("17T16:10", False)],
)
async def test_calls_may_touch_and_not_overlap(start, fits):
    async with bot_in_a_box(NOW) as bot:
        await bot.store.write(booking(bot, 1, at("17T16:00")))
        if fits:
            await bot.store.write(booking(bot, 2, at(start)))
        else:
            with pytest.raises(TimeTaken):
                await bot.store.write(booking(bot, 2, at(start)))


async def test_a_short_call_inside_a_long_one_is_refused_too():
    async with bot_in_a_box(NOW) as bot:
        await bot.store.write(booking(bot, 1, at("17T10:00"), length=timedelta(hours=9)))
        with pytest.raises(TimeTaken):
            await bot.store.write(booking(bot, 2, at("17T18:00")))


async def test_a_wish_and_a_cancelled_call_take_nobodys_time_and_another_manager_has_his_own():
    async with bot_in_a_box(NOW) as bot:
        await bot.store.write(booking(bot, 1, at("17T16:00"), state=CallState.WISHED))
        gone = await bot.store.write(booking(bot, 2, at("17T16:00"), state=CallState.AGREED))
        cancelled = replace(gone, state=CallState.CANCELLED)
        await bot.store.write(lambda tx: tx.calls.change(cancelled, bot.clock.now))
        await bot.store.write(booking(bot, 3, at("17T16:00")))
        await bot.store.write(booking(bot, 4, at("17T16:00"), person="ben"))


async def test_a_wish_becomes_a_call_only_where_the_time_is_still_free():
    async with bot_in_a_box(NOW) as bot:
        wish = await bot.store.write(booking(bot, 1, at("17T16:00"), state=CallState.WISHED))
        await bot.store.write(booking(bot, 2, at("17T16:20")))
        agreed = replace(wish, state=CallState.AGREED, waits_for=None)
        with pytest.raises(TimeTaken):
            await bot.store.write(lambda tx: tx.calls.change(agreed, bot.clock.now))
        earlier = replace(agreed, starts_at=at("17T15:50"), ends_at=at("17T16:20"))
        changed = await bot.store.write(lambda tx: tx.calls.change(earlier, bot.clock.now))
        assert changed == replace(earlier, sequence=1, invited_id=wish.person_id)


async def test_who_was_invited_last_stays_known_while_another_time_is_looked_for():
    async with bot_in_a_box(NOW) as bot:
        call = await bot.store.write(booking(bot, 1, at("17T16:00")))
        assert call.invited_id is None
        for state, invited in ((CallState.AGREED, call.person_id), (CallState.PROPOSED, call.person_id)):
            changed = replace(call, state=state, waits_for=None if state is CallState.AGREED else Side.STAFF)
            call = await bot.store.write(lambda tx, changed=changed: tx.calls.change(changed, bot.clock.now))
            assert call.invited_id == invited


async def test_a_call_that_was_changed_meanwhile_is_not_written_over():
    async with bot_in_a_box(NOW) as bot:
        call = await bot.store.write(booking(bot, 1, at("17T16:00")))
        await bot.store.write(lambda tx: tx.calls.change(replace(call, waits_for=Side.CLIENT), bot.clock.now))
        with pytest.raises(KeyError, match="has changed"):
            await bot.store.write(lambda tx: tx.calls.change(call, bot.clock.now))


async def test_a_call_cannot_lie_in_a_room_of_somebody_else():
    async with bot_in_a_box(NOW, client("acme"), client("bolt")) as bot:
        call = await bot.store.write(booking(bot, 1, at("17T16:00")))
        other = await bot.read(lambda tx: tx.rooms.at("fake", "default", "bolt"))
        with pytest.raises(sqlite3.IntegrityError):
            await bot.store.write(
                lambda tx: tx.connection.execute(
                    "UPDATE call SET room_id = ?, room_client_id = ? WHERE id = ?",
                    (other.id, other.client_id, call.id),
                )
            )


async def test_calls_of_a_contract_are_counted_by_when_they_lie():
    async with bot_in_a_box(NOW) as bot:
        for n, state in enumerate(CallState):
            await bot.store.write(booking(bot, n, at("17T10:00") + n * HALF, state=state))
        contract = (await bot.read(lambda tx: tx.calls.get(1))).contract_id
        whole, half = (at("17T10:00"), at("18T00:00")), (at("17T10:00"), at("17T11:00"))
        assert await bot.read(lambda tx: tx.calls.count(contract, *whole)) == 3
        assert await bot.read(lambda tx: tx.calls.count(contract, *half)) == 0


async def test_a_new_plan_of_reminders_replaces_the_one_before():
    async with bot_in_a_box(NOW) as bot:
        call = await bot.store.write(booking(bot, 1, at("17T16:00")))
        hour = Planned(Reminder.HOUR, Side.CLIENT, at("17T15:00"))
        ten = Planned(Reminder.TEN, Side.STAFF, at("17T15:50"))
        await bot.store.write(lambda tx: tx.calls.plan(call, [hour, ten], bot.clock.now))
        moved = await bot.store.write(lambda tx: tx.calls.change(call, bot.clock.now))
        await bot.store.write(lambda tx: tx.calls.plan(moved, [ten], bot.clock.now))
        assert await bot.read(lambda tx: tx.calls.next_at()) == at("17T15:50")
        due = await bot.read(lambda tx: tx.calls.due(at("17T15:50")))
        assert [(row.kind, row.side, row.sequence) for row in due] == [(Reminder.TEN, Side.STAFF, 1)]
        assert await bot.read(lambda tx: tx.calls.due(at("17T15:49"))) == []
