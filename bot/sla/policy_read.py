"""Turns one merged policy table into a `Policy`, noting every problem instead of stopping at the first.

It must not know where tables come from: files, `extends`, plans and variants are merged in `policy_file`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, time, timedelta

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
    StaffRole,
    Start,
    Target,
)
from bot.sla.policy_hours import read_calendar, read_hours_of
from bot.sla.policy_table import METRICS, RESERVED, Problem, Table, nearest, shown

_SHORTEST_CALL = timedelta(minutes=5)
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")


def read_policy(
    data: Mapping[str, object], *, file: str, plan: str = "", variant: str = ""
) -> tuple[Policy | None, tuple[Problem, ...]]:
    """The policy that a merged table says, or None with everything that is wrong (some of it perhaps twice).

    `data` has its `extends`, plan and variant merged in already; `plans` and `variants` are passed over.
    """
    problems: list[Problem] = []
    top = Table(data, "", "policy", file, problems)
    identity = top.text("id", required=True)
    if identity.strip() and not _ID.fullmatch(identity):
        top.note("id", f"{shown(identity)} cannot be an id (use letters, digits, dot, dash, underscore)")
    calendar, working_day = read_calendar(top, identity)
    nudges = _read_nudges(top, working_day, NudgePlan())
    levels = _read_levels(top, working_day, nudges)
    default = _read_default(top, levels)
    policy = Policy(
        id=identity,
        plan=plan,
        variant=variant,
        name=top.text("name", required=True),
        version=top.text("version", required=True),
        effective=top.day("effective"),
        last_review=top.day("last_review"),
        next_review=top.day("next_review"),
        source=top.text("source"),
        calendar=calendar,
        levels=dict(sorted(levels.values(), key=lambda pair: pair[0].rank)),
        default_priority=default,
        response_counts=_read_answers(top),
        acknowledged_by=top.choice("acknowledged_by", Start) or Start.SEEN,
        nudges=nudges,
        ladder=_read_ladder(top, calendar),
        calls=_read_calls(top, working_day),
        details=top.texts("details"),
        readings=_read_readings(top),
        doubts=top.texts("doubts"),
        reserved={key: _plain(top.table(key, None).data) for key in RESERVED if key in data},
    )
    return (None if problems else policy), tuple(problems)


def _read_levels(top: Table, working_day: timedelta, nudges: NudgePlan) -> dict[str, tuple[Priority, Level]]:
    """The levels by the file's own label."""
    defaults = top.table("defaults", "defaults")
    for metric in METRICS:
        defaults.table(metric, "target")
    priorities = top.table("priorities", None)
    found: dict[str, tuple[Priority, Level]] = {}
    for label in priorities.data:
        table = priorities.table(label, "priority", prefix=f'priority "{label}": ')
        rank = _read_rank(table, label, found)
        targets = tuple(
            target
            for key, metric in METRICS.items()
            if key in table.data and (target := _read_target(table, key, metric, defaults, working_day))
        )
        if not any(key in table.data for key in METRICS):
            table.note("", f"times nothing (give it a target, as in [priorities.{label}.response])")
        if rank:
            name = table.text("name") or label
            for other, (_, level) in found.items():
                if level.name.casefold() == name.casefold():
                    table.note("name", f'"{name}" is the name of priority "{other}" too (each name once)')
            own = _read_nudges(table, working_day, nudges) if "nudges" in table.data else None
            found[label] = (rank, Level(rank, name, table.text("sentence"), targets, own))
    if not priorities.data:
        top.note("priorities", "missing (write at least one, as in [priorities.medium])")
    return found


def _read_rank(table: Table, label: str, found: Mapping[str, tuple[Priority, Level]]) -> Priority | None:
    """The rank this level maps onto; a label that is a rank word needs no `rank`."""
    rank = table.choice("rank", Priority)
    if "rank" not in table.data:
        if label.upper() not in Priority.__members__:
            table.note("rank", f"missing (use {', '.join(Priority)})")
            return None
        rank = Priority(label.upper())
    for other, (taken, _) in found.items():
        if rank is taken:
            table.note("rank", f'{rank} is taken by priority "{other}" (each rank once)')
            return None
    return rank


def _read_target(level: Table, key: str, metric: Metric, defaults: Table, working_day: timedelta) -> Target | None:
    table = level.table(key, "target", under=defaults.data.get(key))
    if not isinstance(level.data[key], Mapping):
        return None
    kind = table.choice("kind", Kind, required=True)
    basis = table.choice("basis", Basis) or Basis.WORKING
    target = Target(
        metric=metric,
        kind=kind or Kind.TARGET,
        basis=basis,
        within=table.duration("every" if "every" in table.data else "within", working_day, basis),
        objective=table.duration("objective", working_day, basis),
        cap=table.duration("cap", working_day, Basis.ELAPSED),
        high_load=table.duration("high_load", working_day, basis),
        until_close=table.flag("until_close"),
        promise=table.text("promise"),
        written=str(table.data.get("within") or table.data.get("every") or table.data.get("objective") or ""),
        holds=table.choices("holds", HoldReason),
        clause=table.text("clause"),
        reading=table.text("reading"),
    )
    _check_target(table, target)
    return target


