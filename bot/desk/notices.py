"""What is said at each turn of a ticket, as catalogue lines and buttons; who hears it is decided by the caller.

The promise comes first, then who, then what the reader can do. "Guaranteed" is said of commitments only.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from bot.desk.book import Page
from bot.desk.mail import Choice
from bot.notice import At, Key, Left, Quote, Say, Span, Value, say
from bot.sla.clock import Binding, Clock, State
from bot.sla.policy import Answer, HoldReason, Kind, Level, Metric, Policy, Priority
from bot.tickets import Ticket

How = Literal["", "_called", "_again", "_unnamed"]
"""Whoever is named beside a missed moment is called in now, was called in and has not taken it up yet, or has it;
nobody is, where who was called in is away and has not taken it up."""


def priority_word(policy: Policy, priority: Priority) -> str:
    """The agreement's own name of the level: "Service down"."""
    return policy.level(priority).name


def headline(page: Page) -> Clock | None:
    """The clock a client's window is about: the live clock due first, a commitment before a target at a tie.

    NEXT_RESPONSE has an objective only and is nobody's promise; ETA_KEPT speaks for itself.
    """
    spoken = (Metric.RESPONSE, Metric.ACKNOWLEDGEMENT)
    live = [c for c in page.clocks if c.metric in spoken and c.is_live and c.due_at is not None]
    return min(live, key=lambda c: (c.due_at, c.kind is not Kind.COMMITMENT), default=None)


def window(page: Page, who: Value, now: datetime, on_call: str = "") -> tuple[Say, ...]:
    """The guaranteed window, posted once when a ticket opens; outside hours with who is on call, if anybody is."""
    clock = headline(page)
    common: dict[str, Value] = {
        "who": who,
        "ref": page.ticket.reference,
        "priority": priority_word(page.policy, page.standing.priority),
    }
    if clock is None or clock.due_at is None:
        return (Say("window.none", common),)
    first = _first_line(page, clock, common, now, on_call)
    later = page.live(Metric.RESPONSE)
    if later is None or later is clock or later.due_at is None or later.due_at <= now:
        return (first,)
    then = "window.then" if later.kind is Kind.COMMITMENT else "window.then_target"
    return first, Say(then, {"due": At(later.due_at), "left": Left(later.due_at)})


def _first_line(page: Page, clock: Clock, common: dict[str, Value], now: datetime, on_call: str) -> Say:
    """What is said of the clock that is due first: what holds from now on, or honestly that its time is over.

    That it is over may also show only when it is said: it can have been held up on its way.
    """
    assert clock.due_at is not None
    common = common | {"due": At(clock.due_at), "left": Left(clock.due_at)}
    if clock.due_at <= now:
        # The words reached us when nothing could be promised any more, as after an outage.
        return Say("window.past", common | {"began": At(clock.started_at)})
    if not page.policy.calendar.is_open(now):
        common |= {"returns": At(page.policy.calendar.next_open(now)), "on_call": on_call}
    return Say(_promise_of(page, clock, now, on_call), common)


def _promise_of(page: Page, clock: Clock, now: datetime, on_call: str) -> str:
    """The catalogue key of a window that is still ahead."""
    guaranteed = clock.kind is Kind.COMMITMENT
    if clock.metric is Metric.ACKNOWLEDGEMENT:
        return "window.acknowledged" if guaranteed else "window.acknowledged_target"
    if page.policy.calendar.is_open(now):
        return "window.in_hours" if guaranteed else "window.target"
    if clock.binding is Binding.CAP:
        return "window.capped" if on_call else "window.capped_alone"
    return "window.out_of_hours" if guaranteed else "window.out_of_hours_target"


def urgency_choices(page: Page) -> tuple[Choice, ...]:
    """Buttons to say how bad it is: the agreement's own words, graver ones than now, then the separate issue."""
    ref = page.ticket.reference
    levels = sorted(page.policy.levels.values(), key=lambda level: level.priority.rank)
    graver = [level for level in levels if level.priority.rank < page.standing.priority.rank]
    chosen = [
        Choice("button.level", f"/urgency {ref} {level.priority.value.lower()}", {"name": level.name})
        for level in graver
    ]
    return (*chosen, Choice("button.separate", f"/separate {ref}"))


