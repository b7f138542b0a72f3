"""What both sides are told about a call: the client in the call's room, the manager on his own path."""

from __future__ import annotations

from dataclasses import replace

from bot.commands._calls import Booked, Talk, handed_line, notice_of
from bot.commands.base import Actor
from bot.desk.calls.invitations import enclosed, invitation_path, meeting_url
from bot.desk.calls.offers import Asks
from bot.desk.mail import NUDGE, Choice, Mail
from bot.desk.rules import Rules
from bot.desk.staff.cover import Covered, answers_call, present
from bot.i18n import Catalogue
from bot.notice import At, Beside, Key, Left, Quote, Say, Slot, Value, Web, say
from bot.people import Person
from bot.sla.booking import period
from bot.sla.call import BookedCall, CallKind, CallState, Side, kinds_in
from bot.store.tx import Tx
from bot.text import Enclosed

_TOPIC = 200


class CallRoom:
    """Says it, once for each state of a call."""

    def __init__(self, tx: Tx, mail: Mail, rules: Rules, words: Catalogue) -> None:
        self._tx = tx
        self._words = words
        self._mail = mail
        self._rules = rules

    def kinds(self, talk: Talk) -> frozenset[CallKind]:
        """What a call can be for under an agreement."""
        return kinds_in(talk.policy.calls.kinds if talk.policy.calls else ())

    def asked(self, made: Booked, by: Actor, side: Side, asks: Asks) -> None:
        """A new call that waits for the other side, or a wish that `asks` for more than the agreement gives."""
        other = self._other_kind(made)
        if made.call.state is CallState.WISHED:
            line = say_about("call.wished", made, Side.CLIENT, how=Key(f"call.how.{asks.value}"))
            self.to_client(made, line, choices=(*later(made), *other))
            waive = Key(f"call.how.{asks.value}.staff", {"notice": notice_of(made.talk.policy)})
            line = say_about("call.wished.staff", made, Side.STAFF, how=waive)
            self.to_staff(made, line, choices=(*answers(made), *other))
        elif side is Side.CLIENT:
            self.to_client(made, say_about("call.proposed", made, Side.CLIENT), choices=(*later(made), *other))
            self.to_staff(made, say_about("call.proposed.staff", made, Side.STAFF), choices=(*answers(made), *other))
        else:
            self.to_client(
                made, say_about("call.countered", made, Side.CLIENT, who=by.name), choices=(*answers(made), *other)
            )
            self._to_manager_unless(by, made, say_about("call.countered.told", made, Side.STAFF))

    def moved(self, made: Booked, was: BookedCall, by: Actor, side: Side, reason: str) -> None:
        """Another time was named; the side that has to confirm it has the buttons to."""
        why = _why(reason)
        if side is Side.CLIENT:
            self.to_client(made, say_about("call.proposed", made, Side.CLIENT), choices=later(made))
            line = say_about("call.moved.staff", made, Side.STAFF, was=At(was.starts_at))
            self.to_staff(made, line, *why, choices=answers(made))
        else:
            line = say_about("call.moved", made, Side.CLIENT, who=by.name, was=At(was.starts_at))
            self.to_client(made, line, *why, choices=answers(made))
            self._to_manager_unless(by, made, say_about("call.countered.told", made, Side.STAFF))

    def agreed(self, made: Booked) -> None:
        self.to_client(made, say_about("call.agreed", made, Side.CLIENT), choices=later(made))
        self.to_staff(made, say_about("call.agreed.staff", made, Side.STAFF), choices=later(made))
        self.files(made)

    def handed(self, made: Booked, gone: Person, by: Actor, asks: Asks) -> None:
        """Somebody else takes the call at its time, or has it to decide about; what was agreed with the client stays
        agreed, and what he was asked is still asked of him. `asks`: what a wish wants of the new one.
        """
        call, agreed = made.call, made.call.state is CallState.AGREED
        decides = "call.handed.asked" if call.waits_for is Side.STAFF else "call.handed"
        choices = answers(made) if call.waits_for is Side.CLIENT else later(made)
        self.to_client(made, say_about(decides, made, Side.CLIENT, gone=gone.name), choices=choices)
        line = say_about("call.handed.staff", made, Side.STAFF, gone=gone.name)
        if asks is not Asks.NOTHING:
            how = Key(f"call.how.{asks.value}.staff", {"notice": notice_of(made.talk.policy)})
            line = say_about("call.handed.wished", made, Side.STAFF, gone=gone.name, how=how)
        if call.waits_for is Side.STAFF:
            self.to_staff(made, line, choices=answers(made))
        else:
            more = self._in_part(made) if agreed else [say("call.handed.waits", client=made.talk.client_name)]
            self.to_staff(made, line, *more, choices=later(made))
        if by.person is None or by.person.id != gone.id:
            self._mail.to_person(gone, f"call:{call.id}:{call.sequence}:gone", handed_line(made, gone))
        if agreed or call.invited_id == gone.id:
            self._take_out(made, gone)
        if agreed:
            self.files(made)

    def turned(self, made: Booked, by: Actor, side: Side) -> None:
        """The other side hears what the call is for now; so does the manager whose colleague has said so."""
        kind, key = Key(f"call.kind.{made.call.kind.value}"), f"call:{made.call.id}:{made.call.sequence}"
        line = say(
            "call.turned_by", call=made.call.reference, kind=kind, who=by.name if by.is_staff else made.talk.client_name
        )
        if side is Side.STAFF:
            self.to_client(made, line, key=f"{key}:client")
        if by.person is None or by.person.id != made.call.person_id:
            self._mail.to_person_or_leads(made.talk.manager, f"{key}:staff", line, rank=NUDGE)

    def cancelled(self, made: Booked, by: Actor, reason: str) -> None:
        why, again = _why(reason), (Choice("button.book_call", "/book-call"),)
        self.to_client(made, say_about("call.cancelled", made, Side.CLIENT, who=by.name), *why, choices=again)
        line = say_about("call.cancelled", made, Side.STAFF, who=by.name if by.is_staff else made.talk.client_name)
        self._to_manager_unless(by, made, line, *why)
        self.files(made)

    def files(self, made: Booked) -> None:
        """The invitation as a file to both sides, or the word that takes it out of their calendars again; once for
        each state of a call that may stand there.
        """
        call = made.call
        is_off = call.state is CallState.CANCELLED
        text = enclosed(self._tx, self._words, self._rules.meeting, call)
        if text is None or call.invited_id is None:
            return
        file = _file(text, is_off=is_off, path=invitation_path(self._tx, call))
        own_file = replace(file, path=invitation_path(self._tx, call, made.talk.manager))
        line = say("call.file_off" if is_off else "call.file", call=call.reference, left=Left(call.ends_at))
        ticket = None if call.ticket_id is None else self._tx.tickets.get(call.ticket_id)
        own = ticket if ticket is not None and ticket.room_id == call.room_id else None
        self._mail.enclose(made.talk.room, f"{call.id}:{call.sequence}:client", line, file, own, is_off=is_off)
        path = self._mail.path(made.talk.manager)
        if path is not None and call.invited_id == call.person_id:
            self._mail.enclose(path, f"{call.id}:{call.sequence}:staff", line, own_file, is_off=is_off)

    def _take_out(self, made: Booked, gone: Person) -> None:
        """What takes a call out of the calendar of whoever has it no more, while it goes on as another's."""
        call, path = made.call, self._mail.path(gone)
        text = enclosed(self._tx, self._words, self._rules.meeting, call, gone)
        # Where both read the same room, the entry there goes on under the other's name.
        if path is not None and path != self._mail.path(made.talk.manager) and text is not None:
            line = say("call.file_gone", call=call.reference)
            self._mail.enclose(
                path,
                f"{call.id}:{call.sequence}:gone",
                line,
                _file(text, is_off=True, path=invitation_path(self._tx, call, gone)),
                is_off=True,
            )

    def held_after_all(self, made: Booked) -> None:
        self.to_client(made, say_about("call.held_after_all", made, Side.CLIENT))

    def missed(self, made: Booked) -> None:
        again = (Choice("button.book_call", "/book-call"),)
        self.to_client(made, say_about("call.no_show", made, Side.CLIENT), choices=again)

    def over(self, made: Booked) -> None:
        """The manager hears of an agreed call beyond those that the agreement includes in its month, quarter or year;
        the client is refused nothing.
        """
        rules, call = made.talk.policy.calls, made.call
        if rules is None or call.state is not CallState.AGREED:
            return
        kind = None if rules.included_training is None else call.kind
        included = rules.included_training if kind is CallKind.TRAINING else rules.included
        if included is None:
            return
        span = period(made.talk.policy.calendar.zone, rules.per, call.starts_at)
        count = self._tx.calls.count(call.contract_id, span.start, span.end, kind)
        if count <= included:
            return
        ref, per = made.call.reference, Key(f"call.period.{rules.per.value}")
        line = say(
            "call.over_training" if kind is CallKind.TRAINING else "call.over",
            count=count,
            included=included,
            period=per,
            call=ref,
        )
        self.to_staff(made, line, key=f"call:{made.call.id}:over")

    def to_client(self, made: Booked, *lines: Say, choices: tuple[Choice, ...] = (), key: str = "") -> None:
        call = made.call
        ticket = None if call.ticket_id is None else self._tx.tickets.get(call.ticket_id)
        key = key or f"call:{call.id}:{call.sequence}:client"
        if ticket is not None and ticket.room_id == call.room_id:
            self._mail.to_client(ticket, key, *lines, *self._more(made, Side.CLIENT), choices=choices)
        else:
            self._mail.to_room(made.talk.room, key, *lines, *self._more(made, Side.CLIENT), choices=choices)

    def to_staff(
        self, made: Booked, *lines: Say, choices: tuple[Choice, ...] = (), key: str = "", by: Person | None = None
    ) -> None:
        """The manager while he is here, and who answers for a call that begins in his absence; not whoever did it,
        unless nobody else is left. The leads where no path reaches them.
        """
        call, manager = made.call, made.talk.manager
        key = key or f"call:{call.id}:{call.sequence}:staff"
        in_part = self._in_part(made) if call.waits_for is Side.STAFF else ()
        more = (*lines, *self._more(made, Side.STAFF), *in_part)
        ticket = None if call.ticket_id is None else self._tx.tickets.get(call.ticket_id)
        covered = self._covered(made)
        hear: list[Person | None] = [None if covered is None else covered.person]
        if manager not in hear and present(self._tx, [manager], self._mail.now):
            hear.append(manager)
        for person in [each for each in hear if by is None or each != by] or [manager]:
            own = key if person is None or person == hear[0] else f"{key}:manager"
            self._mail.to_person_or_leads(person, own, *more, choices=choices, ticket=ticket, rank=NUDGE)

    def is_covered(self, made: Booked) -> bool:
        """Whether whoever holds the call is away when it begins, or once it has begun, now."""
        covered = self._covered(made)
        return covered is None or covered.instead_of is not None

    def _covered(self, made: Booked) -> Covered | None:
        return answers_call(self._tx, made.call, self._mail.now)

    def _other_kind(self, made: Booked) -> tuple[Choice, ...]:
        """The words may have been misread."""
        call, kinds = made.call, self.kinds(made.talk)
        if CallKind.TRAINING not in kinds or len(kinds) == 1:
            return ()
        if call.kind is CallKind.TRAINING:
            return (Choice("button.call_on_demand", f"/call-kind {call.stamped} on-demand"),)
        return (Choice("button.call_training", f"/call-kind {call.stamped} training"),)

    def _more(self, made: Booked, side: Side) -> list[Say]:
        """What the call is about and where it is held, while there is still something to talk about."""
        call, lines = made.call, []
        if call.is_open and call.topic:
            lines.append(say("call.about", topic=Quote(call.topic, _TOPIC)))
        if call.is_open and call.kind is CallKind.TRAINING:
            lines.append(say("call.for_training"))
        if call.is_open and made.ticket:
            lines.append(say("call.ticket", ref=made.ticket))
        if call.is_open and call.starts_at > self._mail.now and self.is_covered(made):
            key = "call.nobody_yet" if side is Side.CLIENT else "call.nobody_yet.staff"
            lines.append(say(key, gone=made.talk.manager.name))
        return [*lines, *self._join(made)]

    def _in_part(self, made: Booked) -> list[Say]:
        """What the manager is to know of a call that he is to take: his own calendar may hold more than is known."""
        return [say("calendar.in_part_here")] if self._tx.calendars.is_in_part(made.call.person_id) else []

    def _join(self, made: Booked) -> list[Say]:
        link = meeting_url(self._tx, made.call, self._rules.meeting)
        return [say("call.join", link=Web(link, link))] if link and made.call.state is CallState.AGREED else []

    def _to_manager_unless(self, by: Actor, made: Booked, *lines: Say) -> None:
        """Whoever did it himself is answered by his command."""
        if by.person is None or by.person.id != made.call.person_id:
            self.to_staff(made, *lines, by=by.person)


