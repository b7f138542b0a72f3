"""Holds every call and every update against the published Bot API: unknown, missing and mistyped fields are faults.

The specification beside this file is a reduced copy; `PLEDGE_TEST_BOT_API_SPEC` names a whole one to use instead.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REDUCED = Path(__file__).parent / "bot_api_spec.json"
_INTEGER = re.compile(r"-?[0-9]+")

_MARKS = {
    "BotCommandScopeDefault": ("type", "default"),
    "BotCommandScopeAllPrivateChats": ("type", "all_private_chats"),
    "BotCommandScopeAllGroupChats": ("type", "all_group_chats"),
    "BotCommandScopeAllChatAdministrators": ("type", "all_chat_administrators"),
    "BotCommandScopeChat": ("type", "chat"),
    "BotCommandScopeChatAdministrators": ("type", "chat_administrators"),
    "BotCommandScopeChatMember": ("type", "chat_member"),
    "ChatMemberOwner": ("status", "creator"),
    "ChatMemberAdministrator": ("status", "administrator"),
    "ChatMemberMember": ("status", "member"),
    "ChatMemberRestricted": ("status", "restricted"),
    "ChatMemberLeft": ("status", "left"),
    "ChatMemberBanned": ("status", "kicked"),
    "MessageOriginUser": ("type", "user"),
    "MessageOriginHiddenUser": ("type", "hidden_user"),
    "MessageOriginChat": ("type", "chat"),
    "MessageOriginChannel": ("type", "channel"),
}
"""What tells the kinds of a type apart; the specification says it in prose only."""


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A file that came with a call, in a form of several parts."""

    name: str
    media_type: str
    content: bytes


class Spec:
    """Methods and types as the platform publishes them."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._methods: Mapping[str, Any] = data["methods"]
        self._types: Mapping[str, Any] = data["types"]

    def knows(self, method: str) -> bool:
        return method in self._methods

    def call(self, method: str, given: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
        """The parameters as values, and what is wrong with them; forms bring everything as text."""
        if method not in self._methods:
            return dict(given), [f"{method}: no such method"]
        fields = {field["name"]: field for field in self._methods[method].get("fields", [])}
        faults = [f"{method}: unknown parameter {name!r}" for name in given if name not in fields]
        faults += [
            f"{method}: {name} is missing" for name, field in fields.items() if field["required"] and name not in given
        ]
        values = {}
        for name, value in given.items():
            if name in fields:
                values[name], wrong = self._given(value, fields[name]["types"], f"{method}.{name}")
                faults += wrong
        return values, faults

    def returns(self, method: str, result: Any) -> list[str]:
        """What is wrong with an answer of ours."""
        return self.value(result, self._methods[method]["returns"], f"answer of {method}")

    def value(self, value: Any, types: Sequence[str], where: str) -> list[str]:
        """What keeps a value from being one of these types; the nearest one speaks."""
        return min((self._one(value, kind, where) for kind in types), key=len)

    def _given(self, value: Any, types: Sequence[str], where: str) -> tuple[Any, list[str]]:
        tried = []
        for kind in types:
            found = _from_text(value, kind) if isinstance(value, str) else value
            tried.append((found, self._one(found, kind, where)))
        return min(tried, key=lambda pair: len(pair[1]))

    def _one(self, value: Any, kind: str, where: str) -> list[str]:
        if kind.startswith("Array of "):
            if not isinstance(value, list):
                return [f"{where}: {value!r} is no list"]
            inner = kind.removeprefix("Array of ")
            return [fault for n, item in enumerate(value) for fault in self._one(item, inner, f"{where}[{n}]")]
        if kind in _PLAIN:
            return [] if _PLAIN[kind](value) else [f"{where}: {value!r} is no {kind}"]
        if not isinstance(value, dict):
            return [f"{where}: {value!r} is no {kind}"]
        declared = self._types[kind]
        if "subtypes" in declared:
            return self._some(value, declared["subtypes"], where)
        return self._fields(value, declared.get("fields", []), where)

    def _some(self, value: dict[str, Any], kinds: Sequence[str], where: str) -> list[str]:
        fits = [kind for kind in kinds if kind not in _MARKS or value.get(_MARKS[kind][0]) == _MARKS[kind][1]]
        if not fits:
            return [f"{where}: {value!r} is none of {', '.join(kinds)}"]
        return self.value(value, fits, where)

    def _fields(self, value: dict[str, Any], fields: Sequence[Mapping[str, Any]], where: str) -> list[str]:
        known = {field["name"]: field for field in fields}
        faults = [f"{where}: unknown field {name!r}" for name in value if name not in known]
        for name, field in known.items():
            if name in value:
                faults += self.value(value[name], field["types"], f"{where}.{name}")
            elif field["required"]:
                faults.append(f"{where}.{name} is missing")
        return faults


def load_spec() -> Spec:
    """The specification that this run goes by."""
    chosen = os.environ.get("PLEDGE_TEST_BOT_API_SPEC")
    return Spec(json.loads((Path(chosen) if chosen else REDUCED).read_text()))


def _from_text(value: str, kind: str) -> Any:
    """A form's text as a value of this type, where it is one; else the text itself."""
    if kind == "String":
        return value
    if kind == "Integer":
        return int(value) if _INTEGER.fullmatch(value) else value
    try:
        return json.loads(value)
    except ValueError:
        return value


_PLAIN = {
    "InputFile": lambda value: isinstance(value, Uploaded),
    "Integer": lambda value: isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53,
    "String": lambda value: isinstance(value, str),
    "Boolean": lambda value: isinstance(value, bool),
    "Float": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
}
