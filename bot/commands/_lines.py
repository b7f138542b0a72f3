"""A ticket as one line: where it stands and what comes next, for its client or for staff."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.commands.base import Ticketed
from bot.notice import At, Key, Left, Quote, Say, Span, Value, say
from bot.sla.clock import Clock, State
from bot.sla.policy import HoldReason
from bot.tickets import Status

MOST_LINES = 10


def ticket_line(each: Ticketed, now: datetime, *, internal: bool) -> Say:
    """The line of `/status` and `/tickets`; `internal` names the client and is never for a client's room."""
    kind = "tickets" if internal else "status"
    standing, clock = each.standing, each.awaited
    common: dict[str, Value] = {
        "ref": each.ticket.reference,
        "priority": standing.level_name,
        "state": _state(each, now, internal=internal),
        "who": each.who.name,
        "client": each.client_name,
    }
    if not each.ticket.is_open:
        return Say(f"{kind}.no_clock", common)
    if standing.eta_at is not None:
        eta: dict[str, Value] = {"eta": At(standing.eta_at), "due": At(standing.eta_at), "left": Left(standing.eta_at)}
        return Say(f"{kind}.eta" if standing.eta_at > now else f"{kind}.line", common | eta)
    if clock is None or clock.deadline is None:
        return Say(f"{kind}.no_clock", common)
    is_late = _is_late(clock, now)
    if clock.state is State.HELD and not is_late:
        left = clock.remaining(now, each.policy.calendar) or timedelta(0)
        return Say(f"{kind}.held", common | {"left": Span(left)})
    common |= {"due": At(clock.deadline), "left": Left(clock.deadline)}
    if clock.due_at is None:
        return Say(f"{kind}.aimed" if is_late else f"{kind}.aim", common)
    return Say(f"{kind}.line", common)


def some(lines: Sequence[Say]) -> list[Say]:
    """The first lines, and how many are left out."""
    more = len(lines) - MOST_LINES
    return [*lines[:MOST_LINES], say("sla.more", count=more)] if more > 0 else list(lines)


def _is_late(clock: Clock, now: datetime) -> bool:
    """Whether its moment is behind us, an aim's too: as the board and the client's window say it."""
    return clock.deadline is not None and clock.deadline <= min(now, clock.held_since or now)


def _state(each: Ticketed, now: datetime, *, internal: bool) -> Key:
    """Where the ticket stands, in a few words: the first of these that is true."""
    standing, clock, status = each.standing, each.awaited, each.ticket.status
    if status is not Status.OPEN:
        return Key(f"state.{status.value}")
    if (standing.eta_at is not None and standing.eta_at <= now) or (clock and _is_late(clock, now)):
        return Key("state.overdue")
    if standing.holds:
        hold = standing.holds[0]
        if hold.reason is HoldReason.CLIENT and not internal:
            return Key("state.held_client")
        if hold.reason is HoldReason.THIRD_PARTY and not hold.who:
            return Key("state.held_third_party")
        return Key("state.held_for", {"who": Quote(hold.who or each.client_name)})
    if standing.eta_at is not None:
        return Key("state.eta")
    if standing.escalation:
        return Key("state.escalated")
    answered = standing.responded and standing.oldest_unanswered_at is None
    return Key("state.answered" if answered else "state.open")


def in_shadow(found: Sequence[Ticketed]) -> tuple[Say, ...]:
    """For staff: to which of the clients named nothing is posted."""
    names = list(dict.fromkeys(each.client_name for each in found if each.in_shadow))
    if not names:
        return ()
    return (
        Say("shadow.mark") if all(each.in_shadow for each in found) else say("shadow.clients", names=", ".join(names)),
    )


def no_such_command(word: Value, nearest: str) -> Say:
    """What is said to an unknown command; `nearest` is empty where none is near, for a far one would only mislead."""
    if not nearest:
        return Say("errors.no_command", {"word": word})
    return Say("errors.unknown_command", {"word": word, "nearest": nearest})
