"""Pure: a form for the words that a command lacks, as a Slack modal; who decides what to ask is outside.

The core answers a press that needs words with a question in the room. Where it says which form stands for the press,
the adapter opens that instead; the filled-in form comes back as the command with its words, judged like a typed one.
"""

from __future__ import annotations

import json
from typing import Any

from bot.channels.base import Form, Inbound
from bot.channels.slack.write import cut, escaped
from bot.text import Rich, plain

FORM = "pledge_form"
WORDS = "words"
_MOST_METADATA = 3000
_MOST_ERROR = 500


def view(form: Form, asked: Inbound) -> dict[str, Any] | None:
    """The modal, which remembers where it was asked for; None where that does not fit into it."""
    about = {"command": form.command, "room": asked.room, "thread": asked.thread, "reply_to": asked.reply_to}
    metadata = json.dumps(about, ensure_ascii=False, separators=(",", ":"))
    if len(metadata) > _MOST_METADATA:
        return None
    element: dict[str, Any] = {"type": "plain_text_input", "action_id": WORDS, "multiline": form.long}
    if form.hint:
        element["placeholder"] = _plain(form.hint, 150)
    field = {
        "type": "input",
        "block_id": WORDS,
        "optional": not form.needed,
        "label": _plain(form.question, 2000),
        "element": element,
    }
    above = [_section(form.explanation)] if form.explanation else []
    return {
        "type": "modal",
        "callback_id": FORM,
        "private_metadata": metadata,
        "title": _plain(form.title, 24),
        "submit": _plain(form.submit, 24),
        "close": _plain(form.cancel, 24),
        "blocks": [*above, field],
    }


def errors(wrong: Rich) -> dict[str, Any]:
    """The confirmation that leaves a modal standing, with what is wrong below its field:
    https://docs.slack.dev/surfaces/modals#displaying_errors.
    """
    return {"response_action": "errors", "errors": {WORDS: cut(" ".join(plain(wrong).split()), _MOST_ERROR)}}


def _plain(text: str, limit: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": cut(text, limit), "emoji": False}


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": cut(escaped(text), 2900), "verbatim": True}}
