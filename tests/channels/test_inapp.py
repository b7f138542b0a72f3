"""What the in-app chat takes in and gives out: once each, in order, only to its own people, within limits."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from inapp_box import ACME_ORIGIN, BETA_ORIGIN, Box, open_box

from bot.channels.base import HasRoutes, InboundKind, Outbound, Permanent, RetryAfter, Scope, Sent
from bot.channels.inapp import Origins
from bot.store.base import StoreBusy
from bot.text import Button, Rich, paragraph


@pytest.fixture
async def box() -> AsyncIterator[Box]:
    async with open_box() as opened:
        yield opened


def _words(number: int, **more: object) -> dict[str, object]:
    return {"client_msg_id": f"message-{number}", "text": f"text {number}", **more}


# messages


async def test_a_message_is_confirmed_after_it_was_taken_in(box: Box) -> None:
    async with box.enter() as browser:
        answer = await browser.post("/inapp/messages", json=_words(1))
    assert (answer.status_code, answer.json()["seq"], answer.json()["duplicate"]) == (200, 1, False)
    (inbound,) = box.taken
    assert (inbound.channel, inbound.account, inbound.text) == ("inapp", "default", "text 1")
    assert inbound.event_id == inbound.message_id == "acme/olga/message-1"
    assert json.loads(inbound.payload) == _words(1)


async def test_a_message_sent_five_times_at_once_counts_once_and_gets_one_answer(box: Box) -> None:
    async with box.enter() as browser:
        answers = await asyncio.gather(*(browser.post("/inapp/messages", json=_words(1)) for _ in range(5)))
    assert [a.status_code for a in answers] == [200] * 5
    assert {a.json()["seq"] for a in answers} == {1}
    assert sorted(a.json()["duplicate"] for a in answers) == [False, True, True, True, True]
    assert len(box.taken) == 1


async def test_the_same_id_of_two_colleagues_is_two_messages(box: Box) -> None:
    for sub in ("olga", "mark"):
        async with box.enter(sub=sub) as browser:
            assert not (await browser.post("/inapp/messages", json=_words(1))).json()["duplicate"]
    assert len(box.taken) == 2


async def test_while_nothing_can_be_stored_the_page_is_told_to_repeat(box: Box) -> None:
    async with box.enter() as browser:
        box.is_down = True
        answer = await browser.post("/inapp/messages", json=_words(1))
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        box.is_down = False
        assert (await browser.post("/inapp/messages", json=_words(1))).json() == {
            "seq": 1,
            "duplicate": False,
            "notice": None,
        }


async def test_a_channel_that_does_not_listen_any_more_answers_503(box: Box) -> None:
    async with box.enter() as browser:
        async with box.channel.listen(box.receive):
            pass
        assert (await browser.post("/inapp/messages", json=_words(1))).status_code == 503


async def test_a_reply_names_the_stored_message_it_answers(box: Box) -> None:
    await box.post("p1", "Which campaign?")
    async with box.enter() as browser:
        await browser.post("/inapp/messages", json=_words(1, reply_to=1))
        await browser.post("/inapp/messages", json=_words(2, reply_to=99))
    assert [inbound.reply_to for inbound in box.taken] == ["p1", None]


async def test_a_button_reaches_the_core_with_its_opaque_id_once(box: Box) -> None:
    async with box.enter() as browser:
        for _ in range(2):
            answer = await browser.post("/inapp/press", json={"action": "a1b2", "press_id": "press-one"})
    (inbound,) = box.taken
    assert (inbound.kind, inbound.action, inbound.text) == (InboundKind.PRESS, "a1b2", "")
    assert answer.json()["duplicate"] is True


async def test_the_notice_of_a_press_is_for_the_presser(box: Box) -> None:
    async with box.enter() as browser:
        answer = await browser.post("/inapp/press", json={"action": "a1b2", "press_id": "press-one"})
    body = {"blocks": [{"t": "line", "c": ["Done."]}], "buttons": []}
    assert answer.json() == {"notice": "Done.", "body": body, "duplicate": False}


# history


async def test_history_shows_who_wrote_what_and_which_is_mine(box: Box) -> None:
    for sub in ("olga", "mark"):
        async with box.enter(sub=sub) as browser:
            await browser.post("/inapp/messages", json=_words(1))
    await box.post("p1", "Answer guaranteed by 10:05.")
    async with box.enter(sub="olga") as browser:
        shown = (await browser.get("/inapp/history")).json()
    assert [(m["seq"], m["party"], m["author"], m["mine"], m["id"]) for m in shown["messages"]] == [
        (1, "client", "Olga", True, "message-1"),
        (2, "client", "Mark", False, None),
        (3, "bot", "Pledge", False, None),
    ]
    assert shown["messages"][2]["body"]["blocks"] == [{"t": "line", "c": ["Answer guaranteed by 10:05."]}]


async def test_history_goes_back_page_by_page(box: Box) -> None:
    for number in range(5):
        await box.post(f"p{number}", str(number))
    async with box.enter() as browser:
        latest = (await browser.get("/inapp/history?limit=2")).json()
        earlier = (await browser.get("/inapp/history?limit=3&before=4")).json()
    assert ([m["seq"] for m in latest["messages"]], latest["more"]) == ([4, 5], True)
    assert ([m["seq"] for m in earlier["messages"]], earlier["more"]) == ([1, 2, 3], False)


async def test_nobody_reads_another_clients_room(box: Box) -> None:
    await box.post("p1", "for acme alone")
    async with box.enter("beta") as browser:
        answer = await browser.get("/inapp/history?room=acme")
    assert answer.json()["messages"] == []


@pytest.mark.parametrize("query", ["before=x", "limit=-1", "before=1e3", "limit=9999999999999999"])
async def test_a_query_that_is_no_number_is_400(box: Box, query: str) -> None:
    async with box.enter() as browser:
        assert (await browser.get(f"/inapp/history?{query}")).status_code == 400


# bodies (S4)

_JSON = "application/json"


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", _JSON, 400),
        (b"", _JSON, 400),
        (b"[]", _JSON, 400),
        (b'"text"', _JSON, 400),
        (b"\xff\xfe", _JSON, 400),
        (b'{"client_msg_id": "message-1", "text": NaN}', _JSON, 400),
        (b'{"client_msg_id": "message-1", "text": 7}', _JSON, 400),
        (b'{"client_msg_id": "message-1", "text": " \\n "}', _JSON, 400),
        (b'{"client_msg_id": "short", "text": "x"}', _JSON, 400),
        (b'{"client_msg_id": "../../../etc", "text": "x"}', _JSON, 400),
        (b'{"client_msg_id": "message-1", "text": "x", "reply_to": true}', _JSON, 400),
        (b'{"client_msg_id": "message-1", "text": "x", "reply_to": "1"}', _JSON, 400),
        (b'{"client_msg_id": "message-1", "text": "x", "deep": ' + b"[" * 50 + b"]" * 50 + b"}", _JSON, 400),
        (b"[" * 60_000, _JSON, 400),
        (b'{"client_msg_id": "message-1", "text": "' + b"x" * 65_536 + b'"}', _JSON, 413),
        (b'{"client_msg_id": "message-1", "text": "x"}', "text/plain", 415),
        (b"client_msg_id=message-1&text=x", "application/x-www-form-urlencoded", 415),
        (b'{"client_msg_id": "message-1", "text": "x"}', "", 415),
    ],
)
async def test_a_body_that_is_not_asked_for_is_refused_and_not_stored(
    box: Box, body: bytes, kind: str, status: int
) -> None:
    async with box.enter() as browser:
        answer = await browser.post("/inapp/messages", content=body, headers={"content-type": kind})
    assert answer.status_code == status
    assert box.taken == []


async def test_the_content_type_may_name_its_charset(box: Box) -> None:
    async with box.enter() as browser:
        answer = await browser.post(
            "/inapp/messages",
            content=json.dumps(_words(1)),
            headers={"content-type": "Application/JSON; charset=utf-8"},
        )
    assert answer.status_code == 200


async def test_hostile_text_is_stored_and_shown_as_it_is(box: Box) -> None:
    text = "'; DROP TABLE message; --\r\nevent: end\ndata: {}\n\n<script>alert(1)</script>"
    async with box.enter() as browser:
        await browser.post("/inapp/messages", json=_words(1) | {"text": text})
        shown = (await browser.get("/inapp/history")).json()
    assert "\n".join("".join(b["c"]) for b in shown["messages"][0]["body"]["blocks"]) == text


# rates


async def test_more_messages_than_anybody_writes_are_429_before_they_are_taken_and_others_go_on(box: Box) -> None:
    async with box.enter() as browser, box.enter(sub="mark") as other:
        answers = [await browser.post("/inapp/messages", json=_words(n)) for n in range(201)]
        assert [a.status_code for a in answers] == [200] * 200 + [429]
        assert answers[-1].headers["retry-after"] == "1"
        assert (await other.post("/inapp/messages", json=_words(1))).status_code == 200
        box.clock.forward(1)
        assert (await browser.post("/inapp/messages", json=_words(200))).status_code == 200


async def test_all_people_of_a_client_together_have_a_limit_and_other_clients_go_on(box: Box) -> None:
    for person in range(6):
        async with box.enter(sub=f"p{person}") as browser:
            for n in range(100):
                assert (await browser.post("/inapp/messages", json=_words(n))).status_code == 200
    async with box.enter(sub="late") as one_more, box.enter("beta") as elsewhere:
        assert (await one_more.post("/inapp/messages", json=_words(1))).status_code == 429
        assert (await elsewhere.post("/inapp/messages", json=_words(1))).status_code == 200


# origins (S27)


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (ACME_ORIGIN, True),
        (ACME_ORIGIN.upper(), True),
        (BETA_ORIGIN, False),
        ("https://app.acme.example.evil.example", False),
        ("https://app.acme.example:8443", False),
        ("http://app.acme.example", False),
        ("null", False),
        ("http://localhost", True),
        (None, True),
    ],
)
async def test_only_pages_of_the_clients_own_origins_may_speak_for_it(
    box: Box, origin: str | None, allowed: bool
) -> None:
    async with box.enter() as browser:
        headers = {} if origin is None else {"origin": origin}
        answer = await browser.post("/inapp/messages", json=_words(1), headers=headers)
    assert answer.status_code == (200 if allowed else 403)
    assert len(box.taken) == allowed
    assert answer.headers.get("access-control-allow-origin") == (origin if allowed else None)
    assert "access-control-allow-credentials" not in answer.headers
    assert answer.headers["vary"] == "Origin"


async def test_a_page_of_another_client_cannot_open_a_session(box: Box) -> None:
    async with box.browser(origin=BETA_ORIGIN) as browser:
        answer = await browser.post("/inapp/session", json={"token": box.token("acme")})
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers
    assert await box.count("session") == 0


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/inapp/session", "POST"),
        ("/inapp/messages", "POST"),
        ("/inapp/press", "POST"),
        ("/inapp/history", "GET"),
        ("/inapp/stream", "GET"),
    ],
)
@pytest.mark.parametrize(
    ("origin", "asked", "status"),
    [
        (ACME_ORIGIN, None, 204),
        (BETA_ORIGIN, None, 204),  # whose page it is, is known with the token only
        ("https://evil.example", None, 403),
        ("null", None, 403),
        (ACME_ORIGIN, "DELETE", 403),
        (ACME_ORIGIN, "PUT", 403),
    ],
)
async def test_a_preflight_lets_listed_origins_use_the_routes_own_method(
    box: Box, path: str, method: str, origin: str, asked: str | None, status: int
) -> None:
    async with box.browser(origin=origin) as browser:
        answer = await browser.options(path, headers={"access-control-request-method": asked or method})
    assert answer.status_code == status
    if status == 204:
        assert answer.headers["access-control-allow-origin"] == origin
        assert answer.headers["access-control-allow-methods"] == method
        assert "authorization" in answer.headers["access-control-allow-headers"]
    else:
        assert "access-control-allow-origin" not in answer.headers


async def test_a_page_can_read_why_its_session_ended(box: Box) -> None:
    async with box.browser(origin=ACME_ORIGIN, authorization="Bearer over") as browser:
        answer = await browser.get("/inapp/history")
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (401, ACME_ORIGIN)


@pytest.mark.parametrize("origin", ["*", "https://*.acme.example", "acme.example", "https://acme.example/", "null"])
def test_what_is_no_origin_is_refused_at_the_start(origin: str) -> None:
    with pytest.raises(ValueError, match=r"origins of acme: .* is no origin .* PLEDGE_INAPP__ORIGINS"):
        Origins({"acme": [origin]})


# posting


async def test_posting_is_delivery_once_per_oid(box: Box) -> None:
    body = Rich((paragraph("Due 12:05"),), (Button("Take it", "a1"),))
    message = Outbound("p1", "default", "acme", body)
    assert await box.channel.send(message) == Sent("1")
    assert await box.channel.send(message) == Sent("1")
    (entry,) = await box.conversations.history("default", "acme", before=None, limit=10)
    assert (entry.body, entry.party, entry.author, entry.ext_id) == (body, "bot", "Pledge", "p1")


async def test_a_room_that_is_gone_is_permanent(box: Box) -> None:
    outcome = await box.channel.send(Outbound("p1", "default", "nowhere", Rich(())))
    assert isinstance(outcome, Permanent)
    assert outcome.scope is Scope.ROOM


async def test_a_busy_store_is_surely_not_delivered(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    async def busy(work: object) -> None:
        raise StoreBusy("the queue is full")

    monkeypatch.setattr(box.store, "write", busy)
    outcome = await box.channel.send(Outbound("p1", "default", "acme", Rich(())))
    assert outcome == RetryAfter(1.0, Scope.ACCOUNT)


def test_the_channel_has_routes() -> None:
    from bot.channels.inapp import InAppChannel

    assert issubclass(InAppChannel, HasRoutes)
