"""The buttons of a ticket's page as command texts; pure, and ignorant of what the commands do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.sla.policy import HoldReason, Priority

LONGEST = 2_000
"""Characters that a reason or a note may have."""

Fields = Mapping[str, str]


class FormError(ValueError):
    """A form was sent with something missing or wrong; the text is shown to the person who sent it."""


@dataclass(frozen=True, slots=True)
class Action:
    """One staff act: its command and how its arguments are read from the form."""

    command: str
    arguments: Callable[[Fields], tuple[str, ...]] = lambda fields: ()


def command_text(name: str, reference: str, fields: Fields) -> str:
    """The command of an action, always one line. KeyError for an unknown action, FormError for a bad form."""
    action = ACTIONS[name]
    return " ".join(word for word in (action.command, reference, *action.arguments(fields)) if word)


def _line(fields: Fields, name: str) -> str:
    """A field on one line: a line break in it must never start a second command."""
    text = " ".join(fields.get(name, "").split())
    if len(text) > LONGEST:
        raise FormError(f"{name}: {len(text)} characters are too many (at most {LONGEST})")
    return text


def _needed(fields: Fields, name: str, example: str) -> str:
    text = _line(fields, name)
    if not text:
        raise FormError(f"{name.capitalize()} is missing, for example: {example}")
    return text


def _eta(fields: Fields) -> tuple[str, ...]:
    """`other` is typed, `when` is the value of the quick button that was pressed."""
    when = _line(fields, "when") or _needed(fields, "other", "16:00, 2h, tomorrow 10:00")
    return when, _line(fields, "reason")


def _hold(fields: Fields) -> tuple[str, ...]:
    waits_for = _line(fields, "for")
    if waits_for == HoldReason.CLIENT:
        return ("client", _line(fields, "name"))
    if waits_for == HoldReason.THIRD_PARTY:
        return ("third-party", _needed(fields, "name", "Acme Hosting"))
    raise FormError(f"hold: {waits_for!r} is nobody to wait for (client or third_party)")


def _priority(fields: Fields) -> tuple[str, ...]:
    name = _line(fields, "priority").upper()
    if name not in list(Priority):
        raise FormError(f"priority: {name!r} is none (use {', '.join(p.lower() for p in Priority)})")
    return name.lower(), _needed(fields, "reason", "all campaigns are down")


ACTIONS: Mapping[str, Action] = {
    "take": Action("/take"),
    "eta": Action("/eta", _eta),
    "answered": Action("/answered"),
    "hold": Action("/hold", _hold),
    "resume": Action("/resume"),
    "assign": Action("/assign", lambda fields: (_needed(fields, "person", "a colleague"),)),
    "acknowledge": Action("/acknowledge"),
    "escalate": Action("/escalate", lambda fields: (_needed(fields, "reason", "no access to the server"),)),
    "priority": Action("/priority", _priority),
    "note": Action("/note", lambda fields: (_needed(fields, "note", "the vendor's incident is 4711"),)),
    "resolve": Action("/resolve"),
    "reopen": Action("/reopen"),
}
