"""A thing to say, as data: catalogue keys, parameters and buttons; worded for its reader when it is sent.

Moments stay moments until then, so that "in 42 min" is true when it is read.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from bot.i18n import Words
from bot.text import Button, Enclosed, Line, Link, Mention, Node, Rich, Text, shortened

# Made once: json.dumps with options makes one for every call.
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class At:
    """A moment, worded in the reader's zone, or in the one named."""

    at: datetime
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class Beside:
    """A moment as another zone has it, in brackets behind the reader's own time; nothing where both are the same."""

    at: datetime
    zone: str


@dataclass(frozen=True, slots=True)
class Slot:
    """A stretch of time on one day, always with its date, worded as `At` is."""

    start: datetime
    end: datetime
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class Left:
    """The time from the moment of reading until `at`: "in 42 min", or how long it is past."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Day:
    """A day without a time, worded with its weekday."""

    day: date


@dataclass(frozen=True, slots=True)
class Weekday:
    """The short name of a weekday; Monday = 0."""

    number: int


@dataclass(frozen=True, slots=True)
class Span:
    """A duration in plain words, in whole minutes unless `exact`, which keeps the seconds."""

    span: timedelta
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Share:
    """A part of one, as a percentage."""

    share: float


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone (IANA) as people call it: its city, or its offset at the moment of reading."""

    zone: str


@dataclass(frozen=True, slots=True)
class Key:
    """Words from the catalogue as a parameter: a priority, a metric, a state; may have parameters itself."""

    key: str
    params: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Quote:
    """Somebody's own words, cut to `limit` characters; always plain text to every renderer."""

    text: str
    limit: int = 120


@dataclass(frozen=True, slots=True)
class Ping:
    """A person mentioned so that the channel notifies, where it can."""

    name: str
    ext_id: str | None = None


@dataclass(frozen=True, slots=True)
class Web:
    """An address to open, shown as `text`."""

    url: str
    text: str


Value = str | int | At | Beside | Slot | Left | Day | Weekday | Span | Share | Zone | Key | Quote | Ping | Web


@dataclass(frozen=True, slots=True)
class Say:
    """One paragraph: a catalogue key and its parameters. `past`: the key instead, "" for nothing, where it is worded
    after the moment that its `left` counts to: a promise that was held up must not be given after its time.
    """

    key: str
    params: Mapping[str, Value] = field(default_factory=dict)
    past: str | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """A button: a catalogue key for its label and the id of a stored action."""

    label: str
    action: str
    params: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Notice:
    """Paragraphs, then buttons; with a `file` it goes out only where rooms take files."""

    lines: tuple[Say, ...]
    buttons: tuple[Act, ...] = ()
    file: Enclosed | None = None


def say(key: str, **params: Value) -> Say:
    """`Say` written the short way."""
    return Say(key, params)


def render(notice: Notice, words: Words, zone: str, now: datetime) -> Rich:
    """The notice in the words of one locale, its moments in `zone` and as seen at `now` (business time)."""

    def node(value: Value) -> str | int | Node:
        match value:
            case str() | int():
                return value
            # What is told in somebody else's zone stays in it, also where readers see moments in their own.
            case At(at, str(elsewhere)):
                return Text(words.moment(at, elsewhere, now).text)
            case Slot(start, end, str(elsewhere)):
                return Text(words.span(start, end, elsewhere, now).text)
            case At(at):
                return words.moment(at, zone, now)
            case Beside(at, elsewhere):
                return Text(words.beside(at, elsewhere, zone, now))
            case Slot(start, end):
                return words.span(start, end, zone, now)
            case Left(at):
                return words.left(at - now)
            case Day(day):
                return words.date(day, now.date())  # of today only the year counts: it is left out where the same
            case Weekday(number):
                return words.weekday(number)
            case Span(span, exact):
                return words.duration(span, exact=exact)
            case Share(share):
                return words.percent(share)
            case Zone(name):
                return words.zone(name, now)
            case Key(key, params):
                return words.text(key, **{name: node(inner) for name, inner in params.items()})
            case Quote(text, limit):
                return Text(shortened(text, limit))
            case Ping(name, ext_id):
                return Mention(name, ext_id)
            case Web(url, text):
                return Link(text, url)

    def line(key: str, each: Say) -> Line:
        return words.line(key, **{name: node(value) for name, value in each.params.items()})

    def label(act: Act) -> str:
        return words.text(act.label, **{name: node(value) for name, value in act.params.items()})

    said = ((_key_of(each, now), each) for each in notice.lines)
    return Rich(
        tuple(line(key, each) for key, each in said if key),
        tuple(Button(label(act), act.action) for act in notice.buttons),
    )


