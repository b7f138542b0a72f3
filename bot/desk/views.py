"""What people look at: one ticket with everything derived from its log, the queue, the counts; reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.channels.base import Entry
from bot.commands.base import Ticketed
from bot.desk import shadow
from bot.desk.book import Book, Page
from bot.desk.first_words import first_words, kind_sent
from bot.desk.staff.cover import everybody_away, everybody_on_call, open_for, who_answers
from bot.people import Person, Room, RoomKind
from bot.sla.clock import Clock, EtaEntry, State
from bot.sla.explain import Explanation, explain
from bot.sla.log import EventKind, Party
from bot.sla.policy import HoldReason, Kind, Metric, Priority
from bot.store.messages import Message, rich_of
from bot.store.steps import StepRow
from bot.store.tx import Tx
from bot.tickets import Status, Ticket

_CLOSED_FOR = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One ticket as a line of the queue. Moments are aware UTC, business time."""

    reference: str
    client: str
    client_key: str
    priority: Priority
    level_name: str
    status: Status
    metric: Metric | None
    state: State | None
    due_at: datetime | None
    objective_at: datetime | None
    kind: Kind | None
    breached: bool
    held_for: str | None
    owner: str
    words: str
    escalation: int
    eta_at: datetime | None
    opened_at: datetime
    channel: str
    unanswered: bool
    in_shadow: bool = False
    instead: str = ""  # where there are no words: the catalogue's for what was sent


@dataclass(frozen=True, slots=True)
class LogLine:
    """One event, with the name of who did it; texts are looked up, never stored in it."""

    seq: int
    at: datetime
    recorded_at: datetime
    kind: EventKind
    party: Party
    who: str
    data: dict[str, object]
    words: str


@dataclass(frozen=True, slots=True)
class TicketView:
    """Everything about one ticket, for the board."""

    row: QueueRow
    ticket: Ticket
    policy_name: str
    clocks: tuple[Clock, ...]
    explanations: tuple[Explanation, ...]
    events: tuple[LogLine, ...]
    entries: tuple[Entry, ...]
    steps: tuple[StepRow, ...]
    zone: str
    room: Room
    etas: tuple[EtaEntry, ...] = ()  # the ledger of promised moments, in the order they were given
    taken_by: int | None = None  # the person who took it or was given it; nobody yet: whoever answers for the client


@dataclass(frozen=True, slots=True)
class Summary:
    """The board's first line."""

    open: int
    overdue: int
    next_due_at: datetime | None
    closed_today: int
    away: tuple[tuple[str, datetime | None], ...] = ()  # who, and until when; None: nobody knows
    on_call: tuple[tuple[str, str], ...] = ()  # by which rotation, and who; nobody: ""


def view(tx: Tx, page: Page, now: datetime) -> Ticketed:
    """A page with the names that go with it at this moment."""
    ticket, words = page.ticket, first_words(tx, page)
    return Ticketed(
        ticket=ticket,
        policy=page.policy,
        standing=page.standing,
        clocks=page.clocks,
        client_name=tx.people.client(ticket.client_id).name,
        owner=tx.people.person(ticket.owner_id),
        answers=who_answers(tx, ticket, now),
        words=words,
        instead="" if words else kind_sent(tx, page),
        called=_called(tx, page),
        in_shadow=tx.people.is_shadow(ticket.client_id),
    )


def _called(tx: Tx, page: Page) -> Person | None:
    called = page.standing.called
    return None if called is None or called.person is None else tx.people.person(called.person)


def queue(
    tx: Tx, book: Book, now: datetime, *, owner_id: int | None = None, closed: bool = False, limit: int = 200
) -> tuple[QueueRow, ...]:
    """Open tickets by time to breach; with `closed`, those closed in the last thirty days, newest first."""
    if closed:
        tickets = tx.tickets.closed_since(now - _CLOSED_FOR, limit)
    elif owner_id is not None:
        tickets = open_for(tx, tx.people.person(owner_id), now)[:limit]
    else:
        tickets = tx.tickets.open(limit)
    return tuple(queue_row(tx, book.read(tx, ticket, now), now) for ticket in tickets)


def queue_row(tx: Tx, page: Page, now: datetime) -> QueueRow:
    each = view(tx, page, now)
    ticket, stands = page.ticket, page.standing
    clock = each.awaited
    hold = next(iter(stands.holds), None)
    client = tx.people.client(ticket.client_id)
    return QueueRow(
        reference=ticket.reference,
        client=client.name,
        client_key=client.key,
        priority=stands.priority,
        level_name=stands.level_name,
        status=ticket.status,
        metric=clock.metric if clock else None,
        state=clock.state if clock else None,
        due_at=clock.deadline if clock else None,
        objective_at=clock.objective_at if clock else None,
        kind=clock.kind if clock else None,
        breached=any(c.breached_at for c in page.clocks),
        held_for=None if hold is None else (hold.who or hold.reason.value),
        owner=each.owner.name,
        words=each.words,
        instead=each.instead,
        escalation=stands.escalation,
        eta_at=stands.eta_at,
        opened_at=ticket.opened_at,
        channel=tx.rooms.get(ticket.room_id).channel,
        unanswered=not stands.responded or stands.oldest_unanswered_at is not None,
        in_shadow=each.in_shadow,
    )


