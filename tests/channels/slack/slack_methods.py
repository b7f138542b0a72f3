"""The methods of Slack's Web API that a support bot may call: their arguments, their scopes, what they do.

An error is Slack's own code; what only a careless caller does is written to `slack.faults` besides.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from channels.slack import block_kit
from channels.slack.slack_rooms import BOT_ID, BOT_USER, HOME, Message, Room

if TYPE_CHECKING:
    from channels.slack.slack_api import SlackApi

_TS = re.compile(r"\d{10}\.\d{6}")
_MOMENT = re.compile(r"\d{1,10}(\.\d{1,6})?")
_OUR_DEFECTS = {"text": "msg_too_long", "blocks": "invalid_blocks"}
_TRIGGER_LIFE = timedelta(seconds=3)


class Refused(Exception):
    """Slack's error code."""

    def __init__(self, code: str, **more: Any) -> None:
        super().__init__(code)
        self.code = code
        self.more = more


@dataclass(frozen=True)
class Method:
    run: Callable[[SlackApi, dict[str, Any]], dict[str, Any]]
    arguments: dict[str, str]  # name -> str | int | bool | json
    required: tuple[str, ...] = ()
    scope: str = ""


def call(slack: SlackApi, name: str, given: dict[str, Any], *, is_json: bool) -> dict[str, Any]:
    """One call with its raw arguments; Refused where Slack would answer `ok: false`."""
    method = METHODS.get(name)
    if method is None:
        slack.fault(f"{name}: no such method")
        raise Refused("unknown_method")
    if method.scope and method.scope not in slack.scopes:
        raise Refused("missing_scope", needed=method.scope, provided=",".join(sorted(slack.scopes)))
    arguments = {}
    for key, value in given.items():
        kind = method.arguments.get(key)
        if kind is None:
            slack.fault(f"{name}: unknown argument {key!r}")
            continue
        arguments[key] = _typed(slack, f"{name}: {key}", kind, value, is_json)
    for key in method.required:
        if arguments.get(key) in (None, ""):
            slack.fault(f"{name}: {key} is missing")
            raise Refused("invalid_arguments" if key != "channel" else "channel_not_found")
    return method.run(slack, arguments)


def _typed(slack: SlackApi, what: str, kind: str, value: Any, is_json: bool) -> Any:
    try:
        match kind:
            case "str":
                if not isinstance(value, str):
                    slack.fault(f"{what} is no string but {value!r}")  # a ts as a float loses its last digits
                return str(value)
            case "int":
                return int(value)
            case "bool":
                return value if isinstance(value, bool) else str(value).lower() in ("1", "true")
            case _:
                return value if is_json and not isinstance(value, str) else json.loads(value)
    except (ValueError, TypeError) as error:
        slack.fault(f"{what}: {value!r} is no {kind}")
        raise Refused("invalid_arguments") from error


# writing


def _post(slack: SlackApi, given: dict[str, Any]) -> dict[str, Any]:
    room = _writable(slack, given["channel"])
    if room.direct is None and given["channel"].startswith("U"):
        slack.fault("chat.postMessage: to a user id; open the direct chat instead")
    _check_message(slack, "chat.postMessage", given, block_kit.POST_TEXT)
    thread = _thread(slack, room, given)
    if "metadata" in given:
        _complain(slack, "chat.postMessage", block_kit.metadata_faults(given["metadata"]), "invalid_metadata_format")
    message = Message(slack.ts(slack.machine()), BOT_USER, HOME, given.get("text", ""), thread, bot_id=BOT_ID)
    message.blocks = _with_ids(given.get("blocks") or [])
    message.metadata = given.get("metadata")
    message.calls = given
    if given.get("reply_broadcast"):
        if thread is None:
            slack.fault(
                "chat.postMessage: reply_broadcast without a thread_ts; there is nothing to show beside a thread"
            )
        message.subtype = "thread_broadcast"
    room.messages.append(message)
    slack.posted_at.setdefault(room.id, []).append(slack.machine())
    slack.echo(room, {**message.as_json(room), "channel": room.id, "channel_type": room.channel_type})
    shown = message.as_json(room, metadata=True)
    return {"channel": room.id, "ts": message.ts, "message": shown}


