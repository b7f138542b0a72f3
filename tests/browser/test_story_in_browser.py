"""The story that must always work, by hand in a real browser, on the demo as `make run` shows it."""

from __future__ import annotations

import os
import re
import subprocess
import sys

from faults.process import REPOSITORY, until
from playwright.async_api import FloatRect, Page, expect
from stage import IN_CHROMIUM, SOON_MS, Stage, start_again

pytestmark = [*IN_CHROMIUM]

WORDS = "postbacks stopped arriving since 9am"
BACK_MS = 30_000
"""How long a page may take to find its server again: its attempts lie further and further apart."""

PICTURES = REPOSITORY / "docs" / "images"
DRAWS = os.environ.get("PLEDGE_TEST_PICTURE") == "1"


async def picture(page: Page, name: str, height: int = 800) -> None:
    """A picture of the documentation, drawn anew only on demand: it differs with every font and day."""
    if DRAWS:
        PICTURES.mkdir(exist_ok=True)
        part: FloatRect = {"x": 0, "y": 0, "width": 1280, "height": height}
        await page.screenshot(path=PICTURES / name, animations="disabled", clip=part)


async def answer_on_board(tab: Page, text: str) -> None:
    """The manager's words to the client, from the ticket's page."""
    await tab.get_by_role("textbox", name=re.compile("^Answer ")).fill(text)
    await tab.get_by_role("button", name="Answer", exact=True).click()
    await expect(tab.locator(".talk .entry.staff .words", has_text=text)).to_be_visible(timeout=SOON_MS)


def _breaches(stage: Stage) -> int:
    return len(stage.bot.rows("SELECT id FROM event WHERE kind = 'breached'"))


async def test_a_promise_is_made_watched_over_and_answered_with_an_eta(stage: Stage) -> None:
    ref = await stage.open_ticket(WORDS)
    await stage.client_reads("Answer guaranteed by 05:00 GMT-5")
    await expect(stage.chat.locator(".what")).to_have_text("Mia Berg answers by 05:00", timeout=SOON_MS)
    row = stage.queue.locator(f"#row-{ref}")
    await expect(row).to_contain_text("Acme Media", timeout=SOON_MS)

    await stage.write("all campaigns, all countries")
    await stage.write("thanks")
    await expect(stage.chat.locator(".mine .tag")).to_have_text([ref, ref, ref], timeout=SOON_MS)
    await expect(stage.queue.locator("tbody tr")).to_have_count(1)
    assert await stage.chat.locator(".bot").count() == 1  # once, in spite of three messages

    await stage.hurry(60)
    await expect(stage.chat.locator(".left")).to_have_text(re.compile("^in 5[0-8]"), timeout=SOON_MS)
    await (await stage.client_reads("Answer guaranteed")).get_by_role("button", name="Service down", exact=True).click()
    await stage.client_reads(re.compile(r"Due 04:\d\d .* is now Service down"))
    nudge = await stage.manager_reads(
        re.compile(rf"Due 12:\d\d .*: resolution or ETA for Acme Media\. {ref}: '{WORDS}'")
    )
    await stage.hurry(1)
    await expect(nudge.get_by_role("button")).to_have_text(
        ["Take it", "ETA in 1 h", "Other ETA", "Ask for details", "Hand over", "Escalate", "Resolved"]
    )

    tab = await stage.board(f"/board/{ref}")
    await answer_on_board(tab, "looking into it")
    await expect(stage.chat.locator(".staff .text")).to_have_text("looking into it", timeout=SOON_MS)
    bare = await stage.manager_reads("'looking into it' is neither resolution nor ETA")
    assert await stage.chat.get_by_text("neither resolution").count() == 0
    await expect(stage.chat.locator(".what")).to_have_text(re.compile("Mia Berg answers by 04:"))

    await bare.get_by_role("button", name="ETA in 1 h").click()
    told = await stage.client_reads(re.compile(r"Fix expected by 05:\d\d .*approximate\. Mia Berg has it"))
    await expect(told.get_by_role("button")).to_have_text(["Reply", "Too late for us"])
    await expect(stage.chat.locator(".what")).to_have_text(re.compile("Mia Berg expects the fix by 05:"))
    await expect(row).to_contain_text(re.compile(r"in 5\d min.*13:\d\d.*promised ETA", re.DOTALL), timeout=SOON_MS)
    await stage.page.bring_to_front()
    if DRAWS:
        await expect(stage.direct.locator("#toast")).to_be_hidden(timeout=SOON_MS)
        await picture(stage.page, "demo.png")