def nudge(page: Page, clock: Clock, client: str, words: Value, backup: tuple[str, datetime] | None) -> Say:
    """The manager's word before a deadline; `backup` is who is told next, and when."""
    due = clock.deadline
    assert due is not None
    common: dict[str, Value] = {
        "due": At(due),
        "left": Left(due),
        "client": client,
        "ref": page.ticket.reference,
        "words": words,
    }
    if clock.metric is Metric.PROGRESS:
        return Say("progress.nudge", common)
    if clock.metric is Metric.ETA_KEPT:
        return Say("eta.reminder", common | {"eta": At(due)})
    if clock.metric is not Metric.RESPONSE:
        return Say("nudge.metric", common | {"metric": Key(f"metric.{clock.metric.value}")})
    kind = "nudge.reply" if Answer.REPLY in page.policy.response_counts else "nudge"
    if backup is None:
        return Say("nudge.reply_alone" if kind == "nudge.reply" else "nudge.alone", common)
    name, at = backup
    return Say(kind, common | {"backup": name, "backup_at": At(at)})


def overdue(page: Page, clock: Clock, client: str, words: Value) -> Say:
    due = clock.deadline
    assert due is not None
    return say(
        "nudge.overdue",
        due=At(due),
        left=Left(due),
        client=client,
        ref=page.ticket.reference,
        words=words,
    )


def objective_missed(page: Page, clock: Clock, client: str, words: Value) -> Say:
    """To the manager: an objective has passed, or the moment of an ETA."""
    ref = page.ticket.reference
    deadline = clock.deadline
    assert deadline is not None
    if clock.metric is Metric.ETA_KEPT:
        return say("eta.broken.staff", eta=At(deadline), ref=ref)
    common: dict[str, Value] = {"client": client, "ref": ref, "words": words}
    if clock.objective_at is not None and clock.objective_at < deadline:
        common["aimed"] = At(clock.objective_at)  # for what is told together with it
    return Say("objective.missed", {"due": At(deadline), "left": Left(deadline), **common})


def late_for_staff(page: Page, clock: Clock, client: str, words: Value) -> Say:
    """To the manager: what was promised to the client was not kept."""
    assert clock.due_at is not None
    return say(
        "breach.staff" if clock.kind is Kind.COMMITMENT else "shortfall.staff",
        missed=At(clock.due_at),
        left=Left(clock.due_at),
        metric=Key(f"metric.{clock.metric.value}"),
        client=client,
        ref=page.ticket.reference,
        words=words,
    )


def escalate_choice(ticket: Ticket) -> Choice:
    """Calls the next level in, from the one that was reached when the button was made: an old one does nothing."""
    return Choice("button.escalate", f"/escalate-from {ticket.reference} {ticket.level}")


def manager_choices(page: Page, *, taken: bool, late: bool = False) -> tuple[Choice, ...]:
    """What a manager can do about a ticket with one tap; once it is late he can also say that he knows."""
    ref = page.ticket.reference
    first = () if taken else (Choice("button.take", f"/take {ref}"),)
    if late:
        first = (*first, Choice("button.seen", f"/seen {ref}"))
    return (
        *first,
        Choice("button.eta_1h", f"/eta {ref} 1h"),
        Choice("button.other_eta", f"/ask-eta {ref}"),
        Choice("button.ask_details", f"/ask-details {ref}"),
        Choice("button.hand_over", f"/ask-assign {ref}"),
        escalate_choice(page.ticket),
        Choice("button.resolved", f"/resolve {ref}"),
    )


def bare_reply(page: Page, clock: Clock, client: str, words: Value) -> Say:
    """Told privately after a reply that neither resolves nor gives an ETA, where only these count."""
    due = clock.due_at
    assert due is not None
    return say(
        "bare_reply",
        due=At(due),
        left=Left(due),
        words=words,
        ref=page.ticket.reference,
        client=client,
    )


def bare_reply_choices(ticket: Ticket) -> tuple[Choice, ...]:
    ref = ticket.reference
    return (
        Choice("button.was_answer", f"/answered {ref}"),
        Choice("button.eta_1h", f"/eta {ref} 1h"),
        Choice("button.eta_2h", f"/eta {ref} 2h"),
        Choice("button.other_eta", f"/ask-eta {ref}"),
        Choice("button.ask_details", f"/ask-details {ref}"),
    )


def eta(
    ticket: Ticket, eta_at: datetime, was: datetime | None, reason: str, who: str
) -> tuple[Say, tuple[Choice, ...]]:
    """Messages 5 and 6: an ETA to the client, the first one or a moved one, and what he can say to it."""
    ref = ticket.reference
    common: dict[str, Value] = {"eta": At(eta_at), "left": Left(eta_at), "who": who, "ref": ref}
    if was is None:
        return Say("eta.given", common), (Choice("button.too_late", f"/escalate-from {ref} {ticket.level} too late"),)
    moved = Say("eta.moved", common | {"was": At(was), "reason": Quote(reason)})
    return moved, (Choice("button.accept", f"/accept-eta {ref}"), escalate_choice(ticket))


