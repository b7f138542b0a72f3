"""Looks at the calendars that people keep elsewhere, one after the other; a lost or doubled run is harmless."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot import log
from bot.desk import own_calendars
from bot.desk.desk import Desk
from bot.desk.own_calendars import OwnCalendar
from bot.feeds import FeedError, Fetched, Version, fetch
from bot.ical.read import LOOKED_AHEAD, Taken, Unreadable, taken
from bot.now import Times
from bot.store.base import Store, StoreError
from bot.store.tx import Tx

WITHIN = timedelta(seconds=5)
"""How long a check waits for all calendars together."""

_WHOLE_EVERY = timedelta(days=1)  # what is read reaches a fixed time ahead: unchanged, it would not move on

Fetch = Callable[..., Awaitable[Fetched]]

logger = log.get(__name__)


@dataclass(frozen=True, slots=True)
class Read:
    """What a calendar says; `taken` None: the same as the last time."""

    taken: tuple[Taken, ...] | None
    version: Version


class BusyTimes:
    """The calendars of one installation. `fetch(url, known=Version)` is as `feeds.fetch`."""

    def __init__(self, store: Store[Tx], desk: Desk, times: Times, fetch: Fetch = fetch) -> None:
        self._store = store
        self._desk = desk
        self._times = times
        self._fetch = fetch
        self._troubles: tuple[str, ...] = ()

    def warnings(self) -> Sequence[str]:
        """Which calendars could not be read, as of the last look."""
        return self._troubles

    async def look(self) -> None:
        """Read every calendar; one that cannot be read stops no other."""
        try:
            await self._store.write(lambda tx: own_calendars.forget_gone(tx, self._times.business()))
            everybody = await self._store.read(own_calendars.calendars)
            troubles = [each.person.key + ": " + why for each in everybody if (why := await self._read(each))]
        except StoreError as error:
            logger.warning("no calendar is read without the store", action="calendar.store", reason=str(error))
            return
        for trouble in troubles:
            if trouble not in self._troubles:
                logger.warning("a calendar cannot be read", action="calendar.unread", reason=trouble)
        self._troubles = tuple(f"calendar of {trouble}" for trouble in troubles)

    async def _read(self, each: OwnCalendar) -> str:
        """Why it could not be read; empty where it was."""
        kept, person = each.kept, each.person
        known = None
        if kept.mark == each.mark and kept.whole_at and self._times.business() - kept.whole_at < _WHOLE_EVERY:
            known = Version(kept.etag, kept.modified)
        found = await self.read(kept.url, person.zone, person.name, known)
        now, desk = self._times.business(), self._desk
        if isinstance(found, str):
            await self._store.write(lambda tx: own_calendars.failed(tx, desk.mail(tx, now), each, found, now))
            return found
        taken, version = found.taken, found.version
        if taken is None:
            await self._store.write(lambda tx: tx.calendars.unchanged(person.id, now))
        else:
            at = (version.etag, version.modified)
            await self._store.write(lambda tx: own_calendars.took(tx, each, taken, now, at))
        return ""

    async def report(self, calendars: Iterable[tuple[str, str, str, str]], within: timedelta = WITHIN) -> Sequence[str]:
        """A line about each of these calendars, (whose, where, zone, name), all asked at once; for who sets them up."""
        asked = {
            whose: asyncio.create_task(self._reported(whose, url, zone, name)) for whose, url, zone, name in calendars
        }
        if not asked:
            return []
        _, late = await asyncio.wait(asked.values(), timeout=within.total_seconds())
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        silent = f"no answer within {within.total_seconds():g} s"
        return [
            f"remark: calendar of {who}: {silent}" if each in late else each.result() for who, each in asked.items()
        ]

    async def _reported(self, whose: str, url: str, zone: str, name: str) -> str:
        found = await self.read(url, zone, name)
        if isinstance(found, str):
            return f"remark: calendar of {whose}: {found}"
        taken = found.taken or ()
        away = sum(each.is_away for each in taken)
        ahead = f"in the coming {LOOKED_AHEAD.days} days"
        return f"calendar of {whose}: {len(taken) - away} times busy, {away} away {ahead}"

    async def read(self, url: str, zone: str, name: str, known: Version | None = None) -> Read | str:
        """What takes the time of the owner, called `name`, in the coming weeks, or why it cannot be told; writes
        nothing.
        """
        now = self._times.business()
        try:
            fetched = await self._fetch(url, known=known)
            if fetched.body is None:
                return Read(None, fetched.version)
            # In a thread, for a large calendar takes seconds.
            found = await asyncio.to_thread(taken, fetched.body, zone, now, now + LOOKED_AHEAD, name)
            return Read(found, fetched.version)
        except (FeedError, Unreadable) as error:
            return str(error)
