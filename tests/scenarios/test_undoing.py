"""A second thought, for a minute: what a member of staff did last is taken back, and whoever was told is told.

Under 001 a medium request has one working hour. It is Tuesday noon in GMT+3, five in the morning in New York.
"""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from harness import STAFF, bot_in_a_box, client

from bot.channels.base import InboundKind, Limits
from bot.desk.staff.cover import away_now
from bot.duty import Origin
from bot.sla.clock import State
from bot.sla.log import EventKind
from bot.sla.policy import Metric, Priority
from bot.sla.policy_file import load_file
from bot.tickets import Status

NOON = "2025-03-18T12:00+03:00"
MINUTE = timedelta(minutes=1)
WINDOW_AT = "2025-03-18T13:00+03:00"


async def asked(bot):
    """Five minutes ago the client asked."""
    await bot.say("acme", "acme/ann", "postbacks stopped arriving")
    await bot.forward(by=5 * MINUTE)


async def due(bot, reference="T-42", metric=Metric.RESPONSE):
    return (await bot.timed(reference, metric)).due_at


async def kinds(bot, reference="T-42"):
    return [event.kind for event in await bot.history(reference)]


# One action after the other


async def test_taking_a_ticket_is_undone_with_its_owner_and_the_client_hears_of_it():
    async with bot_in_a_box(NOON) as bot:
        await asked(bot)
        await bot.say("dm:ben", "ben", "/take T-42")
        assert bot.last("acme").startswith("Ben has T-42")
        receipt = await bot.press("dm:ben", "ben", "Undo")
        page = await bot.page("T-42")
        assert page.standing.owner is None
        assert await bot.read(lambda tx: tx.people.person(page.ticket.owner_id).key) == "mia"
        assert bot.last("acme") == "Next word by 06:00 New York (in 55 min): Ben has taken back the acceptance. T-42"
        assert receipt.notice == "Taken back: the acceptance, T-42. Acme was told."


async def test_an_eta_is_undone_and_the_window_runs_again_from_the_start():
    async with bot_in_a_box(NOON) as bot:
        await asked(bot)
        await bot.say("dm:mia", "mia", "/eta T-42 3h")
        assert (await bot.timed("T-42", Metric.RESPONSE)).state is State.STOPPED
        await bot.say("dm:mia", "mia", "/undo")
        clock = await bot.timed("T-42", Metric.RESPONSE)
        assert (clock.state, clock.due_at) == (State.RUNNING, bot.moment(WINDOW_AT))
        assert (await bot.page("T-42")).standing.eta_at is None
        assert bot.last("acme") == "Next word by 06:00 New York (in 55 min): Mia has taken back the ETA. T-42"
        await bot.forward(to=WINDOW_AT)
        assert "We missed 06:00" in "\n".join(bot.posts("acme"))


async def test_a_moved_eta_is_undone_and_the_one_before_stands():
    async with bot_in_a_box(NOON) as bot:
        await asked(bot)
        await bot.say("dm:mia", "mia", "/eta T-42 3h")
        await bot.forward(by=5 * MINUTE)
        await bot.say("dm:mia", "mia", "/eta T-42 5h the supplier is slow")
        await bot.say("dm:mia", "mia", "/undo")
        assert (await bot.page("T-42")).standing.eta_at == bot.moment("2025-03-18T15:05+03:00")
        assert bot.last("acme").startswith("Fix expected by 08:05 New York")


async def test_a_wait_is_undone_as_if_the_clock_had_never_stood():
    async with bot_in_a_box(NOON) as bot:
        await asked(bot)
        await bot.say("dm:mia", "mia", "/hold T-42 client")
        await bot.forward(by=timedelta(seconds=50))
        await bot.say("dm:mia", "mia", "/undo")
        assert not (await bot.page("T-42")).standing.holds
        assert await due(bot) == bot.moment(WINDOW_AT)
        assert "has taken back the wait" in bot.last("acme")


async def test_the_end_of_a_wait_is_undone_and_it_goes_on():
    async with bot_in_a_box(NOON) as bot:
        await asked(bot)
        await bot.say("dm:mia", "mia", "/hold T-42 client")
        await bot.forward(by=10 * MINUTE)
        before = (await bot.page("T-42")).standing.holds
        await bot.say("dm:mia", "mia", "/resume T-42")
        await bot.say("dm:mia", "mia", "/undo")
        assert (await bot.page("T-42")).standing.holds == before != ()


