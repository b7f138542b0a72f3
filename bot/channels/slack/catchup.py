"""What was said while nobody listened: read from the rooms' history and handed over like everything else.

Slack repeats an event for six minutes. As long as something proves at least that often that we can be reached, nothing
is lost; where nothing does, the history is read, which is such a proof as well.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bot.channels.base import Inbound, InboundKind, News, NewsKind, Pulse, Unavailable
from bot.channels.slack.api import Api, redacted
from bot.channels.slack.intake import Intake, Rooms
from bot.channels.slack.read import ACCOUNT, NAME
from bot.channels.slack.verdict import FAULTS, code, wait
from bot.channels.slack.words import order, stamp
from bot.now import Times

logger = logging.getLogger(__name__)

GAP = timedelta(minutes=6)
"""Retries at once, after one and after five minutes: https://docs.slack.dev/apis/events-api#retries."""

OVERLAP = timedelta(seconds=60)
THREADS = timedelta(days=7)
"""Answers in threads are found where the thread began within this time before the gap, as far as some pages reach."""

_BEAT = timedelta(minutes=1)
_TRY_AGAIN = timedelta(seconds=20)
_TICK_S = 1.0
_PAGE = 200
_MOST_PAGES = 25
_OLDER_PAGES = 3
_LONGEST_WAIT_S = 60.0
_CHANNELS = ("C", "D", "G")
_LOST_ROOM = {
    "channel_not_found": "the channel is gone, has another id, or the bot was removed",
    "not_in_channel": "the bot was removed",
    "is_archived": "the channel was archived",
}
_UNSEEN_ROOM = frozenset({*_LOST_ROOM, "missing_scope", "access_denied"})


