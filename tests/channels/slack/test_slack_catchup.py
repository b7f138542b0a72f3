"""Catching up: what proves that nothing was lost, and what is read from the rooms' history where nothing does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from aiohttp import ClientConnectionError
from channels.slack.slack_api import Trouble
from channels.slack.slack_box import Beats, SlackBot, listening, make_channel, slack_box
from channels.slack.test_slack_http import EVENT, NOW, Door
from slack_sdk.errors import SlackApiError

from bot.channels.base import InboundKind, NewsKind, Unavailable
from bot.channels.slack.catchup import GAP, CatchUp
from bot.channels.slack.words import stamp
from bot.now import Times

SAID = "postbacks stopped arriving since 9am"
AGAIN = timedelta(seconds=20)


class History:
    """Rooms' histories, newest first, in pages of `page`."""

    def __init__(self, rooms: dict[str, list[dict[str, Any]]], threads: dict[str, list[dict[str, Any]]]) -> None:
        self.rooms, self.threads = rooms, threads
        self.page = 2
        self.refused: dict[str, str | Exception] = {}
        self.archived: set[str] = set()
        self.asked: list[dict[str, Any]] = []

    async def ask(self, method: str, **given: Any) -> dict[str, Any]:
        self.asked.append({"method": method, **given})
        if method == "conversations.info":
            return {"channel": {"is_member": True, "is_archived": given["channel"] in self.archived}}
        if (why := self.refused.get(given["channel"])) is not None:
            raise why if isinstance(why, Exception) else SlackApiError("no", _Said(200, {"ok": False, "error": why}))
        found = self.threads[given["ts"]] if method == "conversations.replies" else self.rooms[given["channel"]]
        inside = [each for each in found if given["oldest"] < each["ts"] <= given.get("latest", "9")]
        start = int(given["cursor"] or 0)
        end = start + self.page
        cursor = str(end) if end < len(inside) else ""
        return {"messages": inside[start:end], "response_metadata": {"next_cursor": cursor}}


@dataclass
class _Said:
    """An answer of Slack."""

    status_code: int
    data: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Pulse:
    at: datetime | None = None

    async def last(self) -> datetime | None:
        return self.at

    async def beat(self, at: datetime) -> None:
        self.at = at


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def times(self) -> Times:
        return Times(lambda: self.now, lambda: self.now, lambda: 1.0)


def said(minutes: float, text: str, **more: Any) -> dict[str, Any]:
    return {"type": "message", "user": "U1", "team": "T1", "ts": ts(minutes), "text": text, **more}


def ts(minutes: float) -> str:
    return stamp(NOW + timedelta(minutes=minutes))


def catching_up(
    door: Door,
    history: History,
    pulse: Pulse,
    clock: Clock,
    connected: list[bool] | None = None,
    *,
    lost: Sequence[str] = (),
    threads: Sequence[str] = (),
    closed: Sequence[str] = (),
) -> CatchUp:
    async def rooms() -> Sequence[str]:
        return [*history.rooms, "T1/U1"]

    async def lost_rooms() -> Mapping[str, str]:
        return dict.fromkeys(lost, "restricted_action")

    async def threads_of(room: str) -> tuple[Sequence[str], Sequence[str]]:
        return threads, closed

    is_connected = None if connected is None else lambda: connected[0]
    return CatchUp(history, door.intake, rooms, pulse, clock.times(), is_connected, threads=threads_of, lost=lost_rooms)


async def test_at_the_start_everything_since_the_last_beat_is_read_in_order() -> None:
    door, clock = Door(), Clock()
    rooms = {"C1": [said(-n, f"m{n}") for n in range(1, 6)] + [said(-30, "before")], "C2": []}
    await catching_up(door, History(rooms, {}), Pulse(NOW - timedelta(minutes=10)), clock).turn()
    assert [each.text for each in door.core.taken] == ["m5", "m4", "m3", "m2", "m1"]
    assert {each.room for each in door.core.taken} == {"C1"}


async def test_answers_in_older_threads_are_found() -> None:
    door = Door()
    root = said(-60 * 24, "old", thread_ts=ts(-60 * 24), latest_reply=ts(-1))
    answer = said(-1, "and this", thread_ts=root["ts"])
    history = History({"C1": [root]}, {root["ts"]: [root, said(-60, "known", thread_ts=root["ts"]), answer]})
    await catching_up(door, history, Pulse(NOW - timedelta(minutes=10)), Clock()).turn()
    assert [(each.text, each.thread) for each in door.core.taken] == [("and this", root["ts"])]


async def test_a_thread_that_history_does_not_give_back_whole_is_a_gap() -> None:
    door = Door()
    root = said(-60, "old", thread_ts=ts(-60), latest_reply=ts(-1))
    answers = [said(-5 + n / 100, f"m{n}", thread_ts=root["ts"]) for n in range(60)]
    history = History({"C1": [root]}, {root["ts"]: [root, *answers]})
    await catching_up(door, history, Pulse(NOW - timedelta(minutes=10)), Clock()).turn()
    assert door.core.taken[0].text == "m0" and door.core.taken[-1].kind is InboundKind.GAP


