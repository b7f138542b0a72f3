"""Calling the next level in by hand, having what one was called in for, and giving it back."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.commands._ladder import Rise
from bot.commands.base import Refusal, Ticketed
from bot.desk.book import Draft
from bot.desk.hand import Hand
from bot.desk.mail import Choice
from bot.desk.staff.called import following, is_followed
from bot.desk.staff.cover import answers
from bot.desk.staff.ladder import answer_by, climb, next_word, rung_of, rung_person
from bot.notice import At, Key, Left, Quote, say
from bot.sla.clock import Called
from bot.sla.log import EventKind, Party
from bot.store.follow_ups import Follow, FollowUp

_KINDS = frozenset({EventKind.ESCALATED, EventKind.PASSED_ON, EventKind.ESCALATION_ACKNOWLEDGED, EventKind.DEESCALATED})

# A reason stands behind the command and the ticket it names.
_COMMAND = re.compile(r"^(?:@\S+\s+)?\S+\s+(?:(?:T-?|#)\d+\s+)?", re.IGNORECASE)


class Climbing:
    """Fulfils `commands._ladder.LadderDesk`."""

    def __init__(self, hand: Hand) -> None:
        self._hand = hand

    def escalate(self, each: Ticketed, reason: str, since: int | None = None) -> int:
        hand = self._hand
        hand.open_only(each)
        called = each.standing.called
        reached = each.standing.escalation
        if reached and called is not None:
            self._refuse_to_climb(each, called)
        rung = following(each.policy, reached) or (None if reached else rung_of(each.policy, 1))
        if rung is None or (since is not None and since != reached):
            raise self._already(each)
        by = "client" if hand.actor.party is Party.CLIENT else "staff"
        person = rung_person(hand.tx, each.policy, each.ticket, rung.level, hand.now)
        page = hand.record(
            each,
            Draft(
                EventKind.ESCALATED,
                hand.actor.party,
                person=hand.id(),
                message=hand.words_of(reason),
                data={"level": rung.level, "by": by, "called": person.id},
            ),
        )
        why = Quote(reason) if reason else Key(f"reason.{by}")
        climb(hand.tx, hand.mail, hand.view(page), rung.level, why, hand.now)
        return rung.level

    def acknowledge(self, each: Ticketed) -> None:
        hand = self._hand
        person = hand.staff()
        hand.open_only(each)
        level = each.standing.escalation
        if level == 0 or each.standing.escalation_acknowledged >= level:
            raise hand.done(each)
        page = hand.record(
            each,
            Draft(EventKind.ESCALATION_ACKNOWLEDGED, Party.STAFF, person=person.id, data={"level": level}),
        )
        next_at = next_word(page, hand.now)
        hand.mail.to_client(
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

    def give_back(self, each: Ticketed, reason: str) -> str:
        hand = self._hand
        person = hand.staff()
        hand.open_only(each)
        level = each.standing.escalation
        if level == 0:
            raise Refusal(say("deescalated.already", who=each.owner.name, ref=each.ticket.reference))
        if not reason:
            raise Refusal(say("errors.reason_needed", example=Key("example.deescalate")))
        data: dict[str, object] = {"level": level}
        message = hand.words_of(reason)
        page = hand.record(
            each, Draft(EventKind.DEESCALATED, Party.STAFF, person=person.id, message=message, data=data)
        )
        ticket, key = page.ticket, f"deesc:{page.ticket.id}:{page.ticket.events}"
        covered = answers(hand.tx, ticket, hand.now)
        has_it = each.owner if covered is None else covered.person
        next_at = next_word(page, hand.now)
        line = say("deescalated.client", next=At(next_at), left=Left(next_at), who=has_it.name, ref=ticket.reference)
        hand.mail.to_client(ticket, key, line)
        for told in {p.id: p for p in (has_it, each.called) if p is not None and p.id != person.id}.values():
            line = say(
                "deescalated.staff",
                giver=person.name,
                who=has_it.name,
                level=level,
                client=each.client_name,
                ref=ticket.reference,
                reason=Quote(reason),
            )
            hand.mail.to_person(told, f"{key}:{told.id}", line, ticket=ticket)
        return has_it.name

    def history(self, each: Ticketed) -> Sequence[Rise]:
        people = self._hand.tx.people
        found = []
        for event in self._hand.tx.ledger.log(each.ticket.id):
            if event.kind not in _KINDS:
                continue
            whom = event.data.get("called") or event.person
            by = "unanswered" if event.data.get("unanswered") else str(event.data.get("by", ""))
            name = "" if whom is None else people.person(int(str(whom))).name
            words = "" if event.message is None else _reason(self._hand.tx.messages.text(event.message))
            found.append(Rise(event.kind, int(str(event.data["level"])), event.at, name, by, words))
        return found

    def _refuse_to_climb(self, each: Ticketed, called: Called) -> None:
        """Refusal while the level called may still answer, and for a client so soon after the last one was called.

        A call that a clock made and nobody follows up any more, as the clock is over, keeps nobody from the next level.
        """
        if called.acknowledged_at is None:
            turn = self._next_turn(each, called)
            if turn is not None:
                raise self._waiting(each, called, turn)
            return
        next_from = answer_by(each.policy, each.clocks, called.level, called.at)
        if self._hand.actor.party is Party.CLIENT and self._hand.now < next_from:
            who = self._name(each, called.level)
            raise Refusal(
                say(
                    "escalated.soon",
                    who=who,
                    level=called.level,
                    at=At(next_from),
                    left=Left(next_from),
                    ref=each.ticket.reference,
                )
            )

    def _next_turn(self, each: Ticketed, called: Called) -> FollowUp | None:
        """How a call is followed up next; None where it is not any more."""
        live = {(clock.metric.value, clock.cycle) for clock in each.clocks if clock.is_live}
        if called.about is not None and called.about not in live:
            return None
        turns = self._hand.tx.follow_ups.of(each.ticket.id, Follow.CALL, called.seq)
        return next((turn for turn in turns if turn.state == "open"), None)

    def _waiting(self, each: Ticketed, called: Called, turn: FollowUp) -> Refusal:
        """No call is announced that will not come: after the last one of the last level nobody is left to be called."""
        hand, again = self._hand, turn.due_at
        who, ref = self._name(each, called.level), each.ticket.reference
        page = hand.book.read(hand.tx, hand.tx.tickets.get(each.ticket.id), hand.now)
        if again <= hand.now or not is_followed(hand.tx, page, called, turn.n, hand.now):
            return self._already(each)
        return Refusal(
            say("escalated.waiting", who=who, level=called.level, again=At(again), left=Left(again), ref=ref)
        )

    def _already(self, each: Ticketed) -> Refusal:
        level, called = each.standing.escalation, each.standing.called
        waits = called is not None and called.acknowledged_at is None
        key = "escalated.called" if waits else "escalated.already"
        return Refusal(say(key, who=self._name(each, level), level=level, ref=each.ticket.reference))

    def _name(self, each: Ticketed, level: int) -> str:
        if each.called is not None:
            return each.called.name
        return rung_person(self._hand.tx, each.policy, each.ticket, level, self._hand.now).name


def _reason(words: str) -> str:
    return _COMMAND.sub("", words, count=1)
