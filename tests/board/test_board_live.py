"""What the scripts of the pages ask for, and the rooms that live on the board."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from board_box import SCRIPT, SESSION, Board
from board_fakes import ANNA, BORIS, NOW, a_row, nudge

from bot.text import Link, Rich, paragraph
from bot.web.board.ports import Reading


class TestLive:
    async def test_a_queue_that_did_not_change_is_not_sent_again(self, board: Board) -> None:
        first = await board.browser.get("/board/queue?view=all", headers=SCRIPT)
        again = {**SCRIPT, "if-none-match": first.headers["etag"]}
        board.desk.reading = Reading(NOW + timedelta(minutes=2))
        second = await board.browser.get("/board/queue?view=all", headers=again)
        assert second.status_code == 304, "the countdown alone is no change"
        assert second.headers["x-pledge-now"] == str(int((NOW + timedelta(minutes=2)).timestamp() * 1000))
        board.desk.reading = Reading(NOW + timedelta(minutes=12))
        assert (await board.browser.get("/board/queue?view=all", headers=again)).status_code == 200, "amber now"
        board.desk.reading = Reading(NOW)
        board.desk.rows = [a_row(owner="Boris Weiss")]
        assert (await board.browser.get("/board/queue?view=all", headers=again)).status_code == 200

    async def test_a_ticket_that_changed_is_sent_part_by_part(self, board: Board) -> None:
        first = await board.browser.get("/board/T-42/live", headers=SCRIPT)
        assert re.findall(r'id="(part-\w+)"', first.text) == [
            f"part-{name}" for name in ("head", "talk", "acts", "clocks", "plan", "why", "record")
        ]
        again = {**SCRIPT, "if-none-match": first.headers["etag"]}
        assert (await board.browser.get("/board/T-42/live", headers=again)).status_code == 304
        board.desk.views[42] = replace(board.desk.views[42], entries=board.desk.views[42].entries[:1])
        assert (await board.browser.get("/board/T-42/live", headers=again)).status_code == 200

    async def test_the_badge_counts_what_this_browser_has_not_shown(self, board: Board) -> None:
        board.rooms.add("direct:anna", "Pledge", "bot", nudge())
        board.rooms.add("direct:anna", ANNA.name, "staff", "/tickets")
        board.rooms.add("direct:anna", "Pledge", "bot", "Three are open.")
        board.rooms.add("direct:boris", "Pledge", "bot", "Not for Anna.")
        assert 'data-unread="2"' in (await board.browser.get("/board")).text
        assert 'data-unread="0"' in (await board.browser.get("/board/direct")).text
        assert (await board.browser.get("/board/queue")).headers["x-pledge-unread"] == "0"
        board.rooms.add("direct:anna", "Pledge", "bot", nudge())
        await board.browser.get("/board/direct/entries?after=3&shown=0", headers=SCRIPT)
        assert (await board.browser.get("/board/queue")).headers["x-pledge-unread"] == "1", "fetched, not looked at"
        await board.browser.get("/board/direct/entries?after=3&shown=1", headers=SCRIPT)
        assert (await board.browser.get("/board/queue")).headers["x-pledge-unread"] == "0"

    async def test_only_what_is_on_a_page_that_is_shown_was_looked_at(self, board: Board) -> None:
        for words in ("One is due.", "Two are due."):
            board.rooms.add("direct:anna", "Pledge", "bot", words)
        await board.browser.get("/board/direct/entries?after=0&shown=0", headers=SCRIPT)
        await board.browser.get("/board/direct?before=2")
        assert board.rooms.looks == []
        await board.browser.get("/board/direct/entries?after=1&shown=1", headers=SCRIPT)
        assert board.rooms.looks == [("direct:anna", 1)], "the second one was on its way to the page"
        await board.browser.get("/board/direct")
        assert board.rooms.looks[1:] == [("direct:anna", 2)]

    async def test_files_are_kept_for_ever_under_their_version_only(self, board: Board) -> None:
        page = (await board.browser.get("/board")).text
        address = re.search(r"/board/static/board\.css\?v=\w+", page)
        assert address is not None
        kept = await board.browser.get(address[0])
        asked = await board.browser.get("/board/static/board.css?v=old")
        assert "immutable" in kept.headers["cache-control"] and kept.headers["content-type"].startswith("text/css")
        assert asked.headers["cache-control"] == "no-cache"
        again = await board.browser.get("/board/static/board.css", headers={"if-none-match": asked.headers["etag"]})
        assert again.status_code == 304
        for name in ("nothing.js", "..%2Froutes.py", "%2e%2e/routes.py"):
            assert (await board.browser.get(f"/board/static/{name}")).status_code in (303, 404), name


class TestRooms:
    async def test_words_in_the_direct_chat_are_taken_in_as_the_persons_own(self, board: Board) -> None:
        answer = await board.act("/board/direct/messages", text="/tickets", client_msg_id="abcd-1234")
        assert answer.json() == {"seq": 1, "duplicate": False, "notice": None}
        [inbound] = board.desk.received.values()
        assert (inbound.channel, inbound.account, inbound.room) == ("inapp", "default", "direct:anna")
        assert (inbound.sender, inbound.sender_name, inbound.text) == ("staff/anna", "Anna Petrova", "/tickets")
        assert inbound.at == inbound.received_at == NOW and inbound.message_id.startswith("anna/")

    async def test_words_sent_twice_are_taken_in_once(self, board: Board) -> None:
        for duplicate in (False, True):
            answer = await board.act("/board/direct/messages", text="/tickets", client_msg_id="abcd-1234")
            assert answer.json()["duplicate"] is duplicate
        assert len(board.desk.received) == 1

    async def test_equal_ids_of_two_people_or_rooms_are_two_messages(self, board: Board) -> None:
        await board.act("/board/rooms/support/messages", text="/sla", client_msg_id="abcd-1234")
        await board.act("/board/direct/messages", text="/sla", client_msg_id="abcd-1234")
        board.gate.sessions[SESSION] = BORIS
        await board.act("/board/rooms/support/messages", text="/sla", client_msg_id="abcd-1234")
        assert sorted((i.room, i.sender) for i in board.desk.received.values()) == [
            ("direct:anna", "staff/anna"),
            ("team:support", "staff/anna"),
            ("team:support", "staff/boris"),
        ]

    async def test_a_button_is_pressed_by_its_opaque_id(self, board: Board) -> None:
        board.rooms.add("direct:anna", "Pledge", "bot", nudge())
        page = (await board.browser.get("/board/direct")).text
        assert 'value="act-eta"' in page and "Give ETA" in page
        await board.act("/board/direct/press", action="act-eta", client_msg_id="abcd-1234")
        [inbound] = board.desk.received.values()
        assert (inbound.kind.value, inbound.action, inbound.text) == ("press", "act-eta", "")

    async def test_a_resume_gets_what_came_after_its_cursor(self, board: Board) -> None:
        for text in ("one", "two", "three"):
            board.rooms.add("team:support", "Pledge", "bot", text)
        told = (await board.browser.get("/board/rooms/support/entries?after=1", headers=SCRIPT)).json()
        assert (told["cursor"], re.findall(r'data-seq="(\d+)"', told["html"])) == (3, ["2", "3"])
        empty = (await board.browser.get("/board/rooms/support/entries?after=3", headers=SCRIPT)).json()
        assert (empty["cursor"], empty["html"].strip()) == (3, "")

    async def test_what_comes_while_the_page_is_open_looks_as_it_does_when_the_page_is_loaded(
        self, board: Board
    ) -> None:
        for body in ("one", nudge(), Rich((paragraph(Link("invite.ics", "/calls/abc.ics"), " <b>"),))):
            board.rooms.add("direct:anna", "Pledge", "bot", body)
        page = (await board.browser.get("/board/direct")).text
        told = (await board.browser.get("/board/direct/entries?after=0", headers=SCRIPT)).json()
        drawn = [re.sub(r'value="\w{32}-', 'value="', html) for html in (page, told["html"])]
        shown = [re.findall(r'<li class="entry.+?</li>', html, re.DOTALL) for html in drawn]
        assert shown[0] == shown[1] and len(shown[0]) == 3

    async def test_earlier_messages_are_a_page_away(self, board: Board) -> None:
        for number in range(1, 131):
            board.rooms.add("direct:anna", "Pledge", "bot", f"message {number}.")
        page = (await board.browser.get("/board/direct")).text
        assert "message 130." in page and "message 30." not in page and "/board/direct?before=31" in page
        older = (await board.browser.get("/board/direct?before=31")).text
        assert "message 30." in older and "message 31." not in older and "<textarea" not in older

    async def test_a_room_that_is_not_mine_does_not_exist(self, board: Board) -> None:
        for path in ("/board/rooms/secret", "/board/rooms/secret/entries"):
            assert (await board.browser.get(path)).status_code == 404, path
        answer = await board.act("/board/rooms/secret/messages", text="/sla", client_msg_id="abcd-1234")
        assert answer.status_code == 404 and board.desk.received == {}

    @pytest.mark.parametrize(
        ("fields", "status"),
        [
            ({"text": " ", "client_msg_id": "abcd-1234"}, 422),
            ({"text": "x" * 8001, "client_msg_id": "abcd-1234"}, 413),
            ({"text": "x", "client_msg_id": "short"}, 422),
            ({"text": "x"}, 422),
        ],
    )
    async def test_a_message_that_cannot_be_one_is_refused(
        self, board: Board, fields: dict[str, str], status: int
    ) -> None:
        assert (await board.act("/board/direct/messages", **fields)).status_code == status
        assert board.desk.received == {}
