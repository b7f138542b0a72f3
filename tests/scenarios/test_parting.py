"""Two matters in one ticket, and one matter in two: taken apart and put together without losing a promise.

Under 001 a medium request has one working hour. It is Tuesday noon in GMT+3, five in the morning in New York.
"""

from datetime import timedelta

from harness import STAFF, bot_in_a_box, client

from bot.channels.base import File
from bot.sla.clock import State
from bot.sla.log import EventKind
from bot.sla.policy import HoldReason, Metric, Priority
from bot.tickets import Status

NOON = "2025-03-18T12:00+03:00"
MINUTE = timedelta(minutes=1)


async def due(bot, reference, metric=Metric.RESPONSE):
    return (await bot.timed(reference, metric)).due_at


async def words_of(bot, reference):
    """What the client has written on a ticket, oldest first."""
    ticket = (await bot.page(reference)).ticket
    found = await bot.read(lambda tx: list(tx.messages.of_ticket(ticket.id)))
    return [message.text for message in found if message.direction == "in" and message.room_id == ticket.room_id]


# /split


async def test_the_message_answered_becomes_a_ticket_with_a_clock_from_its_own_moment():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped arriving")
        await bot.forward(by=5 * MINUTE)
        await bot.say("acme", "acme/ann", "and the invoice is wrong")
        await bot.forward(by=5 * MINUTE)
        await bot.say("acme", "acme/ann", "postbacks: also in Europe")
        await bot.forward(by=10 * MINUTE)
        await bot.say("acme", "mia", "/split", reply_to="x2")
        assert await words_of(bot, "T-42") == ["postbacks stopped arriving", "postbacks: also in Europe"]
        assert await words_of(bot, "T-43") == ["and the invoice is wrong"]
        assert await due(bot, "T-43") == bot.moment("2025-03-18T13:05+03:00")
        assert await due(bot, "T-42") == bot.moment("2025-03-18T13:00+03:00")
        assert bot.posts("acme")[1:] == [
            "Answer guaranteed by 06:05 New York (in 45 min). Mia answers. T-43, High end-user impact.\n"
            "Timed from your message, no longer part of T-42."
        ]
        assert bot.channel.posts[-1].room == "dm:mia"
        assert bot.last("dm:mia").startswith("Due 13:05")


async def test_from_the_direct_chat_the_latest_words_are_split_off():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped arriving")
        await bot.say("acme", "acme/ann", "and the invoice is wrong")
        await bot.say("acme", "acme/ann", "thanks")
        await bot.say("dm:mia", "mia", "/split T-42")
        assert await words_of(bot, "T-43") == ["and the invoice is wrong"]
        await bot.say("acme", "acme/ann", "which I got twice", reply_to="x2")
        assert await words_of(bot, "T-43") == ["and the invoice is wrong", "which I got twice"]


async def test_what_a_ticket_began_with_cannot_be_split_off():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped arriving")
        await bot.say("dm:mia", "mia", "/split T-42")
        assert bot.last("dm:mia").startswith("T-42 holds only the words it began with.")
        await bot.say("acme", "acme/ann", "and the invoice is wrong")
        await bot.say("acme", "mia", "/split", reply_to="x1")
        assert bot.last("dm:mia").startswith("T-42 holds only the words it began with.")
        assert len(bot.posts("acme")) == 1


async def test_a_ticket_waits_again_when_what_ended_the_wait_was_about_something_else():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped arriving")
        await bot.say("dm:mia", "mia", "/hold T-42 client")
        await bot.forward(by=5 * MINUTE)
        await bot.say("acme", "acme/ann", "the invoice is wrong, too")
        assert not (await bot.page("T-42")).standing.holds
        await bot.say("dm:mia", "mia", "/split T-42")
        [hold] = (await bot.page("T-42")).standing.holds
        assert hold.reason is HoldReason.CLIENT
        assert "T-42" in bot.last("acme")


