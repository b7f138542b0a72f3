"""Premium support of RedTrack (001) as its client in New York and its people in GMT+3 live it."""

from datetime import timedelta

from harness import begins, bot_in_a_box, client

OFFICE = "Etc/GMT-3"


async def test_five_minutes_before_the_weekend_a_premium_client_has_its_hour_on_monday():
    """Medium is 1 h: 5 min of Friday + 55 of Monday. 50 % is Monday 10:25, 80 % 10:43; L3 one window after due."""
    async with bot_in_a_box("2025-03-14T18:55+03:00") as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped arriving since 9am")
        await bot.forward(to="2025-03-17T11:55+03:00")
        expected = [
            "Fri 18:55 acme: Answer guaranteed by Mon 03:55 New York (in 2 d 16 h). Mia answers. "
            "T-42, High end-user impact.",
            "Mon 10:25 mia: Due 10:55 GMT+3 (in 30 min): resolution or ETA for Acme. "
            "T-42: 'postbacks stopped arriving since 9am'. Tom is told at 10:43 GMT+3.",
            "Mon 10:43 tom: Level 1, due 10:55 GMT+3 (in 12 min): Acme.",
            "Mon 10:43 mia: Due 10:55 GMT+3 (in 12 min): resolution or ETA for Acme. "
            "T-42: 'postbacks stopped arriving since 9am'. Sue is told at 10:55 GMT+3.",
            "Mon 10:43 acme: Tom (level 1) is called in now. T-42.",
            "Mon 10:55 sue: Level 2, due 10:55 GMT+3 (now): Acme.",
            "Mon 10:55 mia: Breached at 10:55 GMT+3 (now): first answer for Acme.",
            "Mon 10:55 acme: Next word by 04:25 New York (in 30 min). We missed 03:55 New York. Sue has been called. "
            "T-42, recorded as missed.",
            "Mon 11:25 sue: Level 2",
            "Mon 11:25 mia: Overdue since 10:55 GMT+3 (30 min ago)",
            "Mon 11:25 acme: Next word by 04:55 New York (in 30 min). We missed 03:55 New York. Sue has been called.",
            "Mon 11:55 lea: Level 3, due 10:55 GMT+3 (60 min ago)",
            "Mon 11:55 mia: Overdue since 10:55 GMT+3 (60 min ago)",
            "Mon 11:55 acme: Next word by 05:55 New York (in 60 min). We missed 03:55 New York. Lea has been called.",
        ]
        assert begins(bot.diary(OFFICE), expected) == expected


async def test_a_service_down_at_the_weekend_is_answered_within_a_day_whatever_the_hour():
    """Promptly would be Monday 10:05; the 24 h of 000 come first: 12 h, 19 h 12, 24 h, then 10 min to level 3."""
    async with bot_in_a_box("2025-03-14T18:55+03:00") as bot:
        await bot.say("acme", "acme/ann", "nothing is tracked")
        await bot.press("acme", "acme/ann", "Service down")
        assert bot.last("acme") == "Due Sat 11:55 New York (in 24 h): T-42 is now Service down."
        await bot.forward(to="2025-03-15T19:05+03:00")
        expected = [
            "Sat 06:55 mia: Due 18:55 GMT+3 (in 12 h): resolution or ETA for Acme.",
            "Sat 14:07 tom: Level 1, due 18:55 GMT+3 (in 4 h 48 min): Acme.",
            "Sat 14:07 mia: Due 18:55 GMT+3 (in 4 h 48 min)",
            "Sat 14:07 acme: Tom (level 1) is called in now. T-42.",
            "Sat 14:37 tom: Level 1",
            "Sat 15:07 sue: Level 2",
            "Sat 15:07 acme: Sue (level 2) is called in now",
            "Sat 15:37 sue: Level 2",
            "Sat 16:07 lea: Level 3",
            "Sat 16:07 acme: Lea (level 3) is called in now",
            "Sat 16:37 lea: Level 3",
            "Sat 17:07 lea: T-42: nobody at level 3, the last one, has acknowledged.",
            "Sat 18:55 mia: Breached at 18:55 GMT+3",
            "Sat 18:55 acme: Next word by 12:25 New York (in 30 min). We missed 11:55 New York. Lea has been called",
        ]
        assert begins(bot.diary(OFFICE, "2025-03-14T18:56+03:00"), expected) == expected


