"""A board that nobody has entered yet, and one with Anna signed in."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from board_box import Board


@pytest.fixture
async def outside() -> AsyncIterator[Board]:
    board = Board()
    async with board.browser:
        yield board


@pytest.fixture
async def board(outside: Board) -> Board:
    outside.sign_in()
    return outside
