"""What each method of the fake Bot API does: it changes the chats as the platform would, or refuses as it would."""

from __future__ import annotations

import itertools
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from channels.telegram.bot_api_chats import Chat, Message, Person, Post
from channels.telegram.bot_api_check import Uploaded
from channels.telegram.bot_api_text import MOST_UNITS, CannotParse, detect, entity_faults, from_html, units
from channels.telegram.bot_api_updates import Conflict, Update, Webhook

if TYPE_CHECKING:
    from channels.telegram.bot_api import BotApi

_MOST_CAPTION = 1024
_DOWNLOAD_LIMIT = 20 * 2**20
_PRESS_LIFE = timedelta(seconds=150)
_COMMAND_NAME = re.compile(r"[a-z0-9_]{1,32}")
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")


class Refused(Exception):
    """An answer other than ok; `ours`: no correct bot provokes it."""

    def __init__(self, code: int, text: str, *, ours: bool = False, **parameters: int) -> None:
        super().__init__(text)
        self.code, self.text, self.ours, self.parameters = code, text, ours, parameters


class Methods:
    """The published methods by their names in snake case; parameters are checked already."""

    def __init__(self, api: BotApi) -> None:
        self._api = api

    async def get_me(self) -> dict[str, Any]:
        names = ("can_join_groups", "can_read_all_group_messages", "supports_inline_queries")
        return {**self._api.me.user, **dict(zip(names, (True, not self._api.privacy, False), strict=True))}

    async def get_updates(
        self, offset: int = 0, limit: int = 100, timeout: int = 0, allowed_updates: list[str] | None = None
    ) -> list[Update]:
        if allowed_updates is not None:
            self._api.updates.allowed = allowed_updates
        try:
            return await self._api.updates.poll(offset, limit, timeout)
        except Conflict as error:
            raise Refused(409, f"Conflict: {error}") from error

    async def set_webhook(
        self,
        url: str,
        secret_token: str = "",
        allowed_updates: list[str] | None = None,
        max_connections: int = 40,
        drop_pending_updates: bool = False,
        **_: Any,
    ) -> bool:
        if url and not url.startswith(("https://", "http://127.0.0.1:")):
            raise Refused(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook", ours=True)
        if secret_token and not _SECRET.fullmatch(secret_token):
            raise Refused(400, "Bad Request: secret token contains unallowed characters", ours=True)
        if allowed_updates is not None:
            self._api.updates.allowed = allowed_updates
        await self._api.updates.set_webhook(Webhook(url, secret_token, max_connections), drop_pending_updates)
        return True

    async def delete_webhook(self, drop_pending_updates: bool = False) -> bool:
        await self._api.updates.set_webhook(Webhook(), drop_pending_updates)
        return True

    async def get_webhook_info(self) -> dict[str, Any]:
        hook = self._api.updates.webhook
        info: dict[str, Any] = {
            "url": hook.url,
            "has_custom_certificate": False,
            "pending_update_count": len(self._api.updates.pending),
        }
        if hook.url:
            info["max_connections"] = hook.max_connections
        if hook.error_at is not None:
            info |= {"last_error_date": int(hook.error_at.timestamp()), "last_error_message": hook.error}
        return info if self._api.updates.allowed is None else info | {"allowed_updates": self._api.updates.allowed}

    # Messages

    async def send_message(
        self,
        chat_id: int | str,
        text: str,
        message_thread_id: int | None = None,
        reply_parameters: dict[str, Any] | None = None,
        reply_markup: dict[str, Any] | None = None,
        disable_notification: bool = False,
        **how: Any,
    ) -> Message:
        chat = self._open_chat(chat_id)
        words, entities = self._worded(text, how)
        rows = _keyboard(reply_markup)
        if message_thread_id is not None:
            topic = chat.topics.get(message_thread_id)
            if topic is None:
                raise Refused(400, "Bad Request: message thread not found")
            if not topic.open and chat.bot != "administrator":
                raise Refused(400, "Bad Request: TOPIC_CLOSED")
        reply_to = self._replied(chat, reply_parameters)
        message: Message = {
            "message_id": next(chat.ids),
            "from": self._api.me.user,
            "chat": chat.facts,
            "date": int(self._api.now().timestamp()),
            "text": words,
        }
        if message_thread_id is not None:
            message |= {"message_thread_id": message_thread_id, "is_topic_message": True}
        post = Post(
            chat, message["message_id"], self._api.now(), words, entities, rows, message_thread_id, reply_to,
            disable_notification,
        )  # fmt: skip
        if reply_to is not None:
            original = chat.messages[reply_to]
            message["reply_to_message"] = {k: v for k, v in original.items() if k != "reply_to_message"}
        chat.posts.append(post)
        return self._shown(post, message)

    async def send_document(
        self,
        chat_id: int | str,
        document: Uploaded,
        caption: str = "",
        message_thread_id: int | None = None,
        reply_parameters: dict[str, Any] | None = None,
        disable_notification: bool = False,
    ) -> Message:
        """Files stand apart from `posts`: whoever asks what was said does not mean them."""
        chat = self._open_chat(chat_id)
        if not chat.takes_files:
            raise Refused(400, "Bad Request: not enough rights to send documents to the chat")
        if units(caption) > _MOST_CAPTION:
            raise Refused(400, "Bad Request: message caption is too long", ours=True)
        if message_thread_id is not None and message_thread_id not in chat.topics:
            raise Refused(400, "Bad Request: message thread not found")
        if not document.content:
            raise Refused(400, "Bad Request: file must be non-empty", ours=True)
        self._replied(chat, reply_parameters)
        handle = f"file{next(self._api.serial)}"
        number = next(chat.ids)
        chat.files.append((caption, document))
        return {
            "message_id": number,
            "from": self._api.me.user,
            "chat": chat.facts,
            "date": int(self._api.now().timestamp()),
            "document": {
                "file_id": handle,
                "file_unique_id": f"u{handle}",
                "file_name": document.name,
                "mime_type": document.media_type,
                "file_size": len(document.content),
            },
            **({"caption": caption} if caption else {}),
        }

    async def edit_message_text(
        self,
        text: str,
        chat_id: int | str | None = None,
        message_id: int | None = None,
        reply_markup: dict[str, Any] | None = None,
        **how: Any,
    ) -> Message:
        chat = self._open_chat(chat_id or 0)
        post = next((each for each in chat.posts if each.message_id == message_id), None)
        if post is None:
            other = message_id in chat.messages
            raise Refused(
                400, f"Bad Request: message {'can' + chr(39) + 't be edited' if other else 'to edit not found'}"
            )
        words, entities = self._worded(text, how)
        return self._changed(chat, post, words, entities, _keyboard(reply_markup))

    def _changed(
        self, chat: Chat, post: Post, words: str, entities: list[dict[str, Any]], rows: list[list[dict[str, Any]]]
    ) -> Message:
        if (words, entities, rows) == (post.text, post.entities, post.rows):
            raise Refused(
                400,
                "Bad Request: message is not modified: specified new message content and reply markup are exactly the "
                "same as a current content and reply markup of the message",
            )
        post.versions.append(post.text)
        post.text, post.entities, post.rows = words, entities, rows
        kept = {k: v for k, v in chat.messages[post.message_id].items() if k not in ("entities", "reply_markup")}
        return self._shown(post, {**kept, "text": words, "edit_date": int(self._api.now().timestamp())})

    async def edit_message_reply_markup(
        self, chat_id: int, message_id: int, reply_markup: dict[str, Any] | None = None, **_: Any
    ) -> Message:
        chat = self._open_chat(chat_id)
        post = next((each for each in chat.posts if each.message_id == message_id), None)
        if post is None:
            raise Refused(400, "Bad Request: message to edit not found")
        return self._changed(chat, post, post.text, post.entities, _keyboard(reply_markup))

    async def delete_message(self, chat_id: int, message_id: int) -> bool:
        chat = self._open_chat(chat_id)
        if message_id not in chat.messages:
            raise Refused(400, "Bad Request: message to delete not found")
        del chat.messages[message_id]
        chat.posts = [post for post in chat.posts if post.message_id != message_id]
        return True

    async def send_chat_action(self, chat_id: int | str, action: str, **_: Any) -> bool:
        self._open_chat(chat_id)
        return True

    async def answer_callback_query(
        self, callback_query_id: str, text: str = "", show_alert: bool = False, **_: Any
    ) -> bool:
        if len(text) > 200:
            raise Refused(400, "Bad Request: MESSAGE_TOO_LONG", ours=True)
        press = self._api.presses.get(callback_query_id)
        if press is None or self._api.now() - press.at > _PRESS_LIFE:
            raise Refused(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
        press.answer, press.alert = text, show_alert
        press.answered.set()
        return True

    def _shown(self, post: Post, message: Message) -> Message:
        """The message as the platform keeps and returns it."""
        if post.entities:
            message["entities"] = [
                {**e, "user": self._user(e["user"]["id"])} if "user" in e else e for e in post.entities
            ]
        if post.rows:
            message["reply_markup"] = {"inline_keyboard": post.rows}
        post.chat.messages[post.message_id] = message
        return message

    def _worded(self, text: str, how: dict[str, Any]) -> tuple[str, list[dict[str, Any]]]:
        """The text and entities as readers see them."""
        mode, entities = how.get("parse_mode"), how.get("entities") or []
        if mode is not None:
            if mode != "HTML":
                raise Refused(400, f"Bad Request: unsupported parse_mode {mode}", ours=True)
            try:
                text, entities = from_html(text)
            except CannotParse as error:
                raise Refused(400, f"Bad Request: can't parse entities: {error}", ours=True) from error
        if not text.strip():
            raise Refused(400, "Bad Request: message text is empty", ours=True)
        if units(text) > MOST_UNITS:
            raise Refused(400, "Bad Request: message is too long", ours=True)
        if wrong := entity_faults(text, entities):
            raise Refused(400, f"Bad Request: can't parse entities: {wrong[0]}", ours=True)
        known = [e for e in entities if "user" not in e or e["user"]["id"] in self._people()]
        own = [e for e in detect(text) if not any(_over(e, other) for other in known)]
        return text, sorted(known + [e for e in own if e["type"] == "bot_command"], key=lambda e: e["offset"])

    def _open_chat(self, chat_id: int | str) -> Chat:
        """The chat to write to; Refused as the platform would."""
        chat = self._api.chats.get(int(chat_id)) if str(chat_id).lstrip("-").isdigit() else None
        if chat is None:
            raise Refused(400, "Bad Request: chat not found")
        if chat.upgraded_to is not None:
            text = "Bad Request: group chat was upgraded to a supergroup chat"
            raise Refused(400, text, migrate_to_chat_id=chat.upgraded_to)
        if chat.bot == "kicked":
            private = chat.kind == "private"
            gone = "blocked by the user" if private else f"kicked from the {chat.kind} chat"
            raise Refused(403, f"Forbidden: bot was {gone}")
        if chat.bot == "left":
            raise Refused(403, f"Forbidden: bot is not a member of the {chat.kind} chat")
        if chat.bot == "restricted" or (chat.muted and chat.bot != "administrator"):
            raise Refused(400, "Bad Request: not enough rights to send text messages to the chat")
        if chat.kind == "private" and not chat.messages:
            raise Refused(403, "Forbidden: bot can't initiate conversation with a user")
        return chat

    def _replied(self, chat: Chat, reply: dict[str, Any] | None) -> int | None:
        if reply is None:
            return None
        if int(reply.get("chat_id", chat.id)) == chat.id and reply["message_id"] in chat.messages:
            return int(reply["message_id"])
        if reply.get("allow_sending_without_reply"):
            return None
        raise Refused(400, "Bad Request: message to be replied not found")

    def _people(self) -> dict[int, Person]:
        return {person.id: person for chat in self._api.chats.values() for person in chat.people}

    def _user(self, user_id: int) -> dict[str, Any]:
        return self._people()[user_id].user

    # Chats, files, menus

    async def get_chat(self, chat_id: int | str) -> dict[str, Any]:
        chat = self._api.chats.get(int(chat_id))
        if chat is None or chat.upgraded_to is not None:
            raise Refused(400, "Bad Request: chat not found")
        if chat.bot in ("left", "kicked"):
            self._open_chat(chat_id)
        kinds = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels")
        gifts = dict.fromkeys(kinds, False)
        more = {} if chat.kind == "private" else {"permissions": chat.permissions}
        return {**chat.facts, "accent_color_id": 1, "max_reaction_count": 11, "accepted_gift_types": gifts, **more}

    async def get_chat_member(self, chat_id: int | str, user_id: int) -> dict[str, Any]:
        chat = self._api.chats.get(int(chat_id))
        if chat is None or chat.upgraded_to is not None:
            raise Refused(400, "Bad Request: chat not found")
        if chat.bot in ("left", "kicked") and user_id != self._api.me.id:
            raise Refused(403, f"Forbidden: bot is not a member of the {chat.kind} chat")
        return chat.member(user_id)

    async def get_chat_administrators(self, chat_id: int | str) -> list[dict[str, Any]]:
        chat = self._open_chat(chat_id)
        return [chat.member(self._api.me.id)] if chat.bot == "administrator" else []

    async def leave_chat(self, chat_id: int | str) -> bool:
        chat = self._open_chat(chat_id)
        chat.bot = "left"
        return True

    async def get_file(self, file_id: str) -> dict[str, Any]:
        content = self._api.files.get(file_id)
        if content is None:
            raise Refused(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
        if len(content) > _DOWNLOAD_LIMIT:
            raise Refused(400, "Bad Request: file is too big")
        path = f"documents/{file_id}.bin"
        return {"file_id": file_id, "file_unique_id": f"u{file_id}", "file_size": len(content), "file_path": path}

    async def set_my_commands(
        self, commands: list[dict[str, str]], scope: dict[str, Any] | None = None, language_code: str = ""
    ) -> bool:
        for command in commands:
            if not _COMMAND_NAME.fullmatch(command["command"]):
                raise Refused(400, "Bad Request: BOT_COMMAND_INVALID", ours=True)
            if not 1 <= len(command["description"]) <= 256:
                raise Refused(400, "Bad Request: BOT_COMMAND_DESCRIPTION_INVALID", ours=True)
        if len(commands) > 100:
            raise Refused(400, "Bad Request: BOT_COMMANDS_TOO_MUCH", ours=True)
        self._api.menus[self._scope(scope), self._tongue(language_code)] = commands
        return True

    async def delete_my_commands(self, scope: dict[str, Any] | None = None, language_code: str = "") -> bool:
        self._api.menus.pop((self._scope(scope), self._tongue(language_code)), None)
        return True

    async def get_my_commands(
        self, scope: dict[str, Any] | None = None, language_code: str = ""
    ) -> list[dict[str, str]]:
        return self._api.menus.get((self._scope(scope), self._tongue(language_code)), [])

    def _scope(self, scope: dict[str, Any] | None) -> str:
        if scope is None:
            return "default"
        if "chat_id" not in scope:
            return str(scope["type"])
        return f"{scope['type']}:{self._open_chat(scope['chat_id']).id}"

    def _tongue(self, code: str) -> str:
        if code and not re.fullmatch(r"[a-z]{2}", code):
            raise Refused(400, "Bad Request: invalid language code specified", ours=True)
        return code


def _keyboard(markup: dict[str, Any] | None) -> list[list[dict[str, Any]]]:
    if markup is None:
        return []
    rows: list[list[dict[str, Any]]] = markup["inline_keyboard"]
    for button in itertools.chain.from_iterable(rows):
        if not 1 <= len(button.get("callback_data", "x").encode()) <= 64:
            raise Refused(400, "Bad Request: BUTTON_DATA_INVALID", ours=True)
        if not button["text"].strip():
            raise Refused(400, "Bad Request: text buttons are required to be non-empty", ours=True)
    if sum(map(len, rows)) > 100 or any(len(row) > 8 for row in rows):
        raise Refused(400, "Bad Request: too many buttons", ours=True)
    return [row for row in rows if row]


def _over(one: dict[str, Any], two: dict[str, Any]) -> bool:
    return bool(one["offset"] < two["offset"] + two["length"] and two["offset"] < one["offset"] + one["length"])
