"""On call outside hours: who is nudged at night, what the client reads, and how turns are swapped from chat."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from harness import STAFF, bot_in_a_box, client

from bot.desk.staff import cover
from bot.desk.staff.cover import answers_step
from bot.sla.policy import Metric
from bot.text import plain

# Friday, 21 November 2025, 20:00 in the manager's zone: closed until Monday 10:00; High has a cap of 24 hours.
FRIDAY_EVENING = "2025-11-21T20:00+03:00"
THURSDAY = "2025-11-20T12:00+03:00"

# Tom has the week from Monday, 17 November, Sue the one after it.
NIGHTS = """
[[oncall]]
id = "nights"
name = "Nights"
people = ["tom", "sue"]
hand_over = "mon 09:00"
zone = "Etc/GMT-3"
starts = 2025-11-17
"""


async def test_at_night_who_is_on_call_is_nudged() -> None:
    """Half of the 24 hours under the cap are over on Saturday at 8:00, long before the ladder calls anybody."""
    async with bot_in_a_box(FRIDAY_EVENING, client() + NIGHTS) as bot:
        await bot.say("acme", "acme/ann", "everything is down")
        await bot.say("acme", "acme/ann", "/urgency high")
        seen = len(bot.channel.posts)
        await bot.forward(to="2025-11-22T10:00+03:00")
        (nudge,) = bot.posts("dm:tom", seen)
        assert nudge.startswith("Due 20:00 GMT+3 (in 12 h)") and not bot.posts("dm:mia", seen)


async def test_what_becomes_urgent_at_night_says_who_is_on_call_and_when_the_manager_returns() -> None:
    async with bot_in_a_box(FRIDAY_EVENING, client() + NIGHTS) as bot:
        await bot.say("acme", "acme/ann", "everything is down")
        assert "Tom" not in bot.last("acme"), "Medium waits for Monday"
        await bot.say("acme", "acme/ann", "/urgency high")
        assert bot.last("acme").splitlines()[-1] == "Tom is on call; Mia returns Mon 02:00 New York."
        assert "Acme says" in bot.last("dm:tom") and not bot.posts("dm:mia")


@pytest.mark.parametrize("who", ["ben", "mia"])
async def test_who_is_on_call_is_nudged_at_night_though_his_working_hours_are_by_day(who: str) -> None:
    """Every second counts here: due 03:30. Be the ticket his own or not, on call beats his hours."""
    hours = ", ".join(f'{day} = ["10:00-19:00"]' for day in ("mon", "tue", "wed", "thu", "fri"))
    staff = STAFF.replace('zone = "Etc/GMT-3"\nidentities', f'zone = "Etc/GMT-3"\nhours = {{ {hours} }}\nidentities')
    nights = NIGHTS.replace('"tom", "sue"', f'"{who}"')
    acme = client(agreement="infopromo", plan="premium")
    async with bot_in_a_box("2025-11-20T03:00+03:00", acme + nights, staff=staff) as bot:
        await bot.say("acme", "acme/ann", "calls drop")
        since = len(bot.channel.posts)
        await bot.forward(to="2025-11-20T03:29+03:00")
        assert any(text.startswith("Due 03:30") for text in bot.posts(f"dm:{who}", since))
        assert not bot.posts("team:support", since)


async def test_two_who_are_told_of_one_ticket_at_one_moment_each_hear_their_own() -> None:
    """The watch slept until Saturday: the acknowledgement that was missed on Friday is Mia's, the 24 hours for an ETA,
    which run on at night, are Ben's.
    """
    acme = client(agreement="poologics", zone="America/New_York")
    nights = NIGHTS.replace('"tom", "sue"', '"ben"')
    async with bot_in_a_box("2025-11-21T16:00-05:00", acme + nights) as bot:
        await bot.say("acme", "acme/ann", "the estimate shows no prices")
        since = len(bot.channel.posts)
        bot.clock.now = bot.moment("2025-11-22T12:00-05:00")
        await bot.settle()
        told = {post.room: post.text.split(" (")[0] for post in bot.channel.posts[since:]}
        assert told["dm:mia"] == "Breached at 00:20 GMT+3" and told["dm:ben"] == "Due Sun 00:00 GMT+3"


async def test_by_day_and_for_working_time_the_manager_is_nudged() -> None:
    async with bot_in_a_box(THURSDAY, client() + NIGHTS) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.forward(by=timedelta(minutes=50))
        assert [post for post in bot.posts("dm:mia") if post.startswith("Due")]
        assert not [post for post in bot.posts("dm:tom") if post.startswith("Due")]


async def test_who_is_on_call_is_shown_in_the_zone_of_the_asker() -> None:
    async with bot_in_a_box(THURSDAY, client() + NIGHTS) as bot:
        await bot.say("dm:mia", "mia", "/oncall")
        assert bot.last("dm:mia") == "Nights: Tom until Mon 09:00 GMT+3, then Sue."


async def test_without_a_rotation_nobody_is_on_call_and_nights_go_to_the_manager() -> None:
    async with bot_in_a_box(FRIDAY_EVENING) as bot:
        await bot.say("dm:mia", "mia", "/oncall")
        assert bot.last("dm:mia") == "Nobody is on call outside hours: the roster has no rotation."


async def test_a_swap_is_asked_for_and_confirmed_by_the_other_one() -> None:
    async with bot_in_a_box(THURSDAY, client() + NIGHTS) as bot:
        await bot.say("dm:tom", "tom", "/oncall swap with Sue")
        assert bot.last("dm:tom") == (
            "Sue is asked: Nights from 12:00 GMT+3 until Mon 09:00 GMT+3, "
            "for Mon 09:00 GMT+3 until Mon 1 Dec 09:00 GMT+3."
        )
        await bot.say("dm:mia", "mia", "/oncall")
        assert bot.last("dm:mia") == "Nights: Tom until Mon 09:00 GMT+3, then Sue.", "nothing changes before she agrees"
        await bot.press("dm:sue", "sue", "Confirm")
        assert bot.last("dm:tom").startswith("Sue is on call from 12:00 GMT+3 until Mon 09:00 GMT+3 for Tom")
        await bot.say("dm:mia", "mia", "/oncall")
        assert bot.last("dm:mia") == "Nights: Sue until Mon 09:00 GMT+3, then Tom."


async def test_a_swap_that_is_declined_changes_nothing_and_is_answered_once() -> None:
    async with bot_in_a_box(THURSDAY, client() + NIGHTS) as bot:
        await bot.say("dm:tom", "tom", "/oncall swap with sue next")
        confirm, decline = bot.button("dm:sue", "Confirm"), bot.button("dm:sue", "Decline")
        assert confirm != decline
        await bot.press("dm:sue", "sue", "Decline")
        assert bot.last("dm:tom").startswith("Tom stays on call from Mon 1 Dec 09:00 GMT+3")
        again = await bot.press("dm:sue", "sue", "Confirm")
        assert again.told is not None and "on call" not in plain(again.told)
        await bot.say("dm:mia", "mia", "/oncall")
        assert bot.last("dm:mia") == "Nights: Tom until Mon 09:00 GMT+3, then Sue."


async def test_only_who_is_asked_or_a_lead_answers_a_swap() -> None:
    async with bot_in_a_box(THURSDAY, client() + NIGHTS) as bot:
        await bot.say("dm:tom", "tom", "/oncall swap with sue")
        action = (await bot.read(lambda tx: tx.connection.execute("SELECT DISTINCT swap FROM stand_in").fetchone()))[0]
        await bot.say("dm:ben", "ben", f"/oncall-yes {action}")
        assert bot.last("dm:ben") == "This is not yours to do here; help lists what is."
        await bot.say("dm:lea", "lea", f"/oncall-yes {action}")
        assert bot.last("dm:lea").startswith("Sue is on call from 12:00 GMT+3")
        assert bot.last("dm:tom").startswith("Sue is on call") and bot.last("dm:sue").startswith("Sue is on call")


async def test_a_lead_decides_for_two_others_at_once_and_nobody_else_does() -> None:
    async with bot_in_a_box(THURSDAY, client() + NIGHTS) as bot:
        await bot.say("dm:mia", "mia", "/oncall swap tom with sue")
        assert bot.last("dm:mia") == "This is not yours to do here; help lists what is."
        await bot.say("dm:lea", "lea", "/oncall swap tom with ben")
        assert bot.last("dm:lea") == "Ben is on call from 12:00 GMT+3 until Mon 09:00 GMT+3 for Tom. Nights"
        assert bot.last("dm:ben") == bot.last("dm:tom") == bot.last("dm:lea")
        await bot.say("dm:mia", "mia", "/oncall")
        assert bot.last("dm:mia") == "Nights: Ben until Mon 09:00 GMT+3, then Sue."


async def test_who_has_no_turn_can_swap_none() -> None:
    async with bot_in_a_box(THURSDAY, client() + NIGHTS) as bot:
        await bot.say("dm:mia", "mia", "/oncall swap with tom")
        assert bot.last("dm:mia") == "Mia has no such turn."
        await bot.say("dm:sue", "sue", "/oncall swap with tom this")
        assert bot.last("dm:sue") == "Sue has no such turn."
        await bot.say("dm:tom", "tom", "/oncall swap with nobody")
        assert "oncall swap with Ben next" in bot.last("dm:tom")


async def test_while_who_is_on_call_is_away_the_next_of_the_rotation_is() -> None:
    async with bot_in_a_box(FRIDAY_EVENING, client() + NIGHTS) as bot:
        await bot.say("dm:tom", "tom", "/away until Monday")
        await bot.say("dm:mia", "mia", "/oncall")
        assert bot.last("dm:mia") == "Nights: Sue until Mon 00:00 GMT+3, then Tom."


async def told_at(bot: Any, at: str, metric: Metric = Metric.RESPONSE) -> str:
    """Who would be told of a step on this clock at that moment."""
    page, clock, when = await bot.page("T-42"), await bot.timed("T-42", metric), datetime.fromisoformat(at)
    covered = await bot.read(lambda tx: answers_step(tx, page.ticket, page.policy, clock, when))
    return covered.person.key if covered else ""


async def test_only_a_clock_that_runs_at_night_calls_whoever_is_on_call() -> None:
    async with bot_in_a_box(FRIDAY_EVENING, client() + NIGHTS) as bot:
        await bot.say("acme", "acme/ann", "everything is down")
        assert await told_at(bot, "2025-11-22T03:00+03:00") == "mia", "working time"
        await bot.say("acme", "acme/ann", "/urgency high")
        assert await told_at(bot, "2025-11-22T03:00+03:00") == "tom", "the cap binds"


async def test_until_the_desk_closes_the_manager_is_told_under_a_cap_too() -> None:
    """Friday 18:55: ten minutes of work end on Monday, so that the cap binds from the beginning."""
    async with bot_in_a_box("2025-11-21T18:55+03:00", client() + NIGHTS) as bot:
        await bot.say("acme", "acme/ann", "everything is down")
        await bot.say("acme", "acme/ann", "/urgency high")
        assert await told_at(bot, "2025-11-21T18:59+03:00") == "mia"
        assert await told_at(bot, "2025-11-21T19:00+03:00") == "tom"


async def test_round_the_clock_the_manager_s_own_hours_say_when_it_is_night() -> None:
    async with bot_in_a_box(THURSDAY, client(agreement="infopromo", plan="premium") + NIGHTS) as bot:
        await bot.say("acme", "acme/ann", "everything is down")
        assert await told_at(bot, "2025-11-21T03:00+03:00", Metric.RESOLUTION) == "mia", "he has no hours of his own"
        week = '{"thu": ["10:00-19:00"], "fri": ["10:00-19:00"]}'
        await bot.store.write(
            lambda tx: tx.connection.execute("UPDATE person SET hours = ? WHERE key = 'mia'", (week,))
        )
        assert await told_at(bot, "2025-11-21T03:00+03:00", Metric.RESOLUTION) == "tom"
        assert await told_at(bot, "2025-11-21T12:00+03:00", Metric.RESOLUTION) == "mia"


async def test_a_turn_that_was_given_away_is_not_given_away_again_by_an_old_question() -> None:
    for first, second in (("ben", "sue"), ("sue", "ben")):
        async with bot_in_a_box("2025-03-19T12:00+01:00", client(), WEEKS) as bot:
            await bot.say("dm:mia", "mia", "/oncall swap with sue this")
            await bot.say("dm:mia", "mia", "/oncall swap with ben this")
            await bot.press(f"dm:{first}", first, "Confirm")
            await bot.press(f"dm:{second}", second, "Confirm")
            assert await called(bot) == first
            assert not any(f"{second.title()} is on call" in text for text in bot.posts("dm:mia"))


async def test_the_same_swap_asked_again_is_one_question() -> None:
    async with bot_in_a_box("2025-03-19T12:00+01:00", client(), WEEKS) as bot:
        await bot.say("dm:mia", "mia", "/oncall swap with sue this")
        await bot.forward(by=timedelta(minutes=5))
        await bot.say("dm:mia", "mia", "/oncall swap with sue this")
        assert len(bot.posts("dm:sue")) == 1
        await bot.press("dm:sue", "sue", "Confirm")
        assert await called(bot) == "sue"


async def called(bot: Any) -> str:
    def who(tx: Any) -> str:
        held = cover.on_call(tx, tx.people.client_by_key("acme"), "redtrack-premium", bot.clock.now)
        assert held is not None
        return str(tx.people.person(held.person_id).key)

    return str(await bot.read(who))


WEEKS = """
[[oncall]]
id = "nights"
name = "Nights"
people = ["mia", "ben", "sue"]
hand_over = "mon 09:00"
zone = "Europe/Berlin"
starts = 2025-03-17
"""


async def test_a_swap_of_a_turn_that_is_over_is_answered_no_more() -> None:
    async with bot_in_a_box(THURSDAY, client() + NIGHTS) as bot:
        await bot.say("dm:tom", "tom", "/oncall swap with sue this")
        told = len(bot.posts("dm:tom"))
        await bot.forward(to="2025-11-24T09:00+03:00")
        await bot.press("dm:sue", "sue", "Decline")
        assert not any("stays on call" in text for text in bot.posts("dm:tom")[told:])


async def test_a_turn_that_came_back_meanwhile_is_not_given_away_by_an_old_question() -> None:
    async with bot_in_a_box("2025-03-19T12:00+01:00", client(), WEEKS) as bot:
        await bot.say("dm:mia", "mia", "/oncall swap with sue this")
        await bot.say("dm:mia", "mia", "/oncall swap with ben this")
        await bot.press("dm:ben", "ben", "Confirm")
        await bot.say("dm:ben", "ben", "/oncall swap with mia this")
        await bot.press("dm:mia", "mia", "Confirm")
        assert await called(bot) == "mia"
        await bot.press("dm:sue", "sue", "Confirm")
        assert await called(bot) == "mia"
        assert not any("Sue is on call" in text for text in bot.posts("dm:mia"))


async def high_at_night(bot: Any) -> None:
    await bot.say("acme", "acme/ann", "everything is down")
    await bot.say("acme", "acme/ann", "/urgency high")
    assert "Tom is on call" in bot.last("acme")
    await bot.settle()


async def test_whoever_comes_on_call_in_place_of_who_is_away_has_note_and_tickets_and_the_client_the_name() -> None:
    async with bot_in_a_box(FRIDAY_EVENING, client() + NIGHTS) as bot:
        await high_at_night(bot)
        await bot.forward(by=timedelta(minutes=10))
        await bot.say("dm:tom", "tom", "/away until Sunday sick, the log is in the wiki")
        assert bot.last("dm:tom").splitlines()[-1] == (
            "Sue is on call from 20:10 GMT+3 until Sun 00:00 GMT+3 for Tom: Nights."
        )
        since = len(bot.channel.posts)
        await bot.forward(by=timedelta(minutes=10))
        assert bot.last("dm:sue") == (
            "You are on call until Sun 00:00 GMT+3, after Tom: Nights.\n"
            "Note: 'sick, the log is in the wiki'\n"
            "T-42, Acme, due Sat 20:00 GMT+3 (in 23 h 50 min): 'everything is down'"
        )
        assert bot.last("acme") == "Sue is on call now, instead of Tom. Every time we named stays. T-42"
        assert not bot.posts("dm:tom", since), "he read it in the answer"
        await bot.forward(to="2025-11-22T19:00+03:00")
        assert len([text for text in bot.posts("acme") if "Sue is on call" in text]) == 1
        assert len([text for text in bot.posts("dm:sue") if text.startswith("You are on call")]) == 1


async def test_who_is_on_call_for_another_hears_once_when_it_is_for_longer_or_less_and_the_client_nothing() -> None:
    async with bot_in_a_box(FRIDAY_EVENING, client() + NIGHTS) as bot:
        await high_at_night(bot)
        await bot.forward(by=timedelta(minutes=10))
        await bot.say("dm:tom", "tom", "/away until Saturday sick")
        await bot.forward(by=timedelta(minutes=2))
        await bot.say("dm:tom", "tom", "/away until Sunday still sick")
        await bot.forward(by=timedelta(seconds=10))
        assert bot.last("dm:sue").startswith("You are on call until Sun 00:00 GMT+3, after Tom: Nights.")
        await bot.say("dm:tom", "tom", "/undo")
        await bot.forward(by=timedelta(minutes=10))
        assert len([text for text in bot.posts("dm:sue") if text.startswith("You are on call until Sat 00:00")]) == 2
        assert len([text for text in bot.posts("dm:sue") if text.startswith("You are on call")]) == 3
        assert len([text for text in bot.posts("acme") if "Sue is on call" in text]) == 1


async def test_a_swap_passes_on_what_runs_at_night() -> None:
    async with bot_in_a_box(FRIDAY_EVENING, client() + NIGHTS) as bot:
        await high_at_night(bot)
        await bot.say("dm:tom", "tom", "/oncall swap with Sue this")
        await bot.press("dm:sue", "sue", "Confirm")
        await bot.forward(by=timedelta(minutes=1))
        told = bot.last("dm:sue").splitlines()
        assert told[0] == "You are on call until Mon 09:00 GMT+3, after Tom: Nights."
        assert told[1].startswith("T-42, Acme")
        assert bot.last("dm:tom") == "Sue is on call after you: Nights. Passed on: T-42."
        assert bot.last("acme").startswith("Sue is on call now, instead of Tom.")


MIDNIGHT = NIGHTS.replace("mon 09:00", "sat 00:00").replace("2025-11-17", "2025-11-15")


async def test_a_turn_that_is_over_passes_on_what_runs_at_night() -> None:
    async with bot_in_a_box(FRIDAY_EVENING, client() + MIDNIGHT) as bot:
        await high_at_night(bot)
        await bot.forward(to="2025-11-22T00:01+03:00")
        assert [post.at for post in bot.channel.posts if post.text.startswith("You are on call")] == [
            bot.moment("2025-11-22T00:00+03:00")
        ]
        assert "T-42, Acme, due 20:00" in bot.last("dm:sue") and "Passed on: T-42." in bot.last("dm:tom")
        assert bot.last("acme").startswith("Sue is on call now, instead of Tom.")


async def test_a_turn_that_is_over_with_nothing_that_runs_at_night_is_told_to_nobody() -> None:
    """Medium waits for Monday."""
    async with bot_in_a_box(FRIDAY_EVENING, client() + MIDNIGHT) as bot:
        await bot.say("acme", "acme/ann", "everything is down")
        since = len(bot.channel.posts)
        await bot.forward(to="2025-12-06T00:01+03:00")
        assert not [post for post in bot.channel.posts[since:] if "on call" in post.text]


async def test_who_comes_on_call_unplanned_hears_of_it_when_he_may_be_disturbed_where_nothing_is_open() -> None:
    async with bot_in_a_box(FRIDAY_EVENING, client() + NIGHTS) as bot:
        await bot.settle()
        await bot.say("dm:tom", "tom", "/away until Friday")
        await bot.forward(to="2025-11-24T08:59+03:00")
        assert not bot.posts("dm:sue"), "nobody is woken for it"
    async with bot_in_a_box(THURSDAY, client() + NIGHTS) as bot:
        await bot.settle()
        await bot.say("dm:tom", "tom", "/away until Saturday")
        await bot.forward(by=timedelta(minutes=1))
        assert bot.posts("dm:sue") == ["You are on call until Sat 00:00 GMT+3, after Tom: Nights."]


async def test_a_client_with_several_tickets_at_night_hears_once_that_another_is_on_call_now() -> None:
    async with bot_in_a_box(FRIDAY_EVENING, client() + NIGHTS) as bot:
        await high_at_night(bot)
        await bot.say("acme", "acme/ann", "/new the report is empty")
        await bot.say("acme", "acme/ann", "/urgency T-43 high")
        await bot.forward(by=timedelta(minutes=10))
        await bot.say("dm:tom", "tom", "/away until Sunday")
        await bot.forward(by=timedelta(minutes=1))
        assert bot.last("dm:sue").count("Acme") == 2
        assert len([text for text in bot.posts("acme") if "Sue is on call now" in text]) == 1


async def test_a_client_who_was_told_no_name_in_this_night_hears_of_no_change() -> None:
    """Told at 18:55, in hours, that Mia answers; that Ben takes it at night names nobody on call."""
    async with bot_in_a_box("2025-11-21T18:55+03:00", client() + NIGHTS) as bot:
        await bot.say("acme", "acme/ann", "everything is down")
        await bot.say("acme", "acme/ann", "/urgency high")
        await bot.forward(to="2025-11-21T20:00+03:00")
        await bot.say("dm:ben", "ben", "/take T-42")
        await bot.say("dm:tom", "tom", "/away until Sunday")
        await bot.forward(by=timedelta(minutes=1))
        assert bot.last("dm:sue").startswith("You are on call until Sun") and "T-42" in bot.last("dm:sue")
        assert not any("Sue is on call" in text for text in bot.posts("acme"))


async def test_a_turn_that_is_over_when_the_desk_opens_is_no_news_to_clients() -> None:
    opening = NIGHTS.replace("mon 09:00", "mon 10:00")
    async with bot_in_a_box(FRIDAY_EVENING, client() + opening) as bot:
        await high_at_night(bot)
        await bot.forward(to="2025-11-24T10:01+03:00")
        assert any(text.startswith("You are on call until") for text in bot.posts("dm:sue"))
        assert not any("Sue is on call" in text for text in bot.posts("acme"))


async def test_what_is_due_before_the_night_does_not_pass_to_who_comes_on_call() -> None:
    """Every second counts, 24 hours long: due on Friday at 15:00, while Mia is at work."""
    hours = ", ".join(f'{day} = ["10:00-19:00"]' for day in ("mon", "tue", "wed", "thu", "fri"))
    staff = STAFF.replace('zone = "Etc/GMT-3"\nidentities', f'zone = "Etc/GMT-3"\nhours = {{ {hours} }}\nidentities')
    acme = client(agreement="infopromo", plan="premium")
    for at, is_told in (("2025-11-20T16:00+03:00", True), ("2025-11-21T12:00+03:00", False)):
        async with bot_in_a_box("2025-11-20T15:00+03:00", acme + NIGHTS, staff=staff) as bot:
            await bot.say("acme", "acme/ann", "calls drop")
            await bot.say("acme", "acme/ann", "/urgency critical")
            await bot.say("dm:mia", "mia", "/take T-42")
            await bot.forward(to=at)
            await bot.say("dm:tom", "tom", "/away until Sunday")
            await bot.forward(by=timedelta(minutes=1))
            [told] = [text for text in bot.posts("dm:sue") if text.startswith("You are on call")]
            assert ("T-42" in told) is is_told


async def test_who_is_on_call_hears_nothing_where_nothing_changes_and_nothing_of_his_own_turn() -> None:
    async with bot_in_a_box(FRIDAY_EVENING, client() + NIGHTS) as bot:
        await high_at_night(bot)
        await bot.forward(by=timedelta(minutes=10))
        await bot.say("dm:tom", "tom", "/away from Sunday until Tuesday")
        await bot.forward(by=timedelta(minutes=1))
        assert not any(text.startswith("You are on call") for text in bot.posts("dm:tom"))
        await bot.say("dm:tom", "tom", "/away until Sunday")
        await bot.forward(by=timedelta(minutes=1))
        await bot.say("dm:tom", "tom", "/away from 2025-12-10 until 2025-12-12")
        await bot.forward(by=timedelta(minutes=1))
        assert len([text for text in bot.posts("dm:sue") if text.startswith("You are on call")]) == 1


async def test_who_was_not_to_be_woken_for_a_turn_that_is_over_does_not_keep_the_next_one_from_being_told() -> None:
    sunday = NIGHTS.replace("mon 09:00", "sun 09:00").replace("2025-11-17", "2025-11-16")
    async with bot_in_a_box(FRIDAY_EVENING, client() + sunday) as bot:
        await bot.settle()
        await bot.say("dm:tom", "tom", "/away until Saturday")
        await bot.forward(to="2025-11-22T12:00+03:00")
        await bot.say("acme", "acme/ann", "everything is down")
        await bot.say("acme", "acme/ann", "/urgency high")
        await bot.forward(to="2025-11-23T09:00+03:00")
        assert any("T-42" in text for text in bot.posts("dm:sue") if text.startswith("You are on call"))