def _check_target(table: Table, target: Target) -> None:
    """What single values cannot show: that they fit together."""
    written = table.data
    window = target.within or target.objective
    if target.metric is Metric.PROGRESS and target.until_close == ("every" in written):
        way_out = 'write until_close = true, or every = "4h"'
        table.note("until_close", f"progress is due at the close of each working day, or in a rhythm ({way_out})")
    if "every" in written and target.metric is not Metric.PROGRESS:
        table.note("every", "only progress is due again and again (write within instead)")
    if "every" in written and "within" in written:
        table.note("within", "stands beside every (write the rhythm only)")
    if target.until_close and target.metric is not Metric.PROGRESS:
        table.note("until_close", "only progress is due at the close of the day (write within instead)")
    if target.until_close and ("within" in written or "objective" in written):
        table.note("within", "stands beside until_close (progress has no length of its own)")
    if not target.until_close and not ({"within", "every", "objective"} & set(written)):
        table.note("within", 'missing (write within = "4h", or objective = "4h" for an internal aim)')
    if target.within and target.objective and target.objective > target.within:
        table.note(
            "objective",
            f'"{written["objective"]}" is later than within "{written["within"]}" (it comes first)',
        )
    if target.cap and "within" not in written:
        table.note("cap", f'"{written["cap"]}" caps nothing (a cap needs within)')
    elif target.cap and window and target.cap < window:
        table.note("cap", f'"{written["cap"]}" is shorter than the window "{target.written}" (which would never count)')
    if target.high_load and window and target.high_load < window:
        table.note("high_load", f'"{written["high_load"]}" is shorter than the usual "{target.written}"')


def _read_default(top: Table, levels: Mapping[str, tuple[Priority, Level]]) -> Priority:
    """MEDIUM unless the file says otherwise; a rank or the file's own label."""
    word = top.text("default_priority")
    ranks = [rank for rank, _ in levels.values()]
    if word in levels:
        return levels[word][0]
    if word and word.upper() in ranks:
        return Priority(word.upper())
    if word:
        top.note("default_priority", f'no priority "{word}"{nearest(word, list(levels))}')
    elif Priority.MEDIUM not in ranks and levels:
        names = ", ".join(levels)
        top.note("default_priority", f"missing, and there is no MEDIUM to fall back on (use {names})")
    return Priority.MEDIUM


def _read_answers(top: Table) -> frozenset[Answer]:
    """`reply`: any human answer counts, and therefore a resolution or an ETA too."""
    answers = top.choices("response_counts", Answer)
    if not top.data.get("response_counts"):
        top.note("response_counts", 'missing (write ["reply"], or ["resolution", "eta"])')
    return frozenset(Answer) if Answer.REPLY in answers else answers


def _read_nudges(parent: Table, working_day: timedelta, usual: NudgePlan) -> NudgePlan:
    """The plan under `nudges`; what it does not say is as usual."""
    table = parent.table("nudges", "nudges")
    shares = table.shares("shares") if "shares" in table.data else usual.shares
    before = table.durations("before", working_day) if "before" in table.data else usual.before
    repeat_every = table.duration("repeat_every", working_day) or usual.repeat_every
    if repeat_every < timedelta(minutes=1):
        table.note("repeat_every", f'"{table.text("repeat_every")}" is a stream of reminders (use 10m or longer)')
    return NudgePlan(
        shares=shares,
        before=before,
        repeat_every=repeat_every,
        repeat_at_most=table.count("repeat_at_most") or usual.repeat_at_most,
        reading=table.text("reading"),
    )


def _read_ladder(top: Table, calendar: Calendar) -> tuple[Rung, ...]:
    table = top.table("ladder", "ladder")
    rungs = []
    rows = table.rows("rungs", "rung")
    for number, row in enumerate(rows, 1):
        level = row.data.get("level")
        if level != number or isinstance(level, bool):
            row.note("level", f"{shown(level)} (levels run from 1 to {len(rows)} without a gap, in order)")
        at = row.choice("at", RungAt, required=True) or RungAt.DUE
        role = row.choice("role", StaffRole, required=True)
        usual = Rung(number, at, str(role or ""), row.text("name", required=True))
        within = row.duration("acknowledge_within", calendar.working_day) or usual.acknowledge_within
        if within < _SHORTEST_CALL:
            row.note("acknowledge_within", f"{shown(row.data['acknowledge_within'])} is too short (use 5m or longer)")
        repeat = row.count("repeat") if row.data.get("repeat") != 0 else 0
        hours = read_hours_of(row, calendar, f"level {number}")
        rungs.append(
            replace(usual, acknowledge_within=within, repeat=usual.repeat if repeat is None else repeat, hours=hours)
        )
    return tuple(rungs)


def _read_calls(top: Table, working_day: timedelta) -> CallRules | None:
    table = top.table("calls", "calls")
    if "calls" not in top.data:
        return None
    notice = table.duration("notice", working_day)
    if "notice" not in table.data:
        table.note("notice", 'missing (write notice = "1wd")')
    included, training = table.count("included"), table.count("included_training")
    per = table.choice("per", Period)
    if per is not None and not {"included", "included_training"} & table.data.keys():
        table.note("per", "stands alone (write included = 4, the calls that it holds)")
    return CallRules(
        notice or timedelta(),
        table.texts("kinds"),
        table.text("clause"),
        table.text("reading"),
        included,
        per or Period.MONTH,
        training,
    )


def _read_readings(top: Table) -> tuple[str, ...]:
    """The agreement's own, then those of its calendar and ladder, whose values have no place for them."""
    parts = (top, top.table("calendar", "calendar"), top.table("ladder", "ladder"))
    return tuple(text for part in parts for text in part.texts("reading"))


def _plain(value: object) -> object:
    """A reserved table as JSON can hold it: dates and times become ISO text."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value.isoformat() if isinstance(value, date | time) else value
