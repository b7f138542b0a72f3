"""The surroundings of a SQLite file: its folder, its file system, and the lock that says a bot runs on it."""

import fcntl
import os
from pathlib import Path
from typing import Self

from bot.store.base import CannotOpen, InstanceRunning

_NETWORK = frozenset({"nfs", "nfs4", "cifs", "smbfs", "smb3", "9p", "fuse.sshfs", "afs", "ceph", "glusterfs"})


def prepare_place(path: Path, *, mounts: Path = Path("/proc/mounts")) -> None:
    """Make sure that a database can live at `path`, creating folders; CannotOpen names the way out."""
    folder = path.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotOpen(
            f"database {path}: cannot create the folder {folder} ({error.strerror}); "
            "create it, or set PLEDGE_DATABASE to another place"
        ) from error
    if path.is_dir():
        raise CannotOpen(f"database {path}: this is a folder; name a file in it, like {path / 'pledge.db'}")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise CannotOpen(
            f"database {path}: the folder {folder} is not writable for user id {os.geteuid()}; "
            "change its owner, or set PLEDGE_DATABASE to another place"
        )
    # Only Linux lists its mounts here; elsewhere the check is left out rather than guessed.
    kind = file_system_of(folder.resolve(), mounts.read_text("utf-8", "replace") if mounts.exists() else "")
    if kind in _NETWORK:
        raise CannotOpen(
            f"database {path}: {folder} is on a network file system ({kind}), where SQLite's locks do not "
            "hold; use a local disk, or PostgreSQL"
        )
    if not path.exists():
        try:
            path.touch(mode=0o600)  # it will hold what clients write; SQLite gives its log the same mode
        except OSError as error:
            # Not every folder that lets root write takes files: /proc says that there is no such file.
            reason = "it takes no files" if isinstance(error, FileNotFoundError) else error.strerror
            raise CannotOpen(
                f"database {path}: the folder {folder} cannot be written ({reason}); "
                "set PLEDGE_DATABASE to another place"
            ) from error


def file_system_of(folder: Path, mounts: str) -> str | None:
    """The type of the file system that holds the absolute `folder`, by the text of /proc/mounts."""
    found: tuple[int, str] | None = None
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = Path(_unescape(fields[1]))
        # Of two mounts on one point the later one covers the earlier, hence >=.
        if folder.is_relative_to(point) and (found is None or len(point.parts) >= found[0]):
            found = (len(point.parts), fields[2])
    return found[1] if found else None


def _unescape(field: str) -> str:
    """Mount points write blank, tab, newline and backslash as octal, see proc_pid_mounts(5)."""
    for octal, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        field = field.replace(octal, character)
    return field


class InstanceLock:
    """Held while one bot runs on a database; the kernel lets go of it even after kill -9."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor

    def release(self) -> None:
        """Let go; may be called twice. The file stays, as removing it would race with the next holder."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def acquire_instance_lock(path: Path) -> InstanceLock:
    """Become the one bot on the database `path`, or raise InstanceRunning at once; the lock is `<path>.lock`.

    Only servers take it: short commands may write beside a running bot.
    """
    prepare_place(path)
    try:
        descriptor = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise CannotOpen(f"database {path}: cannot open {path}.lock ({error.strerror}); change its owner") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
        os.close(descriptor)
        raise InstanceRunning(
            f"database {path}: another Pledge runs on it (process {holder}); "
            "stop that one, or set PLEDGE_DATABASE to a file of its own"
        ) from error
    except OSError:
        os.close(descriptor)
        raise
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode("ascii"), 0)
    return InstanceLock(descriptor)


def running_on(path: Path) -> str | None:
    """The process number of the bot that runs on this database, "unknown" where it does not say; None: no bot does."""
    try:
        descriptor = os.open(f"{path}.lock", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
    finally:
        os.close(descriptor)
    return None
