"""Chats of the fake platform as people use them: who is in, what they write and press, what they read."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from channels.telegram.bot_api_check import Uploaded
from channels.telegram.bot_api_text import detect, piece

if TYPE_CHECKING:
    from channels.telegram.bot_api import BotApi

Message = dict[str, Any]
_ADMIN_RIGHTS = (
    "can_be_edited",
    "is_anonymous",
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
)
_MEMBER_RIGHTS = (
    "can_send_messages",
    "can_send_audios",
    "can_send_documents",
    "can_send_photos",
    "can_send_videos",
    "can_send_video_notes",
    "can_send_voice_notes",
    "can_send_polls",
    "can_send_other_messages",
    "can_add_web_page_previews",
    "can_react_to_messages",
    "can_edit_tag",
    "can_change_info",
    "can_invite_users",
    "can_pin_messages",
    "can_manage_topics",
)


@dataclass(frozen=True, slots=True)
class Person:
    """A user of the platform."""

    id: int
    name: str
    username: str | None = None
    language: str = "en"
    is_bot: bool = False

    @property
    def user(self) -> dict[str, Any]:
        more = {"username": self.username} if self.username else {}
        return {
            "id": self.id,
            "is_bot": self.is_bot,
            "first_name": self.name,
            "language_code": self.language,
            **more,
        }


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a person; photos have neither name nor type on this platform."""

    name: str = "log.txt"
    media_type: str = "text/plain"
    content: bytes = b"line\n"
    photo: bool = False


@dataclass
class Post:
    """A message of the bot as its readers see it now."""

    chat: Chat
    message_id: int
    at: datetime
    text: str
    entities: list[dict[str, Any]]
    rows: list[list[dict[str, Any]]]
    thread: int | None
    reply_to: int | None
    silent: bool
    versions: list[str] = field(default_factory=list)

    @property
    def buttons(self) -> dict[str, str]:
        """Label -> callback data."""
        return {button["text"]: button.get("callback_data", "") for row in self.rows for button in row}

    def spans(self, kind: str) -> list[str]:
        """The texts under the entities of a kind."""
        return [piece(self.text, e["offset"], e["length"]) for e in self.entities if e["type"] == kind]

    @property
    def pings(self) -> set[int]:
        """Who is pinged: by a mention of their account, or by a user name that stands in the text."""
        named = {entity["user"]["id"] for entity in self.entities if entity["type"] == "text_mention"}
        names = {
            piece(self.text, e["offset"], e["length"]).casefold() for e in detect(self.text) if e["type"] == "mention"
        }
        return named | {p.id for p in self.chat.people if p.username and f"@{p.username.casefold()}" in names}


@dataclass
class Press:
    """A pressed button and what only its presser is shown."""

    id: str
    at: datetime
    answer: str | None = None
    alert: bool = False
    answered: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass
class Topic:
    """A topic of a forum; its id is the message that created it."""

    chat: Chat
    id: int
    name: str
    open: bool = True

    def close(self, by: Person) -> None:
        self.open = False
        self.chat.service(by, {"forum_topic_closed": {}}, topic=self)

    def reopen(self, by: Person) -> None:
        self.open = True
        self.chat.service(by, {"forum_topic_reopened": {}}, topic=self)


