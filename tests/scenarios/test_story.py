"""The story that must always work (PRODUCT 1-6): a client writes, the manager answers, and nobody is kept in the dark.

Under 001 a medium request has one working hour. It is Tuesday noon in GMT+3, five in the morning in New York.
"""

import json
from datetime import timedelta

import pytest
from harness import bot_in_a_box, client

from bot.channels.base import File
from bot.sla.clock import EtaOutcome, State
from bot.sla.log import Party
from bot.sla.policy import Metric, Priority
from bot.tickets import Status

NOON = "2025-03-18T12:00+03:00"


async def words_of(bot, reference):
    """What the client and the staff have written on a ticket, oldest first."""
    ticket = (await bot.page(reference)).ticket
    found = await bot.read(lambda tx: list(tx.messages.of_ticket(ticket.id)))
    return [message.text for message in found if message.direction == "in"]


# 1. The client writes


async def test_a_request_is_answered_once_in_its_thread_with_who_and_by_when_and_what_to_press():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped arriving since 9am", thread="th-1")
        [post] = bot.channel.posts
        assert post.text == (
            "Answer guaranteed by 06:00 New York (in 60 min). Mia answers. T-42, High end-user impact."
        )
        assert list(post.buttons) == ["Service down", "Risk of service downtime", "Separate issue"]
        assert (post.reply_to, post.thread) == ("x1", "th-1")


async def test_three_short_messages_are_one_ticket_timed_from_the_first():
    async with bot_in_a_box(NOON) as bot:
        for text in ("hi Mia", "postbacks stopped arriving", "since 9am"):
            await bot.say("acme", "acme/ann", text)
            await bot.forward(by=timedelta(minutes=1))
        assert len(bot.posts("acme")) == 1
        assert await words_of(bot, "T-42") == ["hi Mia", "postbacks stopped arriving", "since 9am"]
        assert (await bot.timed("T-42", Metric.RESPONSE)).due_at == bot.moment("2025-03-18T13:00+03:00")


async def test_an_album_of_photos_without_a_word_is_one_request():
    album = tuple(File(f"{n}.png", "image/png", 1000, f"f{n}") for n in range(5))
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "", files=album)
        assert bot.last("acme").startswith("Answer guaranteed by 06:00 New York")
        [row] = await bot.read(
            lambda tx: tx.connection.execute("SELECT files FROM message WHERE direction = 'in'").fetchall()
        )
        assert [file["name"] for file in json.loads(row["files"])] == ["0.png", "1.png", "2.png", "3.png", "4.png"]


async def test_a_reply_to_the_window_and_a_word_in_the_thread_belong_to_their_ticket_whenever_they_come():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped", thread="th-1")
        await bot.say("dm:mia", "mia", "/eta T-42 friday 12:00")
        await bot.forward(by=timedelta(hours=30))
        await bot.say("acme", "acme/ann", "still the same here", reply_to="m1")
        await bot.say("acme", "acme/bob", "and for me", thread="th-1")
        assert await words_of(bot, "T-42") == ["postbacks stopped", "still the same here", "and for me"]


async def test_after_half_a_day_of_silence_new_words_are_a_request_of_their_own():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("dm:mia", "mia", "/eta T-42 friday 12:00")
        await bot.forward(by=timedelta(hours=12))
        await bot.say("acme", "acme/ann", "by the way, the invoice has arrived twice")
        assert await words_of(bot, "T-42") == ["postbacks stopped", "by the way, the invoice has arrived twice"]
        await bot.forward(by=timedelta(hours=12, minutes=1))
        await bot.say("acme", "acme/ann", "how do I add a domain")
        assert await words_of(bot, "T-43") == ["how do I add a domain"]


async def test_thanks_and_an_emoji_open_nothing():
    async with bot_in_a_box(NOON) as bot:
        for text in ("thanks a lot!", "\U0001f44d", "ok great", "спасибо!"):
            await bot.say("acme", "acme/ann", text)
        assert bot.channel.posts == []


async def test_an_answer_to_what_was_asked_on_friday_counts_on_monday_too():
    """Who waits for the client's details has no join window: the answer resumes the ticket, however late."""
    async with bot_in_a_box("2025-03-14T18:30+03:00") as bot:
        await bot.say("acme", "acme/ann", "the numbers look odd")
        await bot.say("dm:mia", "mia", "/hold T-42 client")
        await bot.forward(to="2025-03-17T12:00+03:00")
        await bot.say("acme", "acme/ann", "it is campaign 17")
        assert bot.last("acme") == "Due 06:00 New York (in 60 min): the clock runs again. T-42."


