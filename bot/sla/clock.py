"""A ticket's clocks, as a pure function of its policy, its log and `now`.

The replay goes through the log in the order of what happened, (at, seq), not of recording: a backdated answer
derives everything anew, and a breach that no longer holds is simply not there any more (`voided` finds it).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from bot.sla.log import Event, EventKind, Party
from bot.sla.policy import Metric, Policy, Priority
from bot.sla.replay import Replay
from bot.sla.standing import Called, EtaEntry, EtaOutcome, Standing, standing, standing_of
from bot.sla.terms import begin
from bot.sla.timing import Binding, Clock, Hold, State

__all__ = [
    "Binding",
    "Called",
    "Clock",
    "EtaEntry",
    "EtaOutcome",
    "Hold",
    "Standing",
    "State",
    "clocks",
    "clocks_and_standing",
    "repeats",
    "standing",
    "start_clock",
    "unrecorded",
    "voided",
]


def clocks(policy: Policy, log: Sequence[Event], now: datetime) -> tuple[Clock, ...]:
    """Every clock the ticket has had, by cycle, then in the order of `Metric`.

    At most one clock of a metric is live. `now` only decides what has been missed and which working day owes
    progress; events count wherever they lie. A log without OPENED has no clocks. Linear in the log and, for a
    PROGRESS target, in the working days that passed.
    """
    return Replay(policy).run(log, now).clocks(now)


def clocks_and_standing(
    policy: Policy, log: Sequence[Event], now: datetime, earlier: Sequence[Policy] = ()
) -> tuple[tuple[Clock, ...], Standing]:
    """`clocks` and `standing` by one replay of the log, which is most of the work of either.

    `earlier` are the terms that each TERMS_CHANGED of the log ended, in order.
    """
    replay = Replay(policy, earlier).run(log, now)
    return replay.clocks(now), standing_of(replay, log, now)


def repeats(last: Event, wrote: Event) -> bool:
    """Whether a client's further word leaves every clock and the standing as they are, under any policy.

    `last` is the last of the log by (at, seq), `wrote` the event to come, at a moment that is not ahead of us. It does
    where it follows a word of his own, in what happened and in recording: that one has ended the wait for the client
    already, and what is owed for an unanswered word is owed.
    """
    if last.party is not Party.CLIENT or last.data.get("courtesy"):
        return False
    further = wrote.kind is EventKind.CLIENT_MESSAGE and wrote.party is Party.CLIENT
    follows = last.seq + 1 == wrote.seq and last.at <= wrote.at
    return further and follows and last.kind in (EventKind.OPENED, EventKind.CLIENT_MESSAGE)


def start_clock(
    policy: Policy,
    priority: Priority,
    metric: Metric,
    at: datetime,
    *,
    high_load: bool = False,
    holds: Sequence[Hold] = (),
) -> Clock:
    """One clock without a ticket, as it would start at `at` and with the given holds; nothing is judged.

    Holds are taken as they are: `counted` says whether they move the moments. Raises ValueError where the
    level has no such target, ETA_KEPT included: an ETA is promised by a person, not by an agreement.
    """
    level = policy.level(priority)
    target = level.target(metric)
    if target is None or metric is Metric.ETA_KEPT:
        known = ", ".join(t.metric.value for t in level.targets)
        raise ValueError(f"policy {policy.id}: priority {level.priority.value} has no {metric.value} (it has {known})")
    return begin(policy.calendar, target, level.priority, at, high_load=high_load, holds=tuple(holds))


def voided(log: Sequence[Event], clocks: Iterable[Clock]) -> tuple[tuple[Metric, int], ...]:
    """(metric, cycle) of recorded breaches and shortfalls that the clocks no longer bear out, each once: there is none
    now, or it was at another moment.

    What the desk has to record as BREACH_VOIDED after a backdated, belated or undone event; those recorded before are
    left out.
    """
    late = {(clock.metric, clock.cycle): clock.breached_at or clock.fell_short_at for clock in clocks}
    return tuple(key for key, at in _said_late(log).items() if late.get(key) != at)


def unrecorded(log: Sequence[Event], clocks: Iterable[Clock]) -> tuple[Clock, ...]:
    """The clocks that are over and were breached or fell short without the log saying so.

    What the desk has to record where an answer or a closing was heard before anybody had looked at the due moment, or
    a day of progress came and went meanwhile; of a clock that still runs the watch does.
    """
    said = _said_late(log)
    late = (clock for clock in clocks if clock.breached_at or clock.fell_short_at)
    return tuple(clock for clock in late if not clock.is_live and (clock.metric, clock.cycle) not in said)


def _said_late(log: Sequence[Event]) -> dict[tuple[Metric, int], datetime]:
    """What the log says was breached or fell short and when, and has not taken back, in the order of recording."""
    said: dict[tuple[Metric, int], datetime] = {}
    for event in sorted(log, key=lambda e: e.seq):
        if event.kind in (EventKind.BREACHED, EventKind.FELL_SHORT, EventKind.BREACH_VOIDED):
            key = (Metric(str(event.data["metric"])), int(str(event.data["cycle"])))
            if event.kind is EventKind.BREACH_VOIDED:
                said.pop(key, None)
            else:
                said[key] = event.at
    return said
