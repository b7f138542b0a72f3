"""Keys and origins for clients whom nobody knows: most likely a slip of the pen that keeps a client out."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from bot.channels.inapp.keyring import Keyring
from bot.channels.inapp.origins import Origins


def strangers(clients: Collection[str], keys: Keyring | None, origins: Origins) -> Iterator[str]:
    """A sentence with its way out for every client that has keys or origins and is none of `clients`."""
    known = frozenset(clients)
    for client in sorted((keys.clients() if keys else frozenset()) - known):
        yield f"keys of {client}: the roster has no such client (name the folder by the client's id, or remove it)"
    for client in sorted(origins.clients() - known):
        yield f"origins of {client}: the roster has no such client (correct PLEDGE_INAPP__ORIGINS)"
