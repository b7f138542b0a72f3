"""What a client hears while he waits: a third party looked after every day, word on progress before the day ends."""

from __future__ import annotations

import pytest
from harness import bot_in_a_box, client

from bot.sla.clock import State
from bot.sla.log import EventKind
from bot.sla.policy import Metric
from bot.sla.policy_file import load_file

NOON = "2025-03-18T12:00+03:00"
MORNING = "2025-03-18T09:00-04:00"
"""Tuesday in New York, where 004 is open from 08:00 to 18:00."""


async def test_a_third_party_is_asked_about_on_every_working_day_and_the_lead_told_after_two_without_answer():
    async with bot_in_a_box("2025-03-13T12:00+03:00") as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("dm:mia", "mia", "/hold T-42 third party Stripe")
        since = len(bot.channel.posts)
        await bot.forward(to="2025-03-18T12:00+03:00")
        diary = [line for line in bot.diary("Etc/GMT-3")[since:] if "Stripe" in line]
        assert diary == [
            "Fri 10:00 mia: Still waiting for Stripe? Since Thu 13 Mar 12:00 GMT+3, Acme. T-42.",
            "Mon 10:00 mia: Still waiting for Stripe? Since Thu 13 Mar 12:00 GMT+3, Acme. T-42.",
            "Tue 10:00 mia: Still waiting for Stripe? Since Thu 13 Mar 12:00 GMT+3, Acme. T-42.",
            "Tue 10:00 lea: Mia has not said for two days whether T-42 (Acme) still waits for Stripe.",
        ]
        assert list(bot.channel.posts[-2].buttons) == ["Still waiting", "It is back", "Tell the client"]


async def test_who_answers_daily_is_never_told_on_and_the_end_of_the_wait_ends_the_questions():
    async with bot_in_a_box("2025-03-13T12:00+03:00") as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("dm:mia", "mia", "/hold T-42 third party Stripe")
        for day in ("2025-03-14", "2025-03-17", "2025-03-18"):
            await bot.forward(to=f"{day}T11:00+03:00")
            assert (await bot.press("dm:mia", "mia", "Still waiting")).notice == "Noted: T-42 still waits for Stripe."
            assert (await bot.press("dm:mia", "mia", "Still waiting")).notice == "Already so: T-42."
        await bot.press("dm:mia", "mia", "It is back")
        assert "the clock runs again" in bot.last("acme")
        asked = len([text for text in bot.posts("dm:mia") if text.startswith("Still waiting")])
        await bot.say("dm:mia", "mia", "/eta T-42 fri 18:00")
        await bot.forward(to="2025-03-21T12:00+03:00")
        assert len([text for text in bot.posts("dm:mia") if text.startswith("Still waiting")]) == asked == 3
        assert bot.posts("dm:lea") == []


async def test_the_client_is_told_from_the_question_what_was_shown_first():
    async with bot_in_a_box("2025-03-13T12:00+03:00") as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("dm:mia", "mia", "/hold T-42 third party Stripe")
        await bot.forward(to="2025-03-14T10:00+03:00")
        asked = await bot.press("dm:mia", "mia", "Tell the client")
        assert asked.notice == "What shall Acme read on T-42?"
        length = len(bot.posts("acme"))
        await bot.say("dm:mia", "mia", "Stripe has found the cause")
        assert bot.last("dm:mia").splitlines() == ["This would be sent to Acme, T-42:", "'Stripe has found the cause'"]
        assert len(bot.posts("acme")) == length
        await bot.press("dm:mia", "mia", "Send this")
        assert bot.last("acme") == "Mia: Stripe has found the cause T-42"
        await bot.press("dm:mia", "mia", "Send this")
        assert len(bot.posts("acme")) == length + 1


