"""Rate limits and pauses of rooms and accounts as rows, so that a restart does not forget them."""

from __future__ import annotations

from datetime import datetime
from math import ceil
from typing import Any

from bot.store.times import to_ms

# A bucket refilled to 0.9999999 by rounding holds a whole token.
_ROUNDING = 1e-6


class Rates:
    """Token buckets by scope; `blocked_until` is a pause asked for or the wait for a token."""

    def __init__(self, connection: Any, queries: Any) -> None:
        self._c = connection
        self._q = queries

    def take(self, scope: str, *, rate: float, burst: float, now: datetime) -> bool:
        """One token of a bucket that refills by `rate` per second up to `burst`; False: none, or paused.

        `now` is machine time. The moment of the next token is stored as the scope's block: queries see it.
        """
        at = to_ms(now)
        tokens, blocked = burst, 0
        row = self._q.rate_get(self._c, scope=scope)
        if row is not None:
            # A clock that was set back refills nothing.
            refill = max(at - row["updated_at"], 0) / 1000 * rate
            tokens, blocked = min(burst, row["tokens"] + refill), row["blocked_until"]
        if blocked > at:
            return False
        taken = tokens >= 1 - _ROUNDING
        left = max(tokens - 1, 0.0) if taken else tokens
        next_at = 0 if left >= 1 - _ROUNDING else at + ceil((1 - left) / rate * 1000)
        self._q.rate_put(self._c, scope=scope, tokens=left, now=at, blocked_until=next_at)
        return taken

    def block(self, scope: str, until: datetime, now: datetime) -> None:
        """Pause the scope until a machine moment; a longer pause that is there already stays."""
        row = self._q.rate_get(self._c, scope=scope)
        tokens, updated, blocked = (0.0, to_ms(now), 0) if row is None else tuple(row)
        self._q.rate_put(self._c, scope=scope, tokens=tokens, now=updated, blocked_until=max(blocked, to_ms(until)))
