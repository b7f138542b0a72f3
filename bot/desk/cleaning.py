"""What no store or reader can bear is taken out of an event before it is kept; the raw bytes keep everything."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot import log
from bot.channels.base import Inbound, News
from bot.store.access import CODE_CHARS

MAX_TEXT = 64 * 1024
_MAX_NAME = 200
_LINK = re.compile(r"\s*(?:@[\w.-]+[\s,:]*)?/?link(?:@[\w.-]+)?\s+(?P<code>[\w-]{16,128})\s*", re.IGNORECASE)
# A code wherever it stands, also where an escape, as in JSON or in an address, has grown into the word.
_RUN = re.compile(rf"(?<![\w-])[\w-]{{{CODE_CHARS},256}}(?![\w-])", re.ASCII)
_SINCE = datetime(2013, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(minutes=10)
_WORDS = [field.name for field in fields(Inbound) if field.type in ("str", "str | None")]

logger = log.get(__name__)


def cleaned(inbound: Inbound) -> Inbound:
    """Without lone surrogates and NUL anywhere, text and names cut to what is stored, moments truncated to
    milliseconds; of our own time where the platform's makes no sense.

    A code that links a room is a secret: only its hash goes on, and the raw bytes are not kept.
    """
    at = inbound.at
    if not _SINCE <= at <= inbound.received_at + _AHEAD:  # no platform is older, and none is that far ahead of us
        logger.warning("an event of no possible time is taken as of now", action="inbox.undated", at=str(at))
        at = inbound.received_at
    inbound = replace(inbound, **{name: _clean(getattr(inbound, name)) for name in _WORDS})
    code = _LINK.fullmatch(inbound.text)
    if code is not None:
        inbound = replace(inbound, text=f"/link {_hash(code['code'])}", payload=b"")
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
        at=_milliseconds(at),
        received_at=_milliseconds(inbound.received_at),
    )


def _of_news(news: News) -> News:
    came = tuple(replace(each, who=_clean(each.who), name=_clean(each.name)[:_MAX_NAME]) for each in news.came)
    return replace(news, detail=_clean(news.detail)[:_MAX_NAME], came=came)


def without_codes(inbound: Inbound, codes: Callable[[], Collection[str]]) -> Inbound:
    """With the hash in the place of every code of ours, however it is spelled and whatever stands around it. `codes`
    gives the hashes of all; it is asked only where a word could be one.
    """
    if not any(_RUN.search(text) for text in _texts(inbound)):
        return inbound
    hashes = codes()
    if not hashes:
        return inbound

    def hidden(text: str) -> str:
        return _RUN.sub(lambda run: _hidden(run[0], hashes), text)

    news = inbound.news
    words: dict[str, Any] = {name: hidden(text) for name in _WORDS if (text := getattr(inbound, name))}
    return replace(
        inbound,
        **words,
        payload=hidden(inbound.payload.decode("latin-1")).encode("latin-1"),
        files=tuple(replace(file, name=hidden(file.name)) for file in inbound.files),
        news=None if news is None else replace(news, detail=hidden(news.detail)),
    )


def _texts(inbound: Inbound) -> Iterator[str]:
    yield from (text for name in _WORDS if (text := getattr(inbound, name)))
    yield inbound.payload.decode("latin-1")
    yield from (file.name for file in inbound.files)
    if inbound.news is not None:
        yield inbound.news.detail


def _hidden(run: str, hashes: Collection[str]) -> str:
    for at in range(len(run) - CODE_CHARS + 1):
        hashed = _hash(run[at : at + CODE_CHARS])
        if hashed in hashes:
            return run[:at] + hashed + _hidden(run[at + CODE_CHARS :], hashes)
    return run


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


def _clean(text: Any) -> Any:
    """A text without what no store bears; anything else, such as None, as it is."""
    if not isinstance(text, str):
        return text
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "\ufffd")


def _milliseconds(at: datetime) -> datetime:
    return at - timedelta(microseconds=at.microsecond % 1000)
