"""How a reply reads on its channel: examples of commands can be said as they stand, channels have people's names."""

from __future__ import annotations

from dataclasses import replace

from bot.desk.rules import Rules
from bot.notice import Key, Notice, Value

_EXAMPLES = ("example.", "shown.")


def spelled(notice: Notice, rules: Rules, channel: str) -> Notice:
    """The same with what a command begins with on this channel before every example of one; a parameter `channel` is
    what people call it.
    """

    def value(name: str, each: Value) -> Value:
        if isinstance(each, Key) and each.key.startswith(_EXAMPLES):
            return Key("spoken.example", {"prefix": rules.prefix(channel), "said": each})
        return rules.title(each) if name == "channel" and isinstance(each, str) else each

    def key(each: str) -> str:
        return "spoken.mention" if each == "spoken.room" and channel in rules.slashless else each

    lines = tuple(
        replace(line, key=key(line.key), params={n: value(n, v) for n, v in line.params.items()})
        for line in notice.lines
    )
    return replace(notice, lines=lines)