async def test_of_what_was_said_before_the_gap_three_pages_are_read_for_their_threads() -> None:
    door = Door()
    history = History({"C1": [said(-60 * n, f"m{n}") for n in range(1, 90)]}, {})
    await catching_up(door, history, Pulse(NOW - timedelta(minutes=10)), Clock()).turn()
    assert door.core.taken == []
    assert len(history.asked) == 1 + 3


async def test_a_first_start_reads_nothing_and_remembers_the_moment() -> None:
    door, pulse, history = Door(), Pulse(), History({"C1": [said(-1, "x")]}, {})
    await catching_up(door, history, pulse, Clock()).turn()
    assert history.asked == [] and pulse.at == NOW


async def test_as_long_as_something_comes_in_nothing_is_read() -> None:
    door, clock, pulse, history = Door(), Clock(), Pulse(), History({"C1": []}, {})
    catch_up = catching_up(door, history, pulse, clock)
    await catch_up.turn()
    for _ in range(5):
        clock.now += timedelta(minutes=5)
        catch_up.heard()
        await catch_up.turn()
    assert history.asked == [] and pulse.at == clock.now


async def test_after_a_gap_what_comes_in_does_not_hide_what_did_not() -> None:
    door, clock, history = Door(), Clock(), History({"C1": [said(3, "lost")]}, {})
    catch_up = catching_up(door, history, Pulse(), clock)
    await catch_up.turn()
    clock.now += GAP
    catch_up.heard()
    await catch_up.turn()
    assert [each.text for each in door.core.taken] == ["lost"]


async def test_lives_too_short_for_a_look_do_not_hide_what_was_said_before_them() -> None:
    """Each connects, hears something and dies before it has read a room; the last one reads from the first gap on."""
    door, clock, pulse, up = Door(), Clock(), Pulse(NOW), [False]
    history = History({"C1": [said(0.5, "lost")]}, {})
    for _ in range(5):
        clock.now += timedelta(minutes=1)
        life = catching_up(door, history, pulse, clock, up)
        await life.turn()
        life.heard()
        clock.now += timedelta(seconds=1)
        await life.turn()
    assert pulse.at == NOW
    up[0] = True
    await catching_up(door, history, pulse, clock, up).turn()
    assert [each.text for each in door.core.taken] == ["lost"]
    assert pulse.at == clock.now


async def test_a_standing_connection_is_proof_and_a_new_one_after_a_gap_is_not() -> None:
    door, clock, history, up = Door(), Clock(), History({"C1": [said(3, "lost")]}, {}), [True]
    catch_up = catching_up(door, history, Pulse(), clock, up)
    await catch_up.turn()
    clock.now += timedelta(minutes=5)
    await catch_up.turn()
    up[0] = False
    clock.now += timedelta(minutes=7)
    await catch_up.turn()
    assert history.asked == []
    up[0] = True
    await catch_up.turn()
    assert history.asked != []


async def test_a_sweep_that_failed_is_made_again_from_the_same_moment() -> None:
    door, clock, pulse = Door(), Clock(), Pulse(NOW - timedelta(minutes=10))
    catch_up = catching_up(door, History({"C1": [said(-5, "lost")]}, {}), pulse, clock)
    door.core.down = True
    with pytest.raises(Unavailable):
        await catch_up.turn()
    door.core.down = False
    clock.now += timedelta(seconds=20)
    await catch_up.turn()
    assert [each.text for each in door.core.taken] == ["lost"]
    clock.now += GAP
    await catch_up.turn()
    assert pulse.at == clock.now


async def test_what_history_does_not_give_back_is_a_gap() -> None:
    door = Door()
    many = [said(-n / 100, f"m{n}") for n in range(900)]
    await catching_up(door, History({"C1": many}, {}), Pulse(NOW - timedelta(minutes=10)), Clock()).turn()
    gap = door.core.taken[-1]
    assert gap.kind is InboundKind.GAP and "C1" in gap.text and gap.at == NOW - timedelta(minutes=11)


async def test_events_that_were_not_committed_are_read_though_others_were() -> None:
    """The store says no for a while, longer than Slack repeats; what it takes afterwards proves nothing."""
    door, clock, history = Door(), Clock(), History({"C1": [said(1, "lost")]}, {})
    catch_up = catching_up(door, history, Pulse(), clock)
    await catch_up.turn()
    clock.now += timedelta(minutes=1)
    catch_up.missed()
    for _ in range(4):
        clock.now += timedelta(minutes=1)
        catch_up.heard()
        await catch_up.turn()
    assert door.core.taken == []
    clock.now += timedelta(minutes=1)
    catch_up.heard()
    await catch_up.turn()
    assert [each.text for each in door.core.taken] == ["lost"]