async def test_a_change_of_priority_is_undone_with_its_moment():
    async with bot_in_a_box(NOON) as bot:
        await asked(bot)
        await bot.say("dm:mia", "mia", "/priority T-42 critical it is down for all")
        assert await due(bot) != bot.moment(WINDOW_AT)
        await bot.say("dm:mia", "mia", "/undo")
        page = await bot.page("T-42")
        assert page.ticket.priority is page.standing.priority is not Priority.CRITICAL
        assert await due(bot) == bot.moment(WINDOW_AT)


async def test_a_handover_is_undone_and_both_colleagues_know():
    async with bot_in_a_box(NOON) as bot:
        await asked(bot)
        await bot.say("dm:mia", "mia", "/assign T-42 ben")
        await bot.say("dm:mia", "mia", "/undo")
        page = await bot.page("T-42")
        assert await bot.read(lambda tx: tx.people.person(page.ticket.owner_id).key) == "mia"
        assert bot.last("dm:ben") == "Taken back by Mia: the handover, T-42, Acme."
        assert "has taken back the handover" in bot.last("acme")


async def test_a_resolution_is_undone_unless_the_client_has_confirmed_it():
    async with bot_in_a_box(NOON) as bot:
        await asked(bot)
        await bot.say("dm:mia", "mia", "/resolve T-42")
        await bot.say("dm:mia", "mia", "/undo")
        page = await bot.page("T-42")
        assert (page.ticket.status, page.ticket.closed_at) == (Status.OPEN, None)
        assert await due(bot) == bot.moment(WINDOW_AT)
        await bot.say("dm:mia", "mia", "/resolve T-42")
        await bot.say("acme", "acme/ann", "/rate T-42 5")
        await bot.say("dm:mia", "mia", "/undo")
        assert bot.last("dm:mia") == (
            "Too late to take back the resolution, T-42: others have gone on from it. "
            "Instead: open it again with reopen."
        )
        assert (await bot.page("T-42")).ticket.status is Status.RESOLVED


async def test_the_answer_on_record_is_undone_and_the_breach_it_struck_is_back():
    async with bot_in_a_box(NOON) as bot:
        await asked(bot)
        await bot.say("acme", "mia", "clear the cache of the tracker and it comes back")
        await bot.forward(to="2025-03-18T13:10+03:00")
        await bot.say("dm:mia", "mia", "/answered T-42")
        assert EventKind.BREACH_VOIDED in await kinds(bot)
        await bot.say("dm:mia", "mia", "/undo")
        assert (await bot.timed("T-42", Metric.RESPONSE)).breached_at == bot.moment(WINDOW_AT)
        assert (await kinds(bot))[-2:].count(EventKind.BREACHED) == 1
        assert "has taken back the answer on record" in bot.last("acme")


async def test_an_escalation_is_undone_whoever_was_called_is_told_and_can_be_called_again():
    async with bot_in_a_box(NOON) as bot:
        await asked(bot)
        await bot.say("dm:mia", "mia", "/escalate T-42 the tracker is down")
        called = next(p.room for p in reversed(bot.channel.posts) if "the tracker is down" in p.text)
        await bot.say("dm:mia", "mia", "/undo")
        assert bot.last(called) == "Taken back by Mia: the escalation, T-42, Acme."
        assert (await bot.page("T-42")).standing.escalation == 0
        await bot.say("dm:mia", "mia", "/escalate T-42 it is down again")
        assert "it is down again" in bot.last(called)
        await bot.press(called, called.removeprefix("dm:"), "I have it")
        await bot.say("dm:mia", "mia", "/undo")
        assert "others have gone on from it. Instead: tell whoever was called." in bot.last("dm:mia")


