"""Posting and editing: one delivery as one or several messages of the platform, and what became of it."""

from __future__ import annotations

import logging
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from bot.channels.base import Outbound, Outcome, Permanent, Scope, Sent, Unchangeable
from bot.channels.telegram.api import Api, CallFailed, Fault
from bot.channels.telegram.keys import message_in, message_key, whole
from bot.channels.telegram.verdict import (
    Remedy,
    is_not_editable,
    is_unchanged,
    outcome_of,
    outcome_of_buttons,
    remedy_for,
)
from bot.channels.telegram.write import Part, keyboard, parts_of

_log = logging.getLogger(__name__)

_NO_PREVIEW = {"is_disabled": True}
_LEFT_OUT = {Remedy.THREAD: "message_thread_id", Remedy.ENTITIES: "entities", Remedy.REPLY: "reply_parameters"}
_MOST_HALVES = 256
_MOST_CAPTION = 1024


@dataclass(frozen=True, slots=True)
class _Half:
    """A delivery of which some parts are posted: the name of the first, how many, and all parts as they were worded."""

    first: str
    posted: int
    parts: tuple[Part, ...]


class Poster:
    """Sends over one Api.

    A delivery too long for one message goes as several: its provider id is the first one's, its buttons are on the
    last. Where a later part fails, the outcome is that part's, and the next attempt goes on from there; only if the
    process has ended meanwhile, or there are more or fewer parts now, all of them are posted again. With as many the
    rest is said as it was worded at first: only a moment near now may read differently by then.
    """

    def __init__(self, api: Api) -> None:
        self._api = api
        self._astray: dict[tuple[str, str], str] = {}
        self._halves: OrderedDict[str, _Half] = OrderedDict()

    def astray(self) -> list[tuple[str, str, str]]:
        """Topics whose posts have gone to the general one, as (room, topic, the platform's reason), until one of them
        takes a post again.
        """
        return [(room, thread, reason) for (room, thread), reason in self._astray.items()]

    async def send(self, message: Outbound) -> Outcome:
        chat = whole(message.room)
        if chat is None:
            return Permanent(f"room {message.room!r} is no chat id", Scope.ROOM)
        if message.buttons_only:
            return await self._change_buttons(chat, message)
        parts = parts_of(message.body)
        if message.edit_of is not None:
            edited = message_in(chat, message.edit_of)
            if edited is None or len(parts) > 1:
                return Unchangeable()
            return await self._edit(chat, edited, message, parts[0])
        return await self._post(chat, message, parts)

    async def upload(self, message: Outbound) -> Outcome:
        """The file of a message with its words below. A chat that takes no files may take words all the same."""
        chat = whole(message.room)
        if chat is None:
            return Permanent(f"room {message.room!r} is no chat id", Scope.ROOM)
        parameters = {
            "chat_id": chat,
            "message_thread_id": None if message.thread is None else whole(message.thread),
            "document": message.file,
            "caption": parts_of(message.body)[0].text[:_MOST_CAPTION],
            "disable_notification": True,
            "reply_parameters": _reply(chat, message.reply_to),
        }
        try:
            result = await self._call("sendDocument", parameters)
        except CallFailed as failed:
            known = outcome_of(failed)
            refused = failed.fault is Fault.REFUSED and isinstance(known, Permanent)
            return Permanent(failed.reason, Scope.MESSAGE) if refused else known
        return Sent(message_key(result["chat"]["id"], result["message_id"]))

    async def _edit(self, chat: int, edited: int, message: Outbound, part: Part) -> Outcome:
        done = Sent(message_key(chat, edited))
        try:
            await self._call(
                "editMessageText",
                {
                    "chat_id": chat,
                    "message_id": edited,
                    "text": part.text,
                    "entities": list(part.entities) or None,
                    "link_preview_options": _NO_PREVIEW,
                    "reply_markup": keyboard(message.body.buttons),
                },
            )
        except CallFailed as failed:
            if is_unchanged(failed):
                return done
            return Unchangeable() if is_not_editable(failed) else outcome_of(failed)
        return done

    async def _change_buttons(self, chat: int, message: Outbound) -> Outcome:
        """Sent also where the message is gone, out of reach, or has them already: then nobody can press the others."""
        done = Sent(message.edit_of or "")
        number = message_in(chat, message.edit_of)
        if number is None:
            return done
        markup = keyboard(message.body.buttons)
        try:
            await self._api.call("editMessageReplyMarkup", chat_id=chat, message_id=number, reply_markup=markup)
        except CallFailed as failed:
            return done if is_unchanged(failed) or is_not_editable(failed) else outcome_of_buttons(failed)
        return done

    async def _post(self, chat: int, message: Outbound, parts: list[Part]) -> Outcome:
        half = self._halves.pop(message.oid, None)
        if half is None or len(half.parts) != len(parts):
            half = _Half("", 0, tuple(parts))
        for number, part in enumerate(half.parts[half.posted :], half.posted):
            is_last = number == len(half.parts) - 1
            try:
                key = await self._post_part(
                    chat_id=chat,
                    message_thread_id=None if message.thread is None else whole(message.thread),
                    text=part.text,
                    entities=list(part.entities) or None,
                    link_preview_options=_NO_PREVIEW,
                    disable_notification=True if message.silent or number else None,
                    reply_parameters=_reply(chat, message.reply_to) if number == 0 else None,
                    reply_markup=keyboard(message.body.buttons) if is_last else None,
                )
            except CallFailed as failed:
                self._keep(message.oid, half)
                return outcome_of(failed)
            half = _Half(half.first or key, number + 1, half.parts)
            if not is_last:
                # Noted at once: the next call may be cut off from outside.
                self._keep(message.oid, half)
        self._halves.pop(message.oid, None)
        return Sent(half.first)

    async def _post_part(self, **parameters: Any) -> str:
        """The name of the message."""
        topic = str(parameters["chat_id"]), str(parameters["message_thread_id"])
        result = await self._call("sendMessage", parameters)
        if parameters["message_thread_id"] is not None:
            self._astray.pop(topic, None)
        return message_key(result["chat"]["id"], result["message_id"])

    async def _call(self, method: str, parameters: dict[str, Any]) -> Any:
        """What the platform refuses is tried without, each thing once; it is taken out of `parameters`."""
        while True:
            try:
                return await self._api.call(method, **parameters)
            except CallFailed as failed:
                remedy = remedy_for(failed)
                if remedy is None or parameters.get(_LEFT_OUT[remedy]) is None:
                    raise
                _log.warning("telegram.sent_without: %s: %s", remedy.name.lower(), failed.reason)
                if remedy is Remedy.THREAD:
                    self._astray[str(parameters["chat_id"]), str(parameters["message_thread_id"])] = failed.reason
                parameters[_LEFT_OUT[remedy]] = None

    def _keep(self, oid: str, half: _Half) -> None:
        if half.posted:
            self._halves[oid] = half
            while len(self._halves) > _MOST_HALVES:
                self._halves.popitem(last=False)


def _reply(chat: int, key: str | None) -> dict[str, object] | None:
    """A reply outlives what it answers; one to a message from before the group moved is none."""
    number = message_in(chat, key)
    return None if number is None else {"message_id": number, "allow_sending_without_reply": True}