async def test_a_standing_connection_is_no_proof_of_what_was_not_committed() -> None:
    door, clock, pulse, history = Door(), Clock(), Pulse(), History({"C1": [said(1, "lost")]}, {})
    catch_up = catching_up(door, history, pulse, clock, [True])
    await catch_up.turn()
    catch_up.missed()
    for _ in range(7):
        clock.now += timedelta(minutes=1)
        await catch_up.turn()
    assert [each.text for each in door.core.taken] == ["lost"]
    clock.now += timedelta(minutes=1)
    await catch_up.turn()
    assert pulse.at == clock.now


async def test_what_is_missed_while_history_is_read_is_read_the_next_time() -> None:
    door, clock, history = Door(), Clock(), History({"C1": [said(-5, "lost")]}, {})
    catch_up = catching_up(door, history, Pulse(NOW - timedelta(minutes=10)), clock)
    take = door.core.receive

    async def receive(inbound: Any) -> Any:
        catch_up.missed()
        return await take(inbound)

    door.intake.receive = receive
    await catch_up.turn()
    history.rooms["C1"].insert(0, said(1, "lost too"))
    for _ in range(6):
        clock.now += timedelta(minutes=1)
        catch_up.heard()
        await catch_up.turn()
    assert door.core.taken[-1].text == "lost too"


async def test_only_what_was_committed_is_heard_and_what_was_not_is_missed() -> None:
    door = Door()
    await door.event(EVENT)
    assert (door.heard, door.missed) == (1, 0)
    await door.event({**EVENT, "event": {"type": "message", "subtype": "channel_topic", "channel": "C1"}})
    assert (door.heard, door.missed) == (1, 0)
    door.core.down = True
    await door.event(EVENT)
    assert (door.heard, door.missed) == (1, 1)


async def test_f33_commands_that_come_do_not_hide_that_events_do_not(by_hand: None) -> None:
    async with slack_box("http", connected=False) as bot:
        channel = make_channel(bot.slack, "http", bot.times, Beats(bot.clock.now), bot.store, bot.desk)
        async with listening(bot, channel):
            await bot.says("acme", "ann", SAID)
            await channel._catch_up.turn()
            bot.slack.pusher.is_down = True
            await bot.rooms["beta"].says("bob", "our exports are broken")
            bot.slack.pusher.waiting.clear()
            bot.slack.pusher.is_down = False
            for _ in range(4):
                bot.clock.now += timedelta(minutes=3)
                await bot.rooms["acme"].slash("mia", "/premium", "help")
                await channel._catch_up.turn()
            assert await bot.tickets() == 2


REFUSALS = ["ekm_access_denied", "no_permission", "restricted_action", "thread_not_found", "missing_scope"]


@pytest.mark.parametrize("why", REFUSALS)
async def test_a_room_that_is_refused_is_told_of_once_and_the_others_are_read(why: str) -> None:
    door, clock, pulse = Door(), Clock(), Pulse(NOW - timedelta(minutes=10))
    history = History({"C1": [], "C2": [said(-5, "lost")]}, {})
    history.refused["C1"] = why
    catch_up = catching_up(door, history, pulse, clock)
    for _ in range(3):
        await catch_up.turn()
        clock.now += GAP
    gap = door.core.taken[1]
    assert [each.text for each in door.core.taken if each.kind is InboundKind.MESSAGE] == ["lost"]
    assert gap.kind is InboundKind.GAP and "C1" in gap.text and why in gap.text
    told = {each.event_id for each in door.core.taken if each.kind is InboundKind.GAP}
    assert told == {gap.event_id}, "the core knows it as one"
    assert pulse.at == clock.now - GAP


FAILURES = [
    SlackApiError("no", _Said(500, {})),
    SlackApiError("no", _Said(429, {"ok": False, "error": "ratelimited"}, {"Retry-After": "0"})),
    TimeoutError(),
    ClientConnectionError("dropped"),
    AttributeError("'str' object has no attribute 'get'"),
    KeyError("messages"),
]


@pytest.mark.parametrize("why", ["internal_error", *FAILURES], ids=lambda why: str(why) or type(why).__name__)
async def test_what_keeps_one_room_from_being_read_keeps_no_other_and_is_tried_again(why: Any) -> None:
    door, clock, pulse = Door(), Clock(), Pulse(NOW - timedelta(minutes=10))
    history = History({"C1": [said(-5, "lost")], "C2": [said(-4, "lost too")]}, {})
    history.refused["C1"] = why
    catch_up = catching_up(door, history, pulse, clock)
    await catch_up.turn()
    assert [each.text for each in door.core.taken] == ["lost too"]
    assert pulse.at == NOW - timedelta(minutes=10), "nothing is forgotten if we die now"
    del history.refused["C1"]
    history.asked.clear()
    clock.now += AGAIN
    await catch_up.turn()
    assert [each.text for each in door.core.taken] == ["lost too", "lost"]
    assert {each["channel"] for each in history.asked} == {"C1"}, "what was read is not read again"
    clock.now += timedelta(minutes=1)
    catch_up.heard()
    await catch_up.turn()
    assert pulse.at == clock.now