async def test_a_split_is_undone_and_can_be_made_again_under_the_same_number():
    async with bot_in_a_box(NOON) as bot:
        await asked(bot)
        await bot.say("acme", "acme/ann", "and the invoice is wrong", thread="th-2")
        await bot.say("dm:mia", "mia", "/split T-42")
        await bot.say("dm:mia", "mia", "/undo")
        assert (await bot.page("T-43")).standing.duplicate_of == 42
        said = [e.message for e in (await bot.page("T-42")).log if e.kind is EventKind.CLIENT_MESSAGE]
        assert await bot.words(said[-1]) == "and the invoice is wrong"
        await bot.say("acme", "acme/ann", "still wrong", thread="th-2")
        ticket = (await bot.page("T-42")).ticket
        messages = await bot.read(lambda tx: [m.text for m in tx.messages.of_ticket(ticket.id)])
        assert "and the invoice is wrong" in messages and "still wrong" in messages
        await bot.say("dm:mia", "mia", "/undo")
        assert bot.last("dm:mia") == "Nothing of yours can be taken back."


async def test_a_split_taken_back_by_mistake_is_made_again():
    async with bot_in_a_box(NOON) as bot:
        await asked(bot)
        await bot.say("acme", "acme/ann", "and the invoice is wrong")
        await bot.say("dm:mia", "mia", "/split T-42")
        await bot.say("dm:mia", "mia", "/undo")
        await bot.say("dm:mia", "mia", "/split T-42")
        assert (await bot.page("T-43")).ticket.is_open
        assert "T-43" in bot.last("acme")


async def test_a_merger_is_undone_and_each_has_its_words_and_its_clock_again():
    async with bot_in_a_box(NOON) as bot:
        await asked(bot)
        await bot.say("acme", "acme/ann", "/new the invoice is wrong")
        first, second = await due(bot, "T-42"), await due(bot, "T-43")
        await bot.say("dm:mia", "mia", "/merge T-42 into T-43")
        assert await due(bot, "T-43") == first
        await bot.say("dm:mia", "mia", "/undo")
        assert (await due(bot, "T-42"), await due(bot, "T-43")) == (first, second)
        assert (await bot.page("T-42")).ticket.is_open
        ticket = (await bot.page("T-42")).ticket
        assert "postbacks stopped arriving" in await bot.read(
            lambda tx: [m.text for m in tx.messages.of_ticket(ticket.id)]
        )


async def test_a_note_is_undone_and_stands_in_no_ticket():
    async with bot_in_a_box(NOON) as bot:
        await asked(bot)
        await bot.say("dm:mia", "mia", "/note T-42 Ann is new there")
        await bot.say("dm:mia", "mia", "/undo")
        ticket = (await bot.page("T-42")).ticket
        messages = await bot.read(lambda tx: list(tx.messages.of_ticket(ticket.id)))
        assert not [m for m in messages if m.internal]
        assert bot.last("dm:mia") == "Taken back: the note, T-42."


async def test_an_act_taken_back_after_another_leaves_the_other_and_its_post():
    async with bot_in_a_box(NOON, limits=Limits(edit=True)) as bot:
        await asked(bot)
        await bot.say("dm:mia", "mia", "/take T-42")
        button = bot.button("dm:mia", "Undo")
        await bot.say("dm:mia", "mia", "/eta T-42 3h")
        await bot.say("dm:mia", "mia", "", kind=InboundKind.PRESS, action=button)
        page = await bot.page("T-42")
        assert page.standing.owner is None and page.standing.eta_at is not None
        assert not [post for post in bot.channel.posts if post.edit_of]
        await bot.say("dm:mia", "mia", "/undo")
        assert (await bot.page("T-42")).standing.eta_at is None


# Whose, and for how long


async def test_after_a_minute_it_says_what_to_do_instead():
    async with bot_in_a_box(NOON) as bot:
        await asked(bot)
        await bot.say("dm:mia", "mia", "/eta T-42 3h")
        await bot.forward(by=timedelta(seconds=60))
        button = bot.button("dm:mia", "Undo")
        bot.clock.now += timedelta(milliseconds=1)
        receipt = await bot.say("dm:mia", "mia", "", kind=InboundKind.PRESS, action=button)
        assert receipt.notice == (
            "Too late to take back the ETA, T-42: the minute is over. Instead: name another ETA with its reason."
        )
        assert (await bot.page("T-42")).standing.eta_at is not None


