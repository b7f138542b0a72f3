"""Calls under 001 as its client in New York and its manager at GMT+3 live them, from the wish to the note afterwards.

The office is open 10:00-19:00 GMT+3, Monday to Friday; a call is asked for nine working hours ahead. 14 March 2025 is
a Friday; New York is 7 hours behind since its clocks went forward on 9 March.
"""

import asyncio
import itertools
from datetime import UTC, datetime, timedelta

import pytest
from harness import STAFF, begins, bot_in_a_box, client

from bot.channels.base import InboundKind
from bot.desk.calls.week import call_week
from bot.desk.rules import Rules
from bot.sla.call import CallState
from bot.sla.policy_file import load_folder

FRIDAY = "2025-03-14T16:00+03:00"
OFFICE = "Etc/GMT-3"


def buttons(bot, room):
    """What can be pressed under the newest message of a room."""
    return list(next(post for post in reversed(bot.channel.posts) if post.room == room).buttons)


async def agreed(bot, when="Mon 09:00", topic=""):
    """A call that both sides want."""
    await bot.say("acme", "acme/ann", f"/book-call {when} {topic}")
    await bot.press("dm:mia", "mia", "Confirm")


async def state(bot, id=1):
    return (await bot.read(lambda tx: tx.calls.get(id))).state


# From the wish to the note --------------------------------------------------------------------------------------------


async def test_friday_16_00_is_too_soon_for_anything_before_monday_16_00():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say("acme", "acme/ann", "/book-call today 11:00 the new funnels")
        assert bot.last("acme") == (
            "11:00 New York is too soon, 1 working day's notice: Mon 09:00 New York at the earliest.\nFree nearby:"
        )
        assert buttons(bot, "acme") == [
            "Mon 09:00 New York (Mon 16:00 GMT+3)",
            "Mon 09:30 New York (Mon 16:30 GMT+3)",
            "Mon 10:00 New York (Mon 17:00 GMT+3)",
            "Ask anyway",
        ]
        await bot.press("acme", "acme/ann", "Mon 09:00 New York (Mon 16:00 GMT+3)")
        assert bot.last("dm:mia") == (
            "Acme asks for a call Mon 17 Mar 16:00-16:30 GMT+3 (Mon 09:00 New York). C-1.\nTopic: the new funnels"
        )
        await bot.press("dm:mia", "mia", "Confirm")
        first = len(bot.channel.posts)
        await bot.forward(to="2025-03-17T16:40+03:00")
        await bot.press("dm:mia", "mia", "It took place")
        await bot.say("dm:mia", "mia", "a follow-up in two weeks")
        expected = [
            "Fri 18:00 mia: Call in 2 d 22 h: Mon 17 Mar 16:00-16:30 GMT+3 (Mon 09:00 New York), Acme. C-1.",
            "Sun 16:00 acme: Call in 24 h: Mon 17 Mar 09:00-09:30 New York (Mon 16:00 GMT+3), Mia. C-1.",
            "Mon 15:00 mia: Call in 60 min",
            "Mon 15:00 acme: Call in 60 min",
            "Mon 15:50 mia: Call in 10 min",
            "Mon 15:50 acme: Call in 10 min",
            "Mon 16:30 mia: Did the call with Acme take place?",
            "Mon 16:40 mia: The note is kept. C-1.",
        ]
        assert begins(bot.diary(OFFICE)[first:], expected) == expected
        call = await bot.read(lambda tx: tx.calls.get(1))
        assert (call.state, call.outcome) == (CallState.HELD, "a follow-up in two weeks")


@pytest.mark.parametrize(
    ("asked", "first"),
    [
        ("2025-03-14T10:00+03:00", "Mon 03:00 New York (Mon 10:00 GMT+3)"),  # used up at the close: the next opening
        ("2025-03-14T18:59+03:00", "Mon 12:00 New York (Mon 19:00 GMT+3)"),
        ("2025-03-14T19:00+03:00", "Tue 03:00 New York (Tue 10:00 GMT+3)"),
        ("2025-03-15T12:00+03:00", "Tue 03:00 New York (Tue 10:00 GMT+3)"),
    ],
)
async def test_a_working_day_that_ends_with_the_close_ends_at_the_next_opening(asked, first):
    async with bot_in_a_box(asked) as bot:
        await bot.say("acme", "acme/ann", "/book-call")
        # A minute before the close nothing fits in any more on Monday: Tuesday comes first.
        expected = "Tue 03:00 New York (Tue 10:00 GMT+3)" if "19:00 GMT" in first else first
        assert buttons(bot, "acme")[0] == expected


async def test_the_earliest_time_that_is_named_can_be_had_whatever_the_second():
    async with bot_in_a_box("2025-03-14T16:00:37+03:00") as bot:
        await bot.say("acme", "acme/ann", "/book-call today 11:00")
        assert "Mon 09:00 New York at the earliest" in bot.last("acme")
        await bot.say("acme", "acme/ann", "/book-call Mon 09:00")
        assert bot.last("acme").startswith("Call Mon 17 Mar 09:00")


