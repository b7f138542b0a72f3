"""A manager goes away and comes back: in the words of the manager, of who stands in, and of the client."""

from __future__ import annotations

from datetime import timedelta

import pytest
from harness import STAFF, bot_in_a_box, client

from bot.channels.base import InboundKind
from bot.sla.policy import Metric

# Thursday, 20 November 2025, 12:00 in the manager's zone; the agreement's hours are 10:00-19:00.
THURSDAY = "2025-11-20T12:00+03:00"


async def test_who_goes_away_is_told_who_answers_and_the_backup_has_note_and_tickets() -> None:
    async with bot_in_a_box(THURSDAY) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        due = (await bot.timed("T-42", Metric.RESPONSE)).due_at
        await bot.say("dm:mia", "mia", "/away until Monday, Ben knows the API matter")
        assert bot.last("dm:mia") == ("Away from 12:00 GMT+3 until Mon 00:00 GMT+3: Mia.\nBen answers for Acme.")
        await bot.settle()
        assert bot.last("dm:ben") == (
            "You answer for Acme until Mia returns Mon 10:00 GMT+3.\n"
            "Note: 'Ben knows the API matter'\n"
            "T-42, Acme, due 13:00 GMT+3 (in 60 min): 'postbacks stopped'"
        )
        assert bot.last("acme") == "Ben answers; Mia returns Mon 02:00 New York. Every time we named stays. T-42"
        assert (await bot.timed("T-42", Metric.RESPONSE)).due_at == due


async def test_a_client_hears_once_who_covers_however_many_tickets_wait() -> None:
    async with bot_in_a_box(THURSDAY) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("acme", "acme/ann", "/new the report is empty")
        before = len(bot.posts("acme"))
        await bot.say("dm:mia", "mia", "/away until Monday")
        await bot.settle()
        await bot.forward(by=timedelta(minutes=2))
        assert len(bot.posts("acme")) == before + 1


async def test_a_client_hears_once_more_where_the_one_who_is_away_returns_at_another_time() -> None:
    async with bot_in_a_box(THURSDAY) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        since = len(bot.channel.posts)
        for said in ("/away until Monday", "/away until Wednesday", "/undo"):
            await bot.say("dm:mia", "mia", said)
            await bot.forward(by=timedelta(seconds=10))
        told = [text.split(" New York")[0] for text in bot.posts("acme", since)]
        assert told == [f"Ben answers; Mia returns {day} 02:00" for day in ("Mon", "Wed", "Mon")]


async def test_a_client_hears_that_somebody_is_back_where_only_the_word_of_a_longer_absence_was_not_sent() -> None:
    async with bot_in_a_box(THURSDAY) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("dm:mia", "mia", "/away until Monday")
        await bot.forward(by=timedelta(minutes=2))
        since = len(bot.channel.posts)
        for said in ("/away until Wednesday", "/back"):
            await bot.receive(bot.inbound("dm:mia", "mia", said))
            await bot.act()
        await bot.deliver()
        assert bot.posts("acme", since) == ["Mia is back and answers again. Every time we named stays. T-42"]


async def test_what_becomes_of_one_absence_leaves_a_further_one_that_lies_ahead_alone() -> None:
    async with bot_in_a_box(THURSDAY) as bot:
        await bot.say("dm:mia", "mia", "/away from 2025-12-01 until 2025-12-03 course")
        for said in ("/away until Monday", "/away until Wednesday", "/undo"):
            await bot.say("dm:mia", "mia", said)
            await bot.forward(by=timedelta(seconds=10))
        await bot.forward(to="2025-11-30T12:00+03:00")
        told = len(bot.posts("dm:ben"))
        await bot.forward(to="2025-12-01T12:00+03:00")
        assert [text.splitlines()[1] for text in bot.posts("dm:ben")[told:]] == ["Note: 'course'"]


