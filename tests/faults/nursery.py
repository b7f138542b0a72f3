"""Lives that begin quickly: forks of a process that has imported the bot already, for tests that take many of them.

A fork dies of SIGKILL as any process does: its locks, sockets and whatever it had not written go with it.
"""

from __future__ import annotations

import importlib
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

_HERE = Path(__file__).resolve()


class Nursery:
    """One life at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        path = os.pathsep.join((str(_HERE.parents[2]), str(_HERE.parent)))
        self._mother = subprocess.Popen(
            [sys.executable, "-m", "nursery"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": path},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def fork(self, environment: Mapping[str, str]) -> Fork:
        """`pledge run` in the folder; what it says is appended to the file `stderr` there."""
        assert self._mother.stdin is not None
        self._mother.stdin.write(json.dumps(dict(environment)).encode() + b"\n")
        self._mother.stdin.flush()
        return Fork(int(self.answer()), self)

    def answer(self) -> bytes:
        assert self._mother.stdout is not None
        return os.read(self._mother.stdout.fileno(), 100)

    def has_answered(self) -> bool:
        return bool(select.select([self._mother.stdout], [], [], 0)[0])

    def close(self) -> None:
        self._mother.communicate()


class Fork:
    """A life, with what is asked of `subprocess.Popen`."""

    def __init__(self, pid: int, nursery: Nursery) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._nursery = nursery

    def poll(self) -> int | None:
        return self.wait() if self.returncode is None and self._nursery.has_answered() else self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            self.returncode = int(self._nursery.answer())
        return self.returncode

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)


def _live(environment: Mapping[str, str]) -> None:
    """What `python -m bot run` does; never comes back."""
    said = os.open("stderr", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for ours, number in ((nothing, 0), (said, 1), (said, 2)):
        os.dup2(ours, number)
    os.environ.clear()
    os.environ.update(environment)
    status: object = 1
    try:
        from bot.cli import main

        main(["run"], prog_name="pledge")
    except SystemExit as end:
        status = end.code
    finally:
        os._exit(status if isinstance(status, int) else 1)


def _bear() -> None:
    """A life for each line of input, an environment: answered with its pid, and with its status when it is over."""
    for name in ("uvloop", "bot.app", "bot.cli.run"):
        importlib.import_module(name)  # once, for all lives

    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            _live(json.loads(line))
        os.write(1, b"%d" % pid)
        _, status = os.waitpid(pid, 0)
        os.write(1, b"%d" % os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    _bear()
