"""Keeps what the core logs about provoked failures off the screen, where wording a traceback takes seconds."""

from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs


@pytest.fixture(autouse=True)
def quiet_log() -> Iterator[None]:
    with capture_logs():
        yield
