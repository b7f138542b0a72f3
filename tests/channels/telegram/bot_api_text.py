"""Message texts as the platform takes them: UTF-16 units, entities, the HTML it understands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from typing import Any

MOST_UNITS = 4096
MOST_ENTITIES = 100
_TOKEN = re.compile(r"<[^>]*>|&[^;&<]*;?|[^<&]+|<")
_TAG = re.compile(r"<(/?)([a-z-]+)((?:\s+[a-z-]+=(?:\"[^\"]*\"|'[^']*'))*)\s*>")
_ATTRIBUTE = re.compile(r"([a-z-]+)=(?:\"([^\"]*)\"|'([^']*)')")
_NAMED = {"&lt;", "&gt;", "&amp;", "&quot;"}
_KINDS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "tg-spoiler": "spoiler",
    "a": "text_link",
    "tg-time": "date_time",
}
_ENTITIES = {*_KINDS.values(), "text_mention", "expandable_blockquote", "custom_emoji", "mention", "hashtag", "url"}
_DATE_FORMAT = re.compile(r"r|w?[dD]?[tT]?")
_COMMAND = re.compile(r"(?<![\w/])/[a-zA-Z0-9_]{1,64}(?:@[a-zA-Z0-9_]{3,32})?")
_MENTION = re.compile(r"(?<!\w)@[a-zA-Z0-9_]{3,32}")


class CannotParse(Exception):
    """The platform refuses the text's markup."""


def units(text: str) -> int:
    """The length of a text as the platform counts: UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2


def piece(text: str, offset: int, length: int) -> str:
    """A span given in UTF-16 units; UnicodeDecodeError where it cuts a character."""
    return text.encode("utf-16-le")[offset * 2 : (offset + length) * 2].decode("utf-16-le")


@dataclass(frozen=True, slots=True)
class _Open:
    tag: str
    start: int
    facts: dict[str, Any]


def from_html(source: str) -> tuple[str, list[dict[str, Any]]]:
    """Plain text and entities of the platform's HTML; CannotParse as its server would say it."""
    text, entities, opened = "", [], list[_Open]()
    for token in _TOKEN.findall(source):
        if token.startswith("<"):
            match = _TAG.fullmatch(token)
            if match is None or match[2] not in {*_KINDS, "span"}:
                raise CannotParse(f'Unsupported start tag "{token.strip("</>")}" at byte offset {len(text.encode())}')
            if not match[1]:
                opened.append(_Open(match[2], units(text), _facts(match[2], match[3])))
            elif not opened or opened[-1].tag != match[2]:
                raise CannotParse(f'Unmatched end tag at byte offset {len(text.encode())}, found "{token}"')
            else:
                begun = opened.pop()
                length = units(text) - begun.start
                if length:
                    entities.append({"offset": begun.start, "length": length, **begun.facts})
        elif token.startswith("&"):
            text += unescape(token) if token in _NAMED or token.startswith("&#") else token
        else:
            text += token
    if opened:
        raise CannotParse(f"Can't find end tag corresponding to start tag {opened[-1].tag}")
    return text, sorted(entities, key=lambda entity: (entity["offset"], -entity["length"]))


def _facts(tag: str, attributes: str) -> dict[str, Any]:
    found = {name: unescape(double or single) for name, double, single in _ATTRIBUTE.findall(attributes)}
    if tag == "span":
        if found != {"class": "tg-spoiler"}:
            raise CannotParse('Tag "span" must have class "tg-spoiler"')
        return {"type": "spoiler"}
    if tag == "a":
        url = found.get("href", "")
        if url.startswith("tg://user?id="):
            return {"type": "text_mention", "user": {"id": int(url.removeprefix("tg://user?id="))}}
        return {"type": "text_link", "url": url}
    if tag == "tg-time":
        if not found.get("unix", "").isdigit():
            raise CannotParse('Tag "tg-time" must have attribute "unix"')
        more = {"date_time_format": found["format"]} if "format" in found else {}
        return {"type": "date_time", "unix_time": int(found["unix"]), **more}
    return {"type": _KINDS[tag]}


def entity_faults(text: str, entities: list[dict[str, Any]]) -> list[str]:
    """What is wrong with entities over a text."""
    faults, size = [], units(text)
    if len(entities) > MOST_ENTITIES:
        faults.append(f"{len(entities)} entities, {MOST_ENTITIES} at most")
    for entity in entities:
        start, length = entity["offset"], entity["length"]
        if start < 0 or length < 1 or start + length > size:
            faults.append(f"entity {entity} is outside of {size} units")
            continue
        try:
            piece(text, start, length)
        except UnicodeDecodeError:
            faults.append(f"entity {entity} cuts a character")
        if entity["type"] not in _ENTITIES:
            faults.append(f"entity {entity} of a kind no bot may send")
        if entity["type"] == "date_time" and not (
            _DATE_FORMAT.fullmatch(entity.get("date_time_format", "")) and "unix_time" in entity
        ):
            faults.append(f"entity {entity} is no date")
        faults += [f"entities {other} and {entity} cross" for other in entities if _cross(other, entity)]
    return faults


def _cross(one: dict[str, Any], two: dict[str, Any]) -> bool:
    return bool(one["offset"] < two["offset"] < one["offset"] + one["length"] < two["offset"] + two["length"])


def detect(text: str) -> list[dict[str, Any]]:
    """The entities that the platform itself sees in what a person types: commands and mentions."""
    found = [(match, "bot_command") for match in _COMMAND.finditer(text)]
    found += [(match, "mention") for match in _MENTION.finditer(text) if not _within(match, found)]
    entities = [
        {"type": kind, "offset": units(text[: match.start()]), "length": units(match[0])} for match, kind in found
    ]
    return sorted(entities, key=lambda entity: entity["offset"])


def _within(match: re.Match[str], others: list[tuple[re.Match[str], str]]) -> bool:
    return any(other.start() <= match.start() < other.end() for other, _ in others)