async def test_a_client_without_an_open_ticket_hears_nothing_and_the_next_window_says_who_answers() -> None:
    async with bot_in_a_box(THURSDAY) as bot:
        await bot.say("dm:mia", "mia", "/away until Monday")
        await bot.settle()
        assert not bot.posts("acme")
        await bot.say("acme", "acme/ann", "postbacks stopped")
        first, second = bot.last("acme").splitlines()
        assert "Ben answers." in first and second == "Ben answers; Mia returns Mon 02:00 New York."
        await bot.say("acme", "acme/ann", "/status")
        assert "Ben" in bot.last("acme") and "Mia" not in bot.last("acme")


async def test_an_absence_that_lies_ahead_is_handed_over_when_the_office_opens() -> None:
    async with bot_in_a_box(THURSDAY) as bot:
        await bot.say("acme", "acme/ann", "/new a feature")
        await bot.say("dm:mia", "mia", "/away mon-fri")
        await bot.forward(to="2025-11-24T09:59+03:00")
        assert not [post for post in bot.posts("dm:ben") if post.startswith("You answer")]
        await bot.forward(to="2025-11-24T10:00+03:00")
        assert bot.posts("dm:ben")[0].startswith("You answer for Acme until Mia returns Mon 1 Dec 10:00")


async def test_the_owner_stays_the_owner_and_has_the_tickets_back() -> None:
    async with bot_in_a_box(THURSDAY) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("dm:mia", "mia", "/away until Fri")
        await bot.settle()
        await bot.say("dm:ben", "ben", "/status")
        assert "T-42" in bot.last("dm:ben")
        await bot.forward(to="2025-11-21T10:00+03:00")
        assert bot.posts("dm:mia")[-1].startswith("You answer again. 1 open ticket is yours\nT-42, Acme")
        assert "Mia answers again and has the tickets back." in bot.posts("dm:ben")
        seen = len(bot.channel.posts)
        await bot.forward(by=timedelta(hours=2))
        assert bot.posts("dm:mia", seen) and not [p for p in bot.posts("dm:ben", seen) if "T-42'" in p]
        await bot.say("dm:ben", "ben", "/status")
        assert "T-42" not in bot.last("dm:ben")


async def test_back_early_has_the_tickets_back_at_once() -> None:
    async with bot_in_a_box(THURSDAY) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("dm:mia", "mia", "/away until Monday")
        await bot.settle()
        await bot.press("dm:mia", "mia", "I am back")
        await bot.settle()
        assert bot.last("dm:mia").startswith("You answer again. 1 open ticket is yours")
        await bot.say("dm:mia", "mia", "/back")
        assert bot.last("dm:mia") == "Mia is not away now."


async def test_who_leaves_in_the_evening_and_is_back_at_the_opening_disturbs_nobody() -> None:
    async with bot_in_a_box("2025-11-20T20:00+03:00") as bot:
        await bot.say("acme", "acme/ann", "/new the report is empty")
        before = len(bot.posts("acme"))
        await bot.say("dm:mia", "mia", "/away until tomorrow 9:00")
        await bot.forward(to="2025-11-21T10:00+03:00")
        assert len(bot.posts("acme")) == before and not bot.posts("dm:ben")


async def test_a_lead_may_say_it_for_somebody_and_nobody_else_may() -> None:
    async with bot_in_a_box(THURSDAY) as bot:
        await bot.say("dm:ben", "ben", "/away mia until Monday")
        assert bot.last("dm:ben") == "This is not yours to do here; help lists what is."
        await bot.say("dm:ben", "ben", "/away")
        assert bot.last("dm:ben").startswith("Nobody is away.")
        await bot.say("dm:lea", "lea", "/away mia until Monday")
        assert bot.last("dm:lea").startswith("Away from 12:00 GMT+3 until Mon 00:00 GMT+3: Mia.")
        await bot.say("dm:ben", "ben", "/away")
        assert bot.last("dm:ben") == "Who is away\nAway from 12:00 GMT+3 until Mon 00:00 GMT+3: Mia."
        await bot.say("dm:lea", "lea", "/back Mia")
        assert bot.last("dm:lea") == "Mia answers again."


