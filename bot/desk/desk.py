"""The desk: takes in what platforms and the board bring, decides by party what it means, in one unit of work each.

1. The inbox row first, under unique keys: an event that is known already changes nothing.
2. Then the rest under a savepoint of its own: if that raises, the row stays and is tried again, and after
   `MAX_ATTEMPTS` it is set aside for a human who is told, with a word to the client.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from bot import log
from bot.channels.base import Inbound, InboundKind, Receipt
from bot.commands.base import Actor, Refusal
from bot.commands.registry import Parsed, Registry
from bot.desk import aside, asking, keeping, linking, premises, questions, saying, shadow, strangers, talk
from bot.desk.actors import actor_of
from bot.desk.book import Book
from bot.desk.cleaning import cleaned, without_codes
from bot.desk.keyboards import Pressed, refresh
from bot.desk.mail import Mail
from bot.desk.pacing import Pacing
from bot.desk.questions import is_refusal
from bot.desk.rules import Context, Rules
from bot.desk.session import Session
from bot.i18n import Catalogue
from bot.notice import Notice, render, say
from bot.people import Room, RoomKind
from bot.sla.log import Party
from bot.sla.policy_file import Catalog
from bot.store.inbox import Known, Waiting
from bot.store.tx import Tx

MAX_ATTEMPTS = 5
_BACKOFF = timedelta(seconds=5)

logger = log.get(__name__)


class Desk:
    """Everything the core needs for a unit of work except the transaction and the time, which are arguments."""

    def __init__(
        self,
        *,
        catalog: Catalog,
        words: Catalogue,
        registry: Registry,
        rules: Rules,
        new_id: Callable[[], str],
        crash: Callable[[str], None] | None = None,
        pacing: Pacing | None = None,
    ) -> None:
        """Without `pacing` nobody is too fast."""
        self.book = Book(catalog)
        self.words = words
        self.registry = registry
        self.rules = rules
        self._new_id = new_id
        self._crash = crash or (lambda point: None)
        self.pacing = pacing or Pacing(is_on=False)

    def mail(self, tx: Tx, now: datetime) -> Mail:
        return Mail(tx, now, self._new_id)

    def receive(self, tx: Tx, inbound: Inbound, now: datetime, machine: datetime) -> Receipt:
        """Store one event and act on it; never raises for what is in it.

        Idempotent: the same event, or the same message in another event, is answered with the first result. `now` is
        business time, `machine` the time that retries are counted in.
        """
        inbound = without_codes(cleaned(inbound), tx.access.codes)
        added = tx.inbox.add(inbound)
        if isinstance(added, Known):
            return Receipt(added.id, duplicate=True, message_seq=added.message_seq)
        self._crash("inbox.after_insert")
        if inbound.kind is InboundKind.UNREADABLE:
            return self._set_aside(tx, Waiting(added, inbound, 0), inbound.text, now, machine)
        return self._attempt(tx, Waiting(added, inbound, 0), now, machine)

    def retry(self, tx: Tx, now: datetime, machine: datetime) -> int:
        """Try the events again whose processing failed and whose time has come; how many there were."""
        waiting = list(tx.inbox.retryable(machine))
        for each in waiting:
            self._attempt(tx, each, now, machine)
        return len(waiting)

    def run_command(
        self,
        tx: Tx,
        actor: Actor,
        room: Room,
        text: str,
        now: datetime,
        context: Context | None = None,
        *,
        machine: datetime | None = None,
    ) -> Notice | None:
        """Say a command as this actor in this room; what it answers him, refusals included. `machine` None: `now`."""
        parsed = self._parse(actor, room, text, bare=False)
        return None if parsed is None else saying.said(self, tx, actor, room, parsed, now, context, machine)

    def session(self, tx: Tx, actor: Actor, room: Room, now: datetime, context: Context | None = None) -> Session:
        """The verbs, on behalf of one actor."""
        return Session(
            tx,
            self.book,
            self.mail(tx, now),
            actor,
            room,
            now,
            words=self.words,
            commands=self._names,
            rules=self.rules,
            context=context,
        )

    # one event

    def _attempt(self, tx: Tx, waiting: Waiting, now: datetime, machine: datetime) -> Receipt:
        try:
            with tx.savepoint():
                receipt = self._process(tx, waiting.id, waiting.inbound, now, machine)
                tx.inbox.done(waiting.id, receipt.message_seq)
                return receipt
        except Exception as error:
            if not tx.is_poison(error):
                raise
            return self._failed(tx, waiting, error, now, machine)

    def _failed(self, tx: Tx, waiting: Waiting, error: Exception, now: datetime, machine: datetime) -> Receipt:
        reason = f"{type(error).__name__}: {error}"
        attempt = waiting.attempts + 1
        logger.exception(
            "an inbound event could not be processed", action="inbox.failed", inbox=waiting.id, attempt=attempt
        )
        if attempt < MAX_ATTEMPTS:
            tx.inbox.failed(waiting.id, reason, machine + _BACKOFF * 2 ** (attempt - 1))
            return Receipt(waiting.id)
        return self._set_aside(tx, waiting, reason, now, machine)

    def _set_aside(self, tx: Tx, waiting: Waiting, reason: str, now: datetime, machine: datetime) -> Receipt:
        fast = partial(self.pacing.is_too_fast, machine=machine)
        aside.set_aside(tx, self.book, self.mail(tx, now), self.rules, waiting, reason, now, is_too_fast=fast)
        return Receipt(waiting.id, quarantined=True)

    def _process(self, tx: Tx, inbox_id: int, inbound: Inbound, now: datetime, machine: datetime) -> Receipt:
        mail = self.mail(tx, now)
        title = self.rules.title(inbound.channel)
        if inbound.kind in (InboundKind.GAP, InboundKind.ROOM):
            premises.learn(tx, mail, inbound, now, title)
            return Receipt(inbox_id)
        room = premises.room_of(tx, inbound, now)
        if room.is_lost:
            room = premises.come_back(tx, mail, room, inbound, now, title)
        actor = actor_of(tx, room, inbound)
        if inbound.profile is not None and actor.is_staff and actor.person is not None:
            room = strangers.take_on(tx, self.words, actor.person, inbound.profile, room)
        is_excess = self.pacing.is_too_fast(room, actor, machine)
        if inbound.kind is InboundKind.PRESS:
            if is_excess:
                return self._told(tx, inbox_id, room, Notice((say("errors.rate"),)), now)
            return self._press(tx, inbox_id, inbound, room, actor, now, machine)
        if inbound.kind is InboundKind.MESSAGE and linking.is_link(inbound):
            linked = linking.link(tx, mail, room, actor, inbound, now, machine)
            if linking.is_refusal(linked) and not self.pacing.may_refuse(room, machine):
                return Receipt(inbox_id)
            here = tx.rooms.at(room.channel, room.account, room.ext_id) or room
            mail.put(here, f"reply:{inbox_id}:1", linked, reply_to=inbound.message_id, thread=inbound.thread)
            return Receipt(inbox_id)
        if room.kind is RoomKind.UNLINKED:
            if not (inbound.automatic or inbound.unattributed):
                strangers.greet(tx, mail, self.words, room, inbound, now)
            return Receipt(inbox_id)
        if inbound.kind is InboundKind.EDIT:
            seq = keeping.edited(tx, room, inbound, now)
            self._changed(tx, inbox_id, room, actor, inbound, now)
            return Receipt(inbox_id, message_seq=seq)
        if (known := tx.messages.by_ext(room.id, inbound.message_id)) is not None:
            # The room has moved since: the inbox knows the message by the old address.
            return Receipt(inbox_id, duplicate=True, message_seq=known.seq)
        if (seq := keeping.joined_album(tx, room, inbound)) is not None:
            return Receipt(inbox_id, message_seq=seq)
        context, seq = keeping.stored(tx, inbox_id, inbound, room, actor, now)
        if actor.party is Party.AUTOMATIC:
            return Receipt(inbox_id, message_seq=seq)
        reply = self._words(tx, inbound, room, actor, replace(context, is_excess=is_excess), now, machine)
        if is_excess and self.pacing.may_tell(room, machine):
            reply = Notice((say("errors.rate"),))
        if reply is not None:
            self._reply(tx, room, actor, f"reply:{inbox_id}:1", reply, inbound, now)
        return Receipt(inbox_id, message_seq=seq)

    def _words(
        self, tx: Tx, inbound: Inbound, room: Room, actor: Actor, context: Context, now: datetime, machine: datetime
    ) -> Notice | None:
        """A command, the answer to a question, or plain talk."""
        if inbound.unattributed:
            # Nobody says it here and now: no command, no answer to a question of ours.
            mail = self.mail(tx, now)
            return talk.client_speaks(tx, self.book, mail, self.rules, room, actor, context, inbound, now)
        # Where we have a name of our own in the chat, others have theirs: what is said to them is no request to us.
        if inbound.me and self.registry.is_for_another(inbound.text, (*self.rules.bot_names, inbound.me)):
            return None
        bare = room.kind is RoomKind.DIRECT or inbound.bare_commands
        parsed = self._parse(actor, room, inbound.text, bare=bare, me=inbound.me)
        if parsed is not None and context.is_excess:
            # Commands wait, but what stands in a new request is kept as the words of a client.
            if parsed.name != "new":
                return None
        elif parsed is not None:
            tx.prompts.close(room.id, actor.ext_id, now)
            return saying.said(self, tx, actor, room, parsed, now, context, machine)
        answered = questions.answered_by(
            tx, room, actor, inbound, lambda: self.session(tx, actor, room, now, context), now
        )
        if answered is not None:
            asked, text, is_doubtful = answered
            reply = self.run_command(tx, actor, room, text, now, context, machine=machine)
            if questions.takes(tx, asked, reply, now, is_doubtful=is_doubtful):
                return reply
        if room.kind is not RoomKind.CLIENT:
            if not talk.is_lost(room, actor, context):
                return None
            if context.ticket is not None:
                text = f"/reply {context.ticket.reference} {inbound.text}"
                return self.run_command(tx, actor, room, text, now, context, machine=machine)
            # Every word is answered: after silence it would look as if it had been sent.
            return Notice((say("direct.hint" if self.pacing.may_hint(room, machine) else "direct.nobody"),))
        if actor.party is Party.CLIENT:
            return talk.client_speaks(tx, self.book, self.mail(tx, now), self.rules, room, actor, context, inbound, now)
        return talk.staff_speaks(tx, self.book, self.mail(tx, now), room, actor, context, inbound, now)

    def _changed(self, tx: Tx, inbox_id: int, room: Room, actor: Actor, inbound: Inbound, now: datetime) -> None:
        """Words that wait in the direct chat to be sent are shown again; those that were sent are not sent again."""
        known = tx.messages.by_ext(room.id, inbound.message_id)
        if room.kind is not RoomKind.DIRECT or not actor.is_staff or known is None:
            return
        try:
            told = self.session(tx, actor, room, now, Context(message_id=known.id)).replying().edited(known.id)
        except Refusal as refusal:
            told = Notice((refusal.say,))
        if told is not None:
            self.mail(tx, now).put(room, f"reply:{inbox_id}:edited", told, reply_to=inbound.message_id)

    def _press(
        self, tx: Tx, inbox_id: int, inbound: Inbound, room: Room, actor: Actor, now: datetime, machine: datetime
    ) -> Receipt:
        """A button says its command as whoever pressed it; the right is checked now, not when it was posted."""
        action = tx.tickets.action(inbound.action or "", room.id)
        reply: Notice | None = Notice((say("errors.stale_button"),))
        if action is not None:
            tx.tickets.mark_pressed(action.id, now)
            ticket = None if action.ticket_id is None else tx.tickets.get(action.ticket_id)
            said, context = asking.pressed(tx, action.command, ticket)
            asked = tx.prompts.open(room.id, actor.ext_id, now)
            reply = self.run_command(tx, actor, room, said, now, context, machine=machine)
            if asked is not None and not is_refusal(reply) and questions.is_settled(asked, said):
                tx.prompts.answered(asked.id, now)
        pressed = Pressed(inbound.action or "", action, inbound.reply_to, reply)
        refresh(tx, self.book, self.mail(tx, now), room, actor, pressed, str(inbox_id), now)
        if reply is None:
            return Receipt(inbox_id)
        if reply.buttons:
            self._reply(tx, room, actor, f"reply:{inbox_id}:1", reply, inbound, now)
            return Receipt(inbox_id)
        return self._told(tx, inbox_id, room, reply, now)

    def _parse(self, actor: Actor, room: Room, text: str, *, bare: bool, me: str = "") -> Parsed | None:
        """The command a text says; a bare word that is not this actor's to say is a message like any other."""
        names = (*self.rules.bot_names, me) if me else self.rules.bot_names
        parsed = self.registry.parse(text, bot_names=names, bare=bare, suggest=lambda: self._names(actor, room))
        if parsed is not None and parsed.is_bare and parsed.name is not None:
            return parsed if self.registry[parsed.name].allows(actor, room) else None
        return parsed

    def _reply(
        self, tx: Tx, room: Room, actor: Actor, key: str, reply: Notice, inbound: Inbound, now: datetime
    ) -> None:
        """Answer in the room; a member of staff in a client's room is answered privately."""
        mail = self.mail(tx, now)
        where, known_as = mail.answers_to(room, actor)
        is_here = where.id == room.id
        if is_here and room.kind is RoomKind.CLIENT and actor.is_staff:
            return
        told, thread = (inbound.message_id, inbound.thread) if is_here else (None, None)
        if (row := mail.put(where, key, reply, reply_to=told, thread=thread)) is not None:
            tx.prompts.asked_in(where.id, known_as, row)

    def _told(self, tx: Tx, inbox_id: int, room: Room, reply: Notice, now: datetime) -> Receipt:
        if shadow.hides(tx, room):
            return Receipt(inbox_id)
        words = self.words.words(room.locale)
        return Receipt(inbox_id, told=render(reply, words, room.zone, now))

    def _names(self, actor: Actor, room: Room) -> Sequence[str]:
        return [command.name for command in self.registry.allowed(actor, room)]
