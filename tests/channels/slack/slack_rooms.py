"""Slack's workspaces, people and conversations, with what people do in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any

from channels.slack import mrkdwn

if TYPE_CHECKING:
    from channels.slack.slack_api import SlackApi

HOME = "T0000HOME"
BOT_USER, BOT_ID, APP_ID = "U00PLEDGE", "B00PLEDGE", "A00PLEDGE"


class SlashRefused(Exception):
    """Slack itself did not take the command; the bot never hears of it."""


@dataclass
class Person:
    key: str
    name: str
    team: str
    email: str | None
    locale: str = "en-US"
    zone: str = "Etc/GMT-3"
    is_guest: bool = False

    @property
    def id(self) -> str:
        return f"U{self.key.upper():0>8}"

    @property
    def identity(self) -> str:
        """As the roster names somebody: `T012/U034`."""
        return f"{self.team}/{self.id}"

    def profile(self, *, to: str) -> dict[str, Any]:
        """As `users.info` shows them to an app of workspace `to`: no e-mail of other workspaces' people."""
        profile = {"real_name": self.name, "display_name": self.name}
        if self.team == to and self.email:
            profile["email"] = self.email
        known = {"id": self.id, "team_id": self.team, "name": self.key, "real_name": self.name, "profile": profile}
        # Whoever shares a channel with the app is no stranger to it, of whatever workspace.
        known |= {"is_bot": False, "deleted": False, "is_stranger": False, "is_restricted": self.is_guest}
        return known | {"tz": self.zone}


@dataclass
class Message:
    """One message of a conversation. `text` is markup as Slack keeps it."""

    ts: str
    user: str
    team: str
    text: str
    thread: str | None = None
    blocks: list[dict[str, Any]] = field(default_factory=list)
    metadata: dict[str, Any] | None = None
    files: list[dict[str, Any]] = field(default_factory=list)
    subtype: str | None = None
    edited: str | None = None
    bot_id: str | None = None
    to: str | None = None  # the only reader of an ephemeral one
    unfurled: list[dict[str, Any]] = field(default_factory=list)
    calls: dict[str, Any] = field(default_factory=dict)  # the arguments it was posted with

    def as_json(self, room: Room, *, metadata: bool = False) -> dict[str, Any]:
        """As events and history show it."""
        shown: dict[str, Any] = {"type": "message", "user": self.user, "text": self.text, "ts": self.ts}
        shown["team"] = self.team
        if self.team != HOME:
            shown |= {"user_team": self.team, "source_team": self.team}
        if self.subtype:
            shown["subtype"] = self.subtype
        if self.bot_id:
            shown["bot_id"] = self.bot_id
            if self.bot_id == BOT_ID:
                shown["app_id"] = APP_ID
        if self.thread is not None:
            shown["thread_ts"] = self.thread
            if self.thread != self.ts:
                shown["parent_user_id"] = room.message(self.thread).user
        elif replies := [m for m in room.messages if m.thread == self.ts and m.to is None]:
            shown |= {"thread_ts": self.ts, "reply_count": len(replies), "latest_reply": replies[-1].ts}
        for key, value in (("blocks", self.blocks), ("files", self.files), ("attachments", self.unfurled)):
            if value:
                shown[key] = value
        if self.edited:
            shown["edited"] = {"user": self.user, "ts": self.edited}
        if metadata and self.metadata is not None:
            shown["metadata"] = self.metadata
        return shown


@dataclass(frozen=True)
class Button:
    label: str
    action_id: str
    block_id: str
    value: str
    url: str


@dataclass(frozen=True)
class Post:
    """A message of the bot as its readers see it; `raw` is all of its markup."""

    ts: str
    text: str
    raw: str
    buttons: dict[str, Button]
    thread: str | None
    oid: str | None
    edited: bool
    message: Message

    @property
    def in_channel(self) -> bool:
        """Whether who does not follow the thread sees it too."""
        return self.thread is None or self.message.subtype == "thread_broadcast"

    @property
    def pings(self) -> list[str]:
        return mrkdwn.pings(self.raw)

    @property
    def links(self) -> list[str]:
        return mrkdwn.links(self.raw, self.message.blocks)