async def test_of_a_day_that_is_named_its_times_are_offered_in_the_client_s_daytime():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say("acme", "acme/ann", "/book-call Wed about funnels")
        assert buttons(bot, "acme")[:3] == [
            "Wed 08:00 New York (Wed 15:00 GMT+3)",
            "Wed 08:30 New York (Wed 15:30 GMT+3)",
            "Wed 09:00 New York (Wed 16:00 GMT+3)",
        ]
        await bot.press("acme", "acme/ann", "Wed 08:00 New York (Wed 15:00 GMT+3)")
        assert bot.last("acme").endswith("Mia confirms it. C-1.\nTopic: funnels")


# Zones, holidays, hours -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "wish", "answer"),
    [
        # Before the change of clocks 10:00 GMT+3 is 02:00 in New York, after it 03:00.
        ("2025-03-05", "7 Mar 02:00", "Call Fri 7 Mar 02:00-02:30 New York (Fri 10:00 GMT+3) is kept for you"),
        ("2025-03-05", "10 Mar 03:00", "Call Mon 10 Mar 03:00-03:30 New York (Mon 10:00 GMT+3) is kept for you"),
        ("2025-03-05", "10 Mar 02:59", "Mon 02:59 New York is outside the hours in which Mia can be called."),
        ("2025-03-05", "10 Mar 11:31", "Mon 11:31 New York is outside the hours in which Mia can be called."),
        ("2025-03-05", "10 Mar 11:30", "Call Mon 10 Mar 11:30-12:00 New York (Mon 18:30 GMT+3) is kept for you"),
        ("2025-03-05", "8 Mar 09:00", "Sat 09:00 New York is outside the hours in which Mia can be called."),
    ],
)
async def test_a_client_in_new_york_books_over_the_change_of_clocks(day, wish, answer):
    async with bot_in_a_box(f"{day}T12:00+03:00") as bot:
        await bot.say("acme", "acme/ann", f"/book-call {wish}")
        assert bot.last("acme").startswith(answer)


async def test_a_manager_in_berlin_has_his_own_hours_and_his_own_change_of_clocks():
    """Berlin goes forward on 30 March: his 10:00 is 05:00 in New York before it, and 08:00 there his 14:00 after it."""
    own = 'zone = "Europe/Berlin"\nhours = { thu = "10:00-18:00", fri = "10:00-10:30", mon = "10:00-18:00" }'
    staff = STAFF.replace('zone = "Etc/GMT-3"\nidentities = { fake = "mia" }', own + '\nidentities = { fake = "mia" }')
    assert staff != STAFF
    async with bot_in_a_box("2025-03-26T12:00+03:00") as bot:
        await bot.apply_roster(staff + client())
        await bot.say("acme", "acme/ann", "/book-call the launch 28 Mar 04:00")
        assert buttons(bot, "acme")[:3] == [
            "Fri 05:00 New York (Fri 10:00 Berlin)",
            "Mon 08:00 New York (Mon 14:00 Berlin)",
            "Mon 08:30 New York (Mon 14:30 Berlin)",
        ]


async def test_a_holiday_is_named_and_is_no_notice(tmp_path):
    """Nine hours from Friday 16:00 over a closed Monday end on Tuesday 16:00."""
    (tmp_path / "spring.toml").write_text(
        'id = "spring"\nname = "Spring"\nversion = "1"\nextends = "redtrack-premium"\n'
        '[[holidays]]\ndate = 2025-03-17\nname = "Office move"\n[[holidays]]\ndate = 2025-03-19\nname = "Spring day"\n'
    )
    async with bot_in_a_box(FRIDAY, client(agreement="spring"), catalog=load_folder(tmp_path)) as bot:
        await bot.say("acme", "acme/ann", "/book-call 17 Mar 09:00")
        assert "Tue 09:00 New York at the earliest" in bot.last("acme")
        await bot.say("acme", "acme/ann", "/book-call 19 Mar 09:00")
        assert bot.last("acme").startswith("Wed 09:00 New York falls on a holiday: Spring day.")


async def test_where_the_manager_is_away_for_long_the_backup_is_offered_by_name_and_can_be_booked():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say("dm:mia", "mia", "/away until 1 Apr")
        await bot.say("acme", "acme/ann", "/book-call")
        assert bot.last("acme") == "Ben can be called at these times; Mia has none within a week."
        assert buttons(bot, "acme")[:1] == ["Ben, Mon 09:00 New York (Mon 16:00 GMT+3)"]
        assert buttons(bot, "acme")[-2].startswith("Mia, ")
        await bot.press("acme", "acme/ann", "Ben, Mon 09:00 New York (Mon 16:00 GMT+3)")
        assert bot.last("acme").endswith("is kept for you; Ben confirms it. C-1.")
        assert bot.last("dm:ben").startswith("Acme asks for a call Mon 17 Mar 16:00-16:30 GMT+3")
        await bot.press("dm:ben", "ben", "Confirm")
        assert await state(bot) is CallState.AGREED


async def test_a_manager_who_is_back_within_a_week_is_offered_alone():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say("dm:mia", "mia", "/away until 20 Mar")
        await bot.say("acme", "acme/ann", "/book-call")
        assert bot.last("acme") == "Mia can be called at these times."


