"""Absences that cover calls which are booked already: who is told, and what can be done about each call.

The office is open 10:00-19:00 GMT+3; 14 March 2025 is a Friday, New York is 7 hours behind.
"""

from __future__ import annotations

from harness import STAFF, bot_in_a_box, client

from bot.busy import BusyTimes
from bot.desk.calls.diary import booked
from bot.feeds import Fetched
from bot.sla.call import CallState
from bot.turns.call_absences import stand_in

FRIDAY = "2025-03-14T16:00+03:00"
URL = "https://calendar.example/private/basic.ics"
COVERED = (
    "Away from Mon 00:00 GMT+3: Mia. 1 call lies in that time.\nC-1: Mon 17 Mar 16:00-16:30 GMT+3, Acme, Mia, agreed."
)


async def agreed(bot):
    await bot.say("acme", "acme/ann", "/book-call Mon 09:00 the new funnels")
    await bot.press("dm:mia", "mia", "Confirm")


def told(bot, room):
    return [post for post in bot.channel.posts if post.room == room and "in that time" in post.text]


async def test_an_absence_said_in_the_chat_tells_her_and_the_lead_of_the_calls_it_covers():
    async with bot_in_a_box(FRIDAY) as bot:
        await agreed(bot)
        await bot.say("dm:mia", "mia", "/away Mon")
        await bot.settle()
        for room in ("dm:mia", "dm:lea"):
            (post,) = told(bot, room)
            assert post.text == COVERED
            assert list(post.buttons) == ["Move C-1", "C-1 to Ben"]
        await bot.forward(to="2025-03-14T18:00+03:00")
        assert len(told(bot, "dm:lea")) == 1
        assert told(bot, "dm:ben") == []


async def test_an_absence_in_the_roster_is_told_as_well():
    async with bot_in_a_box(FRIDAY) as bot:
        await agreed(bot)
        away = 'id = "mia"\naway = ["2025-03-17"]'
        await bot.apply_roster(STAFF.replace('id = "mia"', away) + client())
        await bot.settle()
        assert [post.text for post in told(bot, "dm:lea")] == [COVERED]


async def test_an_absence_in_her_own_calendar_is_told_as_well():
    text = (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:a\r\n"
        "DTSTART;VALUE=DATE:20250317\r\nDTEND;VALUE=DATE:20250318\r\nSUMMARY:Vacation\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )

    async def fetch(url, known=None):
        return Fetched(text.encode())

    hers = STAFF.replace('role = "manager"', f'role = "manager"\ncalendar = "{URL}"', 1)
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.apply_roster(hers + client())
        await agreed(bot)
        await BusyTimes(bot.store, bot.desk, bot.times, fetch).look()
        await bot.settle()
        assert [post.text for post in told(bot, "dm:lea")] == [COVERED]


async def test_an_absence_beside_her_calls_says_nothing():
    async with bot_in_a_box(FRIDAY) as bot:
        await agreed(bot)
        await bot.say("dm:mia", "mia", "/away Tue")
        await bot.settle()
        assert told(bot, "dm:mia") == told(bot, "dm:lea") == []


async def test_an_absence_that_is_called_off_at_once_says_nothing():
    async with bot_in_a_box(FRIDAY) as bot:
        await agreed(bot)
        await bot.say("dm:mia", "mia", "/away Mon")
        await bot.say("dm:mia", "mia", "/away-off 1")
        await bot.settle()
        assert told(bot, "dm:mia") == told(bot, "dm:lea") == []


async def test_the_lead_hands_the_call_to_the_backup_and_everybody_hears_of_it():
    async with bot_in_a_box(FRIDAY) as bot:
        await agreed(bot)
        await bot.say("dm:mia", "mia", "/away Mon")
        await bot.settle()
        files = len(bot.channel.files)
        receipt = await bot.press("dm:lea", "lea", "C-1 to Ben")
        assert receipt.notice == "Ben takes C-1 (Acme) instead of Mia; the client is told."
        assert bot.last("dm:mia") == receipt.notice
        assert bot.last("acme").startswith(
            "Ben takes the call Mon 17 Mar 09:00-09:30 New York (Mon 16:00 GMT+3) instead of Mia. C-1."
        )
        assert bot.last("dm:ben").startswith("Yours now, from Mia: call Mon 17 Mar 16:00-16:30 GMT+3 (")
        assert [room for room, _, _ in bot.channel.files[files:]] == ["dm:mia", "acme", "dm:ben"]
        (call,) = await bot.read(lambda tx: tx.calls.open(bot.clock.now))
        ben = await bot.read(lambda tx: tx.people.person_by_key("ben"))
        assert (call.state, call.person_id) == (CallState.AGREED, ben.id)
        await bot.forward(to="2025-03-17T15:55+03:00")
        assert bot.last("dm:ben").startswith("Call in 10 min")
        assert not bot.last("dm:mia").startswith("Call in")


async def test_a_backup_with_a_call_of_his_own_then_is_not_offered():
    async with bot_in_a_box(
        FRIDAY, client(), client("bolt").replace('manager = "mia"\nbackups = ["ben"]', 'manager = "ben"')
    ) as bot:
        await agreed(bot)
        await bot.say("bolt", "bolt/ann", "/book-call Mon 09:00")
        await bot.say("dm:mia", "mia", "/away Mon")
        await bot.settle()
        assert list(told(bot, "dm:lea")[0].buttons) == ["Move C-1"]
        receipt = await bot.say("dm:lea", "lea", "/call-hand C-1 ben")
        assert "is taken" in bot.last("dm:lea"), receipt


async def test_nobody_but_the_clients_own_people_is_handed_a_call():
    async with bot_in_a_box(FRIDAY) as bot:
        await agreed(bot)
        await bot.say("dm:mia", "mia", "/call-hand C-1 tom")
        (call,) = await bot.read(lambda tx: tx.calls.open(bot.clock.now))
        mia = await bot.read(lambda tx: tx.people.person_by_key("mia"))
        assert call.person_id == mia.id


async def test_nobody_stands_in_for_himself():
    async with bot_in_a_box(FRIDAY) as bot:
        await agreed(bot)

        def other(tx):
            made = booked(tx, bot.desk.book, tx.calls.get(1))
            return stand_in(tx, made.talk, made.call, bot.clock.now)

        assert (await bot.read(other)).key == "ben"