async def test_asking_for_details_keeps_the_rest_of_the_window_until_the_client_answers():
    """20 min run before the question, 40 are left at the answer; 50 % is 10 min later, 80 % is 28."""
    async with bot_in_a_box("2025-03-18T18:20+03:00") as bot:
        await bot.say("acme", "acme/ann", "the numbers look odd")
        await bot.forward(to="2025-03-18T18:40+03:00")
        await bot.say("dm:mia", "mia", "/hold T-42 client")
        assert bot.last("acme") == "The clock waits for your details; 40 min of the window remains. T-42."
        await bot.forward(to="2025-03-19T11:15+03:00")
        assert bot.last("dm:mia") == "Acme is told that the ticket waits for details. T-42."
        await bot.say("acme", "acme/ann", "it is campaign 17")
        assert bot.last("acme") == "Due 04:55 New York (in 40 min): the clock runs again. T-42."
        assert bot.last("dm:mia") == "Due 11:55 GMT+3 (in 40 min): the clock runs again. T-42."
        await bot.forward(to="2025-03-19T11:55+03:00")
        expected = [
            "Wed 11:25 mia: Due 11:55 GMT+3 (in 30 min)",
            "Wed 11:43 tom: Level 1",
            "Wed 11:43 mia: Due 11:55 GMT+3 (in 12 min)",
            "Wed 11:43 acme: Tom (level 1)",
            "Wed 11:55 sue: Level 2",
            "Wed 11:55 mia: Breached at 11:55 GMT+3",
            "Wed 11:55 acme: Next word by 05:25 New York (in 30 min). We missed 04:55 New York.",
        ]
        assert begins(bot.diary(OFFICE, "2025-03-19T11:16+03:00"), expected) == expected


async def test_the_cap_moves_by_the_three_hours_that_the_client_took():
    """Critical on Saturday 10:00, asked at 11:00, answered at 14:00: the cap is Sunday 13:00, not 10:00."""
    async with bot_in_a_box("2025-03-15T10:00+03:00") as bot:
        await bot.say("acme", "acme/ann", "nothing is tracked")
        await bot.press("acme", "acme/ann", "Service down")
        await bot.forward(to="2025-03-15T11:00+03:00")
        await bot.press("dm:mia", "mia", "Ask for details")
        await bot.press("dm:mia", "mia", "As I wrote")
        assert bot.last("acme") == "The clock waits for your details; 23 h of the window remains. T-42."
        await bot.forward(to="2025-03-15T14:00+03:00")
        await bot.say("acme", "acme/ann", "all campaigns, since midnight")
        assert bot.last("acme") == "Due Sun 06:00 New York (in 23 h): the clock runs again. T-42."
        await bot.forward(to="2025-03-16T08:12+03:00")
        expected = [
            "Sun 01:00 mia: Due 13:00 GMT+3 (in 12 h)",
            "Sun 08:12 tom: Level 1",
            "Sun 08:12 mia: Due 13:00 GMT+3 (in 4 h 48 min)",
            "Sun 08:12 acme: Tom (level 1)",
        ]
        assert begins(bot.diary(OFFICE, "2025-03-15T14:01+03:00"), expected) == expected


async def test_the_third_question_about_details_reaches_the_lead():
    async with bot_in_a_box("2025-03-18T12:00+03:00") as bot:
        await bot.say("acme", "acme/ann", "the numbers look odd")
        for answer in ("campaign 17", "since Monday", "all browsers"):
            assert bot.posts("dm:lea") == []
            await bot.say("dm:mia", "mia", "/hold T-42 client")
            await bot.forward(by=timedelta(minutes=5))
            if answer != "all browsers":
                await bot.say("acme", "acme/ann", answer)
        assert bot.posts("dm:lea") == ["Acme has been asked for details three times. T-42."]


async def test_the_eta_of_the_first_response_stops_the_window_and_is_remembered_before_it_passes():
    """ETA 15:00 given at 12:30: 80 % of 2 h 30 is 14:30, and so is half an hour before: one reminder."""
    async with bot_in_a_box("2025-03-18T12:00+03:00") as bot:
        await bot.say("acme", "acme/ann", "the numbers look odd")
        await bot.forward(to="2025-03-18T12:30+03:00")
        await bot.say("dm:mia", "mia", "/eta T-42 15:00")
        assert bot.last("acme") == (
            "Fix expected by 08:00 New York (in 2 h 30 min), approximate. Mia has it. "
            "Any change is announced before then. T-42."
        )
        assert bot.last("dm:mia") == "Acme is told: fix expected by 15:00 GMT+3 (in 2 h 30 min). T-42."
        await bot.forward(to="2025-03-18T15:30+03:00")
        expected = [
            "Tue 14:30 mia: ETA 15:00 GMT+3 (in 30 min) for Acme: still good?",
            "Tue 15:00 mia: ETA 15:00 GMT+3 has passed: give a new one with its reason. T-42.",
            "Tue 15:00 acme: Next word by 08:30 New York (in 30 min). The time promised, 08:00 New York, has passed;",
            "Tue 15:30 mia: Overdue since 15:00 GMT+3 (30 min ago): Acme waits.",
            "Tue 15:30 acme: Next word by 09:00 New York (in 30 min). The time promised, 08:00 New York, has passed;",
        ]
        assert begins(bot.diary(OFFICE, "2025-03-18T12:31+03:00"), expected) == expected
        assert await bot.compliance() == (1, 0, 0)


