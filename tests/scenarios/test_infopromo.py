"""Infopromo (003) around the clock: an objective and a limit, in elapsed time, at night like by day."""

import pytest
from harness import begins, bot_in_a_box, client

from bot.sla.policy import Metric


def infopromo(plan: str = "standard") -> str:
    return client(agreement="infopromo", plan=plan, zone="Europe/Berlin")


@pytest.mark.parametrize("plan", ["standard", "premium", "enterprise"])
async def test_over_midnight_of_a_weekend_the_ladder_climbs_in_minutes(plan):
    """Level 2: 15 min objective, 30 min limit. The objective is 50 % too: only the graver speaks. 80 % is 24 min."""
    async with bot_in_a_box("2025-03-15T23:50Z", infopromo(plan)) as bot:
        await bot.say("acme", "acme/ann", "calls drop")
        await bot.forward(to="2025-03-16T00:50Z")
        expected = [
            "Sat 23:50 acme: Mia takes it up by 01:20 Berlin (in 30 min), guaranteed. "
            "T-42, Degraded Service (Level 2).",
            "Sun 00:05 tom: Level 1, due 03:20 GMT+3 (in 15 min): Acme. T-42: 'calls drop'.",
            "Sun 00:05 mia: Early mark passed, due 03:20 GMT+3 (in 15 min): Acme waits. T-42: 'calls drop'.",
            "Sun 00:05 acme: Tom (level 1) is called in now. T-42.",
            "Sun 00:14 mia: Due 03:20 GMT+3 (in 6 min): acknowledgement for Acme. T-42: 'calls drop'.",
            "Sun 00:20 sue: Level 2, due 03:20 GMT+3 (now): Acme.",
            "Sun 00:20 mia: Breached at 03:20 GMT+3 (now): acknowledgement for Acme.",
            "Sun 00:20 acme: Next word by 01:50 Berlin (in 30 min). We missed 01:20 Berlin. Sue has been called. "
            "T-42, recorded as missed.",
            "Sun 00:50 lea: Level 3, due 03:20 GMT+3 (30 min ago): Acme.",
            "Sun 00:50 mia: Overdue since 03:20 GMT+3 (30 min ago): Acme waits.",
            "Sun 00:50 acme: Next word by 02:20 Berlin (in 30 min). We missed 01:20 Berlin. Lea has been called.",
        ]
        assert begins(bot.diary("UTC"), expected) == expected


async def test_a_critical_call_on_a_sunday_night_has_five_minutes_to_the_objective_and_fifteen_to_the_limit():
    """5 min L1, 50 % 7 min 30 s, 80 % 12 min, 15 min L2, 30 min L3."""
    async with bot_in_a_box("2025-03-16T02:50Z", infopromo()) as bot:
        await bot.say("acme", "acme/ann", "no call goes through")
        await bot.press("acme", "acme/ann", "Critical (Level 1)")
        assert bot.last("acme") == "Due 04:05 Berlin (in 15 min): T-42 is now Critical (Level 1)."
        await bot.forward(to="2025-03-16T03:20Z")
        expected = [
            "Sun 02:55 tom: Level 1",
            "Sun 02:55 mia: Early mark passed, due 06:05 GMT+3 (in 10 min)",
            "Sun 02:55 acme: Tom (level 1)",
            "Sun 02:57 mia: Due 06:05 GMT+3 (in 7 min): acknowledgement",
            "Sun 03:02 mia: Due 06:05 GMT+3 (in 3 min): acknowledgement",
            "Sun 03:05 sue: Level 2",
            "Sun 03:05 mia: Breached at 06:05 GMT+3",
            "Sun 03:05 acme: Next word by 04:35 Berlin (in 30 min). We missed 04:05 Berlin.",
            "Sun 03:20 lea: Level 3",
            "Sun 03:20 acme: Lea (level 3)",
        ]
        assert begins(bot.diary("UTC", "2025-03-16T02:51Z"), expected) == expected


async def test_an_answer_between_objective_and_limit_is_a_miss_inside_and_kept_outside():
    async with bot_in_a_box("2025-03-18T10:00Z", infopromo()) as bot:
        await bot.say("acme", "acme/ann", "calls drop")
        await bot.forward(to="2025-03-18T10:20Z")
        await bot.say("acme", "mia", "we see it, the carrier is degraded")
        ack = await bot.timed("T-42", Metric.ACKNOWLEDGEMENT)
        assert ack.missed_at is not None
        assert ack.breached_at is None
        since = len(bot.channel.posts)
        await bot.forward(to="2025-03-19T10:00Z")
        assert bot.channel.posts[since:] == []  # half of the resolution's 72 h comes at 22:00
        assert await bot.compliance() == (1, 0, 0)


