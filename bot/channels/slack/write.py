"""Pure: rich text -> Slack messages within Slack's limits, each with a fallback text; foreign words stay words.

1. Every node becomes pieces that may not be cut: a word, a mention, a date, a link; each as an element of Slack's
   `rich_text`, where words are words and nothing else, and as markup for the fallback.
2. Pieces fill blocks, blocks fill messages, in order; the buttons stand below the last one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from bot.text import Bold, Button, Code, Items, Line, Link, Mention, Moment, Node, Rich, Text

BLOCK = 2900
"""UTF-16 units of a block as markup; Slack's limit of a text is 3000 and it does not say of what."""

BLOCKS = 4
"""Such blocks of a message: Slack refuses blocks of about 13,000 characters in all (`msg_blocks_too_long`)."""

_LABEL = 75
_DATE = "{date_short_pretty} {time}"
_TIME = "{time}"
# A stretch this short ends on the day it began, or the next morning: either way its end needs no date.
_ONE_DAY = timedelta(hours=24)
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


@dataclass(frozen=True, slots=True)
class Piece:
    element: dict[str, Any]
    markup: str


@dataclass(frozen=True, slots=True)
class Row:
    """A line or the item of a list, or what of it fits into a block."""

    is_item: bool
    pieces: tuple[Piece, ...]

    @property
    def markup(self) -> str:
        return ("• " if self.is_item else "") + "".join(piece.markup for piece in self.pieces)


def parts(rich: Rich) -> list[Part]:
    """The messages that say it, in order; at least one."""
    filled = list(_filled(rich.blocks))
    if not filled:
        words = " ".join(button.label for button in rich.buttons) or "…"
        filled = [[Row(False, (_text(words, {}),))]]
    found: list[Part] = []
    for start in range(0, len(filled), BLOCKS):
        chunk = filled[start : start + BLOCKS]
        blocks = [_block(rows) for rows in chunk]
        if start + BLOCKS >= len(filled):
            blocks += actions(rich.buttons)
        texts = ["\n".join(row.markup for row in rows).strip("\n") for rows in chunk]
        found.append(Part(texts[0] if len(texts) == 1 else f"{texts[0]} …", tuple(blocks), "\n".join(texts)))
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
    clean = _EVERYBODY.sub("@\u2060", _clean(text))
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


def _filled(blocks: Iterable[Line | Items]) -> Iterator[list[Row]]:
    """Rows by the block, none of which is blank: Slack refuses those."""
    held: list[Row] = []
    used = 0
    for is_item, pieces in _rows(blocks):
        row: list[Piece] = []
        for piece in pieces:
            if used + size(piece.markup) > BLOCK:
                held.append(Row(is_item, tuple(row)))
                if _says_something(held):
                    yield held
                held, row, used, is_item = [], [], 0, False
            row.append(piece)
            used += size(piece.markup)
        held.append(Row(is_item, tuple(row)))
        used += 3
    if _says_something(held):
        yield held


def _rows(blocks: Iterable[Line | Items]) -> Iterator[tuple[bool, Iterator[Piece]]]:
    for block in blocks:
        if isinstance(block, Items):
            yield from ((True, _pieces(item.children, {})) for item in block.items)
        else:
            yield False, _pieces(block.children, {})


def _says_something(rows: Iterable[Row]) -> bool:
    return any(piece.markup.strip() for row in rows for piece in row.pieces)


def _block(rows: Iterable[Row]) -> dict[str, Any]:
    """Lines as one section, items as lists."""
    found: list[dict[str, Any]] = []
    for is_item, group in groupby((row for row in rows if row.pieces), key=lambda row: row.is_item):
        if is_item:
            items = [_section(row.pieces) for row in group]
            found.append({"type": "rich_text_list", "style": "bullet", "elements": items})
        else:
            lines = [row.pieces for row in group]
            broken = [(*pieces, _text("\n", {})) for pieces in lines[:-1]]
            found.append(_section(tuple(piece for pieces in (*broken, lines[-1]) for piece in pieces)))
    return {"type": "rich_text", "elements": found}


def _section(pieces: Iterable[Piece]) -> dict[str, Any]:
    """The pieces, neighbouring words of one style put together again."""
    elements: list[dict[str, Any]] = []
    for piece in pieces:
        new, last = piece.element, elements[-1] if elements else {}
        if new["type"] == last.get("type") == "text" and new.get("style") == last.get("style"):
            elements[-1] = {**last, "text": last["text"] + new["text"]}
        else:
            elements.append(new)
    return {"type": "rich_text_section", "elements": elements}


def _pieces(nodes: Iterable[Node], style: dict[str, bool]) -> Iterator[Piece]:
    for node in nodes:
        match node:
            case Text(text):
                yield from _words(text, style)
            case Bold(children):
                yield from _pieces(children, {**style, "bold": True})
            case Code(text):
                yield from _words(text, {**style, "code": True})
            case Link(text, url):
                yield from _link(text, url, style)
            case Mention(name, ext_id):
                user = _USER.fullmatch(ext_id or "")
                if user:
                    yield Piece(_styled({"type": "user", "user_id": user[1]}, style), f"<@{user[1]}>")
                else:
                    yield from _words(_one_line(name), style)
            case Moment():
                yield from _moment(node, style)


def _moment(moment: Moment, style: dict[str, bool]) -> Iterator[Piece]:
    """A date of Slack's; as that is one moment, a stretch is two, with the dash of its wording between them."""
    if moment.until is None:
        yield _date(moment.at, _DATE, moment.text, style)
        return
    start, _, end = moment.text.partition("-")
    yield _date(moment.at, _DATE, start, style)
    yield _text("-", style)
    yield _date(moment.until, _TIME if moment.until - moment.at < _ONE_DAY else _DATE, end or "…", style)


def _date(at: datetime, form: str, fallback: str, style: dict[str, bool]) -> Piece:
    """A moment that every reader sees in his own zone and language; `fallback` where a client cannot."""
    unix, words = int(at.timestamp()), _clean(_one_line(fallback))
    element = {"type": "date", "timestamp": unix, "format": form, "fallback": words}
    return Piece(_styled(element, style), f"<!date^{unix}^{form}|{escaped(words).replace('|', '/')}>")


def _link(text: str, url: str, style: dict[str, bool]) -> Iterator[Piece]:
    """A link of ours; of anything but a web address the words only."""
    address = escaped(_one_line(url)).replace("|", "%7C")
    if not url.startswith(("https://", "http://")) or " " in url or size(address) > 2000:
        yield from _words(f"{text} ({url})", style)
        return
    words = cut(_clean(_one_line(text)) or url, _LONGEST_PIECE)
    element = {"type": "link", "url": url, "text": words}
    yield Piece(_styled(element, style), f"<{address}|{escaped(words).replace('|', '/')}>")


def _words(text: str, style: dict[str, bool]) -> Iterator[Piece]:
    """Word by word, so that a long text is cut between words; what no word is long is cut between characters."""
    for match in _WORD.finditer(_clean(text)):
        word = match[0]
        yield from (_text(word[at : at + _LONGEST_PIECE], style) for at in range(0, len(word), _LONGEST_PIECE))


def _text(text: str, style: dict[str, bool]) -> Piece:
    return Piece(_styled({"type": "text", "text": text}, style), escaped(text))


def _styled(element: dict[str, Any], style: dict[str, bool]) -> dict[str, Any]:
    return {**element, "style": style} if style else element


def _clean(text: str) -> str:
    return _UNSEEN.sub("", text.replace("\r\n", "\n"))


def _one_line(text: str) -> str:
    return " ".join(text.split())