@pytest.mark.parametrize("key", ["tom", "nobody", ""])
async def test_nobody_but_the_clients_own_people_can_be_booked_instead(key):
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say("acme", "acme/ann", f"/book-call-with {key} Mon 09:00")
        assert await bot.read(lambda tx: tx.calls.get(1)) is None


# Two who want the same ------------------------------------------------------------------------------------------------


async def test_of_two_clients_after_one_slot_the_other_is_offered_the_nearest():
    async with bot_in_a_box(FRIDAY, client("acme"), client("bolt", zone="Europe/Berlin")) as bot:
        await bot.say("acme", "acme/ann", "/book-call")
        await bot.say("bolt", "bolt/ann", "/book-call")
        await bot.press("acme", "acme/ann", "Mon 09:00 New York (Mon 16:00 GMT+3)")
        await bot.press("bolt", "bolt/ann", "Mon 14:00 Berlin (Mon 16:00 GMT+3)")
        assert bot.last("bolt") == "Mon 14:00 Berlin is taken.\nFree nearby:"
        assert buttons(bot, "bolt")[0] == "Mon 15:00 Berlin (Mon 17:00 GMT+3)"
        assert not any("Acme" in text for text in bot.posts("bolt"))


async def test_of_a_thousand_who_ask_at_once_one_gets_the_slot_and_the_rest_other_times():
    keys = [f"c{n}" for n in range(20)]
    async with bot_in_a_box(FRIDAY, *(client(key) for key in keys)) as bot:
        asked = [
            bot.inbound(key, f"{key}/ann", "/book-call Mon 09:00") for key, _ in itertools.product(keys, range(50))
        ]
        await asyncio.gather(*(bot.receive(inbound) for inbound in asked))
        assert len(await bot.read(lambda tx: tx.calls.open(bot.clock.now, 2000))) == 1
        await bot.deliver()
        heard = [bot.posts(key)[0] for key in keys]
        assert sum("is kept for you" in text for text in heard) == 1
        assert sum(text.startswith("Mon 09:00 New York is taken.\nFree nearby:") for text in heard) == 19


async def test_asking_again_for_the_same_time_changes_nothing():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say("acme", "acme/ann", "/book-call Mon 09:00")
        await bot.say("acme", "acme/ann", "/book-call Mon 09:00")
        assert bot.last("acme") == "Already so: C-1."
        await bot.press("dm:mia", "mia", "Confirm")
        said = len(bot.channel.posts)
        receipt = await bot.press("dm:mia", "mia", "Confirm")
        assert receipt.notice == "Already so: C-1."
        assert len(bot.channel.posts) == said


# Moving, cancelling, asking on short notice ---------------------------------------------------------------------------


async def test_the_client_moves_a_call_and_the_manager_confirms_it_anew():
    async with bot_in_a_box(FRIDAY) as bot:
        await agreed(bot)
        await bot.say("acme", "acme/ann", "/call-move C-1 Tue 10:00 our CTO wants to join")
        assert bot.posts("dm:mia")[-1] == (
            "Acme moves the call from Mon 16:00 GMT+3: Tue 18 Mar 17:00-17:30 GMT+3 (Tue 10:00 New York). C-1.\n"
            "Why: our CTO wants to join"
        )
        assert await state(bot) is CallState.PROPOSED
        await bot.press("dm:mia", "mia", "Confirm")
        assert bot.last("acme").startswith("Call Tue 18 Mar 10:00-10:30 New York (Tue 17:00 GMT+3), Mia. Agreed, C-1.")
        # The time before is free again.
        await bot.say("acme", "acme/ann", "/book-call Mon 09:00")
        assert "is kept for you" in bot.last("acme")


async def test_the_manager_names_another_time_and_the_client_confirms_it_without_any_notice():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say("acme", "acme/ann", "/book-call Mon 09:00")
        await bot.press("dm:mia", "mia", "Other time")
        assert bot.last("dm:mia") == ("When instead? Tap a time, or write just the time. C-1.")
        await bot.say("dm:mia", "mia", "/call-move C-1 today 18:00 I am at a fair on Monday")
        assert bot.last("acme") == (
            "Mia moves the call from Mon 09:00 New York: Fri 14 Mar 11:00-11:30 New York (18:00 GMT+3). C-1.\n"
            "Why: I am at a fair on Monday"
        )
        await bot.press("acme", "acme/ann", "Confirm")
        assert bot.last("dm:mia").startswith("Call Fri 14 Mar 18:00-18:30 GMT+3 (11:00 New York), Acme. Agreed, C-1.")


async def test_who_proposed_a_time_cannot_confirm_it_himself():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say("acme", "acme/ann", "/book-call Mon 09:00")
        await bot.say("acme", "acme/ann", "/call-confirm C-1")
        assert bot.last("acme") == "Already so: C-1."
        assert await state(bot) is CallState.PROPOSED