async def test_the_minute_is_one_of_machine_time_however_fast_business_runs():
    async with bot_in_a_box(NOON) as bot:
        await asked(bot)
        machine = bot.clock.now
        bot.receive = receiver_at(bot, machine)
        await bot.say("dm:mia", "mia", "/take T-42")
        bot.clock.now += timedelta(minutes=30)
        await bot.say("dm:mia", "mia", "/undo")
        assert (await bot.page("T-42")).standing.owner is None


def receiver_at(bot, machine):
    from bot.app import receiver

    return receiver(bot.store, bot.desk, replace(bot.times, machine=lambda: machine))


async def test_only_who_did_it_takes_it_back_and_only_once():
    async with bot_in_a_box(NOON) as bot:
        await asked(bot)
        await bot.say("team:support", "mia", "/take T-42")
        await bot.press("team:support", "ben", "Undo")
        assert (await bot.page("T-42")).standing.owner is not None
        await bot.press("team:support", "mia", "Undo")
        receipt = await bot.press("team:support", "mia", "Undo")
        assert receipt.notice == "Already so: T-42."
        await bot.say("dm:mia", "mia", "/undo")
        assert bot.last("dm:mia") == "Nothing of yours can be taken back."


async def test_in_a_clients_room_the_way_back_is_offered_privately():
    async with bot_in_a_box(NOON) as bot:
        await asked(bot)
        await bot.say("acme", "mia", "/take T-42")
        assert bot.last("dm:mia") == "T-42: the acceptance is recorded and can be taken back for a minute."
        assert not any("Undo" in post.buttons for post in bot.channel.posts if post.room == "acme")


# What was told


async def test_what_was_not_sent_yet_is_withdrawn_and_the_client_reads_nothing():
    async with bot_in_a_box(NOON) as bot:
        await asked(bot)
        read = len(bot.posts("acme"))
        await bot.receive(bot.inbound("dm:mia", "mia", "/eta T-42 3h"))
        await bot.receive(bot.inbound("dm:mia", "mia", "/undo"))
        await bot.deliver()
        assert len(bot.posts("acme")) == read
        assert bot.last("dm:mia") == "Taken back: the ETA, T-42."


async def test_where_the_channel_can_the_last_post_is_replaced_else_a_line_corrects_it():
    async with bot_in_a_box(NOON, limits=Limits(edit=True)) as bot:
        await asked(bot)
        await bot.say("dm:mia", "mia", "/eta T-42 3h")
        told = next(f"m{n}" for n, post in enumerate(bot.channel.posts, 1) if "Fix expected" in post.text)
        await bot.say("dm:mia", "mia", "/undo")
        [edit] = [post for post in bot.channel.posts if post.edit_of]
        assert (edit.edit_of, edit.buttons) == (told, {}) and "has taken back the ETA" in edit.text
        await bot.say("dm:mia", "mia", "/eta T-42 4h")
        await bot.say("acme", "acme/ann", "thanks")
        await bot.say("dm:mia", "mia", "/undo")
        assert len([post for post in bot.channel.posts if post.edit_of]) == 1
        assert "has taken back the ETA" in bot.last("acme")


@pytest.mark.parametrize("command", ["take", "eta", "hold", "resolve", "escalate", "assign"])
async def test_every_answer_to_staff_carries_the_way_back(command):
    rest = {"eta": " 3h", "hold": " client", "assign": " ben"}.get(command, "")
    async with bot_in_a_box(NOON) as bot:
        await asked(bot)
        await bot.say("dm:mia", "mia", f"/{command} T-42{rest}")
        answers = [post for post in bot.channel.posts if post.room == "dm:mia"]
        assert "Undo" in answers[-1].buttons


async def test_a_breach_that_the_answer_made_the_desk_look_at_stays_when_the_answer_is_undone():
    async with bot_in_a_box(NOON) as bot:
        await asked(bot)
        bot.clock.now = bot.moment("2025-03-18T13:10+03:00")
        await bot.say("dm:mia", "mia", "/eta T-42 3h")
        assert EventKind.BREACHED in await kinds(bot)
        await bot.say("dm:mia", "mia", "/undo")
        await bot.settle()
        assert (await bot.timed("T-42", Metric.RESPONSE)).breached_at == bot.moment(WINDOW_AT)
        assert "We missed 06:00" in "\n".join(bot.posts("acme"))
        assert await bot.compliance() == (0, 0, 1)


# That was the answer


