"""What a step says when it has fired: to whoever has the ticket, to the level that is called in, to the client."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.desk import notices
from bot.desk.book import Page
from bot.desk.mail import BREACH, NUDGE, Choice, Mail
from bot.desk.staff.called import was_called
from bot.desk.staff.cover import who_answers
from bot.desk.staff.ladder import climb, is_told, next_word, rung_person, who_has
from bot.desk.staff.receiving import Reception
from bot.desk.telling import draft, progress_choices
from bot.desk.views import view
from bot.notice import At, Key, Say, Value, say
from bot.sla.clock import Clock
from bot.sla.plan import StepKind
from bot.sla.policy import Metric
from bot.store.outbox_row import DRAFT
from bot.store.steps import Coming, StepRow
from bot.store.tx import Tx


@dataclass(frozen=True, slots=True)
class Due:
    """A due step together with the clock it speaks of."""

    row: StepRow
    clock: Clock


def is_late_word(due: Due) -> bool:
    """Whether the client is to hear that he still waits: at the breach, when the moment of an ETA passes, and with
    the reminders that he reads too.
    """
    has_passed = due.row.kind is StepKind.OBJECTIVE and due.clock.metric is Metric.ETA_KEPT
    return has_passed or due.row.kind is StepKind.BREACH or is_told(due.row, due.clock)


def speak(
    tx: Tx,
    mail: Mail,
    page: Page,
    due: Due,
    to: Reception | None,
    late: Due | None,
    coming: Sequence[Coming],
    now: datetime,
) -> None:
    """Say what a step has to say to staff; a level that is called in is told to the client too, with `late` in it."""
    each = view(tx, page, now)
    row, clock = due.row, due.clock
    key = _key(due)
    match row.kind:
        case StepKind.ESCALATE:
            has_passed = clock.due_at is not None and clock.due_at <= now
            why = Key("reason.late" if has_passed else "reason.timer")
            climb(tx, mail, each, row.n, why, now, late=None if late is None else late.clock)
            return
        case StepKind.BREACH:
            line, rank = notices.late_for_staff(page, clock, each.client_name, each.quote()), BREACH
        case StepKind.OBJECTIVE:
            line, rank = notices.objective_missed(page, clock, each.client_name, each.quote()), BREACH
        case StepKind.REPEAT:
            line, rank = notices.overdue(page, clock, each.client_name, each.quote()), BREACH
        case StepKind.NUDGE:
            following = _next_told(tx, page, row, coming)
            line, rank = notices.nudge(page, clock, each.client_name, each.quote(), following), NUDGE
    assert to is not None
    lines = (line, *_who_knows(tx, page, to))
    if clock.metric is Metric.PROGRESS and row.kind is not StepKind.BREACH:
        lines = (line, *draft(tx, page, now))
    choices = progress_choices(page) if clock.metric is Metric.PROGRESS else None
    _to_receiver(tx, mail, page, to, key, lines, rank, choices)
    if clock.metric is Metric.PROGRESS and row.kind is StepKind.BREACH:
        assert clock.due_at is not None
        # The moment is for what is told together with it.
        common: dict[str, Value] = {"client": each.client_name, "who": each.who.name, "missed": At(clock.due_at)}
        told = say("progress.lead", ref=page.ticket.reference, **common)
        mail.to_leads(f"{key}:lead", told, ticket=page.ticket, rank=BREACH)


def tell_late(tx: Tx, mail: Mail, page: Page, due: Due, now: datetime) -> None:
    """Tell the client that he still waits, who has it or was called, and when he hears again; whoever is called in now
    is told of by the step that calls him.
    """
    has = who_has(tx, page, now)
    # Of an ETA its owner is reminded, however high the ticket has climbed.
    who = who_answers(tx, page.ticket, now) if due.clock.metric is Metric.ETA_KEPT else has.person
    told = notices.late(page, due.clock, who.name, next_word(page, now, due.clock), has.how)
    mail.to_client(page.ticket, f"{_key(due)}:client", told, rank=BREACH)


def _key(due: Due) -> str:
    """A draft is told by itself: among others it would be a line of many, without the words it is to spare."""
    row = due.row
    is_draft = row.kind is StepKind.NUDGE and due.clock.metric is Metric.PROGRESS
    return f"{DRAFT if is_draft else row.kind.value}:{row.clock_id}:{row.n}:v{row.version}"


def _to_receiver(
    tx: Tx,
    mail: Mail,
    page: Page,
    to: Reception,
    key: str,
    lines: Sequence[Say],
    rank: int,
    choices: Sequence[Choice] | None,
) -> None:
    if choices is None:
        choices = notices.manager_choices(page, taken=page.standing.owner is not None, late=rank < NUDGE)
    if to.to_team:
        room = next(room for room in tx.rooms.team() if room.is_safe_path)
        mail.to_room(room, key, *lines, choices=choices, ticket=page.ticket, rank=rank)
    else:
        mail.to_person_or_leads(to.person, key, *lines, choices=choices, ticket=page.ticket, rank=rank)


def _who_knows(tx: Tx, page: Page, to: Reception) -> tuple[Say, ...]:
    """For whom the receiver hears it, and who besides him knows of the ticket already."""
    level = page.standing.escalation
    called = [tx.people.person(id).name for id in was_called(page.log)] if level else []
    asleep = () if to.asleep is None else (say("nudge.asleep", who=to.asleep.name),)
    if not called:
        return asleep
    return (*asleep, say("nudge.known", names=", ".join(dict.fromkeys(called)), level=level))


def _next_told(tx: Tx, page: Page, row: StepRow, coming: Sequence[Coming]) -> tuple[str, datetime] | None:
    """Who is called in next on this ticket if nothing happens, and when."""
    following = next((each for each in coming if each.at > row.due_at), None)
    if following is None:
        return None
    return rung_person(tx, page.policy, page.ticket, following.level, following.at).name, following.at
