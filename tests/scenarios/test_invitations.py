"""What stands in people's calendars of their calls: the invitation to one, a manager's feed, and who may read it.

The office is open 10:00-19:00 GMT+3; 14 March 2025 is a Friday, New York is 7 hours behind.
"""

from __future__ import annotations

import re
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import httpx
import icalendar
import pytest
from harness import STAFF, bot_in_a_box, client
from ical.calendar_stream import IcsCalendarStream
from starlette.applications import Starlette

from bot.channels.base import Permanent, RetryAfter, Scope, Unknown
from bot.desk.rules import Rules
from bot.published import Published
from bot.text import Line, Link
from bot.web.calendars import calendar_routes

FRIDAY = "2025-03-14T16:00+03:00"
URL = "https://pledge.example"
MEET = 'role = "manager"\nmeeting = "https://meet.example/mia-own/{call}"'


@asynccontextmanager
async def published(*clients, staff=None, **rules):
    """A bot whose addresses can be asked, and a browser that asks them."""
    async with bot_in_a_box(FRIDAY, *clients, rules=Rules(first_ref=42, url=URL, **rules)) as bot:
        if staff is not None:
            await bot.apply_roster(staff + (clients[0] if clients else client()))
        files = Published(bot.store, bot.desk, bot.times)
        app = Starlette(
            routes=list(calendar_routes(invitation=files.invitation, feed=files.feed, now=bot.times.machine))
        )
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=URL) as browser:
            yield bot, browser


def links(bot, room):
    """Where the links in the newest message of a room lead, by their words."""
    post = next(post for post in reversed(bot.channel.posts) if post.room == room)
    nodes = [node for line in post.body.blocks if isinstance(line, Line) for node in line.children]
    return {node.text: node.url for node in nodes if isinstance(node, Link)}


def address(bot, room):
    """Where the newest file of a room lies on our own server, for whoever cannot be sent files."""
    return next(URL + file.path for where, _, file in reversed(bot.channel.files) if where == room)


async def agreed(bot, when="Mon 09:00", topic="the new funnels", room="acme"):
    await bot.say(room, f"{room}/ann", f"/book-call {when} {topic}")
    await bot.press("dm:mia", "mia", "Confirm")


def own_of(url, who="mia"):
    """The address for a manager's own calendar."""
    return url.replace(".ics", f".{who}.ics")


async def opened(browser, url):
    """The file at an address, as both strict readers see it: (method, event)."""
    answer = await browser.get(url)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    calendar = icalendar.Calendar.from_ical(answer.content)
    other = IcsCalendarStream.calendar_from_ics(answer.text).events[0]
    event = calendar.events[0]
    assert (event.start, event["uid"], event["sequence"]) == (other.dtstart, other.uid, other.sequence)
    return str(calendar["method"]), event


async def test_what_both_have_agreed_on_is_a_file_for_the_calendar_of_each():
    async with published() as (bot, browser):
        await bot.say("acme", "acme/ann", "postbacks stopped arriving")
        await agreed(bot)
        url = address(bot, "acme")
        assert address(bot, "dm:mia") == own_of(url)
        assert await opened(browser, own_of(url)) == await opened(browser, url)
        method, event = await opened(browser, url)
        assert (method, event["status"], event["summary"]) == ("REQUEST", "CONFIRMED", "Call: Acme and Mia")
        assert event.start == datetime(2025, 3, 17, 13, 0, tzinfo=UTC) and event.start.tzname() == "EDT"
        assert event["description"] == "the new funnels\nC-1, T-42"
        assert "location" not in event


async def test_where_the_call_is_held_stands_in_the_file_behind_its_address():
    async with published(meeting="https://meet.example/{manager}-{client}") as (bot, browser):
        await agreed(bot)
        _, event = await opened(browser, address(bot, "acme"))
        assert event["location"] == event["url"] == "https://meet.example/mia-acme"


