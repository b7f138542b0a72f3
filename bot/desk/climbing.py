"""Calling the next level in by hand, and having what one was called in for."""

from __future__ import annotations

from bot.commands.base import Refusal, Ticketed
from bot.desk.book import Draft
from bot.desk.hand import Hand
from bot.desk.ladder import climb, next_word, rung_person
from bot.desk.mail import Choice
from bot.notice import At, Key, Left, Quote, say
from bot.sla.log import EventKind, Party


class Climbing:
    """Fulfils `commands._ladder.LadderDesk`."""

    def __init__(self, hand: Hand) -> None:
        self._hand = hand

    def escalate(self, each: Ticketed, reason: str) -> int:
        """By hand: the next level, unless the present one has been called and has not acknowledged yet."""
        self._hand.open_only(each)
        reached = each.standing.escalation
        ladder = sorted(each.policy.ladder, key=lambda rung: rung.level)
        waiting = reached > each.standing.escalation_acknowledged
        following = next((rung for rung in ladder if rung.level > reached), None)
        if waiting or following is None:
            person = rung_person(self._hand.tx, each.policy, each.ticket, reached, self._hand.now)
            raise Refusal(say("escalated.already", who=person.name, level=reached, ref=each.ticket.reference))
        by = "client" if self._hand.actor.party is Party.CLIENT else "staff"
        page = self._hand.record(
            each,
            Draft(
                EventKind.ESCALATED,
                self._hand.actor.party,
                person=self._hand.id(),
                message=self._hand.words_of(reason),
                data={"level": following.level, "by": by},
            ),
        )
        why = Quote(reason) if reason else Key(f"reason.{by}")
        climb(self._hand.tx, self._hand.mail, self._hand.view(page), following.level, why, self._hand.now)
        return following.level

    def acknowledge(self, each: Ticketed) -> None:
        person = self._hand.staff()
        self._hand.open_only(each)
        level = each.standing.escalation
        if level == 0 or each.standing.escalation_acknowledged >= level:
            raise self._hand.done(each)
        page = self._hand.record(
            each,
            Draft(EventKind.ESCALATION_ACKNOWLEDGED, Party.STAFF, person=person.id, data={"level": level}),
        )
        next_at = next_word(page, self._hand.now)
        self._hand.mail.to_client(
            page.ticket,
            f"esc-ack:{page.ticket.id}:{page.ticket.events}:L{level}",
            say(
                "escalation.acknowledged_in_time",
                next=At(next_at),
                left=Left(next_at),
                who=person.name,
                level=level,
                ref=page.ticket.reference,
            ),
            choices=[Choice("button.book_call", "/book-call")] if each.policy.calls else [],
        )