async def test_either_side_cancels_and_the_other_hears_why():
    async with bot_in_a_box(FRIDAY) as bot:
        await agreed(bot)
        await bot.say("acme", "acme/ann", "/call-cancel C-1 solved by mail")
        assert bot.last("dm:mia") == "Call Mon 17 Mar 16:00-16:30 GMT+3 is cancelled by Acme. C-1.\nWhy: solved by mail"
        await agreed(bot)
        await bot.say("dm:mia", "mia", "/call-cancel C-2")
        assert bot.last("dm:mia") == "Why? Your next words here are passed on. C-2."
        await bot.say("dm:mia", "mia", "I am ill")
        assert bot.last("acme") == "Call Mon 17 Mar 09:00-09:30 New York is cancelled by Mia. C-2.\nWhy: I am ill"
        assert bot.last("dm:mia") == "Acme is told that the call is cancelled. C-2."
        said = len(bot.channel.posts)
        await bot.forward(to="2025-03-17T18:00+03:00")
        assert bot.channel.posts[said:] == []


async def test_the_manager_may_waive_the_notice():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say("acme", "acme/ann", "/book-call today 11:30 we are losing money")
        await bot.press("acme", "acme/ann", "Ask anyway")
        assert bot.last("acme").startswith(
            "Mia is asked whether Fri 14 Mar 11:30-12:00 New York (18:30 GMT+3) is possible"
        )
        assert bot.last("dm:mia") == (
            "Acme asks for a call on short notice (agreed: 1 working day's notice): "
            "Fri 14 Mar 18:30-19:00 GMT+3 (11:30 New York). C-1.\nTopic: we are losing money"
        )
        await bot.press("dm:mia", "mia", "Confirm")
        assert bot.last("acme").startswith("Call Fri 14 Mar 11:30-12:00 New York (18:30 GMT+3), Mia. Agreed, C-1.")


async def test_the_manager_may_be_asked_to_go_beyond_his_hours_and_hears_that_it_is_so():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say("acme", "acme/ann", "/book-call Mon 14:00 the launch")
        assert bot.last("acme").startswith("Mon 14:00 New York is outside the hours in which Mia can be called.")
        await bot.press("acme", "acme/ann", "Ask anyway")
        assert bot.last("acme").startswith(
            "Mia is asked whether Mon 17 Mar 14:00-14:30 New York (Mon 21:00 GMT+3) is possible outside hours. C-1."
        )
        assert bot.last("dm:mia") == (
            "Acme asks for a call outside hours: Mon 17 Mar 21:00-21:30 GMT+3 (Mon 14:00 New York). C-1.\n"
            "Topic: the launch"
        )
        await bot.press("dm:mia", "mia", "Confirm")
        assert await state(bot) is CallState.AGREED


async def test_a_colleague_is_handed_no_call_outside_hours():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say("acme", "acme/ann", "/book-call Mon 14:00")
        await bot.press("acme", "acme/ann", "Ask anyway")
        await bot.press("dm:mia", "mia", "Confirm")
        await bot.say("dm:mia", "mia", "/call-hand C-1 ben")
        assert bot.last("dm:mia").startswith("Mon 21:00 GMT+3 is outside the hours in which Ben can be called.")


async def test_of_one_day_that_was_named_there_are_more_than_two_times():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say("acme", "acme/ann", "/book-call Wed after 09:00")
        assert [label[:9] for label in buttons(bot, "acme")] == [
            *("Wed 09:00", "Wed 09:30", "Wed 10:00", "Wed 10:30", "Wed 11:00"),
            "Other tim",
        ]


async def test_a_wish_for_tonight_is_both_too_soon_and_outside_hours():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say("acme", "acme/ann", "/book-call today 15:00")
        await bot.press("acme", "acme/ann", "Ask anyway")
        assert "is possible on short notice and outside hours." in bot.last("acme")
        assert bot.last("dm:mia").startswith(
            "Acme asks for a call outside hours and on short notice (agreed: 1 working day's notice): Fri 14 Mar 22:00-"
        )


@pytest.mark.parametrize(
    ("wish", "why"),
    [
        ("Tue 09:00", "Tue 09:00 New York is taken."),
        ("Thu 09:00", "Thu 09:00 New York: Mia is away until Thu 17:00 New York."),
        ("today 11:00", "11:00 New York is too soon"),  # and the manager is away then
        ("today 08:00", "08:00 New York has passed"),
        ("2 Jul 09:00", "Wed 2 Jul 09:00 New York is too far ahead; the last day is Thu 12 Jun."),
    ],
)
async def test_where_asking_makes_no_sense_there_are_but_the_nearest_times(wish, why):
    async with bot_in_a_box(FRIDAY, client("acme"), client("bolt")) as bot:
        await agreed(bot, "Tue 09:00")
        await bot.say("dm:mia", "mia", "/away 20 Mar")
        await bot.say("dm:mia", "mia", "/away today 17:30-19:00")
        await bot.say("bolt", "bolt/ann", f"/book-call {wish}")
        assert bot.last("bolt").startswith(why)
        assert bot.last("bolt").endswith("Free nearby:")
        assert len(buttons(bot, "bolt")) == 3 and "Ask anyway" not in buttons(bot, "bolt")