async def test_a_moved_call_is_the_same_entry_at_another_time_and_tentative_until_it_is_confirmed():
    async with published() as (bot, browser):
        await agreed(bot)
        url = address(bot, "acme")
        _, before = await opened(browser, url)
        await bot.say("acme", "acme/ann", "/call-move C-1 Tue 10:00")
        _, moved = await opened(browser, url)
        assert (moved["uid"], moved["status"]) == (before["uid"], "TENTATIVE")
        assert moved["sequence"] > before["sequence"]
        assert moved.start == datetime(2025, 3, 18, 14, 0, tzinfo=UTC)
        await bot.press("dm:mia", "mia", "Confirm")
        assert address(bot, "acme") == url
        _, confirmed = await opened(browser, url)
        assert confirmed["status"] == "CONFIRMED" and confirmed["sequence"] > moved["sequence"]


async def test_a_cancelled_call_is_taken_out_of_the_calendar_by_the_same_address():
    async with published() as (bot, browser):
        await agreed(bot)
        url = address(bot, "acme")
        await bot.say("acme", "acme/ann", "/call-cancel C-1 solved by mail")
        assert (address(bot, "acme"), address(bot, "dm:mia")) == (url, own_of(url))
        method, event = await opened(browser, url)
        assert (method, event["status"], event["sequence"]) == ("CANCEL", "CANCELLED", 2)
        await bot.forward(by=timedelta(days=34))
        assert (await browser.get(url)).status_code == 404


async def test_what_was_never_agreed_on_needs_no_word_for_the_calendar():
    async with published() as (bot, _):
        await bot.say("acme", "acme/ann", "/book-call Mon 09:00")
        await bot.say("acme", "acme/ann", "/call-cancel C-1")
        assert bot.channel.files == []


async def test_the_link_of_the_meeting_is_the_managers_own_where_he_has_one():
    staff = STAFF.replace('role = "manager"', MEET, 1)
    async with published(staff=staff, meeting="https://meet.example/all/{manager}/{call}") as (bot, browser):
        await agreed(bot)
        (own,) = links(bot, "acme")
        assert "mia-own" in own and list(links(bot, "dm:mia")) == [own]
        _, event = await opened(browser, address(bot, "acme"))
        assert event["location"] == event["url"] == own


async def test_without_an_address_of_its_own_the_bot_names_none():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say("dm:mia", "mia", "/calendar")
        assert "PLEDGE_HTTP__PUBLIC_URL" in bot.last("dm:mia")


async def test_a_managers_feed_shows_times_and_clients_and_nothing_else():
    async with published(client("acme"), client("bolt")) as (bot, browser):
        await agreed(bot, topic="a canary of the topic")
        await bot.say("bolt", "bolt/ann", "/book-call Tue 09:00 another canary")
        await bot.say("bolt", "bolt/ann", "/book-call Wed 09:00")
        await bot.say("bolt", "bolt/ann", "/call-cancel C-3")
        await bot.say("dm:mia", "mia", "/calendar")
        url = next(iter(links(bot, "dm:mia").values()))
        assert re.fullmatch(rf"{URL}/calendar/[\w-]+\.ics", url)
        answer = await browser.get(url)
        events = icalendar.Calendar.from_ical(answer.content).events
        assert [(e["summary"], e["status"], f"{e.start:%a %H:%M}") for e in events] == [
            ("Acme", "CONFIRMED", "Mon 16:00"),
            ("Bolt", "TENTATIVE", "Tue 16:00"),
        ]
        assert {name for event in events for name in event} == {
            *("UID", "SEQUENCE", "DTSTAMP", "DTSTART", "DTEND", "STATUS", "SUMMARY")
        }
        assert "canary" not in answer.text


async def test_who_asks_again_gets_the_same_address_until_he_wants_another():
    async with published() as (bot, browser):
        await bot.say("dm:mia", "mia", "/calendar")
        first = next(iter(links(bot, "dm:mia").values()))
        await bot.say("dm:mia", "mia", "/calendar")
        assert next(iter(links(bot, "dm:mia").values())) == first
        assert (await browser.get(first)).status_code == 200
        await bot.press("dm:mia", "mia", "New address")
        second = next(iter(links(bot, "dm:mia").values()))
        assert second != first
        assert (await browser.get(first)).status_code == 404
        assert (await browser.get(second)).status_code == 200


