"""Who may come in by a browser: one-time codes, sessions, keys that count once; kept by hash."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, Literal, Protocol, TypeVar

from bot.channels.base import Visitor, VisitRefused
from bot.people import Person
from bot.store.base import Store
from bot.store.conversations import unavailable_if_store_fails
from bot.store.people import People, person_of
from bot.store.rooms import Rooms
from bot.store.times import from_ms, to_ms

TOKEN_LIFETIME = timedelta(minutes=10)
"""The longest a one-time code may live (ASVS 6.5.5)."""

CODE_CHARS = 27
"""How long a code is: letters, digits, - and _."""

Purpose = Literal["login", "link"]


@dataclass(frozen=True, slots=True)
class Token:
    """What a redeemed one-time code was issued for."""

    client_id: int | None
    person_id: int | None
    channel: str | None
    issuer: str


@dataclass(frozen=True, slots=True)
class BoardSession:
    """A live session of a member of staff, as that person is at this moment; `expires_at` is machine time."""

    person: Person
    expires_at: datetime


class Access:
    """`now` is machine time everywhere. The call that makes a secret shows it; only its hash is kept."""

    def __init__(self, connection: Any, queries: Any) -> None:
        self._c = connection
        self._q = queries
        self._people = People(connection, queries)
        self._rooms = Rooms(connection, queries)

    def issue(
        self,
        purpose: Purpose,
        *,
        now: datetime,
        issuer: str,
        person_id: int | None = None,
        client_id: int | None = None,
        channel: str | None = None,
        lifetime: timedelta = TOKEN_LIFETIME,
    ) -> str:
        """A new one-time code of 160 bits; ValueError for a lifetime above ten minutes."""
        if lifetime > TOKEN_LIFETIME:
            raise ValueError(f"one-time code: lifetime {lifetime} is too long (at most {TOKEN_LIFETIME})")
        code = secrets.token_urlsafe(20)
        self._q.access_token_add(
            self._c,
            hash=_hash(code),
            purpose=purpose,
            client_id=client_id,
            person_id=person_id,
            channel=channel,
            issuer=issuer,
            now=to_ms(now),
            expires_at=to_ms(now + lifetime),
        )
        return code

    def redeem(self, code: str, purpose: Purpose, now: datetime) -> Token | None:
        """What the code stands for, to the first who asks; None once used or expired, or for another use."""
        return self._redeem(_hash(code), purpose, now)

    def redeem_hash(self, hash: str, now: datetime) -> Token | None:
        """As `redeem` for a linking code of which only the hash was let in (see `desk.cleaning`)."""
        return self._redeem(hash, "link", now)

    def codes(self) -> frozenset[str]:
        """The hashes of all codes that are not forgotten yet, used or not."""
        return frozenset(row["hash"] for row in list(self._q.access_codes(self._c)))

    def _redeem(self, hash: str, purpose: Purpose, now: datetime) -> Token | None:
        row = self._q.access_token_use(self._c, hash=hash, purpose=purpose, now=to_ms(now))
        if row is None:
            return None
        return Token(row["client_id"], row["person_id"], row["channel"], row["issuer"])

    def open_board(self, person_id: int, now: datetime, lifetime: timedelta) -> str:
        """The secret of a new board session; who that person is and may do is looked up at every use."""
        secret = secrets.token_urlsafe(32)
        self._add_session(secret, "board", now, now + lifetime, person_id=person_id)
        return secret

    def board(self, secret: str, now: datetime) -> BoardSession | None:
        """The session's person; None if it ended, or the person was deactivated or is no staff any more."""
        row = self._q.access_board_session(self._c, hash=_hash(secret), now=to_ms(now))
        if row is None:
            return None
        return BoardSession(person_of(row), from_ms(row["expires_at"]))

    def end(self, secret: str) -> None:
        """Sign out: the secret opens nothing from now on."""
        self._q.access_session_end(self._c, hash=_hash(secret))

    def end_all(self, person_id: int) -> int:
        """End every session of a person; how many there were."""
        return int(self._q.access_sessions_end(self._c, person_id=person_id))

    def open_visit(
        self,
        channel: str,
        account: str,
        client: str,
        sender: str,
        name: str,
        now: datetime,
        ends_at: datetime,
    ) -> str:
        """The secret of a new session in the client's own room; VisitRefused without such a client or room.

        The room's address on such a channel is the client's key.
        """
        found = self._people.client_by_key(client)
        if found is None:
            raise VisitRefused(f"client {client!r} is not known or not active; add it to the roster")
        room = self._rooms.at(channel, account, client)
        if room is None or room.client_id != found.id:
            raise VisitRefused(f"client {client!r} has no room on channel {channel}; add one to the roster")
        secret = secrets.token_urlsafe(32)
        self._add_session(secret, "widget", now, ends_at, client_id=found.id, sub=sender, name=name, room_ext=client)
        return secret

    def visit(self, channel: str, account: str, secret: str, now: datetime) -> Visitor | None:
        """The session's visitor; None if it ended, or the client or its room was closed."""
        row = self._q.access_visit(self._c, hash=_hash(secret), channel=channel, account=account, now=to_ms(now))
        if row is None:
            return None
        return Visitor(
            client=row["client_key"],
            sender=row["sub"],
            name=row["name"],
            room=row["ext_id"],
            locale=row["locale"],
            zone=row["zone"],
            expires_at=from_ms(row["expires_at"]),
        )

    def see(self, key: str, until: datetime) -> bool:
        """True the first time `key` is shown, False afterwards; remembered at least until `until`."""
        return self._q.access_see(self._c, key_hash=_hash(key), expires_at=to_ms(until)) is not None

    def forget_expired(self, now: datetime) -> int:
        """Delete codes, sessions and seen keys past their time; how many rows went."""
        moment = to_ms(now)
        return (
            int(self._q.access_forget_tokens(self._c, now=moment))
            + int(self._q.access_forget_sessions(self._c, now=moment))
            + int(self._q.access_forget_seen(self._c, now=moment))
        )

    def _add_session(
        self,
        secret: str,
        purpose: str,
        now: datetime,
        expires_at: datetime,
        *,
        person_id: int | None = None,
        client_id: int | None = None,
        sub: str = "",
        name: str = "",
        room_ext: str = "",
    ) -> None:
        self._q.access_session_add(
            self._c,
            hash=_hash(secret),
            purpose=purpose,
            person_id=person_id,
            client_id=client_id,
            sub=sub,
            name=name,
            room_ext=room_ext,
            now=to_ms(now),
            expires_at=to_ms(expires_at),
        )


