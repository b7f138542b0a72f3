"""All channels, "no matter what you choose, work the same" (001): one story, one ledger."""

from __future__ import annotations

import json
import os

import pytest
from contract import CALLS, LEDGERS, STORY, MakesDriver, Presses, Says, play
from drivers import DRIVERS

STORIES = {"contract_ledger.json": STORY, "contract_calls.json": CALLS}


@pytest.mark.parametrize("name", STORIES)
@pytest.mark.parametrize("make", DRIVERS.values(), ids=DRIVERS.keys())
async def test_the_same_story_leaves_the_same_ledger_on_every_channel(make: MakesDriver, name: str) -> None:
    async with make() as driver:
        ledger = await play(driver, STORIES[name])
    if os.environ.get("PLEDGE_TEST_LEDGER") == "1":
        (LEDGERS / name).write_text(json.dumps(ledger, indent=1, ensure_ascii=False) + "\n")
    assert ledger == json.loads((LEDGERS / name).read_text())


@pytest.mark.parametrize("name", STORIES)
def test_a_story_brings_events_twice_and_presses_on_both_sides(name: str) -> None:
    """What channels get wrong first; a story without it would prove little."""
    story = STORIES[name]
    assert any(isinstance(act, Says) and act.times > 1 for act in story)
    assert {act.who for act in story if isinstance(act, Presses)} == {"ann", "mia"}