async def test_who_has_left_the_staff_reads_nothing_any_more_and_a_client_gone_is_shown_to_nobody():
    async with published(client("acme"), client("bolt")) as (bot, browser):
        await agreed(bot)
        invitation = address(bot, "acme")
        await bot.say("dm:mia", "mia", "/calendar")
        url = next(iter(links(bot, "dm:mia").values()))
        await bot.apply_roster(STAFF + client("bolt"))
        assert "Acme" not in (await browser.get(url)).text
        assert (await browser.get(invitation)).status_code == 404
        await bot.apply_roster(STAFF.replace('"mia"', '"max"') + client("bolt").replace('"mia"', '"max"'))
        assert (await browser.get(url)).status_code == 404


@pytest.mark.parametrize("path", ["/calls/{}.ics", "/calendar/{}.ics"])
async def test_a_secret_opens_only_what_it_was_made_for(path):
    async with published() as (bot, browser):
        await agreed(bot)
        await bot.say("dm:mia", "mia", "/calendar")
        own, other = links(bot, "dm:mia"), await bot.read(lambda tx: tx.calls.secret(tx.calls.get(1)))
        secrets = {"calls": next(iter(own.values())).rpartition("/")[2].removesuffix(".ics"), "calendar": other}
        wrong = secrets[path.split("/")[1]]
        for secret in (wrong, "unknown", "x" * 500, "%27%20OR%201=1", "%00"):
            answer = await browser.get(path.format(secret))
            assert (answer.status_code, answer.text) == (404, "There is no calendar here.\n"), secret


async def test_a_calendar_that_knows_the_file_already_is_sent_nothing():
    async with published() as (bot, browser):
        await agreed(bot)
        url = address(bot, "acme")
        tag = (await browser.get(url)).headers["etag"]
        again = await browser.get(url, headers={"if-none-match": f'"other", W/{tag}'})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        await bot.say("acme", "acme/ann", "/call-move C-1 Tue 10:00")
        assert (await browser.get(url, headers={"if-none-match": tag})).status_code == 200


async def test_who_asks_too_often_waits_and_nobody_else_does():
    async with published() as (bot, browser):
        await agreed(bot)
        url = address(bot, "acme")
        codes = [(await browser.get(url)).status_code for _ in range(21)]
        assert codes == [200] * 20 + [429]
        assert (await browser.get(url)).headers["retry-after"] == "6"
        assert (await browser.get(f"{URL}/calls/other.ics")).status_code == 404
        bot.clock.now += timedelta(seconds=6)
        assert (await browser.get(url)).status_code == 200


async def test_who_guesses_addresses_keeps_nobody_from_his_own():
    async with published() as (bot, browser):
        await agreed(bot)
        await bot.say("dm:mia", "mia", "/calendar")
        invitation, feed = address(bot, "acme"), next(iter(links(bot, "dm:mia").values()))
        assert (await browser.get(feed)).status_code == 200
        codes = [(await browser.get(f"{URL}/calendar/guess-{n}.ics")).status_code for n in range(200)]
        assert codes == [404] * 199 + [429], "one of two hundred was the first visit of the feed"
        assert (await browser.get(f"{URL}/calls/guess.ics")).status_code == 429
        assert (await browser.get(feed)).status_code == 200
        assert (await browser.get(invitation)).status_code == 429
        bot.clock.now += timedelta(seconds=1)
        assert (await browser.get(invitation)).status_code == 200