async def test_of_several_replies_the_one_answered_was_the_answer_else_the_latest():
    async with bot_in_a_box(NOON) as bot:
        await asked(bot)
        first = await said_by_mia(bot, "clear the cache of the tracker", "first")
        await bot.forward(by=10 * MINUTE)
        await said_by_mia(bot, "any news?", "second")
        await bot.say("acme", "mia", "/answered", reply_to="first")
        assert (await bot.timed("T-42", Metric.RESPONSE)).stopped_at == first
        await bot.say("dm:mia", "mia", "/undo")
        await bot.say("dm:mia", "mia", "/answered T-42")
        assert (await bot.timed("T-42", Metric.RESPONSE)).stopped_at == first + 10 * MINUTE


async def said_by_mia(bot, words, message_id):
    await bot.say("acme", "mia", words, message_id=message_id)
    return bot.clock.now


async def test_a_reply_taken_back_is_no_answer_any_more():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "the weekly report is late")
        await bot.say("acme", "acme/ann", "/new nothing is tracked at all")
        await bot.say("acme", "mia", "the tracker was restarted")
        await bot.press("dm:mia", "mia", "T-43")
        await bot.press("dm:mia", "mia", "Undo")
        await bot.say("dm:mia", "mia", "/answered T-43")
        assert (await bot.timed("T-43", Metric.RESPONSE)).state is State.RUNNING


@pytest.mark.parametrize(
    ("last", "said"),
    [
        ("/away until friday", "Taken back: the absence."),
        ("/seen T-42", "Taken back: the mark as seen, T-42."),
    ],
)
async def test_undo_takes_nothing_back_that_was_done_before_the_last_act(last, said):
    async with bot_in_a_box(NOON) as bot:
        await asked(bot)
        await bot.say("dm:ben", "ben", "/take T-42")
        await bot.say("dm:ben", "ben", last)
        await bot.say("dm:ben", "ben", "/undo")
        assert bot.last("dm:ben") == said
        assert (await bot.page("T-42")).standing.owner is not None


async def test_undo_after_a_reply_from_the_direct_chat_takes_nothing_else_back():
    async with bot_in_a_box(NOON) as bot:
        await asked(bot)
        await bot.say("dm:ben", "ben", "/take T-42")
        await bot.say("dm:ben", "ben", "/reply T-42 please clear the cache")
        await bot.press("dm:ben", "ben", "Send")
        await bot.say("dm:ben", "ben", "/undo")
        assert bot.last("dm:ben").startswith("Not taken back by undo: the reply, which the client has")
        assert (await bot.page("T-42")).standing.owner is not None


@pytest.mark.parametrize("shows", ["/away", "/oncall", "/progress T-42 it goes on"])
async def test_what_only_shows_something_is_no_act(shows):
    async with bot_in_a_box(NOON) as bot:
        await asked(bot)
        await bot.say("dm:ben", "ben", "/take T-42")
        await bot.say("dm:ben", "ben", shows)
        await bot.say("dm:ben", "ben", "/undo")
        assert (await bot.page("T-42")).standing.owner is None


# Absences


async def is_away(bot, key="mia"):
    return await bot.read(lambda tx: away_now(tx, tx.people.person_by_key(key), bot.clock.now))


async def test_an_absence_is_undone_and_everybody_who_was_told_of_it_is_told():
    async with bot_in_a_box(NOON) as bot:
        await asked(bot)
        await bot.say("dm:mia", "mia", "/away until friday the keys are with Tom")
        await bot.settle()
        assert bot.last("acme").startswith("Ben answers")
        receipt = await bot.press("dm:mia", "mia", "Undo")
        await bot.settle()
        assert receipt.notice == "Taken back: the absence."
        assert await is_away(bot) is None
        assert bot.last("dm:ben") == "Mia answers again and has the tickets back."
        assert bot.last("acme").startswith("Mia is back")


async def test_an_absence_that_lies_ahead_is_undone_before_anybody_has_heard_of_it():
    async with bot_in_a_box(NOON) as bot:
        await asked(bot)
        await bot.say("dm:mia", "mia", "/away from thursday until monday")
        await bot.say("dm:mia", "mia", "/undo")
        since = len(bot.channel.posts)
        await bot.say("dm:mia", "mia", "/away")
        assert bot.last("dm:mia").startswith("Nobody is away")
        await bot.say("dm:mia", "mia", "/resolve T-42")
        await bot.forward(to="2025-03-21T12:00+03:00")
        assert [post.text for post in bot.channel.posts[since:] if post.room == "dm:ben"] == []


