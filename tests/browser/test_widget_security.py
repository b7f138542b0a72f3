"""Hostile words on their whole way, from the client to every page of the staff and back: they stay words."""

from __future__ import annotations

from playwright.async_api import expect
from stage import IN_CHROMIUM, SOON_MS, Stage

pytestmark = [*IN_CHROMIUM]

# Each would say so in `window.hit`, open a dialog or break the policy if any page took it for more than text.
CORPUS = (
    "<script>parent.hit=top.hit=window.hit=1;alert(1)</script>",
    '<img src=x onerror="top.hit=window.hit=1;alert(1)">',
    "\"'><svg/onload=top.hit=window.hit=1>",
    "</textarea></title></style><script>top.hit=window.hit=1</script>",
    "<iframe srcdoc='<script>top.hit=1</script>'></iframe>",
    "{{constructor.constructor('top.hit=window.hit=1')()}} {% print 7*7 %} ${7*7}",
    '<a href="javascript:top.hit=window.hit=1">click</a> [click](javascript:alert(1))',
    "<style>*{display:none!important}</style><link rel=stylesheet href=//evil.example>",
    "&lt;script&gt;alert(1)&lt;/script&gt; \u202e\u2066 <form action=//evil.example>",
)
FOREIGN = ":is(script, img, svg, iframe, style, link, form, a)"


async def test_what_a_client_writes_is_text_on_every_page_of_the_staff(stage: Stage) -> None:
    ref = await stage.open_ticket(CORPUS[0])
    for words in CORPUS[1:]:
        await stage.write(words)
    assert await stage.chat.locator(".mine .text").all_inner_texts() == list(CORPUS)
    assert await stage.chat.locator(f".text {FOREIGN}").count() == 0

    await expect(stage.queue.locator(f"#row-{ref} .said")).to_have_text(CORPUS[0], timeout=SOON_MS)
    await stage.write("/escalate " + CORPUS[1])
    await stage.client_reads("(level 1) is called in now")
    tab = await stage.board(f"/board/{ref}")
    said = tab.locator(".talk .entry.client .words")
    await expect(said.first).to_be_visible(timeout=SOON_MS)
    assert [words for words in await said.all_inner_texts() if words in CORPUS] == list(CORPUS)
    assert await tab.locator(f".words {FOREIGN}, #part-record {FOREIGN}").count() == 0
    await tab.get_by_role("link", name="Support team").click()
    await tab.get_by_role("textbox").fill(f"/sla why {ref} {CORPUS[1]}")
    await tab.get_by_role("button", name="Send").click()
    await expect(tab.locator(".entry.mine .words")).to_have_text(f"/sla why {ref} {CORPUS[1]}", timeout=SOON_MS)
    await expect(tab.locator(".entry.bot")).to_have_count(1, timeout=SOON_MS)
    for page in (stage.page, tab, *stage.page.frames):
        assert await page.evaluate("window.hit") is None


async def test_what_the_staff_writes_is_text_in_the_widget_and_in_the_managers_chat(stage: Stage) -> None:
    ref = await stage.open_ticket("postbacks stopped")
    tab = await stage.board(f"/board/{ref}")
    for number, words in enumerate(CORPUS, start=1):
        await tab.get_by_role("textbox", name="Answer to Acme Media").fill(words)
        await tab.get_by_role("button", name="Answer", exact=True).click()
        await expect(stage.chat.locator(".staff .text")).to_have_count(number, timeout=SOON_MS)
    assert await stage.chat.locator(".staff .text").all_inner_texts() == list(CORPUS)
    assert await stage.chat.locator(f".text {FOREIGN}").count() == 0
    bare = stage.direct.locator(".entry", has_text="neither resolution nor ETA")
    await expect(bare.first).to_contain_text(CORPUS[0][:40], timeout=SOON_MS)
    assert await stage.direct.locator(f".words {FOREIGN}").count() == 0
    for page in (stage.page, tab, *stage.page.frames):
        assert await page.evaluate("window.hit") is None
