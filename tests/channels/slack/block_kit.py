"""Slack's limits on texts, blocks and views, checked strictly: every violation as a sentence, none where all is well.

Figures: https://docs.slack.dev/reference/block-kit and the pages of `chat.postMessage`, `chat.update`, `views.open`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

POST_TEXT, UPDATE_TEXT = 40_000, 4_000
MESSAGE_BLOCKS, VIEW_BLOCKS = 50, 100
MESSAGE_CHARACTERS = 13_200  # as people have found out; Slack does not document it
METADATA_BYTES, VIEW_BYTES = 16_000, 250_000

_ID = 255
_SEQUENCE = re.compile(
    r"<(?:@[UW][A-Z0-9]+(?:\|[^<>]*)?|#C[A-Z0-9]+(?:\|[^<>]*)?|!(?:channel|here|everyone)(?:\|[^<>]*)?"
    r"|!subteam\^S[A-Z0-9]+(?:\|[^<>]*)?|!date\^-?\d+\^[^<>^|]*(?:\^[^<>|]+)?\|[^<>]+"
    r"|(?:https?://|mailto:)[^<>|]+(?:\|[^<>]*)?)>"
)
_ENTITY = re.compile(r"&(?!amp;|lt;|gt;)")


def message_faults(blocks: Any, text: str | None, *, limit: int) -> Iterator[str]:
    """What is wrong with a message; `limit` is the method's own for `text`."""
    if text is not None and len(text) > limit:
        yield f"text has {len(text)} characters, {limit} are allowed"
    if text:
        yield from _mrkdwn(text, "text")
    if blocks:
        if not (text or "").strip():
            yield "blocks without a text: notifications and screen readers would have nothing to say"
        yield from block_faults(blocks, limit=MESSAGE_BLOCKS)
        if (size := sum(map(_characters, blocks))) > MESSAGE_CHARACTERS:
            yield f"blocks of {size} characters in all, {MESSAGE_CHARACTERS} are taken (msg_blocks_too_long)"


def _characters(part: Any) -> int:
    """How many characters of text stand in a piece of a message."""
    if isinstance(part, dict):
        return sum(
            len(value) if key == "text" and isinstance(value, str) else _characters(value)
            for key, value in part.items()
        )
    return sum(map(_characters, part)) if isinstance(part, list) else 0


def block_faults(blocks: Any, *, limit: int) -> Iterator[str]:
    """What is wrong with a list of blocks."""
    if not isinstance(blocks, list):
        yield f"blocks are no list but {type(blocks).__name__}"
        return
    if len(blocks) > limit:
        yield f"{len(blocks)} blocks, {limit} are allowed"
    ids = [block.get("block_id") for block in blocks if isinstance(block, dict) and block.get("block_id")]
    if len(ids) != len(set(ids)):
        yield "a block_id is used twice"
    for block in blocks:
        check = _BLOCKS.get(block.get("type")) if isinstance(block, dict) else None
        if check is None:
            yield f"no such block: {str(block)[:60]}"
            continue
        yield from _length(block, "block_id", _ID)
        yield from check(block)


def view_faults(view: Any) -> Iterator[str]:
    """What is wrong with a modal or a home tab."""
    if not isinstance(view, dict) or view.get("type") not in ("modal", "home"):
        yield "a view is of type modal or home"
        return
    yield from _unknown(
        view,
        "view",
        "type title blocks close submit private_metadata callback_id clear_on_close notify_on_close external_id "
        "submit_disabled",
    )
    if view["type"] == "modal":
        yield from _object(view.get("title"), "modal title", 24, kinds=("plain_text",))
        for part in ("close", "submit"):
            if part in view:
                yield from _object(view[part], f"modal {part}", 24, kinds=("plain_text",))
        has_input = any(block.get("type") == "input" for block in view.get("blocks", []))
        if has_input and "submit" not in view:
            yield "a modal with an input needs a submit button"
    yield from _length(view, "private_metadata", 3000)
    yield from _length(view, "callback_id", _ID)
    if len(json.dumps(view)) > VIEW_BYTES:
        yield f"a view of more than {VIEW_BYTES} bytes"
    yield from block_faults(view.get("blocks"), limit=VIEW_BLOCKS)


def metadata_faults(metadata: Any) -> Iterator[str]:
    """What is wrong with a message's metadata."""
    if not isinstance(metadata, dict) or set(metadata) - {"event_type", "event_payload", "entities"}:
        yield "metadata is {event_type, event_payload}"
        return
    if not re.fullmatch(r"[A-Za-z][\w-]{0,254}", str(metadata.get("event_type", ""))):
        yield f"metadata event_type {metadata.get('event_type')!r}"
    if not isinstance(metadata.get("event_payload"), dict):
        yield "metadata event_payload is no object"
    if len(json.dumps(metadata)) > METADATA_BYTES:
        yield "metadata too large"


def _section(block: dict[str, Any]) -> Iterator[str]:
    yield from _unknown(block, "section", "type block_id text fields accessory expand")
    if "text" not in block and "fields" not in block:
        yield "a section without text or fields"
    if "text" in block:
        yield from _object(block["text"], "section", 3000)
    fields = block.get("fields", [])
    if len(fields) > 10:
        yield f"{len(fields)} fields in a section, 10 are allowed"
    for field in fields:
        yield from _object(field, "field", 2000)
    if "accessory" in block:
        yield from _element(block["accessory"])


def _header(block: dict[str, Any]) -> Iterator[str]:
    yield from _unknown(block, "header", "type block_id text level")
    yield from _object(block.get("text"), "header", 150, kinds=("plain_text",))


def _divider(block: dict[str, Any]) -> Iterator[str]:
    yield from _unknown(block, "divider", "type block_id")