async def test_a_ticket_reopened_by_a_new_matter_is_resolved_again_when_that_is_split_off():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped arriving")
        await bot.say("dm:mia", "mia", "/resolve T-42")
        await bot.say("acme", "acme/ann", "the invoice is wrong", reply_to="m1")
        assert (await bot.page("T-42")).ticket.is_open
        await bot.say("dm:mia", "mia", "/split T-42")
        assert (await bot.page("T-42")).ticket.status is Status.RESOLVED
        assert await words_of(bot, "T-43") == ["the invoice is wrong"]


# /merge


async def two(bot, apart=30 * MINUTE):
    await bot.say("acme", "acme/ann", "postbacks stopped arriving")
    await bot.forward(by=apart)
    await bot.say("acme", "acme/ann", "/new no postbacks here either", files=(File("log.txt", "text/plain", 9, "f1"),))


async def test_the_merged_ticket_goes_on_in_the_other_with_words_and_files():
    async with bot_in_a_box(NOON) as bot:
        await two(bot)
        await bot.say("dm:mia", "mia", "/merge T-43 into T-42")
        assert bot.last("dm:mia").startswith("T-43 goes on in T-42")
        gone = await bot.page("T-43")
        assert gone.ticket.status is Status.CANCELLED and gone.standing.duplicate_of == 42
        assert {clock.state for clock in gone.clocks} == {State.CANCELLED}
        assert await words_of(bot, "T-42") == ["postbacks stopped arriving", "/new no postbacks here either"]
        assert bot.last("acme") == (
            "Next word by 06:00 New York (in 30 min): T-43 goes on in T-42, nothing you wrote is lost. Mia has it."
        )
        await bot.say("acme", "acme/ann", "still nothing", reply_to="x2")
        assert (await words_of(bot, "T-42"))[-1] == "still nothing"
        await bot.say("dm:mia", "mia", "/take T-43")
        assert bot.last("dm:mia") == "T-43 goes on in T-42."


async def test_of_two_promises_the_earlier_stays_whichever_ticket_remains():
    for order in ("/merge T-43 into T-42", "/merge T-42 T-43"):
        async with bot_in_a_box(NOON) as bot:
            await two(bot)
            await bot.say("dm:mia", "mia", order)
            assert await due(bot, f"T-{order[-2:]}") == bot.moment("2025-03-18T13:00+03:00")


async def test_the_graver_matter_gives_the_level_and_its_sooner_moment():
    async with bot_in_a_box(NOON) as bot:
        await two(bot)
        await bot.press("acme", "acme/ann", "Service down")
        urgent = await due(bot, "T-43")
        assert urgent < await due(bot, "T-42")
        await bot.say("dm:mia", "mia", "/merge T-43 into T-42")
        page = await bot.page("T-42")
        assert page.standing.priority is Priority.CRITICAL
        assert await due(bot, "T-42") == urgent


async def test_an_answer_given_before_does_not_answer_what_comes_in():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped arriving")
        await bot.say("dm:mia", "mia", "/eta T-42 2h")
        await bot.forward(by=30 * MINUTE)
        await bot.say("acme", "acme/ann", "/new no postbacks here either")
        await bot.say("dm:mia", "mia", "/merge T-43 into T-42")
        clock = await bot.timed("T-42", Metric.RESPONSE)
        assert (clock.cycle, clock.state, clock.due_at) == (2, State.RUNNING, bot.moment("2025-03-18T13:30+03:00"))
        await bot.forward(to="2025-03-18T13:30+03:00")
        assert "We missed 06:30" in "\n".join(bot.posts("acme"))


