"""After an outage, and under events that come twice, late, in disorder or not at all readable: no loss, no storm."""

import asyncio
import itertools
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from harness import begins, bot_in_a_box, client
from structlog.testing import capture_logs

from bot import metrics
from bot.commands.registry import Registry
from bot.sla.clock import State
from bot.sla.log import EventKind
from bot.sla.policy import Metric
from bot.store.steps import StepState
from bot.turns.alone import MAX_ATTEMPTS
from bot.watch import tick

OFFICE = "Etc/GMT-3"
NOON = "2025-03-18T12:00+03:00"
TACTFUL = client(agreement="tactful", plan="standard", zone="Africa/Cairo")


# F18: down over several steps


async def test_three_hours_asleep_cost_every_reader_one_message_and_it_says_how_late_it_is():
    """Slept through two nudges, L1 12:48, L2 and breach 13:00, L3 14:00; awake at 15:00."""
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        bot.clock.now = bot.moment("2025-03-18T15:00+03:00")
        await bot.settle()
        expected = [
            "Tue 15:00 lea: Level 3, due 13:00 GMT+3 (2 h ago): Acme. T-42: 'postbacks stopped'.",
            "Tue 15:00 mia: Breached at 13:00 GMT+3 (2 h ago): first answer for Acme.",
            "Tue 15:00 acme: Next word by 10:00 New York (in 2 h). We missed 06:00 New York. Lea has been called. "
            "T-42, recorded as missed.",
        ]
        assert begins(bot.diary(OFFICE, "2025-03-18T12:01+03:00"), expected) == expected
        states = await bot.read(lambda tx: [(s.kind, s.n, s.state) for s in tx.steps.of_ticket(1)])
        assert {state for *_, state in states} == {StepState.FIRED, StepState.SUPERSEDED, StepState.OPEN}
        assert (await bot.timed("T-42", Metric.RESPONSE)).breached_at == bot.moment("2025-03-18T13:00+03:00")


async def test_after_the_catching_up_the_reminders_go_on_in_their_rhythm():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        bot.clock.now = bot.moment("2025-03-18T15:10+03:00")
        await bot.settle()
        await bot.forward(to="2025-03-18T16:00+03:00")
        expected = [
            "Tue 15:30 mia: Overdue since 13:00 GMT+3 (2 h 30 min ago)",
            "Tue 15:40 lea: Level 3",
            "Tue 16:00 mia: Overdue since 13:00 GMT+3 (3 h ago)",
        ]
        assert begins(bot.diary(OFFICE, "2025-03-18T15:11+03:00"), expected) == expected


async def test_the_next_word_after_an_outage_is_not_the_reminder_that_is_about_to_come():
    """Awake half a minute before the reminder of 15:00, which he reads too: it is no news by which he would wait."""
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        bot.clock.now = bot.moment("2025-03-18T14:59:30+03:00")
        await bot.settle()
        assert bot.last("acme").startswith("Next word by 10:00 New York (in 2 h). We missed 06:00 New York.")


async def test_where_reminders_come_every_four_minutes_the_next_one_is_the_next_word():
    async with bot_in_a_box(NOON, client(more='nudges = { repeat_every = "4m" }')) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.forward(to="2025-03-18T13:00+03:00")
        assert bot.last("acme").startswith("Next word by 06:04 New York (in 4 min).")


async def test_who_was_called_in_before_is_not_called_again_by_a_reminder():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.forward(to="2025-03-18T15:00+03:00")
        called = [text.split(". ")[2] for text in bot.posts("acme") if text.startswith("Next word")]
        assert called == ["Sue has been called", "Sue has been called", "Lea has been called", "Lea has been called"]


async def test_a_nudge_slept_over_is_given_late_once_and_not_twice():
    """Awake at 12:50: the half-time nudge is stale, the one of 12:48 says the same and more."""
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        bot.clock.now = bot.moment("2025-03-18T12:50+03:00")
        await bot.settle()
        await bot.settle()
        assert [text.split(":")[0] for text in bot.posts("dm:mia")] == ["Due 13"]
        assert bot.last("dm:mia").startswith("Due 13:00 GMT+3 (in 10 min)")
        assert len(bot.posts("dm:tom")) == 1