@pytest.mark.parametrize(
    ("wish", "first"),
    [
        ("22 Mar 12:00", "Mon 24 Mar 08:00 New York (Mon 24 Mar 15:00 GMT+3)"),
        ("Wed 12:30", "Wed 10:30 New York (Wed 17:30 GMT+3)"),
        ("Tue 02:00", "Tue 03:00 New York (Tue 10:00 GMT+3)"),  # who wishes for the night is offered it
    ],
)
async def test_the_nearest_times_are_no_night_for_who_wished_for_a_day(wish, first):
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say("acme", "acme/ann", f"/book-call {wish}")
        assert buttons(bot, "acme")[0] == first
        assert len(buttons(bot, "acme")) == 4


async def test_a_call_can_be_had_on_the_last_day_and_not_on_the_next():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say("acme", "acme/ann", "/book-call 12 Jun 11:00")
        assert bot.last("acme").startswith("Call Thu 12 Jun 11:00-11:30 New York")
        await bot.say("acme", "acme/ann", "/book-call 13 Jun 03:00")
        assert "the last day is Thu 12 Jun" in bot.last("acme")
        assert buttons(bot, "acme")[-1] == "Thu 12 Jun 10:00 New York (Thu 12 Jun 17:00 GMT+3)"


async def test_a_time_that_is_tapped_too_late_is_answered_with_fresh_ones():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say("acme", "acme/ann", "/book-call")
        tapped = bot.button("acme", "Mon 09:00 New York (Mon 16:00 GMT+3)")
        await bot.forward(to="2025-03-14T18:00+03:00")
        await bot.say("acme", "acme/ann", "", kind=InboundKind.PRESS, action=tapped)
        assert bot.last("acme").startswith("Mon 09:00 New York is too soon, 1 working day's notice: Mon 11:00 New York")
        assert buttons(bot, "acme")[0] == "Mon 11:00 New York (Mon 18:00 GMT+3)"
        await bot.forward(to="2025-03-17T17:00+03:00")
        await bot.say("acme", "acme/ann", "", kind=InboundKind.PRESS, action=tapped)
        assert bot.last("acme").startswith("09:00 New York has passed; a call lies ahead.\nFree nearby:")
        assert buttons(bot, "acme")[0] == "Tue 10:00 New York (Tue 17:00 GMT+3)"


async def test_a_wish_on_short_notice_keeps_nobody_elses_time_from_him():
    async with bot_in_a_box(FRIDAY, client("acme"), client("bolt")) as bot:
        await bot.say("acme", "acme/ann", "/book-call today 11:30")
        await bot.press("acme", "acme/ann", "Ask anyway")
        wished = bot.button("dm:mia", "Confirm")
        await bot.say("bolt", "bolt/ann", "/book-call today 11:30")
        await bot.press("bolt", "bolt/ann", "Ask anyway")
        await bot.press("dm:mia", "mia", "Confirm")
        assert await state(bot, 2) is CallState.AGREED
        await bot.say("dm:mia", "mia", "", kind=InboundKind.PRESS, action=wished)
        assert bot.last("dm:mia").startswith("18:30 GMT+3 is taken.")
        assert await state(bot, 1) is CallState.WISHED


async def test_what_nobody_confirms_is_dropped_when_its_time_comes_and_both_hear_so():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say("acme", "acme/ann", "/book-call Mon 09:00")
        first = len(bot.channel.posts)
        await bot.forward(to="2025-03-17T17:00+03:00")
        told = [line.partition(": ")[2] for line in bot.diary(OFFICE)[first:]]
        assert [text.split(" ")[0:3] for text in told[:6]] == [["Not", "confirmed", "yet:"]] * 6
        assert told[6:] == [
            "Call Mon 17 Mar 16:00-16:30 GMT+3 was not confirmed in time and is dropped. C-1.",
            "Call Mon 17 Mar 09:00-09:30 New York was not confirmed in time and is dropped. C-1.",
        ]
        assert await state(bot) is CallState.CANCELLED


async def test_when_nobody_came_the_client_is_offered_another_time():
    async with bot_in_a_box(FRIDAY) as bot:
        await agreed(bot)
        await bot.forward(to="2025-03-17T16:31+03:00")
        await bot.press("dm:mia", "mia", "Nobody came")
        assert (
            bot.last("acme") == "No call took place at Mon 17 Mar 09:00-09:30 New York; another time can be found. C-1."
        )
        assert buttons(bot, "acme") == ["Book a call"]
        assert await state(bot) is CallState.NO_SHOW


async def test_no_outcome_can_be_told_before_the_call():
    async with bot_in_a_box(FRIDAY) as bot:
        await agreed(bot)
        await bot.say("dm:mia", "mia", "/call-held C-1")
        assert bot.last("dm:mia") == "C-1 has changed meanwhile; calls shows how it stands."
        assert await state(bot) is CallState.AGREED