def ticket_view(tx: Tx, book: Book, ref: int, now: datetime) -> TicketView | None:
    """One ticket by its number; None where there is none."""
    ticket = tx.tickets.by_ref(ref)
    if ticket is None:
        return None
    page = book.read(tx, ticket, now)
    names: dict[int, str] = {}

    def name(person: int | None, party: Party) -> str:
        if person is None:
            return {Party.BOT: "Pledge", Party.AUTOMATIC: "automatic"}.get(party, "client")
        if person not in names:
            names[person] = tx.people.person(person).name
        return names[person]

    room = tx.rooms.get(ticket.room_id)
    return TicketView(
        row=queue_row(tx, page, now),
        ticket=ticket,
        policy_name=page.policy.name + (f" ({page.policy.plan})" if page.policy.plan else ""),
        clocks=page.clocks,
        explanations=tuple(explain(page.policy, clock) for clock in page.clocks if clock.deadline is not None),
        events=tuple(
            LogLine(
                seq=event.seq,
                at=event.at,
                recorded_at=event.recorded_at,
                kind=event.kind,
                party=event.party,
                who=name(event.person, event.party),
                data=dict(event.data),
                words="" if event.message is None else tx.messages.text(event.message),
            )
            for event in tx.ledger.history(ticket.id)
        ),
        # What Pledge told the staff in their own rooms is no part of the talk with the client; their notes are.
        entries=tuple(
            entry(message, ticket)
            for message in tx.messages.of_ticket(ticket.id)
            if message.room_id == ticket.room_id
            or message.internal
            or tx.rooms.get(message.room_id).kind is RoomKind.CLIENT  # of a ticket that was merged into it
        ),
        steps=tuple(tx.steps.of_ticket(ticket.id)),
        zone=page.policy.calendar.zone,
        room=room,
        etas=page.standing.etas,
        taken_by=page.standing.owner,
    )


def entry(message: Message, ticket: Ticket) -> Entry:
    return Entry(
        seq=message.seq,
        direction=message.direction,
        author=message.author,
        party="note" if message.internal else message.party.value,
        mine=False,
        at=message.at,
        body=rich_of(message.body, message.text),
        ext_id=message.ext_id,
        ticket=ticket.reference,
        files=message.files,
        number=message.id,
        earlier=message.earlier,
    )


def summary(tx: Tx, now: datetime) -> Summary:
    """Counts for the first line of the board."""
    tickets = tx.tickets.open(1000)
    due = [t.due_at for t in tickets if t.due_at is not None]
    return Summary(
        open=len(tickets),
        overdue=sum(at <= now for at in due),
        next_due_at=min((at for at in due if at > now), default=None),
        closed_today=len(tx.tickets.closed_since(now - timedelta(days=1), 1000)),
        away=tuple((person.name, stretch.until) for person, stretch in everybody_away(tx, now)),
        on_call=tuple((name, "" if person is None else person.name) for name, person in everybody_on_call(tx, now)),
    )


def status_line(tx: Tx, book: Book, room: Room, now: datetime) -> dict[str, object]:
    """The live line of a client's room, as `Conversations.room_status` describes it: the ticket due first speaks."""
    tickets = tx.tickets.open_of_client(room.client_id)
    lines = [_line_of(tx, book.read(tx, ticket, now), now) for ticket in tickets]
    quiet: dict[str, object] = {"state": "quiet"}
    order = ("late", "running", "held", "answered", "quiet")
    first = min(lines, key=lambda line: (order.index(str(line["state"])), str(line.get("due_at"))), default=quiet)
    return first | {"open": len(tickets)}


def _line_of(tx: Tx, page: Page, now: datetime) -> dict[str, object]:
    awaited = (Metric.RESPONSE, Metric.ACKNOWLEDGEMENT, Metric.NEXT_RESPONSE)
    live = [c for c in page.clocks if c.metric in awaited and c.is_live and c.deadline is not None]
    clock = min(live, key=lambda c: (c.due_at is None, c.deadline or now), default=None)
    line: dict[str, object] = {
        "state": "answered",
        "ticket": page.ticket.reference,
        "who": who_answers(tx, page.ticket, now).name,
        "eta_at": None if page.standing.eta_at is None else page.standing.eta_at.isoformat(),
    }
    if clock is None:
        return line
    line |= {"kind": (clock.kind if clock.due_at else Kind.TARGET).value}
    if clock.state is State.HELD:
        hold = next(iter(page.standing.holds), None)
        held_for = "client" if hold is None or hold.reason is HoldReason.CLIENT else hold.who
        return line | {"state": "held", "held_for": held_for}
    deadline = clock.deadline
    assert deadline is not None
    return line | {"state": "late" if deadline <= now else "running", "due_at": deadline.isoformat()}


def room_status(book: Book, tx: Tx, account: str, room: str, now: datetime, *, channel: str) -> dict[str, object]:
    """The live status line of a conversation; empty outside client rooms."""
    found = tx.rooms.at(channel, account, room)
    if found is None or found.kind is not RoomKind.CLIENT:
        return {}
    if shadow.hides(tx, found):
        return {"state": "quiet", "open": 0}
    return status_line(tx, book, found, now)
