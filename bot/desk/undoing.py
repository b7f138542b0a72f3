"""Taking back what a member of staff did a moment ago: the log is compensated, the clocks follow, who was told is told.

1. The desk notes what each command of staff writes, and offers to take it back for a minute of machine time.
2. Each event is undone by a further one; what an act had undone is said again, a ticket it opened ends as a part of the
   one it came from, and a breach it had struck is on record again. An absence that was declared is called off, one that
   was ended goes on.
3. What was not sent yet is withdrawn; what was is replaced where the channel can and nobody would miss it, else
   corrected by a line of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.commands._undo import Undone
from bot.commands.base import Actor, Refusal
from bot.desk import notices
from bot.desk.book import Draft, Page
from bot.desk.hand import Hand
from bot.desk.mail import Choice, Mail
from bot.desk.staff.cover import away_now
from bot.duty import Origin
from bot.notice import At, Key, Left, Notice, Say, Value, say
from bot.people import VENDOR, Room, RoomKind
from bot.sla.log import Event, EventKind, Party, in_order
from bot.store.acts import Act, Noted
from bot.store.outbox_row import OutboxRow, State
from bot.store.tx import Tx
from bot.tickets import Ticket

UNDO_FOR = timedelta(seconds=60)
"""Of machine time: it is a person's second thought, however fast business time runs in a demo."""

COMMANDS = frozenset(
    {
        *("acknowledge", "answered", "assign", "away", "away_off", "back", "deescalate", "escalate", "eta", "hold"),
        *("meant", "merge", "note", "priority", "progress", "reopen", "resolve", "resume", "seen", "split"),
        *("still_waiting", "take"),
    }
)
"""The commands that can be taken back; of each there is a name and a way out once it is too late."""

FINAL = {
    **dict.fromkeys(("oncall", "oncall-yes", "oncall-no"), "oncall"),
    "send": "send",
    **dict.fromkeys(
        ("call-confirm", "call-move", "call-time", "call-cancel", "call-hand", "call-held", "call-missed"), "call"
    ),
    **dict.fromkeys(("book-call", "book-call-with", "book-call-anyway", "call-wish"), "call"),
}
"""The commands that are not taken back, by what they are called: words that the client has, and times that two have
agreed on. The last act they are all the same, so that nothing before them is taken back instead."""

_MARKS = frozenset({"seen", "still_waiting"})
"""Told in passing where the button was pressed: a message only to offer that it be taken back would be more than the
mark itself."""

_SHOWS_ALONE = frozenset({"oncall", "book-call", "book-call-with"})

_SAID_BY_BUTTONS = {
    "escalate-from": "escalate",
    "ask-details": "hold",
    "send-progress": "progress",
    "away-off": "away_off",
    "still-waiting": "still_waiting",
}

_OVERTAKEN = {
    EventKind.RESOLVED: frozenset({EventKind.CONFIRMED, EventKind.RATED, EventKind.REOPENED}),
    EventKind.ESCALATED: frozenset({EventKind.ESCALATED, EventKind.ESCALATION_ACKNOWLEDGED}),
    EventKind.ETA_GIVEN: frozenset({EventKind.ETA_GIVEN, EventKind.ETA_ACCEPTED}),
    EventKind.OPENED: frozenset(EventKind) - {EventKind.MISSED, EventKind.BREACHED, EventKind.FELL_SHORT},
}
"""What must not have followed an event that is to be undone."""

_LATE = (EventKind.BREACHED, EventKind.FELL_SHORT)
_SENT = (State.SENDING, State.UNKNOWN, State.SENT)


def offered(
    tx: Tx,
    mail: Mail,
    actor: Actor,
    room: Room,
    command: str,
    noted: Noted,
    reply: Notice | None,
    machine: datetime,
) -> Notice | None:
    """The answer to a command with a button that takes it back, where it wrote something and is answered privately.

    What somebody did last is noted in any case.
    """
    command = _SAID_BY_BUTTONS.get(command, command)
    if actor.person is None or not actor.is_staff:
        return reply
    if command in FINAL and (noted.posts or command not in _SHOWS_ALONE):
        about = tx.tickets.get(noted.events[0][0]) if noted.events else None
        tx.acts.add(about, actor.person.id, command, Noted(), machine)
    if command not in COMMANDS or not (noted.events or noted.declared or noted.ended):
        return reply
    ticket = tx.tickets.get(noted.events[0][0]) if noted.events else None
    act = tx.acts.add(ticket, actor.person.id, command, noted, machine)
    where = mail.answers_in(room, actor)
    if command in _MARKS or not where.kind.is_internal or (reply is None and where.kind is not RoomKind.DIRECT):
        return reply
    button = mail.button(where, Choice("button.undo", f"/undo {act}"), None)
    if reply is None and ticket is not None:
        reply = Notice((say("undo.offer", what=Key(f"undo.what.{command}"), ref=ticket.reference),))
    assert reply is not None
    return replace(reply, buttons=(*reply.buttons, button))


