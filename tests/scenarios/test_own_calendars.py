"""What a manager's own calendar, kept elsewhere, does to his calls and his absences, and what is said where it fails.

The office is open 10:00-19:00 GMT+3; 14 March 2025 is a Friday, New York is 7 hours behind.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from harness import STAFF, bot_in_a_box, client

from bot.busy import BusyTimes
from bot.feeds import FeedError, Fetched, Version
from bot.ical.read import Contents

FRIDAY = "2025-03-14T16:00+03:00"
URL = "https://calendar.example/private-canary/basic.ics"
HERS = STAFF.replace('role = "manager"', f'role = "manager"\ncalendar = "{URL}"', 1)
MEETING = "DTSTART:20250317T130000Z\nDTEND:20250317T140000Z\nSUMMARY:canary"
LEAVE = "DTSTART;VALUE=DATE:20250317\nDTEND;VALUE=DATE:20250319\nSUMMARY:Holiday"
BROKEN = "DTSTART:20200101T100000Z\nDURATION:PT1S\nSUMMARY:canary\nRRULE:FREQ=DAILY;INTERVAL=-1"


class Elsewhere:
    """The server of somebody's calendar."""

    def __init__(self, *events):
        self.fails = ""
        self.asked = []
        self.spared = 0
        self.now_holds(*events)

    def now_holds(self, *events):
        """Each known by its beginning."""
        body = "".join(f"BEGIN:VEVENT\nUID:{each.split()[0][-16:]}\n{each}\nEND:VEVENT\n" for each in events)
        self.text = f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n{body}END:VCALENDAR\n".replace("\n", "\r\n")

    async def fetch(self, url, known=None):
        self.asked.append(url)
        if self.fails:
            raise FeedError(self.fails)
        version = Version(str(hash(self.text)))
        if known == version:
            self.spared += 1
            return Fetched(None, known)
        return Fetched(self.text.encode(), version)


@asynccontextmanager
async def kept(*events, roster=HERS):
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.apply_roster(roster + client())
        server = Elsewhere(*events)
        yield bot, server, BusyTimes(bot.store, bot.desk, bot.times, server.fetch)


def buttons(bot, room):
    return list(next(post for post in reversed(bot.channel.posts) if post.room == room).buttons)


async def absences(bot):
    """When Mia is away, as far as known: `Mon 17 00:00-19 00:00` in the office's zone."""
    hours = timedelta(hours=3)
    found = await bot.read(lambda tx: tx.duty.absences_of(tx.people.person_by_key("mia").id, bot.clock.now))
    return [f"{each.starts_at + hours:%d %H:%M}-{each.until + hours:%d %H:%M}" for each in found]


async def test_no_call_is_offered_while_her_own_calendar_says_busy():
    async with kept(MEETING) as (bot, _, busy):
        await busy.look()
        await bot.say("acme", "acme/ann", "/book-call Mon 09:30")
        assert bot.last("acme") == "Mon 09:30 New York is taken.\nFree nearby:"
        assert buttons(bot, "acme")[0] == "Mon 10:00 New York (Mon 17:00 GMT+3)"
        assert "canary" not in str(bot.channel.posts)


async def test_what_is_free_again_in_her_calendar_is_free_here():
    async with kept(MEETING) as (bot, server, busy):
        await busy.look()
        server.now_holds()
        await busy.look()
        await bot.say("acme", "acme/ann", "/book-call Mon 09:30")
        assert "is kept for you" in bot.last("acme")


async def test_her_own_call_in_her_calendar_does_not_keep_her_from_moving_it():
    async with kept() as (bot, server, busy):
        await bot.say("acme", "acme/ann", "/book-call Mon 09:00")
        await bot.press("dm:mia", "mia", "Confirm")
        uid = (await bot.read(lambda tx: tx.calls.get(1))).uid
        server.text = server.text.replace(
            "END:VCALENDAR",
            f"BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTART:20250317T130000Z\r\nDTEND:20250317T133000Z\r\nEND:VEVENT\r\nEND:VCALENDAR",
        )
        await busy.look()
        await bot.say("acme", "acme/ann", "/call-move C-1 Mon 09:15")
        assert "is kept for you" in bot.last("acme")


