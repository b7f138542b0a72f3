"""Where a ticket stands, read from its log: what the desk needs to know besides the clocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from bot.sla.log import Event, EventKind, Party
from bot.sla.policy import HoldReason, Metric, Policy, Priority
from bot.sla.replay import Replay
from bot.sla.timing import Clock, Hold, State


class EtaOutcome(StrEnum):
    """What became of a promised moment; VOID: the ticket was excluded or cancelled while it was OPEN."""

    OPEN = "open"
    KEPT = "kept"
    MOVED = "moved"
    BROKEN = "broken"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class EtaEntry:
    """One line of the ETA ledger. `reason` says why it replaced the ETA before it; "" for the first.

    One that was moved after it had passed is BROKEN, and moved besides: the client heard of it too late.
    """

    given_at: datetime
    eta_at: datetime
    outcome: EtaOutcome
    reason: str
    moved_at: datetime | None = None  # when another one took its place

    @property
    def was_told_before(self) -> bool:
        """Whether the client was told of the move before this one had passed."""
        return self.moved_at is not None and self.moved_at <= self.eta_at


@dataclass(frozen=True, slots=True)
class Called:
    """Who was called in last, and whether he has the ticket. `person` None: the log is older than the names in it."""

    seq: int  # the event that called him
    level: int
    person: int | None
    at: datetime
    by: str  # timer, client, staff
    about: tuple[str, int] | None = None  # metric and cycle of the clock that called; None: a person did
    acknowledged_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """The state of one ticket. Moments are aware UTC; None means: not (or no longer) so."""

    priority: Priority
    level_name: str
    opened_at: datetime
    is_open: bool
    responded: bool  # the first response was given and counts
    oldest_unanswered_at: datetime | None
    eta_at: datetime | None  # the ETA in force
    etas: tuple[EtaEntry, ...]
    holds: tuple[Hold, ...]  # the waits that go on; whether a clock stands still is the clock's own matter
    escalation: int  # the highest level since the opening or the last reopening, 0 for none
    escalation_acknowledged: int  # the highest level acknowledged since then
    called: Called | None  # of the level reached; None at level 0
    deescalated: int  # how often a level was given back
    clarifications: int  # how often the client was asked for details
    excluded: str | None  # the reason; "" where none was given
    is_cancelled: bool
    resolved_at: datetime | None
    confirmed_at: datetime | None
    reopened: int
    owner: int | None
    duplicate_of: int | None = None  # the number of the ticket it goes on in


def standing(policy: Policy, log: Sequence[Event], now: datetime) -> Standing:
    """The standing of a ticket; ValueError for a log without OPENED."""
    return standing_of(Replay(policy).run(log, now), log, now)


def standing_of(replay: Replay, log: Sequence[Event], now: datetime) -> Standing:
    """`standing` where the log was replayed already."""
    if replay.opened_at is None:
        raise ValueError(f"a log of {len(log)} events has no OPENED (append it first)")
    facts = _Facts()
    for event in replay.log:
        _note(facts, event)
    etas = _ledger(replay, now) if replay.eta_reasons else ()
    return Standing(
        priority=replay.level.priority,
        level_name=replay.level.name,
        opened_at=replay.opened_at,
        is_open=replay.is_open,
        responded=replay.responded,
        oldest_unanswered_at=replay.unanswered_at,
        eta_at=etas[-1].eta_at if etas and replay.is_promised else None,
        etas=etas,
        holds=tuple(hold for hold in replay.holds if hold.end is None),
        escalation=facts.escalation,
        escalation_acknowledged=facts.escalation_acknowledged,
        called=facts.called,
        deescalated=facts.deescalated,
        clarifications=facts.clarifications,
        excluded=facts.excluded,
        is_cancelled=facts.is_cancelled,
        resolved_at=facts.resolved_at,
        confirmed_at=facts.confirmed_at,
        reopened=facts.reopened,
        owner=facts.owner,
        duplicate_of=facts.duplicate_of,
    )


_CLIMBING = frozenset(
    {EventKind.ESCALATED, EventKind.PASSED_ON, EventKind.ESCALATION_ACKNOWLEDGED, EventKind.DEESCALATED}
)


@dataclass(slots=True)
class _Facts:
    escalation: int = 0
    escalation_acknowledged: int = 0
    called: Called | None = None
    deescalated: int = 0
    clarifications: int = 0
    excluded: str | None = None
    is_cancelled: bool = False
    resolved_at: datetime | None = None
    confirmed_at: datetime | None = None
    reopened: int = 0
    owner: int | None = None
    duplicate_of: int | None = None


def _note(facts: _Facts, event: Event) -> None:
    data = event.data
    if event.kind in _CLIMBING:
        _climb(facts, event)
        return
    called = facts.called
    if event.party is Party.STAFF and called and event.person == called.person and called.acknowledged_at is None:
        # Whoever does something about the ticket he was called in for has it, button or not.
        facts.escalation_acknowledged = called.level
        facts.called = replace(called, acknowledged_at=event.at)
    match event.kind:
        case EventKind.HELD if data.get("reason") == HoldReason.CLIENT:
            facts.clarifications += 1
        case EventKind.EXCLUDED:
            facts.excluded = str(data.get("reason", ""))
        case EventKind.CANCELLED:
            facts.is_cancelled = True
            facts.duplicate_of = int(str(data["duplicate_of"])) if "duplicate_of" in data else None
        case EventKind.RESOLVED if event.party in (Party.STAFF, Party.CLIENT):
            facts.resolved_at = facts.resolved_at or event.at
        case EventKind.MERGED if int(str(data.get("level", 0))) > facts.escalation:
            _go_on_from(facts, event)
        case EventKind.CONFIRMED:
            facts.confirmed_at = event.at
        case EventKind.REOPENED if facts.resolved_at is not None:
            facts.resolved_at = facts.confirmed_at = None
            facts.escalation = facts.escalation_acknowledged = 0
            facts.called = None
            facts.reopened += 1
        case EventKind.ASSIGNED:
            person = data.get("person")
            facts.owner = int(str(person)) if person is not None else None
        case EventKind.TAKEN if event.person is not None:
            facts.owner = event.person


def _go_on_from(facts: _Facts, event: Event) -> None:
    """The level that the other ticket had reached is reached here: whoever was called there has this one."""
    level, person = int(str(event.data["level"])), event.data.get("called")
    whom = None if person is None else int(str(person))
    has_it = bool(event.data.get("acknowledged"))
    facts.escalation = level
    by, about = str(event.data.get("by", "timer")), _about(event)
    at, taken_up_at = _moment(event, "called_at"), _moment(event, "acknowledged_at")
    facts.called = Called(event.seq, level, whom, at, by, about, taken_up_at if has_it else None)
    if has_it:
        facts.escalation_acknowledged = level


def _moment(event: Event, name: str) -> datetime:
    """One that the other ticket knew; the merger's own where the log is older than these."""
    told = event.data.get(name)
    return event.at if told is None else datetime.fromisoformat(str(told))


