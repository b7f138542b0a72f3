"""Laws of the clocks, for any history: whatever is written into a log, the ledger that comes out is legal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

from factory import BOTH, HOUR, MINUTE, base, infopromo, policy, poologics, premium, tactful, target, week
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.sla.clock import (
    Clock,
    Hold,
    State,
    clocks,
    clocks_and_standing,
    repeats,
    standing,
    start_clock,
    voided,
)
from bot.sla.explain import as_text, explain
from bot.sla.log import Event, EventKind, Party
from bot.sla.plan import StepKind, plan, plans
from bot.sla.policy import Basis, HoldReason, Metric, Policy, Priority
from bot.sla.replan import replan
from bot.sla.report import Outcome, by_time_to_breach, compliance, outcome

START = datetime(2025, 3, 5, tzinfo=UTC)  # New York changes its clocks on 9 March, Cairo on 25 April
TERMS = [premium(), base(), tactful(), infopromo(), poologics()]
OPEN_WINDOW = policy(
    week("10:00-19:00", "Etc/GMT-3"),
    {p: (target(Metric.RESPONSE, w * HOUR, holds=BOTH),) for p, w in zip(Priority, (1, 2, 5, 8, 9, 45), strict=True)},
)

moments = st.integers(0, 20 * 24 * 3600).map(lambda s: START + timedelta(seconds=s))
priorities = st.sampled_from(list(Priority))
PARTIES = {EventKind.CLIENT_MESSAGE: [Party.CLIENT, Party.CLIENT, Party.BOT]}


def _data(kind: EventKind, at: datetime, seq: int, chance: Random) -> dict[str, object]:
    match kind:
        case EventKind.PRIORITY_CHANGED:
            return {"priority": chance.choice(list(Priority)).value, "agreed": chance.random() < 0.5}
        case EventKind.ETA_GIVEN:
            return {
                "eta_at": (at + timedelta(minutes=chance.randrange(-60, 3000))).isoformat(),
                "reason": "r",
            }
        case EventKind.HELD:
            return {"reason": chance.choice(list(HoldReason)).value, "who": chance.choice(["", "Acme"])}
        case EventKind.RESUMED:
            return {"by": chance.choice(["client", "staff"])}
        case EventKind.ANSWERED:
            return {"answers": chance.choice(["resolution", "eta", "reply"])}
        case EventKind.UNDONE:
            return {"seq": chance.randrange(1, seq)}
        case EventKind.MERGED:
            return {"clocks": [_of_another(metric, at, chance) for metric in chance.sample(list(Metric), 3)]}
        case EventKind.CANCELLED:
            return {"duplicate_of": 7, "taken_over": [chance.choice(list(Metric)).value]}
        case EventKind.ESCALATED | EventKind.ESCALATION_ACKNOWLEDGED | EventKind.PASSED_ON | EventKind.DEESCALATED:
            return {"level": chance.randrange(1, 4)}
        case EventKind.BREACHED | EventKind.FELL_SHORT | EventKind.BREACH_VOIDED | EventKind.MISSED:
            return {"metric": chance.choice(list(Metric)).value, "cycle": chance.randrange(1, 3)}
        case _:
            return {}


def _of_another(metric: Metric, at: datetime, chance: Random) -> dict[str, object]:
    """A live clock as another ticket hands it over at this moment."""
    start = at - timedelta(minutes=chance.randrange(3000))
    return {
        "metric": metric.value,
        "priority": chance.choice(list(Priority)).value,
        "started_at": start.isoformat(),
        "counted_from": start.isoformat(),
        "high_load": chance.random() < 0.5,
        "due_at": (at + timedelta(minutes=chance.randrange(3000))).isoformat(),
        "holds": [{"start": start.isoformat(), "end": at.isoformat(), "reason": "client"}]
        if chance.random() < 0.5
        else [],
    }


@st.composite
def histories(draw: st.DrawFn) -> tuple[Policy, list[Event], datetime]:
    """A policy, a log with any events in any order of moments, and a now."""
    terms = draw(st.sampled_from(TERMS))
    opened = draw(moments)
    chance = Random(draw(st.integers(0, 2**32)))
    opening = {"priority": draw(priorities).value, "high_load": draw(st.booleans())}
    log = [Event(1, EventKind.OPENED, opened, opened, Party.CLIENT, data=opening)]
    kinds = draw(st.lists(st.sampled_from([k for k in EventKind if k is not EventKind.OPENED]), max_size=14))
    for seq, kind in enumerate(kinds, 2):
        at = opened + timedelta(minutes=chance.choice([-10, 0, 1, 30, 60, 600, 1500, 4000, chance.randrange(9000)]))
        party = chance.choice(PARTIES.get(kind, [Party.STAFF, Party.STAFF, Party.STAFF, Party.CLIENT, Party.AUTOMATIC]))
        log.append(Event(seq, kind, at, at, party, person=7, data=_data(kind, at, seq, chance)))
    return terms, log, draw(moments)


def _assert_legal(clock: Clock) -> None:
    assert clock.started_at <= clock.counted_from
    for moment in (clock.due_at, clock.objective_at, clock.cap_at, clock.cancelled_at, clock.stopped_at):
        assert moment is None or moment >= clock.started_at
    if clock.due_at is not None and clock.objective_at is not None:
        assert clock.objective_at <= clock.due_at
    assert (clock.state is State.HELD) is (clock.held_since is not None)
    assert (clock.state is State.STOPPED) is (clock.stopped_at is not None)
    assert (clock.state is State.CANCELLED) is (clock.cancelled_at is not None)
    assert clock.breached_at is None or clock.fell_short_at is None
    if clock.late_at is not None and not clock.reclassified:
        assert clock.late_at == clock.due_at
    if clock.stopped_at is not None and clock.due_at is not None:
        assert clock.is_met is (clock.stopped_at <= clock.due_at)
    assert clock.is_live or all(hold.end is not None for hold in clock.holds)


@settings(max_examples=400, deadline=None)
@given(histories())
def test_any_interleaving_of_events_gives_a_legal_ledger(
    history: tuple[Policy, list[Event], datetime],
) -> None:
    terms, log, now = history
    found = clocks(terms, log, now)
    assert found == clocks(terms, list(reversed(log)), now)
    for clock in found:
        _assert_legal(clock)
    live = [clock.metric for clock in found if clock.is_live]
    assert len(live) == len(set(live))
    assert [(c.cycle, list(Metric).index(c.metric)) for c in found] == sorted(
        {(c.cycle, list(Metric).index(c.metric)) for c in found}
    )
    by_metric = {metric: [c.cycle for c in found if c.metric is metric] for metric in Metric}
    assert all(cycles == list(range(1, len(cycles) + 1)) for cycles in by_metric.values())
    stands = standing(terms, log, now)
    assert stands.is_open or not live
    assert len(stands.etas) == len(by_metric[Metric.ETA_KEPT])
    assert (stands.eta_at is not None) is (Metric.ETA_KEPT in live)
    voided(log, found)


@settings(max_examples=200, deadline=None)
@given(histories(), moments)
def test_what_was_late_stays_late_as_time_goes_on(
    history: tuple[Policy, list[Event], datetime], later: datetime
) -> None:
    terms, log, now = history
    then = {(c.metric, c.cycle): c for c in clocks(terms, log, max(now, later))}
    for clock in clocks(terms, log, min(now, later)):
        after = then[clock.metric, clock.cycle]
        assert clock.late_at is None or after.late_at == clock.late_at
        assert clock.missed_at is None or after.missed_at == clock.missed_at


@settings(max_examples=300, deadline=None)
@given(histories())
def test_planning_twice_gives_the_same_steps(history: tuple[Policy, list[Event], datetime]) -> None:
    terms, log, now = history
    found = clocks(terms, log, now)
    ticket = plans(terms, found)
    assert ticket == plans(terms, clocks(terms, log, now))
    carriers = {clock.metric for clock, steps in ticket for step in steps if step.kind is StepKind.ESCALATE}
    assert len(carriers) <= 1
    for clock in found:
        steps = plan(terms, clock)
        assert bool(steps) is (clock.state is State.RUNNING)
        assert len({(step.kind, step.n) for step in steps}) == len(steps)
        assert all(a.at <= b.at for a, b in pairwise(steps))
        assert all(step.at >= clock.counted_from for step in steps)
        due = [step.at for step in steps if step.kind is StepKind.BREACH]
        assert due in ([], [clock.due_at])
        left = replan(terms, clock, steps, now)
        assert {s for s in steps if s.at > now} <= set(left)
        if clock.state is State.RUNNING and clock.is_overdue(now):
            assert any(step.at > now for step in left)


@settings(max_examples=300, deadline=None)
@given(histories())
def test_the_parts_of_an_explanation_sum_exactly(history: tuple[Policy, list[Event], datetime]) -> None:
    terms, log, now = history
    for clock in clocks(terms, log, now):
        found = explain(terms, clock)
        assert sum((line.counted for line in found.lines), timedelta(0)) == found.total
        cap = clock.target.cap if clock.binding == "cap" else None
        assert found.total + found.left == (cap or clock.window)
        edges = [(line.start, line.end) for line in found.lines]
        assert all(a < b for a, b in edges)
        assert all(left[1] == right[0] for left, right in pairwise(edges))
        if edges:
            assert edges[0][0] == clock.started_at
            assert found.result is None or edges[-1][1] == found.result
        assert as_text(found, "Europe/Berlin")


@settings(max_examples=300, deadline=None)
@given(moments, priorities, st.integers(0, 4 * 24 * 60), st.integers(0, 4 * 24 * 60))
def test_a_hold_of_working_length_h_moves_due_by_h(at: datetime, priority: Priority, after: int, length: int) -> None:
    calendar = OPEN_WINDOW.calendar
    free = start_clock(OPEN_WINDOW, priority, Metric.RESPONSE, at)
    assert free.due_at is not None
    start = min(at + after * MINUTE, free.due_at - timedelta.resolution)
    if calendar.between(at, start) >= free.window:
        return
    end = start + length * MINUTE
    held = start_clock(
        OPEN_WINDOW, priority, Metric.RESPONSE, at, holds=(Hold(start, end, HoldReason.CLIENT, "", True),)
    )
    assert held.due_at == calendar.add(at, free.window + calendar.between(start, end))


@settings(max_examples=300, deadline=None)
@given(moments, st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 600)), max_size=5))
def test_holds_count_by_their_union_in_any_order(at: datetime, spans: list[tuple[int, int]]) -> None:
    holds = tuple(Hold(at + a * MINUTE, at + (a + n) * MINUTE, HoldReason.CLIENT, "", True) for a, n in spans)
    there = start_clock(OPEN_WINDOW, Priority.LOW, Metric.RESPONSE, at, holds=holds)
    back = start_clock(OPEN_WINDOW, Priority.LOW, Metric.RESPONSE, at, holds=tuple(reversed(holds)))
    assert there.due_at == back.due_at is not None
    calendar = OPEN_WINDOW.calendar
    union = {minute for a, n in spans for minute in range(a, a + n)}
    steps = sorted(union)
    lost = sum(
        (calendar.between(at + m * MINUTE, at + (m + 1) * MINUTE) for m in steps if at + m * MINUTE < there.due_at),
        timedelta(0),
    )
    assert calendar.between(at, there.due_at) == there.window + lost


@settings(max_examples=200, deadline=None)
@given(moments, priorities, priorities, st.integers(0, 3000))
def test_reclassifying_upward_never_gives_a_later_due_nor_one_that_has_passed(
    at: datetime, first: Priority, second: Priority, minutes: int
) -> None:
    for terms in (base(), premium()):
        changed = at + minutes * MINUTE
        log = [Event(1, EventKind.OPENED, at, at, Party.CLIENT, data={"priority": first.value})]
        change = Event(2, EventKind.PRIORITY_CHANGED, changed, changed, Party.CLIENT, data={"priority": second.value})
        before = next(c for c in clocks(terms, log, changed) if c.metric is Metric.RESPONSE)
        after = next(c for c in clocks(terms, [*log, change], changed) if c.metric is Metric.RESPONSE)
        assert before.due_at is not None and after.due_at is not None
        assert after.due_at <= before.due_at
        assert after.late_at == before.late_at


@settings(max_examples=100, deadline=None)
@given(st.lists(histories(), min_size=1, max_size=4))
def test_every_clock_is_counted_once_or_not_at_all(
    tickets: list[tuple[Policy, list[Event], datetime]],
) -> None:
    now = max(moment for _, _, moment in tickets)
    found = [clock for terms, log, _ in tickets for clock in clocks(terms, log, now)]
    total = compliance(found, now)
    promised = [c for c in found if c.metric not in (Metric.ETA_KEPT, Metric.NEXT_RESPONSE)]
    excluded = sum(outcome(c, now) is Outcome.EXCLUDED for c in promised)
    assert total.met + total.late + total.open_overdue + total.waiting + excluded == len(promised)
    assert sorted(map(id, by_time_to_breach(found, now))) == sorted(map(id, found))
    assert all(c.basis in Basis for c in found)


@settings(max_examples=400, deadline=None)
@given(histories(), st.integers(0, 6000), st.integers(0, 6000), st.data())
def test_a_clients_further_word_after_his_own_changes_nothing(
    history: tuple[Policy, list[Event], datetime], minutes: int, later: int, data: st.DataObject
) -> None:
    terms, log, _ = history
    if data.draw(st.booleans()):
        at = max(event.at for event in log) + timedelta(minutes=data.draw(st.integers(-30, 3000)))
        log.append(Event(len(log) + 1, EventKind.CLIENT_MESSAGE, at, at, Party.CLIENT))
    last = max(log, key=lambda event: (event.at, event.seq))
    at = last.at + timedelta(minutes=minutes)
    wrote = Event(len(log) + 1, EventKind.CLIENT_MESSAGE, at, at, Party.CLIENT)
    if repeats(last, wrote):
        now = at + timedelta(minutes=later)
        assert clocks_and_standing(terms, [*log, wrote], now) == clocks_and_standing(terms, log, now)


def test_what_repeats_nothing_is_any_word_that_does_not_follow_the_clients_own() -> None:
    def event(seq: int, kind: EventKind, party: Party = Party.CLIENT, minutes: int = 0, **data: object) -> Event:
        at = START + timedelta(minutes=minutes)
        return Event(seq, kind, at, at, party, data=data)

    wrote = event(5, EventKind.CLIENT_MESSAGE, minutes=1)
    assert repeats(event(4, EventKind.CLIENT_MESSAGE), wrote)
    assert repeats(event(4, EventKind.OPENED), wrote)
    assert not repeats(event(3, EventKind.CLIENT_MESSAGE), wrote)  # something was recorded after it
    assert not repeats(event(4, EventKind.CLIENT_MESSAGE, minutes=2), wrote)
    assert not repeats(event(4, EventKind.CLIENT_MESSAGE, courtesy=True), wrote)
    assert not repeats(event(4, EventKind.CLIENT_MESSAGE, Party.AUTOMATIC), wrote)
    assert not repeats(event(4, EventKind.REOPENED), wrote)
    assert not repeats(event(4, EventKind.CLIENT_MESSAGE), event(5, EventKind.RESUMED, minutes=1))
    assert not repeats(event(4, EventKind.CLIENT_MESSAGE), event(5, EventKind.CLIENT_MESSAGE, Party.BOT, 1))