async def test_thirty_tickets_slept_over_are_a_word_to_each_client_and_one_message_to_each_of_the_staff():
    async with bot_in_a_box(NOON) as bot:
        for n in range(30):
            await bot.say("acme", "acme/ann", f"/new matter {n}")
        since = len(bot.channel.posts)
        bot.clock.now = bot.moment("2025-03-18T14:10+03:00")
        await bot.settle()
        told = [post.room for post in bot.channel.posts[since:]]
        assert {room: told.count(room) for room in set(told)} == {"dm:lea": 1, "dm:mia": 1, "acme": 30}
        assert told[0] == "dm:lea"


async def test_a_second_look_at_the_same_moment_does_nothing():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.forward(to="2025-03-18T13:00+03:00")
        since = len(bot.channel.posts)
        for _ in range(3):
            await bot.settle()
        assert bot.channel.posts[since:] == []


async def test_a_clock_that_jumps_back_an_hour_fires_nothing_twice():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.forward(to="2025-03-18T12:50+03:00")
        since = len(bot.channel.posts)
        bot.clock.now -= timedelta(hours=1)
        await bot.forward(to="2025-03-18T12:59+03:00")
        assert bot.channel.posts[since:] == []


async def test_a_restart_loses_no_step_and_repeats_none(tmp_path):
    store = tmp_path / "pledge.db"
    async with bot_in_a_box(NOON, path=store) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.forward(to="2025-03-18T12:30+03:00")
    async with bot_in_a_box("2025-03-18T12:31+03:00", path=store) as bot:
        await bot.forward(to="2025-03-18T12:48+03:00")
        expected = ["Tue 12:48 tom: Level 1", "Tue 12:48 mia: Due 13:00", "Tue 12:48 acme: Tom (level 1)"]
        assert begins(bot.diary(OFFICE), expected) == expected


# Steps and messages that cannot be digested


async def break_terms(bot, reference):
    """The terms of this ticket can no longer be read, as after a damaged row."""

    def work(tx):
        tx.connection.execute(
            "INSERT INTO policy (hash, id, plan, variant, version, text, created_at) "
            "VALUES ('broken', 'x', '', '', '1', '{}', 0)"
        )
        tx.connection.execute(
            "UPDATE ticket SET policy_hash = 'broken' WHERE ref = ?", (int(reference.removeprefix("T-")),)
        )

    await bot.store.write(work)


async def test_a_ticket_that_cannot_be_acted_on_is_given_up_with_an_alarm_and_the_others_go_on():
    async with bot_in_a_box(NOON, client(), client("bolt")) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("bolt", "bolt/ann", "clicks are missing")
        await break_terms(bot, "T-42")
        await bot.forward(to="2025-03-18T15:00+03:00")
        assert [text[:10] for text in bot.posts("dm:sue")] == ["Level 2, d"] * 2
        assert "Lea has been called" in bot.last("bolt")
        alarms = [text for text in bot.posts("dm:lea") if "given up" in text]
        assert set(alarms) == {
            "A planned act on T-42 was given up after repeated errors; the log says why. Look after the ticket by hand."
        }
        rows = await bot.read(lambda tx: tx.steps.of_ticket(1))
        assert {row.state for row in rows} == {StepState.FAILED}
        assert {row.attempts for row in rows} == {MAX_ATTEMPTS - 1}


async def break_log(bot, reference):
    """The log of this ticket holds bytes that are no text, as after a damaged page."""

    def work(tx):
        tx.connection.execute("DROP TRIGGER event_is_final")
        tx.connection.execute(
            "UPDATE event SET data = CAST(x'7bff7d' AS TEXT) WHERE ticket_id = (SELECT id FROM ticket WHERE ref = ?)",
            (int(reference.removeprefix("T-")),),
        )

    await bot.store.write(work)


