"""Taking a ticket apart and putting two together: whose words belong to which matter, without losing a promise."""

from __future__ import annotations

from collections.abc import Sequence

from bot.commands.base import Refusal, Ticketed
from bot.desk import notices
from bot.desk.book import Draft, Page
from bot.desk.hand import Hand
from bot.desk.mail import ORDINARY
from bot.desk.opening import open_ticket
from bot.desk.rules import Rules
from bot.desk.staff.called import climbed, take_over
from bot.desk.staff.cover import who_answers
from bot.desk.staff.ladder import next_word, who_has
from bot.desk.views import view
from bot.notice import Key, Say, say
from bot.sla.adopted import handed_over
from bot.sla.log import Event, EventKind, Party
from bot.sla.plan import StepKind
from bot.sla.policy import HoldReason
from bot.store.messages import Message
from bot.store.steps import StepState
from bot.store.tx import Tx
from bot.tickets import Status, Ticket, parse_reference

_MOST_MESSAGES = 100_000
_OF_ITS_OWN = frozenset({"/accept-eta", "/separate"})
"""What a button says of a moment or of words that the ticket it goes on in may not have."""
_SPOKEN = (EventKind.CLIENT_MESSAGE, EventKind.REOPENED)


class Parting:
    """Fulfils `commands._parting.PartingDesk`."""

    def __init__(self, hand: Hand, rules: Rules) -> None:
        self._hand = hand
        self._tx, self._book, self._mail = hand.tx, hand.book, hand.mail
        self._rules = rules
        self._actor = hand.actor
        self._now = hand.now
        self._answered = hand.context.answered

    def split(self, each: Ticketed) -> Ticketed:
        log = self._tx.ledger.log(each.ticket.id)
        words = self._chosen(each, log)
        known = self._tx.tickets.by_root(each.ticket.room_id, words.ext_id)
        if known is not None and known.status is not Status.CANCELLED:
            raise self._nothing(each)
        waited = _waits(each)
        undone = [self._draft(EventKind.UNDONE, seq=seq) for seq in _said_by(log, words.id)]
        left = self._book.record(self._tx, each.ticket, undone, self._now) if undone else None
        told = say("split.client", other=each.ticket.reference)
        page = self._again(known, words, told) if known is not None else self._opened(each.ticket, words, told)
        if left is not None and _waits(view(self._tx, left, self._now)) and not waited:
            line = notices.hold(left, HoldReason.CLIENT, "", self._now)
            self._mail.to_client(left.ticket, f"hold:{left.ticket.id}:{left.ticket.events}", line)
        return view(self._tx, page, self._now)

    def merge(self, each: Ticketed, into: Ticketed) -> Ticketed:
        gone, stays = each.ticket, into.ticket
        if gone.id == stays.id:
            raise Refusal(say("errors.merge_same", ref=gone.reference, example=Key("example.merge")))
        if gone.client_id != stays.client_id:
            raise Refusal(say("errors.merge_clients", ref=gone.reference, other=stays.reference))
        for one in (each, into):
            self._hand.open_only(one)
        # What is late goes on here as it is; where the same is late here already, it stays on record where it was.
        late_here = {clock.metric for clock in into.clocks if clock.is_live and clock.late_at is not None}
        owed = [c for c in each.clocks if c.late_at is None or c.metric not in late_here]
        drafts = []
        if each.standing.priority.rank < into.standing.priority.rank:
            drafts.append(self._draft(EventKind.PRIORITY_CHANGED, priority=each.standing.priority.value, agreed=False))
        called = each.standing.called
        has_climbed = called is not None and each.standing.escalation > into.standing.escalation
        level = climbed(self._book.read(self._tx, gone, self._now), into.clocks) if has_climbed else {}
        drafts.append(self._draft(EventKind.MERGED, ref=gone.ref, clocks=handed_over(owed, self._now), **level))
        late = [clock.metric.value for clock in owed if clock.is_live and clock.late_at is not None]
        self._book.record(
            self._tx,
            gone,
            [self._draft(EventKind.CANCELLED, duplicate_of=stays.ref, taken_over=late)],
            self._now,
        )
        for message in list(self._tx.messages.of_ticket(gone.id, _MOST_MESSAGES)):
            self._tx.messages.join(message.id, stays.id)
        touched_at = max(gone.touched_at, stays.touched_at)
        page = self._book.record(self._tx, stays, drafts, self._now, touched_at=touched_at)
        if called is not None and has_climbed:
            take_over(self._tx, page, gone, called, self._now)
        self._end_told(stays, late, gone.reference)
        self._tell_merged(each, page)
        return view(self._tx, page, self._now)

    def _end_told(self, ticket: Ticket, late: Sequence[str], other: str) -> None:
        """What was missed in the other ticket was told there: it is not told again as if it had just been missed."""
        for step in self._tx.steps.of_ticket(ticket.id):
            is_told = step.kind in (StepKind.BREACH, StepKind.OBJECTIVE) and step.metric in late
            if is_told and step.state is StepState.OPEN and step.due_at <= self._now:
                self._tx.steps.end(step.id, StepState.SUPERSEDED, f"told in {other}", self._now)

    def _chosen(self, each: Ticketed, log: Sequence[Event]) -> Message:
        """The client's message that is answered, else the latest of those that an event tells of; never the first."""
        opening = next((e.message for e in log if e.kind is EventKind.OPENED), None)
        events = {e.message for e in log if e.kind in _SPOKEN}
        joined = [
            m
            for m in self._tx.messages.of_ticket(each.ticket.id)
            if m.party is Party.CLIENT and m.room_id == each.ticket.room_id
        ]
        if any(m.id == self._answered for m in joined):
            found = [m for m in joined if m.id == self._answered != opening]
        else:
            found = [m for m in joined if m.id != opening and m.id in events]
        if not found:
            raise self._nothing(each)
        return found[-1]

    def _nothing(self, each: Ticketed) -> Refusal:
        if self._actor.is_staff:
            return Refusal(say("errors.nothing_to_split", ref=each.ticket.reference))
        return Refusal(say("errors.text_needed", example=Key("example.new")))

    def _opened(self, ticket: Ticket, words: Message, told: Say) -> Page:
        root, thread = self._tx.messages.place_of(words.id)
        return open_ticket(
            self._tx,
            self._book,
            self._mail,
            self._tx.rooms.get(ticket.room_id),
            root_ext=root,
            message_id=words.id,
            thread=thread,
            person=self._tx.messages.pointer(words.id).person_id,
            at=words.at,
            now=self._now,
            first_ref=self._rules.first_ref,
            split_from=ticket,
            more=(told,) if self._actor.is_staff else (),
        )

    def _again(self, ticket: Ticket, words: Message, told: Say) -> Page:
        """Split once more what was put back: the same ticket opens again, under its old number."""
        ended = [e.seq for e in self._tx.ledger.log(ticket.id) if e.kind is EventKind.CANCELLED]
        undone = [self._draft(EventKind.UNDONE, seq=seq) for seq in ended]
        page = self._book.record(self._tx, ticket, undone, self._now)
        self._tx.messages.join(words.id, ticket.id)
        owner = self._tx.people.person(page.ticket.owner_id)
        self._mail.to_client(
            page.ticket,
            f"ack:{page.ticket.id}:{page.ticket.events}",
            *notices.window(page, owner.name, self._now),
            told,
            choices=notices.urgency_choices(page),
        )
        return page

    def _tell_merged(self, each: Ticketed, page: Page) -> None:
        ticket, gone = page.ticket, each.ticket
        key = f"merged:{ticket.id}:{page.ticket.events}"
        has = who_has(self._tx, page, self._now)
        who = has.person if has.how == "_again" else who_answers(self._tx, ticket, self._now)
        line = notices.merged(page, gone.reference, who.name, next_word(page, self._now))
        self._mail.to_client(ticket, key, line)
        if gone.room_id != ticket.room_id:
            self._mail.to_client(gone, f"{key}:there", line)
        for person_id in {ticket.owner_id, gone.owner_id} - {self._hand.id()}:
            self._mail.to_person(
                self._tx.people.person(person_id),
                f"{key}:{person_id}",
                say("merged.staff", who=self._actor.name, ref=gone.reference, other=ticket.reference),
                ticket=ticket,
                rank=ORDINARY,
            )

    def _draft(self, kind: EventKind, **data: object) -> Draft:
        return Draft(kind, self._actor.party, person=self._hand.id(), data=data)


