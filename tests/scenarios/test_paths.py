"""Proof of delivery: a nudge that does not get through goes by the next path, with its buttons, each path once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from bot import metrics
from bot.channels.base import Outbound, Outcome, Permanent, RetryAfter, Scope, Unknown
from bot.chores import audit
from bot.people import VENDOR, RoomKind
from tests.harness import STAFF, FakeChannel, bot_in_a_box

OPENED = "2025-03-13T12:00+03:00"
NUDGED = "2025-03-13T12:30+03:00"
BEN_ASLEEP = STAFF.replace('id = "ben"\n', 'id = "ben"\nnudges = { quiet = "11:00-14:00" }\n')
BLOCKED = Permanent("the bot was blocked", Scope.ROOM)


@dataclass
class Deaf(FakeChannel):
    """A platform on which some rooms answer as told, for as long as they are told to."""

    answers: dict[str, Outcome] = field(default_factory=dict)

    async def send(self, message: Outbound) -> Outcome:
        return self.answers.get(message.room) or await super().send(message)


async def opened(bot: Any, **answers: Outcome) -> Deaf:
    """A ticket is open, and the channel from now on deaf in these rooms (`dm_mia` for dm:mia)."""
    await bot.say("acme", "acme/ann", "Postbacks stopped arriving")
    deaf = Deaf(bot.clock, posts=bot.channel.posts)
    deaf.answers = {room.replace("_", ":", 1): outcome for room, outcome in answers.items()}
    bot.delivery._channels[bot.channel.name] = deaf
    return deaf


async def second_chat(bot: Any, person: str) -> None:
    """The person has another chat with the bot, `dm:<person>:2`."""

    def add(tx: Any) -> None:
        found = tx.people.person_by_key(person)
        address = f"dm:{person}:2"
        tx.rooms.add(
            client_id=VENDOR, kind=RoomKind.DIRECT, channel="fake", account="default", ext_id=address, name=person,
            person_id=found.id, now=bot.clock.now,
        )  # fmt: skip

    await bot.store.write(add)


def nudges(bot: Any, room: str) -> list[str]:
    return [text for text in bot.posts(room) if text.startswith(("Due", "Overdue"))]


async def test_a_nudge_to_somebody_who_blocked_the_bot_goes_to_his_second_chat_with_its_buttons() -> None:
    async with bot_in_a_box(OPENED) as bot:
        await second_chat(bot, "mia")
        await opened(bot, dm_mia=BLOCKED)
        await bot.forward(to=NUDGED)
        assert len(nudges(bot, "dm:mia:2")) == 1
        await bot.press("dm:mia:2", "mia", "Take it")
        assert (await bot.page("T-42")).standing.owner is not None


async def test_the_paths_are_taken_one_after_the_other_each_once() -> None:
    """His own chats, whoever stands in for him, the team's room, the lead."""
    async with bot_in_a_box(OPENED) as bot:
        await second_chat(bot, "mia")
        deaf = await opened(bot)
        deaf.answers = dict.fromkeys(("dm:mia", "dm:mia:2", "dm:ben", "team:support"), BLOCKED)
        await bot.forward(to=NUDGED)
        tried = await bot.read(lambda tx: tx.connection.execute(
            "SELECT r.ext_id FROM outbox o JOIN room r ON r.id = o.room_id "
            "WHERE o.dedupe_key LIKE 'nudge:%' ORDER BY o.id"
        ).fetchall())  # fmt: skip
        assert [row["ext_id"] for row in tried] == ["dm:mia", "dm:mia:2", "dm:ben", "team:support", "dm:lea"]
        assert len(nudges(bot, "dm:lea")) == 1
        before = len(bot.channel.posts)
        await bot.settle()
        assert len(bot.channel.posts) == before


@pytest.mark.parametrize(
    "outcome",
    [RetryAfter(600, Scope.ROOM, throttled=True), RetryAfter(5, Scope.MESSAGE), Unknown("no answer")],
    ids=["paused", "not accepted", "in doubt"],
)
async def test_what_does_not_get_through_for_a_minute_takes_the_next_path_within_it(outcome: Outcome) -> None:
    async with bot_in_a_box(OPENED) as bot:
        await opened(bot, dm_mia=outcome)
        await bot.forward(to=NUDGED)
        await bot.forward(by=timedelta(seconds=40))
        assert not nudges(bot, "dm:ben"), "a hiccup is no reason to call somebody else"
        await bot.forward(by=timedelta(seconds=19))
        assert len(nudges(bot, "dm:ben")) == 1
        await bot.forward(by=timedelta(minutes=3))
        assert len(nudges(bot, "dm:ben")) == 1 and not nudges(bot, "team:support")


async def test_a_message_that_is_refused_for_good_takes_the_next_path_at_once() -> None:
    async with bot_in_a_box(OPENED) as bot:
        await opened(bot, dm_mia=Permanent("not in this form", Scope.MESSAGE))
        await bot.forward(to=NUDGED)
        assert len(nudges(bot, "dm:ben")) == 1


