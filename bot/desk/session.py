"""The desk for one actor, in one room, at one moment, inside one unit of work: what commands and buttons call.

Every verb checks reach, appends to the log through the book, and writes the notices to everybody concerned.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from bot.commands.base import Actor, Refusal, Ticketed
from bot.commands.language import own_name
from bot.desk import notices
from bot.desk.book import Book, Draft, Page
from bot.desk.calls.booking import Calls
from bot.desk.etas import Etas
from bot.desk.hand import Hand
from bot.desk.linking import relink, welcome
from bot.desk.mail import BREACH, Choice, Mail
from bot.desk.opening import contract_in_force, open_ticket, tell_reopened
from bot.desk.parting import Parting
from bot.desk.reach import Reach
from bot.desk.replying import Replying
from bot.desk.rules import Context, Rules
from bot.desk.staff.absences import Absences
from bot.desk.staff.climbing import Climbing
from bot.desk.staff.cover import who_answers
from bot.desk.staff.nights import on_call_line, told_now
from bot.desk.staff.nudges import Nudges
from bot.desk.talk import staff_replied
from bot.desk.telling import Telling
from bot.desk.undoing import Undoing
from bot.desk.waits import Waits
from bot.i18n import Catalogue
from bot.notice import Act, At, Key, Quote, Value, say
from bot.people import Person, Role, Room, RoomKind
from bot.sla.explain import Explanation, explain
from bot.sla.log import EventKind, Party
from bot.sla.policy import Metric, Policy, Priority
from bot.sla.report import compliance
from bot.store.tx import Tx


class Session:
    """Fulfils `commands.base.Desk`."""

    def __init__(
        self,
        tx: Tx,
        book: Book,
        mail: Mail,
        actor: Actor,
        room: Room,
        now: datetime,
        *,
        words: Catalogue,
        commands: Callable[[Actor, Room], Sequence[str]],
        rules: Rules,
        context: Context | None = None,
    ) -> None:
        self._tx = tx
        self._book = book
        self._mail = mail
        self._words = words
        self._commands = commands
        self._rules = rules
        self._context = context or Context()
        self._hand = Hand(tx, book, mail, actor, room, now, self._context)
        self._reach = Reach(tx, book, actor, room, now, self._context.ticket)
        self.actor = actor
        self.room = room
        self.now = now

    # what the actor may see

    def find(self, word: str | None) -> Ticketed:
        return self._reach.find(word)

    def pointed_at(self) -> Ticketed | None:
        return self._reach.pointed_at()

    def in_reach(self) -> Sequence[Ticketed]:
        return [self._reach.view(ticket) for ticket in self._reach.open_tickets()]

    def queue(self, limit: int) -> Sequence[Ticketed]:
        return self._reach.queue(limit)

    def explanations(self, each: Ticketed) -> Sequence[Explanation]:
        return [explain(each.policy, clock) for clock in each.clocks if clock.deadline is not None]

    def compliance(self, since: datetime) -> tuple[int, int, int]:
        self._reach.internal_only()
        found = compliance(self._tx.ledger.started_between(since, self.now), self.now)
        return found.met, found.late, found.open_overdue

    def terms(self) -> Policy | None:
        if self.room.kind is not RoomKind.CLIENT:
            return None
        contract = contract_in_force(self._tx, self.room.client_id, self.now)
        return None if contract is None else self._book.terms(contract)

    def responsible(self) -> Sequence[Person]:
        return self._tx.people.responsible(self.room.client_id)

    def colleagues(self, each: Ticketed) -> Sequence[Person]:
        own = self._tx.people.responsible(each.ticket.client_id)
        everybody = {person.id: person for person in (*own, *self._everybody())}
        return [person for id, person in everybody.items() if id != each.owner.id]

    def locales(self) -> Sequence[str]:
        return tuple(self._words.locales)

    def tongues(self) -> Sequence[str]:
        answered, person = self._mail.answers_in(self.room, self.actor), self.actor.person
        own = () if person is None else (person.locale,)
        return tuple(dict.fromkeys((self.room.locale, answered.locale, *own)))

    def command_names(self) -> Sequence[str]:
        return self._commands(self.actor, self.room)

    # what the actor may do

    def open(self, text: str) -> None:
        if self.room.kind is not RoomKind.CLIENT:
            raise Refusal(say("errors.not_allowed"))
        message_id = self._context.message_id
        if message_id is None:
            raise Refusal(say("errors.text_needed", example=Key("example.new")))
        self._opened(message_id, self._context.person)

    def take(self, each: Ticketed) -> None:
        person = self._hand.staff()
        self._hand.open_only(each)
        if each.standing.owner == person.id:
            raise self._hand.done(each)
        page = self._hand.record(each, Draft(EventKind.TAKEN, Party.STAFF, person=person.id))
        self._mail.to_client(
            page.ticket,
            f"taken:{page.ticket.id}:{page.ticket.events}",
            say("taken", who=person.name, ref=page.ticket.reference),
            must_say=False,
        )

    def answered(self, each: Ticketed) -> None:
        person = self._hand.staff()
        log = self._tx.ledger.log(each.ticket.id)
        replies = [e for e in log if e.kind is EventKind.REPLIED and e.party is Party.STAFF]
        if not replies:
            raise Refusal(say("errors.no_reply", ref=each.ticket.reference))
        answered = self._context.answered
        latest = next((e for e in replies if e.message is not None and e.message == answered), replies[-1])
        response = next((c for c in each.clocks if c.metric is Metric.RESPONSE and c.is_live), None)
        if response is None:
            self._hand.open_only(each)
            raise self._hand.done(each)
        before = {(c.metric, c.cycle) for c in each.clocks if c.late_at}
        page = self._hand.record(
            each,
            Draft(
                EventKind.ANSWERED,
                Party.STAFF,
                at=latest.at,
                person=person.id,
                message=latest.message,
                data={"answers": "resolution"},
            ),
        )
        if before - {(c.metric, c.cycle) for c in page.clocks if c.late_at}:
            self._mail.to_client(
                page.ticket,
                f"voided:{page.ticket.id}:{page.ticket.events}",
                say("breach.voided", at=At(latest.at), ref=page.ticket.reference),
            )

    def meant(self, each: Ticketed, message_id: int) -> None:
        person = self._hand.staff()
        try:
            pointer = self._tx.messages.pointer(message_id)
        except KeyError as error:
            raise Refusal(say("errors.stale_button")) from error
        if pointer.ticket_id is not None:
            raise self._hand.done(each)
        if pointer.person_id != person.id or pointer.room_id != each.ticket.room_id:
            raise Refusal(say("errors.not_allowed"))
        words = self._tx.messages.text(message_id)
        staff_replied(
            self._tx, self._book, self._mail, self.actor, each.ticket, message_id, words, pointer.at, self.now
        )

    def set_priority(self, each: Ticketed, priority: Priority, reason: str) -> Priority:
        self._hand.open_only(each)
        level = each.policy.level(priority)
        if level.priority is each.standing.priority:
            raise self._hand.done(each)
        by_client = self.actor.party is Party.CLIENT
        data: dict[str, object] = {"priority": level.priority.value, "agreed": by_client}
        changed = Draft(
            EventKind.PRIORITY_CHANGED,
            self.actor.party,
            person=self._hand.id(),
            message=self._hand.words_of(reason),
            data=data,
        )
        page = self._hand.record(each, changed)
        ticket = page.ticket
        kept = level.priority.rank > each.standing.priority.rank and not by_client
        lines = (notices.reclassified(page, level, kept), *on_call_line(self._tx, page, self.now))
        self._mail.to_client(ticket, f"priority:{ticket.id}:{page.ticket.events}", *lines)
        if by_client:
            self._mail.to_person(
                told_now(self._tx, page, self.now),
                f"priority-staff:{ticket.id}:{page.ticket.events}",
                notices.reclassified_by_client(page, level, each.client_name),
                choices=notices.manager_choices(page, taken=page.standing.owner is not None),
                ticket=ticket,
                rank=BREACH,
            )
        return level.priority

    def assign(self, each: Ticketed, name: str) -> Person:
        giver = self._hand.staff()
        self._hand.open_only(each)
        people = self._everybody()
        wanted = name.strip().casefold()
        person = next((p for p in people if wanted in (p.key.casefold(), p.name.casefold())), None)
        if person is None:
            raise Refusal(say("errors.person", value=Quote(name, 40), names=", ".join(p.key for p in people)))
        if person.id == each.owner.id:
            raise self._hand.done(each)
        page = self._hand.record(
            each, Draft(EventKind.ASSIGNED, Party.STAFF, person=giver.id, data={"person": person.id})
        )
        key = f"assigned:{page.ticket.id}:{page.ticket.events}"
        line = say("assigned", who=person.name, ref=page.ticket.reference)
        self._mail.to_client(page.ticket, key, line, must_say=False)
        self._mail.to_person(
            person,
            f"{key}:staff",
            say(
                "assigned.staff",
                giver=giver.name,
                client=each.client_name,
                ref=each.ticket.reference,
                words=each.quote(),
            ),
            choices=notices.manager_choices(page, taken=True),
            ticket=page.ticket,
            rank=BREACH,
        )
        return person

    def note(self, each: Ticketed, text: str) -> None:
        person = self._hand.staff()
        self._reach.internal_only()
        message_id = self._context.message_id
        self._hand.record(each, Draft(EventKind.NOTED, Party.STAFF, person=person.id, message=message_id))
        if message_id is not None:
            self._tx.messages.attach_note(message_id, each.ticket)

    def resolve(self, each: Ticketed) -> None:
        self._hand.open_only(each)
        page = self._hand.record(each, Draft(EventKind.RESOLVED, self.actor.party, person=self._hand.id()))
        ticket = page.ticket
        key = f"resolved:{ticket.id}:{page.ticket.events}"
        if self.actor.party is Party.CLIENT:
            self.confirm(self._hand.view(page))
            owner = who_answers(self._tx, ticket, self.now)
            line = say("resolved.by_client", client=each.client_name, ref=ticket.reference)
            self._mail.to_person(owner, f"{key}:staff", line, ticket=ticket)
            return
        self._mail.to_client(
            ticket,
            key,
            say("resolved.client", ref=ticket.reference),
            say("resolved.rate", ref=ticket.reference),
            choices=notices.rating_choices(ticket),
        )

    def confirm(self, each: Ticketed) -> None:
        if each.ticket.is_open or each.standing.confirmed_at is not None or each.standing.is_cancelled:
            raise self._hand.done(each)
        page = self._hand.record(each, Draft(EventKind.CONFIRMED, self.actor.party, person=self._hand.id()))
        self._mail.to_client(
            page.ticket,
            f"confirmed:{page.ticket.id}:{page.ticket.events}",
            say("confirmed", ref=page.ticket.reference),
            must_say=False,
        )

    def reopen(self, each: Ticketed, reason: str) -> None:
        if each.ticket.is_open or each.standing.is_cancelled:
            raise self._hand.done(each)
        page = self._hand.record(
            each,
            Draft(
                EventKind.REOPENED,
                self.actor.party,
                person=self._hand.id(),
                message=self._hand.words_of(reason),
            ),
        )
        tell_reopened(self._tx, self._mail, self._hand.view(page), reason, self.actor, self.now)

    def rate(self, each: Ticketed, stars: int) -> None:
        if each.ticket.is_open or any(e.kind is EventKind.RATED for e in self._tx.ledger.log(each.ticket.id)):
            raise self._hand.done(each)
        self._hand.record(each, Draft(EventKind.RATED, self.actor.party, person=self._hand.id(), data={"stars": stars}))

    def set_language(self, locale: str) -> None:
        if self.room.locale == locale:
            raise Refusal(say("errors.already_done", ref=own_name(locale)))
        self._tx.rooms.set_locale(self.room.id, locale)
        self._tx.meta.audit(self.room.client_id, self.actor.ext_id, "room.locale", self.now, self.room.locale, locale)

    def relink(self, room_id: int, client_key: str, name: str) -> Room:
        room, client = self._tx.rooms.linked(room_id), self._tx.people.client_by_key(client_key)
        if room is None or client is None or room.client_id == client.id:
            raise Refusal(say("errors.stale_button"))
        linked = relink(self._tx, room, client, name, self.actor.ext_id, self.now)
        self._mail.put(linked, f"relinked:{linked.id}", welcome(self._tx, self._mail, linked, client))
        if self._tx.rooms.is_declared(room.id):
            before = self._tx.people.client(room.client_id)
            line = say("link.moved_file", before=before.name, after=client.name, id=room.ext_id)
            self._mail.to_leads(f"relinked.file:{linked.id}", line)
        return linked

    def ask(self, kind: str, each: Ticketed) -> None:
        self._hand.ask(kind, each.ticket.reference, each.ticket)

    def etas(self) -> Etas:
        return Etas(self._hand)

    def waits(self) -> Waits:
        return Waits(self._hand)

    def telling(self) -> Telling:
        return Telling(self._hand)

    def ladder(self) -> Climbing:
        return Climbing(self._hand)

    def nudges(self) -> Nudges:
        return Nudges(self._hand)

    def calls(self) -> Calls:
        return Calls(self._hand, self._rules, self._words)

    def replying(self) -> Replying:
        return Replying(self._hand)

    def parting(self) -> Parting:
        return Parting(self._hand, self._rules)

    def duty(self) -> Absences:
        return Absences(self._hand)

    def undoing(self) -> Undoing:
        return Undoing(self._hand, self._context.machine or self.now)

    def button(self, label: str, command: str, **params: Value) -> Act:
        return self._mail.button(self._mail.answers_in(self.room, self.actor), Choice(label, command, params), None)

    # the small print

    def _opened(self, message_id: int, person: int | None, at: datetime | None = None) -> Page:
        root, thread = self._tx.messages.place_of(message_id)
        return open_ticket(
            self._tx,
            self._book,
            self._mail,
            self.room,
            root_ext=root,
            message_id=message_id,
            thread=thread,
            person=person,
            at=at or self._context.at or self.now,
            now=self.now,
            first_ref=self._rules.first_ref,
        )

    def _everybody(self) -> list[Person]:
        """The active staff in the order of the roles."""
        return [person for role in Role if role.is_staff for person in self._tx.people.with_role(role)]