async def test_a_promise_missed_before_is_counted_once():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped arriving")
        await bot.forward(by=90 * MINUTE)
        await bot.say("acme", "acme/ann", "/new no postbacks here either")
        await bot.say("dm:mia", "mia", "/merge T-42 into T-43")
        assert await due(bot, "T-43") == bot.moment("2025-03-18T13:00+03:00")
        assert await bot.compliance() == (0, 0, 1)
        await bot.say("dm:mia", "mia", "/eta T-43 2h")
        _, late, overdue = await bot.compliance()
        assert (late, overdue) == (1, 0)


async def test_a_late_ticket_merged_into_a_fresh_one_keeps_promise_and_level_and_is_told_of_once():
    """The client was told at 13:00 that he hears again by 13:30, which is 06:30 in New York."""
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped arriving")
        await bot.forward(by=70 * MINUTE)
        reached = (await bot.page("T-42")).standing.escalation
        await bot.say("acme", "acme/ann", "/new the same with clicks")
        told = len(bot.posts("acme"))
        await bot.say("dm:mia", "mia", "/merge T-42 into T-43")
        assert bot.last("acme").startswith("Next word by 06:30")
        page = await bot.page("T-43")
        assert reached and page.standing.escalation == reached
        assert (await bot.timed("T-43", Metric.RESPONSE)).breached_at == bot.moment("2025-03-18T13:00+03:00")
        await bot.forward(to="2025-03-18T13:29+03:00")
        assert not any("We missed" in text for text in bot.posts("acme")[told:])
        await bot.forward(to="2025-03-18T13:30+03:00")
        assert len(bot.posts("acme")) == told + 2
        await bot.forward(by=6 * 60 * MINUTE)
        levels = [e.data["level"] for e in (await bot.page("T-43")).log if e.kind is EventKind.ESCALATED]
        assert levels == [level for level in (1, 2, 3) if level > reached]


async def test_a_missed_promise_for_which_nothing_else_is_owed_moves_with_its_ticket():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped arriving")
        await bot.say("dm:mia", "mia", "/eta T-42 6h")
        await bot.say("acme", "acme/ann", "/new no postbacks here either")
        await bot.forward(by=90 * MINUTE)
        await bot.say("dm:mia", "mia", "/merge T-43 into T-42")
        assert (await bot.timed("T-42", Metric.RESPONSE)).breached_at == bot.moment("2025-03-18T13:00+03:00")
        await bot.say("dm:mia", "mia", "/resolve T-42")
        _, late, overdue = await bot.compliance()
        assert (late, overdue) == (1, 0)


async def test_an_eta_of_the_merged_ticket_stays_promised():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped arriving")
        await bot.say("dm:mia", "mia", "/eta T-42 2h")
        await bot.say("acme", "acme/ann", "/new no postbacks here either")
        await bot.say("dm:mia", "mia", "/merge T-42 into T-43")
        assert (await bot.page("T-43")).standing.eta_at == bot.moment("2025-03-18T14:00+03:00")


async def test_what_cannot_be_merged_says_why_and_changes_nothing():
    async with bot_in_a_box(NOON, client(), client("bolt")) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped arriving")
        await bot.say("bolt", "bolt/ann", "no postbacks")
        for said, told in (
            ("/merge T-42 into T-43", "T-42 and T-43 are of two clients and stay apart."),
            ("/merge T-42 T-42", "T-42 cannot go on in itself. This works: /merge T-43 into T-42."),
            ("/merge T-42 because of this", "'T-42 because of this' are not two tickets. This works: /merge"),
            ("/merge", "This needs two tickets. This works: /merge T-43 into T-42."),
        ):
            await bot.say("dm:mia", "mia", said)
            assert bot.last("dm:mia").startswith(told)
        assert {(await bot.page(ref)).ticket.status for ref in ("T-42", "T-43")} == {Status.OPEN}


