"""Secrets and people's words stay out of settings, errors, probes and logs; a log line is one line (S32, S33)."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest
from faults.process import SECRET, BotProcess, token
from world import World

from bot import log
from bot.config.load import SettingsError, load_settings
from bot.config.settings import Settings

CANARY = "canary-of-a-secret-7f3a"
SECRET_SETTINGS = (
    "TELEGRAM__TOKEN",
    "TELEGRAM__WEBHOOK_SECRET",
    "SLACK__BOT_TOKEN",
    "SLACK__APP_TOKEN",
    "SLACK__SIGNING_SECRET",
)


def _dict(names: tuple[str, ...]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for name in names:
        group, _, key = name.lower().partition("__")
        found.setdefault(group, {})[key] = f"{CANARY}-{name}"
    return found


def test_s32_settings_with_secrets_can_be_shown_without_them() -> None:
    settings = Settings(**_dict(SECRET_SETTINGS))
    for shown in (repr(settings), str(settings), str(settings.model_dump()), settings.model_dump_json()):
        assert CANARY not in shown
    assert settings.telegram.token is not None and CANARY in settings.telegram.token.get_secret_value()


@pytest.mark.parametrize("where", ["variable", "file", "pledge.toml"])
@pytest.mark.parametrize("name", SECRET_SETTINGS)
def test_s32_a_mistake_about_a_secret_does_not_quote_it(tmp_path: Path, where: str, name: str) -> None:
    env: dict[str, str] = {"PLEDGE_HTTP__PORT": "no number"}
    if where == "variable":
        env[f"PLEDGE_{name}"] = CANARY
    elif where == "file":
        (tmp_path / "secrets").mkdir()
        (tmp_path / "secrets" / name.lower()).write_text(CANARY)
        env["PLEDGE_SECRETS_DIR"] = "secrets"
    else:
        group, _, key = name.lower().partition("__")
        (tmp_path / "pledge.toml").write_text(f'[{group}]\n{key} = ["{CANARY}"]\n')
    with pytest.raises(SettingsError) as problems:
        load_settings(env, tmp_path)
    assert CANARY not in str(problems.value)
    assert CANARY not in "".join(traceback.format_exception(problems.value))


def test_s32_no_secret_is_an_argument_of_the_command_line() -> None:
    """What is on a command line is read by every user of the machine."""
    import click

    from bot.cli import main

    def options(command: click.Command) -> list[str]:
        own = [name for each in command.params for name in each.opts]
        below = [options(sub) for sub in getattr(command, "commands", {}).values()]
        return own + [name for each in below for name in each]

    found = options(main)
    assert found
    assert not [name for name in found if any(word in name for word in ("token", "secret", "key", "password"))]


def test_s32_a_running_bot_shows_its_secrets_nowhere(bots: Callable[..., BotProcess]) -> None:
    bot = bots(settings={"PLEDGE_LOG__LEVEL": "DEBUG", "PLEDGE_LOG__FORMAT": "json"})
    bot.start()
    signed = token("acme", "ann", "jti-1")
    seen = [bot.stderr]
    for path in ("/healthz", "/readyz", "/metrics", "/", "/board", "/inapp/history", f"/inapp/history?token={signed}"):
        seen.append(bot.get(path)[1].decode())
    session = _open_session(bot, signed)
    _open_session(bot, signed[:-4] + "AAAA")
    bot.stop()
    seen.append(bot.stderr)
    for text in seen:
        for secret in (SECRET.decode(), signed, session):
            assert secret not in text
    assert session.encode() not in b"".join(path.read_bytes() for path in bot.database.parent.glob("pledge.db*"))


def _open_session(bot: BotProcess, signed: str) -> str:
    from http.client import HTTPConnection

    connection = HTTPConnection("127.0.0.1", bot.port, timeout=5)
    connection.request("POST", "/inapp/session", json.dumps({"token": signed}), {"content-type": "application/json"})
    answer = json.loads(connection.getresponse().read())
    connection.close()
    return str(answer.get("session", ""))


async def test_s32_the_traceback_of_a_failing_route_holds_no_session_and_no_words(
    world: World, written: Callable[[], str]
) -> None:
    """Tracebacks go to the log, where a token among the words of an error is taken out."""
    log.configure(json=True, level="DEBUG")
    async with world.widget() as ann:
        await world.store.close()
        answer = await ann.post("/inapp/messages", json={"client_msg_id": "own-id-1", "text": CANARY})
    assert answer.status_code == 503
    text = written()
    assert ann.headers["authorization"].removeprefix("Bearer ") not in text
    assert CANARY not in text


# log injection (S33)

HOSTILE = (
    'x\n{"event": "forged", "level": "error"}',
    "x\r\n2026-01-01T00:00:00Z ERROR   forged  action=forged",
    "x\x1b[2J\x1b[31mforged",
    "x\u2028forged\u2029forged\x85forged\x0bforged",
    "\u202edegrof",
    "x\x00\x07\x08",
)


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("as_json", [True, False])
def test_s33_a_value_of_anybody_stays_within_its_line(written: Callable[[], str], hostile: str, as_json: bool) -> None:
    log.configure(json=as_json)
    log.get("bot.x").info("a sentence", action="x.done", name=hostile)
    logging.getLogger("some.library").warning("it said %s", hostile)
    lines = written().split("\n")
    assert len(lines) == 3 and lines[-1] == ""
    assert not any(sign in line for line in lines for sign in "\r\x00\x07\x08\x0b\x1b")
    if as_json:
        assert [json.loads(line)["level"] for line in lines[:2]] == ["info", "warning"]
    else:
        assert not any(sign in line for line in lines for sign in "\u2028\u2029\x85\u202e")


def test_s33_words_quoted_by_a_traceback_do_not_look_like_an_event(written: Callable[[], str]) -> None:
    log.configure(json=False)
    try:
        raise ValueError(HOSTILE[1])
    except ValueError:
        log.get("bot.x").exception("it failed", action="x.failed")
    lines = written().split("\n")
    assert len(lines) > 3
    assert all(line.startswith("  | ") for line in lines[1:-1])


async def test_s33_what_people_say_is_not_logged(world: World, written: Callable[[], str]) -> None:
    log.configure(json=True, level="INFO")
    async with world.widget() as ann, world.staff() as mia:
        await world.say(ann, f"{CANARY} is down")
        await world.act(mia, "/board/T-100/say", text=f"We look into {CANARY}")
        await world.act(mia, "/board/T-100/do/note", note=CANARY)
        await mia.get(f"/board/{CANARY}?q={CANARY}")
        await ann.post("/inapp/messages", content=CANARY)
    assert CANARY not in written()
