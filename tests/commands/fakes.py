"""The desk as the commands see it, without a store: tickets from real logs, verbs that only note what was asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.commands._etas import Promised
from bot.commands._ladder import Rise
from bot.commands.base import Actor, Call, Desk, Refusal, Reply, Ticketed
from bot.commands.registry import Registry
from bot.i18n import load
from bot.notice import Act, Notice, Say, dumps, loads, render, say
from bot.people import VENDOR, Person, Role, Room, RoomKind
from bot.sla.calendar import WEEKDAYS, Calendar, parse_hours
from bot.sla.clock import clocks, standing
from bot.sla.explain import Explanation, explain
from bot.sla.log import Event, EventKind, Party
from bot.sla.policy import (
    Answer,
    Basis,
    HoldReason,
    Kind,
    Level,
    Metric,
    Policy,
    Priority,
    Rung,
    RungAt,
    Target,
)
from bot.text import plain
from bot.tickets import Status, Ticket, parse_reference

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
"""Friday noon in GMT+3, where the desk of these tests is open from 10:00 to 19:00."""

CALENDAR = Calendar(
    name="office",
    zone="Etc/GMT-3",
    week={day: [parse_hours("10:00-19:00")] for day in WEEKDAYS[:5]},
    working_day=9 * HOUR,
)
WORDS = load()
REGISTRY = Registry()


def response(within: timedelta, *, cap: timedelta | None = None) -> Target:
    return Target(
        Metric.RESPONSE,
        Kind.COMMITMENT,
        Basis.WORKING,
        within=within,
        cap=cap,
        holds=frozenset(HoldReason),
        clause='000, "Email support"',
    )


POLICY = Policy(
    id="office",
    plan="",
    variant="",
    name="Office Agreement",
    version="1",
    effective=None,
    last_review=None,
    next_review=None,
    source="",
    calendar=CALENDAR,
    levels={
        Priority.CRITICAL: Level(Priority.CRITICAL, "Service down", "", (response(HOUR),)),
        Priority.MEDIUM: Level(Priority.MEDIUM, "Medium", "", (response(4 * HOUR),)),
        Priority.LOW: Level(Priority.LOW, "Low", "", (response(9 * HOUR, cap=24 * HOUR),)),
    },
    default_priority=Priority.MEDIUM,
    response_counts=frozenset({Answer.RESOLUTION, Answer.ETA}),
    ladder=(Rung(1, RungAt.DUE, "technician", "L1"), Rung(2, RungAt.DUE, "supervisor", "L2")),
)

ANN = Person(7, "ann", VENDOR, "Ann", Role.MANAGER, "en", "Etc/GMT-3")
CLIENT_PERSON = Person(20, "carol", 1, "Carol", Role.CONTACT, "en", "Europe/Berlin")
CLIENT = Actor(Party.CLIENT, "Carol", "u-carol", CLIENT_PERSON)
COLLEAGUE = Actor(Party.CLIENT, "Bob", "u-bob")
STAFF = Actor(Party.STAFF, "Ann", "u-ann", ANN)
CLIENT_ROOM = Room(1, 1, RoomKind.CLIENT, "inapp", "a", "r1", "Acme", None, "en", "Europe/Berlin")
DIRECT = Room(2, VENDOR, RoomKind.DIRECT, "inapp", "a", "r2", "Ann", 7, "en", "Etc/GMT-3")
TEAM = Room(3, VENDOR, RoomKind.TEAM, "inapp", "a", "r3", "Team", None, "en", "Etc/GMT-3")


def happened(kind: EventKind, ago: timedelta, party: Party = Party.STAFF, **data: object) -> Event:
    """Something that Ann or the client did so long before NOW."""
    person = ANN.id if party is Party.STAFF else None
    return Event(0, kind, NOW - ago, NOW - ago, party, person=person, data=data)


def ticketed(
    *events: Event,
    ref: int = 42,
    client: str = "Acme",
    opened: timedelta = 30 * MINUTE,
    priority: Priority = Priority.MEDIUM,
    policy: Policy = POLICY,
) -> Ticketed:
    """A ticket opened so long before NOW with these events after it, everything derived as the desk does."""
    first = happened(EventKind.OPENED, opened, Party.CLIENT, priority=priority.value, high_load=False)
    log = tuple(replace(event, seq=seq) for seq, event in enumerate((first, *events), start=1))
    stands = standing(policy, log, NOW)
    status = Status.OPEN if stands.is_open else Status.CONFIRMED if stands.confirmed_at else Status.RESOLVED
    ticket = Ticket(
        id=ref,
        ref=ref,
        client_id=1,
        room_id=CLIENT_ROOM.id,
        contract_id=1,
        policy_hash="",
        thread=None,
        root_ext="m1",
        status=status,
        priority=stands.priority,
        owner_id=ANN.id,
        opened_at=stands.opened_at,
        touched_at=stands.opened_at,
    )
    timed = clocks(policy, log, NOW)
    return Ticketed(ticket, policy, stands, timed, client, ANN, "postbacks stopped arriving")


class FakeDesk:
    """Fulfils `Desk`. `done` lists the verbs in order; `meant_here` is the ticket of the message answered."""

    def __init__(
        self,
        actor: Actor = CLIENT,
        room: Room = CLIENT_ROOM,
        tickets: Sequence[Ticketed] = (),
        *,
        policy: Policy | None = POLICY,
        people: Sequence[Person] = (ANN,),
        figures: tuple[int, int, int] = (0, 0, 0),
        now: datetime = NOW,
    ) -> None:
        self.now = now
        self.actor = actor
        self.room = room
        self.tickets = list(tickets)
        self.policy = policy
        self.people = people
        self.figures = figures
        self.taken: Priority | None = None
        self.done: list[tuple[object, ...]] = []

    def find(self, word: str | None) -> Ticketed:
        if word is None:
            return self._only()
        ref = parse_reference(word)
        for each in self.tickets:
            if each.ticket.ref == ref:
                return each
        raise Refusal(say("errors.unknown_ticket", ref=word if ref is None else f"T-{ref}"))

    def _only(self) -> Ticketed:
        if not self.tickets:
            raise Refusal(say("errors.no_ticket"))
        if len(self.tickets) > 1:
            refs = ", ".join(each.ticket.reference for each in self.tickets)
            raise Refusal(say("errors.which_ticket", refs=refs))
        return self.tickets[0]

    def pointed_at(self) -> Ticketed | None:
        return None

    def in_reach(self) -> Sequence[Ticketed]:
        return self.tickets

    def queue(self, limit: int) -> Sequence[Ticketed]:
        if not self.room.kind.is_internal:
            raise Refusal(say("errors.internal_only"))
        return self.tickets[:limit]

    def explanations(self, each: Ticketed) -> Sequence[Explanation]:
        return [explain(each.policy, clock) for clock in each.clocks if clock.deadline is not None]

    def compliance(self, since: datetime) -> tuple[int, int, int]:
        return self.figures

    def terms(self) -> Policy | None:
        return self.policy

    def responsible(self) -> Sequence[Person]:
        return self.people

    def colleagues(self, each: Ticketed) -> Sequence[Person]:
        return [person for person in self.people if person.id != each.owner.id]

    def locales(self) -> Sequence[str]:
        return tuple(WORDS.locales)

    def tongues(self) -> Sequence[str]:
        return (self.room.locale,)

    def command_names(self) -> Sequence[str]:
        return [command.name for command in REGISTRY.allowed(self.actor, self.room)]

    def open(self, text: str) -> None:
        self.note_verb("open", text)

    def parting(self) -> FakeDesk:
        return self

    def split(self, each: Ticketed) -> Ticketed:
        self.note_verb("split", each.ticket.ref)
        return ticketed(ref=43)

    def take(self, each: Ticketed) -> None:
        self.note_verb("take", each.ticket.ref)

    def assign(self, each: Ticketed, name: str) -> Person:
        self.note_verb("assign", each.ticket.ref, name)
        return each.owner

    def answered(self, each: Ticketed) -> None:
        self.note_verb("answered", each.ticket.ref)

    def meant(self, each: Ticketed, message_id: int) -> None:
        self.note_verb("meant", each.ticket.ref, message_id)

    def set_priority(self, each: Ticketed, priority: Priority, reason: str) -> Priority:
        self.note_verb("set_priority", each.ticket.ref, priority.value, reason)
        return each.policy.level(priority).priority

    def note(self, each: Ticketed, text: str) -> None:
        self.note_verb("note", each.ticket.ref, text)

    def resolve(self, each: Ticketed) -> None:
        self.note_verb("resolve", each.ticket.ref)

    def confirm(self, each: Ticketed) -> None:
        self.note_verb("confirm", each.ticket.ref)

    def reopen(self, each: Ticketed, reason: str) -> None:
        self.note_verb("reopen", each.ticket.ref, reason)

    def rate(self, each: Ticketed, stars: int) -> None:
        self.note_verb("rate", each.ticket.ref, stars)

    def set_language(self, locale: str) -> None:
        self.note_verb("set_language", locale)

    def ask(self, kind: str, each: Ticketed) -> None:
        self.note_verb("ask", kind, each.ticket.ref)

    def etas(self) -> FakeEtas:
        return FakeEtas(self)

    def telling(self) -> FakeTelling:
        return FakeTelling(self)

    def waits(self) -> FakeWaits:
        return FakeWaits(self)

    def ladder(self) -> FakeLadder:
        return FakeLadder(self)

    def button(self, label: str, command: str, **params: str) -> Act:
        return Act(label, command, dict(params))

    def note_verb(self, *verb: object) -> None:
        """As the real desk: a verb repeated without effect is refused."""
        if verb in self.done:
            raise Refusal(say("errors.already_done", ref=f"T-{verb[1]}"))
        self.done.append(verb)


class FakeEtas:
    """Fulfils `EtaDesk`."""

    def __init__(self, desk: FakeDesk) -> None:
        self._desk = desk

    def give(self, each: Ticketed, eta_at: datetime, reason: str) -> None:
        self._desk.note_verb("give_eta", each.ticket.ref, eta_at, reason)

    def accept(self, each: Ticketed) -> datetime:
        self._desk.note_verb("accept_eta", each.ticket.ref)
        assert each.standing.eta_at is not None
        return each.standing.eta_at

    def ledger(self, since: datetime, client: str | None = None) -> Sequence[Promised]:
        return [Promised(t.ticket.reference, t.client_name, e) for t in self._desk.tickets for e in t.standing.etas]


class FakeTelling:
    """Fulfils `TellDesk`."""

    def __init__(self, desk: FakeDesk) -> None:
        self._desk = desk

    def draft(self, each: Ticketed) -> Sequence[Say]:
        return [say("progress.draft", who=each.owner.name, ref=each.ticket.reference)]

    def send(self, each: Ticketed, words: str) -> None:
        self._desk.note_verb("send_progress", each.ticket.ref, words)


class FakeWaits:
    """Fulfils `WaitDesk`."""

    def __init__(self, desk: FakeDesk) -> None:
        self._desk = desk

    def hold(self, each: Ticketed, reason: HoldReason, who: str, details: str = "") -> None:
        self._desk.note_verb("hold", each.ticket.ref, reason.value, who, *filter(None, [details]))

    def goes_on(self, each: Ticketed, who: str = "") -> str:
        self._desk.note_verb("goes_on", each.ticket.ref, *filter(None, [who]))
        return who or "Stripe"

    def resume(self, each: Ticketed, who: str = "") -> None:
        self._desk.note_verb("resume", each.ticket.ref, *filter(None, [who]))


class FakeLadder:
    """Fulfils `LadderDesk`."""

    def __init__(self, desk: FakeDesk) -> None:
        self._desk = desk

    def escalate(self, each: Ticketed, reason: str, since: int | None = None) -> int:
        self._desk.note_verb("escalate", each.ticket.ref, reason)
        return 1

    def give_back(self, each: Ticketed, reason: str) -> str:
        self._desk.note_verb("give_back", each.ticket.ref, reason)
        return each.owner.name

    def history(self, each: Ticketed) -> Sequence[Rise]:
        return []

    def acknowledge(self, each: Ticketed) -> None:
        self._desk.note_verb("acknowledge_escalation", each.ticket.ref)


def tell(desk: Desk, text: str, registry: Registry = REGISTRY) -> str:
    """What the asker reads after saying `text`: lines, then [buttons]; "" where nothing is said to him."""
    parsed = registry.parse(text)
    assert parsed is not None and parsed.name is not None, f"{text!r} is no command"
    run: Callable[[Call], Reply] = registry[parsed.name].run
    try:
        reply = run(Call(desk, parsed.rest, parsed.name))
    except Refusal as refusal:
        reply = Notice((refusal.say,))
    return "" if reply is None else worded(reply, desk.room)


def worded(notice: Notice, room: Room = CLIENT_ROOM) -> str:
    """The notice in the room's language; the store must keep it, and every locale must be able to say it."""
    assert loads(dumps(notice)) == notice
    for words in WORDS.locales.values():
        render(notice, words, room.zone, NOW)
    rich = render(notice, WORDS.words(room.locale), room.zone, NOW)
    labels = "".join(f"[{button.label}]" for button in rich.buttons)
    text = plain(replace(rich, buttons=()))
    return f"{text}\n{labels}" if labels else text
