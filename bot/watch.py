"""The watch over deadlines: acts on planned steps when their moment has come, also after downtime; never on a timer's
word.

Steps are rows, re-read at every turn; each turn is one unit of work, so that nothing fires twice or is lost.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot import log, metrics
from bot.desk.book import Draft, Page
from bot.desk.desk import Desk
from bot.desk.mail import Mail
from bot.desk.staff.ladder import rung_person
from bot.desk.staff.receiving import Reception, reception
from bot.notice import say
from bot.now import Times
from bot.sla.log import EventKind, Party
from bot.sla.plan import StepKind, gravity, still_stands
from bot.sla.policy import Kind, Metric
from bot.store.base import Store, StoreError
from bot.store.due import DueTicket
from bot.store.steps import StepRow, StepState
from bot.store.tx import Tx
from bot.turns import absences, call_absences, day_lists, digests, follow_ups, on_call, paths, reminders
from bot.turns.alone import BATCH, again_at, each_alone
from bot.turns.replanning import replan
from bot.turns.speaking import Due, is_late_word, speak, tell_late

_LONGEST_SLEEP_S = 1.0
_PAUSE = timedelta(seconds=30)

logger = log.get(__name__)


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of a step."""

    row: StepRow
    state: StepState
    reason: str | None = None


def act(tx: Tx, desk: Desk, now: datetime) -> int:
    """Act on everything planned that is due by `now`; how much was looked at, `BATCH` or more where there may be more.

    Absences come first: no nudge comes before the hand-over to whoever stands in.
    """
    looked_at = absences.due(tx, desk, now) + on_call.due(tx, desk, now) + replan(tx, desk, now)
    looked_at += tick(tx, desk, now) + call_absences.due(tx, desk, now) + reminders.due(tx, desk, now)
    looked_at += follow_ups.due(tx, desk, now) + day_lists.due(tx, desk, now)
    return looked_at + digests.due(tx, desk, now)


def planned_at(tx: Tx) -> datetime | None:
    """When the watch looks again: at the first row of any turn; at once where a plan is to be laid out anew, None with
    nothing planned.
    """
    if tx.steps.to_plan(1):
        return datetime.min.replace(tzinfo=UTC)
    calls = (tx.calls.next_at(), tx.calls.next_covered_at())
    days = (tx.days.next_at(), tx.digests.next_at(), tx.duty.on_call_next_at())
    planned = (*calls, *days, tx.steps.next_at(), tx.follow_ups.next_at(), tx.duty.next_at())
    return min((at for at in planned if at is not None), default=None)


def tick(tx: Tx, desk: Desk, now: datetime, limit: int = BATCH) -> int:
    """Act on the steps due by `now`, oldest first, those of one ticket together; how many steps were looked at.

    The tickets of a batch are read and acted on together, which is quick. If that fails, each is acted on alone: then
    a ticket whose steps cannot be acted on is undone alone, its steps are looked at again later, and in the end given
    up as `failed` with an alarm; the others go on.
    """
    try:
        with tx.savepoint(), tx.nobody_moves():
            mail = desk.mail(tx, now)
            ended = [end for each in tx.due.together(now, limit) for end in fire(tx, desk, mail, each, now)]
        _count(ended, now)
        return len(ended)
    except Exception as error:
        if not tx.is_poison(error):
            raise
    due = tx.steps.due(now, limit)
    tickets = dict.fromkeys(row.ticket_id for row in due)
    fired: list[Ended] = []
    each_alone(
        tx,
        tickets,
        lambda id: fired.extend(fire(tx, desk, desk.mail(tx, now), tx.due.alone(id, now), now)),
        lambda id, error: _push_on(tx, desk, id, error, now),
    )
    _count(fired, now)
    return len(due)


