"""Tactful Engage (002) as its client in Cairo lives it: six days a week, targets that are no guarantee."""

from harness import begins, bot_in_a_box, client

CAIRO = "Africa/Cairo"


def nile(plan: str = "standard", variant: str = "") -> str:
    return client(agreement="tactful", plan=plan, variant=variant, zone=CAIRO)


async def test_a_medium_case_of_friday_is_aimed_at_and_never_guaranteed():
    """S2 standard: response 8 h = 2 Friday + 6 Sunday, resolution 24 h = 2 + 8 + 8 + 6 to Tuesday 15:00.

    Saturday is off. Response: 50 % is Sunday 11:00, 80 % (6 h 24) 13:24, level 3 one window on is Monday 15:00.
    Resolution: 50 % (12 h) is Monday 11:00, 80 % (19 h 12) Tuesday 10:12. Mia reads GMT+3, an hour ahead of Cairo.
    """
    async with bot_in_a_box("2025-03-14T15:00+02:00", nile()) as bot:
        await bot.say("acme", "acme/ann", "the chatbot does not answer")
        await bot.forward(to="2025-03-16T15:00+02:00")
        expected = [
            "Fri 15:00 acme: We aim to answer by Sun 15:00 Cairo (in 2 d). Mia answers. T-42, Medium (S2).",
            "Sun 11:00 mia: Due 16:00 GMT+3 (in 4 h): an answer for Acme. T-42: 'the chatbot does not answer'. "
            "Tom is told at 14:24 GMT+3.",
            "Sun 13:24 tom: Level 1, due 16:00 GMT+3 (in 1 h 36 min): Acme.",
            "Sun 13:24 mia: Due 16:00 GMT+3 (in 1 h 36 min): an answer for Acme.",
            "Sun 13:24 acme: Tom (level 1) is called in now. T-42.",
            "Sun 13:54 tom: Level 1",
            "Sun 14:24 sue: Level 2",
            "Sun 14:24 acme: Sue (level 2) is called in now",
            "Sun 14:54 sue: Level 2",
            "Sun 15:00 mia: Target passed at 16:00 GMT+3 (now): first answer for Acme.",
            "Sun 15:00 acme: Next word by 15:30 Cairo (in 30 min). We aimed for 15:00 Cairo and were late. Sue ha",
        ]
        assert begins(bot.diary(CAIRO), expected) == expected
        assert "guarantee" not in " ".join(bot.posts("acme")).lower()


async def test_any_human_word_is_a_response_and_the_resolution_goes_on():
    """Answered on Sunday 09:30: of the resolution's plan Monday 11:00, Tuesday 10:12 and 15:00 are left."""
    async with bot_in_a_box("2025-03-14T15:00+02:00", nile()) as bot:
        await bot.say("acme", "acme/ann", "the chatbot does not answer")
        await bot.forward(to="2025-03-16T09:30+02:00")
        await bot.say("acme", "mia", "we see it and are looking into it")
        assert bot.posts("dm:mia") == []
        await bot.forward(to="2025-03-18T15:00+02:00")
        expected = [
            "Mon 11:00 mia: Due Tue 16:00 GMT+3 (in 28 h): resolution for Acme.",
            "Tue 10:12 tom: Level 1, due 16:00 GMT+3 (in 4 h 48 min): Acme.",
            "Tue 10:12 mia: Due 16:00 GMT+3 (in 4 h 48 min): resolution for Acme.",
            "Tue 10:12 acme: Tom (level 1) is called in now. T-42.",
            "Tue 10:42 tom: Level 1",
            "Tue 11:12 sue: Level 2",
            "Tue 11:12 acme: Sue (level 2) is called in now",
            "Tue 11:42 sue: Level 2",
            "Tue 12:12 lea: Level 3",
            "Tue 12:12 acme: Lea (level 3) is called in now",
            "Tue 12:42 lea: Level 3",
            "Tue 13:12 lea: T-42: nobody at level 3, the last one, has acknowledged.",
            "Tue 15:00 mia: Target passed at 16:00 GMT+3 (now): resolution for Acme.",
            "Tue 15:00 acme: Next word by 15:30 Cairo (in 30 min). We aimed for 15:00 Cairo and were late.",
        ]
        assert begins(bot.diary(CAIRO, "2025-03-16T09:31+02:00"), expected) == expected


async def test_a_resolution_in_time_ends_everything():
    async with bot_in_a_box("2025-03-16T09:00+02:00", nile()) as bot:
        await bot.say("acme", "acme/ann", "the chatbot does not answer")
        await bot.say("acme", "mia", "it was a timeout, raised to 30 s")
        await bot.say("dm:mia", "mia", "/resolve T-42")
        since = len(bot.channel.posts)
        await bot.forward(to="2025-03-25T09:00+02:00")
        assert bot.channel.posts[since:] == []
        assert await bot.compliance() == (2, 0, 0)


