"""The main agreement of RedTrack (000) as its client in Berlin and its people in GMT+3 live it."""

from harness import begins, bot_in_a_box, client

from bot.sla.policy_file import load_folder

OFFICE = "Etc/GMT-3"
ACME = client(agreement="redtrack", zone="Europe/Berlin")


async def test_a_medium_request_of_friday_evening_is_answered_by_nobody_until_monday():
    """Medium is 5 working hours: 5 min of Friday, 4 h 55 of Monday. Half is 2 h 30, 80 % is 4 h."""
    async with bot_in_a_box("2025-03-14T18:55+03:00", ACME) as bot:
        await bot.say("acme", "acme/ann", "clicks are counted twice")
        await bot.forward(to="2025-03-18T11:00+03:00")
        expected = [
            "Fri 18:55 acme: Answer guaranteed by Mon 12:55 Berlin (in 2 d 20 h). Mia answers. "
            "T-42, High end-user impact.",
            "Mon 12:25 mia: Due 14:55 GMT+3 (in 2 h 30 min): resolution or ETA for Acme. "
            "T-42: 'clicks are counted twice'. Tom is told at 13:55 GMT+3.",
            "Mon 13:55 tom: Level 1, due 14:55 GMT+3 (in 60 min): Acme.",
            "Mon 13:55 mia: Due 14:55 GMT+3 (in 60 min): resolution or ETA for Acme.",
            "Mon 13:55 acme: Tom (level 1) is called in now. T-42.",
            "Mon 14:25 tom: Level 1",
            "Mon 14:55 sue: Level 2, due 14:55 GMT+3 (now): Acme.",
            "Mon 14:55 mia: Breached at 14:55 GMT+3 (now): first answer for Acme.",
            "Mon 14:55 acme: Next word by 13:25 Berlin (in 30 min). We missed 12:55 Berlin. Sue has been called. "
            "T-42, recorded as missed.",
            "Mon 15:25 sue: Level 2",
            "Mon 15:25 mia: Overdue since 14:55 GMT+3 (30 min ago): Acme waits.",
            # The client hears again with the 1st, 2nd, 4th and 8th reminder, each time as was announced to him.
            "Mon 15:25 acme: Next word by 13:55 Berlin (in 30 min). We missed 12:55 Berlin. Sue has been called.",
            "Mon 15:55 lea: Level 3",
            "Mon 15:55 mia: Overdue",
            "Mon 15:55 acme: Next word by 14:55 Berlin (in 60 min). We missed 12:55 Berlin.",
            "Mon 15:55 acme: Lea (level 3) is called in now",
            "Mon 16:25 lea: Level 3",
            "Mon 16:25 mia: Overdue",
            "Mon 16:55 lea: T-42: nobody at level 3, the last one, has acknowledged.",
            "Mon 16:55 mia: Overdue",
            "Mon 16:55 acme: Next word by 16:55 Berlin (in 2 h). We missed 12:55 Berlin.",
            "Mon 17:25 mia: Overdue",
            "Mon 17:55 mia: Overdue",
            "Mon 18:25 mia: Overdue",
            "Mon 18:55 mia: Overdue",
            "Mon 18:55 acme: Next word by Tue 11:55 Berlin (in 19 h). We missed 12:55 Berlin.",
            "Tue 10:25 mia: Overdue",  # 5 min of Monday, 25 of Tuesday: nobody is called at night
            "Tue 10:55 mia: Overdue",
        ]
        assert begins(bot.diary(OFFICE), expected) == expected


