"""The self-check: what is wrong with the bot's account, its webhook and its rooms, each with the way out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from bot.channels.base import Problem, Unavailable
from bot.channels.telegram.api import Api, CallFailed, Fault
from bot.channels.telegram.intake import FOREIGN_WEBHOOK
from bot.channels.telegram.keys import whole
from bot.channels.telegram.read import CHANNEL
from bot.channels.telegram.standing import DISOWNED
from bot.channels.telegram.webhook import FAILED_LATELY
from bot.now import Times

log = logging.getLogger(__name__)

Rooms = Callable[[], Awaitable[Sequence[str]]]
Back = Callable[[str], Awaitable[None]]

ROOMS_EVERY = timedelta(minutes=15)
"""How long the look at the rooms, a call or two for each, is good for."""

_SKEW = timedelta(seconds=30)
_WHOLE = timedelta(seconds=1)  # the platform tells its time in whole seconds, rounded down
_REFUSED_ANEW = timedelta(days=1)
_MANY_PENDING = 100
_AT_ONCE = 4
_TROUBLES = (CallFailed, KeyError, TypeError, AttributeError)


@dataclass(frozen=True, slots=True)
class _Look:
    """One look at a group. `hears`: everything said there, as an administrator; `can_post` None: nobody knows."""

    problems: tuple[Problem, ...]
    hears: bool
    can_post: bool | None


class Checkup:
    """Looks at one bot. `own_webhook`: the address of ours, "" for none.

    `back` reports a group where we may post although we might not before, or are not known to: no update says that a
    group lets its members write again. It raises Unavailable where nobody listens; then the next look reports it.
    """

    def __init__(
        self,
        api: Api,
        times: Times,
        rooms: Rooms,
        back: Back,
        *,
        mode: Literal["polling", "webhook"],
        own_webhook: str,
    ) -> None:
        self._api = api
        self._times = times
        self._rooms = rooms
        self._back = back
        self._open: set[str] = set()  # groups that are known to take our posts
        self._refused_at: dict[str, datetime] = {}
        self._mode = mode
        self._own_webhook = own_webhook
        self._rooms_at: datetime | None = None
        self._found_in_rooms: list[Problem] = []

    async def problems(self) -> list[Problem]:
        """What is wrong now; rooms as of the last quarter of an hour. Never raises for what the platform answers."""
        try:
            asked_at = self._times.machine()
            me = await self._api.call("getMe")
            found = [*_skew(self._api.dated_at, asked_at, self._times.machine()), *await self._webhook()]
            now = self._times.machine()
            if self._rooms_at is None or now - self._rooms_at >= ROOMS_EVERY:
                self._found_in_rooms = await self._all_rooms(me)
                self._rooms_at = now
            return [*found, *self._found_in_rooms]
        except CallFailed as failed:
            if failed.fault is Fault.TOKEN:
                return [_problem(DISOWNED, fatal=True)]
            return [_problem(f"the Bot API could not be asked: {failed.reason}")]
        except Unavailable as error:
            return [_problem(f"the rooms could not be looked up: {error}")]

    def refused(self, room: str) -> None:
        """A post was refused for the room's sake: if the next look finds nothing wrong, that is over.

        Believed once a day only, or a room that refuses for a reason no look can see would come back for ever.
        """
        now = self._times.machine()
        if now - self._refused_at.get(room, now - _REFUSED_ANEW) >= _REFUSED_ANEW:
            self._refused_at[room] = now
            self._open.discard(room)

    async def _webhook(self) -> list[Problem]:
        info = await self._api.call("getWebhookInfo")
        url, pending = str(info.get("url") or ""), int(info.get("pending_update_count") or 0)
        found = []
        if self._mode == "polling" and url and url != self._own_webhook:
            found.append(_problem(FOREIGN_WEBHOOK, fatal=True))
        if self._mode == "webhook":
            if url and url != self._own_webhook:
                found.append(_problem("the bot's updates go to another address; the next start sets our own webhook"))
            failed_at = datetime.fromtimestamp(int(info.get("last_error_date") or 0), UTC)
            if self._times.machine() - failed_at < FAILED_LATELY:
                said = info.get("last_error_message") or "no reason given"
                found.append(
                    _problem(f"the platform could not deliver to our webhook at {failed_at:%H:%M} UTC: {said}")
                )
        if pending > _MANY_PENDING:
            found.append(_problem(f"{pending} updates wait at the platform; if this does not shrink, see the log"))
        return found

    async def _all_rooms(self, me: Mapping[str, Any]) -> list[Problem]:
        """Direct chats are not looked at: a person's own block shows when we post."""
        slots = asyncio.Semaphore(_AT_ONCE)
        groups = [room for room in await self._rooms() if room.startswith("-")]

        async def look(room: str) -> _Look:
            async with slots:
                return await self._room(room, me)

        looks = dict(zip(groups, await asyncio.gather(*(look(room) for room in groups)), strict=True))
        found = [problem for each in looks.values() for problem in each.problems]
        deaf = [room for room, each in looks.items() if not each.hears]
        for room, each in looks.items():
            await self._mark(room, each.can_post)
        if not me.get("can_read_all_group_messages") and (deaf or not groups):
            found.insert(0, _problem(_privacy(deaf)))
        if me.get("can_join_groups") is False:
            found.append(_problem("the bot cannot be added to groups: at @BotFather, /setjoingroups, Enable"))
        return found

    async def _mark(self, room: str, can_post: bool | None) -> None:
        if can_post is False:
            self._open.discard(room)
        elif can_post and room not in self._open:
            try:
                await self._back(room)
            except Unavailable as error:
                log.debug("telegram.room_back: %s is not reported yet: %s", room, error)
            else:
                self._open.add(room)

    async def _room(self, room: str, me: Mapping[str, Any]) -> _Look:
        """What is wrong with a group."""
        try:
            member = await self._api.call("getChatMember", chat_id=whole(room), user_id=me["id"])
            chat = await self._api.call("getChat", chat_id=whole(room))
            status = str(member["status"])
            title = f"group {chat.get('title') or ''} ({room})"
        except _TROUBLES as error:
            reason = error.reason if isinstance(error, CallFailed) else "an answer without sense"
            strange = _problem(f"group {room} cannot be looked at: {reason}; is the bot a member of it?")
            return _Look((strange,), hears=True, can_post=None)
        found = []
        is_member = status in ("member", "administrator", "creator", "restricted")
        can_post = is_member and _can_write(member, chat)
        if status in ("left", "kicked"):
            found.append(_problem(f"{title}: the bot is not in it ({status}); add it again"))
        elif not can_post:
            found.append(
                _problem(
                    f"{title}: the bot may not write there; lift its restriction, let members send messages (the "
                    "group's permissions), or make it an administrator"
                )
            )
        if chat.get("username"):
            found.append(
                _problem(f"{title} is public (@{chat['username']}): everybody can read along; make it private")
            )
        return _Look(tuple(found), bool(found) or status in ("administrator", "creator"), can_post)


