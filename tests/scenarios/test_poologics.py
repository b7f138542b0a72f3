"""Poologics (004): three targets on one ticket, a ladder of three, progress at the end of a critical day."""

from harness import begins, bot_in_a_box, client

from bot.sla.clock import State
from bot.sla.policy import Metric

NEW_YORK = "America/New_York"
ACME = client(agreement="poologics", zone=NEW_YORK)


async def test_nobody_takes_a_ticket_and_the_ladder_follows_the_gravest_of_the_three():
    """Taken within 20 min (50 % 10:10, 80 % 10:16), answered within 1 to 2 h, an ETA within 24 h (half is 22:00).

    L3, the product team, one target length after the breach. Mia reads GMT+3, eight hours ahead of January's New York.
    """
    async with bot_in_a_box("2025-01-15T10:00-05:00", ACME) as bot:
        await bot.say("acme", "acme/ann", "the estimate shows no prices")
        assert bot.posts("acme") == [
            "Mia takes it up by 10:20 New York (in 20 min), guaranteed. T-42, Standard incident.\n"
            "We aim to answer by 12:00 New York (in 2 h)."
        ]
        await bot.forward(to="2025-01-15T12:00-05:00")
        expected = [
            "Wed 10:10 mia: Due 18:20 GMT+3 (in 10 min): acknowledgement for Acme. "
            "T-42: 'the estimate shows no prices'.",
            "Wed 10:16 tom: Level 1, due 18:20 GMT+3 (in 4 min): Acme.",
            "Wed 10:16 mia: Due 18:20 GMT+3 (in 4 min): acknowledgement for Acme.",
            "Wed 10:16 acme: Tom (level 1) is called in now. T-42.",
            "Wed 10:20 sue: Level 2, due 18:20 GMT+3 (now): Acme.",
            "Wed 10:20 mia: Breached at 18:20 GMT+3 (now): acknowledgement for Acme.",
            "Wed 10:20 acme: Next word by 10:50 New York (in 30 min). We missed 10:20 New York. Sue has been called. "
            "T-42, recorded as missed.",
            "Wed 10:40 pat: Level 3, due 18:20 GMT+3 (20 min ago): Acme.",
            "Wed 10:40 acme: Pat (level 3) is called in now. T-42.",
            "Wed 10:50 mia: Overdue since 18:20 GMT+3 (30 min ago): Acme waits.",
            "Wed 10:50 acme: Next word by 11:20 New York (in 30 min). We missed 10:20 New York. Pat has been called.",
            # The answer's objective, 11:00, is half of its limit too: one message, the graver.
            "Wed 11:00 mia: Early mark passed, due 20:00 GMT+3 (in 60 min): Acme waits.",
            "Wed 11:10 pat: Level 3",
            "Wed 11:20 mia: Overdue since 18:20 GMT+3 (60 min ago): Acme waits.",
            "Wed 11:20 acme: Next word by 12:20 New York (in 60 min). We missed 10:20 New York. Pat has been called.",
            "Wed 11:36 mia: Due 20:00 GMT+3 (in 24 min): an answer for Acme.",
            "Wed 11:40 lea: T-42: nobody at level 3, the last one, has acknowledged.",
            "Wed 11:50 mia: Overdue since 18:20 GMT+3 (1 h 30 min ago): Acme waits.",
            "Wed 12:00 mia: Target passed at 20:00 GMT+3 (now): first answer for Acme.",
            "Wed 12:00 acme: Next word by 12:30 New York (in 30 min). We aimed for 12:00 New York and were late.",
        ]
        assert begins(bot.diary(NEW_YORK, "2025-01-15T10:01-05:00"), expected) == expected


async def test_taken_answered_and_promised_each_stop_their_own_clock():
    """Taken at 10:05 (20 min), answered at 10:30 (before the 1 h objective), the ETA at 15:00 (24 h)."""
    async with bot_in_a_box("2025-01-15T10:00-05:00", ACME) as bot:
        await bot.say("acme", "acme/ann", "the estimate shows no prices")
        await bot.forward(to="2025-01-15T10:05-05:00")
        await bot.say("dm:mia", "mia", "/take T-42")
        assert bot.last("acme") == "Mia has T-42."
        await bot.forward(to="2025-01-15T10:30-05:00")
        await bot.say("acme", "mia", "the price list was empty since the last import")
        await bot.forward(to="2025-01-15T15:00-05:00")
        await bot.say("acme", "mia", "/eta tomorrow 9:30")
        for metric, at in (
            (Metric.ACKNOWLEDGEMENT, "2025-01-15T10:05-05:00"),
            (Metric.RESPONSE, "2025-01-15T10:30-05:00"),
            (Metric.ETA_GIVEN, "2025-01-15T15:00-05:00"),
        ):
            clock = await bot.timed("T-42", metric)
            assert (clock.state, clock.stopped_at) == (State.STOPPED, bot.moment(at))
        assert bot.last("acme") == (
            "Fix expected by Thu 09:30 New York (in 18 h 30 min), approximate. Mia has it. "
            "Any change is announced before then. T-42."
        )
        assert bot.posts("dm:mia") == [
            "Mia has T-42.",
            "T-42: the ETA is recorded and can be taken back for a minute.",
        ]
        assert await bot.compliance() == (3, 0, 0)


