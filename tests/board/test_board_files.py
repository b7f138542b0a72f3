"""A client's files reach the staff through us, as downloads, and nobody else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from board_box import Board
from board_fakes import a_view

from bot.channels.base import Attachment, Entry, File, Unavailable
from bot.text import Rich, paragraph
from bot.web.board import files


class Platform:
    """Gives two pieces for the handle "good"; the address of a file never leaves it."""

    def __init__(self) -> None:
        self.open = 0

    @asynccontextmanager
    async def fetch(self, account: str, handle: str) -> AsyncIterator[AsyncIterator[bytes]]:
        if handle != "good":
            raise Unavailable("the file is too old")

        async def pieces() -> AsyncIterator[bytes]:
            yield b"<script>"
            yield b"alert(1)</script>"

        self.open += 1
        try:
            yield pieces()
        finally:
            self.open -= 1


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
def board(platform: Platform) -> Board:
    made = Board(files={"far": platform})
    made.desk.files = {
        (5, 0): Attachment("far", "default", File('evil"\r\n.html', "text/html", 24, "good")),
        (5, 1): Attachment("far", "default", File("old.png", "image/png", 9, "gone")),
        (6, 0): Attachment("unplugged", "default", File("x", "", 1, "good")),
    }
    made.sign_in()
    return made


async def test_a_file_is_a_download_under_its_own_name_whatever_it_says_it_is(board: Board, platform: Platform) -> None:
    answer = await board.browser.get("/board/files/5/0")
    assert answer.content == b"<script>alert(1)</script>"
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''evil%22%0D%0A.html"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert platform.open == 0


@pytest.mark.parametrize(
    ("path", "status"), [("5/1", 502), ("5/2", 404), ("7/0", 404), ("6/0", 404), ("x/0", 404), ("5/-1", 404)]
)
async def test_what_is_not_there_is_said_so(board: Board, path: str, status: int) -> None:
    assert (await board.browser.get(f"/board/files/{path}")).status_code == status


async def test_a_stranger_gets_no_file(board: Board) -> None:
    board.browser.cookies.clear()
    assert (await board.browser.get("/board/files/5/0")).status_code in (303, 401)


async def test_a_file_beyond_every_measure_does_not_look_whole(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST", 10)
    with pytest.raises(ValueError, match="more than 10 bytes"):
        await board.browser.get("/board/files/5/0")


async def test_the_ticket_shows_files_as_links_and_edits_with_what_stood_there(board: Board) -> None:
    view = a_view()
    said = Entry(
        seq=1,
        direction="in",
        author="Ann",
        party="client",
        mine=False,
        at=view.ticket.opened_at,
        body=Rich((paragraph("the import fails"),)),
        ext_id="m1",
        files=(File("log.txt", "text/plain", 3, "good"),),
        number=5,
        earlier=("the <b>export</b> fails",),
    )
    board.desk.views[42] = replace(view, entries=(said,))
    page = (await board.browser.get("/board/T-42")).text
    assert '<a href="/board/files/5/0" download>log.txt</a>' in page
    assert "<summary>edited</summary><p>the &lt;b&gt;export&lt;/b&gt; fails</p>" in page
