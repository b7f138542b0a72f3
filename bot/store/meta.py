"""Small facts of the installation, the pinned policy texts, and the audit with its hash chain per client."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.store.times import to_ms


@dataclass(frozen=True, slots=True)
class Named:
    """What a contract calls its terms."""

    id: str
    plan: str
    variant: str


class Meta:
    def __init__(self, connection: Any, queries: Any) -> None:
        self._c = connection
        self._q = queries

    def get(self, key: str) -> str | None:
        row = self._q.meta_get(self._c, key=key)
        return None if row is None else str(row["value"])

    def set(self, key: str, value: str) -> None:
        self._q.meta_set(self._c, key=key, value=value)

    def pin_policy(
        self, *, hash: str, id: str, plan: str, variant: str, version: str, text: str, now: datetime
    ) -> None:
        """Keep the resolved terms under their hash; a second time does nothing."""
        self._q.policy_put(
            self._c, hash=hash, id=id, plan=plan, variant=variant, version=version, text=text, now=to_ms(now)
        )

    def policy_text(self, hash: str) -> str:
        """The terms as they were pinned; KeyError where no ticket ever pinned this hash."""
        return str(self._pinned(hash)["text"])

    def policy_named(self, hash: str) -> Named:
        """What pinned terms were called; KeyError as of `policy_text`."""
        row = self._pinned(hash)
        return Named(row["id"], row["plan"], row["variant"])

    def _pinned(self, hash: str) -> Any:
        row = self._q.policy_text(self._c, hash=hash)
        if row is None:
            raise KeyError(f"no policy with hash {hash}")
        return row

    def audit(self, client_id: int, who: str, what: str, now: datetime, old: str = "", new: str = "") -> None:
        """Append one entry to the client's chain; its hash covers the one before it."""
        last = self._q.audit_last(self._c, client_id=client_id)
        previous = "" if last is None else str(last["hash"])
        digest = _link(previous, client_id, to_ms(now), who, what, old, new)
        self._q.audit_add(
            self._c,
            client_id=client_id,
            at=to_ms(now),
            who=who,
            what=what,
            old=old,
            new=new,
            prev_hash=previous,
            hash=digest,
        )

    def audited_clients(self) -> list[int]:
        """Every client that has a chain."""
        return [int(row["client_id"]) for row in self._q.audit_clients(self._c)]

    def broken_audit(self, client_id: int) -> Iterator[int]:
        """Ids of entries whose hash no longer follows from the one before them and their own words."""
        previous = ""
        for row in self._q.audit_rows(self._c, client_id=client_id):
            expected = _link(previous, client_id, row["at"], row["who"], row["what"], row["old"], row["new"])
            if row["hash"] != expected or row["prev_hash"] != previous:
                yield int(row["id"])
            previous = row["hash"]


def _link(previous: str, client_id: int, at: int, *words: str) -> str:
    fields = "\x1f".join((previous, str(client_id), str(at), *words))
    return hashlib.sha256(fields.encode()).hexdigest()
