"""Who reads along in our rooms: looked up, for nobody tells of those who were there before the bot, came unheard, or
came when Slack did not say who they were.

Of a room of the team everybody in it; of a client's room what it says of itself: whether it is public, and whom it is
shared with. Who comes to a client's room is told by its events and its history.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, NoReturn

from bot.channels.base import Inbound, News, NewsKind, Outsider, Unavailable
from bot.channels.slack import gaps, news
from bot.channels.slack.api import Api
from bot.channels.slack.intake import Intake
from bot.channels.slack.people import People
from bot.channels.slack.turns import for_ever
from bot.channels.slack.verdict import FAULTS, Throttled
from bot.channels.slack.watched import Watched, WatchedRooms
from bot.channels.slack.words import stamp
from bot.now import Times

logger = logging.getLogger(__name__)

_PAGE = 200
_MOST_PAGES = 10
_MOST_UNSAID = 3
"""So many people in a row of whom Slack says nothing, and it is asked of no more for now."""

_TICK_S = 10.0


class Audience:
    """Looks at every room once, again where something has happened in one, and whenever the self-check does.

    A person of whom Slack says nothing is an outsider until it does.
    """

    def __init__(self, api: Api, people: People, intake: Intake, rooms: WatchedRooms, times: Times) -> None:
        self._api = api
        self._people = people
        self._intake = intake
        self._rooms = rooms
        self._times = times
        self._seen: set[str] = set()
        self._wake = asyncio.Event()

    def stirred(self, room: str | None = None) -> None:
        """Somebody has come to a room or left it; None: nothing was heard of any for a while."""
        if room is None:
            self._seen.clear()
        else:
            self._seen.discard(room)
        self._wake.set()

    async def run(self) -> NoReturn:
        """Look at what has not been looked at, for ever."""
        await for_ever(self.turn, self._wake, _TICK_S, "reading who is there", "slack.audience")

    async def turn(self) -> None:
        """One look at each room that has not had one since something happened. Raises what the last failure was."""
        failed: BaseException | None = None
        rooms = await self._rooms()
        for room in sorted(rooms.keys() - self._seen, key=lambda each: (not rooms[each].is_team, each)):
            self._seen.add(room)
            try:
                await self.look(room, rooms[room])
            except (*FAULTS, Unavailable, KeyError, TypeError) as error:
                self._seen.discard(room)
                failed = error
        if failed is not None:
            raise failed

    async def look(self, room: str, watched: Watched, channel: Mapping[str, Any] | None = None) -> list[Outsider]:
        """Who reads along in a room, after handing over what nobody had told of. Raises Throttled where Slack will say
        a little later who some of them are: until then these are not told of. `channel`: what Slack says of the room,
        where it was asked already.
        """
        if not self._intake.own.team:
            await self._intake.introduce()  # or everybody would be another workspace's
        if channel is None:
            channel = (await self._api.ask("conversations.info", channel=room))["channel"]
        here, is_unsure, known = _circles(channel, self._intake.own.team, watched), False, set(watched.known)
        if watched.is_team:
            visitors, is_unsure = await self._visitors(room, watched)
            here = [*visitors, *here]
        else:
            known = {each for each in known if "/" not in each}  # nobody looks who is there
        came = tuple(each for each in here if each.who not in known and (each.certain or not is_unsure))
        gone = tuple(sorted(known - {each.who for each in here}))
        # A self-check that is asked for from outside looks and tells nobody.
        if (came or gone) and self._intake.receive is not None:
            await self._intake.gap(self._news(room, News(NewsKind.SEEN, came=came, gone=gone)))
        if is_unsure:
            raise Throttled("users.info", _TICK_S)
        return here

    async def _visitors(self, room: str, watched: Watched) -> tuple[list[Outsider], bool]:
        """Who is there and not one of ours; whether Slack will say of some a little later who they are."""
        home, unsaid, is_put_off = self._intake.own.team, 0, False
        found: list[Outsider] = []
        cursor: str | None = None
        for _ in range(_MOST_PAGES):
            more = {} if cursor is None else {"cursor": cursor}
            data = await self._api.ask("conversations.members", channel=room, limit=_PAGE, **more)
            for user in data["members"]:
                if user == self._intake.own.user:
                    continue
                if unsaid < _MOST_UNSAID and not is_put_off:
                    await self._people.learn(user)
                    unsaid = 0 if self._people.team_of(user) else unsaid + 1
                    is_put_off = self._people.is_put_off(user)
                visitor = self._visitor(user, home)
                if visitor is not None and visitor.who not in watched.ours:
                    found.append(visitor)
            cursor = (data.get("response_metadata") or {}).get("next_cursor") or None
            if cursor is None:
                return found, is_put_off
        return [*found, Outsider("?", f"more than {_PAGE * _MOST_PAGES} people", certain=False)], is_put_off

    def _visitor(self, user: str, home: str) -> Outsider | None:
        team = self._people.team_of(user)
        if team and not self._people.is_outsider(user, home):
            return None
        who = f"{team or home}/{user}"
        return Outsider(who, f"{self._people.name_of(user) or user} ({who})", certain=bool(team))

    def _news(self, room: str, told: News) -> Inbound:
        now = self._times.business()
        return gaps.of_room(room, now, now, f"seen:{room}:{stamp(self._times.machine())}", told)


def _circles(channel: Mapping[str, Any], home: str, watched: Watched) -> list[Outsider]:
    """Workspaces that a room is shared with beside its own people's, and whether everybody can read it.

    A room of the team that always was public is told of by the self-check alone: it was linked so.
    """
    found: list[str] = []
    if channel.get("is_ext_shared"):
        own = {channel.get("context_team_id"), home}
        others = {*(channel.get("shared_team_ids") or ()), *(channel.get("connected_team_ids") or ())} - own
        foreign = sorted(others if watched.is_team else _not_the_client_s(others, home, watched))
        found = [news.workspace(team) for team in foreign]
        if watched.is_team and not others:
            found = [news.workspace(None)]
    is_news = news.EVERYBODY in watched.known or not watched.is_team
    if channel.get("is_private") is not True and is_news:
        found.append(news.EVERYBODY)
    return [Outsider(each, each) for each in found]


def _not_the_client_s(others: set[str], home: str, watched: Watched) -> set[str]:
    """The client's own workspaces are those of its contacts; where none is listed, the only one there is."""
    theirs = {each.partition("/")[0] for each in watched.ours} - {home}
    return others - theirs if theirs or len(others) > 1 else set()