async def test_high_load_and_high_priority_give_the_hour_of_the_live_chat():
    """60 min = 30 of Tuesday + 30 of Wednesday; the cap, Wednesday 18:30, is later."""
    async with bot_in_a_box("2025-03-18T18:30+03:00") as bot:
        await bot.store.write(lambda tx: tx.meta.set("high_load", "1"))
        await bot.say("acme", "acme/ann", "the numbers look odd")
        await bot.press("acme", "acme/ann", "Risk of service downtime")
        assert bot.last("acme") == "Due Wed 03:30 New York (in 16 h): T-42 is now Risk of service downtime."


async def test_a_feature_request_of_friday_two_o_clock_is_due_at_the_close():
    """5 h are exactly what is left; 80 % is 18:00; Sue has 30 min for each of two calls, then Lea."""
    async with bot_in_a_box("2025-03-14T14:00+03:00") as bot:
        await bot.say("acme", "acme/ann", "an export to parquet would help")
        await bot.say("acme", "acme/ann", "/urgency feature request")
        assert bot.last("acme") == "Due 12:00 New York (in 5 h): T-42 is now Missing feature."
        await bot.forward(to="2025-03-17T15:00+03:00")
        told = bot.diary(OFFICE, "2025-03-14T14:01+03:00")
        assert begins([line for line in told if " mia:" not in line], LEVELS) == LEVELS


LEVELS = [
    "Fri 18:00 tom: Level 1",
    "Fri 18:00 acme: Tom (level 1)",
    "Fri 18:30 tom: Level 1",
    "Fri 19:00 sue: Level 2",
    "Fri 19:00 acme: Next word by Mon 03:30 New York (in 2 d 15 h). We missed 12:00 New York.",
    "Mon 10:30 sue: Level 2",
    "Mon 10:30 acme: Next word by 04:00 New York (in 30 min). We missed Fri 14 Mar 12:00 New York.",
    "Mon 11:00 lea: Level 3",
    "Mon 11:00 acme: Next word by 05:00 New York (in 60 min).",
    "Mon 11:00 acme: Lea (level 3)",
    "Mon 11:30 lea: Level 3",
    "Mon 12:00 lea: T-42: nobody at level 3, the last one, has acknowledged.",
    "Mon 12:00 acme: Next word by 07:00 New York (in 2 h).",
    "Mon 14:00 acme: Next word by 11:00 New York (in 4 h).",
]


async def test_the_same_hour_in_berlin_is_open_in_summer_and_closed_in_winter_time():
    """17:30 in Berlin is 18:30 here in summer and 19:30 in winter: the client's clocks change, the office's do not."""
    berlin = client(zone="Europe/Berlin")
    async with bot_in_a_box("2025-04-04T17:30+02:00", berlin) as bot:
        await bot.say("acme", "acme/ann", "the numbers look odd")
        assert bot.last("acme").startswith("Answer guaranteed by Mon 09:30 Berlin (in 2 d 16 h). Mia answers.")
    async with bot_in_a_box("2025-03-28T17:30+01:00", berlin) as bot:
        await bot.say("acme", "acme/ann", "the numbers look odd")
        assert bot.last("acme").startswith(
            "Answer guaranteed by Mon 10:00 Berlin (in 2 d 15 h). Outside hours now; Mia returns Mon 09:00 Berlin."
        )


async def test_a_holiday_that_nobody_listed_is_a_working_day():
    async with bot_in_a_box("2026-01-01T18:30+03:00") as bot:
        await bot.say("acme", "acme/ann", "the numbers look odd")
        assert bot.last("acme").startswith("Answer guaranteed by Fri 02:30 New York (in 16 h). Mia answers.")


async def test_after_the_first_answer_the_next_one_is_an_aim_and_never_a_breach():
    """A word of the client on Monday 18:30 is to be answered by Tuesday 10:30; passing it is a miss, told inside."""
    async with bot_in_a_box("2025-03-17T12:00+03:00") as bot:
        await bot.say("acme", "acme/ann", "the numbers look odd")
        await bot.say("dm:mia", "mia", "/eta T-42 tomorrow 18:00")
        await bot.forward(to="2025-03-17T18:30+03:00")
        await bot.say("acme", "acme/ann", "it is campaign 17 by the way")
        await bot.forward(to="2025-03-18T11:00+03:00")
        expected = [
            "Mon 19:00 mia: Due Tue 10:30 GMT+3 (in 15 h 30 min): next answer for Acme.",
            "Tue 10:18 mia: Due 10:30 GMT+3 (in 12 min): next answer for Acme.",
            "Tue 10:30 mia: Early mark passed, due 10:30 GMT+3 (now): Acme waits.",
            "Tue 11:00 mia: Overdue since 10:30 GMT+3 (30 min ago): Acme waits.",
        ]
        assert begins(bot.diary(OFFICE, "2025-03-17T12:01+03:00"), expected) == expected
        assert await bot.compliance() == (1, 0, 0)
