"""One reading of a ticket's log: what each event starts, stops, holds and changes.

Callers ask `clock.clocks` and `clock.standing`; the rules cite the agreement they come from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.sla.adopted import read_back
from bot.sla.log import Event, EventKind, Party, in_order
from bot.sla.policy import Answer, Basis, HoldReason, Kind, Level, Metric, Policy, Priority, Start, Target
from bot.sla.terms import begin, deadline_if_resumed, judge, measure, reclassify, under_other_terms
from bot.sla.timing import Binding, Clock, Hold, State, closed

# What a human of the vendor can say to the client; each of them is a reply.
WORDS = frozenset(
    {
        EventKind.REPLIED,
        EventKind.ANSWERED,
        EventKind.ETA_GIVEN,
        EventKind.PROGRESS_GIVEN,
        EventKind.WORKAROUND_GIVEN,
        EventKind.RESOLVED,
    }
)
# What is owed once per ticket; the rest is owed again after a reopening.
_FIRSTS = (Metric.ACKNOWLEDGEMENT, Metric.RESPONSE, Metric.ETA_GIVEN)
_ORDER = {metric: rank for rank, metric in enumerate(Metric)}
_ETA_KEPT = Target(
    Metric.ETA_KEPT,
    Kind.TARGET,
    Basis.ELAPSED,
    reading="an ETA that passes is broken, not a breach of contract",
)


class Replay:
    """The state of one ticket while its log is read; what it holds at the end is the answer.

    `earlier` are the terms that each TERMS_CHANGED of the log ended, in order; without them all is read by `policy`.
    """

    def __init__(self, policy: Policy, earlier: Sequence[Policy] = ()) -> None:
        self.policy, *self._coming = (*earlier, policy)
        self.log: list[Event] = []  # in the order in which it counts
        self.level: Level
        self.opened_at: datetime | None = None
        self.is_open = False
        self.is_void = False  # cancelled or excluded: nothing starts any more
        self.excluded = False
        self.acknowledged = self.responded = self.eta_given = False
        self.unanswered_at: datetime | None = None
        self.eta_reasons: list[str] = []  # of each promised moment, in order
        self.holds: tuple[Hold, ...] = ()  # of the ticket; `counted` is decided per clock
        self._high_load = False
        self._live: dict[Metric, Clock] = {}
        self._over: list[Clock] = []
        self._cycles: dict[Metric, int] = {}

    def run(self, log: Sequence[Event], now: datetime) -> Replay:
        """Read the whole log; events before the opening count as of the opening."""
        self.log = in_order(log)
        events = _with_late_opening(self.log)
        for event in events:
            if event.kind is EventKind.OPENED:
                if self.opened_at is None:
                    self._open(event, events)
            elif self.opened_at is not None:
                at = max(event.at, self.opened_at)
                self._owe_progress_again(at)
                self._apply(event, at)
        self._owe_progress_again(now + timedelta.resolution)
        return self

    def clocks(self, now: datetime) -> tuple[Clock, ...]:
        """All clocks with what they have missed by `now`."""
        found = [judge(clock, now) for clock in (*self._over, *self._live.values())]
        if self.excluded:
            found = [replace(clock, excluded=True) for clock in found]
        return tuple(sorted(found, key=lambda c: (c.cycle, _ORDER[c.metric])))

    @property
    def is_promised(self) -> bool:
        """Whether an ETA is in force, kept or not."""
        return Metric.ETA_KEPT in self._live

    def _apply(self, event: Event, at: datetime) -> None:
        act = _ACTS.get(event.kind)
        if act is not None:
            act(self, event, at)
        if event.party is Party.STAFF:  # bots and automatic replies never move a clock
            self._staff_acts(event, at)
        elif event.kind is EventKind.RESOLVED and event.party is Party.CLIENT:
            self._withdraw(event, at)

    def _start(self, target: Target, at: datetime) -> None:
        """Start the next cycle of this target; a wait that goes on lies on the new clock from its start."""
        if target.metric in self._live:
            return
        cycle = self._cycles[target.metric] = self._cycles.get(target.metric, 0) + 1
        holds = tuple(
            replace(h, start=max(h.start, at), counted=h.reason in target.holds) for h in self.holds if h.end is None
        )
        self._live[target.metric] = begin(
            self.policy.calendar,
            target,
            self.level.priority,
            at,
            cycle=cycle,
            high_load=self._high_load,
            holds=holds,
        )

    def _start_owed(self, at: datetime) -> None:
        """Start what the level promises and is still owed; NEXT_RESPONSE waits for the first response."""
        done = dict(zip(_FIRSTS, (self.acknowledged, self.responded, self.eta_given), strict=True))
        for target in self.level.targets:
            if target.metric not in (Metric.NEXT_RESPONSE, Metric.ETA_KEPT) and not done.get(target.metric):
                self._start(target, at)

    def _stop(self, metric: Metric, at: datetime, event: Event) -> None:
        """Stop the live clock of this metric, if it has begun; a hold that goes on ends here and counts."""
        clock = self._live.get(metric)
        if clock is None or at < clock.started_at:
            return
        del self._live[metric]
        clock = self._with_holds(clock, closed(clock.holds, at))
        self._over.append(replace(clock, state=State.STOPPED, held_since=None, stopped_at=at, stopped_by=event.seq))
        if metric is Metric.PROGRESS and event.kind is not EventKind.RESOLVED:
            self._owe_next_progress(clock, at)

    def _cancel(self, metric: Metric, at: datetime, seq: int | None) -> None:
        clock = self._live.pop(metric, None)
        if clock is not None:
            clock = self._with_holds(clock, closed(clock.holds, at))
            at = max(at, clock.started_at)
            self._over.append(replace(clock, state=State.CANCELLED, held_since=None, cancelled_at=at, stopped_by=seq))

    def _owe_next_progress(self, clock: Clock, at: datetime) -> None:
        """Owe the next word on the next working day: its clock stands from now on, its start lies ahead.

        004: "as soon as we get an update or at the end of the day".
        """
        target = self.level.target(Metric.PROGRESS)
        if target is not None:
            until_close = clock.target.until_close and clock.due_at is not None
            self._start(target, self.policy.calendar.next_open(max(clock.due_at or at, at)) if until_close else at)

    def _owe_progress_again(self, before: datetime) -> None:
        """Turn the page on working days that closed before this moment without a word; their misses stay."""
        while True:
            clock = self._live.get(Metric.PROGRESS)
            if clock is None or not clock.target.until_close or clock.state is not State.RUNNING:
                return
            due = clock.due_at
            if due is None or due >= before:
                return
            self._live[Metric.PROGRESS] = judge(clock, due)
            self._cancel(Metric.PROGRESS, due, None)
            self._owe_next_progress(clock, due)

    def _open(self, event: Event, log: Sequence[Event]) -> None:
        """Start what the level promises (001, "Urgency levels and priority").

        A message of the client that happened before the one that opened the ticket, but arrived after it, is
        the true beginning: the clocks stand as if intake had been in order.
        """
        earlier = [e.at for e in log if e.kind is EventKind.CLIENT_MESSAGE and _is_message(e)]
        at = self.opened_at = self.unanswered_at = min([event.at, *earlier])
        self.level = self.policy.level(Priority(str(event.data["priority"])))
        self._high_load = bool(event.data.get("high_load"))
        self.is_open = True
        self._start_owed(at)

    def _client_writes(self, event: Event, at: datetime) -> None:
        """The client's word ends a wait for the client; after the first response it is owed the next one."""
        if not _is_message(event):
            return
        self._end_holds(at, HoldReason.CLIENT)
        if not self.is_open:
            return
        self.unanswered_at = self.unanswered_at or at
        target = self.level.target(Metric.NEXT_RESPONSE)
        if self.responded and target is not None:
            self._start(target, at)

    def _staff_acts(self, event: Event, at: datetime) -> None:
        """What a human of the vendor did, and which clocks it stops."""
        kind, answers = event.kind, event.data.get("answers")
        is_word = kind in WORDS
        qualified = self._qualifies(kind)
        asked = kind is EventKind.HELD and event.data.get("reason") == HoldReason.CLIENT
        seen = self.policy.acknowledged_by is Start.SEEN and (is_word or asked or kind is EventKind.ACKNOWLEDGED)
        if qualified or seen or kind is EventKind.TAKEN:
            self.acknowledged = True
            self._stop(Metric.ACKNOWLEDGEMENT, at, event)
        if qualified or (self.acknowledged and self.level.target(Metric.RESPONSE) is None):
            self.responded = True
            self._stop(Metric.RESPONSE, at, event)
        if kind in (EventKind.ETA_GIVEN, EventKind.RESOLVED) or answers in (Answer.ETA, Answer.RESOLUTION):
            self.eta_given = True
            self._stop(Metric.ETA_GIVEN, at, event)
        if is_word:
            self._stop(Metric.NEXT_RESPONSE, at, event)
            self._stop(Metric.PROGRESS, at, event)
            if self.responded:
                self.unanswered_at = None
        if kind is EventKind.RESOLVED:
            self._resolve(event, at)
        elif self.is_open and event.data.get("eta_at") and kind in (EventKind.ETA_GIVEN, EventKind.ANSWERED):
            self._promise(event, at)

    def _qualifies(self, kind: EventKind) -> bool:
        """Whether this counts as the response (000: "a response/resolution ... or the ETA provision").

        "That was the answer" always does, and so does a resolution; where a reply counts, every word does.
        """
        counts = self.policy.response_counts
        return (
            kind in (EventKind.RESOLVED, EventKind.ANSWERED)
            or (kind is EventKind.ETA_GIVEN and Answer.ETA in counts)
            or (kind in WORDS and Answer.REPLY in counts)
        )

    def _promise(self, event: Event, at: datetime) -> None:
        """An ETA is a promise with its own clock; a new one in time moves it, later the old one is broken."""
        old = self._live.get(Metric.ETA_KEPT)
        if old is not None and old.due_at is not None and at <= old.due_at:
            self._cancel(Metric.ETA_KEPT, at, event.seq)
        else:
            self._stop(Metric.ETA_KEPT, at, event)
        self._start(_ETA_KEPT, at)
        self.eta_reasons.append(str(event.data.get("reason", "")))
        due = max(datetime.fromisoformat(str(event.data["eta_at"])).astimezone(UTC), at)
        clock = self._live[Metric.ETA_KEPT]
        self._live[Metric.ETA_KEPT] = replace(clock, due_at=due, window=due - at, binding=Binding.TARGET)

    def _resolve(self, event: Event, at: datetime) -> None:
        for metric in list(self._live):
            self._stop(metric, at, event)
            self._cancel(metric, at, event.seq)  # tomorrow's progress, not begun yet
        self._close(at)

    def _withdraw(self, event: Event, at: datetime) -> None:
        """The client says it is solved: an answer not given is owed no longer, and was not in time either."""
        for metric in (*_FIRSTS, Metric.NEXT_RESPONSE):
            self._cancel(metric, at, event.seq)
        self._resolve(event, at)

    def _close(self, at: datetime) -> None:
        self.is_open, self.unanswered_at = False, None
        self.holds = closed(self.holds, at)

    def _reopen(self, event: Event, at: datetime) -> None:
        """History goes on: the next response is owed from now, resolution and progress start a new cycle."""
        if self.is_open or self.is_void:
            return
        self.is_open, self.unanswered_at = True, at
        self._start_owed(at)
        target = self.level.target(Metric.NEXT_RESPONSE)
        if self.responded and target is not None:
            self._start(target, at)

    def _end_all(self, event: Event, at: datetime) -> None:
        """Excluded from every guarantee (003, "Exclusions and Limitations"), opened in error, or a duplicate: of that
        the clocks which the other ticket took over count there.
        """
        self.is_void = True
        self.excluded = self.excluded or event.kind is EventKind.EXCLUDED
        taken_over = event.data.get("taken_over")
        for metric in list(self._live):
            if isinstance(taken_over, list) and metric in taken_over:
                self._live[metric] = replace(judge(self._live[metric], at), excluded=True)
            self._cancel(metric, at, event.seq)
        self._close(at)

    def _merge(self, event: Event, at: datetime) -> None:
        """What the other ticket still owed is owed here: of two clocks of a metric the one that is due first goes on.

        An answer given here before does not answer what was asked there, so a clock that is over here starts again.
        """
        if not self.is_open:
            return
        for theirs in read_back(event.data, self.policy, _ETA_KEPT):
            metric = theirs.metric
            ours = self._live.get(metric)
            if ours is None:
                cycle = self._cycles[metric] = self._cycles.get(metric, 0) + 1
                if metric is Metric.ETA_KEPT:
                    self.eta_reasons.append("")
                self._owe(metric)
            elif _is_sooner(self.policy, theirs, ours, at):
                cycle = ours.cycle
            else:
                continue
            self._live[metric] = replace(theirs, cycle=cycle)
            if metric in (*_FIRSTS, Metric.NEXT_RESPONSE):
                self.unanswered_at = min(self.unanswered_at or theirs.started_at, theirs.started_at)

    def _owe(self, metric: Metric) -> None:
        if metric is Metric.ACKNOWLEDGEMENT:
            self.acknowledged = False
        elif metric is Metric.RESPONSE:
            self.responded = False
        elif metric is Metric.ETA_GIVEN:
            self.eta_given = False

    def _hold(self, event: Event, at: datetime) -> None:
        """A wait begins; it stops only the clocks whose target grants it, elsewhere it is recorded."""
        reason, who = HoldReason(str(event.data["reason"])), str(event.data.get("who", ""))
        if not self.is_open or any(h.end is None and (h.reason, h.who) == (reason, who) for h in self.holds):
            return
        hold = Hold(at, None, reason, who, counted=True)
        self.holds = (*self.holds, hold)
        for clock in list(self._live.values()):
            on_clock = replace(hold, start=max(at, clock.started_at), counted=reason in clock.target.holds)
            self._live[clock.metric] = self._with_holds(clock, (*clock.holds, on_clock))

    def _resume(self, event: Event, at: datetime) -> None:
        """The client ends a wait for the client; staff ends the named wait or, without a name, every one."""
        reason = event.data.get("reason") or (HoldReason.CLIENT if event.data.get("by") == Party.CLIENT else None)
        who = event.data.get("who")
        self._end_holds(at, HoldReason(str(reason)) if reason else None, None if who is None else str(who))

    def _end_holds(self, at: datetime, reason: HoldReason | None, who: str | None = None) -> None:
        self.holds = closed(self.holds, at, reason, who)
        for clock in list(self._live.values()):
            self._live[clock.metric] = self._with_holds(clock, closed(clock.holds, at, reason, who))

    def _with_holds(self, clock: Clock, holds: tuple[Hold, ...]) -> Clock:
        if holds == clock.holds:
            return clock
        changed = replace(clock, holds=holds)
        return measure(self.policy.calendar, changed) if any(h.counted for h in holds) else changed

    def _reclassify(self, event: Event, at: datetime) -> None:
        """The new level from now on; what it lacks is cancelled, what only it has starts now."""
        old, self.level = self.level, self.policy.level(Priority(str(event.data["priority"])))
        if not self.is_open or self.level is old:
            return
        for metric, clock in list(self._live.items()):
            target = self.level.target(metric)
            if metric is Metric.ETA_KEPT:
                continue
            if target is None:
                self._cancel(metric, at, event.seq)
                continue
            self._live[metric] = reclassify(
                self.policy.calendar,
                clock,
                target,
                self.level.priority,
                at,
                high_load=self._high_load,
                agreed=bool(event.data.get("agreed")),
            )
        self._start_owed(at)

    def _change_terms(self, event: Event, at: datetime) -> None:
        """What still runs goes on under the next text; what is over was judged by the one before."""
        if not self._coming:
            return  # the reader knows one text only
        self.policy = self._coming.pop(0)
        self.level = self.policy.level(self.level.priority)
        for metric, clock in list(self._live.items()):
            if metric is Metric.ETA_KEPT:
                continue
            kept = clock.change.kept if clock.change is not None else None
            level = self.policy.level(kept or self.level.priority)
            target = level.target(metric)
            if target is None:
                self._cancel(metric, at, event.seq)
                continue
            self._live[metric] = under_other_terms(
                self.policy.calendar, clock, target, self.level.priority, at, high_load=self._high_load
            )
        if self.is_open:
            self._start_owed(at)


