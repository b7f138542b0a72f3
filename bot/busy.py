"""Looks at the calendars that people keep elsewhere, one after the other; a lost or doubled run is harmless."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence

from bot import log
from bot.desk import own_calendars
from bot.desk.desk import Desk
from bot.desk.own_calendars import OwnCalendar
from bot.feeds import FeedError, fetch
from bot.ical.read import LOOKED_AHEAD, Taken, Unreadable, taken
from bot.now import Times
from bot.store.base import Store, StoreError
from bot.store.tx import Tx

Fetch = Callable[[str], Awaitable[bytes]]

logger = log.get(__name__)


class BusyTimes:
    """The calendars of one installation. `fetch` raises FeedError."""

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
        found = await self.read(each.kept.url, each.person.zone)
        now, desk = self._times.business(), self._desk
        if isinstance(found, str):
            await self._store.write(lambda tx: own_calendars.failed(tx, desk.mail(tx, now), each, found, now))
            return found
        await self._store.write(lambda tx: own_calendars.took(tx, each, found, now))
        return ""

    async def report(self, calendars: Iterable[tuple[str, str, str]]) -> Sequence[str]:
        """A line about each of these calendars, (whose, where, zone); for whoever sets them up."""
        lines = []
        for whose, url, zone in calendars:
            found = await self.read(url, zone)
            if isinstance(found, str):
                lines.append(f"remark: calendar of {whose}: {found}")
            else:
                away = sum(each.is_away for each in found)
                ahead = f"in the coming {LOOKED_AHEAD.days} days"
                lines.append(f"calendar of {whose}: {len(found) - away} times busy, {away} away {ahead}")
        return lines

    async def read(self, url: str, zone: str) -> tuple[Taken, ...] | str:
        """What takes time in the coming weeks, or why it cannot be told; writes nothing."""
        now = self._times.business()
        try:
            # In a thread, for a large calendar takes seconds.
            return await asyncio.to_thread(taken, await self._fetch(url), zone, now, now + LOOKED_AHEAD)
        except (FeedError, Unreadable) as error:
            return str(error)
