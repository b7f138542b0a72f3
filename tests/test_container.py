"""The container's files say what the operator's page promises; they are read here, not built."""

from __future__ import annotations

import fnmatch
import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
HEALTH = "from urllib.request import urlopen; urlopen('http://127.0.0.1:8080/healthz', timeout=3)"


def instructions(text: str) -> list[tuple[str, str]]:
    """(INSTRUCTION, the rest) of a Dockerfile, continued lines joined, comments left out."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\s*\\\n\s*", " ", "\n".join(lines))
    pairs = [line.strip().partition(" ") for line in joined.splitlines() if line.strip()]
    return [(name.upper(), rest.strip()) for name, _, rest in pairs]


def block_yaml(text: str) -> Any:
    """The part of YAML that compose.yaml keeps to: mappings and lists by indentation, plain and quoted words."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    value, rest = _block(lines, 0)
    assert not rest, f"compose.yaml: cannot be read from {rest[0]!r} on"
    return value


def _block(lines: list[str], depth: int) -> tuple[Any, list[str]]:
    mapping: dict[str, Any] = {}
    items: list[Any] = []
    while lines and len(lines[0]) - len(lines[0].lstrip()) == depth:
        line = lines[0].strip()
        if line.startswith("- "):
            inner = line[2:]
            if re.match(r"\w+: ", inner):  # a mapping whose first key stands behind the dash
                value, lines = _block([" " * (depth + 2) + inner, *lines[1:]], depth + 2)
            else:
                value, lines = _scalar(inner), lines[1:]
            items.append(value)
            continue
        key, _, inner = line.partition(":")
        if inner.strip():
            mapping[key], lines = _scalar(inner.strip()), lines[1:]
        elif len(lines) > 1 and (deeper := len(lines[1]) - len(lines[1].lstrip())) > depth:
            mapping[key], lines = _block(lines[1:], deeper)
        else:
            mapping[key], lines = None, lines[1:]
    return items or mapping, lines


def _scalar(text: str) -> object:
    if text in ("true", "false"):
        return text == "true"
    return text[1:-1] if text[:1] == text[-1:] == '"' else text


DOCKERFILE = instructions((ROOT / "Dockerfile").read_text(encoding="utf-8"))
_LAST = max(number for number, (name, _) in enumerate(DOCKERFILE) if name == "FROM")
BUILD, RUNTIME = DOCKERFILE[:_LAST], DOCKERFILE[_LAST:]
COMPOSE = block_yaml((ROOT / "compose.yaml").read_text(encoding="utf-8"))
SERVICE = COMPOSE["services"]["pledge"]


def only(name: str) -> str:
    """The one use of an instruction in the stage that runs."""
    (value,) = [rest for instruction, rest in RUNTIME if instruction == name]
    return value


def environment() -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in only("ENV").split())


def test_both_stages_stand_on_one_exact_base_that_a_digest_can_replace() -> None:
    (base,) = [rest for name, rest in DOCKERFILE if name == "ARG"]
    assert re.fullmatch(r"BASE=python:3\.\d+\.\d+-slim-[a-z]+", base)
    assert [rest.partition(" ")[0] for name, rest in DOCKERFILE if name == "FROM"] == ["${BASE}", "${BASE}"]


def test_the_base_is_a_python_that_the_project_supports() -> None:
    (base,) = [rest for name, rest in DOCKERFILE if name == "ARG"]
    least = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    version = re.search(r":(\d+)\.(\d+)", base)
    assert version is not None
    assert (int(version[1]), int(version[2])) >= tuple(int(part) for part in least.removeprefix(">=").split("."))


def test_dependencies_come_from_the_lock_by_their_hashes() -> None:
    pip = [json.loads(rest) for name, rest in BUILD if name == "RUN" and '"pip"' in rest]
    fetching = [words for words in pip if not {"--no-index", "--no-deps"} & set(words)]
    assert fetching and all("--require-hashes" in words and "requirements.lock" in words for words in fetching)


def test_the_project_is_built_by_what_the_lock_brought() -> None:
    pip = [json.loads(rest) for name, rest in BUILD if name == "RUN"]
    assert any("--no-index" in words and words[-1] == "hatchling" for words in pip)
    assert any({"wheel", "--no-deps", "--no-build-isolation"} < set(words) and words[-1] == "." for words in pip)


def test_the_stage_that_runs_fetches_nothing_from_outside() -> None:
    runs = [rest for name, rest in RUNTIME if name == "RUN"]
    assert [rest for rest in runs if '"pip"' in rest]
    assert all("--no-index" in rest for rest in runs if '"pip"' in rest)
    assert not [rest for rest in runs if re.search(r"apt|curl|wget|http", rest)]


