"""What was said in a room since a moment, and in its threads, as far as Slack gives it back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.channels.slack.api import Api
from bot.channels.slack.verdict import FAULTS, code, wait
from bot.channels.slack.words import order, stamp

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


@dataclass(slots=True)
class Read:
    """What some pages hold. `moved` are the threads of them in which somebody has answered since the moment."""

    messages: list[Message] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)
    is_whole: bool = False
    """Whether Slack has no more of it."""


class History:
    """Its methods raise one of `verdict.FAULTS`; only the first waits where Slack asks for a pause."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def since(self, room: str, moment: datetime) -> Read:
        """What was said in the room itself, in no order."""
        return await self._read("conversations.history", room, moment, _MOST_PAGES, is_patient=True)

    async def before(self, room: str, moment: datetime) -> Read:
        """What was said before: of its threads some have moved since."""
        more: dict[str, Any] = {"oldest": stamp(moment - THREADS), "latest": stamp(moment), "inclusive": True}
        return await self._read("conversations.history", room, moment, _OLDER_PAGES, **more)

    async def answers(self, room: str, thread: str, moment: datetime) -> Read:
        """What was said in a thread, without its parent, which stands on every page."""
        try:
            found = await self._read("conversations.replies", room, moment, _MOST_PAGES, ts=thread)
        except FAULTS as error:
            if code(error) != "thread_not_found":
                raise
            return Read(is_whole=True)  # its first message was deleted, and nobody can answer any more
        found.messages = [each for each in found.messages if each["ts"] != thread]
        return found

    async def _read(
        self, method: str, room: str, moment: datetime, pages: int, *, is_patient: bool = False, **more: Any
    ) -> Read:
        found, first = Read(), order(stamp(moment))
        arguments = {"channel": room, "oldest": stamp(moment), "limit": _PAGE, **more}
        async for page, is_last in self._pages(method, pages, is_patient, arguments):
            found.messages += page
            found.moved += [each["ts"] for each in page if order(each.get("latest_reply") or "0.000000") > first]
            found.is_whole = is_last
        return found

    async def _pages(
        self, method: str, most: int, is_patient: bool, arguments: dict[str, Any]
    ) -> AsyncIterator[tuple[list[Message], bool]]:
        """Pages with whether each is the last one."""
        cursor: str | None = None
        for _ in range(most):
            data = await self._asked(method, is_patient, cursor=cursor, **arguments)
            cursor = (data.get("response_metadata") or {}).get("next_cursor") or None
            yield data["messages"], cursor is None
            if cursor is None:
                return

    async def _asked(self, method: str, is_patient: bool, **arguments: Any) -> dict[str, Any]:
        """The call, again after the wait that Slack asks for; apps outside its directory get one call in a minute."""
        for _ in range(_MOST_WAITS if is_patient else 0):
            try:
                return await self._api.ask(method, **arguments)
            except FAULTS as error:
                seconds = wait(error)
                if seconds is None:
                    raise
                await asyncio.sleep(min(seconds, _LONGEST_WAIT_S))
        return await self._api.ask(method, **arguments)
