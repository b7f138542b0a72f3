"""One question of `pledge sla due` and its answer, as plain data: by when is this message due?"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from bot.sla.calendar import CalendarError
from bot.sla.clock import Clock, Hold, start_clock
from bot.sla.explain import Explanation, explain
from bot.sla.policy import HoldReason, Level, Metric, Policy, Priority
from bot.sla.policy_file import Catalog, UnknownPolicy

INPUT_KEYS = ("policy", "plan", "variant", "priority", "metric", "at", "hold", "high_load", "id")
OUTPUT_KEYS = (
    *("policy", "plan", "variant", "priority", "metric", "kind", "basis", "received_at"),
    *("objective_at", "due_at", "cap_at", "binding", "explain", "note", "id"),
)
_EXAMPLE = "2026-11-20T18:55+03:00"


class BadQuestion(ValueError):
    """A value that cannot be answered; the message names key, value and the way out."""


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked; `priority` and `metric` empty: the agreement's default, the first promise it makes."""

    policy: str
    at: datetime
    plan: str = ""
    variant: str = ""
    priority: str = ""
    metric: str = ""
    holds: tuple[tuple[datetime, datetime], ...] = ()
    high_load: bool = False
    id: object = None  # the asker's own mark, handed back


@dataclass(frozen=True, slots=True)
class Answer:
    policy: Policy
    level: Level
    clock: Clock
    explanation: Explanation
    note: str  # what differs from what was asked, "" for nothing


def read_question(data: Mapping[str, object]) -> Question:
    """From one JSON object. `received_at` may stand for `at`; the other keys of an answer are passed over."""
    for key in data:
        if key not in INPUT_KEYS and key not in OUTPUT_KEYS:
            close = difflib.get_close_matches(key, INPUT_KEYS, n=1)
            way = f'did you mean "{close[0]}"?' if close else f"use {', '.join(INPUT_KEYS)}"
            raise BadQuestion(f'unknown key "{key}" ({way})')
    policy, at = _text(data, "policy"), _text(data, "at") or _text(data, "received_at")
    if not policy or not at:
        missing = "at" if policy else "policy"
        example = _EXAMPLE if policy else "redtrack-premium"
        raise BadQuestion(f'{missing}: missing (write "{missing}": "{example}")')
    high_load = data.get("high_load", False)
    if not isinstance(high_load, bool):
        raise BadQuestion(f"high_load: {high_load!r} is not true or false")
    return Question(
        policy=policy,
        at=read_moment(at, "at"),
        plan=_text(data, "plan"),
        variant=_text(data, "variant"),
        priority=_text(data, "priority"),
        metric=_text(data, "metric"),
        holds=_read_holds(data.get("hold") or ()),
        high_load=high_load,
        id=data.get("id"),
    )


def read_moment(text: str, key: str) -> datetime:
    """ISO 8601 with an offset, as UTC; a naive moment is refused: whose clock was it read from?"""
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadQuestion(f'{key}: "{text}" is not a moment (write {_EXAMPLE})') from None
    raise BadQuestion(f'{key}: "{text}" has no offset from UTC (write {_EXAMPLE})')


def read_hold(text: str) -> tuple[datetime, datetime]:
    """`FROM/TO`, both with an offset."""
    start, slash, end = text.partition("/")
    if not slash:
        raise BadQuestion(f'hold: "{text}" is not a span (write FROM/TO, as in {_EXAMPLE}/2026-11-23T10:00+03:00)')
    span = read_moment(start, "hold"), read_moment(end, "hold")
    if span[1] <= span[0]:
        raise BadQuestion(f'hold: "{text}" ends before it begins (write the earlier moment first)')
    return span