def _key_of(each: Say, now: datetime) -> str:
    left = each.params.get("left")
    return each.key if each.past is None or not isinstance(left, Left) or left.at >= now else each.past


def dumps(notice: Notice) -> str:
    """The notice as JSON text; `loads` reads it back unchanged."""
    said: dict[str, object] = {
        "lines": [[s.key, _params_out(s.params), *([] if s.past is None else [s.past])] for s in notice.lines],
        "buttons": [[a.label, a.action, _params_out(a.params)] for a in notice.buttons],
    }
    file = notice.file
    return _encode(said if file is None else said | {"file": [file.name, file.media_type, file.text, file.path]})


def loads(text: str) -> Notice:
    """The inverse of `dumps`."""
    data = json.loads(text)
    return Notice(
        tuple(Say(key, _params_in(params), *past) for key, params, *past in data["lines"]),
        tuple(Act(label, action, _params_in(params)) for label, action, params in data["buttons"]),
        Enclosed(*data["file"]) if "file" in data else None,
    )


def _params_out(params: Mapping[str, Value]) -> dict[str, object]:
    return {name: _out(value) for name, value in params.items()}


def _out(value: Value) -> object:
    match value:
        case str() | int():
            return value
        case At(at, zone):
            return {"at": _ms(at)} if zone is None else {"at": _ms(at), "zone": zone}
        case Beside(at, zone):
            return {"beside": _ms(at), "zone": zone}
        case Slot(start, end, zone):
            return {"from": _ms(start), "to": _ms(end), "zone": zone}
        case Left(at):
            return {"left": _ms(at)}
        case Day(day):
            return {"day": day.isoformat()}
        case Weekday(number):
            return {"weekday": number}
        case Span(span, exact):
            return {"span": span // _MS, "exact": exact}
        case Share(share):
            return {"share": share}
        case Zone(zone):
            return {"zone": zone}
        case Key(key, params):
            return {"key": key, "with": _params_out(params)}
        case Quote(text, limit):
            return {"quote": text, "limit": limit}
        case Ping(name, ext_id):
            return {"ping": name, "id": ext_id}
        case Web(url, text):
            return {"web": url, "text": text}


def _params_in(params: Mapping[str, object]) -> dict[str, Value]:
    return {name: _in(value) for name, value in params.items()}


def _in(value: object) -> Value:
    """What `_out` wrote: its first name says what it is."""
    if isinstance(value, str | int):
        return value
    if isinstance(value, dict) and (read := _READ.get(next(iter(value), ""))) is not None:
        return read(value)
    raise ValueError(f"notice: unknown parameter {value!r}")


# By a table, as a pattern for each would try them in turn for every parameter of every notice.
_READ: Mapping[str, Callable[[dict[str, Any]], Value]] = {
    "at": lambda value: At(_moment(value["at"]), value.get("zone")),
    "beside": lambda value: Beside(_moment(value["beside"]), value["zone"]),
    "from": lambda value: Slot(_moment(value["from"]), _moment(value["to"]), value["zone"]),
    "left": lambda value: Left(_moment(value["left"])),
    "day": lambda value: Day(date.fromisoformat(value["day"])),
    "weekday": lambda value: Weekday(value["weekday"]),
    "span": lambda value: Span(value["span"] * _MS, value["exact"]),
    "share": lambda value: Share(value["share"]),
    "zone": lambda value: Zone(value["zone"]),
    "key": lambda value: Key(value["key"], _params_in(value["with"])),
    "quote": lambda value: Quote(value["quote"], value["limit"]),
    "ping": lambda value: Ping(value["ping"], value["id"]),
    "web": lambda value: Web(value["web"], value["text"]),
}


def _ms(at: datetime) -> int:
    return (at - _EPOCH) // _MS


def _moment(ms: int) -> datetime:
    return _EPOCH + ms * _MS
