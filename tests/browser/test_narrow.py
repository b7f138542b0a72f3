"""On a phone nothing of the demo page lies beside the screen."""

from __future__ import annotations

import pytest
from stage import IN_CHROMIUM, Stage

pytestmark = [*IN_CHROMIUM]


@pytest.mark.parametrize("width", [320, 375, 620, 900, 1280])
async def test_the_page_never_scrolls_sideways(stage: Stage, width: int) -> None:
    await stage.page.set_viewport_size({"width": width, "height": 800})
    wide, room = await stage.page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    assert wide <= room
    cut = await stage.page.evaluate(
        "[...document.querySelectorAll('header, .clock, .speeds button, main > section, iframe, pledge-chat')]"
        ".filter((each) => each.getBoundingClientRect().right > document.documentElement.clientWidth)"
        ".map((each) => each.className || each.localName)"
    )
    assert cut == []
