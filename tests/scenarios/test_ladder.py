"""The ladder in the words of those who stand on it: called again, passed on, taken up, given back, each once."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from datetime import timedelta

import pytest
from harness import CATALOG, bot_in_a_box, client

from bot.channels.base import InboundKind
from bot.sla.log import EventKind
from bot.sla.policy_file import load_file

NOON = "2025-03-18T12:00+03:00"
OFFICE = "Etc/GMT-3"

TIM = """
[[staff]]
id = "tim"
name = "Tim"
role = "technician"
zone = "Etc/GMT-3"
identities = { fake = "tim" }
"""


async def levels(bot, reference="T-42"):
    """Every level called on a ticket, in order, with whom it called and who asked for it."""
    log = (await bot.page(reference)).log
    names = {p.id: p.name for p in await bot.read(lambda tx: [tx.people.person(i) for i in called(log)])}
    return [
        (e.data["level"], names[e.data["called"]], e.data.get("by", "passed on"))
        for e in log
        if e.kind in (EventKind.ESCALATED, EventKind.PASSED_ON)
    ]


def called(log):
    return {e.data["called"] for e in log if "called" in e.data}


async def test_nobody_takes_it_up_so_each_is_called_twice_then_the_next_then_the_next_level():
    async with bot_in_a_box(NOON, client(), TIM) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("dm:mia", "mia", "/eta T-42 18:00")
        since = len(bot.channel.posts)
        await bot.say("acme", "acme/ann", "/escalate we lose money")
        await bot.forward(to="2025-03-18T17:00+03:00")
        told = [line for line in bot.diary(OFFICE)[since:] if "evel" in line and " mia:" not in line]
        assert [line.partition(",")[0] for line in told if " acme:" not in line] == [
            "Tue 12:00 tom: Level 1",
            "Tue 12:30 tom: Level 1",
            "Tue 13:00 tim: Level 1",
            "Tue 13:30 tim: Level 1",
            "Tue 14:00 sue: Level 2",
            "Tue 14:30 sue: Level 2",
            "Tue 15:00 lea: Level 3",
            "Tue 15:30 lea: Level 3",
            "Tue 16:00 lea: T-42: nobody at level 3",
        ]
        assert [line for line in told if " acme:" in line] == [
            "Tue 12:00 acme: Tom (level 1) is called in now. T-42.",
            "Tue 13:00 acme: Tim (level 1) is called in now. T-42.",
            "Tue 14:00 acme: Sue (level 2) is called in now. T-42.",
            "Tue 15:00 acme: Lea (level 3) is called in now. T-42.",
        ]
        assert await levels(bot) == [
            (1, "Tom", "client"),
            (1, "Tim", "passed on"),
            (2, "Sue", "client"),
            (3, "Lea", "client"),
        ]
        await bot.forward(by=timedelta(days=3))
        assert len(await levels(bot)) == 4


@pytest.mark.parametrize("act", ["I have it", "/take T-42", "/note T-42 looking", "/hold T-42 third party Stripe"])
async def test_whoever_does_anything_about_it_has_taken_it_up(act):
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("acme", "acme/ann", "/escalate")
        if act.startswith("/"):
            await bot.say("dm:tom", "tom", act)
        else:
            await bot.press("dm:tom", "tom", act)
        await bot.forward(to="2025-03-18T12:47+03:00")
        assert [text for text in bot.posts("dm:tom") if text.startswith("Level 1")] == [bot.posts("dm:tom")[0]]
        assert bot.posts("dm:sue") == []
        assert (await bot.page("T-42")).standing.escalation_acknowledged == 1


async def test_the_word_of_somebody_else_takes_nothing_up():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("acme", "acme/ann", "/escalate")
        await bot.say("acme", "mia", "we are on it")
        assert (await bot.page("T-42")).standing.escalation_acknowledged == 0
        await bot.forward(to="2025-03-18T12:30+03:00")
        assert len(bot.posts("dm:tom")) == 2


async def test_a_level_that_the_timer_called_is_left_alone_once_the_clock_is_answered():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.forward(to="2025-03-18T12:50+03:00")
        assert len(bot.posts("dm:tom")) == 1
        await bot.say("dm:mia", "mia", "/eta T-42 18:00")
        await bot.forward(to="2025-03-18T17:00+03:00")
        assert len(bot.posts("dm:tom")) == 1
        assert bot.posts("dm:sue") == []


async def test_a_level_called_higher_up_leaves_the_one_below_alone_and_is_given_its_own_time():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.forward(to="2025-03-18T13:29+03:00")  # level 1 at 12:48, level 2 at 13:00
        assert len(bot.posts("dm:tom")) == len(bot.posts("dm:sue")) == 1
        turns = await bot.read(lambda tx: tx.connection.execute("SELECT state FROM follow_up ORDER BY id").fetchall())
        assert [row["state"] for row in turns] == ["dropped", "open"]


async def test_a_call_that_nobody_follows_up_any_more_keeps_nobody_from_the_next_level():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.forward(to="2025-03-18T12:50+03:00")
        await bot.say("dm:mia", "mia", "/eta T-42 18:00")
        await bot.say("acme", "acme/ann", "/escalate that is too late")
        assert bot.last("acme") == "Sue (level 2) is called in now. T-42."


async def test_a_level_waits_while_the_clock_that_called_it_is_held():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.forward(to="2025-03-18T12:50+03:00")
        await bot.say("dm:mia", "mia", "/hold T-42 third party Stripe")
        await bot.forward(to="2025-03-18T14:00+03:00")
        assert len(bot.posts("dm:tom")) == 1
        await bot.say("dm:mia", "mia", "/resume T-42")
        await bot.forward(to="2025-03-18T15:00+03:00")
        assert bot.posts("dm:sue")[0].startswith("Level 2")


async def test_two_people_press_one_button_at_the_same_instant_and_one_level_is_called():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("acme", "acme/ann", "/status")
        action = bot.button("acme", "Escalate")
        presses = [
            bot.receive(bot.inbound("acme", who, "", kind=InboundKind.PRESS, action=action))
            for who in ("acme/ann", "acme/bob", "mia")
        ]
        await asyncio.gather(*presses)
        await bot.deliver()
        assert await levels(bot) == [(1, "Tom", "client")]


async def test_an_old_button_calls_nobody_once_another_level_is_reached():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("acme", "acme/ann", "/status")
        action = bot.button("acme", "Escalate")
        await bot.say("acme", "acme/ann", "/escalate")
        await bot.press("dm:tom", "tom", "I have it")
        await bot.forward(by=timedelta(minutes=31))
        told = await bot.say("acme", "acme/ann", "", kind=InboundKind.PRESS, action=action)
        assert told.notice == "Tom (level 1) already has T-42."
        assert len(await levels(bot)) == 1
        await bot.say("acme", "acme/ann", "/status")
        await bot.press("acme", "acme/ann", "Escalate")
        assert [level for level, *_ in await levels(bot)] == [1, 2]


async def test_who_asks_again_is_told_who_was_called_and_when_again():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("acme", "acme/ann", "/escalate")
        await bot.say("acme", "acme/ann", "/escalate")
        assert bot.last("acme") == (
            "Tom (level 1) is called in for T-42, and again at 05:30 New York unless it is taken up before."
        )


async def test_the_client_reads_in_the_status_which_level_it_is_and_who_has_it():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("acme", "acme/ann", "/escalate")
        await bot.say("acme", "acme/ann", "/status")
        assert "Tom (level 1) was called in at 05:00 New York." in bot.last("acme")
        await bot.forward(by=timedelta(minutes=5))
        await bot.press("dm:tom", "tom", "I have it")
        await bot.say("acme", "acme/ann", "/status")
        assert "Tom (level 1) has it since 05:05 New York." in bot.last("acme")


async def test_a_level_gives_the_ticket_back_with_a_reason_and_the_record_says_so():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("acme", "acme/ann", "/escalate")
        await bot.press("dm:tom", "tom", "I have it")
        await bot.say("dm:tom", "tom", "/deescalate T-42")
        assert bot.last("dm:tom").startswith("This needs its reason.")
        await bot.say("dm:tom", "tom", "/deescalate T-42 the cause is found")
        assert bot.last("acme") == "Next word by 06:00 New York (in 60 min). Mia has T-42 again."
        assert bot.last("dm:mia") == "T-42 (Acme) is back with Mia from level 1; Tom: the cause is found."
        assert bot.last("dm:tom") == "Acme is told that Mia has T-42 again."
        await bot.say("dm:tom", "tom", "/deescalate T-42 twice")
        assert bot.last("dm:tom") == "T-42 is at no level; Mia has it."
        await bot.say("team:support", "lea", "/sla why T-42")
        assert bot.last("team:support").endswith(
            "Level 1, 12:00 GMT+3: Tom called in, the client asks for it.\n"
            "Level 1, 12:00 GMT+3: Tom has it.\n"
            "Level 1, 12:00 GMT+3: given back by Tom: the cause is found."
        )


async def test_after_giving_it_back_the_first_level_can_be_called_anew():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("acme", "acme/ann", "/escalate")
        await bot.say("dm:tom", "tom", "/deescalate T-42 the cause is found")
        await bot.say("acme", "acme/ann", "/escalate it is not")
        assert [level for level, *_ in await levels(bot)] == [1, 1]
        assert len(bot.posts("dm:tom")) == 3  # called, told that the client knows, called


async def test_a_nudge_names_only_those_who_were_called_since_it_was_given_back():
    async with bot_in_a_box(NOON) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("dm:mia", "mia", "/escalate T-42 it hurts")
        await bot.say("dm:tom", "tom", "/deescalate T-42 the cause is found")
        await bot.say("dm:tom", "tom", "/away today")
        await bot.say("acme", "acme/ann", "/escalate it is not")
        await bot.forward(to="2025-03-18T12:30+03:00")
        assert bot.last("dm:mia").endswith("Told already: Sue (level 1).")


OWN_HOURS = """
id = "own-hours"
name = "Own hours"
version = "1"
extends = "redtrack-premium"

