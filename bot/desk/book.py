"""Keeping a ticket's book: append to the log, derive the clocks, lay out the steps, write the cache; one unit of
work.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.desk.remaining import remaining, stored
from bot.desk.staff.cover import writer_until
from bot.people import Contract
from bot.sla.clock import Clock, Standing, clocks_and_standing, repeats, unrecorded, voided
from bot.sla.log import Event, EventKind, Party, in_order
from bot.sla.nudging import laid_over, wishes_of
from bot.sla.plan import Step, plans
from bot.sla.policy import Metric, Policy
from bot.sla.policy_file import Catalog
from bot.sla.policy_json import digest, from_json, to_json
from bot.store.meta import Named
from bot.store.steps import StepState
from bot.store.tx import Tx
from bot.tickets import Status, Ticket


@dataclass(frozen=True, slots=True)
class Draft:
    """An event about to be appended; `at` None means now."""

    kind: EventKind
    party: Party
    at: datetime | None = None
    person: int | None = None
    message: int | None = None
    data: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page:
    """A ticket with everything its log says at one moment; `log` is the log as it counts."""

    ticket: Ticket
    policy: Policy
    log: tuple[Event, ...]
    clocks: tuple[Clock, ...]
    standing: Standing

    def live(self, metric: Metric) -> Clock | None:
        """The running or held clock of this metric."""
        return next((c for c in self.clocks if c.metric is metric and c.is_live), None)


class Book:
    """Reads and writes tickets; remembers the policies it has parsed, by their hash."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._policies: dict[str, Policy] = {}
        self._laid: dict[tuple[str, str, str], Policy] = {}
        self._pinned: dict[Named, tuple[str, str]] = {}

    def terms(self, contract: Contract) -> Policy:
        """The agreement as it is today; LookupError where the catalogue lacks it."""
        return self._catalog.get(contract.policy_id, contract.plan, contract.variant)

    def pin(self, tx: Tx, contract: Contract, now: datetime) -> str:
        """Store today's terms under their hash, which a new ticket keeps for ever."""
        return self.pin_text(tx, Named(contract.policy_id, contract.plan, contract.variant), now)

    def present_text(self, named: Named) -> tuple[str, str]:
        """Hash and text of an agreement as it is today; LookupError where the catalogue lacks it."""
        if named not in self._pinned:
            policy = self._catalog.get(named.id, named.plan, named.variant)
            self._pinned[named] = (digest(policy), to_json(policy))
        return self._pinned[named]

    def pin_text(self, tx: Tx, named: Named, now: datetime) -> str:
        """Store the text of an agreement as it is today; its hash."""
        hash, text = self.present_text(named)
        version = self._catalog.get(named.id, named.plan, named.variant).version
        tx.meta.pin_policy(
            hash=hash, id=named.id, plan=named.plan, variant=named.variant, version=version, text=text, now=now
        )
        return hash

    def policy(self, tx: Tx, hash: str) -> Policy:
        """The terms a ticket pinned."""
        if hash not in self._policies:
            self._policies[hash] = from_json(tx.meta.policy_text(hash))
        return self._policies[hash]

    def laid(self, tx: Tx, ticket: Ticket, owner_id: int) -> Policy:
        """The terms a ticket pinned, with the nudges its client and this owner want; no promise differs."""
        client = tx.people.nudges_of_client(ticket.client_id)
        owner = tx.people.receiving(owner_id).nudges
        key = (ticket.policy_hash, client, owner)
        if key not in self._laid:
            pinned = self.policy(tx, ticket.policy_hash)
            self._laid[key] = laid_over(pinned, wishes_of(client), wishes_of(owner).before or ())
        return self._laid[key]

    def read(self, tx: Tx, ticket: Ticket, now: datetime) -> Page:
        """The ticket as its log stands."""
        return self.page(tx, ticket, tx.ledger.history(ticket.id), now)

    def page(self, tx: Tx, ticket: Ticket, log: tuple[Event, ...], now: datetime) -> Page:
        """As `read`, where the history was read already."""
        policy = self.laid(tx, ticket, ticket.owner_id)
        return _page(ticket, policy, log, *clocks_and_standing(policy, log, now, self._earlier(tx, log)))

    def as_if(self, tx: Tx, ticket: Ticket, log: tuple[Event, ...], draft: Draft, now: datetime) -> Page:
        """The ticket as it would be with this event, under the present text of its agreement; nothing is written."""
        named = tx.meta.policy_named(ticket.policy_hash)
        policy = self._catalog.get(named.id, named.plan, named.variant)
        log = (*log, _event(ticket.events + 1, draft, now))
        return _page(ticket, policy, log, *clocks_and_standing(policy, log, now, self._earlier(tx, log)))

    def _earlier(self, tx: Tx, log: Iterable[Event]) -> list[Policy]:
        """The terms that a ticket had before those of today, in order."""
        return [self.policy(tx, str(event.data["before"])) for event in log if event.kind is EventKind.TERMS_CHANGED]

    def open(self, tx: Tx, ticket: Ticket, opened: Draft, now: datetime) -> Page:
        """Store a new ticket with the event that opened it, its clocks and their steps. `ticket` has no id yet, and
        what is a cache of the log is read from the log.
        """
        policy = self.laid(tx, ticket, ticket.owner_id)
        log = (_event(1, opened, now),)
        timed, stands = clocks_and_standing(policy, log, now)
        until = writer_until(tx, ticket, timed)
        planned = [(clock, step) for clock, steps in plans(policy, timed, stands.escalation, until) for step in steps]
        ticket = tx.tickets.add(_in_line(ticket, log, timed, stands, version=1 if planned else 0, now=now))
        tx.ledger.append(ticket, log[0])
        ids = {(clock.metric, clock.cycle): tx.ledger.put_clock(ticket, clock) for clock in timed}
        tx.steps.add(ticket, 1, [(ids[clock.metric, clock.cycle], clock.cycle, step) for clock, step in planned])
        return _page(ticket, policy, log, timed, stands)

    def repeat(self, tx: Tx, ticket: Ticket, wrote: Draft, now: datetime, *, touched_at: datetime) -> bool:
        """Append a client's further word that follows his own and so changes nothing (`repeats`): the log, which may
        be long, is not replayed. False, and nothing done, where it may change something.
        """
        event = _event(ticket.events + 1, wrote, now)
        if event.at > now or not repeats(tx.ledger.last(ticket.id), event):
            return False
        tx.ledger.append(ticket, event)
        tx.tickets.save(replace(ticket, events=event.seq, touched_at=touched_at))
        return True

    def record(
        self,
        tx: Tx,
        ticket: Ticket,
        drafts: Sequence[Draft],
        now: datetime,
        *,
        touched_at: datetime | None = None,
        log: tuple[Event, ...] | None = None,
    ) -> Page:
        """Append the drafts and bring clocks, steps and the ticket's columns in line with the log, in this order.

        A breach that the new events no longer bear out is voided by a further event, so that the log says so itself;
        one that nobody had looked at before they came is recorded, and so is another moment of the same.
        `log` is the ticket's history, where the caller has read it.
        """
        policy = self.policy(tx, ticket.policy_hash)
        log = self._append(tx, ticket, tx.ledger.history(ticket.id) if log is None else log, drafts, now)
        earlier = self._earlier(tx, log)
        timed, stands = clocks_and_standing(policy, log, now, earlier)
        struck = voided(log, timed)
        corrections = [
            Draft(EventKind.BREACH_VOIDED, Party.BOT, data={"metric": m.value, "cycle": n}) for m, n in struck
        ]
        moved = [
            each for each in timed if (each.metric, each.cycle) in struck and (each.breached_at or each.fell_short_at)
        ]
        corrections += [_late(clock) for clock in (*moved, *unrecorded(log, timed))]
        if corrections:
            log = self._append(tx, ticket, log, corrections, now)
            _, stands = clocks_and_standing(policy, log, now, earlier)
        policy = self.laid(tx, ticket, stands.owner or ticket.owner_id)
        ids = self._store_clocks(tx, ticket, timed)
        changed_at = max((event.at for event in log if event.kind is EventKind.TERMS_CHANGED), default=None)
        version = self._replan(tx, ticket, policy, timed, ids, stands, now, changed_at)
        ticket = _in_line(ticket, log, timed, stands, version=version, now=now, touched_at=touched_at)
        tx.tickets.save(ticket)
        return _page(ticket, policy, log, timed, stands)

    def _store_clocks(self, tx: Tx, ticket: Ticket, timed: Sequence[Clock]) -> dict[tuple[str, int], int]:
        """Write the clocks' rows, those that are over first, as one metric has one live clock at most.

        A clock that an undone or backdated event has unmade keeps its row, as cancelled: steps point to it.
        """
        stored = tx.ledger.clock_ids(ticket.id)
        for key in stored.keys() - {(c.metric.value, c.cycle) for c in timed}:
            tx.ledger.cancel_clock(stored[key])
        over_first = sorted(timed, key=lambda clock: clock.is_live)
        return stored | {(c.metric.value, c.cycle): tx.ledger.put_clock(ticket, c) for c in over_first}

    def _append(
        self, tx: Tx, ticket: Ticket, log: tuple[Event, ...], drafts: Iterable[Draft], now: datetime
    ) -> tuple[Event, ...]:
        added = tuple(_event(seq, draft, now) for seq, draft in enumerate(drafts, start=len(log) + 1))
        for event in added:
            tx.ledger.append(ticket, event)
        return log + added

    def _replan(
        self,
        tx: Tx,
        ticket: Ticket,
        policy: Policy,
        timed: Sequence[Clock],
        ids: Mapping[tuple[str, int], int],
        stands: Standing,
        now: datetime,
        changed_at: datetime | None,
    ) -> int:
        """Replace the open steps by today's plan where the two differ; the plan's version in force afterwards."""
        known = tx.steps.of_ticket(ticket.id)
        wanted: list[tuple[int, int, Step]] = []
        until = writer_until(tx, replace(ticket, owner_id=stands.owner or ticket.owner_id), timed)
        for clock, steps in plans(policy, timed, stands.escalation, until) if stands.is_open else ():
            clock_id = ids[clock.metric.value, clock.cycle]
            mine = [row for row in known if row.clock_id == clock_id]
            left = remaining(policy, clock, steps, mine, now, changed_at) if mine else steps
            wanted.extend((clock_id, clock.cycle, step) for step in left)
        standing_open = {(s.clock_id, s.kind, s.n, s.due_at) for s in known if s.state is StepState.OPEN}
        if standing_open == {(clock_id, step.kind, step.n, stored(step.at)) for clock_id, _, step in wanted}:
            return ticket.version
        version = ticket.version + 1
        # Of a day's progress the last step has just had its turn: its clock is over without an open one.
        watched = {row.clock_id for row in known if row.state is StepState.OPEN or row.fired_at == now}
        over = watched - {clock_id for clock_id, *_ in wanted}
        if over:
            tx.outbox.supersede_nudges(ticket.id, over, "answered, held or closed")
        if standing_open:
            tx.steps.cancel_open(ticket.id, "planned anew" if stands.is_open else "ticket closed", now)
        tx.steps.add(ticket, version, wanted)
        return version


