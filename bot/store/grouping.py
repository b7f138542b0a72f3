"""Several notices that ask one person to act, as one message: the gravest first, a line and a button for each. Pure.

A line holds no words of a client: the message belongs to several of them, and none may be forgotten with another.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from bot.notice import Act, At, Left, Notice, Say, Value, loads, say
from bot.store.outbox_row import OutboxRow

MOST_LINES = 8

_LATER = datetime.max.replace(tzinfo=UTC)
_BUTTONS = {
    "button.acknowledge": "button.acknowledge_ref",
    "button.take": "button.take_ref",
    "button.seen": "button.seen_ref",
    "button.other_eta": "button.eta_ref",
}


def together(rows: Sequence[OutboxRow]) -> Notice:
    """What these rows say, by rank and then by the moment each is about."""
    said = sorted(
        ((row, loads(row.notice)) for row in rows), key=lambda each: (each[0].rank, _moment(each[1]) or _LATER)
    )
    shown, rest = said[:MOST_LINES], said[MOST_LINES:]
    lines = [say("together", n=len(said)), *(_line(row, notice) for row, notice in shown)]
    if rest:
        due = min((at for _, notice in rest if (at := _moment(notice)) is not None), default=None)
        more = (
            say("together.more_alone", n=len(rest)) if due is None else say("together.more", n=len(rest), due=At(due))
        )
        lines.append(more)
    buttons = [act for _, notice in shown if (act := _button(notice)) is not None]
    return Notice(tuple(lines), tuple(buttons))


def _line(row: OutboxRow, notice: Notice) -> Say:
    """`T-42, Acme: due 12:05 (in 25 min)`; of what is late since when."""
    params = notice.lines[0].params
    if "level" in params:
        named = {name: params[name] for name in ("ref", "client", "level", "due", "left") if name in params}
        return Say("together.called" if "due" in params else "together.called_alone", named)
    common: dict[str, Value] = {"ref": params["ref"], "client": params.get("client", "")}
    alone = "" if "client" in params else "_alone"
    at = _moment(notice)
    if at is None:
        return Say(f"together.waits{alone}", common)
    kind = "due" if row.kind == "nudge" else "late"
    return Say(f"together.{kind}{alone}", common | {"due": At(at), "left": Left(at)})


def _moment(notice: Notice) -> datetime | None:
    """What the notice is about: a due moment, ahead or missed, or that of an ETA; None where it names none."""
    params = notice.lines[0].params
    found = next((params[name] for name in ("due", "missed", "eta") if name in params), None)
    return found.at if isinstance(found, At) else None


def _button(notice: Notice) -> Act | None:
    """The one button of a line: have what one was called in for, take it, have seen it, say when it will be done."""
    by_label = {act.label: act for act in notice.buttons}
    label = next((label for label in _BUTTONS if label in by_label), None)
    if label is None:
        return None
    return Act(_BUTTONS[label], by_label[label].action, {"ref": notice.lines[0].params["ref"]})
