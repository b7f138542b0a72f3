"""Fixtures of the fault tests: real bots that never outlive their test."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from process import BotProcess


@pytest.fixture(autouse=True)
def few_words() -> Iterator[None]:
    """These tests raise thousands of errors on purpose; wording each traceback would take most of their time."""

    def dropped(*_: Any) -> Any:
        raise structlog.DropEvent

    structlog.configure(processors=[dropped])
    yield
    structlog.reset_defaults()


@pytest.fixture
def bots(tmp_path: Path) -> Iterator[Callable[..., BotProcess]]:
    """Makes bots, each in its own folder unless told where; not started yet."""
    made: list[BotProcess] = []

    def make(name: str = "bot", **options: Any) -> BotProcess:
        made.append(BotProcess(tmp_path / name, **options))
        return made[-1]

    yield make
    for bot in made:
        bot.end()