def ticket_followed(tx: Tx, ticket: Ticket) -> Ticket:
    """The ticket that words for this one belong to: a duplicate's go to the one it goes on in."""
    for _ in range(10):
        if ticket.status is not Status.CANCELLED:
            break
        ended = [e for e in tx.ledger.log(ticket.id) if e.kind is EventKind.CANCELLED]
        ref = ended[-1].data.get("duplicate_of") if ended else None
        other = None if ref is None else tx.tickets.by_ref(int(str(ref)))
        if other is None:
            break
        ticket = other
    return ticket


def command_followed(tx: Tx, command: str) -> str:
    """What a button says, about the ticket that its own goes on in by now."""
    verb, *words = command.split(" ", 2)
    ref = parse_reference(words[0]) if words and words[0].startswith("T-") else None
    ticket = None if ref is None or verb in _OF_ITS_OWN else tx.tickets.by_ref(ref)
    return command if ticket is None else " ".join((verb, ticket_followed(tx, ticket).reference, *words[1:]))


def _said_by(log: Sequence[Event], message_id: int) -> list[int]:
    """The numbers of the events that came of a client's message: its own, and the end of a wait with it."""
    own = next((e for e in log if e.kind in _SPOKEN and e.message == message_id), None)
    if own is None:
        return []
    by_client = (e.seq for e in log if e.kind is EventKind.RESUMED and e.party is Party.CLIENT)
    return [own.seq, *(seq for seq in by_client if seq == own.seq + 1)]


def _waits(each: Ticketed) -> bool:
    return any(hold.reason is HoldReason.CLIENT for hold in each.standing.holds)
