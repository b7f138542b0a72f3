"""Waiting for a client or a third party, and going on: the client is told either way."""

from __future__ import annotations

from bot.commands.base import Refusal, Ticketed
from bot.desk import notices
from bot.desk.book import Draft
from bot.desk.hand import Hand
from bot.desk.staff.cover import who_answers
from bot.desk.third_parties import expect_review, unanswered, wait_begun
from bot.notice import Quote, say
from bot.sla.log import EventKind, Party
from bot.sla.policy import HoldReason

_CLARIFICATIONS_TOLD = 3
_DETAILS_AT_MOST = 500


class Waits:
    """Fulfils `commands._waits.WaitDesk`."""

    def __init__(self, hand: Hand) -> None:
        self._hand = hand

    def hold(self, each: Ticketed, reason: HoldReason, who: str, details: str = "") -> None:
        person = self._hand.staff()
        self._hand.open_only(each)
        is_asked_more = details and reason is HoldReason.CLIENT and self._hand.context.message_id is not None
        waited_for = {(hold.reason, hold.who.casefold()) for hold in each.standing.holds}
        if not is_asked_more and (reason, who.casefold()) in waited_for:
            raise self._hand.done(each)
        data = {"reason": reason.value, "who": who}
        message = self._hand.words_of(details)
        page = self._hand.record(each, Draft(EventKind.HELD, Party.STAFF, person=person.id, message=message, data=data))
        asked = "hold.details" if reason is HoldReason.CLIENT else "hold.reason"
        lines = [say(asked, details=Quote(details, _DETAILS_AT_MOST))] if details else []
        promise = notices.hold(page, reason, who, self._hand.now)
        lines.insert(len(lines) if reason is HoldReason.CLIENT else 0, promise)
        self._hand.mail.to_client(page.ticket, f"hold:{page.ticket.id}:{page.ticket.events}", *lines)
        if reason is HoldReason.THIRD_PARTY:
            expect_review(self._hand.tx, page, self._hand.now)
        if reason is HoldReason.CLIENT and page.standing.clarifications == _CLARIFICATIONS_TOLD:
            self._hand.mail.to_leads(
                f"clarify:{page.ticket.id}:{page.ticket.events}",
                say("clarifications.lead", ref=page.ticket.reference, client=each.client_name),
                ticket=page.ticket,
            )

    def goes_on(self, each: Ticketed, who: str = "") -> str:
        person = self._hand.staff()
        self._hand.open_only(each)
        page = self._hand.book.read(self._hand.tx, self._hand.tx.tickets.get(each.ticket.id), self._hand.now)
        named = [hold.who for hold in page.standing.holds if hold.reason is HoldReason.THIRD_PARTY]
        waits = {each.casefold(): each for each in named}
        if not named or (who and who.casefold() not in waits):
            raise Refusal(say("errors.stale_button"))
        who = waits[who.casefold()] if who else named[-1]
        begun = wait_begun(page, who)
        if begun is None or not unanswered(self._hand.tx, page, begun):
            raise self._hand.done(each)
        self._hand.record(each, Draft(EventKind.WAIT_REVIEWED, Party.STAFF, person=person.id, data={"who": who}))
        return who

    def resume(self, each: Ticketed, who: str = "") -> None:
        person = self._hand.staff()
        self._hand.open_only(each)
        if not each.standing.holds:
            raise self._hand.done(each)
        data = {"by": "staff", "who": who} if who else {"by": "staff"}
        page = self._hand.record(each, Draft(EventKind.RESUMED, Party.STAFF, person=person.id, data=data))
        line = notices.resumed(
            each.clocks, page, who_answers(self._hand.tx, page.ticket, self._hand.now).name, self._hand.now
        )
        self._hand.mail.to_client(page.ticket, f"resumed:{page.ticket.id}:{page.ticket.events}", line)
