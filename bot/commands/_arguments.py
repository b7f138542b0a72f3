"""How people write what a command is about: perhaps a ticket reference first, then words."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from bot.commands.base import Call, Refusal, Ticketed
from bot.notice import Key, Quote, Say, say
from bot.tickets import parse_reference
from bot.when import WhenError

T = TypeVar("T")

_SHOWN = 40
SEPARATORS = " \t\r\n,;:.-–—"


def example(command: str) -> Key:
    """An argument that works, from the catalogue."""
    return Key(f"example.{command}")


def read_when(call: Call, read: Callable[[str], T]) -> T:
    """What `read` makes of the words in the first of the asker's languages in which they can be read; else the
    WhenError that says most.
    """
    errors: list[WhenError] = []
    for locale in call.desk.tongues():
        try:
            return read(locale)
        except WhenError as error:
            errors.append(error)
    raise next((error for error in errors if error.reason_key != "errors.when"), errors[0])


def wrong(key: str, value: str, command: str) -> Refusal:
    """A refusal that quotes what was written and shows what works."""
    return Refusal(say(key, value=Quote(value, _SHOWN), example=example(command)))


def ticket_only(call: Call, command: str) -> Ticketed:
    """The ticket of a command that takes nothing else; other words are refused, never ignored.

    "/resolve the problem please" must not resolve the only open ticket.
    """
    if call.rest and parse_reference(call.rest) is None:
        raise wrong("errors.reference", call.rest, command)
    return call.desk.find(call.rest or None)


def ticket_and_words(call: Call) -> tuple[Ticketed, str]:
    """The ticket and the words after it.

    `T-42`, `T42` and `#42` are always references. A bare number before further words is one only if there is such
    a ticket in reach: "3 days without an answer" is a reason.
    """
    first, words = (*call.rest.split(maxsplit=1), "", "")[:2]
    if parse_reference(first) is None:
        return call.desk.find(None), call.rest
    if not words or not first.isdecimal():
        return call.desk.find(first), words
    try:
        return call.desk.find(first), words
    except Refusal as refusal:
        if refusal.say.key != "errors.unknown_ticket":
            raise
        return call.desk.find(None), call.rest


def told(each: Ticketed) -> Say:
    """What staff hears of an act that the client has just been told of in another room."""
    return say("told", client=each.client_name, ref=each.ticket.reference)


def is_elsewhere(call: Call, each: Ticketed) -> bool:
    """Whether the asker is in another room than the ticket, where he does not see what its room is told."""
    return call.room.id != each.ticket.room_id