@pytest.mark.parametrize(
    ("asked", "wish", "starts", "clocks"),
    [
        # The clocks of New York go forward on 9 March and back on 2 November, those of Berlin on 30 March, 26 October.
        ("2025-03-06T12:00+01:00", "Mar 10 09:00", "2025-03-10T13:00Z", ("EDT", "CET")),
        ("2025-03-27T12:00+01:00", "Mar 31 09:00", "2025-03-31T13:00Z", ("EDT", "CEST")),
        ("2025-10-23T12:00+02:00", "Oct 27 09:00", "2025-10-27T13:00Z", ("EDT", "CET")),
        ("2025-10-30T12:00+01:00", "Nov 3 09:00", "2025-11-03T14:00Z", ("EST", "CET")),
    ],
)
async def test_every_file_of_a_call_names_its_moment_on_either_side_of_a_change_of_clocks(asked, wish, starts, clocks):
    moment = datetime.fromisoformat(starts)
    async with published(staff=STAFF.replace("Etc/GMT-3", "Europe/Berlin")) as (bot, browser):
        bot.clock.now = datetime.fromisoformat(asked).astimezone(UTC)
        await agreed(bot, wish)
        invitation = (await browser.get(address(bot, "acme"))).content
        await bot.say("dm:mia", "mia", "/calendar")
        feed = (await browser.get(next(iter(links(bot, "dm:mia").values())))).content
        await bot.say("dm:mia", "mia", "/call-hand C-1 ben")
        await bot.say("acme", "acme/ann", "/call-cancel C-1")
        await bot.deliver()
        sent = [file.content for _, _, file in bot.channel.files]
        methods = [str(icalendar.Calendar.from_ical(each)["method"]) for each in sent]
        assert sorted(methods) == ["CANCEL"] * 3 + ["REQUEST"] * 4
        for each in (invitation, feed, *sent):
            (event,) = icalendar.Calendar.from_ical(each).events
            (other,) = IcsCalendarStream.calendar_from_ics(each.decode()).events
            for read in (event.start, other.dtstart):
                assert read.astimezone(UTC) == moment
            assert event.start.tzname() == clocks[each is feed]


def files(bot, room, since=0):
    """The files of a room: their words, and (method, status, sequence) as the strict readers see them."""
    found = []
    for where, words, file in bot.channel.files[since:]:
        if where == room:
            calendar = icalendar.Calendar.from_ical(file.content)
            event = calendar.events[0]
            assert IcsCalendarStream.calendar_from_ics(file.text).events[0].uid == event["uid"]
            assert file.name == "invite.ics"
            assert file.media_type == f"text/calendar; charset=utf-8; method={calendar['method']}"
            found.append((words, str(calendar["method"]), str(event["status"]), int(event["sequence"])))
    return found


INVITED = ("C-1 for your calendar.", "REQUEST", "CONFIRMED", 1)


async def test_an_agreed_call_is_a_file_in_both_rooms_without_any_address_of_our_own():
    async with bot_in_a_box(FRIDAY) as bot:
        await agreed(bot)
        assert files(bot, "acme") == files(bot, "dm:mia") == [INVITED]
        assert links(bot, "acme") == {}


async def test_every_state_that_both_agreed_to_is_one_file_more_and_a_cancellation_takes_it_out_again():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say("acme", "acme/ann", "/book-call Mon 09:00")
        assert bot.channel.files == [], "nobody has agreed to anything yet"
        await bot.press("dm:mia", "mia", "Confirm")
        await bot.say("acme", "acme/ann", "/call-move C-1 Mon 10:00")
        await bot.press("dm:mia", "mia", "Confirm")
        await bot.say("acme", "acme/ann", "/call-cancel C-1")
        off = ("C-1 is off; this takes it out of your calendar.", "CANCEL", "CANCELLED", 4)
        moved = ("C-1 for your calendar.", "REQUEST", "CONFIRMED", 3)
        assert files(bot, "acme") == files(bot, "dm:mia") == [INVITED, moved, off]


@pytest.mark.parametrize("change", ["", "/call-move C-1 Mon 10:00", "/call-kind C-1 training"])
async def test_a_call_that_nobody_agreed_to_leaves_no_file(change):
    async with published() as (bot, _):
        await bot.say("acme", "acme/ann", "/book-call Mon 09:00")
        if change:
            await bot.say("acme", "acme/ann", change)
        await bot.say("acme", "acme/ann", "/call-cancel C-1")
        assert bot.last("acme").startswith("C-1 is off") or "cancel" in bot.last("acme")
        assert bot.channel.files == []
        assert links(bot, "acme") == {}


async def test_a_moved_call_that_nobody_agreed_to_lapses_without_a_file():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say("acme", "acme/ann", "/book-call Mon 09:00")
        await bot.say("acme", "acme/ann", "/call-move C-1 Mon 10:00")
        await bot.forward(to="2025-03-17T17:00+03:00")
        assert "C-1" in bot.last("acme") and bot.channel.files == []