async def test_calls_beyond_those_included_are_flagged_to_the_manager_and_refused_to_nobody(tmp_path):
    (tmp_path / "two.toml").write_text(
        'id = "two"\nname = "Two"\nversion = "1"\nextends = "redtrack-premium"\n[calls]\nincluded = 2\n'
    )
    async with bot_in_a_box(FRIDAY, client(agreement="two"), catalog=load_folder(tmp_path)) as bot:
        for day in ("Mon", "Tue", "Wed"):
            await agreed(bot, f"{day} 09:00")
        assert bot.last("acme").startswith("Call Wed 19 Mar 09:00-09:30 New York (Wed 16:00 GMT+3), Mia. Agreed, C-3.")
        flagged = [text.splitlines()[0] for text in bot.posts("dm:mia") if "includes" in text]
        assert flagged == ["Call 3 of 2 that the agreement includes in this month. C-3."]


# Who sees what --------------------------------------------------------------------------------------------------------


async def test_a_call_belongs_to_the_ticket_that_is_open_and_is_found_by_calls():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped arriving")
        await bot.say("acme", "acme/ann", "/book-call Mon 09:00")
        assert bot.last("dm:mia").endswith("It belongs to T-42.")
        await bot.say("acme", "acme/ann", "/calls")
        assert bot.last("acme") == (
            "C-1: Mon 17 Mar 09:00-09:30 New York (Mon 16:00 GMT+3), Mia, waits for Mia to confirm."
        )
        await bot.say("dm:mia", "mia", "/calls")
        assert bot.last("dm:mia") == "C-1: Mon 17 Mar 16:00-16:30 GMT+3, Acme, Mia, waits for you to confirm."
        await bot.press("dm:mia", "mia", "Confirm C-1")
        assert await state(bot) is CallState.AGREED


async def test_staff_names_a_time_to_the_client_by_the_ticket():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped arriving")
        await bot.say("dm:mia", "mia", "/book-call T-42 today 18:00 let us look at it together")
        assert bot.last("dm:mia") == "Acme is asked: call Fri 14 Mar 18:00-18:30 GMT+3 (11:00 New York). C-1."
        assert bot.last("acme").startswith("Mia proposes a call Fri 14 Mar 11:00-11:30 New York (18:00 GMT+3). C-1.")
        await bot.press("acme", "acme/ann", "Confirm")
        assert await state(bot) is CallState.AGREED


async def test_a_client_whose_escalation_was_acknowledged_may_book_a_call_with_one_tap():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped arriving")
        await bot.say("acme", "acme/ann", "/escalate")
        await bot.say("dm:tom", "tom", "/acknowledge T-42")
        assert buttons(bot, "acme") == ["Book a call"]
        await bot.press("acme", "acme/ann", "Book a call")
        assert bot.last("acme") == "Mia can be called at these times."


@pytest.mark.parametrize("command", ["call-confirm", "call-move", "call-cancel"])
async def test_a_call_of_another_client_does_not_exist(command):
    async with bot_in_a_box(FRIDAY, client("acme"), client("bolt")) as bot:
        await agreed(bot)
        for named in ("C-1", "C-9"):
            await bot.say("bolt", "bolt/ann", f"/{command} {named}")
            assert bot.last("bolt") == f"There is no call {named} here; calls lists what is booked."
        await bot.say("bolt", "bolt/ann", "/calls")
        assert bot.last("bolt") == "No call is booked."


async def test_an_agreement_without_calls_says_so():
    async with bot_in_a_box(FRIDAY, client(agreement="tactful", plan="standard")) as bot:
        await bot.say("acme", "acme/ann", "/book-call Mon 09:00")
        assert bot.last("acme") == "The agreement has no calls in it; Mia answers here in writing."


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("3/4 12:00", "'3/4' can have the day first or the month first."),
        ("today 05:00", "05:00 New York has passed; a call lies ahead."),
    ],
)
async def test_what_cannot_be_read_or_has_passed_is_refused_with_what_works(said, answer):
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say("acme", "acme/ann", f"/book-call {said}")
        assert bot.last("acme").startswith(answer)


@pytest.mark.parametrize(
    ("said", "line", "first", "topic"),
    [
        ("Wed in the morning about x", "Mia can be called at these times.", "Wed 08:00", "x"),
        ("after 10:30", "Mia can be called at these times.", "Mon 10:30", ""),
        ("Tue before 10:00 x", "Mia can be called at these times.", "Tue 08:00", "x"),
        ("next week", "Mia can be called at these times.", "Mon 09:00", ""),
        ("in 4 days", "Mia can be called at these times.", "Tue 08:00", ""),
        ("Tue 13:00-15:00", "'Tue 13:00-15:00' is outside the hours in which Mia can be called.", "Tue 10:30", ""),
        ("Mon or Tue 10:00", "'Mon or Tue 10:00' names more than one time.", "Mon 09:00", ""),
        ("31 Feb", "'31 Feb' is not in the calendar.", "Mon 09:00", ""),
        ("half past 3", "'half past 3' can be at night or in the afternoon.", "Mon 09:00", ""),
        ("not Wed 09:00", "Mia can be called at these times.", "Mon 09:00", "not Wed 09:00"),
        ("funnels, soon", "Mia can be called at these times.", "Mon 09:00", "funnels, soon"),
    ],
)
async def test_what_names_no_moment_books_nothing_and_is_offered_times(said, line, first, topic):
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say("acme", "acme/ann", f"/book-call {said}")
        assert bot.last("acme").startswith(line)
        assert buttons(bot, "acme")[0].startswith(f"{first} New York")
        assert await bot.read(lambda tx: tx.calls.get(1)) is None
        await bot.press("acme", "acme/ann", buttons(bot, "acme")[0])
        assert (await bot.read(lambda tx: tx.calls.get(1))).topic == topic


