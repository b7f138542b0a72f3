"""When each of the staff can be called in a week, as the board shows it: hours, overrides, absences, busy times.

The office is open 10:00-19:00 GMT+3; 14 March 2025 is a Friday.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from harness import STAFF, bot_in_a_box, client

from bot.busy import BusyTimes
from bot.desk.calls.week import call_week
from bot.feeds import Fetched
from bot.sla.call import CallState
from bot.sla.policy_file import load_folder

FRIDAY = "2025-03-14T16:00+03:00"
MONDAY = "2025-03-17T12:00+03:00"
AFTER = "2025-03-24T12:00+00:00"
OFFICE = "Etc/GMT-3"


async def shown(bot, who="Mia", zone=OFFICE, at=MONDAY):
    """A week of somebody's, day by day where there is anything: `Mon open 10:00-19:00`."""
    week = await bot.read(lambda tx: call_week(tx, bot.desk.book, zone, bot.moment(at)))
    (person,) = [each for each in week.people if each.name == who]
    place = ZoneInfo(zone)
    lines = []
    for day, times in zip(week.days, person.days, strict=True):
        for kind in ("open", "busy", "away", "calls"):
            spans = [f"{s.start.astimezone(place):%H:%M}-{s.end.astimezone(place):%H:%M}" for s in getattr(times, kind)]
            lines += [f"{day.day:%a} {kind} {' '.join(spans)}"] if spans else []
    return lines


async def test_who_has_no_hours_of_his_own_has_those_of_the_agreements_he_works_under():
    async with bot_in_a_box(FRIDAY) as bot:
        assert await shown(bot) == [f"{day} open 10:00-19:00" for day in ("Mon", "Tue", "Wed", "Thu", "Fri")]
        names = [
            each.name
            for each in (await bot.read(lambda tx: call_week(tx, bot.desk.book, OFFICE, bot.clock.now))).people
        ]
        assert names == ["Ben", "Mia"], "nobody else is anybody's manager or backup"


async def test_own_hours_lie_within_those_of_the_agreement_in_a_zone_of_their_own():
    own = 'id = "mia"\nhours = { mon = ["07:00-12:00"], sat = ["10:00-12:00"] }'
    staff = STAFF.replace('id = "mia"', own, 1)
    async with bot_in_a_box(FRIDAY, staff=staff) as bot:
        assert await shown(bot) == ["Mon open 10:00-12:00"]
        assert await shown(bot, zone="America/New_York") == ["Mon open 03:00-05:00"]


async def test_absences_busy_times_and_calls_are_taken_out_of_the_hours():
    text = (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:a\r\n"
        "DTSTART:20250317T053000Z\r\nDTEND:20250317T090000Z\r\nEND:VEVENT\r\n"
        "BEGIN:VEVENT\r\nUID:c\r\nDTSTART:20250318T100000Z\r\nDTEND:20250318T110000Z\r\nEND:VEVENT\r\n"
        "BEGIN:VEVENT\r\nUID:b\r\nRRULE:FREQ=SECONDLY;INTERVAL=-1\r\nDTSTART:20250317T053000Z\r\nEND:VEVENT\r\n"
        "END:VCALENDAR\r\n"
    )

    async def fetch(url, known=None):
        return Fetched(text.encode())

    hers = STAFF.replace('id = "mia"', 'id = "mia"\ncalendar = "https://calendar.example/x"', 1)
    async with bot_in_a_box(FRIDAY, staff=hers) as bot:
        await bot.say("acme", "acme/ann", "/book-call Mon 09:00")
        await bot.say("dm:mia", "mia", "/away Tue 12:00 - Wed 14:00")
        await BusyTimes(bot.store, bot.desk, bot.times, fetch).look()
        assert (await shown(bot))[:8] == [
            "Mon open 12:00-19:00",
            "Mon busy 10:00-12:00",
            "Mon calls 16:00-16:30",
            "Tue open 10:00-12:00",
            "Tue away 12:00-19:00",
            "Wed open 14:00-19:00",
            "Wed away 10:00-14:00",
            "Thu open 10:00-19:00",
        ]
        week = await bot.read(lambda tx: call_week(tx, bot.desk.book, OFFICE, bot.moment(MONDAY)))
        assert [each.in_part for each in week.people] == [False, True]


async def test_the_call_of_one_stands_in_the_bar_of_no_other():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say("acme", "acme/ann", "/book-call Mon 09:00")
        assert "Mon calls 16:00-16:30" in await shown(bot)
        assert not any("calls" in line for line in await shown(bot, who="Ben"))


async def test_a_wish_takes_nobodys_time_so_far():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say("acme", "acme/ann", "/book-call Mon 03:00")
        await bot.press("acme", "acme/ann", "Ask anyway")
        assert "Mon calls" not in " ".join(await shown(bot))
        week = await bot.read(lambda tx: call_week(tx, bot.desk.book, OFFICE, bot.moment(MONDAY)))
        assert [call.state for call in week.days[0].calls] == [CallState.WISHED]


async def test_a_call_over_midnight_stands_in_the_bars_of_both_its_days():
    async with bot_in_a_box(FRIDAY) as bot:
        await bot.say("acme", "acme/ann", "/book-call 24 Mar 05:15")
        # 09:15-09:45 UTC lie about the midnight between two weeks of the Marquesas (-09:30).
        for at, part in (("2025-03-24T09:00+00:00", "Sun calls 23:45-00:00"), (AFTER, "Mon calls 00:00-00:15")):
            lines = await shown(bot, zone="Pacific/Marquesas", at=at)
            assert [line for line in lines if "calls" in line] == [part]


async def test_a_holiday_and_other_hours_of_a_day_are_those_of_the_agreement(tmp_path):
    (tmp_path / "spring.toml").write_text(
        'id = "spring"\nname = "Spring"\nversion = "1"\nextends = "redtrack-premium"\n'
        '[[holidays]]\ndate = 2025-03-17\nname = "Office move"\n[overrides]\n"2025-03-19" = ["12:00-15:00"]\n'
    )
    catalog = load_folder(tmp_path)
    async with bot_in_a_box(FRIDAY, client(agreement="spring"), catalog=catalog) as bot:
        assert await shown(bot) == [
            "Tue open 10:00-19:00",
            "Wed open 12:00-15:00",
            "Thu open 10:00-19:00",
            "Fri open 10:00-19:00",
        ]


async def test_of_an_agreement_without_calls_nobody_is_shown():
    async with bot_in_a_box(FRIDAY, client(agreement="tactful", plan="standard")) as bot:
        week = await bot.read(lambda tx: call_week(tx, bot.desk.book, OFFICE, bot.clock.now))
        assert week.people == ()
