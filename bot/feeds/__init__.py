"""A feed that somebody else serves: what is known of it, what it may cost, and how it is fetched.

FeedError: the address may not be asked, or did not answer with a text that can be taken; it names the host at most, for
           the rest of such an address is as good as a password
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class FeedError(Exception):
    """A feed could not be read; the message is for the operator and for whom the feed belongs to."""


def is_public(address: Address) -> bool:
    """Whether an address is a stranger's on the internet, looked at through every way of wrapping an IPv4 one."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            return False
        wrapped = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if address in _NAT64:
            wrapped = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if wrapped is not None:
            return is_public(wrapped)
    return address.is_global and not address.is_multicast


@dataclass(frozen=True, slots=True)
class Limits:
    """What one feed may cost. `may_ask` says which addresses may be spoken to; tests allow their own machine."""

    within: timedelta = timedelta(seconds=15)
    most_bytes: int = 5 * 1024 * 1024
    most_redirects: int = 3
    schemes: frozenset[str] = frozenset({"https"})
    may_ask: Callable[[Address], bool] = is_public


@dataclass(frozen=True, slots=True)
class Version:
    """What a server calls a state of a feed; empty where it says nothing."""

    etag: str = ""
    modified: str = ""

    @property
    def headers(self) -> dict[str, str]:
        """What asks for the feed only if it is another by now (RFC 9110, 13.1)."""
        given = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in given.items() if value}


@dataclass(frozen=True, slots=True)
class Fetched:
    """A feed as it is now. `body` None: still the version that was known."""

    body: bytes | None
    version: Version = Version()


async def fetch(url: str, known: Version | None = None) -> Fetched:
    """As `http.fetch`, whose library is slow to load and of no use to an installation that reads no feeds."""
    from bot.feeds import http

    return await http.fetch(url, known=known)
