"""Absences that cover calls which are booked already: who is told, and what can be done about each call.

The office is open 10:00-19:00 GMT+3; 14 March 2025 is a Friday, New York is 7 hours behind.
"""

from __future__ import annotations

from harness import STAFF, bot_in_a_box, client

from bot.busy import BusyTimes
from bot.desk.calls.diary import booked
from bot.desk.calls.stand_ins import stand_in
from bot.feeds import Fetched
from bot.sla.call import CallState

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


# When nobody acts -----------------------------------------------------------------------------------------------------


ANN, MIA, BEN, LEA = ("acme", "acme/ann"), ("dm:mia", "mia"), ("dm:ben", "ben"), ("dm:lea", "lea")
MONDAY, TUESDAY = "Mon 09:00", "Tue 03:00"
"""16:00 and 10:00, when the office opens."""
NOBODY_YET = "Mia is away then; who takes the call is being arranged."
NOBODY_YET_STAFF = "Mia is away then, and nobody has taken it over yet."


async def left_alone(bot, when, *away):
    """A call that is agreed, and then Mia is away."""
    await bot.say(*ANN, f"/book-call {when}")
    await bot.press(*MIA, "Confirm")
    for words in away:
        await bot.say(*MIA, words)
    await bot.settle()


def of_the_call(bot, since):
    """What was said of the call from then on: when, to whom, and the first words."""
    lines = [line for line in bot.diary("Etc/GMT-3", since) if "C-1" in line and "handover" not in line]
    return [line.split(": ")[0] + ": " + line.split(": ", 1)[1][:14] for line in lines]


async def test_who_stands_in_hears_of_a_call_that_nobody_has_taken_over_and_the_client_is_told_as_it_is():
    async with bot_in_a_box(FRIDAY) as bot:
        await left_alone(bot, MONDAY, "/away Mon")
        await bot.forward(to="2025-03-17T14:59+03:00")
        before = len(bot.channel.posts)
        await bot.forward(to="2025-03-17T15:00+03:00")
        posts = {post.room: post for post in bot.channel.posts[before:]}
        assert posts["dm:ben"].text == (
            "Call in 60 min: Mon 17 Mar 16:00-16:30 GMT+3 (09:00 New York), Acme. C-1.\n" + NOBODY_YET_STAFF
        )
        assert list(posts["dm:ben"].buttons) == ["Move C-1", "C-1 to Ben", "Cancel C-1"]
        assert posts["acme"].text == (
            "Call in 60 min: Mon 17 Mar 09:00-09:30 New York (16:00 GMT+3). C-1.\n" + NOBODY_YET
        )
        assert posts.keys() == {"dm:ben", "acme"}
        await bot.forward(to="2025-03-17T16:30+03:00")
        assert bot.last("dm:ben") == "Did the call with Acme take place? Mon 17 Mar 16:00-16:30 GMT+3. C-1."
        await bot.press(*BEN, "It took place")
        assert (await bot.read(lambda tx: tx.calls.get(1))).state is CallState.HELD


async def test_the_hand_over_names_the_calls_and_whoever_stands_in_takes_one_over_there():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say(*ANN, "/book-call Wed 09:00")
        await left_alone(bot, MONDAY, "/away Mon")
        await bot.forward(to="2025-03-17T10:00+03:00")
        post = next(post for post in bot.channel.posts if post.text.startswith("You answer for Acme"))
        assert post.room == "dm:ben"
        assert post.text.splitlines()[1:] == [
            "Calls that fall into it:",
            "C-2: Mon 17 Mar 16:00-16:30 GMT+3, Acme, Mia, agreed.",
        ]
        assert list(post.buttons) == ["Move C-2", "C-2 to Ben"]
        receipt = await bot.press(*BEN, "C-2 to Ben")
        assert receipt.notice == "Ben takes C-2 (Acme) instead of Mia; the client is told."
        await bot.forward(to="2025-03-17T15:00+03:00")
        assert bot.last("acme") == "Call in 60 min: Mon 17 Mar 09:00-09:30 New York (16:00 GMT+3), Ben. C-2."
        assert bot.last("dm:ben").startswith("Call in 60 min") and NOBODY_YET_STAFF not in bot.last("dm:ben")


async def test_a_call_that_a_backup_took_over_passes_on_with_his_own_absence():
    async with bot_in_a_box(FRIDAY) as bot:
        await left_alone(bot, MONDAY)
        await bot.say(*LEA, "/call-hand C-1 ben")
        await bot.say(*BEN, "/away Mon")
        await bot.forward(to="2025-03-17T10:00+03:00")
        assert bot.last("dm:mia").splitlines() == [
            "You answer for Acme until Ben returns Tue 10:00 GMT+3.",
            "Calls that fall into it:",
            "C-1: Mon 17 Mar 16:00-16:30 GMT+3, Acme, Ben, agreed.",
        ]


