"""Files that do not get through: what they belong to has been said, nothing waits, they are brought again."""

from __future__ import annotations

from typing import Any

import pytest
from channels.slack.slack_api import Trouble
from contract import CALLS, Says, Waits, play
from drivers import DRIVERS

AGREED = CALLS[:3]
COMPLETE = "files.completeUploadExternal"


async def said_and_brought(driver: Any) -> int:
    """Act out an agreed call about a ticket and what follows; how many files both rooms have."""
    await play(driver, (Says("postbacks stopped arriving since 9am"), *AGREED, Waits(1), Says("/calls"), Waits(1)))
    posts = await driver.posts_of("ann")
    assert posts[-2].startswith("Call Wed") and "Agreed" in posts[-2] and posts[-1].startswith("C-1: Wed")
    return len([*await driver.files_of("ann"), *await driver.files_of("mia")])


async def test_a_slack_app_from_before_files_says_everything_else() -> None:
    async with DRIVERS["slack"]() as driver:
        driver._bot.slack.scopes.discard("files:write")
        assert await said_and_brought(driver) == 0


@pytest.mark.parametrize(
    ("method", "trouble", "brought"),
    [
        ("files.getUploadURLExternal", Trouble("drop"), 2),
        ("files.getUploadURLExternal", Trouble("error", "file_upload_size_restricted"), 1),
        ("upload", Trouble("status", 500), 2),
        (COMPLETE, Trouble("error", "thread_not_found"), 2),
        (COMPLETE, Trouble("rate", 1), 2),
        (COMPLETE, Trouble("drop"), 2),
        (COMPLETE, Trouble("drop", after=True), 3),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
async def test_in_slack_a_file_is_brought_again_until_it_surely_came(
    method: str, trouble: Trouble, brought: int
) -> None:
    async with DRIVERS["slack"]() as driver:
        driver._bot.slack.trouble(method, trouble, channel=driver._room.id if method == COMPLETE else None)
        assert await said_and_brought(driver) == brought


async def test_a_telegram_chat_that_takes_no_files_takes_words() -> None:
    async with DRIVERS["telegram"]() as driver:
        driver._box.group.takes_files = False
        assert await said_and_brought(driver) == 1


@pytest.mark.parametrize(("kind", "brought"), [("drop_before", 2), ("drop_after", 3)])
async def test_in_telegram_a_file_that_may_not_have_arrived_is_sent_again(kind: str, brought: int) -> None:
    async with DRIVERS["telegram"]() as driver:
        driver._box.api.trouble("sendDocument", kind, driver._box.group)
        assert await said_and_brought(driver) == brought
