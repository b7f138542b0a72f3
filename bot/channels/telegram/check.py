"""The self-check: what is wrong with the bot's account, its webhook and its rooms, each with the way out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from bot.channels.base import Problem, Unavailable
from bot.channels.telegram.api import Api, CallFailed, Fault
from bot.channels.telegram.intake import FOREIGN_WEBHOOK
from bot.channels.telegram.keys import whole
from bot.channels.telegram.read import CHANNEL
from bot.channels.telegram.standing import DISOWNED
from bot.now import Times

Rooms = Callable[[], Awaitable[Sequence[str]]]

ROOMS_EVERY = timedelta(minutes=15)
"""How long the look at the rooms, a call or two for each, is good for."""

_RECENT = timedelta(hours=1)
_MANY_PENDING = 100
_AT_ONCE = 4
_TROUBLES = (CallFailed, KeyError, TypeError, AttributeError)


class Checkup:
    """Looks at one bot. `own_webhook`: the address of ours, "" for none."""

    def __init__(
        self, api: Api, times: Times, rooms: Rooms, *, mode: Literal["polling", "webhook"], own_webhook: str
    ) -> None:
        self._api = api
        self._times = times
        self._rooms = rooms
        self._mode = mode
        self._own_webhook = own_webhook
        self._rooms_at: datetime | None = None
        self._found_in_rooms: list[Problem] = []

    async def problems(self) -> list[Problem]:
        """What is wrong now; rooms as of the last quarter of an hour. Never raises for what the platform answers."""
        try:
            me = await self._api.call("getMe")
            found = await self._webhook()
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
            if self._times.machine() - failed_at < _RECENT:
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

        async def look(room: str) -> tuple[list[Problem], bool]:
            async with slots:
                return await self._room(room, me)

        looked = await asyncio.gather(*(look(room) for room in groups))
        found = [problem for problems, _ in looked for problem in problems]
        deaf = [room for room, (_, hears) in zip(groups, looked, strict=True) if not hears]
        if not me.get("can_read_all_group_messages") and (deaf or not groups):
            found.insert(0, _problem(_privacy(deaf)))
        if me.get("can_join_groups") is False:
            found.append(_problem("the bot cannot be added to groups: at @BotFather, /setjoingroups, Enable"))
        return found

    async def _room(self, room: str, me: Mapping[str, Any]) -> tuple[list[Problem], bool]:
        """What is wrong with a group, and whether the bot hears everything in it as one of its administrators."""
        try:
            member = await self._api.call("getChatMember", chat_id=whole(room), user_id=me["id"])
            chat = await self._api.call("getChat", chat_id=whole(room))
            status = str(member["status"])
            title = f"group {chat.get('title') or ''} ({room})"
        except _TROUBLES as error:
            reason = error.reason if isinstance(error, CallFailed) else "an answer without sense"
            return [_problem(f"group {room} cannot be looked at: {reason}; is the bot a member of it?")], True
        found = []
        if status in ("left", "kicked"):
            found.append(_problem(f"{title}: the bot is not in it ({status}); add it again"))
        elif status == "restricted" and not member.get("can_send_messages"):
            found.append(
                _problem(f"{title}: the bot may not write there; lift its restriction or make it an administrator")
            )
        if chat.get("username"):
            found.append(
                _problem(f"{title} is public (@{chat['username']}): everybody can read along; make it private")
            )
        return found, bool(found) or status in ("administrator", "creator")


def _privacy(deaf: Sequence[str]) -> str:
    where = f" (rooms {', '.join(deaf[:10])})" if deaf else ""
    return (
        f"privacy mode is on: in groups the bot sees commands and replies only{where}. At @BotFather /setprivacy, "
        "choose the bot, Disable, then remove it from each group and add it again; or make it an administrator there"
    )


def _problem(text: str, *, fatal: bool = False) -> Problem:
    return Problem(CHANNEL, text, fatal)