async def test_a_day_off_in_her_calendar_is_an_absence_that_follows_it():
    async with kept(LEAVE) as (bot, server, busy):
        await busy.look()
        await busy.look()
        assert await absences(bot) == ["17 00:00-19 00:00"]
        await bot.say("acme", "acme/ann", "/book-call Tue 09:00")
        assert bot.last("acme").startswith("Tue 09:00 New York: Mia is away until ")
        server.now_holds(LEAVE.replace("20250319", "20250320"))
        await busy.look()
        await busy.look()
        assert await absences(bot) == ["17 00:00-19 00:00", "19 00:00-20 00:00"]
        server.now_holds(LEAVE.replace("20250319", "20250318"))
        await busy.look()
        await busy.look()
        assert await absences(bot) == ["17 00:00-18 00:00"]
        server.now_holds()
        await busy.look()
        assert await absences(bot) == []


async def test_who_said_that_she_is_back_stays_back():
    async with kept(LEAVE) as (bot, _, busy):
        await busy.look()
        await bot.forward(to="2025-03-17T12:00+03:00")
        await bot.say("dm:mia", "mia", "/back")
        assert await absences(bot) == []
        await busy.look()
        assert await absences(bot) == []


async def test_a_calendar_that_cannot_be_read_keeps_what_it_said_and_its_owner_is_told_once_a_day():
    async with kept(MEETING) as (bot, server, busy):
        await busy.look()
        server.fails = "calendar.example answered with status 503"
        await busy.look()
        assert busy.warnings() == ("calendar of mia: calendar.example answered with status 503",)
        for _ in range(4):
            assert bot.posts("dm:mia") == [], "whoever restarts a server within the hour need not be told"
            bot.clock.now += timedelta(minutes=15)
            await busy.look()
            await bot.deliver()
        for _ in range(4):
            bot.clock.now += timedelta(minutes=15)
            await busy.look()
            await bot.deliver()
        assert bot.posts("dm:mia") == [
            "Your calendar has not been read since 16:00 GMT+3: calendar.example answered with status 503.\n"
            "Calls are offered as if it were as it was then."
        ]
        await bot.say("acme", "acme/ann", "/book-call Mon 09:30")
        assert bot.last("acme").startswith("Mon 09:30 New York is")
        bot.clock.now += timedelta(days=1)
        await busy.look()
        await bot.deliver()
        assert sum("has not been read" in text for text in bot.posts("dm:mia")) == 2
        server.fails = ""
        await busy.look()
        assert busy.warnings() == ()


async def test_another_address_and_none_at_all_take_back_what_the_one_before_said():
    async with kept(MEETING, LEAVE) as (bot, server, busy):
        await busy.look()
        server.fails = "no such host"
        await bot.apply_roster(HERS.replace("private-canary", "another") + client())
        await busy.look()
        assert server.asked[-1].endswith("/another/basic.ics")
        assert await absences(bot) == []
        server.fails = ""
        await busy.look()
        assert await absences(bot) == ["17 00:00-19 00:00"]
        await bot.apply_roster(STAFF + client())
        await busy.look()
        assert await absences(bot) == []
        assert await bot.read(lambda tx: tx.calendars.busy(tx.people.person_by_key("mia").id, bot.clock.now)) == []


async def test_one_calendar_that_fails_stops_no_other():
    both = HERS.replace('id = "ben"', 'id = "ben"\ncalendar = "https://broken.example/x"')
    async with kept(MEETING, roster=both) as (bot, server, busy):
        fetch = server.fetch

        async def one_fails(url, known=None):
            if "broken" in url:
                raise FeedError("broken.example could not be reached")
            return await fetch(url, known)

        server.fetch = one_fails
        busy = BusyTimes(bot.store, bot.desk, bot.times, one_fails)
        await busy.look()
        assert busy.warnings() == ("calendar of ben: broken.example could not be reached",)
        assert await bot.read(lambda tx: len(tx.calendars.busy(tx.people.person_by_key("mia").id, bot.clock.now))) == 1


async def test_what_the_operator_is_told_names_no_secret_address():
    async with kept(MEETING, LEAVE) as (_, server, busy):
        assert await busy.report([("mia", URL, "Etc/GMT-3", "Mia")]) == [
            "calendar of mia: 1 times busy, 1 away in the coming 93 days"
        ]
        server.fails = "calendar.example answered with status 404"
        assert await busy.report([("mia", URL, "Etc/GMT-3", "Mia")]) == [
            "remark: calendar of mia: calendar.example answered with status 404"
        ]


