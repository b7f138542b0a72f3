"""The queue and a ticket as a browser gets them: what they say, and that foreign words stay words."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from board_box import Board
from board_fakes import ANNA, BORIS, NOW, a_row, a_view, nudge

from bot.sla.clock import State
from bot.sla.log import EventKind
from bot.sla.policy import Kind
from bot.text import Link, Rich, paragraph
from bot.web.board.phrases import event_words, rule_words
from bot.web.board.ports import Reading
from bot.web.board.present import Tone, tone, unbroken

WEB = Path(__file__).parents[2] / "bot" / "web"


class TestLooking:
    async def test_the_queue_says_who_waits_for_what_by_when(self, board: Board) -> None:
        page = (await board.browser.get("/board")).text
        for words in ("T-42", "Northwind Traffic", "in 42 min", "18:52", "Anna Petrova", "1 open", "first answer"):
            assert words in page, words
        assert "simulated" not in page

    @pytest.mark.parametrize(
        ("view", "asked"), [("", (None, False)), ("mine", (7, False)), ("closed", (None, True)), ("x", (None, False))]
    )
    async def test_the_filters_ask_for_their_tickets(
        self, board: Board, view: str, asked: tuple[int | None, bool]
    ) -> None:
        await board.browser.get(f"/board?view={view}")
        assert board.desk.asked == [asked]

    async def test_the_queue_says_who_is_away_and_who_is_on_call(self, board: Board) -> None:
        assert 'id="duty"' not in (await board.browser.get("/board")).text
        board.desk.away = (("Boris", NOW + timedelta(hours=1)), ("Carla", None))
        board.desk.on_call = (("Nights", "Dora"), ("Weekends", ""))
        page = (await board.browser.get("/board")).text
        for words in ("Boris is away until", "Carla is away<", "Nights: Dora on call", "Weekends: nobody on call"):
            assert words in page, words

    async def test_an_empty_queue_says_so(self, board: Board) -> None:
        board.desk.rows = []
        assert "No open ticket. Nobody waits." in (await board.browser.get("/board")).text

    async def test_simulated_time_is_named_on_every_page(self, board: Board) -> None:
        board.desk.reading = Reading(NOW, 60.0, simulated=True)
        for path in ("/board", "/board/T-42", "/board/direct", "/board/rooms/support"):
            page = (await board.browser.get(path)).text
            assert "Time is simulated" in page and "60×" in page and 'data-speed="60.0"' in page, path

    async def test_a_ticket_shows_its_talk_its_clocks_and_their_arithmetic(self, board: Board) -> None:
        page = re.sub(r"\s+", " ", (await board.browser.get("/board/T-42")).text)
        assert "Which campaigns, and since when?" in page
        # 17:52-17:58 and 18:05-18:59 are counted, the seven minutes of hold are not: one working hour.
        for cell in ('<td class="n">6 min</td>', '<td class="n">7 min</td>', '<td class="n">54 min</td>'):
            assert cell in page, cell
        assert '<th colspan="2">Sum</th><td class="n">1 h</td>' in page
        assert "on hold, client" in page and "001, &#34;Urgency levels and priority&#34;" in page
        assert "Put on hold: client" in page and "nudge 80 %" in page and "RedTrack Premium Support" in page

    async def test_an_unknown_ticket_is_answered_like_nonsense(self, board: Board) -> None:
        answers = [await board.browser.get(f"/board/{ref}") for ref in ("T-43", "T-999999999", "nonsense", "T-0x2A")]
        assert {(a.status_code, a.text) for a in answers} == {(404, answers[0].text)}
        assert (await board.browser.get("/board/t42")).status_code == 200, "people write references in many ways"

    async def test_who_took_a_ticket_is_not_asked_to_take_it(self, board: Board) -> None:
        for taken_by, offered in ((None, True), (BORIS.id, True), (ANNA.id, False)):
            board.desk.views[42] = replace(a_view(), taken_by=taken_by)
            for path in ("/board/T-42", "/board/T-42/live"):
                assert ("do/take" in (await board.browser.get(path)).text) is offered, (taken_by, path)

    async def test_a_closed_ticket_offers_only_to_reopen_it(self, board: Board) -> None:
        view = a_view()
        board.desk.views[42] = replace(view, row=replace(view.row, status=type(view.row.status).RESOLVED))
        page = (await board.browser.get("/board/T-42")).text
        assert "do/reopen" in page and "do/note" in page
        assert "do/take" not in page and "do/eta" not in page

    async def test_an_invitation_is_a_link_to_our_own_server_and_no_other_path_is(self, board: Board) -> None:
        board.sign_in()
        links = (Link("invite.ics", "/calls/abc.ics"), Link("out", "/board/leave"), Link("elsewhere", "//evil.example"))
        board.rooms.add("direct:anna", "Pledge", "bot", Rich((paragraph(*links),)))
        page = (await board.browser.get("/board/direct")).text
        assert '<a href="/calls/abc.ics" download>invite.ics</a>' in page
        assert 'href="/board/leave"' not in page and "evil.example" not in page

    async def test_what_a_client_wrote_is_never_markup(self, board: Board) -> None:
        board.rooms.add("direct:anna", "Pledge", "bot", nudge())
        board.rooms.add("direct:anna", "<i>Pledge</i>", "bot", Rich((paragraph(Link("x", "javascript:alert(1)")),)))
        for path in ("/board", "/board/T-42", "/board/T-42/live", "/board/direct", "/board/queue"):
            page = (await board.browser.get(path)).text
            assert "<script>alert" not in page, path
            assert "javascript:" not in page and "<i>Pledge</i>" not in page, path
        assert "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &#34;postbacks&#34; stopped" in page

    async def test_pages_are_kept_by_no_cache_and_allow_only_our_own_scripts(self, board: Board) -> None:
        for path in ("/board", "/board/T-42", "/board/direct", "/board/login", "/board/queue"):
            headers = (await board.browser.get(path)).headers
            assert headers["cache-control"] == "no-store", path
            assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'"), path

    def test_no_page_has_inline_scripts_or_styles_that_the_policy_would_block(self) -> None:
        for folder in ("board", "demo"):
            for template in (WEB / folder / "templates").glob("*.html"):
                text = template.read_text()
                assert not re.search(r"\son\w+=|\sstyle=|<style|<script(?![^>]*\ssrc=)|\|\s*safe", text), template

    def test_no_script_turns_text_into_markup(self) -> None:
        for script in WEB.glob("*/static/*.js"):
            assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", script.read_text())


class TestWeight:
    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({}, Tone.CALM),
            ({"due_at": NOW + timedelta(minutes=30)}, Tone.SOON),
            ({"due_at": NOW, "kind": Kind.COMMITMENT}, Tone.LATE),
            ({"due_at": NOW, "kind": Kind.TARGET}, Tone.SOON),
            ({"objective_at": NOW}, Tone.SOON),
            ({"breached": True, "due_at": None}, Tone.LATE),
            ({"due_at": None}, Tone.QUIET),
            ({"state": State.HELD, "held_for": "client"}, Tone.QUIET),
            ({"state": State.RUNNING, "held_for": "client"}, Tone.CALM),  # a hold that stops no clock hides none
        ],
    )
    def test_only_a_broken_commitment_is_red(self, changes: dict[str, object], expected: Tone) -> None:
        assert tone(a_row(**changes), NOW) is expected

    @pytest.mark.parametrize(
        ("text", "parts"),
        [
            ("GMT-3", [("GMT-3", False)]),
            ("T-42: no", [("T-42", True), (": no", False)]),
            ("a T-7 b", [("a ", False), ("T-7", True), (" b", False)]),
        ],
    )
    def test_no_line_ends_inside_a_reference(self, text: str, parts: list[tuple[str, bool]]) -> None:
        assert unbroken(text) == parts

    def test_every_kind_of_event_has_its_words(self) -> None:
        for kind in EventKind:
            assert event_words(kind, {}, str), kind

    def test_events_and_rules_are_told_in_words(self) -> None:
        given = event_words(
            EventKind.ETA_GIVEN, {"eta_at": NOW.isoformat(), "reason": "new disk"}, lambda at: f"{at:%H:%M}"
        )
        assert given == "ETA given for 15:10: new disk"
        assert event_words(EventKind.OPENED, {"priority": "MEDIUM"}, str) == "Opened as medium"
        assert event_words(EventKind.PRIORITY_CHANGED, {"priority": "HIGH"}, str) == "Priority changed to high"
        late = {"metric": "NEXT_RESPONSE", "cycle": 2}
        assert event_words(EventKind.BREACHED, late, str) == "Commitment breached (next response)"
        assert rule_words("hours:fri") == "working hours, Fridays"
        assert rule_words("holiday:Armed Forces Day") == "holiday, Armed Forces Day"
        assert rule_words("hold:third_party") == "on hold, third party"
        assert rule_words("closed") == "outside working hours"
