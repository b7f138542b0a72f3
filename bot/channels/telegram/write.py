"""Pure: rich text as the platform's messages: text with entities, in parts that are short enough, and a keyboard.

Entities instead of markup: nothing a person wrote can be taken for markup, and nothing fails to parse. What the
platform finds in bare text by itself is made harmless where it would call people.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.text import Bold, Button, Code, Items, Line, Link, Mention, Moment, Node, Rich, Text

MAX_TEXT = 4096
"""UTF-16 units of one message."""

MAX_ENTITIES = 100
MAX_ROWS = 8
_ROW_WIDTH = 32
_ROW_BUTTONS = 3
_MAX_DATA = 64
# Weekday, day and time as the reader's own settings have them; older apps show the text beneath.
_TIME_FORMAT = "wdt"

# Signs that turn the reading direction or that nobody sees; joiners stay, scripts and emoji need them.
_HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
# The platform calls whoever's name stands behind a bare @; a word joiner between them is not seen and breaks it.
_CALL = re.compile(r"(?<!\w)@(?=\w)", re.ASCII)
_WORDS = re.compile(r"\n+|[^\S\n]+|\S+")
_SAFE_URL = re.compile(r"https?://[^\s/?#]+", re.IGNORECASE)
_TIED = re.compile("[\u0300-\u036f\u200c\u200d\u20e3\ufe00-\ufe0f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")
_JOINER = "\u200d"

Entity = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """One message: its text and what stands out in it, counted in UTF-16 units."""

    text: str
    entities: tuple[Entity, ...] = ()


@dataclass(frozen=True, slots=True)
class _Piece:
    """Words of one look. `whole`: a name, link or moment that is not cut unless it is longer than a message."""

    text: str
    looks: tuple[tuple[tuple[str, Any], ...], ...] = ()
    whole: bool = False


def parts_of(rich: Rich) -> list[Part]:
    """The messages that say it, in order; at least one.

    1. Lines as long as they fit; a line that does not fit into what is left begins a new part.
    2. A line longer than a part is cut between words, a word longer than a part between signs as readers see them.
    """
    packed: list[Part] = []
    current = _Draft()
    for line in _lines(rich):
        if current.lengths and not current.has_room_for([_Piece("\n"), *line]):
            packed += current.done()
            current = _Draft()
        elif current.lengths:
            current.add(_Piece("\n"))
        for piece in _cut(line):
            if not current.has_room_for([piece]):
                packed += current.done()
                current = _Draft()
            current.add(piece)
    packed += current.done()
    return packed or [Part("…")]


def keyboard(buttons: Sequence[Button]) -> dict[str, Any] | None:
    """The buttons in rows of short labels; None for none. One whose action the platform cannot carry is left out."""
    fit = [button for button in buttons if 1 <= len(button.action.encode()) <= _MAX_DATA]
    rows: list[list[Button]] = []
    for button in fit:
        row = rows[-1] if rows else []
        is_full = len(row) >= _ROW_BUTTONS or sum(len(b.label) for b in row) + len(button.label) > _ROW_WIDTH
        if not row or is_full:
            rows.append([button])
        else:
            row.append(button)
    if len(rows) > MAX_ROWS:
        wide = -(-len(fit) // MAX_ROWS)
        rows = [fit[at : at + wide] for at in range(0, len(fit), wide)]
    if not rows:
        return None
    return {
        "inline_keyboard": [
            [{"text": _harmless(b.label).strip() or "…", "callback_data": b.action} for b in row] for row in rows
        ]
    }


def units(text: str) -> int:
    """Its length as the platform counts."""
    return len(text) if text.isascii() else len(text) + sum(sign > "\uffff" for sign in text)


def first_units(text: str, most: int) -> str:
    """As much of the text as fits into `most` UTF-16 units, at least one sign."""
    return text[: _fitting(text, most)]


@dataclass(slots=True)
class _Draft:
    """A part in the making."""

    texts: list[str] = field(default_factory=list)
    lengths: int = 0
    entities: list[Entity] = field(default_factory=list)
    last: _Piece | None = None

    def has_room_for(self, pieces: Sequence[_Piece]) -> bool:
        marks = sum(len(piece.looks) for piece in pieces)
        return (
            self.lengths + sum(units(piece.text) for piece in pieces) <= MAX_TEXT
            and len(self.entities) + marks <= MAX_ENTITIES
        )

    def add(self, piece: _Piece) -> None:
        length = units(piece.text)
        goes_on = self.last is not None and self.last.looks == piece.looks and not (piece.whole or self.last.whole)
        if goes_on:
            for entity in self.entities[len(self.entities) - len(piece.looks) :]:
                entity["length"] += length
        else:
            self.entities += [dict(look, offset=self.lengths, length=length) for look in piece.looks]
        self.texts.append(piece.text)
        self.lengths += length
        self.last = piece

    def done(self) -> Iterator[Part]:
        """The part, without white space around it, which the platform would cut off; nothing if nothing is left."""
        raw = "".join(self.texts)
        text = raw.strip()
        if not text:
            return
        skipped, length = units(raw[: len(raw) - len(raw.lstrip())]), units(text)
        entities = []
        for entity in self.entities:
            begin = max(entity["offset"] - skipped, 0)
            end = min(entity["offset"] + entity["length"] - skipped, length)
            if begin < end:
                entities.append({**entity, "offset": begin, "length": end - begin})
        yield Part(text, tuple(entities))


def _lines(rich: Rich) -> Iterator[list[_Piece]]:
    for block in rich.blocks:
        if isinstance(block, Items):
            for item in block.items:
                yield [_Piece("• "), *_pieces(item)]
        else:
            yield list(_pieces(block))


def _pieces(line: Line) -> Iterator[_Piece]:
    for child in line.children:
        yield from _node(child, ())


def _node(node: Node, around: tuple[tuple[tuple[str, Any], ...], ...]) -> Iterator[_Piece]:
    match node:
        case Bold(children):
            bold = (("type", "bold"),)
            for child in children:
                yield from _node(child, around if bold in around else (*around, bold))
        case Code(text):
            # Code can be part of nothing else.
            yield from _made(_plain(text), ((("type", "code"),),), whole=True)
        case Link(text, url):
            if _SAFE_URL.match(url) is None:
                yield from _made(_harmless(text if text == url else f"{text} ({url})"), around)
            else:
                yield from _made(_plain(text), (*around, (("type", "text_link"), ("url", url))), whole=True)
        case Mention(name, ext_id):
            if ext_id is None or not (ext_id.isascii() and ext_id.isdigit()):
                yield from _made(_harmless(name), around)
            else:
                user = {"id": int(ext_id), "is_bot": False, "first_name": _plain(name)}
                yield from _made(_plain(name), (*around, (("type", "text_mention"), ("user", user))), whole=True)
        case Moment(at, text):
            time = (("type", "date_time"), ("unix_time", int(at.timestamp())), ("date_time_format", _TIME_FORMAT))
            yield from _made(_plain(text), (*around, time), whole=True)
        case Text(text):
            yield from _made(_harmless(text), around)


def _made(text: str, looks: tuple[tuple[tuple[str, Any], ...], ...], *, whole: bool = False) -> Iterator[_Piece]:
    """The platform refuses what stands out around nothing."""
    if text:
        yield _Piece(text, looks if text.strip() else (), whole)


def _plain(text: str) -> str:
    """Without what is not seen and could deceive, lone surrogates included."""
    visible = _HIDDEN.sub("", _LINE_ENDS.sub("\n", text))
    return visible.encode("utf-8", "replace").decode()


def _harmless(text: str) -> str:
    return _CALL.sub("@\u2060", _plain(text))


def _cut(line: Sequence[_Piece]) -> Iterator[_Piece]:
    """The line in pieces of which each fits into a part; as it is where all of it does."""
    if sum(units(piece.text) for piece in line) <= MAX_TEXT and sum(len(p.looks) for p in line) <= MAX_ENTITIES:
        yield from line
        return
    for piece in line:
        if piece.whole and units(piece.text) <= MAX_TEXT:
            yield piece
            continue
        for word in _WORDS.findall(piece.text):
            while word:
                end = _fitting(word, MAX_TEXT)
                yield _Piece(word[:end], piece.looks)
                word = word[end:]


def _fitting(text: str, most: int) -> int:
    """Where to cut so that the first piece has at most `most` units and no visible sign is torn apart."""
    if units(text) <= most:
        return len(text)
    end, used = 0, 0
    for sign in text:
        used += 2 if sign > "\uffff" else 1
        if used > most:
            break
        end += 1
    tied = end
    while tied > max(1, end - 32) and (_TIED.match(text[tied]) or text[tied - 1] == _JOINER):
        tied -= 1
    return max(1, tied if tied > end - 32 else end)
