"""What clients and people of the staff have said about nudges beside the agreement: other moments, quiet hours; and
when somebody who has seen a ticket is left in peace. Pure.

A client's wishes are laid over the agreement when a ticket's steps are planned. A person's are looked at when a step
fires, and never move it; only the lead times he adds are planned, for the tickets that are his.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any

from bot.sla.calendar import Calendar, Hours, parse_hours
from bot.sla.log import Event, EventKind, Party, in_order
from bot.sla.plan import StepKind
from bot.sla.policy import Basis, NudgePlan, Policy, Priority
from bot.sla.policy_table import parse_duration
from bot.sla.timing import Binding, Clock, passing

SEEN_FOR = timedelta(hours=24)
"""How long "seen" holds at most: nothing is forgotten for good because somebody looked at it once."""

_DAY = timedelta(days=1)
_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the roster says under `nudges` of a client or a person; None: nothing was said about it.

    `no_earlier`: nudges with more than that left to the deadline are not wanted. `quiet`: the daily hours in which
    only what is grave may disturb.
    """

    shares: tuple[float, ...] | None = None
    before: tuple[timedelta, ...] | None = None
    repeat_every: timedelta | None = None
    repeat_at_most: int | None = None
    no_earlier: timedelta | None = None
    quiet: Hours | None = None


@lru_cache(maxsize=1000)
def wishes_of(text: str) -> Wishes:
    """The wishes that the roster's reader checked and wrote down as JSON; `{}` for none."""
    data: Mapping[str, Any] = json.loads(text)
    return Wishes(
        shares=tuple(data["shares"]) if "shares" in data else None,
        before=tuple(_lead(lead) for lead in data["before"]) if "before" in data else None,
        repeat_every=_lead(data["repeat_every"]) if "repeat_every" in data else None,
        repeat_at_most=data.get("repeat_at_most"),
        no_earlier=_lead(data["no_earlier"]) if "no_earlier" in data else None,
        quiet=parse_hours(data["quiet"]) if "quiet" in data else None,
    )


def laid_over(policy: Policy, client: Wishes, leads: Sequence[timedelta] = ()) -> Policy:
    """The agreement with the client's nudges instead of its own, for every priority, and with the owner's additional
    lead times; no promise of it changes.
    """
    said: dict[str, Any] = {
        name: value
        for name in ("shares", "before", "repeat_every", "repeat_at_most")
        if (value := getattr(client, name)) is not None
    }
    if not said and not leads:
        return policy

    def over(plan: NudgePlan) -> NudgePlan:
        changed: NudgePlan = replace(plan, **said)
        return replace(changed, before=tuple(sorted({*changed.before, *leads}, reverse=True)))

    levels = {
        rank: level if level.nudges is None else replace(level, nudges=over(level.nudges))
        for rank, level in policy.levels.items()
    }
    return replace(policy, nudges=over(policy.nudges), levels=levels)


def is_too_early(wishes: Wishes, policy: Policy, clock: Clock, now: datetime) -> bool:
    """Whether the receiver wants no nudge yet, with so much time left; counted as the clock counts."""
    if wishes.no_earlier is None or clock.deadline is None:
        return False
    return passing(policy.calendar, clock.basis, now, clock.deadline) > wishes.no_earlier


def quiet_until(wishes: Wishes, hours: str, zone: str, now: datetime) -> datetime | None:
    """When the receiver's quiet hours end that hold now; None where it is not quiet for him.

    His `quiet` hours where he has named some, else the time outside his working `hours` (JSON as the roster holds
    them); a person with neither is never quiet. Wall time in his zone, so that a night with a change of the clocks is
    as long as it is.
    """
    awake = _awake(wishes.quiet, hours, zone)
    return None if awake is None or awake.is_open(now) else awake.next_open(now)


@lru_cache(maxsize=1000)
def _awake(quiet: Hours | None, hours: str, zone: str) -> Calendar | None:
    """The hours in which somebody may be disturbed, as a calendar."""
    if quiet is not None:
        if quiet.closes - quiet.opens >= 24 * 60:
            return None
        opens = quiet.closes % (24 * 60)
        closes = quiet.opens if quiet.opens > opens else quiet.opens + 24 * 60
        week = {day: [Hours(opens, closes)] for day in _WEEK}
    else:
        said: Mapping[str, Sequence[str]] = json.loads(hours)
        week = {day: [parse_hours(text) for text in texts] for day, texts in said.items()}
        if not any(week.values()):
            return None
    return Calendar(name="awake", zone=zone, week=week, working_day=_DAY)


class Way(StrEnum):
    """What a step does that falls into the quiet hours of its receiver."""

    NOW = "now"  # it is said all the same
    LATER = "later"  # it waits for their end
    ELSEWHERE = "elsewhere"  # it goes to somebody who is awake


def is_grave(kind: StepKind, priority: Priority, binding: Binding | None) -> bool:
    """What goes through quiet hours: critical tickets, windows that are capped, breaches and the ladder."""
    return (
        priority is Priority.CRITICAL or binding is Binding.CAP or kind is StepKind.BREACH or kind is StepKind.ESCALATE
    )


def way_through(quiet_end: datetime | None, *, grave: bool, deadline: datetime | None) -> Way:
    """How a step reaches a receiver whose quiet hours end at `quiet_end` (None: it is not quiet).

    What is due before he would hear of it, or is due already, must not wait for him.
    """
    if quiet_end is None or grave:
        return Way.NOW
    if deadline is not None and deadline > quiet_end:
        return Way.LATER
    return Way.ELSEWHERE


_ACTS = frozenset(
    {
        *(EventKind.ACKNOWLEDGED, EventKind.TAKEN, EventKind.REPLIED, EventKind.ANSWERED, EventKind.ETA_GIVEN),
        *(EventKind.HELD, EventKind.RESUMED, EventKind.PRIORITY_CHANGED, EventKind.PROGRESS_GIVEN),
        *(EventKind.WORKAROUND_GIVEN, EventKind.ESCALATION_ACKNOWLEDGED, EventKind.ASSIGNED, EventKind.NOTED),
    }
)


def seen_at(log: Sequence[Event], clock: Clock, eta_at: datetime | None, now: datetime) -> datetime | None:
    """When staff last showed that it knows of an overdue clock; None where it has to be reminded (again).

    Any act on the ticket shows it. It holds for a day at most, and no longer once the client has written something of
    substance or a promised moment - the clock's own, or that of the ETA - has passed since.
    """
    log = in_order(log)
    at = max(
        (event.recorded_at for event in log if event.party is Party.STAFF and event.kind in _ACTS),
        default=None,
    )
    if at is None or now - at >= SEEN_FOR:
        return None
    promised = [moment for moment in (clock.deadline, eta_at) if moment is not None]
    wrote = (
        event.recorded_at
        for event in log
        if event.party is Party.CLIENT and event.kind is EventKind.CLIENT_MESSAGE and not event.data.get("courtesy")
    )
    is_over = any(at < moment <= now for moment in promised) or any(at < moment for moment in wrote)
    return None if is_over else at


def _lead(text: str) -> timedelta:
    """A lead time as the roster writes it: hours and minutes, for it is laid over agreements of any working day."""
    return parse_duration(text, Basis.ELAPSED, _DAY)
