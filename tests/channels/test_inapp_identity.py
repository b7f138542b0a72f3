"""Who may open a session of the in-app chat: the vendor's signature, checked claim by claim (S25)."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from inapp_box import ACME_SECRET, BETA_SECRET, ED_KEY, START, Box, open_box

_GUIDE = Path(__file__).parents[2] / "docs" / "how-to" / "connect-in-app.md"
_NOW = int(START.timestamp())
_ED_PEM = ED_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.fixture
async def box() -> AsyncIterator[Box]:
    async with open_box() as opened:
        yield opened


async def _open(box: Box, token: Any) -> tuple[int, dict[str, Any]]:
    async with box.browser() as browser:
        answer = await browser.post("/inapp/session", json={"token": token})
    return answer.status_code, answer.json()


def _forged(header: dict[str, Any], claims: Any, signature: bytes = b"") -> str:
    parts = [json.dumps(header).encode(), json.dumps(claims).encode(), signature]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def _claims(**changes: Any) -> dict[str, Any]:
    claims = {"iss": "acme", "org": "acme", "aud": "pledge", "sub": "olga", "name": "Olga", "jti": "j1"}
    return {**claims, "iat": _NOW, "exp": _NOW + 300, **changes}


def _signed_with_the_public_key_as_secret() -> str:
    """The classic confusion: HS256 with the bytes of the client's Ed25519 public key."""
    import hashlib
    import hmac

    unsigned = _forged({"alg": "HS256", "typ": "JWT", "kid": "ed"}, _claims()).rpartition(".")[0]
    signature = hmac.new(_ED_PEM, unsigned.encode(), hashlib.sha256).digest()
    return f"{unsigned}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def _altered(token: str) -> str:
    """One letter in the middle of the claims is another one."""
    head, body, signature = token.split(".")
    at = len(body) // 2
    return f"{head}.{body[:at]}{'A' if body[at] != 'A' else 'B'}{body[at + 1 :]}.{signature}"


Make = Callable[[Box], str]
REFUSED: dict[str, Make] = {
    "no algorithm": lambda box: _forged({"alg": "none", "kid": "k1"}, _claims()),
    "the public key as a shared secret": lambda box: _signed_with_the_public_key_as_secret(),
    "HS512 where the key is for HS256": lambda box: box.token(alg="HS512", key=ACME_SECRET * 2),
    "EdDSA where the key is for HS256": lambda box: box.token(alg="EdDSA", key=Ed25519PrivateKey.generate()),
    "another Ed25519 key": lambda box: box.token(alg="EdDSA", key=Ed25519PrivateKey.generate(), kid="ed"),
    "an altered byte": lambda box: _altered(box.token()),
    "acme's key under beta's name": lambda box: box.token("beta", key=ACME_SECRET),
    "acme's key and name, beta's org": lambda box: box.token("acme", org="beta"),
    "beta's name, acme's org": lambda box: box.token("beta", org="acme", key=ACME_SECRET),
    "an unknown key id": lambda box: box.token(kid="k9"),
    "no key id": lambda box: box.token(kid=None),
    "a key id that is a path": lambda box: box.token(kid="../beta/k1"),
    "an unknown client": lambda box: box.token("nobody", key=ACME_SECRET),
    "a client that is not active": lambda box: box.token("gone", key=ACME_SECRET),
    "a client without a room here": lambda box: box.token("roomless", key=ACME_SECRET),
    "another audience": lambda box: box.token(aud="elsewhere"),
    "no audience": lambda box: box.token(aud=None),
    "expired this second": lambda box: box.token(iat=_NOW - 300),
    "valid for an hour and a second": lambda box: box.token(exp=_NOW + 3601),
    "no expiry": lambda box: box.token(exp=None),
    "no issue time": lambda box: _signed(_claims(iat=None)),
    "issued in two minutes": lambda box: box.token(iat=_NOW + 120),
    "not before in two minutes": lambda box: box.token(nbf=_NOW + 120),
    "an expiry in words": lambda box: _signed(_claims(exp="tomorrow")),
    "an infinite expiry": lambda box: _signed(_claims(exp=float("inf"))),
    "an expiry that is true": lambda box: _signed(_claims(exp=True)),
    "no subject": lambda box: _signed(_claims(sub=None)),
    "an empty subject": lambda box: box.token(sub=""),
    "a subject with a line end": lambda box: box.token(sub="olga\nadmin"),
    "a subject of 201 letters": lambda box: box.token(sub="x" * 201),
    "a subject that is a number": lambda box: _signed(_claims(sub=7)),
    "no token id": lambda box: box.token(jti=None),
    "no name": lambda box: box.token(name=None),
    "a name of white space": lambda box: box.token(name=" \u200b\n"),
    "nothing at all": lambda box: "",
    "two parts": lambda box: "e30.e30",
    "not base64": lambda box: "ä.ö.ü",
    "claims that are a list": lambda box: _forged({"alg": "HS256", "kid": "k1"}, [1]),
    "claims a thousand deep": lambda box: _deep(),
    "a header a thousand deep": lambda box: _deep().split(".")[1] + ".e30.AA",
    "nine thousand characters": lambda box: "a" * 9000,
}


def _signed(claims: dict[str, Any]) -> str:
    given = {name: value for name, value in claims.items() if value is not None}
    signer = jwt.PyJWS()
    return signer.encode(json.dumps(given).encode(), ACME_SECRET, "HS256", {"kid": "k1"})


