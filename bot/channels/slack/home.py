"""Pure: the App Home of a member of the workspace, from rich text that is made elsewhere."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from bot.channels.base import Profile
from bot.channels.slack.write import parts
from bot.text import Rich

Home = Callable[[str, Profile], Awaitable[Rich]]
"""What somebody (`team/user`) sees on the bot's Home tab, in his language."""

_MOST_BLOCKS = 100


def view(rich: Rich) -> dict[str, Any]:
    """The view, cut where Slack's hundred blocks end."""
    blocks = [block for part in parts(rich) for block in part.blocks]
    return {"type": "home", "blocks": blocks[:_MOST_BLOCKS]}