def say_about(key: str, made: Booked, side: Side, **params: Value) -> Say:
    """A line about a call for one side: the time in its zone, the other's beside it."""
    call, talk = made.call, made.talk
    common: dict[str, Value] = {
        "call": call.reference,
        "span": Slot(call.starts_at, call.ends_at),
        "elsewhere": Beside(call.starts_at, talk.elsewhere(side)),
        "left": Left(call.starts_at),
        "who": talk.manager.name,
        "client": talk.client_name,
    }
    return Say(key, common | params)


def _file(text: str, *, is_off: bool, path: str) -> Enclosed:
    method = "CANCEL" if is_off else "REQUEST"
    return Enclosed("invite.ics", f"text/calendar; charset=utf-8; method={method}", text, path)


def _why(reason: str) -> list[Say]:
    return [say("call.why", reason=Quote(reason, _TOPIC))] if reason else []


def answers(made: Booked) -> tuple[Choice, ...]:
    """What the side that has to confirm can do."""
    return (Choice("button.confirm", f"/call-confirm {made.call.stamped}"), *later(made))


def later(made: Booked) -> tuple[Choice, ...]:
    """What either side can do at any time."""
    ref = made.call.stamped
    return Choice("button.other_time", f"/call-move {ref}"), Choice("button.call_cancel", f"/call-cancel {ref}")
