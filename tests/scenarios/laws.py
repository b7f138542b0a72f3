"""The laws of the ledger, asked of a store between any two events: each gives the sentences of what breaks it.

They look at rows, and at the log through the pure engine; never at what the desk or the watch remember.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from harness import Post

from bot.desk.desk import Desk
from bot.desk.staff.cover import answers
from bot.sla.clock import Binding, Clock, State, clocks, clocks_and_standing, standing
from bot.sla.log import Event, EventKind
from bot.sla.plan import StepKind, gravity, next_repeat, plans
from bot.sla.policy import Metric, Policy, Priority
from bot.store.outbox_row import GROUPED
from bot.store.steps import StepRow, StepState
from bot.store.times import to_ms
from bot.store.tx import Tx
from bot.text import Line, Moment, Text
from bot.tickets import Ticket

_LATE = {EventKind.BREACHED: "breached_at", EventKind.FELL_SHORT: "fell_short_at"}
_SOFT = (StepKind.NUDGE, StepKind.REPEAT)
_NUDGED = re.compile(r"(?:nudge|repeat|draft):(\d+):")
_OF_A_CLOCK = re.compile(r"(?:nudge|repeat|draft|objective):(\d+):")
_CALLED_AGAIN = re.compile(r"esc:(\d+):(\d+):L\d+:again\d+:staff(?::.*)?")
_NOTHING = Text("")
_AHEAD = re.compile(r"\b(?:by|ETA|due) $")


@dataclass(frozen=True, slots=True)
class File:
    """All there is of one ticket at one moment."""

    ticket: Ticket
    policy: Policy
    log: tuple[Event, ...]
    steps: tuple[StepRow, ...]
    ids: dict[tuple[str, int], int]  # of its clocks

    @property
    def name(self) -> str:
        return self.ticket.reference


@dataclass(slots=True)
class Seen:
    """What was looked at already: up to which version of a ticket's plan, how long its log was then, and when that was;
    `turns` are those of the watch since the last look.
    """

    version: int = 0
    events: int = 1
    since: datetime | None = None
    turns: list[datetime] = field(default_factory=list)


def all_tickets(tx: Tx) -> list[int]:
    return [row["id"] for row in tx.connection.execute("SELECT id FROM ticket ORDER BY id").fetchall()]


def files(tx: Tx, desk: Desk, ids: Iterable[int], now: datetime) -> list[File]:
    """These tickets, with the terms they stand under."""
    found = []
    for id in ids:
        ticket = tx.tickets.get(id)
        page = desk.book.read(tx, ticket, now)
        found.append(
            File(
                ticket,
                page.policy,
                tx.ledger.history(ticket.id),
                tuple(tx.steps.of_ticket(ticket.id)),
                tx.ledger.clock_ids(ticket.id),
            )
        )
    return found


def unanswered_for(tx: Tx, each: File, order: Sequence[str], there: Iterable[str], at: datetime) -> list[str]:
    """Somebody is responsible at every moment: of `order`, the first who is there; nobody only if nobody is."""
    wanted = next((key for key in order if key in set(there)), None)
    found = answers(tx, each.ticket, at)
    key = None if found is None else found.person.key
    return [] if key == wanted else [f"{each.name}: {key} answers at {at:%a %H:%M}, not {wanted}"]


def twice(each: File) -> list[str]:
    """No step acts twice: a breach and a level once in a cycle, anything else once for each moment it was planned
    for (a new window has nudges of its own).
    """
    found, known = [], set()
    for row in each.steps:
        if row.state is not StepState.FIRED:
            continue
        once = row.kind in (StepKind.BREACH, StepKind.ESCALATE)
        key = (row.clock_id, row.cycle, row.kind, row.n, None if once else row.due_at)
        if key in known:
            found.append(f"{each.name}: {row.metric} {row.kind} {row.n} acted twice")
        known.add(key)
    return found


def outside_its_plan(each: File, seen: Seen) -> list[str]:
    """Every version of a plan is what the engine gives for the log as it was then, and later ones for longer logs.

    `seen` moves on with what was found. A step whose moment no plan gives is none of ours.
    """
    found = []
    for version in sorted({row.version for row in each.steps if row.version > seen.version}):
        rows = [row for row in each.steps if row.version == version]
        given = next((at for at in _moments(each, seen) if _gives(each.policy, each.log[: at[0]], at[1], rows)), None)
        if given is None:
            planned = ", ".join(f"{row.metric} {row.kind} {row.n} {row.due_at}" for row in rows)
            found.append(f"{each.name}: no log gives version {version} of its plan: {planned}")
        else:
            seen.events, seen.since = given
        seen.version = version
    seen.turns.clear()
    return found


def _moments(each: File, seen: Seen) -> Iterator[tuple[int, datetime]]:
    """How long the log was, and when: at each of its events and at each turn of the watch, from where we were."""
    for length in range(seen.events, len(each.log) + 1):
        last = each.log[length - 1].recorded_at
        ends = each.log[length].recorded_at if length < len(each.log) else None
        for at in (last, *seen.turns):
            if at >= max(last, seen.since or last) and (ends is None or at <= ends):
                yield length, at


def _gives(policy: Policy, log: Sequence[Event], now: datetime, rows: Sequence[StepRow]) -> bool:
    timed, stands = clocks_and_standing(policy, log, now)
    laid = {
        (clock.metric.value, clock.cycle): (clock, steps) for clock, steps in plans(policy, timed, stands.escalation)
    }
    for row in rows:
        clock, steps = laid.get((row.metric, row.cycle), (None, ()))
        if clock is None:
            return False
        if row.kind is StepKind.REPEAT:
            if to_ms(_repeat_at(policy, clock, row.n)) != to_ms(row.due_at):
                return False
        elif (row.kind, row.n, to_ms(row.due_at)) not in {(step.kind, step.n, to_ms(step.at)) for step in steps}:
            return False
    return True


def _repeat_at(policy: Policy, clock: Clock, n: int) -> datetime:
    """The n-th reminder, one by one from the deadline."""
    at = clock.deadline
    assert at is not None
    for number in range(1, n + 1):
        at = next_repeat(policy, clock, at, number).at
    return at


def late_at_another_moment(tx: Tx, each: File, now: datetime) -> list[str]:
    """What was missed was missed at the engine's due: in the clock's row, and once in the log."""
    found = []
    timed = {(c.metric.value, c.cycle): c for c in clocks(each.policy, each.log, now)}
    for key, clock in timed.items():
        row = _clock_row(tx, each.ids[key])
        ours = (clock.breached_at, clock.fell_short_at)
        if (row["breached_at"], row["fell_short_at"]) != tuple(None if at is None else to_ms(at) for at in ours):
            found.append(f"{each.name}: the row of {key} says late at {tuple(row)}, the log {ours}")
    said = _said_late(each.log)
    for key, (kind, at) in said.items():
        if key in timed and at != getattr(timed[key], _LATE[kind]):
            found.append(f"{each.name}: {kind} of {key} at {at}, due {timed[key].due_at}")
    for key, clock in timed.items():
        if (clock.breached_at or clock.fell_short_at) and key not in said:
            found.append(f"{each.name}: {key} is late since {clock.due_at}, and the log does not say so")
    return found


def _said_late(log: Sequence[Event]) -> dict[tuple[str, int], tuple[EventKind, datetime]]:
    """What the log says was missed and did not take back."""
    said: dict[tuple[str, int], tuple[EventKind, datetime]] = {}
    for event in log:
        key = (str(event.data.get("metric")), int(str(event.data.get("cycle", 0))))
        if event.kind in _LATE:
            said[key] = (event.kind, event.at)
        elif event.kind is EventKind.BREACH_VOIDED:
            said.pop(key, None)
    return said


def _clock_row(tx: Tx, id: int) -> Any:
    return tx.connection.execute("SELECT breached_at, fell_short_at FROM clock WHERE id = ?", (id,)).fetchone()


def unwatched(tx: Tx) -> list[str]:
    """Every running clock of an open ticket has an open step, and a closed ticket has none."""
    looks = {
        "a running clock that nobody watches": (
            "SELECT t.ref, c.metric FROM clock c JOIN ticket t ON t.id = c.ticket_id "
            "WHERE c.state = 'running' AND t.status = 'open' AND NOT "
            "EXISTS (SELECT 1 FROM step s WHERE s.clock_id = c.id AND s.state = 'open')"
        ),
        "a step of a closed ticket": (
            "SELECT t.ref, s.kind FROM step s JOIN ticket t ON t.id = s.ticket_id "
            "WHERE s.state = 'open' AND t.status <> 'open'"
        ),
        "a step that was given up": "SELECT ticket_id, kind FROM step WHERE state = 'failed'",
        "an event that could not be handled": "SELECT id, event_id FROM inbox WHERE state <> 'done'",
    }
    return [f"{what}: {tuple(row)}" for what, look in looks.items() for row in tx.connection.execute(look).fetchall()]


def spoke_of_what_is_over(before: File, fired: Sequence[StepRow], now: datetime) -> list[str]:
    """After the answer's commit no nudge and no level: what fires speaks of a clock that ran when its turn began."""
    timed = {(c.metric.value, c.cycle): c for c in clocks(before.policy, before.log, now)}
    return [
        f"{before.name}: {row.metric} {row.kind} {row.n} fired, its clock is over"
        for row in fired
        if row.kind in (*_SOFT, StepKind.ESCALATE)
        and (not before.ticket.is_open or timed[row.metric, row.cycle].state is not State.RUNNING)
    ]


