"""Clocks that pass from one ticket to another when the two are merged: written into the log, and read back from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.sla.policy import HoldReason, Metric, Policy, Priority, Target
from bot.sla.terms import begin
from bot.sla.timing import Binding, Clock, Hold, closed


def handed_over(clocks: Iterable[Clock], at: datetime) -> list[dict[str, object]]:
    """The live clocks of the ticket that ends at `at`, as JSON-able data; what waited goes on counting from there."""
    return [_written(clock, at) for clock in clocks if clock.is_live]


def read_back(data: Mapping[str, object], policy: Policy, eta_kept: Target) -> tuple[Clock, ...]:
    """The clocks of `handed_over` under the terms of the ticket that takes them over, each in its first cycle.

    What these terms do not time at that level is left out.
    """
    entries = data.get("clocks")
    found = [_read(each, policy, eta_kept) for each in (entries if isinstance(entries, list) else ())]
    return tuple(clock for clock in found if clock is not None)


def _written(clock: Clock, at: datetime) -> dict[str, object]:
    kept = clock.change.kept if clock.change is not None else None
    return {
        "metric": clock.metric.value,
        "priority": (kept or clock.priority).value,
        "high_load": clock.target.high_load is not None and clock.window == clock.target.high_load,
        "started_at": clock.started_at.isoformat(),
        "counted_from": clock.counted_from.isoformat(),
        "due_at": clock.due_at.isoformat() if clock.due_at else None,
        "holds": [
            {"start": hold.start.isoformat(), "end": hold.end.isoformat(), "reason": hold.reason.value}
            for hold in closed(clock.holds, at)
            if hold.counted and hold.end is not None
        ],
    }


def _read(entry: Mapping[str, Any], policy: Policy, eta_kept: Target) -> Clock | None:
    metric, level = Metric(entry["metric"]), policy.level(Priority(entry["priority"]))
    target = eta_kept if metric is Metric.ETA_KEPT else level.target(metric)
    if target is None:
        return None
    started_at, counted_from = (datetime.fromisoformat(entry[name]) for name in ("started_at", "counted_from"))
    holds = () if metric is Metric.ETA_KEPT else tuple(_hold(each) for each in entry["holds"])
    clock = begin(
        policy.calendar, target, level.priority, counted_from, high_load=bool(entry["high_load"]), holds=holds
    )
    clock = replace(clock, started_at=started_at)
    if metric is Metric.ETA_KEPT:
        due = datetime.fromisoformat(entry["due_at"])
        return replace(clock, due_at=due, window=due - started_at, binding=Binding.TARGET)
    return clock


def _hold(entry: Mapping[str, str]) -> Hold:
    start, end = datetime.fromisoformat(entry["start"]), datetime.fromisoformat(entry["end"])
    return Hold(start, end, HoldReason(entry["reason"]), "", counted=True)
