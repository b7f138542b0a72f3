"""One look at the outbox, inside a unit of work: what was left behind, what cannot go, what is due."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.channels.base import Limits
from bot.delivery.settle import Report, report_lapsed, report_parked
from bot.store.outbox import Outbox
from bot.store.outbox_row import OutboxRow


@dataclass(frozen=True, slots=True)
class Look:
    """What the look needs to know. `busy` are deliveries this process has in hand; `now` is machine time."""

    owner: str
    now: datetime
    limits: Mapping[str, Limits]  # by channel
    in_flight: Mapping[int, str]  # row id -> channel
    busy: frozenset[int]
    at_start: bool  # of the only sender: what others have claimed was left behind
    probing: bool


@dataclass(frozen=True, slots=True)
class Turn:
    """What there is to do: rows to send and rows to look after, both gravest first; accounts to probe."""

    claimed: list[OutboxRow]
    unknown: list[OutboxRow]
    accounts: list[tuple[str, str]]
    next_at: datetime | None


def take_turn(outbox: Outbox, look: Look, report: Report) -> Turn:
    """One turn of the sender.

    1. Sends beyond their lease are in doubt from now on.
    2. What waits in rooms that cannot be reached is parked.
    3. Doubtful deliveries are looked after first: their rooms wait for them.
    4. Heads of line are claimed, up to the number of rooms a channel may have in flight.
    """
    only_owner = look.owner if look.at_start else None
    lapsed = outbox.lapse(look.now, only_owner=only_owner, but=look.busy)
    # Where a repeat has no effect it is sent again at once: nobody need hear of that, or be told by another way.
    report.failures.extend(report_lapsed([row for row in lapsed if not _repeats_freely(look, row)]))
    report.failures.extend(report_parked(outbox.park_unreachable()))
    free = Counter({name: limits.rooms_in_flight for name, limits in look.limits.items()})
    free.subtract(Counter(look.in_flight.values()))
    unknown = []
    for row in outbox.unknown_due(look.now):
        if row.id not in look.busy and free[row.channel] > 0:
            free[row.channel] -= 1
            unknown.append(row)
    claimed = []
    for name, limits in look.limits.items():
        claimed += outbox.claim(
            name,
            free[name],
            owner=look.owner,
            now=look.now,
            rate=limits.rate,
            room_rate=limits.per_room_rate,
            room_burst=limits.room_burst,
            direct_rate=limits.per_direct_rate,
        )
    claimed.sort(key=lambda row: (row.rank, row.id))
    accounts = outbox.parked_accounts() if look.probing else []
    # With something in hand the end of that will wake the loop; looking for the next moment costs a walk of all lines.
    idle = not claimed and not unknown
    return Turn(claimed, unknown, accounts, outbox.next_not_before(look.now) if idle else None)


def _repeats_freely(look: Look, row: OutboxRow) -> bool:
    limits = look.limits.get(row.channel)
    return limits is not None and limits.idempotent