GONE = "C-1 is another's now; this takes it out of your calendar."


async def test_who_hands_a_call_over_has_it_taken_out_and_who_takes_it_gets_it_under_the_same_name():
    async with bot_in_a_box(FRIDAY) as bot:
        await agreed(bot)
        await bot.say("dm:mia", "mia", "/call-hand C-1 ben")
        await bot.deliver()
        assert files(bot, "dm:mia") == [INVITED, (GONE, "CANCEL", "CANCELLED", 2)]
        assert files(bot, "dm:ben") == [("C-1 for your calendar.", "REQUEST", "CONFIRMED", 2)]
        assert files(bot, "acme") == [INVITED, ("C-1 for your calendar.", "REQUEST", "CONFIRMED", 2)]
        entries = {room: icalendar.Calendar.from_ical(file.content).events[0] for room, _, file in bot.channel.files}
        assert len({str(entry["uid"]) for entry in entries.values()}) == 1
        assert entries["dm:mia"]["organizer"].params["CN"] == "Mia"
        assert entries["dm:ben"]["organizer"].params["CN"] == "Ben"
        assert len({entry.start for entry in entries.values()}) == 1
        await bot.say("acme", "acme/ann", "/call-cancel C-1")
        off = ("C-1 is off; this takes it out of your calendar.", "CANCEL", "CANCELLED", 3)
        assert files(bot, "dm:ben")[-1] == files(bot, "acme")[-1] == off
        assert len(files(bot, "dm:mia")) == 2


async def test_a_call_handed_over_between_two_times_is_taken_out_where_it_stood_and_nowhere_else():
    async with bot_in_a_box(FRIDAY) as bot:
        await agreed(bot)
        await bot.say("acme", "acme/ann", "/call-move C-1 Mon 10:00")
        await bot.say("dm:mia", "mia", "/call-hand C-1 ben")
        await bot.deliver()
        assert files(bot, "dm:mia")[1:] == [(GONE, "CANCEL", "CANCELLED", 3)]
        await bot.say("acme", "acme/ann", "/call-cancel C-1")
        assert files(bot, "dm:ben") == [], "he has never agreed to it"
        assert [method for _, method, _, _ in files(bot, "acme")] == ["REQUEST", "CANCEL"]


async def test_a_call_that_nobody_agreed_to_is_handed_over_without_a_file():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say("acme", "acme/ann", "/book-call Mon 09:00")
        await bot.say("dm:mia", "mia", "/call-hand C-1 ben")
        await bot.deliver()
        assert bot.last("dm:ben") != "" and bot.channel.files == []


async def test_a_moved_call_that_lapses_is_taken_out_of_calendars():
    async with bot_in_a_box(FRIDAY) as bot:
        await agreed(bot)
        await bot.say("acme", "acme/ann", "/call-move C-1 Mon 10:00")
        await bot.forward(to="2025-03-17T17:00+03:00")
        assert [method for _, method, _, _ in files(bot, "acme")] == ["REQUEST", "CANCEL"]


async def test_a_file_that_is_refused_keeps_nothing_back_and_is_not_sent_again():
    async with bot_in_a_box(FRIDAY) as bot:
        bot.channel.refuses_files = Permanent("not enough rights", Scope.MESSAGE)
        await agreed(bot)
        bot.channel.refuses_files = None
        await bot.say("acme", "acme/ann", "/calls")
        assert bot.last("acme").startswith("C-1: Mon 17 Mar 09:00-09:30 New York")
        await bot.forward(by=timedelta(hours=1))
        assert bot.channel.files == []
        assert not any("reach" in text or "not" in text for text in bot.posts("dm:lea"))
        states = await bot.read(
            lambda tx: {
                row["state"] for row in tx.connection.execute("SELECT state FROM outbox WHERE dedupe_key LIKE 'file:%'")
            }
        )
        assert states == {"superseded"}