def _update(slack: SlackApi, given: dict[str, Any]) -> dict[str, Any]:
    room = _writable(slack, given["channel"])
    _check_message(slack, "chat.update", given, block_kit.UPDATE_TEXT)
    message = room.find(given["ts"])
    if message is None:
        raise Refused("message_not_found")
    if message.bot_id != BOT_ID:
        raise Refused("cant_update_message")
    before = message.as_json(room)
    message.text, message.blocks = given.get("text", message.text), _with_ids(given.get("blocks") or [])
    message.metadata = given.get("metadata", message.metadata)
    message.edited = slack.ts(slack.machine())
    slack.echo(room, room.changed_event(message, before))
    return {"channel": room.id, "ts": message.ts, "text": message.text, "message": message.as_json(room)}


def _ephemeral(slack: SlackApi, given: dict[str, Any]) -> dict[str, Any]:
    room = _writable(slack, given["channel"])
    _check_message(slack, "chat.postEphemeral", given, block_kit.POST_TEXT)
    readers = {person.id for person in room.members.values()}
    if given["user"] not in readers:
        raise Refused("user_not_in_channel")
    thread = _thread(slack, room, given)
    message = Message(slack.ts(slack.machine()), BOT_USER, HOME, given.get("text", ""), thread, bot_id=BOT_ID)
    message.blocks, message.to = _with_ids(given.get("blocks") or []), given["user"]
    room.messages.append(message)
    return {"message_ts": message.ts}


def _delete(slack: SlackApi, given: dict[str, Any]) -> dict[str, Any]:
    room = _writable(slack, given["channel"])
    message = room.find(given["ts"])
    if message is None:
        raise Refused("message_not_found")
    if message.bot_id != BOT_ID:
        raise Refused("cant_delete_message")
    room.messages.remove(message)
    return {"channel": room.id, "ts": message.ts}


def _check_message(slack: SlackApi, name: str, given: dict[str, Any], limit: int) -> None:
    if given.get("link_names") or given.get("parse") in ("full", "client"):
        slack.fault(f"{name}: names and channels in a client's words would become mentions")
    if not given.get("text") and not given.get("blocks"):
        slack.fault(f"{name}: nothing to say")
        raise Refused("no_text")
    if len(given.get("text") or "") > limit:
        slack.fault(f"{name}: text has {len(given['text'])} characters, {limit} are allowed")
        raise Refused("msg_too_long")
    faults = block_kit.message_faults(given.get("blocks"), given.get("text"), limit=limit)
    _complain(slack, name, faults, "invalid_blocks")


def _complain(slack: SlackApi, name: str, faults: Any, code: str) -> None:
    found = list(faults)
    for fault in found:
        slack.fault(f"{name}: {fault}")
    if found:
        raise Refused(code, errors=found)


def _thread(slack: SlackApi, room: Room, given: dict[str, Any]) -> str | None:
    thread = given.get("thread_ts")
    if thread is None:
        return None
    parent = room.find(thread) if _TS.fullmatch(thread) else None
    if parent is None:
        if thread not in room.gone:
            slack.fault(f"thread_ts {thread!r} is no message of {room.id}")
        raise Refused("cannot_reply_to_message")
    if parent.thread not in (None, thread):
        slack.fault(f"thread_ts {thread!r} is itself an answer; use its parent's")
    return str(thread)