def reclassified(page: Page, level: Level, kept: bool) -> Say:
    """To the client: the new level and the moment it means; `kept`: the earlier moment stays."""
    due = _due(page)
    key = "priority_changed.no_clock" if not due else "priority_kept" if kept else "priority_changed.client"
    return say(key, ref=page.ticket.reference, priority=level.name, **due)


def reclassified_by_client(page: Page, level: Level, client: str) -> Say:
    """To the manager: the client says how bad it is."""
    due = _due(page)
    key = "priority_changed.staff" if due else "priority_changed.no_clock"
    return say(key, ref=page.ticket.reference, priority=level.name, client=client, **due)


def _due(page: Page) -> dict[str, Value]:
    clock = headline(page)
    if clock is None or clock.due_at is None:
        return {}
    return {"due": At(clock.due_at), "left": Left(clock.due_at)}


def hold(page: Page, reason: HoldReason, who: str, now: datetime) -> Say:
    """To the client: whether waiting stops the clock here or not; the text says so either way."""
    ref = page.ticket.reference
    side = "client" if reason is HoldReason.CLIENT else "third_party"
    held = next((c for c in page.clocks if c.state is State.HELD and c.metric is not Metric.ETA_KEPT), None)
    if held is not None:
        left = held.remaining(now, page.policy.calendar)
        assert left is not None
        return say(f"hold.{side}_granted", ref=ref, left=Span(max(left, timedelta(0))), who=who)
    running = headline(page)
    if running is None or running.due_at is None:
        return say("hold.client_no_clock" if reason is HoldReason.CLIENT else "hold.no_clock", ref=ref, who=who)
    return say(f"hold.{side}_recorded", ref=ref, due=At(running.due_at), left=Left(running.due_at), who=who)


def resumed(before: Sequence[Clock], page: Page, who: str, now: datetime) -> Say:
    """After a wait: by when, and whether the clock stood still meanwhile; `before` are the clocks as they were then.

    Where the agreement promises no moment, the ETA is named while it lies ahead, else who answers.
    """
    ref, clock = page.ticket.reference, headline(page)
    if clock is not None and clock.due_at is not None:
        if clock.state is State.HELD and page.standing.holds:
            other = page.standing.holds[0]
            return hold(page, other.reason, other.who, now)
        stood = any(c.state is State.HELD and (c.metric, c.cycle) == (clock.metric, clock.cycle) for c in before)
        return say(
            "resumed" if stood else "resumed.recorded", due=At(clock.due_at), left=Left(clock.due_at), who=who, ref=ref
        )
    eta_at = page.standing.eta_at
    if eta_at is not None and eta_at > now:
        return say("resumed.eta", eta=At(eta_at), left=Left(eta_at), who=who, ref=ref)
    return say("resumed.no_clock", who=who, ref=ref)


def merged(page: Page, other: str, who: str, next_at: datetime) -> Say:
    """To the client: two requests go on as one, and by when he hears of it, which is never a moment that has passed."""
    due: dict[str, Value] = {"due": At(next_at), "left": Left(next_at)} if _due(page) else {}
    return say(
        "merged.client" if due else "merged.client_no_clock", ref=page.ticket.reference, other=other, who=who, **due
    )


def late(page: Page, clock: Clock, who: str, next_at: datetime, how: How) -> Say:
    """Message 7: honest about what was missed, and what happens next; `who` was called in, or has it.

    A passed ETA is no breach of the agreement: it is told as what a person promised.
    """
    missed = clock.due_at
    assert missed is not None
    if clock.metric is Metric.ETA_KEPT:
        key = "eta.passed"
    else:
        key = f"{'breach' if clock.kind is Kind.COMMITMENT else 'shortfall'}.client{how}"
    return say(key, next=At(next_at), left=Left(next_at), missed=At(missed), who=who, ref=page.ticket.reference)


def rating_choices(ticket: Ticket) -> tuple[Choice, ...]:
    ref = ticket.reference
    rates = [Choice(f"button.rate_{stars}", f"/rate {ref} {stars}") for stars in range(1, 6)]
    return (Choice("button.confirm", f"/confirm {ref}"), Choice("button.reopen", f"/reopen {ref}"), *rates)