class Undoing:
    """Fulfils `commands._undo.UndoDesk`; `machine` is machine time."""

    def __init__(self, hand: Hand, machine: datetime) -> None:
        self._hand = hand
        self._tx, self._mail = hand.tx, hand.mail
        self._machine = machine

    def undo(self, act: int | None) -> Undone:
        person = self._hand.staff()
        found = self._tx.acts.latest(person.id) if act is None else self._tx.acts.get(act)
        if found is None:
            raise Refusal(say("errors.nothing_to_undo"))
        final = FINAL.get(found.command)
        if final is not None:
            what, instead = Key(f"undo.what.{final}"), Key(f"undo.instead.{final}")
            raise Refusal(say("errors.undo_final", what=what, instead=instead))
        if found.person_id != person.id:
            raise Refusal(say("errors.undo_foreign", who=self._tx.people.person(found.person_id).name))
        ticket = None if found.ticket_id is None else self._tx.tickets.get(found.ticket_id)
        what = Key(f"undo.what.{found.command}")
        if found.undone_at is not None:
            raise Refusal(say("errors.already_done", ref=what if ticket is None else ticket.reference))
        common: dict[str, Value] = {"what": what, "instead": Key(f"undo.instead.{found.command}")}
        if ticket is not None:
            common["ref"] = ticket.reference
        suffix = "_absence" if ticket is None else ""
        if self._machine - found.at > UNDO_FOR:
            raise Refusal(Say(f"errors.undo_late{suffix}", common))
        logs = {id: self._tx.ledger.history(id) for id in dict.fromkeys(id for id, _ in found.noted.events)}
        gone_on = any(_is_overtaken(log, _of(found, id)) for id, log in logs.items())
        if gone_on or (ticket is None and self._is_other_absence(found.noted)):
            raise Refusal(Say(f"errors.undo_overtaken{suffix}", common))
        for id, log in logs.items():
            self._compensate(found, id, log)
        self._turn_absences(found.noted)
        for message, before in reversed(found.noted.moved):
            self._tx.messages.join(message, before)
        for message in found.noted.notes:
            self._tx.messages.detach_note(message)
        self._tx.acts.undone(found.id, self._machine)
        was_told = self._correct(found, ticket)
        client = self._tx.people.client(VENDOR if ticket is None else ticket.client_id)
        reference = "" if ticket is None else ticket.reference
        self._tx.meta.audit(client.id, person.key, f"undone {found.command}", self._hand.now, reference, "")
        return Undone(found.command, reference, client.name, was_told)

    def _is_other_absence(self, noted: Noted) -> bool:
        """Whether what was declared is over already, or who was back is away again."""
        now, duty = self._hand.now, self._tx.duty
        if any((until := duty.as_it_goes_on(id).until) is not None and until <= now for id in noted.declared):
            return True
        ended = [duty.absence(id) for id in noted.ended]
        return any(away_now(self._tx, self._tx.people.person(each.person_id), now) is not None for each in ended)

    def _turn_absences(self, noted: Noted) -> None:
        """What was declared ends now; what it had made longer goes on to its own end, which the watch tells. What was
        ended begins again, as one of its own that goes on instead of it: whoever was told of the end, and whoever
        stands in, hears of it like any other, and whoever had declared it can still take it back.
        """
        now, duty = self._hand.now, self._tx.duty
        for id in noted.declared:
            duty.end_absence(duty.as_it_goes_on(id).id, now)
        for each in map(duty.absence, noted.ended):
            if each.ends_at is None or each.ends_at > now:
                since = max(each.starts_at, now)
                again = duty.add_absence(each.person_id, since, each.ends_at, now, origin=Origin.CHAT, note=each.note)
                duty.go_on(each.id, again)

    def _compensate(self, act: Act, ticket_id: int, log: Sequence[Event]) -> None:
        own = _of(act, ticket_id)
        ticket = self._tx.tickets.get(ticket_id)
        if any(e.kind in (EventKind.TAKEN, EventKind.ASSIGNED) for e in log if e.seq in own):
            ticket = replace(ticket, owner_id=act.noted.owners[ticket_id])
        # What was missed by then was missed, whoever's act made the desk look.
        drafts = [self._against(e, log) for e in reversed(log) if e.seq in own and e.kind not in _LATE]
        self._hand.book.record(self._tx, ticket, drafts, self._hand.now)
        since = min((e.recorded_at for e in log if e.seq in own), default=self._hand.now)
        self._tx.follow_ups.open_again(ticket_id, since)

    def _against(self, event: Event, log: Sequence[Event]) -> Draft:
        match event.kind:
            case EventKind.UNDONE:
                return _again(next(e for e in log if e.seq == event.data["seq"]))
            case EventKind.BREACH_VOIDED:
                struck = [e for e in log if e.kind in _LATE and e.seq < event.seq and _clock(e) == _clock(event)]
                return _again(struck[-1])
            case EventKind.OPENED:
                data = {"duplicate_of": event.data["split_from"]}
                return Draft(EventKind.CANCELLED, Party.STAFF, person=self._hand.id(), data=data)
            case _:
                return Draft(EventKind.UNDONE, Party.STAFF, person=self._hand.id(), data={"seq": event.seq})

    def _correct(self, act: Act, ticket: Ticket | None) -> bool:
        """Withdraw what waits; tell each room what it has read and does no longer hold. Whether a client has."""
        told: dict[int, OutboxRow] = {}
        for id in act.noted.posts:
            self._tx.outbox.supersede(id, "taken back")
            row = self._tx.outbox.get(id)
            if row is not None and row.state in _SENT:
                told[row.room_id] = row
        own = self._mail.answers_in(self._hand.room, self._hand.actor).id
        was_told = False
        for room_id, row in told.items():
            room = self._tx.rooms.get(room_id)
            if room.kind is RoomKind.CLIENT and ticket is not None:
                was_told = True
                self._correct_client(act, ticket, room, row)
            elif room_id != own:
                self._put(room, row, Notice((self._for_staff(act, ticket, row),)))
        return was_told

    def _for_staff(self, act: Act, ticket: Ticket | None, row: OutboxRow) -> Say:
        common: dict[str, Value] = {"who": self._hand.actor.name, "what": Key(f"undo.what.{act.command}")}
        if ticket is None:
            return Say("undone.staff_absence", common)
        return Say(
            "undone.staff", common | {"ref": ticket.reference, "client": self._tx.people.client(row.client_id).name}
        )

    def _correct_client(self, act: Act, ticket: Ticket, room: Room, row: OutboxRow) -> None:
        page = self._hand.book.read(self._tx, self._tx.tickets.get(ticket.id), self._hand.now)
        what = Key(f"undo.what.{act.command}")
        self._put(room, row, Notice((_told(page, self._hand.actor.name, what, self._hand.now),)))

    def _put(self, room: Room, row: OutboxRow, notice: Notice) -> None:
        ticket = None if row.ticket_id is None else self._tx.tickets.get(row.ticket_id)
        key = f"undone:{row.id}:{room.id}"
        self._mail.put(room, key, notice, ticket, rank=row.rank, reply_to=row.reply_to, thread=row.thread)