[[ladder.rungs]]
level = 1
at = "objective"
role = "technician"
name = "Night desk"
acknowledge_within = "10m"
repeat = 0
hours = { tue = "22:00-24:00" }

[[ladder.rungs]]
level = 2
at = "due"
role = "supervisor"
name = "Supervisor"
"""


async def test_outside_its_own_hours_a_level_calls_the_people_of_the_next(tmp_path):
    (tmp_path / "own.toml").write_text(OWN_HOURS)
    catalog = load_file(tmp_path / "own.toml")
    assert catalog.entries.keys() > CATALOG.entries.keys()
    async with bot_in_a_box(NOON, client(agreement="own-hours"), catalog=catalog) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("acme", "acme/ann", "/escalate")
        assert bot.last("acme") == "Sue (level 1) is called in now. T-42."
        await bot.forward(by=timedelta(minutes=10))
        assert [level for level, *_ in await levels(bot)] == [1, 2]  # repeat = 0: not called again


ON_CALL = """
[[oncall]]
id = "nights"
people = ["ben"]
hand_over = "09:00"
every = "1d"
starts = 2025-01-01
zone = "Etc/GMT-3"
"""


async def test_outside_its_own_hours_a_level_calls_whoever_is_on_call(tmp_path):
    (tmp_path / "own.toml").write_text(OWN_HOURS)
    catalog = load_file(tmp_path / "own.toml")
    async with bot_in_a_box(NOON, client(agreement="own-hours"), ON_CALL, catalog=catalog) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("acme", "acme/ann", "/escalate")
        assert bot.last("acme") == "Ben (level 1) is called in now. T-42."


ACTS = (
    ("acme", "acme/ann", "/escalate"),
    ("acme", "acme/ann", "still broken"),
    ("acme", "mia", "looking into it"),
    ("dm:mia", "mia", "/eta T-42 2h later than thought"),
    ("dm:mia", "mia", "/hold T-42 client logs"),
    ("dm:mia", "mia", "/resume T-42"),
    ("dm:tom", "tom", "/acknowledge T-42"),
    ("dm:sue", "sue", "/take T-42"),
    ("dm:tom", "tom", "/deescalate T-42 found"),
    ("dm:mia", "mia", "/resolve T-42"),
    ("acme", "acme/ann", "/reopen T-42 again"),
)


@pytest.mark.parametrize("seed", range(12))
async def test_whatever_happens_no_level_is_called_twice_and_none_is_left_unanswered(seed):
    """Between one giving back or reopening and the next, each level once and rising; and a call that nobody took up
    was passed on, or nobody waits for it any more.
    """
    chance = random.Random(seed)
    async with bot_in_a_box(NOON, client(), TIM) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        for _ in range(14):
            room, sender, text = chance.choice(ACTS)
            await bot.say(room, sender, text)
            await bot.forward(by=timedelta(minutes=chance.choice((1, 10, 40, 200))))
        await bot.forward(by=timedelta(days=5))
        page = await bot.page("T-42")
        reached, once = 0, set()
        for event in page.log:
            if event.kind in (EventKind.DEESCALATED, EventKind.REOPENED):
                reached, once = 0, set()
            elif event.kind is EventKind.ESCALATED:
                assert event.data["level"] > reached
                reached, once = event.data["level"], {event.data["called"]}
            elif event.kind is EventKind.PASSED_ON:
                assert event.data["called"] not in once
                once.add(event.data["called"])
        standing = page.standing
        if page.ticket.is_open and standing.called and standing.called.acknowledged_at is None:
            by_clock = standing.called.about
            live = {(c.metric.value, c.cycle) for c in page.clocks if c.is_live}
            assert standing.escalation == 3 or (by_clock and by_clock not in live) or _is_held(page, by_clock)
        assert await bot.read(lambda tx: [row.n for row in tx.follow_ups.due(bot.clock.now)]) == []


def _is_held(page, about):
    return any((c.metric.value, c.cycle) == about and c.held_since for c in page.clocks)


async def test_a_restart_between_two_calls_loses_none_and_repeats_none(tmp_path):
    path = tmp_path / "pledge.db"
    async with bot_in_a_box(NOON, path=path) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("acme", "acme/ann", "/escalate")
    async with bot_in_a_box("2025-03-18T12:45+03:00", path=path) as bot:
        await bot.settle()
        await bot.settle()
        assert [text[:7] for text in bot.posts("dm:tom")] == ["Level 1"]
        await bot.forward(to="2025-03-18T14:00+03:00")
        assert Counter(level for level, *_ in await levels(bot)) == {1: 1, 2: 1, 3: 1}


async def test_a_client_reads_who_has_been_called_until_somebody_has_taken_it_up_and_never_one_who_is_away():
    async with bot_in_a_box("2025-03-12T11:00+03:00", client()) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.forward(to="2025-03-12T12:31+03:00")
        assert "Sue has been called" in bot.last("acme")
        assert not any("Sue has it" in text for text in bot.posts("acme"))
        await bot.forward(to="2025-03-12T13:01+03:00")
        await bot.press("dm:lea", "lea", "I have it")
        await bot.forward(to="2025-03-12T14:01+03:00")
        assert "Lea has it" in bot.last("acme")
        await bot.say("dm:lea", "lea", "/away until Monday")
        await bot.forward(to="2025-03-12T16:01+03:00")
        assert "Mia has it" in bot.last("acme")


async def test_nobody_has_it_where_whoever_was_called_is_away_and_has_not_taken_it_up():
    async with bot_in_a_box("2025-03-12T11:00+03:00", client()) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.forward(to="2025-03-12T12:20+03:00")
        await bot.say("dm:sue", "sue", "/away until Friday sick")
        since = len(bot.channel.posts)
        await bot.forward(to="2025-03-12T12:31+03:00")
        [told] = [text for text in bot.posts("acme", since) if "missed" in text]
        assert not any(name in told for name in ("Mia", "Sue"))
        await bot.forward(to="2025-03-12T19:00+03:00")
        assert not any("has it" in text for text in bot.posts("acme"))


async def test_whoever_was_called_last_is_called_in_already_and_does_not_have_it():
    async with bot_in_a_box("2025-03-12T11:00+03:00", client()) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.forward(to="2025-03-12T19:00+03:00")
        assert any("nobody at level 3, the last one, has acknowledged" in text for text in bot.posts("dm:lea"))
        assert not any("Lea has it" in text for text in bot.posts("acme"))
        await bot.say("acme", "acme/ann", "/escalate T-42 hello")
        assert bot.last("acme") == "Lea (level 3) is already called in for T-42."


async def test_a_client_waits_with_the_next_level_while_the_last_one_may_still_act_and_staff_does_not():
    """Tom has half an hour from half past eleven on; the client can call the next level at noon."""
    async with bot_in_a_box("2025-03-12T11:00+03:00", client()) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("acme", "acme/ann", "/escalate T-42 we lose money")
        await bot.forward(by=timedelta(seconds=20))
        await bot.press("dm:tom", "tom", "I have it")
        await bot.say("acme", "acme/ann", "/escalate T-42 now")
        assert "The next level can be called from" in bot.last("acme")
        assert (await bot.page("T-42")).standing.escalation == 1
        await bot.say("dm:mia", "mia", "/escalate T-42 they lose money")
        assert (await bot.page("T-42")).standing.escalation == 2


async def test_no_call_is_announced_for_a_moment_that_has_come():
    """The bot was away when Tom was to be called again; the client asks before the watch has had its turn."""
    async with bot_in_a_box("2025-03-12T11:00+03:00", client()) as bot:
        await bot.say("acme", "acme/ann", "postbacks stopped")
        await bot.say("acme", "acme/ann", "/escalate T-42 we lose money")
        turn = await bot.read(lambda tx: tx.follow_ups.next_at())
        bot.clock.now = turn
        await bot.say("acme", "acme/ann", "/escalate T-42 again")
        assert "Tom (level 1) is already called in for T-42." in bot.posts("acme")