@dataclass(eq=False)
class Chat:
    """A private group, a supergroup or a person's own chat with the bot."""

    api: BotApi
    id: int
    kind: str  # private | group | supergroup
    title: str
    people: list[Person]
    forum: bool = False
    bot: str = "member"  # the bot's standing: member | administrator | restricted | left | kicked
    muted: bool = False  # its members may not write, only administrators may
    upgraded_to: int | None = None
    topics: dict[int, Topic] = field(default_factory=dict)
    messages: dict[int, Message] = field(default_factory=dict)
    posts: list[Post] = field(default_factory=list)
    files: list[tuple[str, Uploaded]] = field(default_factory=list)  # of the bot, each with its caption
    takes_files: bool = True
    ids: itertools.count[int] = field(default_factory=itertools.count)

    @property
    def room(self) -> str:
        """The room as a roster names it."""
        return str(self.id)

    @property
    def facts(self) -> dict[str, Any]:
        """The `Chat` of every update."""
        if self.kind == "private":
            return {"id": self.id, "type": "private", "first_name": self.title}
        return {"id": self.id, "type": self.kind, "title": self.title, **({"is_forum": True} if self.forum else {})}

    @property
    def texts(self) -> list[str]:
        """What the bot has posted here, as it reads now, oldest first."""
        return [post.text for post in self.posts]

    def says(
        self,
        who: Person,
        text: str = "",
        *,
        reply_to: Message | Post | None = None,
        topic: Topic | None = None,
        file: Attachment | None = None,
        at: datetime | None = None,
        times: int = 1,
        **more: Any,
    ) -> Message:
        """Somebody writes; `more` are further fields of the message. `times`: how often the update is brought."""
        message = self._message(who, at, topic)
        if text or file is None:
            key, entities = ("text", "entities") if file is None else ("caption", "caption_entities")
            message[key] = text
            if found := detect(text):
                message[entities] = found
        if file is not None:
            message |= self.api.keep(file)
        if reply_to is not None:
            answered = self.messages[reply_to.message_id if isinstance(reply_to, Post) else reply_to["message_id"]]
            message["reply_to_message"] = {k: v for k, v in answered.items() if k != "reply_to_message"}
            if self.kind == "supergroup" and topic is None:  # the platform's own threads of replies are no topics
                message["message_thread_id"] = answered.get("message_thread_id", answered["message_id"])
        message |= more
        return self._bring(message, times)

    def album(self, who: Person, files: Sequence[Attachment], caption: str = "", **more: Any) -> list[Message]:
        """Several files sent as one: as many updates, the caption on the first."""
        group = str(next(self.api.serial))
        return [
            self.says(who, caption if n == 0 else "", file=file, media_group_id=group, **more)
            for n, file in enumerate(files)
        ]

    def edits(self, message: Message, text: str, at: datetime | None = None) -> Message:
        """The author changes the words of a message."""
        key = "text" if "text" in message else "caption"
        edited = {**message, key: text, "edit_date": int((at or self.api.now()).timestamp())}
        edited.pop("entities", None)
        if found := detect(text):
            edited["entities" if key == "text" else "caption_entities"] = found
        self.messages[message["message_id"]] = edited
        if self._heard(edited):
            self.api.bring("edited_message", edited)
        return edited

    def deletes(self, message: Message | Post) -> None:
        """A message goes; bots are not told."""
        gone = message.message_id if isinstance(message, Post) else message["message_id"]
        del self.messages[gone]
        self.posts = [post for post in self.posts if post.message_id != gone]

    def presses(self, who: Person, label: str, post: Post | None = None, *, times: int = 1, far: bool = False) -> Press:
        """Somebody presses a button, by default the newest of that label; `far`: the message is out of reach by now."""
        post = post or next(each for each in reversed(self.posts) if label in each.buttons)
        press = Press(str(next(self.api.serial)), self.api.now())
        self.api.presses[press.id] = press
        shown = self.messages.get(post.message_id)
        gone = {"chat": self.facts, "message_id": post.message_id, "date": 0}
        self.api.bring(
            "callback_query",
            {
                "id": press.id,
                "from": who.user,
                "message": gone if far or shown is None else shown,
                "chat_instance": str(abs(self.id)),
                "data": post.buttons[label],
            },
            times,
        )
        return press

    def topic(self, name: str, by: Person) -> Topic:
        """Somebody creates a topic."""
        assert self.forum, f"{self.title} has no topics"
        topic = Topic(self, 0, name)
        message = self._message(by, None, None)
        topic.id = message["message_id"]
        self.topics[topic.id] = topic
        message |= {"message_thread_id": topic.id, "is_topic_message": True}
        self._bring(message | {"forum_topic_created": {"name": name, "icon_color": 7322096}})
        return topic

    def renames(self, by: Person, title: str) -> None:
        self.title = title
        self.service(by, {"new_chat_title": title})

    def service(self, by: Person, what: dict[str, Any], *, topic: Topic | None = None) -> Message:
        """A message that the platform itself writes for what somebody did."""
        return self._bring(self._message(by, None, topic) | what)

    def standing(self, by: Person, now: str) -> None:
        """Somebody makes the bot a member, administrator, restricted, left or kicked."""
        before, self.bot = self.member(self.api.me.id), now
        self.api.bring(
            "my_chat_member",
            {
                "chat": self.facts,
                "from": by.user,
                "date": int(self.api.now().timestamp()),
                "old_chat_member": before,
                "new_chat_member": self.member(self.api.me.id),
            },
        )
        if now == "member" and before["status"] in ("left", "kicked") and self.kind != "private":
            self.service(by, {"new_chat_members": [self.api.me.user]})

    def upgrade(self, by: Person) -> Chat:
        """The group becomes a supergroup with another id; service messages tell it on both sides."""
        assert self.kind == "group"
        after = self.api.supergroup(self.title, *self.people, bot=self.bot)
        self.upgraded_to = after.id
        self.service(by, {"migrate_to_chat_id": after.id})
        after.service(by, {"migrate_from_chat_id": self.id})
        return after

    @property
    def permissions(self) -> dict[str, bool]:
        """What members may do here who have no standing of their own."""
        return dict.fromkeys(_MEMBER_RIGHTS, True) | {"can_send_messages": not self.muted}

    def member(self, user_id: int) -> dict[str, Any]:
        """The `ChatMember` of a user."""
        if user_id != self.api.me.id:
            found = next((person for person in self.people if person.id == user_id), None)
            if found is None:
                return {"status": "left", "user": {"id": user_id, "is_bot": False, "first_name": "?"}}
            return {"status": "member", "user": found.user}
        facts: dict[str, Any] = {"status": self.bot, "user": self.api.me.user}
        if self.bot == "administrator":
            facts |= dict.fromkeys(_ADMIN_RIGHTS, False) | {"can_manage_chat": True}
        elif self.bot == "restricted":
            facts |= dict.fromkeys(_MEMBER_RIGHTS, False) | {"is_member": True, "until_date": 0}
        elif self.bot == "kicked":
            facts["until_date"] = 0
        return facts

    def _message(self, who: Person, at: datetime | None, topic: Topic | None) -> Message:
        message: Message = {
            "message_id": next(self.ids),
            "from": who.user,
            "chat": self.facts,
            "date": int((at or self.api.now()).timestamp()),
        }
        if topic is not None:
            # Every word in a topic looks like a reply to the message that created it.
            message |= {"message_thread_id": topic.id, "is_topic_message": True}
            message["reply_to_message"] = self.messages[topic.id]
        return message

    def _bring(self, message: Message, times: int = 1) -> Message:
        self.messages[message["message_id"]] = message
        if self._heard(message):
            self.api.bring("message", message, times)
        return message

    def _heard(self, message: Message) -> bool:
        """Whether the bot gets a message: it must be in, and privacy mode keeps most of a group from it."""
        if self.kind == "private":
            return True
        if self.bot in ("left", "kicked"):
            return False
        if not self.api.privacy or self.bot == "administrator":
            return True
        words = message.get("text", message.get("caption"))
        if words is None and "photo" not in message and "document" not in message:
            return True  # service messages
        name = f"@{self.api.me.username}".casefold()
        first = (words or "").casefold().split(maxsplit=1)[:1]
        to_us = bool(first) and first[0].startswith("/") and ("@" not in first[0] or first[0].endswith(name))
        answered = message.get("reply_to_message", {}).get("from", {}).get("id") == self.api.me.id
        return to_us or answered or name in (words or "").casefold()