def _context(block: dict[str, Any]) -> Iterator[str]:
    yield from _unknown(block, "context", "type block_id elements")
    yield from _count(block, "context", 10)
    for element in block.get("elements", []):
        if element.get("type") != "image":
            yield from _object(element, "context", 3000)


def _actions(block: dict[str, Any]) -> Iterator[str]:
    yield from _unknown(block, "actions", "type block_id elements")
    yield from _count(block, "actions", 25)
    ids = [element.get("action_id") for element in block.get("elements", [])]
    if len(ids) != len(set(ids)):
        yield "an action_id is used twice in one block"
    for element in block.get("elements", []):
        yield from _element(element)


def _input(block: dict[str, Any]) -> Iterator[str]:
    yield from _unknown(block, "input", "type block_id label element dispatch_action hint optional")
    yield from _object(block.get("label"), "input label", 2000, kinds=("plain_text",))
    if "hint" in block:
        yield from _object(block["hint"], "input hint", 2000, kinds=("plain_text",))
    yield from _element(block.get("element"))


def _rich_text(block: dict[str, Any]) -> Iterator[str]:
    yield from _unknown(block, "rich_text", "type block_id elements")
    kinds = ("rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote")
    for part in block.get("elements", []):
        if part.get("type") not in kinds:
            yield f"no such part of rich text: {part.get('type')!r}"
        sections = part["elements"] if part.get("type") == "rich_text_list" else [part]
        for section in sections:
            for element in section.get("elements", []):
                yield from _rich_element(element)


def _rich_element(element: dict[str, Any]) -> Iterator[str]:
    needed = {
        "text": "text",
        "link": "url",
        "user": "user_id",
        "emoji": "name",
        "broadcast": "range",
        "usergroup": "usergroup_id",
        "channel": "channel_id",
        "date": "timestamp",
    }.get(str(element.get("type")))
    if needed is None:
        yield f"no such element of rich text: {element.get('type')!r}"
    elif not element.get(needed):
        yield f"an element {element['type']!r} of rich text without its {needed}"


def _element(element: Any) -> Iterator[str]:
    if not isinstance(element, dict):
        yield f"no element: {element!r}"
        return
    kind = element.get("type")
    yield from _length(element, "action_id", _ID)
    if kind == "button":
        yield from _unknown(element, "button", "type text action_id url value style confirm accessibility_label")
        yield from _object(element.get("text"), "button", 75, kinds=("plain_text",))
        yield from _length(element, "value", 2000)
        yield from _length(element, "url", 3000)
        if element.get("style") not in (None, "primary", "danger"):
            yield f"no such style of a button: {element['style']!r}"
    elif kind in ("static_select", "radio_buttons", "checkboxes", "overflow"):
        options = element.get("options", [])
        most = {"static_select": 100, "overflow": 5}.get(kind, 10)
        if not 1 <= len(options) <= most:
            yield f"{len(options)} options in {kind}, 1 to {most} are allowed"
        for option in options:
            yield from _object(option.get("text"), "option", 75)
            yield from _length(option, "value", 150)
        if "placeholder" in element:
            yield from _object(element["placeholder"], "placeholder", 150, kinds=("plain_text",))
    elif kind in ("plain_text_input", "datepicker", "timepicker", "datetimepicker"):
        if "placeholder" in element:
            yield from _object(element["placeholder"], "placeholder", 150, kinds=("plain_text",))
        if int(element.get("max_length", 1)) > 3000:
            yield "an input of more than 3000 characters"
    else:
        yield f"no such element: {kind!r}"


def _object(found: Any, what: str, limit: int, kinds: tuple[str, ...] = ("mrkdwn", "plain_text")) -> Iterator[str]:
    """A text object: its kind, its length, its markup."""
    if not isinstance(found, dict) or found.get("type") not in kinds:
        yield f"{what}: its text is no {' or '.join(kinds)}: {str(found)[:60]}"
        return
    yield from _unknown(found, what, "type text emoji verbatim")
    text = found.get("text")
    if not isinstance(text, str) or not 1 <= len(text) <= limit:
        yield f"{what}: {len(text) if isinstance(text, str) else 'no'} characters, 1 to {limit} are allowed"
    elif found["type"] == "mrkdwn":
        yield from _mrkdwn(text, what)


def _mrkdwn(text: str, what: str) -> Iterator[str]:
    """Stray `<`, `>` and `&`: Slack wants them escaped, and what follows is read as a command otherwise."""
    rest = _SEQUENCE.sub("", text)
    if "<" in rest or ">" in rest:
        yield f"{what}: a raw < or > outside of a known sequence: {rest[:60]!r}"
    if _ENTITY.search(text):
        yield f"{what}: a raw & : {text[:60]!r}"
    if any(0xD800 <= ord(sign) <= 0xDFFF for sign in text):
        yield f"{what}: half a character"


def _length(found: dict[str, Any], key: str, limit: int) -> Iterator[str]:
    if key in found and not (isinstance(found[key], str) and len(found[key]) <= limit):
        yield f"{key} of {found.get('type', 'a part')}: more than {limit} characters"


def _count(block: dict[str, Any], what: str, limit: int) -> Iterator[str]:
    if not 1 <= len(block.get("elements", [])) <= limit:
        yield f"{len(block.get('elements', []))} elements in {what}, 1 to {limit} are allowed"


def _unknown(found: dict[str, Any], what: str, known: str) -> Iterator[str]:
    for key in set(found) - set(known.split()):
        yield f"{what} has no {key!r}"


_BLOCKS: dict[Any, Callable[[dict[str, Any]], Iterator[str]]] = {
    "section": _section,
    "header": _header,
    "divider": _divider,
    "context": _context,
    "actions": _actions,
    "input": _input,
    "rich_text": _rich_text,
}
