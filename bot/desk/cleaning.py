"""What no store or reader can bear is taken out of an event before it is kept; the raw bytes keep everything. Pure."""

from __future__ import annotations

import hashlib
import re
from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any

from bot.channels.base import Inbound, News

MAX_TEXT = 64 * 1024
_MAX_NAME = 200
_LINK = re.compile(r"\s*(?:@[\w.-]+[\s,:]*)?/?link(?:@[\w.-]+)?\s+(?P<code>[\w-]{16,128})\s*", re.IGNORECASE)
_LINK_INSIDE = re.compile(
    r"(?P<said>/(?:link|start)(?:@[\w.-]+)?\s+|[?&]start(?:group)?=)(?P<code>[\w-]{16,128})", re.IGNORECASE
)
# In raw bytes a code can stand in what is answered or quoted, in JSON as in a form; there rather too much is hidden.
_LINK_IN_BYTES = re.compile(
    rb"(?P<said>(?:link|start|startgroup)(?:@[\w.-]+)?(?:[\s+=]|\\+[nrt]|\\+u00a0|%20|%3D)+)(?P<code>[\w-]{16,128})",
    re.IGNORECASE,
)
_WORDS = [field.name for field in fields(Inbound) if field.type in ("str", "str | None")]


def cleaned(inbound: Inbound) -> Inbound:
    """Without lone surrogates and NUL anywhere, text and names cut to what is stored, moments truncated to
    milliseconds.

    A code that links a room is a secret: only its hash goes on, and the raw bytes are not kept; where a message
    answers or quotes it, it is hidden.
    """
    inbound = _without_code(replace(inbound, **{name: _clean(getattr(inbound, name)) for name in _WORDS}))
    news = inbound.news
    return replace(
        inbound,
        text=inbound.text[:MAX_TEXT],
        sender_name=inbound.sender_name[:_MAX_NAME],
        room_name=inbound.room_name[:_MAX_NAME],
        files=tuple(
            replace(file, name=_clean(file.name), media_type=_clean(file.media_type), handle=_clean(file.handle))
            for file in inbound.files
        ),
        news=None if news is None else _of_news(news),
        at=_milliseconds(inbound.at),
        received_at=_milliseconds(inbound.received_at),
    )


def _of_news(news: News) -> News:
    came = tuple(replace(each, who=_clean(each.who), name=_clean(each.name)[:_MAX_NAME]) for each in news.came)
    return replace(news, detail=_clean(news.detail)[:_MAX_NAME], came=came)


def _without_code(inbound: Inbound) -> Inbound:
    code = _LINK.fullmatch(inbound.text)
    if code is not None:
        return replace(inbound, text=f"/link {_hash(code['code'])}", payload=b"")
    text, count = _LINK_INSIDE.subn(lambda found: found["said"] + _hash(found["code"]), inbound.text)
    if count:
        return replace(inbound, text=text, payload=b"")
    payload = _LINK_IN_BYTES.sub(lambda found: found["said"] + _hash(found["code"].decode()).encode(), inbound.payload)
    return replace(inbound, payload=payload) if payload != inbound.payload else inbound


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


def _clean(text: Any) -> Any:
    """A text without what no store bears; anything else, such as None, as it is."""
    if not isinstance(text, str):
        return text
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "\ufffd")


def _milliseconds(at: datetime) -> datetime:
    return at - timedelta(microseconds=at.microsecond % 1000)
