"""The rows a roster file stands for: read as they are, and written one planned change at a time."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.duty import Origin
from bot.people import VENDOR, Client, Person
from bot.store.access import Access
from bot.store.meta import Meta
from bot.store.people import People
from bot.store.rooms import Rooms
from bot.store.roster_duty import DutyRows
from bot.store.roster_row import (
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
    Said,
)
from bot.store.roster_said import remember, remembered
from bot.store.roster_values import address_of, client_of, contract_of, person_of, room_of
from bot.store.times import to_ms


class RosterRows:
    """`tx.roster`; what a change may touch is decided by `bot.roster.plan`, not here."""

    def __init__(self, connection: Any, queries: Any, touched: set[str]) -> None:
        self._c = connection
        self._q = queries
        self._duty_rows = DutyRows(connection, queries, touched)
        self._people = People(connection, queries)
        self._rooms = Rooms(connection, queries)
        self._access = Access(connection, queries)
        self._meta = Meta(connection, queries)

    def held(self) -> Held:
        """The file's active rows and, with their origin, those of others; the vendor counts as the file's."""
        clients = list(self._q.roster_clients(self._c))
        people = list(self._q.roster_people(self._c))
        contracts = list(self._q.roster_contracts(self._c))
        identities = [
            (IdentityRow(address_of(row), row["person"]), row["origin"]) for row in self._q.roster_identities(self._c)
        ]
        rooms = [(room_of(row), row["origin"]) for row in self._q.roster_rooms(self._c)]
        mine = {row["key"]: client_of(row) for row in clients if _is_mine(row) and row["active"]}
        file = Rows(
            clients=mine,
            people={row["key"]: person_of(row) for row in people if _is_mine(row) and row["active"]},
            identities={each.address: each for each, origin in identities if origin == Origin.FILE},
            duties={key: duty for key, duty in self._duties().items() if key in mine},
            contracts={row["client"]: contract_of(row) for row in contracts if _is_mine(row)},
            rooms={each.address: each for each, origin in rooms if origin == Origin.FILE},
            absences={each: each for each in self._duty_rows.absences()},
            rotations={each.key: each for each in self._duty_rows.rotations()},
        )
        return Held(
            file,
            clients={row["key"]: row["origin"] for row in clients if not _is_mine(row)},
            people={row["key"]: row["origin"] for row in people if not _is_mine(row)},
            contracts={row["client"]: row["origin"] for row in contracts if not _is_mine(row)},
            identities={each.address: (each, origin) for each, origin in identities if origin != Origin.FILE},
            rooms={each.address: (each, origin) for each, origin in rooms if origin != Origin.FILE},
            moved={
                address_of(row): replace(address_of(row), id=row["now_at"]) for row in self._q.roster_moved(self._c)
            },
            said=remembered(self._meta),
        )

    def remember(self, said: Said) -> None:
        """Keep what the file says, for the next time."""
        remember(self._meta, said)

    def put(self, change: Change, now: datetime) -> int:
        """Carry out one planned change; the client whose audit it belongs in. `now` dates new rooms."""
        row, gone = change.row, change.act is Act.REMOVE
        match row:
            case ClientRow():
                self._put_client(row, gone)
                if isinstance(change.old, ClientRow) and change.old.nudges != row.nudges:
                    self._q.steps_plan_client(self._c, key=row.key)
            case PersonRow():
                self._put_person(row, gone)
                if isinstance(change.old, PersonRow) and change.old.nudges != row.nudges:
                    self._q.steps_plan_owner(self._c, key=row.key)
            case IdentityRow():
                self._put_identity(row, change.act)
            case DutyRow():
                self._put_duty(row)
            case ContractRow():
                self._put_contract(row, change)
            case RoomRow():
                self._put_room(row, change.act, now)
            case AbsenceRow():
                self._duty_rows.put_absence(row, gone, now)
            case RotationRow():
                self._duty_rows.put_rotation(row, gone)
        return self._client_of(row)

    def plan_progress(self) -> None:
        """Words on progress are asked for by the hours of whoever answers: plan them anew."""
        self._q.steps_plan_progress(self._c)

    def open_tickets_of_client(self, key: str) -> list[int]:
        """References of open tickets, in order."""
        return [row["ref"] for row in self._q.roster_open_of_client(self._c, key=key)]

    def open_tickets_of_owner(self, key: str) -> list[int]:
        return [row["ref"] for row in self._q.roster_open_of_owner(self._c, key=key)]

    def demo_clients(self) -> list[tuple[Client, Person]]:
        """Every active client with its first contact; none without a contact."""
        rows = self._q.roster_demo_clients(self._c)
        return [(self._people.client(row["client_id"]), self._people.person(row["person_id"])) for row in rows]

    def managed_by(self, person_id: int) -> list[str]:
        """Keys of the active clients whose manager this is."""
        return [row["key"] for row in self._q.roster_clients_of(self._c, person_id=person_id)]

    def _duties(self) -> dict[str, DutyRow]:
        people: dict[str, list[str]] = {}
        for row in self._q.roster_duties(self._c):
            people.setdefault(row["client"], []).append(row["person"])
        return {client: DutyRow(client, tuple(keys)) for client, keys in people.items()}

    def _put_client(self, row: ClientRow, gone: bool) -> None:
        if gone:
            self._q.roster_close_client(self._c, key=row.key)
        else:
            self._q.roster_put_client(
                self._c,
                key=row.key,
                name=row.name,
                locale=row.locale,
                zone=row.zone,
                nudges=row.nudges,
                shadow=int(row.shadow),
            )

    def _put_person(self, row: PersonRow, gone: bool) -> None:
        if gone:
            self._leave(self._person_id(row.key))
            self._q.roster_close_person(self._c, key=row.key)
            return
        self._q.roster_put_person(
            self._c,
            key=row.key,
            client_id=self._client_id(row.client),
            name=row.name,
            role=row.role.value,
            locale=row.locale,
            zone=row.zone,
            hours=row.hours,
            nudges=row.nudges,
            notify=json.dumps(row.notify),
            meeting=row.meeting,
            calendar=row.calendar,
            own_locale=int(row.own_locale),
            own_zone=int(row.own_zone),
        )

    def _leave(self, person_id: int) -> None:
        """Nothing is open to somebody any more, whoever had opened it to him."""
        for row in list(self._q.roster_identities_of(self._c, person_id=person_id)):
            self._drop_identity(address_of(row))
        self._access.end_all(person_id)

    def _put_identity(self, row: IdentityRow, act: Act) -> None:
        if act is Act.REMOVE:
            self._drop_identity(row.address)
        else:
            self._q.roster_add_identity(self._c, **_place(row.address), person_id=self._person_id(row.person))

    def _drop_identity(self, address: Address) -> None:
        self._q.roster_close_own_chats(self._c, **_place(address))
        self._q.roster_drop_identity(self._c, **_place(address))

    def _put_duty(self, row: DutyRow) -> None:
        client_id = self._client_id(row.client)
        self._q.roster_drop_duties(self._c, client_id=client_id)
        for position, person in enumerate(row.people):
            self._q.roster_add_duty(self._c, client_id=client_id, position=position, person_id=self._person_id(person))

    def _put_contract(self, row: ContractRow, change: Change) -> None:
        """Other terms are a new row, so that tickets keep the contract they were opened under."""
        client_id, old = self._client_id(row.client), change.old
        dates = {
            "starts_at": to_ms(row.starts_at),
            "ends_at": to_ms(row.ends_at),
            "suspended_at": to_ms(row.suspended_at),
            "fee": row.fee,
        }
        if change.act is Act.CHANGE and isinstance(old, ContractRow) and old.terms == row.terms:
            self._q.roster_change_contract(self._c, client_id=client_id, **dates)
            return
        self._q.roster_close_contract(self._c, client_id=client_id)
        if change.act is not Act.REMOVE:
            policy, plan, variant = row.terms
            self._q.roster_add_contract(
                self._c, client_id=client_id, policy=policy, plan=plan, variant=variant, **dates
            )

    def _put_room(self, row: RoomRow, act: Act, now: datetime) -> None:
        """A room that comes back to its old owner is the same row; at the address of an unlinked room a new
        one is opened and that one closed, because a room never changes its client."""
        place, looks = _place(row.address), {"name": row.name, "locale": row.locale, "zone": row.zone}
        if act is Act.CHANGE:
            self._q.roster_change_room(self._c, **place, **looks)
            return
        self._q.roster_close_room(self._c, **place)
        if act is Act.REMOVE:
            return
        client_id = self._client_id(row.client)
        person_id = None if row.person is None else self._person_id(row.person)
        owner = {"client_id": client_id, "person_id": person_id}
        known = self._q.roster_reopen_room(self._c, kind=row.kind.value, **place, **owner, **looks)
        if known is None:
            self._rooms.add(
                client_id=client_id,
                person_id=person_id,
                kind=row.kind,
                channel=row.address.channel,
                account=row.address.account,
                ext_id=row.address.id,
                name=row.name,
                locale=row.locale,
                zone=row.zone,
                now=now,
                origin=Origin.FILE,
            )

    def _client_of(self, row: Row) -> int:
        match row:
            case ClientRow():
                return self._client_id(row.key)
            case IdentityRow():
                return self._people.person(self._person_id(row.person)).client_id
            case AbsenceRow() | RotationRow():
                return VENDOR
        return self._client_id(row.client)

    def _client_id(self, key: str) -> int:
        return int(self._q.roster_client_id(self._c, key=key))

    def _person_id(self, key: str) -> int:
        return int(self._q.roster_person_id(self._c, key=key))


def _place(address: Address) -> dict[str, str]:
    return {"channel": address.channel, "account": address.account, "ext_id": address.id}


def _is_mine(row: Any) -> bool:
    """Of the rows that came with the schema ("system") only the vendor is asked for; the file gives it its name."""
    return row["origin"] in (Origin.FILE, "system")
