"""The outbox: what is to be said, in order per room, and how far each delivery has come; rows are the truth.

A delivery is one row: one notice to one room. Its state moves only by the methods below; every move out of a
send names the lease token of that send, so that a sender that was overtaken changes nothing. What a failure
means is decided elsewhere.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from bot.notice import Notice, dumps
from bot.people import VENDOR, Room, RoomKind
from bot.store.acts import Noted
from bot.store.grouping import together
from bot.store.outbox_row import (
    GROUPED,
    KEYBOARD,
    OutboxRow,
    Shown,
    State,
    aspect_of,
    clock_nudged,
    entry_of,
    kind_of,
    oid_of,
    row_of,
    taken_back,
)
from bot.store.rates import Rates
from bot.store.rooms import Rooms
from bot.store.times import from_ms, to_ms
from bot.text import Rich, from_json, plain, to_json

LEASE = timedelta(seconds=30)
"""Longer than any send may take, so that nobody takes over a send that is still running."""

KEPT_BACK = "shadow"
"""Why a delivery to a client in shadow was never sent. It stays so: it is not posted when the shadow ends."""

_AUTHOR = "Pledge"


def room_scope(room_id: int) -> str:
    """The rate bucket of a room; outbox.sql spells it the same way."""
    return f"room:{room_id}"


def account_scope(channel: str, account: str) -> str:
    """The rate bucket of an account; outbox.sql spells it the same way."""
    return f"account:{channel}:{account}"


class Outbox:
    """Queries of one connection. `now` is business time in `put` and `mark_sent`, elsewhere machine time."""

    def __init__(self, connection: Any, queries: Any, touched: set[str]) -> None:
        self._c = connection
        self._q = queries
        self._touched = touched
        self.noted: Noted | None = None
        self._rates = Rates(connection, queries)
        self._rooms = Rooms(connection, queries)

    def put(
        self,
        *,
        dedupe_key: str,
        client_id: int,
        room: Room,
        ticket_id: int | None,
        notice: Notice,
        now: datetime,
        rank: int = 50,
        must_say: bool = True,
        thread: str | None = None,
        reply_to: str | None = None,
        origin: int | None = None,
    ) -> int | None:
        """The new row's id, None where the key exists already. IntegrityError for another client's room.

        Where it tells a state of its ticket, what still waits to tell an older one is not sent any more; likewise of
        what waits to change the buttons of one message only the newest, and of the files of one entry.
        """
        if kind_of(dedupe_key) == KEYBOARD and self.by_key(dedupe_key) is None:
            for row in list(self._q.outbox_refreshes(self._c, room_id=room.id, reply_to=reply_to)):
                self.supersede(row["id"], "other buttons are shown")
        self.take_back_files(room.id, dedupe_key)
        aspect = aspect_of(dedupe_key)
        if aspect is not None and ticket_id is not None:
            for row in list(self._q.outbox_waiting(self._c, room_id=room.id, ticket_id=ticket_id)):
                if aspect_of(row["dedupe_key"]) == aspect and row["dedupe_key"] != dedupe_key:
                    self.supersede(row["id"], "a newer state is told")
        id_ = self._q.outbox_put(
            self._c,
            oid=oid_of(dedupe_key),
            dedupe_key=dedupe_key,
            client_id=client_id,
            room_id=room.id,
            room_client_id=room.client_id,
            ticket_id=ticket_id,
            notice=dumps(notice),
            rank=rank,
            must_say=int(must_say),
            thread=thread,
            reply_to=reply_to,
            origin=origin,
            created_at=to_ms(now),
        )
        self._touched.add("outbox")
        if self.noted is not None and id_ is not None:
            self.noted.posts.append(int(id_))
        return None if id_ is None else int(id_)

    def get(self, id: int) -> OutboxRow | None:
        row = self._q.outbox_get(self._c, id=id)
        return None if row is None else row_of(row)

    def by_key(self, dedupe_key: str) -> OutboxRow | None:
        """What was put under this key; None where nothing was."""
        id_ = self._q.outbox_by_key(self._c, dedupe_key=dedupe_key)
        return None if id_ is None else self._existing(id_)

    def claim(
        self,
        channel: str,
        limit: int,
        *,
        owner: str,
        now: datetime,
        lease: timedelta = LEASE,
        rate: float | None = None,
        room_rate: float | None = None,
        room_burst: float = 1,
        direct_rate: float | None = None,
    ) -> list[OutboxRow]:
        """Up to `limit` rows of a channel, now SENDING under fresh leases, gravest first, one of each room.

        Only heads of line: in client rooms the oldest row, in internal rooms the gravest; a courtesy that waits to be
        tried again is passed by. `rate`, `room_rate` and `direct_rate` are messages per second of each account, room
        and direct chat (None: as a room); an account may burst one second's worth, a room of several people
        `room_burst`.
        """
        claimed: list[OutboxRow] = []
        while len(claimed) < limit:
            heads = list(self._q.outbox_heads(self._c, channel=channel, now=to_ms(now), n=limit - len(claimed)))
            if not heads:
                break
            # A head without a token leaves its scope blocked, so the next look does not find it again.
            for head in heads:
                # The last place before a channel: shadow may have been cast over the client after it was put.
                if head["room_client_id"] != VENDOR and self._q.people_shadow(self._c, id=head["room_client_id"]):
                    self.supersede(head["id"], KEPT_BACK)
                    continue
                account, room = account_scope(channel, head["account"]), room_scope(head["room_id"])
                if rate is not None and not self._rates.take(account, rate=rate, burst=max(rate, 1), now=now):
                    continue
                alone = head["kind"] == RoomKind.DIRECT and direct_rate is not None
                each, burst = (direct_rate, 1) if alone else (room_rate, room_burst)
                if each is not None and not self._rates.take(room, rate=each, burst=burst, now=now):
                    continue
                self._q.outbox_claim(
                    self._c,
                    id=head["id"],
                    owner=owner,
                    token=secrets.token_hex(8),
                    until=to_ms(now + lease),
                    now=to_ms(now),
                )
                row = self._existing(head["id"])
                # What may have arrived already is said again as it was: a repeat must not bring others with it.
                if row.kind in GROUPED and row.room_client_id == VENDOR and row.ambiguous == 0:
                    self._q.outbox_join(self._c, head=row.id, room_id=row.room_id, now=to_ms(now))
                    row = self._existing(row.id)
                claimed.append(row)
        return claimed

    def riders(self, id: int) -> list[OutboxRow]:
        """What goes out in the same message as this row, gravest first."""
        return [self._existing(row["id"]) for row in list(self._q.outbox_riders(self._c, head=id))]

    def lease_until(self, id: int, token: str) -> datetime | None:
        """Until when `token` holds the row; None: overtaken, withdrawn or its room is gone."""
        ms: int | None = self._q.outbox_lease_until(self._c, id=id, token=token)
        return from_ms(ms)

    def to_edit(self, row: OutboxRow, since: datetime) -> str | None:
        """The provider's id of our post that this row's state makes old, if it can be changed without a reader missing
        it: claimed since then (machine time), and still the last word in its room.
        """
        aspect, takes_back = aspect_of(row.dedupe_key), taken_back(row.dedupe_key)
        if row.ticket_id is None or (aspect is None and takes_back is None):
            return None
        last = self._q.outbox_last_word(self._c, room_id=row.room_id)
        if last is None or last["ticket_id"] != row.ticket_id or last["claimed_at"] < to_ms(since):
            return None
        if takes_back is not None:
            return str(last["provider_id"]) if last["id"] == takes_back else None
        return str(last["provider_id"]) if aspect_of(last["dedupe_key"]) == aspect else None

    def note_edit(self, id: int, token: str, provider_id: str) -> None:
        """What is sent next changes this post of ours; it stays so until it has surely not been accepted."""
        self._q.outbox_note_edit(self._c, id=id, token=token, edit_of=provider_id)

    def shown(self, room_id: int, provider_id: str) -> Shown | None:
        """Our message of that id in a room; None where we have posted none."""
        row = self._q.outbox_shown(self._c, room_id=room_id, provider_id=provider_id)
        if row is None:
            return None
        riders = self.riders(row["outbox_id"])
        notice = dumps(together([self._existing(row["outbox_id"]), *riders])) if riders else row["notice"]
        return Shown(row["id"], row["ticket_id"], notice, from_json(json.loads(row["body"])))

    def mark_sent(self, id: int, token: str, provider_id: str, rendered: Rich, now: datetime) -> bool:
        """SENT, and the message recorded in its room; False, and nothing done, where the token was overtaken.

        Heard late it still counts, whatever was assumed meanwhile. A channel whose posts are messages of our
        own has recorded it already.
        """
        body = json.dumps(to_json(rendered), ensure_ascii=False, separators=(",", ":"))
        row = self._q.outbox_mark_sent(
            self._c, id=id, token=token, provider_id=provider_id, rendered=body, now=to_ms(now)
        )
        if row is None:
            return False
        riders = self.riders(id)
        is_group = any(rider.ticket_id != row["ticket_id"] for rider in riders)
        if riders:
            self._q.outbox_arrived(self._c, head=id, provider_id=provider_id, now=to_ms(now))
        recorded = self._q.outbox_has_message(
            self._c, id=id, room_id=row["room_id"], provider_id=provider_id, oid=row["oid"]
        )
        if kind_of(row["dedupe_key"]) == KEYBOARD:
            if recorded is not None:
                self._q.messages_restate(
                    self._c, id=recorded["id"], text=plain(rendered), body=body, outbox_id=recorded["outbox_id"]
                )
            return True
        if recorded is not None and recorded["outbox_id"] not in (None, id):
            self._q.messages_keep_revision(self._c, id=recorded["id"], until_at=to_ms(now), recorded_at=to_ms(now))
            self._q.messages_restate(self._c, id=recorded["id"], text=plain(rendered), body=body, outbox_id=id)
        if recorded is not None and recorded["outbox_id"] == id:
            # Words of staff are recorded when they are sent off; only now is it known as what they arrived.
            self._q.messages_arrived(self._c, id=recorded["id"], oid=row["oid"], ext_id=provider_id)
        if recorded is None:
            self._q.messages_add(
                self._c,
                client_id=VENDOR if is_group else row["client_id"],
                room_id=row["room_id"],
                room_client_id=row["room_client_id"],
                seq=self._q.rooms_take_seq(self._c, id=row["room_id"]),
                direction="out",
                party="bot",
                person_id=None,
                author=_AUTHOR,
                sender_ext="",
                ext_id=provider_id,
                thread=row["thread"],
                reply_to=row["reply_to"],
                text=plain(rendered),
                body=body,
                files="[]",
                album=None,
                internal=0,
                at=to_ms(now),
                recorded_at=to_ms(now),
                ticket_id=None if is_group else row["ticket_id"],
                inbox_id=None,
                outbox_id=id,
            )
        return True

    def back_to_pending(
        self, id: int, token: str, not_before: datetime, *, count_attempt: bool, error: str | None = None
    ) -> State | None:
        """From SENDING or UNKNOWN: PENDING, or SUPERSEDED if it was withdrawn in flight; None: overtaken."""
        state = _state(
            self._q.outbox_back_to_pending(
                self._c,
                id=id,
                token=token,
                not_before=to_ms(not_before),
                counted=int(count_attempt),
                error=error,
            )
        )
        if state is State.SUPERSEDED or (state is State.PENDING and self._existing(id).ambiguous == 0):
            self._q.outbox_alight(self._c, head=id)
        return state

    def mark_unknown(self, id: int, token: str, error: str, look_at: datetime) -> bool:
        """From SENDING: it may have arrived; to be looked after from `look_at` on. False: overtaken."""
        marked = self._q.outbox_mark_unknown(self._c, id=id, token=token, error=error, not_before=to_ms(look_at))
        return marked is not None

    def look_again(self, id: int, token: str, at: datetime, *, absent: bool) -> None:
        """Leave an UNKNOWN row as it is until `at`; `absent`: it was looked for and not found."""
        self._q.outbox_look_again(self._c, id=id, token=token, not_before=to_ms(at), absent=int(absent))

    def mark_dead(self, id: int, token: str, reason: str) -> State | None:
        """From SENDING or UNKNOWN: DEAD, or SUPERSEDED if it was withdrawn in flight; None: overtaken."""
        return self._set_aside(id, token, State.DEAD, reason)

    def park(self, id: int, token: str, reason: str) -> State | None:
        """From SENDING or UNKNOWN: PARKED, or SUPERSEDED if it was withdrawn in flight; None: overtaken."""
        return self._set_aside(id, token, State.PARKED, reason)

    def drop(self, id: int, token: str, reason: str) -> State | None:
        """From SENDING or UNKNOWN: SUPERSEDED, better left out than said twice; None: overtaken."""
        return self._set_aside(id, token, State.SUPERSEDED, reason)

    def supersede(self, id: int, reason: str) -> State | None:
        """Take a row back: at once where it waits, else it is not sent again; None: it is final or dead."""
        state = _state(self._q.outbox_withdraw(self._c, id=id, reason=reason))
        if state is State.SUPERSEDED:
            self._q.outbox_alight(self._c, head=id)
        return state

    def withhold(self, client_id: int, reason: str) -> int:
        """Take back all that was not sent yet to the rooms of a client; how many. Never of those of the vendor."""
        if client_id == VENDOR:
            raise ValueError("client 0 is the vendor: what is put for the staff is not taken back as a whole")
        found = [
            *self._q.outbox_open_of(self._c, client_id=client_id),
            *self._q.outbox_stuck_of(self._c, client_id=client_id),
        ]
        return sum(self.supersede(row["id"], reason) is not None for row in found)

    def take_back_files(self, room_id: int, dedupe_key: str) -> bool:
        """Take back what waits in a room of the entry that a file of this key is of, unless that was put already;
        whether nothing of the entry has come there, nor to another room of the same person's, though something was to.
        """
        entry = entry_of(dedupe_key)
        if entry is None or self.by_key(dedupe_key) is not None:
            return False
        for row in list(self._q.outbox_files(self._c, room_id=room_id, entry=entry)):
            self.supersede(row["id"], "the entry is another now")
        # Behind all keys that begin so: ";" follows ":".
        beyond = entry[:-1] + ";"
        came = self._q.outbox_file_came(self._c, room_id=room_id, entry=entry, beyond=beyond)
        return came is not None and not came

    def supersede_nudges(self, ticket_id: int, clock_ids: Collection[int], reason: str) -> int:
        """Take back the nudges of a ticket's answered clocks that were not sent yet; how many."""
        rows = list(self._q.outbox_of_ticket(self._c, ticket_id=ticket_id))
        nudges = [row["id"] for row in rows if clock_nudged(row["dedupe_key"]) in clock_ids]
        return sum(self.supersede(id_, reason) is not None for id_ in nudges)

    def pause_room(self, room_id: int, until: datetime, now: datetime) -> None:
        """Nothing goes to the room before `until`."""
        self._rates.block(room_scope(room_id), until, now)

    def pause_account(self, channel: str, account: str, until: datetime, now: datetime) -> None:
        """Nothing goes out by the account before `until`."""
        self._rates.block(account_scope(channel, account), until, now)

    def suspend_room(self, room_id: int, reason: str) -> bool:
        """The room cannot be reached until `release_room`; False: known already."""
        return bool(self._q.outbox_silence_room(self._c, room_id=room_id, reason=reason))

    def suspend_account(self, channel: str, account: str, reason: str) -> bool:
        """No room of the account can be reached until `release_account`; False: known already."""
        return bool(self._q.outbox_silence_account(self._c, channel=channel, account=account, reason=reason))

    def rehouse(self, room_id: int, ext_id: str) -> None:
        """What waits for the room goes to its new address from now on."""
        self._touched.add("outbox")
        self._rooms.move(room_id, ext_id)

    def park_unreachable(self) -> list[OutboxRow]:
        """Park what waits in rooms that cannot be reached or were closed; the rows as they are now."""
        parked = []
        for row in list(self._q.outbox_in_silent_rooms(self._c)):
            self._q.outbox_park_pending(self._c, id=row["id"], reason=row["reason"])
            parked.append(self._existing(row["id"]))
        return parked

    def release_room(self, room_id: int) -> int:
        """The room can be reached again: parked rows wait in their order, as if never tried; how many. Files keep
        their doubts.
        """
        self._touched.add("outbox")
        self._q.rooms_set_unreachable(self._c, id=room_id, reason=None)
        return int(self._q.outbox_release_room(self._c, room_id=room_id))

    def release_account(self, channel: str, account: str) -> int:
        """The account works again: as `release_room` for all its rooms but those that are gone themselves."""
        self._touched.add("outbox")
        self._q.outbox_unsilence_account(self._c, channel=channel, account=account)
        return int(self._q.outbox_release_account(self._c, channel=channel, account=account))

    def parked_accounts(self) -> list[tuple[str, str]]:
        """(channel, account) of parked rows that a working account would free."""
        return [(row["channel"], row["account"]) for row in self._q.outbox_parked_accounts(self._c)]

    def revive(self, id: int) -> bool:
        """Try a DEAD row again, by an operator's decision; False where it is not dead."""
        self._touched.add("outbox")
        return bool(self._q.outbox_revive(self._c, id=id))

    def lapse(
        self, now: datetime, *, only_owner: str | None = None, but: frozenset[int] = frozenset()
    ) -> list[OutboxRow]:
        """Make UNKNOWN what was left SENDING beyond its lease, except those in `but`; the rows now.

        With `only_owner` (the one sender there is, at its start) also everything that others claimed before.
        """
        lapsed = []
        for row in list(self._q.outbox_lapsed(self._c, now=to_ms(now), owner=only_owner)):
            if row["id"] not in but:
                self.mark_unknown(row["id"], row["lease_token"], "the sender stopped in between", now)
                lapsed.append(self._existing(row["id"]))
        return sorted(lapsed, key=lambda row: row.id)

    def give_back(self, owner: str, now: datetime) -> int:
        """Back to PENDING with what the owner has claimed and, as only it can know, not begun; how many."""
        rows = list(self._q.outbox_owned(self._c, owner=owner))
        for row in rows:
            self.back_to_pending(row["id"], row["lease_token"], now, count_attempt=False)
        return len(rows)

    def unknown_due(self, now: datetime) -> list[OutboxRow]:
        """UNKNOWN rows to be looked after by now, gravest first."""
        return [self._existing(row["id"]) for row in list(self._q.outbox_unknown_due(self._c, now=to_ms(now)))]

    def next_not_before(self, now: datetime) -> datetime | None:
        """The next moment after `now` at which a wait, a lease, a look or a pause ends."""
        ms: int | None = self._q.outbox_next_not_before(self._c, now=to_ms(now))
        return from_ms(ms)

    def oldest_unsent(self) -> datetime | None:
        """When (business time) the oldest row was put that is neither sent nor set aside."""
        ms: int | None = self._q.outbox_oldest_unsent(self._c)
        return from_ms(ms)

    def stuck(self, before: datetime) -> list[OutboxRow]:
        """What should have moved by `before` and did not; a healthy sender leaves none for a minute."""
        ids = sorted(row["id"] for row in self._q.outbox_stuck(self._c, before=to_ms(before)))
        return [self._existing(id_) for id_ in ids]

    def counts(self) -> dict[State, int]:
        """How many rows there are in each state that is not final."""
        return {State(row["state"]): row["n"] for row in self._q.outbox_counts(self._c)}

    def _set_aside(self, id: int, token: str, state: State, reason: str) -> State | None:
        became = _state(self._q.outbox_set_aside(self._c, id=id, token=token, state=state.value, error=reason))
        if became is not None:
            self._q.outbox_alight(self._c, head=id)
        return became

    def _existing(self, id: int) -> OutboxRow:
        return row_of(self._q.outbox_get(self._c, id=id))


def _state(value: str | None) -> State | None:
    return None if value is None else State(value)