async def test_a_calendar_that_has_not_changed_is_asked_for_less_but_once_a_day_for_all():
    async with kept(MEETING) as (bot, server, busy):
        await busy.look()
        server.fails = "calendar.example answered with status 503"
        await busy.look()
        server.fails = ""
        await busy.look()
        assert server.spared == 1 and busy.warnings() == ()
        await bot.say("acme", "acme/ann", "/book-call Mon 09:30")
        assert bot.last("acme").startswith("Mon 09:30 New York is taken.")
        bot.clock.now += timedelta(days=1)
        await busy.look()
        assert server.spared == 1
        await busy.look()
        assert server.spared == 2


async def test_a_meeting_that_she_has_declined_takes_no_time():
    declined = MEETING + "\nATTENDEE;CN=Mia;PARTSTAT=DECLINED:mailto:mia@vendor.example"
    async with kept(declined) as (bot, _, busy):
        await busy.look()
        await bot.say("acme", "acme/ann", "/book-call Mon 09:30")
        assert "is kept for you" in bot.last("acme")


async def test_a_check_asks_all_calendars_at_once_and_waits_for_none_too_long():
    begun = []
    meeting = Elsewhere(MEETING)

    async def some_answer(url, known=None):
        begun.append(url)
        if url != "fast":
            await asyncio.Event().wait()
        return await meeting.fetch(url)

    async with kept() as (bot, _, _):
        busy = BusyTimes(bot.store, bot.desk, bot.times, some_answer)
        asked = [(who, url, "Etc/GMT-3", who) for who, url in (("mia", "slow"), ("ben", "fast"), ("tom", "slow"))]
        assert await busy.report(asked, timedelta(milliseconds=50)) == [
            "remark: calendar of mia: no answer within 0.05 s",
            "calendar of ben: 1 times busy, 0 away in the coming 93 days",
            "remark: calendar of tom: no answer within 0.05 s",
        ]
        assert begun == ["slow", "fast", "slow"]


async def test_a_check_says_of_a_calendar_that_takes_long_to_read_that_it_has_answered():
    large = Elsewhere(*[f"DTSTART:20250317T{n % 24:02}0000Z\nDURATION:PT{n + 1}S" for n in range(3000)])
    async with kept() as (bot, _, _):
        busy = BusyTimes(bot.store, bot.desk, bot.times, large.fetch)
        asked = [("mia", "large", "Etc/GMT-3", "mia")]
        assert await busy.report(asked, timedelta(seconds=5), timedelta(milliseconds=1)) == [
            "remark: calendar of mia: it has answered, but is not read within 0.001 s"
        ]


async def test_calendars_are_read_one_at_a_time_and_one_that_waits_for_another_has_all_of_its_own_time():
    held, at_work, at_most = threading.Event(), [], []

    async def fetch(url, known=None):
        return await asyncio.Event().wait() if url == "silent" else Fetched(url.encode())

    def parse(body, *_):
        at_work.append(body)
        at_most.append(len(at_work))
        if body == b"endless":
            held.wait(10)
        at_work.remove(body)
        return Contents(())

    async with kept() as (bot, _, _):
        busy = BusyTimes(bot.store, bot.desk, bot.times, fetch, parse)

        def report(*urls, within=5.0, read_within=0.2):
            asked = [(url, url, "Etc/GMT-3", url) for url in urls]
            return busy.report(asked, timedelta(seconds=within), timedelta(seconds=read_within))

        assert await report("endless") == ["remark: calendar of endless: it has answered, but is not read within 0.2 s"]
        waiting = asyncio.create_task(report("small", "other", read_within=1.0))
        await report("silent", within=1.2)
        assert not waiting.done() and at_work == [b"endless"]
        held.set()
        assert await waiting == [
            f"calendar of {name}: 0 times busy, 0 away in the coming 93 days" for name in ("small", "other")
        ]
        assert at_most == [1, 1, 1]


async def test_on_the_last_day_that_is_offered_her_calendar_counts_too():
    """Read on Friday, and asked for nearly a day later: 13 June is the 90th day then, to its end."""
    board = "DTSTART:20250613T143000Z\nDTEND:20250613T160000Z\nSUMMARY:Board"
    async with kept(board) as (bot, server, busy):
        await busy.look()
        bot.clock.now += timedelta(hours=23)
        await busy.look()
        assert server.spared == 1, "what has not changed is not read anew"
        await bot.say("acme", "acme/ann", "/book-call 13 Jun 11:00")
        assert "is taken" in bot.last("acme")


