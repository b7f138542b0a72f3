"""A button about a call that has changed meanwhile, from both sides on every channel."""

from __future__ import annotations

import pytest
from contract import MakesDriver, Orders, Presses, Says, play
from drivers import DRIVERS

MOVED = {
    "ann": (Orders("mia", "/call-move C-1 Thu 11:30"), Says("/calls"), Orders("mia", "/call-move C-1 Fri 11:30")),
    "mia": (Orders("mia", "/calls"), Says("/call-move C-1 Fri 11:30")),
}


@pytest.mark.parametrize("who", MOVED)
@pytest.mark.parametrize("make", DRIVERS.values(), ids=DRIVERS.keys())
async def test_a_stale_confirm_shows_the_call_as_it_is_and_the_fresh_one_agrees_to_it(
    make: MakesDriver, who: str
) -> None:
    async with make() as driver:
        await play(driver, (Says("/book-call Thu 15:00"), *MOVED[who], Presses(who, "Confirm C-1")))
        (call,) = await driver.store.read(lambda tx: tx.calls.open(tx.calls.get(1).asked_at))
        assert call.state == "proposed"
        assert (await driver.posts_of(who))[-1].startswith("C-1 has changed meanwhile")
        await play(driver, (Presses(who, "Confirm C-1"),))
        (call,) = await driver.store.read(lambda tx: tx.calls.open(call.asked_at))
        assert call.state == "agreed"
