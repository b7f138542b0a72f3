"""Where a database may live, and who may run on it."""

import subprocess
import sys
from pathlib import Path

import pytest

from bot.store.base import CannotOpen, InstanceRunning
from bot.store.files import acquire_instance_lock, file_system_of, prepare_place

MOUNTS = r"""
/dev/vda / ext4 rw 0 0
proc /proc proc rw 0 0
server:/export /mnt/office nfs4 rw 0 0
/dev/vdb /mnt/office/local ext4 rw 0 0
//nas/files /mnt/two\040words cifs rw 0 0
/dev/vdc /srv ext4 rw 0 0
me@host:/ /srv fuse.sshfs rw 0 0
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/var/lib/pledge", "ext4"),
        ("/mnt/office", "nfs4"),
        ("/mnt/office/pledge", "nfs4"),
        ("/mnt/office/local/pledge", "ext4"),
        ("/mnt/officers", "ext4"),
        ("/mnt/two words/pledge", "cifs"),
        ("/srv/pledge", "fuse.sshfs"),
    ],
)
def test_the_nearest_and_latest_mount_decides(folder, kind):
    assert file_system_of(Path(folder), MOUNTS) == kind


def test_without_a_list_of_mounts_nothing_is_guessed():
    assert file_system_of(Path("/var"), "") is None


def test_a_network_file_system_is_refused(tmp_path):
    listing = tmp_path / "mounts"
    listing.write_text("server:/export / nfs4 rw 0 0\n")
    with pytest.raises(CannotOpen, match=r"network file system \(nfs4\).*local disk, or PostgreSQL"):
        prepare_place(tmp_path / "pledge.db", mounts=listing)


def test_missing_folders_are_created(tmp_path):
    prepare_place(tmp_path / "a" / "b" / "pledge.db")
    assert (tmp_path / "a" / "b").is_dir()


HOLDER = """
import sys
from pathlib import Path
from bot.store.files import acquire_instance_lock
lock = acquire_instance_lock(Path(sys.argv[1]))
print("running", flush=True)
sys.stdin.readline()
"""


def test_a_second_bot_is_refused_until_the_first_one_is_gone(database):
    first = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert first.stdout.readline() == "running\n"
        with pytest.raises(InstanceRunning, match=rf"another Pledge runs on it \(process {first.pid}\)") as refusal:
            acquire_instance_lock(database)
        assert refusal.value.exit_code == 75
    finally:
        first.kill()  # no chance to clean up: the kernel must let go of the lock
        first.communicate(timeout=30)
    acquire_instance_lock(database).release()


def test_the_lock_can_be_taken_again_after_its_release(database):
    with acquire_instance_lock(database) as lock, pytest.raises(InstanceRunning):
        acquire_instance_lock(database)
    lock.release()
    acquire_instance_lock(database).release()


def test_a_lock_file_that_cannot_be_opened_is_named(database):
    database.parent.mkdir()
    Path(f"{database}.lock").mkdir()
    with pytest.raises(CannotOpen, match=r"notes\.db\.lock"):
        acquire_instance_lock(database)