@pytest.mark.parametrize("breaking", [break_terms, break_log])
@pytest.mark.parametrize(("broken", "sound"), [("T-42", "T-43"), ("T-43", "T-42")])
async def test_one_ticket_that_cannot_be_acted_on_changes_nothing_for_those_read_with_it(breaking, broken, sound):
    """Their steps fire at their moment, once, and are counted once."""
    async with bot_in_a_box(NOON, client(), client("bolt")) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("bolt", "bolt/ann", "clicks are missing")
        await breaking(bot, broken)
        counted = metrics.steps.labels("nudge", "fired")._value.get()
        since = len(bot.channel.posts)
        bot.clock.now = bot.moment("2025-03-18T12:30+03:00")
        await bot.settle()
        assert [(post.room, sound in post.text) for post in bot.channel.posts[since:]] == [("dm:mia", True)]
        assert metrics.steps.labels("nudge", "fired")._value.get() == counted + 1
        number = int(broken.removeprefix("T-")) - 41
        rows = await bot.read(lambda tx: tx.steps.of_ticket(number))
        assert (rows[0].state, rows[0].attempts) == (StepState.OPEN, 1)


async def test_tickets_looked_at_together_are_told_of_as_if_each_were_looked_at_alone():
    diaries = []
    for limit in (1, 200):
        async with bot_in_a_box(NOON, client(), client("bolt"), TACTFUL.replace('"acme', '"cody')) as bot:
            for n in range(3):
                for key in ("acme", "bolt", "cody"):
                    await bot.say(key, f"{key}/ann", f"/new {key} has a matter {n}")
            for moment in ("12:30", "12:49", "13:00", "15:10"):
                bot.clock.now = bot.moment(f"2025-03-18T{moment}+03:00")
                while await bot.store.write(lambda tx, bot=bot, n=limit: tick(tx, bot.desk, bot.clock.now, n)):
                    pass
                await bot.deliver()
            diaries.append(sorted(bot.diary(OFFICE)))
    assert diaries[0] == diaries[1]
    assert len(diaries[0]) > 30


async def test_a_poison_message_is_tried_five_times_then_set_aside_and_both_sides_are_told_once():
    """F21: the agreement of this client names terms that the installation lacks."""
    async with bot_in_a_box(NOON, client(), client("bolt")) as bot:
        await bot.set_policy("gone")
        await bot.say("acme", "acme/ann", "postbacks stopped")
        assert bot.channel.posts == []
        await bot.say("bolt", "bolt/ann", "clicks are missing")
        assert bot.last("bolt").startswith("Answer guaranteed by")
        for _ in range(10):
            bot.clock.now += timedelta(minutes=1)
            await bot.retry()
        assert bot.posts("acme") == ["Your message is kept, and a person looks at it now."]
        assert bot.posts("dm:lea") == [
            "A message could not be read by the bot and is set aside: inbox 1. A person must look at it."
        ]
        counts = await bot.read(lambda tx: tx.inbox.counts())
        assert (counts.waiting, counts.quarantined) == (0, 1)


class Stumbling(Registry):
    """Fails on one word, as a parser with a bug would."""

    def parse(self, text: str, **how: Any) -> Any:
        if "boom" in text:
            raise RecursionError("too deep")
        return super().parse(text, **how)


async def test_words_that_no_code_can_read_become_a_ticket_for_a_human_at_last():
    """F21: the client still gets a ticket, timed from when he wrote, and the words are in it."""
    async with bot_in_a_box(NOON, registry=Stumbling()) as bot:
        await bot.say("acme", "acme/ann", "boom: postbacks stopped")
        for _ in range(10):
            bot.clock.now += timedelta(minutes=1)
            await bot.retry()
        assert [text[:30] for text in bot.posts("acme")] == ["Answer guaranteed by 06:00 New"]
        (ticket,) = await bot.read(lambda tx: tx.tickets.open())
        assert [m.text for m in await bot.read(lambda tx: list(tx.messages.of_ticket(ticket.id)))][:1] == [
            "boom: postbacks stopped"
        ]
        counts = await bot.read(lambda tx: tx.inbox.counts())
        assert (counts.waiting, counts.quarantined) == (0, 1)