async def test_what_is_left_out_of_a_calendar_calls_no_absence_off():
    async with kept(LEAVE) as (bot, server, busy):
        await busy.look()
        known = await absences(bot)
        begins = datetime(2025, 3, 15, tzinfo=UTC)
        full = [f"DTSTART:{begins + n * timedelta(minutes=1):%Y%m%dT%H%M%SZ}\nDURATION:PT1M" for n in range(2001)]
        server.now_holds(*full, LEAVE)
        await busy.look()
        assert await absences(bot) == known != []
        assert busy.warnings() == ("calendar of mia: read in part, 2 of its entries left out",)
        server.now_holds(BROKEN)
        await busy.look()
        assert await absences(bot) == [], "that it holds something that cannot be read says nothing of the holiday"


async def test_a_rule_that_never_comes_true_stops_no_other_and_no_other_calendar():
    both = HERS.replace('name = "Ben"', 'name = "Ben"\ncalendar = "https://calendar.example/ben.ics"', 1)
    async with kept(roster=both) as (bot, server, busy):
        server.now_holds("DTSTART:20250101T100000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;INTERVAL=0", LEAVE)
        await busy.look()
        assert len(server.asked) == 2
        assert await absences(bot) != []


async def test_a_calendar_that_is_read_in_part_is_said_to_the_operator_and_once_to_its_owner():
    async with kept(BROKEN, MEETING) as (bot, server, busy):
        for _ in range(3):
            await busy.look()
            await bot.deliver()
            assert busy.warnings() == ("calendar of mia: read in part, 1 of its entries left out",)
        assert server.spared == 2
        server.now_holds(BROKEN, MEETING, MEETING.replace("20250317", "20250318"))
        bot.clock.now += timedelta(hours=1)
        await busy.look()
        await bot.deliver()
        told = [
            "Your calendar is read only in part: 1 of its entries is broken or too much to read.\n"
            "Time that it takes may be offered for calls; whoever asks for one still waits for your answer."
        ]
        assert bot.posts("dm:mia") == told
        assert await busy.report([("mia", URL, "Etc/GMT-3", "Mia")]) == [
            "remark: calendar of mia: read in part, 1 of its entries left out; "
            "2 times busy, 0 away in the coming 93 days"
        ]
        server.now_holds(MEETING)
        bot.clock.now += timedelta(hours=1)
        await busy.look()
        assert busy.warnings() == ()
        server.now_holds(BROKEN, MEETING)
        await busy.look()
        await bot.deliver()
        assert bot.posts("dm:mia") == told * 2, "it was whole in between"


async def test_who_is_asked_for_a_call_hears_that_his_calendar_is_read_in_part():
    async with kept(BROKEN) as (bot, server, busy):
        await busy.look()
        await bot.deliver()
        await bot.say("acme", "acme/ann", "/book-call Mon 09:30")
        assert "is kept for you" in bot.last("acme")
        assert bot.last("dm:mia").endswith("Your calendar is read only in part: see whether you are free.")
        await bot.press("dm:mia", "mia", "Confirm")
        assert "in part" not in bot.last("dm:mia")
        server.now_holds()
        await busy.look()
        await bot.say("acme", "acme/ann", "/call-move C-1 Mon 10:00")
        assert "in part" not in bot.last("dm:mia")


async def test_who_takes_an_agreed_call_over_hears_that_his_calendar_is_read_in_part():
    bens = STAFF.replace('id = "ben"', f'id = "ben"\ncalendar = "{URL}"')
    async with kept(BROKEN, roster=bens) as (bot, _, busy):
        await busy.look()
        await bot.say("acme", "acme/ann", "/book-call Mon 09:00")
        await bot.press("dm:mia", "mia", "Confirm")
        await bot.say("dm:mia", "mia", "/call-hand C-1 ben")
        assert "Your calendar is read only in part: see whether you are free." in str(bot.posts("dm:ben"))


async def test_another_address_is_read_whole_whatever_version_it_is_at():
    async with kept(MEETING) as (bot, server, busy):
        await busy.look()
        await busy.look()
        assert server.spared == 1
        await bot.apply_roster(HERS.replace(URL, URL + "?other") + client())
        await busy.look()
        assert server.asked[-1] == URL + "?other" and server.spared == 1
