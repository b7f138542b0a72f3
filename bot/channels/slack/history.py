"""What was said in a room since a moment, its threads included, as far as Slack gives it back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.channels.slack.api import Api
from bot.channels.slack.verdict import FAULTS, code, wait
from bot.channels.slack.words import TS, order, stamp

THREADS = timedelta(days=30)
"""Answers in threads are found by themselves where the thread began within this time before the gap, as far as some
pages reach; in older ones only where somebody knows of the thread.
"""

_PAGE = 200
_MOST_PAGES = 25
_OLDER_PAGES = 3
_LONGEST_WAIT_S = 60.0
_MOST_WAITS = 3
"""For one page; a room that takes longer keeps the others waiting no more."""

Message = dict[str, Any]


class History:
    def __init__(self, api: Api) -> None:
        self._api = api

    async def since(self, room: str, moment: datetime, threads: Sequence[str] = ()) -> tuple[list[Message], bool]:
        """Messages of a room after `moment`, in no order; False where Slack has more of them. `threads`: those that are
        asked for however old they are. Raises one of `verdict.FAULTS`.
        """
        first = order(stamp(moment))
        found: list[Message] = []
        seen: set[str] = set()
        answered: list[str] = []
        is_whole = True
        older = 0
        async for page, is_last in self._pages("conversations.history", room, moment - THREADS):
            moments = [order(each["ts"]) for each in page] or [0]
            found += [each for each in page if order(each["ts"]) > first]
            seen |= {each["ts"] for each in page}
            answered += [each["ts"] for each in page if order(each.get("latest_reply") or "0.000000") > first]
            is_whole = is_last or min(moments) <= first
            # Newest first, as Slack's pages are; were they not, the end would be the newest.
            older += moments[0] >= moments[-1] and moments[-1] <= first
            if older >= _OLDER_PAGES:
                break
        known = [each for each in dict.fromkeys(threads) if each not in seen and TS.fullmatch(each)]
        for parent in (*answered, *known):
            answers, has_all = await self._answers(room, parent, moment)
            found += [each for each in answers if order(each["ts"]) > first]
            is_whole = is_whole and has_all
        return found, is_whole

    async def _answers(self, room: str, parent: str, moment: datetime) -> tuple[list[Message], bool]:
        """What a thread holds since then, without its parent, which stands on every page."""
        found: list[Message] = []
        has_all = False
        try:
            async for page, is_last in self._pages("conversations.replies", room, moment, ts=parent):
                found += [each for each in page if each["ts"] != parent]
                has_all = is_last
        except FAULTS as error:
            if code(error) != "thread_not_found":
                raise
            return [], True  # its first message was deleted, and nobody can answer any more
        return found, has_all

    async def _pages(
        self, method: str, room: str, moment: datetime, **more: str
    ) -> AsyncIterator[tuple[list[Message], bool]]:
        """Pages with whether each is the last one, at most `_MOST_PAGES` of them."""
        cursor: str | None = None
        for _ in range(_MOST_PAGES):
            data = await self._patient(method, channel=room, oldest=stamp(moment), limit=_PAGE, cursor=cursor, **more)
            cursor = (data.get("response_metadata") or {}).get("next_cursor") or None
            yield data["messages"], cursor is None
            if cursor is None:
                return

    async def _patient(self, method: str, **arguments: Any) -> dict[str, Any]:
        """The call, again after the wait that Slack asks for; apps outside its directory get one call in a minute."""
        for _ in range(_MOST_WAITS):
            try:
                return await self._api.ask(method, **arguments)
            except FAULTS as error:
                seconds = wait(error)
                if seconds is None:
                    raise
                await asyncio.sleep(min(seconds, _LONGEST_WAIT_S))
        return await self._api.ask(method, **arguments)
