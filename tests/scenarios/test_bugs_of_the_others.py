"""What other tools get wrong, one test each, named after the mistake (PRODUCT, "Bugs of the others")."""

from datetime import UTC, timedelta

import pytest
from harness import bot_in_a_box, client

from bot.channels.base import Permanent, Scope
from bot.sla.clock import State
from bot.sla.plan import StepKind
from bot.sla.policy import Metric
from bot.sla.policy_file import load_folder
from bot.store.steps import StepState

NOON = "2025-03-18T12:00+03:00"


async def test_hold_time_is_added_as_working_time_and_not_as_wall_time():
    """10 min ran on Friday, 50 are left: held over the weekend until Monday 10:30, due 11:20, not on Thursday."""
    async with bot_in_a_box("2025-03-14T18:20+03:00") as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.forward(to="2025-03-14T18:30+03:00")
        await bot.say("dm:mia", "mia", "/hold T-42 client")
        assert bot.last("acme") == "The clock waits for your details; 50 min of the window remains. T-42."
        await bot.forward(to="2025-03-17T10:30+03:00")
        await bot.say("acme", "acme/ann", "campaign 17")
        assert (await bot.timed("T-42", Metric.RESPONSE)).due_at == bot.moment("2025-03-17T11:20+03:00")


async def test_resolving_straight_from_a_hold_keeps_the_hold():
    """Held from 12:20 and resolved at 15:00: 20 min of the hour were used, so it was met."""
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.forward(to="2025-03-18T12:20+03:00")
        await bot.say("dm:mia", "mia", "/hold T-42 third party Registrar")
        await bot.forward(to="2025-03-18T15:00+03:00")
        await bot.say("dm:mia", "mia", "/resolve T-42")
        clock = await bot.timed("T-42", Metric.RESPONSE)
        assert (clock.state, clock.breached_at) == (State.STOPPED, None)
        assert [(hold.start, hold.end) for hold in clock.holds] == [
            (bot.moment("2025-03-18T12:20+03:00"), bot.moment("2025-03-18T15:00+03:00"))
        ]
        assert await bot.compliance() == (1, 0, 0)


@pytest.mark.parametrize(
    ("zone", "due"),
    [("Pacific/Kiritimati", "Wed 00:00 Kiritimati"), ("Pacific/Honolulu", "Tue 00:00 Honolulu"), ("UTC", "10:00 UTC")],
)
async def test_a_new_ticket_is_red_in_no_zone_on_earth(zone, due):
    """13:00 in GMT+3 is midnight at both ends of the date line."""
    async with bot_in_a_box(NOON, client(zone=zone)) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        assert bot.last("acme").startswith(f"Answer guaranteed by {due} (in 60 min).")
        await bot.say("acme", "acme/ann", "/status")
        assert "overdue" not in bot.last("acme")
        assert await bot.compliance() == (0, 0, 0)


async def test_no_later_target_overrules_the_first_response():
    """004, critical: 20 min to take it, whatever progress is due at 18:00 and whatever the client writes next."""
    async with bot_in_a_box("2025-03-18T09:00-04:00", client(agreement="poologics")) as bot:
        await bot.say("acme", "acme/ann", "we can make no estimate")
        await bot.press("acme", "acme/ann", "Critical incident")
        await bot.say("acme", "acme/ann", "nobody here can work")
        metrics = [clock.metric for clock in (await bot.page("T-42")).clocks]
        assert Metric.PROGRESS in metrics
        assert Metric.NEXT_RESPONSE not in metrics
        await bot.say("acme", "acme/ann", "/status")
        assert "due 09:20 New York (in 20 min)" in bot.last("acme")


async def test_nobody_is_nudged_at_midnight_for_a_target_in_working_time():
    async with bot_in_a_box("2025-03-18T18:30+03:00") as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        since = len(bot.channel.posts)
        await bot.forward(by=timedelta(days=2))
        times = [(post.at.astimezone(UTC) + timedelta(hours=3)).time() for post in bot.channel.posts[since:]]
        assert times
        assert (min(times).hour, max(times).isoformat()) == (10, "19:00:00")


async def test_thanks_restarts_no_clock():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("acme", "mia", "/eta 2h")
        await bot.say("acme", "acme/ann", "Thank you so much!")
        assert Metric.NEXT_RESPONSE not in [clock.metric for clock in (await bot.page("T-42")).clocks]


@pytest.mark.parametrize("answer", ["\U0001f44d", "\U0001f64f\U0001f64f", "...", "ok"])
async def test_an_emoji_is_no_answer_even_where_any_reply_counts(answer):
    async with bot_in_a_box("2025-03-18T12:00+02:00", client(agreement="tactful", plan="standard")) as bot:
        await bot.say("acme", "acme/ann", "the chatbot is silent")
        await bot.say("acme", "mia", answer)
        assert (await bot.timed("T-42", Metric.RESPONSE)).state is State.RUNNING


async def test_what_nobody_answered_counts_as_late_in_every_figure():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.forward(to="2025-03-18T13:01+03:00")
        await bot.say("team:support", "lea", "/sla")
        assert bot.last("team:support").splitlines()[-1] == "0 of 1 in time (0.0 %), 0 late, 1 open overdue."
        assert await bot.compliance() == (0, 0, 1)


