"""Every button and form of a ticket's page, as the command it stands for."""

from __future__ import annotations

import pytest
from board_box import CSRF, Board
from board_fakes import ANNA

from bot.channels.base import Unavailable
from bot.text import Rich, paragraph
from bot.web.board.ports import CommandReply


class TestActing:
    @pytest.mark.parametrize(
        ("act", "fields", "command"),
        [
            ("take", {}, "/take T-42"),
            ("eta", {"when": "1h", "other": "", "reason": ""}, "/eta T-42 1h"),
            (
                "eta",
                {"when": "end of day", "reason": "waiting for the vendor"},
                "/eta T-42 end of day waiting for the vendor",
            ),
            ("eta", {"when": "", "other": " 16:00 ", "reason": "new disk"}, "/eta T-42 16:00 new disk"),
            ("answered", {}, "/answered T-42"),
            ("hold", {"for": "client", "name": ""}, "/hold T-42 client"),
            ("hold", {"for": "third_party", "name": "Acme Hosting"}, "/hold T-42 third-party Acme Hosting"),
            ("resume", {}, "/resume T-42"),
            ("assign", {"person": "boris"}, "/assign T-42 boris"),
            ("acknowledge", {}, "/acknowledge T-42"),
            ("escalate", {"reason": "no access"}, "/escalate T-42 no access"),
            ("priority", {"priority": "HIGH", "reason": "all is down"}, "/priority T-42 high all is down"),
            ("note", {"note": "the disk is full"}, "/note T-42 the disk is full"),
            ("resolve", {}, "/resolve T-42"),
            ("reopen", {}, "/reopen T-42"),
        ],
    )
    async def test_every_button_says_its_command(
        self, board: Board, act: str, fields: dict[str, str], command: str
    ) -> None:
        answer = await board.act(f"/board/T-42/do/{act}", **fields)
        assert (answer.status_code, answer.json()) == (200, {"ok": True, "text": "Done."})
        assert board.desk.commands == [(ANNA.id, command)]

    async def test_a_line_break_never_starts_a_second_command(self, board: Board) -> None:
        await board.act("/board/T-42/do/note", note="first\r\n/resolve T-42\u2028/resolve T-42")
        assert board.desk.commands == [(ANNA.id, "/note T-42 first /resolve T-42 /resolve T-42")]

    @pytest.mark.parametrize(
        ("act", "fields", "told"),
        [
            ("eta", {"when": "", "other": " "}, "Other is missing, for example: 16:00"),
            ("hold", {"for": "third_party", "name": ""}, "Name is missing"),
            ("hold", {"for": "weather"}, "'weather' is nobody to wait for"),
            ("escalate", {}, "Reason is missing"),
            ("priority", {"priority": "URGENT", "reason": "x"}, "'URGENT' is none (use critical, high"),
            ("priority", {"priority": "HIGH"}, "Reason is missing"),
            ("note", {"note": "x" * 2001}, "2001 characters are too many (at most 2000)"),
        ],
    )
    async def test_a_form_with_something_missing_says_what(
        self, board: Board, act: str, fields: dict[str, str], told: str
    ) -> None:
        answer = await board.act(f"/board/T-42/do/{act}", **fields)
        assert answer.status_code == 422 and told in answer.json()["text"]
        assert board.desk.commands == []

    async def test_an_act_nobody_has_heard_of_is_not_found(self, board: Board) -> None:
        assert (await board.act("/board/T-42/do/delete")).status_code == 404
        assert (await board.act("/board/nonsense/do/take")).status_code == 404
        assert board.desk.commands == []

    async def test_without_a_script_the_answer_stands_on_the_page(self, board: Board) -> None:
        board.desk.reply = CommandReply(Rich((paragraph("An ETA moves only with a reason."),)), ok=False)
        answer = await board.browser.post("/board/T-42/do/eta", data={"csrf": CSRF, "when": "2h"})
        assert answer.status_code == 422
        assert '<div class="reply refused"' in answer.text and "An ETA moves only with a reason." in answer.text

    async def test_an_answer_to_the_client_is_said_once_per_message_id(self, board: Board) -> None:
        for _ in range(2):
            answer = await board.act("/board/T-42/say", text=" It is fixed.\nSorry. ", client_msg_id="abcd-1234")
            assert answer.status_code == 200
        assert board.desk.said == {"abcd-1234": (ANNA.id, "T-42", "It is fixed.\nSorry.")}

    async def test_an_answer_that_could_not_be_stored_stays_in_the_form(self, board: Board) -> None:
        board.desk.failing = Unavailable("busy")
        answer = await board.browser.post(
            "/board/T-42/say", data={"csrf": CSRF, "text": "half an hour's work", "client_msg_id": "abcd-1234"}
        )
        assert answer.status_code == 503 and answer.headers["retry-after"] == "1"
        assert "half an hour&#39;s work</textarea>" in answer.text

    @pytest.mark.parametrize(("text", "message_id"), [("", "abcd-1234"), ("x" * 8001, "abcd-1234"), ("x", "a b")])
    async def test_an_empty_or_endless_answer_is_not_sent(self, board: Board, text: str, message_id: str) -> None:
        assert (await board.act("/board/T-42/say", text=text, client_msg_id=message_id)).status_code == 422
        assert board.desk.said == {}
