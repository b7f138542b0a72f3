"""Fetches a text that somebody else serves, at an address somebody else wrote down: calendars of managers.

Whoever may name an address could otherwise make the bot ask machines that only the bot can reach. So every host is
resolved here, only public addresses are spoken to, and to the very address that was looked at; redirects are followed
by hand, each of them checked again, so that none leads from https to http.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Callable

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from bot.feeds import Address, FeedError, Fetched, Limits, Version

_CHUNK = 64 * 1024
_LONGEST_NAME = 200


async def fetch(
    url: str,
    limits: Limits | None = None,
    resolver: AbstractResolver | None = None,
    known: Version | None = None,
) -> Fetched:
    """The feed, or the word that it is still the version `known`. FeedError says in a sentence why there is neither.

    `resolver` finds the addresses of names, by default as the machine does; what it finds is checked all the same.
    """
    limits = limits or Limits()
    checked = _Checked(resolver or aiohttp.ThreadedResolver(), limits.may_ask)
    place = _place(url, limits)
    host = place.host
    try:
        async with (
            asyncio.timeout(limits.within.total_seconds()),
            aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(resolver=checked, use_dns_cache=False, force_close=True),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                headers={"Accept": "text/calendar, text/plain;q=0.5", "Accept-Encoding": "identity"},
            ) as session,
        ):
            return await _follow(session, place, limits, known or Version())
    except TimeoutError as error:
        raise FeedError(f"{host} did not answer within {limits.within.total_seconds():g} s") from error
    except (aiohttp.ClientError, OSError) as error:
        # What the libraries say can quote the whole address.
        raise FeedError(f"{host} could not be reached ({type(error).__name__})") from None


async def _follow(session: aiohttp.ClientSession, place: URL, limits: Limits, known: Version) -> Fetched:
    for _ in range(limits.most_redirects + 1):
        async with session.get(place, allow_redirects=False, headers=known.headers) as answer:
            if answer.status in (301, 302, 303, 307, 308):
                place = _redirected(place, answer.headers.get("Location", ""), limits)
                continue
            if answer.status == 304 and known.headers:
                return Fetched(None, known)
            if answer.status != 200:
                raise FeedError(f"{place.host} answered with status {answer.status}")
            names = (answer.headers.get(name, "") for name in ("ETag", "Last-Modified"))
            version = Version(*(name if len(name) <= _LONGEST_NAME else "" for name in names))
            return Fetched(await _body(answer, limits), version)
    raise FeedError(f"{place.host} redirects more than {limits.most_redirects} times")


async def _body(answer: aiohttp.ClientResponse, limits: Limits) -> bytes:
    """Counted as it comes, after decompression: what a server says of its length proves nothing."""
    body = bytearray()
    async for chunk in answer.content.iter_chunked(_CHUNK):
        body += chunk
        if len(body) > limits.most_bytes:
            raise FeedError(f"{answer.url.host} sends more than {limits.most_bytes // 1024} KiB")
    return bytes(body)


def _redirected(place: URL, location: str, limits: Limits) -> URL:
    try:
        target = place.join(URL(location))
    except ValueError:
        raise FeedError(f"{place.host} redirects to no address") from None
    return _place(str(target), limits)


def _place(url: str, limits: Limits) -> URL:
    """The address, if it may be asked at all. A host given as a number never reaches the resolver: looked at here."""
    try:
        place = URL(url)
        host, _ = place.host, place.port
    except ValueError:
        raise FeedError("this is no address (write https:// and a name)") from None
    if place.scheme not in limits.schemes or not host:
        raise FeedError(f"only {' and '.join(sorted(limits.schemes))} addresses are read")
    if place.user is not None or place.password is not None:
        raise FeedError(f"the address at {host} holds a name or password (use the secret address of the calendar)")
    try:
        number = ipaddress.ip_address(host)
    except ValueError:
        # "127.1" and "2130706433" are no numbers of ours, yet the library and the machine below it take them for one.
        if not host.replace(".", "").isdigit():
            return place
        raise FeedError(f"{host} is no name of a host") from None
    if not limits.may_ask(number):
        raise FeedError(f"{host} is no public address")
    return place


class _Checked(AbstractResolver):
    """Finds addresses and refuses a name that has even one that may not be asked."""

    def __init__(self, inner: AbstractResolver, may_ask: Callable[[Address], bool]) -> None:
        self._inner = inner
        self._may_ask = may_ask

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        if not all(self._may_ask(ipaddress.ip_address(each["host"])) for each in found):
            raise FeedError(f"{host} leads to an address that is not public")
        return found

    async def close(self) -> None:
        await self._inner.close()
