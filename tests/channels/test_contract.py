"""All channels, "no matter what you choose, work the same" (001): one story, one ledger."""

from __future__ import annotations

import json
import os

import pytest
from contract import CALLS, LEDGERS, STORY, MakesDriver, Orders, Presses, Says, play
from drivers import DRIVERS
from icalendar import Calendar

STORIES = {"contract_ledger.json": STORY, "contract_calls.json": CALLS}


@pytest.mark.parametrize("name", STORIES)
@pytest.mark.parametrize("make", DRIVERS.values(), ids=DRIVERS.keys())
async def test_the_same_story_leaves_the_same_ledger_on_every_channel(make: MakesDriver, name: str) -> None:
    async with make() as driver:
        ledger = await play(driver, STORIES[name])
    if os.environ.get("PLEDGE_TEST_LEDGER") == "1":
        (LEDGERS / name).write_text(json.dumps(ledger, indent=1, ensure_ascii=False) + "\n")
    assert ledger == json.loads((LEDGERS / name).read_text())


TAKE_FILES = [name for name in DRIVERS if name != "inapp"]


@pytest.mark.parametrize("name", TAKE_FILES)
async def test_invitations_come_as_files_where_rooms_take_them(name: str) -> None:
    async with DRIVERS[name]() as driver:
        await play(driver, CALLS)
        for who in ("ann", "mia"):
            files = [(words, *_facts(content)) for words, content in await driver.files_of(who)]
            assert files == [
                ("C-1 for your calendar.", "REQUEST", 1),
                ("C-1 for your calendar.", "REQUEST", 3),
                ("C-2 for your calendar.", "REQUEST", 2),
                ("C-2 is off; this takes it out of your calendar.", "CANCEL", 3),
            ]


async def test_a_page_of_our_own_downloads_the_invitation_as_it_is_now() -> None:
    async with DRIVERS["inapp"]() as driver:
        await play(driver, CALLS)
        for who in ("ann", "mia"):
            files = [(words, *_facts(content)) for words, content in await driver.files_of(who)]
            assert files == [
                *[("C-1 for your calendar.", "REQUEST", 5)] * 2,
                ("C-2 for your calendar.", "CANCEL", 3),
                ("C-2 is off; this takes it out of your calendar.", "CANCEL", 3),
            ]


async def test_in_the_app_a_call_that_is_handed_over_leaves_the_managers_calendar_and_stands_in_the_backups() -> None:
    async with DRIVERS["inapp"]() as driver:
        await play(driver, (*CALLS[:3], Orders("lea", "/call-hand C-1 ben")))
        found = {
            who: [(words, *_facts(file)) for words, file in await driver.files_of(who)] for who in ("ann", "mia", "ben")
        }
        assert found["mia"] == [
            ("C-1 for your calendar.", "CANCEL", 2),
            ("C-1 is another's now; this takes it out of your calendar.", "CANCEL", 2),
        ]
        assert found["ben"] == [("C-1 for your calendar.", "REQUEST", 2)]
        assert {(method, number) for _, method, number in found["ann"]} == {("REQUEST", 2)}


def _facts(content: bytes) -> tuple[str, int]:
    calendar = Calendar.from_ical(content)
    return str(calendar["method"]), int(calendar.events[0]["sequence"])


@pytest.mark.parametrize("name", STORIES)
def test_a_story_brings_events_twice_and_presses_on_both_sides(name: str) -> None:
    """What channels get wrong first; a story without it would prove little."""
    story = STORIES[name]
    assert any(isinstance(act, Says) and act.times > 1 for act in story)
    assert {act.who for act in story if isinstance(act, Presses)} == {"ann", "mia"}
