"""Fixtures of the Telegram tests: a strict Bot API that every test must leave without a fault."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from channels.telegram.bot_api import BotApi
from harness import HandClock

START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)  # a Tuesday noon in the office of GMT+3


@pytest.fixture
def clock() -> HandClock:
    return HandClock(START)


@pytest.fixture
async def bot_api(clock: HandClock) -> AsyncIterator[BotApi]:
    async with BotApi(lambda: clock.now) as api:
        yield api
    assert api.faults == []