@pytest.mark.parametrize("why", ["internal_error", *FAILURES[:1], *FAILURES[2:]], ids=repr)
async def test_a_room_that_stays_unread_is_told_of_once_tried_ever_more_seldom_and_given_up_after_a_day(
    why: Any,
) -> None:
    door, clock, pulse = Door(), Clock(), Pulse(NOW - timedelta(minutes=10))
    history = History({"C1": [said(-5, "lost")]}, {})
    history.refused["C1"] = why
    catch_up = catching_up(door, history, pulse, clock, [True])
    told_at, tried = None, []
    while clock.now - NOW < timedelta(hours=25):
        asked = len(history.asked)
        await catch_up.turn()
        tried += [clock.now - NOW] if len(history.asked) > asked else []
        told_at = clock.now - NOW if told_at is None and door.core.taken else told_at
        if clock.now - NOW < timedelta(hours=23):
            assert pulse.at is not None and pulse.at <= NOW
        clock.now += AGAIN
    (gap,) = door.core.taken
    assert gap.kind is InboundKind.GAP and "C1" in gap.text
    assert told_at is not None and timedelta(minutes=10) <= told_at <= timedelta(minutes=21)
    assert tried[:3] == [timedelta(), timedelta(seconds=20), timedelta(seconds=60)]
    assert len(tried) < 160 and tried[-1] <= timedelta(hours=24, minutes=10)
    assert pulse.at is not None and clock.now - pulse.at <= timedelta(minutes=2)


async def test_a_room_that_is_read_late_is_not_told_of_again_and_the_next_gap_is() -> None:
    door, clock = Door(), Clock()
    history = History({"C1": [said(-5, "lost")]}, {})
    history.refused["C1"] = "internal_error"
    catch_up = catching_up(door, history, Pulse(NOW - timedelta(minutes=10)), clock, [True])
    for _ in range(60):
        await catch_up.turn()
        clock.now += AGAIN
    del history.refused["C1"]
    for _ in range(31):
        await catch_up.turn()
        clock.now += AGAIN
    assert [each.kind for each in door.core.taken] == [InboundKind.GAP, InboundKind.MESSAGE]


async def test_a_room_that_asks_to_wait_for_ever_is_asked_four_times_in_one_go() -> None:
    door, clock = Door(), Clock()
    history = History({"C1": [], "C2": [said(-4, "lost too")]}, {})
    history.refused["C1"] = FAILURES[1]
    await catching_up(door, history, Pulse(NOW - timedelta(minutes=10)), clock).turn()
    assert [each.text for each in door.core.taken] == ["lost too"]
    assert [each["channel"] for each in history.asked].count("C1") == 4


async def test_a_room_that_is_behind_is_read_from_where_it_was_after_a_second_gap_too() -> None:
    door, clock = Door(), Clock()
    history = History({"C1": [said(-5, "lost")], "C2": []}, {})
    history.refused["C1"] = "internal_error"
    catch_up = catching_up(door, history, Pulse(NOW - timedelta(minutes=10)), clock)
    await catch_up.turn()
    clock.now += GAP
    await catch_up.turn()
    del history.refused["C1"]
    clock.now += GAP
    await catch_up.turn()
    assert [each.text for each in door.core.taken] == ["lost"]


async def test_a_room_of_which_there_is_more_is_told_of_though_the_account_is_refused_behind_it() -> None:
    door = Door()
    many = [said(-n / 100, f"m{n}") for n in range(900)]
    history = History({"C1": many, "C2": []}, {})
    history.refused["C2"] = "token_revoked"
    with pytest.raises(SlackApiError):
        await catching_up(door, history, Pulse(NOW - timedelta(minutes=10)), Clock()).turn()
    assert door.core.taken[-1].kind is InboundKind.GAP


async def test_a_room_of_which_there_is_more_is_read_again_until_that_could_be_told() -> None:
    door, clock = Door(), Clock()
    history = History({"C1": [said(-n / 100, f"m{n}") for n in range(900)]}, {})
    take, down = door.core.receive, [True]

    async def receive(inbound: Any) -> Any:
        if down[0] and inbound.kind is InboundKind.GAP:
            raise Unavailable("disk full")
        return await take(inbound)

    door.intake.receive = receive
    catch_up = catching_up(door, history, Pulse(NOW - timedelta(minutes=10)), clock)
    with pytest.raises(Unavailable):
        await catch_up.turn()
    down[0] = False
    clock.now += AGAIN
    await catch_up.turn()
    assert door.core.taken[-1].kind is InboundKind.GAP