def _page(ticket: Ticket, policy: Policy, log: Sequence[Event], timed: tuple[Clock, ...], stands: Standing) -> Page:
    return Page(ticket, policy, tuple(in_order(log)), timed, stands)


def _late(clock: Clock) -> Draft:
    kind = EventKind.BREACHED if clock.breached_at else EventKind.FELL_SHORT
    data = {"metric": clock.metric.value, "cycle": clock.cycle}
    return Draft(kind, Party.BOT, at=clock.breached_at or clock.fell_short_at, data=data)


def _event(seq: int, draft: Draft, now: datetime) -> Event:
    return Event(
        seq=seq,
        kind=draft.kind,
        at=draft.at or now,
        recorded_at=now,
        party=draft.party,
        person=draft.person,
        message=draft.message,
        data=draft.data,
    )


def _in_line(
    ticket: Ticket,
    log: Sequence[Event],
    timed: Sequence[Clock],
    stands: Standing,
    *,
    version: int,
    now: datetime,
    touched_at: datetime | None = None,
) -> Ticket:
    """The ticket with what its columns cache of the log."""
    return replace(
        ticket,
        touched_at=touched_at or ticket.touched_at,
        status=_status(stands),
        priority=stands.priority,
        owner_id=stands.owner or ticket.owner_id,
        closed_at=None if stands.is_open else ticket.closed_at or now,
        level=stands.escalation,
        cycle=1 + stands.reopened,
        version=version,
        events=len(log),
        due_at=_next_due(timed),
    )


def _status(stands: Standing) -> Status:
    if stands.is_cancelled:
        return Status.CANCELLED
    if stands.is_open:
        return Status.OPEN
    return Status.CONFIRMED if stands.confirmed_at else Status.RESOLVED


def _next_due(timed: Sequence[Clock]) -> datetime | None:
    return min((c.deadline for c in timed if c.is_live and c.deadline), default=None)
