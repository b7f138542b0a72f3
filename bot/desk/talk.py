"""Plain talk in a client's room: what a client's or a manager's words do to which ticket."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.channels.base import Inbound
from bot.commands.base import Actor
from bot.desk import notices
from bot.desk.bare import tell_author
from bot.desk.book import Book, Draft, Page
from bot.desk.mail import NUDGE, Choice, Mail
from bot.desk.opening import NoContract, open_ticket, tell_reopened
from bot.desk.parting import ticket_followed
from bot.desk.routing import is_courtesy
from bot.desk.rules import Context, Rules
from bot.desk.staff.cover import who_answers
from bot.desk.views import view
from bot.notice import Notice, Quote, say
from bot.people import Room, RoomKind
from bot.sla.log import EventKind, Party
from bot.sla.policy import HoldReason
from bot.store.tx import Tx
from bot.tickets import Status, Ticket


def ticket_meant(tx: Tx, room: Room, inbound: Inbound) -> Ticket | None:
    """The ticket of the message that is answered, else of the thread; None where the words stand alone."""
    if inbound.reply_to is not None:
        pointer = tx.messages.by_ext(room.id, inbound.reply_to)
        if pointer is not None and pointer.ticket_id is not None:
            return ticket_followed(tx, tx.tickets.get(pointer.ticket_id))
    if inbound.thread is not None and not inbound.topic:
        ticket = tx.tickets.by_thread(room.id, inbound.thread)
        return None if ticket is None else ticket_followed(tx, ticket)
    return None


def client_speaks(
    tx: Tx,
    book: Book,
    mail: Mail,
    rules: Rules,
    room: Room,
    actor: Actor,
    context: Context,
    inbound: Inbound,
    now: datetime,
) -> Notice | None:
    """Join: the reply's or thread's ticket, else one that waits for the client, else the open ticket of the room
    touched last within the join window.

    Courtesy, a sticker included, joins an open ticket without an event and opens nothing. A reply of substance to a
    resolved ticket opens it again; a confirmed one is history, and the words open a ticket of their own.
    """
    assert context.message_id is not None
    at = context.at or now
    ticket = context.ticket or _open_to_join(tx, book, room, inbound, rules, at, now)
    if is_courtesy(context.words) and (inbound.gesture or not inbound.files):
        if ticket is not None:
            tx.messages.join(context.message_id, ticket.id)
        return None
    if ticket is not None and ticket.status is Status.OPEN:
        tx.messages.join(context.message_id, ticket.id)
        _joined(tx, book, mail, ticket, context, at, now)
        return None
    if ticket is not None and ticket.status is Status.RESOLVED:
        tx.messages.join(context.message_id, ticket.id)
        page = book.record(
            tx,
            ticket,
            [Draft(EventKind.REOPENED, Party.CLIENT, at=at, person=context.person, message=context.message_id)],
            now,
            touched_at=at,
        )
        tell_reopened(tx, mail, view(tx, page, now), context.words, actor, now)
        return None
    try:
        open_from(tx, book, mail, rules, room, context, inbound, now)
    except NoContract:
        mail.to_leads(
            f"nocontract:{room.id}:{now:%Y%m%d}",
            say("no_contract.lead", client=room.name, words=Quote(context.words)),
        )
        return Notice((say("errors.no_contract"),))
    return None


def open_from(
    tx: Tx, book: Book, mail: Mail, rules: Rules, room: Room, context: Context, inbound: Inbound, now: datetime
) -> Page:
    """A new ticket from a client's message; raises NoContract."""
    assert context.message_id is not None
    return open_ticket(
        tx,
        book,
        mail,
        room,
        root_ext=inbound.message_id,
        message_id=context.message_id,
        thread=inbound.thread,
        person=context.person,
        at=context.at or now,
        now=now,
        first_ref=rules.first_ref,
    )


def _open_to_join(
    tx: Tx, book: Book, room: Room, inbound: Inbound, rules: Rules, at: datetime, now: datetime
) -> Ticket | None:
    """Whoever was asked for details most likely gives them, on Monday too what he was asked on Friday: a ticket that
    waits for the client goes before the others and has no window.
    """
    tickets = _open_here(tx, room, inbound)
    # Of most tickets, whose logs may be long, nothing needs to be read to know that they wait for nobody.
    held = tx.ledger.ever_held(room.id)
    asked = next((t for t in tickets if t.id in held and _waits_for_client(book.read(tx, t, now))), None)
    return asked or next((ticket for ticket in tickets if at - ticket.touched_at <= rules.join_window), None)


