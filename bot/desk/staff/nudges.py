"""What staff says to its nudges: that one was seen; and the test of the path by which they come."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.commands.base import Refusal, Ticketed
from bot.desk.book import Draft
from bot.desk.hand import Hand
from bot.desk.mail import NUDGE, Mail
from bot.notice import At, Left, Quote, say
from bot.people import Person, Room
from bot.sla.log import EventKind, Party
from bot.sla.policy import Metric

_MADE_UP_DUE = timedelta(minutes=25)


class Nudges:
    """Fulfils `commands._nudges.NudgeDesk`."""

    def __init__(self, hand: Hand) -> None:
        self._hand = hand

    def seen(self, each: Ticketed) -> None:
        """Recorded for everybody to see. Where the agreement counts it as an acknowledgement, the client hears of it:
        it is he who was promised one.
        """
        person = self._hand.staff()
        self._hand.open_only(each)
        last = self._hand.tx.ledger.last(each.ticket.id)
        if last is not None and last.kind is EventKind.ACKNOWLEDGED and last.person == person.id:
            raise self._hand.done(each)
        page = self._hand.record(each, Draft(EventKind.ACKNOWLEDGED, Party.STAFF, person=person.id))
        before = {(c.metric, c.cycle) for c in each.clocks if c.metric is Metric.ACKNOWLEDGEMENT and c.is_live}
        after = {(c.metric, c.cycle) for c in page.clocks if c.is_live}
        if before - after:
            self._hand.mail.to_client(
                page.ticket,
                f"seen:{page.ticket.id}:{page.ticket.events}",
                say("seen.client", who=person.name, ref=page.ticket.reference),
            )

    def test(self) -> Room:
        person = self._hand.staff()
        room = send_test(self._hand.mail, person, self._hand.now)
        if room is None:
            raise Refusal(say("errors.no_path"))
        return room


def send_test(mail: Mail, person: Person, now: datetime) -> Room | None:
    """Put a nudge of a ticket that does not exist on this person's path; the room it goes to, None where there is no
    path at all.
    """
    room = mail.path(person)
    if room is None:
        return None
    due = now + _MADE_UP_DUE
    made_up = say(
        "nudge.alone", due=At(due), left=Left(due), client="Example", ref="T-0", words=Quote("The export fails")
    )
    note = say("nudge.test", channel=room.channel, room=room.name)
    mail.to_room(room, f"testnudge:{person.id}:{mail.new_id()}", note, made_up, rank=NUDGE)
    return room
