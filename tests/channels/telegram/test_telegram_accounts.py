"""Accounts that pass from one member of staff to another: whose chat with the bot is whose."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from channels.telegram.bot_api import Person
from channels.telegram.telegram_box import ANN, BEN, MIA, roster_of, telegram_box
from harness import CATALOG, WORDS

from bot.roster import apply_roster, parse_roster


async def starts_again(box: Any, text: str) -> None:
    await box.stop()
    roster = parse_roster(text, "roster.toml", catalog=CATALOG, locales=tuple(WORDS.locales))
    await box.store.write(lambda tx: apply_roster(tx, roster, box.clocks.business))
    await box.start()


async def nudged(box: Any, phone: Person) -> bool:
    """Whether the nudge of a new ticket comes to this account."""
    before = len(box.direct(phone).texts)
    await box.says(box.group, ANN, "postbacks stopped")
    await box.forward(timedelta(minutes=30))
    return any("T-42" in text for text in box.direct(phone).texts[before:])


@pytest.mark.parametrize("by", ["code", "file"])
async def test_an_account_that_passes_to_a_colleague_is_told_what_is_his_and_no_more_what_is_hers(by: str) -> None:
    for manager, others in (("mia", False), ("ben", True)):
        async with telegram_box(direct=False) as box:
            text, phone = roster_of(box.rooms), Person(888, "The phone")
            if by == "code":
                await box.says(box.direct(phone), phone, f"/link {await box.code(staff='mia')}")
            else:
                await starts_again(box, text.replace(f'telegram = "{MIA.id}"', 'telegram = "888"'))
                await box.says(box.direct(phone), phone, "/tickets")
            backup = "ben" if manager == "mia" else "mia"
            bens = text.replace(f'telegram = "{BEN.id}"', 'telegram = "888"')
            bens = bens.replace('manager = "mia"', f'manager = "{manager}"')
            await starts_again(box, bens.replace('backups = ["ben"]', f'backups = ["{backup}"]'))
            if others:
                await box.says(box.direct(phone), phone, "/tickets")
            assert await nudged(box, phone) is others


async def test_an_account_that_the_file_names_no_more_is_nudged_no_more() -> None:
    async with telegram_box(direct=False) as box:
        text, lost = roster_of(box.rooms), Person(888, "The lost phone")
        await starts_again(box, text.replace(f'telegram = "{MIA.id}"', 'telegram = "888"'))
        await box.says(box.direct(lost), lost, "/tickets")
        await starts_again(box, text)
        await box.says(box.direct(MIA), MIA, "/tickets")
        assert not await nudged(box, lost)


async def test_an_account_that_stays_is_nudged_though_another_of_the_same_person_passes() -> None:
    async with telegram_box(direct=False) as box:
        text, phone = roster_of(box.rooms), Person(888, "The phone")
        await box.says(box.direct(phone), phone, f"/link {await box.code(staff='mia')}")
        await box.says(box.direct(MIA), MIA, "/tickets")
        await starts_again(box, text.replace(f'telegram = "{MIA.id}"', 'telegram = "999"'))
        assert await nudged(box, phone)


@pytest.mark.parametrize("starts", [1, 2])
@pytest.mark.parametrize("by", ["code", "file"])
async def test_the_account_of_somebody_who_left_is_whose_code_it_sends(by: str, starts: int) -> None:
    async with telegram_box(direct=False) as box:
        text, phone = roster_of(box.rooms), Person(888, "The phone")
        if by == "code":
            await box.says(box.direct(phone), phone, f"/link {await box.code(staff='mia')}")
        else:
            await starts_again(box, text.replace(f'telegram = "{MIA.id}"', 'telegram = "888"'))
            await box.says(box.direct(phone), phone, "/tickets")
        before, _, rest = text.partition('[[staff]]\nid = "mia"')
        without = before + rest[rest.index("[[staff]]") :]
        without = without.replace('manager = "mia"', 'manager = "ben"').replace(
            'backups = ["ben"]', 'backups = ["sue"]'
        )
        for _ in range(starts):
            await starts_again(box, without)
        await box.says(box.direct(phone), phone, f"/link {await box.code(staff='ben')}")
        assert await nudged(box, phone)
        await box.says(box.direct(phone), phone, "/tickets")
        assert "T-42" in box.direct(phone).texts[-1]
