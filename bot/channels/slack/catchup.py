"""What was said while nobody listened: read from the rooms' history and handed over like everything else.

Slack repeats an event for six minutes. As long as one is committed at least that often and nothing was refused,
nothing is lost; where that is not so, the history is read, which is such a proof as well.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NoReturn

from bot.channels.base import Pulse
from bot.channels.slack import gaps
from bot.channels.slack.api import Api, redacted
from bot.channels.slack.backlog import TRY_AGAIN, Backlog, Behind, Kind, Place
from bot.channels.slack.history import History, Message
from bot.channels.slack.intake import Intake, Rooms
from bot.channels.slack.turns import for_ever
from bot.channels.slack.verdict import FAULTS, code, is_of_account, is_passing, wait
from bot.channels.slack.words import TS, moment, order
from bot.now import Times

logger = logging.getLogger(__name__)

GAP = timedelta(minutes=6)
"""Retries at once, after one and after five minutes: https://docs.slack.dev/apis/events-api#retries."""

OVERLAP = timedelta(seconds=60)

_BEAT = timedelta(minutes=1)
_MOST_THREADS = 15
"""Looks at threads in one go, thrice a minute: Slack allows fifty such calls, and lost answers of posts need some."""

_TICK_S = 1.0
_CHANNELS = ("C", "D", "G")

Threads = Callable[[str], Awaitable[tuple[Sequence[str], Sequence[str]]]]
"""The threads of a room in which an answer may be one to a ticket: of open ones, and of those closed lately."""

Lost = Callable[[], Awaitable[Mapping[str, str]]]
"""The rooms that cannot be posted to, and why."""


