"""Slack's signature of a request: slack_sdk's check by our own clock, which refuses where that one would raise."""

from __future__ import annotations

import hashlib
import hmac
import re

from slack_sdk.signature import Clock, SignatureVerifier

from bot.now import Times

_STAMP = re.compile(r"[0-9]{1,12}")


class MachineClock(Clock):
    """The time that signatures are counted in."""

    def __init__(self, times: Times) -> None:
        self._times = times

    def now(self) -> float:
        return self._times.machine().timestamp()


class Verifier(SignatureVerifier):
    """Whether Slack has signed a body within five minutes of now, before or after:
    https://docs.slack.dev/authentication/verifying-requests-from-slack.
    """

    def is_valid(self, body: str | bytes, timestamp: str | None, signature: str | None) -> bool:
        """False also for a stamp that is no number and a signature beyond ASCII, for which slack_sdk raises."""
        if timestamp is None or signature is None or not _STAMP.fullmatch(timestamp) or not signature.isascii():
            return False
        return super().is_valid(body, timestamp, signature)

    def generate_signature(self, *, timestamp: str, body: str | bytes) -> str | None:
        """Over a text, and over bytes that are none (decoded with `surrogateescape`), for which slack_sdk raises."""
        try:
            return super().generate_signature(timestamp=timestamp, body=body)
        except UnicodeEncodeError:
            assert isinstance(body, str)
            signed = f"v0:{timestamp}:{body}".encode("utf-8", "surrogateescape")
            return f"v0={hmac.new(self.signing_secret.encode(), signed, hashlib.sha256).hexdigest()}"