def fire(tx: Tx, desk: Desk, mail: Mail, each: DueTicket, now: datetime) -> list[Ended]:
    """Everything due on one ticket, in one go: record what passed, act on the gravest, supersede the rest.

    1. The ticket is read again: what has been answered, held or closed in the meantime is cancelled.
    2. A passed objective or due moment is recorded in the log, whatever else happens.
    3. What nobody needs to hear, or not yet, is left out; of the rest the gravest speaks to each receiver. To the
       client being late and the level called are one.
    """
    ticket = each.ticket
    page = desk.book.page(tx, ticket, each.log, now)
    clocks = {(c.metric.value, c.cycle): c for c in page.clocks}
    standing: list[Due] = []
    ended: list[Ended] = []
    for row in each.due:
        clock = clocks.get((row.metric, row.cycle))
        if clock is not None and ticket.is_open and still_stands(row, clock):
            standing.append(Due(row, clock))
        else:
            ended.append(Ended(row, StepState.CANCELLED, "closed" if not ticket.is_open else "no longer so"))
    standing.sort(key=lambda due: gravity(due.row), reverse=True)
    receptions = {
        due.row.id: reception(tx, page, due.row, due.clock, now)
        for due in standing
        if due.row.kind is not StepKind.ESCALATE
    }
    speaking = _speaking(standing, receptions)
    drafts: list[Draft] = []
    for due in standing:
        drafts.extend(_record_of(tx, page, due, speaking, now))
        to = receptions.get(due.row.id)
        if to is not None and to.wait_until is not None:
            tx.steps.wait(due.row.id, to.wait_until, "quiet hours")
        elif to is not None and to.silent is not None and not is_late_word(due):
            ended.append(Ended(due.row, StepState.SUPERSEDED, to.silent))
        elif due in speaking or due.row.kind is StepKind.OBJECTIVE or is_late_word(due):
            ended.append(Ended(due.row, StepState.FIRED))
        else:
            ended.append(Ended(due.row, StepState.SUPERSEDED, "a graver step spoke"))
    for end in ended:
        tx.steps.end(end.row.id, end.state, end.reason, now)
    coming = each.coming
    if drafts or any(due.row.kind is StepKind.REPEAT for due in standing):
        page = desk.book.record(tx, ticket, drafts, now)
        coming = tx.steps.coming(ticket.id)
    late = next((due for due in standing if is_late_word(due)), None)
    for due in speaking:
        speak(tx, mail, page, due, receptions.get(due.row.id), late, coming, now)
    if late is not None and not any(due.row.kind is StepKind.ESCALATE for due in speaking):
        tell_late(tx, mail, page, late, now)
    return ended


def _speaking(standing: Sequence[Due], receptions: Mapping[int, Reception]) -> list[Due]:
    """The highest level that is called in, and the gravest step of those that speak to each receiver.

    Word on progress is beside them: the draft that it brings, and what the lead hears of it, no reminder has in it.
    """
    ladder = [due for due in standing if due.row.kind is StepKind.ESCALATE]
    gravest: dict[tuple[object, bool], Due] = {}
    for due in standing:
        to = receptions.get(due.row.id)
        if to is not None and to.is_told:
            gravest.setdefault((to.whom, due.clock.metric is Metric.PROGRESS), due)
    return [*ladder[:1], *gravest.values()]


def _record_of(tx: Tx, page: Page, due: Due, speaking: Sequence[Due], now: datetime) -> list[Draft]:
    data: dict[str, object] = {"metric": due.clock.metric.value, "cycle": due.clock.cycle}
    match due.row.kind:
        case StepKind.OBJECTIVE:
            return [Draft(EventKind.MISSED, Party.BOT, at=due.row.due_at, data=data)]
        case StepKind.BREACH:
            kind = EventKind.BREACHED if due.clock.kind is Kind.COMMITMENT else EventKind.FELL_SHORT
            return [Draft(kind, Party.BOT, at=due.row.due_at, data=data)]
        case StepKind.ESCALATE if due in speaking:
            called = rung_person(tx, page.policy, page.ticket, due.row.n, now)
            data |= {"level": due.row.n, "by": "timer", "called": called.id}
            return [Draft(EventKind.ESCALATED, Party.BOT, data=data)]
        case _:
            return []


