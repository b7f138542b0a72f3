"""Names and workspaces of people by user id, as last told by Slack; asked once a day, never waited for long."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.channels.slack.api import Api
from bot.channels.slack.verdict import FAULTS
from bot.now import Times

_GOOD_FOR = timedelta(days=1)
_AGAIN_AFTER = timedelta(minutes=5)
_MOST = 10_000
# An event must be confirmed within three seconds, and a name is not worth losing it.
_PATIENCE_S = 1.0


@dataclass(frozen=True, slots=True)
class Known:
    """Empty where Slack did not say; asked again after `until` (machine time)."""

    name: str
    team: str
    until: datetime


class People:
    def __init__(self, api: Api, times: Times) -> None:
        self._api = api
        self._times = times
        self._known: dict[str, Known] = {}
        self._asking: dict[str, asyncio.Task[None]] = {}

    def name_of(self, user: str) -> str:
        known = self._known.get(user)
        return known.name if known is not None else ""

    def team_of(self, user: str) -> str:
        known = self._known.get(user)
        return known.team if known is not None else ""

    async def learn(self, user: str) -> None:
        """Ask who it is, unless that is known; where Slack is slow or refuses, the id has to do."""
        now = self._times.machine()
        known = self._known.get(user)
        if not user or (known is not None and now < known.until):
            return
        asking = self._asking.get(user)
        if asking is None:
            asking = self._asking[user] = asyncio.create_task(self._ask(user, now))
            asking.add_done_callback(lambda _: self._asking.pop(user, None))
        await asyncio.shield(asking)

    async def _ask(self, user: str, now: datetime) -> None:
        """Never raises for what Slack did, and takes no longer than an event can wait."""
        try:
            async with asyncio.timeout(_PATIENCE_S):
                data = (await self._api.ask("users.info", user=user))["user"]
        except (*FAULTS, KeyError):
            self._keep(user, Known(self.name_of(user), self.team_of(user), now + _AGAIN_AFTER))
            return
        profile = data.get("profile") or {}
        name = profile.get("display_name") or profile.get("real_name") or data.get("real_name") or data.get("name")
        self._keep(user, Known(str(name or ""), str(data.get("team_id") or ""), now + _GOOD_FOR))

    def _keep(self, user: str, known: Known) -> None:
        self._known.pop(user, None)
        while len(self._known) >= _MOST:
            del self._known[next(iter(self._known))]
        self._known[user] = known
