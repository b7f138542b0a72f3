"""What is said instead of a word to a client that names a time, where it goes out only after that time.

A room can be lost for hours. Whether a word still promises anything is judged when it is worded (`Say.past`), whoever
put it and whatever channel it goes by.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.notice import Left, Notice, Say

PAST: Mapping[str, str] = {
    "window.in_hours": "window.held_up",
    "window.target": "window.held_up",
    "window.capped": "window.held_up",
    "window.capped_alone": "window.held_up",
    "window.out_of_hours": "window.held_up",
    "window.out_of_hours_target": "window.held_up",
    "window.acknowledged": "window.held_up",
    "window.acknowledged_target": "window.held_up",
    # Beside a first line that is overdue for longer still.
    "window.then": "",
    "window.then_target": "",
    "window.on_call": "",
    "window.cover": "window.cover_open",
    "cover.client": "cover.client_open",
    "merged.client": "merged.client_no_clock",
    "undone.client": "undone.client_no_clock",
    "undone.client_eta": "undone.client_no_clock",
    "priority_changed.client": "priority_changed.no_clock",
    "priority_kept": "priority_changed.no_clock",
    "hold.client_recorded": "hold.client_no_clock",
    "hold.third_party_recorded": "hold.no_clock",
    "resumed": "resumed.no_clock",
    "resumed.recorded": "resumed.no_clock",
    "resumed.eta": "resumed.no_clock",
    "reopened": "reopened.no_clock",
    "progress.next": "",
    "terms.sooner": "",
    "eta.given": "eta.held_up",
    "eta.moved": "eta.held_up_moved",
    "eta.passed": "eta.passed_alone",
    "breach.client": "breach.client_alone",
    # What was missed has been told; the next reminder, or the last, names a time that is still ahead.
    "breach.client_again": "",
    "breach.client_called": "",
    "breach.client_unnamed": "",
    "shortfall.client": "shortfall.client_alone",
    "shortfall.client_again": "",
    "shortfall.client_called": "",
    "shortfall.client_unnamed": "",
    "deescalated.client": "deescalated.client_alone",
    "escalation.acknowledged_in_time": "escalation.acknowledged",
    "escalated.soon": "escalated.already",
    "escalated.waiting": "escalated.called",
    "status.aim": "status.aimed",
    "status.eta": "status.no_clock",
    "hours.open": "",
    "hours.closed": "",
    "call.proposed": "call.held_up",
    "call.countered": "call.held_up",
    "call.moved": "call.held_up",
    "call.wished": "call.held_up",
    "call.agreed": "call.held_up",
    "call.handed": "call.held_up",
    "call.soon": "call.held_up",
    "call.soon.covered": "call.held_up",
    "call.unconfirmed": "call.held_up",
    "call.file": "",
}
"""What names a time ahead -> what is said of it after that time, "" for nothing."""


def bounded(notice: Notice) -> Notice:
    """The notice, each of its promises with what is said when its time is over before it is."""
    if not any(line.key in PAST for line in notice.lines):
        return notice
    return replace(notice, lines=tuple(map(_bounded, notice.lines)))


def _bounded(line: Say) -> Say:
    past = PAST.get(line.key)
    return line if past is None or not isinstance(line.params.get("left"), Left) else replace(line, past=past)
