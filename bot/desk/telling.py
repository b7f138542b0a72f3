"""Word to the client between the answer and the end: a draft of what has happened, and what a person writes instead.

Nothing is sent by itself; what goes out was shown to whoever sends it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.commands.base import Ticketed
from bot.desk.book import Draft, Page
from bot.desk.hand import Hand
from bot.desk.mail import Choice
from bot.notice import At, Left, Quote, Say, say
from bot.sla.log import Event, EventKind, Party
from bot.sla.policy import HoldReason, Metric
from bot.store.tx import Tx

WORDS_AT_MOST = 1500
_TOLD = frozenset({EventKind.PROGRESS_GIVEN, EventKind.OPENED})
_MOST_LINES = 5


class Telling:
    """Fulfils `commands._telling.TellDesk`."""

    def __init__(self, hand: Hand) -> None:
        self._hand = hand

    def draft(self, each: Ticketed) -> Sequence[Say]:
        hand = self._hand
        hand.staff()
        hand.open_only(each)
        page = hand.book.read(hand.tx, hand.tx.tickets.get(each.ticket.id), hand.now)
        return draft(hand.tx, page, hand.now)

    def send(self, each: Ticketed, words: str) -> None:
        hand = self._hand
        person = hand.staff()
        hand.open_only(each)
        lines = () if words else tuple(self.draft(each))
        if self._is_repeated(each):
            raise hand.done(each)
        page = hand.record(
            each, Draft(EventKind.PROGRESS_GIVEN, Party.STAFF, person=person.id, message=hand.words_of(words))
        )
        first = say("progress.said", who=person.name, words=Quote(words, WORDS_AT_MOST), ref=page.ticket.reference)
        promised = _next_promised(page)
        said = (*promised, *((first,) if words else lines))
        hand.mail.to_client(page.ticket, f"progress:{page.ticket.id}:{page.ticket.events}", *said)

    def _is_repeated(self, each: Ticketed) -> bool:
        """Whether the last thing on record is such a word at this very moment: a button pressed twice."""
        last = self._hand.tx.ledger.log(each.ticket.id)[-1]
        return last.kind is EventKind.PROGRESS_GIVEN and last.recorded_at == self._hand.now


def draft(tx: Tx, page: Page, now: datetime) -> tuple[Say, ...]:
    """What has happened on a ticket since the client was told last, today at the most, worded for him: who has it, what
    is waited for, the ETA, the level. It says nothing that is not on record.
    """
    since = _since(page, now)
    ref = page.ticket.reference
    who = tx.people.person(page.ticket.owner_id).name
    lines = [line for event in page.log if event.at >= since and (line := _line(tx, event)) is not None]
    lines.extend(
        say("progress.draft_waits", who=Quote(hold.who, 80), at=At(hold.start))
        for hold in page.standing.holds
        if hold.reason is HoldReason.THIRD_PARTY and hold.start < since
    )
    eta_at = page.standing.eta_at
    if eta_at is not None and eta_at > now:
        lines.append(say("progress.draft_eta", eta=At(eta_at), left=Left(eta_at)))
    return (say("progress.draft", who=who, ref=ref), *lines[-_MOST_LINES:])


def progress_choices(page: Page) -> tuple[Choice, ...]:
    """Below a draft of word on progress: send it, write it oneself, or say by when it is done."""
    ref = page.ticket.reference
    return (
        Choice("button.send_this", f"/send-progress {ref}"),
        Choice("button.edit", f"/ask-progress {ref}"),
        Choice("button.other_eta", f"/ask-eta {ref}"),
        Choice("button.resolved", f"/resolve {ref}"),
    )


def _since(page: Page, now: datetime) -> datetime:
    """The client's last word from us, but not before this day began in the agreement's zone."""
    zone = ZoneInfo(page.policy.calendar.zone)
    today = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    told = [event.at for event in page.log if event.kind in _TOLD]
    return max([today.astimezone(now.tzinfo), *told])


def _line(tx: Tx, event: Event) -> Say | None:
    name = "" if event.person is None else tx.people.person(event.person).name
    match event.kind:
        case EventKind.TAKEN:
            return say("progress.draft_taken", who=name, at=At(event.at))
        case EventKind.HELD if event.data.get("reason") == HoldReason.THIRD_PARTY:
            return say("progress.draft_waits", who=Quote(str(event.data.get("who", "")), 80), at=At(event.at))
        case EventKind.RESUMED if event.party is Party.STAFF:
            return say("progress.draft_resumed", at=At(event.at))
        case EventKind.ESCALATED | EventKind.PASSED_ON if event.data.get("called") is not None:
            called = tx.people.person(int(str(event.data["called"]))).name
            return say("progress.draft_level", who=called, level=int(str(event.data["level"])), at=At(event.at))
        case _:
            return None


def _next_promised(page: Page) -> tuple[Say, ...]:
    """By when he hears again: said where progress is owed. This word was one, so the moment lies ahead."""
    clock = page.live(Metric.PROGRESS)
    if clock is None or clock.due_at is None:
        return ()
    return (say("progress.next", next=At(clock.due_at), left=Left(clock.due_at)),)
