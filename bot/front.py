"""What the staff's pages and the demo need of the core, fulfilled over store and desk; no page and no route here."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

import jwt

from bot import log
from bot.channels.base import Attachment, Inbound, Receive
from bot.commands.base import Actor
from bot.desk import views
from bot.desk.actors import actor_for
from bot.desk.book import Book
from bot.desk.calls.week import CallWeek, call_week
from bot.desk.desk import Desk
from bot.desk.rules import Context
from bot.desk.views import QueueRow, Summary, TicketView
from bot.notice import Notice, render, say
from bot.now import Times
from bot.people import Person, Role, Room
from bot.sla.log import Party
from bot.store.base import Store
from bot.store.conversations import unavailable_if_store_fails
from bot.store.tx import Tx
from bot.text import Rich, paragraph
from bot.web.board.ports import CommandReply, Reading, TeamRoom
from bot.web.demo import DemoClient

T = TypeVar("T")
BOARD_SESSION = timedelta(hours=12)
_TOKEN_FOR = timedelta(minutes=10)
_NO_ONE = CommandReply(Rich((paragraph("You are no longer on the staff."),)), ok=False)

logger = log.get(__name__)


async def _asked(run: Callable[[Callable[[Tx], T]], Awaitable[T]], work: Callable[[Tx], T]) -> T:
    """Run a unit of work for a page; `Unavailable` where the store cannot take it now: the page says 503."""
    with unavailable_if_store_fails():
        return await run(work)


class BoardFront:
    """Reads and acts of the board: every act is a command or a message, taken the same way as anybody's."""

    def __init__(
        self,
        store: Store[Tx],
        desk: Desk,
        times: Times,
        receive: Receive,
        *,
        simulated: bool,
        account: str,
        in_shadow: bool = False,
    ) -> None:
        self._store = store
        self._desk = desk
        self._times = times
        self._receive = receive
        self._simulated = simulated
        self._in_shadow = in_shadow
        self._account = account

    def clock(self) -> Reading:
        return Reading(self._times.business(), self._times.speed(), self._simulated, self._in_shadow)

    async def queue(self, *, owner_id: int | None, closed: bool) -> Sequence[QueueRow]:
        now = self._times.business()
        book = self._desk.book
        return await _asked(self._store.read, lambda tx: views.queue(tx, book, now, owner_id=owner_id, closed=closed))

    async def summary(self) -> Summary:
        now = self._times.business()
        return await _asked(self._store.read, lambda tx: views.summary(tx, now))

    async def ticket(self, ref: int) -> TicketView | None:
        now = self._times.business()
        return await _asked(self._store.read, lambda tx: views.ticket_view(tx, self._desk.book, ref, now))

    async def calls(self, zone: str, at: datetime) -> CallWeek:
        return await _asked(self._store.read, lambda tx: call_week(tx, self._desk.book, zone, at))

    async def file(self, number: int, n: int) -> Attachment | None:
        return await _asked(self._store.read, lambda tx: tx.messages.file(number, n))

    async def colleagues(self) -> Sequence[Person]:
        roles = [role for role in Role if role.is_staff]
        return await _asked(self._store.read, lambda tx: [p for role in roles for p in tx.people.with_role(role)])

    async def team_rooms(self, person: Person) -> Sequence[TeamRoom]:
        rooms = await _asked(self._store.read, lambda tx: tx.rooms.team())
        return [TeamRoom(r.ext_id.removeprefix("team:"), r.name) for r in rooms if r.ext_id.startswith("team:")]

    async def command(self, person_id: int, text: str) -> CommandReply:
        now = self._times.business()

        def work(tx: Tx) -> CommandReply:
            found = actor_for(tx, tx.people.person(person_id).key)
            if found is None:
                return _NO_ONE
            actor, room = found
            says_more = len(text.split(maxsplit=2)) > 2  # beyond the verb and the ticket
            context = _spoken(tx, actor, room, text, now) if says_more else None
            reply = self._desk.run_command(tx, actor, room, text, now, context, machine=self._times.machine())
            notice = reply or Notice((say("done"),))
            words = self._desk.words.words(actor.person.locale if actor.person else None)
            ok = not any(line.key.startswith("errors.") for line in notice.lines)
            return CommandReply(render(notice, words, room.zone, now), ok)

        return await _asked(self._store.write, work)

    async def say(self, person_id: int, reference: str, text: str, client_msg_id: str) -> CommandReply:
        """The words of a member of staff in the client's own room, as if he had written them there."""

        def where(tx: Tx) -> tuple[Room, Person, str, str] | None:
            found = actor_for(tx, tx.people.person(person_id).key)
            ref = reference.removeprefix("T-")
            ticket = tx.tickets.by_ref(int(ref)) if ref.isdecimal() else None
            if found is None or ticket is None or found[0].person is None:
                return None
            return tx.rooms.get(ticket.room_id), found[0].person, found[0].ext_id, ticket.root_ext

        found = await _asked(self._store.read, where)
        if found is None:
            return _NO_ONE
        room, person, sender, root = found
        now = self._times.business()
        receipt = await self._receive(
            Inbound(
                channel=room.channel,
                account=room.account,
                event_id=f"board:{person.key}:{client_msg_id}",
                room=room.ext_id,
                sender=sender,
                sender_name=person.name,
                text=text,
                message_id=f"board:{person.key}:{client_msg_id}",
                at=now,
                received_at=now,
                reply_to=root,
                payload=text.encode("utf-8", "replace"),
            )
        )
        told = receipt.notice
        return CommandReply(Rich((paragraph(told),) if told else ()), ok=True)