async def test_asking_for_details_holds_the_window_until_the_client_answers(stage: Stage) -> None:
    ref = await stage.open_ticket(WORDS)
    tab = await stage.board(f"/board/{ref}")
    await tab.get_by_text("Hold", exact=True).first.click()
    await tab.get_by_role("button", name="Hold", exact=True).click()
    await stage.client_reads(re.compile(r"The clock waits for your details; 5\d min of the window remains"))
    await expect(stage.chat.locator(".what")).to_have_text("Waiting for your answer", timeout=SOON_MS)
    await stage.hurry(600)
    await expect(tab.locator("#part-head .left")).to_have_text("on hold", timeout=SOON_MS)
    await expect(stage.page.locator("#now")).to_contain_text("13:", timeout=SOON_MS)  # an hour later nothing is late
    await stage.hurry(1)
    assert await stage.chat.get_by_text("We missed").count() == 0
    await stage.write("it is campaign 17")
    await stage.client_reads(re.compile(r"Due 0[56]:\d\d .*: the clock runs again"))
    await stage.manager_reads(re.compile(r"Due 1[34]:\d\d .*: the clock runs again"))
    await expect(stage.chat.locator(".what")).to_have_text(re.compile("Mia Berg answers by 0[56]:"), timeout=SOON_MS)


async def test_a_client_calls_the_next_level_in_by_hand(stage: Stage) -> None:
    ref = await stage.open_ticket(WORDS)
    await stage.write("/escalate the campaign ends tonight")
    await stage.client_reads(f"Tom Lindgren (level 1) is called in now. {ref}.")
    await expect(stage.queue.locator(f"#row-{ref}")).to_contain_text("level 1", timeout=SOON_MS)
    await stage.write("/escalate")
    await stage.client_reads(f"Tom Lindgren (level 1) is called in for {ref}, and again at")


async def test_a_ticket_left_alone_climbs_the_ladder_and_the_breach_is_told_honestly(stage: Stage) -> None:
    ref = await stage.open_ticket(WORDS)
    await stage.hurry(600)
    await stage.client_reads(f"Tom Lindgren (level 1) is called in now. {ref}.")
    missed = await stage.client_reads("We missed 05:00")
    await stage.hurry(1)
    await expect(missed).to_contain_text(
        re.compile(r"Next word by 0\d:\d\d .*Sara Costa has been called.*recorded as missed")
    )
    await stage.manager_reads(re.compile(rf"Breached at 13:00 .*first answer for Acme Media\. {ref}"))
    await expect(stage.queue.locator(f"#row-{ref}")).to_contain_text("breached", timeout=SOON_MS)
    await expect(stage.queue.locator(f"#row-{ref}")).to_have_class("late")
    await expect(stage.chat.locator(".what")).to_have_text("Answer was due 05:00", timeout=SOON_MS)


async def test_a_resolved_ticket_is_rated_and_opened_again(stage: Stage) -> None:
    ref = await stage.open_ticket(WORDS)
    tab = await stage.board(f"/board/{ref}")
    await answer_on_board(tab, "The certificate is renewed, postbacks arrive again.")
    await tab.get_by_role("button", name="Resolved").click()
    asked = await stage.client_reads(f"{ref} is resolved on our side. Does it work for you?")
    await expect(stage.chat.locator(".what")).to_have_text("Nothing open. Write at any time.", timeout=SOON_MS)
    await expect(stage.queue.locator("tbody tr")).to_have_count(0, timeout=SOON_MS)
    await asked.get_by_role("button", name="4", exact=True).click()
    await expect(asked).to_contain_text(f"Recorded: 4 of 5 for {ref}.", timeout=SOON_MS)
    await stage.write("thanks")
    await asked.get_by_role("button", name="Reopen").click()
    await stage.client_reads(re.compile(rf"{ref} is open again; Mia Berg answers"))
    await expect(stage.queue.locator(f"#row-{ref}")).to_be_visible(timeout=SOON_MS)
    await expect(tab.locator("#part-record")).to_contain_text("Reopened", timeout=SOON_MS)
    assert [line.strip() for line in await tab.locator("#part-record tbody tr td:nth-child(2)").all_inner_texts()][
        :3
    ] == [
        "Reopened",
        "Rated 4 of 5",
        "Resolved",
    ]


