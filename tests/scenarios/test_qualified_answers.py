"""What a manager's words do: a time in them is offered as the ETA, details asked for are named to the client."""

from __future__ import annotations

from datetime import timedelta

import pytest
from harness import bot_in_a_box, client

from bot.sla.clock import State
from bot.sla.log import EventKind
from bot.sla.policy import Metric

NOON = "2025-03-18T12:00+03:00"


async def test_a_time_in_a_reply_is_offered_first_and_taken_only_when_confirmed():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("acme", "mia", "a queue is stuck, it will be ready by 16:00")
        assert bot.last("dm:mia").splitlines() == [
            "Still due 13:00 GMT+3 (in 60 min): 'a queue is stuck, it will be ready by 16:00' is neither resolution nor"
            " ETA. T-42, Acme.",
            "16:00 GMT+3 stands in it, 09:00 New York for Acme: promise it as the ETA of T-42?",
        ]
        assert next(iter(bot.channel.posts[-1].buttons)) == "ETA 16:00 GMT+3: confirm"
        assert (await bot.timed("T-42", Metric.RESPONSE)).state is State.RUNNING
        await bot.press("dm:mia", "mia", "ETA 16:00 GMT+3: confirm")
        assert bot.last("acme").startswith("Fix expected by 09:00 New York (in 4 h), approximate. Mia has it.")
        assert (await bot.timed("T-42", Metric.RESPONSE)).state is State.STOPPED


async def test_the_time_is_the_writers_wherever_the_client_is():
    async with bot_in_a_box(NOON, client(zone="Asia/Tokyo")) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("acme", "mia", "буду к 16:00")
        assert "16:00 GMT+3 stands in it, 22:00 Tokyo for Acme" in bot.last("dm:mia")


async def test_another_time_while_an_eta_stands_is_offered_as_its_move_with_the_reply_as_reason():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("dm:mia", "mia", "/eta T-42 16:00")
        await bot.say("acme", "mia", "the index is larger than thought, ready by 18:00")
        assert bot.last("dm:mia") == "18:00 GMT+3 stands in it, 11:00 New York for Acme: move the ETA of T-42 to it?"
        await bot.press("dm:mia", "mia", "ETA 18:00 GMT+3: confirm")
        assert bot.last("acme") == (
            "New ETA 11:00 New York (in 6 h), was 09:00 New York: "
            "the index is larger than thought, ready by 18:00. Mia keeps it. T-42."
        )


async def test_the_same_time_again_is_not_offered():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("dm:mia", "mia", "/eta T-42 16:00")
        since = len(bot.channel.posts)
        await bot.say("acme", "mia", "ready by 16:00, as promised")
        assert bot.channel.posts[since:] == []


async def test_where_a_reply_is_the_answer_a_time_is_offered_while_an_eta_is_owed():
    async with bot_in_a_box("2025-03-18T10:00-04:00", client(agreement="poologics")) as bot:
        await bot.say("acme", "acme/ann", "the estimate shows no prices")
        await bot.say("acme", "mia", "we look at it, ready by 22:00")
        assert bot.last("dm:mia").startswith("22:00 GMT+3 stands in it, 15:00 New York for Acme")
        await bot.press("dm:mia", "mia", "ETA 22:00 GMT+3: confirm")
        assert (await bot.timed("T-42", Metric.ETA_GIVEN)).state is State.STOPPED


async def test_an_offer_that_has_gone_stale_promises_nothing_past():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("acme", "mia", "ready by 12:30")
        await bot.forward(by=timedelta(minutes=40))
        since = len(bot.posts("acme"))
        await bot.press("dm:mia", "mia", "ETA 12:30 GMT+3: confirm")
        assert bot.posts("acme")[since:] == []


async def test_the_client_reads_what_he_is_asked_for():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("acme", "mia", "looking into it")
        await bot.press("dm:mia", "mia", "Ask for details")
        assert bot.last("dm:mia") == "Which details does Acme have to send? Write them, or choose. T-42"
        await bot.say("dm:mia", "mia", "the click IDs of yesterday")
        assert bot.last("acme").splitlines() == [
            "To go on we need: the click IDs of yesterday.",
            "The clock waits for your details; 1 h of the window remains. T-42.",
        ]
        assert bot.last("dm:mia") == "Acme is asked for: the click IDs of yesterday. T-42."


async def test_usual_details_are_a_tap_and_a_second_tap_asks_nothing_twice():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("dm:mia", "mia", "/ask-details T-42")
        await bot.press("dm:mia", "mia", "a click ID")
        await bot.press("dm:mia", "mia", "a click ID")
        asked = [text for text in bot.posts("acme") if "To go on we need: a click ID." in text]
        assert len(asked) == 1


@pytest.mark.parametrize(("agreement", "said"), [("redtrack-premium", "waits"), ("redtrack", "stops no clock")])
async def test_the_clock_is_held_where_the_agreement_grants_it_and_said_so_where_not(agreement, said):
    async with bot_in_a_box(NOON, client(agreement=agreement)) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("dm:mia", "mia", "/hold T-42 client a screenshot")
        assert "To go on we need: a screenshot." in bot.last("acme")
        assert said in bot.last("acme")


async def test_the_third_request_for_details_tells_the_lead():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        for wanted in ("a screenshot", "the browser", "the version"):
            assert bot.posts("dm:lea") == []
            await bot.say("dm:mia", "mia", f"/hold T-42 client {wanted}")
        assert len(bot.posts("dm:lea")) == 1
        held = [e for e in (await bot.page("T-42")).log if e.kind is EventKind.HELD]
        assert [await bot.words(e.message) for e in held][-1] == "/hold T-42 client the version"
