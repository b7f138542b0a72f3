"""The inbox: every event of a platform, committed before it is confirmed, exactly once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from dataclasses import fields as fields_of
from datetime import datetime
from typing import Any

from bot.channels.base import File, Inbound, InboundKind, News, NewsKind, Outsider
from bot.store.digests import Digest
from bot.store.times import from_ms, to_ms


@dataclass(frozen=True, slots=True)
class Known:
    """What is already stored of an event that came again."""

    id: int
    state: str
    message_seq: int | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """An event whose processing failed and that is to be tried again."""

    id: int
    inbound: Inbound
    attempts: int


@dataclass(frozen=True, slots=True)
class Counts:
    waiting: int
    quarantined: int
    oldest_at: datetime | None


class Inbox:
    def __init__(self, connection: Any, queries: Any, touched: set[str]) -> None:
        self._c = connection
        self._q = queries
        self._touched = touched

    def add(self, inbound: Inbound) -> int | Known:
        """The new row's id; where event or message were stored before, what is known of them."""
        message_id = inbound.message_id if inbound.kind in _MESSAGES else None
        row = self._q.inbox_add(
            self._c,
            channel=inbound.channel,
            account=inbound.account,
            event_id=inbound.event_id,
            room_ext=inbound.room,
            message_id=message_id,
            edit_seq=inbound.edit_seq,
            inbound=_dumps(inbound),
            payload=inbound.payload,
            at=to_ms(inbound.at),
            received_at=to_ms(inbound.received_at),
        )
        if row is not None:
            return int(row["id"])
        known = self._q.inbox_known(
            self._c, channel=inbound.channel, account=inbound.account, event_id=inbound.event_id
        ) or self._q.inbox_known_message(
            self._c,
            channel=inbound.channel,
            account=inbound.account,
            room_ext=inbound.room,
            message_id=message_id,
            edit_seq=inbound.edit_seq,
        )
        return Known(known["id"], known["state"], known["message_seq"])

    def knows(self, inbound: Inbound) -> bool:
        """Whether this event is stored."""
        channel, account, event_id = inbound.channel, inbound.account, inbound.event_id
        return self._q.inbox_known(self._c, channel=channel, account=account, event_id=event_id) is not None

    def done(self, id: int, message_seq: int | None) -> None:
        self._q.inbox_done(self._c, id=id, message_seq=message_seq)

    def failed(self, id: int, error: str, retry_at: datetime) -> None:
        """Count an attempt; try again at `retry_at` (machine time)."""
        self._touched.add("steps")
        self._q.inbox_failed(self._c, id=id, error=error[:500], retry_at=to_ms(retry_at))

    def quarantine(self, id: int, error: str) -> None:
        """Set aside for a human; never tried again by itself."""
        self._q.inbox_quarantine(self._c, id=id, error=error[:500])

    def quarantined_since(self, digest: Digest) -> tuple[int, int]:
        """How many events were set aside in its place after the one that was told of, and the last one's id."""
        row = self._q.inbox_quarantined_since(
            self._c,
            channel=digest.channel,
            account=digest.account,
            after=digest.told_id,
            kind=digest.place.value,
            what=digest.what,
        )
        return int(row["n"]), int(row["last"] or digest.told_id)

    def retryable(self, now: datetime, n: int = 50) -> Iterator[Waiting]:
        """Events to try again by now (machine time), oldest first."""
        for row in list(self._q.inbox_retryable(self._c, now=to_ms(now), n=n)):
            yield Waiting(row["id"], _loads(row["inbound"], bytes(row["payload"])), row["attempts"])

    def edits_of(self, inbound: Inbound) -> Iterator[Inbound]:
        """Edits that came before their message, the earliest edit first."""
        for row in list(
            self._q.inbox_edits_of(
                self._c,
                channel=inbound.channel,
                account=inbound.account,
                room_ext=inbound.room,
                message_id=inbound.message_id,
            )
        ):
            yield _loads(row["inbound"], bytes(row["payload"]))

    def counts(self) -> Counts:
        row = self._q.inbox_counts(self._c)
        return Counts(row["waiting"], row["quarantined"], from_ms(row["oldest_at"]))


_MESSAGES = (InboundKind.MESSAGE, InboundKind.EDIT)
# A profile is of the moment: what comes of an event later does not hang on it.
_APART = ("payload", "at", "received_at", "files", "news", "profile")
_PLAIN = [field.name for field in fields_of(Inbound) if field.name not in _APART]


def _dumps(inbound: Inbound) -> str:
    fields = {name: getattr(inbound, name) for name in _PLAIN}
    fields["at"] = to_ms(inbound.at)
    fields["received_at"] = to_ms(inbound.received_at)
    fields["files"] = [asdict(file) for file in inbound.files]
    fields["news"] = None if inbound.news is None else asdict(inbound.news)
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))


def _loads(text: str, payload: bytes) -> Inbound:
    fields = json.loads(text)
    fields["at"] = from_ms(fields["at"])
    fields["received_at"] = from_ms(fields["received_at"])
    fields["kind"] = InboundKind(fields["kind"])
    fields["files"] = tuple(File(**file) for file in fields["files"])
    news = fields.pop("news", None)  # events stored before rooms had news lack it
    fields["news"] = None if news is None else _news(news)
    return Inbound(**fields, payload=payload)


def _news(fields: dict[str, Any]) -> News:
    came = tuple(Outsider(**each) for each in fields.get("came", ()))
    return News(**{**fields, "kind": NewsKind(fields["kind"]), "came": came, "gone": tuple(fields.get("gone", ()))})
