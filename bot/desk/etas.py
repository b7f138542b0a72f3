"""Promising a moment to a client, moving it with a reason, and hearing that it suits him."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.commands._etas import Promised
from bot.commands.base import Refusal, Ticketed
from bot.desk import notices
from bot.desk.book import Draft
from bot.desk.eta_ledger import is_accepted, promised
from bot.desk.hand import Hand
from bot.notice import At, Key, Quote, say
from bot.sla.log import EventKind, Party

_INSTANT = timedelta(milliseconds=1)


class Etas:
    """Fulfils `commands._etas.EtaDesk`."""

    def __init__(self, hand: Hand) -> None:
        self._hand = hand

    def give(self, each: Ticketed, eta_at: datetime, reason: str) -> None:
        person = self._hand.staff()
        self._hand.open_only(each)
        if eta_at <= self._hand.now:
            raise Refusal(say("errors.past_eta", eta=At(eta_at), example=Key("example.eta")))
        was = each.standing.eta_at
        if was == eta_at:
            raise self._hand.done(each)
        if was is not None and not reason:
            raise Refusal(say("errors.reason_needed", example=Key("example.eta")))
        data: dict[str, object] = {"eta_at": eta_at.isoformat(), "approximate": True}
        given = Draft(
            EventKind.ETA_GIVEN, Party.STAFF, person=person.id, message=self._hand.words_of(reason), data=data
        )
        page = self._hand.record(each, given)
        ticket = page.ticket
        line, choices = notices.eta(ticket, eta_at, was, reason, person.name)
        self._hand.mail.to_client(ticket, f"eta:{ticket.id}:{page.ticket.events}", line, choices=choices)

    def accept(self, each: Ticketed) -> datetime:
        eta_at = each.standing.eta_at
        if eta_at is None or eta_at <= self._hand.now or not each.ticket.is_open:
            raise Refusal(say("errors.stale_button"))
        if is_accepted(self._hand.tx.ledger.log(each.ticket.id)):
            raise self._hand.done(each)
        page = self._hand.record(each, Draft(EventKind.ETA_ACCEPTED, Party.CLIENT, person=self._hand.id()))
        self._hand.mail.to_person(
            each.who,
            f"eta-accepted:{page.ticket.id}:{page.ticket.events}",
            say("eta.accepted", client=each.client_name, eta=At(eta_at), ref=page.ticket.reference),
            ticket=page.ticket,
        )
        return eta_at

    def ledger(self, since: datetime, client: str | None = None) -> Sequence[Promised]:
        hand = self._hand
        if not hand.room.kind.is_internal or not hand.actor.is_staff:
            raise Refusal(say("errors.internal_only"))
        client_id = None if client is None else self._client(client)
        return promised(hand.tx, hand.book, since, hand.now + _INSTANT, hand.now, client_id)

    def _client(self, key: str) -> int:
        found = self._hand.tx.people.client_by_key(key) or self._hand.tx.people.client_by_key(key.casefold())
        if found is None:
            raise Refusal(say("errors.client", value=Quote(key, 40), example=Key("shown.sla_etas")))
        return found.id
