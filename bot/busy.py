"""Looks at the calendars that people keep elsewhere, one after the other; a lost or doubled run is harmless."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot import log
from bot.desk.calls import own_calendars
from bot.desk.calls.own_calendars import OwnCalendar
from bot.desk.desk import Desk
from bot.feeds import FeedError, Fetched, Version, fetch
from bot.ical.read import Contents, Unreadable, contents
from bot.now import Times
from bot.sla.booking import AHEAD
from bot.store.base import Store, StoreError
from bot.store.tx import Tx

READ_AHEAD = AHEAD + timedelta(days=3)
"""How far ahead calendars are read: a call can be had to the end of the last day by the client's clocks, it lasts, and
what has not changed is read once a day.
"""

WITHIN, READ_WITHIN = timedelta(seconds=5), timedelta(seconds=30)
"""How long a check waits for the answers of all calendars together, and for each that has answered to be read."""

_WHOLE_EVERY = timedelta(days=1)  # what is read reaches a fixed time ahead: unchanged, it would not move on

Fetch = Callable[..., Awaitable[Fetched]]
Parse = Callable[[bytes, str, datetime, datetime, str], Contents]

logger = log.get(__name__)


@dataclass(frozen=True, slots=True)
class Read:
    """What a calendar says; `contents` None: the same as the last time."""

    contents: Contents | None
    version: Version


class BusyTimes:
    """The calendars of one installation. `fetch(url, known=Version)` is as `feeds.fetch`, `parse` as `contents`."""

    def __init__(
        self, store: Store[Tx], desk: Desk, times: Times, fetch: Fetch = fetch, parse: Parse = contents
    ) -> None:
        self._store = store
        self._desk = desk
        self._times = times
        self._fetch = fetch
        self._parse = parse
        self._troubles: tuple[str, ...] = ()
        self._reading = asyncio.Lock()

    def warnings(self) -> Sequence[str]:
        """Which calendars could not be read, or only in part, as of the last look."""
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
                logger.warning("a calendar cannot be read, or not all of it", action="calendar.unread", reason=trouble)
        self._troubles = tuple(f"calendar of {trouble}" for trouble in troubles)

    async def _read(self, each: OwnCalendar) -> str:
        """What is wrong with it; empty where all of it was read."""
        kept, person = each.kept, each.person
        known = None
        if kept.mark == each.mark and kept.whole_at and self._times.business() - kept.whole_at < _WHOLE_EVERY:
            known = Version(kept.etag, kept.modified)
        found = await self.read(kept.url, person.zone, person.name, known)
        now, desk = self._times.business(), self._desk
        if isinstance(found, str):
            await self._store.write(lambda tx: own_calendars.failed(tx, desk.mail(tx, now), each, found, now))
            return found
        said, version = found.contents, found.version
        if said is None:
            await self._store.write(lambda tx: tx.calendars.unchanged(person.id, now))
            return _in_part(kept.left_out)
        at = (version.etag, version.modified)
        await self._store.write(lambda tx: own_calendars.took(tx, desk.mail(tx, now), each, said, now, at))
        return _in_part(len(said.left_out))

    async def report(
        self,
        calendars: Iterable[tuple[str, str, str, str]],
        within: timedelta = WITHIN,
        read_within: timedelta = READ_WITHIN,
    ) -> Sequence[str]:
        """A line about each of these calendars, (whose, where, zone, name), all asked at once; for who sets them up."""
        bounds = within.total_seconds(), read_within.total_seconds()
        return await asyncio.gather(*(self._reported(*each, *bounds) for each in calendars))

    async def _reported(self, whose: str, url: str, zone: str, name: str, within_s: float, read_within_s: float) -> str:
        too_long = f"no answer within {within_s:g} s"
        try:
            async with asyncio.timeout(within_s):
                fetched = await self._fetch(url, known=None)
            too_long = f"it has answered, but is not read within {read_within_s:g} s"
            said = await self._contents(fetched.body or b"", zone, name, read_within_s)
        except TimeoutError:
            return f"remark: calendar of {whose}: {too_long}"
        except (FeedError, Unreadable) as error:
            return f"remark: calendar of {whose}: {error}"
        away = sum(each.is_away for each in said.taken)
        counted = f"{len(said.taken) - away} times busy, {away} away in the coming {READ_AHEAD.days} days"
        in_part = _in_part(len(said.left_out))
        return f"remark: calendar of {whose}: {in_part}; {counted}" if in_part else f"calendar of {whose}: {counted}"

    async def read(self, url: str, zone: str, name: str, known: Version | None = None) -> Read | str:
        """What takes the time of the owner, called `name`, in the coming weeks, or why it cannot be told; writes
        nothing.
        """
        try:
            fetched = await self._fetch(url, known=known)
            if fetched.body is None:
                return Read(None, fetched.version)
            return Read(await self._contents(fetched.body, zone, name), fetched.version)
        except (FeedError, Unreadable) as error:
            return str(error)

    async def _contents(self, body: bytes, zone: str, name: str, within_s: float | None = None) -> Contents:
        """In a thread, for a large calendar takes seconds; one at a time, so that threads leave the loop its turns.

        TimeoutError once it is read for so long; as nothing ends a thread, others wait for its end all the same.
        """
        now = self._times.business()
        await self._reading.acquire()
        reading = asyncio.ensure_future(asyncio.to_thread(self._parse, body, zone, now, now + READ_AHEAD, name))
        reading.add_done_callback(lambda _: self._reading.release())
        async with asyncio.timeout(within_s):
            return await asyncio.shield(reading)


def _in_part(left_out: int) -> str:
    return f"read in part, {left_out} of its entries left out" if left_out else ""