async def test_an_absence_that_was_added_to_another_is_undone_alone():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("dm:mia", "mia", "/away until thursday")
        await bot.say("dm:mia", "mia", "/away until friday")
        await bot.say("dm:mia", "mia", "/undo")
        assert (await is_away(bot)).until == bot.moment("2025-03-20T00:00+03:00")


async def test_the_end_of_an_absence_is_undone_and_it_goes_on_with_its_note():
    async with bot_in_a_box(NOON) as bot:
        await asked(bot)
        await bot.say("dm:mia", "mia", "/away until friday the keys are with Tom")
        await bot.forward(by=MINUTE)
        before = await is_away(bot)
        await bot.say("dm:mia", "mia", "/back")
        await bot.settle()
        since = len(bot.channel.posts)
        await bot.say("dm:mia", "mia", "/undo")
        await bot.settle()
        assert bot.posts("dm:mia", since)[0] == "Taken back: the end of the absence."
        found = await is_away(bot)
        assert (found.until, found.notes) == (before.until, before.notes)
        [told] = bot.posts("dm:ben", since)
        assert "the keys are with Tom" in told


async def test_the_calling_off_of_an_absence_is_undone():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("dm:mia", "mia", "/away thu-fri")
        await bot.say("dm:mia", "mia", "/away")
        shown = next(post for post in reversed(bot.channel.posts) if post.room == "dm:mia")
        await bot.press("dm:mia", "mia", next(label for label in shown.buttons if label.startswith("Call off")))
        await bot.say("dm:mia", "mia", "/undo")
        assert bot.last("dm:mia") == "Taken back: the calling off of the absence."
        assert await is_away(bot) is None
        await bot.forward(to="2025-03-20T12:00+03:00")
        assert (await is_away(bot)).until == bot.moment("2025-03-22T00:00+03:00")


async def test_what_the_leads_heard_of_an_absence_is_corrected():
    async with bot_in_a_box(NOON) as bot:
        await asked(bot)
        await bot.say("dm:ben", "ben", "/away until friday")
        await bot.say("dm:mia", "mia", "/away until friday")
        assert "Mia" in bot.last("dm:lea")
        await bot.say("dm:mia", "mia", "/undo")
        assert bot.last("dm:lea") == "Taken back by Mia: the absence."


async def test_an_absence_is_undone_for_a_minute_and_only_once():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("dm:mia", "mia", "/away until friday")
        button = bot.button("dm:mia", "Undo")
        await bot.forward(by=timedelta(seconds=61))
        await bot.say("dm:mia", "mia", "/undo")
        assert bot.last("dm:mia").startswith(
            "Too late to take back the absence: the minute is over. Instead: say /back"
        )
        assert await is_away(bot) is not None
        assert button


async def test_an_absence_that_is_over_by_now_is_not_undone():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("dm:mia", "mia", "/away until friday")
        act = await bot.read(lambda tx: tx.acts.latest(tx.people.person_by_key("mia").id).id)
        await bot.say("dm:mia", "mia", "/back")
        await bot.say("dm:mia", "mia", f"/undo {act}")
        assert bot.last("dm:mia").startswith("Too late to take back the absence: it has changed since.")


async def test_the_end_of_an_absence_is_not_undone_where_he_is_away_again():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("dm:mia", "mia", "/away until friday")
        await bot.say("dm:mia", "mia", "/back")
        act = await bot.read(lambda tx: tx.acts.latest(tx.people.person_by_key("mia").id).id)
        await bot.say("dm:mia", "mia", "/away until thursday")
        await bot.say("dm:mia", "mia", f"/undo {act}")
        assert bot.last("dm:mia").startswith("Too late to take back the end of the absence: it has changed since.")
        assert (await is_away(bot)).until == bot.moment("2025-03-20T00:00+03:00")


# Seen, progress, third parties, calls

SEEN = """
id = "seen"
name = "Seen within half an hour"
version = "1"
extends = "redtrack-premium"

[priorities.medium.acknowledgement]
kind = "commitment"
within = "30m"
"""