async def test_a_kill_in_the_middle_loses_and_doubles_nothing_and_due_steps_go_out_at_once(stage: Stage) -> None:
    ref = await stage.open_ticket(WORDS)
    await stage.write("all campaigns")
    stage.bot.kill()
    await expect(stage.chat.get_by_text("Reconnecting. What you write is kept.")).to_be_visible(timeout=SOON_MS)
    field = stage.chat.get_by_role("textbox")
    await field.fill("is anybody there?")
    await field.press("Enter")
    await expect(stage.chat.get_by_text("sending")).to_have_count(1)

    start_again(stage.bot, at="2026-11-24T13:20:00+03:00")  # twenty minutes after the window ended
    until(lambda: _breaches(stage) == 1, within_s=4, what="acting on the steps that came due")
    until(lambda: stage.bot.unsent() == 0, within_s=4, what="delivering what they say")
    await stage.client_reads("We missed 05:00", timeout_ms=BACK_MS)
    await expect(stage.chat.get_by_text("sending")).to_have_count(0, timeout=BACK_MS)
    await expect(stage.chat.get_by_text("Reconnecting")).to_have_count(0, timeout=BACK_MS)
    said = [WORDS, "all campaigns", "is anybody there?"]
    await expect(stage.chat.locator(".mine .text")).to_have_text(said, timeout=SOON_MS)
    shown = await stage.chat.locator(".bot .text").all_inner_texts()
    assert len(shown) == len(set(shown)) and sum("Answer guaranteed" in words for words in shown) == 1
    stored = stage.bot.rows("SELECT text FROM message WHERE party = 'client' ORDER BY id")
    assert [text for (text,) in stored] == said
    await expect(stage.queue.locator(f"#row-{ref}")).to_contain_text("breached", timeout=BACK_MS)
    await expect(stage.queue.locator("tbody tr")).to_have_count(1)


async def test_the_board_shows_the_queue_the_sum_behind_a_deadline_and_answers_sla(stage: Stage) -> None:
    ref = await stage.open_ticket(WORDS)
    tab = await stage.board(f"/board/{ref}")
    await expect(tab.locator("#part-why")).to_contain_text("working hours")
    await expect(tab.locator("#part-why tfoot")).to_contain_text("1 h")
    await expect(tab.locator("#part-why tfoot")).to_contain_text("Urgency levels and priority")
    await expect(tab.locator("#part-record")).to_contain_text("Opened")
    await expect(tab.locator("#part-plan")).to_contain_text("12:30")
    await tab.get_by_role("link", name="Support team").click()
    await tab.get_by_role("textbox").fill("/sla")
    await tab.get_by_role("button", name="Send").click()
    await expect(tab.locator(".entry.bot").last).to_contain_text(
        re.compile(rf"{ref}, Acme Media: first answer due 13:00 .*Mia Berg"), timeout=SOON_MS
    )
    await tab.get_by_role("textbox").fill(f"/sla why {ref}")
    await tab.get_by_role("textbox").press("Enter")
    await expect(tab.locator(".entry.bot").last).to_contain_text("1 h counted in all.", timeout=SOON_MS)


async def test_the_queue_puts_what_is_due_first_on_top(stage: Stage) -> None:
    late = await stage.open_ticket("Postbacks stopped arriving since 9am")
    await stage.hurry(600)
    await stage.client_reads("We missed 05:00")
    await stage.hurry(1)
    asked = await stage.open_ticket("/new The click prices of campaign 17 look wrong")
    promised = await stage.open_ticket("/new Reports open slowly since the last release")
    down = await stage.open_ticket("/new Nothing is tracked at all")
    await stage.write(f"/urgency {down} critical")
    await stage.client_reads(f"{down} is now Service down.")
    manager = stage.direct.get_by_role("textbox")
    for order, told in (
        (f"/hold {asked} client", f"waits for details. {asked}"),
        (f"/eta {promised} 2h", "fix expected by 15:"),
    ):
        await manager.fill(order)
        await manager.press("Enter")
        await stage.manager_reads(told)
    tab = await stage.board("/board")
    await expect(tab.locator("tbody .ref a")).to_have_text([late, down, asked, promised], timeout=SOON_MS)
    await expect(tab.locator("tbody tr")).to_have_class(["late", "soon", "quiet", "calm"], timeout=SOON_MS)
    await expect(tab.locator(".summary")).to_contain_text("1 overdue")
    await picture(tab, "board.png", height=430)


async def test_a_link_from_the_shell_signs_its_bearer_in_once(stage: Stage) -> None:
    def login() -> str:
        done = subprocess.run(
            [sys.executable, "-m", "bot", "staff", "login", "sara"],
            cwd=stage.bot.folder,
            env=stage.bot.environment(),
            capture_output=True,
            text=True,
            timeout=30,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    link = login()
    assert stage.context.browser is not None
    elsewhere = await stage.context.browser.new_context()
    tab = await stage.board(link.removeprefix(stage.bot.url), elsewhere)
    await expect(tab.get_by_role("heading", name="Tickets")).to_be_visible(timeout=SOON_MS)
    await expect(tab.get_by_text("Sara Costa")).to_be_visible()
    assert tab.url == f"{stage.bot.url}/board"
    thief = await stage.context.browser.new_context()
    late = await stage.board(link.removeprefix(stage.bot.url), thief)
    await expect(late.get_by_role("alert")).to_contain_text("used already", timeout=SOON_MS)
    await elsewhere.close()
    await thief.close()