def test_nobody_runs_as_root() -> None:
    uid, _, gid = only("USER").partition(":")
    assert int(uid) > 0 and int(gid) > 0
    assert SERVICE["user"] == only("USER")


def test_only_the_data_folder_is_written() -> None:
    assert only("VOLUME") == "/data"
    made = [json.loads(rest) for name, rest in RUNTIME if name == "RUN" and '"install", "-d"' in rest]
    uid, _, gid = only("USER").partition(":")
    assert made == [["install", "-d", "-o", uid, "-g", gid, "-m", "0700", "/data"]]
    assert environment()["PLEDGE_DATABASE"] == "sqlite:////data/pledge.db"
    assert environment()["PYTHONDONTWRITEBYTECODE"] == "1"


def test_health_is_asked_by_python_as_the_image_has_nothing_else() -> None:
    options, _, command = only("HEALTHCHECK").partition(" CMD ")
    assert json.loads(command) == ["python", "-c", HEALTH]
    assert {option.partition("=")[0] for option in options.split()} >= {"--interval", "--timeout", "--retries"}
    assert environment()["PLEDGE_HTTP__PORT"] == only("EXPOSE") == "8080"


def test_no_shell_stands_between_the_signal_and_the_bot() -> None:
    assert json.loads(only("ENTRYPOINT")) == ["pledge"]
    assert json.loads(only("CMD")) == ["run"]
    assert only("STOPSIGNAL") == "SIGTERM"


def test_no_secret_is_built_into_the_image() -> None:
    names = [*environment(), *(rest for name, rest in DOCKERFILE if name == "ARG")]
    assert not [name for name in names if re.search(r"TOKEN|SECRET|PASSWORD|KEY", name)]


def test_the_service_has_no_more_rights_than_it_needs() -> None:
    assert SERVICE["read_only"] is True
    assert SERVICE["cap_drop"] == ["ALL"]
    assert SERVICE["security_opt"] == ["no-new-privileges:true"]
    assert not {"cap_add", "privileged", "pid", "network_mode", "devices"} & set(SERVICE)


def test_the_service_keeps_its_data_and_nothing_else() -> None:
    assert SERVICE["volumes"][0] == "data:/data"
    assert "data" in COMPOSE["volumes"]
    assert all(volume["read_only"] for volume in SERVICE["volumes"][1:])
    assert [mount.partition(":")[0] for mount in SERVICE["tmpfs"]] == ["/tmp"]


def test_the_port_is_open_to_this_machine_only() -> None:
    (port,) = SERVICE["ports"]
    assert port == "127.0.0.1:8080:8080"
    # Inside, the bot has to listen on more than its own loopback, or nothing reaches it.
    assert environment()["PLEDGE_HTTP__HOST"] == "0.0.0.0"
    assert SERVICE["environment"]["PLEDGE_HTTP__PUBLIC_URL"] == "http://127.0.0.1:8080"


def test_the_service_is_watched_and_given_time_to_stop() -> None:
    assert SERVICE["restart"] == "unless-stopped"
    assert SERVICE["healthcheck"]["test"] == ["CMD", "python", "-c", HEALTH]
    assert {"interval", "timeout", "start_period", "retries"} < set(SERVICE["healthcheck"])
    assert int(SERVICE["stop_grace_period"].removesuffix("s")) > 10


def test_the_roster_is_where_the_bot_looks_for_it() -> None:
    (roster,) = [volume for volume in SERVICE["volumes"] if isinstance(volume, dict)]
    assert SERVICE["environment"]["PLEDGE_ROSTER"] == roster["target"]
    # A missing file would otherwise become an empty folder of that name.
    assert (roster["source"], roster["bind"]["create_host_path"]) == ("./roster.toml", False)


@pytest.mark.parametrize("name", ["var", ".venv", ".git", "roster.toml", "pledge.toml", "tests", "uv.lock"])
def test_what_the_image_does_not_need_is_never_sent_to_the_builder(name: str) -> None:
    assert not _sent(name)


@pytest.mark.parametrize("name", ["bot", "locales", "pyproject.toml", "README.md", "requirements.lock"])
def test_what_the_image_needs_is_sent_to_the_builder(name: str) -> None:
    assert _sent(name) and (ROOT / name).exists()
    copied = [word for instruction, rest in BUILD if instruction == "COPY" for word in rest.split()[:-1]]
    assert name in copied


def _sent(name: str) -> bool:
    """By the rules of .dockerignore: the last pattern that fits decides."""
    sent = True
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        pattern = line.strip()
        if pattern and not pattern.startswith("#") and fnmatch.fnmatch(name, pattern.removeprefix("!")):
            sent = pattern.startswith("!")
    return sent