async def test_two_rooms_of_which_there_is_more_since_the_same_moment_are_told_of_both() -> None:
    door, clock = Door(), Clock()
    many = [said(-n / 100, f"m{n}") for n in range(900)]
    history = History({"C1": many, "C2": many}, {})
    history.refused["C2"] = "internal_error"
    catch_up = catching_up(door, history, Pulse(NOW - timedelta(minutes=10)), clock)
    await catch_up.turn()
    history.refused.clear()
    clock.now += AGAIN
    await catch_up.turn()
    gaps = [each for each in door.core.taken if each.kind is InboundKind.GAP]
    assert ["C1" in gaps[0].text, "C2" in gaps[1].text] == [True, True]
    assert len({each.event_id for each in gaps}) == 2


@pytest.mark.parametrize("mode", ["http", "socket"])
@pytest.mark.parametrize(
    "trouble", [Trouble("status", 500), Trouble("html"), Trouble("drop"), Trouble("junk")], ids=repr
)
async def test_f10_one_room_without_an_answer_holds_up_no_other(by_hand: None, mode: Any, trouble: Trouble) -> None:
    async with slack_box(mode, connected=False) as bot:
        pulse = Beats(bot.clock.now)
        await _while_down(bot, lambda: bot.rooms["acme"].says("ann", SAID), lambda: bot.rooms["beta"].says("bob", SAID))
        bot.slack.trouble("conversations.history", trouble, channel=bot.rooms["acme"].id, times=1000)
        channel = make_channel(bot.slack, mode, bot.times, pulse, bot.store, bot.desk)
        async with listening(bot, channel):
            await _connected(channel)
            await channel._catch_up.turn()
            assert await bot.tickets() == 1
            bot.slack.no_trouble()
            bot.clock.lead += AGAIN
            await channel._catch_up.turn()
            assert await bot.tickets() == 2


async def test_where_slack_refuses_the_account_nothing_counts_as_read() -> None:
    door, pulse = Door(), Pulse(NOW - timedelta(minutes=10))
    history = History({"C1": [said(-5, "lost")]}, {})
    history.refused["C1"] = "token_revoked"
    with pytest.raises(SlackApiError):
        await catching_up(door, history, pulse, Clock()).turn()
    assert door.core.taken == [] and pulse.at == NOW - timedelta(minutes=10)


@pytest.mark.parametrize("archived", [False, True])
async def test_a_lost_room_that_can_be_read_is_back_unless_it_is_archived_still(archived: bool) -> None:
    door, history = Door(), History({"C1": [], "C2": []}, {})
    history.archived |= {"C1"} if archived else set()
    await catching_up(door, history, Pulse(NOW - timedelta(minutes=10)), Clock(), lost=["C1"]).turn()
    told = [(each.room, each.news.kind) for each in door.core.taken if each.news is not None]
    assert told == ([] if archived else [("C1", NewsKind.BACK)])


async def test_threads_of_open_tickets_are_read_however_old_they_are() -> None:
    old = said(-60 * 24 * 30, "old")
    answer = said(-1, "still broken", thread_ts=old["ts"])
    door, history = Door(), History({"C1": []}, {old["ts"]: [old, answer]})
    threads = [old["ts"], "slash:9.1"]
    await catching_up(door, history, Pulse(NOW - timedelta(minutes=10)), Clock(), threads=threads).turn()
    assert [(each.text, each.thread) for each in door.core.taken] == [("still broken", old["ts"])]


async def test_f33_an_answer_below_a_ticket_of_last_week_is_found() -> None:
    async with slack_box("http", connected=False) as bot:
        async with listening(bot, make_channel(bot.slack, "http", bot.times, Beats(), bot.store, bot.desk)):
            first = await bot.says("acme", "ann", SAID)
        bot.clock.now += timedelta(days=8)
        pulse = Beats(bot.clock.now)
        await _while_down(bot, lambda: bot.rooms["acme"].says("ann", "money is lost", thread=first.ts))
        channel = make_channel(bot.slack, "http", bot.times, pulse, bot.store, bot.desk)
        async with listening(bot, channel):
            await channel._catch_up.turn()
        assert await bot.sql("SELECT count(*) FROM message WHERE text = 'money is lost'") == [(1,)]
        assert await bot.tickets() == 1


@pytest.mark.parametrize("days", [8, 60])
@pytest.mark.parametrize("mode", ["http", "socket"])
async def test_f33_an_answer_below_a_ticket_that_is_closed_reopens_it_however_full_the_room_is(
    by_hand: None, mode: Any, days: int
) -> None:
    """The thread is found by the history's pages as far as they reach, behind them by what the store knows."""
    async with slack_box(mode, connected=False) as bot:
        async with listening(bot, make_channel(bot.slack, mode, bot.times, Beats(), bot.store, bot.desk)):
            if mode == "socket":
                await bot.slack.pusher.connected.wait()
            first = await bot.says("acme", "ann", SAID)
            await bot.says("acme", "mia", "@Pledge resolve", thread=first.ts)
        bot.clock.now += timedelta(days=days)
        pulse = Beats(bot.clock.now)
        await _while_down(bot, lambda: bot.rooms["acme"].says("ann", "money is lost", thread=first.ts))
        channel = make_channel(bot.slack, mode, bot.times, pulse, bot.store, bot.desk)
        async with listening(bot, channel):
            await _connected(channel)
            await channel._catch_up.turn()
        assert await bot.sql("SELECT count(*) FROM message WHERE text = 'money is lost'") == [(1,)]


