"""What was said while nobody listened: read from the rooms' history and handed over like everything else.

Slack repeats an event for six minutes. As long as one is committed at least that often and nothing was refused,
nothing is lost; where that is not so, the history is read, which is such a proof as well.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.channels.base import Inbound, InboundKind, News, NewsKind, Pulse, Unavailable
from bot.channels.slack.api import Api, redacted
from bot.channels.slack.history import History
from bot.channels.slack.intake import Intake, Rooms
from bot.channels.slack.read import ACCOUNT, NAME
from bot.channels.slack.verdict import FAULTS, code, is_of_account, is_passing, wait
from bot.channels.slack.words import order, stamp
from bot.now import Times

logger = logging.getLogger(__name__)

GAP = timedelta(minutes=6)
"""Retries at once, after one and after five minutes: https://docs.slack.dev/apis/events-api#retries."""

OVERLAP = timedelta(seconds=60)

_BEAT = timedelta(minutes=1)
_TRY_AGAIN = timedelta(seconds=20)
_LONGEST_WAIT = timedelta(minutes=10)
TOLD_AFTER = timedelta(minutes=10)
"""A room that could not be read for so long is told of, and tried on."""

GIVEN_UP_AFTER = timedelta(days=1)
"""A room that could not be read for so long is not tried any more, so that everything else need not be read again from
there at each start.
"""

_TICK_S = 1.0
_CHANNELS = ("C", "D", "G")
_LOST_ROOM = {
    "channel_not_found": "the channel is gone, has another id, or the bot was removed",
    "not_in_channel": "the bot was removed",
    "is_archived": "the channel was archived",
}

Threads = Callable[[str], Awaitable[Sequence[str]]]
"""The threads of a room in which an answer may be one to a ticket."""


@dataclass(frozen=True, slots=True)
class _Behind:
    """A room whose history is to be read, after so many tries in vain."""

    since: datetime
    due_at: datetime
    failed_at: datetime | None = None
    """When it could not be read for the first time."""

    tries: int = 0
    is_told: bool = False
    is_given_up: bool = False