async def test_words_in_the_merged_ticket_s_thread_or_to_its_late_post_follow_it():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped arriving")
        await bot.receive(bot.inbound("acme", "acme/ann", "/new no postbacks here either", thread="th-2"))
        await bot.receive(bot.inbound("dm:mia", "mia", "/merge T-43 into T-42"))
        await bot.deliver()
        window = next(n for n, post in enumerate(bot.channel.posts, 1) if "T-43, High" in post.text)
        await bot.say("acme", "acme/bob", "for me neither", thread="th-2")
        await bot.say("acme", "acme/ann", "still nothing", reply_to=f"m{window}")
        assert (await words_of(bot, "T-42"))[2:] == ["for me neither", "still nothing"]


def heard(bot, room, since):
    return [post.text for post in bot.channel.posts[since:] if post.room == room]


async def test_a_call_that_nobody_has_taken_up_goes_on_in_the_ticket_that_stays():
    """Tom is called at 12:01 and has until 12:31, whatever his ticket is called by then; then again, then the next."""
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped arriving")
        await bot.forward(by=MINUTE)
        await bot.say("acme", "acme/ann", "/escalate T-42 nothing works")
        await bot.say("acme", "acme/ann", "/new the same with clicks")
        await bot.forward(by=4 * MINUTE)
        await bot.say("dm:mia", "mia", "/merge T-42 into T-43")
        since = len(bot.channel.posts)
        await bot.forward(to="2025-03-18T12:30+03:00")
        assert heard(bot, "dm:tom", since) == []
        await bot.forward(to="2025-03-18T12:31+03:00")
        [again] = heard(bot, "dm:tom", since)
        assert "T-43" in again
        await bot.forward(to="2025-03-18T13:01+03:00")
        assert len(heard(bot, "dm:tom", since)) == 1
        assert "T-43" in heard(bot, "dm:sue", since)[-1]


async def test_a_call_taken_over_ends_with_the_clock_that_called():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped arriving")
        await bot.forward(to="2025-03-18T12:50+03:00")
        assert (await bot.page("T-42")).standing.escalation == 1
        await bot.say("acme", "acme/ann", "/new the same with clicks")
        await bot.say("dm:mia", "mia", "/merge T-42 into T-43")
        await bot.say("dm:mia", "mia", "/eta T-43 3h")
        since = len(bot.channel.posts)
        await bot.forward(by=90 * MINUTE)
        assert heard(bot, "dm:tom", since) == heard(bot, "dm:sue", since) == []


async def test_who_was_tried_for_a_level_before_the_merger_is_not_tried_again():
    """Tom and Tim are the technicians; Tom has let it pass twice, Tim has it when the tickets are merged."""
    tim = """
[[staff]]
id = "tim"
name = "Tim"
role = "technician"
zone = "Etc/GMT-3"
identities = { fake = "tim" }

[[teams]]"""
    async with bot_in_a_box(NOON, staff=STAFF.replace("\n[[teams]]", tim)) as bot:
        await bot.say("acme", "acme/ann", "/new the tracker is slow")
        await bot.say("dm:mia", "mia", "/eta T-42 6h")
        await bot.say("acme", "acme/ann", "/escalate T-42 too slow")
        await bot.forward(by=61 * MINUTE)
        assert (await bot.page("T-42")).standing.called.person == await bot.read(
            lambda tx: tx.people.person_by_key("tim").id
        )
        await bot.say("acme", "acme/ann", "/new the same with clicks")
        await bot.say("dm:mia", "mia", "/eta T-43 6h")
        await bot.say("dm:mia", "mia", "/merge T-42 into T-43")
        since = len(bot.channel.posts)
        await bot.forward(by=65 * MINUTE)
        assert heard(bot, "dm:tom", since) == []
        assert heard(bot, "dm:sue", since) != []


async def test_a_call_taken_up_before_the_merger_is_not_called_again():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped arriving")
        await bot.forward(by=MINUTE)
        await bot.say("acme", "acme/ann", "/escalate T-42 nothing works")
        await bot.say("dm:tom", "tom", "/acknowledge T-42")
        await bot.say("acme", "acme/ann", "/new the same with clicks")
        await bot.say("dm:mia", "mia", "/merge T-42 into T-43")
        since = len(bot.channel.posts)
        await bot.forward(to="2025-03-18T12:45+03:00")
        assert heard(bot, "dm:tom", since) == []


