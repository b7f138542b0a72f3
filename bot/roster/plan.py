"""What has to change so that the rows are as the roster says: compared, ordered and put into words. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields, replace
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

from bot.duty import Origin
from bot.roster.errors import RosterConflict
from bot.sla.policy_table import Problem
from bot.store.roster_row import (
    VENDOR_KEY,
    AbsenceRow,
    Act,
    Address,
    Change,
    ClientRow,
    ContractRow,
    DutyRow,
    Held,
    IdentityRow,
    PersonRow,
    RoomRow,
    RotationRow,
    Row,
    Rows,
)

_Key = TypeVar("_Key")
_Item = TypeVar("_Item", bound=Row)


def plan_changes(held: Held, wanted: Rows) -> tuple[Change, ...]:
    """What to do, in an order in which it can be done; nothing where the rows are as the roster says.

    `wanted` is settled with what chats have linked. Raises RosterConflict where a row of another origin is in the way.
    """
    conflicts = [Problem("roster", key, "", message) for key, message in _conflicts(held, wanted)]
    if conflicts:
        raise RosterConflict(conflicts)
    file = held.file
    # What a chat has linked and the file names is the file's from now on: who takes its line out unlinks it.
    linked = {at: held.identities[at][0] for at in wanted.identities if at in held.identities}
    identities = _compare({**file.identities, **linked}, wanted.identities, linked)
    linked_rooms = {at: held.rooms[at][0] for at in wanted.rooms if at in held.rooms}
    here = {**file.rooms, **linked_rooms}
    rooms = _compare(here, _as_chosen(here, wanted.rooms), linked_rooms)
    links = [part for change in (*identities, *rooms) for part in _split(change)]
    clients, people = _compare(file.clients, wanted.clients), _compare(file.people, wanted.people)
    contracts = _compare(file.contracts, wanted.contracts)
    duty = [*_compare(file.absences, wanted.absences), *_compare(file.rotations, wanted.rotations)]
    # Who looked after a client stays on record when it goes: open tickets still need them.
    duties = [each for each in _compare(file.duties, wanted.duties) if each.new is not None]
    # Addresses are freed before they are given to somebody else; nobody goes before his successor is there.
    return (
        *(change for change in links if change.act is Act.REMOVE),
        *(change for change in clients if change.act is not Act.REMOVE),
        *(change for change in people if change.act is not Act.REMOVE),
        *contracts,
        *duties,
        *duty,
        *(change for change in links if change.act is not Act.REMOVE),
        *(change for change in people if change.act is Act.REMOVE),
        *(change for change in clients if change.act is Act.REMOVE),
    )


def _as_chosen(old: Mapping[Address, RoomRow], new: Mapping[Address, RoomRow]) -> dict[Address, RoomRow]:
    """Where the file names no language for a room, the one chosen in it by `/language` stays."""
    return {
        at: replace(room, locale=old[at].locale)
        if room.locale is None and at in old and old[at].owner == room.owner
        else room
        for at, room in new.items()
    }


def _compare(
    old: Mapping[_Key, _Item], new: Mapping[_Key, _Item], taken: Collection[_Key] = frozenset()
) -> list[Change]:
    """What differs, and what is `taken` over though it may not."""
    return [
        Change(old.get(key), new.get(key))
        for key in dict.fromkeys((*new, *old))
        if old.get(key) != new.get(key) or key in taken
    ]


def _split(change: Change) -> tuple[Change, ...]:
    """An address that passes to somebody else is closed and opened anew, so that no row changes hands."""
    old, new = change.old, change.new
    passes = (isinstance(old, IdentityRow) and isinstance(new, IdentityRow) and old.person != new.person) or (
        isinstance(old, RoomRow) and isinstance(new, RoomRow) and old.owner != new.owner
    )
    return (Change(old, None), Change(None, new)) if passes else (change,)


def _conflicts(held: Held, wanted: Rows) -> Iterator[tuple[str, str]]:
    """(thing, what is in its way) for everything of another origin that the roster claims."""
    for key in held.clients.keys() & wanted.clients.keys():
        yield f"client {key}", f"made by {held.clients[key]} already (choose another id, or close it there)"
    for key in held.people.keys() & wanted.people.keys():
        yield f"person {key}", f"made by {held.people[key]} already (choose another id, or close it there)"
    for key in held.contracts.keys() & wanted.contracts.keys():
        yield f"contract of {key}", f"made by {held.contracts[key]} already (end it there first)"
    for at in held.identities.keys() & wanted.identities.keys():
        identity, origin = held.identities[at]
        asked = wanted.identities[at].person
        if identity.person != asked and origin != Origin.CHAT:
            yield f"identity {at}", f'is "{identity.person}" by {origin}, not "{asked}" (unlink it there first)'
    for at in held.rooms.keys() & wanted.rooms.keys():
        room, origin = held.rooms[at]
        owner = wanted.rooms[at].owner
        if room.owner != owner and origin != Origin.CHAT:
            yield f"room {at}", f'belongs to "{room.client}" by {origin}, not to "{owner[1]}" (unlink it there first)'


def described(change: Change) -> str:
    """A change as a line for people: `~ client acme: zone UTC -> America/New_York`."""
    name = f"{change.act} {title(change.row)}"
    if change.new is None:
        return name
    return f"{name}: {', '.join(_facts(change.new) if change.old is None else _differences(change.old, change.new))}"


def title(row: Row) -> str:
    """`client acme`, `room inapp acme`: what a row is, and which."""
    match row:
        case ClientRow():
            return f"client {row.key}"
        case PersonRow():
            return f"{'staff' if row.role.is_staff else 'contact'} {row.key}"
        case IdentityRow():
            return f"identity {row.address}"
        case DutyRow():
            return f"manager of {row.client}"
        case ContractRow():
            return f"contract of {row.client}"
        case RoomRow():
            return f"{row.kind.value} room {row.address}"
        case AbsenceRow():
            return f"absence of {row.person}"
        case RotationRow():
            return f"on call {row.key}"


def facts(row: Row) -> str:
    """A row for the audit: its values without names, which are erased while the audit stays."""
    return ", ".join(f"{name} {text}" for name, text in _values(row).items() if name != "name" and text)


def _facts(row: Row) -> list[str]:
    return [text for text in _values(row).values() if text]


def _differences(old: Row, new: Row) -> list[str]:
    before, after = _values(old), _values(new)
    found = [
        f"{name} {before[name] or 'none'} -> {after[name] or 'none'}" for name in after if before[name] != after[name]
    ]
    if isinstance(new, RoomRow | IdentityRow):
        return found or ["linked in a chat -> named by the file"]
    # Where no value changes: what is a person's own goes before the word of a platform, what is the vendor's behind it.
    return found or ["which of locale and zone the file names"]


def _values(row: Row) -> dict[str, str]:
    """The values of a row beside what its title says, by the words the roster file uses, as texts."""
    titled: tuple[str, ...] = ("key", "address", "kind")
    if isinstance(row, DutyRow | ContractRow | AbsenceRow):
        titled = ("client", "person")
    values = {
        each.name.removesuffix("_at"): _text(getattr(row, each.name)) for each in fields(row) if each.name not in titled
    }
    if isinstance(row, PersonRow):
        del values["own_locale"], values["own_zone"]
        week: dict[str, list[str]] = json.loads(row.hours)
        values["hours"] = "; ".join(f"{day} {' '.join(texts) or 'closed'}" for day, texts in week.items())
    if isinstance(row, PersonRow | ClientRow):
        said: dict[str, object] = json.loads(row.nudges)
        values["nudges"] = "; ".join(f"{name} {_listed(value)}" for name, value in said.items())
    if isinstance(row, PersonRow):
        values["calendar"] = _masked(row.calendar)
    return values


def _listed(value: object) -> str:
    return " ".join(str(each) for each in value) if isinstance(value, list) else str(value)


def _masked(address: str) -> str:
    """A secret address so that a change of it can be seen and nothing be read: its host, and a mark of the rest."""
    host = urlsplit(address).hostname or ""
    return f"{host} #{hashlib.sha256(address.encode()).hexdigest()[:8]}" if address else ""


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%MZ}"
    if isinstance(value, tuple):
        return ", ".join(value)
    if isinstance(value, bool):
        return "yes" if value else ""
    return "" if value in (None, VENDOR_KEY) else str(value)