def _deep() -> str:
    head, _, _ = _forged({"alg": "HS256", "kid": "k1"}, {}).split(".")
    return f"{head}.{base64.urlsafe_b64encode(b'[' * 5000).rstrip(b'=').decode()}.AA"


@pytest.mark.parametrize("case", REFUSED, ids=str)
async def test_a_token_that_proves_nothing_is_401_and_stores_nothing(box: Box, case: str) -> None:
    status, answer = await _open(box, REFUSED[case](box))
    assert (status, answer["error"][:14]) == (401, "token refused:")
    assert await box.count("session") == 0
    assert await box.count("seen") == 0


@pytest.mark.parametrize("token", [None, 7, ["a"], {}], ids=str)
async def test_a_token_that_is_no_text_is_400(box: Box, token: Any) -> None:
    assert (await _open(box, token))[0] == 400


@pytest.mark.parametrize("how", ["HS256", "EdDSA"])
async def test_a_token_signed_with_a_known_key_opens_a_session(box: Box, how: str) -> None:
    token = box.token() if how == "HS256" else box.token(alg="EdDSA", key=ED_KEY, kid="ed")
    status, answer = await _open(box, token)
    assert status == 200
    assert (answer["room"], answer["me"]["name"], answer["locale"]) == ("acme", "Olga", "en")
    assert answer["expires_in"] == 600  # ours is ten minutes, whatever theirs is
    assert answer["status"]["state"] == "quiet"


async def test_the_back_end_of_the_guide_opens_a_session(box: Box) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", _GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    given: dict[str, Any] = {"SECRET": ACME_SECRET}
    exec(example, given)
    given["time"] = SimpleNamespace(time=lambda: box.clock.now.timestamp())
    token = given["pledge_token"](SimpleNamespace(id="7", name="Olga"))
    status, answer = await _open(box, token)
    assert (status, answer["me"]["name"]) == (200, "Olga")


async def test_an_hour_is_the_longest_token(box: Box) -> None:
    assert (await _open(box, box.token(exp=_NOW + 3600)))[0] == 200


async def test_a_machine_half_a_minute_ahead_of_ours_is_let_in(box: Box) -> None:
    assert (await _open(box, box.token(iat=_NOW + 30)))[0] == 200


async def test_a_token_opens_one_session_only(box: Box) -> None:
    token = box.token()
    assert (await _open(box, token))[0] == 200
    status, answer = await _open(box, token)
    assert status == 401
    assert "used before" in answer["error"]
    assert await box.count("session") == 1


async def test_two_clients_may_use_the_same_token_id(box: Box) -> None:
    assert (await _open(box, box.token("acme", jti="same")))[0] == 200
    assert (await _open(box, box.token("beta", jti="same", key=BETA_SECRET)))[0] == 200


async def test_control_and_direction_characters_leave_the_name(box: Box) -> None:
    _, answer = await _open(box, box.token(name="Ol\u202ega\x00 \n K" + "x" * 200))
    assert answer["me"]["name"].startswith("Ol ga K")
    assert len(answer["me"]["name"]) == 80


async def test_the_room_comes_from_the_session_whatever_the_page_says(box: Box) -> None:
    async with box.enter("acme") as browser:
        await browser.post(
            "/inapp/messages",
            json={"client_msg_id": "message1", "text": "hi", "room": "beta", "sender": "beta/boss", "at": "2001-01-01"},
        )
    (inbound,) = box.taken
    assert (inbound.room, inbound.sender, inbound.sender_name, inbound.at) == ("acme", "acme/olga", "Olga", START)


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer wrong", "Basic b2xnYTpvbGdh"])
@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/inapp/history"), ("GET", "/inapp/stream"), ("POST", "/inapp/messages"), ("POST", "/inapp/press")],
)
async def test_without_a_session_every_route_is_401(box: Box, method: str, path: str, header: str) -> None:
    async with box.browser(authorization=header) as browser:
        answer = await browser.request(method, path, json={} if method == "POST" else None)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


async def test_a_session_ends_after_ten_minutes(box: Box) -> None:
    async with box.enter() as browser:
        box.clock.forward(599)
        assert (await browser.get("/inapp/history")).status_code == 200
        box.clock.forward(1)
        assert (await browser.get("/inapp/history")).status_code == 401


async def test_a_session_ends_when_its_client_is_deactivated(box: Box) -> None:
    async with box.enter() as browser:
        await box.store.write(
            lambda tx: tx.connection.execute("UPDATE client SET active = 0 WHERE key = 'acme'").rowcount
        )
        assert (await browser.get("/inapp/history")).status_code == 401


async def test_the_secret_of_a_session_is_not_in_the_store(box: Box) -> None:
    async with box.enter() as browser:
        secret = browser.headers["authorization"].removeprefix("Bearer ")
    dump = await box.store.read(lambda tx: "\n".join(tx.connection.iterdump()))
    assert secret not in dump
    assert "acme/olga" in dump  # the dump does show sessions


async def test_refused_tokens_by_the_dozen_are_told_to_slow_down(box: Box) -> None:
    async with box.browser() as browser:
        answers = [await browser.post("/inapp/session", json={"token": "x"}) for _ in range(61)]
        assert [a.status_code for a in answers[-2:]] == [401, 429]
        assert int(answers[-1].headers["retry-after"]) >= 1
        box.clock.now += timedelta(seconds=2)
        assert (await browser.post("/inapp/session", json={"token": "x"})).status_code == 401
