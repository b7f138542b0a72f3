"""A strict Bot API on loopback: real HTTP, real chats, every parameter held against the published specification.

What a correct bot never sends is answered as the platform would and kept in `faults`; tests end with an empty list.
"""

from __future__ import annotations

import asyncio
import email.policy
import itertools
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from channels.telegram.bot_api_chats import Attachment, Chat, Message, Person, Post, Press
from channels.telegram.bot_api_check import Uploaded, load_spec
from channels.telegram.bot_api_http import HttpServer, Reply, Request
from channels.telegram.bot_api_methods import Methods, Refused
from channels.telegram.bot_api_updates import Update, Updates

__all__ = ["Attachment", "BotApi", "Chat", "Message", "Person", "Post", "Press", "Trouble"]

TOKEN = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"


@dataclass
class Trouble:
    """What goes wrong with the next `times` calls of a method, in one chat or in any.

    `kind`: flood (429 with `seconds`), refuse (`code` and `text`), drop_before and drop_after (the connection is cut,
    before or after the call has taken effect), hang (no answer until `release`), garbage (200 with no JSON).
    """

    kind: str
    times: int = 1
    code: int = 0
    text: str = ""
    seconds: int = 0
    chat: int | None = None
    met: int = 0
    release: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True, slots=True)
class Call:
    """A call as it came in, before any trouble."""

    method: str
    params: dict[str, Any]
    at: datetime