class Room:
    """One conversation: a channel, private or public, or somebody's direct messages with the bot."""

    def __init__(self, slack: SlackApi, id: str, name: str, *, private: bool, direct: Person | None = None) -> None:
        self.slack = slack
        self.id = id
        self.name = name
        self.is_private = private
        self.direct = direct
        self.members: dict[str, Person] = {}
        self.bot_is_member = True
        self.archived = False
        self.shared_with: list[str] = []
        self.messages: list[Message] = []
        self.gone: set[str] = set()
        """Messages that were taken back without a trace."""

    # what is there

    @property
    def channel_type(self) -> str:
        return "im" if self.direct else "group" if self.is_private else "channel"

    def message(self, ts: str) -> Message:
        return next(message for message in self.messages if message.ts == ts)

    def find(self, ts: str | None) -> Message | None:
        return next((message for message in self.messages if message.ts == ts and message.to is None), None)

    @property
    def posts(self) -> list[Post]:
        """What the bot has said to everybody and not taken back, oldest first; files stand in `files`."""
        return [self._post(m) for m in self.messages if m.bot_id == BOT_ID and m.to is None and not m.files]

    @property
    def files(self) -> list[tuple[str, str, bytes]]:
        """The files of the bot: the words above, the name, the content."""
        found = [(m.text, each) for m in self.messages if m.bot_id == BOT_ID for each in m.files]
        return [(words, each["name"], self.slack.content(each["id"])) for words, each in found]

    def private_to(self, who: str) -> list[Post]:
        """What only this person was shown."""
        return [self._post(m) for m in self.messages if m.to == self.slack.people[who].id]

    def post(self, label: str) -> Post:
        """The newest post with a button of this label."""
        return next(post for post in reversed(self.posts) if label in post.buttons)

    def _post(self, message: Message, zone: tzinfo | None = None) -> Post:
        names = {person.id: person.name for person in self.slack.people.values()}
        raw = "\n".join(mrkdwn.block_lines(message.blocks)) if message.blocks else message.text
        found = {}
        for block_id, each in mrkdwn.buttons(message.blocks):
            label = each["text"]["text"]
            url, value = each.get("url", ""), each.get("value", "")
            found[label] = Button(label, each.get("action_id", ""), block_id, value, url)
        oid = None if message.metadata is None else message.metadata["event_payload"].get("oid")
        text = mrkdwn.shown(raw, names, zone)
        return Post(message.ts, text, raw, found, message.thread, oid, bool(message.edited), message)

    def read_in(self, zone: tzinfo) -> list[str]:
        """The posts as a reader in that zone sees them: dates in the own time."""
        return [self._post(p.message, zone).text for p in self.posts]

    # what people do

    async def says(
        self,
        who: str,
        text: str,
        *,
        thread: str | None = None,
        times: int = 1,
        files: tuple[str, ...] = (),
        broadcast: bool = False,
        at: datetime | None = None,
    ) -> Message:
        """Somebody writes; returns once the bot has confirmed it, or Slack waits with the next attempt.

        `times`: how often the platform brings the event, all at once. `at`: when it was written, if not now.
        SlashRefused where it begins with a slash: Slack's own client takes that for a command that nobody knows.
        """
        if text.startswith("/"):
            raise SlashRefused(f"{text.split()[0]} is not a valid command")
        person = self.slack.people[who]
        markup = mrkdwn.typed(text, self.slack.ids())
        kept = [self.slack.file(name, person) for name in files]
        subtype = "file_share" if kept else "thread_broadcast" if broadcast else None
        message = Message(self.slack.ts(at), person.id, person.team, markup, thread, files=kept, subtype=subtype)
        self.messages.append(message)
        events = [self._message_event(message)]
        if f"<@{BOT_USER}>" in markup and not self.direct:
            twin = {key: value for key, value in events[0].items() if key not in ("subtype", "channel_type")}
            events.insert(0, twin | {"type": "app_mention"})
        await self.slack.emit(*events, team=person.team, room=self, times=times)
        return message

    async def edits(self, message: Message, text: str) -> None:
        before = message.as_json(self)
        message.text = mrkdwn.typed(text, self.slack.ids())
        message.edited = self.slack.ts()
        await self._changed(message, before)

    async def unfurls(self, message: Message) -> None:
        """Slack shows what is behind a link: a change that changes no word."""
        before = message.as_json(self)
        message.unfurled = [{"title": "A page", "from_url": "https://example.com", "id": 1}]
        await self._changed(message, before)

    async def deletes(self, message: Message) -> None:
        """Taken back; with answers below it, a tombstone stays."""
        before = message.as_json(self)
        if any(m.thread == message.ts for m in self.messages):
            message.text, message.subtype = "This message was deleted.", "tombstone"
            await self._changed(message, before)
            return
        self.messages.remove(message)
        self.gone.add(message.ts)
        ts = self.slack.ts()
        event = {"type": "message", "subtype": "message_deleted", "hidden": True, "channel": self.id, "ts": ts}
        event |= {"deleted_ts": message.ts, "previous_message": before, "channel_type": self.channel_type}
        await self.slack.emit(event | {"event_ts": ts}, team=message.team, room=self)

    async def bot_says(self, name: str, text: str) -> Message:
        """Another bot or an integration writes."""
        message = Message(self.slack.ts(), "", HOME, text, subtype="bot_message", bot_id=f"B0{name.upper()}")
        self.messages.append(message)
        event = {k: v for k, v in self._message_event(message).items() if k != "user"}
        await self.slack.emit(event | {"username": name}, team=HOME, room=self)
        return message

    async def presses(self, who: str, post: Post, label: str, *, times: int = 1) -> list[str]:
        """Somebody presses a button; what only the presser is shown then."""
        person = self.slack.people[who]
        button = post.buttons[label]
        container = {"type": "message", "message_ts": post.ts, "channel_id": self.id, "is_ephemeral": False}
        if post.thread:
            container["thread_ts"] = post.thread
        action = {"type": "button", "action_id": button.action_id, "block_id": button.block_id, "value": button.value}
        action |= {"text": {"type": "plain_text", "text": label, "emoji": True}, "action_ts": self.slack.ts()}
        shown = post.message.as_json(self)
        payload = {"type": "block_actions", "container": container, "message": shown, "actions": [action]}
        return await self._interacts(person, payload, times=times)

    async def shortcut(self, who: str, message: Message, callback_id: str) -> list[str]:
        """Somebody chooses a message's menu entry of the app; works in threads."""
        payload = {"type": "message_action", "callback_id": callback_id, "message_ts": message.ts}
        payload |= {"message": message.as_json(self), "action_ts": self.slack.ts()}
        return await self._interacts(self.slack.people[who], payload)

    async def slash(self, who: str, command: str, text: str = "", *, thread: str | None = None) -> list[str]:
        """Somebody types a slash command; SlashRefused where Slack does not take it."""
        person = self.slack.people[who]
        if thread is not None:
            raise SlashRefused("slash commands cannot be used in threads")
        if person.team != HOME:
            raise SlashRefused("apps of another workspace offer no slash commands")
        if command not in self.slack.commands:
            raise SlashRefused(f"{command} is not a command of the app")
        form = {"command": command, "text": mrkdwn.typed(text, self.slack.ids()), "user_id": person.id}
        form |= {"user_name": person.key, "team_id": HOME, "team_domain": "home", "api_app_id": APP_ID}
        form |= {"channel_id": self.id, "channel_name": "directmessage" if self.direct else self.name}
        form |= {"token": "old", "is_enterprise_install": "false"}
        return await self.slack.interact("slash_commands", form, person, self)

    async def _interacts(self, person: Person, payload: dict[str, Any], *, times: int = 1) -> list[str]:
        payload |= {"channel": {"id": self.id, "name": self.name}}
        return await self.slack.interact("interactive", payload, person, self, times=times)

    # what happens to the room

    async def archives(self) -> None:
        self.archived = True
        await self._news("archive", {"channel": self.id})

    async def unarchives(self) -> None:
        self.archived = False
        await self._news("unarchive", {"channel": self.id})

    async def renames(self, name: str) -> None:
        self.name = name
        await self._news("rename", {"channel": {"id": self.id, "name": name, "created": 1}})

    async def removes_bot(self) -> None:
        self.bot_is_member = False
        await self._news("left", {"channel": self.id}, told_outside=True)

    async def adds_bot(self) -> None:
        self.bot_is_member = True
        event = {"type": "member_joined_channel", "user": BOT_USER, "channel": self.id, "team": HOME}
        event |= {"channel_type": "G" if self.is_private else "C", "event_ts": self.slack.ts()}
        await self.slack.emit(event, team=HOME, room=self)

    async def gets_id(self, new: str) -> None:
        """Sharing or converting a channel may give it another id."""
        old, self.id = self.id, new
        self.slack.rooms[new] = self.slack.rooms.pop(old)
        event = {"type": "channel_id_changed", "old_channel_id": old, "new_channel_id": new}
        await self.slack.emit(event | {"event_ts": self.slack.ts()}, team=HOME, room=self)

    async def shares(self, team: str) -> None:
        self.shared_with.append(team)
        event = {"type": "channel_shared", "connected_team_id": team, "channel": self.id}
        await self.slack.emit(event | {"event_ts": self.slack.ts()}, team=HOME, room=self)

    async def unshares(self, team: str) -> None:
        self.shared_with.remove(team)
        event = {"type": "channel_unshared", "previously_connected_team_id": team, "channel": self.id}
        event |= {"is_ext_shared": bool(self.shared_with), "event_ts": self.slack.ts()}
        await self.slack.emit(event, team=HOME, room=self)

    async def _news(self, what: str, more: dict[str, Any], *, told_outside: bool = False) -> None:
        kind = "group" if self.is_private else "channel"
        event = {"type": f"{kind}_{what}", **more, "event_ts": self.slack.ts()}
        await self.slack.emit(event, team=HOME, room=self, told_outside=told_outside)

    def _message_event(self, message: Message) -> dict[str, Any]:
        event = message.as_json(self) | {"channel": self.id, "channel_type": self.channel_type}
        return event | {"event_ts": message.ts}

    async def _changed(self, message: Message, before: dict[str, Any]) -> None:
        await self.slack.emit(self.changed_event(message, before), team=message.team, room=self)

    def changed_event(self, message: Message, before: dict[str, Any]) -> dict[str, Any]:
        ts = self.slack.ts()
        event = {"type": "message", "subtype": "message_changed", "hidden": True, "channel": self.id, "ts": ts}
        event |= {"message": message.as_json(self), "previous_message": before, "event_ts": ts}
        return event | {"channel_type": self.channel_type}

    def as_json(self) -> dict[str, Any]:
        """As `conversations.info` shows it."""
        known: dict[str, Any] = {"id": self.id, "created": 1, "is_archived": self.archived, "is_im": bool(self.direct)}
        if self.direct:
            return known | {"user": self.direct.id, "is_org_shared": False}
        shared = bool(self.shared_with)
        known |= {"name": self.name, "name_normalized": self.name, "is_channel": not self.is_private}
        known |= {"is_group": self.is_private, "is_private": self.is_private, "is_member": self.bot_is_member}
        known |= {"is_shared": shared, "is_ext_shared": shared, "is_org_shared": False, "is_mpim": False}
        return known | {"shared_team_ids": [HOME, *self.shared_with], "context_team_id": HOME}


def moment(ts: str) -> datetime:
    """When a message was written."""
    seconds, _, micro = ts.partition(".")
    return datetime.fromtimestamp(int(seconds), UTC).replace(microsecond=int(micro))