def _is_sooner(policy: Policy, theirs: Clock, ours: Clock, at: datetime) -> bool:
    standing = deadline_if_resumed(policy.calendar, ours, at)
    return theirs.deadline is not None and (standing is None or theirs.deadline < standing)


def _with_late_opening(events: list[Event]) -> list[Event]:
    """The words that opened the ticket count as a further message where an earlier one arrived after them."""
    opening = events[0] if events and events[0].kind is EventKind.OPENED else None
    messages = [e for e in events if e.kind is EventKind.CLIENT_MESSAGE and _is_message(e)]
    if opening is None or all(event.at >= opening.at for event in messages):
        return events
    words = replace(opening, kind=EventKind.CLIENT_MESSAGE)
    return [opening, *sorted([words, *events[1:]], key=lambda e: (e.at, e.seq))]


def _is_message(event: Event) -> bool:
    """A word of the client that wants something: "thanks" (`courtesy`) and machines restart no clock."""
    return event.party is Party.CLIENT and not event.data.get("courtesy")


_ACTS: Mapping[EventKind, Callable[[Replay, Event, datetime], None]] = {
    EventKind.CLIENT_MESSAGE: Replay._client_writes,
    EventKind.HELD: Replay._hold,
    EventKind.RESUMED: Replay._resume,
    EventKind.PRIORITY_CHANGED: Replay._reclassify,
    EventKind.REOPENED: Replay._reopen,
    EventKind.EXCLUDED: Replay._end_all,
    EventKind.CANCELLED: Replay._end_all,
    EventKind.MERGED: Replay._merge,
    EventKind.TERMS_CHANGED: Replay._change_terms,
}