async def test_before_a_call_at_the_opening_who_stands_in_is_asked_in_office_hours():
    async with bot_in_a_box(FRIDAY) as bot:
        await left_alone(bot, TUESDAY, "/away Tue")
        await bot.forward(to="2025-03-18T10:31+03:00")
        told = [line for line in of_the_call(bot, "2025-03-15T00:00+03:00") if " acme:" not in line]
        assert told == [
            "Mon 10:00 ben: Call in 24 h: ",
            "Mon 10:00 mia: Call in 24 h: ",  # she is here still
            "Mon 18:00 ben: Call in 16 h: ",
            "Mon 18:00 mia: Call in 16 h: ",
            "Tue 09:50 ben: Call in 10 min",
            "Tue 10:30 ben: Did the call w",
        ]


async def test_of_several_calls_each_is_asked_about_in_its_turn_and_their_list_is_told_once():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say(*LEA, "/away until Mon")
        await bot.say(*ANN, "/book-call Tue 09:00")
        await left_alone(bot, TUESDAY, "/away Tue")
        await bot.forward(to="2025-03-18T15:00+03:00")
        heard = [post for post in bot.channel.posts if post.room == "dm:ben" and NOBODY_YET_STAFF in post.text]
        hours = [f"{post.at:%d %H:%M} {post.text[-len(NOBODY_YET_STAFF) - 5 :][:3]}" for post in heard]
        assert hours == ["17 07:00 C-2", "17 13:00 C-1", "17 15:00 C-2", "18 06:50 C-2", "18 12:00 C-1"]
        assert told(bot, "dm:lea") == []


async def test_what_was_tried_in_vain_before_it_could_be_told_is_tried_as_often_later():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say(*ANN, f"/book-call {MONDAY}")
        await bot.say(*MIA, "/away Mon")
        await bot.store.write(lambda tx: tx.connection.execute("UPDATE covered SET attempts = 5"))
        await bot.settle()
        [row] = await bot.read(lambda tx: tx.calls.covered(bot.moment("2025-03-17T15:00+03:00")))
        assert row.attempts == 0


async def test_a_call_that_is_going_on_when_she_leaves_is_not_covered():
    async with bot_in_a_box(FRIDAY) as bot:
        await left_alone(bot, MONDAY)
        await bot.forward(to="2025-03-17T16:10+03:00")
        await bot.say(*MIA, "/away today")
        await bot.settle()
        assert told(bot, "dm:mia") == told(bot, "dm:lea") == []


async def test_each_who_stands_in_is_handed_the_calls_of_his_own_clients():
    bolt = client("bolt").replace('backups = ["ben"]', 'backups = ["sue"]')
    async with bot_in_a_box(FRIDAY, client(), bolt) as bot:
        await bot.say("bolt", "bolt/ann", "/book-call Mon 10:00")
        await left_alone(bot, MONDAY, "/away Mon")
        await bot.forward(to="2025-03-17T10:00+03:00")
        handed = {post.room: post.text for post in bot.channel.posts if "Calls that fall into it" in post.text}
        assert handed.keys() == {"dm:ben", "dm:sue"}
        assert "Acme, Mia" in handed["dm:ben"] and "Bolt, Mia" not in handed["dm:ben"]
        assert "Bolt, Mia" in handed["dm:sue"] and "Acme, Mia" not in handed["dm:sue"]


async def test_who_is_back_after_somebody_else_was_asked_is_reminded_himself():
    async with bot_in_a_box(FRIDAY) as bot:
        await left_alone(bot, TUESDAY, "/away Tue")
        await bot.forward(to="2025-03-17T20:00+03:00")
        await bot.say(*MIA, "/away-off 1")
        await bot.forward(to="2025-03-18T10:30+03:00")
        told = [line for line in of_the_call(bot, "2025-03-17T20:00+03:00") if " acme:" not in line]
        assert told == [
            "Tue 09:00 mia: Call in 60 min",
            "Tue 09:50 mia: Call in 10 min",
            "Tue 10:30 mia: Did the call w",
        ]
        assert NOBODY_YET not in "".join(bot.posts("acme")[-2:])


async def test_an_absence_that_is_declared_after_hours_disturbs_nobody_else_before_the_call_is_near():
    async with bot_in_a_box(FRIDAY) as bot:
        await left_alone(bot, TUESDAY)
        await bot.forward(to="2025-03-17T23:00+03:00")
        await bot.say(*MIA, "/away Tue")
        await bot.settle()
        await bot.forward(to="2025-03-18T09:30+03:00")
        told = [line for line in of_the_call(bot, "2025-03-17T23:00+03:00") if " ben:" in line]
        assert told == ["Tue 09:00 ben: Call in 60 min"]


async def test_a_call_that_was_moved_out_of_the_absence_is_its_managers_again():
    async with bot_in_a_box(FRIDAY) as bot:
        await left_alone(bot, TUESDAY, "/away Tue")
        await bot.say(*MIA, "/call-move C-1 Wed 16:00")
        await bot.press(*ANN, "Confirm")
        await bot.forward(to="2025-03-19T16:30+03:00")
        assert not [line for line in of_the_call(bot, FRIDAY) if " ben:" in line]