async def test_an_answer_in_a_thread_without_a_ticket_is_found_for_thirty_days() -> None:
    for days, found in ((29, ["and this"]), (31, [])):
        door = Door()
        root = said(-60 * 24 * days, "old", thread_ts=ts(-60 * 24 * days), latest_reply=ts(-1))
        history = History({"C1": [root]}, {root["ts"]: [root, said(-1, "and this", thread_ts=root["ts"])]})
        await catching_up(door, history, Pulse(NOW - timedelta(minutes=10)), Clock()).turn()
        assert [each.text for each in door.core.taken] == found


TIER_3 = 50  # calls of one method in a minute


class Limited(History):
    """Answers 429 beyond 50 calls of a method in a minute; a call takes a tenth of a second."""

    def __init__(self, clock: Clock, *more: Any) -> None:
        super().__init__(*more)
        self.page, self.clock, self.at = 200, clock, dict[str, list[datetime]]()
        self.refusals = 0

    async def ask(self, method: str, **given: Any) -> dict[str, Any]:
        self.clock.now += timedelta(seconds=0.1)
        now, lately = self.clock.now, self.at.setdefault(method, [])
        lately[:] = [each for each in lately if now - each < timedelta(minutes=1)]
        if len(lately) >= TIER_3:
            self.refusals += 1
            left = int((lately[0] + timedelta(minutes=1) - now).total_seconds()) + 1
            raise SlackApiError("no", _Said(429, {"ok": False, "error": "ratelimited"}, {"Retry-After": str(left)}))
        lately.append(now)
        return await super().ask(method, **given)


def days_ago(n: float) -> float:
    return -60 * 24 * n


def busy_vendor() -> dict[str, list[dict[str, Any]]]:
    """Twenty threads of tickets that were closed 31 to 89 days ago."""
    return {ts(days_ago(31 + 2.9 * n)): [said(days_ago(31 + 2.9 * n), "old")] for n in range(20)}


async def until(catch_up: CatchUp, clock: Clock, is_so: Any) -> timedelta:
    """How long it takes until something is so, with a turn a second."""
    start = clock.now
    while not is_so():
        await catch_up.turn()
        assert clock.now - start < timedelta(hours=1)
        clock.now += timedelta(seconds=1)
    return clock.now - start


@pytest.fixture
def limited(monkeypatch: pytest.MonkeyPatch) -> tuple[Clock, Limited]:
    """Twenty clients with twenty closed tickets each."""
    clock = Clock()

    async def sleep(seconds: float) -> None:
        clock.now += timedelta(seconds=seconds)

    monkeypatch.setattr("bot.channels.slack.history.asyncio.sleep", sleep)
    return clock, Limited(clock, {f"C{n:02}": [] for n in range(20)}, busy_vendor())


async def test_f33_the_last_of_many_rooms_is_read_within_a_minute_and_its_old_threads_behind_all_rooms(
    limited: tuple[Clock, Limited],
) -> None:
    door, (clock, history) = Door(), limited
    history.rooms["C19"].append(said(-5, "all is down"))
    oldest = list(history.threads)[-1]
    history.threads[oldest].append(said(-5, "and this", thread_ts=oldest))
    pulse = Pulse(clock.now - timedelta(minutes=10))
    catch_up = catching_up(door, history, pulse, clock, closed=list(history.threads))
    assert await until(catch_up, clock, lambda: door.core.taken) <= timedelta(seconds=60)
    assert [each.text for each in door.core.taken] == ["all is down"]
    assert pulse.at is not None and pulse.at < NOW, "the threads would be looked at by another life"
    await until(catch_up, clock, lambda: pulse.at > NOW)
    replies = [(each["channel"], each["ts"]) for each in history.asked if each["method"] == "conversations.replies"]
    assert len(replies) == len(set(replies)) == 400
    assert {each.text for each in door.core.taken[1:]} == {"and this"}


async def test_threads_that_have_moved_go_before_those_that_perhaps_have(limited: tuple[Clock, Limited]) -> None:
    door, (clock, history) = Door(), limited
    root = said(days_ago(3), "new", latest_reply=ts(-5))
    history.rooms["C19"].append(root)
    history.threads[root["ts"]] = [root, said(-5, "and this", thread_ts=root["ts"])]
    pulse = Pulse(clock.now - timedelta(minutes=10))
    catch_up = catching_up(door, history, pulse, clock, threads=list(history.threads)[:1], closed=list(history.threads))
    assert await until(catch_up, clock, lambda: door.core.taken) <= timedelta(seconds=60)
    asked = [each["ts"] for each in history.asked if each["method"] == "conversations.replies"]
    assert asked[0] == root["ts"]


