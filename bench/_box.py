"""The bot's own fault-test kit as benchmarks use it: bots in a box, bots as processes, databases filled by bulk SQL."""

import sys
from pathlib import Path

_TESTS = Path(__file__).resolve().parents[1] / "tests"
sys.path[:0] = [str(_TESTS), str(_TESTS / "faults")]

from harness import bot_in_a_box  # noqa: E402 - the tests are no package: their folders come first
from harness import client as client_of  # noqa: E402
from process import BotProcess, free_port, token, until  # noqa: E402
from stock import stock  # noqa: E402

__all__ = ["BotProcess", "bot_in_a_box", "client_of", "free_port", "stock", "token", "until"]
