"""Pure: what the outcome of a send, or a look after a doubtful one, means for its delivery.

Each value is an arrow out of the states `sending` and `unknown`; writing it down is `settle.py`'s business.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from bot.channels.base import Limits, Moved, Outcome, Permanent, RetryAfter, Scope, Sent, Unchangeable, Unknown
from bot.store.outbox_row import FILE, KEYBOARD, OutboxRow

FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(minutes=5)
READ_GAP = timedelta(seconds=3)
MOST_DOUBTS = 3
"""After so many attempts that may have arrived, nobody sends again until the account is known to work."""

MOST_REFRESHES = 2
"""So often a change of buttons is tried: what is dead among them is refused at a press all the same."""

FAILING_AT = 8
"""The failure with which a delivery has been failing for ten minutes: 5 + 10 + ... + 160 + 300 s of waits."""

# A pause of no length would let one turn of the loop go round for ever.
_LEAST_PAUSE = timedelta(milliseconds=100)
_JITTER = 0.2
_MOST_LOOKS = 2


@dataclass(frozen=True, slots=True)
class Delivered:
    provider_id: str


@dataclass(frozen=True, slots=True)
class Later:
    """Surely not posted. `pause` rests until `pause_until`, the row until `at`; `counts`: a failure."""

    at: datetime
    reason: str
    counts: bool
    pause: Scope = Scope.MESSAGE
    pause_until: datetime | None = None
    failing: bool = False


@dataclass(frozen=True, slots=True)
class InDoubt:
    """May have arrived; the room waits until that is settled."""

    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Not sent any more."""

    reason: str


@dataclass(frozen=True, slots=True)
class CutOff:
    """The room or the account is gone for now."""

    scope: Scope
    reason: str


@dataclass(frozen=True, slots=True)
class LookAgain:
    at: datetime
    absent: bool
    failing: bool = False


@dataclass(frozen=True, slots=True)
class GiveUp:
    reason: str


@dataclass(frozen=True, slots=True)
class LeaveOut:
    """Better not said than said twice, or than what waits behind it said late. `pause` as in `Later`."""

    reason: str
    pause: Scope = Scope.MESSAGE
    pause_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Rehoused:
    """Surely not posted; the room has another id now, and the row goes there at once."""

    room: str


@dataclass(frozen=True, slots=True)
class PostAnew:
    """What it was to change cannot be changed: at once it is sent as a post, and doubts are a post's from then on."""


Verdict = Delivered | Later | InDoubt | Refused | CutOff | LookAgain | GiveUp | LeaveOut | Rehoused | PostAnew


class Finding(Enum):
    """What can be known of a doubtful delivery."""

    CANNOT = "the channel cannot read back"
    FAILED = "it could not be looked at this time"
    ABSENT = "it is not there"


def wait_after(failures: int, jitter: float) -> timedelta:
    """The wait after the n-th failure: 5 s doubled up to 5 min, up to a fifth longer (jitter 0..1)."""
    doubled = FIRST_WAIT * (1 << min(max(failures - 1, 0), 10))
    return min(doubled, LONGEST_WAIT) * (1 + _JITTER * jitter)


def after_send(row: OutboxRow, outcome: Outcome, now: datetime, jitter: float) -> Verdict:
    """What the channel's answer means. `now` is machine time."""
    match outcome:
        case Sent(provider_id):
            return Delivered(provider_id)
        case RetryAfter(seconds, scope, throttled):
            pause = max(timedelta(seconds=seconds), _LEAST_PAUSE)
            until = None if scope is Scope.MESSAGE else now + pause
            if row.kind == KEYBOARD:
                return _refresh_later(row, scope, until, now + pause + wait_after(row.failures + 1, jitter))
            if throttled:
                at = now if until else now + pause
                return Later(at, f"throttled: {scope}", counts=False, pause=scope, pause_until=until)
            failures = row.failures + 1
            at = now + max(pause, wait_after(failures, jitter))
            failing = failures == FAILING_AT
            return Later(at, "not accepted", counts=True, pause=scope, pause_until=until, failing=failing)
        case Permanent(reason, Scope.MESSAGE):
            return LeaveOut(reason) if row.kind == FILE else Refused(reason)
        case Permanent(reason, scope):
            return CutOff(scope, reason)
        case Unknown(reason):
            return InDoubt(reason)
        case Moved(room):
            return Rehoused(room)
        case Unchangeable():
            return PostAnew()


def _refresh_later(row: OutboxRow, scope: Scope, until: datetime | None, at: datetime) -> Verdict:
    """Other buttons wait for more than the pause, so that words that wait behind them go out first."""
    if row.failures + 1 >= MOST_REFRESHES:
        return LeaveOut("the buttons cannot be changed", pause=scope, pause_until=until)
    return Later(at, "not accepted", counts=True, pause=scope, pause_until=until)


def after_look(
    row: OutboxRow, finding: Finding | Sent, failed: int, limits: Limits, now: datetime, jitter: float
) -> Verdict:
    """What becomes of an UNKNOWN row; `failed` counts the looks that concluded nothing, this one included.

    1. Found: sent. Where a repeat has no effect, as with a change of a post: send again, at once the first three times.
    2. Read back: absent twice, a little apart, is absent; a look that failed concludes nothing.
    3. No reading back: a courtesy is left out, what must be said is repeated after a wait. A courtesy is left out too
       where the second look has failed: what waits behind it must be said.
    4. A file is repeated like what must be said, though nothing waits for it: a calendar takes the same entry twice
       as once (RFC 5546, 2.1.5), and what never came it will never show.
    5. After three doubtful attempts nothing more is tried until the account is known to work. Then a file is tried once
       more: where that is in doubt too it is uploads that have no clear answer, and each may have arrived.
    """
    is_repeated = row.must_say or row.kind == FILE
    if isinstance(finding, Sent):
        return Delivered(finding.provider_id)
    if limits.idempotent or row.edit_of:
        again = row.ambiguous - MOST_DOUBTS
        wait = timedelta() if again <= 0 else wait_after(again, jitter)
        return Later(now + wait, "sent again: no second effect", counts=False)
    if finding is Finding.FAILED and failed >= _MOST_LOOKS and not is_repeated:
        return LeaveOut("a courtesy of which nothing can be found out")
    if finding is Finding.FAILED:
        return LookAgain(now + wait_after(failed, jitter), absent=False, failing=failed == FAILING_AT)
    if finding is Finding.ABSENT and row.looks == 0:
        return LookAgain(now + READ_GAP, absent=True)
    if finding is Finding.CANNOT and not is_repeated:
        return LeaveOut("a courtesy that may have arrived")
    if row.kind == FILE and row.ambiguous > MOST_DOUBTS:
        return Refused(f"{row.ambiguous} uploads without a clear answer")
    if row.ambiguous >= MOST_DOUBTS:
        return GiveUp(f"{row.ambiguous} attempts without a clear answer")
    if finding is Finding.ABSENT:
        return Later(now, "looked twice: it did not arrive", counts=False)
    return Later(now + wait_after(row.ambiguous, jitter), "sent again: may be a repeat", counts=False)
