"""Pure: how chats and messages are named towards the core."""

from __future__ import annotations


def message_key(chat: object, number: object) -> str:
    """A message's name: with its chat, because a supergroup begins to count anew."""
    return f"{chat}/{number}"


def message_in(chat: int, key: str | None) -> int | None:
    """The number of the message of that name, if it is one of this chat."""
    place, _, number = (key or "").partition("/")
    return whole(number) if place == str(chat) else None


def whole(text: str) -> int | None:
    """The whole number a text says, as ids of the platform are; None where it says none."""
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdigit() and len(digits) <= 18 else None