@pytest.mark.parametrize(
    ("said", "span"),
    [
        ("Tue 10:00 America/Chicago", "Tue 18 Mar 11:00-11:30 New York"),
        ("Tue 10:00 ET", "Tue 18 Mar 10:00-10:30 New York"),
        ("Mon 09:00 New York (Mon 16:00 GMT+3)", "Mon 17 Mar 09:00-09:30 New York"),
        ("in 4 days at 10:00", "Tue 18 Mar 10:00-10:30 New York"),
        ("a week from Tuesday 10:00", "Tue 25 Mar 10:00-10:30 New York"),
    ],
)
async def test_a_moment_is_booked_as_it_was_meant(said, span):
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say("acme", "acme/ann", f"/book-call {said}")
        assert bot.last("acme").startswith(f"Call {span} ")


async def test_who_moves_a_call_without_a_moment_is_offered_times_and_his_words_are_the_reason():
    async with bot_in_a_box(FRIDAY) as bot:
        await agreed(bot)
        await bot.say("acme", "acme/ann", "/call-move C-1 Tue after 10:00 our CTO wants to join")
        assert buttons(bot, "acme")[0] == "Tue 10:00 New York (Tue 17:00 GMT+3)"
        await bot.press("acme", "acme/ann", buttons(bot, "acme")[0])
        assert bot.last("dm:mia").endswith("Why: our CTO wants to join")
        await bot.say("acme", "acme/ann", "/call-move C-1 Mon or Tue 15:00")
        assert bot.last("acme").startswith("'Mon or Tue 15:00' names more than one time.")
        assert len(buttons(bot, "acme")) > 2


async def test_a_russian_room_books_in_russian():
    async with bot_in_a_box(FRIDAY, client(zone="Europe/Berlin").replace('locale = "en"', 'locale = "ru"')) as bot:
        await bot.say("acme", "acme/ann", "/book-call вт 15:00 новые воронки")
        assert bot.last("acme").splitlines()[-1] == "Тема: новые воронки"


async def test_the_link_of_the_meeting_is_named_once_it_is_agreed():
    rules = Rules(first_ref=42, meeting="https://meet.example/{manager}/{client}/{call}")
    async with bot_in_a_box(FRIDAY, rules=rules) as bot:
        await bot.say("acme", "acme/ann", "/book-call Mon 09:00")
        assert "meet.example" not in bot.last("acme") + bot.last("dm:mia")
        await bot.press("dm:mia", "mia", "Confirm")
        uid = (await bot.read(lambda tx: tx.calls.get(1))).uid.removesuffix("@pledge")
        assert bot.last("acme").endswith(f"Join: https://meet.example/mia/acme/{uid}")
        await bot.forward(to="2025-03-17T15:50+03:00")
        assert f"https://meet.example/mia/acme/{uid}" in bot.last("acme")


async def test_the_week_of_the_board_has_what_is_to_come_on_its_days():
    async with bot_in_a_box(FRIDAY, client("acme"), client("bolt")) as bot:
        await agreed(bot, "Mon 09:00", "funnels")
        await bot.say("bolt", "bolt/ann", "/book-call Tue 03:00")
        await bot.say("bolt", "bolt/ann", "/book-call Wed 03:00")
        await bot.say("bolt", "bolt/ann", "/call-cancel C-3")
        monday = bot.moment("2025-03-17T12:00+03:00")
        week = await bot.read(lambda tx: call_week(tx, bot.desk.book, "Etc/GMT-3", monday))
        shown = [(f"{day.day:%a %d}", call.reference, call.waits_for) for day in week.days for call in day.calls]
        assert shown == [("Mon 17", "C-1", ""), ("Tue 18", "C-2", "Mia")]
        # In Auckland the call of Tuesday 10:00 GMT+3 begins on Tuesday evening, that of Monday 16:00 on Tuesday.
        week = await bot.read(lambda tx: call_week(tx, bot.desk.book, "Pacific/Auckland", monday))
        assert [len(day.calls) for day in week.days] == [0, 2, 0, 0, 0, 0, 0] and week.later_at is None
        this = await bot.read(lambda tx: call_week(tx, bot.desk.book, "Etc/GMT-3", bot.clock.now))
        assert not any(day.calls for day in this.days) and this.later_at == datetime(2025, 3, 17, 13, 0, tzinfo=UTC)
        # 13:00 UTC is midnight eleven hours to the east: the first moment of Tuesday, and of no other day.
        week = await bot.read(lambda tx: call_week(tx, bot.desk.book, "Etc/GMT-11", monday))
        assert [len(day.calls) for day in week.days] == [0, 2, 0, 0, 0, 0, 0]


