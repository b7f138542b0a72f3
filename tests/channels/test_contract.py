"""All channels, "no matter what you choose, work the same" (001): one story, one ledger."""

from __future__ import annotations

import json
import os

import pytest
from contract import LEDGER, STORY, MakesDriver, Presses, Says, play
from drivers import DRIVERS


@pytest.mark.parametrize("make", DRIVERS.values(), ids=DRIVERS.keys())
async def test_the_same_story_leaves_the_same_ledger_on_every_channel(make: MakesDriver) -> None:
    async with make() as driver:
        ledger = await play(driver)
    if os.environ.get("PLEDGE_TEST_LEDGER") == "1":
        LEDGER.write_text(json.dumps(ledger, indent=1, ensure_ascii=False) + "\n")
    assert ledger == json.loads(LEDGER.read_text())


def test_the_story_brings_events_twice_and_presses_on_both_sides() -> None:
    """What channels get wrong first; a story without it would prove little."""
    assert any(isinstance(act, Says) and act.times > 1 for act in STORY)
    assert {act.who for act in STORY if isinstance(act, Presses)} == {"ann", "mia"}
