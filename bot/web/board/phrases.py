"""The log, the rules of an explanation and the plan in plain English; pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from bot.sla.log import EventKind

_EVENTS: Mapping[EventKind, str] = {
    EventKind.OPENED: "Opened",
    EventKind.CLIENT_MESSAGE: "Client wrote",
    EventKind.REPLIED: "Replied, neither resolution nor ETA",
    EventKind.ANSWERED: "That was the answer",
    EventKind.ACKNOWLEDGED: "Seen",
    EventKind.TAKEN: "Taken",
    EventKind.ETA_GIVEN: "ETA given",
    EventKind.ETA_ACCEPTED: "ETA accepted by the client",
    EventKind.HELD: "Put on hold",
    EventKind.WAIT_REVIEWED: "Third party still waited for",
    EventKind.RESUMED: "Resumed",
    EventKind.PRIORITY_CHANGED: "Priority changed",
    EventKind.PROGRESS_GIVEN: "Progress told",
    EventKind.WORKAROUND_GIVEN: "Workaround given",
    EventKind.ESCALATED: "Escalated",
    EventKind.PASSED_ON: "Next person of the level called in",
    EventKind.DEESCALATED: "Given back by the level",
    EventKind.ESCALATION_ACKNOWLEDGED: "Escalation taken up",
    EventKind.ASSIGNED: "Handed over",
    EventKind.MISSED: "Objective missed",
    EventKind.BREACHED: "Commitment breached",
    EventKind.FELL_SHORT: "Target missed",
    EventKind.BREACH_VOIDED: "Breach struck from the record",
    EventKind.RESOLVED: "Resolved",
    EventKind.CONFIRMED: "Confirmed by the client",
    EventKind.REOPENED: "Reopened",
    EventKind.EXCLUDED: "Outside every guarantee",
    EventKind.CANCELLED: "Cancelled",
    EventKind.MERGED: "Merged with",
    EventKind.RATED: "Rated",
    EventKind.TERMS_CHANGED: "Under the present text of the agreement",
    EventKind.NOTED: "Note",
    EventKind.UNDONE: "Undone",
}

_RULES: Mapping[str, str] = {
    "hours": "working hours",
    "closed": "outside working hours",
    "elapsed": "every second counts",
    "cap": "every second counts towards the limit",
    "override": "special day",
    "holiday": "holiday",
    "closure": "closed",
    "hold": "on hold",
    "reclassified": "before the priority changed",
}

_DAYS = {
    "mon": "Mondays",
    "tue": "Tuesdays",
    "wed": "Wednesdays",
    "thu": "Thursdays",
    "fri": "Fridays",
    "sat": "Saturdays",
    "sun": "Sundays",
}


def event_words(kind: EventKind, data: Mapping[str, object], brief: Callable[[datetime], str]) -> str:
    """An event as a short line; `brief` words a moment. Data that a kind does not know of is left out."""
    parts = [_EVENTS[kind]]
    if "eta_at" in data:
        parts.append(f"for {brief(datetime.fromisoformat(str(data['eta_at'])))}")
    if "level" in data:
        parts.append(f"level {data['level']}")
    if "priority" in data:
        parts.append(f"{'as' if kind is EventKind.OPENED else 'to'} {str(data['priority']).lower()}")
    if "metric" in data:
        parts.append(f"({str(data['metric']).lower().replace('_', ' ')})")
    if "stars" in data:
        parts.append(f"{data['stars']} of 5")
    if kind is EventKind.UNDONE and "seq" in data:
        parts.append(f"no. {data['seq']}")
    if kind is EventKind.MERGED and "ref" in data:
        parts.append(f"T-{data['ref']}")
    if "duplicate_of" in data:
        parts.append(f"as a duplicate of T-{data['duplicate_of']}")
    if "split_from" in data:
        parts.append(f"out of T-{data['split_from']}")
    if data.get("by"):
        parts.append(f"by {data['by']}")
    told = [str(data[name]).replace("_", " ") for name in ("reason", "who", "note") if data.get(name)]
    return " ".join(parts) + (f": {', '.join(told)}" if told else "")


def rule_words(rule: str) -> str:
    """The machine key of an explanation's line ("hours:mon", "holiday:Armed Forces Day") for people."""
    key, _, name = rule.partition(":")
    words = _RULES.get(key)
    if words is None:
        return rule
    named = _DAYS.get(name, name.replace("_", " "))
    return f"{words}, {named}" if named else words