async def test_seen_is_undone_and_the_reminders_go_on():
    async with bot_in_a_box(NOON) as bot:
        await asked(bot)
        await bot.forward(to=WINDOW_AT)
        await bot.say("dm:mia", "mia", "/seen T-42")
        await bot.say("dm:mia", "mia", "/undo")
        since = len(bot.channel.posts)
        await bot.forward(by=31 * MINUTE)
        assert any(text.startswith("Overdue since") for text in bot.posts("dm:mia", since))


async def test_where_the_client_was_promised_a_mark_as_seen_he_hears_that_it_is_taken_back(tmp_path):
    (tmp_path / "seen.toml").write_text(SEEN)
    async with bot_in_a_box(NOON, client(agreement="seen"), catalog=load_file(tmp_path / "seen.toml")) as bot:
        await bot.say("acme", "acme/ann", "the estimate shows no prices")
        before = await due(bot, metric=Metric.ACKNOWLEDGEMENT)
        await bot.say("dm:mia", "mia", "/seen T-42")
        assert (await bot.timed("T-42", Metric.ACKNOWLEDGEMENT)).state is State.STOPPED
        assert bot.last("acme").startswith("Mia has seen it")
        await bot.say("dm:mia", "mia", "/undo")
        clock = await bot.timed("T-42", Metric.ACKNOWLEDGEMENT)
        assert (clock.state, clock.due_at) == (State.RUNNING, before)
        assert "Mia has taken back the mark as seen" in bot.last("acme")


async def test_a_word_on_progress_is_undone_and_is_owed_again():
    async with bot_in_a_box("2025-03-18T16:00+03:00", client(agreement="poologics")) as bot:
        await bot.say("acme", "acme/ann", "we can make no estimate")
        await bot.say("dm:mia", "mia", "/take T-42")
        await bot.say("dm:mia", "mia", "/eta T-42 thursday 22:00")
        await bot.press("acme", "acme/ann", "Critical incident")
        before = await due(bot, metric=Metric.PROGRESS)
        await bot.say("dm:mia", "mia", "/progress T-42 half of it is done")
        await bot.press("dm:mia", "mia", "Send this")
        assert await due(bot, metric=Metric.PROGRESS) != before
        await bot.say("dm:mia", "mia", "/undo")
        assert await due(bot, metric=Metric.PROGRESS) == before
        assert "Mia has taken back the word on progress" in bot.last("acme")


async def test_that_a_wait_goes_on_is_undone_and_the_question_stays_unanswered():
    """Asked on Wednesday, Thursday and Friday; what Mia said on Wednesday she took back, so the lead hears of it."""
    async with bot_in_a_box(NOON) as bot:
        await asked(bot)
        await bot.say("dm:mia", "mia", "/hold T-42 third party Acquirer")
        await bot.forward(to="2025-03-19T10:30+03:00")
        await bot.press("dm:mia", "mia", "Still waiting")
        await bot.say("dm:mia", "mia", "/undo")
        assert bot.last("dm:mia") == "Taken back: that the wait goes on, T-42."
        await bot.forward(to="2025-03-21T10:30+03:00")
        assert "Acquirer" in bot.last("dm:lea")


async def test_a_call_that_was_given_up_is_made_again_after_an_undo():
    """Tom is called at 12:05 and has until 12:35; Mia gives the ticket back before that, and takes it back after."""
    async with bot_in_a_box(NOON) as bot:
        await asked(bot)
        await bot.say("acme", "acme/ann", "/escalate T-42 nothing works")
        await bot.forward(to=bot.moment("2025-03-18T12:34:30+03:00"))
        await bot.say("dm:mia", "mia", "/deescalate T-42 it works again")
        await bot.forward(to=bot.moment("2025-03-18T12:35:20+03:00"))
        since = len(bot.channel.posts)
        await bot.say("dm:mia", "mia", "/undo")
        await bot.settle()
        assert any(text.startswith("Level 1") for text in bot.posts("dm:tom", since))


