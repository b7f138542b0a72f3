"""A real bot as a process of its own: started, asked, killed and started again over the same files."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, TypeVar

from faults.nursery import Fork, Nursery

from bot.channels.inapp.identity import AUDIENCE

REPOSITORY = Path(__file__).resolve().parents[2]
KID, SECRET = "test", b"a key of the tests, long enough for it"
_POLL_S = 0.01
T = TypeVar("T")

_STAFF = """
[vendor]
name = "Vendor"
locale = "en"
zone = "Etc/GMT-3"

[[staff]]
id = "mia"
name = "Mia"
role = "manager"
identities = {{ {mia} }}

[[staff]]
id = "lea"
name = "Lea"
role = "lead"

[[teams]]
id = "support"
name = "Support"
"""

_CLIENT = """
[[clients]]
id = "{key}"
name = "{key}"
agreement = "redtrack-premium"
manager = "mia"
locale = "en"
zone = "Etc/GMT-3"
"""
_ROOM = 'rooms = [{{ channel = "{channel}", id = "{room}" }}]\n'


class NotInTime(AssertionError):
    """Something that had to happen did not, within its time."""


def until(condition: Callable[[], T], *, within_s: float = 15, what: str = "it") -> T:
    """The first true value of a condition, looked at again and again; NotInTime when it takes longer."""
    ends = time.monotonic() + within_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > ends:
            raise NotInTime(f"{what} did not happen within {within_s:g} s")
        time.sleep(_POLL_S)


_KEPT: list[socket.socket] = []


def free_port() -> int:
    """A port the system gave us, ours also while the bot is down: it is bound, so that nobody else is given it, but not
    listened on, so that whoever asks for this very one, as the bot does, gets it.
    """
    kept = socket.socket()
    kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    kept.bind(("127.0.0.1", 0))
    port = int(kept.getsockname()[1])
    if sys.platform == "linux":  # elsewhere a bound port is taken, even for those who share
        _KEPT.append(kept)
    return port


@dataclass
class BotProcess:
    """`python -m bot run` in a folder of its own, with in-app clients of these keys; time stands at `at`."""

    folder: Path
    clients: tuple[str, ...] = ("acme",)
    at: str | None = "2026-11-20T11:00:00+03:00"  # a Friday morning in office hours; None: the machine's time
    settings: Mapping[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | Fork | None = None
    nursery: Nursery | None = None  # without one each life is a new interpreter

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._write_roster(_STAFF.format(mia=""), [_CLIENT.format(key=key) for key in self.clients])
        for key in self.clients:
            (self.folder / "keys" / key).mkdir(parents=True, exist_ok=True)
            (self.folder / "keys" / key / f"{KID}.hs256").write_bytes(SECRET)
        if self.at is not None:
            self.set_clock(self.at)

    def give_rooms(self, channel: str, rooms: Mapping[str, str], *, mia: str = "") -> None:
        """Instead of its in-app clients: one for each key, with that room; `mia` is the manager's id on the channel."""
        clients = [_CLIENT.format(key=key) + _ROOM.format(channel=channel, room=room) for key, room in rooms.items()]
        self._write_roster(_STAFF.format(mia=mia and f'{channel} = "{mia}"'), clients)

    def _write_roster(self, staff: str, clients: list[str]) -> None:
        (self.folder / "roster.toml").write_text(staff + "".join(clients))

    @property
    def database(self) -> Path:
        return self.folder / "var" / "pledge.db"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def stderr(self) -> str:
        return (self.folder / "stderr").read_text()

    def set_clock(self, moment: str | datetime) -> None:
        """Business time from now on; put in place as a whole, as the bot may read it at any moment."""
        text = moment if isinstance(moment, str) else moment.isoformat()
        fresh = self.folder / "clock.new"
        fresh.write_text(text)
        fresh.replace(self.folder / "clock")

    def environment(self) -> dict[str, str]:
        clock = {} if self.at is None else {"PLEDGE_CLOCK__FILE": str(self.folder / "clock")}
        ours = {
            "PLEDGE_HTTP__PORT": str(self.port),
            "PLEDGE_INAPP__KEYS": str(self.folder / "keys"),
            "PLEDGE_DESK__FIRST_REF": "100",
            **clock,
            **self.settings,
        }
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PLEDGE_")}
        return {**kept, "PYTHONPATH": str(REPOSITORY), **{n: v for n, v in ours.items() if v}}

    def lives_quickly(self) -> None:
        """From now on each life is a fork of a process that has imported the bot already."""
        self.nursery = Nursery(self.folder)

    def spawn(self) -> subprocess.Popen[bytes] | Fork:
        """Start without waiting; what it says on stderr is appended to the file of that name."""
        assert self.process is None, "it runs already"
        if self.nursery is not None:
            self.process = self.nursery.fork(self.environment())
            return self.process
        with (self.folder / "stderr").open("ab") as stderr:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bot", "run"],
                cwd=self.folder,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=stderr,
                stderr=stderr,
            )
        return self.process

    def start(self) -> float:
        """Start and wait until /readyz is green; how many seconds that took."""
        begun = time.monotonic()
        process = self.spawn()
        until(lambda: self.is_ready() or process.poll() is not None, what="readiness")
        assert process.poll() is None, f"ended with {process.returncode}: {self.stderr}"
        return time.monotonic() - begun

    def is_ready(self) -> bool:
        try:
            return self.get("/readyz")[0] == 200
        except OSError:
            return False

    def is_alive(self) -> bool:
        """Whether it answers at all; it may be busy with what waited."""
        try:
            return self.get("/healthz")[0] == 200
        except OSError:
            return False

    def get(self, path: str) -> tuple[int, bytes]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def kill(self) -> None:
        """SIGKILL: no farewell, no flush; the files stay as they are."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self.process = None

    def stop(self, within_s: float = 12) -> int:
        """SIGTERM; the exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(within_s)
        self.process = None
        return status

    def end(self) -> None:
        """Leave no process behind, whatever happened."""
        if self.process is not None:
            self.kill()
        if self.nursery is not None:
            self.nursery.close()
            self.nursery = None

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Ask the database file beside the bot."""
        connection = sqlite3.connect(self.database, timeout=10)
        try:
            return connection.execute(sql, values).fetchall()
        finally:
            connection.close()

    def unsent(self) -> int:
        """How many deliveries are not over."""
        ((count,),) = self.rows("SELECT count(*) FROM outbox WHERE state NOT IN ('sent', 'superseded')")
        return int(count)


def token(client: str, sub: str, jti: str) -> str:
    """What the vendor's back end signs for one of its people; valid in machine time."""
    import jwt

    issued = int(time.time())  # noqa: TID251 - the processes under test live in real machine time
    claims = {
        "iss": client,
        "org": client,
        "aud": AUDIENCE,
        "sub": sub,
        "name": sub.title(),
        "jti": jti,
        "iat": issued,
        "exp": issued + 3000,
    }
    return jwt.encode(claims, SECRET, algorithm="HS256", headers={"kid": KID})