# 2. and 3. The manager answers


async def test_a_colleague_of_the_client_is_no_staff_whatever_he_writes():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("acme", "acme/bob", "I fixed it, ETA 15:00", sender_name="Mia")
        assert await words_of(bot, "T-42") == ["postbacks stopped", "I fixed it, ETA 15:00"]
        assert (await bot.timed("T-42", Metric.RESPONSE)).state is State.RUNNING
        await bot.say("acme", "acme/bob", "/eta 15:00", sender_name="Mia")
        assert bot.last("acme") == "This is not yours to do here; help lists what is."


async def test_bots_and_automatic_replies_open_nothing_answer_nothing_and_get_no_answer():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "helper-bot", "alert: 500 errors", automatic=True)
        assert bot.channel.posts == []
        await bot.say("acme", "acme/ann", "postbacks stopped")
        since = len(bot.channel.posts)
        for sender in ("helper-bot", "mia", "acme/ann"):
            await bot.say("acme", sender, "/resolve", automatic=True)
        assert bot.channel.posts[since:] == []
        assert (await bot.timed("T-42", Metric.RESPONSE)).state is State.RUNNING


async def test_a_bare_reply_stops_nothing_and_only_its_author_is_told():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.forward(by=timedelta(minutes=20))
        await bot.say("acme", "mia", "looking into it")
        assert bot.last("dm:mia") == (
            "Still due 13:00 GMT+3 (in 40 min): 'looking into it' is neither resolution nor ETA. T-42, Acme."
        )
        assert list(bot.channel.posts[-1].buttons) == [
            "That was the answer",
            "ETA in 1 h",
            "ETA in 2 h",
            "Other ETA",
            "Ask for details",
        ]
        assert len(bot.posts("acme")) == 1
        assert (await bot.timed("T-42", Metric.RESPONSE)).state is State.RUNNING


async def test_that_was_the_answer_counts_from_when_it_was_written_and_withdraws_the_breach():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.forward(to="2025-03-18T12:50+03:00")
        await bot.say("acme", "mia", "your firewall blocked us, we have added the new addresses")
        await bot.forward(to="2025-03-18T13:10+03:00")
        assert await bot.compliance() == (0, 0, 1)
        await bot.press("dm:mia", "mia", "That was the answer")
        assert bot.last("dm:mia") == "Recorded as the answer at 12:50 GMT+3. T-42."
        assert bot.last("acme") == (
            "The answer of 05:50 New York was in time after all; the missed mark is withdrawn. T-42."
        )
        assert await bot.compliance() == (1, 0, 0)
        since = len(bot.channel.posts)
        await bot.forward(by=timedelta(days=2))
        assert bot.channel.posts[since:] == []


async def test_an_answer_that_was_late_stays_late_when_it_is_named():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.forward(to="2025-03-18T13:10+03:00")
        await bot.say("acme", "mia", "your firewall blocked us, we have added the new addresses")
        since = len(bot.channel.posts)
        await bot.press("dm:mia", "mia", "That was the answer")
        assert bot.posts("acme", since) == []
        assert await bot.compliance() == (0, 1, 0)


async def test_a_thumb_of_the_manager_is_no_answer():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("acme", "mia", "\U0001f44d")
        assert bot.posts("dm:mia") == []
        assert (await bot.timed("T-42", Metric.RESPONSE)).state is State.RUNNING


async def test_a_ticket_is_handed_over_by_a_tap_on_a_name_the_clients_own_people_first():
    async with bot_in_a_box(NOON, client().replace('["ben"]', '["sue"]')) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.forward(to="2025-03-18T12:30+03:00")
        await bot.press("dm:mia", "mia", "Hand over")
        asked = bot.channel.posts[-1]
        assert (asked.room, asked.text) == ("dm:mia", "Who takes T-42?")
        assert list(asked.buttons) == ["Sue", "Ben", "Tom", "Pat", "Lea"]
        await bot.press("dm:mia", "mia", "Ben")
        assert bot.last("dm:mia") == "Ben answers T-42 from now on."
        assert bot.last("acme") == "Ben answers T-42 from now on."
        assert bot.last("dm:ben") == "Mia hands T-42 over to you: Acme, 'postbacks stopped'."
        assert (await bot.press("dm:mia", "mia", "Ben")).notice == "Already so: T-42."