class BotApi:
    """One bot's Bot API and the world of chats behind it. `now` is the platform's time."""

    def __init__(self, now: Callable[[], datetime], *, privacy: bool = False, port: int = 0) -> None:
        self.now = now
        self.privacy = privacy
        self.token = TOKEN
        self.me = Person(int(TOKEN.partition(":")[0]), "Pledge", "PledgeBot", is_bot=True)
        self.faults: list[str] = []
        self.calls: list[Call] = []
        self.on_call: Callable[[str], None] = lambda method: None
        self.presses: dict[str, Press] = {}
        self.chats: dict[int, Chat] = {}
        self.menus: dict[tuple[str, str], list[dict[str, str]]] = {}
        self.troubles: dict[str, list[Trouble]] = {}
        self.serial = itertools.count(4_000_000_001)
        self.updates = Updates(now)
        self._spec = load_spec()
        self._methods = Methods(self)
        self.files: dict[str, bytes] = {}
        self._ids = itertools.count(1001)  # of messages in groups and direct chats
        self._group_ids = itertools.count(500_001)
        self._server = HttpServer(self._answer, port)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.port}"

    async def __aenter__(self) -> BotApi:
        await self._server.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        for trouble in itertools.chain.from_iterable(self.troubles.values()):
            trouble.release.set()
        await self.updates.close()
        await self._server.close()

    def dates(self, clock: Callable[[], datetime]) -> None:
        """Tell the time of this clock with every answer."""
        self._server.date = clock

    async def go_away(self) -> None:
        """Refuse connections from now on."""
        await self._server.close()

    async def come_back(self) -> None:
        await self._server.open()

    # The world

    def group(self, title: str, *people: Person, bot: str = "member") -> Chat:
        return self._chat(Chat(self, -next(self._group_ids), "group", title, list(people), bot=bot, ids=self._ids))

    def supergroup(self, title: str, *people: Person, forum: bool = False, bot: str = "member") -> Chat:
        """Message ids begin anew in every supergroup."""
        number = -1_001_000_000_000 - next(self._group_ids)
        ids = itertools.count(1)
        return self._chat(Chat(self, number, "supergroup", title, list(people), forum=forum, bot=bot, ids=ids))

    def direct(self, person: Person) -> Chat:
        """A person's own chat with the bot; it can write there once the person has."""
        found = self.chats.get(person.id)
        return found or self._chat(Chat(self, person.id, "private", person.name, [person], ids=self._ids))

    def trouble(self, method: str, kind: str, chat: Chat | None = None, **facts: Any) -> Trouble:
        """Something goes wrong with the next calls of a method; see `Trouble`."""
        made = Trouble(kind, chat=None if chat is None else chat.id, **facts)
        self.troubles.setdefault(method, []).append(made)
        return made

    def bring(self, kind: str, payload: dict[str, Any], times: int = 1) -> Update | None:
        """An update for the bot, checked as every call is."""
        self.faults += self._spec.value({"update_id": 1, kind: payload}, ["Update"], f"injected {kind}")
        return self.updates.put(kind, payload, times)

    async def taken(self) -> None:
        """Wait until the bot has confirmed every update."""
        await self.updates.taken()

    def keep(self, file: Attachment) -> dict[str, Any]:
        """Take a person's file; what its message says of it."""
        handle = f"file{next(self.serial)}"
        self.files[handle] = file.content
        facts = {"file_id": handle, "file_unique_id": f"u{handle}", "file_size": len(file.content)}
        if file.photo:
            small = {**facts, "file_id": f"{handle}s", "file_unique_id": f"u{handle}s", "width": 90, "height": 60}
            return {"photo": [{**small, "file_size": 10}, {**facts, "width": 1280, "height": 853}]}
        return {"document": {**facts, "file_name": file.name, "mime_type": file.media_type}}

    def called(self, method: str) -> list[Call]:
        return [call for call in self.calls if call.method == method]

    def menu(self, chat: Chat, language: str = "en") -> list[str]:
        """The commands that people of a language are shown in a chat: the narrowest scope that has any."""
        general = "all_private_chats" if chat.kind == "private" else "all_group_chats"
        for scope in (f"chat:{chat.id}", general, "default"):
            for tongue in (language, ""):
                if (scope, tongue) in self.menus:
                    return [command["command"] for command in self.menus[scope, tongue]]
        return []

    def _chat(self, chat: Chat) -> Chat:
        self.chats[chat.id] = chat
        return chat

    # The wire

    async def _answer(self, request: Request) -> Reply | None:
        try:
            return await self._handled(request)
        except Exception as error:
            self.faults.append(f"{request.target.rpartition('/')[2]}: the fake itself failed: {error!r}")
            raise

    async def _handled(self, request: Request) -> Reply | None:
        parts = unquote(urlsplit(request.target).path).split("/")
        if parts[1] == "file":
            return self._download(parts[2:])
        if parts[1] != f"bot{self.token}":
            return _error(401, "Unauthorized")
        given = _parameters(request)
        if given is None:
            self.faults.append(f"{parts[2]}: a body of type {request.headers.get('content-type')}")
            return _error(400, "Bad Request: unsupported body")
        return await self._call(parts[2], given)

    async def _call(self, method: str, given: dict[str, Any]) -> Reply | None:
        params, wrong = self._spec.call(method, given)
        self.calls.append(Call(method, params, self.now()))
        self.on_call(method)
        if wrong:
            self.faults += wrong
            return _error(400, f"Bad Request: {wrong[0]}") if self._spec.knows(method) else _error(404, "Not Found")
        trouble = self._met(method, params)
        if trouble is not None and trouble.kind != "drop_after":
            return await self._disturbed(trouble)
        try:
            result = await getattr(self._methods, _snake(method))(**params)
        except Refused as refused:
            if refused.ours:
                self.faults.append(f"{method}: {refused.text}")
            return _error(refused.code, refused.text, **refused.parameters)
        self.faults += self._spec.returns(method, result)
        return None if trouble is not None else Reply(200, json.dumps({"ok": True, "result": result}).encode())

    def _met(self, method: str, params: dict[str, Any]) -> Trouble | None:
        chat = params.get("chat_id")
        for trouble in self.troubles.get(method, []):
            if trouble.met < trouble.times and trouble.chat in (None, chat):
                trouble.met += 1
                return trouble
        return None

    async def _disturbed(self, trouble: Trouble) -> Reply | None:
        match trouble.kind:
            case "flood":
                text = f"Too Many Requests: retry after {trouble.seconds}"
                return _error(429, text, retry_after=trouble.seconds)
            case "refuse":
                return _error(trouble.code, trouble.text)
            case "garbage":
                return Reply(200, b"<html>It works</html>", "text/html")
            case "hang":
                await trouble.release.wait()
                return None
            case "drop_before":
                return None
        raise AssertionError(f"no trouble is called {trouble.kind!r}")

    def _download(self, parts: list[str]) -> Reply:
        if parts[0] != f"bot{self.token}":
            return _error(401, "Unauthorized")
        content = self.files.get(parts[-1].removesuffix(".bin"))
        return _error(404, "Not Found") if content is None else Reply(200, content, "application/octet-stream")


def _parameters(request: Request) -> dict[str, Any] | None:
    given: dict[str, Any] = dict(parse_qsl(urlsplit(request.target).query, keep_blank_values=True))
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if not request.body:
        return given
    if kind == "application/json":
        return given | json.loads(request.body)
    if kind == "application/x-www-form-urlencoded":
        return given | dict(parse_qsl(request.body.decode(), keep_blank_values=True))
    if kind == "multipart/form-data":
        return given | dict(_parts(request))
    return None


def _parts(request: Request) -> Iterator[tuple[str, Any]]:
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    for part in email.message_from_bytes(head + request.body, policy=email.policy.HTTP).iter_parts():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        file = part.get_filename()
        yield name, content.decode() if file is None else Uploaded(file, str(part["content-type"]), content)


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()


def _error(code: int, text: str, **parameters: int) -> Reply:
    said: dict[str, Any] = {"ok": False, "error_code": code, "description": text}
    return Reply(code, json.dumps(said | ({"parameters": parameters} if parameters else {})).encode())
