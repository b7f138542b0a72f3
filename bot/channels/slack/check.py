"""The self-check: whether account, scopes, rooms, clock and way of intake are as they must be."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence, Set
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from bot.channels.base import Outcome, Outsider, Permanent, Problem, Scope, Unavailable
from bot.channels.slack.api import Api, redacted
from bot.channels.slack.audience import Audience
from bot.channels.slack.manifest import SCOPES
from bot.channels.slack.read import NAME
from bot.channels.slack.verdict import FAULTS, code, outcome, wait
from bot.channels.slack.watched import WatchedRooms

MOST_SKEW = timedelta(seconds=60)
"""Requests whose time differs by more than five minutes are refused, so this is told before it hurts."""

_LONGEST_S = 20.0
"""Looking at rooms; those that were not reached come first the next time."""

_MOST_NAMED = 5

Rooms = Callable[[], Awaitable[Sequence[str]]]


class Looks:
    """What was found in each room at the latest look, the longest ago first."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._found: dict[str, list[Problem]] = {}
        self._monotonic = monotonic

    def in_turn(self, rooms: Sequence[str], first: Set[str]) -> Iterator[str]:
        """The rooms, those of `first` before all others, then what has waited longest, as far as the time reaches."""
        self._found = {room: found for room, found in self._found.items() if room in rooms}
        until, ago = self._monotonic() + _LONGEST_S, {room: n for n, room in enumerate(self._found)}
        for room in sorted(rooms, key=lambda each: (each not in first, ago.get(each, -1))):
            if self._monotonic() > until:
                return
            yield room

    def note(self, room: str, found: list[Problem]) -> None:
        self._found.pop(room, None)
        self._found[room] = found

    def all(self, rooms: Sequence[str]) -> list[Problem]:
        """Everything that is known to be wrong."""
        found = [problem for room in rooms for problem in self._found.get(room, ())]
        if unseen := sum(room not in self._found for room in rooms):
            found.append(_problem(f"{unseen} of {len(rooms)} rooms are not looked at yet: their turn comes"))
        return found


async def look(
    api: Api,
    rooms: Rooms,
    now: datetime,
    team: str,
    watched_rooms: WatchedRooms | None,
    audience: Audience | None,
    looks: Looks,
) -> tuple[list[Problem], Mapping[str, object]]:
    """What is wrong, and who `auth.test` says we are (empty where it does not). `team`: as known so far;
    `watched_rooms`: those of `rooms` of which somebody knows who may read them; `audience` looks who does; `looks`
    remembers what was found in rooms whose turn is not now.
    """
    try:
        who, headers = await api.who()
    except FAULTS as error:
        return [_refused(error)], {}
    found = [*_scopes(headers), *_clock(headers, now)]
    if team and who.get("team_id") != team:
        found.append(_problem(f"the token is now one of workspace {who.get('team_id')}, not of {team}", fatal=True))
        audience = None  # it would take every colleague for somebody else's
    try:
        bound = [each for each in await rooms() if each.startswith(("C", "G"))]
        watched = {} if watched_rooms is None else await watched_rooms()
    except Unavailable as error:
        return [*found, _problem(f"rooms not looked at: {error}")], who
    own = {room for room, each in watched.items() if each.is_team}
    for room in looks.in_turn(bound, own):
        try:
            channel = await _channel(api, room)
            here = _room(room, channel, room in own)
            if room in own and audience is not None and channel is not None:
                here += _strangers(room, await audience.look(room, watched[room], channel))
        except (*FAULTS, Unavailable) as error:
            if wait(error) is not None:
                break
            here = [_problem(f"room {room}: {redacted(error)}")]
        looks.note(room, here)
    return [*found, *looks.all(bound)], who


def _refused(error: BaseException) -> Problem:
    verdict: Outcome = outcome(error)
    if isinstance(verdict, Permanent) and verdict.scope is Scope.ACCOUNT:
        return _problem(f"the bot token is refused: {verdict.reason} (set PLEDGE_SLACK__BOT_TOKEN anew)", fatal=True)
    return _problem(f"Slack does not answer: {redacted(error)}")


def _scopes(headers: Mapping[str, str]) -> list[Problem]:
    given = headers.get("x-oauth-scopes")
    if given is None:
        return []
    missing = sorted(set(SCOPES) - {each.strip() for each in given.split(",")})
    if not missing:
        return []
    way_out = "(put the manifest of `pledge manifest` in, install the app again)"
    return [_problem(f"scopes are missing: {', '.join(missing)} {way_out}", fatal="chat:write" in missing)]


def _clock(headers: Mapping[str, str], now: datetime) -> list[Problem]:
    try:
        there = parsedate_to_datetime(headers["date"])
    except (KeyError, ValueError):
        return []
    skew = abs(now - (there if there.tzinfo else there.replace(tzinfo=UTC)))
    if skew <= MOST_SKEW:
        return []
    return [_problem(f"this machine's clock differs from Slack's by {int(skew.total_seconds())} s (set it)")]


async def _channel(api: Api, room: str) -> Mapping[str, Any] | None:
    """What Slack says of a room; None: it knows none of that id, or hides it."""
    try:
        found: Mapping[str, Any] = (await api.ask("conversations.info", channel=room))["channel"]
    except FAULTS as error:
        if code(error) != "channel_not_found":
            raise
        return None
    return found


def _room(room: str, channel: Mapping[str, Any] | None, is_team: bool) -> list[Problem]:
    if channel is None:
        return [_problem(f"room {room}: not found, or private and the bot is no member (/invite it)")]
    name = f"room {room} (#{channel.get('name', '?')})"
    if channel.get("is_archived"):
        return [_problem(f"{name} is archived")]
    if not channel.get("is_member") and not channel.get("is_im"):
        return [_problem(f"{name}: the bot is no member (/invite it)")]
    return _readers(name, channel, is_team)


def _strangers(room: str, readers: Sequence[Outsider]) -> list[Problem]:
    """Who sits in a room of the team and is no colleague; what it is shared with is told by `_room`."""
    strangers = ", ".join(each.name for each in readers if each.certain and "/" in each.who)
    unsaid = [each.name for each in readers if not each.certain]
    found = []
    if strangers:
        found.append(_problem(f"room {room} is the team's, and no colleagues read it: {strangers} (remove them)"))
    if unsaid:
        few = ", ".join(unsaid[:_MOST_NAMED]) + (f" +{len(unsaid) - _MOST_NAMED}" if unsaid[_MOST_NAMED:] else "")
        found.append(_problem(f"room {room} is the team's, and Slack does not say who these are: {few}"))
    return found


def _readers(name: str, channel: Mapping[str, Any], is_team: bool) -> list[Problem]:
    """Whether others read along. A client's room may be shared with the client's own workspace, and only with that."""
    found = []
    if channel.get("is_private") is False:
        found.append(_problem(f"{name} is public: everybody in the workspace can read it (make it private)"))
    others = {*(channel.get("shared_team_ids") or ())} - {channel.get("context_team_id")}
    if is_team and channel.get("is_ext_shared"):
        found.append(_problem(f"{name} is the team's and shared with another workspace (take a room of your own)"))
    elif len(others) > 1:
        found.append(_problem(f"{name} is shared with {len(others)} workspaces: only the client's own may read it"))
    return found


def _problem(text: str, *, fatal: bool = False) -> Problem:
    return Problem(NAME, text, fatal)
