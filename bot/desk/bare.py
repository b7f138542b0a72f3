"""What a member of staff hears privately after a reply: that it stopped no clock, and the time he seems to promise
in it, which is offered as the ETA and never taken by itself.
"""

from __future__ import annotations

from datetime import UTC, datetime

from bot.desk import notices
from bot.desk.book import Page
from bot.desk.mail import BREACH, Choice, Mail
from bot.notice import At, Quote, Say, say
from bot.people import Person
from bot.sla.policy import Answer, Metric
from bot.store.tx import Tx
from bot.when.found import promised_time

_REASON_AT_MOST = 200


def tell_author(
    tx: Tx, mail: Mail, page: Page, author: Person, message_id: int, words: str, at: datetime, now: datetime
) -> None:
    """Tell him where the agreement counts only a resolution or an ETA; and offer the time found in his words wherever
    an ETA is owed, or another one is in force.
    """
    running = page.live(Metric.RESPONSE)
    is_bare = running is not None and running.due_at is not None and Answer.REPLY not in page.policy.response_counts
    eta_at = _found(tx, page, author, words, at, now, is_bare=is_bare)
    lines: list[Say] = []
    choices: list[Choice] = []
    if eta_at is not None:
        there = tx.rooms.get(page.ticket.room_id).zone
        client = tx.people.client(page.ticket.client_id).name
        key = "bare_reply.found" if page.standing.eta_at is None else "bare_reply.moved"
        lines.append(
            say(key, eta=At(eta_at, author.zone), there=At(eta_at, there), client=client, ref=page.ticket.reference)
        )
        choices.append(_confirm(page, author, eta_at, words))
    if is_bare and running is not None:
        client = tx.people.client(page.ticket.client_id).name
        lines.insert(0, notices.bare_reply(page, running, client, Quote(words)))
        choices.extend(notices.bare_reply_choices(page.ticket))
    elif eta_at is not None:
        choices.append(Choice("button.other_eta", f"/ask-eta {page.ticket.reference}"))
    if lines:
        mail.to_person(author, f"bare:{message_id}", *lines, choices=choices, ticket=page.ticket, rank=BREACH)


def _found(
    tx: Tx, page: Page, author: Person, words: str, at: datetime, now: datetime, *, is_bare: bool
) -> datetime | None:
    """As the writer's clock has it: "by 16:00" is said by him, wherever the client is."""
    in_force = page.standing.eta_at
    if not page.ticket.is_open or not (is_bare or in_force is not None or page.live(Metric.ETA_GIVEN)):
        return None
    locale = tx.rooms.get(page.ticket.room_id).locale
    eta_at = promised_time(words, at, author.zone, locale, close=page.policy.calendar.close_after)
    return None if eta_at is None or eta_at <= now or eta_at == in_force else eta_at


def _confirm(page: Page, author: Person, eta_at: datetime, words: str) -> Choice:
    """The button names the moment itself, so that it means the same whenever it is pressed; a move takes the reply as
    its reason.
    """
    command = f"/eta {page.ticket.reference} {eta_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    if page.standing.eta_at is not None:
        command = f"{command} {' '.join(words.split())[:_REASON_AT_MOST]}"
    return Choice("button.eta_found", command, {"eta": At(eta_at, author.zone)})
