"""Pure: slash commands, pressed buttons, message shortcuts and filled-in forms -> `Inbound`.

They carry no message: their ids are made from what Slack gives each of them once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.channels.base import Inbound, InboundKind
from bot.channels.slack.modals import FORM, WORDS
from bot.channels.slack.read import ACCOUNT, NAME, Reader
from bot.channels.slack.words import moment

UMBRELLA = "/premium"
"""The command that says every other: `/premium status T-42`. Slack keeps `/status` for itself."""

SHORTCUTS = ("status", "escalate", "eta", "hold", "book-call")
"""Callback ids of the message shortcuts: each says the command of its name on the ticket of that message."""

Json = Mapping[str, Any]


def slash(reader: Reader, fields: Mapping[str, str], payload: bytes) -> Inbound:
    """A typed command. In anybody's direct chat `room` stays empty: only the caller can tell whose chat that is."""
    command, words = fields["command"], fields.get("text", "").strip()
    if command == UMBRELLA:
        text = f"/{words.removeprefix('/').lstrip()}" if words.removeprefix("/") else "/help"
    else:
        text = f"{command} {words}".rstrip()
    channel = fields["channel_id"]
    once = f"slash:{fields['trigger_id']}"
    return _act(
        reader,
        once=once,
        room="" if channel.startswith("D") else channel,
        sender=f"{fields['team_id']}/{fields['user_id']}",
        name=fields.get("user_name", ""),
        text=text,
        direct=channel.startswith("D"),
        payload=payload,
    )


def interaction(reader: Reader, data: Json, payload: bytes) -> Inbound | None:
    """Whatever came to the interactivity address; None where nobody asked for anything."""
    try:
        match data["type"]:
            case "block_actions":
                return _pressed(reader, data, payload)
            case "message_action":
                return _shortcut(reader, data, payload)
            case "view_submission" if data["view"].get("callback_id") == FORM:
                return _filled_in(reader, data, payload)
            case "view_closed" | "view_submission" | "block_suggestion":
                return None
            case other:
                raise ValueError(f"unknown interaction {other!r}")
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, StopIteration) as error:
        return reader.unreadable(payload, f"{type(error).__name__}: {error}")


def _pressed(reader: Reader, data: Json, payload: bytes) -> Inbound | None:
    """A press. In the App Home there is no room: `room` stays empty, as for a command in a direct chat.

    The answer belongs where the button is: in its thread, or below its message; direct chats have no threads of ours.
    """
    action = data["actions"][0]
    if action.get("type") != "button" or "value" not in action:
        return None
    container = data.get("container") or {}
    message = data.get("message") or {}
    room = (data.get("channel") or {}).get("id") or container.get("channel_id") or ""
    ts = message.get("ts") or container.get("message_ts") or ""
    thread = message.get("thread_ts") or container.get("thread_ts") or (None if room.startswith("D") else ts or None)
    if thread == ts and room.startswith("D"):
        thread = None
    inbound = _act(
        reader,
        once=f"press:{room}/{ts}/{data['user']['id']}/{action['action_ts']}",
        room=room,
        sender=_sender(data),
        name=_name(data),
        text="",
        direct=not room or room.startswith("D"),
        payload=payload,
    )
    return replace(
        inbound,
        kind=InboundKind.PRESS,
        action=str(action["value"]),
        thread=thread,
        reply_to=ts or None,
        at=moment(action["action_ts"]),
    )


def _shortcut(reader: Reader, data: Json, payload: bytes) -> Inbound:
    """A command on the ticket of the chosen message: the way that works inside threads."""
    if data["callback_id"] not in SHORTCUTS:
        raise ValueError(f"unknown shortcut {data['callback_id']!r}")
    room, ts = data["channel"]["id"], data.get("message_ts") or data["message"]["ts"]
    inbound = _act(
        reader,
        once=f"shortcut:{data['trigger_id']}",
        room=room,
        sender=_sender(data),
        name=_name(data),
        text=f"/{data['callback_id']}",
        direct=room.startswith("D"),
        payload=payload,
    )
    thread = (data.get("message") or {}).get("thread_ts") or ts
    return replace(inbound, thread=thread, reply_to=ts)


def _filled_in(reader: Reader, data: Json, payload: bytes) -> Inbound:
    """The command a form stands for, with the words that were filled in."""
    view = data["view"]
    about = json.loads(view["private_metadata"])
    value = view["state"]["values"][WORDS][WORDS].get("value") or ""
    inbound = _act(
        reader,
        once=f"form:{view['id']}:{view.get('hash', '')}",
        room=about["room"],
        sender=_sender(data),
        name=_name(data),
        text=f"{about['command']} {value.strip()}".rstrip(),
        direct=about["room"].startswith("D"),
        payload=payload,
    )
    return replace(inbound, thread=about["thread"], reply_to=about["reply_to"])


def _act(
    reader: Reader, *, once: str, room: str, sender: str, name: str, text: str, direct: bool, payload: bytes
) -> Inbound:
    return Inbound(
        channel=NAME,
        account=ACCOUNT,
        event_id=once,
        room=room,
        sender=sender,
        sender_name=name,
        text=text,
        message_id=once,
        at=reader.received_at,
        received_at=reader.received_at,
        bare_commands=direct,
        me=reader.own.name,
        direct=direct,
        payload=payload,
    )


def _sender(data: Json) -> str:
    """`team/user`; the team of the one who acted, not that of the installation."""
    user = data["user"]
    team = user.get("team_id") or (data.get("team") or {}).get("id") or "?"
    return f"{team}/{user['id']}"


def _name(data: Json) -> str:
    user = data["user"]
    return str(user.get("name") or user.get("username") or user["id"])
