"""An update of Telegram's webhook until everything is committed and answered with 200, against the bare library.

Ours: a real bot; the update is verified, and its message, ticket, event, clock, steps, buttons and window are
committed in one durable unit. Posting is not part of it: the platform has told the sender to wait. Two kinds of
update: a request that opens a ticket, and a message that joins the ticket that is open. The peer
(bench._peer_telegram): the library's own objects, put into its queue in memory, nothing stored; and the same with the
rows of a ticket copied into our schema, a commit for all that wait: the floor for whoever keeps what we keep
where a ticket opens; for one that is joined, which inserts far fewer, it is too high. All run under uvicorn with uvloop
and httptools.
"""

import asyncio
import json
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from bench._box import BotProcess
from bench._load import Result, Rounds, load, post, results, show, side_by_side
from bench._rows import leave_template

CONNECTIONS = 32
_OPENING, _JOINING = 40, 120  # chats: in the joining ones there is one ticket each
_PER_PERSON = 4
_QUIET_S = 1.0
_SECRET = "a-secret-of-the-benchmark"
_PEER = "python-telegram-bot"
_WRITING = "python-telegram-bot and the rows"


def run(rounds: int = 7, updates: int = 1500) -> list[Result]:
    """Alternate the servers and kinds; `updates` in a round. The peer's result comes last."""
    return asyncio.run(_run(rounds, updates))


async def _run(rounds: int, updates: int) -> list[Result]:
    from channels.telegram.bot_api import TOKEN, BotApi, Person

    measured: Rounds = {}
    async with BotApi(lambda: datetime.now(UTC)) as api:
        with tempfile.TemporaryDirectory() as name:
            chats = [api.group(f"client{n}", Person(1000 + n, f"Person {n}")) for n in range(_OPENING + _JOINING)]
            bot = _bot(Path(name) / "bot", TOKEN, api.url, {chat.title: chat.room for chat in chats})
            await leave_template(Path(name))
            bare = ("bench._peer_telegram", TOKEN, api.url)
            async with side_by_side(bot, bare, (*bare, name)) as (ours, peer, writing):
                await _quiet(api)
                for chat in chats:
                    api.trouble("sendMessage", "flood", chat, seconds=36000)
                opening, joining = _Updates(chats[:_OPENING]), _Updates(chats[_OPENING:])
                words = "Export {} fails since this morning"
                kinds = {
                    "opens a ticket": (ours, opening, f"/new {words}"),
                    "joins a ticket": (ours, joining, words),
                    _WRITING: (writing, joining, words),
                    _PEER: (peer, joining, words),
                }
                for server, makes, text in kinds.values():
                    await load(server, makes.requests(server.port, text, _JOINING * 2), 4)
                await _quiet(api)
                for _ in range(rounds):
                    for what, (server, makes, text) in kinds.items():
                        done = await load(server, makes.requests(server.port, text, updates), CONNECTIONS)
                        measured.setdefault((what, CONNECTIONS), []).append(done)
                tickets = await asyncio.to_thread(bot.rows, "SELECT count(*) FROM ticket")
                assert tickets[0][0] >= rounds * updates
    return results(measured)


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
        return post(port, "/telegram/webhook", data, {"x-telegram-bot-api-secret-token": _SECRET})


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
    bot.give_rooms("telegram", rooms)
    return bot


def main() -> None:
    """Print them side by side."""
    show(run())


if __name__ == "__main__":
    main()
