"""Work that is done again and again while the channel lives: at every tick, or sooner when something wakes it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import NoReturn

from bot.channels.base import Unavailable
from bot.channels.slack.api import redacted
from bot.channels.slack.verdict import FAULTS

logger = logging.getLogger(__name__)


async def for_ever(
    turn: Callable[[], Awaitable[None]], wake: asyncio.Event, tick_s: float, what: str, action: str
) -> NoReturn:
    """Turn after turn. What Slack, the network or the store did to one is logged, the same once, as `what` failed under
    the key `action`. A wake-up during a turn counts for the next one.
    """
    told = ""
    while True:
        wake.clear()
        try:
            await turn()
            told = ""
        except (*FAULTS, Unavailable) as error:
            if (trouble := redacted(error)) != told:
                logger.warning("%s failed: %s", what, trouble, extra={"action": action})
            told = trouble
        except Exception:
            logger.exception("%s failed", what, extra={"action": action})
        try:
            async with asyncio.timeout(tick_s):
                await wake.wait()
        except TimeoutError:
            continue