async def test_an_absence_that_leaves_a_client_alone_is_said_to_the_asker_and_to_the_leads_at_once() -> None:
    async with bot_in_a_box(THURSDAY) as bot:
        await bot.say("dm:ben", "ben", "/away mon-tue")
        assert "Acme" not in bot.last("dm:ben"), "Mia is there"
        await bot.say("dm:mia", "mia", "/away until Wednesday")
        assert bot.last("dm:mia").splitlines()[1:] == ["Lea answers for Acme: nobody of their own is there."]
        assert bot.last("dm:lea").splitlines() == [
            "Clients without their own people from 12:00 GMT+3: Mia is away.",
            "Lea answers for Acme: nobody of their own is there.",
        ]
        await bot.say("dm:lea", "lea", "/away tue")
        assert bot.last("dm:lea").splitlines()[-1] == "Nobody answers for Acme from Tue 00:00 GMT+3."


async def test_what_is_not_away_yet_can_be_called_off() -> None:
    async with bot_in_a_box(THURSDAY) as bot:
        await bot.say("dm:mia", "mia", "/away mon-fri")
        await bot.say("dm:mia", "mia", "/away")
        await bot.press("dm:mia", "mia", "Call off: Mia, Mon 00:00 GMT+3")
        await bot.say("dm:mia", "mia", "/away")
        assert bot.last("dm:mia").startswith("Nobody is away.")
        await bot.forward(to="2025-11-24T12:00+03:00")
        assert not bot.posts("dm:ben")


async def test_what_cannot_be_read_is_answered_with_an_example_and_changes_nothing() -> None:
    async with bot_in_a_box(THURSDAY) as bot:
        await bot.say("dm:mia", "mia", "/away on holiday")
        assert "away until Monday, Ben knows the API matter" in bot.last("dm:mia")
        await bot.say("dm:mia", "mia", "/away 16:00")
        assert "lacks its end" in bot.last("dm:mia")
        await bot.say("dm:mia", "mia", "/away until Monday")
        await bot.say("dm:mia", "mia", "/away tomorrow")
        assert bot.last("dm:mia") == "Already so: Mia."


async def test_an_absence_without_an_end_lasts_until_back_is_said() -> None:
    async with bot_in_a_box(THURSDAY, client(agreement="redtrack")) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("dm:mia", "mia", "/away now because I am ill")
        await bot.settle()
        assert bot.last("acme") == "Ben answers while Mia is away. Every time we named stays. T-42"
        assert "Note: 'I am ill'" in bot.last("dm:ben")
        await bot.forward(by=timedelta(days=4))
        seen = len(bot.channel.posts)
        await bot.say("dm:mia", "mia", "/back")
        await bot.settle()
        assert any(post.startswith("You answer again") for post in bot.posts("dm:mia", seen))


async def test_calls_that_lie_in_an_absence_are_named_and_not_moved() -> None:
    async with bot_in_a_box(THURSDAY) as bot:
        await bot.say("acme", "acme/ann", "/book-call Mon 5:00 pm GMT+3")
        await bot.say("dm:mia", "mia", "/away mon")
        await bot.settle()
        assert "1 call lies in that time.\nC-1: " in bot.last("dm:mia")


async def test_where_the_backup_goes_away_too_all_that_he_stood_in_for_is_handed_on_and_comes_back() -> None:
    async with bot_in_a_box(THURSDAY) as bot:
        await bot.say("acme", "acme/ann", "/new the report is empty")
        await bot.say("dm:mia", "mia", "/away until Wednesday, ask for the logs")
        await bot.settle()
        await bot.say("dm:ben", "ben", "/away until tomorrow 12:00")
        await bot.settle()
        handed = bot.last("dm:lea").splitlines()
        assert handed[0] == "You answer for Acme until Mia returns Wed 10:00 GMT+3."
        assert handed[1] == "Note: 'ask for the logs'" and handed[2].startswith("T-42, Acme")
        assert bot.last("acme") == "Lea answers; Mia returns Wed 02:00 New York. Every time we named stays. T-42"
        await bot.forward(to="2025-11-21T12:00+03:00")
        assert bot.last("acme") == "Ben answers; Mia returns Wed 02:00 New York. Every time we named stays. T-42"
        assert bot.last("dm:ben").startswith("You answer again. 1 open ticket is yours\nT-42, Acme")


