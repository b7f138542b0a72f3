"""Who a token speaks for: the vendor's signature checked, every claim bounded; pure but for the keyring."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

from bot.channels.inapp.keyring import Key, Keyring

AUDIENCE = "pledge"
LONGEST = timedelta(hours=1)
"""From `iat` to `exp`, at most."""

_SKEW = timedelta(seconds=60)  # how far the vendor's clock may be ahead of ours
_MAX_TOKEN = 8192
_LATEST = datetime(9000, 1, 1, tzinfo=UTC).timestamp()
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_NAME_LENGTH = 80


class TokenRefused(Exception):
    """The token proves nothing; the text says why, in words for whoever integrates the widget."""


@dataclass(frozen=True, slots=True)
class Claims:
    """A person of a client, as its back end vouches for."""

    client: str
    sub: str
    name: str
    jti: str
    expires_at: datetime

    @property
    def sender(self) -> str:
        """The person's id in this channel: subs are unique only within a client."""
        return f"{self.client}/{self.sub}"


def verify(token: str, keys: Keyring, now: datetime) -> Claims:
    """The claims of a token, or TokenRefused; `now` is machine time. Whether `jti` is new is not known here.

    1. The key is looked up by issuer and kid, both still unproven.
    2. The signature is checked with that key and with the one algorithm the key is for.
    3. Every claim is checked, times against `now`.
    """
    if len(token) > _MAX_TOKEN:
        raise TokenRefused(f"longer than {_MAX_TOKEN} characters")
    try:
        key = _key_for(token, keys)
        claims = jwt.decode(
            token,
            key.material,
            algorithms=[key.algorithm],
            audience=AUDIENCE,
            issuer=key.client,
            options={
                "require": ["iss", "aud", "sub", "jti", "iat", "exp", "name", "org"],
                # The library would read the wall clock.
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
    except (jwt.InvalidTokenError, UnicodeError) as error:
        raise TokenRefused(str(error) or type(error).__name__) from error
    return _checked(claims, key, now)


def _key_for(token: str, keys: Keyring) -> Key:
    unproven = jwt.decode_complete(token, options={"verify_signature": False})
    issuer, kid = unproven["payload"].get("iss"), unproven["header"].get("kid")
    if not isinstance(issuer, str) or not isinstance(kid, str):
        raise TokenRefused("iss (the client key) and kid must be given")
    key = keys.find(issuer, kid)
    if key is None:
        raise TokenRefused(f"no key {kid[:60]!r} of client {issuer[:60]!r}")
    return key


def _checked(claims: dict[str, Any], key: Key, now: datetime) -> Claims:
    if claims["org"] != key.client:
        raise TokenRefused("org is not the client whose key signed")
    issued_at, expires_at = _moment(claims, "iat"), _moment(claims, "exp")
    if expires_at <= now:
        raise TokenRefused("expired")
    if issued_at > now + _SKEW or ("nbf" in claims and _moment(claims, "nbf") > now + _SKEW):
        raise TokenRefused("not valid yet (is the clock of the signing machine right?)")
    if expires_at - issued_at > LONGEST:
        raise TokenRefused("valid for longer than one hour (exp - iat)")
    name = " ".join(_UNPRINTABLE.sub(" ", _text(claims, "name")).split())
    if not name:
        raise TokenRefused("name is empty")
    return Claims(
        client=key.client,
        sub=_identifier(claims, "sub"),
        name=name[:_NAME_LENGTH],
        jti=_identifier(claims, "jti"),
        expires_at=expires_at,
    )


def _moment(claims: dict[str, Any], name: str) -> datetime:
    value = claims[name]
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TokenRefused(f"{name} is no number of seconds")
    if not math.isfinite(value) or not 0 <= value <= _LATEST:
        raise TokenRefused(f"{name} is out of range")
    return datetime.fromtimestamp(value, UTC)


def _text(claims: dict[str, Any], name: str) -> str:
    value = claims[name]
    if not isinstance(value, str):
        raise TokenRefused(f"{name} is no text")
    return value


def _identifier(claims: dict[str, Any], name: str) -> str:
    value = _text(claims, name)
    if not 1 <= len(value) <= 200 or _UNPRINTABLE.search(value):
        raise TokenRefused(f"{name} must be 1 to 200 printable characters")
    return value
