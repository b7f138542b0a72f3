"""A policy as canonical JSON, the text that a ticket pins by its SHA-256; it reads back equal."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, cast

from bot.sla.calendar import Calendar
from bot.sla.policy import (
    Answer,
    Basis,
    CallRules,
    HoldReason,
    Kind,
    Level,
    Metric,
    NudgePlan,
    Period,
    Policy,
    Priority,
    Rung,
    RungAt,
    Start,
    Target,
)


def to_json(policy: Policy) -> str:
    """Sorted keys, no spaces, UTF-8; equal policies give equal text. Durations are seconds (`*_s`)."""
    data = {
        "id": policy.id,
        "plan": policy.plan,
        "variant": policy.variant,
        "name": policy.name,
        "version": policy.version,
        "effective": _day(policy.effective),
        "last_review": _day(policy.last_review),
        "next_review": _day(policy.next_review),
        "source": policy.source,
        "calendar": policy.calendar.to_mapping(),
        "levels": [_level(policy.levels[rank]) for rank in sorted(policy.levels, key=lambda r: r.rank)],
        "default_priority": policy.default_priority,
        "response_counts": sorted(policy.response_counts),
        "acknowledged_by": policy.acknowledged_by,
        "nudges": _nudges(policy.nudges),
        "ladder": [_rung(rung) for rung in policy.ladder],
        "calls": policy.calls and _calls(policy.calls),
        "readings": policy.readings,
        "doubts": policy.doubts,
        "reserved": policy.reserved,
    }
    if policy.details:
        data["details"] = policy.details
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def from_json(text: str) -> Policy:
    """The policy that `to_json` wrote. The text is ours, nobody edits it, so it is not checked here."""
    data = cast(dict[str, Any], json.loads(text))
    levels = [_read_level(level) for level in data["levels"]]
    calls = data["calls"]
    return Policy(
        id=data["id"],
        plan=data["plan"],
        variant=data["variant"],
        name=data["name"],
        version=data["version"],
        effective=_read_day(data["effective"]),
        last_review=_read_day(data["last_review"]),
        next_review=_read_day(data["next_review"]),
        source=data["source"],
        calendar=Calendar.from_mapping(data["calendar"]),
        levels={level.priority: level for level in levels},
        default_priority=Priority(data["default_priority"]),
        response_counts=frozenset(map(Answer, data["response_counts"])),
        acknowledged_by=Start(data["acknowledged_by"]),
        nudges=_read_nudges(data["nudges"]),
        ladder=tuple(_read_rung(rung) for rung in data["ladder"]),
        calls=calls
        and CallRules(
            timedelta(seconds=calls["notice_s"]),
            tuple(calls["kinds"]),
            calls["clause"],
            calls["reading"],
            calls.get("included"),
            Period(calls.get("per", Period.MONTH)),
            calls.get("included_training"),
        ),
        details=tuple(data.get("details", ())),
        readings=tuple(data["readings"]),
        doubts=tuple(data["doubts"]),
        reserved=data["reserved"],
    )


def digest(policy: Policy) -> str:
    """SHA-256 of the canonical text, in hexadecimal: the name under which a ticket pins its terms."""
    return hashlib.sha256(to_json(policy).encode()).hexdigest()


def _calls(rules: CallRules) -> dict[str, object]:
    """A limit is written only where there is one: what was pinned before there were limits keeps its hash."""
    written: dict[str, object] = {
        "notice_s": _seconds(rules.notice),
        "kinds": rules.kinds,
        "clause": rules.clause,
        "reading": rules.reading,
    }
    limits = {"included": rules.included, "included_training": rules.included_training}
    given: dict[str, object] = {name: limit for name, limit in limits.items() if limit is not None}
    return written | given | {"per": rules.per} if given else written


def _rung(rung: Rung) -> dict[str, object]:
    """What is as usual is not written: what was pinned before a rung could say it keeps its hash."""
    written: dict[str, object] = {"level": rung.level, "at": rung.at, "role": rung.role, "name": rung.name}
    usual = Rung(rung.level, rung.at, rung.role, rung.name)
    if (rung.acknowledge_within, rung.repeat) != (usual.acknowledge_within, usual.repeat):
        written |= {"acknowledge_within_s": _seconds(rung.acknowledge_within), "repeat": rung.repeat}
    return written if rung.hours is None else written | {"hours": rung.hours.to_mapping()}


def _read_rung(data: dict[str, Any]) -> Rung:
    usual = Rung(data["level"], RungAt(data["at"]), data["role"], data["name"])
    within, hours = _read_seconds(data.get("acknowledge_within_s")), data.get("hours")
    return replace(
        usual,
        acknowledge_within=within or usual.acknowledge_within,
        repeat=data.get("repeat", usual.repeat),
        hours=None if hours is None else Calendar.from_mapping(hours),
    )


def _level(level: Level) -> dict[str, object]:
    written: dict[str, object] = {
        "priority": level.priority,
        "name": level.name,
        "sentence": level.sentence,
        "targets": [_target(target) for target in level.targets],
    }
    return written if level.nudges is None else written | {"nudges": _nudges(level.nudges)}


def _read_level(data: dict[str, Any]) -> Level:
    targets = tuple(_read_target(target) for target in data["targets"])
    nudges = _read_nudges(data["nudges"]) if "nudges" in data else None
    return Level(Priority(data["priority"]), data["name"], data["sentence"], targets, nudges)


def _nudges(plan: NudgePlan) -> dict[str, object]:
    """What came later is written only where it is said: what was pinned before keeps its hash."""
    written: dict[str, object] = {
        "shares": plan.shares,
        "repeat_every_s": _seconds(plan.repeat_every),
        "reading": plan.reading,
    }
    if plan.before:
        written["before_s"] = [_seconds(lead) for lead in plan.before]
    if plan.repeat_at_most is not None:
        written["repeat_at_most"] = plan.repeat_at_most
    return written


def _read_nudges(data: dict[str, Any]) -> NudgePlan:
    return NudgePlan(
        shares=tuple(data["shares"]),
        before=tuple(timedelta(seconds=lead) for lead in data.get("before_s", ())),
        repeat_every=timedelta(seconds=data["repeat_every_s"]),
        repeat_at_most=data.get("repeat_at_most"),
        reading=data["reading"],
    )


def _target(target: Target) -> dict[str, object]:
    return {
        "metric": target.metric,
        "kind": target.kind,
        "basis": target.basis,
        "within_s": _seconds(target.within),
        "objective_s": _seconds(target.objective),
        "cap_s": _seconds(target.cap),
        "high_load_s": _seconds(target.high_load),
        "until_close": target.until_close,
        "promise": target.promise,
        "written": target.written,
        "holds": sorted(target.holds),
        "clause": target.clause,
        "reading": target.reading,
    }


def _read_target(data: dict[str, Any]) -> Target:
    return Target(
        metric=Metric(data["metric"]),
        kind=Kind(data["kind"]),
        basis=Basis(data["basis"]),
        within=_read_seconds(data["within_s"]),
        objective=_read_seconds(data["objective_s"]),
        cap=_read_seconds(data["cap_s"]),
        high_load=_read_seconds(data["high_load_s"]),
        until_close=data["until_close"],
        promise=data["promise"],
        written=data["written"],
        holds=frozenset(map(HoldReason, data["holds"])),
        clause=data["clause"],
        reading=data["reading"],
    )


def _seconds(span: timedelta | None) -> int | None:
    """Whole seconds: the file format has no shorter unit."""
    return None if span is None else span // timedelta(seconds=1)


def _read_seconds(seconds: int | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _read_day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