async def test_a_backup_who_stands_in_for_nobody_goes_away_without_a_word() -> None:
    async with bot_in_a_box(THURSDAY) as bot:
        await bot.say("acme", "acme/ann", "/new the report is empty")
        told = len(bot.channel.posts)
        await bot.say("dm:ben", "ben", "/away until Wednesday")
        await bot.settle()
        assert [post.room for post in bot.channel.posts[told:]] == ["dm:ben"]


async def test_a_manager_is_away_and_told_of_it_in_his_own_language() -> None:
    async with bot_in_a_box(THURSDAY) as bot:
        await bot.say("dm:mia", "mia", "/language ru")
        await bot.store.write(lambda tx: tx.connection.execute("UPDATE person SET locale = 'ru' WHERE key = 'mia'"))
        await bot.say("dm:mia", "mia", "/away до понедельника, Бен знает про API")
        assert bot.last("dm:mia").splitlines()[0] == "Не на связи с 12:00 GMT+3 до пн 00:00 GMT+3: Mia."
        await bot.settle()
        assert "Note: 'Бен знает про API'" in bot.last("dm:ben")


async def test_nobody_but_himself_and_a_lead_says_that_he_is_back_or_calls_his_absence_off() -> None:
    refused = "This is not yours to do here; help lists what is."
    async with bot_in_a_box(THURSDAY) as bot:
        await bot.say("dm:mia", "mia", "/away until Monday")
        await bot.say("dm:ben", "ben", "/back mia")
        assert bot.last("dm:ben") == refused
        await bot.say("dm:ben", "ben", "/away-off 1")
        assert bot.last("dm:ben") == refused
        await bot.say("dm:ben", "ben", "/away")
        assert "Mia" in bot.last("dm:ben")


async def test_who_goes_on_being_away_is_not_told_in_between_that_he_answers_again() -> None:
    async with bot_in_a_box(THURSDAY) as bot:
        await bot.say("acme", "acme/ann", "/new the report is empty")
        await bot.say("dm:mia", "mia", "/away until tomorrow 12:00")
        await bot.say("dm:mia", "mia", "/away tomorrow 11:00-15:00, dentist")
        await bot.forward(to="2025-11-21T14:59+03:00")
        assert not [post for post in bot.posts("dm:mia") if post.startswith("You answer again")]
        await bot.forward(to="2025-11-21T15:00+03:00")
        assert bot.last("dm:mia").startswith("You answer again")


async def test_while_the_lead_is_away_what_is_for_leads_goes_to_the_administrator() -> None:
    ada = '[[staff]]\nid = "ada"\nname = "Ada"\nrole = "admin"\nidentities = { fake = "ada" }\n'
    async with bot_in_a_box(THURSDAY, client() + ada) as bot:
        await bot.say("dm:lea", "lea", "/away until Wednesday")
        await bot.say("dm:ben", "ben", "/away until Wednesday")
        await bot.say("dm:mia", "mia", "/away until Wednesday")
        assert bot.last("dm:ada").splitlines()[0].startswith("Clients without their own people")
        assert not [post for post in bot.posts("dm:lea") if post.startswith("Clients without")]


WEDNESDAYS = STAFF.replace('name = "Mia"', 'name = "Mia"\nhours = { wed = "10:00-19:00" }', 1)


async def test_note_and_word_do_not_wait_for_the_hours_of_the_one_who_is_away() -> None:
    """Mia works on Wednesdays only; it is Thursday, within the agreement's hours, when she says that she is away."""
    async with bot_in_a_box(THURSDAY, staff=WEDNESDAYS) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("dm:mia", "mia", "/away until next thursday please call Ann, she is angry")
        await bot.settle()
        assert any("angry" in text for text in bot.posts("dm:ben"))
        assert bot.last("acme").startswith("Ben answers; Mia returns")


