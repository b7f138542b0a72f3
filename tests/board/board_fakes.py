"""A desk, a gate and rooms of the board in memory, and one ticket with true clocks to look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.channels.base import Attachment, Entry, Inbound, Outbound, Outcome, Receipt, Sent
from bot.desk.calls.times import DayTimes, PersonTimes
from bot.desk.calls.week import CallDay, CallRow, CallWeek
from bot.desk.views import LogLine, QueueRow, Summary, TicketView
from bot.people import VENDOR, Person, Role, Room, RoomKind
from bot.sla.booking import Span
from bot.sla.clock import clocks, standing
from bot.sla.explain import explain
from bot.sla.log import Event, EventKind, Party
from bot.sla.plan import StepKind
from bot.sla.policy import Kind, Metric, Priority
from bot.sla.policy_file import load_folder
from bot.store.steps import StepRow, StepState
from bot.text import Button, Rich, paragraph
from bot.tickets import Status, Ticket
from bot.web.board.ports import CommandReply, Reading, TeamRoom

NOW = datetime(2026, 11, 20, 15, 10, tzinfo=UTC)  # a Friday, 18:10 in the manager's zone
ZONE = "Etc/GMT-3"
HOSTILE = "<script>alert('x')</script> & \"postbacks\" stopped"

ANNA = Person(7, "anna", VENDOR, "Anna Petrova", Role.MANAGER, "en", ZONE)
BORIS = Person(8, "boris", VENDOR, "Boris Weiss", Role.LEAD, "en", "Europe/Berlin")
CARLA = Person(9, "carla", 3, "Carla Rossi", Role.CONTACT, "en", ZONE)


@dataclass
class FakeGate:
    """Codes and sessions without hashes; the real ones are tested with the store."""

    codes: dict[str, Person] = field(default_factory=dict)
    sessions: dict[str, Person] = field(default_factory=dict)

    async def redeem(self, code: str) -> str | None:
        person = self.codes.pop(code, None)
        if person is None:
            return None
        self.sessions[f"session-of-{person.key}"] = person
        return f"session-of-{person.key}"

    async def person(self, session: str) -> Person | None:
        return self.sessions.get(session)

    async def leave(self, session: str) -> None:
        self.sessions.pop(session, None)


@dataclass
class FakeRooms:
    """`Conversations` over lists, without waiting."""

    rooms: dict[str, list[Entry]] = field(default_factory=dict)
    looks: list[tuple[str, int]] = field(default_factory=list)

    async def history(
        self, account: str, room: str, *, before: int | None, limit: int, viewer: str = ""
    ) -> Sequence[Entry]:
        found = [e for e in self.rooms.get(room, []) if before is None or e.seq < before]
        return found[-limit:]

    async def since(self, account: str, room: str, seq: int, limit: int = 200, *, viewer: str = "") -> Sequence[Entry]:
        return [e for e in self.rooms.get(room, []) if e.seq > seq][:limit]

    async def post(self, message: Outbound) -> Outcome:
        entry = self.add(message.room, "Pledge", "bot", message.body)
        return Sent(str(entry.seq))

    async def wait(self, account: str, room: str, seq: int, timeout: float) -> bool:
        return False

    async def looked(self, account: str, room: str, seq: int) -> None:
        self.looks.append((room, seq))

    async def room_status(self, account: str, room: str) -> dict[str, object]:
        return {}

    def add(self, room: str, author: str, party: str, body: Rich | str, at: datetime = NOW) -> Entry:
        entries = self.rooms.setdefault(room, [])
        entry = Entry(
            seq=len(entries) + 1,
            direction="out" if party == "bot" else "in",
            author=author,
            party=party,
            mine=party == "staff" and author == ANNA.name,
            at=at,
            body=Rich((paragraph(body),)) if isinstance(body, str) else body,
            ext_id=f"m{len(entries) + 1}",
        )
        entries.append(entry)
        return entry


def a_week(*calls: CallRow, people: tuple[PersonTimes, ...] = ()) -> CallWeek:
    """The week of NOW, a Friday, with these calls on their days in UTC."""
    monday = NOW.date() - timedelta(days=NOW.weekday())
    days = [monday + timedelta(days=number) for number in range(7)]
    return CallWeek(tuple(CallDay(day, tuple(c for c in calls if c.starts_at.date() == day)) for day in days), people)


def times(name: str, *, open: str = "", busy: str = "", away: str = "", calls: str = "", **more: Any) -> PersonTimes:
    """Somebody's week: the same on its seven days, as `10:00-12:30 13:00-19:00` by the clocks of ZONE."""
    monday = datetime(NOW.year, NOW.month, NOW.day, tzinfo=ZoneInfo(ZONE)) - timedelta(days=NOW.weekday())

    def spans(text: str, day: datetime) -> tuple[Span, ...]:
        ends = [[timedelta(hours=int(e[:2]), minutes=int(e[3:])) for e in each.split("-")] for each in text.split()]
        return tuple(Span((day + first).astimezone(UTC), (day + last).astimezone(UTC)) for first, last in ends)

    days = [monday + timedelta(days=n) for n in range(7)]
    drawn = tuple(DayTimes(*(spans(text, day) for text in (open, busy, away, calls))) for day in days)
    return PersonTimes(name, drawn, **more)


