"""What this channel needs of the Bot API: calls, and why they fail; no library is known here."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol


class Fault(StrEnum):
    """Why a call failed, sorted by what may be concluded from it."""

    THROTTLED = "throttled"  # not accepted; wait `seconds`
    MOVED = "moved"  # not accepted; the group has become the supergroup `room`
    FORBIDDEN = "forbidden"  # not accepted; we are not (any more) where we wanted to act
    TOKEN = "token"  # noqa: S105 - not accepted; the token is none (any more)
    CONFLICT = "conflict"  # somebody else takes this bot's updates
    REFUSED = "refused"  # not accepted in this form
    UNREACHED = "unreached"  # nothing has left this machine
    UNCLEAR = "unclear"  # may have been accepted


class CallFailed(Exception):
    """A call without a result; `reason` is the platform's wording, without the token."""

    def __init__(self, fault: Fault, reason: str, *, seconds: float = 0.0, room: str = "") -> None:
        super().__init__(f"{fault}: {reason}")
        self.fault = fault
        self.reason = reason
        self.seconds = seconds
        self.room = room


class Api(Protocol):
    """The Bot API under one token."""

    @property
    def dated_at(self) -> datetime | None:
        """What the platform's clock showed at its latest answer, in whole seconds; None before one that says so."""
        ...

    def opened(self) -> AbstractAsyncContextManager[None]:
        """Keep connections open inside; may be entered many times, the last exit closes them."""
        ...

    async def call(self, method: str, /, *, wait_s: float = 0.0, **parameters: object) -> Any:
        """The `result` of one call, made once; parameters that are None are left out. Raises CallFailed.

        `wait_s`: how long the platform may hold the answer back, beyond the usual limits of time.
        """
        ...

    async def download(self, path: str) -> bytes:
        """The content of a `file_path` that getFile gave. Raises CallFailed."""
        ...