async def test_the_note_waits_for_the_end_of_the_receiver_s_quiet_hours_and_the_client_does_not() -> None:
    quiet = STAFF.replace('name = "Ben"', 'name = "Ben"\nnudges = { quiet = "11:00-15:00" }', 1)
    async with bot_in_a_box(THURSDAY, staff=quiet) as bot:
        await bot.say("acme", "acme/ann", "/new a feature")
        await bot.say("dm:mia", "mia", "/away until Monday, ask for the logs")
        await bot.settle()
        assert bot.last("acme").startswith("Ben answers; Mia returns")
        await bot.forward(to="2025-11-20T14:59+03:00")
        assert not any("ask for the logs" in text for text in bot.posts("dm:ben"))
        await bot.forward(to="2025-11-20T15:00+03:00")
        assert sum("ask for the logs" in text for text in bot.posts("dm:ben")) == 1
        assert sum(text.startswith("Ben answers; Mia") for text in bot.posts("acme")) == 1


async def test_a_client_is_told_of_cover_when_his_desk_opens_and_one_who_asked_meanwhile_not_again() -> None:
    async with bot_in_a_box("2025-11-20T20:00+03:00", client(), client("bolt")) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("dm:mia", "mia", "/away until Monday")
        await bot.forward(by=timedelta(minutes=1))
        await bot.say("bolt", "bolt/ann", "postbacks stopped")
        assert "Ben answers" in bot.last("bolt")
        told = len(bot.posts("bolt"))
        await bot.forward(to="2025-11-21T09:59+03:00")
        assert not any(text.startswith("Ben answers; Mia") for text in bot.posts("acme"))
        await bot.forward(to="2025-11-21T10:00+03:00")
        assert sum(text.startswith("Ben answers; Mia") for text in bot.posts("acme")) == 1
        assert not any(text.startswith("Ben answers; Mia") for text in bot.posts("bolt")[told:])


async def test_at_night_the_hand_over_is_told_at_once_only_where_a_ticket_is_due_before_the_morning() -> None:
    for agreement, is_told in (("redtrack", False), ("poologics", True)):
        async with bot_in_a_box("2025-11-20T23:00+03:00", client(agreement=agreement)) as bot:
            await bot.say("acme", "acme/ann", "nothing works, the service is down")
            await bot.say("dm:mia", "mia", "/urgency T-42 critical")
            page = await bot.page("T-42")
            await bot.say("dm:mia", "mia", "/away until Monday, ask for the logs")
            await bot.settle()
            assert any("ask for the logs" in text for text in bot.posts("dm:ben")) is is_told, page.ticket.due_at


async def test_a_client_who_was_told_of_cover_hears_once_that_the_manager_is_back_early() -> None:
    async with bot_in_a_box(THURSDAY) as bot:
        await bot.say("acme", "acme/ann", "/new a feature")
        await bot.say("acme", "acme/ann", "/new another feature")
        await bot.say("dm:mia", "mia", "/away until Monday")
        await bot.settle()
        await bot.say("dm:mia", "mia", "/back")
        await bot.forward(by=timedelta(hours=1))
        assert sum(text.startswith("Mia is back and answers again.") for text in bot.posts("acme")) == 1


async def test_a_client_whose_manager_returns_as_he_was_told_hears_nothing_more() -> None:
    async with bot_in_a_box(THURSDAY) as bot:
        await bot.say("acme", "acme/ann", "/new a feature")
        await bot.say("dm:mia", "mia", "/away until tomorrow")
        await bot.forward(to="2025-11-21T12:00+03:00")
        assert any(text.startswith("You answer again") for text in bot.posts("dm:mia"))
        assert not any("is back" in text for text in bot.posts("acme"))


