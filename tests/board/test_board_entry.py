"""Coming in: one-time codes, sessions, who may enter; and what a posted form must bring along."""

from __future__ import annotations

from dataclasses import replace

import pytest
from board_box import CSRF, SCRIPT, SESSION, Board
from board_fakes import ANNA, CARLA

from bot.channels.base import Unavailable
from bot.people import Role
from bot.web.board.visit import csrf_token


class TestComingIn:
    async def test_a_code_opens_a_session_once(self, outside: Board) -> None:
        first = await outside.browser.post("/board/login", data={"code": "code-1"})
        assert (first.status_code, first.headers["location"]) == (303, "/board")
        cookie = first.headers["set-cookie"].lower()
        assert "httponly" in cookie and "samesite=strict" in cookie and "secure" not in cookie
        assert (await outside.browser.get("/board")).status_code == 200
        outside.browser.cookies.clear()
        assert (await outside.browser.post("/board/login", data={"code": "code-1"})).status_code == 401
        assert (await outside.browser.get("/board")).status_code == 303

    async def test_over_https_the_cookie_is_secure_and_bound_to_its_host(self) -> None:
        board = Board(secure=True)
        async with board.browser as browser:
            cookie = (await browser.post("/board/login", data={"code": "code-1"})).headers["set-cookie"]
        assert cookie.startswith("__Host-pledge=") and "; Secure" in cookie and "Domain" not in cookie

    async def test_the_code_of_a_link_stays_in_the_fragment(self, outside: Board) -> None:
        page = await outside.browser.get("/board/login")
        assert page.status_code == 200 and "login.js" in page.text
        script = (await outside.browser.get("/board/static/login.js")).text
        assert "location.hash" in script and "history.replaceState" in script
        assert (await outside.browser.get("/board/login?code=code-1")).status_code == 200
        assert "code-1" in outside.gate.codes, "a code in a query is not redeemed: queries are logged"

    @pytest.mark.parametrize("code", ["", "nonsense", "x" * 201])
    async def test_a_wrong_code_opens_nothing(self, outside: Board, code: str) -> None:
        answer = await outside.browser.post("/board/login", data={"code": code})
        assert answer.status_code == 401 and "set-cookie" not in answer.headers

    async def test_another_site_cannot_sign_anybody_in(self, outside: Board) -> None:
        answer = await outside.browser.post(
            "/board/login", data={"code": "code-1"}, headers={"sec-fetch-site": "cross-site"}
        )
        assert answer.status_code == 403 and "code-1" in outside.gate.codes

    async def test_without_a_session_pages_lead_to_the_sign_in_and_scripts_are_told(self, outside: Board) -> None:
        for path in ("/board", "/board/T-42", "/board/direct", "/board/rooms/support"):
            answer = await outside.browser.get(path)
            assert (answer.status_code, answer.headers["location"]) == (303, "/board/login"), path
        for path in ("/board/queue", "/board/T-42/live", "/board/direct/entries"):
            assert (await outside.browser.get(path, headers=SCRIPT)).status_code == 401, path
        answer = await outside.browser.post("/board/T-42/do/take", data={"csrf": CSRF})
        assert answer.status_code == 401 and outside.desk.commands == []

    async def test_a_link_followed_from_a_chat_is_asked_for_again_from_our_own_page(self, outside: Board) -> None:
        answer = await outside.browser.get("/board/T-42", headers={"sec-fetch-site": "cross-site"})
        assert answer.status_code == 200 and 'http-equiv="refresh"' in answer.text and "Northwind" not in answer.text

    @pytest.mark.parametrize(
        "person", [CARLA, replace(ANNA, active=False), replace(ANNA, role=Role.CONTACT), replace(ANNA, client_id=3)]
    )
    async def test_only_active_staff_comes_in(self, board: Board, person: object) -> None:
        assert (await board.browser.get("/board")).status_code == 200
        board.gate.sessions[SESSION] = person
        assert (await board.browser.get("/board")).status_code == 303
        assert (await board.act("/board/T-42/do/take")).status_code == 401
        assert board.desk.commands == []

    async def test_signing_out_ends_the_session_and_takes_the_cookie(self, board: Board) -> None:
        answer = await board.browser.post("/board/logout", data={"csrf": CSRF})
        assert answer.status_code == 303 and "Max-Age=0" in answer.headers["set-cookie"]
        assert board.gate.sessions == {}


class TestForms:
    PATHS = (
        "/board/T-42/do/take",
        "/board/T-42/say",
        "/board/direct/messages",
        "/board/direct/press",
        "/board/rooms/support/messages",
        "/board/logout",
    )

    @pytest.mark.parametrize("path", PATHS)
    @pytest.mark.parametrize("token", [None, "", "0" * 64, csrf_token("session-of-boris")])
    async def test_a_form_without_the_token_of_its_session_does_nothing(
        self, board: Board, path: str, token: str | None
    ) -> None:
        fields = {"text": "hello", "action": "a", "client_msg_id": "12345678"}
        answer = await board.browser.post(path, data=fields | ({} if token is None else {"csrf": token}))
        assert answer.status_code == 403
        assert (board.desk.commands, board.desk.said, board.desk.received) == ([], {}, {})
        assert SESSION in board.gate.sessions

    async def test_only_forms_are_read(self, board: Board) -> None:
        for kind in ("application/json", "text/plain", "multipart/form-data; boundary=x"):
            answer = await board.browser.post(
                "/board/T-42/do/take", content=f"csrf={CSRF}", headers={"content-type": kind}
            )
            assert answer.status_code == 415, kind

    async def test_a_form_that_is_too_large_or_broken_is_refused(self, board: Board) -> None:
        kind = {"content-type": "application/x-www-form-urlencoded"}
        big = await board.browser.post("/board/T-42/say", content=b"text=" + b"x" * 70_000, headers=kind)
        many = await board.browser.post("/board/T-42/say", content=b"&".join([b"a=1"] * 40), headers=kind)
        torn = await board.browser.post("/board/T-42/say", content=b"text=\xff\xfe", headers=kind)
        assert (big.status_code, many.status_code, torn.status_code) == (413, 400, 400)

    async def test_a_busy_store_is_told_to_the_browser(self, board: Board) -> None:
        board.desk.failing = Unavailable("queue full")
        answer = await board.act("/board/T-42/do/take")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert "queue full" not in answer.text
