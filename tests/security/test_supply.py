"""What is installed is what was written down: every line of the locks by its hash, from no other place (S40)."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-bench.lock")
GROUPS = {"requirements.lock": "build", "requirements-dev.lock": "dev", "requirements-bench.lock": "bench"}
_PIN = re.compile(r"([a-z0-9][a-z0-9._-]*)==([^\s;]+)(?: ; .+)?")
_HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def pins(lock: str) -> dict[str, str]:
    """Name -> version; AssertionError for a line that is anything but a pin with its hashes."""
    found: dict[str, str] = {}
    for requirement in lock.replace("\\\n", " ").splitlines():
        if not requirement.strip() or requirement.startswith("#"):
            continue
        pin, *hashes = re.split(r"\s+(?=--)", requirement.strip())
        match = _PIN.fullmatch(pin.strip())
        assert match, f"{requirement[:80]!r} is no pin"
        assert hashes and all(_HASH.fullmatch(each) for each in hashes), f"{match[1]} has no hash"
        found[match[1]] = match[2]
    return found


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[\s\[<>=!~;]", name, maxsplit=1)[0]).lower()


def _wanted(lock: str) -> set[str]:
    """What pyproject.toml asks for directly, its group and the groups that one includes."""
    names = {_normal(each) for each in PROJECT["project"]["dependencies"]}
    groups = [GROUPS[lock]]
    for group in groups:
        for each in PROJECT["dependency-groups"][group]:
            if isinstance(each, str):
                names.add(_normal(each))
            else:
                groups.append(each["include-group"])
    return names


@pytest.mark.parametrize("lock", LOCKS)
def test_s40_every_line_of_a_lock_is_a_version_with_its_hashes(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert len(pins(text)) > 20
    assert "://" not in text, "an address would take the place of the index"
    assert not re.search(r"^\s*-(?!-hash)", text, flags=re.MULTILINE), "an option would change what the lock means"


@pytest.mark.parametrize("lock", LOCKS)
def test_s40_what_the_project_asks_for_is_locked(lock: str) -> None:
    assert _wanted(lock) <= {_normal(name) for name in pins((ROOT / lock).read_text())}


@pytest.mark.parametrize("lock", LOCKS[:2])
def test_s40_the_locks_agree_with_each_other(lock: str) -> None:
    other = pins((ROOT / LOCKS[2]).read_text())
    assert not {
        name: (version, other.get(name))
        for name, version in pins((ROOT / lock).read_text()).items()
        if other.get(name) != version
    }


def test_s40_what_runs_here_is_what_the_lock_says() -> None:
    installed = {_normal(each.metadata["Name"]): each.version for each in metadata.distributions()}
    locked = {_normal(name): version for name, version in pins((ROOT / "requirements.lock").read_text()).items()}
    direct = {_normal(each) for each in PROJECT["project"]["dependencies"]}
    assert {name: installed.get(name) for name in direct} == {name: locked[name] for name in direct}


def test_s40_every_target_that_installs_asks_for_the_hashes() -> None:
    """The image's own way is held by tests/test_container.py."""
    installs = [line for line in (ROOT / "Makefile").read_text().splitlines() if "$(PIP) install" in line]
    assert len(installs) == 2 * len(LOCKS)
    for line in installs:
        assert ("--require-hashes" in line) == ("-r " in line)
        assert ("--no-deps" in line) == ("-r " not in line), "the project itself, never what it depends on"


@pytest.mark.parametrize(
    "planted",
    [
        "evil==1.0",
        "evil>=1.0 --hash=sha256:" + "0" * 64,
        "evil @ https://evil.example/evil.whl --hash=sha256:" + "0" * 64,
        "-e git+https://evil.example/evil",
        "evil==1.0 --hash=md5:" + "0" * 32,
    ],
)
def test_s40_a_planted_line_is_found(planted: str) -> None:
    with pytest.raises(AssertionError):
        pins((ROOT / "requirements.lock").read_text() + planted + "\n")