def _spoken(tx: Tx, actor: Actor, room: Room, text: str, now: datetime) -> Context:
    """Words typed into a form of the board become a message of the direct chat first: the log holds ids only."""
    message_id, _ = tx.messages.add(
        room,
        direction="in",
        party=Party.STAFF,
        author=actor.name,
        ext_id=f"board:{secrets.token_urlsafe(9)}",
        text=text,
        at=now,
        now=now,
        person_id=None if actor.person is None else actor.person.id,
        sender_ext=actor.ext_id,
    )
    return Context(message_id=message_id, words=text, at=now)


class StaffGate:
    """Sign-in of the board. All times are machine time; only staff comes in, checked at every request."""

    def __init__(self, store: Store[Tx], times: Times) -> None:
        self._store = store
        self._times = times

    async def redeem(self, code: str) -> str | None:
        now = self._times.machine()

        def work(tx: Tx) -> str | None:
            token = tx.access.redeem(code, "login", now)
            if token is None or token.person_id is None:
                return None
            person = tx.people.person(token.person_id)
            if not person.active or not person.role.is_staff:
                return None
            tx.meta.audit(0, person.key, "board.login", now)
            return tx.access.open_board(person.id, now, BOARD_SESSION)

        session = await _asked(self._store.write, work)
        if session is None:
            logger.warning("a sign-in was refused", action="board.login_refused")
        return session

    async def open(self, person_key: str) -> str:
        """A session without a code: for the demo, which exists on this machine only."""
        now = self._times.machine()

        def work(tx: Tx) -> str:
            person = tx.people.person_by_key(person_key)
            assert person is not None
            return tx.access.open_board(person.id, now, BOARD_SESSION)

        return await _asked(self._store.write, work)

    async def person(self, session: str) -> Person | None:
        now = self._times.machine()
        found = await _asked(self._store.read, lambda tx: tx.access.board(session, now))
        if found is None or not found.person.active or not found.person.role.is_staff:
            return None
        return found.person

    async def leave(self, session: str) -> None:
        await _asked(self._store.write, lambda tx: tx.access.end(session))


@dataclass(frozen=True, slots=True)
class DemoPeople:
    """Whom the demo shows: its clients with one contact each, and the manager."""

    clients: tuple[DemoClient, ...]
    subs: dict[str, str]  # client key -> the contact's `sub`
    manager_key: str
    manager_name: str
    manager_zone: str


class DemoFront:
    """The demo's own desk: signs the clients' tokens with a key made at start, and changes the clock's speed."""

    def __init__(
        self,
        people: DemoPeople,
        gate: StaffGate,
        times: Times,
        *,
        key: bytes,
        kid: str,
        set_speed: Callable[[float], Awaitable[None]],
    ) -> None:
        self._people = people
        self._gate = gate
        self._times = times
        self._key = key
        self._kid = kid
        self._set_speed = set_speed

    def clients(self) -> Sequence[DemoClient]:
        return self._people.clients

    def manager(self) -> tuple[str, str]:
        return self._people.manager_name, self._people.manager_zone

    def clock(self) -> Reading:
        return Reading(self._times.business(), self._times.speed(), simulated=True)

    async def set_speed(self, speed: float) -> Reading:
        await self._set_speed(speed)
        return self.clock()

    def token(self, client_key: str) -> str | None:
        client = next((c for c in self._people.clients if c.key == client_key), None)
        if client is None:
            return None
        now = self._times.machine()
        claims = {
            "iss": client.key,
            "org": client.key,
            "aud": "pledge",
            "sub": self._people.subs[client.key],
            "name": client.contact,
            "iat": int(now.timestamp()),
            "exp": int((now + _TOKEN_FOR).timestamp()),
            "jti": secrets.token_urlsafe(12),
        }
        return jwt.encode(claims, self._key, algorithm="HS256", headers={"kid": self._kid})

    async def staff_session(self) -> str:
        return await self._gate.open(self._people.manager_key)


def demo_people(book: Book, tx: Tx) -> DemoPeople | None:
    """The demo's people as the roster has them; None without a client or a manager."""
    managers = tx.people.with_role(Role.MANAGER)
    clients: list[DemoClient] = []
    subs: dict[str, str] = {}
    for client, contact in tx.roster.demo_clients():
        contract = tx.people.contract(client.id)
        agreement = "" if contract is None else book.terms(contract).name
        subs[client.key] = contact.key.partition("/")[2]
        clients.append(DemoClient(client.key, client.name, contact.name, client.zone, agreement))
    if not managers or not clients:
        return None
    manager = managers[0]
    return DemoPeople(tuple(clients), subs, manager.key, manager.name, manager.zone)