async def test_a_name_that_is_typed_answers_the_question_and_a_wrong_one_is_asked_for_again():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("dm:mia", "mia", "/assign T-42")
        await bot.say("dm:mia", "mia", "benn")
        assert bot.last("dm:mia").startswith("There is nobody called 'benn' on the staff.")
        await bot.say("dm:mia", "mia", "Ben")
        assert bot.last("acme") == "Ben answers T-42 from now on."


# 4. ETAs


async def test_the_first_eta_needs_no_reason_and_the_next_one_does():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.forward(to="2025-03-18T12:30+03:00")  # the nudge with its buttons
        await bot.press("dm:mia", "mia", "Other ETA")
        assert bot.last("dm:mia").startswith("By when?")
        await bot.say("dm:mia", "mia", "16:00")
        assert bot.last("acme").startswith("Fix expected by 09:00 New York (in 3 h 30 min), approximate.")
        await bot.say("dm:mia", "mia", "/eta T-42 17:00")
        assert bot.last("dm:mia").startswith("This needs its reason.")
        assert bot.last("acme").startswith("Fix expected")
        await bot.say("dm:mia", "mia", "/eta T-42 17:00 waiting for the vendor")
        assert bot.last("acme") == (
            "New ETA 10:00 New York (in 4 h 30 min), was 09:00 New York: waiting for the vendor. Mia keeps it. T-42."
        )
        page = await bot.page("T-42")
        assert [eta.outcome for eta in page.standing.etas] == [EtaOutcome.MOVED, EtaOutcome.OPEN]
        assert await bot.words(page.log[-1].message) == "/eta T-42 17:00 waiting for the vendor"


async def test_a_client_for_whom_the_eta_is_too_late_calls_the_next_level():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("dm:mia", "mia", "/eta T-42 18:00")
        await bot.press("acme", "acme/ann", "Too late for us")
        assert bot.last("dm:tom").endswith("Reason: too late.")
        assert bot.last("acme") == "Tom (level 1) is called in now. T-42."


async def test_a_moved_eta_can_be_accepted_once_and_its_owner_hears_of_it():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("dm:mia", "mia", "/eta T-42 16:00")
        await bot.say("dm:mia", "mia", "/eta T-42 17:00 waiting for the vendor")
        assert list(bot.channel.posts[-2].buttons) == ["Accept", "Escalate"]
        receipt = await bot.press("acme", "acme/ann", "Accept")
        assert receipt.notice == "Mia knows that 10:00 New York suits you. T-42."
        assert bot.last("dm:mia") == "Acme accepts the ETA 17:00 GMT+3. T-42."
        assert (await bot.press("acme", "acme/ann", "Accept")).notice == "Already so: T-42."
        assert len([text for text in bot.posts("dm:mia") if "accepts" in text]) == 1
        assert (await bot.timed("T-42", Metric.ETA_KEPT)).due_at == bot.moment("2025-03-18T17:00+03:00")


async def test_an_eta_that_moved_again_or_passed_needs_a_new_yes():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("dm:mia", "mia", "/eta T-42 16:00")
        await bot.say("dm:mia", "mia", "/eta T-42 17:00 waiting for the vendor")
        await bot.press("acme", "acme/ann", "Accept")
        await bot.say("dm:mia", "mia", "/eta T-42 18:00 the vendor is slow")
        assert (
            await bot.press("acme", "acme/ann", "Accept")
        ).notice == "Mia knows that 11:00 New York suits you. T-42."
        await bot.forward(to="2025-03-18T18:00+03:00")
        assert (await bot.press("acme", "acme/ann", "Accept")).notice.startswith("This button is out of date")


# 5. Escalation


async def test_twenty_escalations_in_a_minute_are_one_page():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        for _ in range(20):
            await bot.say("acme", "acme/ann", "/escalate")
            await bot.forward(by=timedelta(seconds=3))
        assert len(bot.posts("dm:tom")) == 1
        assert [room for room in ("dm:sue", "dm:pat", "dm:lea") if bot.posts(room)] == []