def _open_here(tx: Tx, room: Room, inbound: Inbound) -> list[Ticket]:
    """The room's open tickets, the latest touched first; where it has topics, those of the topic spoken in."""
    tickets = tx.tickets.open_in_room(room.id)
    return [ticket for ticket in tickets if ticket.thread == inbound.thread] if inbound.topic else tickets


def _waits_for_client(page: Page) -> bool:
    return any(hold.reason is HoldReason.CLIENT for hold in page.standing.holds)


def _joined(tx: Tx, book: Book, mail: Mail, ticket: Ticket, context: Context, at: datetime, now: datetime) -> None:
    wrote = Draft(EventKind.CLIENT_MESSAGE, Party.CLIENT, at=at, person=context.person, message=context.message_id)
    touched_at = max(at, ticket.touched_at)
    if not context.is_excess and book.repeat(tx, ticket, wrote, now, touched_at=touched_at):
        return
    log = tx.ledger.history(ticket.id)
    if context.is_excess and log[-1].kind is EventKind.CLIENT_MESSAGE:
        tx.tickets.save(replace(ticket, touched_at=touched_at))
        return
    before = book.page(tx, ticket, log, now)
    waited = _waits_for_client(before)
    drafts = [wrote]
    if waited:
        drafts.append(Draft(EventKind.RESUMED, Party.CLIENT, at=at, data={"by": "client"}))
    page = book.record(tx, ticket, drafts, now, touched_at=touched_at, log=log)
    if waited:
        owner = who_answers(tx, page.ticket, now)
        line = notices.resumed(before.clocks, page, owner.name, now)
        mail.to_client(page.ticket, f"resumed:{ticket.id}:{page.ticket.events}", line)
        mail.to_person(
            owner,
            f"resumed-staff:{ticket.id}:{page.ticket.events}",
            line,
            choices=notices.manager_choices(page, taken=True),
            ticket=page.ticket,
            rank=NUDGE,
        )


def staff_speaks(
    tx: Tx, book: Book, mail: Mail, room: Room, actor: Actor, context: Context, inbound: Inbound, now: datetime
) -> Notice | None:
    """A manager's plain answer: to the ticket of the message it answers, else to the only one waiting.

    Several waiting: he is asked privately, and his choice counts from the moment of the answer. An emoji or a thanks
    is no answer. Where only a resolution or an ETA counts, he is told privately that the clock runs on.
    """
    assert context.message_id is not None and actor.person is not None
    if is_courtesy(context.words):
        return None
    at = context.at or now
    if context.ticket is not None:
        chosen = context.ticket if context.ticket.is_open else None
        waiting = []
    else:
        waiting = _waiting(tx, book, room, inbound, now)
        chosen = waiting[0] if len(waiting) == 1 else None
    if chosen is not None:
        staff_replied(tx, book, mail, actor, chosen, context.message_id, context.words, at, now)
    elif waiting:
        choices = [
            Choice("button.ticket", f"/meant {ticket.reference} {context.message_id}", {"ref": ticket.reference})
            for ticket in waiting[:5]
        ]
        mail.to_person(
            actor.person,
            f"which:{context.message_id}",
            say("which_answer", words=Quote(context.words)),
            choices=choices,
        )
    return None


def _waiting(tx: Tx, book: Book, room: Room, inbound: Inbound, now: datetime) -> list[Ticket]:
    """Open tickets of the room, or topic, that wait for a word of ours; where none does, the open ones."""
    tickets = _open_here(tx, room, inbound)
    pages = [book.read(tx, ticket, now) for ticket in tickets]
    unanswered = [
        page.ticket for page in pages if not page.standing.responded or page.standing.oldest_unanswered_at is not None
    ]
    return unanswered or tickets


def staff_replied(
    tx: Tx,
    book: Book,
    mail: Mail,
    actor: Actor,
    ticket: Ticket,
    message_id: int,
    words: str,
    at: datetime,
    now: datetime,
) -> Page:
    """Record a human reply at its moment, and tell its author privately where it did not stop the clock."""
    assert actor.person is not None
    tx.messages.join(message_id, ticket.id)
    replied = Draft(EventKind.REPLIED, Party.STAFF, at=at, person=actor.person.id, message=message_id)
    page = book.record(tx, ticket, [replied], now, touched_at=max(at, ticket.touched_at))
    tell_author(tx, mail, page, actor.person, message_id, words, at, now)
    return page


def is_lost(room: Room, actor: Actor, context: Context) -> bool:
    """Whether plain words reach nobody: staff's in the direct chat with the bot. In a team room people talk among
    themselves, and thanks need no answer.
    """
    return room.kind is RoomKind.DIRECT and actor.is_staff and not is_courtesy(context.words)
