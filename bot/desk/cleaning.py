"""What no store or reader can bear is taken out of an event before it is kept; the raw bytes keep everything. Pure."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from datetime import datetime, timedelta

from bot.channels.base import Inbound

MAX_TEXT = 64 * 1024
_MAX_NAME = 200
_LINK = re.compile(r"\s*(?:@[\w.-]+[\s,:]*)?/?link(?:@[\w.-]+)?\s+(?P<code>[\w-]{16,128})\s*", re.IGNORECASE)


def cleaned(inbound: Inbound) -> Inbound:
    """Without lone surrogates and NUL, text and name cut to what is stored, moments truncated to milliseconds.

    A code that links a room is a secret: only its hash goes on, and the raw bytes are not kept.
    """
    code = _LINK.fullmatch(inbound.text)
    if code is not None:
        hashed = hashlib.sha256(code["code"].encode()).hexdigest()
        inbound = replace(inbound, text=f"/link {hashed}", payload=b"")
    return replace(
        inbound,
        text=_clean(inbound.text)[:MAX_TEXT],
        sender_name=_clean(inbound.sender_name)[:_MAX_NAME],
        at=_milliseconds(inbound.at),
        received_at=_milliseconds(inbound.received_at),
    )


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "\ufffd")


def _milliseconds(at: datetime) -> datetime:
    return at - timedelta(microseconds=at.microsecond % 1000)