async def test_the_week_has_what_came_of_its_calls_too():
    async with bot_in_a_box(FRIDAY, client("acme"), client("bolt"), client("corp")) as bot:
        for room, number, when in (("acme", 1, "Mon 09:00"), ("bolt", 2, "Tue 03:00"), ("corp", 3, "Wed 03:00")):
            await bot.say(room, f"{room}/ann", f"/book-call {when}")
            await bot.say("dm:mia", "mia", f"/call-confirm C-{number}")
        await bot.say("corp", "corp/ann", "/call-cancel C-3")
        await bot.forward(to="2025-03-17T16:31+03:00")
        await bot.press("dm:mia", "mia", "It took place")
        await bot.forward(to="2025-03-18T10:31+03:00")
        await bot.press("dm:mia", "mia", "Nobody came")
        later = bot.moment("2025-03-18T12:00+03:00")
        week = await bot.read(lambda tx: call_week(tx, bot.desk.book, "Etc/GMT-3", later))
        shown = [(f"{day.day:%a %d}", call.reference, call.state) for day in week.days for call in day.calls]
        assert shown == [("Mon 17", "C-1", CallState.HELD), ("Tue 18", "C-2", CallState.NO_SHOW)]
        mia = next(person for person in week.people if person.name == "Mia")
        assert [len(day.calls) for day in mia.days] == [1, 1, 0, 0, 0, 0, 0]


# Downtime -------------------------------------------------------------------------------------------------------------


async def test_after_a_night_without_the_bot_only_the_latest_reminder_is_said():
    async with bot_in_a_box(FRIDAY) as bot:
        await agreed(bot)
        first = len(bot.channel.posts)
        bot.clock.now = bot.moment("2025-03-17T15:52+03:00")
        await bot.settle()
        assert [post.room for post in bot.channel.posts[first:]] == ["dm:mia", "acme"]
        assert bot.last("acme").startswith("Call in 8 min: Mon 17 Mar 09:00-09:30 New York")


async def test_a_manager_is_reminded_a_day_before_in_hours_of_his_own():
    """Her Tuesday is free: what would come on it comes an hour before the end of her Monday."""
    own = 'id = "mia"\nhours = { mon = ["10:00-17:00"], wed = ["10:00-19:00"] }'
    async with bot_in_a_box(FRIDAY, staff=STAFF.replace('id = "mia"', own, 1)) as bot:
        await agreed(bot, "Wed 09:00")
        await bot.forward(to="2025-03-17T15:59+03:00")
        before = bot.posts("dm:mia")
        await bot.forward(to="2025-03-17T16:00+03:00")
        (reminded,) = bot.posts("dm:mia")[len(before) :]
        assert reminded.startswith("Call in 2 d: Wed 19 Mar 16:00")
        await bot.forward(to="2025-03-19T14:00+03:00")
        assert bot.posts("dm:mia") == [*before, reminded]


async def test_after_the_call_nobody_is_reminded_of_it_any_more():
    async with bot_in_a_box(FRIDAY) as bot:
        await agreed(bot)
        first = len(bot.channel.posts)
        bot.clock.now = bot.moment("2025-03-17T16:10+03:00")
        await bot.settle()
        assert bot.channel.posts[first:] == []
        await bot.forward(to="2025-03-17T16:30+03:00")
        assert len(bot.channel.posts) == first + 1


async def test_who_is_no_client_any_more_is_reminded_of_nothing():
    async with bot_in_a_box(FRIDAY, client("acme"), client("bolt")) as bot:
        await agreed(bot)
        await bot.say("bolt", "bolt/ann", "/book-call Tue 09:00")
        await bot.apply_roster(STAFF + client("bolt"))
        await bot.say("dm:mia", "mia", "/calls")
        assert bot.last("dm:mia").startswith("C-2: ") and "C-1" not in bot.last("dm:mia")
        await bot.press("dm:mia", "mia", "Cancel C-2")
        await bot.press("dm:mia", "mia", "No reason")
        first = len(bot.channel.posts)
        await bot.forward(to="2025-03-17T17:00+03:00")
        assert bot.channel.posts[first:] == []
        ended = "SELECT DISTINCT state FROM call_reminder"
        assert await bot.read(lambda tx: [row["state"] for row in tx.connection.execute(ended)]) == ["dropped"]


async def test_a_reminder_that_cannot_be_said_is_tried_again_and_stops_no_other():
    async with bot_in_a_box(FRIDAY, client("acme"), client("bolt")) as bot:
        await agreed(bot)
        await bot.say("bolt", "bolt/ann", "/book-call Mon 10:00")
        await bot.set_policy("vanished")
        bot.clock.now = bot.moment("2025-03-17T16:51+03:00")
        await bot.settle()
        assert bot.last("bolt").startswith("Not confirmed yet")
        await bot.set_policy("redtrack-premium")
        bot.clock.now += timedelta(minutes=1)
        await bot.settle()
        assert bot.last("dm:mia").startswith("Did the call with Acme take place?")