async def test_a_quiet_hour_over_http_asks_for_threads_of_open_tickets_only(limited: tuple[Clock, Limited]) -> None:
    door, (clock, history) = Door(), limited
    opened, *closed = history.threads
    catch_up = catching_up(door, history, Pulse(), clock, threads=[opened], closed=closed)
    for _ in range(60):
        clock.now += timedelta(minutes=1)
        await catch_up.turn()
    assert {each["ts"] for each in history.asked if each["method"] == "conversations.replies"} == {opened}


async def test_what_was_not_heard_proves_that_threads_of_closed_tickets_may_have_moved_too() -> None:
    (old, roots), *_ = busy_vendor().items()
    roots.append(said(1, "and this", thread_ts=old))
    door, clock, history = Door(), Clock(), History({"C1": [], "C2": [said(1, "lost")]}, {old: roots})
    catch_up = catching_up(door, history, Pulse(), clock, closed=[old])
    await catch_up.turn()
    clock.now += GAP
    await catch_up.turn()
    assert {each.text for each in door.core.taken} == {"lost", "and this"}


async def test_a_thread_of_which_the_pages_say_that_it_has_not_moved_is_not_asked_for() -> None:
    root = said(days_ago(3), "old", latest_reply=ts(days_ago(2)))
    door, history = Door(), History({"C1": [root]}, {})
    catch_up = catching_up(door, history, Pulse(NOW - timedelta(minutes=10)), Clock(), threads=[root["ts"]])
    await catch_up.turn()
    assert {each["method"] for each in history.asked} == {"conversations.history"}


async def test_where_slack_asks_for_a_pause_threads_wait_and_are_not_told_of(limited: tuple[Clock, Limited]) -> None:
    door, (clock, history) = Door(), limited
    history.at["conversations.replies"] = [clock.now] * TIER_3
    history.rooms = {"C1": [], "C2": [], "C3": []}
    pulse = Pulse(clock.now - timedelta(minutes=10))
    catch_up = catching_up(door, history, pulse, clock, threads=list(history.threads)[:1])
    await catch_up.turn()
    assert history.refusals == 1, "the others would be refused as well"
    await until(catch_up, clock, lambda: pulse.at > NOW)
    assert door.core.taken == []


async def test_a_thread_that_cannot_be_read_is_told_of_as_its_room() -> None:
    door, clock, root = Door(), Clock(), said(days_ago(1), "old", latest_reply=ts(-5))
    history = History({"C1": [root]}, {})  # KeyError
    catch_up = catching_up(door, history, Pulse(NOW - timedelta(minutes=10)), clock, [True])
    for _ in range(60):
        await catch_up.turn()
        clock.now += AGAIN
    (gap,) = door.core.taken
    assert gap.kind is InboundKind.GAP and "C1" in gap.text


async def test_a_thread_whose_first_message_is_gone_keeps_nothing_from_being_read() -> None:
    door, clock, pulse = Door(), Clock(), Pulse(NOW - timedelta(minutes=10))

    class Gone(History):
        async def ask(self, method: str, **given: Any) -> dict[str, Any]:
            if method == "conversations.replies":
                raise SlackApiError("no", _Said(200, {"ok": False, "error": "thread_not_found"}))
            return await super().ask(method, **given)

    await catching_up(door, Gone({"C1": [said(-5, "lost")]}, {}), pulse, clock, threads=[ts(days_ago(40))]).turn()
    assert [each.text for each in door.core.taken] == ["lost"]
    assert pulse.at == NOW


async def test_a_room_that_was_lost_is_told_of_again_where_that_could_not_be_stored() -> None:
    door, clock = Door(), Clock()
    history = History({"C1": []}, {})
    history.refused["C1"] = "is_archived"
    catch_up = catching_up(door, history, Pulse(NOW - timedelta(minutes=10)), clock)
    door.core.down = True
    with pytest.raises(Unavailable):
        await catch_up.turn()
    door.core.down = False
    for _ in range(3):
        clock.now += AGAIN
        await catch_up.turn()
    assert [(each.room, each.news.kind) for each in door.core.taken if each.news] == [("C1", NewsKind.LOST)]


async def test_f23_a_room_that_is_archived_and_back_in_two_outages_of_one_day_is_written_in_both_times(
    by_hand: None,
) -> None:
    async with slack_box("http", connected=False) as bot:
        pulse, acme = Beats(bot.clock.now), bot.rooms["acme"]

        @asynccontextmanager
        async def life() -> AsyncIterator[None]:
            bot.channel = make_channel(bot.slack, "http", bot.times, pulse, bot.store, bot.desk)
            bot.reborn()
            async with listening(bot, bot.channel):
                await bot.channel._catch_up.turn()
                yield
                await bot.deliver()
            bot.clock.now += timedelta(minutes=20)

        for _ in range(2):
            async with life():
                await acme.archives()
            assert await bot.sql("SELECT count(*) FROM room WHERE unreachable IS NOT NULL") == [(1,)]
            acme.archived = False
            async with life():
                pass
            assert await bot.sql("SELECT count(*) FROM room WHERE unreachable IS NOT NULL") == [(0,)]