async def test_a_message_that_fails_once_is_handled_at_the_next_try_as_of_when_it_was_written():
    async with bot_in_a_box(NOON) as bot:
        await bot.set_policy("gone")
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.set_policy("redtrack-premium")
        bot.clock.now += timedelta(minutes=1)
        await bot.retry()
        assert bot.last("acme").startswith("Answer guaranteed by 06:00 New York (in 59 min).")


# F14: the same event again


async def test_one_event_five_times_at_once_is_one_ticket_and_one_answer():
    async with bot_in_a_box(NOON) as bot:
        event = bot.inbound("acme", "acme/ann", "postbacks stopped")
        receipts = await asyncio.gather(*(bot.receive(event) for _ in range(5)))
        await bot.deliver()
        assert sorted(receipt.duplicate for receipt in receipts) == [False, True, True, True, True]
        assert len({(receipt.inbox_id, receipt.message_seq) for receipt in receipts}) == 1
        assert len(bot.posts("acme")) == 1
        assert len(await bot.read(lambda tx: tx.tickets.open())) == 1


async def test_one_message_in_two_events_is_one_message():
    """A mention and the message it stands in; a history read again after a gap."""
    async with bot_in_a_box(NOON) as bot:
        event = bot.inbound("acme", "acme/ann", "postbacks stopped")
        await bot.receive(event)
        receipt = await bot.receive(replace(event, event_id="another"))
        await bot.deliver()
        assert receipt.duplicate
        assert len(bot.posts("acme")) == 1


async def test_a_command_that_is_delivered_twice_acts_once():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        event = bot.inbound("acme", "acme/ann", "/escalate")
        for _ in range(2):
            await bot.receive(event)
        await bot.deliver()
        assert len(bot.posts("dm:tom")) == 1
        assert len(bot.posts("acme")) == 2


# F15: late and out of order


async def test_a_message_two_hours_late_is_due_from_when_it_was_written():
    """Written at 10:30, delivered at 12:30: due at 11:30 by the platform's time, so told as missed at once."""
    async with bot_in_a_box("2025-03-18T12:30+03:00") as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped", at=bot.moment("2025-03-18T10:30+03:00"))
        clock = await bot.timed("T-42", Metric.RESPONSE)
        assert clock.due_at == bot.moment("2025-03-18T11:30+03:00")
        await bot.settle()
        assert bot.last("dm:mia").startswith("Breached at 11:30 GMT+3 (60 min ago): first answer for Acme.")


async def test_what_came_too_late_to_be_answered_in_time_is_promised_nothing_that_is_past():
    async with bot_in_a_box("2025-03-18T12:30+03:00", client(zone="Etc/GMT-3")) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped", at=bot.moment("2025-03-18T10:30+03:00"))
        assert bot.last("acme") == (
            "Overdue since 11:30 GMT+3 (60 min ago): your message arrived late, its time began 10:30 GMT+3. "
            "Mia answers. T-42, High end-user impact."
        )
        await bot.say("acme", "acme/ann", "/new links too", at=bot.moment("2025-03-18T12:00+03:00"))
        assert bot.last("acme").startswith("Answer guaranteed by 13:00 GMT+3 (in 30 min).")


async def test_a_first_word_that_arrives_after_the_breach_moves_it_on_record():
    async with bot_in_a_box("2025-03-18T10:30+03:00") as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.forward(to="2025-03-18T11:40+03:00")
        await bot.say("acme", "acme/ann", "anybody there", at=bot.moment("2025-03-18T10:15+03:00"))
        late = [event.kind for event in await bot.history("T-42") if "breach" in event.kind]
        assert late == [EventKind.BREACHED, EventKind.BREACH_VOIDED, EventKind.BREACHED]
        at = (await bot.timed("T-42", Metric.RESPONSE)).breached_at
        assert at == (await bot.history("T-42"))[-1].at == bot.moment("2025-03-18T11:15+03:00")


