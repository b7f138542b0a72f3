"""Who may say what where, as it reaches the core: the platform's user id and the room decide, never the words."""

from datetime import timedelta

import pytest
from harness import STAFF, bot_in_a_box, client

from bot.channels.base import InboundKind
from bot.sla.clock import State
from bot.sla.policy import Metric
from bot.tickets import Status

NOON = "2025-03-18T12:00+03:00"

PLACES = {
    "contact": ("acme", "acme/ann"),
    "colleague": ("acme", "acme/bob"),  # unlisted, in the client's room
    "manager.C": ("acme", "mia"),
    "manager.D": ("dm:mia", "mia"),
    "technician.T": ("team:support", "tom"),
    "lead.T": ("team:support", "lea"),
    "contact.T": ("team:support", "acme/ann"),
    "stranger.T": ("team:support", "nobody"),
    "stranger.u": ("nowhere", "nobody"),
}

# yes: it acts or answers; no: "not yours"; inside: "a client reads here"; -: nothing at all; line: the neutral line.
RIGHTS = """
command                      contact colleague manager.C manager.D technician.T lead.T contact.T stranger.T stranger.u
/status                      yes     yes       yes       yes       yes          yes    -         -          line
/escalate_T-42               yes     yes       yes       yes       yes          yes    -         -          line
/resolve_T-42                yes     yes       yes       yes       yes          yes    -         -          line
/urgency_T-42_high           yes     yes       no        no        no           no     -         -          line
/new_clicks_are_missing      yes     yes       no        no        no           no     -         -          line
/take_T-42                   no      no        yes       yes       yes          yes    -         -          line
/eta_T-42_2h                 no      no        yes       yes       yes          yes    -         -          line
/hold_T-42_client            no      no        yes       yes       yes          yes    -         -          line
/priority_T-42_high_it_is    no      no        yes       yes       yes          yes    -         -          line
/assign_T-42_ben             no      no        yes       yes       yes          yes    -         -          line
/tickets                     no      no        yes       yes       yes          yes    -         -          line
/note_T-42_a_full_disk       no      no        inside    yes       yes          yes    -         -          line
/sla                         no      no        inside    no        yes          yes    -         -          line
/confirm_T-42                yes     yes       no        no        no           no     -         -          line
"""
COLUMNS = RIGHTS.split("\n")[1].split()[1:]
ROWS = [line.split() for line in RIGHTS.strip().split("\n")[1:]]


def verdict(texts):
    if not texts:
        return "-"
    for words, name in (("not yours", "no"), ("A client reads here", "inside"), ("not connected", "line")):
        if any(words in text for text in texts):
            return name
    return "yes"


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
async def test_the_right_to_a_command_depends_on_who_says_it_where(row):
    command = row[0].replace("_", " ")
    found = []
    for column in COLUMNS:
        async with bot_in_a_box(NOON) as bot:
            await bot.say("acme", "acme/ann", "postbacks stopped")
            since = len(bot.channel.posts)
            room, sender = PLACES[column]
            await bot.say(room, sender, command)
            found.append(verdict([post.text for post in bot.channel.posts[since:]]))
    assert found == row[1:]


async def test_what_staff_may_not_say_before_a_client_is_answered_in_private():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        since = len(bot.channel.posts)
        for command in ("/note T-42 the client is angry", "/sla", "/tickets", "/eta soon"):
            await bot.say("acme", "mia", command)
        assert bot.posts("acme", since) == []
        assert len(bot.posts("dm:mia", since)) == 4


async def test_a_name_gives_no_rights():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("acme", "u-4711", "/take", sender_name="Mia")
        assert bot.last("acme") == "This is not yours to do here; help lists what is."


async def test_a_forwarded_or_anonymous_command_of_the_lead_is_nobodys():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        since = len(bot.channel.posts)
        await bot.say("team:support", "lea", "/resolve T-42", automatic=True)
        await bot.say("acme", "lea", "/resolve T-42", automatic=True)
        assert bot.channel.posts[since:] == []
        assert (await bot.page("T-42")).ticket.status is Status.OPEN


async def test_an_edited_command_runs_nothing():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        since = len(bot.channel.posts)
        await bot.say("acme", "acme/ann", "/escalate", message_id="x1", edit_seq=1, kind=InboundKind.EDIT)
        await bot.say("acme", "acme/ann", "postbacks stopped, all", message_id="x1", edit_seq=2, kind=InboundKind.EDIT)
        assert bot.channel.posts[since:] == []
        assert (await bot.page("T-42")).standing.escalation == 0
        assert (await bot.read(lambda tx: tx.inbox.counts())).waiting == 0


# Buttons


async def test_a_button_pressed_by_somebody_else_is_checked_at_the_press():
    """Mia presses the client's urgency, a bot presses Tom's page, a stranger presses in the team's room."""
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.forward(to="2025-03-18T12:48+03:00")
        refused = "This is not yours to do here; help lists what is."
        assert (await bot.press("acme", "acme/bob", "Separate issue")).notice is not None
        assert (await bot.press("acme", "mia", "Service down")).notice == refused
        action = bot.button("dm:tom", "Take it")
        for sender, automatic in (("nobody", False), ("tom", True)):
            receipt = await bot.say("dm:tom", sender, "", kind=InboundKind.PRESS, action=action, automatic=automatic)
            assert receipt.notice == refused
        assert (await bot.page("T-42")).standing.owner is None


