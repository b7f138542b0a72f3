"""Several notices that ask one person to act, as one message: the gravest first, for each what it is about, what the
client says, who knows, and its buttons. Pure.

The message belongs to several clients and holds words of each: it lives as long as the notices that went out in it, no
client of which may be forgotten without it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from bot.notice import Act, At, Key, Left, Notice, Quote, Say, Value, loads, say
from bot.store.outbox_row import OutboxRow
from bot.text import shortened

MOST_LINES = 8
_LONGEST_NAME = 24  # on a button
_LONGEST_WORDS = 60

_LATER = datetime.max.replace(tzinfo=UTC)
_REVIEW = "third_party.review"
_NAMED = {"button.still_waiting": "button.still_waiting_who", "button.it_is_back": "button.it_is_back_who"}
_BUTTONS = {
    "button.acknowledge": "button.acknowledge_ref",
    "button.take": "button.take_ref",
    "button.seen": "button.seen_ref",
    "button.still_waiting": "button.still_waiting_ref",
}
_ETA = "button.other_eta"
_KNOWN = "nudge.known"


def together(rows: Sequence[OutboxRow]) -> Notice:
    """What these rows say, by rank and then by the moment each is about; of one ticket the gravest."""
    said = sorted(
        ((row, loads(row.notice)) for row in rows), key=lambda each: (each[0].rank, _moment(each[1]) or _LATER)
    )
    about: dict[object, tuple[OutboxRow, Notice]] = {}
    for row, notice in said:
        about.setdefault(_about(notice), (row, notice))
    entries = list(about.values())
    refs = {notice.lines[0].params["ref"] for _, notice in entries}
    if len(refs) == 1:
        return _of_one([notice for _, notice in said], [notice for _, notice in entries])
    shown, rest = entries[:MOST_LINES], entries[MOST_LINES:]
    lines = [say("together", n=len(refs)), *(line for row, notice in shown for line in _lines(row, notice))]
    if rest:
        due = min((at for _, notice in rest if (at := _moment(notice)) is not None), default=None)
        more = (
            say("together.more_alone", n=len(rest)) if due is None else say("together.more", n=len(rest), due=At(due))
        )
        lines.append(more)
    buttons = [act for _, notice in shown for act in _buttons(notice)]
    return Notice(tuple(lines), tuple(buttons))


def _about(notice: Notice) -> object:
    """The ticket; of a wait for a third party that one too, as it is asked about by name."""
    first = notice.lines[0]
    return first.params["ref"], _waits_for(notice) if first.key == _REVIEW else None


def _of_one(said: Sequence[Notice], entries: Sequence[Notice]) -> Notice:
    """Several words about one ticket: all of the gravest, below it how the others begin."""
    lines = list(said[0].lines)
    for notice in said[1:]:
        if notice.lines[0] not in lines:
            lines.append(notice.lines[0])
    if len(entries) == 1:
        return Notice(tuple(lines), said[0].buttons)
    named = (act for notice in entries for act in _buttons_of_wait(notice))
    return Notice(tuple(lines), (*(act for act in said[0].buttons if said[0].lines[0].key != _REVIEW), *named))


def _buttons_of_wait(notice: Notice) -> Iterator[Act]:
    first = notice.lines[0]
    if first.key == _REVIEW:
        for act in notice.buttons:
            if act.label in _NAMED:
                yield Act(_NAMED[act.label], act.action, {"who": shortened(_waits_for(notice), _LONGEST_NAME)})


def _waits_for(notice: Notice) -> str:
    who = notice.lines[0].params["who"]
    return who.text if isinstance(who, Quote) else str(who)


def _lines(row: OutboxRow, notice: Notice) -> Iterator[Say]:
    """What a ticket is about, then why a level is called in for it, and who knows of it already."""
    yield _line(row, notice)
    params = notice.lines[0].params
    if "level" in params and "reason" in params:
        yield say("together.why", reason=params["reason"])
    yield from (line for line in notice.lines[1:] if line.key == _KNOWN)


def _line(row: OutboxRow, notice: Notice) -> Say:
    """`T-42, Acme: due 12:05 (in 25 min): 'words'`; of what is late since when, of an aim that passed both."""
    params = notice.lines[0].params
    words = params.get("words")
    said: Value = (
        Key("together.words", {"words": Quote(words.text, _LONGEST_WORDS)}) if isinstance(words, Quote) else ""
    )
    if "level" in params:
        named = {name: params[name] for name in ("ref", "client", "level", "due", "left") if name in params}
        return Say("together.called" if "due" in params else "together.called_alone", {**named, "said": said})
    common: dict[str, Value] = {"ref": params["ref"], "client": params.get("client", "")}
    if notice.lines[0].key == _REVIEW:
        return Say("together.third_party", common | {"who": params["who"]})
    common["said"] = said
    alone = "" if "client" in params else "_alone"
    at = _moment(notice)
    if at is None:
        return Say(f"together.waits{alone}", common)
    due: dict[str, Value] = common | {"due": At(at), "left": Left(at)}
    if "aimed" in params:
        return Say("together.aimed", due | {"aimed": params["aimed"]})
    kind = "due" if row.kind == "nudge" else "late"
    return Say(f"together.{kind}{alone}", due)


def _moment(notice: Notice) -> datetime | None:
    """What the notice is about: a due moment, ahead or missed, or that of an ETA; None where it names none."""
    params = notice.lines[0].params
    found = next((params[name] for name in ("due", "missed", "eta") if name in params), None)
    return found.at if isinstance(found, At) else None


def _buttons(notice: Notice) -> Iterator[Act]:
    """The buttons of a ticket: have what one was called in for, take it or have seen it; say when it will be done."""
    by_label = {act.label: act for act in notice.buttons}
    params = {"ref": notice.lines[0].params["ref"]}
    label = next((label for label in _BUTTONS if label in by_label), None)
    if label is not None:
        yield Act(_BUTTONS[label], by_label[label].action, params)
    if _ETA in by_label:
        yield Act("button.eta_ref", by_label[_ETA].action, params)
