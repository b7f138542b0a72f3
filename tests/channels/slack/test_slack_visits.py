"""Strangers in a client's channel: each coming is told of once, by its event or by the history, whichever is first."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Literal

import pytest
from channels.slack.slack_api import Trouble
from channels.slack.slack_box import Beats, SlackBot, listening, make_channel, slack_box
from channels.slack.slack_rooms import Message

from bot.channels.slack.audience import Audience
from bot.channels.slack.catchup import CatchUp

Mode = Literal["http", "socket"]
WORDS = "postbacks stopped arriving since 9am"


@pytest.fixture(autouse=True)
def by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """The adapter looks when the test says so."""

    async def never(_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(Audience, "run", never)
    monkeypatch.setattr(CatchUp, "run", never)


async def lives(bot: SlackBot, pulse: Beats, mode: Mode, do: Callable[[], Awaitable[None]] | None = None) -> None:
    """A life of the bot: it listens, `do` happens, and it looks back."""
    bot.channel = make_channel(bot.slack, mode, bot.times, pulse, bot.store, bot.desk)
    bot.reborn()
    async with listening(bot, bot.channel):
        if mode == "socket":
            await bot.slack.pusher.connected.wait()
            await asyncio.sleep(0.1)
        if do is not None:
            await do()
        await bot.channel._catch_up.turn()
        await bot.channel._audience.turn()
        await bot.deliver()


async def moves(bot: SlackBot, what: str, *, heard: bool) -> None:
    """Eve comes to Acme's channel or goes; the history has it in any case."""
    room, eve = bot.rooms["acme"], bot.slack.people["eve"]
    word, subtype = ("joined", "channel_join") if what == "comes" else ("left", "channel_leave")
    if what == "comes":
        room.members["eve"] = eve
    else:
        del room.members["eve"]
    if heard:
        event = {"type": f"member_{word}_channel", "user": eve.id, "channel": room.id, "team": eve.team}
        await bot.slack.emit({**event, "event_ts": bot.slack.ts()}, room=room)
    room.messages.append(Message(bot.slack.ts(), eve.id, eve.team, f"<@eve> has {word}", subtype=subtype))
    await bot.deliver()


def told(bot: SlackBot) -> int:
    return sum("can read" in text for text in bot.read_by("mia"))


@pytest.mark.parametrize("mode", ["http", "socket"])
@pytest.mark.parametrize(
    ("heard", "unheard", "times"),
    [
        ("comes", "", 1),
        ("comes goes", "", 1),
        ("comes goes comes", "", 2),
        ("comes goes comes goes", "", 2),
        ("comes", "goes", 1),
        ("comes", "goes comes", 2),
        ("comes goes", "comes", 2),
        ("comes goes comes", "goes", 2),
        ("", "comes goes comes", 2),
    ],
)
async def test_s14_each_coming_of_a_stranger_is_told_of_once(mode: Mode, heard: str, unheard: str, times: int) -> None:
    async with slack_box(mode, connected=False) as bot:
        pulse = Beats(bot.clock.now)
        bot.slack.person("eve", team="T000OTHER")

        async def first() -> None:
            await bot.says("acme", "ann", WORDS)
            await bot.channel._catch_up.turn()
            for what in heard.split():
                bot.clock.now += timedelta(seconds=1)
                await moves(bot, what, heard=True)

        await lives(bot, pulse, mode, first)
        assert told(bot) == heard.split().count("comes")
        for what in unheard.split():
            bot.clock.now += timedelta(seconds=30)
            await moves(bot, what, heard=False)
        for _ in range(2):
            bot.clock.now += timedelta(minutes=10)
            await lives(bot, pulse, mode)
        assert told(bot) == times
        is_there = f"{heard} {unheard}".split()[-1] == "comes"
        assert bool(await bot.sql("SELECT 1 FROM outsider")) is is_there


async def test_s14_a_stranger_of_whom_slack_said_nothing_as_she_came_is_told_of_by_the_history() -> None:
    async with slack_box("http", connected=False) as bot:
        pulse = Beats(bot.clock.now)
        eve = bot.slack.person("eve")
        eve.is_guest = True

        async def first() -> None:
            await bot.says("acme", "ann", WORDS)
            await bot.channel._catch_up.turn()
            bot.slack.trouble("users.info", Trouble("error", "internal_error"))
            room = bot.rooms["acme"]
            event = {"type": "member_joined_channel", "user": eve.id, "channel": room.id, "team": eve.team}
            room.messages.append(Message(bot.slack.ts(), eve.id, eve.team, "has joined", subtype="channel_join"))
            bot.clock.now += timedelta(seconds=1)
            await bot.slack.emit({**event, "event_ts": bot.slack.ts()}, room=room)
            await bot.deliver()

        await lives(bot, pulse, "http", first)
        assert told(bot) == 0
        bot.clock.now += timedelta(minutes=10)
        await lives(bot, pulse, "http")
        assert told(bot) == 1
