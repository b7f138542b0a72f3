"""The values of the roster's rows, as the queries give them."""

from __future__ import annotations

import json
from typing import Any

from bot.people import Role, RoomKind
from bot.store.roster_row import Address, ClientRow, ContractRow, PersonRow, RoomRow
from bot.store.times import from_ms


def address_of(row: Any) -> Address:
    return Address(row["channel"], row["account"], row["ext_id"])


def client_of(row: Any) -> ClientRow:
    return ClientRow(row["key"], row["name"], row["locale"], row["zone"], row["nudges"], bool(row["shadow"]))


def person_of(row: Any) -> PersonRow:
    return PersonRow(
        key=row["key"],
        client=row["client"],
        name=row["name"],
        role=Role(row["role"]),
        locale=row["locale"],
        zone=row["zone"],
        hours=row["hours"],
        nudges=row["nudges"],
        notify=tuple(json.loads(row["notify"])),
        meeting=row["meeting"],
        calendar=row["calendar"],
        own_locale=bool(row["own_locale"]),
        own_zone=bool(row["own_zone"]),
    )


def contract_of(row: Any) -> ContractRow:
    return ContractRow(
        client=row["client"],
        policy=row["policy_id"],
        plan=row["plan"],
        variant=row["variant"],
        starts_at=from_ms(row["starts_at"]),
        ends_at=from_ms(row["ends_at"]),
        suspended_at=from_ms(row["suspended_at"]),
        fee=row["fee"],
    )


def room_of(row: Any) -> RoomRow:
    return RoomRow(
        address=address_of(row),
        kind=RoomKind(row["kind"]),
        client=row["client"],
        name=row["name"],
        person=row["person"],
        locale=row["locale"],
        zone=row["zone"],
    )
