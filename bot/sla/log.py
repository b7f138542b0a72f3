"""The words of a ticket's history: events as they are appended, never changed; the clocks are a function of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Party(StrEnum):
    """Who acted. Only STAFF answers; BOT and AUTOMATIC never move a clock."""

    CLIENT = "client"
    STAFF = "staff"
    BOT = "bot"
    AUTOMATIC = "automatic"


class EventKind(StrEnum):
    """What can happen to a ticket; the keys of `data` stand beside each kind."""

    OPENED = "opened"  # priority, high_load (bool), late_intake_s, split_from (ref); at = the platform's time
    CLIENT_MESSAGE = "client_message"  # a further message of the client; courtesy (bool): moves no clock
    REPLIED = "replied"  # a human staff message that neither resolves nor gives an ETA
    ANSWERED = "answered"  # staff: "that was the answer"; answers (resolution | eta | reply); `at` may be backdated
    ACKNOWLEDGED = "acknowledged"  # staff says "seen"
    TAKEN = "taken"  # staff takes it: work starts
    ETA_GIVEN = "eta_given"  # eta_at (ISO 8601 UTC), approximate (bool); a later one is a move: reason
    ETA_ACCEPTED = "eta_accepted"  # the client agrees to a moved ETA; moves no clock
    HELD = "held"  # reason (client | third_party), who (name), note
    WAIT_REVIEWED = "wait_reviewed"  # somebody has looked: the third party is still waited for; moves no clock
    RESUMED = "resumed"  # by (client | staff)
    PRIORITY_CHANGED = "priority_changed"  # priority, agreed (bool: the client agreed to a later window), reason
    PROGRESS_GIVEN = "progress_given"  # word to the client on a ticket that owes progress
    WORKAROUND_GIVEN = "workaround_given"  # recorded; stops RESOLUTION only where the policy says so
    ESCALATED = "escalated"  # level, by (timer | client | staff), called (person), metric, cycle, unanswered (bool)
    PASSED_ON = "passed_on"  # level, called: the next person of a level whose first one has not acknowledged
    ESCALATION_ACKNOWLEDGED = "escalation_acknowledged"  # level
    DEESCALATED = "deescalated"  # level: the one it comes back from, to whoever answers for the ticket
    ASSIGNED = "assigned"  # person
    MISSED = "missed"  # a step was recorded: metric, cycle (objective passed)
    BREACHED = "breached"  # metric, cycle (within passed, kind commitment)
    FELL_SHORT = "fell_short"  # metric, cycle (within passed, kind target)
    BREACH_VOIDED = "breach_voided"  # metric, cycle: a backdated answer corrected the record
    RESOLVED = "resolved"
    CONFIRMED = "confirmed"  # the client agrees that it is resolved
    REOPENED = "reopened"
    EXCLUDED = "excluded"  # reason: outside every guarantee (003, "Exclusions and Limitations")
    CANCELLED = "cancelled"  # opened in error: all clocks are cancelled; a duplicate: duplicate_of (a reference's
    # number), taken_over (metrics whose clocks the other ticket took over: they count there)
    MERGED = "merged"  # another ticket goes on in this one: ref (its number), clocks (see bot.sla.adopted); where it
    # had climbed higher: level, called (person), called_at, acknowledged, acknowledged_at, by, metric, cycle, tried
    # (people called for the level)
    RATED = "rated"  # stars
    TERMS_CHANGED = "terms_changed"  # before (hash of the terms until then): what is not over goes on under others
    NOTED = "noted"  # internal note (message id only)
    UNDONE = "undone"  # seq: the event of this number is compensated


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to one ticket.

    `seq` counts from 1 in the ticket, in the order of recording. `at` is when it happened (aware UTC; the platform's
    time for messages), `recorded_at` when we learned of it: they differ for late and backdated events. Replay order
    is (at, seq). `data` is JSON-able and holds ids, never a person's text.
    """

    seq: int
    kind: EventKind
    at: datetime
    recorded_at: datetime
    party: Party
    person: int | None = None
    message: int | None = None
    data: Mapping[str, object] = field(default_factory=dict)


def in_order(log: Sequence[Event]) -> list[Event]:
    """The log as it counts: without what was undone and the undoing itself, OPENED first, then by (at, seq).

    The opening cannot be undone; a ticket opened in error is CANCELLED.
    """
    undone = {event.data.get("seq") for event in log if event.kind is EventKind.UNDONE}
    kept = [
        event
        for event in log
        if event.kind is EventKind.OPENED or (event.kind is not EventKind.UNDONE and event.seq not in undone)
    ]
    return sorted(kept, key=lambda e: (e.kind is not EventKind.OPENED, e.at, e.seq))
