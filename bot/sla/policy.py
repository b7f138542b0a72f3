"""What an agreement promises, as values: priorities, targets, calendar, ladder, nudge plan, call rules.

Files are read, merged and checked in `policy_file`; nothing here reads a file or knows a ticket.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from bot.sla.calendar import Calendar


class Priority(StrEnum):
    """The ranks every agreement's own words map onto, gravest first."""

    CRITICAL = "CRITICAL"
    HIGH = "HIGH"
    MEDIUM = "MEDIUM"
    LOW = "LOW"
    INFORMATIONAL = "INFORMATIONAL"
    FEATURE = "FEATURE"

    @property
    def rank(self) -> int:
        """0 is the gravest."""
        return _RANKS[self]


_RANKS = {priority: rank for rank, priority in enumerate(Priority)}


class Metric(StrEnum):
    """What a clock times."""

    ACKNOWLEDGEMENT = "ACKNOWLEDGEMENT"  # a human says "seen", or takes it where the text asks for a start of work
    RESPONSE = "RESPONSE"  # the first qualified answer
    NEXT_RESPONSE = "NEXT_RESPONSE"  # from the oldest unanswered client message, after the first response
    ETA_GIVEN = "ETA_GIVEN"  # an ETA was given at all
    ETA_KEPT = "ETA_KEPT"  # the promised moment of an ETA, a clock of its own
    PROGRESS = "PROGRESS"  # periodic word to the client
    RESOLUTION = "RESOLUTION"


class Kind(StrEnum):
    """Passing `within` breaches a commitment; of a target it is a shortfall."""

    COMMITMENT = "commitment"
    TARGET = "target"


class Basis(StrEnum):
    """Whether a duration counts working time of the calendar or every second."""

    WORKING = "working"
    ELAPSED = "elapsed"


class HoldReason(StrEnum):
    """Whom a ticket waits for while its clocks are held."""

    CLIENT = "client"
    THIRD_PARTY = "third_party"


class Answer(StrEnum):
    """What counts as a response under a policy (`response_counts`)."""

    RESOLUTION = "resolution"
    ETA = "eta"
    REPLY = "reply"


class Start(StrEnum):
    """What stops an ACKNOWLEDGEMENT: any human word, or taking it (004: "initiating the resolution")."""

    SEEN = "seen"
    TAKEN = "taken"


@dataclass(frozen=True, slots=True)
class Target:
    """One measured promise of one priority.

    `within` None: never a breach or shortfall (an objective only). `cap` is elapsed and counted from receipt: due =
    the earlier of `within` in `basis` and the cap. `until_close` (PROGRESS): due at the close of each working day
    instead of after a duration. `holds`: who may hold this clock; empty = a hold is recorded, and the clock runs.
    """

    metric: Metric
    kind: Kind
    basis: Basis
    within: timedelta | None = None
    objective: timedelta | None = None
    cap: timedelta | None = None
    high_load: timedelta | None = None
    until_close: bool = False
    promise: str = ""  # the agreement's own word: "promptly", "immediately"
    written: str = ""  # the window as the file writes it: "1wd"
    holds: frozenset[HoldReason] = frozenset()
    clause: str = ""
    reading: str = ""


@dataclass(frozen=True, slots=True)
class NudgePlan:
    """When the manager is told: at shares of the window and by time left, then repeatedly after due until the clock
    stops. `before` and `repeat_every` count as the clock does; `repeat_at_most` None: without end.
    """

    shares: tuple[float, ...] = (0.5, 0.8)
    before: tuple[timedelta, ...] = ()
    repeat_every: timedelta = timedelta(minutes=30)
    repeat_at_most: int | None = None
    reading: str = ""


@dataclass(frozen=True, slots=True)
class Level:
    """A priority as the agreement words it, with its targets."""

    priority: Priority
    name: str  # "Service down"
    sentence: str  # what the text says of it
    targets: tuple[Target, ...]
    nudges: NudgePlan | None = None  # None: the agreement's own

    def target(self, metric: Metric) -> Target | None:
        """The target of this metric, or None where the agreement has none."""
        return next((target for target in self.targets if target.metric is metric), None)


class StaffRole(StrEnum):
    """To whom a rung of the ladder leads: the roles of the staff, for a client's contact answers for nothing."""

    TECHNICIAN = "technician"
    SUPERVISOR = "supervisor"
    PRODUCT = "product"
    LEAD = "lead"
    MANAGER = "manager"
    ADMIN = "admin"


class RungAt(StrEnum):
    """When a rung of the ladder is due: at the objective (80 % without one), at due, one window after due."""

    OBJECTIVE = "objective"
    DUE = "due"
    WINDOW_LATER = "window_later"


@dataclass(frozen=True, slots=True)
class Rung:
    """One level of escalation: whom it pulls in and when the timer does so by itself."""

    level: int  # 1, 2, 3
    at: RungAt
    role: str  # a staff role of the roster: technician, supervisor, product
    name: str  # as the agreement names it: "Customer Success Supervisor"
    acknowledge_within: timedelta = timedelta(minutes=30)  # working time, elapsed where the cap binds
    repeat: int = 1  # how often the same person is called again before the next one is
    hours: Calendar | None = None  # when this level can be called; None: as the agreement's own hours have it


class Period(StrEnum):
    """A stretch of the calendar over which something is counted."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class CallRules:
    """Terms of a call with the manager; `notice` is working time, from the client's request.

    `included`: how many calls a `per` holds; None where the agreement does not limit them. More are told to the
    manager, never refused. Where `included_training` limits training calls, they count for that alone.
    """

    notice: timedelta
    kinds: tuple[str, ...] = ()
    clause: str = ""
    reading: str = ""
    included: int | None = None
    per: Period = Period.MONTH
    included_training: int | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """One agreement with one plan and variant chosen, resolved: nothing is inherited or missing any more."""

    id: str
    plan: str  # "" where the agreement has no plans
    variant: str  # "" for the text as written
    name: str
    version: str
    effective: date | None
    last_review: date | None
    next_review: date | None
    source: str
    calendar: Calendar
    levels: Mapping[Priority, Level]
    default_priority: Priority
    response_counts: frozenset[Answer]
    acknowledged_by: Start = Start.SEEN
    nudges: NudgePlan = field(default_factory=NudgePlan)
    ladder: tuple[Rung, ...] = ()
    calls: CallRules | None = None
    details: tuple[str, ...] = ()  # what clients are usually asked for: buttons beside free words
    readings: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()  # what the text leaves open about itself; `pledge policy check` shows them
    reserved: Mapping[str, object] = field(
        default_factory=dict
    )  # uptime, credits, maintenance, entitlements: kept, not read yet

    def nudge_plan(self, priority: Priority) -> NudgePlan:
        """Of this priority: its own, else the agreement's."""
        return self.level(priority).nudges or self.nudges

    def level(self, priority: Priority) -> Level:
        """The agreement's own level, or where it lacks this one the next graver, else the gravest it has.

        The caller compares `.priority` with what was asked and says so when they differ.
        """
        if priority in self.levels:
            return self.levels[priority]
        graver = [p for p in self.levels if p.rank <= priority.rank]
        return self.levels[max(graver, key=lambda p: p.rank) if graver else min(self.levels, key=lambda p: p.rank)]
