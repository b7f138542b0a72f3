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

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_INTERNET = ipaddress.IPv6Network("2000::/3")
"""All that is given out of IPv6 to strangers. Outside it lie, among others, what ipaddress takes for global: fec0::/10
(sites, RFC 3879), ::/96 and ::ffff:0:0:0/96 (IPv4 addresses in other ways, RFC 4291 and 2765), 64:ff9b:1::/48 (a
translator of one's own, RFC 8215), 5f00::/16 (routes, RFC 9602).
"""

_REFUSED = tuple(
    ipaddress.ip_network(network)
    for network in (
        "192.0.0.0/24",  # protocols, some of its addresses global, RFC 6890
        "192.88.99.0/24",  # relays of 6to4, which lead anywhere, RFC 7526
        "224.0.0.0/4",  # multicast, RFC 5771
        "2001::/23",  # protocols: Teredo wraps IPv4 addresses, RFC 4380; others name no place
        "2002::/16",  # 6to4 wraps IPv4 addresses, RFC 3056
        "3fff::/20",  # documentation, RFC 9637
    )
)
"""Beside what ipaddress knows in every version of Python: this host, shared, private, reserved and the like."""


class FeedError(Exception):
    """A feed could not be read; the message is for the operator and for whom the feed belongs to."""


def is_public(address: Address) -> bool:
    """Whether an address is a stranger's on the internet.

    Of all ways to wrap an IPv4 address in another only the one is looked through that networks without IPv4 need to
    reach anybody (NAT64, RFC 6052).
    """
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            return False
        if address in _NAT64:
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        if address not in _INTERNET:
            return False
    return address.is_global and not any(address in network for network in _REFUSED)


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