class CatchUp:
    """`is_connected` proves at any moment that we can be reached (Socket Mode); None: only what comes in does."""

    def __init__(
        self,
        api: Api,
        intake: Intake,
        rooms: Rooms,
        pulse: Pulse,
        times: Times,
        is_connected: Callable[[], bool] | None = None,
    ) -> None:
        self._api = api
        self._intake = intake
        self._rooms = rooms
        self._pulse = pulse
        self._times = times
        self._is_connected = is_connected
        self._heard_at: datetime | None = None
        self._beaten_at: datetime | None = None
        self._tried_at: datetime | None = None
        self._is_first = True
        self._wake = asyncio.Event()

    def heard(self) -> None:
        """Something came in. After a gap it proves nothing about what came before it, nor before the first look at
        what was said while the bot was down: else lives too short for a look would hide it from the one that lasts.
        """
        now = self._times.machine()
        if self._heard_at is None or self._is_first:
            return
        if now - self._heard_at < GAP:
            self._heard_at = now
        else:
            self._wake.set()

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
        if self._is_first or now - self._heard_at >= GAP:
            just_tried = self._tried_at is not None and timedelta() <= now - self._tried_at < _TRY_AGAIN
            if not just_tried and (self._is_connected is None or self._is_connected()):
                self._tried_at = now
                await self._sweep(self._heard_at - OVERLAP)
                self._is_first, self._heard_at, self._tried_at = False, now, None
        elif self._is_connected is not None and self._is_connected():
            self._heard_at = now
        if self._beaten_at is None or self._heard_at - self._beaten_at >= _BEAT:
            await self._pulse.beat(self._heard_at)
            self._beaten_at = self._heard_at

    async def _sweep(self, since: datetime) -> None:
        if not self._intake.own.team:
            await self._intake.introduce()  # or our own posts would be taken for another bot's
        found = 0
        cut: list[str] = []
        for room in await self._rooms():
            if not room.startswith(_CHANNELS):
                continue
            try:
                messages, is_whole = await self._history(room, since)
            except FAULTS as error:
                if code(error) not in _UNSEEN_ROOM:
                    raise
                logger.warning("history of %s: %s", room, code(error), extra={"action": "slack.catch_up"})
                if code(error) in _LOST_ROOM:
                    await self._intake.gap(self._gone(room, since, code(error)))
                continue
            if not is_whole:
                cut.append(room)
            for message in sorted(messages, key=lambda each: order(each["ts"])):
                await self._intake.remembered(message, room)
            found += len(messages)
        if cut:
            await self._intake.gap(self._cut(since, cut))
        if found:
            logger.info("history since %s: %d messages", since, found, extra={"action": "slack.caught_up"})

    async def _history(self, room: str, since: datetime) -> tuple[list[dict[str, Any]], bool]:
        """Messages of a room after `since`, its threads included, in no order; False where Slack has more of them."""
        first = order(stamp(since))
        found: list[dict[str, Any]] = []
        parents: list[str] = []
        is_whole = True
        older = 0
        async for page, is_last in self._pages("conversations.history", room, since - THREADS):
            moments = [order(each["ts"]) for each in page] or [0]
            found += [each for each in page if order(each["ts"]) > first]
            parents += [each["ts"] for each in page if order(each.get("latest_reply") or "0.000000") > first]
            is_whole = is_last or min(moments) <= first
            # Newest first, as Slack's pages are; were they not, the end would be the newest.
            older += moments[0] >= moments[-1] and moments[-1] <= first
            if older >= _OLDER_PAGES:
                break
        for parent in parents:
            answers, has_all = await self._answers(room, parent, since)
            found += [each for each in answers if order(each["ts"]) > first]
            is_whole = is_whole and has_all
        return found, is_whole

    async def _answers(self, room: str, parent: str, since: datetime) -> tuple[list[dict[str, Any]], bool]:
        """What a thread holds since then, without its parent, which stands on every page, and without answers that
        were shown in the channel, whose history has them.
        """
        found: list[dict[str, Any]] = []
        has_all = False
        async for page, is_last in self._pages("conversations.replies", room, since, ts=parent):
            found += [each for each in page if each["ts"] != parent and each.get("subtype") != "thread_broadcast"]
            has_all = is_last
        return found, has_all

    async def _pages(
        self, method: str, room: str, since: datetime, **more: str
    ) -> AsyncIterator[tuple[list[dict[str, Any]], bool]]:
        """Pages with whether each is the last one, at most `_MOST_PAGES` of them."""
        cursor: str | None = None
        for _ in range(_MOST_PAGES):
            data = await self._patient(method, channel=room, oldest=stamp(since), limit=_PAGE, cursor=cursor, **more)
            cursor = (data.get("response_metadata") or {}).get("next_cursor") or None
            yield data["messages"], cursor is None
            if cursor is None:
                return

    async def _patient(self, method: str, **arguments: Any) -> dict[str, Any]:
        """The call, again after the wait that Slack asks for; apps outside its directory get one call in a minute."""
        while True:
            try:
                return await self._api.ask(method, **arguments)
            except FAULTS as error:
                seconds = wait(error)
                if seconds is None:
                    raise
                await asyncio.sleep(min(seconds, _LONGEST_WAIT_S))

    def _gone(self, room: str, since: datetime, why: str) -> Inbound:
        """News of a room that was lost while nobody listened; its own event may never come any more."""
        known = f"lost:{room}:{why}:{stamp(since)}"
        lost = replace(self._cut(since, []), event_id=known, message_id=known, room=room, text="")
        return replace(lost, kind=InboundKind.ROOM, news=News(NewsKind.LOST, _LOST_ROOM[why]))

    def _cut(self, since: datetime, rooms: list[str]) -> Inbound:
        """What Slack's history does not give back: somebody has to look."""
        now = self._times.business()
        known = f"gap:{stamp(since)}"
        return Inbound(
            channel=NAME,
            account=ACCOUNT,
            event_id=known,
            room="",
            sender="",
            sender_name="",
            text=f"more was said than could be read in {', '.join(rooms)}",
            message_id=known,
            at=since,
            received_at=now,
            kind=InboundKind.GAP,
        )
