"""Codes, sessions and cookies of the staff: once, briefly, in machine time, useless to a thief (S11, S12, S18)."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import string
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner
from world import SCRIPT, World, forward, open_world

from bot import log
from bot.cli import main
from bot.web.board.visit import csrf_token

PAGES = ("/board", "/board/direct", "/board/rooms/support", "/board/T-100", "/board/queue", "/board/T-100/live")
FORMS = (
    *("/board/logout", "/board/direct/messages", "/board/direct/press", "/board/rooms/support/messages"),
    *("/board/T-100/say", "/board/T-100/do/take", "/board/T-100/do/resolve"),
)


async def _redeem(browser: httpx.AsyncClient, code: str, **headers: str) -> httpx.Response:
    return await browser.post("/board/login", data={"code": code}, headers=headers)


# codes (S11, S12)


async def test_s11_a_code_holds_at_least_128_random_bits(world: World) -> None:
    codes = {await world.code() for _ in range(200)}
    assert len(codes) == 200
    alphabet = set(string.ascii_letters + string.digits + "-_")
    assert all(set(code) <= alphabet and len(code) * 6 >= 128 for code in codes)
    assert all(len({code[place] for code in codes}) > 30 for place in range(26)), "a place of the code hardly changes"


async def test_s11_of_eight_browsers_with_one_code_one_comes_in(world: World) -> None:
    code = await world.code()
    async with world.browser() as browser:
        answers = await asyncio.gather(*(_redeem(browser, code) for _ in range(8)))
        late = await _redeem(browser, code)
    assert sorted(answer.status_code for answer in answers) == [303, *[401] * 7]
    assert late.status_code == 401
    assert await world.sql("SELECT count(*) FROM session WHERE purpose = 'board'") == [(1,)]


async def test_s11_a_used_an_old_and_an_invented_code_are_answered_alike(world: World) -> None:
    used, old = await world.code(), await world.code()
    async with world.browser() as browser:
        assert (await _redeem(browser, used)).status_code == 303
        forward(world, machine=timedelta(minutes=10))
        answers = [await _redeem(browser, code) for code in (used, old, "invented", "x" * 5000, "\x00", "' OR 1=1 --")]
    assert {answer.status_code for answer in answers} == {401}
    nonces = re.compile(r"nonce-[\w-]+")
    assert len({nonces.sub("", answer.text) for answer in answers}) == 1


async def test_s11_a_code_ages_in_machine_time_whatever_the_simulated_clock_does(world: World) -> None:
    fresh, stale = await world.code(), await world.code()
    async with world.browser() as browser:
        forward(world, business=timedelta(days=400))
        assert (await _redeem(browser, fresh)).status_code == 303
        forward(world, business=timedelta(days=-800), machine=timedelta(minutes=10))
        assert (await _redeem(browser, stale)).status_code == 401


async def test_s11_what_a_thief_of_the_database_finds_opens_nothing(world: World) -> None:
    code, issued = await world.code(), await world.gate.open("mia")
    dump = await world.store.read(lambda tx: "\n".join(tx.connection.iterdump()))
    assert code not in dump and issued not in dump
    stolen = set(re.findall(r"'([0-9a-f]{64})'", dump))
    assert hashlib.sha256(code.encode()).hexdigest() in stolen
    async with world.browser() as browser:
        for value in stolen:
            assert (await _redeem(browser, value)).status_code == 401
            browser.cookies.set("pledge", value)
            assert (await browser.get("/board")).status_code == 303
            browser.cookies.clear()


async def test_s11_guessing_opens_nothing_and_locks_nobody_out(world: World) -> None:
    code = await world.code()
    async with world.browser() as browser:
        for number in range(500):
            assert (await _redeem(browser, f"guess-{number:022}")).status_code == 401
        assert (await _redeem(browser, code)).status_code == 303


async def test_s11_a_code_of_somebody_who_left_meanwhile_is_worth_nothing(world: World) -> None:
    code = await world.code("tom")
    await world.change("UPDATE person SET active = 0 WHERE key = 'tom'")
    async with world.browser() as browser:
        assert (await _redeem(browser, code)).status_code == 401


async def test_s12_neither_code_nor_session_reaches_log_address_or_audit(
    world: World, written: Callable[[], str]
) -> None:
    log.configure(json=True, level="DEBUG")
    code = await world.code()
    async with world.browser() as browser:
        wrong = await _redeem(browser, "wrong-" + code)
        answer = await _redeem(browser, code)
        session = browser.cookies["pledge"]
        await browser.get("/board")
        await browser.get(f"/board?code={code}")
    audit = str(await world.sql("SELECT who, what, old, new FROM audit"))
    for secret in (code, session):
        for place in (written(), answer.headers["location"], answer.text, wrong.text, audit):
            assert secret not in place


def test_s12_the_shell_shows_the_code_once_and_keeps_it_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("PLEDGE_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(main, ["roster", "apply", "--yes"]).exit_code == 0
    result = CliRunner().invoke(main, ["staff", "login", "mia"])
    assert result.exit_code == 0, result.output
    code = result.stdout.strip().partition("#")[2]
    assert len(code) * 6 >= 128
    assert result.stdout.count(code) == 1 and code not in result.stderr
    for file in (path for path in tmp_path.rglob("*") if path.is_file()):
        assert code.encode() not in file.read_bytes(), file


# sessions and cookies


async def test_a_session_planted_before_the_sign_in_is_not_taken_over(world: World) -> None:
    async with world.browser() as browser:
        browser.cookies.set("pledge", "planted-by-somebody-else")
        answer = await _redeem(browser, await world.code())
        fresh = re.search(r"pledge=([^;]+)", answer.headers["set-cookie"])
        assert fresh is not None and fresh[1] != "planted-by-somebody-else"
        browser.cookies.clear()
        browser.cookies.set("pledge", "planted-by-somebody-else")
        assert (await browser.get("/board")).status_code == 303


@pytest.mark.parametrize("public_url", ["", "https://pledge.example"])
async def test_the_cookie_is_for_this_host_and_no_script(public_url: str) -> None:
    async with open_world(public_url=public_url) as world:
        base = public_url or "http://localhost"
        async with world.browser(base=base) as browser:
            cookie = (await _redeem(browser, await world.code())).headers["set-cookie"]
    flags = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"httponly", "samesite=strict", "path=/"} <= flags
    assert not any(flag.startswith("domain") for flag in flags)
    assert ("secure" in flags) == cookie.startswith("__Host-") == bool(public_url)


@pytest.mark.parametrize("cookie", ["", "x", "' OR '1'='1", "x" * 8000, "\ud800".encode("utf-8", "replace").decode()])
@pytest.mark.parametrize("path", PAGES)
async def test_without_a_session_no_page_of_the_board_shows_anything(world: World, path: str, cookie: str) -> None:
    async with world.widget() as ann:
        await world.say(ann, "canary: everything is down")
    async with world.browser(accept="text/html") as browser:
        if cookie:
            browser.cookies.set("pledge", cookie)
        page = await browser.get(path)
        fragment = await browser.get(path, headers=SCRIPT)
    assert (page.status_code, fragment.status_code) == (303, 401)
    assert "canary" not in page.text + fragment.text and "T-100" not in page.text + fragment.text


async def test_a_clients_session_opens_no_page_and_a_staffs_session_no_chat(world: World) -> None:
    async with world.widget() as ann, world.staff() as mia:
        secret = ann.headers["authorization"].removeprefix("Bearer ")
        async with world.browser() as browser:
            browser.cookies.set("pledge", secret)
            assert (await browser.get("/board")).status_code == 303
        async with world.browser(authorization=f"Bearer {mia.cookies['pledge']}") as browser:
            assert (await browser.get("/inapp/history")).status_code == 401


async def test_s18_who_loses_the_role_is_refused_at_the_next_request(world: World) -> None:
    for change in ("UPDATE person SET active = 0 WHERE key = 'tom'", "DELETE FROM session"):
        async with world.staff("tom") as tom:
            assert (await tom.get("/board")).status_code == 200
            await world.change(change)
            assert (await tom.get("/board")).status_code == 303
            assert (await world.act(tom, "/board/direct/messages", text="/tickets")).status_code == 401
        await world.change("UPDATE person SET active = 1 WHERE key = 'tom'")


async def test_s18_who_is_waiting_for_news_when_the_role_goes_hears_none(world: World) -> None:
    async with world.staff("tom") as tom, world.staff("mia") as mia:
        held_back = asyncio.create_task(tom.get("/board/rooms/support/entries?after=0"))
        await world.rooms.waited.wait()
        await world.change("UPDATE person SET active = 0 WHERE key = 'tom'")
        await world.act(mia, "/board/rooms/support/messages", text="canary among us")
        answer = await held_back
    assert answer.status_code == 401
    assert "canary" not in answer.text


async def test_s18_a_changed_role_is_the_role_of_the_next_act(world: World) -> None:
    async with world.staff("tom") as tom:
        await world.act(tom, "/board/direct/messages", text="/whoami")
        await world.change("UPDATE person SET role = 'supervisor' WHERE key = 'tom'")
        await world.act(tom, "/board/direct/messages", text="/whoami")
        await world.delivery.drain_once()
        html = (await tom.get("/board/direct/entries?after=0")).json()["html"]
    told = re.findall(r'<li class="entry bot".+?</li>', html, re.DOTALL)
    assert len(told) == 2 and "technician" in told[0] and "supervisor" in told[1]


# forged forms (S27)


@pytest.mark.parametrize("path", FORMS)
async def test_s27_no_form_is_taken_without_the_token_of_its_session(world: World, path: str) -> None:
    async with world.widget() as ann:
        await world.say(ann, "everything is down")
    before = await world.sql("SELECT (SELECT count(*) FROM event), (SELECT count(*) FROM message)")
    foreign = csrf_token("another session")
    async with world.staff() as mia, world.staff("tom") as tom:
        for token in ("", foreign, csrf_token(tom.cookies["pledge"]), csrf_token(mia.cookies["pledge"]).upper()):
            for headers in ({}, SCRIPT, {"origin": "https://evil.example"}):
                data = {"csrf": token, "text": "x", "action": "x", "client_msg_id": world.own_id()}
                assert (await mia.post(path, data=data, headers=headers)).status_code == 403, token
        in_the_address = await mia.post(f"{path}?csrf={csrf_token(mia.cookies['pledge'])}", data={"text": "x"})
        assert in_the_address.status_code == 403
        assert (await mia.get("/board")).status_code == 200
    assert await world.sql("SELECT (SELECT count(*) FROM event), (SELECT count(*) FROM message)") == before


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "multipart/form-data; boundary=x", ""])
async def test_s27_a_form_in_another_type_than_a_browser_must_ask_for_is_refused(world: World, kind: str) -> None:
    async with world.staff() as mia:
        body = f"csrf={csrf_token(mia.cookies['pledge'])}&text=x&client_msg_id=own-id-1"
        answer = await mia.post("/board/direct/messages", content=body, headers={"content-type": kind})
    assert answer.status_code == 415


async def test_s27_the_board_answers_no_other_origin(world: World) -> None:
    async with world.staff() as mia:
        for path in (*PAGES, "/board/login", "/board/static/board.css"):
            for origin in ("https://evil.example", "null", "https://app.acme.example"):
                answer = await mia.get(path, headers={"origin": origin})
                assert "access-control-allow-origin" not in answer.headers, path
                preflight = await mia.options(path, headers={"origin": origin, "access-control-request-method": "POST"})
                assert preflight.status_code == 405
                assert "access-control-allow-origin" not in preflight.headers
