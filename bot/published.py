"""What calendars outside fetch from us, fulfilled over store and desk; the addresses themselves are the web's."""

from __future__ import annotations

from bot.desk.calls import invitations
from bot.desk.desk import Desk
from bot.now import Times
from bot.store.base import Store
from bot.store.conversations import unavailable_if_store_fails
from bot.store.tx import Tx


class Published:
    """Files by the secrets of their addresses; None where there is none. Both raise `Unavailable`."""

    def __init__(self, store: Store[Tx], desk: Desk, times: Times) -> None:
        self._store = store
        self._desk = desk
        self._times = times

    async def invitation(self, secret: str) -> bytes | None:
        now, desk = self._times.business(), self._desk
        with unavailable_if_store_fails():
            return await self._store.read(
                lambda tx: invitations.invitation(tx, desk.words, desk.rules.meeting, secret, now)
            )

    async def feed(self, secret: str) -> bytes | None:
        now = self._times.business()
        with unavailable_if_store_fails():
            return await self._store.read(lambda tx: invitations.feed(tx, self._desk.words, secret, now))
