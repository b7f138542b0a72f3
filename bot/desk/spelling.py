"""How commands are spelled where they are shown: an example is one that can be said as it stands, on that channel."""

from __future__ import annotations

from dataclasses import replace

from bot.notice import Key, Notice, Value

_EXAMPLES = ("example.", "shown.")


def spelled(notice: Notice, prefix: str) -> Notice:
    """The same with what a command begins with here before every example of one."""
    lines = tuple(
        replace(line, params={name: _spelled(value, prefix) for name, value in line.params.items()})
        for line in notice.lines
    )
    return replace(notice, lines=lines)


def _spelled(value: Value, prefix: str) -> Value:
    if isinstance(value, Key) and value.key.startswith(_EXAMPLES):
        return Key("spoken.example", {"prefix": prefix, "said": value})
    return value