async def test_an_answer_takes_back_what_is_on_its_next_path() -> None:
    async with bot_in_a_box(OPENED) as bot:
        deaf = await opened(bot, dm_mia=BLOCKED, dm_ben=RetryAfter(30, Scope.MESSAGE))
        await bot.forward(to=NUDGED)
        await bot.say("team:support", "lea", "/eta T-42 15:00")
        deaf.answers.clear()
        await bot.forward(by=timedelta(seconds=50))
        assert not nudges(bot, "dm:ben")


async def test_with_no_path_left_there_is_an_alarm_until_the_ticket_is_closed() -> None:
    async with bot_in_a_box(OPENED) as bot:
        everybody = ("dm:mia", "dm:ben", "dm:lea", "team:support", "dm:tom", "dm:sue", "dm:pat")
        deaf = await opened(bot)
        deaf.answers = dict.fromkeys(everybody, BLOCKED)
        before = metrics.alarms.labels("no_path")._value.get()
        await bot.forward(to=NUDGED)
        assert metrics.alarms.labels("no_path")._value.get() == before + 1

        async def found() -> dict[str, int]:
            now = bot.clock.now
            problems = (await bot.read(lambda tx: audit(tx, now, now, 1.0))).problems()
            return {kind: n for kind, n in problems.items() if kind == "notice_without_path"}

        assert await found() == {"notice_without_path": 1}
        await bot.say("acme", "acme/ann", "/resolve T-42")
        assert await found() == {}


async def test_the_order_is_the_one_the_person_has_named() -> None:
    async with bot_in_a_box(OPENED) as bot:

        def other(tx: Any) -> list[str]:
            mia = tx.people.person_by_key("mia")
            tx.rooms.add(
                client_id=VENDOR, kind=RoomKind.DIRECT, channel="other", account="default", ext_id="there", name="Mia",
                person_id=mia.id, now=bot.clock.now,
            )  # fmt: skip
            before = [room.channel for room in tx.rooms.direct(mia.id)]
            tx.connection.execute('UPDATE person SET notify = \'["other", "fake"]\' WHERE id = ?', (mia.id,))
            return [*before, *(room.channel for room in tx.rooms.direct(mia.id))]

        assert await bot.store.write(other) == ["fake", "other", "other", "fake"]


async def test_the_next_path_wakes_nobody_for_what_is_not_grave() -> None:
    """Half of a medium window: Ben sleeps, the team's room is awake."""
    async with bot_in_a_box(OPENED, staff=BEN_ASLEEP) as bot:
        await opened(bot, dm_mia=BLOCKED)
        await bot.forward(to="2025-03-13T12:31+03:00")
        assert not bot.posts("dm:ben") and bot.posts("team:support")


async def test_a_chat_that_outsiders_read_is_no_path() -> None:
    async with bot_in_a_box(OPENED) as bot:
        await second_chat(bot, "mia")
        await opened(bot, dm_mia=BLOCKED)
        shared = "INSERT INTO outsider (room_id, who, name) SELECT id, 'g', 'Guest' FROM room WHERE ext_id = 'dm:mia:2'"
        await bot.store.write(lambda tx: tx.connection.execute(shared))
        await bot.forward(to=NUDGED)
        assert nudges(bot, "dm:ben") and not nudges(bot, "dm:mia:2")


@pytest.mark.parametrize(
    ("words", "by"),
    [("/urgency critical", timedelta(minutes=5)), ("", timedelta(minutes=60))],
    ids=["critical", "late"],
)
async def test_the_next_path_wakes_whoever_is_nearest_for_what_is_grave(words: str, by: timedelta) -> None:
    async with bot_in_a_box(OPENED, staff=BEN_ASLEEP) as bot:
        await opened(bot)
        if words:
            await bot.say("acme", "acme/ann", words)
        bot.clock.now += by - timedelta(seconds=1)
        await bot.settle()
        bot.delivery._channels[bot.channel.name].answers["dm:mia"] = BLOCKED
        since = len(bot.channel.posts)
        await bot.forward(by=timedelta(seconds=1))
        assert bot.posts("dm:ben", since) and not bot.posts("team:support", since)


async def test_what_is_on_its_next_path_takes_no_third_when_the_first_is_refused_for_good() -> None:
    async with bot_in_a_box(OPENED) as bot:
        deaf = await opened(bot, dm_mia=RetryAfter(5, Scope.MESSAGE))
        await bot.forward(to=NUDGED)
        await bot.forward(by=timedelta(seconds=59))
        assert len(nudges(bot, "dm:ben")) == 1
        deaf.answers["dm:mia"] = BLOCKED
        await bot.forward(by=timedelta(minutes=5))
        assert not nudges(bot, "team:support") and len(nudges(bot, "dm:ben")) == 1


async def test_what_is_not_urgent_is_said_elsewhere_at_once_for_nobody_looks_after_it_later() -> None:
    async with bot_in_a_box(OPENED) as bot:
        await opened(bot, dm_mia=RetryAfter(5, Scope.MESSAGE))
        await bot.say("acme", "acme/ann", "/escalate")
        await bot.say("dm:tom", "tom", "/deescalate T-42 the cause is found")
        assert [text for text in bot.posts("dm:ben") if "is back with Mia" in text]
