"""Catching up: what proves that nothing was lost, and what is read from the rooms' history where nothing does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
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
        self.refused: dict[str, str] = {}
        self.archived: set[str] = set()
        self.asked: list[dict[str, Any]] = []

    async def ask(self, method: str, **given: Any) -> dict[str, Any]:
        self.asked.append({"method": method, **given})
        if method == "conversations.info":
            return {"channel": {"is_member": True, "is_archived": given["channel"] in self.archived}}
        if (why := self.refused.get(given["channel"])) is not None:
            raise SlackApiError("no", _Said(200, {"ok": False, "error": why}))
        found = self.threads[given["ts"]] if method == "conversations.replies" else self.rooms[given["channel"]]
        inside = [each for each in found if each["ts"] > given["oldest"]]
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
) -> CatchUp:
    async def rooms() -> Sequence[str]:
        return [*history.rooms, "T1/U1"]

    async def lost_rooms() -> Sequence[str]:
        return lost

    async def open_threads(room: str) -> Sequence[str]:
        return threads

    is_connected = None if connected is None else lambda: connected[0]
    return CatchUp(
        history, door.intake, rooms, pulse, clock.times(), is_connected, threads=open_threads, lost=lost_rooms
    )


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


async def test_a_room_that_slack_stumbles_over_is_tried_again_from_where_it_was() -> None:
    door, clock, pulse = Door(), Clock(), Pulse(NOW - timedelta(minutes=10))
    history = History({"C1": [said(-5, "lost")], "C2": []}, {})
    history.refused["C1"] = "internal_error"
    catch_up = catching_up(door, history, pulse, clock)
    await catch_up.turn()
    assert door.core.taken == [] and pulse.at == NOW - timedelta(minutes=10), "nothing is forgotten if we die now"
    clock.now += AGAIN
    del history.refused["C1"]
    await catch_up.turn()
    assert [each.text for each in door.core.taken] == ["lost"]
    clock.now += timedelta(minutes=1)
    catch_up.heard()
    await catch_up.turn()
    assert pulse.at == clock.now


async def test_a_room_that_slack_stumbles_over_three_times_is_a_gap() -> None:
    door, clock, pulse = Door(), Clock(), Pulse(NOW - timedelta(minutes=10))
    history = History({"C1": [said(-5, "lost")]}, {})
    history.refused["C1"] = "internal_error"
    catch_up = catching_up(door, history, pulse, clock)
    for _ in range(5):
        await catch_up.turn()
        clock.now += AGAIN
    (gap,) = door.core.taken
    assert gap.kind is InboundKind.GAP and "C1 (internal_error)" in gap.text
    assert pulse.at == NOW


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


async def _while_down(bot: SlackBot, act: Any) -> None:
    """Slack tells nobody of what is done, until it gives that up."""
    bot.slack.pusher.is_down = True
    await act()
    bot.clock.now += timedelta(minutes=10)
    await bot.slack.pusher.retry_due()
    bot.slack.pusher.waiting.clear()
    bot.slack.pusher.is_down = False
