"""Pure: single fields of what the platform brings, none of which is trusted to be what it should be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeGuard, TypeVar

_T = TypeVar("_T")
WRONG = (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError)
"""What reading a field can end in where it is not what it should be."""


class Odd(ValueError):
    """Something this version does not know; its text quotes nobody."""


def if_read(read: Callable[[], _T]) -> _T | None:
    try:
        return read()
    except WRONG:
        return None


def title_of(chat: Mapping[str, Any]) -> str:
    return str(chat.get("title") or "") if chat.get("type") != "private" else name_of(chat)


def name_of(who: Mapping[str, Any]) -> str:
    parts = (who.get("first_name"), who.get("last_name"))
    return " ".join(str(part) for part in parts if part) or str(who.get("title") or who.get("username") or "")


def is_somebody(who: object) -> TypeGuard[Mapping[str, Any]]:
    return isinstance(who, Mapping) and type(who.get("id")) is int


def number_in(data: Mapping[str, Any], name: str) -> int:
    value = data[name]
    if type(value) is not int:
        raise Odd(f"{name} is no whole number")
    return value


def word_in(data: Mapping[str, Any], name: str) -> str:
    value = data[name]
    if type(value) is not str:
        raise Odd(f"{name} is no text")
    return value