async def test_a_merger_that_is_undone_gives_the_call_back():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped arriving")
        await bot.forward(by=MINUTE)
        await bot.say("acme", "acme/ann", "/escalate T-42 nothing works")
        await bot.say("acme", "acme/ann", "/new the same with clicks")
        await bot.say("dm:mia", "mia", "/merge T-42 into T-43")
        await bot.say("dm:mia", "mia", "/undo")
        since = len(bot.channel.posts)
        await bot.forward(to="2025-03-18T12:31+03:00")
        [again] = heard(bot, "dm:tom", since)
        assert "T-42" in again


async def called_in_berlin(bot):
    """Tom was called in at noon, ten in Berlin; two minutes later there is another request."""
    await bot.say("acme", "acme/ann", "postbacks stopped")
    await bot.say("acme", "acme/ann", "/escalate T-42 we lose money")
    await bot.forward(by=2 * MINUTE)
    await bot.say("acme", "acme/ann", "/new stats are wrong")


async def test_when_a_level_was_called_in_stays_true_where_the_tickets_are_merged():
    async with bot_in_a_box(NOON, client(zone="Europe/Berlin")) as bot:
        await called_in_berlin(bot)
        await bot.say("dm:mia", "mia", "/merge T-42 into T-43")
        assert bot.last("acme").endswith("Mia has it.")
        await bot.say("acme", "acme/ann", "/status")
        assert "Tom (level 1) was called in at 10:00 Berlin" in bot.last("acme")


async def test_since_when_a_level_has_it_stays_true_where_the_tickets_are_merged():
    async with bot_in_a_box(NOON, client(zone="Europe/Berlin")) as bot:
        await called_in_berlin(bot)
        await bot.press("dm:tom", "tom", "I have it")
        await bot.forward(by=2 * MINUTE)
        await bot.say("dm:mia", "mia", "/merge T-42 into T-43")
        assert bot.last("acme").endswith("Tom has it.")
        await bot.say("acme", "acme/ann", "/status")
        assert "Tom (level 1) has it since 10:02 Berlin" in bot.last("acme")


async def test_a_button_of_the_ticket_that_was_merged_acts_on_the_one_it_goes_on_in():
    async with bot_in_a_box(NOON, client()) as bot:
        await called_in_berlin(bot)
        await bot.say("dm:mia", "mia", "/merge T-42 into T-43")
        await bot.press("dm:tom", "tom", "I have it")
        called = (await bot.page("T-43")).standing.called
        assert (called.level, called.acknowledged_at) == (1, bot.clock.now)
        assert "Tom (level 1) has T-43" in bot.last("acme")
        # The button that is done is taken off, what can still be done stays.
        await bot.forward(by=MINUTE)
        await bot.press("dm:tom", "tom", "Take it")
        assert (await bot.page("T-43")).standing.owner == called.person


async def test_an_eta_is_accepted_on_the_ticket_it_was_given_on_alone():
    async with bot_in_a_box(NOON, client()) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("dm:mia", "mia", "/eta T-42 3h")
        await bot.say("dm:mia", "mia", "/eta T-42 5h the vendor needs longer")
        await bot.forward(by=2 * MINUTE)
        await bot.say("acme", "acme/ann", "/new stats are wrong")
        await bot.say("dm:mia", "mia", "/eta T-43 4h")
        await bot.say("dm:mia", "mia", "/merge T-42 into T-43")
        receipt = await bot.press("acme", "acme/ann", "Accept")
        assert "out of date" in receipt.notice
        assert EventKind.ETA_ACCEPTED not in [event.kind for event in (await bot.page("T-43")).log]
