"""Pure: what Slack's markup says as plain words, and the forms of its ids and timestamps."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

NameOf = Callable[[str], str]
"""The name of a user id as the platform shows it; empty where it is not known."""

TS = re.compile(r"(\d{1,12})\.(\d{6})")
"""A timestamp of Slack: seconds and microseconds, unique per channel. Never a float, which would round it.

It is the id of a message by itself: with the channel's, which changes, answers would not find what they answer.
"""

_MARKUP = re.compile(r"<([^<>\n]*)>")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(ts: str) -> datetime:
    """The moment of a timestamp; ValueError where it is none."""
    match = TS.fullmatch(ts)
    if match is None:
        raise ValueError(f"{ts!r} is no timestamp")
    return _EPOCH + timedelta(seconds=int(match[1]), microseconds=int(match[2]))


def stamp(at: datetime) -> str:
    """The inverse of `moment`."""
    seconds, rest = divmod(at - _EPOCH, timedelta(seconds=1))
    return f"{seconds}.{rest // timedelta(microseconds=1):06d}"


def order(ts: str) -> int:
    """A timestamp as a whole number, for comparing and as the number of an edit."""
    moment(ts)
    return int(ts.replace(".", ""))


def ts_of(reference: str | None) -> str | None:
    """A message id or thread, None where it names no message of Slack: a slash command, a press."""
    return reference if reference is not None and TS.fullmatch(reference) else None


def plain_words(text: str, name_of: NameOf, me: str, my_name: str) -> str:
    """Markup as people read it; a mention of the bot itself (`me`, a user id) becomes `@my_name`, as they typed it."""

    def said(match: re.Match[str]) -> str:
        target, _, label = match[1].partition("|")
        kind, rest = target[:1], target[1:]
        if kind == "@":
            if rest == me:
                return f"@{my_name}"
            return f"@{label or name_of(rest) or rest}"
        if kind == "#":
            return f"#{label or rest}"
        if kind == "!":
            return label or f"@{rest.partition('^')[0]}"
        bare = target.removeprefix("mailto:").removeprefix("tel:")
        return (label or bare) if label in ("", target, bare) else f"{label} ({target})"

    return _unescaped(_MARKUP.sub(said, text))


def _unescaped(text: str) -> str:
    # The ampersand last, or "&amp;lt;" would become "<".
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
