"""Fills a text template: `{named}` placeholders and `**bold**` become a rich line; it knows no language."""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from bot.text import Bold, Line, Node, Text


@dataclass(frozen=True, slots=True)
class _Slot:
    """A named placeholder of a template."""

    name: str


def filled(template: str, params: Mapping[str, str | int | Node]) -> Line:
    """The template as a line. Only the template is parsed: strings among the parameters stay plain text.

    Parameters that the template does not name are ignored; KeyError(name) where one is missing.
    """
    parsed = _parsed(template)
    if isinstance(parsed, Line):
        return parsed
    return _line(params[piece.name] if isinstance(piece, _Slot) else piece for piece in parsed)


@lru_cache(maxsize=4096)
def _parsed(template: str) -> Line | tuple[str | _Slot | None, ...]:
    """The template taken apart, once: texts, placeholders, and None where `**` switches bold on or off; where it has
    no placeholders the line itself. There are as many templates as the catalogues have.
    """
    pieces: list[str | _Slot | None] = []
    for literal, name, _, _ in string.Formatter().parse(template):
        for number, piece in enumerate(literal.split("**")):
            if number:
                pieces.append(None)
            if piece:
                pieces.append(piece)
        if name is not None:
            pieces.append(_Slot(name))
    fixed = [piece for piece in pieces if not isinstance(piece, _Slot)]
    return _line(fixed) if len(fixed) == len(pieces) else tuple(pieces)


def _line(pieces: Iterable[str | int | Node | None]) -> Line:
    """The pieces as nodes, neighbouring plain texts joined."""
    children: list[Node] = []
    outside: list[Node] | None = None  # what stands before the bold part we are in
    words = ""
    for piece in pieces:
        if isinstance(piece, str):
            words += piece
        elif isinstance(piece, Text):
            words += piece.text
        elif isinstance(piece, int):
            words += str(piece)
        else:
            if words:
                children.append(Text(words))
                words = ""
            if piece is not None:
                children.append(piece)
            elif outside is None:
                outside, children = children, []
            else:
                outside.append(Bold(tuple(children)))
                children, outside = outside, None
    if words:
        children.append(Text(words))
    return Line(tuple(children if outside is None else outside))