async def test_i_have_it_is_no_initiating_of_the_resolution():
    """ "Acknowledging and initiating the resolution": the one who is called in must take it."""
    async with bot_in_a_box("2025-01-15T10:00-05:00", ACME) as bot:
        await bot.say("acme", "acme/ann", "the estimate shows no prices")
        await bot.forward(to="2025-01-15T10:16-05:00")
        await bot.press("dm:tom", "tom", "I have it")
        assert (await bot.timed("T-42", Metric.ACKNOWLEDGEMENT)).state is State.RUNNING
        await bot.press("dm:tom", "tom", "Take it")
        assert (await bot.timed("T-42", Metric.ACKNOWLEDGEMENT)).state is State.STOPPED


async def test_once_taken_the_ladder_waits_for_the_eta_of_twenty_four_elapsed_hours():
    """Friday 16:00: half is Saturday 04:00, 80 % Saturday 11:12, due Saturday 16:00, L3 a day later: at night too."""
    async with bot_in_a_box("2025-03-14T16:00-04:00", ACME) as bot:
        await bot.say("acme", "acme/ann", "the estimate shows no prices")
        await bot.say("acme", "mia", "/take")
        await bot.say("acme", "mia", "we look at the price list now")
        await bot.forward(to="2025-03-15T16:00-04:00")
        expected = [
            "Sat 04:00 mia: Due 23:00 GMT+3 (in 12 h): ETA for Acme.",
            "Sat 11:12 tom: Level 1, due 23:00 GMT+3 (in 4 h 48 min): Acme.",
            "Sat 11:12 mia: Due 23:00 GMT+3 (in 4 h 48 min): ETA for Acme.",
            "Sat 11:12 acme: Tom (level 1)",
            "Sat 16:00 sue: Level 2",
            "Sat 16:00 mia: Breached at 23:00 GMT+3 (now): ETA for Acme.",
            "Sat 16:00 acme: Next word by Mon 08:30 New York (in 40 h 30 min). We missed 16:00 New York. "
            "Sue has been called. T-42, recorded as missed.",
        ]
        assert begins(bot.diary(NEW_YORK, "2025-03-14T16:01-04:00"), expected) == expected


async def test_twenty_four_hours_over_the_start_of_summer_time_end_an_hour_later_on_the_wall():
    """Saturday 8 March 12:00 EST; at 02:00 of Sunday it is 03:00: due Sunday 13:00 EDT."""
    async with bot_in_a_box("2025-03-08T12:00-05:00", ACME) as bot:
        await bot.say("acme", "acme/ann", "the estimate shows no prices")
        assert bot.last("acme") == (
            "Mia takes it up by Mon 08:20 New York (in 43 h 20 min), guaranteed. T-42, Standard incident.\n"
            "We aim to answer by Mon 10:00 New York (in 45 h)."
        )
        clock = await bot.timed("T-42", Metric.ETA_GIVEN)
        assert clock.due_at == bot.moment("2025-03-09T13:00-04:00")


async def test_est_as_written_keeps_winter_time_in_summer():
    """17:50 at UTC-5 is 18:50 in New York and closed there; here 10 min are left, and 10 of the morning."""
    literal = client(agreement="poologics", variant="literal-est", zone="Etc/GMT+5")
    async with bot_in_a_box("2025-07-15T17:50-05:00", literal) as bot:
        await bot.say("acme", "acme/ann", "the estimate shows no prices")
        assert bot.last("acme").startswith("Mia takes it up by Wed 08:10 GMT-5 (in 14 h 20 min), guaranteed.")


async def test_ten_minutes_before_the_close_the_other_ten_are_those_of_the_morning():
    """Wednesday 17:50: 50 % is the close, 18:00; 80 % Thursday 08:06, due 08:10, L3 08:30."""
    async with bot_in_a_box("2025-01-15T17:50-05:00", ACME) as bot:
        await bot.say("acme", "acme/ann", "the estimate shows no prices")
        await bot.forward(to="2025-01-16T08:30-05:00")
        expected = [
            "Wed 18:00 mia: Due 16:10 GMT+3 (in 14 h 10 min): acknowledgement",
            "Thu 05:50 mia: Due Fri 01:50 GMT+3",
            "Thu 08:06 tom: Level 1",
            "Thu 08:06 mia: Due 16:10 GMT+3 (in 4 min): acknowledgement",
            "Thu 08:06 acme: Tom (level 1)",
            "Thu 08:10 sue: Level 2",
            "Thu 08:10 mia: Breached at 16:10 GMT+3",
            "Thu 08:10 acme: Next word by 08:40",
            "Thu 08:30 pat: Level 3",
            "Thu 08:30 acme: Pat (level 3)",
        ]
        assert begins(bot.diary(NEW_YORK, "2025-01-15T17:51-05:00"), expected) == expected


