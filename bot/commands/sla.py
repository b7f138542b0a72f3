"""`/sla`: what is due next and how well promises are kept; `/sla why T`: the arithmetic of a ticket's clocks;
`/sla etas`: what became of promised moments.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.commands._arguments import wrong
from bot.commands._eta_ledger import etas, tally
from bot.commands._ladder import climbed
from bot.commands._lines import some
from bot.commands._why import chosen, why
from bot.commands.base import STAFF, TEAM_ROOM, Call, Command, Refusal, Reply, Ticketed, answer
from bot.notice import At, Key, Left, Quote, Say, Share, Span, Value, say
from bot.sla.clock import Clock, State
from bot.sla.report import Compliance, urgency
from bot.tickets import parse_reference

_MOST = 1000
_LOOK_BACK = timedelta(days=30)


def run(call: Call) -> Reply:
    if not call.rest:
        return _next(call)
    first, words = (*call.rest.split(maxsplit=1), "", "")[:2]
    if first.casefold() == "etas":
        return etas(call, words)
    if first.casefold() != "why":
        raise Refusal(say("errors.subcommand", value=Quote(first, 40), names="sla, sla why T-42, sla etas"))
    if words and parse_reference(words) is None:
        raise wrong("errors.reference", words, "sla")
    each = call.desk.find(words or None)
    return _why(call, each)


def _next(call: Call) -> Reply:
    """The most urgent clock of every open ticket, overdue first, then the share that was kept."""
    found = [(clock, each) for each in call.desk.queue(_MOST) if (clock := _most_urgent(each, call.now))]
    found.sort(key=lambda pair: urgency(pair[0], call.now))
    rows = [_row(clock, each, call.now) for clock, each in found]
    lines = [say("sla.next"), *some(rows)] if rows else [say("sla.none")]
    return answer(*lines, *_compliance(call), *tally(call.desk.etas().ledger(call.now - _LOOK_BACK)))


def _most_urgent(each: Ticketed, now: datetime) -> Clock | None:
    live = [clock for clock in each.clocks if clock.is_live and clock.deadline is not None]
    return min(live, key=lambda clock: urgency(clock, now), default=None)


def _row(clock: Clock, each: Ticketed, now: datetime) -> Say:
    assert clock.deadline is not None
    common: dict[str, Value] = {
        "ref": each.ticket.reference,
        "client": each.client_name,
        "metric": Key(f"metric.{clock.metric.value}"),
        "who": each.who.name,
    }
    if clock.state is State.HELD and not clock.is_overdue(now):
        left = clock.remaining(now, each.policy.calendar) or timedelta(0)
        return Say("sla.row_held", common | {"left": Span(max(left, timedelta(0)))})
    return Say("sla.row", common | {"due": At(clock.deadline), "left": Left(clock.deadline)})


def _compliance(call: Call) -> tuple[Say, ...]:
    """Of the last thirty days; the figures are the desk's, so that every report shows the same."""
    since = call.now - _LOOK_BACK
    met, late, overdue = call.desk.compliance(since)
    share = Compliance(met, late, overdue).share
    if share is None:
        return (say("sla.compliance_none"),)
    return (
        say("sla.since", since=At(since)),
        say(
            "sla.compliance",
            met=met,
            counted=met + late + overdue,
            share=Share(share),
            late=late,
            overdue=overdue,
        ),
    )


def _why(call: Call, each: Ticketed) -> Reply:
    ref = each.ticket.reference
    lines = [line for one in chosen(call.desk.explanations(each)) for line in why(ref, one)]
    lines.extend(climbed(call.desk.ladder().history(each)))
    return answer(*(lines or [say("sla.why_none", ref=ref)]))


COMMAND = Command("sla", STAFF, TEAM_ROOM, run)