async def test_a_risk_of_downtime_on_friday_night_is_capped_to_saturday_and_called_out_at_night():
    """High is 1 h, but never later than 24 h after receipt: Saturday 19:05. 50 % and 80 % of 24 h, then 1 h on."""
    async with bot_in_a_box("2025-03-14T19:05+03:00", ACME) as bot:
        await bot.say("acme", "acme/ann", "the tracker answers slower and slower")
        await bot.press("acme", "acme/ann", "Risk of service downtime")
        await bot.forward(to="2025-03-15T20:05+03:00")
        expected = [
            "Fri 19:05 acme: Answer guaranteed by Mon 13:00 Berlin (in 2 d 19 h). Outside hours now; "
            "Mia returns Mon 08:00 Berlin. T-42, High end-user impact.",
            "Fri 19:05 mia: Due Sat 19:05 GMT+3 (in 24 h): Acme says Risk of service downtime. T-42.",
            "Fri 19:05 acme: Due Sat 17:05 Berlin (in 24 h): T-42 is now Risk of service downtime.",
            "Sat 07:05 mia: Due 19:05 GMT+3 (in 12 h): resolution or ETA for Acme.",
            "Sat 14:17 tom: Level 1, due 19:05 GMT+3 (in 4 h 48 min): Acme.",
            "Sat 14:17 mia: Due 19:05 GMT+3 (in 4 h 48 min): resolution or ETA for Acme.",
            "Sat 14:17 acme: Tom (level 1) is called in now. T-42.",
            "Sat 14:47 tom: Level 1",
            "Sat 15:17 sue: Level 2",
            "Sat 15:17 acme: Sue (level 2) is called in now",
            "Sat 15:47 sue: Level 2",
            "Sat 16:17 lea: Level 3",
            "Sat 16:17 acme: Lea (level 3) is called in now",
            "Sat 16:47 lea: Level 3",
            "Sat 17:17 lea: T-42: nobody at level 3, the last one, has acknowledged.",
            "Sat 19:05 mia: Breached at 19:05 GMT+3 (now): first answer for Acme.",
            "Sat 19:05 acme: Next word by 17:35 Berlin (in 30 min). We missed 17:05 Berlin. Lea has been called",
            "Sat 19:35 mia: Overdue since 19:05 GMT+3 (30 min ago): Acme waits.",
            "Sat 19:35 acme: Next word by 18:05 Berlin (in 30 min). We missed 17:05 Berlin. Lea has been called",
            "Sat 20:05 mia: Overdue since 19:05 GMT+3 (60 min ago): Acme waits.",
            "Sat 20:05 acme: Next word by 19:05 Berlin (in 60 min). We missed 17:05 Berlin. Lea has been called",
        ]
        assert begins(bot.diary(OFFICE), expected) == expected


async def test_a_service_that_is_down_is_answered_within_ten_minutes_of_the_word():
    """Critical is "immediate", read as 10 min; the minutes before the client said so do not count against us."""
    async with bot_in_a_box("2025-03-17T11:00+03:00", ACME) as bot:
        await bot.say("acme", "acme/ann", "nothing is tracked")
        await bot.forward(to="2025-03-17T11:20+03:00")
        await bot.press("acme", "acme/ann", "Service down")
        assert bot.last("acme") == "Due 09:30 Berlin (in 10 min): T-42 is now Service down."
        await bot.forward(to="2025-03-17T11:40+03:00")
        expected = [
            "Mon 11:20 mia: Due 11:30 GMT+3 (in 10 min): Acme says Service down. T-42.",
            "Mon 11:20 acme: Due 09:30 Berlin",
            "Mon 11:25 mia: Due 11:30 GMT+3 (in 5 min): resolution or ETA",
            "Mon 11:28 tom: Level 1",
            "Mon 11:28 mia: Due 11:30 GMT+3 (in 2 min): resolution or ETA",
            "Mon 11:28 acme: Tom (level 1)",
            "Mon 11:30 sue: Level 2",
            "Mon 11:30 mia: Breached at 11:30 GMT+3",
            "Mon 11:30 acme: Next word by 10:00 Berlin (in 30 min). We missed 09:30 Berlin.",
            "Mon 11:40 lea: Level 3",
            "Mon 11:40 acme: Lea (level 3)",
        ]
        assert begins(bot.diary(OFFICE, "2025-03-17T11:20+03:00"), expected) == expected


async def test_declared_high_load_gives_an_hour_to_a_service_that_is_down():
    """ "Live chat support": grown up to 60 minutes within high load periods; declared before the ticket opened."""
    async with bot_in_a_box("2025-03-17T11:00+03:00", ACME) as bot:
        await bot.store.write(lambda tx: tx.meta.set("high_load", "1"))
        await bot.say("acme", "acme/ann", "nothing is tracked")
        await bot.press("acme", "acme/ann", "Service down")
        assert bot.last("acme") == "Due 10:00 Berlin (in 60 min): T-42 is now Service down."


async def test_the_closing_instant_is_closed_and_the_clock_starts_in_the_morning():
    """19:00 is closed: 5 h of Tuesday from 10:00."""
    async with bot_in_a_box("2025-03-17T19:00+03:00", ACME) as bot:
        await bot.say("acme", "acme/ann", "a report is empty")
        assert bot.last("acme") == (
            "Answer guaranteed by Tue 13:00 Berlin (in 20 h). Outside hours now; Mia returns Tue 08:00 Berlin. "
            "T-42, High end-user impact."
        )


