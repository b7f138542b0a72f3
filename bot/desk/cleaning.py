"""What no store or reader can bear is taken out of an event before it is kept; the raw bytes keep everything. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.channels.base import Inbound

MAX_TEXT = 64 * 1024
_MAX_NAME = 200


def cleaned(inbound: Inbound) -> Inbound:
    """Without lone surrogates and NUL, text and name cut to what is stored, moments truncated to milliseconds."""
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