async def test_who_is_called_in_can_acknowledge_and_then_the_next_call_goes_higher():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("acme", "acme/ann", "/escalate we lose money")
        assert bot.last("dm:tom") == (
            "Level 1, due 13:00 GMT+3 (in 60 min): Acme. T-42: 'postbacks stopped'. Reason: we lose money."
        )
        await bot.press("dm:tom", "tom", "I have it")
        assert bot.last("acme").endswith("Tom (level 1) has T-42.")
        await bot.say("acme", "acme/ann", "/escalate")
        assert bot.last("acme") == "Tom (level 1) has T-42. The next level can be called from 05:30 New York on."
        await bot.forward(by=timedelta(minutes=30))
        await bot.say("acme", "acme/ann", "/escalate")
        assert bot.last("dm:sue").startswith("Level 2, due 13:00 GMT+3 (in 30 min): Acme.")


async def test_a_level_called_by_hand_is_not_called_again_by_the_timer():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("acme", "acme/ann", "/escalate")
        await bot.press("dm:tom", "tom", "I have it")
        await bot.forward(to="2025-03-18T13:00+03:00")
        assert [text.startswith("Level 1") for text in bot.posts("dm:tom")] == [True, False]
        assert len(bot.posts("dm:sue")) == 1


async def test_a_breach_is_told_honestly_with_the_next_word_and_who_was_called():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.forward(to="2025-03-18T13:00+03:00")
        assert bot.last("acme") == (
            "Next word by 06:30 New York (in 30 min). We missed 06:00 New York. Sue has been called. "
            "T-42, recorded as missed."
        )


AGREEMENTS = [("redtrack-premium", ""), ("redtrack", ""), ("tactful", "standard"), ("infopromo", "standard")]


@pytest.mark.parametrize(("agreement", "plan"), [*AGREEMENTS, ("poologics", "")])
async def test_the_next_word_that_was_announced_comes_by_then_however_long_nobody_answers(agreement, plan):
    async with bot_in_a_box(NOON, client(agreement=agreement, plan=plan)) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.forward(by=timedelta(days=4))
        heard = [post for post in bot.channel.posts if post.room == "acme"]
        announced = [post for post in heard if post.text.startswith("Next word by")]
        assert len(announced) >= 4
        for post in announced:
            promised = bot.first_moment(post)
            if promised <= bot.clock.now:
                assert [later for later in heard if post.at < later.at <= promised], post.text
        assert len(heard) < 30  # a long wait is no stream of messages


async def test_who_has_acknowledged_in_time_answers_within_the_window_that_was_posted():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("acme", "acme/ann", "/escalate")
        await bot.press("dm:tom", "tom", "I have it")
        assert bot.last("acme") == "Next word by 06:00 New York (in 60 min). Tom (level 1) has T-42."


# 6. The end


async def test_resolved_is_confirmed_and_rated_once():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("acme", "mia", "/resolve")
        assert (
            bot.last("acme") == "T-42 is resolved on our side. Does it work for you?\nHow was the answer, 1 to 5? T-42"
        )
        assert (await bot.press("acme", "acme/ann", "4")).notice == "Recorded: 4 of 5 for T-42."
        assert (await bot.press("acme", "acme/ann", "1")).notice == "Already so: T-42."
        await bot.press("acme", "acme/ann", "Confirm")
        assert bot.last("acme") == "T-42 is confirmed as resolved."
        assert (await bot.page("T-42")).ticket.status is Status.CONFIRMED
        assert await bot.compliance() == (1, 0, 0)


async def test_thanks_for_a_resolved_ticket_reopens_nothing():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("acme", "mia", "/resolve")
        await bot.say("acme", "acme/ann", "thanks, works now!", reply_to="x1")
        assert (await bot.page("T-42")).ticket.status is Status.RESOLVED
        assert len(bot.posts("acme")) == 2


async def test_a_word_of_substance_in_a_resolved_ticket_opens_it_again_with_an_answer_owed():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("acme", "mia", "/resolve")
        await bot.forward(to="2025-03-18T14:00+03:00")
        await bot.say("acme", "acme/ann", "it still fails for campaign 17", reply_to="x1")
        assert bot.last("acme") == "T-42 is open again; Mia answers."
        assert bot.last("dm:mia") == "Acme opened T-42 again: 'it still fails for campaign 17'."