async def test_exactly_what_is_left_of_friday_is_due_at_its_close_and_not_on_monday():
    async with bot_in_a_box("2025-03-14T14:00+03:00", ACME) as bot:
        await bot.say("acme", "acme/ann", "a report is empty")
        assert bot.last("acme").startswith("Answer guaranteed by 17:00 Berlin (in 5 h). Mia answers.")


async def test_over_the_start_of_summer_time_the_office_keeps_its_hours_and_the_client_reads_his_own():
    """GMT+3 has no summer time, Berlin has from 30 March: 30 min Friday, 4 h 30 Monday to 14:30, 13:30 in Berlin."""
    async with bot_in_a_box("2025-03-28T18:30+03:00", ACME) as bot:
        await bot.say("acme", "acme/ann", "a report is empty")
        assert bot.last("acme").startswith("Answer guaranteed by Mon 13:30 Berlin (in 2 d 20 h). Mia answers.")


async def test_the_client_may_call_it_less_and_then_gets_the_later_time():
    """Informational is one business day of 9 h, from the message: all of Monday."""
    async with bot_in_a_box("2025-03-15T12:00+03:00", ACME) as bot:
        await bot.say("acme", "acme/ann", "will the old links stop some day")
        await bot.say("acme", "acme/ann", "/urgency informational")
        assert bot.last("acme") == "Due Mon 17:00 Berlin (in 2 d 7 h): T-42 is now Potentially impactful in the future."


async def test_a_feature_request_has_five_business_days():
    """45 h from Wednesday 11:30: the same time five working days later."""
    async with bot_in_a_box("2025-03-12T11:30+03:00", ACME) as bot:
        await bot.say("acme", "acme/ann", "an export to parquet would help")
        await bot.say("acme", "acme/ann", "/urgency feature")
        assert bot.last("acme") == "Due Wed 19 Mar 09:30 Berlin (in 7 d): T-42 is now Missing feature."
        await bot.forward(to="2025-03-18T11:30+03:00")
        expected = [
            "Fri 16:00 mia: Due Wed 11:30 GMT+3 (in 4 d 19 h)",
            "Tue 11:30 tom: Level 1, due Wed 11:30 GMT+3 (in 24 h)",
            "Tue 11:30 mia: Due Wed 11:30 GMT+3 (in 24 h)",
            "Tue 11:30 acme: Tom (level 1)",
        ]
        assert begins(bot.diary(OFFICE, "2025-03-12T11:31+03:00"), expected) == expected


async def test_a_third_party_holds_the_clock_by_name_and_the_rest_of_the_window_comes_after_it():
    """Low is 8 h: 4 h of Monday, Tuesday waits for the registrar, 4 h of Wednesday. 80 % is 6 h 24 = 4 h + 2 h 24."""
    async with bot_in_a_box("2025-03-17T15:00+03:00", ACME) as bot:
        await bot.say("acme", "acme/ann", "the domain does not resolve")
        await bot.say("acme", "acme/ann", "/urgency low")
        await bot.forward(to="2025-03-18T10:00+03:00")
        await bot.say("dm:mia", "mia", "/hold T-42 third party Registrar Ltd")
        assert bot.last("acme") == "The clock waits for Registrar Ltd; 4 h of the window remains. T-42."
        assert bot.last("dm:mia") == "Acme is told: waiting for Registrar Ltd. T-42."
        await bot.forward(to="2025-03-19T10:00+03:00")
        await bot.say("dm:mia", "mia", "/resume T-42")
        assert bot.last("acme") == "Due 12:00 Berlin (in 4 h): the clock runs again. T-42."
        await bot.forward(to="2025-03-20T13:00+03:00")
        expected = [
            "Wed 12:24 tom: Level 1, due 14:00 GMT+3 (in 1 h 36 min)",
            "Wed 12:24 mia: Due 14:00 GMT+3 (in 1 h 36 min)",
            "Wed 12:24 acme: Tom (level 1)",
            "Wed 12:54 tom: Level 1",
            "Wed 13:24 sue: Level 2",
            "Wed 13:24 acme: Sue (level 2) is called in now",
        ]
        since = "2025-03-19T10:01+03:00"
        assert begins(bot.diary(OFFICE, since)[:6], expected) == expected
        assert "Wed 14:00 mia: Breached at 14:00 GMT+3" in [line[:38] for line in bot.diary(OFFICE, since)]


