"""Calls that are handed over: once, whoever presses; and what becomes of one that is not agreed yet.

The office is open 10:00-19:00 GMT+3; 14 March 2025 is a Friday, New York is 7 hours behind.
"""

from __future__ import annotations

import asyncio
from itertools import groupby

import pytest
from harness import STAFF, bot_in_a_box, client
from icalendar import Calendar

from bot.channels.base import InboundKind
from bot.notice import loads
from bot.sla.call import CallState

FRIDAY = "2025-03-14T16:00+03:00"
ANN, MIA, BEN, LEA = ("acme", "acme/ann"), ("dm:mia", "mia"), ("dm:ben", "ben"), ("dm:lea", "lea")
LATE_BEN = STAFF.replace('id = "ben"', 'id = "ben"\nhours = { mon = ["10:00-15:00"] }')


async def covered(bot, words="/book-call Mon 09:00"):
    await bot.say(*ANN, words)
    await bot.press(*MIA, "Confirm")
    await bot.say(*MIA, "/away Mon")
    await bot.settle()


async def call(bot):
    return await bot.read(lambda tx: tx.calls.get(1))


def newest(bot, room):
    return next(post for post in reversed(bot.channel.posts) if post.room == room)


def told_client(bot):
    return [text for text in bot.posts("acme") if "takes the call" in text]


def files(bot, room):
    """What a room was sent for its calendars: method and number of each."""
    found = [Calendar.from_ical(file.text) for where, _, file in bot.channel.files if where == room]
    return [(str(each["METHOD"]), int(each.events[0]["SEQUENCE"])) for each in found]


def no_number_comes_twice(bot, room):
    numbers = [number for _, number in files(bot, room)]
    return all(len(list(same)) == 1 for _, same in groupby(sorted(numbers)))


async def left(bot):
    """What was left of the buttons of each message after a press."""
    rows = await bot.read(
        lambda tx: [
            row["notice"]
            for row in tx.connection.execute("SELECT notice FROM outbox WHERE dedupe_key LIKE 'keyboard:%'")
        ]
    )
    return [[act.label for act in loads(row).buttons] for row in rows]


async def test_the_button_that_both_the_manager_and_the_lead_have_hands_the_call_over_once():
    async with bot_in_a_box(FRIDAY) as bot:
        await covered(bot)
        await bot.press(*LEA, "C-1 to Ben")
        before = await call(bot), len(bot.channel.files), len(bot.posts("acme")), len(bot.posts("dm:ben"))
        receipt = await bot.press(*MIA, "C-1 to Ben")
        await bot.settle()
        assert receipt.notice == "Already so: C-1."
        assert before == (await call(bot), len(bot.channel.files), len(bot.posts("acme")), len(bot.posts("dm:ben")))
        assert told_client(bot) == [
            "Ben takes the call Mon 17 Mar 09:00-09:30 New York (Mon 16:00 GMT+3) instead of Mia. C-1."
        ]


async def test_two_who_press_at_once_take_the_call_out_of_nobodys_calendar_who_has_it():
    async with bot_in_a_box(FRIDAY) as bot:
        await covered(bot)
        await asyncio.gather(
            bot.press(*LEA, "C-1 to Ben"), bot.press(*LEA, "C-1 to Ben"), bot.press(*MIA, "C-1 to Ben")
        )
        await bot.settle()
        assert files(bot, "dm:ben") == [("REQUEST", 2)]
        assert files(bot, "dm:mia") == [("REQUEST", 1), ("CANCEL", 2)]
        assert len(told_client(bot)) == 1


async def test_a_call_that_goes_to_and_fro_never_brings_one_number_twice_to_anybody():
    async with bot_in_a_box(FRIDAY) as bot:
        await covered(bot)
        await bot.say(*MIA, "/away-off 1")
        for who in ("ben", "mia", "ben"):
            await bot.say(*LEA, f"/call-hand C-1 {who}")
            await bot.say(*LEA, f"/call-hand C-1 {who}")
        await bot.say(*BEN, "/call-move C-1 Tue 16:00")
        await bot.say(*LEA, "/call-hand C-1 mia")
        await bot.press(*ANN, "Confirm")
        await bot.say(*MIA, "/call-cancel C-1 ill")
        await bot.settle()
        assert all(no_number_comes_twice(bot, room) for room in ("acme", "dm:mia", "dm:ben"))
        assert files(bot, "dm:ben") == [("REQUEST", 2), ("CANCEL", 3), ("REQUEST", 4), ("CANCEL", 6)]
        assert files(bot, "dm:mia")[-1] == files(bot, "acme")[-1] == ("CANCEL", 8)


async def test_where_both_read_one_room_the_entry_there_goes_on_under_the_others_name():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.store.write(
            lambda tx: tx.connection.execute("UPDATE room SET active = 0 WHERE ext_id IN ('dm:mia', 'dm:ben')")
        )
        await bot.say(*ANN, "/book-call Mon 09:00")
        await bot.say(*LEA, "/call-confirm C-1")
        await bot.say(*LEA, "/call-hand C-1 ben")
        assert files(bot, "team:support") == [("REQUEST", 1), ("REQUEST", 2)]


async def test_the_buttons_of_the_call_go_with_the_press_and_those_of_others_stay():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say(*ANN, "/book-call Mon 08:00")
        await bot.press(*ANN, "Ask anyway")
        await covered(bot)
        post = newest(bot, "dm:lea")
        assert list(post.buttons) == ["Move C-1", "C-1 to Ben", "Move C-2", "C-2 to Ben"]
        pressed = {"kind": InboundKind.PRESS, "action": post.buttons["C-2 to Ben"]}
        await bot.say(*LEA, "", **pressed, reply_to=f"m{bot.channel.posts.index(post) + 1}")
        assert await left(bot) == [["button.call_move", "button.call_hand"]]