async def test_what_was_confirmed_is_history_and_new_words_are_a_new_ticket():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("acme", "mia", "/resolve")
        await bot.press("acme", "acme/ann", "Confirm")
        await bot.say("acme", "acme/ann", "now the clicks are missing", reply_to="x1")
        assert await words_of(bot, "T-43") == ["now the clicks are missing"]
        await bot.press("acme", "acme/ann", "Reopen")
        assert (await bot.page("T-42")).ticket.status is Status.OPEN


async def test_the_client_says_himself_that_it_is_solved_and_nothing_is_owed_or_won():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("acme", "acme/ann", "/resolve")
        assert bot.last("acme") == "T-42 is confirmed as resolved."
        assert await bot.compliance() == (0, 0, 0)
        since = len(bot.channel.posts)
        await bot.forward(by=timedelta(days=3))
        assert bot.channel.posts[since:] == []


# Priority


async def test_the_clients_urgency_counts_at_once_and_the_manager_hears_of_it():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.press("acme", "acme/ann", "Service down")
        assert bot.last("acme") == "Due 05:10 New York (in 10 min): T-42 is now Service down."
        assert bot.last("dm:mia") == "Due 12:10 GMT+3 (in 10 min): Acme says Service down. T-42."


async def test_raising_a_ticket_that_has_waited_makes_nothing_red():
    """At 12:55 of a window to 13:00: 10 min more would be later, so the earlier, posted moment stays."""
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.forward(to="2025-03-18T12:55+03:00")
        await bot.press("acme", "acme/ann", "Service down")
        assert bot.last("acme") == "Due 06:00 New York (in 5 min): T-42 is now Service down."
        assert await bot.compliance() == (0, 0, 0)


async def test_staff_needs_a_reason_and_lowering_keeps_the_posted_time():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("dm:mia", "mia", "/priority T-42 informational")
        assert bot.last("dm:mia").startswith("This needs its reason.")
        await bot.say("dm:mia", "mia", "/priority T-42 informational a question about a report")
        assert bot.last("acme") == (
            "The earlier time stays: 06:00 New York (in 60 min). T-42 is now Potentially impactful in the future."
        )
        page = await bot.page("T-42")
        assert page.ticket.priority is Priority.INFORMATIONAL
        assert await bot.words(page.log[-1].message) == "/priority T-42 informational a question about a report"


# A second matter


async def test_a_second_matter_leaves_the_ticket_with_separate_issue_and_keeps_its_own_moment():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "the weekly report is late")
        await bot.forward(to="2025-03-18T12:20+03:00")
        await bot.say("acme", "acme/ann", "and now nothing is tracked at all")
        await bot.forward(to="2025-03-18T12:25+03:00")
        await bot.press("acme", "acme/ann", "Separate issue")
        assert "Answer guaranteed by 06:20 New York (in 55 min). Mia answers. T-43, High end-user impact." in bot.posts(
            "acme"
        )
        assert await words_of(bot, "T-42") == ["the weekly report is late"]
        assert await words_of(bot, "T-43") == ["and now nothing is tracked at all"]
        assert (await bot.timed("T-42", Metric.RESPONSE)).due_at == bot.moment("2025-03-18T13:00+03:00")


async def test_new_opens_a_ticket_of_its_own_beside_an_open_one():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "the weekly report is late")
        await bot.say("acme", "acme/ann", "/new nothing is tracked at all")
        assert bot.last("acme").endswith("T-43, High end-user impact.")


async def test_an_answer_that_could_be_for_two_tickets_is_asked_about_and_counts_from_when_it_was_written():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "the weekly report is late")
        await bot.say("acme", "acme/ann", "/new nothing is tracked at all")
        await bot.forward(to="2025-03-18T12:10+03:00")
        await bot.say("acme", "mia", "the tracker was restarted")
        assert bot.last("dm:mia") == "Which ticket did 'the tracker was restarted' answer?"
        await bot.forward(to="2025-03-18T12:20+03:00")
        await bot.press("dm:mia", "mia", "T-43")
        assert bot.last("dm:mia") == "Counted for T-43 from the moment it was written."
        [reply] = [event for event in (await bot.page("T-43")).log if event.party is Party.STAFF]
        assert reply.at == bot.moment("2025-03-18T12:10+03:00")