@dataclass
class FakeDesk:
    """`BoardDesk` that remembers what it was told."""

    views: dict[int, TicketView] = field(default_factory=dict)
    rows: list[QueueRow] = field(default_factory=list)
    reading: Reading = field(default_factory=lambda: Reading(NOW))
    reply: CommandReply = field(default_factory=lambda: CommandReply(Rich((paragraph("Done."),)), True))
    commands: list[tuple[int, str]] = field(default_factory=list)
    said: dict[str, tuple[int, str, str]] = field(default_factory=dict)
    received: dict[str, Inbound] = field(default_factory=dict)
    asked: list[tuple[int | None, bool]] = field(default_factory=list)
    failing: Exception | None = None
    away: tuple[tuple[str, datetime | None], ...] = ()
    on_call: tuple[tuple[str, str], ...] = ()
    weeks: list[tuple[str, datetime]] = field(default_factory=list)
    week: CallWeek = field(default_factory=lambda: a_week())
    files: dict[tuple[int, int], Attachment] = field(default_factory=dict)

    def clock(self) -> Reading:
        return self.reading

    async def queue(self, *, owner_id: int | None, closed: bool) -> Sequence[QueueRow]:
        self.asked.append((owner_id, closed))
        return self.rows

    async def summary(self) -> Summary:
        due = [row.due_at for row in self.rows if row.due_at is not None]
        return Summary(len(self.rows), 0, min(due, default=None), 2, self.away, self.on_call)

    async def ticket(self, ref: int) -> TicketView | None:
        return self.views.get(ref)

    async def calls(self, zone: str, at: datetime) -> CallWeek:
        self.weeks.append((zone, at))
        return self.week

    async def file(self, number: int, n: int) -> Attachment | None:
        return self.files.get((number, n))

    async def colleagues(self) -> Sequence[Person]:
        return [ANNA, BORIS]

    async def team_rooms(self, person: Person) -> Sequence[TeamRoom]:
        return [TeamRoom("support", "Support")]

    async def command(self, person_id: int, text: str) -> CommandReply:
        if self.failing is not None:
            raise self.failing
        self.commands.append((person_id, text))
        return self.reply

    async def say(self, person_id: int, reference: str, text: str, client_msg_id: str) -> CommandReply:
        if self.failing is not None:
            raise self.failing
        self.said[client_msg_id] = (person_id, reference, text)
        return self.reply

    async def receive(self, inbound: Inbound) -> Receipt:
        if self.failing is not None:
            raise self.failing
        duplicate = inbound.event_id in self.received
        self.received.setdefault(inbound.event_id, inbound)
        return Receipt(1, duplicate=duplicate, message_seq=1)


def a_row(reference: str = "T-42", words: str = HOSTILE, **changes: object) -> QueueRow:
    row = QueueRow(
        reference=reference,
        client="Northwind Traffic",
        client_key="northwind",
        priority=Priority.MEDIUM,
        level_name="Medium",
        status=Status.OPEN,
        metric=Metric.RESPONSE,
        state=None,
        due_at=NOW + timedelta(minutes=42),
        objective_at=None,
        kind=Kind.COMMITMENT,
        breached=False,
        held_for=None,
        owner=ANNA.name,
        words=words,
        escalation=0,
        eta_at=None,
        opened_at=NOW - timedelta(minutes=18),
        channel="inapp",
        unanswered=True,
    )
    return replace(row, **changes)