async def test_who_is_taken_then_is_handed_nothing_and_the_other_way_stays_open():
    async with bot_in_a_box(FRIDAY, staff=LATE_BEN) as bot:
        await covered(bot)
        await bot.say(*LEA, "/call-hand C-1 ben")
        assert "outside the hours in which Ben can be called" in bot.last("dm:lea")
        assert list(newest(bot, "dm:lea").buttons) == ["Move C-1"]


async def test_a_time_that_waits_for_the_client_is_still_his_to_confirm_after_it_was_handed_over():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say("acme", "mia", "/book-call Mon 09:00")
        await bot.say(*MIA, "/away Mon")
        await bot.settle()
        await bot.press(*LEA, "C-1 to Ben")
        await bot.settle()
        bens = newest(bot, "dm:ben")
        assert "Confirm" not in bens.buttons and "Acme is asked and has not confirmed it yet." in bens.text
        await bot.press(*ANN, "Confirm")
        assert (await call(bot)).state is CallState.AGREED
        assert "Agreed, C-1" in bot.last("dm:ben")


async def test_a_time_that_waits_for_the_manager_is_the_new_ones_to_confirm():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say(*ANN, "/book-call Mon 09:00")
        await bot.say(*LEA, "/call-hand C-1 ben")
        assert bot.last("dm:lea") == "Ben decides about C-1 (Acme) instead of Mia; the client is told."
        assert bot.last("dm:mia") == bot.last("dm:lea")
        assert bot.last("acme").startswith("Ben is asked about the call Mon 17 Mar 09:00")
        assert "Confirm" not in newest(bot, "acme").buttons
        await bot.press(*BEN, "Confirm")
        assert (await call(bot)).state is CallState.AGREED


@pytest.mark.parametrize(
    ("wish", "staff", "how"),
    [
        ("Mon 08:00", STAFF, "on short notice (agreed: 1 working day's notice)"),
        ("Tue 08:00", LATE_BEN.replace("mon", "tue"), "outside hours"),
        ("Mon 08:30", LATE_BEN, "outside hours and on short notice (agreed: 1 working day's notice)"),
    ],
)
async def test_a_wish_that_is_handed_over_is_told_as_a_wish(wish, staff, how):
    hers = staff.replace('id = "mia"', 'id = "mia"\nhours = { mon = ["10:00-14:00"] }')
    async with bot_in_a_box(FRIDAY, client(), staff=hers) as bot:
        await bot.say(*ANN, f"/book-call {wish} urgent")
        await bot.press(*ANN, "Ask anyway")
        await bot.say(*MIA, "/away from Mon until Wed")
        await bot.settle()
        await bot.press(*LEA, "C-1 to Ben")
        await bot.settle()
        assert not told_client(bot) and bot.last("acme").startswith("Ben is asked about the call")
        assert bot.last("dm:ben").startswith(f"Yours to decide, from Mia: Acme asks for a call {how}: ")
        assert "Confirm" in newest(bot, "dm:ben").buttons
        await bot.press(*BEN, "Confirm")
        assert (await call(bot)).state is CallState.AGREED


async def test_a_wish_that_the_new_manager_can_have_in_his_hours_asks_nothing_special_of_him():
    hers = STAFF.replace('id = "mia"', 'id = "mia"\nhours = { tue = ["10:00-14:00"] }')
    async with bot_in_a_box(FRIDAY, staff=hers) as bot:
        await bot.say(*ANN, "/book-call Tue 08:00")
        await bot.press(*ANN, "Ask anyway")
        await bot.say(*LEA, "/call-hand C-1 ben")
        assert bot.last("dm:ben").startswith("Yours now, from Mia: call Tue 18 Mar 15:00")
        assert "Confirm" in newest(bot, "dm:ben").buttons


async def test_what_was_asked_in_good_time_is_not_on_short_notice_because_it_is_handed_over_late():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say(*ANN, "/book-call Tue 14:00")
        await bot.press(*ANN, "Ask anyway")
        await bot.forward(to="2025-03-18T12:00+03:00")
        await bot.say(*LEA, "/call-hand C-1 ben")
        assert bot.last("dm:ben").startswith(
            "Yours to decide, from Mia: Acme asks for a call outside hours: Tue 18 Mar 21"
        )


async def test_who_confirms_a_call_of_a_day_on_which_she_is_away_can_hand_it_over_at_once():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say(*ANN, "/book-call Mon 09:00")
        await bot.say(*MIA, "/away Mon")
        await bot.press(*MIA, "Confirm")
        assert (await call(bot)).state is CallState.AGREED
        asked = newest(bot, "dm:mia")
        assert asked.text == (
            "C-1: Mon 17 Mar 16:00-16:30 GMT+3, Acme, Mia, agreed.\n"
            "You are away then, and nobody has taken C-1 over yet."
        )
        assert list(asked.buttons) == ["Move C-1", "C-1 to Ben"]
        await bot.press(*MIA, "C-1 to Ben")
        ben = await bot.read(lambda tx: tx.people.person_by_key("ben"))
        assert (await call(bot)).person_id == ben.id


async def test_where_nobody_else_is_there_it_can_be_moved():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say(*ANN, "/book-call Mon 09:00")
        await bot.say(*MIA, "/away Mon")
        await bot.say(*BEN, "/away Mon")
        await bot.press(*MIA, "Confirm")
        assert list(newest(bot, "dm:mia").buttons) == ["Move C-1"]


async def test_who_is_there_is_told_of_no_absence():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say(*ANN, "/book-call Mon 09:00")
        await bot.say(*MIA, "/away Tue")
        await bot.press(*MIA, "Confirm")
        assert not any("You are away" in text for text in bot.posts("dm:mia"))