def _about(event: Event) -> tuple[str, int] | None:
    """The clock that called somebody in."""
    metric = event.data.get("metric")
    return None if metric is None else (str(metric), int(str(event.data["cycle"])))


def _climb(facts: _Facts, event: Event) -> None:
    level = int(str(event.data["level"]))
    person = event.data.get("called")
    whom = None if person is None else int(str(person))
    match event.kind:
        case EventKind.ESCALATED if level > facts.escalation:
            facts.escalation = level
            facts.called = Called(event.seq, level, whom, event.at, str(event.data.get("by", "timer")), _about(event))
        case EventKind.PASSED_ON if facts.called is not None and facts.called.level == level:
            facts.called = replace(facts.called, seq=event.seq, person=whom, at=event.at, acknowledged_at=None)
        case EventKind.ESCALATION_ACKNOWLEDGED:
            facts.escalation_acknowledged = max(facts.escalation_acknowledged, level)
            if facts.called is not None and facts.called.level <= level:
                has_it = event.person or facts.called.person
                facts.called = replace(facts.called, person=has_it, acknowledged_at=event.at)
        case EventKind.DEESCALATED:
            facts.escalation = facts.escalation_acknowledged = 0
            facts.called = None
            facts.deescalated += 1
        case _:
            pass


def _ledger(replay: Replay, now: datetime) -> tuple[EtaEntry, ...]:
    """One entry per promised moment, in the order they were given."""
    given = {event.seq for event in replay.log if event.kind in (EventKind.ETA_GIVEN, EventKind.ANSWERED)}
    clocks = (clock for clock in replay.clocks(now) if clock.metric is Metric.ETA_KEPT)
    return tuple(
        EtaEntry(clock.started_at, clock.due_at, _outcome(clock, given), reason, _moved_at(clock, given))
        for clock, reason in zip(clocks, replay.eta_reasons, strict=True)
        if clock.due_at is not None
    )


def _moved_at(clock: Clock, given: set[int]) -> datetime | None:
    return clock.stopped_at or clock.cancelled_at if clock.stopped_by in given else None


def _outcome(clock: Clock, given: set[int]) -> EtaOutcome:
    if clock.late_at is not None:
        return EtaOutcome.BROKEN
    if clock.state is State.CANCELLED:
        return EtaOutcome.MOVED if clock.stopped_by in given else EtaOutcome.VOID
    return EtaOutcome.KEPT if clock.state is State.STOPPED else EtaOutcome.OPEN