async def test_what_was_agreed_with_the_client_is_not_undone():
    async with bot_in_a_box(NOON) as bot:
        await asked(bot)
        await bot.say("dm:ben", "ben", "/take T-42")
        await bot.say("acme", "ben", "/book-call friday 09:00 the tracker")
        await bot.say("dm:ben", "ben", "/undo")
        assert bot.last("dm:ben") == "Not taken back by undo: what became of the call, which is what you did last. " + (
            "Instead: see it under calls."
        )
        assert (await bot.page("T-42")).standing.owner is not None


async def test_an_act_that_an_earlier_version_noted_is_undone():
    async with bot_in_a_box(NOON) as bot:
        await asked(bot)
        await bot.say("dm:ben", "ben", "/take T-42")

        def as_before(tx):
            [row] = tx.connection.execute("SELECT noted FROM act")
            old = [json.loads(row[0])[name] for name in ("events", "posts", "moved", "notes", "owners")]
            tx.connection.execute("UPDATE act SET noted = ?", [json.dumps(old)])

        await bot.store.write(as_before)
        await bot.say("dm:ben", "ben", "/undo")
        assert (await bot.page("T-42")).standing.owner is None


async def test_who_stands_in_hears_that_a_longer_absence_was_taken_back():
    async with bot_in_a_box("2025-03-12T11:00+03:00", client()) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("dm:mia", "mia", "/away until Friday dentist")
        await bot.forward(by=5 * MINUTE)
        assert "until Mia returns Fri" in bot.last("dm:ben")
        await bot.say("dm:mia", "mia", "/away until Monday ill")
        await bot.forward(by=timedelta(seconds=20))
        assert "until Mia returns Mon" in bot.last("dm:ben")
        await bot.say("dm:mia", "mia", "/undo")
        await bot.forward(by=timedelta(seconds=20))
        assert "until Mia returns Fri" in bot.last("dm:ben")
        assert "dentist" in bot.last("dm:ben")
        told = len(bot.posts("dm:ben"))
        await bot.say("dm:mia", "mia", "/back")
        await bot.forward(by=MINUTE)
        assert len(bot.posts("dm:ben")) == told + 1
        assert not bot.posts("acme")[-1].startswith("Mia is away")


async def test_an_absence_that_was_made_longer_is_undone_after_its_longer_one():
    async with bot_in_a_box("2025-03-12T11:00+03:00", client()) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("dm:mia", "mia", "/away until Friday dentist")
        await bot.forward(by=timedelta(seconds=10))
        await bot.say("dm:mia", "mia", "/away until Monday ill")
        await bot.forward(by=timedelta(seconds=10))
        await bot.say("dm:mia", "mia", "/undo")
        await bot.forward(by=timedelta(seconds=5))
        assert "until Mia returns Fri" in bot.last("dm:ben")
        await bot.say("dm:mia", "mia", "/undo")
        await bot.forward(by=timedelta(seconds=5))
        assert await is_away(bot) is None
        assert bot.last("dm:ben") == "Mia answers again and has the tickets back."


async def test_an_absence_whose_end_was_taken_back_is_taken_back_as_well():
    """The end is taken back twice: what was declared first is the same absence all the time."""
    async with bot_in_a_box("2025-03-12T11:00+03:00", client()) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        for said in ("/away until Friday dentist", "/back", "/undo", "/back", "/undo"):
            await bot.say("dm:mia", "mia", said)
            await bot.forward(by=timedelta(seconds=5))
        assert await is_away(bot) is not None
        await bot.say("dm:mia", "mia", "/undo")
        await bot.forward(by=timedelta(seconds=5))
        assert await is_away(bot) is None
        assert bot.last("dm:ben") == "Mia answers again and has the tickets back."
        assert bot.last("acme").startswith("Mia is back and answers again.")


async def test_an_absence_of_the_roster_whose_end_was_taken_back_begins_again_as_a_word_of_the_chat():
    """What the file says of it later takes nothing back that was said here."""
    away = 'away = ["2025-03-12/2025-03-14"]'
    staff = STAFF.replace('name = "Mia"', f'name = "Mia"\n{away}', 1)
    async with bot_in_a_box("2025-03-12T11:00+03:00", client(), staff=staff) as bot:
        await bot.say("dm:mia", "mia", "/back")
        await bot.say("dm:mia", "mia", "/undo")
        found = await bot.read(lambda tx: tx.duty.absences(bot.clock.now))
        assert [each.origin for each in found] == [Origin.CHAT]
