"""What a client opened a ticket with, as it is quoted: his words, or what he sent without any."""

from __future__ import annotations

import re

from bot.desk.book import Page
from bot.sla.log import EventKind
from bot.store.tx import Tx

# Menus write the bot's own name behind a command.
_NEW = re.compile(r"^(?:@\S+\s+/?|/)new(?:@\w+)?\b[\s,:;-]*", re.IGNORECASE)
_KINDS = {"audio/ogg": "voice", "audio": "audio", "image": "photo", "video": "video"}


def first_words(tx: Tx, page: Page) -> str:
    """What the client opened the ticket with, without the command he may have opened it by."""
    return _NEW.sub("", _opening_words(tx, page), count=1)


def _opening_words(tx: Tx, page: Page) -> str:
    message = _opening_message(tx, page)
    return "" if message is None else tx.messages.text(message)


def _opening_message(tx: Tx, page: Page) -> int | None:
    opening = next((e for e in page.log if e.kind is EventKind.OPENED), None)
    if opening is not None and opening.message is not None:
        return opening.message
    pointer = tx.messages.by_ext(page.ticket.room_id, page.ticket.root_ext)
    return None if pointer is None else pointer.id


def kind_sent(tx: Tx, page: Page) -> str:
    """The catalogue's word for what opened the ticket without a word; empty where that was no file either."""
    message = _opening_message(tx, page)
    kinds = [] if message is None else [file.media_type for file in tx.messages.files(message)]
    return next((f"sent.{_KINDS.get(kind) or _KINDS.get(kind.partition('/')[0], 'file')}" for kind in kinds), "")