async def test_a_reply_to_a_message_answers_that_ticket_without_a_question():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "the weekly report is late")
        await bot.say("acme", "acme/ann", "/new nothing is tracked at all")
        await bot.say("acme", "mia", "the tracker was restarted", reply_to="x2")
        assert bot.last("dm:mia").endswith("is neither resolution nor ETA. T-43, Acme.")


# Rooms without a promise


async def test_two_clients_side_by_side_never_read_a_word_of_each_other():
    async with bot_in_a_box(NOON, client(), client("bolt")) as bot:
        for key, canary in (("acme", "canary-one"), ("bolt", "canary-two")):
            await bot.say(key, f"{key}/ann", f"{canary} is broken")
            await bot.say(key, "mia", f"{canary}: looking into it")
            await bot.say(key, f"{key}/ann", f"/escalate {canary} must work")
            await bot.say(key, f"{key}/ann", "/status")
            await bot.say(key, f"{key}/ann", "/help")
        await bot.forward(by=timedelta(days=1))
        for key, foreign in (("acme", ("canary-two", "Bolt", "T-43")), ("bolt", ("canary-one", "Acme", "T-42"))):
            read = "\n".join(bot.posts(key))
            assert [word for word in foreign if word in read] == []


async def test_a_foreign_ticket_and_one_that_never_was_are_answered_alike():
    async with bot_in_a_box(NOON, client(), client("bolt")) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("bolt", "bolt/ann", "clicks are missing")
        for verb in ("status", "escalate", "resolve", "reopen", "urgency"):
            for reference in ("T-42", "T-99"):
                await bot.say("bolt", "bolt/ann", f"/{verb} {reference}")
                assert bot.last("bolt") == f"There is no ticket {reference} here; status lists the open ones."
        await bot.say("bolt", "mia", "/eta T-42 15:00")
        assert bot.last("dm:mia") == "There is no ticket T-42 here; status lists the open ones."
        assert (await bot.page("T-42")).ticket.status is Status.OPEN


async def test_no_number_that_is_guessed_ever_hits_a_foreign_ticket():
    async with bot_in_a_box(NOON, client(), client("bolt")) as bot:
        for n in range(5):
            await bot.say("acme", "acme/ann", f"/new postbacks stopped {n}")
        since = len(bot.channel.posts)
        for n in range(30, 60):
            await bot.say("bolt", "bolt/ann", f"/status {n}")
        assert {text.split(" T-")[0] for text in bot.posts("bolt", since)} == {"There is no ticket"}


async def test_a_room_of_nobody_hears_one_neutral_line_and_opens_nothing():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("nowhere", "stranger", "hello, postbacks stopped")
        await bot.say("nowhere", "stranger", "/status T-42")
        assert [(post.room, post.text) for post in bot.channel.posts] == [
            ("nowhere", "This room is not connected to an agreement yet.")
        ]


async def test_without_an_agreement_in_force_the_room_hears_so_and_the_lead_is_told_once_a_day():
    for more in ("end = 2025-03-17", "suspended = 2025-03-18", "start = 2025-04-01"):
        async with bot_in_a_box(NOON, client(more=more)) as bot:
            await bot.say("acme", "acme/ann", "postbacks stopped")
            await bot.say("acme", "acme/ann", "anybody there?")
            assert bot.last("acme") == "No agreement is in force for this room; the team has been told."
            assert bot.posts("dm:lea") == ["Acme wrote, and no agreement is in force: 'postbacks stopped'."]


async def test_a_ticket_of_before_the_suspension_keeps_its_promise():
    async with bot_in_a_box(NOON, client(more="suspended = 2025-03-18T12:30:00+03:00")) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.forward(to="2025-03-18T13:00+03:00")
        assert bot.last("dm:mia").startswith("Breached at 13:00 GMT+3")


async def test_somebody_unlisted_in_a_team_room_is_nobody_there():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        since = len(bot.channel.posts)
        for text in ("/sla", "/tickets", "/resolve T-42", "hello"):
            await bot.say("team:support", "stranger", text)
            await bot.say("team:support", "acme/ann", text)
        assert bot.channel.posts[since:] == []


