"""What is worth a remark of a roster that is in order: what is allowed, and yet will surprise somebody."""

from __future__ import annotations

from collections.abc import Iterator

from bot.people import Role, RoomKind
from bot.store.roster_row import Rows


def remarks(rows: Rows) -> Iterator[str]:
    """Each names the part of the file, what follows from it, and the way out."""
    if not {person.role for person in rows.people.values()} & {Role.LEAD, Role.ADMIN}:
        yield "staff: nobody is lead or admin (the last escalation reaches nobody; give somebody that role)"
    if len(rows.clients) == 1:
        yield "clients: there is none (write [[clients]] with id, name, agreement and manager)"
    if not any(room.kind is RoomKind.TEAM for room in rows.rooms.values()):
        yield "teams: there is none (write [[teams]]; warnings that reach nobody in person go there)"
    for duty in rows.duties.values():
        if len(duty.people) == 1:
            yield f'client "{duty.client}": backups: nobody stands in for {duty.people[0]} (name somebody)'


def is_on_call(rows: Rows, policy: str) -> bool:
    """Whether somebody is on call for everybody under this agreement; of one that nobody has, for whoever may come."""
    meant = [each for each in rows.rotations.values() if each.people]
    clients = [each.client for each in rows.contracts.values() if each.policy == policy]
    by_agreement = any(policy in each.policies or not (each.clients or each.policies) for each in meant)
    by_name = bool(clients) and all(any(client in each.clients for each in meant) for client in clients)
    return by_agreement or by_name