class CatchUp:
    """`is_connected` proves at any moment that we can be reached (Socket Mode); None: only what comes in does. `lost`
    are the rooms that cannot be posted to.
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
        lost: Rooms | None = None,
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
        self._behind: dict[str, _Behind] = {}
        self._heard_at: datetime | None = None
        self._beaten_at: datetime | None = None
        self._tried_at: datetime | None = None
        self._is_first = True
        self._has_missed = False
        self.on_gap: Callable[[], None] = lambda: None
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

    def missed(self) -> None:
        """An event came in and was not committed. Slack may have given it up by the time it could be: until the
        history was read, nothing that comes in is proof.
        """
        self._has_missed = True

    async def run(self) -> None:
        """Look after the gap, for ever; machine time decides, so that a clock moved by hand is followed."""
        told = ""
        while True:
            try:
                await self.turn()
                told = ""
            except (*FAULTS, Unavailable) as error:
                if (trouble := redacted(error)) != told:
                    logger.warning("history not read: %s", trouble, extra={"action": "slack.catch_up"})
                told = trouble
            except Exception:
                logger.exception("catching up failed", extra={"action": "slack.catch_up"})
            self._wake.clear()
            try:
                async with asyncio.timeout(_TICK_S):
                    await self._wake.wait()
            except TimeoutError:
                continue

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
        due = [room for room, each in self._behind.items() if each.due_at <= now]
        if due and (self._tried_at is None or not timedelta() <= now - self._tried_at < _TRY_AGAIN):
            self._tried_at = now
            await self._sweep(due)
        await self._remember()

    async def _fall_behind(self, now: datetime) -> None:
        """Every room is to be read since the last proof; which of them was not yet, each room remembers by itself."""
        assert self._heard_at is not None
        since = self._heard_at - OVERLAP
        for room in await self._rooms():
            if room.startswith(_CHANNELS):
                before = self._behind.get(room, _Behind(since, now))
                self._behind[room] = replace(before, since=min(since, before.since))
        # What is missed from here on may not be in this reading.
        self._is_first, self._has_missed, self._heard_at = False, False, now
        self.on_gap()

    async def _remember(self) -> None:
        """Keep until when everything was heard: rooms that are behind hold that back, for a minute at most."""
        assert self._heard_at is not None
        whole_until = min((self._heard_at, *(each.since + OVERLAP for each in self._behind.values())))
        if self._beaten_at is None or whole_until - self._beaten_at >= _BEAT:
            await self._pulse.beat(whole_until)
            self._beaten_at = whole_until

    async def _sweep(self, rooms: Sequence[str]) -> None:
        """Read these rooms, each since its moment. What keeps one from being read keeps no other, unless it is the
        account's. A room stays behind until it was read or told of.
        """
        if not self._intake.own.team:
            await self._intake.introduce()  # or our own posts would be taken for another bot's
        lost = frozenset(() if self._lost is None else await self._lost())
        since = min(self._behind[room].since for room in rooms)
        cut: list[str] = []
        unread: dict[str, str] = {}
        refused: BaseException | None = None
        for room in rooms:
            try:
                if await self._read(room, self._behind[room].since, room in lost):
                    del self._behind[room]
                else:
                    cut.append(room)
            except (*FAULTS, KeyError, TypeError, ValueError) as error:
                if is_of_account(code(error)):
                    refused = error
                    break
                why = code(error) or redacted(error)
                logger.warning("history of %s: %s", room, why, extra={"action": "slack.catch_up"})
                if why in _LOST_ROOM:
                    await self._intake.gap(self._gone(room, self._behind.pop(room).since, why))
                elif self._put_off(room, error):
                    unread[room] = why
        if cut:
            await self._intake.gap(self._cut(since, cut))
        if unread:
            await self._intake.gap(self._unread(since, unread))
        self._behind = {
            room: replace(each, is_told=each.is_told or room in unread)
            for room, each in self._behind.items()
            if room not in cut and not each.is_given_up
        }
        if refused is not None:
            raise refused

    def _put_off(self, room: str, error: BaseException) -> bool:
        """Try a room again later, unless that would be in vain; whether it is to be told of."""
        now, behind = self._times.machine(), self._behind[room]
        stays_for = now - (behind.failed_at or now)
        is_for_good = bool(code(error)) and not is_passing(code(error)) and wait(error) is None
        is_given_up = is_for_good or stays_for >= GIVEN_UP_AFTER
        self._behind[room] = replace(
            behind,
            due_at=now + min(_TRY_AGAIN * 2**behind.tries, _LONGEST_WAIT),
            failed_at=behind.failed_at or now,
            tries=min(behind.tries + 1, 10),
            is_given_up=is_given_up,
        )
        return not behind.is_told and (is_given_up or stays_for >= TOLD_AFTER)

    async def _read(self, room: str, since: datetime, is_lost: bool) -> bool:
        """Hand over what was said in a room; False where Slack has more of it."""
        threads = () if self._threads is None else await self._threads(room)
        messages, is_whole = await self._history.since(room, since, threads)
        if is_lost:
            channel = (await self._api.ask("conversations.info", channel=room))["channel"]
            if channel.get("is_member") and not channel.get("is_archived"):
                await self._intake.gap(self._back(room, since))
        for message in sorted(messages, key=lambda each: order(each["ts"])):
            await self._intake.remembered(message, room)
        if messages:
            said = "history of %s since %s: %d messages"
            logger.info(said, room, since, len(messages), extra={"action": "slack.caught_up"})
        return is_whole

    def _gone(self, room: str, since: datetime, why: str) -> Inbound:
        """News of a room that was lost while nobody listened; its own event may never come any more."""
        known = f"lost:{room}:{why}:{stamp(since)}"
        return self._of_room(room, since, known, News(NewsKind.LOST, _LOST_ROOM[why]))

    def _back(self, room: str, since: datetime) -> Inbound:
        """News of a room that was lost and can be read again. Once a day, for where reading is allowed and posting is
        not, it is lost again with the next post.
        """
        known = f"back:{room}:{self._times.business():%Y%m%d}"
        return self._of_room(room, since, known, News(NewsKind.BACK))

    def _of_room(self, room: str, since: datetime, known: str, news: News) -> Inbound:
        return replace(self._gap(since, known, ""), room=room, kind=InboundKind.ROOM, news=news)

    def _cut(self, since: datetime, rooms: list[str]) -> Inbound:
        """What Slack's history does not give back: somebody has to look."""
        known = f"gap:{stamp(since)}:{','.join(rooms)}"
        return self._gap(since, known, f"more was said than could be read in {', '.join(rooms)}")

    def _unread(self, since: datetime, rooms: Mapping[str, str]) -> Inbound:
        """Rooms whose history Slack refuses, and why. Told once a day, however often it is asked for."""
        said = ", ".join(f"{room} ({why})" for room, why in rooms.items())
        known = f"unread:{self._times.business():%Y%m%d}:{said}"
        return self._gap(since, known, f"Slack does not give the history of {said}")

    def _gap(self, since: datetime, known: str, text: str) -> Inbound:
        return Inbound(
            channel=NAME,
            account=ACCOUNT,
            event_id=known,
            room="",
            sender="",
            sender_name="",
            text=text,
            message_id=known,
            at=since,
            received_at=self._times.business(),
            kind=InboundKind.GAP,
        )
