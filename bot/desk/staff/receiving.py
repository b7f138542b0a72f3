"""Who receives a step at the moment at which it fires: whoever answers for the ticket, or somebody who is awake; and
whether he needs to hear it at all. The step itself is never moved by this.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.desk.book import Page
from bot.desk.staff.cover import answers_step, present
from bot.people import Person, Role
from bot.sla.clock import Clock
from bot.sla.nudging import Way, is_grave, is_too_early, quiet_until, seen_at, way_through, wishes_of
from bot.sla.plan import StepKind
from bot.store.steps import StepRow
from bot.store.tx import Tx


@dataclass(frozen=True, slots=True)
class Reception:
    """`person` None: nobody in particular; the leads hear of it. `to_team`: the room of the team instead of him.

    `wait_until`: nothing is said before; `silent`: nothing is said, and why. `asleep`: for whom it would have been.
    """

    person: Person | None
    to_team: bool = False
    wait_until: datetime | None = None
    silent: str | None = None
    asleep: Person | None = None

    @property
    def is_told(self) -> bool:
        """Whether anything is said now."""
        return self.wait_until is None and self.silent is None

    @property
    def whom(self) -> object:
        """Who reads it: equal for two steps that reach the same reader."""
        return "team" if self.to_team else None if self.person is None else self.person.id


def reception(tx: Tx, page: Page, row: StepRow, clock: Clock, now: datetime) -> Reception:
    """Of a step that speaks to whoever has the ticket (not of the ladder: that has people of its own).

    1. A reminder of what he has seen, or beyond the agreed number, says nothing; nor does a nudge that comes earlier
       than he wants it, where a later one follows.
    2. Who is on call is awake for what he is on call for, whatever his hours say.
    3. In quiet hours what is grave is said all the same; a nudge waits for their end where the deadline lies behind
       it; everything else goes to who is awake: the client's people, the team's room, a lead.
    4. Where nobody is awake it goes to him after all.
    """
    covered = answers_step(tx, page.ticket, page.policy, clock, now)
    person = None if covered is None else covered.person
    silent = _not_needed(tx, page, row, clock, person, now)
    if silent is not None or covered is None or person is None or covered.is_on_call:
        return Reception(person, silent=silent)
    quiet_end = asleep_until(tx, person, now)
    way = way_through(
        quiet_end, grave=is_grave(row.kind, page.standing.priority, clock.binding), deadline=clock.deadline
    )
    if way is Way.NOW:
        return Reception(person)
    if way is Way.LATER and row.kind is StepKind.NUDGE:
        return Reception(person, wait_until=quiet_end)
    for other in _others(tx, page, now):
        if other.id != person.id and asleep_until(tx, other, now) is None:
            return Reception(other, asleep=person)
    if any(room.is_safe_path for room in tx.rooms.team()):
        return Reception(person, to_team=True, asleep=person)
    for lead in present(tx, tx.people.with_role(Role.LEAD), now):
        if lead.id != person.id and asleep_until(tx, lead, now) is None:
            return Reception(lead, asleep=person)
    return Reception(person)


def asleep_until(tx: Tx, person: Person, now: datetime) -> datetime | None:
    """When this person's quiet hours end; None where he may be disturbed."""
    how = tx.people.receiving(person.id)
    return quiet_until(wishes_of(how.nudges), how.hours, how.zone, now)


def _others(tx: Tx, page: Page, now: datetime) -> Sequence[Person]:
    """Who stands in for the receiver, the nearest first."""
    return present(tx, tx.people.responsible(page.ticket.client_id), now)


def _not_needed(tx: Tx, page: Page, row: StepRow, clock: Clock, person: Person | None, now: datetime) -> str | None:
    """Why this step need not be said to anybody; None where it must."""
    if row.kind is StepKind.REPEAT:
        most = page.policy.nudge_plan(clock.priority).repeat_at_most
        if most is not None and row.n > most:
            return f"reminded {most} times"
        if seen_at(page.log, clock, page.standing.eta_at, now) is not None:
            return "seen"
    if row.kind is StepKind.NUDGE and person is not None:
        wishes = wishes_of(tx.people.receiving(person.id).nudges)
        if is_too_early(wishes, page.policy, clock, now) and _follows(tx, row):
            return f"earlier than {person.key} wants it"
    return None


def _follows(tx: Tx, row: StepRow) -> bool:
    """Whether another nudge of this clock is still to come."""
    steps = tx.steps.of_ticket(row.ticket_id)
    return any(
        each.clock_id == row.clock_id
        and each.kind is StepKind.NUDGE
        and each.fired_at is None
        and each.state.value == "open"
        and each.due_at > row.due_at
        for each in steps
    )
