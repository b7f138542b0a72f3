"""A faithful Slack on a loopback port: its Web API, its events over HTTP or Socket Mode, its people, its troubles.

Strict where Slack is: limits, arguments, scopes and tokens. What a careless caller does is kept in `faults`.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, Self

import httpx
from aiohttp import web
from channels.slack import block_kit
from channels.slack.slack_methods import Refused, call
from channels.slack.slack_push import DEADLINE_S, RETRIES, Push, Pusher
from channels.slack.slack_rooms import APP_ID, BOT_ID, BOT_USER, HOME, Message, Person, Room

from bot.channels.slack.manifest import manifest

BOT_TOKEN, APP_TOKEN, SECRET = "xoxb-of-the-tests-1", "xapp-of-the-tests-1", "the signing secret of the tests"
_RESPONSE_LIFE, _RESPONSE_POSTS = timedelta(minutes=30), 5
_LOGIN = "<!DOCTYPE html><html><head><title>Sign in to Slack</title></head></html>"


@dataclass(frozen=True)
class Trouble:
    """What goes wrong with one call. `after`: the call has had its effect by then."""

    how: str  # error | rate | status | html | text | junk | drop | hang | moved
    value: Any = None
    after: bool = False


@dataclass(frozen=True)
class Call:
    method: str
    given: dict[str, Any]
    at: datetime


class SlackApi:
    """`now` is business time, for what people do; `machine` is real time, for signatures, posts and limits.

    `scopes`: what the app was granted. `commands`: the slash commands it was made with (None: those of our manifest).
    `events`: the types it has subscribed to (None: all). Over HTTP the bot is
    reached through `events_to`, else by the sockets it opens.
    """

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        machine: Callable[[], datetime] | None = None,
        scopes: Collection[str],
        commands: Collection[str] | None = None,
        events: Collection[str] | None = None,
        retries: Sequence[timedelta] = RETRIES,
        deadline_s: float = DEADLINE_S,
        echoes: bool = True,
        port: int = 0,
    ) -> None:
        self.now = now
        self.machine = machine or now
        self.scopes = set(scopes)
        self.commands = _of_the_manifest() if commands is None else frozenset(commands)
        self.events = events
        self.echoes = echoes
        self.port = port
        self.pusher = Pusher(SECRET, self.machine, retries=retries, deadline_s=deadline_s)
        self.people: dict[str, Person] = {}
        self.rooms: dict[str, Room] = {}
        self.files: dict[str, dict[str, Any]] = {}
        self.homes: dict[str, dict[str, Any]] = {}
        self.views: list[tuple[Person, dict[str, Any]]] = []
        self.standing: dict[str, dict[str, str]] = {}
        """The modals that stand open, by id, with what is shown below their fields."""
        self.triggers: dict[str, tuple[datetime, bool, Person]] = {}
        self.tokens = {BOT_TOKEN: "good", APP_TOKEN: "good"}
        self.history_page = 1000
        """15 for commercial apps outside Slack's marketplace."""
        self.faults: list[str] = []
        self.calls: list[Call] = []
        self.pushes: list[Push] = []
        self.posted_at: dict[str, list[datetime]] = {}
        self.shown_errors: list[str] = []
        """What Slack itself told people because the bot did not answer."""
        self.skew = timedelta()
        self.on_call: Callable[[str], None] = lambda method: None
        self.on_interaction: Callable[[], Awaitable[None]] | None = None
        """Waits until the bot has said what it says behind its confirmation."""
        self._contents: dict[str, bytes] = {}
        self._places: dict[str, tuple[str, int]] = {}
        self._responses: dict[str, tuple[datetime, int, Room | None, Person]] = {}
        self._troubles: list[tuple[str, str | None, Trouble]] = []
        self._last_ts = 0
        self._ids = itertools.count(1)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._let_go = asyncio.Event()
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        await self.come_back()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.settled()
        await self.go_down()

    async def come_back(self) -> None:
        """Listen, after `go_down` on the same port."""
        app = web.Application(client_max_size=8 * 2**20)
        app.router.add_route("*", "/api/{method}", self._serve_call)
        app.router.add_get("/socket", self._serve_socket)
        app.router.add_get("/files-pri/{id}/{name}", self._serve_file)
        app.router.add_post("/upload/v1/{id}", self._serve_upload)
        app.router.add_post("/response/{id}", self._serve_response)
        self._runner = web.AppRunner(app, shutdown_timeout=0.05, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True)
        await site.start()
        self.port = site._server.sockets[0].getsockname()[1]

    async def go_down(self) -> None:
        """Refuse every connection from now on."""
        self._let_go.set()
        await self.pusher.cut_sockets()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        self._let_go = asyncio.Event()

    def events_to(self, client: httpx.AsyncClient) -> None:
        """Push over HTTP, to the bot behind this client."""
        self.pusher.http = client

    # who and where

    def person(self, key: str, name: str = "", *, team: str = HOME) -> Person:
        """Somebody with an account in workspace `team`."""
        found = Person(key, name or key.title(), team, f"{key}@{team.lower()}.example")
        self.people[key] = found
        return found

    def channel(self, name: str, *members: str, private: bool = True, id: str | None = None) -> Room:
        """A channel with the bot and these people; with people of other workspaces it is a Slack Connect one."""
        room = Room(self, id or f"C{name.upper().replace('-', ''):0>9}"[:12], name, private=private)
        for key in members:
            person = self.people[key]
            room.members[key] = person
            if person.team != HOME and person.team not in room.shared_with:
                room.shared_with.append(person.team)
        self.rooms[room.id] = room
        return room

    def direct(self, key: str) -> Room:
        """Somebody's direct messages with the bot; opened at the first use."""
        person = self.people[key]
        id = f"D{key.upper():0>8}"
        if id not in self.rooms:
            self.rooms[id] = Room(self, id, "", private=True, direct=person)
            self.rooms[id].members[key] = person
        return self.rooms[id]

    def ids(self) -> dict[str, str]:
        """Names as people type them after an @."""
        return {person.name: person.id for person in self.people.values()} | {"Pledge": BOT_USER}

    def file(self, name: str, owner: Person, content: bytes = b"some bytes") -> dict[str, Any]:
        """An uploaded file; its address needs the token."""
        id = f"F{next(self._ids):08}"
        address = f"{self.url}/files-pri/{id}/{name}"
        media = {"png": "image/png", "jpg": "image/jpeg", "csv": "text/csv"}.get(name.rpartition(".")[2], "text/plain")
        known = {"id": id, "name": name, "title": name, "mimetype": media, "size": len(content), "user": owner.id}
        known |= {"url_private": address, "url_private_download": address, "mode": "hosted", "user_team": owner.team}
        self.files[id], self._contents[id] = known, content
        return known

    def place_for(self, name: str, length: int) -> str:
        """A place for a file of this size, which can be filled once and shown once."""
        id = f"F{next(self._ids):08}"
        self._places[id] = (name, length)
        return id

    def uploaded(self, id: str) -> dict[str, Any] | None:
        """The file at a place, once it is there; the place is used up."""
        if id not in self._places or id not in self._contents:
            return None
        name, length = self._places.pop(id)
        self.files[id] = {"id": id, "name": name, "size": length, "user": BOT_USER, "mode": "hosted"}
        return self.files[id]

    def content(self, id: str) -> bytes:
        return self._contents[id]

    def ts(self, at: datetime | None = None) -> str:
        """A moment as Slack's unique message ids are made of; never the same twice, never backwards."""
        at = at or self.now()
        wanted = int(at.replace(microsecond=0).timestamp()) * 1_000_000 + at.microsecond
        late = at < self.now() - timedelta(seconds=1)
        micro = wanted + next(self._ids) if late else max(wanted, self._last_ts + 1)
        self._last_ts = max(self._last_ts, micro)
        return f"{micro // 1_000_000}.{micro % 1_000_000:06}"

    def fault(self, text: str) -> None:
        self.faults.append(text)

    # what Slack tells the bot

    async def emit(
        self,
        *events: dict[str, Any],
        team: str = HOME,
        room: Room | None = None,
        times: int = 1,
        told_outside: bool = False,
    ) -> list[Push]:
        """Push these events, side by side, if the app may hear of them."""
        if room is not None and not room.bot_is_member and not told_outside:
            return []
        made = [self.envelope(event, team, room) for event in events if self._subscribed(event, room)]
        self.pushes += made
        copies = [Push(push.kind, push.payload) for push in made for _ in range(times - 1)]
        await asyncio.gather(*(self.pusher.push(push) for push in [*made, *copies]))
        return made

    async def again(self, push: Push, times: int = 1) -> list[Push]:
        """Bring the same event again, in parallel, as retries that were on their way."""
        copies = [Push(push.kind, push.payload, attempts=1, reason="http_timeout") for _ in range(times)]
        return list(await asyncio.gather(*(self.pusher.push(copy) for copy in copies)))

    async def emit_home(self, who: str) -> None:
        """Somebody opens the app's home tab."""
        person = self.people[who]
        event = {"type": "app_home_opened", "user": person.id, "channel": self.direct(who).id, "tab": "home"}
        await self.emit(event | {"event_ts": self.ts()}, team=person.team)

    async def revoke(self) -> None:
        """An administrator revokes the token of the app's bot."""
        self.tokens[BOT_TOKEN] = "token_revoked"
        await self.emit({"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [BOT_USER]}, "event_ts": self.ts()})

    async def uninstall(self) -> None:
        self.tokens[BOT_TOKEN] = "account_inactive"
        await self.emit({"type": "app_uninstalled", "event_ts": self.ts()})

    def echo(self, room: Room, event: dict[str, Any]) -> None:
        """The bot hears its own posts as well."""
        if self.echoes:
            self._spawn(self.emit({**event, "event_ts": event["ts"]}, room=room))

    def _spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def settled(self) -> None:
        """Until the bot has heard everything that is on its way."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def envelope(self, event: dict[str, Any], team: str, room: Room | None) -> Push:
        """An event as the app hears it, under an id of its own."""
        number = next(self._ids)
        shared = room is not None and bool(room.shared_with)
        return Push(
            "events_api",
            {
                "token": "an old token",
                # In shared channels the actor's workspace; `authorizations` names the one the app is installed in.
                "team_id": team,
                "context_team_id": HOME,
                "context_enterprise_id": None,
                "api_app_id": APP_ID,
                "event": event,
                "type": "event_callback",
                "event_id": f"Ev{number:09}",
                "event_time": int(self.now().timestamp()),
                "authorizations": [
                    {
                        "enterprise_id": None,
                        "team_id": HOME,
                        "user_id": BOT_USER,
                        "is_bot": True,
                        "is_enterprise_install": False,
                    }
                ],
                "is_ext_shared_channel": shared,
                "event_context": f"4-{number}",
            },
        )

    def _subscribed(self, event: dict[str, Any], room: Room | None) -> bool:
        name = event["type"]
        if name == "message" and room is not None:
            name = {"im": "message.im", "group": "message.groups", "channel": "message.channels"}[room.channel_type]
        return self.events is None or name in self.events

    # what people do with buttons, menus and forms

    async def interact(
        self, kind: str, payload: dict[str, Any], person: Person, room: Room | None, *, times: int = 1
    ) -> list[str]:
        """Push it with a fresh trigger and response address; what this person alone is shown because of it."""
        before = self.shown_to(person)
        pushes = [Push(kind, self._with_keys(kind, payload, person, room)) for _ in range(times)]
        self.pushes += pushes
        await asyncio.gather(*(self.pusher.push(push) for push in pushes))
        for push in pushes:
            if not push.confirmed:
                self.shown_errors.append(f"{person.key}: {push.reason}")
            self._take_answer(push, person, room)
        if self.on_interaction is not None:
            await self.on_interaction()
        return self.shown_to(person)[len(before) :]

    async def submits(self, who: str, values: dict[str, str], *, view: dict[str, Any] | None = None) -> Push:
        """Fill in the newest modal of this person (block id -> words or option) and send it."""
        person = self.people[who]
        view = view or next(shown for person_, shown in reversed(self.views) if person_ is person)
        state: dict[str, Any] = {}
        for block in view["blocks"]:
            if block["type"] == "input":
                element, given = block["element"], values.get(block["block_id"])
                said: dict[str, Any] = {"type": element["type"], "value": given}
                if "options" in element:
                    chosen = next((o for o in element["options"] if o["value"] == given), None)
                    said = {"type": element["type"], "selected_option": chosen}
                state[block["block_id"]] = {element["action_id"]: said}
        payload = {"type": "view_submission", "view": view | {"state": {"values": state}}, "response_urls": []}
        push = Push("interactive", self._with_keys("interactive", payload, person, None))
        self.pushes.append(push)
        await self.pusher.push(push)
        self._take_submission(push, view)
        if self.on_interaction is not None:
            await self.on_interaction()
        return push

    def _take_submission(self, push: Push, view: dict[str, Any]) -> None:
        """A modal closes when it is confirmed, unless the answer says what is wrong with which of its fields."""
        if not push.confirmed:
            return
        answer = push.answer or {"response_action": "clear"}
        match answer:
            case {"response_action": "errors", "errors": {**errors}} if len(answer) == 2 and errors:
                fields = {block["block_id"] for block in view["blocks"] if block["type"] == "input"}
                for field, text in errors.items():
                    if field not in fields or not isinstance(text, str) or not text.strip():
                        self.fault(f"view_submission: {field!r} is no field of the modal, or {text!r} says nothing")
                self.standing[view["id"]] = dict(errors)
            case {"response_action": "clear"} if len(answer) == 1:
                self.standing.pop(view["id"], None)
            case _:
                self.fault(f"view_submission: Slack takes no such answer: {answer!r}")

    def show_view(self, who: Person, view: dict[str, Any]) -> dict[str, Any]:
        """A modal as it is shown to somebody."""
        number = next(self._ids)
        kept = {**view, "id": f"V{number:08}", "team_id": who.team, "app_id": APP_ID, "bot_id": BOT_ID, "hash": "h"}
        kept |= {"app_installed_team_id": HOME, "root_view_id": f"V{number:08}", "state": {"values": {}}}
        kept["blocks"] = [{"block_id": f"auto{n}", **block} for n, block in enumerate(view["blocks"])]
        self.views.append((who, kept))
        self.standing[kept["id"]] = {}
        return kept

    def _with_keys(self, kind: str, payload: dict[str, Any], person: Person, room: Room | None) -> dict[str, Any]:
        number = next(self._ids)
        trigger, response = f"{number}.trigger.{person.id}", f"response{number}"
        self.triggers[trigger] = (self.machine(), False, person)
        self._responses[response] = (self.machine(), 0, room, person)
        keys: dict[str, Any] = {"trigger_id": trigger}
        if room is not None:
            keys["response_url"] = f"{self.url}/response/{response}"
        if kind == "slash_commands":
            return payload | keys
        keys |= {
            "user": {"id": person.id, "username": person.key, "name": person.key, "team_id": person.team},
            "team": {"id": HOME, "domain": "home"},
            "enterprise": None,
            "is_enterprise_install": False,
            "api_app_id": APP_ID,
            "token": "an old token",
        }
        return payload | keys

    def _take_answer(self, push: Push, person: Person, room: Room | None) -> None:
        """What the bot said with its confirmation of a slash command is a message too; of a press it is not."""
        answer = push.answer
        if not answer or room is None:
            return
        if push.kind != "slash_commands":
            self.fault(f"{push.payload['type']}: Slack shows nobody what is answered to it: {answer!r}")
            return
        self._respond({"text": answer} if isinstance(answer, str) else answer, person, room)

    def _respond(self, answer: dict[str, Any], person: Person, room: Room) -> None:
        if not answer.get("text") and not answer.get("blocks"):
            return
        for fault in block_kit.message_faults(answer.get("blocks"), answer.get("text"), limit=block_kit.POST_TEXT):
            self.fault(f"a response: {fault}")
        message = Message(self.ts(self.machine()), BOT_USER, HOME, answer.get("text", ""), bot_id=BOT_ID)
        message.blocks = answer.get("blocks") or []
        message.to = None if answer.get("response_type") == "in_channel" else person.id
        room.messages.append(message)

    def shown_to(self, person: Person) -> list[str]:
        """What this person alone was shown, wherever that was."""
        return [post.text for room in self.rooms.values() for post in room.private_to(person.key)]

    # trouble

    def trouble(self, method: str, trouble: Trouble, *, channel: str | None = None, times: int = 1) -> None:
        """The next calls of this method (to this channel) go wrong like this."""
        self._troubles += [(method, channel, trouble)] * times

    def no_trouble(self) -> None:
        """Whatever was still to go wrong will not; what hangs is let go."""
        self._troubles.clear()
        self._let_go.set()
        self._let_go = asyncio.Event()

    def _next_trouble(self, method: str, channel: str | None) -> Trouble | None:
        for each in self._troubles:
            if each[0] == method and each[1] in (None, channel):
                self._troubles.remove(each)
                return each[2]
        return None

    # the server

    async def _serve_call(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        given, is_json = await self._given(request)
        self.calls.append(Call(method, given, self.machine()))
        self.on_call(method)
        trouble = self._next_trouble(method, given.get("channel") or given.get("channel_id"))
        if trouble is not None and not trouble.after:
            return await self._fail(request, trouble)
        answer = self._answer(request, method, given, is_json)
        if trouble is not None:
            return await self._fail(request, trouble)
        return self._json(answer)

    async def _given(self, request: web.Request) -> tuple[dict[str, Any], bool]:
        if request.content_type == "application/json":
            return dict(await request.json()), True
        return {**request.query, **{k: v for k, v in (await request.post()).items() if isinstance(v, str)}}, False

    def _answer(self, request: web.Request, method: str, given: dict[str, Any], is_json: bool) -> dict[str, Any]:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if "token" in given:
            self.fault(f"{method}: a token among the arguments ends in logs")
            token = token or given.pop("token")
        state = self.tokens.get(token, "not_authed" if not token else "invalid_auth")
        if state != "good":
            return {"ok": False, "error": state}
        if (method == "apps.connections.open") != token.startswith("xapp-"):
            return {"ok": False, "error": "not_allowed_token_type"}
        if method == "apps.connections.open":
            return {"ok": True, "url": f"ws://127.0.0.1:{self.port}/socket"}
        try:
            return {"ok": True, **call(self, method, given, is_json=is_json)}
        except Refused as refused:
            return {"ok": False, "error": refused.code, **refused.more}

    def _json(self, answer: dict[str, Any]) -> web.Response:
        headers = {"x-oauth-scopes": ",".join(sorted(self.scopes)), "date": self._date()}
        return web.json_response(answer, headers=headers)

    def _date(self) -> str:
        return format_datetime((self.machine() + self.skew).astimezone(UTC), usegmt=True)

    async def _fail(self, request: web.Request, trouble: Trouble) -> web.StreamResponse:
        match trouble.how:
            case "error":
                return self._json({"ok": False, "error": trouble.value})
            case "rate":
                headers = {"retry-after": str(trouble.value)}
                return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers=headers)
            case "status":
                return web.Response(status=trouble.value, text="upstream error", content_type="text/html")
            case "html":
                return web.Response(text="<html>We are working on it</html>", content_type="text/html")
            case "moved":
                return web.Response(status=302, headers={"location": trouble.value})
            case "text":
                return web.Response(text="ok", content_type="text/plain")
            case "junk":
                return web.Response(text='{"ok": tru', content_type="application/json")
            case "hang":
                await self._let_go.wait()
                return web.Response(status=504)
            case "drop":
                assert request.transport is not None
                request.transport.abort()
                return web.Response()
            case other:
                raise AssertionError(f"no such trouble: {other}")

    async def _serve_socket(self, request: web.Request) -> web.StreamResponse:
        return await self.pusher.serve_socket(request)

    async def _serve_file(self, request: web.Request) -> web.StreamResponse:
        """Without a good token Slack shows its page to sign in, with status 200."""
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self.tokens.get(token) != "good" or "files:read" not in self.scopes:
            return web.Response(text=_LOGIN, content_type="text/html")
        if trouble := self._next_trouble("file", None):
            return await self._fail(request, trouble)
        content = self._contents.get(request.match_info["id"])
        if content is None:
            return web.Response(status=404)
        return web.Response(body=content, content_type="application/octet-stream")

    async def _serve_upload(self, request: web.Request) -> web.StreamResponse:
        """The address is the key: a token has no business here."""
        id, body = request.match_info["id"], await request.read()
        self.calls.append(Call("upload", {"id": id}, self.machine()))
        if "authorization" in request.headers:
            self.fault("upload: the token was sent along")
        if trouble := self._next_trouble("upload", None):
            return await self._fail(request, trouble)
        if id not in self._places or self._places[id][1] != len(body):
            return web.Response(status=400)
        self._contents[id] = body
        return web.Response(text=f"OK - {len(body)}")

    async def _serve_response(self, request: web.Request) -> web.StreamResponse:
        """A response address: five posts within thirty minutes."""
        id = request.match_info["id"]
        made_at, used, room, person = self._responses[id]
        if self.machine() - made_at > _RESPONSE_LIFE:
            return web.json_response({"ok": False, "error": "expired_url"}, status=404)
        if used >= _RESPONSE_POSTS:
            return web.json_response({"ok": False, "error": "used_url"}, status=404)
        self._responses[id] = (made_at, used + 1, room, person)
        said = json.loads(await request.read())
        self.calls.append(Call("response_url", said, self.machine()))
        if trouble := self._next_trouble("response_url", None):
            return await self._fail(request, trouble)
        if room is not None:
            self._respond(said, person, room)
        return web.Response(text="ok", content_type="text/plain")

    def called(self, method: str) -> Iterator[Call]:
        """The calls of one method so far."""
        return (call for call in self.calls if call.method == method)


def _of_the_manifest() -> frozenset[str]:
    return frozenset(each["command"] for each in manifest(socket=True)["features"]["slash_commands"])