def said(tx: Tx) -> set[str]:
    """The keys of everything that was ever to be said."""
    return {row["dedupe_key"] for row in tx.connection.execute("SELECT dedupe_key FROM outbox").fetchall()}


def unsaid(before: File, fired: Sequence[StepRow], new: Iterable[str]) -> list[str]:
    """What has fired was said in its turn (`new`): a level to who is called and to the client, a word on progress by
    itself, else the gravest to whoever answers; what is late to the client too.
    """
    keys, found = sorted(new), []
    levels = [row.n for row in fired if row.kind is StepKind.ESCALATE]
    for level, who in itertools.product(levels, ("staff", "client")):
        if not any(re.fullmatch(rf"esc:{before.ticket.id}:\d+:L{level}:{who}(:.*)?", key) for key in keys):
            found.append(f"level {level} to {who}")
    others = [row for row in fired if row.kind is not StepKind.ESCALATE]
    names = [_key(row) for row in others]
    for act in (False, True):
        rows = [row for row in others if _is_progress(row) is act]
        # Of a reminder that staff has seen the client alone is told, and where a level is called too, in one word.
        is_seen = bool(levels) and all(row.kind is StepKind.REPEAT for row in rows)
        if not is_seen and rows and not any(_was_said(row, keys) for row in rows):
            found += map(_key, rows)
    found += [f"{_key(row)}:lead" for row in others if row.kind is StepKind.BREACH and _is_progress(row)
              and not any(key.startswith(f"{_key(row)}:lead:") for key in keys)]  # fmt: skip
    if any(_is_late(row) for row in others) and not levels and not any(f"{name}:client" in keys for name in names):
        found += [f"{name}:client" for name in names]
    return [f"{before.name}: nobody is told {what}" for what in found]


