"""Names, workspaces, languages and zones of people by user id, as last told by Slack; asked once a day, never waited
for long.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.channels.base import Profile
from bot.channels.slack.api import Api
from bot.channels.slack.verdict import FAULTS, wait
from bot.now import Times

_GOOD_FOR = timedelta(days=1)
_AGAIN_AFTER = timedelta(minutes=5)
_MOST = 10_000
# An event must be confirmed within three seconds, and a name is not worth losing it.
_PATIENCE_S = 1.0
_GUEST = ("is_restricted", "is_ultra_restricted")
_NOT_FULL = (*_GUEST, "is_bot", "deleted")


@dataclass(frozen=True, slots=True)
class Known:
    """Empty where Slack did not say; asked again after `until` (machine time)."""

    name: str
    team: str
    until: datetime
    locale: str = ""
    zone: str = ""
    is_full: bool = False  # no guest and no bot
    is_guest: bool = False
    is_bot: bool = False
    is_put_off: bool = False  # Slack will say so a little later


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

    def is_guest(self, user: str) -> bool:
        """Whether Slack has said that this is a guest of a workspace."""
        known = self._known.get(user)
        return known is not None and known.is_guest

    def is_put_off(self, user: str) -> bool:
        """Whether nothing is known of somebody because Slack has asked for a pause."""
        known = self._known.get(user)
        return known is not None and known.is_put_off and not known.team

    def is_outsider(self, user: str, home: str) -> bool:
        """Whether Slack has said that this is a guest, or a person of another workspace."""
        known = self._known.get(user)
        is_foreign = known is not None and bool(known.team) and known.team != home and not known.is_bot
        return is_foreign or self.is_guest(user)

    def profile_of(self, user: str, home: str) -> Profile | None:
        """What is known of somebody; `home` is the workspace we are installed in. None: Slack has said nothing."""
        known = self._known.get(user)
        if known is None or not known.team:
            return None
        return Profile(known.locale, known.zone, known.is_full and known.team == home)

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
                data = (await self._api.ask("users.info", user=user, include_locale=True))["user"]
        except (*FAULTS, KeyError) as error:
            before, pause = self._known.get(user) or Known("", "", now), wait(error)
            again_after = _AGAIN_AFTER if pause is None else min(_AGAIN_AFTER, timedelta(seconds=pause))
            self._keep(user, replace(before, until=now + again_after, is_put_off=pause is not None))
            return
        profile = data.get("profile") or {}
        name = profile.get("display_name") or profile.get("real_name") or data.get("real_name") or data.get("name")
        self._keep(
            user,
            Known(
                name=str(name or ""),
                team=str(data.get("team_id") or ""),
                until=now + _GOOD_FOR,
                locale=str(data.get("locale") or ""),
                zone=str(data.get("tz") or ""),
                is_full=not any(data.get(each) for each in _NOT_FULL),
                is_guest=any(data.get(each) for each in _GUEST),
                is_bot=bool(data.get("is_bot")),
            ),
        )

    def _keep(self, user: str, known: Known) -> None:
        self._known.pop(user, None)
        while len(self._known) >= _MOST:
            del self._known[next(iter(self._known))]
        self._known[user] = known