def a_view(reference: int = 42) -> TicketView:
    """A medium ticket of the premium agreement: opened at 17:52 local, details asked at 17:58, given at 18:05."""
    policy = load_folder().get("redtrack-premium")
    opened = NOW - timedelta(minutes=18)
    log = (
        _event(1, EventKind.OPENED, opened, Party.CLIENT, priority="MEDIUM"),
        _event(2, EventKind.TAKEN, opened + timedelta(minutes=4), Party.STAFF, person=ANNA.id),
        _event(3, EventKind.HELD, opened + timedelta(minutes=6), Party.STAFF, person=ANNA.id, reason="client"),
        _event(4, EventKind.RESUMED, opened + timedelta(minutes=13), Party.CLIENT, by="client"),
    )
    timed = clocks(policy, log, NOW)
    stands = standing(policy, log, NOW)
    promise = next(clock for clock in timed if clock.metric is Metric.RESPONSE)
    rooms = FakeRooms()
    rooms.add("r", "Carla Rossi", "client", HOSTILE, opened)
    rooms.add("r", "Pledge", "bot", "Answer guaranteed by 18:59 GMT+3. Anna Petrova answers. T-42, Medium.", opened)
    rooms.add("r", ANNA.name, "staff", "Which campaigns, and since when?", opened + timedelta(minutes=6))
    rooms.add("r", "Carla Rossi", "client", "All of them since 9am.", opened + timedelta(minutes=13))
    return TicketView(
        row=a_row(f"T-{reference}", due_at=promise.due_at, state=promise.state, level_name=stands.level_name),
        ticket=Ticket(
            id=1,
            ref=reference,
            client_id=3,
            room_id=4,
            contract_id=1,
            policy_hash="",
            thread=None,
            root_ext="m1",
            status=Status.OPEN,
            priority=Priority.MEDIUM,
            owner_id=ANNA.id,
            opened_at=opened,
            touched_at=opened,
        ),
        policy_name=policy.name,
        clocks=timed,
        explanations=tuple(explain(policy, clock) for clock in timed if clock.deadline is not None),
        events=tuple(
            LogLine(
                e.seq,
                e.at,
                e.recorded_at,
                e.kind,
                e.party,
                ANNA.name if e.person else "client",
                dict(e.data),
                HOSTILE if e.seq == 1 else "",
            )
            for e in log
        ),
        entries=tuple(rooms.rooms["r"]),
        steps=(
            _step(1, StepKind.NUDGE, opened + timedelta(minutes=30), "nudge 50 %", StepState.FIRED),
            _step(2, StepKind.NUDGE, opened + timedelta(minutes=55), "nudge 80 %", StepState.OPEN),
            _step(1, StepKind.BREACH, opened + timedelta(minutes=67), "due", StepState.OPEN),
        ),
        zone=policy.calendar.zone,
        room=Room(4, 3, RoomKind.CLIENT, "inapp", "default", "northwind", "Northwind", None, "en", ZONE),
    )


def nudge() -> Rich:
    return Rich(
        (paragraph("Due 18:59 GMT+3 (in 25 min): resolution or ETA for Northwind Traffic. T-42: ", HOSTILE),),
        (Button("Take it", "act-take"), Button("Give ETA", "act-eta")),
    )


def _event(
    seq: int, kind: EventKind, at: datetime, party: Party, *, person: int | None = None, **data: object
) -> Event:
    return Event(seq, kind, at, at, party, person, None, data)


def _step(n: int, kind: StepKind, at: datetime, rule: str, state: StepState) -> StepRow:
    return StepRow(
        id=n,
        client_id=3,
        ticket_id=1,
        clock_id=1,
        cycle=1,
        kind=kind,
        n=n,
        version=1,
        due_at=at,
        wake_at=at,
        rule=rule,
        role="manager",
        state=state,
        fired_at=None,
        reason=None,
        attempts=0,
        metric="RESPONSE",
    )