def swallowed(before: File, ended: Sequence[StepRow], new: Iterable[str]) -> list[str]:
    """What gave way to a graver step gave way to one that really spoke in its turn (`new`): not to one that was silent
    or waits, and a word on progress to nothing but another.
    """
    keys, found = sorted(new), []
    for row in ended:
        if row.state is not StepState.SUPERSEDED or row.reason != "a graver step spoke":
            continue
        is_level = row.kind is StepKind.ESCALATE
        graver = (
            each
            for each in ended
            if each.state is StepState.FIRED
            and gravity(each) >= gravity(row)
            and (each.kind is StepKind.ESCALATE) is is_level
            and _is_progress(each) is _is_progress(row)
        )
        if not any(is_level or _was_said(each, keys) for each in graver):
            found.append(f"{before.name}: {row.metric} {row.kind} {row.n} gave way to nothing that was said")
    return found


def _key(row: StepRow) -> str:
    """What the outbox calls the word of a step."""
    kind = "draft" if row.kind is StepKind.NUDGE and _is_progress(row) else row.kind.value
    return f"{kind}:{row.clock_id}:{row.n}:v{row.version}"


def _was_said(row: StepRow, keys: Iterable[str]) -> bool:
    """To anybody: staff, the leads or the client."""
    return any(key == _key(row) or key.startswith(f"{_key(row)}:") for key in keys)