async def test_a_button_works_only_in_the_room_where_it_was_posted():
    async with bot_in_a_box(NOON, client(), client("bolt")) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("bolt", "bolt/ann", "clicks are missing")
        action = bot.button("acme", "Service down")
        stale = "This button is out of date; status shows what is true now."
        for room, sender in (("bolt", "bolt/ann"), ("dm:mia", "mia"), ("team:support", "lea")):
            assert (await bot.say(room, sender, "", kind=InboundKind.PRESS, action=action)).notice == stale
        for made_up in ("a9999", "", "/resolve T-42"):
            assert (await bot.say("acme", "acme/ann", "", kind=InboundKind.PRESS, action=made_up)).notice == stale
        assert (await bot.timed("T-42", Metric.RESPONSE)).reclassified is False


async def test_an_old_button_of_a_closed_ticket_changes_nothing_and_says_so():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.forward(to="2025-03-18T12:30+03:00")
        await bot.say("dm:mia", "mia", "/resolve T-42")
        length = len((await bot.page("T-42")).log)
        for label in ("Take it", "ETA in 1 h", "Other ETA", "Ask for details", "Hand over", "Escalate", "Resolved"):
            said = (await bot.press("dm:mia", "mia", label)).notice
            assert said == "T-42 is resolved since 12:30 GMT+3; reopen T-42 opens it again."
        said = (await bot.press("acme", "acme/ann", "Service down")).notice
        assert said == "T-42 is resolved since 05:30 New York; reopen T-42 opens it again."
        assert len((await bot.page("T-42")).log) == length


async def test_a_double_click_acts_once():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.forward(to="2025-03-18T12:30+03:00")
        await bot.press("dm:mia", "mia", "Take it")
        assert (await bot.press("dm:mia", "mia", "Take it")).notice == "Already so: T-42."
        assert bot.posts("acme").count("Mia has T-42.") == 1


# People who come and go


async def test_who_is_taken_off_the_roster_may_do_nothing_from_that_moment():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.forward(to="2025-03-18T12:48+03:00")
        await bot.apply_roster(without(STAFF, "tom") + client())
        since = len(bot.channel.posts)
        for text in ("/take T-42", "/resolve T-42", "/tickets"):
            await bot.say("dm:tom", "tom", text)
            await bot.say("team:support", "tom", text)
        receipt = await bot.press("dm:tom", "tom", "Take it")
        assert receipt.notice == "This button is out of date; status shows what is true now.", "his chat is closed"
        # His own chat is a stranger's now, with the one line of such a room.
        assert [post.text for post in bot.channel.posts[since:]] == ["This room is not connected to an agreement yet."]
        assert (await bot.page("T-42")).ticket.status is Status.OPEN


async def test_the_level_of_somebody_who_left_is_called_at_the_next_one():
    async with bot_in_a_box(NOON) as bot:
        await bot.apply_roster(without(STAFF, "tom") + client())
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.forward(to="2025-03-18T12:48+03:00")
        assert bot.last("dm:sue").startswith("Level 1, due 13:00 GMT+3 (in 12 min): Acme.")
        assert bot.last("acme") == "Sue (level 1) is called in now. T-42."


async def test_a_contact_of_another_client_is_a_guest_without_reach_into_his_own_tickets():
    async with bot_in_a_box(NOON, client(), client("bolt")) as bot:
        await bot.say("bolt", "bolt/ann", "clicks are missing")
        await bot.say("acme", "bolt/ann", "/status T-42")
        assert bot.last("acme") == "There is no ticket T-42 here; status lists the open ones."


async def test_who_says_answer_is_staff_only_if_the_roster_says_so():
    """The clock of 002 stops at any human reply of ours, and at nobody else's."""
    async with bot_in_a_box(NOON, client(agreement="tactful", plan="standard")) as bot:
        await bot.say("acme", "acme/ann", "the chatbot is silent")
        await bot.forward(by=timedelta(minutes=1))
        await bot.say("acme", "acme/bob", "we are looking into it", sender_name="Support")
        assert (await bot.timed("T-42", Metric.RESPONSE)).state is State.RUNNING
        await bot.say("acme", "tom", "we are looking into it")
        assert (await bot.timed("T-42", Metric.RESPONSE)).state is State.STOPPED


def without(roster: str, key: str) -> str:
    """The roster's text less one member of staff."""
    tables = roster.split("[[staff]]")
    return "[[staff]]".join(table for table in tables if f'id = "{key}"' not in table)


async def test_a_reply_that_does_not_exist_is_no_poison():
    async with bot_in_a_box("2026-11-20T15:00+03:00") as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        for number in ("99999", "9" * 15, "9" * 40):
            await bot.say("dm:mia", "mia", f"/meant T-42 {number}")
            assert bot.last("dm:mia")
        assert await bot.read(lambda tx: tx.inbox.counts().waiting) == 0
