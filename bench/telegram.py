"""An update of Telegram's webhook until everything is committed and answered with 200, against the bare library.

Ours: a real bot; the update is verified, and its message, ticket, event, clock, steps, buttons and window are committed
in one durable unit. Posting is not part of it: the platform has told the sender to wait. Two kinds of update: a request
that opens a ticket, and a message that joins the ticket that is open. The peer (bench._peer_telegram): the library's
own objects, put into its queue in memory, nothing stored. Both run under uvicorn with uvloop and httptools.
"""

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from typing import Any

from bench._box import BotProcess, free_port, until
from bench._load import Round, load
from bench._machine import conditions, spread

CONNECTIONS = 32
_OPENING, _JOINING = 40, 120  # chats: in the joining ones there is one ticket each
_PER_PERSON = 4
_QUIET_S = 1.0
_SECRET = "a-secret-of-the-benchmark"
_PEER = "python-telegram-bot"
_ROSTER = """
[vendor]
name = "Vendor"
locale = "en"
zone = "Etc/GMT-3"

[[staff]]
id = "mia"
name = "Mia"
role = "manager"
"""
_CLIENT = """
[[clients]]
id = "{key}"
name = "{key}"
agreement = "redtrack-premium"
manager = "mia"
locale = "en"
zone = "Etc/GMT-3"
rooms = [{{ channel = "telegram", id = "{room}" }}]
"""


@dataclass(frozen=True, slots=True)
class Result:
    """Medians over the rounds; `cpu_us` is the server's time per update, of all its threads."""

    what: str
    per_s: float
    per_s_spread: str
    p50_ms: float
    p99_ms: float
    cpu_us: float
    cpu_spread: str
    rounds: int
    conditions: str


def run(rounds: int = 7, updates: int = 1500) -> list[Result]:
    """Alternate the servers and kinds; `updates` in a round. The peer's result comes last."""
    return asyncio.run(_run(rounds, updates))


async def _run(rounds: int, updates: int) -> list[Result]:
    from channels.telegram.bot_api import TOKEN, BotApi, Person

    measured: dict[str, list[Round]] = {}
    async with BotApi(lambda: datetime.now(UTC)) as api:
        with tempfile.TemporaryDirectory() as name:
            chats = [api.group(f"client{n}", Person(1000 + n, f"Person {n}")) for n in range(_OPENING + _JOINING)]
            bot = _bot(Path(name) / "bot", TOKEN, api.url, {chat.title: chat.room for chat in chats})
            port = free_port()
            command = [sys.executable, "-m", "bench._peer_telegram", str(port), TOKEN, api.url]
            peer = subprocess.Popen(command)
            try:
                await asyncio.to_thread(bot.start)
                await asyncio.to_thread(until, lambda: _answers(port), what="the peer")
                assert bot.process is not None
                await _quiet(api)
                for chat in chats:
                    api.trouble("sendMessage", "flood", chat, seconds=36000)
                opening, joining = _Updates(chats[:_OPENING]), _Updates(chats[_OPENING:])
                words = "Export {} fails since this morning"
                kinds = {
                    "opens a ticket": (bot.port, bot.process.pid, opening, f"/new {words}"),
                    "joins a ticket": (bot.port, bot.process.pid, joining, words),
                    _PEER: (port, peer.pid, joining, words),
                }
                for place, pid, makes, text in kinds.values():
                    await load(place, pid, makes.requests(place, text, _JOINING * 2), 4)
                await _quiet(api)
                for _ in range(rounds):
                    for what, (place, pid, makes, text) in kinds.items():
                        done = await load(place, pid, makes.requests(place, text, updates), CONNECTIONS)
                        measured.setdefault(what, []).append(done)
                tickets = await asyncio.to_thread(bot.rows, "SELECT count(*) FROM ticket")
                assert tickets[0][0] >= rounds * updates
            finally:
                bot.end()
                peer.kill()
                peer.wait()
    return [_result(what, each) for what, each in measured.items()]


_IDS: Iterator[int] = count(800_000_001)


async def _quiet(api: Any) -> None:
    """Wait until the bot has nothing more to tell the platform, such as its menus."""
    seen = -1
    while seen != len(api.calls):
        seen = len(api.calls)
        await asyncio.sleep(_QUIET_S)


class _Updates:
    """Webhook requests of messages in groups, each update and message with an id of its own."""

    def __init__(self, chats: list[Any]) -> None:
        self._chats = [chat.facts for chat in chats]
        self._people = 0

    def requests(self, port: int, text: str, number: int) -> list[bytes]:
        self._people += number
        return [self._request(port, text.format(n), n) for n in range(number)]

    def _request(self, port: int, text: str, n: int) -> bytes:
        update = next(_IDS)
        chat = self._chats[n % len(self._chats)]
        # Somebody new for every few messages: a person may say only so many things in a minute.
        person = 10_000 + n // len(self._chats) // _PER_PERSON * len(self._chats) + n % len(self._chats) + self._people
        sender = {"id": person, "is_bot": False, "first_name": "Ann", "language_code": "en"}
        message: dict[str, Any] = {
            "message_id": update - 800_000_000,
            "from": sender,
            "chat": chat,
            "date": int(datetime.now(UTC).timestamp()),
            "text": text,
        }
        if text.startswith("/"):
            message["entities"] = [{"type": "bot_command", "offset": 0, "length": 4}]
        data = json.dumps({"update_id": update, "message": message}).encode()
        head = (
            f"POST /telegram/webhook HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncontent-type: application/json\r\n"
            f"x-telegram-bot-api-secret-token: {_SECRET}\r\ncontent-length: {len(data)}\r\n\r\n"
        )
        return head.encode() + data


def _bot(folder: Path, token: str, base_url: str, rooms: dict[str, str]) -> BotProcess:
    bot = BotProcess(folder, clients=(), at=None)
    bot.settings = {
        "PLEDGE_INAPP__KEYS": "",
        "PLEDGE_TELEGRAM__TOKEN": token,
        "PLEDGE_TELEGRAM__BASE_URL": base_url,
        "PLEDGE_TELEGRAM__MODE": "webhook",
        "PLEDGE_TELEGRAM__WEBHOOK_SECRET": _SECRET,
        "PLEDGE_HTTP__PUBLIC_URL": bot.url,
    }
    roster = _ROSTER + "".join(_CLIENT.format(key=key, room=room) for key, room in rooms.items())
    (folder / "roster.toml").write_text(roster)
    return bot


def _answers(port: int) -> bool:
    try:
        connection = HTTPConnection("127.0.0.1", port, timeout=2)
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False


def _result(what: str, each: list[Round]) -> Result:
    return Result(
        what=what,
        per_s=statistics.median(one.per_s for one in each),
        per_s_spread=spread([one.per_s for one in each]),
        p50_ms=statistics.median(one.p50_ms for one in each),
        p99_ms=statistics.median(one.p99_ms for one in each),
        cpu_us=statistics.median(one.cpu_us for one in each),
        cpu_spread=spread([one.cpu_us for one in each]),
        rounds=len(each),
        conditions=conditions(),
    )


def main() -> None:
    """Print them side by side."""
    results = run()
    for one in results:
        print(
            f"{CONNECTIONS} connections  {one.what:20}{one.per_s:7,.0f}/s ({one.per_s_spread})   "
            f"p50 {one.p50_ms:6.2f} ms   p99 {one.p99_ms:6.2f} ms   "
            f"server {one.cpu_us:6,.0f} us each ({one.cpu_spread})"
        )
    print(results[0].conditions)


if __name__ == "__main__":
    main()