def _of(act: Act, ticket_id: int) -> frozenset[int]:
    return frozenset(seq for id, seq in act.noted.events if id == ticket_id)


def _is_overtaken(log: Sequence[Event], own: frozenset[int]) -> bool:
    standing = in_order(log)
    return any(
        later.kind in _OVERTAKEN.get(event.kind, frozenset())
        for event in standing
        if event.seq in own
        for later in standing
        if later.seq > event.seq and later.seq not in own
    )


def _again(event: Event) -> Draft:
    return Draft(event.kind, event.party, at=event.at, person=event.person, message=event.message, data=event.data)


def _clock(event: Event) -> tuple[object, object]:
    return event.data["metric"], event.data["cycle"]


def _told(page: Page, who: str, what: Value, now: datetime) -> Say:
    """To the client: something he was told does not hold, and what does."""
    common: dict[str, Value] = {"who": who, "what": what, "ref": page.ticket.reference}
    clock = notices.headline(page)
    if clock is not None and clock.due_at is not None:
        return Say("undone.client", common | {"due": At(clock.due_at), "left": Left(clock.due_at)})
    eta_at = page.standing.eta_at
    if eta_at is not None and eta_at > now:
        return Say("undone.client_eta", common | {"eta": At(eta_at), "left": Left(eta_at)})
    return Say("undone.client_no_clock", common)
