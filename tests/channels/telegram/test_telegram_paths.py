"""A manager's own chat on the board proves nothing by itself: a nudge arrives there when somebody looks."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from channels.telegram.telegram_box import ANN, BEN, EVE, LEA, MIA, TelegramBox, telegram_box

from bot import metrics
from bot.channels.inapp import ACCOUNT, FixedKeyring, InAppChannel, Origins
from bot.notice import say
from bot.store.access import StoreVisits
from bot.store.conversations import StoreConversations
from bot.turns.paths import are_overdue, overdue

DESK = "direct:mia"


@asynccontextmanager
async def both(**options: Any) -> AsyncIterator[tuple[TelegramBox, StoreConversations]]:
    """An installation with the board beside Telegram, where Mia has blocked the bot; and the rooms of the board."""
    async with telegram_box(team=True, **options) as box:
        times = box.clocks.times()
        talks: StoreConversations = StoreConversations(box.store, "inapp", times, lambda *_: {})
        board = InAppChannel(FixedKeyring([]), talks, StoreVisits(box.store, "inapp", ACCOUNT), Origins({}), times)
        box.delivery._channels = {**box.delivery._channels, "inapp": board}
        async with board.listen(box.receive):
            await box.says(box.group, ANN, "postbacks stopped")
            box.direct(MIA).standing(MIA, "kicked")
            await box.settle()
            yield box, talks


async def watched(box: TelegramBox, seconds: int) -> None:
    """Let time pass as the watch does."""
    box.clocks.forward(timedelta(seconds=seconds))
    if await box.store.read(lambda tx: are_overdue(tx, box.clocks.business)):
        await box.store.write(lambda tx: overdue(tx, box.desk, box.clocks.business))
    await box.deliver()


async def on_board(talks: StoreConversations) -> list[Any]:
    return [each for each in await talks.since(ACCOUNT, DESK, 0) if "Due" in str(each.body)]


async def test_a_nudge_on_a_board_that_nobody_looks_at_goes_on_to_who_stands_in():
    async with both() as (box, talks):
        await box.forward(timedelta(minutes=30))
        assert len(await on_board(talks)) == 1
        before = len(box.direct(BEN).posts)
        await watched(box, 40)
        assert len(box.direct(BEN).posts) == before, "he may be about to look"
        await watched(box, 5)
        assert len(box.direct(BEN).posts) == before + 1
        assert "Take it" in box.direct(BEN).posts[-1].buttons
        assert not await box.store.read(lambda tx: are_overdue(tx, box.clocks.business)), "nothing is left to look at"
        for _ in range(5):
            await watched(box, 60)
        assert len(box.direct(BEN).posts) == before + 1 and box.rooms["team"].posts == [], "once, and it has arrived"


async def test_a_nudge_that_was_looked_at_has_arrived():
    async with both() as (box, talks):
        await box.forward(timedelta(minutes=30))
        before = len(box.direct(BEN).posts)
        await talks.looked(ACCOUNT, DESK, (await on_board(talks))[-1].seq)
        await watched(box, 60)
        assert len(box.direct(BEN).posts) == before


async def told(box: TelegramBox, words: str) -> None:
    """Mia is told something that can wait."""
    line = say("resolved.client", ref=words)
    await box.store.write(
        lambda tx: box.desk.mail(tx, box.clocks.business).to_person(tx.people.person_by_key("mia"), "test:1", line)
    )
    await box.deliver()
    await box.delivery.drain_once()


async def test_what_can_wait_waits_on_the_board():
    async with both() as (box, talks):
        await told(box, "T-42")
        assert len(await talks.since(ACCOUNT, DESK, 0)) == 1
        before = sum(len(room.posts) for room in (box.direct(BEN), box.rooms["team"], box.direct(LEA)))
        await watched(box, 60)
        assert before == sum(len(room.posts) for room in (box.direct(BEN), box.rooms["team"], box.direct(LEA)))


async def test_of_several_nudges_in_one_message_each_goes_on():
    async with both(clients=("acme", "bolt")) as (box, talks):
        await box.says(box.rooms["bolt"], EVE, "exports fail")
        await box.forward(timedelta(minutes=30))
        assert len(await talks.since(ACCOUNT, DESK, 0)) == 1
        await watched(box, 45)
        assert all(ref in box.direct(BEN).texts[-1] for ref in ("T-42", "T-43"))


async def test_a_breach_of_a_ticket_that_is_closed_by_now_goes_on_to_nobody():
    async with both() as (box, talks):
        await box.forward(timedelta(minutes=60))
        last = (await talks.since(ACCOUNT, DESK, 0))[-1]
        assert "Breached" in str(last.body)
        await box.says(box.direct(BEN), BEN, "/resolve T-42")
        before = len(box.direct(BEN).posts)
        await watched(box, 60)
        assert len(box.direct(BEN).posts) == before


async def test_to_have_looked_before_it_was_posted_is_no_proof():
    async with both() as (box, talks):
        await told(box, "T-42")
        await talks.looked(ACCOUNT, DESK, 10**6)
        await box.forward(timedelta(minutes=30))
        before = len(box.direct(BEN).posts)
        await watched(box, 60)
        assert len(box.direct(BEN).posts) == before + 1


@pytest.mark.parametrize("words", ["/resolve T-42", "/take T-42", "/eta T-42 15:00"])
async def test_what_was_answered_meanwhile_goes_on_to_nobody(words):
    async with both() as (box, _):
        await box.forward(timedelta(minutes=30))
        await box.says(box.direct(BEN), BEN, words)
        is_answered = not words.startswith("/take")
        before = len(box.direct(BEN).posts)
        await watched(box, 60)
        assert len(box.direct(BEN).posts) == before + (not is_answered)


async def test_where_all_there_is_lives_on_the_board_nothing_wanders_from_page_to_page():
    async with both() as (box, talks):
        await box.change("UPDATE room SET unreachable = 'blocked' WHERE channel = 'telegram' AND client_id = 0")
        await box.forward(timedelta(minutes=30))
        assert len(await on_board(talks)) == 1
        before = metrics.alarms.labels("no_path")._value.get()
        for _ in range(3):
            await watched(box, 60)
        rows = await box.sql("SELECT count(*) FROM outbox WHERE dedupe_key LIKE 'nudge:%'")
        assert rows == [(1,)] and metrics.alarms.labels("no_path")._value.get() == before
