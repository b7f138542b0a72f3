"""Slack's markup as its people see it, and what they type as Slack passes it on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any

_SEQUENCE = re.compile(r"<([^<>]+)>")
_BOLD = re.compile(r"(?<![\w*])\*(\S(?:[^*\n]*\S)?)\*(?![\w*])")
_ITALIC = re.compile(r"(?<![\w_])_(\S(?:[^_\n]*\S)?)_(?![\w_])")
_STRUCK = re.compile(r"(?<![\w~])~(\S(?:[^~\n]*\S)?)~(?![\w~])")
_CODE = re.compile(r"`([^`\n]+)`")
_INVISIBLE = str.maketrans("", "", "\u200b\u2060\ufeff\u00ad")
# What stands in the words of a rich_text is no markup, so it is hidden from the styles until they are through.
_LITERAL = str.maketrans("*_~`", "\ue000\ue001\ue002\ue003")
_AS_TYPED = str.maketrans("\ue000\ue001\ue002\ue003", "*_~`")
_PINGS = re.compile(r"<(@[UW][A-Z0-9]+|!channel|!here|!everyone|!subteam\^S[A-Z0-9]+)(?:\|[^<>]*)?>")
_LINKS = re.compile(r"<((?:https?://|mailto:)[^<>|]+)(?:\|[^<>]*)?>")
_BARE_URL = re.compile(r"https?://[^\s<>|]+")


def shown(text: str, names: Mapping[str, str], zone: tzinfo | None = None) -> str:
    """mrkdwn as a reader sees it; dates by their fallback, or in the reader's zone where one is given."""

    def sequence(found: re.Match[str]) -> str:
        body, _, label = found[1].partition("|")
        if body.startswith("@"):
            return f"@{label or names.get(body[1:], body[1:])}"
        if body.startswith("!date^"):
            return _date(body.split("^"), label, zone)
        if body.startswith(("!", "#")):
            return f"{'#' if body[0] == '#' else '@'}{label or body[1:].partition('^')[0]}"
        return f"{label} ({body})" if label and label != body else body.removeprefix("mailto:")

    seen = _SEQUENCE.sub(sequence, text)
    for style in (_BOLD, _ITALIC, _STRUCK, _CODE):
        seen = style.sub(r"\1", seen)
    return unescaped(seen).translate(_INVISIBLE).translate(_AS_TYPED)


def _date(parts: Sequence[str], fallback: str, zone: tzinfo | None) -> str:
    if zone is None:
        return fallback
    at = datetime.fromtimestamp(int(parts[1]), zone)
    return (
        re.sub(r"\{date\w*\}", f"{at.day} {at:%b %Y}", parts[2])
        .replace("{time}", f"{at:%H:%M}")
        .replace("{time_secs}", f"{at:%H:%M:%S}")
    )


def unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def typed(text: str, ids: Mapping[str, str]) -> str:
    """What somebody typed, as Slack hands it to apps: escaped, its mentions and addresses as sequences.

    `ids` maps names to user ids.
    """
    made = _BARE_URL.sub(lambda found: f"<{found[0]}>", escaped(text))
    for name in ("channel", "here", "everyone"):
        made = re.sub(rf"(?<![\w<!])@{name}\b", f"<!{name}>", made)
    for name in sorted(ids, key=len, reverse=True):
        made = re.sub(rf"(?<![\w<])@{re.escape(name)}\b", f"<@{ids[name]}>", made)
    return made


def block_lines(blocks: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The markup of a message's blocks, block by block; buttons left out."""
    for block in blocks:
        match block["type"]:
            case "section":
                texts = [block["text"]] if "text" in block else []
                yield from (_markup(text) for text in [*texts, *block.get("fields", [])])
            case "header":
                yield _markup(block["text"])
            case "context":
                yield from (_markup(text) for text in block["elements"] if text["type"] != "image")
            case "input":
                yield _markup(block["label"])
            case "rich_text":
                yield from _rich_lines(block)


def _markup(text: Mapping[str, Any]) -> str:
    return str(text["text"]) if text["type"] == "mrkdwn" else escaped(str(text["text"]))


def _rich_lines(block: Mapping[str, Any]) -> Iterator[str]:
    for part in block["elements"]:
        if part["type"] == "rich_text_list":
            yield from (f"• {_rich_inline(item)}" for item in part["elements"])
        else:
            yield _rich_inline(part).removesuffix("\n")


def _rich_inline(section: Mapping[str, Any]) -> str:
    return "".join(_rich_node(node) for node in section["elements"])


def _rich_node(node: Mapping[str, Any]) -> str:
    match node["type"]:
        case "user":
            return f"<@{node['user_id']}>"
        case "broadcast":
            return f"<!{node['range']}>"
        case "usergroup":
            return f"<!subteam^{node['usergroup_id']}>"
        case "link":
            return f"<{node['url']}|{escaped(node.get('text', node['url']))}>"
        case "date":
            fallback = escaped(node.get("fallback", ""))
            return f"<!date^{node['timestamp']}^{node['format']}|{fallback}>"
        case "emoji":
            return f":{node['name']}:"
        case _:
            return escaped(node["text"]).translate(_LITERAL)


def buttons(blocks: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(block id, button) of every button of a message."""
    for block in blocks:
        elements = block["elements"] if block["type"] == "actions" else []
        elements = [*elements, *([block["accessory"]] if "accessory" in block else [])]
        yield from ((block.get("block_id", ""), each) for each in elements if each["type"] == "button")


def pings(text: str) -> list[str]:
    """Who is called by a piece of markup: user ids, `!channel`, ..."""
    return [found.removeprefix("@") for found in _PINGS.findall(text)]


def links(text: str, blocks: Sequence[Mapping[str, Any]] = ()) -> list[str]:
    """Addresses that can be clicked: those of link sequences, and bare ones in markup that is not `verbatim`."""
    found = _LINKS.findall(text)
    for block in blocks:
        part = block.get("text")
        if isinstance(part, Mapping) and part["type"] == "mrkdwn" and not part.get("verbatim"):
            found += _BARE_URL.findall(_SEQUENCE.sub("", str(part["text"])))
    return found