def answer(catalog: Catalog, question: Question) -> Answer:
    """BadQuestion where policy, plan, priority or metric do not exist; the message lists what does."""
    try:
        policy = catalog.get(question.policy, question.plan, question.variant)
    except UnknownPolicy as error:
        raise BadQuestion(str(error)) from error
    asked = _priority(policy, question.priority)
    level = policy.level(asked)
    metric = _metric(level, question.metric)
    target = level.target(metric)
    assert target is not None
    notes = []
    if level.priority is not asked:
        notes.append(f"the agreement has no {asked}; {level.priority} is the next graver it has")
    if question.holds and not target.holds:
        notes.append("the agreement grants no hold here; it is recorded, and the clock runs")
    reason = next((reason for reason in HoldReason if reason in target.holds), HoldReason.CLIENT)
    holds = [Hold(start, end, reason, "", bool(target.holds)) for start, end in question.holds]
    try:
        clock = start_clock(policy, level.priority, metric, question.at, high_load=question.high_load, holds=holds)
        return Answer(policy, level, clock, explain(policy, clock), "; ".join(notes))
    except (CalendarError, OverflowError) as error:
        raise BadQuestion(f"at: {stamp(question.at)} cannot be reckoned with: {error}") from error


def as_data(question: Question, found: Answer) -> dict[str, object]:
    """The JSON of an answer: moments in UTC, durations in seconds, null where the agreement says nothing."""
    clock = found.clock
    data: dict[str, object] = {
        "policy": found.policy.id,
        "plan": found.policy.plan,
        "variant": found.policy.variant,
        "priority": found.level.priority,
        "metric": clock.metric,
        "kind": clock.kind,
        "basis": clock.target.basis,
        "received_at": stamp(clock.started_at),
        "objective_at": stamp(clock.objective_at),
        "due_at": stamp(clock.due_at),
        "cap_at": stamp(clock.cap_at),
        "binding": clock.binding,
        "explain": [
            {
                "from": stamp(line.start),
                "to": stamp(line.end),
                "counted_s": _seconds(line.counted.total_seconds()),
                "rule": line.rule,
            }
            for line in found.explanation.lines
        ],
    }
    if found.note:
        data["note"] = found.note
    if question.id is not None:
        data["id"] = question.id
    return data


def stamp(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC, `2026-11-20T15:55:00Z`; a fraction only where there is one."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else None


def _seconds(seconds: float) -> int | float:
    return int(seconds) if seconds.is_integer() else seconds


def _text(data: Mapping[str, object], key: str) -> str:
    value = data.get(key)
    if value is not None and not isinstance(value, str):
        raise BadQuestion(f"{key}: {value!r} is not a text (write it in quotes)")
    return value or ""


def _read_holds(value: object) -> tuple[tuple[datetime, datetime], ...]:
    """One `FROM/TO`, or a list of them; a pair of moments serves as well."""
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list | tuple):
        raise BadQuestion(f'hold: {value!r} is not a list (write ["FROM/TO"])')
    texts = ["/".join(map(str, item)) if isinstance(item, list) and len(item) == 2 else item for item in items]
    if wrong := [text for text in texts if not isinstance(text, str)]:
        raise BadQuestion(f'hold: {wrong[0]!r} is not a span (write "FROM/TO")')
    return tuple(read_hold(text) for text in cast(Sequence[str], texts))


def _priority(policy: Policy, word: str) -> Priority:
    if not word:
        return policy.default_priority
    if word.upper() not in Priority.__members__:
        names = ", ".join(priority.lower() for priority in Priority)
        raise BadQuestion(f'priority: unknown word "{word}" (use {names})')
    return Priority(word.upper())


def _metric(level: Level, word: str) -> Metric:
    """The first qualified answer unless named, or the acknowledgement where the level promises no answer."""
    promised = [target.metric for target in level.targets]
    if not word:
        usual = (Metric.RESPONSE, Metric.ACKNOWLEDGEMENT)
        return next((metric for metric in usual if metric in promised), promised[0])
    name = word.upper().replace("-", "_")
    if name not in promised:
        names = ", ".join(metric.lower() for metric in promised)
        raise BadQuestion(f'metric: no "{word}" is promised for {level.priority} (use {names})')
    return Metric(name)