async def test_a_file_that_may_not_have_arrived_is_sent_again_and_keeps_nothing_back():
    async with bot_in_a_box(FRIDAY) as bot:
        bot.channel.refuses_files = Unknown("no answer")
        await agreed(bot)
        bot.channel.refuses_files = None
        await bot.say("acme", "acme/ann", "/calls")
        assert bot.last("acme").startswith("C-1: Mon 17 Mar 09:00-09:30 New York")
        assert bot.channel.files == []
        await bot.forward(by=timedelta(minutes=1))
        assert [method for _, method, _, _ in files(bot, "acme")] == ["REQUEST"]
        assert [method for _, method, _, _ in files(bot, "dm:mia")] == ["REQUEST"]
        assert not any("reach" in text or "not" in text for text in bot.posts("dm:lea"))


async def test_what_takes_a_call_out_of_a_calendar_is_not_followed_by_what_put_it_there():
    async with bot_in_a_box(FRIDAY) as bot:
        bot.channel.refuses_files = Unknown("no answer")
        await agreed(bot)
        bot.channel.refuses_files = None
        await bot.say("acme", "acme/ann", "/call-cancel C-1 solved by mail")
        await bot.forward(by=timedelta(minutes=1))
        assert [method for _, method, _, _ in files(bot, "acme")] == ["CANCEL"]
        assert [method for _, method, _, _ in files(bot, "dm:mia")] == ["CANCEL"]


def cut_off_uploads(bot):
    """Uploads time out though they come (a proxy that cuts them off); all else works, so that each probe is good."""
    came = []

    async def upload(message):
        came.append(message.room)
        return Unknown("no answer")

    async def probe(account):
        return None

    bot.channel.upload, bot.channel.probe = upload, probe
    return came


async def an_hour_of_trying(bot):
    for _ in range(60):
        bot.clock.now += timedelta(minutes=1)
        await bot.deliver()


async def test_of_a_file_that_is_given_up_whoever_is_asked_about_the_call_hears():
    async with bot_in_a_box(FRIDAY) as bot:
        cut_off_uploads(bot)
        await agreed(bot)
        await bot.say("dm:mia", "mia", "/away Mon")
        await an_hour_of_trying(bot)
        assert any("may not have come to Acme" in text for text in bot.posts("dm:ben"))
        assert not any("may not have come" in text for text in bot.posts("dm:mia"))


async def test_a_file_without_a_clear_answer_is_sent_a_few_times_and_its_manager_is_told_once_for_each_room():
    async with bot_in_a_box(FRIDAY) as bot:
        came = cut_off_uploads(bot)
        await agreed(bot)
        await an_hour_of_trying(bot)
        assert (came.count("acme"), came.count("dm:mia")) == (4, 4)
        told = [text for text in bot.posts("dm:mia") if "may not have come" in text]
        end = " The call stands in /calls."
        assert told == [f"C-1: the file for the calendar may not have come to {room}.{end}" for room in ("Acme", "Mia")]
        assert not any("file" in text for room in ("acme", "dm:lea", "dm:ben") for text in bot.posts(room))
        await bot.say("dm:mia", "mia", "/calls")
        assert "C-1: " in bot.last("dm:mia")


async def test_a_file_that_a_long_outage_held_up_comes_when_the_platform_answers_again():
    async with bot_in_a_box(FRIDAY) as bot:
        state = "no answer"

        async def probe(account):
            return state

        bot.channel.probe = probe
        bot.channel.refuses_files = Unknown("no answer")
        await agreed(bot)
        for _ in range(60):
            bot.clock.now += timedelta(minutes=1)
            await bot.deliver()
        bot.channel.refuses_files, state = None, None
        bot.clock.now += timedelta(minutes=1)
        await bot.deliver()
        assert [where for where, _, _ in bot.channel.files] == ["acme", "dm:mia"]
        assert not any("may not" in text for text in bot.posts("dm:mia"))


HELD_UP = RetryAfter(60, Scope.MESSAGE)


async def test_an_invitation_that_was_held_up_does_not_come_when_the_call_is_over():
    for until, count in (("2025-03-17T16:15+03:00", 2), ("2025-03-17T16:31+03:00", 0)):
        async with bot_in_a_box(FRIDAY) as bot:
            bot.channel.refuses_files = HELD_UP
            await agreed(bot)
            await bot.forward(to=until)
            bot.channel.refuses_files = None
            await bot.forward(by=timedelta(minutes=10))
            assert len(bot.channel.files) == count