async def test_a_wait_that_begins_after_the_window_is_over_has_nothing_left_and_is_told_all_the_same():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.forward(to="2025-03-18T13:20+03:00")
        await bot.press("dm:mia", "mia", "Ask for details")
        await bot.press("dm:mia", "mia", "As I wrote")
        assert bot.last("acme") == "The clock waits for your details; 0 min of the window remains. T-42."


async def test_a_bare_word_is_a_command_where_it_is_his_to_say_and_a_message_where_not() -> None:
    async with bot_in_a_box("2026-11-20T15:00+03:00") as bot:
        await bot.say("acme", "acme/ann", "take", bare_commands=True)
        assert bot.last("acme").startswith("Answer guaranteed by 08:00 New York")
        await bot.say("acme", "acme/ann", "status", bare_commands=True)
        assert "T-42" in bot.last("acme") and "due 08:00 New York" in bot.last("acme")


async def test_a_command_that_a_closed_ticket_does_not_take_says_since_when_it_is_resolved():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("acme", "mia", "looking into it")
        await bot.say("dm:mia", "mia", "/resolve T-42")
        await bot.forward(by=timedelta(hours=1))
        for text in (
            "take T-42",
            "/eta T-42 16:00",
            "/hold T-42 client",
            "resume T-42",
            "answered T-42",
            "resolve T-42",
        ):
            await bot.say("dm:mia", "mia", text)
            assert bot.last("dm:mia") == "T-42 is resolved since 12:00 GMT+3; reopen T-42 opens it again."
        await bot.say("acme", "acme/ann", "/escalate T-42")
        assert bot.last("acme") == "T-42 is resolved since 05:00 New York; reopen T-42 opens it again."


async def test_a_misspelt_command_suggests_only_what_the_asker_may_say() -> None:
    async with bot_in_a_box("2026-11-20T15:00+03:00") as bot:
        await bot.say("acme", "acme/ann", "/slaa")
        assert bot.last("acme").startswith("There is no command 'slaa'.") and "sla." not in bot.last("acme")


async def test_where_no_command_is_near_none_is_suggested_and_help_is_named() -> None:
    async with bot_in_a_box("2026-11-20T15:00+03:00") as bot:
        await bot.say("acme", "acme/ann", "/frobnicate")
        assert bot.last("acme") == "There is no command 'frobnicate'. help lists what works here."


async def test_a_ticket_that_staff_opens_again_is_not_put_on_the_client() -> None:
    async with bot_in_a_box("2026-11-20T15:00+03:00") as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("dm:mia", "mia", "/resolve T-42")
        await bot.say("team:support", "tom", "/reopen T-42 the fix failed")
        assert bot.last("dm:mia") == "Tom opened T-42 again: 'the fix failed'."
        await bot.say("dm:mia", "mia", "/resolve T-42")
        told = len(bot.posts("dm:mia"))
        await bot.say("dm:mia", "mia", "/reopen T-42")
        assert all("again" not in text for text in bot.posts("dm:mia")[told:])


async def test_the_manager_hears_that_the_client_calls_it_resolved() -> None:
    async with bot_in_a_box("2026-11-20T15:00+03:00") as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("acme", "acme/ann", "/resolve")
        assert bot.last("dm:mia") == "Acme says that T-42 is resolved."


async def test_an_opening_again_promises_no_time_that_the_agreement_does_not() -> None:
    async with bot_in_a_box("2026-11-20T15:00+03:00") as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("dm:mia", "mia", "/resolve T-42")
        await bot.say("acme", "acme/ann", "/reopen it happens again")
        assert bot.last("acme") == "T-42 is open again; Mia answers."


async def test_what_a_whole_room_must_see_is_shown_beside_its_thread():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped", thread="t")
        await bot.say("dm:mia", "mia", "/eta T-42 15:00")
        await bot.say("dm:mia", "mia", "/eta T-42 16:00 the vendor is slow")
        await bot.say("acme", "acme/ann", "/escalate")
        await bot.forward(by=timedelta(hours=6))
        shown = {post.text: post.broadcast for post in bot.channel.posts if post.room == "acme"}
        loud = [text for text, is_loud in shown.items() if is_loud]
        assert any("16:00" in text or "the vendor is slow" in text for text in loud)
        assert any("level" in text for text in loud) and any("passed" in text for text in loud)
        assert not next(iter(shown.values())), "a receipt is for those in the thread"
        assert not any(post.broadcast for post in bot.channel.posts if post.room == "dm:mia")