class CatchUp:
    """`is_connected` proves at any moment that we can be reached (Socket Mode); None: only what comes in does. `lost`
    are the rooms that cannot be posted to. `on_gap` is told of every gap, before anything is read.
    """

    def __init__(
        self,
        api: Api,
        intake: Intake,
        rooms: Rooms,
        pulse: Pulse,
        times: Times,
        is_connected: Callable[[], bool] | None = None,
        *,
        threads: Threads | None = None,
        lost: Lost | None = None,
        on_gap: Callable[[], None] | None = None,
    ) -> None:
        self._api = api
        self._history = History(api)
        self._intake = intake
        self._rooms = rooms
        self._pulse = pulse
        self._times = times
        self._is_connected = is_connected
        self._threads = threads
        self._lost = lost
        self._backlog = Backlog()
        self._heard_at: datetime | None = None
        self._beaten_at: datetime | None = None
        self._tried_at: datetime | None = None
        self._is_first = True
        self._has_missed = False
        self._on_gap = on_gap
        self._wake = asyncio.Event()

    def heard(self) -> None:
        """An event came in and was committed. After a gap it proves nothing about what came before it, nor before the
        first look at what was said while the bot was down: else lives too short for a look would hide it from the one
        that lasts.
        """
        now = self._times.machine()
        if self._heard_at is None or self._is_first:
            return
        if now - self._heard_at >= GAP:
            self._wake.set()
        elif not self._has_missed:
            self._heard_at = now

    def missed(self, since: datetime | None = None) -> None:
        """An event came in and was not committed, or Slack has left some out `since` a moment. It may have given them
        up by the time they could be: until the history was read, nothing that comes in is proof.
        """
        self._has_missed = True
        if since is not None and self._heard_at is not None:
            self._heard_at = min(self._heard_at, since)

    async def run(self) -> NoReturn:
        """Look after the gap, for ever; machine time decides, so that a clock moved by hand is followed."""
        await for_ever(self.turn, self._wake, _TICK_S, "reading the history", "slack.catch_up")

    async def turn(self) -> None:
        """One look: whether there is a gap, and if so its history. Raises what Slack or the store did."""
        now = self._times.machine()
        if self._heard_at is None:
            last = await self._pulse.last()
            self._is_first, self._heard_at = last is not None, min(last or now, now)
        is_connected = self._is_connected is not None and self._is_connected()
        if self._is_first or now - self._heard_at >= GAP:
            if is_connected or self._is_connected is None:
                await self._fall_behind(now)
        elif is_connected and not self._has_missed:
            self._heard_at = now
        may_try = self._tried_at is None or not timedelta() <= now - self._tried_at < TRY_AGAIN
        if may_try and self._backlog.next(now) is not None:
            self._tried_at = now
            await self._sweep(now)
        await self._remember()

    async def _fall_behind(self, now: datetime) -> None:
        """Every room is to be read since the last proof; what of them was not yet, each place remembers by itself."""
        assert self._heard_at is not None
        is_gap = self._is_first or self._has_missed or self._is_connected is not None
        for room in await self._rooms():
            if room.startswith(_CHANNELS):
                self._backlog.put(Place(room), Kind.ROOM, self._heard_at - OVERLAP, now, is_gap=is_gap)
        # What is missed from here on may not be in this reading.
        self._is_first, self._has_missed, self._heard_at = False, False, now
        if self._on_gap is not None:
            self._on_gap()

    async def _remember(self) -> None:
        """Keep until when everything was heard: what is behind holds that back, for a minute at most."""
        assert self._heard_at is not None
        since = self._backlog.since
        whole_until = self._heard_at if since is None else min(self._heard_at, since + OVERLAP)
        if self._beaten_at is None or whole_until - self._beaten_at >= _BEAT:
            await self._pulse.beat(whole_until)
            self._beaten_at = whole_until

    async def _sweep(self, now: datetime) -> None:
        """Read what is due, rooms first, then some threads. What keeps one place from being read keeps no other, unless
        it is the account's. A place stays behind until it was read or told of.
        """
        if not self._intake.own.team:
            await self._intake.introduce()  # or our own posts would be taken for another bot's
        lost = {} if self._lost is None else await self._lost()
        cut: list[Place] = []
        unread: dict[Place, str] = {}
        refused: BaseException | None = None
        threads = 0
        while (place := self._backlog.next(now, cut)) is not None:
            behind = self._backlog[place]
            threads += behind.kind is not Kind.ROOM
            if threads > _MOST_THREADS:
                break
            try:
                if await self._read(place, behind, now, lost):
                    self._backlog.drop(place)
                else:
                    cut.append(place)
            except (*FAULTS, KeyError, TypeError, ValueError) as error:
                if is_of_account(code(error)):
                    refused = error
                    break
                if wait(error) is not None and behind.kind is not Kind.ROOM:
                    break  # none of the others would be given now either
                if (why := await self._failed(place, behind, error)) is not None:
                    unread[place] = why
        await self._tell(cut, unread)
        if refused is not None:
            raise refused

    async def _failed(self, place: Place, behind: Behind, error: BaseException) -> str | None:
        """Why a place cannot be read, where that is to be told."""
        why, room = code(error) or redacted(error), place.room
        logger.warning("history of %s: %s", room, why, extra={"action": "slack.catch_up"})
        if why in gaps.LOST:
            await self._intake.gap(gaps.lost(room, behind.since, self._times.business(), why))
            self._backlog.drop_room(room)
            return None
        is_for_good = bool(code(error)) and not is_passing(code(error)) and wait(error) is None
        return why if self._backlog.put_off(place, self._times.machine(), is_for_good=is_for_good) else None

    async def _tell(self, cut: Sequence[Place], unread: Mapping[Place, str]) -> None:
        """Tell what nobody can read; that stays behind until it is told."""
        now = self._times.business()
        cut = [place for place in cut if place in self._backlog]  # else its room is told of as lost
        unread = {place: why for place, why in unread.items() if place in self._backlog}
        if cut:
            rooms = dict.fromkeys(place.room for place in cut)
            await self._intake.gap(gaps.cut(rooms, min(self._backlog[place].since for place in cut), now))
        if unread:
            reasons = {place.room: why for place, why in unread.items()}
            await self._intake.gap(gaps.unread(reasons, min(self._backlog[place].since for place in unread), now))
        self._backlog.told(cut, unread)

    async def _read(self, place: Place, behind: Behind, now: datetime, lost: Mapping[str, str]) -> bool:
        """Hand over what was said in a place, and find what else is to be read; False where Slack has more of it."""
        room, since = place.room, behind.since
        if behind.kind is Kind.OLDER:
            await self._look_for_threads(room, behind, now)
            return True
        if behind.kind is not Kind.ROOM:
            answers = await self._history.answers(room, place.thread, since)
            await self._hand_over(room, since, answers.messages)
            return answers.is_whole
        found = await self._history.since(room, since)
        if room in lost:
            await self._look_whether_back(room, since, lost[room])
        if await self._hand_over(room, since, found.messages):
            self._backlog.mark_missed()  # for what was heard is recognised
        is_gap = self._backlog[place].is_gap
        self._backlog.put(Place(room, "*"), Kind.OLDER, since, now, is_gap=is_gap)
        for thread in found.moved:
            self._backlog.put(Place(room, thread), Kind.MOVED, since, now, is_gap=is_gap)
        return found.is_whole

    async def _look_for_threads(self, room: str, behind: Behind, now: datetime) -> None:
        """Those that have moved, as far as the older pages reach, and those behind these in which a ticket is open.

        Of closed tickets only where something was missed: they are many, and each costs a call.
        """
        pages = await self._history.before(room, behind.since)
        open_ones, closed = ((), ()) if self._threads is None else await self._threads(room)
        seen = {each["ts"] for each in pages.messages}
        known = ((Kind.OPEN, open_ones), (Kind.CLOSED, closed if behind.is_gap else ()))
        unseen = [
            (kind, each)
            for kind, threads in known
            for each in threads
            if each not in seen and TS.fullmatch(each) and moment(each) <= behind.since
        ]
        for kind, thread in (*((Kind.MOVED, each) for each in pages.moved), *unseen):
            self._backlog.put(Place(room, thread), kind, behind.since, now, is_gap=behind.is_gap)

    async def _hand_over(self, room: str, since: datetime, messages: Sequence[Message]) -> bool:
        """Whether something of it was not known."""
        fresh = [await self._intake.remembered(each, room) for each in sorted(messages, key=lambda m: order(m["ts"]))]
        if messages:
            said = "history of %s since %s: %d messages"
            logger.info(said, room, since, len(messages), extra={"action": "slack.caught_up"})
        return any(fresh)

    async def _look_whether_back(self, room: str, since: datetime, reason: str) -> None:
        """A room that was lost can be read: tell so unless it is archived still."""
        channel = (await self._api.ask("conversations.info", channel=room))["channel"]
        if channel.get("is_member") and not channel.get("is_archived"):
            await self._intake.gap(gaps.back(room, since, self._times.business(), reason))
