"""The keys by which a client's back end vouches for its people: a folder per client, a file per key.

    <folder>/<client key>/<kid>.hs256         a secret of at least 32 bytes, white space around it ignored
    <folder>/<client key>/<kid>.ed25519.pub   a public key, PEM

A new file is a new key, a deleted file a revoked one, without a restart; two files are two valid keys, which
is how a key is changed without a gap.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

_log = logging.getLogger(__name__)

_HS256, _ED25519 = ".hs256", ".ed25519.pub"
_LEAST_SECRET = 32  # bytes: RFC 7518, 3.2
_CLIENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
_RESERVED = frozenset({"staff"})
"""Senders are `<client key>/<sub>`, and staff write as `staff/<key>`: no client may be called that."""


class KeyringError(Exception):
    """Files that are no keys; the text names each, what is wrong and the way out."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key of one client. It fixes the algorithm: what a token's header claims decides nothing (S25)."""

    client: str
    kid: str
    algorithm: Literal["HS256", "EdDSA"]
    material: bytes | Ed25519PublicKey = field(repr=False)


class Keyring(Protocol):
    def find(self, client: str, kid: str) -> Key | None:
        """The client's key of that name, None where it has none (any more)."""
        ...

    def clients(self) -> frozenset[str]:
        """Everybody who has a key."""
        ...


class FixedKeyring:
    """Keys that are known from the start."""

    def __init__(self, keys: Iterable[Key]) -> None:
        self._keys = {(key.client, key.kid): key for key in keys}

    def find(self, client: str, kid: str) -> Key | None:
        return self._keys.get((client, kid))

    def clients(self) -> frozenset[str]:
        return frozenset(client for client, _ in self._keys)


class FolderKeyring:
    """Keys in files, read again as soon as a file came, went or changed."""

    def __init__(self, folder: Path) -> None:
        """KeyringError lists every file that is no key; later, a bad file is logged and left out."""
        self._folder = folder
        self._seen = _state(folder)
        keys, problems = _read(folder)
        if problems:
            raise KeyringError("\n".join(problems))
        self._keys = FixedKeyring(keys)

    def find(self, client: str, kid: str) -> Key | None:
        """Looks at the folder first: a deleted key opens nothing from that moment on."""
        state = _state(self._folder)
        if state != self._seen:
            self._seen = state
            keys, problems = _read(self._folder)
            self._keys = FixedKeyring(keys)
            _log.info("keys.reloaded: %d keys in %s", len(keys), self._folder)
            for problem in problems:
                _log.error("keys.refused: %s", problem)
        return self._keys.find(client, kid)

    def clients(self) -> frozenset[str]:
        """Everybody who had a key when the folder was last read."""
        return self._keys.clients()


def _files(folder: Path) -> Iterator[Path]:
    """All files below client folders; hidden ones belong to editors and to mounted secrets."""
    for place in sorted(folder.glob("*/*")):
        if not place.name.startswith(".") and not place.parent.name.startswith(".") and place.is_file():
            yield place


def _state(folder: Path) -> tuple[tuple[str, int, int], ...]:
    found = []
    for path in _files(folder):
        try:
            stat = path.stat()
        except FileNotFoundError:
            continue
        found.append((str(path), stat.st_mtime_ns, stat.st_size))
    return tuple(found)


def _read(folder: Path) -> tuple[list[Key], list[str]]:
    if not folder.is_dir():
        return [], [f"keys {folder}: no such folder; make it, or point PLEDGE_INAPP__KEYS at the right one"]
    keys: dict[tuple[str, str], Key] = {}
    problems: list[str] = []
    for path in _files(folder):
        try:
            key = _key(path)
        except (ValueError, UnsupportedAlgorithm, OSError) as error:
            problems.append(f"key {path}: {error}")
            continue
        if (key.client, key.kid) in keys:
            problems.append(f"key {path}: there are two files for kid {key.kid!r}; rename one of them")
        keys[key.client, key.kid] = key
    return list(keys.values()), problems


def _key(path: Path) -> Key:
    client = path.parent.name
    if _CLIENT.fullmatch(client) is None or client in _RESERVED:
        raise ValueError(f"the folder {client!r} cannot be a client key; name it as in the roster")
    if path.name.endswith(_HS256):
        secret = path.read_bytes().strip()
        if len(secret) < _LEAST_SECRET:
            raise ValueError(
                f"{len(secret)} bytes are too few for HS256 (at least {_LEAST_SECRET}: openssl rand -hex 32)"
            )
        return Key(client, path.name.removesuffix(_HS256), "HS256", secret)
    if path.name.endswith(_ED25519):
        try:
            material = load_pem_public_key(path.read_bytes())
        except ValueError:
            material = None
        if not isinstance(material, Ed25519PublicKey):
            raise ValueError("not an Ed25519 public key in PEM (openssl pkey -in key.pem -pubout)")
        return Key(client, path.name.removesuffix(_ED25519), "EdDSA", material)
    raise ValueError(f"unknown kind of key; name it <kid>{_HS256} or <kid>{_ED25519}")
