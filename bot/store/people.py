"""Clients, contracts, staff and contacts, as the core asks for them."""

from __future__ import annotations

import json
from functools import cache
from typing import Any, cast

from bot.people import Client, Contract, Person, Receiving, Role
from bot.store.times import from_ms


class People:
    def __init__(self, connection: Any, queries: Any) -> None:
        self._c = connection
        self._q = queries

    def remembering(self) -> People:
        """The same questions, each asked once; for as long as nobody is added, changed or removed."""
        return cast(People, _Once(self))

    def client(self, id: int) -> Client:
        """KeyError where there is none."""
        row = self._q.people_client(self._c, id=id)
        if row is None:
            raise KeyError(f"no client {id}")
        return Client(**dict(row))

    def client_by_key(self, key: str) -> Client | None:
        row = self._q.people_client_by_key(self._c, key=key)
        return None if row is None else Client(**dict(row))

    def is_shadow(self, client_id: int) -> bool:
        """Whether nothing may be posted to this client: by the roster, or as to everybody in this installation."""
        return bool(self._q.people_shadow(self._c, id=client_id))

    def ids_in_shadow(self) -> list[int]:
        """Everybody who is told nothing, rooms of nobody included where the whole installation is in shadow."""
        return [int(row["id"]) for row in self._q.people_ids_in_shadow(self._c)]

    def in_shadow(self) -> list[str]:
        """The names of the clients that the roster puts into shadow."""
        return [str(row["name"]) for row in self._q.people_in_shadow(self._c)]

    def person(self, id: int) -> Person:
        """KeyError where there is none; inactive people are found too, history names them."""
        row = self._q.people_person(self._c, id=id)
        if row is None:
            raise KeyError(f"no person {id}")
        return person_of(row)

    def person_by_key(self, key: str) -> Person | None:
        row = self._q.people_person_by_key(self._c, key=key)
        return None if row is None else person_of(row)

    def by_identity(self, channel: str, account: str, ext_id: str) -> Person | None:
        """The active person behind a platform's user id."""
        row = self._q.people_person_by_identity(self._c, channel=channel, account=account, ext_id=ext_id)
        return None if row is None else person_of(row)

    def has_contact(self, client_id: int, channel: str, account: str, circle: str) -> bool:
        """Whether a listed contact of the client has an identity that begins with `circle`."""
        found = self._q.people_contact_in(self._c, client_id=client_id, channel=channel, account=account, circle=circle)
        return found is not None

    def identities(self, client_id: int, channel: str, account: str) -> frozenset[str]:
        """The user ids of the active people of a client, or of the staff, on a channel."""
        rows = self._q.people_identities(self._c, client_id=client_id, channel=channel, account=account)
        return frozenset(row["ext_id"] for row in rows)

    def identity_of(self, person_id: int, channel: str) -> str | None:
        """The person's user id on a channel, for a mention."""
        row = self._q.people_identity_of(self._c, person_id=person_id, channel=channel)
        return None if row is None else str(row["ext_id"])

    def add_identity(self, channel: str, account: str, ext_id: str, person_id: int) -> None:
        """The person is known by this user id from now on; nothing changes where he is already."""
        self._q.people_add_identity(self._c, channel=channel, account=account, ext_id=ext_id, person_id=person_id)

    def tell(self, person_id: int, locale: str, zone: str) -> bool:
        """A platform's word on somebody's language and zone (empty: it says none), for his own chats; the roster's and
        what is chosen in a chat go before it. Whether it is news.
        """
        return bool(self._q.people_tell(self._c, id=person_id, locale=locale, zone=zone))

    def responsible(self, client_id: int) -> list[Person]:
        """The manager first, then the backups in order; active people only."""
        return [person_of(row) for row in self._q.people_responsible(self._c, client_id=client_id)]

    def looked_after(self) -> list[int]:
        """The clients that somebody is responsible for."""
        return [int(row["id"]) for row in self._q.people_looked_after(self._c)]

    def with_role(self, role: Role) -> list[Person]:
        return [person_of(row) for row in self._q.people_with_role(self._c, role=role.value)]

    def receiving(self, person_id: int) -> Receiving:
        """How this person wants to be told."""
        row = self._q.people_receiving(self._c, id=person_id)
        return Receiving(row["zone"], row["hours"], row["nudges"], tuple(json.loads(row["notify"])))

    def nudges_of_client(self, client_id: int) -> str:
        """What the roster says of the client's nudges: JSON, `{}` for nothing."""
        return str(self._q.people_client_nudges(self._c, id=client_id))

    def contract(self, client_id: int) -> Contract | None:
        """The client's current contract row; whether it is in force is `Contract.is_in_force`."""
        row = self._q.people_contract(self._c, client_id=client_id)
        if row is None:
            return None
        return Contract(
            id=row["id"],
            client_id=row["client_id"],
            policy_id=row["policy_id"],
            plan=row["plan"],
            variant=row["variant"],
            starts_at=from_ms(row["starts_at"]),
            ends_at=from_ms(row["ends_at"]),
            suspended_at=from_ms(row["suspended_at"]),
        )


class _Once:
    """People, with each method's answers remembered."""

    def __init__(self, people: People) -> None:
        self._people = people

    def __getattr__(self, name: str) -> Any:
        asked_once = cache(getattr(self._people, name))
        setattr(self, name, asked_once)
        return asked_once


def person_of(row: Any) -> Person:
    """The value of a row with a person's columns."""
    return Person(
        id=row["id"],
        key=row["key"],
        client_id=row["client_id"],
        name=row["name"],
        role=Role(row["role"]),
        locale=row["locale"],
        zone=row["zone"],
        active=bool(row["active"]),
    )