async def test_the_outcome_is_asked_of_the_manager_who_is_back():
    async with bot_in_a_box(FRIDAY) as bot:
        await left_alone(bot, MONDAY, "/away Mon 15:30-16:10")
        await bot.forward(to="2025-03-17T16:30+03:00")
        assert bot.last("dm:mia").startswith("Did the call with Acme take place?")
        assert not [post for post in bot.posts("dm:ben") if post.startswith("Did the call")]


async def test_who_stands_in_then_but_is_away_himself_until_then_is_not_the_one_who_is_asked():
    async with bot_in_a_box(FRIDAY) as bot:
        await left_alone(bot, MONDAY, "/away Mon")
        await bot.say(*BEN, "/away until Mon")
        await bot.forward(to="2025-03-14T18:00+03:00")
        assert bot.last("dm:mia").startswith("Call in 2 d 22 h") and NOBODY_YET_STAFF in bot.last("dm:mia")
        await bot.forward(to="2025-03-17T15:00+03:00")
        assert bot.last("dm:ben").startswith("Call in 60 min")


async def test_where_all_of_the_clients_people_are_away_a_lead_is_asked():
    async with bot_in_a_box(FRIDAY) as bot:
        await left_alone(bot, MONDAY, "/away Mon")
        await bot.say(*BEN, "/away Mon")
        await bot.forward(to="2025-03-17T15:00+03:00")
        post = next(post for post in reversed(bot.channel.posts) if post.room == "dm:lea")
        assert post.text.startswith("Call in 60 min")
        assert list(post.buttons) == ["Move C-1", "Cancel C-1"]


async def test_where_everybody_is_away_the_leads_are_asked_all_the_same():
    async with bot_in_a_box(FRIDAY) as bot:
        await left_alone(bot, MONDAY, "/away Mon")
        await bot.say(*BEN, "/away Mon")
        await bot.say(*LEA, "/away Mon")
        await bot.forward(to="2025-03-17T15:00+03:00")
        assert bot.last("dm:lea").startswith("Call in 60 min")
        assert bot.last("acme").endswith(NOBODY_YET)


async def test_who_stands_in_hears_that_the_client_cancelled_as_the_manager_does_and_she_that_he_himself_did():
    async with bot_in_a_box(FRIDAY) as bot:
        await left_alone(bot, MONDAY, "/away Mon")
        await bot.say(*ANN, "/book-call Mon 10:00")
        await bot.say(*ANN, "/call-cancel C-1 not needed")
        off = "Call Mon 17 Mar 16:00-16:30 GMT+3 is cancelled by Acme. C-1.\nWhy: not needed"
        assert bot.last("dm:ben") == off
        assert off in bot.posts("dm:mia"), "she is here still, and it is hers"
    async with bot_in_a_box(FRIDAY) as bot:
        await left_alone(bot, MONDAY, "/away Mon")
        await bot.say(*BEN, "/call-cancel C-1 nobody is there")
        assert bot.last("dm:mia").startswith("Call Mon 17 Mar 16:00-16:30 GMT+3 is cancelled by Ben. C-1.")
        assert bot.last("dm:ben") == "Acme is told that the call is cancelled. C-1."


async def test_of_a_proposal_that_nobody_answered_who_stands_in_hears_when_it_lapses():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say(*ANN, f"/book-call {MONDAY}")
        await bot.say(*MIA, "/away Mon")
        await bot.forward(to="2025-03-17T15:00+03:00")
        assert bot.last("dm:ben").startswith("Not confirmed yet: call Mon 17 Mar")
        await bot.press(*BEN, "C-1 to Ben")
        assert "Confirm" in next(post for post in reversed(bot.channel.posts) if post.room == "dm:ben").buttons
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say(*ANN, f"/book-call {MONDAY}")
        await bot.say(*MIA, "/away Mon")
        await bot.forward(to="2025-03-17T16:00+03:00")
        assert "was not confirmed in time and is dropped" in bot.last("dm:ben")


async def test_of_a_call_that_began_while_the_machine_slept_nobody_is_reminded():
    async with bot_in_a_box(FRIDAY) as bot:
        await left_alone(bot, TUESDAY, "/away Tue")
        bot.clock.now = bot.moment("2025-03-18T10:05+03:00")
        await bot.settle()
        assert not [post for post in bot.posts("dm:ben") if "C-1" in post]


async def test_a_hand_over_names_the_calls_that_whoever_reads_it_is_asked_about():
    """Both are away on Wednesday, so that a call of Wednesday is nobody's of theirs."""
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say(*BEN, "/away Wed")
        await bot.say(*ANN, "/book-call Tue 09:00")
        await bot.press(*MIA, "Confirm")
        await left_alone(bot, "Wed 09:00", "/away Mon-Wed")
        await bot.forward(to="2025-03-17T10:30+03:00")
        told = next(text for text in bot.posts("dm:ben") if text.startswith("You answer for Acme"))
        assert "C-1:" in told and "C-2:" not in told
        await bot.forward(to="2025-03-19T15:00+03:00")
        assert any("C-2" in text for text in bot.posts("dm:lea"))
