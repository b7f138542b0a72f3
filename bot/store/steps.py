"""Planned acts as rows with moments: claimed by index when due, each fired once or ended with a reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from bot.sla.plan import Step, StepKind
from bot.store.times import from_ms, to_ms
from bot.tickets import Ticket


class StepState(StrEnum):
    OPEN = "open"
    FIRED = "fired"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"
    FAILED = "failed"


# A table finds a word ten times as fast as the enumeration, and the watch reads many rows at once.
_KINDS = {kind.value: kind for kind in StepKind}
_STATES = {state.value: state for state in StepState}


@dataclass(frozen=True, slots=True)
class StepRow:
    """One stored step. `due_at` is the planned moment and never moves; `wake_at` is when the watch looks next."""

    id: int
    client_id: int
    ticket_id: int
    clock_id: int
    cycle: int
    kind: StepKind
    n: int
    version: int
    due_at: datetime
    wake_at: datetime
    rule: str
    role: str
    state: StepState
    fired_at: datetime | None
    reason: str | None
    attempts: int
    metric: str = ""  # only where the steps of one ticket are read


@dataclass(frozen=True, slots=True)
class Coming:
    """An open step that calls somebody in: its planned moment and its level."""

    at: datetime
    level: int


class Steps:
    def __init__(self, connection: Any, queries: Any, touched: set[str]) -> None:
        self._c = connection
        self._q = queries
        self._touched = touched

    def add(self, ticket: Ticket, version: int, planned: Iterable[tuple[int, int, Step]]) -> None:
        """Plan steps, each as (clock id, its cycle, step); the same step of the same version again does nothing."""
        self._touched.add("steps")
        rows = [
            {
                "client_id": ticket.client_id,
                "ticket_id": ticket.id,
                "clock_id": clock_id,
                "cycle": cycle,
                "kind": step.kind.value,
                "n": step.n,
                "version": version,
                "due_at": to_ms(step.at),
                "rule": step.rule,
                "role": step.role,
            }
            for clock_id, cycle, step in planned
        ]
        if rows:
            self._q.steps_add(self._c, rows)

    def cancel_open(self, ticket_id: int, reason: str, now: datetime) -> None:
        """End every open step of a ticket, before it is planned anew or closed."""
        self._q.steps_cancel_open(self._c, ticket_id=ticket_id, reason=reason, now=to_ms(now))

    def due(self, now: datetime, n: int = 200) -> list[StepRow]:
        """Open steps whose moment has come, oldest first."""
        return [step_of(row) for row in self._q.steps_due(self._c, now=to_ms(now), n=n)]

    def overdue(self, late: datetime) -> int:
        """How many open steps should have been acted on by `late`: those that were tried in vain count from their
        planned moment, those that wait for the end of somebody's quiet hours from that end.
        """
        return int(self._q.steps_overdue(self._c, late=to_ms(late)))

    def due_of_ticket(self, ticket_id: int, now: datetime) -> list[StepRow]:
        """Open steps of one ticket that are due, by moment, with the metrics of their clocks."""
        rows = self._q.due_steps_of_ticket(self._c, ticket_id=ticket_id, now=to_ms(now))
        return [step_of(row, row["metric"]) for row in rows]

    def coming(self, ticket_id: int) -> tuple[Coming, ...]:
        """The open steps of a ticket that call somebody in, by moment."""
        rows = self._q.steps_coming(self._c, ticket_id=ticket_id)
        return tuple(Coming(from_ms(row["due_at"]), row["n"]) for row in rows)

    def next_at(self) -> datetime | None:
        """When the next open step wakes; None with nothing planned."""
        row = self._q.steps_next(self._c)
        return None if row is None else from_ms(row["wake_at"])

    def end(self, id: int, state: StepState, reason: str | None, now: datetime) -> None:
        """Close an open step for good."""
        self._q.steps_end(self._c, id=id, state=state.value, reason=reason, now=to_ms(now))

    def push_on(self, id: int, wake_at: datetime, reason: str) -> None:
        """Look at an open step again later, because acting on it failed."""
        self._q.steps_push_on(self._c, id=id, wake_at=to_ms(wake_at), reason=reason[:500])

    def to_plan(self, n: int) -> list[int]:
        """Tickets whose steps have to be laid out anew because the roster says something else about nudges."""
        return [row["ticket_id"] for row in self._q.steps_to_plan(self._c, n=n)]

    def planned(self, ticket_id: int) -> None:
        """It is done, or was tried."""
        self._q.steps_planned(self._c, ticket_id=ticket_id)

    def wait(self, id: int, wake_at: datetime, reason: str) -> None:
        """Leave a due step open until `wake_at`, because its receiver must not be disturbed; it keeps its moment."""
        self._q.steps_wait(self._c, id=id, wake_at=to_ms(wake_at), reason=reason)

    def of_ticket(self, ticket_id: int) -> list[StepRow]:
        """Everything ever planned for a ticket, by moment."""
        return [step_of(row, row["metric"]) for row in self._q.steps_of_ticket(self._c, ticket_id=ticket_id)]

    def orphans(self, n: int = 50) -> list[tuple[int, int]]:
        """(clock, ticket) of running clocks that have no open step: must never be, for after due there are repeats."""
        return [(row["id"], row["ticket_id"]) for row in self._q.steps_orphans(self._c, n=n)]


def step_of(row: Any, metric: str = "") -> StepRow:
    """The value of a row of a step."""
    return StepRow(
        id=row["id"],
        client_id=row["client_id"],
        ticket_id=row["ticket_id"],
        clock_id=row["clock_id"],
        cycle=row["cycle"],
        kind=_KINDS[row["kind"]],
        n=row["n"],
        version=row["version"],
        due_at=from_ms(row["due_at"]),
        wake_at=from_ms(row["wake_at"]),
        rule=row["rule"],
        role=row["role"],
        state=_STATES[row["state"]],
        fired_at=from_ms(row["fired_at"]),
        reason=row["reason"],
        attempts=row["attempts"],
        metric=metric,
    )