async def test_before_the_day_ends_a_draft_of_the_record_is_ready_and_one_tap_sends_it():
    async with bot_in_a_box(MORNING, client(agreement="poologics")) as bot:
        await bot.say("acme", "acme/ann", "no estimate can be made")
        await bot.press("acme", "acme/ann", "Critical incident")
        await bot.say("dm:mia", "mia", "/take T-42")
        await bot.say("dm:mia", "mia", "/eta T-42 2025-03-20 16:00")
        await bot.forward(to="2025-03-19T11:00-04:00")
        await bot.say("dm:mia", "mia", "/hold T-42 third party Intuit")
        await bot.forward(to="2025-03-19T17:00-04:00")
        nudge = next(text for text in reversed(bot.posts("dm:mia")) if text.startswith("Word on progress due"))
        assert nudge.splitlines()[1:] == [
            "Mia works on T-42.",
            "Waiting for Intuit since Wed 19 Mar 18:00 GMT+3.",
            "Fix expected by 16:00 GMT+3 (in 16 h), approximate.",
        ]
        await bot.press("dm:mia", "mia", "Send this")
        assert bot.last("acme").splitlines() == [
            "Next word by Thu 18:00 New York (in 25 h).",
            "Mia works on T-42.",
            "Waiting for Intuit since 11:00 New York.",
            "Fix expected by Thu 09:00 New York (in 16 h), approximate.",
        ]
        assert bot.posts("dm:lea") == []
        told = await bot.page("T-42")
        assert [c.state for c in told.clocks if c.metric is Metric.PROGRESS].count(State.STOPPED) == 2


async def test_where_nothing_went_out_the_lead_is_told():
    async with bot_in_a_box(MORNING, client(agreement="poologics")) as bot:
        await bot.say("acme", "acme/ann", "no estimate can be made")
        await bot.press("acme", "acme/ann", "Critical incident")
        await bot.say("dm:mia", "mia", "/take T-42")
        await bot.say("acme", "mia", "we look at it")
        await bot.say("dm:mia", "mia", "/eta T-42 2025-03-20 16:00")
        since = len(bot.channel.posts)
        await bot.forward(to="2025-03-19T18:00-04:00")
        told = [p.text for p in bot.channel.posts[since:] if p.room == "dm:lea"]
        assert told == ["No word on progress went to Acme in time; Mia has T-42."]


RHYTHM = """
id = "rhythm"
name = "Rhythm"
version = "1"
extends = "redtrack"

[priorities.medium.progress]
kind = "target"
basis = "working"
every = "4h"
"""


@pytest.fixture
def rhythm(tmp_path):
    (tmp_path / "rhythm.toml").write_text(RHYTHM)
    return load_file(tmp_path / "rhythm.toml")


async def test_in_any_agreement_word_is_owed_so_long_after_the_last_one(rhythm):
    async with bot_in_a_box("2025-03-18T10:00+03:00", client(agreement="rhythm"), catalog=rhythm) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        first = await bot.timed("T-42", Metric.PROGRESS)
        assert first.due_at == bot.moment("2025-03-18T14:00+03:00")
        await bot.forward(to="2025-03-18T12:00+03:00")
        await bot.say("dm:mia", "mia", "/progress T-42 half of it is done")
        await bot.press("dm:mia", "mia", "Send this")
        assert bot.last("acme").splitlines()[0] == "Next word by 09:00 New York (in 4 h)."
        assert (await bot.timed("T-42", Metric.PROGRESS)).due_at == bot.moment("2025-03-18T16:00+03:00")
        await bot.say("dm:mia", "mia", "/eta T-42 wed 18:00")
        await bot.forward(to="2025-03-18T16:00+03:00")
        assert bot.posts("dm:lea") == ["No word on progress went to Acme in time; Mia has T-42."]
        sent = [e for e in (await bot.page("T-42")).log if e.kind is EventKind.PROGRESS_GIVEN]
        assert len(sent) == 1


async def test_a_draft_names_an_eta_that_lies_ahead_and_never_one_that_has_passed():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped arriving")
        await bot.say("dm:mia", "mia", "/eta T-42 13:00")
        await bot.say("dm:mia", "mia", "/progress T-42")
        assert "13:00 GMT+3 (in 60 min)" in bot.last("dm:mia")
        await bot.forward(to="2025-03-18T13:01+03:00")
        await bot.say("dm:mia", "mia", "/progress T-42")
        assert "13:00 GMT+3" not in bot.last("dm:mia")