async def test_taking_a_ticket_silences_no_alert():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("dm:mia", "mia", "/take T-42")
        since = len(bot.channel.posts)
        await bot.forward(to="2025-03-18T13:00+03:00")
        assert [text.split(" ")[0] for text in bot.posts("dm:mia", since)] == ["Due", "Due", "Breached"]
        assert len(bot.posts("dm:sue")) == 1


async def test_one_business_day_is_nine_hours_of_the_office_and_not_twenty_four():
    """Monday 12:00 under 000: Tuesday 12:00, not Wednesday 18:00."""
    async with bot_in_a_box("2025-03-17T12:00+03:00", client(agreement="redtrack")) as bot:
        await bot.say("acme", "acme/ann", "will the old links stop some day")
        await bot.say("acme", "acme/ann", "/urgency informational")
        assert (await bot.timed("T-42", Metric.RESPONSE)).due_at == bot.moment("2025-03-18T12:00+03:00")


async def test_an_answer_that_does_not_reach_the_client_is_noticed_by_its_author():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        bot.channel.outcomes.append(Permanent("the bot was removed", Scope.ROOM))
        await bot.say("dm:mia", "mia", "/eta T-42 2h")
        await bot.deliver()
        assert "A message for Acme does not get through. T-42" in bot.posts("dm:mia")


async def test_the_first_message_is_answered_without_a_second_one():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "hello")
        assert bot.last("acme").startswith("Answer guaranteed by 06:00 New York")


async def test_what_the_client_reads_over_the_weekend_is_the_working_deadline():
    """Friday 18:55, one working hour: on Sunday it is due on Monday, and neither overdue nor an hour away."""
    async with bot_in_a_box("2025-03-14T18:55+03:00") as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.forward(to="2025-03-16T12:55+03:00")
        await bot.say("acme", "acme/ann", "/status")
        assert bot.last("acme").splitlines()[0] == (
            "T-42, High end-user impact: waiting for our answer, due Mon 03:55 New York (in 22 h). Mia."
        )


async def test_breaches_and_screens_use_the_same_hours():
    """Wall clock would have breached at 19:55 on Friday."""
    async with bot_in_a_box("2025-03-14T18:55+03:00") as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.forward(to="2025-03-17T10:54+03:00")
        assert await bot.compliance() == (0, 0, 0)
        await bot.forward(to="2025-03-17T10:55+03:00")
        assert await bot.compliance() == (0, 0, 1)
        assert (await bot.timed("T-42", Metric.RESPONSE)).breached_at == bot.moment("2025-03-17T10:55+03:00")


HARDER = """
id = "harder"
name = "Harder"
extends = "redtrack"
version = "{version}"

[priorities.medium]
response = {{ within = "{within}" }}
next_response = {{ objective = "{within}" }}
"""


async def test_an_edited_policy_moves_no_target_that_was_promised(tmp_path):
    """Opened under 2 h; the file says 30 min after a restart: the old ticket keeps 2 h, the next one has 30 min."""
    file, store = tmp_path / "harder.toml", tmp_path / "pledge.db"
    acme = client(agreement="harder")
    file.write_text(HARDER.format(version="1", within="2h"))
    async with bot_in_a_box(NOON, acme, path=store, catalog=load_folder(tmp_path)) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        assert bot.last("acme").startswith("Answer guaranteed by 07:00 New York (in 2 h).")
    file.write_text(HARDER.format(version="2", within="30m"))
    async with bot_in_a_box("2025-03-18T12:10+03:00", acme, path=store, catalog=load_folder(tmp_path)) as bot:
        await bot.say("acme", "acme/ann", "/new clicks are missing")
        assert bot.last("acme").startswith("Answer guaranteed by 05:40 New York (in 30 min).")
        await bot.say("acme", "acme/ann", "it is campaign 17", reply_to="x1")
        await bot.say("acme", "mia", "/hold T-42 third party Registrar")
        await bot.forward(by=timedelta(minutes=5))
        await bot.say("acme", "mia", "/resume T-42")
        assert (await bot.timed("T-42", Metric.RESPONSE)).due_at == bot.moment("2025-03-18T14:05+03:00")
        planned = await bot.read(lambda tx: tx.steps.of_ticket(1))
        breaches = [step.due_at for step in planned if step.kind is StepKind.BREACH and step.state is StepState.OPEN]
        assert breaches == [bot.moment("2025-03-18T14:05+03:00")]


async def test_a_change_of_priority_loses_no_pause():
    """Held for an hour from 12:10; then 5 h from noon, agreed by the client, end at 18:00 and not at 17:00."""
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.forward(to="2025-03-18T12:10+03:00")
        await bot.say("dm:mia", "mia", "/hold T-42 client")
        await bot.forward(to="2025-03-18T13:10+03:00")
        await bot.say("acme", "acme/ann", "campaign 17")
        assert (await bot.timed("T-42", Metric.RESPONSE)).due_at == bot.moment("2025-03-18T14:00+03:00")
        await bot.say("acme", "acme/ann", "/urgency informational")
        assert (await bot.timed("T-42", Metric.RESPONSE)).due_at == bot.moment("2025-03-18T18:00+03:00")


async def test_a_late_first_response_stays_red_after_the_reply():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.forward(to="2025-03-18T13:05+03:00")
        await bot.say("dm:mia", "mia", "/eta T-42 2h")
        await bot.say("dm:mia", "mia", "/resolve T-42")
        assert (await bot.timed("T-42", Metric.RESPONSE)).breached_at == bot.moment("2025-03-18T13:00+03:00")
        assert await bot.compliance() == (0, 1, 0)
