"""The menus of commands that people see behind the slash: by place and by language."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.channels.base import Menu
from bot.channels.telegram.api import Api, CallFailed, Fault
from bot.channels.telegram.keys import whole

_log = logging.getLogger(__name__)

MAX_COMMANDS = 100
MAX_DESCRIPTION = 256
_NAME = re.compile(r"[a-z0-9_]{1,32}")
_FALLBACK = "en"
# A narrower place hides a wider one, whoever has set it: all places without a room of their own get the same.
_EVERYWHERE: tuple[dict[str, Any], ...] = (
    {"type": "default"},
    {"type": "all_private_chats"},
    {"type": "all_group_chats"},
)

Key = tuple[str, str]
"""A place and a language; "" is for readers of every other language."""

Commands = list[dict[str, str]]


class Menus:
    """What the platform shows, as far as this process has set it."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._shown: dict[Key, Commands] = {}

    async def set(self, menus: Sequence[Menu]) -> bool:
        """Make the platform show exactly these. What it refuses is logged, and tried again at the next call.

        False where it could not be asked.
        """
        wanted = planned(menus)
        scopes = {_place(menu.room, scope): scope for menu in menus for scope in _scopes(menu.room)}
        languages = {language for _, language in wanted}
        # A language that a place has no menu in may have one there from an earlier run.
        stale: dict[Key, Commands] = {(place, language): [] for place in scopes for language in languages}
        gone: dict[Key, Commands] = {key: [] for key in self._shown}
        for key, commands in (gone | stale | wanted).items():
            if self._shown.get(key) == commands:
                continue
            scope = scopes.get(key[0]) or _scope_of(key[0])
            try:
                await self._show(scope, key[1], commands)
            except CallFailed as failed:
                _log.warning("telegram.menu_refused: %s %s: %s", key[0], key[1] or "any language", failed.reason)
                if failed.fault in (Fault.THROTTLED, Fault.TOKEN, Fault.UNREACHED, Fault.UNCLEAR):
                    return False
                continue
            self._shown[key] = commands
        return True

    async def _show(self, scope: Mapping[str, Any], language: str, commands: Commands) -> None:
        if commands:
            await self._api.call("setMyCommands", commands=commands, scope=scope, language_code=language or None)
        else:
            await self._api.call("deleteMyCommands", scope=scope, language_code=language or None)


def planned(menus: Sequence[Menu]) -> dict[Key, Commands]:
    """Pure: the commands by place and language. Readers of a language without a menu get the English one, or the
    first."""
    plan: dict[Key, Commands] = {}
    for menu in menus:
        commands = list(_commands(menu))
        for scope in _scopes(menu.room):
            place = _place(menu.room, scope)
            language = menu.locale.lower()[:2]
            plan[place, language] = commands
            if (place, "") not in plan or language == _FALLBACK:
                plan[place, ""] = commands
    return plan


def _commands(menu: Menu) -> Iterator[dict[str, str]]:
    for name, description in menu.commands[:MAX_COMMANDS]:
        command = name.replace("-", "_").lower()
        if _NAME.fullmatch(command) is None:
            _log.warning("telegram.menu_name: /%s cannot stand in a menu (a-z, 0-9 and _, at most 32)", command)
            continue
        yield {"command": command, "description": description.strip()[:MAX_DESCRIPTION] or command}


def _scopes(room: str | None) -> tuple[dict[str, Any], ...]:
    """Where a menu is shown: nowhere for a room whose id is none of this platform."""
    if room is None:
        return _EVERYWHERE
    chat = whole(room)
    return () if chat is None else ({"type": "chat", "chat_id": chat},)


def _place(room: str | None, scope: Mapping[str, Any]) -> str:
    return str(scope["type"]) if room is None else room


def _scope_of(place: str) -> dict[str, Any]:
    """The inverse of `_place`."""
    return {"type": place} if place.isidentifier() else {"type": "chat", "chat_id": int(place)}
