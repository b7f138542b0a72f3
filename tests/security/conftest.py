"""Fixtures of the security tests: the whole bot in memory, and real bots that never outlive their test."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from faults.process import BotProcess
from world import World, open_world


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with open_world() as opened:
        yield opened


@pytest.fixture
def bots(tmp_path: Path) -> Iterator[Callable[..., BotProcess]]:
    """Makes bots, each in its own folder; not started yet."""
    made: list[BotProcess] = []

    def make(name: str = "bot", **options: Any) -> BotProcess:
        made.append(BotProcess(tmp_path / name, **options))
        return made[-1]

    yield make
    for bot in made:
        bot.end()


@pytest.fixture
def written(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], str]]:
    """What went to stderr so far; the loggers are as before afterwards."""
    root = logging.getLogger()
    kept = root.handlers[:], root.level
    yield lambda: capsys.readouterr().err
    root.handlers[:], root.level = kept[0], kept[1]
    structlog.reset_defaults()
