"""What the core knows of who may read along in a room."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Set
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Watched:
    """`known`: the outsiders who are known there (`Outsider.who`). `ours`: the people (`team/user`) whom the roster
    names: staff for a room of the team, the client's contacts for a client's.
    """

    is_team: bool
    known: Set[str]
    ours: Set[str]


WatchedRooms = Callable[[], Awaitable[Mapping[str, Watched]]]