async def test_a_critical_day_ends_with_word_on_progress_or_with_a_shortfall():
    """Promised on Tuesday, critical since then: Mia is reminded at 17:00, late at 18:00, asked again on Wednesday."""
    async with bot_in_a_box("2025-03-18T09:00-04:00", ACME) as bot:
        await bot.say("acme", "acme/ann", "we can make no estimate")
        await bot.say("acme", "mia", "/take")
        await bot.say("acme", "mia", "/eta thursday 15:00")
        await bot.press("acme", "acme/ann", "Critical incident")
        await bot.forward(to="2025-03-18T18:00-04:00")
        expected = [
            "Tue 17:00 mia: Word on progress due 01:00 GMT+3 (in 60 min) for Acme.",
            "Tue 18:00 mia: Target passed at 01:00 GMT+3 (now): word on progress for Acme.",
            "Tue 18:00 lea: No word on progress went to Acme in time",
            "Tue 18:00 acme: Next word by Wed 18:00 New York (in 24 h). We aimed for 18:00 New York and were late.",
        ]
        assert begins(bot.diary(NEW_YORK, "2025-03-18T09:01-04:00"), expected) == expected
        await bot.forward(to="2025-03-19T15:00-04:00")
        await bot.say("acme", "mia", "the import is fixed for half of the catalogue")
        since = len(bot.channel.posts)
        await bot.forward(to="2025-03-19T18:30-04:00")
        assert [text for text in bot.posts("dm:mia", since) if "progress" in text] == []
        await bot.forward(to="2025-03-20T13:00-04:00")
        assert (await bot.timed("T-42", Metric.PROGRESS)).due_at == bot.moment("2025-03-20T18:00-04:00")


async def test_an_incident_of_friday_six_o_clock_owes_progress_on_monday():
    async with bot_in_a_box("2025-03-14T18:00-04:00", ACME) as bot:
        await bot.say("acme", "acme/ann", "we can make no estimate")
        await bot.press("acme", "acme/ann", "Critical incident")
        assert (await bot.timed("T-42", Metric.PROGRESS)).due_at == bot.moment("2025-03-17T18:00-04:00")


async def test_no_hold_is_granted_and_the_text_says_so():
    async with bot_in_a_box("2025-03-18T10:00-04:00", ACME) as bot:
        await bot.say("acme", "acme/ann", "the estimate shows no prices")
        await bot.forward(to="2025-03-18T10:15-04:00")
        await bot.say("dm:mia", "mia", "/hold T-42 client")
        assert bot.last("acme") == (
            "Still due 10:20 New York (in 5 min): waiting for your details stops no clock. T-42."
        )
        await bot.forward(to="2025-03-18T10:20-04:00")
        assert bot.last("dm:mia").startswith("Breached at 17:20 GMT+3 (now): acknowledgement for Acme.")


async def test_thanksgiving_is_a_working_day_until_the_operator_lists_it():
    async with bot_in_a_box("2025-11-27T09:00-05:00", ACME) as bot:
        await bot.say("acme", "acme/ann", "the estimate shows no prices")
        assert bot.last("acme").startswith("Mia takes it up by 09:20 New York (in 20 min), guaranteed.")


async def test_two_clients_without_word_on_progress_reach_the_lead_in_one_message():
    """Both critical days end at 18:00; what tells the lead says of which moment it is, alone and together."""
    bolt = client("bolt", agreement="poologics", zone=NEW_YORK)
    async with bot_in_a_box("2025-03-18T09:00-04:00", ACME, bolt) as bot:
        for name, ref in (("acme", "T-42"), ("bolt", "T-43")):
            await bot.say(name, f"{name}/ann", "we can make no estimate")
            await bot.say("dm:mia", "mia", f"/take {ref}")
            await bot.say("dm:mia", "mia", f"/eta {ref} 30h")
            await bot.press(name, f"{name}/ann", "Critical incident")
        bot.clock.now = bot.moment("2025-03-18T18:00-04:00")
        await bot.settle()
        assert bot.last("dm:lea").splitlines() == [
            "2 tickets wait for you, the most urgent first.",
            "T-42, Acme: overdue since 01:00 GMT+3 (now).",
            "T-43, Bolt: overdue since 01:00 GMT+3 (now).",
        ]
