"""Which web pages may talk to the chat: an allow-list per client, never a wildcard (S27)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_ORIGIN = re.compile(r"https?://[a-z0-9.\-\[\]:]+")

HEADERS = "authorization, content-type, last-event-id"
"""What a page may send beyond the plain; there are no cookies, so credentials are never allowed."""


class OriginError(ValueError):
    """A setting that is no origin; the text names client, value and the way out."""


class Origins:
    """The origins of each client's product. The server's own origin is always allowed."""

    def __init__(self, allowed: Mapping[str, Sequence[str]]) -> None:
        """`allowed` maps client keys to origins; OriginError for what is more or less than an origin."""
        for client, origins in allowed.items():
            for origin in origins:
                if _ORIGIN.fullmatch(origin.lower()) is None:
                    raise OriginError(
                        f"origins of {client}: {origin!r} is no origin (like https://app.example.com, "
                        "without a path or a wildcard); set PLEDGE_INAPP__ORIGINS"
                    )
        self._by_client = {
            client: frozenset(origin.lower() for origin in origins) for client, origins in allowed.items()
        }
        self._all = frozenset().union(*self._by_client.values())

    def clients(self) -> frozenset[str]:
        """Everybody who has origins."""
        return frozenset(self._by_client)

    def allows(self, origin: str | None, host: str, client: str | None) -> bool:
        """Whether a page of `origin` may speak for `client`; None = not known yet: any client's origin may.

        No origin at all is no browser page (a native app, a server): the token alone decides.
        """
        if origin is None or origin.lower() in (f"http://{host.lower()}", f"https://{host.lower()}"):
            return True
        known = self._all if client is None else self._by_client.get(client, frozenset())
        return origin.lower() in known


def cors_headers(origin: str | None) -> dict[str, str]:
    """What lets a page of an allowed origin read the answer; caches must keep origins apart."""
    if origin is None:
        return {"vary": "Origin"}
    return {
        "vary": "Origin",
        "access-control-allow-origin": origin,
        "access-control-expose-headers": "Retry-After",
        "cross-origin-resource-policy": "cross-origin",
    }


def preflight_headers(origin: str, method: str) -> dict[str, str]:
    """The answer to a preflight of an allowed origin; kept ten minutes, so that a removal counts soon."""
    return cors_headers(origin) | {
        "access-control-allow-methods": method,
        "access-control-allow-headers": HEADERS,
        "access-control-max-age": "600",
    }