class HasAccess(Protocol):
    """A unit's queries, as far as visits need them."""

    @property
    def access(self) -> Access: ...


Tx = TypeVar("Tx", bound=HasAccess)


class StoreVisits(Generic[Tx]):
    """`Visits` over the session table, for one channel and account."""

    def __init__(self, store: Store[Tx], channel: str, account: str) -> None:
        self._store = store
        self._channel = channel
        self._account = account

    async def open(
        self,
        client: str,
        sender: str,
        name: str,
        *,
        once: str,
        once_until: datetime,
        now: datetime,
        ends_at: datetime,
    ) -> tuple[str, Visitor]:
        """See `Visits.open`; it is all one unit, so that a refusal burns nothing."""

        def work(tx: Tx) -> tuple[str, Visitor]:
            if not tx.access.see(once, once_until):
                raise VisitRefused("this token was used before; fetch a fresh one for every session")
            secret = tx.access.open_visit(self._channel, self._account, client, sender, name, now, ends_at)
            visitor = tx.access.visit(self._channel, self._account, secret, now)
            if visitor is None:
                raise VisitRefused(f"client {client!r}: a session ending at {ends_at} is over already")
            return secret, visitor

        with unavailable_if_store_fails():
            return await self._store.write(work)

    async def find(self, secret: str, now: datetime) -> Visitor | None:
        """See `Visits.find`."""
        with unavailable_if_store_fails():
            return await self._store.read(lambda tx: tx.access.visit(self._channel, self._account, secret, now))


def _hash(secret: str) -> str:
    # Full-entropy secrets need no slow hash; a dump of the table opens nothing either way.
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
