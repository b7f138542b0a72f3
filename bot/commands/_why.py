"""The arithmetic of a ticket's clocks as lines for people, made from the data of the explanation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from bot.notice import At, Day, Key, Quote, Say, Span, Value, say
from bot.sla.clock import Clock
from bot.sla.explain import RECLASSIFIED, Change, ChangeRule, Explanation, Line

_SECOND = timedelta(seconds=1)


def chosen(explanations: Iterable[Explanation]) -> list[Explanation]:
    """Of every metric the latest clock, in the order given; only the latest can be live."""
    return list({each.clock.metric: each for each in explanations}.values())


def why(ref: str, explanation: Explanation) -> Iterator[Say]:
    """One clock: where it stands, every stretch counted or left out, the sum, the clause and our reading."""
    clock = explanation.clock
    metric = Key(f"metric.{clock.metric.value}")
    if explanation.result is None:
        yield say("sla.why_header_held", ref=ref, metric=metric, left=Span(explanation.left, exact=True))
    else:
        yield say("sla.why_header", ref=ref, metric=metric, due=At(explanation.result))
    yield from _stretches(explanation)
    yield say("sla.why_total", total=Span(_whole(explanation.total), exact=True))
    if explanation.uncapped_at is not None and clock.target.cap is not None and explanation.result:
        yield say("sla.why_cap", cap=Span(clock.target.cap), due=At(explanation.result))
    if explanation.uncapped_at is None and clock.cap_at is not None and explanation.result:
        yield say("sla.why_cap_idle", limit=At(clock.cap_at))
    if explanation.change is not None:
        yield _changed(explanation.change)
    yield from _outcome(clock)
    if explanation.clause:
        yield say("sla.why_clause", clause=explanation.clause)
    if explanation.reading:
        yield say("sla.why_reading", reading=explanation.reading)


def _changed(change: Change) -> Say:
    """Since when the ticket has its level, and whose due is in force by which rule."""
    common: dict[str, Value] = {"level": change.level, "at": At(change.at)}
    if change.rule in (ChangeRule.RAISED_KEPT, ChangeRule.LOWERED_KEPT):
        common["terms"] = change.terms
    return Say(f"sla.why_{change.rule.value}", common)


def _outcome(clock: Clock) -> Iterator[Say]:
    """How a clock that is over ended, and when; nothing of one that runs."""
    if clock.stopped_at is not None:
        yield say("sla.why_met" if clock.is_met else "sla.why_late", at=At(clock.stopped_at))
    elif clock.cancelled_at is not None:
        was_late = clock.late_at is not None
        yield say("sla.why_cancelled_late" if was_late else "sla.why_cancelled", at=At(clock.cancelled_at))


def _stretches(explanation: Explanation) -> Iterator[Say]:
    """Shown to the second. The running sum is cut, not each stretch, so that what is shown adds up exactly."""
    sofar = timedelta(0)
    for line in explanation.lines:
        span: dict[str, Value] = {"start": At(line.start), "end": At(line.end)}
        rule = _rule(explanation.clock, line)
        if not line.counted:
            yield Say("sla.why_left_out", span | {"rule": rule})
            continue
        shown = _whole(sofar + line.counted) - _whole(sofar)
        sofar += line.counted
        yield Say("sla.why_counted", span | {"counted": Span(shown, exact=True), "rule": rule})


def _rule(clock: Clock, line: Line) -> Value:
    """The rule of a stretch in words; a machine key that has none is shown as it is."""
    kind, _, name = line.rule.partition(":")
    if kind == "hold":
        return Key("rule.hold", {"who": Quote(line.note) if line.note else Key(f"rule.{name}")})
    if kind == "override":
        when = {"day": Day(date.fromisoformat(name))}
        return _with_wait(Key("rule.special" if line.counted else "rule.special_closed", when), clock, line)
    if kind in ("holiday", "closure"):
        return Key(f"rule.{kind}", {"name": name})
    if kind in ("hours", "closed", "elapsed", "cap", RECLASSIFIED):
        return _with_wait(Key(f"rule.{kind}"), clock, line)
    return line.rule


def _with_wait(rule: Key, clock: Clock, line: Line) -> Value:
    """A wait that the agreement does not grant is named beside the rule: it stopped nothing."""
    over = [
        hold
        for hold in clock.holds
        if not hold.counted and hold.start <= line.start and (hold.end is None or line.end <= hold.end)
    ]
    if not line.counted or not over:
        return rule
    who = Quote(over[0].who) if over[0].who else Key(f"rule.{over[0].reason.value}")
    return Key("rule.despite", {"rule": rule, "who": who})


def _whole(span: timedelta) -> timedelta:
    return span // _SECOND * _SECOND
