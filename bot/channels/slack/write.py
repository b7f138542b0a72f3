"""Pure: rich text -> Slack messages within Slack's limits, each with a fallback text; foreign words stay words.

1. Every node becomes pieces of markup that may not be cut: an escaped word, a mention, a date, a link.
2. Pieces fill sections, sections fill messages, in order; the buttons stand below the last one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.text import Bold, Button, Code, Items, Line, Link, Mention, Moment, Node, Rich, Text

SECTION = 2900
"""UTF-16 units of a section; Slack's limit is 3000 and it does not say of what."""

SECTIONS = 4
"""Sections of a message: Slack refuses blocks of about 13,000 characters in all (`msg_blocks_too_long`)."""

_LABEL = 75
_ROW = 25
_MOST_BUTTONS = 25 * 10
_LONGEST_PIECE = 400
_EVERYBODY = re.compile(r"@(?=(?:channel|everyone|here|group)\b)", re.IGNORECASE)
_WORD = re.compile(r"\S+\s*|\s+")
_USER = re.compile(r"(?:[\w?]+/)?([UW][A-Z0-9]+)")
# Controls, and marks that reverse the order in which what follows is read.
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]|\r")


@dataclass(frozen=True, slots=True)
class Part:
    """One message: `blocks` for people, `text` for notifications and screen readers, `whole` where blocks fail."""

    text: str
    blocks: tuple[dict[str, Any], ...]
    whole: str


def parts(rich: Rich) -> list[Part]:
    """The messages that say it, in order; at least one."""
    sections = list(_sections(rich.blocks)) or [" ".join(escaped(b.label) for b in rich.buttons) or "…"]
    found: list[Part] = []
    for start in range(0, len(sections), SECTIONS):
        chunk = sections[start : start + SECTIONS]
        blocks = [_section(text) for text in chunk]
        if start + SECTIONS >= len(sections):
            blocks += actions(rich.buttons)
        fallback = chunk[0] if len(chunk) == 1 else f"{chunk[0]} …"
        found.append(Part(fallback, tuple(blocks), "\n".join(chunk)))
    return found


def actions(buttons: Sequence[Button]) -> list[dict[str, Any]]:
    """The buttons in rows of at most 25; ids are unique in the message, as Slack demands."""
    shown = [button for button in buttons[:_MOST_BUTTONS] if button.label and len(button.action) <= 2000]
    elements = [
        {
            "type": "button",
            "action_id": f"pledge-{number}",
            "text": {"type": "plain_text", "text": cut(button.label, _LABEL), "emoji": False},
            "value": button.action,
        }
        for number, button in enumerate(shown)
    ]
    return [{"type": "actions", "elements": elements[at : at + _ROW]} for at in range(0, len(elements), _ROW)]


def escaped(text: str) -> str:
    """Words that Slack reads as nothing but words: `<!channel>`, `<@U1>` and `@everyone` ping nobody."""
    clean = _EVERYBODY.sub("@\u2060", _UNSEEN.sub("", text.replace("\r\n", "\n")))
    return clean.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def cut(text: str, limit: int) -> str:
    """At most `limit` UTF-16 units, an ellipsis where something was left out."""
    if size(text) <= limit:
        return text
    kept = text[: limit - 1]
    while size(kept) >= limit:
        kept = kept[:-1]
    return kept + "…"


def size(text: str) -> int:
    """UTF-16 units."""
    return len(text) if text.isascii() else len(text) + sum(char > "\uffff" for char in text)


def _section(text: str) -> dict[str, Any]:
    # `verbatim`: Slack makes no link, mention or channel out of words that look like one.
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}


def _sections(blocks: Iterable[Line | Items]) -> Iterator[str]:
    """Sections of at most `SECTION` units, none of them blank: Slack refuses those."""
    held: list[str] = []
    used = 0
    for line in _lines(blocks):
        for piece in (*line, "\n"):
            length = size(piece)
            if used + length > SECTION:
                if text := "".join(held).strip("\n"):
                    yield text
                held, used = [], 0
            held.append(piece)
            used += length
    if (text := "".join(held).strip("\n")).strip():
        yield text


def _lines(blocks: Iterable[Line | Items]) -> Iterator[list[str]]:
    for block in blocks:
        if isinstance(block, Items):
            yield from (["• ", *_pieces(item.children)] for item in block.items)
        else:
            yield list(_pieces(block.children))


def _pieces(nodes: Iterable[Node]) -> Iterator[str]:
    for node in nodes:
        match node:
            case Text(text):
                yield from _words(text)
            case Bold(children):
                yield from _bold("".join(_pieces(children)), children)
            case Code(text):
                yield f"`{escaped(_one_line(text)).replace('`', 'ˋ')}`" if text.strip() else escaped(text)
            case Link(text, url):
                yield from _link(text, url)
            case Mention(name, ext_id):
                user = _USER.fullmatch(ext_id or "")
                yield f"<@{user[1]}>" if user else escaped(_one_line(name))
            case Moment(at, text):
                yield date_token(at, text)


def date_token(at: datetime, fallback: str) -> str:
    """A moment that every reader sees in his own zone and language; `fallback` where a client cannot."""
    words = escaped(_one_line(fallback)).replace("|", "/")
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{words}>"


def _bold(inner: str, children: Iterable[Node]) -> Iterator[str]:
    """Bold where Slack would show it: one short line without asterisks of its own; else as it stands."""
    bare = inner.strip()
    if not bare or "*" in inner or "\n" in inner or size(inner) > _LONGEST_PIECE:
        yield from _pieces(children)
        return
    before, after = inner[: len(inner) - len(inner.lstrip())], inner[len(inner.rstrip()) :]
    yield f"{before}*{bare}*{after}"


def _link(text: str, url: str) -> Iterator[str]:
    address = escaped(_one_line(url)).replace("|", "%7C")
    if not url.startswith(("https://", "http://")) or " " in url or size(address) > 2000:
        yield from _words(f"{text} ({url})")
        return
    yield f"<{address}|{cut(escaped(_one_line(text)).replace('|', '/'), 500)}>"


def _words(text: str) -> Iterator[str]:
    """Word by word, so that a long text is cut between words; what no word is long is cut between characters."""
    for match in _WORD.finditer(text):
        word = match[0]
        for at in range(0, len(word), _LONGEST_PIECE):
            yield escaped(word[at : at + _LONGEST_PIECE])


def _one_line(text: str) -> str:
    return " ".join(text.split())
