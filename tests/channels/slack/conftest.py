"""Fixtures of the Slack tests: the bot in its box, over HTTP."""

from collections.abc import AsyncIterator

import pytest
from channels.slack.slack_box import SlackBot, slack_box


@pytest.fixture
async def bot() -> AsyncIterator[SlackBot]:
    """A running bot, two clients with Slack Connect channels; the fake finds no fault with it in the end."""
    async with slack_box() as made:
        yield made
