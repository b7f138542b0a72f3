"""F27, F28: a start over a hundred thousand planned steps, and a stop in the middle of the day."""

from __future__ import annotations

import asyncio
import json
import time

from people import crowd_of
from process import BotProcess, until
from stock import stock

DAY_MS = 24 * 3600 * 1000


async def _say(bot: BotProcess, *texts: str) -> None:
    async with crowd_of(bot) as crowd:
        person = await crowd.person("acme", "ann")
        for text in texts:
            await person.say(text)


def test_f27_over_100k_open_steps_the_bot_is_ready_in_3_s_and_acts_on_the_first_due_1_s_later(bots):
    bot = bots()
    bot.start()
    asyncio.run(_say(bot, "/new The export fails"))
    until(lambda: bot.unsent() == 0, what="the window")
    assert bot.stop() == 0
    ((each,),) = bot.rows("SELECT count(*) FROM step")
    assert stock(bot.database, 100_000 // each + 1, later_ms=3 * DAY_MS) > 100_000
    bot.set_clock("2026-11-20T11:30:00+03:00")  # half of the first ticket's working hour
    assert bot.start() <= 3
    ready_at = time.monotonic()
    sent = "SELECT count(*) FROM outbox WHERE state = 'sent' AND dedupe_key LIKE 'nudge:%'"
    until(lambda: bot.rows(sent) == [(1,)], within_s=2, what="the first nudge")
    assert time.monotonic() - ready_at <= 1


async def test_f28_told_to_stop_under_load_the_bot_ends_in_order_and_loses_nothing(bots):
    bot = bots(clients=("acme", "bolt", "corp"))
    bot.start()
    async with crowd_of(bot) as crowd:
        people = [await crowd.person(client, f"p{n}") for client in bot.clients for n in range(10)]
        acked = 0
        half = asyncio.Event()

        def count() -> None:
            nonlocal acked
            acked += 1
            if acked == 100:
                crowd.up.clear()  # who has not been answered waits; what is on its way is on its way
                half.set()

        crowd.on_acked = count
        said = [
            asyncio.create_task(person.say(f"/new Export {n}-{m} fails"))
            for n, person in enumerate(people)
            for m in range(16)
        ]
        await half.wait()
        begun = time.monotonic()
        assert await asyncio.to_thread(bot.stop) == 0
        assert time.monotonic() - begun < 10
        left = dict(bot.rows("SELECT state, count(*) FROM outbox GROUP BY state"))
        assert set(left) <= {"sent", "pending"}, left
        assert acked < len(said), "it was stopped under load"
        await asyncio.to_thread(bot.start)
        crowd.up.set()
        await asyncio.gather(*said)
        await asyncio.to_thread(until, lambda: bot.unsent() == 0)
    assert bot.stop() == 0
    assert bot.rows("SELECT count(*), count(DISTINCT root_ext) FROM ticket") == [(len(said), len(said))]
    assert bot.rows("SELECT state, count(*) FROM outbox GROUP BY state") == [("sent", len(said))]


def test_a_start_warns_of_keys_and_origins_of_clients_that_the_roster_does_not_know(bots):
    bot = bots(settings={"PLEDGE_INAPP__ORIGINS": '{"bold": ["https://bolt.example"]}'})
    (bot.folder / "keys" / "acne").mkdir()
    (bot.folder / "keys" / "acne" / "k1.hs256").write_bytes(b"a key of the tests, long enough for it")
    bot.start()
    warned = [json.loads(line) for line in bot.stderr.splitlines() if '"inapp.stranger"' in line]
    assert [(line["level"], line["event"].partition(":")[0]) for line in warned] == [
        ("warning", "keys of acne"),
        ("warning", "origins of bold"),
    ]