def _is_progress(row: StepRow) -> bool:
    return row.metric == Metric.PROGRESS


def _is_late(row: StepRow) -> bool:
    return row.kind is StepKind.BREACH or (row.kind is StepKind.OBJECTIVE and row.metric == Metric.ETA_KEPT)


def posted_though_over(tx: Tx, sent: Iterable[str]) -> list[str]:
    """No nudge goes out once its clock is over; `sent` are the keys of what went out just now."""
    found = []
    for key in sent:
        if nudged := _NUDGED.match(key):
            row = tx.connection.execute("SELECT state FROM clock WHERE id = ?", (int(nudged[1]),)).fetchone()
            if row["state"] != State.RUNNING.value:
                found.append(f"{key} went out, its clock is {row['state']}")
    return found


def called_again_though_acknowledged(tx: Tx, desk: Desk, new: Iterable[str], now: datetime) -> list[str]:
    """Whoever has a level, or gave it back, is not called for it again; `new` are the keys of what is to be said."""
    found = []
    for again in filter(None, map(_CALLED_AGAIN.fullmatch, new)):
        (each,) = files(tx, desk, [int(again[1])], now)
        known = [event for event in each.log if event.recorded_at < now]
        called = standing(each.policy, known, now).called
        if called is None or called.seq != int(again[2]) or called.acknowledged_at is not None:
            found.append(f"{each.name}: {again[0]}, though {called}")
    return found


def woken(before: File, new: Iterable[tuple[str, str | None]], asleep: Container[str], now: datetime) -> list[str]:
    """Quiet hours are kept for what is not grave; `new` are the keys of what is to be said, and to whom in private."""
    names = {id: key for key, id in before.ids.items()}
    timed = {(c.metric.value, c.cycle): c for c in clocks(before.policy, before.log, now)}
    found = []
    for key, who in new:
        match = _OF_A_CLOCK.match(key)
        clock = timed.get(names[int(match[1])]) if match and int(match[1]) in names else None
        if clock is None or who not in asleep or before.ticket.priority is Priority.CRITICAL:
            continue
        if clock.binding is not Binding.CAP:
            found.append(f"{before.name}: {key} wakes {who} at {now:%a %H:%M}")
    return found


def told_in_pieces(tx: Tx, sent: Iterable[str]) -> list[str]:
    """What asks somebody to act and goes out in one turn (`sent`, by key) is one message to him."""
    heads = Counter(
        row["room_id"]
        for key in sent
        for row in tx.connection.execute(
            "SELECT room_id FROM outbox WHERE dedupe_key = ? AND rides_on IS NULL AND room_client_id = 0 "
            "AND ticket_id IS NOT NULL",
            (key,),
        ).fetchall()
        if key.partition(":")[0] in GROUPED
    )
    return [f"room {room} reads {n} messages at once" for room, n in heads.items() if n > 1]


def promised_what_had_passed(posts: Iterable[Post]) -> list[str]:
    """No client reads of a moment as one ahead that had passed when it was said."""
    return [
        f"{post.room} at {post.at:%a %H:%M}: {post.text}"
        for post in posts
        for line in post.body.blocks
        if isinstance(line, Line)
        for before, moment, after in zip(
            (_NOTHING, *line.children), line.children, (*line.children[1:], _NOTHING), strict=False
        )
        if isinstance(moment, Moment) and moment.at < post.at and _is_ahead(before, after)
    ]


def _is_ahead(before: object, after: object) -> bool:
    """Whether the words around a moment speak of one that is to come."""
    if not isinstance(before, Text) or _AHEAD.search(before.text) is None:
        return False
    return not isinstance(after, Text) or not after.text.startswith((" has passed", " passed"))