def _count(ended: Sequence[Ended], now: datetime) -> None:
    """Into the metrics, once the work of it is not undone any more."""
    for (kind, state), n in Counter((each.row.kind, each.state) for each in ended).items():
        metrics.steps.labels(kind.value, state.value).inc(n)
    for each in ended:
        if each.state is StepState.FIRED:
            # What waited for the end of quiet hours was due then; what failed before was due when it failed.
            due_at = each.row.due_at if each.row.attempts else each.row.wake_at
            metrics.lateness.observe(max(0.0, (now - due_at).total_seconds()))


def _push_on(tx: Tx, desk: Desk, ticket_id: int, error: Exception, now: datetime) -> None:
    logger.error(
        "steps of a ticket could not be acted on",
        action="watch.failed",
        ticket=ticket_id,
        exc_info=error,
    )
    reason = f"{type(error).__name__}: {error}"
    for row in tx.steps.due_of_ticket(ticket_id, now):
        if (at := again_at(row.attempts, now)) is not None:
            tx.steps.push_on(row.id, at, reason)
            continue
        tx.steps.end(row.id, StepState.FAILED, reason, now)
        metrics.alarms.labels("step_failed").inc()
        ticket = tx.tickets.get(ticket_id)
        desk.mail(tx, now).to_leads(f"step-failed:{ticket_id}:v{row.version}", say("step.failed", ref=ticket.reference))


class Watch:
    """The loop: sleeps until the next step's moment, a second at most, and is woken by every commit."""

    def __init__(self, store: Store[Tx], desk: Desk, times: Times) -> None:
        self._store = store
        self._desk = desk
        self._times = times
        self._woken = asyncio.Event()
        self.has_looked = asyncio.Event()  # once, since the start
        self.last_tick_at: datetime | None = None
        self._steady_since = times.machine()

    def wake(self) -> None:
        """Look again now; called after commits and when the business time was moved."""
        self._woken.set()

    async def run(self) -> None:
        """Until cancelled. A turn that fails is logged, and the next one comes all the same."""
        while True:
            self._woken.clear()
            try:
                wait_s = await self._turn()
            except StoreError as error:
                logger.error("the watch cannot use the store", action="watch.store", reason=str(error))
                wait_s = _LONGEST_SLEEP_S
            except Exception:
                logger.exception("a turn of the watch failed", action="watch.turn_failed")
                wait_s = _LONGEST_SLEEP_S
            with suppress(TimeoutError):
                async with asyncio.timeout(min(wait_s, _LONGEST_SLEEP_S)):
                    await self._woken.wait()

    async def _turn(self) -> float:
        """Act on everything that is due; how many machine seconds until there is more to do."""

        machine, speed = self._times.machine(), self._times.speed()
        if self.last_tick_at is None or machine - self.last_tick_at > _PAUSE:
            self._steady_since = machine
        # After a start or a sleep of the machine the delivery is given its time before anything counts as stuck.
        is_steady = machine - self._steady_since >= paths.PATIENCE

        def work(tx: Tx) -> tuple[int, datetime | None]:
            now = self._times.business()
            looked_at = paths.overdue(tx, self._desk, now, speed) if is_steady else 0
            looked_at += act(tx, self._desk, now)
            self._desk.retry(tx, now, self._times.machine())
            return looked_at, planned_at(tx)

        def glance(tx: Tx) -> tuple[datetime | None, bool]:
            has_retries = any(True for _ in tx.inbox.retryable(self._times.machine(), 1))
            return planned_at(tx), has_retries or (is_steady and paths.are_overdue(tx, self._times.business(), speed))

        next_at, has_more = await self._store.read(glance)
        while has_more or (next_at is not None and next_at <= self._times.business()):
            looked_at, next_at = await self._store.write(work)
            has_more = False
            if looked_at < BATCH:
                break
        self.last_tick_at = self._times.machine()
        self.has_looked.set()
        metrics.tick_at.set(self.last_tick_at.timestamp())
        return _LONGEST_SLEEP_S if next_at is None else self._times.seconds_until(next_at)
