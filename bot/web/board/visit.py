"""A signed-in request: the session behind its cookie, the person, the form with its CSRF token.

Every page passes through `guarded`, so none can forget a check; it must not know what the pages show.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from bot.channels.base import Unavailable
from bot.people import VENDOR, Person
from bot.web.board.ports import Gate

LOGIN = "/board/login"
LARGEST_FORM = 64 * 1024
"""Bytes of a form; a message of the longest allowed text fits, whatever its alphabet."""

_UNAVAILABLE = "The store is busy, nothing was changed. Try again."
_FORM_TYPE = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of a member of staff; `form` is empty unless one was posted, its token being right."""

    request: Request
    person: Person
    csrf: str
    form: Mapping[str, str] = field(default_factory=dict)

    @property
    def by_script(self) -> bool:
        """The script of a page asks, so the answer is data or a fragment instead of a page."""
        return _by_script(self.request)


Page = Callable[[Visit], Awaitable[Response]]


def guarded(gate: Gate, page: Page, *, secure: bool) -> Callable[[Request], Awaitable[Response]]:
    """The page behind sign-in: role and session are looked up at every request (a removal counts at once).

    Without a session a page leads to the sign-in, a fragment is answered 401. A form needs its token (403).
    A store that cannot answer is 503.
    """

    async def endpoint(request: Request) -> Response:
        session = request.cookies.get(cookie_name(secure))
        person = await gate.person(session) if session else None
        if session is None or person is None or not may_enter(person):
            return _sent_away(request)
        csrf = csrf_token(session)
        form = await read_form(request) if request.method == "POST" else {}
        if request.method == "POST" and not hmac.compare_digest(form.get("csrf", "").encode(), csrf.encode()):
            raise HTTPException(403, "This form is out of date. Load the page again and repeat.")
        return unstored(await page(Visit(request, person, csrf, form)))

    async def answered(request: Request) -> Response:
        try:
            return await endpoint(request)
        except Unavailable:
            raise HTTPException(503, _UNAVAILABLE, headers={"retry-after": "1"}) from None

    return answered


def may_enter(person: Person) -> bool:
    """Active staff of the vendor; never a client's contact."""
    return person.active and person.role.is_staff and person.client_id == VENDOR


def csrf_token(session: str) -> str:
    """Bound to the session and useless without it; nothing has to be stored for it."""
    return hashlib.sha256(b"pledge form " + session.encode()).hexdigest()


def cookie_name(secure: bool) -> str:
    """Over HTTPS the `__Host-` prefix keeps neighbouring subdomains from planting a session."""
    return "__Host-pledge" if secure else "pledge"


def sign_in(response: Response, session: str, *, secure: bool) -> None:
    """Hands the session to the browser, for as long as the browser runs; the store ends it earlier."""
    response.set_cookie(cookie_name(secure), session, path="/", secure=secure, httponly=True, samesite="strict")


def sign_out(response: Response, *, secure: bool) -> None:
    """Takes the session back from the browser."""
    response.delete_cookie(cookie_name(secure), path="/", secure=secure, httponly=True, samesite="strict")


async def read_form(request: Request) -> Mapping[str, str]:
    """The fields of a posted form, the last of equal names. 415 for another content type, 413 if too large.

    The limit is counted while reading: a length that a client declares is a claim.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM_TYPE:
        raise HTTPException(415, f"Send {_FORM_TYPE}.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_FORM:
            raise HTTPException(413, f"The form is larger than {LARGEST_FORM // 1024} KiB.")
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=32, errors="strict"))
    except ValueError as problem:
        raise HTTPException(400, "The form cannot be read.") from problem


def unstored(response: Response) -> Response:
    """No cache keeps what clients wrote."""
    response.headers.setdefault("cache-control", "no-store")
    return response


def _sent_away(request: Request) -> Response:
    """To the sign-in; but a link followed from a chat arrives without its SameSite=Strict cookie, so such a
    request is made again from a page of ours, and then carries it."""
    if request.method != "GET" or _by_script(request):
        return unstored(Response("Sign in again.", 401, media_type="text/plain"))
    if request.headers.get("sec-fetch-site") == "cross-site":
        return unstored(HTMLResponse('<!doctype html><meta http-equiv="refresh" content="0"><title>Pledge</title>'))
    return unstored(RedirectResponse(LOGIN, 303))


def _by_script(request: Request) -> bool:
    return request.headers.get("x-pledge") == "script"