async def test_a_word_before_the_objective_misses_nothing_at_all():
    async with bot_in_a_box("2025-03-18T10:00Z", infopromo()) as bot:
        await bot.say("acme", "acme/ann", "calls drop")
        await bot.forward(to="2025-03-18T10:14Z")
        await bot.say("acme", "mia", "we see it, the carrier is degraded")
        assert (await bot.timed("T-42", Metric.ACKNOWLEDGEMENT)).missed_at is None
        assert bot.posts("dm:mia") == []


async def test_the_resolution_is_reminded_by_elapsed_time_over_the_change_of_clocks_in_europe():
    """72 h from Saturday 29 March 12:00: 36 h is Monday 00:00, 57 h 36 Monday 21:36, due Tuesday 12:00."""
    async with bot_in_a_box("2025-03-29T12:00Z", infopromo()) as bot:
        await bot.say("acme", "acme/ann", "calls drop")
        await bot.say("acme", "mia", "we see it, the carrier is degraded")
        await bot.forward(to="2025-04-01T12:00Z")
        expected = [
            "Mon 00:00 mia: Due Tue 15:00 GMT+3 (in 36 h): resolution for Acme.",
            "Mon 21:36 tom: Level 1, due 15:00 GMT+3 (in 14 h 24 min): Acme.",
            "Mon 21:36 mia: Due 15:00 GMT+3 (in 14 h 24 min): resolution for Acme.",
            "Mon 21:36 acme: Tom (level 1) is called in now. T-42.",
            "Mon 22:06 tom: Level 1",
            "Mon 22:36 sue: Level 2",
            "Mon 22:36 acme: Sue (level 2) is called in now",
            "Mon 23:06 sue: Level 2",
            "Mon 23:36 lea: Level 3",
            "Mon 23:36 acme: Lea (level 3) is called in now",
            "Tue 00:06 lea: Level 3",
            "Tue 00:36 lea: T-42: nobody at level 3, the last one, has acknowledged.",
            "Tue 12:00 mia: Target passed at 15:00 GMT+3 (now): resolution for Acme.",
            "Tue 12:00 acme: Next word by 14:30 Berlin (in 30 min). We aimed for 14:00 Berlin and were late.",
        ]
        assert begins(bot.diary("UTC", "2025-03-29T12:01Z"), expected) == expected


async def test_no_hold_is_granted_and_the_text_says_so():
    async with bot_in_a_box("2025-03-18T10:00Z", infopromo()) as bot:
        await bot.say("acme", "acme/ann", "calls drop")
        await bot.forward(to="2025-03-18T10:05Z")
        await bot.say("dm:tom", "tom", "/hold T-42 third party Carrier")
        assert bot.last("acme") == "Still due 11:30 Berlin (in 25 min): waiting for Carrier stops no clock. T-42."
        await bot.forward(to="2025-03-18T10:30Z")
        assert bot.last("dm:mia").startswith("Breached at 13:30 GMT+3 (now): acknowledgement for Acme.")


async def test_new_year_is_a_day_like_any_other():
    """Level 3 has 30 min without a lower end: L1 at 80 %, 24 min, in the new year."""
    async with bot_in_a_box("2025-12-31T23:45Z", infopromo()) as bot:
        await bot.say("acme", "acme/ann", "how do I read the invoice")
        await bot.say("acme", "acme/ann", "/urgency low")
        await bot.forward(to="2026-01-01T00:15Z")
        expected = [
            "Thu 00:00 mia: Due 03:15 GMT+3 (in 15 min): acknowledgement",
            "Thu 00:09 tom: Level 1",
            "Thu 00:09 mia: Due 03:15 GMT+3 (in 6 min): acknowledgement",
            "Thu 00:09 acme: Tom (level 1)",
            "Thu 00:15 sue: Level 2",
            "Thu 00:15 mia: Breached at 03:15 GMT+3 (now): acknowledgement",
            "Thu 00:15 acme: Next word by 01:45 Berlin (in 30 min). We missed 01:15 Berlin.",
        ]
        assert begins(bot.diary("UTC", "2025-12-31T23:46Z"), expected) == expected


async def test_asking_the_client_for_details_is_a_human_word_and_acknowledges():
    async with bot_in_a_box("2025-03-18T10:00Z", infopromo()) as bot:
        await bot.say("acme", "acme/ann", "calls drop")
        await bot.say("dm:mia", "mia", "/hold T-42 client")
        assert (await bot.timed("T-42", Metric.ACKNOWLEDGEMENT)).stopped_at == bot.clock.now