def _with_ids(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Slack names blocks and elements that came without a name."""
    made = []
    for number, block in enumerate(blocks):
        elements = [
            {"action_id": f"auto{number}.{n}", **each} if block["type"] == "actions" else each
            for n, each in enumerate(block.get("elements", []))
        ]
        made.append({"block_id": f"auto{number}", **block, **({"elements": elements} if elements else {})})
    return made


# reading


def _history(slack: SlackApi, given: dict[str, Any]) -> dict[str, Any]:
    room = _readable(slack, given["channel"])
    top = [m for m in room.messages if m.to is None and (m.thread in (None, m.ts) or m.subtype == "thread_broadcast")]
    newest_first = sorted(top, key=lambda m: m.ts, reverse=True)
    return _page(slack, room, newest_first, given, most=999)


def _replies(slack: SlackApi, given: dict[str, Any]) -> dict[str, Any]:
    room = _readable(slack, given["channel"])
    asked = room.find(given["ts"])
    if asked is None:
        raise Refused("thread_not_found")
    if asked.thread not in (None, asked.ts):
        return _page(slack, room, [asked], given, most=1000)
    below = sorted((m for m in room.messages if m.thread == asked.ts and m.to is None), key=lambda m: m.ts)
    return _page(slack, room, [asked, *(m for m in below if m is not asked)], given, most=1000, always=asked)


def _page(
    slack: SlackApi,
    room: Room,
    found: list[Message],
    given: dict[str, Any],
    *,
    most: int,
    always: Message | None = None,
) -> dict[str, Any]:
    """One page; the parent of a thread is on every first one, whatever its moment."""
    limit = given.get("limit", 100)
    if not 1 <= limit <= most:
        slack.fault(f"limit {limit}: 1 to {most} are allowed")
        raise Refused("invalid_limit")
    limit = min(limit, slack.history_page)
    for key in ("oldest", "latest"):
        if key in given and not _MOMENT.fullmatch(given[key]):
            slack.fault(f"{key} {given[key]!r} is no moment")
            raise Refused(f"invalid_ts_{key}")
    inside = [m for m in found if m is always or _within(m.ts, given)]
    start = int(given["cursor"].removeprefix("after:")) if given.get("cursor") else 0
    page, more = inside[start : start + limit], start + limit < len(inside)
    shown = [m.as_json(room, metadata=given.get("include_all_metadata", False)) for m in page]
    answer: dict[str, Any] = {"messages": shown, "has_more": more}
    if more:
        answer["response_metadata"] = {"next_cursor": f"after:{start + limit}"}
    return answer


def _within(ts: str, given: dict[str, Any]) -> bool:
    at, edge = _micro(ts), given.get("inclusive", False)
    oldest, latest = _micro(given.get("oldest", "0")), _micro(given.get("latest", "9999999999"))
    return oldest < at < latest or (edge and at in (oldest, latest))


def _micro(ts: str) -> int:
    seconds, _, rest = ts.partition(".")
    return int(seconds) * 1_000_000 + int((rest or "0").ljust(6, "0"))


def _info(slack: SlackApi, given: dict[str, Any]) -> dict[str, Any]:
    room = slack.rooms.get(given["channel"])
    if room is None or (room.is_private and not room.bot_is_member):
        raise Refused("channel_not_found")
    return {"channel": room.as_json()}


def _list(slack: SlackApi, given: dict[str, Any]) -> dict[str, Any]:
    kinds = given.get("types", "public_channel").split(",")
    names = {"channel": "public_channel", "group": "private_channel", "im": "im"}
    found = [
        room
        for room in slack.rooms.values()
        if names[room.channel_type] in kinds
        and not (room.is_private and not room.bot_is_member)
        and not (given.get("exclude_archived") and room.archived)
    ]
    limit = min(given.get("limit", 100), slack.history_page)
    start = int(given["cursor"].removeprefix("after:")) if given.get("cursor") else 0
    more = start + limit < len(found)
    cursor = f"after:{start + limit}" if more else ""
    shown = [room.as_json() for room in found[start : start + limit]]
    return {"channels": shown, "response_metadata": {"next_cursor": cursor}}


def _members(slack: SlackApi, given: dict[str, Any]) -> dict[str, Any]:
    room = _readable(slack, given["channel"])
    members = [person.id for person in room.members.values()] + [BOT_USER] * room.bot_is_member
    limit = min(given.get("limit", 100), slack.history_page)
    start = int(given["cursor"].removeprefix("after:")) if given.get("cursor") else 0
    cursor = f"after:{start + limit}" if start + limit < len(members) else ""
    return {"members": members[start : start + limit], "response_metadata": {"next_cursor": cursor}}


def _open(slack: SlackApi, given: dict[str, Any]) -> dict[str, Any]:
    person = next((p for p in slack.people.values() if p.id == given["users"]), None)
    if person is None:
        raise Refused("user_not_found")
    room = slack.direct(person.key)
    return {"channel": {"id": room.id}, "already_open": True}


def _user(slack: SlackApi, given: dict[str, Any]) -> dict[str, Any]:
    if given["user"] == BOT_USER:
        return {"user": {"id": BOT_USER, "team_id": HOME, "name": "pledge", "real_name": "Pledge", "is_bot": True}}
    person = next((p for p in slack.people.values() if p.id == given["user"]), None)
    if person is None:
        raise Refused("user_not_found")
    known = person.profile(to=HOME)
    if "users:read.email" not in slack.scopes:
        known["profile"].pop("email", None)
    return {"user": known | ({"locale": person.locale} if given.get("include_locale") else {})}


def _bot(slack: SlackApi, given: dict[str, Any]) -> dict[str, Any]:
    return {"bot": {"id": given["bot"], "name": given["bot"].removeprefix("B0").lower(), "deleted": False}}


def _file(slack: SlackApi, given: dict[str, Any]) -> dict[str, Any]:
    found = slack.files.get(given["file"])
    if found is None:
        raise Refused("file_not_found")
    return {"file": found}


def _upload_place(slack: SlackApi, given: dict[str, Any]) -> dict[str, Any]:
    if given["length"] <= 0:
        raise Refused("invalid_arguments")
    id = slack.place_for(given["filename"], given["length"])
    return {"upload_url": f"{slack.url}/upload/v1/{id}", "file_id": id}


def _complete_upload(slack: SlackApi, given: dict[str, Any]) -> dict[str, Any]:
    """What was uploaded becomes one message; without a channel it would be seen by nobody."""
    if not given.get("channel_id"):
        slack.fault("files.completeUploadExternal: without a channel nobody sees the file")
        return {"files": given["files"]}
    room = _writable(slack, given["channel_id"])
    shown = [slack.uploaded(each["id"]) for each in given["files"]]
    if any(each is None for each in shown):
        raise Refused("file_not_found")
    thread = _thread(slack, room, given)
    message = Message(
        slack.ts(slack.machine()), BOT_USER, HOME, given.get("initial_comment", ""), thread, bot_id=BOT_ID
    )
    message.files = [
        {**known, "title": each.get("title", "")} for known, each in zip(shown, given["files"], strict=True)
    ]
    message.subtype = "file_share"
    message.calls = given
    room.messages.append(message)
    slack.echo(room, {**message.as_json(room), "channel": room.id, "channel_type": room.channel_type})
    return {"files": [{"id": each["id"], "title": each["title"]} for each in message.files]}


def _auth(slack: SlackApi, given: dict[str, Any]) -> dict[str, Any]:
    who = {"user": "pledge", "user_id": BOT_USER, "bot_id": BOT_ID, "is_enterprise_install": False}
    return {"url": "https://home.slack.example/", "team": "Home", "team_id": HOME, **who}


def _readable(slack: SlackApi, channel: str) -> Room:
    room = slack.rooms.get(channel)
    if room is None or (room.is_private and not room.bot_is_member):
        raise Refused("channel_not_found")
    if not room.bot_is_member:
        raise Refused("not_in_channel")
    scope = {"im": "im:history", "group": "groups:history", "channel": "channels:history"}[room.channel_type]
    if scope not in slack.scopes:
        raise Refused("missing_scope", needed=scope, provided=",".join(sorted(slack.scopes)))
    return room


def _writable(slack: SlackApi, channel: str) -> Room:
    room = slack.rooms.get(channel)
    if room is None or (room.is_private and not room.bot_is_member):
        raise Refused("channel_not_found")
    if not room.bot_is_member:
        raise Refused("not_in_channel")
    if room.archived:
        raise Refused("is_archived")
    return room


# views


def _open_view(slack: SlackApi, given: dict[str, Any]) -> dict[str, Any]:
    _complain(slack, "views.open", block_kit.view_faults(given["view"]), "invalid_arguments")
    trigger = slack.triggers.get(given["trigger_id"])
    if trigger is None:
        raise Refused("invalid_trigger_id")
    made_at, used, who = trigger
    if used:
        raise Refused("exchanged_trigger_id")
    if slack.machine() - made_at > _TRIGGER_LIFE:
        raise Refused("expired_trigger_id")
    slack.triggers[given["trigger_id"]] = (made_at, True, who)
    return {"view": slack.show_view(who, given["view"])}


def _update_view(slack: SlackApi, given: dict[str, Any]) -> dict[str, Any]:
    _complain(slack, "views.update", block_kit.view_faults(given["view"]), "invalid_arguments")
    view = next((view for _, view in slack.views if view["id"] == given.get("view_id")), None)
    if view is None:
        raise Refused("not_found")
    view.update(given["view"])
    return {"view": view}


def _publish(slack: SlackApi, given: dict[str, Any]) -> dict[str, Any]:
    _complain(slack, "views.publish", block_kit.view_faults(given["view"]), "invalid_arguments")
    person = next((p for p in slack.people.values() if p.id == given["user_id"]), None)
    if person is None:
        raise Refused("user_not_found")
    if person.team == HOME:  # people of other workspaces are shown nothing
        slack.homes[person.key] = given["view"]
    return {"view": given["view"] | {"id": f"VHOME{person.key.upper()}"}}


_MESSAGE = (
    dict.fromkeys(
        ["channel", "text", "thread_ts", "parse", "username", "icon_emoji", "icon_url", "markdown_text"], "str"
    )
    | dict.fromkeys(["unfurl_links", "unfurl_media", "link_names", "mrkdwn", "reply_broadcast", "as_user"], "bool")
    | dict.fromkeys(["blocks", "attachments", "metadata"], "json")
)
_PAGED = {"cursor": "str", "limit": "int", "latest": "str", "oldest": "str", "inclusive": "bool"}
_READ = {"channel": "str", "include_all_metadata": "bool", **_PAGED}

METHODS: dict[str, Method] = {
    "chat.postMessage": Method(_post, _MESSAGE, ("channel",), "chat:write"),
    "chat.update": Method(_update, {**_MESSAGE, "ts": "str"}, ("channel", "ts"), "chat:write"),
    "chat.postEphemeral": Method(_ephemeral, {**_MESSAGE, "user": "str"}, ("channel", "user"), "chat:write"),
    "chat.delete": Method(_delete, {"channel": "str", "ts": "str"}, ("channel", "ts"), "chat:write"),
    "conversations.history": Method(_history, _READ, ("channel",)),
    "conversations.replies": Method(_replies, {**_READ, "ts": "str"}, ("channel", "ts")),
    "conversations.info": Method(
        _info, {"channel": "str", "include_locale": "bool", "include_num_members": "bool"}, ("channel",)
    ),
    "conversations.list": Method(
        _list, {"types": "str", "exclude_archived": "bool", "team_id": "str", "cursor": "str", "limit": "int"}
    ),
    "users.conversations": Method(
        _list,
        {"types": "str", "exclude_archived": "bool", "team_id": "str", "user": "str", "cursor": "str", "limit": "int"},
    ),
    "conversations.members": Method(_members, {"channel": "str", "cursor": "str", "limit": "int"}, ("channel",)),
    "conversations.open": Method(
        _open, {"users": "str", "return_im": "bool", "prevent_creation": "bool"}, ("users",), "im:write"
    ),
    "users.info": Method(_user, {"user": "str", "include_locale": "bool"}, ("user",), "users:read"),
    "bots.info": Method(_bot, {"bot": "str", "team_id": "str"}, ("bot",), "users:read"),
    "files.info": Method(
        _file, {"file": "str", "cursor": "str", "limit": "int", "count": "int", "page": "int"}, ("file",), "files:read"
    ),
    "files.getUploadURLExternal": Method(
        _upload_place,
        {"filename": "str", "length": "int", "alt_txt": "str", "snippet_type": "str"},
        ("filename", "length"),
        "files:write",
    ),
    "files.completeUploadExternal": Method(
        _complete_upload,
        {"files": "json", "channel_id": "str", "initial_comment": "str", "thread_ts": "str"},
        ("files",),
        "files:write",
    ),
    "auth.test": Method(_auth, {}),
    "views.open": Method(_open_view, {"trigger_id": "str", "view": "json"}, ("trigger_id", "view")),
    "views.update": Method(
        _update_view, {"view_id": "str", "external_id": "str", "hash": "str", "view": "json"}, ("view",)
    ),
    "views.publish": Method(_publish, {"user_id": "str", "view": "json", "hash": "str"}, ("user_id", "view")),
}