async def test_where_only_the_first_of_two_moments_is_past_the_second_one_is_named():
    """004, standard: taken up within 20 minutes, an answer aimed at within two hours."""
    async with bot_in_a_box("2025-03-18T10:00-04:00", client(agreement="poologics")) as bot:
        await bot.say("acme", "acme/ann", "we can make no estimate", at=bot.moment("2025-03-18T09:30-04:00"))
        first, later = bot.last("acme").splitlines()
        assert first.startswith("Overdue since 09:50 New York (10 min ago): your message arrived late")
        assert later == "We aim to answer by 11:30 New York (in 1 h 30 min)."


async def test_no_platform_can_date_a_message_more_than_a_day_back_or_into_the_future():
    async with bot_in_a_box(NOON, client(agreement="infopromo", plan="standard")) as bot:
        await bot.say("acme", "acme/ann", "/new calls drop", at=bot.moment("2025-03-01T12:00+03:00"))
        assert (await bot.page("T-42")).standing.opened_at == bot.moment("2025-03-17T12:00+03:00")
        await bot.say("acme", "acme/ann", "/new calls drop", at=bot.moment("2025-03-19T12:00+03:00"))
        assert (await bot.page("T-43")).standing.opened_at == bot.moment(NOON)


@pytest.mark.parametrize(
    "at",
    ["1969-12-31T23:59:55+00:00", "2012-12-31T23:59:59+00:00", "2025-03-18T12:10:01+03:00", "2999-01-01T00:00+00:00"],
)
async def test_a_time_that_cannot_be_is_ours_and_is_noted(at):
    async with bot_in_a_box("2025-03-18T12:00+03:00") as bot:
        with capture_logs() as logs:
            await bot.say("acme", "acme/ann", "calls drop", at=bot.moment(at))
        assert (await bot.page("T-42")).standing.opened_at == bot.clock.now
        assert await bot.read(lambda tx: tx.connection.execute("SELECT at = received_at FROM inbox").fetchone()[0])
        assert [entry["action"] for entry in logs] == ["inbox.undated"]


async def test_a_platform_s_clock_may_be_a_little_ahead():
    async with bot_in_a_box("2025-03-18T12:00+03:00") as bot:
        with capture_logs() as logs:
            await bot.say("acme", "acme/ann", "calls drop", at=bot.moment("2025-03-18T12:10+03:00"))
        assert (await bot.page("T-42")).standing.opened_at == bot.clock.now
        assert logs == []


STORY = (  # who, words, minute after noon in Cairo
    ("acme/ann", "the chatbot is silent", 0),
    ("acme/ann", "on all channels", 5),
    ("mia", "we see it and are looking into it", 30),
    ("acme/bob", "for me as well", 40),
    ("mia", "it was a time-out, raised to 30 s", 60),
)


@pytest.mark.parametrize(
    "order", [order for order in itertools.permutations(range(5)) if STORY[order[0]][0] != "mia"][::3]
)
async def test_messages_in_any_order_leave_the_clocks_as_if_they_had_come_in_theirs(order):
    """All arrive at 13:30, up to an hour and a half late; a client's message comes first, or there is no ticket."""
    async with bot_in_a_box("2025-03-18T13:30+02:00", TACTFUL) as bot:
        noon = bot.moment("2025-03-18T12:00+02:00")
        for n in order:
            sender, text, minute = STORY[n]
            await bot.say("acme", sender, text, at=noon + timedelta(minutes=minute))
        page = await bot.page("T-42")
        assert page.standing.opened_at == noon
        found = [(c.metric, c.state, c.started_at, c.stopped_at) for c in page.clocks if c.cycle == 1]
        assert found == [
            (Metric.RESPONSE, State.STOPPED, noon, noon + timedelta(minutes=30)),
            (Metric.NEXT_RESPONSE, State.STOPPED, noon + timedelta(minutes=40), noon + timedelta(minutes=60)),
            (Metric.RESOLUTION, State.RUNNING, noon, None),
        ]
        assert len(page.clocks) == 3


# F32: the answer and the nudge


async def test_an_answer_committed_before_the_nudge_is_due_leaves_no_nudge():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        bot.clock.now = bot.moment("2025-03-18T12:30+03:00")
        await bot.say("acme", "mia", "/eta 2h")
        await bot.settle()
        assert bot.posts("dm:mia") == ["T-42: the ETA is recorded and can be taken back for a minute."]


