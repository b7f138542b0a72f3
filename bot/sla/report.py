"""What became of clocks: the order in which they need attention, their outcome, the compliance of many."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeVar

from bot.sla.policy import Metric, Priority
from bot.sla.standing import EtaEntry, EtaOutcome
from bot.sla.timing import State

# An ETA has its own ledger, and the next response is an objective: neither is a promise of the agreement.
_UNCOUNTED = frozenset({Metric.ETA_KEPT, Metric.NEXT_RESPONSE})


class Waiting(Protocol):
    """What can be ordered by urgency: a Clock, or a stored row of one."""

    @property
    def state(self) -> str: ...
    @property
    def due_at(self) -> datetime | None: ...
    @property
    def objective_at(self) -> datetime | None: ...
    @property
    def priority(self) -> Priority: ...


class Record(Protocol):
    """What has an outcome: a Clock, or a stored row of one."""

    @property
    def metric(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def due_at(self) -> datetime | None: ...
    @property
    def breached_at(self) -> datetime | None: ...
    @property
    def fell_short_at(self) -> datetime | None: ...
    @property
    def stopped_at(self) -> datetime | None: ...
    @property
    def excluded(self) -> bool: ...


class Outcome(StrEnum):
    """How one clock ended, or stands.

    EXCLUDED is everything outside the count: excluded by the agreement, cancelled before its due moment, or
    without one.
    """

    MET = "met"
    LATE = "late"
    OPEN = "open"
    OVERDUE = "overdue"
    EXCLUDED = "excluded"


@dataclass(frozen=True, slots=True)
class Compliance:
    """met / (met + breached), breaches and shortfalls alike; `waiting` is not due yet and counts nowhere."""

    met: int
    late: int
    open_overdue: int
    waiting: int = 0

    @property
    def share(self) -> float | None:
        """0.0 to 1.0, open overdue counted as breached; None when nothing is counted."""
        counted = self.met + self.late + self.open_overdue
        return self.met / counted if counted else None


@dataclass(frozen=True, slots=True)
class EtaTally:
    """How many promised moments were kept, moved and broken; one that was moved too late is broken and moved."""

    kept: int
    moved: int
    broken: int
    open: int = 0


def eta_tally(entries: Iterable[EtaEntry]) -> EtaTally:
    """The counts of ETAs; those of excluded or cancelled tickets count nowhere."""
    found = [entry for entry in entries if entry.outcome is not EtaOutcome.VOID]
    outcomes = [entry.outcome for entry in found]
    return EtaTally(
        kept=outcomes.count(EtaOutcome.KEPT),
        moved=sum(entry.moved_at is not None for entry in found),
        broken=outcomes.count(EtaOutcome.BROKEN),
        open=outcomes.count(EtaOutcome.OPEN),
    )


_W = TypeVar("_W", bound=Waiting)


def by_time_to_breach(items: Iterable[_W], now: datetime) -> list[_W]:
    """The order of every list of what is due next: see `urgency`."""
    return sorted(items, key=lambda item: urgency(item, now))


def urgency(item: Waiting, now: datetime) -> tuple[int, bool, bool, float, int]:
    """A sort key: running before held before over; overdue first; the earlier due; the graver priority.

    An objective stands in where there is no due moment; what has neither comes last in its group.
    """
    deadline = item.due_at or item.objective_at
    group = {State.RUNNING: 0, State.HELD: 1}.get(State(item.state), 2)
    is_overdue = item.due_at is not None and item.due_at <= now
    moment = deadline.timestamp() if deadline else 0.0
    return group, not is_overdue, deadline is None, moment, item.priority.rank


def outcome(record: Record, now: datetime) -> Outcome:
    """What became of one clock by `now`. Neither a late answer nor cancelling turns a breach green."""
    if record.excluded or record.due_at is None:
        return Outcome.EXCLUDED
    was_late = record.breached_at is not None or record.fell_short_at is not None
    if record.state == State.STOPPED:
        in_time = record.stopped_at is not None and record.stopped_at <= record.due_at
        return Outcome.MET if in_time else Outcome.LATE
    if record.state == State.CANCELLED:
        return Outcome.LATE if was_late else Outcome.EXCLUDED
    if was_late or (record.state == State.RUNNING and record.due_at <= now):
        return Outcome.OVERDUE
    return Outcome.OPEN


def compliance(records: Iterable[Record], now: datetime) -> Compliance:
    """How many promises were kept; unanswered tickets that are overdue are in it, not left out."""
    found = [outcome(record, now) for record in records if record.metric not in _UNCOUNTED]
    return Compliance(
        met=found.count(Outcome.MET),
        late=found.count(Outcome.LATE),
        open_overdue=found.count(Outcome.OVERDUE),
        waiting=found.count(Outcome.OPEN),
    )