async def test_who_is_back_from_an_absence_that_was_made_longer_is_told_once() -> None:
    async with bot_in_a_box(THURSDAY) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("dm:mia", "mia", "/away until Friday dentist")
        await bot.forward(by=timedelta(minutes=2))
        await bot.say("dm:mia", "mia", "/away until Monday still ill")
        await bot.forward(by=timedelta(minutes=2))
        await bot.say("dm:mia", "mia", "/back")
        await bot.forward(by=timedelta(minutes=2))
        assert len([text for text in bot.posts("dm:ben") if "has the tickets back" in text]) == 1
        assert len([text for text in bot.posts("dm:mia") if text.startswith("You answer again")]) == 1
        assert len([text for text in bot.posts("acme") if "Mia is back" in text]) == 1


async def test_two_absences_known_ahead_that_overlap_or_touch_are_handed_over_once_and_end_once() -> None:
    for second in ("/away wed-fri trip", "/away thu-fri trip"):
        async with bot_in_a_box("2025-11-21T12:00+03:00") as bot:
            await bot.say("acme", "acme/ann", "postbacks stopped")
            await bot.say("dm:mia", "mia", "/eta T-42 20d")
            await bot.say("dm:mia", "mia", "/away mon-wed course")
            await bot.say("dm:mia", "mia", second)
            await bot.forward(to="2025-12-02T12:00+03:00")
            [told] = [text for text in bot.posts("dm:ben") if text.startswith("You answer for Acme")]
            assert "course" in told and "trip" in told and "Mon 1 Dec" in told
            assert len([text for text in bot.posts("acme") if "Ben answers; Mia returns" in text]) == 1
            assert len([text for text in bot.posts("dm:mia") if text.startswith("You answer again")]) == 1


async def test_who_goes_away_again_until_the_same_day_is_handed_over_again() -> None:
    async with bot_in_a_box(THURSDAY) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        for said in ("/away until Monday", "/back", "/away until Monday"):
            await bot.say("dm:mia", "mia", said)
            await bot.forward(by=timedelta(minutes=2))
        assert len([text for text in bot.posts("dm:ben") if text.startswith("You answer for Acme")]) == 2


async def test_an_absence_of_two_from_one_moment_on_is_handed_over_once_with_the_notes_of_both() -> None:
    async with bot_in_a_box(THURSDAY) as bot:
        await bot.say("acme", "acme/ann", "/new a feature")
        await bot.say("dm:mia", "mia", "/away from Friday until Wednesday holiday")
        await bot.say("dm:ben", "ben", "/away from Friday until Wednesday course")
        await bot.forward(to="2025-11-21T13:00+03:00")
        [told] = [text for text in bot.posts("dm:lea") if text.startswith("You answer for Acme")]
        assert "holiday" in told and "course" in told


async def test_what_the_backup_stood_in_for_is_handed_on_again_where_he_goes_away_again() -> None:
    async with bot_in_a_box(THURSDAY) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("dm:mia", "mia", "/away until Wednesday")
        for said in ("/away until Monday", "/back", "/away until Monday"):
            await bot.forward(by=timedelta(minutes=2))
            await bot.say("dm:ben", "ben", said)
        await bot.forward(by=timedelta(minutes=2))
        assert len([text for text in bot.posts("dm:lea") if text.startswith("You answer for Acme")]) == 2


async def test_who_stands_in_for_more_clients_of_one_manager_hears_of_each() -> None:
    """Ben is the backup at Acme alone; of Bolt nobody but Mia takes care."""
    bolt = client("bolt").replace('backups = ["ben"]', "backups = []")
    async with bot_in_a_box(THURSDAY, client(), bolt) as bot:
        await bot.say("dm:ben", "ben", "/away from Friday until Wednesday")
        await bot.say("dm:mia", "mia", "/away from Friday until Wednesday")
        await bot.forward(to="2025-11-21T13:00+03:00")
        told = " ".join(bot.posts("dm:lea"))
        assert "Acme" in told and "Bolt" in told
        assert any(text.startswith("You answer for") and "Bolt" in text for text in bot.posts("dm:lea"))


