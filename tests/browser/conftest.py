"""Fixtures of the browser tests: the demo with its window open, nothing said yet."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from stage import Stage, demo_stage


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with demo_stage(tmp_path / "demo") as opened:
        yield opened
