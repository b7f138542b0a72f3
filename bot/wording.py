"""Fills a text template: `{named}` placeholders and `**bold**` become a rich line; it knows no language."""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.text import Bold, Line, Node, Text


@dataclass(frozen=True, slots=True)
class _Slot:
    """A named placeholder of a template."""

    name: str


def filled(template: str, params: Mapping[str, str | int | Node]) -> Line:
    """The template as a line. Only the template is parsed: strings among the parameters stay plain text.

    Parameters that the template does not name are ignored; KeyError(name) where one is missing.
    """
    children: list[Node] = []
    strong: list[Node] | None = None
    for piece in _pieces(template):
        if piece is None:
            if strong is not None:
                children.append(Bold(tuple(strong)))
            strong = [] if strong is None else None
        else:
            node = _node(params[piece.name]) if isinstance(piece, _Slot) else piece
            _append(children if strong is None else strong, node)
    return Line(tuple(children))


def _pieces(template: str) -> Iterator[Text | _Slot | None]:
    """The template piece by piece; None where `**` switches bold on or off."""
    for literal, name, _, _ in string.Formatter().parse(template):
        for number, piece in enumerate(literal.split("**")):
            if number:
                yield None
            if piece:
                yield Text(piece)
        if name is not None:
            yield _Slot(name)


def _node(value: str | int | Node) -> Node:
    return Text(str(value)) if isinstance(value, str | int) else value


def _append(nodes: list[Node], node: Node) -> None:
    """Adds a node, joining neighbouring plain texts."""
    if nodes and isinstance(node, Text) and isinstance(last := nodes[-1], Text):
        nodes[-1] = Text(last.text + node.text)
    else:
        nodes.append(node)