async def test_a_public_holiday_of_egypt_is_no_working_day():
    """S1 standard, 4 h on Sunday 15:00 of 5 October 2025: 2 h, Monday is Armed Forces Day, 2 h of Tuesday."""
    async with bot_in_a_box("2025-10-05T15:00+03:00", nile()) as bot:
        await bot.say("acme", "acme/ann", "nobody can log in")
        await bot.press("acme", "acme/ann", "Critical (S1)")
        assert bot.last("acme") == "Due Tue 11:00 Cairo (in 44 h): T-42 is now Critical (S1)."
        await bot.forward(to="2025-10-07T10:12+03:00")
        expected = [
            "Sun 17:00 mia: Due Tue 11:00 GMT+3 (in 42 h): an answer for Acme.",
            "Tue 10:12 tom: Level 1",  # 80 % is 3 h 12 = 2 h + 1 h 12
            "Tue 10:12 mia: Due 11:00 GMT+3 (in 48 min)",
            "Tue 10:12 acme: Tom (level 1)",
        ]
        assert begins(bot.diary(CAIRO, "2025-10-05T15:01+03:00"), expected) == expected


async def test_the_night_the_clocks_go_back_is_outside_hours_and_costs_nobody_an_hour():
    """Thursday 30 October 2025, 15:00 in UTC+3: 2 h, then 6 h of Friday in UTC+2 to 15:00; 25 h have passed."""
    async with bot_in_a_box("2025-10-30T15:00+03:00", nile()) as bot:
        await bot.say("acme", "acme/ann", "the chatbot does not answer")
        assert bot.last("acme") == "We aim to answer by Fri 15:00 Cairo (in 25 h). Mia answers. T-42, Medium (S2)."
        await bot.forward(to="2025-10-31T15:00+02:00")
        assert bot.last("dm:mia").startswith("Target passed at 16:00 GMT+3 (now): first answer for Acme.")


async def test_the_night_the_clocks_go_forward_leaves_a_day_of_23_hours():
    """Thursday 23 April 2026, 15:00 in UTC+2: 2 h, then 6 h of Friday in UTC+3."""
    async with bot_in_a_box("2026-04-23T15:00+02:00", nile()) as bot:
        await bot.say("acme", "acme/ann", "the chatbot does not answer")
        assert bot.last("acme").startswith("We aim to answer by Fri 15:00 Cairo (in 23 h).")


async def test_no_hold_is_granted_and_the_clock_runs_on():
    """S1: 4 h from 10:00; asked at 11:00, still due at 14:00, L3 one window later."""
    async with bot_in_a_box("2025-03-18T10:00+02:00", nile()) as bot:
        await bot.say("acme", "acme/ann", "nobody can log in")
        await bot.press("acme", "acme/ann", "Critical (S1)")
        await bot.forward(to="2025-03-18T11:00+02:00")
        await bot.say("dm:tom", "tom", "/hold T-42 third party Telco")
        assert bot.last("acme") == "Still due 14:00 Cairo (in 3 h): waiting for Telco stops no clock. T-42."
        await bot.forward(to="2025-03-18T14:00+02:00")
        expected = [
            "Tue 12:00 mia: Due 15:00 GMT+3 (in 2 h): an answer for Acme.",
            "Tue 13:12 tom: Level 1",
            "Tue 13:12 mia: Due 15:00 GMT+3 (in 48 min)",
            "Tue 13:12 acme: Tom (level 1)",
            "Tue 13:42 tom: Level 1",
            "Tue 14:00 sue: Level 2",
            "Tue 14:00 mia: Target passed at 15:00 GMT+3",
            "Tue 14:00 acme: Next word by 14:30 Cairo (in 30 min). We aimed for 14:00 Cairo and were late.",
        ]
        assert begins(bot.diary(CAIRO, "2025-03-18T11:01+02:00"), expected) == expected


async def test_the_priority_contract_halves_the_times():
    """S2 priority: 4 h from Saturday night are Sunday 13:00; 50 % 11:00, 80 % 12:12."""
    async with bot_in_a_box("2025-03-15T23:00+02:00", nile("priority")) as bot:
        await bot.say("acme", "acme/ann", "the chatbot does not answer")
        assert bot.last("acme") == (
            "We aim to answer by Sun 13:00 Cairo (in 14 h). Outside hours now; Mia returns Sun 09:00 Cairo. "
            "T-42, Medium (S2)."
        )
        await bot.forward(to="2025-03-16T12:12+02:00")
        expected = [
            "Sun 11:00 mia: Due 14:00 GMT+3 (in 2 h)",
            "Sun 12:12 tom: Level 1",
            "Sun 12:12 mia: Due 14:00 GMT+3 (in 48 min)",
            "Sun 12:12 acme: Tom (level 1)",
        ]
        assert begins(bot.diary(CAIRO, "2025-03-15T23:01+02:00"), expected) == expected


async def test_the_usual_egyptian_week_ends_on_thursday():
    """The variant sun-thu: on Friday nobody is there, 8 h are all of Sunday."""
    async with bot_in_a_box("2025-03-14T10:00+02:00", nile(variant="sun-thu")) as bot:
        await bot.say("acme", "acme/ann", "the chatbot does not answer")
        assert bot.last("acme").startswith(
            "We aim to answer by Sun 17:00 Cairo (in 2 d 7 h). Outside hours now; Mia returns Sun 09:00 Cairo."
        )


async def test_a_level_that_the_agreement_lacks_becomes_the_next_graver_one_and_says_so():
    async with bot_in_a_box("2025-03-18T10:00+02:00", nile()) as bot:
        await bot.say("acme", "acme/ann", "nobody can log in")
        await bot.say("acme", "acme/ann", "/urgency high")
        assert bot.posts("acme")[1:] == [
            "Due 14:00 Cairo (in 4 h): T-42 is now Critical (S1).",
            "The agreement has no priority High; T-42 takes the next graver one, Critical (S1).",
        ]