async def test_a_room_that_takes_no_posts_is_tried_once_a_day_though_it_can_be_read() -> None:
    door, clock, history = Door(), Clock(), History({"C1": []}, {})
    catch_up = catching_up(door, history, Pulse(NOW - timedelta(minutes=10)), clock, lost=["C1"])
    for _ in range(3):
        await catch_up.turn()
        clock.now += GAP
    assert len(door.core.taken) == 3
    assert len({each.event_id for each in door.core.taken}) == 1, "the core knows it as one"


async def test_the_minute_that_slack_left_out_is_read_though_others_are_heard() -> None:
    door, clock, history = Door(), Clock(), History({"C1": [said(2, "lost")]}, {})
    catch_up = catching_up(door, history, Pulse(), clock)
    await catch_up.turn()
    for minute in range(1, 12):
        clock.now += timedelta(minutes=1)
        catch_up.heard()
        if minute == 4:
            catch_up.missed(NOW + timedelta(minutes=2))
        await catch_up.turn()
    assert [each.text for each in door.core.taken] == ["lost"]


async def test_threads_of_the_latest_closed_tickets_of_a_room_are_known(bot: SlackBot) -> None:
    tops = []
    for _ in range(3):
        tops.append((await bot.says("acme", "ann", f"@Pledge new {SAID}")).ts)
        await bot.says("acme", "mia", f"@Pledge resolve T-{41 + len(tops)}")
        bot.clock.now += timedelta(days=1)

    def closed(tx: Any, since: datetime, n: int) -> Any:
        return tx.tickets.closed_threads(tx.rooms.at("slack", "default", bot.rooms["acme"].id).id, since, n)

    now = bot.clock.now
    assert await bot.read(lambda tx: closed(tx, now - timedelta(days=9), 9)) == tops[::-1]
    assert await bot.read(lambda tx: closed(tx, now - timedelta(days=9), 2)) == tops[:0:-1]
    assert await bot.read(lambda tx: closed(tx, now - timedelta(hours=36), 9)) == tops[2:]


@pytest.mark.parametrize("how", ["archive", "membership"])
async def test_f23_a_room_that_came_back_while_nobody_listened_is_written_in_again(how: str) -> None:
    async with slack_box("http", connected=False) as bot:
        room = bot.rooms["acme"]
        async with listening(bot, make_channel(bot.slack, "http", bot.times, Beats(), bot.store, bot.desk)):
            await (room.archives() if how == "archive" else room.removes_bot())
            await bot.deliver()
        pulse = Beats(bot.clock.now)
        await _while_down(bot, room.unarchives if how == "archive" else room.adds_bot)
        channel = make_channel(bot.slack, "http", bot.times, pulse, bot.store, bot.desk)
        async with listening(bot, channel):
            await channel._catch_up.turn()
            await bot.deliver()
            told = [text for text in bot.read_by("mia") if "what waited goes out" in text]
            assert len(told) == 1, told
            await bot.says("acme", "ann", SAID)
        assert "T-42" in room.posts[-1].text


async def test_f23_somebody_who_speaks_in_a_lost_room_proves_that_it_is_back(bot: SlackBot) -> None:
    room = bot.rooms["acme"]
    await room.archives()
    room.archived = False
    await bot.says("acme", "ann", SAID)
    assert "T-42" in room.posts[-1].text
    assert await bot.sql("SELECT count(*) FROM room WHERE unreachable IS NOT NULL") == [(0,)]


async def test_f23_somebody_who_speaks_proves_nothing_of_a_lost_account(bot: SlackBot) -> None:
    await bot.slack.revoke()
    await bot.rooms["acme"].says("ann", SAID)
    lost = await bot.sql("SELECT count(*) FROM room WHERE unreachable IS NULL AND channel = 'slack' AND active")
    assert lost == [(0,)]


@pytest.fixture
def by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """The adapter looks after a gap when the test says so."""

    async def never(catch_up: CatchUp) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(CatchUp, "run", never)


async def _connected(channel: Any) -> None:
    while channel._socket is not None and not channel._socket.is_connected:
        await asyncio.sleep(0)


async def _while_down(bot: SlackBot, *acts: Any) -> None:
    """Slack tells nobody of what is done, until it gives that up."""
    bot.slack.pusher.is_down = True
    for act in acts:
        await act()
    bot.clock.now += timedelta(minutes=10)
    await bot.slack.pusher.retry_due()
    bot.slack.pusher.waiting.clear()
    bot.slack.pusher.is_down = False