def astray(topic: tuple[str, str, str]) -> Problem:
    """A topic that takes no posts, so that its answers stand in the general one: (room, topic, reason)."""
    room, thread, reason = topic
    return _problem(
        f"group {room}: topic {thread} takes no posts ({reason}), its answers go to the general topic; open it again, "
        "or make the bot an administrator"
    )


def _skew(dated_at: datetime | None, asked_at: datetime, answered_at: datetime) -> list[Problem]:
    """Whether the platform's clock, which begins every window, and ours, which ends it, are too far apart."""
    if dated_at is None:
        return []
    behind = dated_at - answered_at
    ahead = asked_at - (dated_at + _WHOLE)
    for apart, which in ((behind, "behind"), (ahead, "ahead of")):
        if apart > _SKEW:
            seconds = apart // timedelta(seconds=1)
            return [
                _problem(
                    f"this machine's clock is {seconds} s {which} the platform's: set it (timedatectl set-ntp true)"
                )
            ]
    return []


def _can_write(member: Mapping[str, Any], chat: Mapping[str, Any]) -> bool:
    """Whether a member of a group may send text there: by itself, and by what the group allows its members."""
    if member["status"] in ("administrator", "creator"):
        return True
    if member["status"] == "restricted" and not member.get("can_send_messages"):
        return False
    permissions = chat.get("permissions") or {}
    return permissions.get("can_send_messages") is not False


def _privacy(deaf: Sequence[str]) -> str:
    where = f" (rooms {', '.join(deaf[:10])})" if deaf else ""
    return (
        f"privacy mode is on: in groups the bot sees commands and replies only{where}. At @BotFather /setprivacy, "
        "choose the bot, Disable, then remove it from each group and add it again; or make it an administrator there"
    )


def _problem(text: str, *, fatal: bool = False) -> Problem:
    return Problem(CHANNEL, text, fatal)