async def test_what_never_came_into_a_calendar_is_not_taken_out_of_it():
    async with bot_in_a_box(FRIDAY) as bot:
        bot.channel.refuses_files = HELD_UP
        await agreed(bot)
        await bot.say("acme", "acme/ann", "/call-cancel C-1 solved by mail")
        bot.channel.refuses_files = None
        await bot.forward(by=timedelta(minutes=10))
        assert "is cancelled" in bot.posts("acme")[-1] and bot.channel.files == []


async def test_who_never_had_the_file_of_a_call_that_he_handed_over_gets_none():
    async with bot_in_a_box(FRIDAY) as bot:
        bot.channel.refuses_files = HELD_UP
        await agreed(bot)
        await bot.say("dm:mia", "mia", "/call-hand C-1 ben")
        bot.channel.refuses_files = None
        await bot.forward(by=timedelta(minutes=10))
        assert sorted(where for where, _, _ in bot.channel.files) == ["acme", "dm:ben"]


async def test_what_came_once_is_taken_out_though_the_change_that_followed_never_came():
    async with bot_in_a_box(FRIDAY) as bot:
        await agreed(bot)
        bot.channel.refuses_files = HELD_UP
        await bot.say("acme", "acme/ann", "/call-move C-1 Mon 10:00")
        await bot.press("dm:mia", "mia", "Confirm")
        await bot.say("acme", "acme/ann", "/call-cancel C-1 solved by mail")
        bot.channel.refuses_files = None
        await bot.forward(by=timedelta(minutes=10))
        for room in ("acme", "dm:mia"):
            assert [method for _, method, _, _ in files(bot, room)] == ["REQUEST", "CANCEL"]


async def test_the_word_that_a_call_is_off_is_sent_again_too():
    async with bot_in_a_box(FRIDAY) as bot:
        await agreed(bot)
        bot.channel.refuses_files = Unknown("no answer")
        await bot.say("acme", "acme/ann", "/call-cancel C-1 solved by mail")
        bot.channel.refuses_files = None
        await bot.forward(by=timedelta(minutes=1))
        assert [method for _, method, _, _ in files(bot, "acme")] == ["REQUEST", "CANCEL"]
        assert [method for _, method, _, _ in files(bot, "dm:mia")] == ["REQUEST", "CANCEL"]


async def test_the_address_that_a_manager_has_takes_the_call_out_once_another_holds_it():
    async with published() as (bot, browser):
        await agreed(bot)
        url = address(bot, "acme")
        _, before = await opened(browser, own_of(url))
        await bot.say("dm:lea", "lea", "/call-hand C-1 ben")
        method, gone = await opened(browser, own_of(url))
        assert (method, gone["status"], gone["uid"]) == ("CANCEL", "CANCELLED", before["uid"])
        assert gone["sequence"] > before["sequence"] and gone["organizer"] == before["organizer"]
        assert (await opened(browser, url))[0] == (await opened(browser, own_of(url, "ben")))[0] == "REQUEST"
        await bot.say("dm:lea", "lea", "/call-hand C-1 mia")
        method, back = await opened(browser, own_of(url))
        assert method == "REQUEST" and back["sequence"] > gone["sequence"]
        assert (await opened(browser, own_of(url, "ben")))[0] == "CANCEL"


@pytest.mark.parametrize("who", ["tom", "nobody", "", "mia.mia"])
async def test_there_is_no_address_of_a_call_for_whoever_is_none_of_the_clients_managers(who):
    async with published() as (bot, browser):
        await agreed(bot)
        answer = await browser.get(address(bot, "acme").replace(".ics", f".{who}.ics"))
        assert answer.status_code == 404


async def test_where_the_address_of_ones_calls_is_not_told_it_is_said_where_it_is():
    async with bot_in_a_box(FRIDAY) as bot:
        for room in ("acme", "team:support"):
            await bot.say(room, "mia", "/calendar")
            assert bot.last("dm:mia" if room == "acme" else room) == "This works in your own chat with the bot."