async def test_the_cap_moves_by_the_elapsed_length_of_a_wait_for_a_third_party():
    """A third party's day from Saturday midnight: the cap of Saturday 19:05 becomes Sunday 19:05."""
    async with bot_in_a_box("2025-03-14T19:05+03:00", ACME) as bot:
        await bot.say("acme", "acme/ann", "the provider's API is failing")
        await bot.press("acme", "acme/ann", "Risk of service downtime")
        await bot.forward(to="2025-03-15T00:00+03:00")
        await bot.say("dm:mia", "mia", "/hold T-42 waiting for Provider")
        assert bot.last("acme") == "The clock waits for Provider; 19 h 5 min of the window remains. T-42."
        await bot.forward(to="2025-03-16T00:00+03:00")
        await bot.say("dm:mia", "mia", "/resume T-42")
        assert bot.last("acme") == "Due Sun 17:05 Berlin (in 19 h 5 min): the clock runs again. T-42."
        await bot.forward(to="2025-03-16T14:17+03:00")
        expected = [
            "Sun 07:05 mia: Due 19:05 GMT+3 (in 12 h)",
            "Sun 14:17 tom: Level 1",
            "Sun 14:17 mia: Due 19:05 GMT+3 (in 4 h 48 min)",
            "Sun 14:17 acme: Tom (level 1)",
        ]
        assert begins(bot.diary(OFFICE, "2025-03-16T00:01+03:00"), expected) == expected


async def test_waiting_for_the_client_stops_no_clock_here_and_the_text_says_so():
    """000 extends for third parties only; 001 is the one that may ask."""
    async with bot_in_a_box("2025-03-17T12:00+03:00", ACME) as bot:
        await bot.say("acme", "acme/ann", "a report is empty")
        await bot.say("dm:mia", "mia", "/hold T-42 client")
        assert bot.last("acme") == "Still due 15:00 Berlin (in 5 h): waiting for your details stops no clock. T-42."
        await bot.forward(to="2025-03-17T14:30+03:00")
        assert bot.last("dm:mia").startswith("Due 17:00 GMT+3 (in 2 h 30 min): resolution or ETA for Acme.")


async def test_an_automatic_reply_is_no_first_interaction():
    """ "Does not include the autoresponse, it is the first interaction with a real specialist"."""
    async with bot_in_a_box("2025-03-17T12:00+03:00", ACME) as bot:
        await bot.say("acme", "acme/ann", "a report is empty")
        await bot.say("acme", "mia", "I am away until tomorrow", automatic=True)
        await bot.forward(to="2025-03-17T17:00+03:00")
        assert bot.last("dm:mia").startswith("Breached at 17:00 GMT+3 (now): first answer for Acme.")


async def test_a_level_the_agreement_has_but_the_button_named_otherwise_is_understood_in_its_own_words():
    async with bot_in_a_box("2025-03-17T12:00+03:00", ACME) as bot:
        await bot.say("acme", "acme/ann", "a report is empty")
        assert list(bot.channel.posts[0].buttons) == ["Service down", "Risk of service downtime", "Separate issue"]
        await bot.say("acme", "acme/ann", "/urgency risk of service downtime")
        assert bot.last("acme") == "Due 11:00 Berlin (in 60 min): T-42 is now Risk of service downtime."
        receipt = await bot.press("acme", "acme/ann", "Risk of service downtime")
        assert receipt.notice == "Already so: T-42."


async def test_a_window_that_the_limit_decides_says_so_when_it_is_posted(tmp_path):
    """An operator whose clients are taken for a risk of downtime until they say otherwise."""
    (tmp_path / "risky.toml").write_text(
        'id = "risky"\nname = "Risky"\nextends = "redtrack"\nversion = "1"\ndefault_priority = "high"\n'
    )
    risky = client(agreement="risky", zone="Europe/Berlin")
    async with bot_in_a_box("2025-03-14T19:05+03:00", risky, catalog=load_folder(tmp_path)) as bot:
        await bot.say("acme", "acme/ann", "the tracker answers slower and slower")
        assert bot.last("acme") == (
            "Answer guaranteed by Sat 17:05 Berlin (in 24 h, the limit outside hours). Mia answers and returns "
            "Mon 08:00 Berlin. T-42, Risk of service downtime."
        )
