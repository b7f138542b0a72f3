"""Makes the rows as the roster says, in one unit of work, and leaves an audit entry for every change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.roster.chat import said_by, settle
from bot.roster.errors import RosterConflict
from bot.roster.file import Roster
from bot.roster.plan import facts, plan_changes, title
from bot.sla.policy_table import Problem
from bot.store.outbox import KEPT_BACK
from bot.store.roster_row import Act, Change, ClientRow, DutyRow, Held, PersonRow
from bot.store.tx import Tx

_KIND = "roster"  # in the small facts of the installation: whose roster this database holds


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to be done or was done, in order, and what somebody should see to by hand: in what becomes of it, and in
    lines of the file that chats have left behind.
    """

    changes: tuple[Change, ...]
    warnings: tuple[str, ...]
    remarks: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.changes)


def preview_roster(tx: Tx, roster: Roster) -> Changes:
    """What `apply_roster` would do now; raises as it does, writes nothing."""
    return _planned(tx, roster, tx.roster.held())


def _planned(tx: Tx, roster: Roster, rows: Held) -> Changes:
    held = tx.meta.get(_KIND)
    if held is not None and held != _kind(roster):
        raise RosterConflict([Problem("roster", "vendor.demo", "", _MIXED[roster.demo])])
    settled = settle(rows, roster.rows)
    changes = plan_changes(rows, settled.wanted)
    return Changes(changes, tuple(_warnings(tx, changes)), settled.remarks)


def apply_roster(tx: Tx, roster: Roster, now: datetime, *, who: str = "roster file") -> Changes:
    """Do what the roster asks for; a second time there is nothing to change.

    `who` is the author in the audit. Raises RosterConflict where rows of another origin are in the way, and
    where a demo and a real installation would share a database; never for what was done in a chat.
    """
    rows = tx.roster.held()
    planned = _planned(tx, roster, rows)
    if tx.meta.get(_KIND) is None:
        tx.meta.set(_KIND, _kind(roster))
    for change in planned.changes:
        client_id = tx.roster.put(change, now)
        old = "" if change.old is None else facts(change.old)
        new = "" if change.new is None else facts(change.new)
        tx.meta.audit(client_id, who, f"roster {change.act} {title(change.row)}", now, old, new)
    if any(isinstance(change.row, PersonRow | DutyRow) for change in planned.changes):
        tx.roster.plan_progress()
    said = said_by(roster.rows)
    if said != rows.said:
        tx.roster.remember(said)
    if any(isinstance(change.row, ClientRow) for change in planned.changes):
        for client_id in tx.people.ids_in_shadow():
            tx.outbox.withhold(client_id, KEPT_BACK)
    return planned


# Times of the demo are invented: neither its tickets nor its people may stand beside real ones.
_MIXED = {
    True: (
        "this database holds a real installation, and the demo would replace its people (set PLEDGE_ROSTER "
        "to the roster, or PLEDGE_DATABASE to another file for the demo)"
    ),
    False: (
        "this database was made by the demo and holds invented tickets (delete it, or set PLEDGE_DATABASE to "
        "another file)"
    ),
}


def _kind(roster: Roster) -> str:
    return "demo" if roster.demo else "own"


def _warnings(tx: Tx, changes: Sequence[Change]) -> Iterator[str]:
    for change in changes:
        if change.act is not Act.REMOVE:
            continue
        match change.old:
            case ClientRow(key=key):
                refs = tx.roster.open_tickets_of_client(key)
                if refs:
                    yield f"client {key}: {_listed(refs)} open and cannot be answered any more (finish them first)"
            case PersonRow(key=key) if change.old.role.is_staff:
                refs = tx.roster.open_tickets_of_owner(key)
                if refs:
                    yield f"staff {key}: still owns {_listed(refs)} (hand over with /assign)"


def _listed(refs: Sequence[int]) -> str:
    shown = ", ".join(f"T-{ref}" for ref in refs[:10])
    return shown if len(refs) <= 10 else f"{shown} and {len(refs) - 10} more"
