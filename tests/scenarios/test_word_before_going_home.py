"""Word on progress is asked for before whoever writes it goes home, and never after the agreement's own moment.

Poologics (004) owes it on critical tickets by the close of each working day, 18:00 in New York. It is Tuesday.
"""

import pytest
from harness import STAFF, bot_in_a_box, client

from bot.sla.plan import StepKind
from bot.sla.policy import Metric
from bot.sla.policy_file import load_file

NEW_YORK = "America/New_York"
MORNING = "2025-03-18T09:00-04:00"
ACME = client(agreement="poologics", zone=NEW_YORK)


def hours(person, text, zone="America/New_York", staff=STAFF):
    """The staff with hours of this person's own."""
    entry = f'id = "{person}"'
    head, tail = staff.split(entry)
    tail = tail.replace('zone = "Etc/GMT-3"', f'zone = "{zone}"\nhours = {text}', 1)
    return head + entry + tail


def daily(text):
    return "{ " + ", ".join(f'{day} = "{text}"' for day in ("mon", "tue", "wed", "thu", "fri")) + " }"


async def promised(bot):
    """A critical ticket that is answered, not solved."""
    await bot.say("acme", "acme/ann", "we can make no estimate")
    await bot.say("dm:mia", "mia", "/take T-42")
    await bot.say("dm:mia", "mia", "/eta T-42 thursday 22:00")
    await bot.press("acme", "acme/ann", "Critical incident")


def asked(bot):
    """When who was asked for word on progress."""
    return [
        line.split(":", 2)[0] + ":" + line.split(":", 2)[1]
        for line in bot.diary(NEW_YORK)
        if "Word on progress due" in line
    ]


async def test_who_goes_home_before_the_close_is_asked_an_hour_before_he_goes():
    async with bot_in_a_box(MORNING, ACME, staff=hours("mia", daily("08:00-16:00"))) as bot:
        await promised(bot)
        await bot.forward(to="2025-03-19T18:00-04:00")
        assert asked(bot) == ["Tue 15:00 mia", "Wed 15:00 mia"]
        assert (await bot.timed("T-42", Metric.PROGRESS)).due_at == bot.moment("2025-03-20T18:00-04:00")


async def test_hours_of_another_zone_are_read_in_that_zone():
    async with bot_in_a_box(MORNING, ACME, staff=hours("mia", daily("12:00-20:30"), "Europe/Berlin")) as bot:
        await promised(bot)
        await bot.forward(to="2025-03-18T18:00-04:00")
        assert asked(bot) == ["Tue 14:30 mia"]


@pytest.mark.parametrize("text", ["09:00-18:00", "12:00-23:00"])
async def test_who_stays_until_the_close_is_asked_an_hour_before_it(text):
    async with bot_in_a_box(MORNING, ACME, staff=hours("mia", daily(text))) as bot:
        await promised(bot)
        await bot.forward(to="2025-03-18T18:00-04:00")
        assert asked(bot) == ["Tue 17:00 mia"]


async def test_where_his_hours_do_not_touch_the_day_those_of_the_next_of_the_client_s_people_count():
    staff = hours("ben", daily("09:00-15:00"), staff=hours("mia", '{ mon = "09:00-18:00" }'))
    async with bot_in_a_box(MORNING, ACME, staff=staff) as bot:
        await promised(bot)
        await bot.forward(to="2025-03-18T18:00-04:00")
        assert asked(bot) == ["Tue 14:00 mia"]


async def test_where_nobody_is_at_work_that_day_it_is_the_agreement_s_moment():
    staff = hours("ben", '{ mon = "09:00-18:00" }', staff=hours("mia", '{ mon = "09:00-18:00" }'))
    async with bot_in_a_box(MORNING, ACME, staff=staff) as bot:
        await promised(bot)
        await bot.forward(to="2025-03-18T18:00-04:00")
        assert asked(bot) == ["Tue 17:00 mia"]


async def test_an_absence_declared_during_the_day_brings_the_hours_of_who_stands_in():
    async with bot_in_a_box(MORNING, ACME, staff=hours("ben", daily("08:00-16:00"))) as bot:
        await promised(bot)
        await bot.forward(to="2025-03-18T12:00-04:00")
        await bot.say("dm:mia", "mia", "/away until thursday")
        await bot.forward(to="2025-03-18T18:00-04:00")
        assert asked(bot) == ["Tue 15:00 ben"]


async def test_who_is_back_is_asked_by_his_own_day_again():
    async with bot_in_a_box(MORNING, ACME, staff=hours("ben", daily("08:00-16:00"))) as bot:
        await promised(bot)
        await bot.say("dm:mia", "mia", "/away until thursday")
        await bot.forward(to="2025-03-18T12:00-04:00")
        await bot.say("dm:mia", "mia", "/back")
        await bot.forward(to="2025-03-18T18:00-04:00")
        assert asked(bot) == ["Tue 17:00 mia"]


async def test_who_has_just_got_the_ticket_is_asked_at_once_where_his_hour_has_passed():
    async with bot_in_a_box(MORNING, ACME, staff=hours("ben", daily("08:00-16:00"))) as bot:
        await promised(bot)
        await bot.forward(to="2025-03-18T15:30-04:00")
        await bot.say("dm:mia", "mia", "/assign T-42 ben")
        await bot.forward(to="2025-03-18T18:00-04:00")
        assert asked(bot) == ["Tue 15:30 ben"]


async def test_hours_changed_in_the_roster_move_the_nudge_of_today():
    async with bot_in_a_box(MORNING, ACME) as bot:
        await promised(bot)
        await bot.forward(to="2025-03-18T12:00-04:00")
        await bot.apply_roster(hours("mia", daily("08:00-16:00")) + ACME)
        await bot.forward(to="2025-03-18T18:00-04:00")
        assert asked(bot) == ["Tue 15:00 mia"]


RHYTHM = """
id = "rhythm"
name = "Rhythm"
version = "1"
extends = "redtrack"

[priorities.medium.progress]
kind = "target"
every = "4h"
"""


async def test_in_a_rhythm_the_nudges_share_the_time_that_is_left_until_he_goes(tmp_path):
    """Due at 16:00, four hours after 12:00; three are left until 15:00: half is 13:30, 80 % are 14:24."""
    (tmp_path / "rhythm.toml").write_text(RHYTHM)
    acme, staff = client(agreement="rhythm"), hours("mia", daily("09:00-15:00"), "Etc/GMT-3")
    async with bot_in_a_box(
        "2025-03-18T12:00+03:00", acme, staff=staff, catalog=load_file(tmp_path / "rhythm.toml")
    ) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        assert (await bot.timed("T-42", Metric.PROGRESS)).due_at == bot.moment("2025-03-18T16:00+03:00")
        steps = await bot.read(lambda tx: tx.steps.of_ticket(1))
        nudges = [step.due_at for step in steps if step.metric == Metric.PROGRESS and step.kind is StepKind.NUDGE]
        assert nudges == [bot.moment("2025-03-18T13:30+03:00"), bot.moment("2025-03-18T14:24+03:00")]