async def test_an_answer_between_the_nudge_and_its_delivery_takes_the_nudge_back():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        bot.clock.now = bot.moment("2025-03-18T12:30+03:00")
        await bot.store.write(lambda tx: tick(tx, bot.desk, bot.clock.now))
        await bot.say("acme", "mia", "/eta 2h")
        assert bot.posts("dm:mia") == ["T-42: the ETA is recorded and can be taken back for a minute."]


@pytest.mark.parametrize("turn", range(8))
async def test_an_answer_that_races_the_watch_is_never_followed_by_a_nudge(turn):
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        bot.clock.now = bot.moment("2025-03-18T12:30+03:00")
        racing = [
            bot.receive(bot.inbound("acme", "mia", "/eta 2h")),
            bot.store.write(lambda tx: tick(tx, bot.desk, bot.clock.now)),
        ]
        await asyncio.gather(*(racing if turn % 2 else reversed(racing)))
        await bot.deliver()
        assert bot.posts("dm:mia") == ["T-42: the ETA is recorded and can be taken back for a minute."]


# what was missed while nobody looked


async def lateness(bot: Any) -> list[tuple[str, str, Any]]:
    """What the log says was missed, and when."""
    log = (await bot.page("T-42")).log
    return [
        (event.kind.value, event.data["metric"], event.at)
        for event in sorted(log, key=lambda event: event.seq)
        if event.kind in (EventKind.BREACHED, EventKind.FELL_SHORT)
    ]


@pytest.mark.parametrize("answer", ["/eta T-42 2h", "/resolve T-42"])
async def test_a_breach_is_in_the_log_though_the_answer_was_heard_before_anybody_had_looked(answer):
    """Down from 12:00 to 15:00; the first thing heard afterwards is what Mia wrote meanwhile."""
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        bot.clock.now = bot.moment("2025-03-18T15:00+03:00")
        await bot.say("dm:mia", "mia", answer)
        await bot.settle()
        assert await lateness(bot) == [("breached", "RESPONSE", bot.moment("2025-03-18T13:00+03:00"))]
        assert await bot.compliance() == (0, 1, 0)


async def test_days_of_progress_that_were_slept_through_are_in_the_log_each():
    """Critical since Tuesday under 004, awake again on Friday morning: three days ended at 18:00 without a word."""
    poologics = client(agreement="poologics", zone="America/New_York")
    async with bot_in_a_box("2025-03-18T09:00-04:00", poologics) as bot:
        await bot.say("acme", "acme/ann", "we can make no estimate")
        await bot.press("acme", "acme/ann", "Critical incident")
        bot.clock.now = bot.moment("2025-03-21T09:00-04:00")
        await bot.settle()
        missed = [at for _, metric, at in await lateness(bot) if metric == "PROGRESS"]
        assert missed == [bot.moment(f"2025-03-{day}T18:00-04:00") for day in (18, 19, 20)]


async def test_a_reminder_of_a_day_s_progress_does_not_go_out_when_the_day_is_over():
    """Reminded at 17:00 while nothing can be sent; at 18:00 the day is over, and only that is worth a word."""
    poologics = client(agreement="poologics", zone="America/New_York")
    async with bot_in_a_box("2025-03-18T09:00-04:00", poologics) as bot:
        await bot.say("acme", "acme/ann", "we can make no estimate")
        await bot.say("acme", "mia", "/take")
        await bot.say("acme", "mia", "/eta thursday 15:00")
        await bot.press("acme", "acme/ann", "Critical incident")
        for hour in (17, 18):
            bot.clock.now = bot.moment(f"2025-03-18T{hour}:00-04:00")
            await bot.store.write(lambda tx: tick(tx, bot.desk, bot.clock.now))
        await bot.deliver()
        assert [text for text in bot.posts("dm:mia") if text.startswith("Word on progress due")] == []
        assert bot.last("dm:mia").startswith("Target passed at 01:00 GMT+3 (now): word on progress for Acme.")
