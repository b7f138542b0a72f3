"""Rich text as a small tree, with buttons; each channel renders it in its markup and escapes foreign text itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Text:
    """Plain words, ours or a client's; a renderer escapes them."""

    text: str


@dataclass(frozen=True, slots=True)
class Bold:
    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Code:
    text: str


@dataclass(frozen=True, slots=True)
class Link:
    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Mention:
    """A person to be pinged where the channel can (`ext_id` in that channel), else the plain name."""

    name: str
    ext_id: str | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment; `text` is its wording in the room's zone and locale, for channels without reader-local times.

    With `until` it is a stretch of time, `[at, until)`, and `text` words both its ends, its first dash between them.
    """

    at: datetime
    text: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One paragraph."""

    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Items:
    """A bulleted list, one line each."""

    items: tuple[Line, ...]


Node = Text | Bold | Code | Link | Mention | Moment


@dataclass(frozen=True, slots=True)
class Button:
    """A labelled act. `action` is an opaque id of the store; the right to press is checked at the press."""

    label: str
    action: str


@dataclass(frozen=True, slots=True)
class Rich:
    """A whole message: paragraphs and lists in order, then buttons."""

    blocks: tuple[Line | Items, ...]
    buttons: tuple[Button, ...] = ()


def plain(rich: Rich) -> str:
    """The message as plain text, one paragraph or list item a line; buttons left out."""
    return "\n".join(_lines(rich))


def paragraph(*children: Node | str) -> Line:
    """A line; strings become Text."""
    return Line(tuple(Text(child) if isinstance(child, str) else child for child in children))


def _lines(rich: Rich) -> Iterator[str]:
    for block in rich.blocks:
        if isinstance(block, Items):
            yield from (f"• {_inline(item.children)}" for item in block.items)
        else:
            yield _inline(block.children)


def _inline(children: tuple[Node, ...]) -> str:
    return "".join(_node(child) for child in children)


def _node(node: Node) -> str:
    match node:
        case Bold(children):
            return _inline(children)
        case Mention(name):
            return name
        case Link(text, url):
            return text if text == url else f"{text} ({url})"
        case Text(text) | Code(text) | Moment(text=text):
            return text


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A small file that we send along; `media_type` with its parameters: `text/calendar; method=REQUEST`."""

    name: str
    media_type: str
    text: str
    path: str = ""  # where a page of our own finds it, from the root of our server on

    @property
    def content(self) -> bytes:
        return self.text.encode()


def shortened(text: str, limit: int) -> str:
    """`text` on one line, at most `limit` characters, cut at a word where that costs little."""
    flat = " ".join(text.split())
    if len(flat) <= limit:
        return flat
    cut = flat[: limit - 1]
    space = cut.rfind(" ")
    return (cut[:space] if space > limit * 2 // 3 else cut) + "…"


def to_json(rich: Rich) -> dict[str, object]:
    """The tree as plain JSON values, for the store and for browsers; `from_json` reads it back unchanged."""
    return {
        "blocks": [_block_json(block) for block in rich.blocks],
        "buttons": [[b.label, b.action] for b in rich.buttons],
    }


def _block_json(block: Line | Items) -> dict[str, object]:
    if isinstance(block, Items):
        return {"t": "items", "c": [_block_json(item) for item in block.items]}
    return {"t": "line", "c": [_node_json(child) for child in block.children]}


def _node_json(node: Node) -> object:
    match node:
        case Text(text):
            return text
        case Bold(children):
            return {"t": "bold", "c": [_node_json(child) for child in children]}
        case Code(text):
            return {"t": "code", "x": text}
        case Link(text, url):
            return {"t": "link", "x": text, "u": url}
        case Mention(name, ext_id):
            return {"t": "mention", "x": name, "i": ext_id}
        case Moment(at, text, until):
            stretch = {} if until is None else {"e": until.isoformat()}
            return {"t": "moment", "x": text, "a": at.isoformat(), **stretch}


def from_json(data: dict[str, object]) -> Rich:
    """The inverse of `to_json`; KeyError or ValueError where the data is not of that form."""
    blocks = data["blocks"]
    buttons = data.get("buttons") or []
    if not isinstance(blocks, list) or not isinstance(buttons, list):
        raise ValueError("rich text: blocks and buttons must be lists")
    return Rich(tuple(_block(b) for b in blocks), tuple(Button(str(label), str(action)) for label, action in buttons))


def _block(data: dict[str, object]) -> Line | Items:
    children = data["c"]
    if not isinstance(children, list):
        raise ValueError(f"rich text: children of {data['t']!r} must be a list")
    if data["t"] == "items":
        return Items(tuple(Line(tuple(_from(n) for n in item["c"])) for item in children))
    return Line(tuple(_from(child) for child in children))


def _from(data: object) -> Node:
    if isinstance(data, str):
        return Text(data)
    if not isinstance(data, dict):
        raise ValueError(f"rich text: unknown node {data!r}")
    match data["t"]:
        case "bold":
            return Bold(tuple(_from(child) for child in data["c"]))
        case "code":
            return Code(data["x"])
        case "link":
            return Link(data["x"], data["u"])
        case "mention":
            return Mention(data["x"], data["i"])
        case "moment":
            until = datetime.fromisoformat(data["e"]) if "e" in data else None
            return Moment(datetime.fromisoformat(data["a"]), data["x"], until)
        case other:
            raise ValueError(f"rich text: unknown node {other!r}")