@pytest.mark.parametrize("order", [("mia", "ben"), ("ben", "mia")])
async def test_what_passes_by_the_absences_of_two_is_handed_over_whole_and_once(order: tuple[str, str]) -> None:
    """Beta has no backup, Gamma is Ben's: only Acme passes by both absences."""
    beta, gamma = (client(key).replace('["ben"]', "[]") for key in ("beta", "gamma"))
    async with bot_in_a_box(THURSDAY, client(), beta, gamma.replace('manager = "mia"', 'manager = "ben"')) as bot:
        for key in ("acme", "beta", "gamma"):
            await bot.say(key, f"{key}/ann", "/new a feature")
        for who in order:
            await bot.say(f"dm:{who}", who, "/away from Friday until Wednesday")
        await bot.forward(to="2025-11-21T13:00+03:00")
        told = [text.splitlines()[0] for text in bot.posts("dm:lea") if text.startswith("You answer for")]
        assert sorted(told) == [
            "You answer for Acme, Beta until Mia returns Wed 10:00 GMT+3.",
            "You answer for Gamma until Ben returns Wed 10:00 GMT+3.",
        ]


async def test_who_comes_back_from_joined_absences_reads_what_lies_ahead_and_calls_all_of_it_off() -> None:
    async with bot_in_a_box(THURSDAY) as bot:
        for said in ("/away until Friday", "/away fri-sun", "/away sat-tue", "/away from 2025-12-01 until 2025-12-03"):
            await bot.say("dm:mia", "mia", said)
        await bot.say("dm:mia", "mia", "/back")
        assert bot.channel.posts[-1].text.splitlines() == [
            "Mia answers again.",
            "Away from Fri 00:00 GMT+3 until Wed 00:00 GMT+3: Mia.",
        ]
        await bot.press("dm:mia", "mia", "Call off: Mia, Fri 00:00 GMT+3")
        assert bot.last("dm:mia") == "Called off: Mia is not away from Fri 00:00 GMT+3."
        await bot.say("dm:mia", "mia", "/away")
        assert bot.last("dm:mia").splitlines()[1:] == [
            "Away from Mon 1 Dec 00:00 GMT+3 until Wed 3 Dec 00:00 GMT+3: Mia."
        ]


async def test_what_lies_before_the_part_that_is_called_off_still_stands() -> None:
    async with bot_in_a_box(THURSDAY) as bot:
        await bot.say("dm:mia", "mia", "/away sat-sun")
        await bot.say("dm:mia", "mia", "/away")
        off = bot.button("dm:mia", "Call off: Mia, Sat 00:00 GMT+3")
        await bot.say("dm:mia", "mia", "/away until Saturday")
        await bot.say("dm:mia", "mia", "", kind=InboundKind.PRESS, action=off)
        await bot.say("dm:mia", "mia", "/away")
        assert bot.last("dm:mia").splitlines()[1:] == ["Away from 12:00 GMT+3 until Sat 00:00 GMT+3: Mia."]


async def test_each_who_stands_in_hears_of_his_own_clients_and_their_tickets() -> None:
    beta, gamma = (client(key).replace('["ben"]', '["sue"]') for key in ("beta", "gamma"))
    async with bot_in_a_box(THURSDAY, client(), client("delta"), beta, gamma) as bot:
        for key in ("acme", "beta"):
            await bot.say(key, f"{key}/ann", "/new a feature")
        await bot.say("dm:mia", "mia", "/away until Wednesday")
        await bot.forward(by=timedelta(minutes=1))
        told = {who: bot.last(f"dm:{who}").splitlines() for who in ("ben", "sue")}
        assert [lines[0].split(" until")[0] for lines in told.values()] == [
            "You answer for Acme, Delta",
            "You answer for Beta, Gamma",
        ]
        assert [[line.split(",")[0] for line in lines[1:]] for lines in told.values()] == [["T-42"], ["T-43"]]
