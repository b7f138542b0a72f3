"""One update on its way to the core, and the answer to whoever has pressed a button; for both ways updates come."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bot.channels.base import Inbound, InboundKind, NamedPulse, News, NewsKind, Receive, Unavailable
from bot.channels.telegram.api import Api, CallFailed
from bot.channels.telegram.read import Me, blank, bot_named, read, unreadable
from bot.channels.telegram.verdict import is_too_late
from bot.channels.telegram.write import first_units
from bot.now import Times

log = logging.getLogger(__name__)

KEPT = timedelta(hours=24)
"""How long the platform keeps what it could not deliver."""

BEAT = timedelta(minutes=1)
PATIENCE = timedelta(minutes=10)
"""How long what is said to a name that may be our new one is left with the platform, before it has told our name."""

_MAX_ANSWER = 200
# Said where we have no words in the presser's language: the press is not lost, the platform brings it again.
_NOT_YET = "⏳"


class Taker:
    """Takes updates in; what it returns from is committed."""

    def __init__(self, api: Api, times: Times, pulse: NamedPulse, bot_id: str) -> None:
        self.me = Me(bot_id)
        self._api = api
        self._times = times
        self._pulse = pulse
        self._is_told = False  # our name, in this life
        self._held_at: datetime | None = None  # since when something waits for it
        self._receive: Receive | None = None
        self._answers: set[asyncio.Task[None]] = set()
        self._beat_at = times.machine() - BEAT

    def open(self, receive: Receive) -> None:
        self._receive = receive

    def close(self) -> None:
        """From now on nothing is taken in: Unavailable."""
        self._receive = None

    async def drain(self) -> None:
        """Wait until presses are answered; each answer has its limit of time."""
        await asyncio.gather(*self._answers, return_exceptions=True)

    async def introduce(self) -> None:
        """Ask the platform who we are, and remember it; CallFailed where it does not know."""
        told = await self._api.call("getMe")
        name = str(told.get("username") or "")
        if name and name != await self._pulse.name(self.me.bot_id):
            await self._pulse.named(self.me.bot_id, name)
        self.me = Me(self.me.bot_id, name)
        self._is_told = True

    async def _know_name(self, update: Any) -> None:
        """The name of the life before will do until the platform has told it anew, but not for a while where something
        is said to another name: we may have been renamed. Unavailable there, and where there is no name at all: a
        command that names us, or another bot, would be taken for somebody's words.
        """
        if self._is_told:
            return
        if not self.me.username:
            self.me = Me(self.me.bot_id, await self._pulse.name(self.me.bot_id) or "")
        if not self.me.username or self._is_for_a_new_name(update):
            raise Unavailable("the platform has not told our name yet")

    def _is_for_a_new_name(self, update: Any) -> bool:
        named = bot_named(update)
        if named is None or named.casefold() == self.me.username.casefold():
            return False
        now = self._times.machine()
        self._held_at = self._held_at or now
        return now - self._held_at < PATIENCE

    async def take(self, update: Any, payload: bytes) -> None:
        """Commit one update. Unavailable: nothing was stored, the platform must bring it again.

        What cannot be stored as it reads, for whatever reason, is stored for a human to look at: brought again it
        would be the same, and hold up all that follows.
        """
        query = _query_id(update)
        notice: str | None = _NOT_YET
        inbound: Inbound | None = None
        try:
            await self._know_name(update)
            inbound = read(update, self.me, self._times.business(), payload)
            notice = None if inbound is None else await self._commit(inbound)
        except Unavailable:
            raise
        except Exception as error:
            # The error's own words could quote a person's.
            log.exception("telegram.take_raised: the update is kept for a human to look at")
            await self.take_bytes(payload, f"{type(error).__name__} while storing it", inbound)
        finally:
            # Whatever has become of the press: the presser's app shows a clock until it is answered.
            if query is not None:
                self._answer(query, notice)

    async def take_bytes(self, payload: bytes, reason: str, known: Inbound | None = None) -> None:
        """Commit what is no update at all, for a human to look at; `known` is what could be read of it, whose words the
        store may not have liked.
        """
        strange = unreadable(self.me, self._times.business(), payload, reason)
        if known is not None and not known.automatic and known.kind in (InboundKind.MESSAGE, InboundKind.UNREADABLE):
            strange = replace(
                strange,
                room=known.room,
                sender=known.sender,
                message_id=known.message_id,
                at=known.at,
                thread=known.thread,
                topic=known.topic,
                unattributed=known.unattributed,
                direct=known.direct,
            )
        await self._commit(strange)

    async def look_back(self) -> None:
        """Report a silence so long that the platform has forgotten what was said in it."""
        last, now = await self._pulse.last(), self._times.machine()
        if last is None or now - last <= KEPT:
            return
        event_id = f"{self.me.bot_id}:gap:{last.isoformat()}"
        hours = (now - last) / timedelta(hours=1)
        text = f"{last:%Y-%m-%d %H:%M} - {now:%Y-%m-%d %H:%M} UTC ({hours:.0f} h)"
        silence = blank(event_id, self.me, self._times.business(), b"")
        await self._commit(replace(silence, kind=InboundKind.GAP, text=text, at=last))

    async def look_back_after_silence(self) -> None:
        """The same for a silence in the life of this process; at little cost, before each beat."""
        if self._times.machine() - self._beat_at > KEPT:
            await self.look_back()

    async def back(self, room: str) -> None:
        """Report that we may post in a group (again), where the platform tells us by no update."""
        event_id = f"{self.me.bot_id}:back:{room}:{self._times.machine().isoformat()}"
        returned = blank(event_id, self.me, self._times.business(), b"")
        await self._commit(replace(returned, kind=InboundKind.ROOM, room=room, news=News(NewsKind.BACK)))

    async def beat(self) -> None:
        """Remember that the platform was heard now, about once a minute."""
        now = self._times.machine()
        if now - self._beat_at >= BEAT:
            await self._pulse.beat(now)
            self._beat_at = now

    async def _commit(self, inbound: Inbound) -> str | None:
        """What to show the presser."""
        if self._receive is None:
            raise Unavailable("the channel is not listening")
        if inbound.kind is InboundKind.UNREADABLE:
            log.warning("telegram.unreadable: event %s: %s", inbound.event_id, inbound.text)
        return (await self._receive(inbound)).notice

    def _answer(self, query: str, notice: str | None) -> None:
        """Apart from the intake: the platform may be slow to take it, and it must hold nothing up."""
        task = asyncio.create_task(self._answer_now(query, notice))
        self._answers.add(task)
        task.add_done_callback(self._answers.discard)

    async def _answer_now(self, query: str, notice: str | None) -> None:
        text = first_units(notice, _MAX_ANSWER) if notice else None
        try:
            await self._api.call(
                "answerCallbackQuery", callback_query_id=query, text=text, show_alert=True if text else None
            )
        except CallFailed as failed:
            if not is_too_late(failed):
                log.warning("telegram.press_unanswered: %s", failed.reason)


def _query_id(update: Any) -> str | None:
    query = update.get("callback_query") if isinstance(update, dict) else None
    found = query.get("id") if isinstance(query, dict) else None
    return found if isinstance(found, str) else None
